"""The query guard: what is counted, what is refused, and that counting itself stays cheap."""

import time

import pytest
from graphql import build_schema, parse

from certhub.schema.guard import Guard, Limits, QueryTooComplex, Weight

SCHEMA = build_schema(
    """
    type Query { person: Person, people(first: Int, after: String): PersonConnection, a: Query }
    type PersonConnection { edges: [PersonEdge!]!, nodes: [Person!]!, totalCount: Int }
    type PersonEdge { node: Person }
    type Person { id: ID!, name: String, friends: [Person!], boss: Person, tags: [String!] }
    """
)


def weigh(source: str, limits: Limits | None = None, /, **variables: object) -> Weight:
    return Guard(SCHEMA, limits or Limits()).check(parse(source), variables)


def refused(source: str, **variables: object) -> tuple[str, object]:
    with pytest.raises(QueryTooComplex) as caught:
        weigh(source, None, **variables)
    return caught.value.code, caught.value.details["limit"]


def test_depth_fields_and_aliases_are_counted_through_fragments() -> None:
    found = weigh(
        """
        query Q { person { ...P } other: person { ...P @include(if: true) } }
        fragment P on Person { id nick: name boss { ... on Person { id } } }
        """
    )

    assert found == Weight(depth=3, aliases=3, directives=1, fields=10, cost=4)


@pytest.mark.parametrize(
    ("source", "variables", "cost"),
    [
        ("{ person { id tags } }", {}, 1),
        ("{ person { friends { id } } }", {}, 1 + 5),
        ("{ person { friends { boss { id } } } }", {}, 1 + 5 * 2),
        ("{ people(first: 10) { edges { node { id } } } }", {}, 1 + 10 * 2),
        ("{ people(first: 10) { nodes { friends { id } } } }", {}, 1 + 10 * (1 + 5)),
        ("query($n: Int) { people(first: $n) { nodes { id } } }", {"n": 40}, 1 + 40),
        ("query($n: Int) { people(first: $n) { nodes { id } } }", {}, 1 + 25),
        ("{ people { ...C } } fragment C on PersonConnection { nodes { id } }", {}, 1 + 25),
        ("{ people(first: 10) { totalCount } }", {}, 1),
        ("{ nonsense { more } }", {}, 2),
    ],
)
def test_cost_is_the_number_of_objects(
    source: str, variables: dict[str, object], cost: int
) -> None:
    assert weigh(source, None, **variables).cost == cost


def test_a_page_of_a_page_of_a_page_costs_too_much() -> None:
    source = (
        "{ people(first: 100) { nodes { friends { friends { friends { friends { id } } } } } } }"
    )

    assert refused(source) == ("COST_EXCEEDED", "cost")
    assert refused("{ people(first: 999999999999) { nodes { id } } }") == ("COST_EXCEEDED", "cost")
    assert refused("query($n: Int) { people(first: $n) { nodes { id } } }", n=10**12) == (
        "COST_EXCEEDED",
        "cost",
    )


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{" + "a{" * 15 + "__typename" + "}" * 15 + "}", "depth"),
        ("{" + "... {" * 100 + "__typename" + "}" * 100 + "}", None),
        ("{" + " ".join(f"a{n}: __typename" for n in range(16)) + "}", "aliases"),
        ("{ __typename " + "@include(if: true)" * 21 + "}", "directives"),
        ("query" + "@a" * 21 + "{ __typename }", "directives"),
        ("{" + "__typename " * 100 + "}", "pairs"),
        ("{" + " ".join(f"f{n}" for n in range(1501)) + "}", "fields"),
        ("{ person { ...A } } fragment A on Person { boss { ...A } }", "fragments"),
        ("{ id } fragment A on Person { ...B } fragment B on Person { ...A }", "fragments"),
        ("{ id }" + " ".join(f"fragment F{n} on Person {{ id }}" for n in range(51)), "fragments"),
        (" ".join(f"query Q{n} {{ __typename }}" for n in range(6)), "operations"),
    ],
)
def test_each_bound_is_kept(source: str, limit: str | None) -> None:
    if limit is None:
        assert weigh(source).fields == 1
    else:
        assert refused(source) == ("QUERY_TOO_COMPLEX", limit)


def test_aliases_hidden_in_repeated_fragments_are_counted() -> None:
    source = "{ a { ...F } " + "...G " * 8 + "} fragment F on Query { x: __typename } "

    assert refused(source + "fragment G on Query { x: __typename y: __typename }") == (
        "QUERY_TOO_COMPLEX",
        "aliases",
    )


def test_doubling_fragments_are_refused_at_once() -> None:
    source = "{ ...F0 } " + " ".join(
        f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
    )
    source += " fragment F40 on Query { __typename }"
    start = time.perf_counter()

    assert refused(source) == ("QUERY_TOO_COMPLEX", "fields")
    assert time.perf_counter() - start < 0.1


def test_many_copies_of_nested_fields_are_refused_before_they_are_compared() -> None:
    source = "{" + "person { boss { id } } " * 200 + "}"
    start = time.perf_counter()

    assert refused(source) == ("QUERY_TOO_COMPLEX", "pairs")
    assert time.perf_counter() - start < 0.1


def test_introspection_is_noticed() -> None:
    assert weigh("{ __schema { types { name } } }").introspects
    assert weigh('{ a { ...F } } fragment F on Query { __type(name: "A") { name } }').introspects
    assert not weigh("{ __typename }").introspects

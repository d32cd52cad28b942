"""docs/api.md: every root field has an example, every example is valid and answers without errors."""

from importlib import resources
from typing import Any

import pytest
from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from certhub.sandbox.roles import ROLES

from ..country import Country
from .sources import Example, examples, page

EXAMPLES = examples(page("api.md"))
# Events are another form of answer; the end-to-end tests follow them.
ANSWERED = [one for one in EXAMPLES if not one.query.startswith("subscription")]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((resources.files("certhub.schema") / "schema.graphql").read_text("utf-8"))


def _root_fields(example: Example) -> list[str]:
    return [
        field.name.value
        for operation in parse(example.query).definitions
        if isinstance(operation, OperationDefinitionNode)
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
    ]


def _name(example: Example) -> str:
    return f"{example.role}-{_root_fields(example)[0]}"


def test_no_example_is_overlooked() -> None:
    assert len(EXAMPLES) == page("api.md").count("```graphql")


def test_every_root_field_has_an_example(schema: GraphQLSchema) -> None:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    fields = {name for root in roots if root is not None for name in root.fields}

    assert sorted(fields - {name for one in EXAMPLES for name in _root_fields(one)}) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_an_example_fits_the_schema(example: Example, schema: GraphQLSchema) -> None:
    assert [error.message for error in validate(schema, parse(example.query))] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=_name)
def test_an_example_states_a_purpose_that_its_role_may_have(example: Example) -> None:
    purposes = ROLES[example.role].get("purposes", [])

    assert isinstance(purposes, list)
    assert example.purpose is None or example.purpose in purposes


async def _with_ids(country: Country, found: Any) -> Any:
    """``ID_OF_<number>`` stands for the id of the person with that number, wherever it stands."""
    if isinstance(found, dict):
        return {key: await _with_ids(country, value) for key, value in found.items()}
    if isinstance(found, list):
        return [await _with_ids(country, value) for value in found]
    if not isinstance(found, str) or not found.startswith("ID_OF_"):
        return found
    person = await country.data(
        "query Q($n: String!) { person(identifier: {value: $n}) { id } }",
        {"n": found.removeprefix("ID_OF_")},
        purpose="supervision",
    )
    return person["person"]["id"]


@pytest.mark.parametrize("example", ANSWERED, ids=_name)
async def test_an_example_is_answered_without_errors(example: Example, country: Country) -> None:
    variables = await _with_ids(country, dict(example.variables))

    # A client of its own: nobody else's budget is used up.
    answer = await country.ask(
        example.query,
        variables,
        role=example.role,
        purpose=example.purpose,
        client_id="api-page",
    )

    assert answer.get("errors") is None
    assert [name for name in _root_fields(example) if answer["data"][name] is None] == []


async def test_the_verification_answers_as_the_page_says(country: Country) -> None:
    (example,) = [one for one in EXAMPLES if "verifyEligibility" in _root_fields(one)]

    answer = await country.data(
        example.query, example.variables, role=example.role, purpose=None, client_id="api-page"
    )

    items = answer["verifyEligibility"]["items"]
    assert [item["ref"] for item in items] == ["1", "2", "3"]
    assert items[0]["decision"]["minimal"] is False
    assert items[0]["nameMatches"] is True
    assert items[1]["decision"]["minimal"] is True
    assert items[2]["error"]["code"] == "identifier_invalid"


async def test_the_roster_answers_as_the_page_says(country: Country) -> None:
    (example,) = [one for one in EXAMPLES if "submitVrRoster" in _root_fields(one)]

    answer = await country.data(
        example.query, example.variables, role=example.role, purpose=example.purpose
    )

    errors = answer["submitVrRoster"]["errors"]
    assert [(error["code"], error["row"]) for error in errors] == [
        ("sign_in_sheet_missing", None),
        ("id_checksum", 2),
    ]
    assert answer["submitVrRoster"]["submission"] is None

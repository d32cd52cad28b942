"""The guard's bounds let every honest question of the three users through, with room to spare."""

import pytest
from graphql import GraphQLSchema, get_introspection_query, parse, validate

from certhub.schema.build import build_schema
from certhub.schema.guard import GUARD, Guard

DECISION = """
fragment Text on Citation { code law article version url label }
fragment Whole on Decision {
  rule verdict eligible status minimal validTo asOf rulesetVersion factsHash nextChangeOn details given
  requirements { code label met counted required short by citation { ...Text } }
  findings { code severity message citation { ...Text } }
  deadlines { code due label citation { ...Text } }
  window { opens closes }
  usedActivities { activity amount unit requirements }
  refusedActivities { activity reason message citation { ...Text } }
  explanation {
    code message value unit met citation { ...Text } inputs { name unit value citation { code } }
    children { code message met inputs { name value } children { code message met value } }
  }
  citations { ...Text }
  sources { registry sourceId asOf syncedAt freshness }
}
"""

PERSON = """
query Person($identifier: IdentifierInput!) {
  person(identifier: $identifier) {
    id name maskedName birthDate
    identifiers { kind masked value }
    records { registry state provenance { freshness asOf syncedAt } }
    certificates {
      __typename id registry type label number validFrom validTo status registryState
      provenance { freshness asOf }
      renewal(asOf: "2024-09-02") { ...Whole }
    }
    activities(first: 100) {
      totalCount
      edges { cursor node { id title date attribute categories points hours reviewState } }
      pageInfo { hasNextPage endCursor }
    }
    eligibility(role: "vr.case_manager") { ...Whole }
  }
}
"""

PAGE = """
query Page($first: Int) {
  certificates(filter: {renewalStatuses: ["short"]}, orderBy: VALID_TO, first: $first) {
    totalCount
    edges {
      cursor
      node {
        id registry type label validTo status
        holder { id maskedName name certificates { id type validTo } }
        renewal {
          verdict status validTo
          requirements { code label met counted required short citation { code label } }
          findings { code message }
        }
        provenance { freshness }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

BATCH = """
query Batch($input: VerifyEligibilityInput!) {
  verifyEligibility(input: $input) {
    role asOf
    items {
      ref
      decision { verdict status validTo requirements { code label met } findings { code message } }
      renewal { verdict status validTo }
      error { code message }
    }
  }
}
"""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema()._schema


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (PERSON + DECISION, {}),
        (PAGE, {"first": 100}),
        (BATCH, {}),
        (get_introspection_query(), {}),
    ],
    ids=["one person with everything", "a page of a hundred", "a batch", "introspection"],
)
def test_honest_questions_pass(
    schema: GraphQLSchema, document: str, variables: dict[str, object]
) -> None:
    parsed = parse(document, max_tokens=GUARD.tokens)
    assert [error.message for error in validate(schema, parsed)] == []

    weight = Guard(schema).check(parsed, variables)

    assert weight.cost * 2 <= GUARD.cost
    assert weight.depth <= GUARD.depth

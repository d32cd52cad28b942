"""What the hub itself knows: nodes, registries, rules, statistics, the trail, freshness."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from certhub.sandbox.cast import CAST, STORY_COURSE_NO

from ..country import Country, changed, codes

PERSON = "query($n: String!) { person(identifier: {value: $n}) { id %s } }"
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


async def ids(country: Country) -> dict[str, str]:
    """An id of every kind that the country has."""
    found = await country.data(
        """query($n: String!, $c: [String!]) {
          person(identifier: {value: $n}) { id certificates { id __typename }
            activities(first: 1) { nodes { id } } }
          institutions(first: 1) { nodes { id } } trainingClasses(first: 1) { nodes { id } }
          courses(filter: {numbers: $c}) { nodes { id } } }""",
        {"n": CAST["C1"].number, "c": [STORY_COURSE_NO]},
    )
    return {
        "Person": found["person"]["id"],
        **{item["__typename"]: item["id"] for item in found["person"]["certificates"]},
        "Activity": found["person"]["activities"]["nodes"][0]["id"],
        "Institution": found["institutions"]["nodes"][0]["id"],
        "TrainingClass": found["trainingClasses"]["nodes"][0]["id"],
        "Course": found["courses"]["nodes"][0]["id"],
    }


async def test_every_object_is_found_by_its_id(country: Country) -> None:
    for kind, node_id in (await ids(country)).items():
        found = await country.data(NODE, {"id": node_id})

        assert found["node"] == {"__typename": kind, "id": node_id}


async def test_a_node_that_may_not_be_seen_looks_absent(country: Country) -> None:
    known = await ids(country)

    for kind in ("Person", "LtcCertificate", "VrQualification", "Activity"):
        found = await country.data(NODE, {"id": known[kind]}, role="local-kaohsiung")
        assert found == {"node": None}
    for kind in known:
        found = await country.data(NODE, {"id": known[kind]}, role="auditor", purpose=None)
        assert found == {"node": None}


async def test_something_that_is_no_id_is_an_error(country: Country) -> None:
    answer = await country.ask(NODE, {"id": "nothing"})

    assert codes(answer) == [("node", "INVALID_ID")]


async def test_registries_tell_freshness_counts_and_drift(country: Country) -> None:
    found = await country.data(
        """{ registries { registry freshness completeAt lastRun quarantined counts
          drift { entity field kind } } }""",
        role="operator",
        purpose=None,
    )

    assert [
        (item["registry"], item["freshness"], item["lastRun"]) for item in found["registries"]
    ] == [("VR", "FRESH", "complete"), ("LTC", "FRESH", "complete"), ("OSH", "FRESH", "complete")]
    assert found["registries"][1]["counts"]["ltc.certificate"] == 52


async def test_rules_are_listed_with_figures_and_texts(country: Country) -> None:
    found = await country.data(
        '{ rules(registry: LTC, on: "2022-01-01") { code registry label(lang: EN) on '
        "citations { label } figures { group name value unit since citation { law } } } }",
        role="operator",
        purpose=None,
    )

    assert {rule["registry"] for rule in found["rules"]} == {"LTC"}
    [renewal] = [rule for rule in found["rules"] if rule["code"] == "ltc.renewal"]
    assert renewal["label"] == "Renewal of a certificate"
    assert all(figure["since"] <= "2022-01-01" for figure in renewal["figures"])
    assert renewal["citations"][0]["label"].startswith("長期照顧服務人員訓練認證")


@pytest.mark.parametrize(
    ("rule", "given", "code"),
    [
        ("ltc.nothing", {}, "UNKNOWN_RULE"),
        ("vr.person_id", {"ide": "A123456789"}, "INVALID_FACTS"),
        ("vr.person_id", [1], "INVALID_FACTS"),
        ("vr.person_id", {"id": 10**15}, "INVALID_FACTS"),
        ("vr.person_id", {"id": orjson.loads("[" * 40 + "]" * 40)}, "INVALID_FACTS"),
        (
            "osh.closing",
            {"class": {"kind": "in_service", "ends_on": "0113-01-01"}},
            "INVALID_FACTS",
        ),
    ],
)
async def test_a_question_that_is_wrong_is_an_error(
    country: Country, rule: str, given: Any, code: str
) -> None:
    answer = await country.ask(
        'query($r: String!, $g: JSON!) { evaluateRule(rule: $r, asOf: "2024-03-01", given: $g) }',
        {"r": rule, "g": given},
    )

    assert answer["data"] == {"evaluateRule": None}
    assert codes(answer) == [("evaluateRule", code)]
    assert "A123456789" not in str(answer["errors"])


async def test_counts_are_told_by_type_and_small_ones_are_not(country: Country) -> None:
    found = await country.data(
        """{ statistics(input: {dimensions: [REGISTRY, TYPE]}) { dimensions threshold asOf
          rows { keys count } } }"""
    )

    table = found["statistics"]
    assert (table["dimensions"], table["threshold"], table["asOf"]) == (
        ["REGISTRY", "TYPE"],
        5,
        "2024-09-02",
    )
    counted = {tuple(row["keys"]): row["count"] for row in table["rows"]}
    assert counted["LTC", "care_worker"] == 26
    assert counted["LTC", "medical"] is None
    assert all(count is None or count >= 5 for count in counted.values())


async def test_a_county_counts_its_own(country: Country) -> None:
    found = await country.data(
        "{ statistics(input: {dimensions: [COUNTY], filter: {registries: [VR, LTC]}}) "
        "{ rows { keys count } } }",
        role="local-taipei",
    )
    listed = await country.data(
        "{ certificates(filter: {registries: [VR, LTC]}) { totalCount } }", role="local-taipei"
    )

    assert found["statistics"]["rows"] == [
        {"keys": ["63000"], "count": listed["certificates"]["totalCount"]}
    ]


async def test_a_dimension_twice_is_refused(country: Country) -> None:
    answer = await country.ask(
        "{ statistics(input: {dimensions: [COUNTY, COUNTY]}) { rows { count } } }"
    )

    assert codes(answer) == [("statistics", "STATISTICS_DIMENSIONS")]


async def test_the_trail_is_for_auditors(country: Country) -> None:
    query = "{ auditTrail(filter: {}) { totalCount nodes { operation clientId hash } } }"

    refused = await country.ask(query)
    read = await country.data(query, role="auditor", purpose=None)

    assert codes(refused) == [("auditTrail", "FORBIDDEN")]
    assert read["auditTrail"]["totalCount"] > 0


async def test_the_trail_tells_who_read_a_person(country: Country) -> None:
    found = await country.data(PERSON % "name", {"n": CAST["C9"].number})

    read = await country.data(
        """query($p: ID) { auditTrail(filter: {person: $p}, first: 1) { nodes { operation clientId
          purpose caseReference subjectCount outcome } } }""",
        {"p": found["person"]["id"]},
        role="auditor",
        purpose=None,
    )

    assert read["auditTrail"]["nodes"] == [
        {
            "operation": "Query.person",
            "clientId": "central-mol",
            "purpose": "supervision",
            "caseReference": "TEST-1130902",
            "subjectCount": 1,
            "outcome": "allowed",
        }
    ]


async def test_lists_of_what_nobody_filed_are_empty(country: Country) -> None:
    found = await country.data(
        "{ submissions { totalCount nodes { state } } recognitions { totalCount nodes { state } } }"
    )

    assert found == {
        "submissions": {"totalCount": 0, "nodes": []},
        "recognitions": {"totalCount": 0, "nodes": []},
    }


@pytest.fixture
def ltc_too_old(country: Country) -> Iterator[None]:
    """LTC was synced so long ago that nothing is decided on it."""
    with changed(country, unavailable_after={**country.hub.unavailable_after, "ltc": timedelta(0)}):
        yield


@pytest.mark.usefixtures("ltc_too_old")
async def test_a_list_that_needs_an_unavailable_registry_is_null(country: Country) -> None:
    answer = await country.ask(
        """{ all: certificates(filter: {}) { totalCount }
          vr: certificates(filter: {registries: [VR]}) { sources { registry freshness } }
          people(filter: {holds: [{registry: LTC}]}) { totalCount }
          courses { totalCount } registries { registry freshness } }"""
    )

    assert sorted(codes(answer)) == [
        ("all", "REGISTRY_UNAVAILABLE"),
        ("courses", "REGISTRY_UNAVAILABLE"),
        ("people", "REGISTRY_UNAVAILABLE"),
    ]
    assert answer["errors"][0]["extensions"]["registries"] == ["ltc"]
    assert answer["errors"][0]["extensions"]["retryable"] is True
    assert answer["data"]["all"] is None
    assert answer["data"]["vr"] == {"sources": [{"registry": "VR", "freshness": "FRESH"}]}
    assert answer["data"]["registries"][1] == {"registry": "LTC", "freshness": "UNAVAILABLE"}


@pytest.mark.usefixtures("ltc_too_old")
async def test_a_person_is_still_told_what_the_others_hold(country: Country) -> None:
    answer = await country.ask(
        PERSON % "certificates { type } vr: certificates(registries: [VR]) { type } "
        'records { registry state } eligibility(role: "ltc.care_worker") { verdict status '
        "findings { code } sources { registry freshness } }",
        {"n": CAST["C1"].number},
    )

    assert codes(answer) == [("person.certificates", "REGISTRY_UNAVAILABLE")]
    person = answer["data"]["person"]
    assert person["vr"] == [{"type": "employment_specialist"}]
    assert person["records"][1] == {"registry": "LTC", "state": "unavailable"}
    assert person["eligibility"] == {
        "verdict": "NOT_DECIDABLE",
        "status": "not_decidable",
        "findings": [{"code": "registry_unavailable"}],
        "sources": [{"registry": "LTC", "freshness": "UNAVAILABLE"}],
    }

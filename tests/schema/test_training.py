"""Institutions, classes, courses: lists, details and the decisions that hang on them."""

from typing import Any

import pytest

from certhub.sandbox.cast import (
    INSTITUTION_OSH_TAX_ID,
    INSTITUTION_VR_TAX_ID,
    STORY_CLASS_NO,
    STORY_COURSE_NO,
)

from ..country import Country, codes


async def test_institutions_meet_by_their_business_number(country: Country) -> None:
    found = await country.data(
        """query($n: [String!]) { institutions(filter: {unifiedBusinessNumbers: $n}) { totalCount
          nodes { registry name county countyCode sameOrganisation { registry }
            recognitions { number kinds status { status } } } } }""",
        {"n": [INSTITUTION_VR_TAX_ID]},
    )

    nodes = found["institutions"]["nodes"]
    assert [node["registry"] for node in nodes] == ["LTC", "OSH", "VR"]
    assert {(node["name"], node["county"], node["countyCode"]) for node in nodes} == {
        ("財團法人測試示範醫院", "臺北市", "63000")
    }
    assert [[one["registry"] for one in node["sameOrganisation"]] for node in nodes] == [
        ["OSH", "VR"],
        ["LTC", "VR"],
        ["LTC", "OSH"],
    ]
    assert [len(node["recognitions"]) for node in nodes] == [0, 1, 0]
    assert nodes[1]["recognitions"][0]["status"]["status"] == "active"


async def test_institutions_are_paged_by_name(country: Country) -> None:
    query = """query($a: String) { institutions(first: 9, after: $a) { totalCount
      pageInfo { hasNextPage endCursor } nodes { id name } } }"""
    seen: list[dict[str, Any]] = []
    after = None

    while True:
        page = (await country.data(query, {"a": after}))["institutions"]
        seen += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert len({node["id"] for node in seen}) == len(seen) == page["totalCount"]


async def test_an_institution_sees_itself(country: Country) -> None:
    found = await country.data(
        "{ institutions { nodes { registry unifiedBusinessNumber } } }",
        role="institution-vr",
        purpose="training",
    )

    assert found["institutions"]["nodes"] == [
        {"registry": registry, "unifiedBusinessNumber": INSTITUTION_VR_TAX_ID}
        for registry in ("LTC", "OSH", "VR")
    ]


async def test_courses_are_listed_with_their_parts(country: Country) -> None:
    found = await country.data(
        """query($n: [String!]) { courses(filter: {numbers: $n}) { nodes { registry number state
          startsOn endsOn hours points domains { index category hours } targets roster { state }
          institution { unifiedBusinessNumber } } } }""",
        {"n": [STORY_COURSE_NO]},
    )

    [course] = found["courses"]["nodes"]
    assert course["domains"] == [{"index": 1, "category": "ethics", "hours": "3.00"}]
    assert (course["registry"], course["state"], course["startsOn"], course["hours"]) == (
        "VR",
        "approved",
        "2024-03-15",
        "3.00",
    )
    assert course["institution"] == {"unifiedBusinessNumber": INSTITUTION_VR_TAX_ID}
    assert course["roster"] is None


async def test_an_institution_lists_its_own_courses(country: Country) -> None:
    found = await country.data(
        "{ courses(first: 100) { nodes { registry institution { unifiedBusinessNumber } } } }",
        role="institution-vr",
        purpose="training",
    )

    owners = {node["institution"]["unifiedBusinessNumber"] for node in found["courses"]["nodes"]}
    assert owners == {INSTITUTION_VR_TAX_ID}


CLASS = """query($s: [String!]) { trainingClasses(filter: {states: $s}) { totalCount nodes { number
  kind format state startsOn endsOn county institution { name } deadlines { code due }
  sessions { course hours } filing { rule verdict } closing { rule status }
  trainees(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { seq profession state
    attendance { rule status } completion { rule status } %s } } } } }"""


async def test_a_class_with_its_roster_and_decisions(country: Country) -> None:
    found = await country.data(CLASS % "person { maskedName }", {"s": ["ended"]})

    [one] = [node for node in found["trainingClasses"]["nodes"] if node["number"] == STORY_CLASS_NO]
    assert (one["kind"], one["startsOn"], one["endsOn"], one["county"]) == (
        "professional",
        "2024-08-23",
        "2024-08-25",
        "臺北市",
    )
    assert (one["filing"]["rule"], one["closing"]["rule"]) == ("osh.class_filing", "osh.closing")
    assert one["deadlines"] == sorted(one["deadlines"], key=lambda item: item["due"])
    assert one["trainees"]["totalCount"] == 15
    assert [item["seq"] for item in one["trainees"]["nodes"]] == [1, 2]
    assert one["trainees"]["nodes"][0]["attendance"]["rule"] == "osh.attendance"
    assert (
        one["trainees"]["nodes"][0]["state"]
        == (one["trainees"]["nodes"][0]["completion"]["status"])
    )


async def test_an_institution_reads_the_roster_of_its_own_class(country: Country) -> None:
    found = await country.data(
        CLASS % "person { maskedName }",
        {"s": ["ended"]},
        role="institution-osh",
        purpose="training",
    )

    [one] = [node for node in found["trainingClasses"]["nodes"] if node["number"] == STORY_CLASS_NO]
    assert len(one["trainees"]["nodes"]) == 2
    assert one["trainees"]["nodes"][0]["person"]["maskedName"].startswith("測")


async def test_an_institution_sees_no_names_and_no_certificates_of_trainees(
    country: Country,
) -> None:
    answer = await country.ask(
        CLASS % "person { name certificates { type } }",
        {"s": ["ended"]},
        role="institution-osh",
        purpose="training",
    )

    people = [
        trainee["person"]
        for node in answer["data"]["trainingClasses"]["nodes"]
        for trainee in node["trainees"]["nodes"]
    ]
    assert people == [{"name": None, "certificates": None}] * len(people)
    assert {code for _, code in codes(answer)} == {"FORBIDDEN"}


async def test_another_institution_sees_nothing_of_a_class(country: Country) -> None:
    found = await country.data(
        "{ trainingClasses { totalCount nodes { number } } }",
        role="institution-vr",
        purpose="training",
    )

    assert found["trainingClasses"] == {"totalCount": 0, "nodes": []}


async def test_classes_of_an_institution(country: Country) -> None:
    found = await country.data(
        """query($n: [String!]) { institutions(filter: {registries: [OSH],
          unifiedBusinessNumbers: $n}) { nodes { classes(filter: {states: ["ended"]}) { totalCount
            nodes { number } } courses { totalCount } } } }""",
        {"n": [INSTITUTION_OSH_TAX_ID]},
    )

    [node] = found["institutions"]["nodes"]
    assert STORY_CLASS_NO in [one["number"] for one in node["classes"]["nodes"]]
    assert node["courses"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("county", "errors"), [("63000", []), ("64000", [("staffing", "FORBIDDEN")])]
)
async def test_a_county_asks_for_its_own_staffing(
    country: Country, county: str, errors: list[Any]
) -> None:
    answer = await country.ask(
        "query($c: String!) { staffing(county: $c, year: 2024) { rule verdict lacking } }",
        {"c": county},
        role="local-taipei",
    )

    assert codes(answer) == errors
    if not errors:
        assert answer["data"]["staffing"]["rule"] == "vr.staffing"
        assert answer["data"]["staffing"]["verdict"] == "NOT_DECIDABLE"
        assert "population_15_64" in answer["data"]["staffing"]["lacking"]

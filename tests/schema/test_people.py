"""Persons: lists and single ones, within the reader's rows, fields and purpose."""

from typing import Any

import pytest

from certhub.sandbox.cast import CAST
from certhub.sandbox.numbers import national_id

from ..country import Country, codes

PERSON = "query($n: String!) { person(identifier: {value: $n}) { %s } }"


async def one(country: Country, member: str, fields: str, **options: Any) -> Any:
    """The cast member with these fields."""
    return (await country.data(PERSON % fields, {"n": CAST[member].number}, **options))["person"]


async def test_a_person_is_found_by_exact_number(country: Country) -> None:
    found = await one(
        country,
        "C1",
        "name maskedName birthDate identifiers { registry kind masked check current value }",
    )

    assert found == {
        "name": "測試春安",
        "maskedName": "測○○安",
        "birthDate": "1985-04-12",
        "identifiers": [
            {
                "registry": registry,
                "kind": "NATIONAL_ID",
                "masked": "A*****0014",
                "check": "valid",
                "current": True,
                "value": "A200020014",
            }
            for registry in ("VR", "LTC")
        ],
    }


@pytest.mark.parametrize("writing", [" a200020014 ", "Ａ２０００２００１４"])
async def test_a_number_may_be_written_loosely(country: Country, writing: str) -> None:
    found = await country.data(PERSON % "name", {"n": writing})

    assert found["person"] == {"name": "測試春安"}


@pytest.mark.parametrize("number", ["A200020015", "", "A20002001", "王小明"])
async def test_a_number_that_no_table_accepts_is_an_error_that_does_not_repeat_it(
    country: Country, number: str
) -> None:
    answer = await country.ask(PERSON % "name", {"n": number})

    assert answer["data"] == {"person": None}
    assert codes(answer) == [("person", "identifier_invalid")]
    assert number == "" or number not in str(answer["errors"])


async def test_a_foreign_person_looks_exactly_like_an_absent_one(country: Country) -> None:
    foreign = await country.ask(
        PERSON % "id name", {"n": CAST["C1"].number}, role="local-kaohsiung"
    )
    absent = await country.ask(
        PERSON % "id name", {"n": national_id("Z", 1, 9999999)}, role="local-kaohsiung"
    )

    for answer in (foreign, absent):
        answer.pop("extensions")
    assert foreign == absent == {"data": {"person": None}}


async def test_a_county_sees_who_works_there(country: Country) -> None:
    found = await one(country, "C7", "name certificates { registry type } ", role="local-kaohsiung")

    assert found == {
        "name": "測試蘭雄",
        "certificates": [
            {"registry": "LTC", "type": "care_worker"},
            {"registry": "VR", "type": "employment_specialist"},
        ],
    }


async def test_a_reader_of_one_registry_sees_that_one_alone(country: Country) -> None:
    found = await one(
        country,
        "C1",
        "name records { registry state sourceIds } certificates { registry }",
        role="central-mohw",
    )

    assert found == {
        "name": "測試春安",
        "records": [{"registry": "LTC", "state": "known", "sourceIds": ["L0000001"]}],
        "certificates": [{"registry": "LTC"}],
    }


async def test_naming_a_registry_that_the_token_lacks_is_refused(country: Country) -> None:
    answer = await country.ask(
        PERSON % "name certificates(registries: [VR]) { type }",
        {"n": CAST["C1"].number},
        role="central-mohw",
    )

    assert answer["data"] == {"person": {"name": "測試春安", "certificates": None}}
    assert codes(answer) == [("person.certificates", "FORBIDDEN")]


async def test_each_registry_says_what_it_holds_of_a_person(country: Country) -> None:
    found = await one(
        country, "C8", "records { registry state name birthDate provenance { freshness } }"
    )

    assert [(item["registry"], item["state"], item["name"]) for item in found["records"]] == [
        ("VR", "known", "測試竹管"),
        ("LTC", "absent", None),
        ("OSH", "absent", None),
    ]


async def test_a_number_in_clear_needs_its_own_scope(country: Country) -> None:
    answer = await country.ask(
        PERSON % "identifiers { masked value }", {"n": CAST["C8"].number}, role="local-taipei"
    )

    assert answer["data"] == {"person": {"identifiers": [{"masked": "A*****0087", "value": None}]}}
    assert codes(answer) == [("person.identifiers.0.value", "FORBIDDEN")]


async def test_a_county_is_not_told_of_registries_that_it_does_not_see(country: Country) -> None:
    # C10 works in 臺北市 by LTC and trained there by OSH; C1's VR and LTC rows are both there.
    found = await one(country, "C10", "identifiers { registry }", role="local-taipei")
    nobody = await country.data(
        "{ people(filter: {}, first: 100) { nodes { identifiers { registry } "
        "records { registry state } } } }",
        role="local-kaohsiung",
    )

    assert [item["registry"] for item in found["identifiers"]] == ["OSH", "LTC"]
    for node in nobody["people"]["nodes"]:
        known = {item["registry"] for item in node["records"] if item["state"] == "known"}
        assert {item["registry"] for item in node["identifiers"]} <= known


async def test_a_person_needs_a_purpose(country: Country) -> None:
    answer = await country.ask(PERSON % "name", {"n": CAST["C1"].number}, purpose=None)

    assert answer["data"] == {"person": None}
    assert codes(answer) == [("person", "PURPOSE_REQUIRED")]


async def test_a_purpose_must_be_among_the_tokens(country: Country) -> None:
    answer = await country.ask(PERSON % "name", {"n": CAST["C1"].number}, purpose="curiosity")

    assert codes(answer) == [("person", "PURPOSE_NOT_ALLOWED")]


async def test_an_institution_lists_nobody(country: Country) -> None:
    answer = await country.ask(
        "{ people(filter: {}) { totalCount } viewer { clientId } }",
        role="institution-vr",
        purpose="training",
    )

    assert answer["data"] == {"people": None, "viewer": {"clientId": "institution-vr"}}
    assert codes(answer) == [("people", "FORBIDDEN")]


BOTH_AND_SHORT = """
query($after: String, $first: Int) {
  people(filter: {holds: [{registry: LTC}, {registry: VR}], certificate: {registries: [LTC],
      expiresFrom: "2024-09-02", expiresTo: "2025-03-02", renewalStatuses: ["short"]}},
    first: $first, after: $after, orderBy: NAME) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor } sources { registry freshness }
    nodes { name certificates(registries: [LTC]) { type validTo renewal { status } } }
  }
}
"""


async def test_who_holds_both_and_falls_short(country: Country) -> None:
    found = (await country.data(BOTH_AND_SHORT))["people"]

    by_name = {node["name"]: node["certificates"] for node in found["nodes"]}
    assert by_name["測試春安"] == [
        {"type": "care_worker", "validTo": "2024-11-30", "renewal": {"status": "short"}}
    ]
    assert "測試夏平" not in by_name
    assert "測試秋遠" not in by_name
    assert found["totalCount"] == len(by_name)
    assert found["sources"] == [
        {"registry": "VR", "freshness": "FRESH"},
        {"registry": "LTC", "freshness": "FRESH"},
    ]


@pytest.mark.parametrize("order", ["ID", "NAME"])
async def test_pages_hold_every_person_once(country: Country, order: str) -> None:
    query = """query($after: String, $order: PersonOrder) {
      people(filter: {}, first: 7, after: $after, orderBy: $order) {
        totalCount pageInfo { hasNextPage endCursor } nodes { id name } } }"""
    seen: list[dict[str, Any]] = []
    after, total = None, None

    while True:
        page = (await country.data(query, {"after": after, "order": order}))["people"]
        seen += page["nodes"]
        total = page["totalCount"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert len(seen) == len({node["id"] for node in seen}) == total
    if order == "NAME":
        names = [node["name"] for node in seen]
        assert names == sorted(names)


async def test_a_county_lists_only_who_works_there(country: Country) -> None:
    query = "{ people(filter: {}, first: 100) { nodes { name records { county } } } }"
    taipei = await country.data("{ people(filter: {}, first: 100) { nodes { name } } }",
                                role="local-taipei")  # fmt: skip
    same = await country.data(
        '{ people(filter: {counties: ["63000"]}, first: 100) { nodes { name } } }'
    )
    everybody = await country.data(query)

    listed = {node["name"] for node in taipei["people"]["nodes"]}
    registered = {node["name"] for node in same["people"]["nodes"]}
    assert registered <= listed
    assert "測試蘭雄" not in listed
    assert listed < {node["name"] for node in everybody["people"]["nodes"]}


async def test_a_cursor_of_another_order_is_refused(country: Country) -> None:
    first = await country.data("{ people(filter: {}, first: 1) { pageInfo { endCursor } } }")
    cursor = first["people"]["pageInfo"]["endCursor"]

    answer = await country.ask(
        "query($c: String) { people(filter: {}, after: $c, orderBy: NAME) { totalCount } }",
        {"c": cursor},
    )

    assert codes(answer) == [("people", "INVALID_CURSOR")]


async def test_activities_come_newest_first_over_all_registries(country: Country) -> None:
    fields = """activities(first: 4, after: %s) { totalCount pageInfo { hasNextPage endCursor }
      nodes { id registry date points hours } }"""
    seen: list[dict[str, Any]] = []
    after, total = "null", None

    while True:
        page = (await one(country, "C1", fields % after))["activities"]
        seen += page["nodes"]
        total = page["totalCount"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = f'"{page["pageInfo"]["endCursor"]}"'

    assert len(seen) == len({item["id"] for item in seen}) == total == 26
    days = [item["date"] for item in seen]
    assert days == sorted(days, reverse=True)
    assert {item["registry"] for item in seen} == {"VR", "LTC"}
    assert all((item["points"] is None) == (item["registry"] == "VR") for item in seen)


async def test_activities_may_be_cut_by_days_and_registry(country: Country) -> None:
    found = await one(
        country,
        "C1",
        'activities(registries: [VR], from: "2024-03-01", to: "2024-03-31") '
        "{ nodes { registry date hours attribute reviewState provenance { sourceId } } }",
    )

    assert found["activities"]["nodes"] == [
        {
            "registry": "VR",
            "date": "2024-03-22",
            "hours": "9.00",
            "attribute": "law",
            "reviewState": "confirmed",
            "provenance": {"sourceId": "R00000006"},
        }
    ]


async def test_a_proof_of_osh_training_is_one_activity_per_category(country: Country) -> None:
    found = await one(
        country,
        "C10",
        'activities(registries: [OSH], from: "2024-05-01") { totalCount nodes { id date categories '
        "hours kind institution { name } } }",
    )

    nodes = found["activities"]["nodes"]
    assert [(item["date"], item["categories"], item["hours"]) for item in nodes] == [
        ("2024-05-20", ["osh.health_management"], "2.00"),
        ("2024-05-20", ["osh.regulations"], "2.00"),
        ("2024-05-20", ["osh.risk_assessment"], "2.00"),
    ]
    assert len({item["id"] for item in nodes}) == 3


async def test_eligibility_is_decided_with_a_fresh_answer(country: Country) -> None:
    found = await one(
        country,
        "C5",
        'now: eligibility(role: "vr.employment_specialist") { verdict status asOf } '
        'before: eligibility(role: "vr.employment_specialist", asOf: "2024-05-31") { verdict } ',
    )

    assert found == {
        "now": {"verdict": "NOT_ELIGIBLE", "status": "ineligible", "asOf": "2024-09-02"},
        "before": {"verdict": "ELIGIBLE"},
    }


async def test_eligibility_where_the_person_is_not_registered_points_to_verification(
    country: Country,
) -> None:
    # C8 works in 臺北市 by VR; LTC knows nobody of that number, a foreign row would look the same.
    answer = await country.ask(
        PERSON % 'name eligibility(role: "ltc.care_worker") { verdict }',
        {"n": CAST["C8"].number},
        role="local-taipei",
    )

    assert answer["data"] == {"person": {"name": "測試竹管", "eligibility": None}}
    assert codes(answer) == [("person.eligibility", "FORBIDDEN")]
    assert answer["errors"][0]["extensions"]["use"] == "verifyEligibility"


async def test_an_unknown_role_is_named_as_such(country: Country) -> None:
    answer = await country.ask(
        PERSON % 'eligibility(role: "vr.astronaut") { verdict }', {"n": CAST["C8"].number}
    )

    assert codes(answer) == [("person.eligibility", "UNKNOWN_ROLE")]


async def test_sharing_names_every_record_for_every_certificate(country: Country) -> None:
    found = await one(
        country,
        "C1",
        """activities { totalCount } sharing { asOf decision { status minimal }
          rows { registry type total certificate { id } entries { outcome code row amount
            message(lang: EN) activity { source title } citation { code } } } }""",
    )

    report = found["sharing"]
    assert [(row["registry"], row["type"], row["total"]) for row in report["rows"]] == [
        ("LTC", "care_worker", "112.40"),
        ("VR", "employment_specialist", "60.00"),
    ]
    assert all(len(row["entries"]) == 26 for row in report["rows"])
    assert all(row["certificate"] is not None for row in report["rows"])
    assert report["decision"] == {"status": "open", "minimal": False}
    pending = [item for item in report["rows"][0]["entries"] if item["activity"]["source"] == "vr"]
    assert {(item["outcome"], item["code"], item["row"]) for item in pending} <= {
        ("pending", "needs_application", "M20"),
        ("refused", "out_of_window", None),
        ("refused", "not_continuing_education", None),
    }


async def test_sharing_needs_every_registry(country: Country) -> None:
    answer = await country.ask(
        PERSON % "name sharing { asOf }", {"n": CAST["C1"].number}, role="central-mohw"
    )

    assert answer["data"] == {"person": {"name": "測試春安", "sharing": None}}
    assert codes(answer) == [("person.sharing", "FORBIDDEN")]


async def test_two_identities_of_one_person_are_told(country: Country) -> None:
    found = await one(
        country, "C12", "name identifiers { kind masked current } records { registry sourceIds }"
    )

    assert {item["kind"] for item in found["identifiers"]} == {"NEW_ARC", "OLD_ARC"}
    [ltc] = [item for item in found["records"] if item["registry"] == "LTC"]
    assert sorted(ltc["sourceIds"]) == ["L0000012", "L0000112"]


async def test_records_that_agree_leave_nothing_to_find(country: Country) -> None:
    found = await one(country, "C1", "findings { code } records { birthDate }")

    assert {item["birthDate"] for item in found["records"]} - {None} == {"1985-04-12"}
    assert found["findings"] == []


async def test_two_records_of_one_number_are_told(country: Country) -> None:
    found = await one(country, "C12", "findings { code severity message(lang: EN) }")

    assert found["findings"] == [
        {
            "code": "ltc.identities_not_merged",
            "severity": "WARNING",
            "message": "Two records of one person in the LTC system are not merged",
        }
    ]


async def test_what_the_records_say_of_a_birth_date_needs_its_scope(country: Country) -> None:
    answer = await country.ask(
        PERSON % "findings { code }", {"n": CAST["C1"].number}, scope="vr.person.read"
    )

    assert codes(answer) == [("person.findings", "FORBIDDEN")]

"""Who gets what over HTTP: every role at every root field, rows, purposes, tokens (design.md section 6)."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from certhub.sandbox.cast import CAST, STORY_COURSE_NO
from certhub.sandbox.issuer import DevIssuer
from certhub.sandbox.numbers import national_id
from certhub.store import clock

from .conftest import Asker, Country

ABSENT = national_id("Z", 1, 9_999_999)
TAIPEI, KAOHSIUNG = CAST["C1"].number, CAST["C7"].number
READERS = {"central-mol", "local-taipei", "local-kaohsiung"}
MINISTRIES = READERS | {"central-mohw"}
INSTITUTIONS = {"institution-vr", "institution-osh"}
EVERYBODY = MINISTRIES | INSTITUTIONS | {"operator", "auditor"}
PURPOSES = {
    "institution-vr": "training",
    "institution-osh": "training",
    "operator": "identity-review",
}


def verify(role: str) -> str:
    """A question about one person in a role."""
    return (
        f'verifyEligibility(input: {{role: "{role}", '
        f'staff: [{{ref: "1", identifier: {{value: "{TAIPEI}"}}}}]}}) {{ items {{ ref }} }}'
    )


FIELDS: Mapping[str, tuple[str, set[str]]] = {
    "viewer": ("viewer { clientId }", EVERYBODY),
    "registries": ("registries { registry freshness }", EVERYBODY),
    "rules": ("rules { code }", EVERYBODY),
    "evaluateRule": (
        'evaluateRule(rule: "ltc.validity", asOf: "2024-09-02", given: {document_date: "2020-01-01"})',
        EVERYBODY,
    ),
    "person": (
        f'person(identifier: {{value: "{TAIPEI}"}}) {{ maskedName }}',
        MINISTRIES | INSTITUTIONS,
    ),
    "people": ("people(filter: {}) { totalCount }", MINISTRIES),
    "people across": ("people(filter: {holds: [{registry: VR}]}) { totalCount }", READERS),
    "certificates": ("certificates(filter: {}) { totalCount }", MINISTRIES),
    "certificates of others": (
        "certificates(filter: {registries: [VR]}) { totalCount }",
        READERS,
    ),
    "certificates across": (
        "certificates(filter: {registries: [LTC], holdsAlso: [{registry: VR}]}) { totalCount }",
        READERS,
    ),
    "institutions": ("institutions { totalCount }", MINISTRIES | INSTITUTIONS),
    "trainingClasses": ("trainingClasses { totalCount }", READERS | INSTITUTIONS),
    "courses": ("courses { totalCount }", MINISTRIES | INSTITUTIONS),
    "verifyEligibility": (verify("ltc.care_worker"), MINISTRIES),
    "verifyEligibility of others": (verify("vr.case_manager"), READERS),
    "staffing": (
        'staffing(county: "63000", year: 2023) { status }',
        {"central-mol", "local-taipei"},
    ),
    "statistics": ("statistics(input: {dimensions: [TYPE]}) { threshold }", MINISTRIES),
    "statistics of others": (
        "statistics(input: {dimensions: [TYPE], filter: {registries: [OSH]}}) { threshold }",
        READERS,
    ),
    "submissions": ("submissions { totalCount }", MINISTRIES | INSTITUTIONS),
    "recognitions": ("recognitions { totalCount }", MINISTRIES | INSTITUTIONS),
    "auditTrail": ("auditTrail(filter: {}) { totalCount }", {"auditor"}),
    "schema": (
        "__schema { queryType { name } }",
        EVERYBODY - READERS - INSTITUTIONS | {"central-mol"},
    ),
}


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_a_role_is_answered_where_its_scopes_and_rows_say(hub: Asker, role: str) -> None:
    purpose = PURPOSES.get(role, "supervision")

    answered = set()
    for name, (field, _) in FIELDS.items():
        answer = await hub.ask(f"{{ {field} }}", role=role, purpose=purpose)
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        assert codes in ([], ["FORBIDDEN"]), (name, answer)
        if codes:
            assert not any((answer.get("data") or {}).values()), name
        else:
            answered.add(name)

    assert answered == {name for name, (_, roles) in FIELDS.items() if role in roles}


@pytest.mark.parametrize("role", sorted(EVERYBODY - INSTITUTIONS))
async def test_only_institutions_file(hub: Asker, role: str) -> None:
    answer = await hub.ask(
        "mutation($c: String!) { submitVrRoster("
        'input: {idempotencyKey: "e2e-access-1", courseNo: $c, rows: []}) { errors { code } } }',
        {"c": STORY_COURSE_NO},
        role=role,
    )

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_the_ministry_of_one_registry_sees_that_registry_alone(hub: Asker) -> None:
    found = await hub.ask(
        """query($n: String!) { person(identifier: {value: $n}) {
          identifiers { registry } records { registry } certificates { registry }
          activities(first: 100) { nodes { registry } sources { registry } }
          sharing { asOf } } }""",
        {"n": TAIPEI},
        role="central-mohw",
    )

    person = found["data"]["person"]
    assert person["sharing"] is None
    assert [(error["path"], error["extensions"]["code"]) for error in found["errors"]] == [
        (["person", "sharing"], "FORBIDDEN")
    ]
    shown = [
        *person["identifiers"],
        *person["records"],
        *person["certificates"],
        *person["activities"]["nodes"],
        *person["activities"]["sources"],
    ]
    assert {item["registry"] for item in shown} == {"LTC"}


def without_request(body: str) -> dict[str, Any]:
    """An answer without what differs from request to request."""
    found: dict[str, Any] = json.loads(body)
    found["extensions"].pop("requestId")
    for error in found.get("errors", []):
        error["extensions"].pop("requestId")
    return found


def _id(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def test_somebody_of_another_county_looks_like_nobody(hub: Asker) -> None:
    """In bytes: same status, same headers, same body."""
    query = """query($n: String!) { person(identifier: {value: $n}) { id maskedName name
      certificates { id } records { registry state } eligibility(role: "ltc.care_worker") { status }
      sharing { asOf } } }"""
    seen = []
    for number in (KAOHSIUNG, ABSENT):
        answer = await hub.http.post(
            "/graphql",
            json={"query": query, "variables": {"n": number}},
            headers=hub.headers("local-taipei"),
        )
        headers = {key: value for key, value in answer.headers.items() if key != "x-request-id"}
        seen.append((answer.status_code, headers, without_request(answer.text)))

    assert seen[0] == seen[1]
    assert seen[0][2]["data"] == {"person": None}


async def test_foreign_objects_look_absent_under_their_ids(hub: Asker) -> None:
    one = await hub.data(
        """query($n: String!) { person(identifier: {value: $n}) { id certificates { id }
          activities(first: 1) { nodes { id } } } }""",
        {"n": KAOHSIUNG},
    )
    person = one["person"]
    foreign = [
        person["id"],
        *(item["id"] for item in person["certificates"]),
        *(item["id"] for item in person["activities"]["nodes"]),
    ]
    absent = [_id(f"p:{uuid.uuid4()}"), _id("c:vr:Q99999999"), _id("c:ltc:C9"), _id("a:ltc:D9")]
    node = "query($i: ID!) { node(id: $i) { __typename id ... on Person { maskedName } } }"

    for role in sorted(EVERYBODY - {"central-mol", "central-mohw", "local-kaohsiung"}):
        purpose = PURPOSES.get(role, "supervision")
        answers = {
            json.dumps(
                without_request(
                    (
                        await hub.http.post(
                            "/graphql",
                            json={"query": node, "variables": {"i": key}},
                            headers=hub.headers(role, purpose),
                        )
                    ).text
                )
            )
            for key in (*foreign, *absent)
        }
        assert answers == {'{"data": {"node": null}, "extensions": {"cost": 2}}'}

    own = await hub.data(node, {"i": person["id"]}, role="local-kaohsiung")
    assert own["node"] == {
        "__typename": "Person",
        "id": person["id"],
        "maskedName": "測○○雄",
    }


async def test_a_county_lists_whom_the_books_register_there(hub: Asker, country: Country) -> None:
    found = await hub.all(
        """query($n: Int, $a: String) { people(filter: {}, first: $n, after: $a) { totalCount
          pageInfo { hasNextPage endCursor } nodes { records { sourceIds } } } }""",
        {},
        role="local-kaohsiung",
    )

    keys = {
        country.books.key_of([key for record in node["records"] for key in record["sourceIds"]])
        for node in found
    }
    assert keys == {
        one.key
        for one in country.books.people
        if any("64000" in counties for counties in one.counties.values())
    }


def by_class_only(country: Country) -> str:
    """Number of somebody whom 臺北市 knows from a class alone, while LTC knows him or her elsewhere."""
    for one in country.books.people:
        works = one.counties["vr"] | one.counties["ltc"]
        if "63000" in one.counties["osh"] and works and "63000" not in works and one.held("ltc"):
            return min(number for number in one.numbers if not number.startswith("passport"))
    raise AssertionError("the world has nobody like that")


async def test_a_class_opens_nothing_of_the_other_registries(hub: Asker, country: Country) -> None:
    found = await hub.ask(
        """query($n: String!) { person(identifier: {value: $n}) {
          identifiers { registry } certificates { registry }
          records { registry state sourceIds } activities(first: 100) { nodes { registry } }
          eligibility(role: "ltc.care_worker") { status }
          sharing { decision { minimal details given requirements { code required }
            findings { code } } rows { registry certificate { id } } } } }""",
        {"n": by_class_only(country)},
        role="local-taipei",
    )

    person = found["data"]["person"]
    assert {item["registry"] for item in person["identifiers"]} == {"OSH"}
    assert {item["registry"] for item in person["certificates"]} <= {"OSH"}
    assert {item["registry"] for item in person["activities"]["nodes"]} <= {"OSH"}
    assert [(item["registry"], item["state"]) for item in person["records"]] == [
        ("VR", "absent"),
        ("LTC", "absent"),
        ("OSH", "known"),
    ]
    assert person["eligibility"] is None
    assert [error["extensions"]["code"] for error in found["errors"]] == ["FORBIDDEN"]
    # S-R12: how many pairs there are, and findings about other records, tell of foreign certificates.
    assert person["sharing"]["decision"] == {
        "minimal": True,
        "details": None,
        "given": None,
        "requirements": [],
        "findings": [],
    }
    assert {row["registry"] for row in person["sharing"]["rows"]} == {"OSH"}


async def test_an_institution_sees_its_own_classes_and_their_people_masked(hub: Asker) -> None:
    query = """{ institutions { nodes { unifiedBusinessNumber } }
      trainingClasses { nodes { number institution { unifiedBusinessNumber }
        trainees(first: 2) { nodes { person { maskedName name certificates { id } } } } } }
      courses(first: 100) { nodes { institution { unifiedBusinessNumber } } } }"""
    for role, own in (("institution-vr", "00000103"), ("institution-osh", "00000201")):
        found = await hub.ask(query, role=role, purpose="training")

        data = found["data"]
        owners = [
            *data["institutions"]["nodes"],
            *(item["institution"] for item in data["trainingClasses"]["nodes"]),
            *(item["institution"] for item in data["courses"]["nodes"]),
        ]
        assert {item["unifiedBusinessNumber"] for item in owners} == {own}
        people = [
            seat["person"]
            for item in data["trainingClasses"]["nodes"]
            for seat in item["trainees"]["nodes"]
        ]
        assert all(one["name"] is None and one["certificates"] is None for one in people)
        assert {error["extensions"]["code"] for error in found.get("errors", [])} <= {"FORBIDDEN"}
    assert people


PERSON = f'query {{ person(identifier: {{value: "{TAIPEI}"}}) {{ maskedName }} }}'


@pytest.mark.parametrize(
    ("purpose", "case", "code"),
    [
        (None, "A-1", "PURPOSE_REQUIRED"),
        ("supervision", None, "PURPOSE_REQUIRED"),
        (None, None, "PURPOSE_REQUIRED"),
        ("training", "A-1", "PURPOSE_NOT_ALLOWED"),
    ],
)
async def test_personal_data_need_a_purpose_of_the_token_and_a_case(
    hub: Asker, purpose: str | None, case: str | None, code: str
) -> None:
    people = "{ people(filter: {}) { totalCount } }"
    for query in (PERSON, people, f"{{ {verify('ltc.care_worker')} }}"):
        answer = await hub.ask(query, purpose=purpose, case=case)

        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
        assert list(answer["data"].values()) == [None]


async def test_tokens_that_are_none_are_challenged(hub: Asker, country: Country) -> None:
    now = clock.now()
    head, payload, signature = hub.token("central-mol").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["scope"] += " audit.read"
    more = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    stranger = DevIssuer(country.home / "stranger")
    tokens = {
        "garbage": "garbage",
        "alg none": f"{unsigned}.{payload}.",
        "more scopes": f"{head}.{more}.{signature}",
        "another audience": hub.token("central-mol", aud="urn:other"),
        "another issuer": hub.token("central-mol", iss="urn:other"),
        "expired": hub.issuer.mint("central-mol", now=now - timedelta(hours=3)),
        "not yet": hub.issuer.mint("central-mol", now=now + timedelta(hours=3)),
        "another key": stranger.mint("central-mol", now=now),
    }
    schemes = {"": None, "Basic Zm9v": None} | {f"Bearer {t}": n for n, t in tokens.items()}
    for scheme, name in schemes.items():
        headers = {"X-Purpose-Of-Use": "supervision", "X-Case-Reference": "A-1"}
        if scheme:
            headers["Authorization"] = scheme

        answer = await hub.http.post("/graphql", json={"query": PERSON}, headers=headers)

        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"].startswith("Bearer resource_metadata=")
        assert "data" not in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

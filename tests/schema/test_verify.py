"""Verification: registered staff, unregistered ones, budget, receipt, audit."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from certhub.sandbox.cast import CAST
from certhub.sandbox.numbers import national_id
from certhub.store.receipts import verify_receipt
from certhub.store.signing import public_keys, public_keys_of
from certhub.store.tables_people import identifier
from certhub.store.tables_work import audit, verify_budget

from ..country import Country, changed, codes

VERIFY = """
query($i: VerifyEligibilityInput!) { verifyEligibility(input: $i) { role asOf receipt items {
  ref nameMatches birthDateMatches
  decision { rule verdict status minimal validTo requirements { code met counted }
    explanation { code } usedActivities { activity } details given window { opens } }
  renewal { status minimal requirements { code met counted } }
  error { code field row expected message(lang: EN) } } } }
"""


async def check(
    country: Country,
    staff: list[dict[str, Any]],
    *,
    of_role: str = "ltc.care_worker",
    as_of: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The report."""
    given = {"role": of_role, "asOf": as_of, "staff": staff}
    options.setdefault("role", "local-taipei")
    found: dict[str, Any] = (await country.data(VERIFY, {"i": given}, **options))[
        "verifyEligibility"
    ]
    return found


def member(code: str, **more: Any) -> dict[str, Any]:
    """A cast member as staff."""
    return {"ref": code, "identifier": {"value": CAST[code].number}, **more}


async def test_the_answers_stand_in_the_order_sent(country: Country) -> None:
    report = await check(
        country, [member("C4"), member("C1"), member("C2"), member("C1")], as_of="2024-09-02"
    )

    assert [
        (item["ref"], item["decision"]["verdict"], item["decision"]["status"])
        for item in report["items"]
    ] == [
        ("C4", "NOT_ELIGIBLE", "expired"),
        ("C1", "ELIGIBLE", "window_open"),
        ("C2", "ELIGIBLE", "window_open"),
        ("C1", "ELIGIBLE", "window_open"),
    ]
    assert [item["renewal"]["status"] for item in report["items"]] == [
        "short",
        "short",
        "eligible",
        "short",
    ]


async def test_registered_staff_get_the_whole_decision(country: Country) -> None:
    report = await check(country, [member("C6")], of_role="vr.employment_specialist")

    [item] = report["items"]
    assert item["decision"]["minimal"] is False
    assert item["decision"]["details"]["status"] == "eligible"
    assert item["decision"]["given"] is not None
    assert item["decision"]["explanation"] is not None
    assert {one["code"]: one["met"] for one in item["renewal"]["requirements"]} == {
        "vr.ce.total": False,
        "vr.ce.professional_law": False,
        "vr.ce.ethics_quality": False,
    }


async def test_anybody_else_gets_a_minimal_one(country: Country) -> None:
    report = await check(country, [member("C7", name="測試蘭雄", birthDate="1987-09-08")])

    [item] = report["items"]
    assert item["decision"] == {
        "rule": "ltc.validity",
        "verdict": "ELIGIBLE",
        "status": "valid",
        "minimal": True,
        "validTo": "2027-07-31",
        "requirements": [],
        "explanation": None,
        "usedActivities": None,
        "details": None,
        "given": None,
        "window": None,
    }
    assert (item["nameMatches"], item["birthDateMatches"]) == (True, False)
    assert item["renewal"]["minimal"] is True
    assert all(one["counted"] is None for one in item["renewal"]["requirements"])


async def test_each_error_stands_at_its_person(country: Country) -> None:
    wrong = CAST["C1"].number[:-1] + "5"
    report = await check(
        country,
        [
            {"ref": "checksum", "identifier": {"value": wrong}},
            {"ref": "kind", "identifier": {"kind": "NEW_ARC", "value": CAST["C1"].number}},
            {"ref": "passport", "identifier": {"kind": "PASSPORT", "value": "AB1234567"}},
            {"ref": "unknown", "identifier": {"value": national_id("Z", 1, 9999999)}},
            member("C1"),
        ],
    )

    assert [(item["ref"], (item["error"] or {}).get("code")) for item in report["items"]] == [
        ("checksum", "identifier_invalid"),
        ("kind", "identifier_invalid"),
        ("passport", "identifier_invalid"),
        ("unknown", "no_record"),
        ("C1", None),
    ]
    assert report["items"][0]["error"]["row"] == 1
    assert report["items"][2]["error"]["expected"] == "nationality"
    assert wrong not in str(report)


async def test_a_passport_is_found_with_the_birth_date_alone(country: Country) -> None:
    async with country.hub.reader.connect() as connection:
        held = (
            await connection.execute(select(identifier).where(identifier.c.kind == "passport"))
        ).first()
    passport = {"kind": "PASSPORT", "value": "TEST12345", "nationality": "VN"}

    report = await check(country, [{"ref": "p", "identifier": passport, "birthDate": "1990-01-01"}])

    assert held is None or held.birth_date is not None
    assert report["items"][0]["error"]["code"] == "no_record"


async def test_an_item_may_declare_what_no_registry_holds(country: Country) -> None:
    report = await check(
        country,
        [
            member("C10"),
            member("C10", declared={"person": {"practice_years": 5}}),
            member("C10", declared={"person": {"training_passed_on": "2023-03-10"}}),
        ],
        of_role="osh.nurse",
    )

    first, second, third = report["items"]
    assert first["decision"]["verdict"] in {"ELIGIBLE", "NOT_DECIDABLE"}
    assert second["decision"]["verdict"] == "ELIGIBLE"
    assert third["decision"] is None
    assert third["error"]["code"] == "DECLARED_NOT_ALLOWED"


async def test_the_receipt_proves_what_was_answered(country: Country) -> None:
    report = await check(country, [member("C1"), member("C7", ref="A200020014")])

    receipt = report["receipt"]
    content = receipt["content"]
    keys = public_keys_of(public_keys(country.hub.keys)["keys"])
    assert verify_receipt(content, receipt["jws"], keys)
    assert not verify_receipt({**content, "role": "vr.case_manager"}, receipt["jws"], keys)
    assert (content["kind"], content["role"], content["asOf"], content["purpose"]) == (
        "verification",
        "ltc.care_worker",
        "2024-09-02",
        "supervision",
    )
    assert [(item["ref"], item["verdict"]) for item in content["items"]] == [
        ("C1", "ELIGIBLE"),
        ("[證號]", "ELIGIBLE"),
    ]


async def test_every_batch_leaves_an_audit_row_without_numbers(country: Country) -> None:
    await check(country, [member("C1")], role="local-taipei")

    async with country.hub.reader.connect() as connection:
        rows = (
            (
                await connection.execute(
                    select(audit)
                    .where(audit.c.operation == "verifyEligibility")
                    .order_by(audit.c.seq.desc())
                )
            )
            .mappings()
            .all()
        )
    row = rows[0]
    assert (row["client_id"], row["purpose"], row["case_reference"], row["outcome"]) == (
        "local-taipei",
        "supervision",
        "TEST-1130902",
        "allowed",
    )
    assert row["counts"]["items"] == 1
    assert len(row["subject_refs"]) == 1
    assert CAST["C1"].number not in str(dict(row))


async def test_purpose_and_case_may_stand_in_the_input(country: Country) -> None:
    given = {
        "role": "ltc.care_worker",
        "purpose": "registration",
        "caseReference": "CASE-7",
        "staff": [member("C1")],
    }

    found = await country.data(VERIFY, {"i": given}, role="local-taipei", purpose=None)

    content = found["verifyEligibility"]["receipt"]["content"]
    assert (content["purpose"], content["caseReference"]) == ("registration", "CASE-7")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"purpose": "registration"}, "PURPOSE_REQUIRED"),
        ({"caseReference": "CASE-7"}, "PURPOSE_REQUIRED"),
        ({"purpose": "curiosity", "caseReference": "CASE-7"}, "PURPOSE_NOT_ALLOWED"),
    ],
)
async def test_purpose_and_case_are_required(
    country: Country, given: dict[str, str], code: str
) -> None:
    answer = await country.ask(
        VERIFY,
        {"i": {"role": "ltc.care_worker", "staff": [member("C1")], **given}},
        role="local-taipei",
        purpose=None,
    )

    assert answer["data"] == {"verifyEligibility": None}
    assert codes(answer) == [("verifyEligibility", code)]


@pytest.mark.parametrize(
    ("role", "given", "code"),
    [
        ("local-taipei", {"role": "vr.astronaut"}, "UNKNOWN_ROLE"),
        ("central-mohw", {"role": "vr.case_manager"}, "FORBIDDEN"),
        ("institution-vr", {"role": "vr.case_manager"}, "FORBIDDEN"),
        ("local-taipei", {"role": "vr.case_manager", "upload": "x"}, "INVALID_INPUT"),
    ],
)
async def test_what_may_not_be_verified_is_refused(
    country: Country, role: str, given: dict[str, str], code: str
) -> None:
    purpose = "training" if role.startswith("institution") else "supervision"

    answer = await country.ask(
        VERIFY, {"i": {"staff": [member("C1")], **given}}, role=role, purpose=purpose
    )

    assert codes(answer) == [("verifyEligibility", code)]


async def test_unregistered_staff_and_unknown_numbers_cost_budget(country: Country) -> None:
    async def used() -> int:
        async with country.hub.reader.connect() as connection:
            query = select(verify_budget.c.used).where(
                verify_budget.c.client_id == "local-kaohsiung"
            )
            return (await connection.execute(query)).scalar() or 0

    before = await used()
    await check(country, [member("C7")], role="local-kaohsiung")
    assert await used() == before
    await check(
        country,
        [member("C1"), {"ref": "?", "identifier": {"value": national_id("Z", 1, 9999999)}}],
        role="local-kaohsiung",
    )
    assert await used() == before + 2
    await check(country, [member("C1")], role="central-mol")
    assert await used() == before + 2


async def test_a_spent_budget_says_so_in_the_order_sent(country: Country) -> None:
    async with country.hub.engine.begin() as connection:
        await connection.execute(
            delete(verify_budget).where(verify_budget.c.client_id == "local-kaohsiung")
        )

    with changed(country, verify_daily_budget=1):
        report = await check(
            country, [member("C7"), member("C1"), member("C2")], role="local-kaohsiung"
        )

    assert [(item["error"] or {}).get("code") for item in report["items"]] == [
        None,
        None,
        "budget_exceeded",
    ]
    assert report["items"][2]["decision"] is None


async def test_a_list_may_be_uploaded(country: Country) -> None:
    content = f"編號,證號,姓名\n甲,{CAST['C1'].number},測試春安\n乙,不是證號,\n".encode()
    answer = await country.client.http.post(
        "/uploads",
        files={"file": ("staff.csv", content, "text/csv")},
        headers=country.client.headers("local-taipei"),
    )

    found = await country.data(
        VERIFY,
        {"i": {"role": "ltc.care_worker", "upload": answer.json()["id"]}},
        role="local-taipei",
    )

    first, second = found["verifyEligibility"]["items"]
    assert (first["ref"], first["decision"]["verdict"], first["nameMatches"]) == (
        "甲",
        "ELIGIBLE",
        True,
    )
    assert (second["ref"], second["error"]["code"], second["error"]["row"]) == (
        "乙",
        "identifier_invalid",
        3,
    )

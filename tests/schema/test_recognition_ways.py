"""Recognitions by other ways: organisers, declared records, other targets, every invariant."""

from typing import Any

from certhub.sandbox.cast import CAST

from ..country import Country, changed
from .recognising import Books, applied, apply, decide, deliver, told

MEDICAL = {
    "registry": "medical_ce", "id": "CE-1", "date": "2024-03-05", "title": "高齡照護",
    "points": 3.6, "attribute": "professional", "organiser": "測試醫學會",
}  # fmt: skip


async def _class_of(country: Country) -> str:
    """An in-service class whose institution is that of the role institution-osh."""
    data = await country.data(
        '{ trainingClasses(filter: {kinds: ["in_service"]}, first: 50) { nodes { number } } }',
        role="institution-osh", purpose="training",
    )  # fmt: skip
    numbers = {node["number"] for node in data["trainingClasses"]["nodes"]}
    return min(str(number) for number in numbers if number.startswith("OH0002-111"))


async def test_an_organiser_applies_for_its_own_trainee_by_number(own_country: Country) -> None:
    number = CAST["C10"].number
    course = await _class_of(own_country)
    who = {"identifier": {"value": number}, "course": course, "certificateRole": "ltc.medical"}

    several = await applied(own_country, "o1", role="institution-osh", trainee=who)
    made = await applied(
        own_country, "o2", role="institution-osh", trainee={**who, "attribute": "law"}
    )
    by_record = await applied(
        own_country, "o7", role="institution-osh",
        trainee={**who, "record": f"{course}-001-C#osh.risk_assessment"},
    )  # fmt: skip
    foreign = await applied(own_country, "o3", role="institution-vr", trainee=who)
    nobody = await applied(
        own_country, "o4", role="institution-osh",
        trainee={**who, "identifier": {"value": CAST["C8"].number}},
    )  # fmt: skip
    other_type = await applied(
        own_country,
        "o5",
        role="institution-osh",
        trainee={**who, "certificateRole": "ltc.educator"},
    )
    mistyped = await applied(
        own_country, "o6", role="institution-osh",
        trainee={**who, "identifier": {"value": number[:-1] + "1"}},
    )  # fmt: skip
    seen = await own_country.data(
        "{ recognitions(filter: {}) { nodes { id state certificate { id } } } }",
        role="institution-osh", purpose="credit-recognition",
    )  # fmt: skip

    assert told(several) == ["activity_ambiguous"]
    assert several["errors"][0]["expected"] == " ".join(
        f"{course}-001-C#osh.{category}:{attribute}"
        for category, attribute in (
            ("health_management", "professional"),
            ("regulations", "law"),
            ("risk_assessment", "professional"),
        )
    )
    assert told(by_record) == []
    assert told(made) == []
    assert (made["recognition"]["row"], made["recognition"]["fromRegistry"]) == ("M21", "osh")
    assert made["recognition"]["certificate"] is None  # a certificate that it may not read
    assert told(foreign) == told(nobody) == told(other_type) == ["recognition_target_not_found"]
    assert told(mistyped) == ["identifier_invalid"]
    assert {(node["id"], node["state"]) for node in seen["recognitions"]["nodes"]} == {
        (made["recognition"]["id"], "pending"),
        (by_record["recognition"]["id"], "pending"),
    }


async def test_a_declared_record_counts_once_approved_and_travels_as_medical(
    own_country: Country,
) -> None:
    books = Books(own_country, "C10")
    held, total = await books.certificate("LTC"), await books.total()

    made = await applied(own_country, "m1", certificate=held["id"], declaredActivity=MEDICAL)
    automatic = await applied(
        own_country, "m2", certificate=held["id"],
        declaredActivity={**MEDICAL, "id": "CE-2", "attribute": "ethics"},
    )  # fmt: skip
    invalid = await applied(
        own_country, "m3", certificate=held["id"],
        declaredActivity={**MEDICAL, "id": "CE-3", "remark_codes": ["F"]},
    )  # fmt: skip
    wrong = await apply(
        own_country,
        "m4",
        certificate=held["id"],
        declaredActivity={**MEDICAL, "id": "CE-4", "points": "many"},
    )
    key = made["recognition"]["id"]
    approved = await decide(
        own_country, "m1", key, "approved", role="central-mohw", amount="9", decisionNo="第1號"
    )
    entry = await books.entry("LTC", "CE-1")
    after = await books.total()

    assert (told(automatic), told(invalid)) == (["already_recognised"], ["source_not_valid"])
    assert [error["extensions"]["code"] for error in wrong["errors"]] == ["INVALID_FACTS"]
    assert [item["code"] for item in approved["warnings"]] == ["sharing.decision_amount_capped"]
    assert (entry["outcome"], entry["amount"]) == ("recognised", "3.60")
    assert round(after - total, 2) == 3.6
    assert await deliver(own_country) == 1
    found = [
        credit
        for credit in own_country.agencies.ltc.ledger()["credit"].values()
        if credit["source_record"] == "CE-1"
    ]
    assert [(credit["source"], credit["points"], credit["unit_name"]) for credit in found] == [
        ("medical", "3.60", "測試醫學會")
    ]


async def test_social_workers_credit_stays_in_the_hub(own_country: Country) -> None:
    books = Books(own_country, "C9")
    held = await books.certificate("LTC")
    record = {**MEDICAL, "registry": "social_worker_ce", "id": "SW-1"}
    made = await applied(own_country, "s1", certificate=held["id"], declaredActivity=record)

    approved = await decide(
        own_country, "s1", made["recognition"]["id"], "approved", decisionNo="第2號"
    )

    assert [item["code"] for item in approved["warnings"]] == ["SOURCE_NOT_ACCEPTED"]
    assert approved["recognition"]["delivery"] is None
    assert (await books.entry("LTC", "SW-1"))["amount"] == "3.60"


async def test_a_claim_on_vr_is_decided_in_vr_and_changes_no_renewal_there(
    own_country: Country,
) -> None:
    books = Books(own_country, "C2")
    held = await books.certificate("VR")

    late = await applied(own_country, "v1", certificate=held["id"], activity="D00000020")
    made = await applied(own_country, "v2", certificate=held["id"], activity="D00000031")
    key = made["recognition"]["id"]
    elsewhere = await decide(own_country, "v2a", key, "approved", role="central-mohw")
    categories = await decide(
        own_country, "v2b", key, "approved", categories=["gender_sensitivity"]
    )
    approved = await decide(own_country, "v2c", key, "approved")
    entry = await books.entry("VR", "D00000031")

    assert told(late) == ["out_of_window"]
    assert made["recognition"]["row"] == "M30"
    assert told(elsewhere) == ["recognition_not_found"]
    assert told(categories) == ["recognition_category"]
    assert approved["recognition"]["decisions"][0]["authority"] == "wda"
    assert approved["recognition"]["delivery"] is None
    assert (entry["outcome"], entry["amount"]) == ("recognised", "1.20")
    assert (await books.certificate("VR"))["renewal"] == held["renewal"]


async def test_nothing_can_be_applied_for_that_no_authority_may_recognise(
    own_country: Country,
) -> None:
    books = Books(own_country, "C10")
    person = await books.person()
    held = next(item for item in person["certificates"] if item["registry"] == "OSH")
    [row] = [item for item in person["sharing"]["rows"] if item["registry"] == "OSH"]
    record = next(
        item["activity"]["id"] for item in row["entries"] if item["code"] == "not_recognised"
    )

    barred = await applied(own_country, "n1", certificate=held["id"], activity=record)

    assert told(barred) == ["not_recognised"]


async def test_every_fault_of_an_approval_is_told_at_once(own_country: Country) -> None:
    books = Books(own_country, "C3")
    held = await books.certificate("LTC")
    made = await applied(own_country, "e1", certificate=held["id"], activity="R00000015")
    key = made["recognition"]["id"]

    wrong = await decide(
        own_country, "e1a", key, "approved", amount="0", attribute="fun", categories=["none"]
    )
    silent = await decide(own_country, "e1b", key, "rejected")
    unknown = await decide(own_country, "e1c", "cjpub25l", "rejected", note="x")
    outcome = await decide(own_country, "e1d", key, "maybe")

    assert told(wrong) == [
        "recognition_amount", "recognition_attribute", "recognition_category",
        "recognition_decision_no",
    ]  # fmt: skip
    assert [error["field"] for error in wrong["errors"]] == [
        ["amount"], ["attribute"], ["categories", "0"], ["decisionNo"],
    ]  # fmt: skip
    assert told(silent) == ["recognition_reason_missing"]
    assert told(unknown) == ["recognition_not_found"]
    assert outcome == {"refused": ["INVALID_INPUT"]}


async def test_nothing_is_applied_for_on_a_registry_that_cannot_be_relied_on(
    own_country: Country,
) -> None:
    books = Books(own_country, "C3")
    held = await books.certificate("LTC")
    limits = {**own_country.hub.unavailable_after}
    zero = {**limits, "vr": limits["vr"] * 0}

    with changed(own_country, unavailable_after=zero, stale_after=zero):
        answer = await apply(own_country, "u1", certificate=held["id"], activity="R00000015")

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["REGISTRY_UNAVAILABLE"]


async def test_stored_recognitions_keep_the_invariants_of_sharing(own_country: Country) -> None:
    """Never twice, never more than its own, pending counts nothing, nothing without a decision."""
    books = Books(own_country, "C1")
    held = await books.certificate("LTC")
    base = await books.total()
    records = ["R00000001", "R00000002", "R00000003", "R00000004", "R00000005", "R00000006"]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("approved", {"amount": "2.5", "decisionNo": "甲"}),
        ("approved", {"amount": "99", "decisionNo": "乙"}),
        ("rejected", {"note": "不符"}),
        ("approved", {"decisionNo": "丙", "categories": ["fire_safety"]}),
        ("revoked", {"note": "誤核", "decisionNo": "丁"}),
    ]
    for position, (record, (outcome, given)) in enumerate(zip(records, steps, strict=True)):
        made = await applied(own_country, f"p{position}", certificate=held["id"], activity=record)
        if made["recognition"] is None:
            continue
        key = made["recognition"]["id"]
        if outcome == "revoked":
            await decide(own_country, f"p{position}x", key, "approved", decisionNo="戊")
        if outcome:
            await decide(own_country, f"p{position}", key, outcome, **given)

    person = await books.person()
    own = {
        node["provenance"]["sourceId"]: float(node["hours"] or node["points"])
        for node in person["activities"]["nodes"]
    }
    [row] = [item for item in person["sharing"]["rows"] if item["registry"] == "LTC"]
    amounts = [float(item["amount"]) for item in row["entries"] if item["outcome"] == "recognised"]
    foreign = [
        item
        for item in row["entries"]
        if item["activity"]["source"] == "vr" and item["outcome"] == "recognised"
    ]
    assert len({item["activity"]["id"] for item in row["entries"]}) == len(row["entries"])
    assert round(sum(amounts), 2) == float(row["total"])
    assert all(item["decision"] for item in foreign)
    assert all(float(item["amount"]) <= own[item["activity"]["id"]] for item in foreign)
    assert sorted(float(item["amount"]) for item in foreign) == [2.5, 9.0, 9.0]
    assert round(await books.total() - base, 2) == round(
        sum(float(item["amount"]) for item in foreign), 2
    )

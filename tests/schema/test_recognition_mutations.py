"""``applyRecognition`` and ``decideRecognition`` over HTTP: who may, what it changes, and back."""

import asyncio
from typing import Any

from sqlalchemy import func, select, text

from certhub.sandbox.cast import CAST
from certhub.store.tables_work import outbox, recognition, submission

from ..country import Country
from .recognising import (
    APPLY,
    LIST,
    PURPOSE,
    Books,
    applied,
    apply,
    decide,
    deliver,
    sync_ltc,
    told,
)


async def test_an_approval_counts_at_once_everywhere_and_its_revocation_takes_it_back(
    own_country: Country,
) -> None:
    await deliver(own_country)
    books = Books(own_country, "C2")
    certificate = (await books.certificate("LTC"))["id"]
    before, total = await books.entry("LTC", "R00000010"), await books.total()

    pending = await applied(
        own_country, "C2-1", certificate=certificate, activity="R00000010", reason="相近課程"
    )
    waiting, unchanged = await books.entry("LTC", "R00000010"), await books.total()
    made = pending["recognition"]
    approved = await decide(
        own_country, "C2-1", made["id"], "approved", amount="7.50", decisionNo="採認字第1號",
        categories=["gender_sensitivity"],
    )  # fmt: skip
    counted, after = await books.entry("LTC", "R00000010"), await books.total()
    revoked = await decide(own_country, "C2-2", made["id"], "revoked", note="課程內容不符")
    refused, back = await books.entry("LTC", "R00000010"), await books.total()

    assert (before["code"], waiting["code"]) == ("needs_application", "awaiting_decision")
    assert (made["state"], made["row"], made["amount"], made["unit"]) == (
        "pending", "M20", "9.00", "hours",
    )  # fmt: skip
    assert unchanged == total
    assert told(approved) == []
    assert approved["recognition"]["state"] == "approved"
    assert approved["recognition"]["delivery"]["state"] == "QUEUED"
    assert (counted["outcome"], counted["amount"]) == ("recognised", "7.50")
    assert counted["decision"] == approved["recognition"]["decisions"][0]["id"]
    assert (after, float(counted["total"])) == (total + 7.5, float(before["total"]) + 7.5)
    assert told(revoked) == []
    assert revoked["recognition"]["state"] == "revoked"
    assert revoked["recognition"]["delivery"]["state"] == "SUPERSEDED"
    assert (refused["outcome"], refused["code"]) == ("refused", "rejected_by_authority")
    assert (back, refused["total"]) == (total, before["total"])
    assert pending["receipt"]["content"]["kind"] == "applyRecognition"
    assert await deliver(own_country) == 0


async def test_the_stored_evaluation_follows_the_decision(own_country: Country) -> None:
    books = Books(own_country, "C3")
    held = await books.certificate("LTC")

    async def stored() -> float:
        async with own_country.hub.engine.connect() as connection:
            found = await connection.scalar(
                text("select requirements from hub.evaluation where certificate = 'ltc:C00000003'")
            )
        return float(found["ltc.total"]["counted"])

    before = await stored()
    made = await applied(own_country, "C3-1", certificate=held["id"], activity="R00000014")
    await decide(own_country, "C3-1", made["recognition"]["id"], "approved", decisionNo="第2號")

    assert await stored() == before + 9


async def test_what_the_agency_takes_comes_back_and_is_never_counted_twice(
    own_country: Country,
) -> None:
    await deliver(own_country)
    books = Books(own_country, "C1")
    certificate = (await books.certificate("LTC"))["id"]
    total = await books.total()
    made = await applied(own_country, "C1-1", certificate=certificate, activity="R00000001")
    key = made["recognition"]["id"]
    await decide(own_country, "C1-1", key, "approved", decisionNo="第3號", amount="4")
    counted = await books.total()

    delivered = await deliver(own_country)
    await sync_ltc(own_country)
    reviewing = await books.total()
    own_country.agencies.ltc.settle()
    await sync_ltc(own_country)
    entry, settled = await books.entry("LTC", "R00000001"), await books.total()

    assert (delivered, counted, reviewing, settled) == (1, total + 4, total + 4, total + 4)
    assert (entry["outcome"], entry["code"]) == ("refused", "duplicate_event")
    listed = (await own_country.data(LIST, role="central-mol", purpose=PURPOSE))["recognitions"]
    [one] = [item for item in listed["nodes"] if item["id"] == key]
    assert one["delivery"]["state"] == "ACCEPTED"
    assert one["delivery"]["agencyReference"].startswith("H9")
    assert one["registryState"] == "符合"
    late = await decide(own_country, "C1-2", key, "revoked", note="誤核")
    assert [item["code"] for item in late["warnings"]] == ["recognition_held_by_registry"]
    renewal = (await books.certificate("LTC"))["renewal"]
    assert "sharing.revoked_but_held" in {item["code"] for item in renewal["findings"]}
    assert await books.total() == settled


async def test_what_the_agency_refuses_is_shown_with_its_errors(own_country: Country) -> None:
    books = Books(own_country, "C2")
    certificate = (await books.certificate("LTC"))["id"]
    made = await applied(own_country, "C2-3", certificate=certificate, activity="R00000012")
    key = made["recognition"]["id"]
    await decide(own_country, "C2-3", key, "approved", decisionNo="第4號")
    held = own_country.agencies.ltc.get("person", CAST["C2"].ltc_id)
    assert held is not None
    own_country.agencies.ltc.upsert("person", {**held, "identifiers": []})

    await deliver(own_country)

    own_country.agencies.ltc.upsert("person", held)
    listed = (await own_country.data(LIST, role="local-taipei", purpose=PURPOSE))["recognitions"]
    [one] = [item for item in listed["nodes"] if item["id"] == key]
    assert one["delivery"]["state"] == "REFUSED"
    assert [error["code"] for error in one["delivery"]["errors"]] == ["ltc.person_unknown"]
    renewal = (await books.certificate("LTC"))["renewal"]
    codes = {item["code"] for item in renewal["findings"]}
    assert {"ltc.recognised_credit", "sharing.refused_by_registry"} <= codes
    assert [item["registry"] for item in renewal["sources"]] == ["LTC", "VR"]


async def test_who_applied_or_reviewed_never_decides(own_country: Country) -> None:
    books = Books(own_country, "C2")
    certificate = (await books.certificate("LTC"))["id"]
    made = await applied(own_country, "C2-4", certificate=certificate, activity="R00000011")
    key = made["recognition"]["id"]

    local = await decide(own_country, "C2-4a", key, "approved", role="local-taipei")
    applicant = await decide(
        own_country, "C2-4b", key, "approved", sub="local-taipei-clerk", decisionNo="第5號"
    )
    own_review = await decide(own_country, "C2-4c", key, "recommended", role="local-taipei")
    review = await decide(
        own_country, "C2-4d", key, "recommended", role="local-taipei", sub="second", note="內容相近"
    )
    reviewer = await decide(own_country, "C2-4e", key, "approved", sub="second", decisionNo="第5號")
    checker = await decide(own_country, "C2-4f", key, "rejected", note="內容不相近")

    assert local == {"refused": ["FORBIDDEN"]}
    assert told(applicant) == told(own_review) == told(reviewer) == ["SAME_PERSON_DECIDES"]
    assert [item["outcome"] for item in review["recognition"]["reviews"]] == ["recommended"]
    assert checker["recognition"]["state"] == "rejected"


async def test_a_decision_is_replaced_only_by_who_names_it(own_country: Country) -> None:
    books = Books(own_country, "C1")
    certificate = (await books.certificate("LTC"))["id"]
    made = await applied(own_country, "C1-3", certificate=certificate, activity="R00000002")
    key = made["recognition"]["id"]
    rejected = await decide(own_country, "C1-3a", key, "rejected", note="不符")
    [first] = rejected["recognition"]["decisions"]

    again = await decide(own_country, "C1-3b", key, "rejected", note="不符")
    unaware = await decide(own_country, "C1-3c", key, "approved", decisionNo="第6號")
    never = await decide(own_country, "C1-3d", key, "revoked", note="不符")
    reapplied = await applied(own_country, "C1-4", certificate=certificate, activity="R00000002")
    aware = await decide(
        own_country, "C1-3e", key, "approved", decisionNo="第6號", replaces=first["id"]
    )
    entry = await books.entry("LTC", "R00000002")

    assert told(again) == told(unaware) == ["recognition_decided"]
    assert told(never) == ["recognition_not_approved"]
    assert told(reapplied) == ["rejected_by_authority"]
    assert aware["recognition"]["state"] == "approved"
    assert (entry["outcome"], entry["amount"]) == ("recognised", "9.00")


async def test_two_at_once_apply_once_and_decide_once(own_country: Country) -> None:
    books = Books(own_country, "C1")
    certificate = (await books.certificate("LTC"))["id"]
    both = await asyncio.gather(
        *(
            applied(own_country, f"C1-5{key}", certificate=certificate, activity="R00000007")
            for key in "ab"
        )
    )
    [made] = [item["recognition"] for item in both if item["recognition"]]
    decided = await asyncio.gather(
        *(
            decide(own_country, f"C1-5{key}", made["id"], outcome, note="x", decisionNo="第7號")
            for key, outcome in (("a", "approved"), ("b", "rejected"))
        )
    )

    assert sorted(code for item in both for code in told(item)) == ["application_pending"]
    assert sorted(code for item in decided for code in told(item)) == ["recognition_decided"]


async def test_a_repeat_of_the_key_gets_the_first_answer(own_country: Country) -> None:
    books = Books(own_country, "C7")
    certificate = (await books.certificate("LTC"))["id"]
    given = {"certificate": certificate, "activity": "R00000030"}
    dry = await applied(own_country, "C7-1", role="local-kaohsiung", validateOnly=True, **given)
    first, second = await asyncio.gather(
        *(applied(own_country, "C7-1", role="local-kaohsiung", **given) for _ in "ab")
    )
    other = await apply(own_country, "C7-1", role="local-kaohsiung", reason="x", **given)

    assert (dry["recognition"], dry["errors"]) == (None, [])
    assert first == second
    assert [error["extensions"]["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_wrong_roles_and_wrong_input_write_nothing(own_country: Country) -> None:
    books = Books(own_country, "C3")
    person = await books.person()
    held = {item["registry"]: item for item in person["certificates"]}
    given = {"certificate": held["LTC"]["id"], "activity": "R00000015"}

    async def rows() -> tuple[Any, ...]:
        async with own_country.hub.engine.connect() as connection:
            return tuple(
                [
                    await connection.scalar(select(func.count()).select_from(table))
                    for table in (recognition, submission, outbox)
                ]
            )

    before = await rows()
    codes = {
        "no purpose": await apply(own_country, "w1", purpose=None, **given),
        "wrong purpose": await apply(own_country, "w2", purpose="holidays", **given),
        "no scope": await apply(own_country, "w3", role="operator", **given),
        "central may not": await apply(own_country, "w4", role="central-mohw", **given),
        "institution by certificate": await apply(
            own_country, "w5", role="institution-vr", **given
        ),
        "two ways": await apply(own_country, "w6", declaredActivity={"registry": "x"}, **given),
        "short key": await own_country.ask(
            APPLY, {"i": {"idempotencyKey": "short", **given}}, role="local-taipei", purpose=PURPOSE
        ),
    }
    data = {
        "other county": await applied(own_country, "w7", role="local-kaohsiung", **given),
        "no such certificate": await applied(
            own_country, "w8", certificate="YzpsdGM6bm9uZQ", activity="R00000015"
        ),
        "no such record": await applied(
            own_country, "w9", certificate=held["LTC"]["id"], activity="R99999999"
        ),
        "native": await applied(
            own_country, "w10", certificate=held["VR"]["id"], activity="R00000014"
        ),
        "registry that declares": await applied(
            own_country, "w11", certificate=held["LTC"]["id"], declaredActivity={"registry": "vr", "id": "1"}
        ),
    }  # fmt: skip

    assert {name: [e["extensions"]["code"] for e in a["errors"]] for name, a in codes.items()} == {
        "no purpose": ["PURPOSE_REQUIRED"],
        "wrong purpose": ["PURPOSE_NOT_ALLOWED"],
        "no scope": ["FORBIDDEN"],
        "central may not": ["FORBIDDEN"],
        "institution by certificate": ["FORBIDDEN"],
        "two ways": ["INVALID_INPUT"],
        "short key": ["INVALID_INPUT"],
    }
    assert {name: told(payload) for name, payload in data.items()} == {
        "other county": ["certificate_not_found"],
        "no such certificate": ["certificate_not_found"],
        "no such record": ["activity_not_found"],
        "native": ["already_recognised"],
        "registry that declares": ["declared_activity"],
    }
    assert await rows() == before

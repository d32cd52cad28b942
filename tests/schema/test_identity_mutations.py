"""Merges and splits over HTTP: proposed by one, decided by another, and what follows from them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from certhub.resolvers.evaluations import evaluate_changed
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.sandbox.cast import CAST

from ..country import Country, connectors_of
from ..hub_app import NOW
from .recognising import Books, applied, decide

SHOWN = """id maskedName birthYear records { registry entity sourceId maskedName live
  numbers { kind masked check current } } history { kind fromPerson toPerson entity sourceId }"""
FIND = f"query($i: IdentifierInput, $p: ID) {{ identityPersons(identifier: $i, person: $p) {{ {SHOWN} }} }}"
CHANGE = """change { id kind state proposedBy decidedBy revertedBy persons { id } records { entity sourceId } }
  errors { code field message(lang: EN) } receipt"""
MERGE = f"mutation($i: MergeIdentitiesInput!) {{ mergeIdentities(input: $i) {{ {CHANGE} }} }}"
SPLIT = f"mutation($i: SplitIdentityInput!) {{ splitIdentity(input: $i) {{ {CHANGE} }} }}"
DECIDE = (
    f"mutation($i: DecideIdentityChangeInput!) {{ decideIdentityChange(input: $i) {{ {CHANGE} }} }}"
)
CANDIDATES = f"{{ identityCandidates(first: 100) {{ nodes {{ id reason message maskedNumber persons {{ {SHOWN} }} }} }} }}"
DISMISS = """mutation($i: DismissIdentityCandidateInput!) { dismissIdentityCandidate(input: $i) {
  dismissed errors { code } } }"""
PURPOSE = "identity-review"


async def act(
    country: Country, query: str, key: str, role: str = "central-mol", sub: str | None = None,
    purpose: str | None = PURPOSE, **given: Any,
) -> dict[str, Any]:  # fmt: skip
    """The payload, or the codes of what refused it."""
    claims = {} if sub is None else {"sub": sub}
    answer = await country.ask(
        query, {"i": {"idempotencyKey": f"identity-{key}", **given}}, role=role, purpose=purpose,
        **claims,
    )  # fmt: skip
    if "errors" in answer:
        return {"refused": [error["extensions"]["code"] for error in answer["errors"]]}
    [found] = answer["data"].values()
    return dict(found)


def told(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def find(country: Country, number: str, **more: Any) -> list[dict[str, Any]]:
    """The persons that a number leads to."""
    answer = await country.data(
        FIND, {"i": {"value": number, **more}}, role="operator", purpose=PURPOSE
    )
    found: list[dict[str, Any]] = answer["identityPersons"]
    return found


async def person_id(country: Country, member: str) -> str:
    [found] = await find(country, CAST[member].number)
    return str(found["id"])


async def sync(country: Country, registry: str, *, full: bool = False) -> None:
    """One sync of a registry in process, with the evaluations after it."""
    for connector in connectors_of(country.agencies, country.home):
        if connector.registry == registry:
            hub = SyncHub(country.hub.engine, country.hub.keys, lambda: NOW)
            report = await run_sync(hub, connector, full=full)
            assert report.succeeded, report.as_dict()
        await connector.aclose()
    await evaluate_changed(country.hub)


async def test_somebody_with_several_numbers_is_found_by_each(own_country: Country) -> None:
    member = CAST["C11"]
    numbers = [member.number, member.other_numbers[0][1]]
    passport = member.other_numbers[1][1]

    found = [await find(own_country, number) for number in numbers]
    found.append(await find(own_country, passport, kind="PASSPORT", nationality="IDN"))

    assert len({item["id"] for [item] in found}) == 1
    [person] = found[0]
    kinds = {n["kind"] for record in person["records"] for n in record["numbers"]}
    assert kinds == {"NEW_ARC", "OLD_ARC", "PASSPORT"}
    shown = str(person)
    assert not any(number in shown for number in (*numbers, passport, member.name))


async def test_a_merge_is_proposed_by_one_and_decided_by_another(own_country: Country) -> None:
    first, second = await person_id(own_country, "C4"), await person_id(own_country, "C8")

    proposed = await act(own_country, MERGE, "m1", persons=[first, second], reason="同一護照影本")
    change = proposed["change"]["id"]
    untouched = await person_id(own_country, "C8")
    own = await act(own_country, DECIDE, "m1a", change=change, outcome="approved")
    same_elsewhere = await act(
        own_country, DECIDE, "m1b", role="operator", sub="central-mol-clerk", change=change,
        outcome="approved",
    )  # fmt: skip
    approved = await act(
        own_country,
        DECIDE,
        "m1c",
        role="operator",
        change=change,
        outcome="approved",
        note="核對無誤",
    )
    merged = [await person_id(own_country, member) for member in ("C4", "C8")]
    certificates = await own_country.data(
        "query($n: String!) { person(identifier: {value: $n}) { id certificates { registry } "
        "findings { code message(lang: EN) } } }",
        {"n": CAST["C4"].number},
    )
    back = await act(own_country, DECIDE, "m1d", role="operator", change=change, outcome="reverted")
    after = [await person_id(own_country, member) for member in ("C4", "C8")]

    assert (proposed["change"]["state"], proposed["change"]["kind"]) == ("proposed", "merge")
    assert (untouched, told(own), told(same_elsewhere)) == (
        second, ["SAME_PERSON_DECIDES"], ["SAME_PERSON_DECIDES"],
    )  # fmt: skip
    assert approved["change"]["state"] == "approved"
    assert merged[0] == merged[1]
    assert merged[0] in (first, second)
    assert {item["registry"] for item in certificates["person"]["certificates"]} == {"LTC", "VR"}
    assert certificates["person"]["findings"] == [
        {"code": "birth_date_differs", "message": "Registries give different dates of birth"}
    ]
    assert (back["change"]["state"], back["change"]["revertedBy"]) == ("reverted", "operator-clerk")
    assert after == [first, second]
    [person] = await find(own_country, CAST["C4"].number)
    [other] = await find(own_country, CAST["C8"].number)
    assert {move["kind"] for move in (*person["history"], *other["history"])} == {"merge", "split"}


async def test_a_split_moves_sharing_and_recognitions_and_survives_syncs(
    own_country: Country,
) -> None:
    books = Books(own_country, "C2")
    before = await books.person()
    held = next(item for item in before["certificates"] if item["registry"] == "LTC")
    total = await books.total()
    made = await applied(own_country, "id1", certificate=held["id"], activity="R00000010")
    await decide(own_country, "id1", made["recognition"]["id"], "approved", decisionNo="第1號")
    counted = await books.total()
    whole = await person_id(own_country, "C2")

    proposed = await act(
        own_country, SPLIT, "s1", person=whole, reason="證號遭冒用",
        records=[{"entity": "vr.professional", "sourceId": CAST["C2"].vr_id}],
    )  # fmt: skip
    approved = await act(
        own_country, DECIDE, "s1a", role="operator", change=proposed["change"]["id"],
        outcome="approved",
    )  # fmt: skip
    two = await find(own_country, CAST["C2"].number)

    async def ltc_total() -> float:
        async with own_country.hub.engine.connect() as connection:
            found = await connection.scalar(
                text("select requirements from hub.evaluation where certificate = :key"),
                {"key": "ltc:" + (await connection.scalar(text(
                    "select id from ltc.certificate where person_id = :id"), {"id": CAST["C2"].ltc_id}))},
            )  # fmt: skip
        return float(found["ltc.total"]["counted"])

    split_total = await ltc_total()
    await sync(own_country, "ltc", full=True)
    await sync(own_country, "vr", full=True)
    still = await find(own_country, CAST["C2"].number)
    later_total = await ltc_total()
    back = await act(
        own_country, DECIDE, "s1b", role="operator", change=proposed["change"]["id"],
        outcome="reverted",
    )  # fmt: skip

    assert counted == total + 9
    assert approved["change"]["state"] == "approved"
    assert sorted(len(item["records"]) for item in two) == [1, 1]
    assert [item["id"] for item in still] == [item["id"] for item in two]
    assert (split_total, later_total) == (total, total)
    assert back["change"]["state"] == "reverted"
    assert await person_id(own_country, "C2") == whole
    assert await books.total() == total + 9


async def test_a_proposal_about_what_has_moved_since_cannot_be_approved(
    own_country: Country,
) -> None:
    first, second = await person_id(own_country, "C5"), await person_id(own_country, "C9")
    proposals = [
        await act(own_country, MERGE, f"o{n}", persons=[first, second], reason="x") for n in "ab"
    ]
    keys = [item["change"]["id"] for item in proposals]
    await act(own_country, DECIDE, "o1", role="operator", change=keys[0], outcome="approved")

    late = await act(own_country, DECIDE, "o2", role="operator", change=keys[1], outcome="approved")
    closed = await act(
        own_country, DECIDE, "o3", role="operator", change=keys[1], outcome="rejected"
    )
    again = await act(own_country, MERGE, "o4", persons=[first, second], reason="x")
    held = await find(own_country, CAST["C5"].number)
    splits = await act(
        own_country, SPLIT, "o5", person=first, reason="x",
        records=[{"entity": "vr.professional", "sourceId": CAST["C5"].vr_id}],
    )  # fmt: skip
    stuck = await act(
        own_country,
        DECIDE,
        "o6",
        role="operator",
        change=splits["change"]["id"],
        outcome="approved",
    )
    same = await find(own_country, CAST["C5"].number)

    assert told(late) == ["PROPOSAL_OUTDATED"]
    assert closed["change"]["state"] == "rejected"
    assert told(again) == ["SAME_PERSON"]
    assert told(stuck) == ["CHANGE_WITHOUT_EFFECT"]
    assert same == held
    reverted = await act(
        own_country, DECIDE, "o7", role="operator", change=keys[0], outcome="reverted"
    )
    assert reverted["change"]["state"] == "reverted"


async def test_of_two_decisions_at_once_one_counts(own_country: Country) -> None:
    first, second = await person_id(own_country, "R1"), await person_id(own_country, "R2")
    proposed = await act(own_country, MERGE, "c1", persons=[first, second], reason="x")
    change = proposed["change"]["id"]

    both = await asyncio.gather(
        act(own_country, DECIDE, "c1a", role="operator", change=change, outcome="rejected"),
        act(own_country, DECIDE, "c1b", role="operator", sub="third", change=change, outcome="rejected"),
    )  # fmt: skip

    assert sorted(code for item in both for code in told(item)) == ["ALREADY_DECIDED"]


async def test_a_merge_of_the_agency_is_told_and_cannot_be_split_here(own_country: Country) -> None:
    member = CAST["C12"]
    before = await person_id(own_country, "C12")
    own_country.agencies.ltc.merge("L0000112", "L0000012")
    await sync(own_country, "ltc")

    [person] = await find(own_country, member.number)
    proposed = await act(
        own_country, SPLIT, "a1", person=person["id"], reason="x",
        records=[{"entity": "ltc.person", "sourceId": "L0000012"}],
    )  # fmt: skip
    decided = await act(
        own_country, DECIDE, "a1a", role="operator", change=proposed["change"]["id"],
        outcome="approved",
    )  # fmt: skip

    assert person["id"] == before
    assert {record["sourceId"]: record["live"] for record in person["records"]} == {
        "L0000012": False, "L0000112": True,
    }  # fmt: skip
    assert told(decided) == ["CHANGE_WITHOUT_EFFECT"]


async def test_doubts_are_listed_masked_and_can_be_dismissed(own_country: Country) -> None:
    answer = await own_country.data(CANDIDATES, role="operator", purpose=PURPOSE)
    found = answer["identityCandidates"]["nodes"]
    numbers = {member.number for member in CAST.values()}

    first = await act(
        own_country, DISMISS, "d1", role="operator", candidate=found[0]["id"], reason="不同人"
    )
    again = await act(
        own_country, DISMISS, "d2", role="operator", candidate=found[0]["id"], reason="不同人"
    )
    left = await own_country.data(CANDIDATES, role="operator", purpose=PURPOSE)

    assert {item["reason"] for item in found} <= {"birth_date_differs", "id_checksum", "id_format"}
    assert all(item["message"] != item["reason"] for item in found)
    assert not any(number in str(found) for number in numbers)
    assert (first["dismissed"], told(again)) == (True, ["NOT_FOUND"])
    assert [item["id"] for item in left["identityCandidates"]["nodes"]] == [
        item["id"] for item in found[1:]
    ]


@pytest.mark.parametrize(
    ("role", "purpose", "claims", "code"),
    [
        ("local-taipei", PURPOSE, {}, "FORBIDDEN"),
        ("institution-vr", "training", {}, "FORBIDDEN"),
        ("auditor", None, {}, "FORBIDDEN"),
        ("operator", None, {}, "PURPOSE_REQUIRED"),
        ("operator", "supervision", {}, "PURPOSE_NOT_ALLOWED"),
        ("central-mol", PURPOSE, {"jurisdiction": ["63000"]}, "FORBIDDEN"),
    ],
)
async def test_others_neither_see_nor_propose(
    own_country: Country, role: str, purpose: str | None, claims: dict[str, Any], code: str
) -> None:
    seen = await own_country.ask(CANDIDATES, role=role, purpose=purpose, **claims)
    tried = await own_country.ask(
        MERGE, {"i": {"idempotencyKey": "identity-w1", "persons": ["eA", "eA"], "reason": "x"}},
        role=role, purpose=purpose, **claims,
    )  # fmt: skip

    assert [error["extensions"]["code"] for error in seen["errors"]] == [code]
    assert [error["extensions"]["code"] for error in tried["errors"]] == [code]


async def test_a_registry_that_the_token_has_not_hides_the_person(own_country: Country) -> None:
    both, ltc_only = await person_id(own_country, "C1"), await person_id(own_country, "C10")
    answer = await own_country.data(FIND, {"p": both}, role="central-mohw", purpose=PURPOSE)
    tried = await act(
        own_country, MERGE, "h1", role="central-mohw", persons=[both, ltc_only], reason="x"
    )
    wrong = await act(own_country, MERGE, "h2", persons=["zzz", both], reason="x")
    empty = await act(own_country, MERGE, "h3", persons=[both, ltc_only], reason=" ")

    assert answer["identityPersons"] == []
    assert told(tried) == ["NOT_FOUND"]
    assert wrong == {"refused": ["INVALID_ID"]}
    assert empty == {"refused": ["INVALID_INPUT"]}

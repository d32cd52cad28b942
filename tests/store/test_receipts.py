"""Receipts: signed over their content, checked with public keys alone."""

from datetime import UTC, date, datetime

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store.audit import Position
from certhub.store.keys import KeyRing
from certhub.store.receipts import Receipt, issue_receipt, receipt_in, verify_receipt
from certhub.store.signing import public_keys, public_keys_of
from certhub.store.tables_work import receipt

KEYS = KeyRing.generate(date(2024, 9, 2))
PUBLIC = public_keys_of(public_keys(KEYS)["keys"])
NOW = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)


async def issued(engine: AsyncEngine) -> Receipt:
    async with engine.begin() as connection:
        return await issue_receipt(
            connection,
            KEYS,
            "verification",
            {"role": "vr.case_manager", "asOf": date(2024, 9, 2), "items": [{"ref": "甲"}]},
            client_id="taipei",
            audit=Position("c.w", 7),
            now=NOW,
        )


async def test_a_receipt_names_its_audit_row_and_is_kept(engine: AsyncEngine) -> None:
    made = await issued(engine)

    assert made.content == {
        "id": str(made.id),
        "kind": "verification",
        "issuedAt": "2024-09-02T01:00:00.000000Z",
        "clientId": "taipei",
        "audit": {"chain": "c.w", "seq": 7},
        "role": "vr.case_manager",
        "asOf": "2024-09-02",
        "items": [{"ref": "甲"}],
    }
    async with engine.connect() as connection:
        kept = (await connection.execute(select(receipt))).one()
    assert (kept.id, kept.jws, kept.content) == (made.id, made.jws, made.content)


async def test_only_the_untouched_content_verifies(engine: AsyncEngine) -> None:
    made = await issued(engine)
    again = orjson.loads(orjson.dumps(made.content))

    assert verify_receipt(again, made.jws, PUBLIC)
    assert not verify_receipt({**again, "asOf": "2024-09-03"}, made.jws, PUBLIC)
    assert not verify_receipt(again, made.jws[:-4] + "AAAA", PUBLIC)
    assert not verify_receipt(again, "nonsense", PUBLIC)
    assert not verify_receipt(again, made.jws, {})


async def test_receipts_of_older_keys_still_verify(engine: AsyncEngine) -> None:
    made = await issued(engine)
    rotated = KEYS.with_next("signing", date(2024, 9, 3))

    assert verify_receipt(made.content, made.jws, public_keys_of(public_keys(rotated)["keys"]))


@pytest.mark.parametrize(
    "document",
    [
        {"content": {"a": 1}, "jws": "x"},
        {
            "data": {
                "verifyEligibility": {"items": [], "receipt": {"content": {"a": 1}, "jws": "x"}}
            }
        },
        {"receipt": {"content": '{"a": 1}', "jws": "x"}},
    ],
)
def test_a_receipt_is_found_in_a_whole_answer(document: object) -> None:
    assert receipt_in(document) == ({"a": 1}, "x")


@pytest.mark.parametrize("document", [{}, [], 42, {"content": "no", "jws": "x"}, {"jws": "x"}])
def test_no_receipt_is_found_where_none_is(document: object) -> None:
    assert receipt_in(document) is None

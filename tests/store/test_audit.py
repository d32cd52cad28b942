"""The audit trail: chained, grouped, part of the effect it tells about, and hard to falsify."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store.audit import AuditEntry, AuditLog, AuditUnavailable, append
from certhub.store.audit_heads import Problem, Verifier, records, sign_heads
from certhub.store.keys import KeyRing
from certhub.store.signing import public_keys, public_keys_of
from certhub.store.tables_work import audit, audit_head

KEYS = KeyRing.generate(date(2024, 9, 2))
PUBLIC = public_keys_of(public_keys(KEYS)["keys"])
NOW = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)


def entry(number: int = 0, **changes: Any) -> AuditEntry:
    given = {
        "at": NOW + timedelta(seconds=number),
        "request_id": f"r{number}",
        "operation": "Query.person",
        "outcome": "allowed",
        "client_id": "taipei",
        "fields": ("Person.maskedName", "Query.person"),
        "subject_refs": ("01ab",),
        "counts": {"people": 1},
        "latency_us": 1200,
        **changes,
    }
    return AuditEntry(**given)


async def exported(engine: AsyncEngine) -> list[dict[str, Any]]:
    # Through JSON, as a file would bring it back.
    return [json.loads(json.dumps(record)) async for record in records(engine)]


def problems(found: list[dict[str, Any]]) -> list[Problem]:
    verifier = Verifier(PUBLIC)
    verifier.check_all(found)
    return verifier.problems


async def test_reads_become_one_chain(engine: AsyncEngine) -> None:
    log = AuditLog(engine)

    positions = [await log.record(entry(number)) for number in range(3)]

    assert [position.seq for position in positions] == [1, 2, 3]
    assert len({position.chain for position in positions}) == 1
    assert problems(await exported(engine)) == []


async def test_reads_at_the_same_time_share_an_insert(engine: AsyncEngine) -> None:
    inserts = 0

    def count(*_given: object) -> None:
        nonlocal inserts
        inserts += 1

    event.listen(engine.sync_engine, "before_cursor_execute", count)
    log = AuditLog(engine)

    positions = await asyncio.gather(*(log.record(entry(number)) for number in range(50)))

    assert sorted(position.seq for position in positions) == list(range(1, 51))
    event.remove(engine.sync_engine, "before_cursor_execute", count)
    assert inserts == 1
    assert problems(await exported(engine)) == []


async def test_a_row_of_an_effect_goes_with_its_transaction(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        first = await append(connection, entry(1))
    async with engine.connect() as connection:
        await append(connection, entry(2))
        await connection.rollback()
    async with engine.begin() as connection:
        second = await append(connection, entry(3))

    assert (second.chain, first.seq, second.seq) == (first.chain, 1, 2)
    found = await exported(engine)
    assert [record["request_id"] for record in found] == ["r1", "r3"]
    assert problems(found) == []


async def test_effects_at_the_same_time_follow_each_other(engine: AsyncEngine) -> None:
    async def effect(number: int) -> int:
        async with engine.begin() as connection:
            return (await append(connection, entry(number))).seq

    assert sorted(await asyncio.gather(*(effect(number) for number in range(8)))) == [*range(1, 9)]
    assert problems(await exported(engine)) == []


async def test_what_cannot_be_written_is_refused_and_the_next_chain_is_whole(
    engine: AsyncEngine,
) -> None:
    log = AuditLog(engine)
    await log.record(entry(1))
    async with engine.begin() as connection:
        await connection.execute(text("alter table hub.audit rename to audit_away"))

    with pytest.raises(AuditUnavailable):
        await log.record(entry(2))

    async with engine.begin() as connection:
        await connection.execute(text("alter table hub.audit_away rename to audit"))
    position = await log.record(entry(3))
    assert position.seq == 1
    found = await exported(engine)
    assert sorted(record["request_id"] for record in found) == ["r1", "r3"]
    assert problems(found) == []


@pytest.mark.parametrize(
    "statement", ["update hub.audit set outcome = 'x'", "delete from hub.audit"]
)
async def test_rows_are_neither_changed_nor_deleted(engine: AsyncEngine, statement: str) -> None:
    await AuditLog(engine).record(entry())

    with pytest.raises(DBAPIError):
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(audit)) == 1


async def signed_export(engine: AsyncEngine) -> list[dict[str, Any]]:
    log = AuditLog(engine)
    for number in range(3):
        await log.record(entry(number))
    assert await sign_heads(engine, KEYS, NOW + timedelta(minutes=1)) == 1
    await log.record(entry(3))
    async with engine.begin() as connection:
        await append(connection, entry(4))
    assert await sign_heads(engine, KEYS, NOW + timedelta(minutes=2)) == 2
    return await exported(engine)


async def test_heads_are_signed_only_when_something_grew(engine: AsyncEngine) -> None:
    assert await sign_heads(engine, KEYS, NOW) == 0
    await signed_export(engine)

    assert await sign_heads(engine, KEYS, NOW + timedelta(minutes=3)) == 0

    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(audit_head)) == 2


Change = Callable[[list[dict[str, Any]]], object]


def _swap(found: list[dict[str, Any]]) -> None:
    found[2]["seq"], found[3]["seq"] = found[3]["seq"], found[2]["seq"]
    found[2], found[3] = found[3], found[2]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda found: found[3].update(outcome="refused"), ["row_changed", "row_changed"]),
        (lambda found: found.pop(3), ["row_missing"]),
        (lambda found: found.pop(2), ["row_missing"]),
        (lambda found: found.pop(5), ["head_unmet"]),
        (lambda found: found.pop(), ["head_unmet"]),
        (lambda found: found.pop(0), ["head_changed"]),
        (lambda found: found[0]["heads"].clear(), ["head_changed"]),
        (_swap, ["row_changed"]),
        (lambda found: found[2].pop("hash"), ["unreadable", "row_missing"]),
    ],
    ids=[
        "row changed",
        "row dropped",
        "first row dropped",
        "reads cut off",
        "effects cut off",
        "head dropped",
        "head emptied",
        "rows swapped",
        "hash dropped",
    ],
)
async def test_every_falsification_is_found(
    engine: AsyncEngine, change: Change, codes: list[str]
) -> None:
    found = await signed_export(engine)
    # The reads' chain first, whatever the process is called.
    heads = [record for record in found if record["kind"] == "head"]
    rows = sorted(
        (record for record in found if record["kind"] == "row"),
        key=lambda record: (record["chain"].split(".")[1] == "w", record["seq"]),
    )
    found = [*heads, *rows]
    assert problems(found) == []

    change(found)

    assert set(codes) <= {problem.code for problem in problems(found)}


async def test_a_rewritten_chain_meets_its_signed_head(engine: AsyncEngine) -> None:
    from certhub.store.audit import chain_start, row_hash

    found = await signed_export(engine)
    previous: dict[str, str] = {}
    for record in found:
        if record["kind"] == "row":
            row = {name: value for name, value in record.items() if name != "kind"}
            row["outcome"] = "refused"
            row["prev_hash"] = previous.get(row["chain"], chain_start(row["chain"]).hex())
            row["hash"] = previous[row["chain"]] = row_hash(row).hex()
            record.update(row)

    assert {problem.code for problem in problems(found)} == {"head_unmet"}


async def test_other_keys_do_not_vouch_for_the_heads(engine: AsyncEngine) -> None:
    found = await signed_export(engine)
    others = public_keys_of(public_keys(KeyRing.generate(date(2024, 9, 2)))["keys"])
    verifier = Verifier(others)

    verifier.check_all(found)

    assert [problem.code for problem in verifier.problems] == ["head_changed", "head_changed"]

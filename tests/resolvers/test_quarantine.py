"""Records set aside are read again without their agency."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import Conflict
from certhub.domain.sync import Problem
from certhub.resolvers.quarantine import Retried, retry_quarantined
from certhub.resolvers.sync import SyncHub, SyncReport
from certhub.store import clock
from certhub.store.keys import KeyRing
from certhub.store.sync_runs import try_lock

Sync = Callable[..., Awaitable[SyncReport]]
Made = Any

_CARER: dict[str, Any] = {
    "id": "L1",
    "nationality": "本國籍人員",
    "name": "王測試",
    "birth_date": "74/03/02",
    "identifiers": [{"type": "身分證字號", "value": "A123456789", "current": True}],
    "merged_ids": [],
}


def _problem(key: str, version: int = 3, field: str = "birth_date", **changes: Any) -> Problem:
    raw = orjson.dumps({**_CARER, "id": key, **changes})
    return Problem("ltc.person", key, field, "not_a_date", "x", raw, raw[:32], version)


async def _rows(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def test_what_can_be_read_by_now_is_taken_over_and_linked(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    hub = SyncHub(engine, keys, clock.now)
    bad = _problem("L2", birth_date="110/02/29")
    await sync("ltc", made.batch("ltc", _problem("L1"), bad, position={"seq": 5}))

    retried = await retry_quarantined(hub, "ltc", [1, 2, 99])

    assert retried == Retried(resolved=(1,), still=(2,))
    assert await _rows(engine, "select id, name, source_version from ltc.person") == [
        ("L1", "王測試", 3)
    ]
    assert await _rows(engine, "select entity, source_id from hub.person_record") == [
        ("ltc.person", "L1")
    ]
    assert await _rows(
        engine, "select id, state, raw_cipher is null from hub.quarantine order by id"
    ) == [(1, "resolved", True), (2, "open", False)]
    assert await _rows(engine, "select position from hub.sync_state") == [({"seq": 5},)]
    assert await _rows(
        engine, "select operation, counts from hub.audit where operation = 'quarantine.retry'"
    ) == [("quarantine.retry", {"resolved": 1, "still": 1})]


@pytest.mark.parametrize(
    "problem",
    [_problem("L1", version=0), _problem("L1", field="updated_at"), _problem("L1", field="")],
    ids=["no version", "fault of the envelope", "fault of the whole row"],
)
async def test_what_needs_the_agency_stays_set_aside(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing, problem: Problem
) -> None:
    await sync("ltc", made.batch("ltc", problem))

    retried = await retry_quarantined(SyncHub(engine, keys, clock.now), "ltc", [1])

    assert retried == Retried(resolved=(), still=(1,))
    assert await _rows(engine, "select count(*) from ltc.person") == [(0,)]


async def test_another_registry_is_left_alone_and_a_busy_one_is_not_waited_for(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    hub = SyncHub(engine, keys, clock.now)
    await sync("ltc", made.batch("ltc", _problem("L1")))

    elsewhere = await retry_quarantined(hub, "vr", [1])
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert await try_lock(driver, "ltc")
        with pytest.raises(Conflict) as refused:
            await retry_quarantined(hub, "ltc", [1])
        await connection.invalidate()

    assert elsewhere == Retried((), ())
    assert refused.value.code == "SYNC_RUNNING"
    assert await _rows(engine, "select state from hub.quarantine") == [("open",)]

"""Whom a sync changed is evaluated afterwards, whoever is evaluating meanwhile."""

import asyncio
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.resolvers.sync import SyncHub, run_sync
from certhub.store import clock
from certhub.store.derived import derive
from certhub.store.evaluations import claim, unqueue
from certhub.store.identity import prepare
from certhub.store.keys import KeyRing

Made = Any


async def _queued(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("select count(*) from hub.evaluation_due")) or 0)


async def _until_somebody_waits(engine: AsyncEngine) -> None:
    waiting = text("select exists (select from pg_locks where not granted)")
    while True:
        async with engine.connect() as connection:
            if await connection.scalar(waiting):
                return
        await asyncio.sleep(0.01)


async def _person(engine: AsyncEngine, keys: KeyRing, made: Made) -> None:
    batch = made.batch("ltc", made.ltc_person("L1", "A123456789", born=date(1985, 3, 2)))
    await run_sync(SyncHub(engine, keys, clock.now), made.scripted("ltc", [batch]))


async def test_nobody_is_taken_off_the_queue_between_a_change_and_its_commit(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    await _person(engine, keys, made)
    assert await _queued(engine) == 1

    async def take() -> int:
        async with engine.begin() as connection:
            return len(await claim(connection, 10))

    async with engine.begin() as syncing:
        driver: Any = (await syncing.get_raw_connection()).driver_connection
        await syncing.execute(text("select 1"))
        await prepare(driver)
        await driver.execute("insert into touched values ('ltc.person', 'L1', true)")
        await derive(driver, clock.now())
        taking = asyncio.create_task(take())
        await _until_somebody_waits(engine)
        early = taking.done()

    assert not early
    assert await taking == 1


async def test_a_change_waits_for_who_is_being_evaluated_and_queues_them_anew(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    await _person(engine, keys, made)
    newer = made.ltc_person("L1", "A123456789", born=date(1985, 3, 2), version=2, name="王改名")
    hub = SyncHub(engine, keys, clock.now)

    async with engine.begin() as evaluating:
        person = await evaluating.scalar(text("select person_id from hub.evaluation_due"))
        await unqueue(evaluating, [person])
        syncing = asyncio.create_task(
            run_sync(hub, made.scripted("ltc", [made.batch("ltc", newer)]))
        )
        await _until_somebody_waits(engine)

    assert (await syncing).state == "complete"
    assert await _queued(engine) == 1

"""Use case: read records that were set aside again, without their agency (重試).

The record stands sealed beside its reason until it is resolved; our value maps and checks may know
more by now than when it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from ..connectors.reading import reread
from ..domain.errors import Conflict
from ..domain.sync import Batch, Record
from ..store.audit import AuditEntry, append
from ..store.derived import derive
from ..store.identity import link_touched, prepare
from ..store.mirror import MirrorWriter
from ..store.quarantine import open_records, resolve
from ..store.rekey import hold_index_version
from ..store.sync_runs import stored_state, try_lock
from .sync import SyncHub

__all__ = ["Retried", "retry_quarantined"]

_NOT_OF_THE_RECORD = frozenset({"", "id", "version", "updated_at", "deleted", "data", "異動別"})
"""Faults of what came around a record: nothing in the record itself can make them good."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of rows of the quarantine, by their numbers.

    Attributes:
        resolved: Read, and taken over unless something newer is there already.
        still: Faulty as before, or not to be read without the agency.
    """

    resolved: tuple[int, ...]
    still: tuple[int, ...]


async def retry_quarantined(hub: SyncHub, registry: str, numbers: Sequence[int]) -> Retried:
    """Read records of one registry again; those that are resolved or of another are passed over.

    Args:
        hub: Database, keys, clock.
        registry: ``vr``, ``ltc`` or ``osh``.
        numbers: Ids of quarantine rows.

    Raises:
        Conflict: ``SYNC_RUNNING``, the registry is being synced at this moment.
        ConfigurationError: ``KEYS_OUTDATED``.
    """
    now = hub.clock()
    async with hub.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, asyncpg.Connection)
        if not await try_lock(driver, registry):
            raise Conflict(
                f"{registry}: this registry is being synced; retry afterwards",
                f"{registry}:此登錄系統正在同步,請稍後重試",
                code="SYNC_RUNNING",
            )
        try:
            await hold_index_version(driver, hub.keys)
            await prepare(driver)
            retried = await _retry(hub, connection, driver, registry, numbers, now)
            await driver.execute("discard temp")
            await driver.execute("select pg_advisory_unlock_all()")
        except BaseException:
            await connection.invalidate()
            raise
    entry = AuditEntry(
        at=now,
        request_id=f"retry-{now.timestamp():.0f}",
        operation="quarantine.retry",
        outcome="allowed",
        registries=(registry,),
        counts={"resolved": len(retried.resolved), "still": len(retried.still)},
    )
    async with hub.engine.begin() as writing:
        await append(writing, entry)
    return retried


async def _retry(
    hub: SyncHub,
    connection: AsyncConnection,
    driver: "asyncpg.Connection[Any]",
    registry: str,
    numbers: Sequence[int],
    now: datetime,
) -> Retried:
    good: dict[int, Record] = {}
    still: list[int] = []
    for row, raw in await open_records(connection, hub.keys, registry, numbers):
        found = None
        if raw is not None and row["version"] > 0 and row["field"] not in _NOT_OF_THE_RECORD:
            found = reread(row["entity"], raw, row["version"])
        if isinstance(found, Record):
            good[row["id"]] = found
        else:
            still.append(row["id"])
    await connection.rollback()
    if good:
        stored = await stored_state(driver, registry)
        writer = MirrorWriter(driver, hub.keys, registry, 0, stored.floors, None)
        async with driver.transaction():
            batch = Batch(registry=registry, position={}, records=list(good.values()))
            await writer.apply(batch, now)
            for record in good.values():
                # What is newer by now has answered it as well.
                await resolve(driver, record.entity, [record.id], [record.version], now)
            await link_touched(driver, now)
            await derive(driver, now)
    return Retried(tuple(sorted(good)), tuple(still))

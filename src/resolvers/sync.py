"""Use case: bring the mirror of a registry up to date (同步).

At-least-once reading, exactly-once effect: each batch is applied in one transaction together with
the position after it, the links of its people, and the run's report. Whatever ends a run early, the
stored data stay, the next run goes on from the last position, and the other registries are not held up.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from ..connectors.base import Connector
from ..domain.blocks import Blocks
from ..domain.errors import AgencyFault, Conflict
from ..domain.records import ENTITIES
from ..domain.sync import Batch, Problem
from ..domain.value_maps import VALUE_MAPS
from ..store.audit import AuditEntry, append
from ..store.derived import derive
from ..store.failpoints import reach
from ..store.identity import link_touched, prepare
from ..store.mirror import Counts, MirrorWriter
from ..store.quarantine import resolve_nameless, set_aside
from ..store.rekey import hold_index_version
from ..store.sync_runs import begin_run, end_run, newest_run, save_batch, try_lock
from .sync_report import (
    DatabaseFault,
    DatabaseFull,
    Progress,
    SyncHalted,
    SyncHub,
    SyncLimits,
    SyncReport,
)

__all__ = [
    "DatabaseFault",
    "DatabaseFull",
    "Progress",
    "SyncHalted",
    "SyncHub",
    "SyncLimits",
    "SyncReport",
    "run_sync",
    "sync_all",
]

_FEW = 10
"""So many bad rows never halt a run, whatever share of a small delta they are."""

_TRIES = 3

_DATABASE = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


async def run_sync(
    hub: SyncHub,
    connector: Connector,
    *,
    full: bool = False,
    progress: Progress | None = None,
    newest: int | None = None,
) -> SyncReport:
    """Sync one registry.

    Args:
        hub: Database, keys, clock, limits.
        connector: Reads the registry.
        full: Read everything again, whatever the position.
        progress: Told after each batch.
        newest: Only while this is the registry's newest run (0: there is none): whoever decided that a
            sync is due did so by that one. None: in any case.

    Returns:
        The report; faults of the agency and of the database, and halts, are in it, not raised.

    Raises:
        Conflict: ``SYNC_RUNNING``, another process syncs this registry, or just has.
        ConfigurationError: ``KEYS_OUTDATED``, the data are indexed under a newer key.
    """
    begun: list[SyncReport] = []
    try:
        await _locked(hub, connector, begun, full=full, progress=progress, newest=newest)
        [report] = begun
        await _audit(hub, report)
    except _DATABASE as error:
        fault = _database_fault(connector.registry, error)
        if not begun:
            raise fault from error
        report = begun[0]
        report.state, report.error, report.finished_at = "failed", fault, hub.clock()
        await _told_if_possible(hub, report)
        if progress is not None:
            progress(report)
    return report


async def _locked(
    hub: SyncHub,
    connector: Connector,
    begun: list["SyncReport"],
    *,
    full: bool,
    progress: Progress | None,
    newest: int | None,
) -> None:
    """The run, under the registry's lock; its report is in ``begun`` as soon as there is one."""
    async with hub.engine.connect() as connection:
        driver = await _driver(connection)
        if not await try_lock(driver, connector.registry):
            raise _busy(connector.registry)
        try:
            reach("sync.locked")
            await _check_newest(driver, connector.registry, newest)
            await hold_index_version(driver, hub.keys)
            await _run(hub, driver, connector, begun, full=full, progress=progress)
            await driver.execute("discard temp")
            await driver.execute("select pg_advisory_unlock_all()")
        except BaseException:
            # The session may be in any state: closing it drops its lock and its temporary tables.
            await connection.invalidate()
            raise


async def _check_newest(
    driver: "asyncpg.Connection[Any]", registry: str, newest: int | None
) -> None:
    if newest is not None and await newest_run(driver, registry) != newest:
        raise _busy(registry)


def _busy(registry: str) -> Conflict:
    return Conflict(
        f"{registry}: another process is syncing this registry; wait for it",
        f"{registry}:另一程序正在同步此登錄系統,請稍候",
        code="SYNC_RUNNING",
    )


def _database_fault(registry: str, error: Exception) -> DatabaseFault:
    driver = getattr(error, "orig", None) or error
    state = getattr(driver, "sqlstate", None)
    full = state == asyncpg.DiskFullError.sqlstate
    what = "has no room left" if full else "went away"
    kind = DatabaseFull if full else DatabaseFault
    return kind(
        f"{registry}: the database {what} ({type(error).__name__}); what was not committed is read"
        " again by the next sync",
        f"{registry}:資料庫{'空間不足' if full else '連線中斷'};未提交者由下次同步重讀",
        details={"registry": registry, "sqlstate": state or ""},
    )


async def _told_if_possible(hub: SyncHub, report: "SyncReport") -> None:
    """Close the run's record on another connection; if that fails too, the next run does it."""
    assert report.error is not None
    try:
        async with hub.engine.connect() as connection:
            driver = await _driver(connection)
            assert report.finished_at is not None
            told = (report.error.code, report.error.en)
            await end_run(driver, report.run, "failed", report.finished_at, error=told)
        await _audit(hub, report)
    except _DATABASE:
        return


async def _audit(hub: SyncHub, report: SyncReport) -> None:
    counts: Counter[str] = Counter()
    for found in report.counts.values():
        counts.update(found.as_dict())
    entry = AuditEntry(
        at=report.started_at,
        request_id=f"sync-{report.run}",
        operation="sync.full" if report.full else "sync",
        outcome="allowed" if report.succeeded else "failed",
        registries=(report.registry,),
        counts={name: number for name, number in counts.items() if number},
        denial_code=report.error.code if report.error else None,
    )
    async with hub.engine.begin() as connection:
        await append(connection, entry)
    reach("sync.audited")


async def sync_all(
    hub: SyncHub,
    connectors: Mapping[str, Connector],
    *,
    full: bool = False,
    progress: Progress | None = None,
) -> list[SyncReport]:
    """Sync several registries at the same time; none waits for or fails with another.

    Raises:
        Exception: what is no fault of an agency (a lost database, a bug), after the others ended.
    """
    runs = [
        run_sync(hub, connector, full=full, progress=progress) for connector in connectors.values()
    ]
    reports = []
    unexpected: BaseException | None = None
    for registry, outcome in zip(
        connectors, await asyncio.gather(*runs, return_exceptions=True), strict=True
    ):
        if isinstance(outcome, SyncReport):
            reports.append(outcome)
        elif isinstance(outcome, Conflict | DatabaseFault):
            now, busy = hub.clock(), isinstance(outcome, Conflict)
            state = "busy" if busy else "failed"
            reports.append(
                SyncReport(registry, 0, full, now, state=state, finished_at=now, error=outcome)
            )
        else:
            unexpected = unexpected or outcome
    if unexpected is not None:
        raise unexpected
    return reports


async def _driver(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, asyncpg.Connection)
    return driver


async def _run(
    hub: SyncHub,
    driver: "asyncpg.Connection[Any]",
    connector: Connector,
    begun: list[SyncReport],
    *,
    full: bool,
    progress: Progress | None,
) -> None:
    registry, started = connector.registry, hub.clock()
    run, stored = await begin_run(driver, registry, full=full, now=started)
    reach("sync.begun")
    await prepare(driver)
    reading, everything = _reading(registry), full or stored.position is None
    writer = MirrorWriter(
        driver,
        hub.keys,
        registry,
        run,
        stored.floors,
        hub.limits.mass_delete,
        rewrite=full and stored.reading != reading,
    )
    if stored.reading not in {None, reading} and not everything:
        writer.figures.notes.append("read_differently_since_last_full_sync")
    report = SyncReport(registry, run, full, started, notes=writer.figures.notes)
    begun.append(report)
    faulty: Sequence[Problem] = ()
    stream = _ahead(connector.batches(stored.position, full=full))
    try:
        async for batch in stream:
            faulty = batch.problems
            reach("sync.fetched")
            report.expected |= batch.expected
            await _store(hub, driver, writer, batch, report)
            report.counts, report.notes = writer.figures.counts, writer.figures.notes
            report.entity = next(reversed(report.counts), None)
            if progress is not None:
                progress(report)
    except AgencyFault as error:
        report.state, report.error = "failed", error
    except SyncHalted as error:
        report.state, report.error = "halted", error
        await _keep_faulty(hub, driver, faulty, run)
    else:
        report.state = "complete"
        reach("sync.read")
        await writer.analyze()
        if everything:
            await resolve_nameless(driver, registry, run, hub.clock())
    finally:
        # A run that ends early leaves the connector in the middle: let it put its files away.
        await stream.aclose()
    report.finished_at = hub.clock()
    async with driver.transaction():
        told = (report.error.code, report.error.en) if report.error else None
        await end_run(
            driver,
            run,
            report.state,
            report.finished_at,
            error=told,
            reading=reading if everything else None,
        )
        reach("sync.ended")
    reach("sync.complete")
    if progress is not None:
        progress(report)


async def _ahead(batches: AsyncIterator[Batch]) -> AsyncGenerator[Batch, None]:
    """The same batches, each read and checked while the one before it is being stored.

    A fault of the agency is told when its batch is asked for: what came before it is stored by then.
    Behind a lazy batch nothing is read ahead: it reads from what the connector holds open.
    """
    coming = asyncio.create_task(_following(batches))
    try:
        while (batch := await coming) is not None:
            at_hand = isinstance(batch.records, list | tuple | Blocks)
            if at_hand:
                coming = asyncio.create_task(_following(batches))
            yield batch
            if not at_hand:
                coming = asyncio.create_task(_following(batches))
    finally:
        coming.cancel()
        await asyncio.wait([coming])
        if not coming.cancelled():
            coming.exception()  # Nobody asks for it any more.
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()


async def _following(batches: AsyncIterator[Batch]) -> Batch | None:
    return await anext(batches, None)


@cache
def _reading(registry: str) -> str:
    """Changes with the fields and value maps that records of the registry are read by."""
    entities = [entity for entity in ENTITIES if entity.registry == registry]
    return sha256(repr((entities, sorted(VALUE_MAPS.items()))).encode()).hexdigest()[:16]


async def _store(
    hub: SyncHub,
    driver: "asyncpg.Connection[Any]",
    writer: MirrorWriter,
    batch: Batch,
    report: SyncReport,
) -> None:
    """Apply one batch; a deadlock with another registry's linking is tried again."""
    before = writer.snapshot()
    for attempt in range(1, _TRIES + 1):
        try:
            async with driver.transaction():
                # The position stands in the same transaction, so what a crash of the database takes
                # back is read again; the end of the run waits for the disk.
                await driver.execute("set local synchronous_commit = off")
                await _apply(hub, driver, writer, batch, report)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            writer.restore(before)
            if attempt == _TRIES:
                raise
        except SyncHalted:
            writer.restore(before)
            raise
        else:
            reach("sync.stored")
            return


async def _apply(
    hub: SyncHub,
    driver: "asyncpg.Connection[Any]",
    writer: MirrorWriter,
    batch: Batch,
    report: SyncReport,
) -> None:
    now, changed = hub.clock(), writer.changed_rows()
    vanished = await writer.apply(batch, now)
    if vanished is not None:
        raise SyncHalted(
            f"{vanished.entity}: a full listing lacks {vanished.gone} of {vanished.live} rows; "
            "nothing was deleted. Ask the agency; if it is right, run again with "
            "--allow-mass-deletion",
            f"{vanished.entity}:完整清單缺少 {vanished.live} 列中之 {vanished.gone} 列,未刪除任何資料。"
            "請向機關查證;屬實則以 --allow-mass-deletion 再執行",
            code="MASS_DELETION",
            details={"entity": vanished.entity, "gone": vanished.gone, "live": vanished.live},
        )
    _check_quarantine(writer.figures.counts, hub.limits.quarantine)
    reach("sync.applied")
    if writer.changed_rows() > changed:
        await link_touched(driver, now)
        reach("sync.linked")
        await derive(driver, now)
        reach("sync.derived")
    writer.figures.notes += batch.notes
    await save_batch(
        driver,
        batch.registry,
        report.run,
        position=batch.position,
        floors=writer.figures.floors,
        counts={name: counts.as_dict() for name, counts in writer.figures.counts.items()},
        notes=writer.figures.notes,
        drifted=batch.drift,
        reading=_reading(batch.registry),
        entity=next(reversed(writer.figures.counts), None),
        expected=report.expected,
    )
    reach("sync.positioned")


def _check_quarantine(counts: Mapping[str, Counts], limit: float) -> None:
    for entity, found in counts.items():
        if found.quarantined > max(_FEW, limit * found.fetched):
            raise SyncHalted(
                f"{entity}: {found.quarantined} of {found.fetched} rows are faulty; see `certhub "
                "quarantine list`. The agency may have changed its format",
                f"{entity}:{found.fetched} 列中有 {found.quarantined} 列錯誤,請見 `certhub "
                "quarantine list`;機關可能變更格式",
                code="QUARANTINE_SHARE",
                details={"entity": entity, "quarantined": found.quarantined},
            )


async def _keep_faulty(
    hub: SyncHub, driver: "asyncpg.Connection[Any]", faulty: Sequence[Problem], run: int
) -> None:
    """The batch was taken back, but what was wrong with it is what the person has to see."""
    by_entity: dict[str, list[Problem]] = {}
    for problem in faulty:
        by_entity.setdefault(problem.entity, []).append(problem)
    async with driver.transaction():
        for entity, problems in by_entity.items():
            await set_aside(driver, hub.keys, entity, problems, run, hub.clock())

"""Syncs at intervals: several processes keep one interval, nobody waits for a dead agency."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from certhub.domain.errors import AgencyFault
from certhub.domain.sync import Batch
from certhub.resolvers import background
from certhub.resolvers.background import sync_loop
from certhub.resolvers.context import Hub
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.resolvers.sync_metrics import Sample, sync_metrics
from certhub.resolvers.sync_progress import progress
from certhub.store.keys import KeyRing

from .filing_setup import make_hub

Sync = Callable[..., Awaitable[Any]]
Made = Any
NOW = datetime(2024, 9, 2, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Hanging:
    """An agency that takes a request and never answers."""

    registry = "ltc"

    def __init__(self) -> None:
        self.asked = 0
        self.reached = asyncio.Event()

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        self.asked += 1
        self.reached.set()
        await asyncio.Event().wait()
        yield Batch("ltc", {})

    async def ping(self) -> None:
        """Never asked here."""

    async def aclose(self) -> None:
        """Nothing to close."""


async def _nothing() -> None:
    """Follows a run."""


@asynccontextmanager
async def _running(loops: Iterable[Any]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _runs(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("select registry, state from hub.sync_run order by id")
        )
        return [(row[0], row[1]) for row in rows]


async def _until(engine: AsyncEngine, number: int) -> list[tuple[str, str]]:
    for _ in range(500):
        found = await _runs(engine)
        if len(found) >= number and "running" not in {state for _, state in found}:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that would only cost time."""
    monkeypatch.setattr(background, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(background, "_FAULT_SECONDS", 0.01)


async def test_several_processes_keep_one_interval_between_them(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    now = [NOW]
    hub = SyncHub(engine, keys, lambda: now[0])
    loops = [
        sync_loop(hub, made.scripted("vr", [Batch("vr", {"n": 1})]), QUARTER, _nothing)
        for _ in range(4)
    ]

    with capture_logs() as logs:
        async with _running(loops):
            first = await _until(engine, 1)
            await asyncio.sleep(0.1)
            still = await _runs(engine)

    assert first == still == [("vr", "complete")]
    assert [entry["event"] for entry in logs if entry["log_level"] != "debug"] == ["synced"]


async def test_a_registry_that_another_process_syncs_is_no_fault(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, lambda: NOW)
    hanging = Hanging()
    elsewhere = asyncio.create_task(run_sync(hub, hanging))
    await hanging.reached.wait()

    with capture_logs() as logs:
        async with _running([sync_loop(hub, made.scripted("ltc"), QUARTER, _nothing)]):
            await asyncio.sleep(0.1)
    elsewhere.cancel()
    with suppress(asyncio.CancelledError):
        await elsewhere

    assert [entry for entry in logs if entry["log_level"] != "debug"] == []
    assert await _runs(engine) == [("ltc", "running")]


async def test_an_agency_that_hangs_holds_up_nobody_else(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, lambda: NOW)
    hanging = Hanging()
    after: list[str] = []

    async def told() -> None:
        after.append("evaluated")

    async with _running(
        [
            sync_loop(hub, hanging, QUARTER, told),
            sync_loop(hub, made.scripted("vr", [Batch("vr", {})]), QUARTER, told),
            sync_loop(hub, made.scripted("osh", [Batch("osh", {})]), QUARTER, told),
        ]
    ):
        await hanging.reached.wait()
        for _ in range(500):
            if len(after) == 2:
                break
            await asyncio.sleep(0.01)
        runs = sorted(await _runs(engine))

    assert runs == [("ltc", "running"), ("osh", "complete"), ("vr", "complete")]
    assert hanging.asked == 1


async def test_after_a_failed_run_the_next_comes_sooner(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    now = [NOW]
    hub = SyncHub(engine, keys, lambda: now[0])
    away = made.scripted("vr", [AgencyFault("away")])
    await run_sync(hub, away)

    early = await background._due_in(hub, "vr", QUARTER)
    now[0] = NOW + timedelta(minutes=5)
    due = await background._due_in(hub, "vr", QUARTER)
    await run_sync(hub, made.scripted("vr", [Batch("vr", {})]))
    waiting = await background._due_in(hub, "vr", QUARTER)
    never = await background._due_in(hub, "osh", QUARTER)

    assert (early, due, waiting, never) == ((300.0, 1), (0.0, 1), (900.0, 2), (0.0, 0))


async def test_progress_tells_where_a_run_stands_and_ends_with_it(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub, reading = make_hub(engine), asyncio.Event()

    class Slow(Hanging):
        async def batches(
            self, position: Mapping[str, object] | None, *, full: bool = False
        ) -> AsyncIterator[Batch]:
            yield Batch(
                "ltc",
                {"n": 1},
                records=[made.credit("D1", "L1"), made.credit("D2", "L1")],
                expected={"ltc.credit": 5},
            )
            self.reached.set()
            await reading.wait()
            yield Batch("ltc", {"n": 2}, records=[made.credit("D3", "L1")])

    slow = Slow()
    work = asyncio.create_task(run_sync(SyncHub(engine, keys, lambda: NOW), slow))
    await slow.reached.wait()
    seen = []
    async for found in progress(hub, "ltc", seconds=0.01):
        seen.append((found.state, found.entity, found.fetched, found.expected))
        reading.set()
    await work

    assert seen[0][0] == "running"
    assert seen[-1] == ("complete", "ltc.credit", 3, 5)
    assert [item async for item in progress(hub, "vr")] == []


async def test_a_run_whose_process_died_is_told_as_interrupted(engine: AsyncEngine) -> None:
    hub = make_hub(engine)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "insert into hub.sync_run (registry, mode, state, started_at) "
                "values ('osh', 'full', 'running', now())"
            )
        )

    seen = [(found.state, found.mode, found.fetched) async for found in progress(hub, "osh")]

    assert seen == [("interrupted", "full", 0)]


async def test_metrics_come_from_the_store(
    engine: AsyncEngine, sync: Sync, made: Made, keys: KeyRing
) -> None:
    hub: Hub = make_hub(engine, lambda: NOW)
    await sync("vr", made.batch("vr", made.professional("P1", "A123456789")), now=NOW)
    await sync("vr", AgencyFault("away", code="AGENCY_UNAVAILABLE"), now=NOW)
    hub = make_hub(engine, lambda: NOW + timedelta(minutes=1))

    samples = [one for one in await sync_metrics(hub) if dict(one.labels)["registry"] == "vr"]

    vr = ("registry", "vr")
    assert [one for one in samples if one.name != "sync_last_rows"] == [
        Sample("sync_faults", (vr, ("code", "AGENCY_UNAVAILABLE")), 1),
        Sample("sync_runs", (vr, ("state", "complete")), 1),
        Sample("sync_runs", (vr, ("state", "failed")), 1),
        Sample("sync_lag_seconds", (vr,), 60.0),
        Sample("sync_quarantined", (vr,), 0),
    ]

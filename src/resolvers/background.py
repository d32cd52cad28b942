"""What a running hub does by itself: sync each registry at intervals, deliver what waits, evaluate.

Each loop ends only when it is cancelled; a fault is logged and waited out, never fatal.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ..connectors.base import Connector
from ..domain.errors import CertHubError, Conflict
from ..store.read_syncs import last_run
from ..store.sync_runs import is_syncing
from .context import Hub
from .delivery import Courier, deliver_due
from .evaluations import evaluate_changed, evaluate_due
from .sync import SyncHub, run_sync

__all__ = ["delivery_loop", "evaluation_loop", "sync_loop"]

_IDLE_SECONDS = 0.5
_FAULT_SECONDS = 5.0
_EVALUATE_SECONDS = 300.0
_CHANGED_SECONDS = 2.0
_BUSY_SECONDS = 5.0
_RETRY = timedelta(minutes=5)
_JITTER_PARTS = 1000
_JITTER_SHARE = 0.1
_PASSING = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_log = structlog.get_logger("certhub.background")


async def delivery_loop(hub: Hub, couriers: Mapping[str, Courier]) -> None:
    """Deliver what waits in the outbox, one entry after the other, for ever."""
    while True:
        try:
            busy = await deliver_due(hub, couriers, hub.clock())
            wait = 0.0 if busy else _IDLE_SECONDS
        except (CertHubError, *_PASSING) as error:
            _log.warning("delivery_failed", error=getattr(error, "code", type(error).__name__))
            wait = _FAULT_SECONDS
        await asyncio.sleep(wait)


async def evaluation_loop(hub: Hub) -> None:
    """Keep the stored evaluations up to date as days pass and syncs change people, for ever.

    Lists show a certificate by its evaluation, so people that a sync changed are looked at soon after
    it, whichever process it ran in; while it runs they would be looked at again and again.
    """
    now = asyncio.get_running_loop().time
    due_at = now()
    while True:
        wait = _CHANGED_SECONDS
        try:
            if now() >= due_at:
                await evaluate_due(hub)
                due_at = now() + _EVALUATE_SECONDS
            elif not await _syncing(hub):
                await evaluate_changed(hub)
        except (CertHubError, *_PASSING) as error:
            _log.warning("evaluation_failed", error=getattr(error, "code", type(error).__name__))
            wait = _FAULT_SECONDS
        await asyncio.sleep(wait)


async def _syncing(hub: Hub) -> bool:
    async with hub.engine.connect() as connection:
        return await is_syncing(connection)


async def sync_loop(
    hub: SyncHub, connector: Connector, interval: timedelta, after: Callable[[], Awaitable[object]]
) -> None:
    """Sync one registry at intervals, for ever; ``after`` follows each run.

    Several processes keep one interval between them: what counts is the newest run on record, whoever
    made it. After a run that failed the next one comes sooner.
    """
    registry = connector.registry
    while True:
        try:
            wait, newest = await _due_in(hub, registry, interval)
            if wait <= 0:
                report = await run_sync(hub, connector, newest=newest)
                _log.info("synced", registry=registry, state=report.state)
                await after()
                continue
        except Conflict:
            # Another process was quicker: no fault, the registry is being synced.
            wait = _BUSY_SECONDS
        except (CertHubError, *_PASSING) as error:
            _log.warning(
                "sync_failed",
                registry=registry,
                error=getattr(error, "code", type(error).__name__),
            )
            wait = _FAULT_SECONDS
        await asyncio.sleep(min(wait, interval.total_seconds()) * _jitter())


async def _due_in(hub: SyncHub, registry: str, interval: timedelta) -> tuple[float, int]:
    """Seconds until the registry is to be synced again, and the run that says so (0: none)."""
    async with hub.engine.connect() as connection:
        newest = await last_run(connection, registry)
        if newest is None:
            return 0.0, 0
        number: int = newest["id"]
        if newest["state"] == "running":
            return _BUSY_SECONDS if await is_syncing(connection, registry) else 0.0, number
    wanted = interval if newest["state"] == "complete" else min(interval, _RETRY)
    began: datetime = newest["started_at"]
    return (wanted - (hub.clock() - began)).total_seconds(), number


def _jitter() -> float:
    """Up to a tenth more, so that processes don't march in step."""
    return 1 + _JITTER_SHARE * secrets.randbelow(_JITTER_PARTS) / _JITTER_PARTS

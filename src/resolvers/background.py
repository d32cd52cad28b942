"""What a running hub does by itself: sync each registry at intervals, deliver what waits, evaluate.

Each loop ends only when it is cancelled; a fault is logged and waited out, never fatal.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ..connectors.base import Connector
from ..domain.errors import CertHubError
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


def _jittered(interval: timedelta) -> float:
    """Seconds to wait: the interval and up to a tenth more, so that hubs don't march in step."""
    share = secrets.randbelow(_JITTER_PARTS) / _JITTER_PARTS
    return interval.total_seconds() * (1 + _JITTER_SHARE * share)


async def sync_loop(
    hub: SyncHub, connector: Connector, interval: timedelta, after: Callable[[], Awaitable[object]]
) -> None:
    """Sync one registry at intervals, for ever; ``after`` follows each run."""
    while True:
        try:
            report = await run_sync(hub, connector)
            _log.info("synced", registry=report.registry, state=report.state)
            await after()
        except (CertHubError, *_PASSING) as error:
            _log.warning(
                "sync_failed",
                registry=connector.registry,
                error=getattr(error, "code", type(error).__name__),
            )
        await asyncio.sleep(_jittered(interval))

"""Syncs that somebody started (``startSync``): jobs of this process, one at a time per registry."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ..connectors.base import Connector
from ..domain.errors import CertHubError, Conflict, InvalidInput
from ..domain.sync import Batch
from ..store import read_syncs
from .sync import SyncHub, run_sync

__all__ = ["SyncJobs"]

_PASSING = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_log = structlog.get_logger("certhub.jobs")


class _Announced:
    """A connector that says when its reading begins: by then the run has its number."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.registry = connector.registry
        self.begun = asyncio.Event()

    def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """As the connector's own."""
        self.begun.set()
        return self._connector.batches(position, full=full)

    async def ping(self) -> None:
        """As the connector's own."""
        await self._connector.ping()

    async def aclose(self) -> None:
        """The connector belongs to whoever built it."""


class SyncJobs:
    """Starts syncs in the background.

    Args:
        hub: What a sync needs.
        connectors: By registry, those that are configured.
    """

    def __init__(self, hub: SyncHub, connectors: Mapping[str, Connector]) -> None:
        self._hub = hub
        self._connectors = connectors
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, registry: str, *, full: bool) -> int:
        """Start a sync; the number of its run, once it has begun.

        Raises:
            InvalidInput: ``REGISTRY_NOT_CONFIGURED``.
            Conflict: ``SYNC_RUNNING``, here or in another process.
            ConfigurationError: ``KEYS_OUTDATED``.
        """
        connector = self._connectors.get(registry)
        if connector is None:
            name = f"CERTHUB_{registry.upper()}__URL"
            raise InvalidInput(
                f"{registry}: this hub has no connection to the registry; {name} is not set",
                f"{registry}:本樞紐未設定此登錄系統之連線({name})",
                code="REGISTRY_NOT_CONFIGURED",
            )
        announced = _Announced(connector)
        begun = asyncio.create_task(announced.begun.wait())
        task = asyncio.create_task(self._run(announced, full=full))
        try:
            await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()
        if task.done():
            task.result()  # Raises what kept it from beginning.
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        async with self._hub.engine.connect() as connection:
            return await read_syncs.newest_run(connection, registry)

    async def _run(self, connector: _Announced, *, full: bool) -> None:
        try:
            report = await run_sync(self._hub, connector, full=full)
        except Conflict:
            raise
        except (CertHubError, *_PASSING) as error:
            if not connector.begun.is_set():
                raise
            code = getattr(error, "code", type(error).__name__)
            _log.warning("sync_failed", registry=connector.registry, error=code)
        else:
            _log.info("synced", registry=report.registry, state=report.state)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("sync_broke", error=type(error).__name__)

    async def aclose(self) -> None:
        """End what runs: stored data stay, the next sync goes on from there."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

"""How far syncs are, for who watches (同步進度): from the store, whichever process does the work."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from ..store.read_syncs import last_run
from ..store.sync_runs import is_syncing
from .context import Hub

__all__ = ["SyncProgress", "progress"]

_SECONDS = 0.5
"""Between two looks; a batch takes about as long."""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """A run of a registry at one moment.

    Attributes:
        mode: ``incremental`` or ``full``.
        state: ``running``, ``complete``, ``failed``, ``halted``, or ``interrupted``: its process died.
        entity: The last that it has come to.
        fetched: Rows read so far.
        expected: Rows that the agency announced; None where it did not.
        counts: By entity, as in the run's report.
    """

    registry: str
    run: int
    mode: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    entity: str | None
    fetched: int
    expected: int | None
    quarantined: int
    counts: Mapping[str, Mapping[str, int]]
    error_code: str | None = None
    error_message: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come of this run."""
        return self.state != "running"


async def progress(
    hub: Hub, registry: str, *, follow: bool = False, seconds: float = _SECONDS
) -> AsyncIterator[SyncProgress]:
    """The newest run of a registry, again whenever it has come further.

    Args:
        hub: Its primary database is asked: locks say whether a run's process is alive.
        registry: ``vr``, ``ltc`` or ``osh``.
        follow: Go on with the runs to come, until the caller stops; otherwise the end of a run, or
            that there never was one, ends it.
        seconds: Between two looks.
    """
    told: SyncProgress | None = None
    while True:
        found = await _look(hub, registry)
        if found is not None and found != told:
            told = found
            yield found
        if not follow and (found is None or found.ended):
            return
        await asyncio.sleep(seconds)


async def _look(hub: Hub, registry: str) -> SyncProgress | None:
    async with hub.engine.connect() as connection:
        row = await last_run(connection, registry)
        if row is None:
            return None
        # The lock is asked first to last: a run that ends in between has no lock, but its report.
        if row["state"] == "running" and not await is_syncing(connection, registry):
            row = await last_run(connection, registry) or row
            state = "interrupted" if row["state"] == "running" else row["state"]
            return _progress(row, state)
    return _progress(row, row["state"])


def _progress(row: RowMapping, state: str) -> SyncProgress:
    counts: dict[str, dict[str, Any]] = row["counts"]
    expected: dict[str, int] = row["expected"]
    return SyncProgress(
        row["registry"],
        row["id"],
        row["mode"],
        state,
        row["started_at"],
        row["finished_at"],
        row["entity"],
        sum(found["fetched"] for found in counts.values()),
        sum(expected.values()) if expected else None,
        sum(found["quarantined"] for found in counts.values()),
        counts,
        row["error_code"],
        row["error_message"],
    )

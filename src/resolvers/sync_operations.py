"""What operators do and see of syncs: ``startSync``, the runs and their reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import ConfigurationError, Conflict, InvalidInput, Refused
from ..domain.records import REGISTRIES
from ..domain.submission import UserError
from ..store import read_syncs
from .context import Hub, Request
from .once import Done, once
from .pages import Page, page_size, read_cursor

__all__ = ["SyncRun", "own_registries", "run_by_number", "start_sync", "sync_runs"]

_ORDER = "newest"
_POLITE = frozenset({"SYNC_RUNNING", "REGISTRY_NOT_CONFIGURED", "KEYS_OUTDATED"})


@dataclass(frozen=True, slots=True)
class SyncRun:
    """A sync and what it did.

    Attributes:
        mode: incremental or full.
        state: running, complete, failed, halted or interrupted.
        counts: By entity, from its report.
        notes: Findings that are no record's.
    """

    id: str
    registry: str
    mode: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, Any]
    notes: Sequence[str]
    error_code: str | None
    error_message: str | None


def _run(row: RowMapping) -> SyncRun:
    return SyncRun(
        str(row["id"]),
        row["registry"],
        row["mode"],
        row["state"],
        row["started_at"],
        row["finished_at"],
        row["counts"],
        row["notes"],
        row["error_code"],
        row["error_message"],
    )


def own_registries(request: Request, asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """Registries that the token names, of those asked for.

    Raises:
        Refused: one asked for is not the token's.
    """
    own = request.viewer.registries
    missing = [name for name in asked or () if name not in own]
    if missing:
        raise Refused(
            f"the token's registries do not include {', '.join(missing)}",
            f"權杖之登錄系統不含 {', '.join(missing)}",
            details={"registries": missing},
        )
    return tuple(name for name in REGISTRIES if name in own and (not asked or name in asked))


async def sync_runs(
    hub: Hub,
    request: Request,
    registries: Sequence[str] | None,
    states: Sequence[str],
    first: int | None,
    after: str | None,
) -> Page[SyncRun]:
    """Runs, newest first.

    Raises:
        Refused: a registry asked for is not the token's.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (int,))
    names = own_registries(request, registries)
    async with hub.reader.connect() as connection:
        rows = await read_syncs.runs_page(
            connection, names, states, last[0] if last else None, size + 1
        )
    request.trace.count("sync_runs", len(rows[:size]))
    return Page.cut(
        [(_run(row), (row["id"],)) for row in rows],
        size,
        _ORDER,
        request.business_day,
        after=after,
    )


async def run_by_number(hub: Hub, number: str) -> SyncRun | None:
    """A run by its number."""
    async with hub.engine.connect() as connection:
        row = await read_syncs.run_by_id(connection, int(number))
    return None if row is None else _run(row)


async def start_sync(
    hub: Hub, request: Request, key: str, registry: str, *, full: bool = False
) -> Done:
    """Start a sync of a registry in the background of this process.

    What keeps it from beginning is told as data and does not use the key up: try again with it.

    Raises:
        InvalidInput: the key.
        Refused: the registry is not the token's.
        Conflict: the key was used with other content.
    """
    own_registries(request, [registry])

    async def act(_: AsyncConnection) -> Done:
        jobs = hub.jobs.syncs
        if jobs is None:
            raise InvalidInput(
                f"{registry}: this process runs no syncs",
                f"{registry}:此程序不執行同步",
                code="REGISTRY_NOT_CONFIGURED",
            )
        run = await jobs.start(registry, full=full)
        request.trace.registries.add(registry)
        return Done(str(run))

    try:
        return await once(hub, request, "startSync", key, {"registry": registry, "full": full}, act)
    except (Conflict, InvalidInput, ConfigurationError) as error:
        if error.code not in _POLITE:
            raise
        return Done(errors=(UserError(error.code, ("registry",), zh=error.zh, en=error.en),))

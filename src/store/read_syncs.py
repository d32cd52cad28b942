"""Where syncs stand, what their last runs did and what they set aside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    RowMapping,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from .tables import MIRRORS
from .tables_sync import drift, quarantine, sync_run, sync_state

__all__ = [
    "complete_syncs",
    "drift_of",
    "last_run",
    "last_runs",
    "newest_run",
    "quarantine_sizes",
    "record_counts",
    "run_by_id",
    "runs_page",
    "sync_figures",
]


async def complete_syncs(connection: AsyncConnection) -> Mapping[str, datetime | None]:
    """By registry the start of its last complete sync."""
    rows = (await connection.execute(select(sync_state.c.registry, sync_state.c.complete_at))).all()
    return {row[0]: row[1] for row in rows}


async def last_runs(connection: AsyncConnection) -> Mapping[str, RowMapping]:
    """By registry its newest run."""
    statement = (
        select(sync_run)
        .ext(distinct_on(sync_run.c.registry))
        .order_by(sync_run.c.registry, sync_run.c.id.desc())
    )
    rows = (await connection.execute(statement)).mappings().all()
    return {row["registry"]: row for row in rows}


async def newest_run(connection: AsyncConnection, registry: str) -> int:
    """Number of the newest run of a registry; 0 where there is none."""
    statement = select(func.coalesce(func.max(sync_run.c.id), 0)).where(
        sync_run.c.registry == registry
    )
    found: int = (await connection.execute(statement)).scalar_one()
    return found


async def run_by_id(connection: AsyncConnection, number: int) -> RowMapping | None:
    """A run by its number."""
    found = await connection.execute(select(sync_run).where(sync_run.c.id == number))
    return found.mappings().one_or_none()


async def runs_page(
    connection: AsyncConnection,
    registries: Collection[str],
    states: Collection[str],
    after: int | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Runs of these registries, newest first; ``after`` is the number of the last one seen."""
    statement = select(sync_run).where(sync_run.c.registry.in_(sorted(registries)))
    if states:
        statement = statement.where(sync_run.c.state.in_(sorted(states)))
    if after is not None:
        statement = statement.where(sync_run.c.id < after)
    statement = statement.order_by(sync_run.c.id.desc()).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def quarantine_sizes(connection: AsyncConnection) -> Mapping[str, int]:
    """By registry the number of records set aside."""
    statement = (
        select(quarantine.c.registry, func.count())
        .where(quarantine.c.state == "open")
        .group_by(quarantine.c.registry)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}


async def drift_of(connection: AsyncConnection, runs: Collection[int]) -> Sequence[RowMapping]:
    """What these runs met that the contract does not name."""
    statement = (
        select(drift)
        .where(drift.c.run_id.in_(list(runs)))
        .order_by(drift.c.entity, drift.c.field, drift.c.kind, drift.c.sample)
    )
    return (await connection.execute(statement)).mappings().all()


async def record_counts(connection: AsyncConnection) -> Mapping[str, int]:
    """By entity (``vr.professional``) the number of live records."""
    counted = [
        select(func.count())
        .select_from(table)
        .where(table.c.deleted_at.is_(None))
        .scalar_subquery()
        .label(name)
        for name, table in MIRRORS.items()
    ]
    row = (await connection.execute(select(*counted))).mappings().one()
    return {name: row[name] for name in MIRRORS}


async def last_run(connection: AsyncConnection, registry: str) -> RowMapping | None:
    """The newest run of a registry."""
    statement = (
        select(sync_run)
        .where(sync_run.c.registry == registry)
        .order_by(sync_run.c.id.desc())
        .limit(1)
    )
    return (await connection.execute(statement)).mappings().one_or_none()


async def sync_figures(connection: AsyncConnection) -> Sequence[RowMapping]:
    """How many runs of each registry ended in which state, and with which error."""
    kinds = (sync_run.c.registry, sync_run.c.state, sync_run.c.error_code)
    statement = select(*kinds, func.count().label("runs")).group_by(*kinds).order_by(*kinds)
    return (await connection.execute(statement)).mappings().all()

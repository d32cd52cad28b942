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

__all__ = ["complete_syncs", "drift_of", "last_runs", "quarantine_sizes", "record_counts"]


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

"""``hub.evaluation``: who is due, and the bulk replacement of a chunk of persons' rows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from .people import fetch
from .tables_work import evaluation

__all__ = [
    "EVALUATION_LOCK",
    "EvaluationRow",
    "claim",
    "drop_older",
    "persons_after",
    "persons_due",
    "replace",
    "unqueue",
]

EVALUATION_LOCK = 0x63657274_6576  # "cert" "ev"
"""Shared by those who evaluate, exclusive to who queues a batch's changes, each until its commit."""

EvaluationRow = tuple[Any, ...]
"""A row of ``hub.evaluation`` in the order of :data:`COLUMNS`."""

COLUMNS = tuple(column.name for column in evaluation.columns)
"""Columns in the order of the table; ``requirements`` travels as JSON text."""

_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "certificate")


async def persons_after(
    connection: AsyncConnection, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """The next living persons in order of their id."""
    rows = await fetch(
        connection,
        "select id from hub.person where merged_into is null and ($1::uuid is null or id > $1) "
        "order by id limit $2",
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def _hold(connection: AsyncConnection) -> None:
    """Nobody queues a change until this transaction ends: it would be lost, seen by neither."""
    await fetch(connection, "select pg_advisory_xact_lock_shared($1)", EVALUATION_LOCK)


async def claim(connection: AsyncConnection, limit: int) -> Sequence[UUID]:
    """Take persons changed by a sync off the queue, in this transaction.

    Another process takes others; a change that commits meanwhile queues its person anew.
    """
    await _hold(connection)
    rows = await fetch(
        connection,
        "delete from hub.evaluation_due where person_id in (select person_id from "
        "hub.evaluation_due order by since limit $1 for update skip locked) returning person_id",
        limit,
    )
    return [row["person_id"] for row in rows]


async def persons_due(
    connection: AsyncConnection, day: date, ruleset_version: str, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Persons one of whose rows time or new figures may have changed, or that stand on a later day."""
    rows = await fetch(
        connection,
        "select distinct person_id from hub.evaluation where (next_change_on <= $1 or as_of > $1 "
        "or ruleset_version <> $2) and ($3::uuid is null or person_id > $3) "
        "order by person_id limit $4",
        day,
        ruleset_version,
        after,
        limit,
    )
    return [row["person_id"] for row in rows]


async def unqueue(connection: AsyncConnection, persons: Sequence[UUID]) -> None:
    """Take these persons off the queue, before their rows are read.

    A change that commits after the reading waits for this transaction and queues its person anew.
    """
    await _hold(connection)
    await fetch(
        connection,
        "delete from hub.evaluation_due where person_id = any($1)",
        list(persons),
    )


async def replace(
    connection: AsyncConnection, persons: Sequence[UUID], rows: Sequence[EvaluationRow]
) -> None:
    """Put ``rows`` in the place of all rows of ``persons``.

    Args:
        connection: Inside a transaction.
        persons: Everybody who was looked at.
        rows: Each certificate once.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await fetch(
        connection,
        "delete from hub.evaluation where person_id = any($1) and certificate <> all($2)",
        list(persons),
        [row[0] for row in rows],
    )
    if not rows:
        return
    await driver.execute(
        "create temp table if not exists evaluation_new (like hub.evaluation) on commit delete rows"
    )
    await driver.copy_records_to_table("evaluation_new", records=rows, columns=COLUMNS)
    await driver.execute(
        f"insert into hub.evaluation ({', '.join(COLUMNS)}) "  # noqa: S608 - names of ours
        f"select {', '.join(COLUMNS)} from evaluation_new "
        f"on conflict (certificate) do update set {_UPDATES}"
    )


async def drop_older(connection: AsyncConnection, started: datetime) -> None:
    """Remove rows that a run over everybody, begun at ``started``, did not write."""
    await fetch(connection, "delete from hub.evaluation where computed_at < $1", started)

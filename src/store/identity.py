"""Links the registries' records to hub persons after a batch; ids of persons are stable.

All set-based, inside the batch's transaction. Registries may sync at the same time, so linking takes
a lock of its own until the commit: two records with one number cannot miss each other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from . import identity_sql as sql

__all__ = ["IDENTITY_LOCK", "link_touched", "prepare", "relink"]

IDENTITY_LOCK = 0x63657274_6964  # "cert" "id"

_ROUNDS = 100


async def prepare(connection: "asyncpg.Connection[Any]") -> None:
    """Make the session's temporary tables, among them ``touched``; harmless when repeated."""
    await connection.execute(sql.SETUP)


async def link_touched(connection: "asyncpg.Connection[Any]", now: datetime) -> bool:
    """Link the people among the records in ``touched``.

    Args:
        connection: asyncpg's own connection, in the batch's transaction.
        now: Written beside new persons, links and history.

    Returns:
        Whether there were any.
    """
    await connection.execute(sql.CHANGED)
    if not await connection.fetchval("select exists (select from id_changed)"):
        return False
    await _link(connection, now)
    return True


async def relink(
    connection: "asyncpg.Connection[Any]", records: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Look at some records again, after a person decided about them; ``derive`` has to follow.

    Args:
        connection: asyncpg's own connection, in a transaction.
        records: (entity, source id).
        now: As for ``link_touched``.
    """
    await prepare(connection)
    await connection.execute(
        "insert into id_changed select * from unnest($1::text[], $2::text[]) on conflict do nothing",
        [entity for entity, _ in records],
        [source_id for _, source_id in records],
    )
    await _link(connection, now)


async def _link(connection: "asyncpg.Connection[Any]", now: datetime) -> None:
    instant = f"'{now.isoformat()}'::timestamptz"
    await connection.execute("select pg_advisory_xact_lock($1)", IDENTITY_LOCK)
    await connection.execute(sql.REFRESH)
    for step in range(_ROUNDS):
        if await connection.execute(sql.EXPAND, step) == "INSERT 0 0":
            break
    await connection.execute(sql.ATTRIBUTES)
    await connection.execute(sql.EDGES)
    for _ in range(_ROUNDS):
        if await connection.execute(sql.JOIN_LABELS) == "UPDATE 0":
            break
    await connection.execute(sql.ASSIGN.replace("$now", instant))
    await connection.execute(sql.SURVIVORS)
    await connection.execute(sql.NAMES, now)
    await connection.execute(sql.REVIEWS.replace("$now", instant))

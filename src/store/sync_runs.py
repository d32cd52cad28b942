"""Runs of the sync: their lock, their report, the position they reached."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.records import REGISTRIES
from ..domain.sync import Drift

__all__ = [
    "Stored",
    "begin_run",
    "end_run",
    "is_syncing",
    "newest_run",
    "save_batch",
    "stored_state",
    "try_lock",
]

_LOCK_CLASS = 0x73796E63  # "sync"

_Connection = Any  # asyncpg.Connection: its type is generic only for the checker


@dataclass(frozen=True, slots=True)
class Stored:
    """What the last run left behind.

    Attributes:
        position: The connector's cursor; None at the first run.
        floors: By entity, version of its last full listing.
        reading: How the last full run read records; None: there was none.
    """

    position: Mapping[str, object] | None
    floors: dict[str, int]
    reading: str | None


async def try_lock(connection: _Connection, registry: str) -> bool:
    """Take the registry's lock for this session, unless another process syncs it.

    It ends with the session, or with ``pg_advisory_unlock_all``.
    """
    taken: bool = await connection.fetchval(
        "select pg_try_advisory_lock($1, $2)", _LOCK_CLASS, REGISTRIES.index(registry)
    )
    return taken


async def is_syncing(connection: AsyncConnection, registry: str | None = None) -> bool:
    """Whether some process holds a registry's lock: it ends with the process, killed ones too.

    Args:
        connection: To the primary: a replica has no locks.
        registry: This one; None: any.
    """
    found = await connection.execute(
        text(
            "select exists (select from pg_locks where locktype = 'advisory' and granted "
            "and classid = :lock_class and (:lock_object < 0 or objid::bigint = :lock_object) "
            "and database = (select oid from pg_database where datname = current_database()))"
        ),
        {
            "lock_class": _LOCK_CLASS,
            "lock_object": -1 if registry is None else REGISTRIES.index(registry),
        },
    )
    return bool(found.scalar_one())


async def begin_run(
    connection: _Connection, registry: str, *, full: bool, now: datetime
) -> tuple[int, Stored]:
    """Open a run's report; what an earlier process left unfinished is marked interrupted.

    Returns:
        The run's number, and what the last one left.
    """
    await connection.execute(
        "update hub.sync_run set state = 'interrupted', finished_at = $2 "
        "where registry = $1 and state = 'running'",
        registry,
        now,
    )
    run: int = await connection.fetchval(
        "insert into hub.sync_run (registry, mode, state, started_at) "
        "values ($1, $2, 'running', $3) returning id",
        registry,
        "full" if full else "incremental",
        now,
    )
    return run, await stored_state(connection, registry)


async def newest_run(connection: _Connection, registry: str) -> int:
    """Number of a registry's newest run; 0: there is none."""
    number: int = await connection.fetchval(
        "select coalesce(max(id), 0) from hub.sync_run where registry = $1", registry
    )
    return number


async def stored_state(connection: _Connection, registry: str) -> Stored:
    """What the last run left behind."""
    row = await connection.fetchrow(
        "select position, floors, reading from hub.sync_state where registry = $1", registry
    )
    if row is None:
        return Stored(None, {}, None)
    # The engine's codec reads jsonb as objects and writes it from text.
    return Stored(row["position"], row["floors"], row["reading"])


async def save_batch(
    connection: _Connection,
    registry: str,
    run: int,
    *,
    position: Mapping[str, object],
    floors: Mapping[str, int],
    counts: Mapping[str, Mapping[str, int]],
    notes: Sequence[str],
    drifted: Iterable[Drift],
    reading: str,
    entity: str | None,
    expected: Mapping[str, int],
) -> None:
    """Save position and report in the transaction of the batch they describe.

    Args:
        connection: asyncpg's own connection.
        registry: Of the run.
        run: Its number.
        position: The connector's cursor after the batch.
        floors: By entity, version of its last full listing.
        counts: Of the run so far, by entity.
        notes: Of the run so far.
        drifted: Of the batch.
        reading: How records are read: that of the very first batch holds until everything is read
            in another way, in however many runs the first load is done.
        entity: The last that the run has come to.
        expected: By entity, rows that the agency announced for this run.
    """
    await connection.execute(
        "insert into hub.sync_state (registry, position, floors, reading) values ($1, $2, $3, $4) "
        "on conflict (registry) do update set position = excluded.position, "
        "floors = excluded.floors",
        registry,
        orjson.dumps(position).decode(),
        orjson.dumps(floors).decode(),
        reading,
    )
    await connection.execute(
        "update hub.sync_run set counts = $2, notes = $3, entity = coalesce($4, entity), "
        "expected = $5 where id = $1",
        run,
        orjson.dumps(counts).decode(),
        list(notes),
        entity,
        orjson.dumps(expected).decode(),
    )
    await connection.executemany(
        "insert into hub.drift as d (run_id, entity, field, kind, sample, count) "
        "values ($1, $2, $3, $4, $5, $6) on conflict (run_id, entity, field, kind, sample) "
        "do update set count = d.count + excluded.count",
        [(run, item.entity, item.field, item.kind, item.sample, item.count) for item in drifted],
    )


async def end_run(
    connection: _Connection,
    run: int,
    state: str,
    now: datetime,
    *,
    error: tuple[str, str] | None = None,
    reading: str | None = None,
) -> None:
    """Close a run's report; after a complete one the facts are as fresh as its start.

    Args:
        connection: asyncpg's own connection.
        run: Number of the run.
        state: ``complete``, ``failed`` or ``halted``.
        now: Time of the end.
        error: Code and message of what ended it.
        reading: How a complete run that read everything has read it.
    """
    code, message = error or (None, None)
    await connection.execute(
        "update hub.sync_run set state = $2, finished_at = $3, error_code = $4, "
        "error_message = $5 where id = $1",
        run,
        state,
        now,
        code,
        message,
    )
    if state == "complete":
        await connection.execute(
            "insert into hub.sync_state as s (registry, complete_at, complete_run, reading) "
            "select registry, started_at, id, $2 from hub.sync_run where id = $1 "
            "on conflict (registry) do update set complete_at = excluded.complete_at, "
            "complete_run = excluded.complete_run, "
            "reading = coalesce(excluded.reading, s.reading)",
            run,
            reading,
        )

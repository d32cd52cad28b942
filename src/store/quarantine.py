"""Faulty records set aside: kept encrypted, with their reason, until a good version arrives."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.records import BY_NAME
from ..domain.sync import Problem
from .crypto import open_bytes, seal_bytes
from .keys import KeyRing
from .tables_sync import quarantine

__all__ = [
    "list_quarantined",
    "open_entities",
    "open_records",
    "quarantine_page",
    "quarantine_place",
    "quarantine_rows",
    "quarantined_record",
    "resolve",
    "set_aside",
]

_SET_ASIDE = """
    insert into hub.quarantine as q (registry, entity, source_id, slot, field, reason, found_in,
        raw_cipher, raw_hash, version, state, first_seen_at, last_seen_at, last_run)
    select $1, $2, source_id, slot, field, reason, found_in, raw_cipher, raw_hash, version, 'open',
        $11::timestamptz, $11::timestamptz, $10
    from (
        select distinct on (slot) *
        from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[],
                $9::bigint[]) with ordinality
            as u(source_id, field, reason, found_in, raw_cipher, raw_hash, version, place)
            cross join lateral (select case source_id when '' then 'sha256:' || encode(raw_hash, 'hex')
                else source_id end as slot) named
        order by slot, place desc
    ) found
    on conflict (entity, slot) do update set field = excluded.field, reason = excluded.reason,
        found_in = excluded.found_in, raw_cipher = excluded.raw_cipher,
        raw_hash = excluded.raw_hash, version = excluded.version, state = 'open', seen = q.seen + 1,
        first_seen_at = case q.state when 'open' then q.first_seen_at
            else excluded.first_seen_at end,
        last_seen_at = excluded.last_seen_at, last_run = excluded.last_run, resolved_at = null
"""


async def set_aside(
    connection: "asyncpg.Connection[Any]",
    keys: KeyRing,
    entity: str,
    problems: Sequence[Problem],
    run: int,
    now: datetime,
) -> None:
    """Keep faulty records of one entity; one row per key, the newest fault stands.

    Args:
        connection: asyncpg's own connection, in the batch's transaction.
        keys: Seal the record itself.
        entity: ``ltc.credit``.
        problems: Of that entity.
        run: Number of the run.
        now: Time of finding.
    """
    await connection.execute(
        _SET_ASIDE,
        entity.partition(".")[0],
        entity,
        [problem.id for problem in problems],
        [problem.field for problem in problems],
        [problem.reason for problem in problems],
        [problem.where for problem in problems],
        [_sealed(keys, problem) for problem in problems],
        [problem.raw_hash for problem in problems],
        [problem.version for problem in problems],
        run,
        now,
    )


async def open_entities(connection: "asyncpg.Connection[Any]", registry: str) -> set[str]:
    """Entities of a registry with open rows."""
    rows = await connection.fetch(
        "select distinct entity from hub.quarantine where registry = $1 and state = 'open'",
        registry,
    )
    return {row["entity"] for row in rows}


async def resolve(
    connection: "asyncpg.Connection[Any]",
    entity: str,
    ids: Sequence[str],
    versions: Sequence[int],
    now: datetime,
) -> None:
    """End the quarantine of records that came back good, at least in the faulty one's version."""
    await connection.execute(
        "update hub.quarantine q set state = 'resolved', resolved_at = $4, raw_cipher = null "
        "from unnest($2::text[], $3::bigint[]) as good(id, version) "
        "where q.entity = $1 and q.slot = good.id and q.state = 'open' "
        "and q.version <= good.version",
        entity,
        ids,
        versions,
        now,
    )


async def resolve_vanished(
    connection: "asyncpg.Connection[Any]", entity: str, seen: str, run: int, now: datetime
) -> None:
    """End the quarantine of records that a full listing no longer holds, readable or not.

    Args:
        connection: asyncpg's own connection, in the batch's transaction.
        entity: Of the listing.
        seen: The temporary table of the keys it held.
        run: Number of the run, written beside what this listing set aside.
        now: Time of the end.
    """
    await connection.execute(
        "update hub.quarantine q set state = 'resolved', "  # noqa: S608 - a name of ours
        "resolved_at = $3, raw_cipher = null "
        "where entity = $1 and state = 'open' and last_run is distinct from $2 "
        f"and not exists (select from {seen} s where s.id = q.source_id)",
        entity,
        run,
        now,
    )


async def resolve_nameless(
    connection: "asyncpg.Connection[Any]", registry: str, run: int, now: datetime
) -> None:
    """After everything was read again: faulty records without a key that did not come again."""
    await connection.execute(
        "update hub.quarantine set state = 'resolved', resolved_at = $3, raw_cipher = null "
        "where registry = $1 and state = 'open' and source_id = '' "
        "and last_run is distinct from $2",
        registry,
        run,
        now,
    )


def _sealed(keys: KeyRing, problem: Problem) -> bytes | None:
    kept = _contract_fields(problem)
    if kept is None:
        return None
    return seal_bytes(keys, kept, quarantine_place(problem.entity, problem.raw_hash))


def quarantine_place(entity: str, raw_hash: bytes) -> str:
    """Where the ciphertext of a record set aside belongs."""
    return f"{entity}|{raw_hash.hex()}|quarantine"


def _contract_fields(problem: Problem) -> bytes | None:
    """The record without what the contract does not know: that is never stored, not even here."""
    try:
        raw = orjson.loads(problem.raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(raw, dict):
        return None
    entity = BY_NAME[problem.entity]
    names = {entity.key, *(field.contract_name for field in entity.fields)}
    return orjson.dumps({name: value for name, value in raw.items() if name in names})


async def list_quarantined(
    connection: AsyncConnection,
    *,
    registry: str | None = None,
    state: str | None = "open",
    limit: int = 100,
    after: int = 0,
) -> Sequence[RowMapping]:
    """Quarantine rows without the records themselves, oldest first.

    Args:
        connection: Any.
        registry: Only of this one.
        state: ``open``, ``resolved`` or None for both.
        limit: At most so many.
        after: Only ids above.
    """
    columns = [column for column in quarantine.c if column.name != "raw_cipher"]
    query = select(*columns).where(quarantine.c.id > after).order_by(quarantine.c.id).limit(limit)
    if registry is not None:
        query = query.where(quarantine.c.registry == registry)
    if state is not None:
        query = query.where(quarantine.c.state == state)
    return (await connection.execute(query)).mappings().all()


async def quarantine_page(
    connection: AsyncConnection,
    registries: Collection[str],
    entities: Collection[str],
    reasons: Collection[str],
    states: Collection[str],
    after: int,
    limit: int,
) -> Sequence[RowMapping]:
    """Quarantine rows without the records themselves, oldest first; empty: any."""
    columns = [column for column in quarantine.c if column.name != "raw_cipher"]
    query = select(*columns).where(
        quarantine.c.id > after, quarantine.c.registry.in_(sorted(registries))
    )
    for column, values in (
        (quarantine.c.entity, entities),
        (quarantine.c.reason, reasons),
        (quarantine.c.state, states),
    ):
        if values:
            query = query.where(column.in_(sorted(values)))
    query = query.order_by(quarantine.c.id).limit(limit)
    return (await connection.execute(query)).mappings().all()


async def quarantine_rows(
    connection: AsyncConnection, ids: Collection[int]
) -> Sequence[RowMapping]:
    """Quarantine rows by number, in any state, without the records themselves."""
    columns = [column for column in quarantine.c if column.name != "raw_cipher"]
    query = select(*columns, quarantine.c.raw_cipher.is_not(None).label("kept"))
    query = query.where(quarantine.c.id.in_(sorted(ids))).order_by(quarantine.c.id)
    return (await connection.execute(query)).mappings().all()


async def quarantined_record(
    connection: AsyncConnection, keys: KeyRing, number: int
) -> tuple[RowMapping, dict[str, object] | None] | None:
    """A quarantine row and the record in clear: for the operator's eyes, it may name people.

    Args:
        connection: Any.
        keys: Open the record.
        number: Id of the row.

    Returns:
        None when there is no such row; a record of None when it is resolved or unreadable.
    """
    found = await connection.execute(select(quarantine).where(quarantine.c.id == number))
    row = found.mappings().one_or_none()
    return None if row is None else (row, _opened(keys, row))


async def open_records(
    connection: AsyncConnection, keys: KeyRing, registry: str, numbers: Sequence[int]
) -> list[tuple[RowMapping, dict[str, object] | None]]:
    """Open rows of a registry with their records in clear, to be read again.

    Args:
        connection: Any.
        keys: Open the records.
        registry: ``vr``, ``ltc`` or ``osh``.
        numbers: Ids of the rows; those that are not open or of another registry are left out.

    Returns:
        In the order of their ids; None for a record that could not be read at all.
    """
    query = (
        select(quarantine)
        .where(
            quarantine.c.id.in_(numbers),
            quarantine.c.registry == registry,
            quarantine.c.state == "open",
        )
        .order_by(quarantine.c.id)
    )
    rows = (await connection.execute(query)).mappings().all()
    return [(row, _opened(keys, row)) for row in rows]


def _opened(keys: KeyRing, row: RowMapping) -> dict[str, object] | None:
    if row["raw_cipher"] is None:
        return None
    place = quarantine_place(row["entity"], row["raw_hash"])
    record: dict[str, object] = orjson.loads(open_bytes(keys, row["raw_cipher"], place))
    return record

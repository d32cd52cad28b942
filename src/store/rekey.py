"""Blind indexes under a new key: done once, before the first sync that uses it.

Records are joined by their indexes, so all of them stand under one key version (``hub.key_state``).
A process that holds older keys than the data is refused; one that holds newer ones makes the indexes
anew, in one transaction, while no sync runs. Lookups try every key version, so they always work.
"""
# ruff: noqa: S608 - every name in these statements comes from our own catalogue

from typing import Any

import asyncpg

from ..domain.errors import ConfigurationError
from ..domain.records import ENTITIES, Entity, Field, Kind
from .crypto import blind_index, number_place, open_number
from .identity import IDENTITY_LOCK
from .keys import KeyRing
from .mirror_sql import quoted

__all__ = ["hold_index_version"]

_LOCK = 0x63657274_6B  # "cert" "k"
_CHUNK = 10_000


async def hold_index_version(connection: "asyncpg.Connection[Any]", keys: KeyRing) -> None:
    """Make sure that all indexes are under the newest key, and keep it so for this session.

    Args:
        connection: asyncpg's own connection, outside a transaction. It holds a shared lock from
            here on, which ends with the session or with ``pg_advisory_unlock_all``.
        keys: Of this process.

    Raises:
        ConfigurationError: ``KEYS_OUTDATED``, another process has newer keys.
    """
    wanted = keys.index[-1].version
    await connection.execute("select pg_advisory_lock_shared($1)", _LOCK)
    if await _version(connection, wanted) == wanted:
        return
    # Runs that are under way hold the lock too: wait for them, then do it alone.
    await connection.execute("select pg_advisory_unlock_shared($1)", _LOCK)
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    if await _version(connection, wanted) < wanted:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", IDENTITY_LOCK)
            await _reindex(connection, keys)
    await connection.execute("select pg_advisory_lock_shared($1)", _LOCK)
    await connection.execute("select pg_advisory_unlock($1)", _LOCK)


async def _version(connection: "asyncpg.Connection[Any]", wanted: int) -> int:
    await connection.execute(
        "insert into hub.key_state (kind, version) values ('index', $1) on conflict do nothing",
        wanted,
    )
    found: int = await connection.fetchval("select version from hub.key_state where kind = 'index'")
    if found > wanted:
        raise ConfigurationError(
            f"the data are indexed under key version {found}, this process knows {wanted}: restart "
            "it with the current keys file",
            f"資料以第 {found} 版金鑰建立索引,本程序僅有第 {wanted} 版:請以最新金鑰檔重新啟動",
            code="KEYS_OUTDATED",
        )
    return found


async def _reindex(connection: "asyncpg.Connection[Any]", keys: KeyRing) -> None:
    wanted = keys.index[-1].version
    await connection.execute(
        "create temp table rekeyed (old bytea primary key, new bytea not null) on commit drop"
    )
    fields = [
        (entity, field)
        for entity in ENTITIES
        for field in entity.fields
        if field.kind in (Kind.NUMBER, Kind.PEOPLE)
    ]
    for entity, field in fields:
        await _collect(connection, keys, entity, field)
    await connection.execute("analyze rekeyed")
    for entity, field in fields:
        await connection.execute(_rewrite(entity, field))
    await connection.execute(
        "update hub.identifier i set index = r.new, key_version = $1 from rekeyed r "
        "where i.index = r.old",
        wanted,
    )
    await connection.execute(
        "update hub.identity_review v set index = r.new from rekeyed r where v.index = r.old"
    )
    await connection.execute("update hub.key_state set version = $1 where kind = 'index'", wanted)


async def _collect(
    connection: "asyncpg.Connection[Any]", keys: KeyRing, entity: Entity, field: Field
) -> None:
    """Every distinct number of a field, opened once, with its index under the newest key."""
    table, name = f"{entity.registry}.{quoted(entity.table)}", field.name
    if field.kind is Kind.NUMBER:
        source = f"select id, {name}_index as index, {name}_cipher as cipher from {table}"
    else:
        source = (
            "select id, decode(item -> 'number' ->> 'index', 'hex') as index, "
            f"decode(item -> 'number' ->> 'cipher', 'base64') as cipher from {table} "
            f"cross join lateral jsonb_array_elements({quoted(name)}) as item"
        )
    query = (
        f"select distinct on (index) * from ({source}) s where index is not null "
        "and get_byte(index, 0) <> $1 and not exists (select from rekeyed r where r.old = s.index) "
        f"order by index limit {_CHUNK}"
    )
    while rows := await connection.fetch(query, keys.index[-1].version):
        fresh = []
        for row in rows:
            place = number_place(entity.name, row["id"], name)
            number = open_number(keys, row["cipher"], place)
            fresh.append((row["index"], blind_index(keys, number.reveal())))
        await connection.copy_records_to_table("rekeyed", records=fresh)


def _rewrite(entity: Entity, field: Field) -> str:
    table, name = f"{entity.registry}.{quoted(entity.table)}", field.name
    if field.kind is Kind.NUMBER:
        return (
            f"update {table} m set {name}_index = r.new from rekeyed r where m.{name}_index = r.old"
        )
    return f"""
        update {table} m set {quoted(name)} = fresh.items
        from (
            select t.id, jsonb_agg(
                case when r.new is null then u.item
                    else jsonb_set(u.item, '{{number,index}}', to_jsonb(encode(r.new, 'hex'))) end
                order by u.place) as items
            from {table} t
                cross join lateral jsonb_array_elements(t.{quoted(name)})
                    with ordinality as u(item, place)
                left join rekeyed r on r.old = decode(u.item -> 'number' ->> 'index', 'hex')
            group by t.id
            having count(r.new) > 0
        ) fresh
        where m.id = fresh.id
    """

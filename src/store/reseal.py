"""Stored ciphertexts under the newest cipher key: in small batches, beside syncs and readers.

Each batch is a transaction of its own and replaces a ciphertext only if nobody else has meanwhile, so
the work may be broken off and begun again at any time, and what still stands under an older key is
all that is left to do. Readers open every version that the keys file holds.
"""
# ruff: noqa: S608 - every name in these statements comes from our own catalogue

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from ..domain.records import ENTITIES, Kind
from .crypto import number_place, open_bytes, seal_bytes
from .keys import KeyRing
from .mirror_sql import quoted
from .quarantine import quarantine_place
from .rekey import hold_index_version
from .submissions import payload_place
from .uploads import upload_place

__all__ = ["Resealed", "reseal_all", "sealed_under"]

_BATCH = 1_000
_TRIES = 5

_FIELDS = {
    "vr.professional": "national_id",
    "ltc.person": "identifiers",
    "osh.trainee": "national_id",
    "osh.certificate": "national_id",
}
"""Field of the record that a number of ``hub.identifier`` was taken from, ciphertext and all."""

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of ciphertexts.

    Attributes:
        keys: Columns of the table's key, in order, with their types.
        seals: Names the place that a row's ciphertext is bound to.
        document: The column is JSON, and ciphertexts stand in it as ``number.cipher``.
        batch: Rows in one transaction, if not as many as elsewhere.
    """

    table: str
    column: str
    keys: tuple[tuple[str, str], ...]
    seals: Callable[[_Row], str]
    document: bool = False
    batch: int | None = None

    @property
    def name(self) -> str:
        """``vr.professional.national_id``."""
        return f"{self.table}.{self.column}".replace('"', "")


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows of one column were encrypted anew."""

    column: str
    values: int


Progress = Callable[[str, int], None]


def _number_place(entity: str, field: str) -> Callable[[_Row], str]:
    return lambda row: number_place(entity, row["id"], field)


def _columns() -> Iterator[_Column]:
    """Mirrors first: ``hub.identifier`` holds copies of theirs."""
    key = (("id", "text"),)
    for entity in ENTITIES:
        table = f"{entity.registry}.{quoted(entity.table)}"
        for field in entity.fields:
            place = _number_place(entity.name, field.name)
            if field.kind is Kind.NUMBER:
                yield _Column(table, f"{field.name}_cipher", key, place)
            elif field.kind is Kind.PEOPLE:
                yield _Column(table, field.name, key, place, document=True)
    yield _Column(
        "hub.identifier",
        "cipher",
        (("entity", "text"), ("source_id", "text"), ("index", "bytea")),
        lambda row: number_place(row["entity"], row["source_id"], _FIELDS[row["entity"]]),
    )
    yield _Column(
        "hub.quarantine",
        "raw_cipher",
        (("id", "bigint"),),
        lambda row: quarantine_place(row["entity"], row["raw_hash"]),
    )
    yield _Column(
        "hub.submission",
        "payload_cipher",
        (("id", "uuid"),),
        lambda row: payload_place(row["id"]),
    )
    yield _Column(
        "hub.upload",
        "content",
        (("id", "uuid"),),
        lambda row: upload_place(row["id"]),
        batch=10,  # whole files
    )


async def reseal_all(
    connection: "asyncpg.Connection[Any]", keys: KeyRing, progress: Progress | None = None
) -> list[Resealed]:
    """Bring all indexes and ciphertexts under the newest keys of ``keys``.

    Args:
        connection: asyncpg's own connection, outside a transaction; not of a pool that others use
            meanwhile: it holds the lock of ``hold_index_version`` until its session ends.
        keys: With every version that values still stand under.
        progress: Told the column and how many more of its values are done.

    Returns:
        Per column how many values were encrypted anew.

    Raises:
        ConfigurationError: ``KEYS_OUTDATED``; or values stand under a version that ``keys`` lacks.
    """
    await hold_index_version(connection, keys)
    done = []
    for column in _columns():
        values = 0
        for _ in range(_TRIES):
            more = await _pass(connection, keys, column, progress)
            values += more
            if not more:
                break  # What others stored meanwhile is under the newest key too.
        done.append(Resealed(column.name, values))
    return done


async def sealed_under(connection: "asyncpg.Connection[Any]") -> dict[int, int]:
    """By version of the cipher key, how many rows hold a value under it."""
    found: dict[int, int] = {}
    for column in _columns():
        rows = await connection.fetch(
            f"select {_version(column)} as version, count(distinct ({_keys(column)})) as values "
            f"from {_source(column)} where {_cipher(column)} is not null group by 1"
        )
        for row in rows:
            found[row["version"]] = found.get(row["version"], 0) + row["values"]
    return found


def _keys(column: _Column) -> str:
    return ", ".join(f"t.{quoted(name)}" for name, _ in column.keys)


def _source(column: _Column) -> str:
    if not column.document:
        return f"{column.table} t"
    return f"{column.table} t cross join lateral jsonb_array_elements(t.{quoted(column.column)}) as item"


def _cipher(column: _Column) -> str:
    if column.document:
        return "decode(item -> 'number' ->> 'cipher', 'base64')"
    return f"t.{quoted(column.column)}"


def _version(column: _Column) -> str:
    return f"get_byte({_cipher(column)}, 0)"


async def _pass(
    connection: "asyncpg.Connection[Any]",
    keys: KeyRing,
    column: _Column,
    progress: Progress | None,
) -> int:
    """From the first key to the last once; how many values were encrypted anew."""
    newest, done = keys.cipher[-1].version, 0
    names = [name for name, _ in column.keys]
    after: Sequence[object] | None = None
    while True:
        beyond = ""
        if after is not None:
            places = ", ".join(
                f"${number}::{kind}" for number, (_, kind) in enumerate(column.keys, start=2)
            )
            beyond = f"and ({_keys(column)}) > ({places})"
        rows = await connection.fetch(
            f"select t.* from {column.table} t where exists (select from {_inner(column)} "
            f"where {_cipher(column)} is not null and {_version(column)} <> $1) {beyond} "
            f"order by {_keys(column)} limit {column.batch or _BATCH}",
            newest,
            *(after or ()),
        )
        if not rows:
            return done
        more = await _replace(connection, keys, column, rows)
        done += more
        if progress is not None:
            progress(column.name, more)
        after = [rows[-1][name] for name in names]


def _inner(column: _Column) -> str:
    if column.document:
        return f"jsonb_array_elements(t.{quoted(column.column)}) as item"
    return "(select) as one"


async def _replace(
    connection: "asyncpg.Connection[Any]", keys: KeyRing, column: _Column, rows: Sequence[_Row]
) -> int:
    """Exchange the ciphertexts of some rows, where they are still the same."""
    names = [name for name, _ in column.keys]
    fresh: list[object] = []
    old: list[object] = []
    for row in rows:
        held = row[column.column]
        if column.document:
            items = orjson.loads(held) if isinstance(held, (str, bytes)) else held
            old.append(orjson.dumps(items).decode())
            fresh.append(
                orjson.dumps([_item(keys, one, column.seals(row)) for one in items]).decode()
            )
        else:
            old.append(held)
            fresh.append(_again(keys, held, column.seals(row)))
    kind = "text" if column.document else "bytea"
    count = len(names)
    arrays = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(column.keys, 1))
    value = "::jsonb" if column.document else ""
    same = " and ".join(f"t.{quoted(name)} = u.key_{number}" for number, name in enumerate(names))
    statement = (
        f"update {column.table} t set {quoted(column.column)} = u.fresh{value} "
        f"from unnest({arrays}, ${count + 1}::{kind}[], ${count + 2}::{kind}[]) as "
        f"u({', '.join(f'key_{number}' for number in range(count))}, old, fresh) "
        f"where {same} and t.{quoted(column.column)} = u.old{value}"
    )
    keyed = [[row[name] for row in rows] for name in names]
    for attempt in range(1, _TRIES + 1):
        try:
            tag = await connection.execute(statement, *keyed, old, fresh)
        except asyncpg.DeadlockDetectedError:
            # A sync writes the same rows in another order; it goes first.
            if attempt == _TRIES:
                raise
        else:
            return int(tag.rpartition(" ")[2])
    raise AssertionError("the last try returns or raises")  # pragma: no cover


def _again(keys: KeyRing, cipher: bytes, place: str) -> bytes:
    return seal_bytes(keys, open_bytes(keys, cipher, place), place)


def _item(keys: KeyRing, item: dict[str, Any], place: str) -> dict[str, Any]:
    number = item.get("number")
    if not number:
        return item
    cipher = base64.b64decode(number["cipher"])
    if cipher[0] == keys.cipher[-1].version:
        return item
    sealed = base64.b64encode(_again(keys, cipher, place)).decode()
    return {**item, "number": {**number, "cipher": sealed}}

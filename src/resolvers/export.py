"""Use case: hand out what the hub holds of a table (匯出), in our terms or in the agency's own.

``source`` gives the agency's record again, every field of the contract under the contract's name,
normalised only so: ISO dates and times (Taiwan time), decimals as plain text, 是/否 as booleans, empty
as null, NFC, outer spaces off; plus ``id``, the record's key. In the OSH drops every cell is text, so
whole numbers stay text there. ``codes`` gives our field names and codes, each term beside its code.
"""

import base64
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from ..domain.amounts import to_decimal, to_text
from ..domain.errors import InvalidInput
from ..domain.exports import Form, Identifiers
from ..domain.records import BY_COLLECTION, BY_NAME, ENTITIES, Entity, Field, Kind
from ..domain.roc_date import TAIPEI
from ..store.audit import AuditEntry, append
from ..store.crypto import number_place, open_number
from ..store.exports import live_rows
from ..store.keys import KeyRing

__all__ = ["Export", "entity_of", "export_table"]

_FLAGS = {"是": True, "否": False}

Row = RowMapping
Cell = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Export:
    """A table on its way out.

    Attributes:
        columns: In order: sorted for ``source``, the catalogue's for ``codes``.
        total: Number of rows.
        rows: Each with every column, JSON-ready.
    """

    entity: Entity
    columns: tuple[str, ...]
    total: int
    rows: AsyncIterator[dict[str, Any]]


def entity_of(registry: str, table: str) -> Entity:
    """The entity that ``table`` names: the contract's collection, entity or CSV table, or ours.

    Raises:
        InvalidInput: ``UNKNOWN_TABLE``; names those there are.
    """
    found = BY_COLLECTION.get((registry, table)) or BY_NAME.get(f"{registry}.{table}")
    if found is None:
        names = ", ".join(one.collection for one in ENTITIES if one.registry == registry)
        raise InvalidInput(
            f"no table {table[:60]!r} in {registry}: expected one of {names}",
            f"{registry} 無此表 {table[:60]!r}:應為 {names} 之一",
            code="UNKNOWN_TABLE",
        )
    return found


@asynccontextmanager
async def export_table(
    engine: AsyncEngine,
    keys: KeyRing,
    entity: Entity,
    form: Form,
    identifiers: Identifiers,
    now: datetime,
) -> AsyncIterator[Export]:
    """A table as a stream; the audit row is committed before the first row leaves.

    Args:
        engine: Of the hub.
        keys: Needed for ``full`` alone.
        entity: As ``entity_of`` finds it.
        form: ``codes`` or ``source``.
        identifiers: How people's numbers are written.
        now: Instant of the audit row.
    """
    numbers = _Numbers(entity, keys, identifiers)
    cells = _source_cells(entity, numbers) if form is Form.SOURCE else _code_cells(entity, numbers)
    entry = AuditEntry(
        at=now,
        request_id="export",
        operation=f"export.{form}.{identifiers}",
        outcome="allowed",
        fields=(entity.name,),
        registries=(entity.registry,),
    )
    async with live_rows(engine, entity.name) as (total, rows):
        async with engine.begin() as connection:
            await append(connection, replace(entry, counts={"rows": total}))
        records = ({name: cell(row) for name, cell in cells.items()} async for row in rows)
        yield Export(entity, tuple(cells), total, records)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Writes people's numbers as asked."""

    entity: Entity
    keys: KeyRing
    identifiers: Identifiers

    def of(self, row: Row, name: str) -> str | None:
        """The number in a field."""
        if row[f"{name}_index"] is None:
            return None
        if self.identifiers is Identifiers.MASKED:
            return str(row[f"{name}_masked"])
        if self.identifiers is Identifiers.INDEX:
            return bytes(row[f"{name}_index"]).hex()
        return self._opened(row, name, row[f"{name}_cipher"])

    def nested(self, row: Row, name: str, sealed: Mapping[str, Any] | None) -> str | None:
        """A number inside a document."""
        if sealed is None:
            return None
        if self.identifiers is Identifiers.FULL:
            return self._opened(row, name, base64.b64decode(sealed["cipher"]))
        return str(sealed[self.identifiers.value])

    def _opened(self, row: Row, name: str, cipher: bytes) -> str:
        place = number_place(self.entity.name, row["id"], name)
        given = open_number(self.keys, cipher, place).as_given()
        return unicodedata.normalize("NFC", given).strip()


def _source_cells(entity: Entity, numbers: _Numbers) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"id": lambda row: row["id"], entity.key: lambda row: row["id"]}
    for field in entity.fields:
        cells[field.contract_name] = _source_cell(entity, field, numbers)
    return dict(sorted(cells.items()))


def _source_cell(entity: Entity, field: Field, numbers: _Numbers) -> Cell:
    name, kind = field.name, field.kind
    match kind:
        case Kind.NUMBER:
            return lambda row: numbers.of(row, name)
        case Kind.OBJECT:
            return lambda row: _source_object(row, field, row[name], numbers)
        case Kind.OBJECTS | Kind.PEOPLE:
            return lambda row: (
                None
                if row[name] is None
                else [_source_object(row, field, item, numbers) for item in row[name]]
            )
        case Kind.TEXTS:
            return lambda row: None if row[name] is None else [_text(term) for term in row[name]]
        case Kind.AMOUNT:
            return lambda row: None if row[name] is None else _decimal(to_decimal(row[name]))
        case Kind.WHOLE if entity.registry == "osh":
            return lambda row: None if row[name] is None else str(row[name])
        case Kind.DAY | Kind.STAMP:
            return lambda row: _iso(row[name])
        case Kind.TEXT:
            return lambda row: _text(row[name])
        case _:
            return lambda row: row[name]


def _source_object(
    row: Row, field: Field, item: Mapping[str, Any] | None, numbers: _Numbers
) -> dict[str, Any] | None:
    if item is None:
        return None
    out: dict[str, Any] = {}
    for part in field.parts:
        value = item.get(part.name)
        if part.kind is Kind.NUMBER:
            value = numbers.nested(row, field.name, value)
        elif part.kind is Kind.AMOUNT and isinstance(value, str):
            value = _decimal(Decimal(value))
        elif isinstance(value, str):
            value = _text(value)
        out[part.contract_name] = value
    return dict(sorted(out.items()))


def _code_cells(entity: Entity, numbers: _Numbers) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"id": lambda row: row["id"]}
    for field in entity.fields:
        cells |= _code_cell(field, numbers)
    cells["source_version"] = lambda row: row["source_version"]
    cells["synced_at"] = lambda row: _iso(row["synced_at"])
    return cells


def _code_cell(field: Field, numbers: _Numbers) -> dict[str, Cell]:
    name = field.name
    if field.vocabulary:
        codes = f"{name}__codes" if field.kind is Kind.TEXTS else f"{name}__code"
        return {name: lambda row: row[codes], f"{name}_term": lambda row: row[name]}
    match field.kind:
        case Kind.NUMBER:
            return {name: lambda row: numbers.of(row, name)}
        case Kind.AMOUNT:
            return {name: lambda row: None if row[name] is None else to_text(row[name])}
        case Kind.DAY | Kind.STAMP:
            return {name: lambda row: _iso(row[name])}
        case Kind.OBJECT:
            return {name: lambda row: _coded_object(row, field, row[name], numbers)}
        case Kind.OBJECTS | Kind.PEOPLE:
            return {
                name: lambda row: [
                    _coded_object(row, field, item, numbers) for item in row[name] or ()
                ]
            }
        case _:
            return {name: lambda row: row[name]}


def _coded_object(
    row: Row, field: Field, item: Mapping[str, Any] | None, numbers: _Numbers
) -> dict[str, Any] | None:
    if item is None:
        return None
    out: dict[str, Any] = {}
    for part in field.parts:
        value = item.get(part.name)
        if part.kind is Kind.NUMBER:
            out[part.name] = numbers.nested(row, field.name, value)
        elif part.vocabulary:
            out[part.name] = item.get(f"{part.name}__code")
            out[f"{part.name}_term"] = value
        else:
            out[part.name] = value
    return out


def _text(value: str | None) -> str | bool | None:
    if value is None:
        return None
    plain = unicodedata.normalize("NFC", value).strip()
    return _FLAGS.get(plain, plain or None)


def _decimal(value: Decimal) -> str:
    """``7.2``, ``3``: no zeros that say nothing, no exponent."""
    return f"{value.normalize():f}"


def _iso(value: date | datetime | None) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(TAIPEI).isoformat()
    return None if value is None else value.isoformat()

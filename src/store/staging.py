"""Records as rows of a staging table: numbers sealed, documents as JSON, all else as it is."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson

from ..domain.records import BY_NAME, Kind
from ..domain.sync import Record
from ..domain.tw_id import NationalId
from .crypto import number_place, seal_number
from .keys import KeyRing
from .mirror_sql import entity_sql

__all__ = ["rows_of"]

_HEAD = 4  # id, source_version, source_updated_at, raw_hash

_Row = tuple[Any, ...]


def rows_of(keys: KeyRing, entity: str, records: Iterable[Record]) -> list[_Row]:
    """Rows in the order of ``entity_sql(entity).columns``."""
    plain, documents, numbers = _parts(entity)
    rows: list[_Row] = []
    for record in records:
        values = record.values
        row = [record.id, record.version, record.updated_at, record.raw_hash]
        row += map(values.get, plain)
        for name in documents:
            row.append(_document(keys, entity, record.id, name, values.get(name)))
        for name in numbers:
            row += _number(keys, entity, record.id, name, values.get(name))
        rows.append(tuple(row))
    return rows


@cache
def _parts(entity: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    fields = BY_NAME[entity].fields
    numbers = tuple(field.name for field in fields if field.kind is Kind.NUMBER)
    documents = tuple(
        field.name for field in fields if field.kind in (Kind.PEOPLE, Kind.OBJECT, Kind.OBJECTS)
    )
    columns = entity_sql(entity).columns[_HEAD:]
    end = len(columns) - len(documents) - 5 * len(numbers)
    return columns[:end], documents, numbers


def _number(
    keys: KeyRing, entity: str, source_id: str, name: str, value: object
) -> Sequence[object]:
    if value is None:
        return (None,) * 5
    if not isinstance(value, NationalId):
        raise TypeError(f"{entity}.{name}: expected NationalId")
    sealed = seal_number(keys, value, number_place(entity, source_id, name))
    return (sealed.index, sealed.cipher, sealed.masked, sealed.kind, sealed.check)


def _document(keys: KeyRing, entity: str, source_id: str, name: str, value: object) -> str | None:
    if value is None:
        return None
    place = number_place(entity, source_id, name)

    def seal(item: object) -> object:
        if isinstance(item, Mapping):
            kind = item.get("type__code")
            return {
                key: _sealed_document(keys, part, place, kind)
                if isinstance(part, NationalId)
                else seal(part)
                for key, part in item.items()
            }
        if isinstance(item, (list, tuple)):
            return [seal(part) for part in item]
        return item

    return orjson.dumps(seal(value)).decode()


def _sealed_document(
    keys: KeyRing, number: NationalId, place: str, kind: object
) -> dict[str, object]:
    sealed = seal_number(keys, number, place, kind if isinstance(kind, str) else None)
    return {
        "index": sealed.index.hex(),
        "cipher": base64.b64encode(sealed.cipher).decode(),
        "masked": sealed.masked,
        "kind": sealed.kind,
        "check": sealed.check,
    }

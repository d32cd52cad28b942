"""Blocks of records as lines of a text COPY: numbers sealed, documents as JSON, all else as it is.

Column by column, because whatever runs once a row and field in Python costs more than PostgreSQL
needs to store it; days, instants and lists repeat and are looked up.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

import orjson

from ..domain.blocks import Block
from ..domain.records import BY_NAME, Kind
from ..domain.tw_id import NationalId
from .crypto import number_place, seal_number
from .keys import KeyRing
from .mirror_sql import entity_sql
from .tables import number_columns

__all__ = ["array_of_numbers", "array_of_texts", "copy_lines"]

_NULL = r"\N"
_REMEMBERED = 50_000

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_DOCUMENTS = frozenset({Kind.PEOPLE, Kind.OBJECT, Kind.OBJECTS})

_Cells = Iterable[str]


class _Written(dict[Any, str]):
    """Text of values that recur."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        super().__init__({None: _NULL})
        self._write = write

    def __missing__(self, value: object) -> str:
        text = self._write(value)
        if len(self) >= _REMEMBERED:
            self.clear()
            self[None] = _NULL
        self[value] = text
        return text


_DAYS = _Written(lambda day: str(day.isoformat()))
_INSTANTS = _Written(lambda instant: str(instant.isoformat(" ")))
_FLAGS = {None: _NULL, True: "t", False: "f"}


def _array(items: Sequence[str]) -> str:
    return array_of_texts(items).translate(_ESCAPES)


_ARRAYS = _Written(_array)


def _texts(column: Sequence[Any]) -> _Cells:
    nulls = None in column
    whole = "".join([value for value in column if value is not None] if nulls else column)
    # Three searches of the whole column cost far less than looking at each value.
    if "\\" in whole or "\n" in whole or "\t" in whole or "\r" in whole:
        return [_NULL if value is None else value.translate(_ESCAPES) for value in column]
    return [_NULL if value is None else value for value in column] if nulls else column


def _whole_numbers(column: Sequence[Any]) -> _Cells:
    if None in column:
        return [_NULL if value is None else str(value) for value in column]
    return map(str, column)


def _bytes(value: bytes | None) -> str:
    return _NULL if value is None else rf"\\x{value.hex()}"


def _lists(column: Sequence[Any]) -> _Cells:
    return [_NULL if items is None else _ARRAYS[tuple(items)] for items in column]


_PLAIN: Mapping[Kind, Callable[[Sequence[Any]], _Cells]] = {
    Kind.TEXT: _texts,
    Kind.TEXTS: _lists,
    Kind.DAY: lambda column: map(_DAYS.__getitem__, column),
    Kind.STAMP: lambda column: map(_INSTANTS.__getitem__, column),
    Kind.AMOUNT: _whole_numbers,
    Kind.WHOLE: _whole_numbers,
    Kind.FLAG: lambda column: map(_FLAGS.__getitem__, column),
}


def array_of_texts(items: Sequence[str]) -> str:
    """An array literal: one long text is bound many times faster than an array, item by item."""
    whole = '","'.join(items)
    if "\\" in whole or whole.count('"') != 2 * (len(items) - 1):
        whole = '","'.join(_quotable(item) for item in items)
    return f'{{"{whole}"}}' if items else "{}"


def array_of_numbers(items: Sequence[int]) -> str:
    """An array literal of integers."""
    return f"{{{','.join(map(str, items))}}}"


def _quotable(item: str) -> str:
    return item.replace("\\", r"\\").replace('"', r"\"")


def copy_lines(keys: KeyRing, block: Block, *constants: str) -> bytes:
    """Lines in the order of ``entity_sql(block.entity).columns``.

    Args:
        keys: The newest of each kind is used.
        block: A few hundred records: its columns are walked one after the other.
        constants: The same in every line, behind its columns; without special characters.
    """
    size, columns = len(block), block.columns
    missing = (None,) * size
    cells: list[_Cells] = [
        _texts(block.ids),
        map(str, block.versions),
        map(_INSTANTS.__getitem__, block.updated_at),
        map(_bytes, block.hashes),
    ]
    plain, documents, numbers = _parts(block.entity)
    for name, write in plain:
        cells.append(write(columns.get(name, missing)))
    for name in documents:
        written = map(
            _document, repeat(keys), repeat(block.entity), block.ids, repeat(name),
            columns.get(name, missing),
        )  # fmt: skip
        cells.append(_texts(list(written)))
    for name in numbers:
        cells += _numbers(keys, block, name)
    cells += [repeat(text, size) for text in constants]
    return ("\n".join(map("\t".join, zip(*cells, strict=True))) + "\n").encode()


@cache
def _parts(
    entity: str,
) -> tuple[
    tuple[tuple[str, Callable[[Sequence[Any]], _Cells]], ...], tuple[str, ...], tuple[str, ...]
]:
    """Plain columns with what writes them, documents, numbers: in the order of the columns."""
    fields = BY_NAME[entity].fields
    numbers = tuple(field.name for field in fields if field.kind is Kind.NUMBER)
    documents = tuple(field.name for field in fields if field.kind in _DOCUMENTS)
    kinds: dict[str, Kind] = {}
    for field in fields:
        kinds[field.name] = field.kind
        kinds[f"{field.name}__code"] = Kind.TEXT
        kinds[f"{field.name}__codes"] = Kind.TEXTS
    names = entity_sql(entity).columns[4:]  # behind id, source_version, source_updated_at, raw_hash
    left = {*documents, *(column for name in numbers for column in number_columns(name))}
    plain = tuple((name, _PLAIN[kinds[name]]) for name in names if name not in left)
    return plain, documents, numbers


def _numbers(keys: KeyRing, block: Block, name: str) -> Iterable[_Cells]:
    """The five columns of a person's number."""
    rows: list[tuple[object, ...]] = []
    for source_id, value in zip(
        block.ids, block.columns.get(name, (None,) * len(block)), strict=True
    ):
        if value is None:
            rows.append((None,) * 5)
            continue
        if not isinstance(value, NationalId):
            raise TypeError(f"{block.entity}.{name}: expected NationalId")
        sealed = seal_number(keys, value, number_place(block.entity, source_id, name))
        rows.append((sealed.index, sealed.cipher, sealed.masked, sealed.kind, sealed.check))
    index, cipher, masked, kind, check = zip(*rows, strict=True)
    return (
        map(_bytes, index),
        map(_bytes, cipher),
        _texts(masked),
        _texts(kind),
        _texts(check),
    )


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

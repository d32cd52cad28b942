"""From an agency's record to ours, by the catalogue: types checked, days and amounts read, codes added.

Pure and fast: everything that does not depend on the record is prepared once per entity.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

import msgspec
import orjson
from msgspec.structs import astuple

from ..domain.blocks import Block
from ..domain.collector import collector_paused
from ..domain.records import BY_NAME, Entity, Kind
from ..domain.sync import Problem, Record
from .base import DriftLog
from .fields import Codes, Convert, Faulty, converter, fault_of, storable

__all__ = ["Faulty", "Raw", "Reader", "reread"]

Raw = Mapping[str, Any]

_JSON_TYPES: Mapping[Kind, Any] = {Kind.TEXTS: list[str], Kind.WHOLE: int, Kind.FLAG: bool}
_REPEATED = 1_000
_NUL = b"\\u0000"
_NESTED = frozenset({Kind.PEOPLE, Kind.OBJECT, Kind.OBJECTS})
_TEXT = {str}
_TEXT_OR_NONE = {str, type(None)}


class Reader:
    """Reads the records of one entity.

    Args:
        entity: From the catalogue.
        drift: Where unknown fields and values are counted.
        envelope: Names beside the fields that are no drift.
        text_cells: Every value is text and an empty one is absent, as in a CSV.
    """

    def __init__(
        self,
        entity: Entity,
        drift: DriftLog,
        *,
        envelope: frozenset[str] = frozenset(),
        text_cells: bool = False,
    ) -> None:
        self.entity = entity
        self._name = entity.name
        self._key = entity.key
        self._drift = drift
        self._names = envelope | {entity.key} | {f.contract_name for f in entity.fields}
        # Plain text first, required before optional, so that two slices are checked at once.
        self._fields = sorted(
            entity.fields, key=lambda f: (f.kind is not Kind.TEXT, not f.required)
        )
        plain = [field for field in self._fields if field.kind is Kind.TEXT]
        self._texts = len(plain)
        self._required_texts = sum(field.required for field in plain)
        self._sources = [entity.key, *(field.contract_name for field in self._fields)]
        self._get = itemgetter(*self._sources)
        # Texts that recur are kept once, however many records of a batch hold them.
        self._repeating: dict[int, dict[str | None, str | None]] = {
            index: {} for index in range(self._texts)
        }
        # A record that has all our names, and no more of them, holds no unknown one.
        self._sizes = {len(self._sources)}
        # What reads a nested record counts its oddities on the way, and must not do so twice.
        self._one_by_one = any(field.kind in _NESTED for field in entity.fields)
        self._converters = [
            (index, converter(self._name, field, drift, text_cells=text_cells))
            for index, field in enumerate(self._fields)
        ]
        self._converted = self._converters[self._texts :]
        self._columns = [field.name for field in self._fields]
        self._codes: list[tuple[int, Convert]] = []
        for index, field in enumerate(self._fields):
            if field.vocabulary:
                codes = Codes(self._name, field, drift)
                listed = field.kind is Kind.TEXTS
                self._codes.append((index, codes.of_list if listed else codes.__getitem__))
                self._columns.append(f"{field.name}__code{'s' if listed else ''}")
        self._decoder = None if text_cells or envelope else self._typed()
        self._template: dict[str, object] = dict.fromkeys(self._columns)

    def read_lines(self, lines: Sequence[bytes], version: int) -> Block | None:
        """Several records as JSON texts, a line each; a few hundred at a time are fastest.

        Returns:
            None where one of them is faulty or holds a field that we do not know: parse them, then
            ``read_block`` says which.
        """
        if self._decoder is None:
            return None
        with collector_paused():
            return self._typed_block(self._decoder, lines, version)

    def _typed_block(
        self, decoder: "msgspec.json.Decoder[Any]", lines: Sequence[bytes], version: int
    ) -> Block | None:
        size = len(lines)
        try:
            whole = b"\n".join(lines)
            rows = list(map(astuple, decoder.decode_lines(whole)))
            if len(rows) != size or _NUL in whole:
                return None
            texts = list(map(orjson.dumps, rows))
            keys, *columns = map(list, zip(*rows, strict=True))
            return self._block(keys, columns, texts, (version,) * size, (None,) * size)
        except (Faulty, TypeError, ValueError, RecursionError):
            return None

    def read_block(
        self, raws: Sequence[Raw], versions: Sequence[int], updated_at: Sequence[datetime | None]
    ) -> tuple[Block, Sequence[tuple[int, Faulty]]]:
        """Several records, as ``read`` reads them one by one.

        Returns:
            The good ones, and the places (from 0) of the faulty ones with what is wrong.
        """
        if not self._one_by_one:
            try:
                with collector_paused():
                    return self._at_once(raws, versions, updated_at), ()
            except (Faulty, TypeError, ValueError):
                pass  # One of them has to be set aside; reading one by one finds which and why.
        records: list[Record] = []
        faulty: list[tuple[int, Faulty]] = []
        for place, raw in enumerate(raws):
            try:
                records.append(self.read(raw, versions[place], updated_at[place]))
            except Faulty as fault:
                faulty.append((place, fault))
        return Block.of(self._name, records), faulty

    def _at_once(
        self, raws: Sequence[Raw], versions: Sequence[int], updated_at: Sequence[datetime | None]
    ) -> Block:
        known = False
        try:
            rows = list(map(self._get, raws))
            known = set(map(len, raws)) == self._sizes
        except KeyError:
            rows = [tuple(map(raw.get, self._sources)) for raw in raws]
        texts = list(map(orjson.dumps, rows))
        keys, *columns = map(list, zip(*rows, strict=True))
        _check_texts(keys, [])
        for column in columns[: self._required_texts]:
            _check_texts(column, [])
        for column in columns[self._required_texts : self._texts]:
            _check_texts([], column)
        if _NUL in b"".join(texts) and not all(map(storable, raws)):
            raise ValueError("a text that cannot be stored")
        block = self._block(keys, columns, texts, versions, updated_at)
        if known:
            return block
        for place, raw in enumerate(raws):
            if not raw.keys() <= self._names:
                block.hashes[place] = sha256(texts[place] + self._unknown(raw)).digest()
        return block

    def _block(
        self,
        keys: list[str],
        columns: list[list[Any]],
        texts: list[bytes],
        versions: Sequence[int],
        updated_at: Sequence[datetime | None],
    ) -> Block:
        """From columns whose texts are texts; what counts oddities comes when nothing can fail."""
        if not all(keys):
            raise ValueError("a record without its key")
        for index, known in self._repeating.items():
            columns[index] = list(map(known.setdefault, columns[index], columns[index]))
            if len(known) > _REPEATED:
                del self._repeating[index]
                break
        for index, convert in self._converted:
            columns[index] = list(map(convert, columns[index]))
        columns += [list(map(code, columns[index])) for index, code in self._codes]
        hashes = [sha256(text).digest() for text in texts]
        values = dict(zip(self._columns, columns, strict=True))
        return Block(self._name, keys, versions, updated_at, hashes, values)

    def _typed(self) -> "msgspec.json.Decoder[Any] | None":
        """Decodes and checks in one go a record that holds our names and no others."""
        if self._one_by_one:
            return None
        types: list[tuple[str, Any] | tuple[str, Any, Any]] = [("key", str)]
        names = {"key": self.entity.key}
        for index, field in enumerate(self._fields):
            name, kind = f"f{index}", _JSON_TYPES.get(field.kind, str)
            types.append((name, kind) if field.required else (name, kind | None, None))
            names[name] = field.contract_name
        shape = msgspec.defstruct(
            "Line", types, rename=names, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        return msgspec.json.Decoder(shape)

    def _unknown(self, raw: Raw) -> bytes:
        """Fields that the catalogue does not have: not kept, but the record has changed when they have."""
        unknown = sorted(raw.keys() - self._names)
        for name in unknown:
            self._drift.add(self._name, name, "unknown_field")
        return orjson.dumps([(name, raw[name]) for name in unknown])

    def read(self, raw: Raw, version: int, updated_at: datetime | None = None) -> Record:
        """One record.

        Raises:
            Faulty: it has to be set aside.
        """
        key, *row = map(raw.get, self._sources)
        try:
            text = orjson.dumps((key, *row))
            _check_texts(row[: self._required_texts], row[self._required_texts : self._texts])
            for index, convert in self._converted:
                row[index] = convert(row[index])
        except (Faulty, TypeError, ValueError) as error:
            raise self._fault(raw) from error
        if type(key) is not str or not key:
            raise Faulty(self._key, "missing_required" if not key else "wrong_type")
        if _NUL in text and not storable(raw):
            raise Faulty("", "bad_text")
        row += [code(row[index]) for index, code in self._codes]
        if not raw.keys() <= self._names:
            text += self._unknown(raw)
        values = self._template.copy()  # Keeps its size: no growing while it is filled.
        values.update(zip(self._columns, row, strict=True))
        return Record(self._name, key, version, values, sha256(text).digest(), updated_at)

    def problem(self, raw: object, fault: Faulty, where: str, version: int) -> Problem:
        """The faulty record as it is set aside.

        Args:
            raw: The record, of any shape.
            fault: What is wrong.
            where: Page, line or file and row.
            version: Of the record, 0 where it cannot be read.
        """
        key = raw.get(self._key) if isinstance(raw, Mapping) else None
        text = _dump(raw)
        return Problem(
            entity=self._name,
            id=key if isinstance(key, str) and storable(key) else "",
            field=fault.field,
            reason=fault.reason,
            where=where,
            raw=text,
            raw_hash=sha256(text).digest(),
            version=version,
        )

    def _fault(self, raw: Raw) -> Faulty:
        """The first field that cannot be read: the slow way, for faulty records only."""
        for field, (_, convert) in zip(self._fields, self._converters, strict=True):
            value = raw.get(field.contract_name)
            if value is None:
                if field.required:
                    return Faulty(field.contract_name, "missing_required")
                continue
            fault = fault_of(convert, value, field.kind)
            if fault is not None:
                nested, reason = fault
                return Faulty(f"{field.contract_name}{nested}", reason)
        return Faulty("", "bad_text")


def reread(
    entity: str, raw: Raw, version: int, updated_at: datetime | None = None
) -> Record | Problem:
    """A record that had been set aside, read again: the value maps may know more by now.

    Args:
        entity: ``ltc.credit``.
        raw: As kept in quarantine: the contract's fields under the contract's names.
        version: Of the record.
        updated_at: Of the record.
    """
    reader = Reader(BY_NAME[entity], DriftLog(), text_cells=entity.startswith("osh."))
    try:
        return reader.read(raw, version, updated_at)
    except Faulty as fault:
        return reader.problem(raw, fault, "quarantine", version)


def _check_texts(required: list[object], optional: list[object]) -> None:
    if set(map(type, required)) - _TEXT or set(map(type, optional)) - _TEXT_OR_NONE:
        raise TypeError("expected text")


def _dump(raw: object) -> bytes:
    try:
        return orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Bytes that the announced encoding does not know came in as lone surrogates.
        return repr(raw).encode("ascii", "backslashreplace")

"""From an agency's record to ours, by the catalogue: types checked, days and amounts read, codes added.

Pure and fast: everything that does not depend on the record is prepared once per entity, frequent
days, amounts and terms are looked up instead of parsed again.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import orjson

from ..domain import roc_date
from ..domain.records import Entity, Field, Kind
from ..domain.sync import Problem, Record
from ..domain.tw_id import NationalId
from ..domain.vocabulary import code_of
from .base import DriftLog

__all__ = ["Faulty", "Raw", "Reader", "canonical"]

Raw = Mapping[str, Any]
_Convert = Callable[[Any], object]

_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,2}))?\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_DATE_LIKE = re.compile(r"\d{2,3}(/\d{2}/\d{2}|年\d{1,2}月\d{1,2}日)", re.ASCII)
_REMEMBERED = 50_000
_BIGINT = 1 << 63
_NUL = b"\\u0000"


class Faulty(Exception):
    """A record that has to be set aside.

    Attributes:
        field: Contract name, with the place in a nested record (``categories[0].hours``).
        reason: Stable code: ``missing_required wrong_type impossible_date not_a_date not_an_amount
            not_a_number not_a_flag bad_text`` and what the connectors add.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class _Remembered(dict[str | None, Any]):
    """Results of a conversion by text; a wrong type or text raises as the conversion does."""

    def __init__(self, convert: _Convert, *, null: bool) -> None:
        super().__init__({None: None} if null else {})
        self._convert = convert
        self._null = null

    def __missing__(self, text: object) -> object:
        if not isinstance(text, str):
            raise TypeError("expected text")
        value = self._convert(text)
        if len(self) >= _REMEMBERED:
            self.clear()
            if self._null:
                self[None] = None
        self[text] = value
        return value


class _Codes(dict[str | None, str | None]):
    """Codes of a field's terms; an unknown term has none and is reported each time."""

    def __init__(self, entity: str, field: Field, drift: DriftLog) -> None:
        super().__init__({None: None})
        self._entity = entity
        self._field = field
        self._drift = drift
        # 縣市 has no list in the contracts, but an unknown name gives nobody access: report it.
        self._reported = bool(field.known) or field.vocabulary == "county"

    def __missing__(self, term: str) -> str | None:
        code = code_of(self._field.vocabulary, term)
        if code is None and self._reported:
            self._drift.add(self._entity, self._field.contract_name, "unknown_value", term)
        elif len(self) < _REMEMBERED:
            self[term] = code
        return code


def canonical(raw: Raw) -> bytes:
    """One spelling of a record: keys sorted, no spaces. What its hash is taken of."""
    return orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)


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
        self._converters = [
            (index, _converter(self._name, field, drift, text_cells=text_cells))
            for index, field in enumerate(self._fields)
            if field.kind is not Kind.TEXT
        ]
        self._columns = [field.name for field in self._fields]
        self._codes: list[tuple[int, _Convert]] = []
        for index, field in enumerate(self._fields):
            if field.vocabulary:
                codes = _Codes(self._name, field, drift)
                listed = field.kind is Kind.TEXTS
                self._codes.append((index, _codes_of(codes) if listed else codes.__getitem__))
                self._columns.append(f"{field.name}__code{'s' if listed else ''}")
        self._template: dict[str, object] = dict.fromkeys(self._columns)

    def read(self, raw: Raw, version: int, updated_at: datetime | None = None) -> Record:
        """One record.

        Raises:
            Faulty: it has to be set aside.
        """
        key, *row = map(raw.get, self._sources)
        try:
            text = orjson.dumps((key, row))
            _check_texts(row[: self._required_texts], row[self._required_texts : self._texts])
            for index, convert in self._converters:
                row[index] = convert(row[index])
            row += [code(row[index]) for index, code in self._codes]
        except (TypeError, ValueError) as error:
            raise self._fault(raw) from error
        if type(key) is not str or not key:
            raise Faulty(self._key, "missing_required" if not key else "wrong_type")
        if _NUL in text and _holds_nul(raw):
            raise Faulty("", "bad_text")
        if not raw.keys() <= self._names:
            unknown = sorted(raw.keys() - self._names)
            for name in unknown:
                self._drift.add(self._name, name, "unknown_field")
            text += canonical({name: raw[name] for name in unknown})
        values = self._template.copy()  # Keeps its size: no growing while it is filled.
        values.update(zip(self._columns, row, strict=True))
        return Record(self._name, key, version, values, sha256(text).digest(), updated_at)

    def problem(self, raw: object, fault: Faulty, where: str) -> Problem:
        """The faulty record as it is set aside.

        Args:
            raw: The record, of any shape.
            fault: What is wrong.
            where: Page, line or file and row.
        """
        key = raw.get(self.entity.key) if isinstance(raw, Mapping) else None
        text = _dump(raw)
        return Problem(
            entity=self._name,
            id=key.replace("\x00", "") if isinstance(key, str) else "",
            field=fault.field,
            reason=fault.reason,
            where=where,
            raw=text,
            raw_hash=sha256(text).digest(),
        )

    def _fault(self, raw: Raw) -> Faulty:
        """The first field that cannot be read: the slow way, for faulty records only."""
        checks: dict[int, _Convert] = dict(self._converters)
        for index, field in enumerate(self._fields):
            value = raw.get(field.contract_name)
            if value is None:
                if field.required:
                    return Faulty(field.contract_name, "missing_required")
                continue
            fault = _try(checks.get(index, _text), value, field.kind)
            if fault is not None:
                nested, reason = fault
                return Faulty(f"{field.contract_name}{nested}", reason)
        return Faulty("", "bad_text")


def _check_texts(required: list[object], optional: list[object]) -> None:
    if set(map(type, required)) - _TEXT or set(map(type, optional)) - _TEXT_OR_NONE:
        raise TypeError("expected text")


def _converter(entity: str, field: Field, drift: DriftLog, *, text_cells: bool) -> _Convert:
    if field.kind in {Kind.OBJECT, Kind.OBJECTS, Kind.PEOPLE}:
        item = _object_reader(entity, field, drift)
        convert = item if field.kind is Kind.OBJECT else _list_of(item)
    else:
        read = (_CELLS if text_cells else _JSON)[field.kind]
        if field.kind in _REPEATING:
            return _Remembered(read, null=not field.required).__getitem__
        convert = read
    if field.required:
        return convert
    return lambda value: None if value is None else convert(value)


def _codes_of(codes: _Codes) -> _Convert:
    def read(terms: list[str]) -> list[str]:
        return [code for code in map(codes.__getitem__, terms) if code is not None]

    return read


def _try(convert: _Convert, value: object, kind: Kind) -> tuple[str, str] | None:
    try:
        convert(value)
    except Faulty as fault:
        return fault.field, fault.reason
    except TypeError:
        return "", "wrong_type"
    except ValueError:
        if kind in {Kind.DAY, Kind.STAMP}:
            date_like = isinstance(value, str) and _DATE_LIKE.match(value)
            return "", "impossible_date" if date_like else "not_a_date"
        return "", _REASONS.get(kind, "wrong_type")
    return None


_REASONS = {
    Kind.AMOUNT: "not_an_amount",
    Kind.WHOLE: "not_a_number",
    Kind.FLAG: "not_a_flag",
    Kind.NUMBER: "missing_required",
    Kind.TEXT: "bad_text",
}


def _object_reader(entity: str, field: Field, drift: DriftLog) -> _Convert:
    """Reads a nested object: values stay as the contract writes them, codes stand beside them."""
    parts = []
    for part in field.parts:
        check = _JSON[part.kind]
        codes = _Codes(entity, _nested(field, part), drift) if part.vocabulary else None
        parts.append((part, check, codes))
    names = {part.contract_name for part in field.parts}

    def read(value: Any) -> dict[str, object]:
        if type(value) is not dict:
            raise TypeError("expected an object")
        out: dict[str, object] = {}
        for part, check, codes in parts:
            item = value.get(part.contract_name)
            if item is None:
                if part.required:
                    raise Faulty(f".{part.contract_name}", "missing_required")
                out[part.name] = None
                continue
            fault = _try(check, item, part.kind)
            if fault is not None:
                raise Faulty(f".{part.contract_name}", fault[1])
            out[part.name] = NationalId(item) if part.kind is Kind.NUMBER else item
            if codes is not None:
                out[f"{part.name}__code"] = codes[item]
        for name in value.keys() - names:
            drift.add(entity, f"{field.contract_name}.{name}", "unknown_field")
        return out

    return read


def _nested(field: Field, part: Field) -> Field:
    return Field(
        part.name,
        part.kind,
        part.title,
        source=f"{field.contract_name}.{part.contract_name}",
        known=part.known,
        vocabulary=part.vocabulary,
    )


def _list_of(item: _Convert) -> _Convert:
    def read(value: Any) -> list[object]:
        if type(value) is not list:
            raise TypeError("expected a list")
        out = []
        for index, element in enumerate(value):
            try:
                out.append(item(element))
            except Faulty as fault:
                raise Faulty(f"[{index}]{fault.field}", fault.reason) from fault
        return out

    return read


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("expected text")
    return value


def _texts(value: Any) -> list[str]:
    if type(value) is not list:
        raise TypeError("expected a list")
    for item in value:
        if type(item) is not str:
            raise TypeError("expected a list of text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("expected an integer")
    if not -_BIGINT <= value < _BIGINT:
        raise ValueError("out of range")
    return value


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise TypeError("expected a boolean")


def _number(value: Any) -> NationalId:
    if type(value) is not str:
        raise TypeError("expected text")
    if not value.strip():
        raise ValueError("empty")
    return NationalId(value)


def _amount(text: str) -> int:
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError("expected a decimal of at most two places")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _slashed_day(text: str) -> date:
    if "年" in text:
        raise ValueError("expected a date such as 112/11/08")
    return roc_date.parse(text)


def _chinese_day(text: str) -> date:
    if "/" in text:
        raise ValueError("expected a date such as 113年5月6日")
    return roc_date.parse(text)


def _cell_whole(text: str) -> int:
    if not _WHOLE.match(text):
        raise ValueError("expected an integer")
    return int(text)


def _cell_flag(text: str) -> bool:
    if text not in {"是", "否"}:
        raise ValueError("expected 是 or 否")
    return text == "是"


_JSON: Mapping[Kind, _Convert] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.DAY: _slashed_day,
    Kind.STAMP: roc_date.parse_stamp,
    Kind.AMOUNT: _amount,
    Kind.WHOLE: _whole,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
}

_CELLS: Mapping[Kind, _Convert] = {
    Kind.TEXT: _text,
    Kind.DAY: _chinese_day,
    Kind.AMOUNT: _amount,
    Kind.WHOLE: _cell_whole,
    Kind.FLAG: _cell_flag,
    Kind.NUMBER: _number,
}

_REPEATING = frozenset({Kind.DAY, Kind.STAMP, Kind.AMOUNT})
"""Kinds whose texts recur so often that looking up beats reading."""

_TEXT = {str}
_TEXT_OR_NONE = {str, type(None)}


def _holds_nul(value: object) -> bool:
    """Whether any text holds U+0000, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _dump(raw: object) -> bytes:
    try:
        return orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Bytes that the announced encoding does not know came in as lone surrogates.
        return repr(raw).encode("ascii", "backslashreplace")

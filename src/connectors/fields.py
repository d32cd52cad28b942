"""How each kind of field is read: from JSON values and from the cells of a CSV.

A conversion returns our value, or raises ``TypeError`` (wrong type), ``ValueError`` (right type, wrong
content) or ``Faulty`` (deep in a nested record). Frequent texts are looked up instead of read again.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ..domain import roc_date
from ..domain.records import Field, Kind
from ..domain.tw_id import NationalId
from ..domain.vocabulary import code_of, unknown_terms
from .base import DriftLog

__all__ = ["Codes", "Convert", "Faulty", "converter", "fault_of", "storable"]

Convert = Callable[[Any], object]

_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,2}))?\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_DATE_LIKE = re.compile(r"\d{2,3}(/\d{2}/\d{2}|年\d{1,2}月\d{1,2}日)", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REMEMBERED = 50_000
_BIGINT = 1 << 63


class Faulty(Exception):
    """A record that has to be set aside.

    Attributes:
        field: Contract name, with the place in a nested record (``categories[0].hours``).
        reason: Stable code: ``missing_required wrong_type impossible_date not_a_date not_an_amount
            not_a_number bad_text``; OSH also ``wrong_column_count operation_unknown``.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Codes(dict[str | None, str | None]):
    """Codes of a field's terms; an unknown term has none and is reported each time."""

    def __init__(self, entity: str, field: Field, drift: DriftLog) -> None:
        super().__init__({None: None})
        self._entity = entity
        self._field = field
        self._drift = drift
        self._lists: dict[tuple[str, ...], list[str]] = {}
        # 縣市 has no list in the contracts, but an unknown name gives nobody access: report it.
        self._reported = bool(field.known) or field.vocabulary == "county"

    def __missing__(self, term: str) -> str | None:
        code = code_of(self._field.vocabulary, term)
        unknown = unknown_terms(self._field.vocabulary, term) if self._reported else ()
        for part in unknown:
            self._drift.add(self._entity, self._field.contract_name, "unknown_value", part)
        if not unknown and len(self) < _REMEMBERED:
            self[term] = code
        return code

    def of_list(self, terms: list[str]) -> list[str]:
        """The codes of those terms that are known."""
        found = self._lists.get(tuple(terms))
        if found is None:
            found = [code for code in map(self.__getitem__, terms) if code is not None]
            if self.keys() >= set(terms) and len(self._lists) < _REMEMBERED:
                self._lists[tuple(terms)] = found
        return found


class _Remembered(dict[str | None, Any]):
    """Results of a conversion by text."""

    def __init__(self, convert: Convert, *, null: bool) -> None:
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


def converter(entity: str, field: Field, drift: DriftLog, *, text_cells: bool) -> Convert:
    """The conversion of a field; ``None`` passes where the field need not be there."""
    if field.kind in {Kind.OBJECT, Kind.OBJECTS, Kind.PEOPLE}:
        item = _object_reader(entity, field, drift)
        convert = item if field.kind is Kind.OBJECT else _list_of(item)
    else:
        convert = (_CELLS if text_cells else _JSON)[field.kind]
        if field.kind in _REPEATING:
            return _Remembered(convert, null=not field.required).__getitem__
    if field.required:
        return convert
    return lambda value: None if value is None else convert(value)


def fault_of(convert: Convert, value: object, kind: Kind) -> tuple[str, str] | None:
    """What is wrong with a value: place below the field, and reason; ``None`` if nothing is."""
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


def storable(value: object) -> bool:
    """Whether PostgreSQL can hold every text of it: no U+0000, no lone surrogate."""
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not _SURROGATE.search(value))
    if isinstance(value, Mapping):
        return all(storable(key) and storable(item) for key, item in value.items())
    return all(map(storable, value)) if isinstance(value, list) else True


def _object_reader(entity: str, field: Field, drift: DriftLog) -> Convert:
    """Reads a nested object: values stay as the contract writes them, codes stand beside them."""
    parts = []
    for part in field.parts:
        nested = Field(
            part.name,
            part.kind,
            part.title,
            source=f"{field.contract_name}.{part.contract_name}",
            known=part.known,
            vocabulary=part.vocabulary,
        )
        parts.append((part, Codes(entity, nested, drift) if part.vocabulary else None))
    names = {part.contract_name for part in field.parts}

    def read(value: Any) -> dict[str, object]:
        if type(value) is not dict:
            raise TypeError("expected an object")
        out: dict[str, object] = {}
        for part, codes in parts:
            item = value.get(part.contract_name)
            if item is None:
                if part.required:
                    raise Faulty(f".{part.contract_name}", "missing_required")
                out[part.name] = None
                continue
            fault = fault_of(_JSON[part.kind], item, part.kind)
            if fault is not None:
                raise Faulty(f".{part.contract_name}", fault[1])
            out[part.name] = NationalId(item) if part.kind is Kind.NUMBER else item
            if codes is not None:
                out[f"{part.name}__code"] = codes[item]
        for name in value.keys() - names:
            drift.add(entity, f"{field.contract_name}.{name}", "unknown_field")
        return out

    return read


def _list_of(item: Convert) -> Convert:
    def read(value: Any) -> list[object]:
        if type(value) is not list:
            raise TypeError("expected a list")
        out = []
        for index, element in enumerate(value):
            try:
                out.append(item(element))
            except Faulty as fault:
                raise Faulty(f"[{index}]{fault.field}", fault.reason) from fault
            except TypeError as error:
                raise Faulty(f"[{index}]", "wrong_type") from error
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


def _amount(text: Any) -> int:
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError("expected a decimal of at most two places")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _slashed_day(text: Any) -> date:
    if "年" in text:
        raise Faulty("", "not_a_date")
    return roc_date.parse(text)


def _chinese_day(text: Any) -> date:
    if "/" in text:
        raise Faulty("", "not_a_date")
    return roc_date.parse(text)


def _cell_whole(text: Any) -> int:
    if not _WHOLE.match(text):
        raise ValueError("expected an integer")
    return int(text)


_JSON: Mapping[Kind, Convert] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.DAY: _slashed_day,
    Kind.STAMP: roc_date.parse_stamp,
    Kind.AMOUNT: _amount,
    Kind.WHOLE: _whole,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
}

_CELLS: Mapping[Kind, Convert] = {
    Kind.TEXT: _text,
    Kind.DAY: _chinese_day,
    Kind.AMOUNT: _amount,
    Kind.WHOLE: _cell_whole,
    Kind.NUMBER: _number,
}

_REPEATING = frozenset({Kind.DAY, Kind.STAMP, Kind.AMOUNT})
"""Kinds whose texts recur so often that looking up beats reading."""

_REASONS: Mapping[Kind, str] = {
    Kind.AMOUNT: "not_an_amount",
    Kind.WHOLE: "not_a_number",
    Kind.NUMBER: "missing_required",
}

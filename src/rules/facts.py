"""From ``given``, in the rulebooks' vocabulary, to frozen facts; the same for YAML, JSON and CLI.

A fact type is a ``Facts`` struct. Unknown keys and values are refused with the path of the fact, so
that a mistyped key can never become a wrong decision.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar

import msgspec

from ..domain.amounts import parse_amount
from ..domain.errors import InvalidFacts

__all__ = ["Facts", "Hundredths", "Period", "TenThousandths", "parse_facts", "require_order"]


class Hundredths(int):
    """An amount in facts, in hundredths; read from a number or text of at most two decimals."""

    __slots__ = ()


class TenThousandths(int):
    """An amount in facts, in ten-thousandths; read from a number or text of at most four decimals.

    For hours that a weight multiplies: the VR cases hold records of three decimals.
    """

    __slots__ = ()


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all facts: immutable, and an unknown key is an error."""


class Period(Facts, frozen=True, rename={"start": "from", "end": "to"}):
    """``{from, to}``, both days included; ``to`` may be open."""

    start: date
    end: date | None = None


Text = Annotated[str, msgspec.Meta(max_length=2000)]
_T = TypeVar("_T")
_LARGEST = 10**15
_PATH = re.compile(r"\$\.?(?P<path>[^`]*)")


def _decode(kind: type, value: object) -> object:
    if kind is Hundredths:
        amount = parse_amount(value)
        if amount < 0:
            raise ValueError("an amount that is not negative")
        return Hundredths(amount)
    if kind is TenThousandths:
        return TenThousandths(_ten_thousandths(value))
    raise NotImplementedError(kind)


def _ten_thousandths(value: object) -> int:
    message = "a number that is not negative, with at most four decimals"
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(message)
    try:
        scaled = Decimal(repr(value) if isinstance(value, float) else value) * 10_000
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError(message) from error
    if whole != scaled or not 0 <= whole < _LARGEST:
        raise ValueError(message)
    return whole


def _only_days(value: object) -> object:
    """YAML reads some days as instants: a plain day is a day, an instant stays (and is refused)."""
    if isinstance(value, Mapping):
        return {str(key): _only_days(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_only_days(item) for item in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def parse_facts(given: object, kind: type[_T], *, ready: bool = False) -> _T:
    """The facts of type ``kind`` that ``given`` (from JSON or YAML) describes.

    Args:
        given: A map of facts.
        kind: A ``Facts`` struct.
        ready: ``given`` holds JSON types only: there is no day object to be written as text.

    Raises:
        InvalidFacts: a key or code is unknown, a type is wrong, an amount negative or finer than
            two decimals; ``details["path"]`` names the fact. Values are not repeated.
    """
    if not isinstance(given, Mapping):
        raise InvalidFacts.at("", "a map of facts")
    try:
        return msgspec.convert(given if ready else _only_days(given), kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        match = _PATH.match(where)
        path = match["path"] if match else ""
        expected = re.sub(r"^[Ee]xpected ", "", message)
        # Only the kind of value is told, never the value: it may be a person's number.
        expected = re.sub(r"^Invalid enum value .*", "a code of the rulebook", expected)
        expected = re.sub(
            r"^Object contains unknown field .*", "keys of the rulebook only", expected
        )
        expected = re.sub(
            r"^Object missing required field `(\w+)`", r"the fact `\1`, which is missing", expected
        )
        raise InvalidFacts.at(path, expected) from error
    except (NotImplementedError, RecursionError, OverflowError) as error:
        raise InvalidFacts.at("", "facts of the rulebook's shape") from error


def require_order(start: date | None, end: date | None, path: str) -> None:
    """Refuse a period that ends before it starts.

    Raises:
        InvalidFacts: naming ``path``.
    """
    if start is not None and end is not None and end < start:
        raise InvalidFacts.at(path, "a last day not before the first", "迄日不得早於起日")

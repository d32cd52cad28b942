"""From ``given``, in the rulebooks' vocabulary, to frozen facts; the same for YAML, JSON and CLI.

A fact type is a ``Facts`` struct. Unknown keys and values are refused with the path of the fact, so
that a mistyped key can never become a wrong decision.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, ClassVar, TypeVar

import msgspec

from ..domain.amounts import parse_amount
from ..domain.errors import InvalidFacts

__all__ = [
    "A_DAY",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Count",
    "Facts",
    "Hundredths",
    "Period",
    "TenThousandths",
    "check_day",
    "contradiction",
    "parse_facts",
    "require_order",
    "require_unique",
]


def contradiction(key: str, expected: str) -> ValueError:
    """What a fact type raises when its own facts contradict each other; ``key`` is one of them."""
    return ValueError(f"{key}|{expected}")


class Hundredths(int):
    """An amount in facts, in hundredths; read from a number or text of at most two decimals."""

    __slots__ = ()


class TenThousandths(int):
    """An amount in facts, in ten-thousandths; read from a number or text of at most four decimals.

    For hours that a weight multiplies: the VR cases hold records of three decimals.
    """

    __slots__ = ()


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all facts: immutable, and an unknown key is an error.

    Attributes:
        checks_own_days: The rule looks at each day itself; in a batch a second walk would show.
    """

    checks_own_days: ClassVar[bool] = False


class Period(Facts, frozen=True, rename={"start": "from", "end": "to"}):
    """``{from, to}``, both days included; ``to`` may be open."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise contradiction("to", "a last day not before the first")


Text = Annotated[str, msgspec.Meta(max_length=2000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
_T = TypeVar("_T")
_LARGEST = 10**15
_LARGEST_AMOUNT = 10**13  # hundredths: whatever is added up of it stays an exact JSON number
_LARGEST_INTEGER = 10**12
_TOLD = (
    (r"^Invalid enum value .*", "a code of the rulebook", "規則書之代碼"),
    (r"^Invalid RFC3339 encoded .*", "a day as YYYY-MM-DD", "YYYY-MM-DD 之日期"),
    (r"^Object contains unknown field .*", "keys of the rulebook only", "規則書所列之鍵"),
    (
        r"^Object missing required field `(\w+)`",
        r"the fact `\1`, which is missing",
        r"含事實 `\1`(目前缺漏)",
    ),
)
"""Only the kind of value is told, never the value: it may be a person's number."""

_DEEPEST = 24
FIRST_YEAR, LAST_YEAR = 1900, 2999
A_DAY = f"a day between {FIRST_YEAR} and {LAST_YEAR}"
_PATH = re.compile(r"\$\.?(?P<path>[^`]*)")


def _decode(kind: type, value: object) -> object:
    if kind is Hundredths:
        amount = parse_amount(value)
        if amount < 0:
            raise ValueError("an amount that is not negative")
        if amount > _LARGEST_AMOUNT:
            raise ValueError("an amount that a record can hold")
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


def _below(path: str, key: object) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def _only_json(value: object, path: str = "", depth: int = 0) -> object:
    """``value`` as the types of JSON; YAML reads some text as days: a plain day is a day again.

    An instant stays, and is refused where a day is expected.

    Raises:
        InvalidFacts: nested deeper than any fact, or a whole number that no fact can be.
    """
    if isinstance(value, (Mapping, list, tuple)) and depth >= _DEEPEST:
        raise InvalidFacts.at(path, f"facts nested at most {_DEEPEST} deep")
    if isinstance(value, Mapping):
        return {
            str(key): _only_json(item, _below(path, str(key)), depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [
            _only_json(item, _below(path, index), depth + 1) for index, item in enumerate(value)
        ]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if type(value) is int and abs(value) > _LARGEST_INTEGER:
        raise InvalidFacts.at(path, "a number that a record can hold")
    return value


def check_day(day: date, path: str) -> None:
    """Refuse a day whose arithmetic would leave the calendar.

    Raises:
        InvalidFacts: naming ``path``.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidFacts.at(path, A_DAY, f"given.{path}:應為西元 1900 至 2999 年之日期")


def _check_days(value: object, path: str) -> None:
    """Every day among the facts stands in the calendar; others are left to their rule.

    Raises:
        InvalidFacts: naming the day.
    """
    if isinstance(value, date):
        check_day(value, path)
    elif isinstance(value, msgspec.Struct):
        for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            _check_days(getattr(value, name), _below(path, key))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_days(item, _below(path, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check_days(item, _below(path, index))


def parse_facts(given: object, kind: type[_T], *, ready: bool = False) -> _T:
    """The facts of type ``kind`` that ``given`` (from JSON or YAML) describes.

    Args:
        given: A map of facts.
        kind: A ``Facts`` struct.
        ready: ``given`` holds JSON types only: there is no day object to be written as text.

    Raises:
        InvalidFacts: a key or code is unknown, a type is wrong, an amount negative or finer than
            two decimals, a day outside the calendar; ``details["path"]`` names the fact. Values are
            not repeated.
    """
    if not isinstance(given, Mapping):
        raise InvalidFacts.at("", "a map of facts")
    try:
        facts = msgspec.convert(given if ready else _only_json(given), kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        match = _PATH.match(where)
        path = match["path"] if match else ""
        key, bar, rest = message.partition("|")
        if bar:
            path, message = _below(path, key), rest
        expected = zh = re.sub(r"^[Ee]xpected ", "", message)
        for pattern, told, told_zh in _TOLD:
            expected, zh = re.sub(pattern, told, expected), re.sub(pattern, told_zh, zh)
        where = f"given.{path}" if path else "given"
        raise InvalidFacts.at(path, expected, f"{where}:應為 {zh}") from error
    except (NotImplementedError, RecursionError, OverflowError) as error:
        raise InvalidFacts.at("", "facts of the rulebook's shape") from error
    if not getattr(kind, "checks_own_days", False):
        _check_days(facts, "")
    return facts


def require_order(start: date | None, end: date | None, path: str) -> None:
    """Refuse a period that ends before it starts.

    Raises:
        InvalidFacts: naming ``path``.
    """
    if start is not None and end is not None and end < start:
        raise InvalidFacts.at(path, "a last day not before the first", "迄日不得早於起日")


def require_unique(ids: Iterable[str], path: str, key: str = "id") -> None:
    """Refuse an id that stands twice in a list.

    Raises:
        InvalidFacts: naming the second.
    """
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in seen:
            raise InvalidFacts.at(f"{path}[{index}].{key}", "an id that stands once")
        seen.add(one)

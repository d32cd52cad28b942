"""Rule cases (domain/cases format): question, expected answer, and how the two are compared.

A case asserts only the keys it names. Numbers compare by value, days by ISO text; ``findings`` and
``notices`` are sets; of a map only the named keys; ``null`` also fits a key that is not reported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from yaml import YAMLError

from ..domain.decision import details, plain
from ..domain.errors import CertHubError, InvalidInput
from .engine import evaluate
from .params import Ruleset, read_yaml

__all__ = ["Case", "Outcome", "read_cases", "run_case"]

_SETS = frozenset({"findings", "notices"})


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case."""

    id: str
    rule: str
    as_of: date
    given: Mapping[str, object]
    expect: Mapping[str, object]
    folder: str = "."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: no failures means passed."""

    case: Case
    failures: tuple[str, ...]


def read_cases(text: str, folder: str = ".") -> list[Case]:
    """The cases of one file.

    Raises:
        InvalidInput: not a list of cases.
    """
    try:
        raw = read_yaml(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise InvalidInput(f"not YAML{where}", f"不是 YAML{where}") from error
    except RecursionError as error:
        raise InvalidInput("nested deeper than any case", "巢狀過深") from error
    if not isinstance(raw, list):
        raise InvalidInput(_SHAPE)
    return [_case(item, position, folder) for position, item in enumerate(raw, start=1)]


_SHAPE = "expected a YAML list of cases with id, rule, as_of, given, expect"


def _case(item: object, position: int, folder: str) -> Case:
    if not isinstance(item, Mapping) or not {"id", "rule", "as_of", "given", "expect"} <= set(item):
        raise InvalidInput(f"case {position}: {_SHAPE}")
    day = item["as_of"]
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError as error:
            raise InvalidInput(f"{item['id']}: as_of: expected an ISO day") from error
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidInput(f"{item['id']}: as_of: expected an ISO day")
    for key in ("given", "expect"):
        if not isinstance(item[key], Mapping):
            raise InvalidInput(f"{item['id']}: {key}: expected a map")
    return Case(str(item["id"]), str(item["rule"]), day, item["given"], item["expect"], folder)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return None


def _key(value: object) -> str:
    """Text by which equal values compare equal, whatever the order of their keys."""
    if isinstance(value, Mapping):
        return str(sorted((str(key), _key(item)) for key, item in value.items()))
    number = _number(value)
    return str(number.normalize()) if number is not None else str(value)


def _differences(path: str, expected: Any, got: Any, unordered: bool) -> Iterator[str]:
    if isinstance(expected, Mapping):
        if not isinstance(got, Mapping):
            yield f"{path}: expected {expected}, got {got}"
            return
        for key, item in expected.items():
            yield from _differences(f"{path}.{key}", item, got.get(str(key)), unordered)
        return
    if isinstance(expected, list):
        if path.rpartition(".")[2] in _SETS or unordered:
            same = isinstance(got, list) and sorted(map(_key, expected)) == sorted(map(_key, got))
            if not same:
                yield f"{path}: expected {expected}, got {got}"
            return
        if not isinstance(got, list) or len(got) != len(expected):
            yield f"{path}: expected {expected}, got {got}"
            return
        for index, (item, have) in enumerate(zip(expected, got, strict=True)):
            yield from _differences(f"{path}[{index}]", item, have, unordered)
        return
    left, right = _number(expected), _number(got)
    same_number = left is not None and right is not None and left == right
    if not (same_number or (type(expected) is type(got) and expected == got)):
        yield f"{path}: expected {expected!r}, got {got!r}"


def run_case(case: Case, given: Mapping[str, object], ruleset: Ruleset | None = None) -> Outcome:
    """Ask the case's question with ``given`` (files already read in) and compare."""
    try:
        answer = details(evaluate(case.rule, given, case.as_of, ruleset).decision)
    except CertHubError as error:
        return Outcome(case, (f"{case.id}: {case.rule}: {error.code}: {error.en}",))
    unordered = case.rule.startswith(("sharing.", "osh."))
    failures = [
        f"{case.id}: {line.removeprefix('.')}"
        for line in _differences("", plain(case.expect), answer, unordered)
    ]
    return Outcome(case, tuple(failures))

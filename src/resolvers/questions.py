"""The frame of a decision for this request: day, figures, freshness, settings."""

from collections.abc import Hashable, Mapping
from datetime import date

import orjson

from ..domain.decision import plain
from ..domain.errors import InvalidFacts, InvalidInput
from .context import Hub, Request
from .decisions import Question
from .registries import states

__all__ = ["declared_facts", "declared_key", "question"]

_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)
_DECLARED_BYTES = 64 * 1024


async def question(hub: Hub, request: Request, as_of: date | None) -> Question:
    """The question's frame on ``as_of``, or on the business day.

    Raises:
        InvalidInput: ``DAY_OUT_OF_RANGE``: a day that no rule could be about.
    """
    day = as_of or request.business_day
    if not _FIRST <= day <= _LAST:
        raise InvalidInput(
            f"asOf: expected a day from {_FIRST} to {_LAST}",
            f"asOf:應為 {_FIRST} 至 {_LAST} 間之日期",
            code="DAY_OUT_OF_RANGE",
            details={"path": "asOf", "expected": f"{_FIRST}..{_LAST}"},
        )
    return Question(day, hub.ruleset, await states(hub, request), hub.rule_params, hub.holidays)


def declared_facts(declared: object) -> Mapping[str, object] | None:
    """What a caller declared, as a map of facts; None for nothing.

    Raises:
        InvalidFacts: it is no map.
        InvalidInput: ``DECLARED_TOO_LARGE``.
    """
    if declared is None:
        return None
    if not isinstance(declared, Mapping):
        raise InvalidFacts.at("", "a map of facts")
    if len(orjson.dumps(plain(declared))) > _DECLARED_BYTES:
        raise InvalidInput(
            f"declared: expected at most {_DECLARED_BYTES} bytes",
            f"declared:應不超過 {_DECLARED_BYTES} 位元組",
            code="DECLARED_TOO_LARGE",
        )
    return declared or None


def declared_key(declared: Mapping[str, object] | None) -> Hashable:
    """What tells two declarations apart, for batches."""
    if declared is None:
        return None
    return orjson.dumps(plain(declared), option=orjson.OPT_SORT_KEYS)

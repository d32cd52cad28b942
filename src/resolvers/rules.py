"""The rules one can ask, with the figures in force on a day, and what-if questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from ..domain.amounts import to_number
from ..domain.decision import details, plain
from ..domain.errors import InvalidFacts, InvalidInput
from ..rules.engine import EntryPoint, evaluate
from ..rules.entry_points import ENTRY_POINTS
from ..rules.params import Ruleset
from .context import Hub, Request

__all__ = ["Rule", "RuleFigure", "evaluate_rule", "rule", "rules"]

_GIVEN_BYTES = 1024 * 1024
_AMOUNTS = frozenset({"points", "hours"})


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """A dated figure of the law, as it is in force on a day.

    Attributes:
        group: ``ltc.total``.
        name: ``minimum``.
        value: JSON-ready.
        law: Citation.
        since: First day in force.
        confirmed: False where no text at hand confirms it.
    """

    group: str
    title: Mapping[str, str]
    name: str
    value: object
    unit: str
    law: str
    since: date
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """An entry point (判定項目) with its texts and the figures of its registry on a day."""

    code: str
    title: Mapping[str, str]
    registry: str | None
    law: Sequence[str]
    on: date
    ruleset_version: str
    figures: Sequence[RuleFigure]


def _figures(ruleset: Ruleset, prefix: str, on: date) -> list[RuleFigure]:
    return [
        RuleFigure(
            group.id,
            group.title,
            name,
            to_number(figure.value)
            if group.unit in _AMOUNTS and isinstance(figure.value, int)
            else plain(figure.value),
            group.unit,
            figure.law,
            figure.since,
            figure.confirmed,
        )
        for group in ruleset.groups.values()
        if group.id.partition(".")[0] == prefix
        for name, figure in group.on(on).items()
    ]


def rule(entry: EntryPoint, ruleset: Ruleset, on: date) -> Rule:
    """An entry point as it stands on ``on``."""
    registry = entry.registry
    return Rule(
        entry.code,
        entry.title,
        None if registry == "sharing" else registry,
        entry.law,
        on,
        ruleset.version,
        _figures(ruleset, registry, on),
    )


def rules(hub: Hub, request: Request, registry: str | None, on: date | None) -> list[Rule]:
    """Every entry point of a registry (None: of all, with sharing), by code."""
    day = on or request.business_day
    return [
        rule(entry, hub.ruleset, day)
        for code, entry in sorted(ENTRY_POINTS.items())
        if registry is None or entry.registry == registry
    ]


def evaluate_rule(
    hub: Hub, request: Request, code: str, as_of: date, given: object
) -> dict[str, object]:
    """What the entry point ``code`` reports for facts that the caller gives: nothing is loaded.

    Raises:
        UnknownRule: no such entry point.
        InvalidFacts: the facts contradict each other or hold an unknown key or code.
        InvalidInput: ``FACTS_TOO_LARGE``.
        NoFigureInForce: the law has no figure for that day.
    """
    if not isinstance(given, Mapping):
        raise InvalidFacts.at("", "a map of facts")
    try:
        size = len(orjson.dumps(plain(given), option=orjson.OPT_NON_STR_KEYS))
    except (TypeError, RecursionError) as error:  # too large a number, too deep, half a character
        raise InvalidFacts.at("", "facts of the rulebook's shape") from error
    if size > _GIVEN_BYTES:
        raise InvalidInput(
            f"given: expected at most {_GIVEN_BYTES} bytes",
            f"given:應不超過 {_GIVEN_BYTES} 位元組",
            code="FACTS_TOO_LARGE",
        )
    request.trace.rules.add(code)
    return details(evaluate(code, given, as_of, hub.ruleset).decision)

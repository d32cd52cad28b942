"""One door to all entry points: facts in the rulebook's vocabulary in, an evaluation out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import orjson

from ..domain.decision import Decision, plain
from ..domain.errors import InvalidInput, UnknownRule
from .facts import A_DAY, FIRST_YEAR, LAST_YEAR, parse_facts
from .params import Ruleset, current_ruleset

__all__ = ["EntryPoint", "Evaluation", "decide", "evaluate", "facts_hash"]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A rule one can ask (判定項目).

    Attributes:
        code: ``ltc.renewal``.
        title: ``{"zh": ..., "en": ...}``.
        facts: Type of its facts.
        decide: Facts, day and figures in, decision out; pure.
        law: Citations of the texts it applies.
    """

    code: str
    title: Mapping[str, str]
    facts: type[Any]
    decide: Callable[[Any, date, Ruleset], Decision]
    law: tuple[str, ...]

    @property
    def registry(self) -> str:
        """``vr``, ``ltc``, ``osh`` or ``sharing``."""
        return self.code.partition(".")[0]


class Evaluation(msgspec.Struct, frozen=True):
    """A decision with what is needed to replay it."""

    decision: Decision
    ruleset_version: str
    facts_hash: str
    given: Mapping[str, object]


def facts_hash(rule: str, as_of: date, given: Mapping[str, object], *, ready: bool = False) -> str:
    """SHA-256 over the canonical JSON of the question, hexadecimal.

    Args:
        rule: Entry point.
        as_of: Day asked about.
        given: Facts.
        ready: They hold JSON types only, so that they need not be walked first.
    """
    question = {
        "rule": rule,
        "as_of": as_of.isoformat(),
        "given": given if ready else plain(given),
    }
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()


def decide(
    entry: EntryPoint,
    given: Mapping[str, object],
    as_of: date,
    ruleset: Ruleset | None = None,
    *,
    ready: bool = False,
) -> Evaluation:
    """Answer ``entry`` for ``given`` on ``as_of``.

    Args:
        entry: Entry point.
        given: Facts under the rulebook's keys.
        as_of: Day asked about.
        ruleset: Figures; None: those of this version.
        ready: ``given`` holds JSON types only (our own fact builders): it is not walked first.

    Raises:
        InvalidFacts: the facts contradict each other or hold an unknown key or code.
        InvalidInput: a day that no calendar of the registries has.
    """
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise InvalidInput(
            f"as_of: expected {A_DAY}",
            "as_of:應為西元 1900 至 2999 年之日期",
            details={"path": "as_of", "expected": A_DAY},
        )
    figures = ruleset or current_ruleset()
    facts = parse_facts(given, entry.facts, ready=ready)
    decision = entry.decide(facts, as_of, figures)
    return Evaluation(
        decision, figures.version, facts_hash(entry.code, as_of, given, ready=ready), given
    )


def evaluate(
    rule: str,
    given: Mapping[str, object],
    as_of: date,
    ruleset: Ruleset | None = None,
    *,
    ready: bool = False,
) -> Evaluation:
    """Answer the entry point ``rule``; arguments as :func:`decide`.

    Raises:
        UnknownRule: no such entry point.
        InvalidFacts: as :func:`decide`.
    """
    from .entry_points import ENTRY_POINTS  # the registry imports the rules, which import this

    entry = ENTRY_POINTS.get(rule)
    if entry is None:
        raise UnknownRule(
            f"no rule {rule!r}; see `certhub rules list`",
            f"無此判定項目 {rule!r}",
            details={"rule": rule},
        )
    return decide(entry, given, as_of, ruleset, ready=ready)

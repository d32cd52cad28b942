"""What every VR rule shares: exact hours and the form of a decision.

Rulebook: domain/vr.md, VR-R1, VR-R6 and section 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..domain.amounts import HUNDRED, to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Deadline,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
    Window,
)
from .vr_figures import Figures

__all__ = [
    "HOUR",
    "Outcome",
    "count",
    "decided",
    "earliest_after",
    "exact",
    "finding",
    "law_unavailable",
    "scaled",
    "whole",
]

HOUR = 10**10
"""Parts of an hour inside VR rules: four decimals of a record times three factors of two stay exact."""

_PARTS_OF_HUNDREDTH = HOUR // HUNDRED


def exact(parts: int) -> int | float:
    """Parts of an hour as the JSON number of hours whose shortest text is exact."""
    hours, rest = divmod(parts, HOUR)
    return hours if rest == 0 else float(Decimal(parts) / HOUR)


def whole(parts: int) -> int:
    """Parts of an hour in whole hundredths, never more than they are."""
    return parts // _PARTS_OF_HUNDREDTH


def scaled(hundredths: int) -> int:
    """Hundredths of an hour in parts of an hour."""
    return hundredths * _PARTS_OF_HUNDREDTH


def count(number: int) -> int:
    """A count in hundredths, as figures and requirements hold it."""
    return number * HUNDRED


def earliest_after(as_of: date, days: Iterable[date | None]) -> date | None:
    """The first of ``days`` after ``as_of``: the next day on which the answer can change."""
    return min((day for day in days if day is not None and day > as_of), default=None)


def finding(
    code: str,
    severity: Severity = Severity.WARNING,
    law: str | None = None,
    about: Sequence[str] = (),
) -> Finding:
    """A finding; a remark unless said otherwise."""
    return Finding(code, severity, law, tuple(about))


@dataclass(slots=True)
class Outcome:
    """A decision being put together; :func:`decided` orders it and collects its citations.

    Attributes:
        counted: Counted hours by requirement code, in parts of an hour, where these may be finer
            than the hundredths of a requirement; the report then tells them unrounded.
    """

    rule: str
    as_of: date
    status: str
    eligible: bool
    explanation: Step
    requirements: Sequence[Requirement] = ()
    findings: Sequence[Finding] = ()
    report: Mapping[str, object] | None = None
    used: Sequence[ActivityUse] = ()
    refused: Sequence[ActivityRefusal] = ()
    deadlines: Sequence[Deadline] = ()
    window: Window | None = None
    valid_to: date | None = None
    next_change_on: date | None = None
    counted: Mapping[str, int] | None = None
    notices: Sequence[Finding] = ()


def _cited(step: Step, into: dict[str, None]) -> None:
    if step.law:
        into[step.law] = None
    for figure in step.inputs:
        if figure.law:
            into[figure.law] = None
    for child in step.children:
        _cited(child, into)


def _each_once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    merged: dict[str, Finding] = {}
    for item in findings:
        known = merged.get(item.code)
        if known is None:
            merged[item.code] = item
        elif item.about:
            about = tuple(dict.fromkeys((*known.about, *item.about)))
            merged[item.code] = Finding(known.code, known.severity, known.law, about)
    return tuple(merged[code] for code in sorted(merged))


def _unrounded(outcome: Outcome) -> dict[str, object]:
    parts = outcome.counted or {}
    return {
        item.code: {
            "met": item.met,
            "counted": exact(parts[item.code])
            if item.code in parts
            else to_number(item.counted or 0),
            "required": to_number(item.required),
        }
        for item in outcome.requirements
    }


def decided(outcome: Outcome) -> Decision:
    """The decision: findings once each by code, deadlines nearest first, every citation once."""
    laws: dict[str, None] = {}
    _cited(outcome.explanation, laws)
    laws.update((item.law, None) for item in outcome.requirements)
    laws.update((item.law, None) for item in outcome.findings if item.law)
    laws.update((item.law, None) for item in outcome.deadlines if item.law)
    laws.update((item.law, None) for item in outcome.refused if item.law)
    report = dict(outcome.report or {})
    if any(parts % _PARTS_OF_HUNDREDTH for parts in (outcome.counted or {}).values()):
        report["requirements"] = _unrounded(outcome)
    elif not outcome.requirements:
        # An entry point with numbers says so when none was in question.
        report.setdefault("requirements", {})
    return Decision(
        rule=outcome.rule,
        as_of=outcome.as_of,
        status=outcome.status,
        eligible=outcome.eligible,
        explanation=outcome.explanation,
        requirements=tuple(outcome.requirements),
        findings=_each_once(outcome.findings),
        report=report,
        used=tuple(outcome.used),
        refused=tuple(outcome.refused),
        deadlines=tuple(sorted(outcome.deadlines, key=lambda item: (item.due, item.code))),
        window=outcome.window,
        valid_to=outcome.valid_to,
        citations=tuple(laws),
        next_change_on=outcome.next_change_on,
        notices=_each_once(outcome.notices),
    )


def law_unavailable(
    rule: str,
    as_of: date,
    figures: Figures,
    *,
    moves: bool = True,
    activities: Iterable[str] = (),
) -> Decision | None:
    """The answer where no text of the regulation is held for the day (VR-R1), else None.

    Args:
        rule: Entry point.
        as_of: Day asked about.
        figures: Of the day that picks the text.
        moves: Whether that day moves with ``as_of``.
        activities: Ids of the records given; none of them can count.
    """
    if figures.law("version") is not None:
        return None
    step = Step("vr.why.law_version_unavailable", None, (Figure("day", figures.day),), met=False)
    first = figures.changes_after(figures.day)[:1] if moves else ()
    return decided(
        Outcome(
            rule,
            as_of,
            "law_version_unavailable",
            False,
            step,
            refused=[ActivityRefusal(item, "law_version_unavailable") for item in activities],
            next_change_on=first[0] if first else None,
        )
    )

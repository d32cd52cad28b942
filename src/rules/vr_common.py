"""What every VR rule shares: figures with overrides, codes, certificates, the form of a decision.

Rulebook: domain/vr.md, VR-R1..VR-R4 and section 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from ..domain.amounts import HUNDRED, parse_amount, to_number
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
from ..domain.errors import InvalidFacts, NoFigureInForce
from ..domain.periods import DAY, last_day_within, roll_forward
from .facts import Facts
from .params import FigureValue, Ruleset

__all__ = [
    "HOUR",
    "Box",
    "Certificate",
    "ClosedPeriod",
    "Figures",
    "Index",
    "Outcome",
    "ReviewState",
    "Role",
    "Title",
    "VrFacts",
    "box_of",
    "check_calendar",
    "count",
    "decided",
    "earliest_after",
    "exact",
    "finding",
    "law_unavailable",
    "scaled",
    "union_days",
    "whole",
]

Role = Literal[
    "vocational_trainer",
    "vocational_training_staff",
    "vocational_assessor",
    "employment_specialist",
    "case_manager",
    "supervisor_case_management",
    "supervisor_vocational_assessment",
    "supervisor_employment_service",
    "supervisor_vocational_training",
]
"""Professional types (專業人員) that a certificate can name, with supervisor subtypes."""

Title = Literal[Role, "supervisor"]
"""A role, or a supervisor (督導) whose subtype the register does not hold."""

Box = Literal[
    "vocational_trainer",
    "vocational_training_staff",
    "vocational_assessor",
    "employment_specialist",
    "case_manager",
    "supervisor",
]
"""Check boxes of a continuing-education record (辦理對象)."""

ReviewState = Literal[
    "draft",
    "submitted",
    "supplement_required",
    "preliminary_review",
    "final_review",
    "review_meeting",
    "approved",
    "confirmed",
    "not_qualified",
    "rejected",
    "letter_issued",
    "entry_submitted",
    "roster_imported",
    "hours_verified",
]

HOUR = 10**10
"""Parts of an hour inside VR rules: four decimals of a record times three factors of two stay exact."""

_PARTS_OF_HUNDREDTH = HOUR // HUNDRED
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_REGISTRY = "vr."


Index = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
"""A number of a part (領域序號) or of things, never negative."""


def check_calendar(*days: date | None) -> None:
    """Refuse days that calendar arithmetic cannot follow.

    Raises:
        ValueError: a year before 1900 or after 2999; inside a fact type it names the fact's path.
    """
    for day in days:
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise ValueError(f"a day between {_FIRST_YEAR} and {_LAST_YEAR}")


class VrFacts(Facts, frozen=True, kw_only=True):
    """Facts of a VR entry point; ``params`` overrides figures by name."""

    params: dict[str, Any] = msgspec.field(default_factory=dict)


class ClosedPeriod(Facts, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """``{from, to}``, both days included, both known."""

    start: date
    end: date

    def __post_init__(self) -> None:
        check_calendar(self.start, self.end)
        if self.end < self.start:
            raise ValueError("a last day (to) not before the first (from)")


def union_days(spells: Iterable[tuple[date, date]]) -> int:
    """Days covered by ``spells``, both ends included, overlapping days once."""
    days, reached = 0, date.min
    for start, end in sorted(spells):
        first = start if start > reached else reached + DAY
        if end >= first:
            days += (end - first).days + 1
            reached = end
    return days


class Certificate(Facts, frozen=True, kw_only=True):
    """A certificate (資格認證證明) with the deductions of absence granted on it (art. 11)."""

    id: str
    valid_from: date
    valid_to: date
    deductions: tuple[ClosedPeriod, ...] = ()

    def __post_init__(self) -> None:
        check_calendar(self.valid_from, self.valid_to)
        if self.valid_to < self.valid_from:
            raise ValueError("a valid_to not before valid_from")

    @property
    def deducted_days(self) -> int:
        """Days deducted, overlapping days once."""
        return union_days((item.start, item.end) for item in self.deductions)

    @property
    def expires_on(self) -> date:
        """Last day of validity, deductions added (VR-R40)."""
        return self.valid_to + self.deducted_days * DAY


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


def box_of(title: str) -> str:
    """The check box that a certificate reads: one for all supervisors (VR-R29)."""
    return "supervisor" if title.startswith("supervisor") else title


@lru_cache(maxsize=64)
def _starts(ruleset: Ruleset, groups: tuple[str, ...]) -> tuple[date, ...]:
    return tuple(
        sorted(
            {
                figure.since
                for group in groups
                for dated in ruleset.groups[group].values.values()
                for figure in dated
                if figure.enabled
            }
        )
    )


def _override(unit: str, value: object, path: str) -> object:
    """An overriding value, checked against the unit of the figure it replaces."""
    if value is None:
        return None
    if unit in {"hours", "multiplier"}:
        try:
            amount = parse_amount(value)
        except ValueError as error:
            raise InvalidFacts.at(path, str(error), "至多二位小數之數") from error
        if amount < 0:
            raise InvalidFacts.at(path, "an amount that is not negative", "不得為負數")
        return amount if unit == "hours" else value
    if unit == "switch":
        if isinstance(value, (bool, str)):
            return value
        raise InvalidFacts.at(path, "true, false or a code", "真、偽或代碼")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10 * HUNDRED**2:
        return value
    raise InvalidFacts.at(path, "a whole number that is not negative", "非負整數")


class Figures:
    """The VR figures in force on one day, ``given.params`` put in their place by name."""

    __slots__ = ("_overrides", "_params", "day", "ruleset")

    def __init__(self, ruleset: Ruleset, day: date, overrides: Mapping[str, object]) -> None:
        """Picks the figures of ``day``.

        Raises:
            InvalidFacts: an override names no figure of the VR rulebook or is of another kind.
        """
        self.ruleset = ruleset
        self.day = day
        self._params = ruleset.on(day)
        self._overrides: dict[str, FigureValue] = {}
        for name, value in overrides.items():
            group = next(
                (
                    group
                    for key, group in ruleset.groups.items()
                    if key.startswith(_REGISTRY) and name in group.values
                ),
                None,
            )
            if group is None or isinstance(group.values[name][0].value, (Mapping, list)):
                raise InvalidFacts.at(
                    f"params.{name}", "a parameter of the VR rulebook", "VR 規則之參數"
                )
            replaced = _override(group.unit, value, f"params.{name}")
            self._overrides[name] = FigureValue(replaced, "hub#params", day, confirmed=False)

    def get(self, group: str, name: str) -> FigureValue | None:
        """The figure, or None where none is in force."""
        if name in self._overrides:
            figure = self._overrides[name]
            return None if figure.value is None else figure
        return self._params.get(f"vr.{group}", name)

    def figure(self, group: str, name: str) -> FigureValue:
        """The figure with its citation.

        Raises:
            NoFigureInForce: none on that day.
        """
        found = self.get(group, name)
        if found is None:
            raise NoFigureInForce(
                f"no figure vr.{group}:{name} in force on {self.day}",
                f"{self.day} 無有效之參數 vr.{group}:{name}",
                details={"figure": f"vr.{group}:{name}", "on": self.day.isoformat()},
            )
        return found

    def number(self, group: str, name: str) -> int:
        """A whole number: hundredths in groups of hours, else as written."""
        value = self.figure(group, name).value
        return value if isinstance(value, int) else int(str(value))

    def is_on(self, name: str) -> bool:
        """A switch that is true or false.

        Raises:
            InvalidFacts: overridden by something else.
        """
        value = self.figure("switches", name).value
        if isinstance(value, bool):
            return value
        raise InvalidFacts.at(f"params.{name}", "true or false", "真或偽")

    def option(self, name: str, *options: str) -> str:
        """A switch that is one of ``options``.

        Raises:
            InvalidFacts: overridden by something else.
        """
        value = self.figure("switches", name).value
        if value in options:
            return str(value)
        raise InvalidFacts.at(f"params.{name}", f"one of {', '.join(options)}")

    def law(self, subject: str) -> str | None:
        """The citation of a subject in the text of the day; None where the text lacks it."""
        found = self._params.get("vr.law", subject)
        return None if found is None else found.law

    def begun(self, subject: str) -> date:
        """First day on which any text of the regulation held the subject."""
        return self.ruleset.groups["vr.law"].values[subject][0].since

    def within(self, event: date, months: int) -> date:
        """Last day "within N months after ``event``" (VR-R2), moved off rest days if so set."""
        day = last_day_within(event, months)
        return roll_forward(day) if self.is_on("roll_on_rest_days") else day

    def changes_after(self, day: date, *groups: str) -> tuple[date, ...]:
        """Days after ``day`` on which a figure of ``groups`` or the law changes."""
        starts = _starts(self.ruleset, tuple(f"vr.{group}" for group in ("law", *groups)))
        return tuple(start for start in starts if start > day)


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

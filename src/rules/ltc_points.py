"""``ltc.points``: the points a course earns by its length, a check of what the registry entered."""

from datetime import date

from ..domain.amounts import to_number
from ..domain.decision import Decision, Figure, Finding, Severity, Step
from ..domain.errors import InvalidFacts
from .facts import Facts
from .ltc_codes import Mode, Role
from .ltc_common import (
    citations_of,
    figure_input,
    findings_of,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import calendar_days
from .params import FigureValue, Params, Ruleset

__all__ = ["PointsFacts", "points"]

_LONGEST = 10**6


class PointsFacts(Facts, frozen=True, kw_only=True):
    """Facts of ``ltc.points``.

    Attributes:
        date: Day of completion.
        minutes: Class time net of breaks.
        participants: Of a live online class.
        assistants: Course assistants of a live online class; None where not recorded.
        role: Points of an instructor follow annex 2, which is not held.
    """

    mode: Mode
    minutes: int
    participants: int | None = None
    assistants: int | None = None
    role: Role = "attendee"
    date: date


def _check(facts: PointsFacts, as_of: date) -> None:
    calendar_days({"date": facts.date, "as_of": as_of})
    for path, count in (
        ("minutes", facts.minutes),
        ("participants", facts.participants),
        ("assistants", facts.assistants),
    ):
        if count is not None and not 0 <= count <= _LONGEST:
            raise InvalidFacts.at(path, "a whole number that is not negative")


def _by_length(minutes: int, rate: FigureValue, unit: FigureValue) -> int:
    """Minutes / unit x rate, in hundredths; cut where a figure would give a finer amount."""
    return minutes * int(rate.value) // int(unit.value)


def _course_points(facts: PointsFacts, on: Params) -> tuple[int, Step]:
    """Points by mode and day of completion.

    Law: seed-004 (網路積分換算; 積分通過證明); L0070045:11, annex 2; LTC-R8.
    """
    unit = on.figure("ltc.course_unit", "minutes")
    event = on.get("ltc.course_points", "online_event") if facts.mode == "online" else None
    if event is not None:
        step = Step(
            "ltc.points_per_event",
            event.law,
            (figure_input("per_event", event, "points"),),
            event.value,
            "points",
        )
        return event.value, step
    name = "online_rate" if facts.mode == "online" else "physical_rate"
    rate = on.figure("ltc.course_points", name)
    earned = _by_length(facts.minutes, rate, unit)
    step = Step(
        "ltc.points_by_length",
        rate.law,
        (
            Figure("minutes", facts.minutes * 100, "minutes"),
            figure_input("unit", unit, "minutes"),
            figure_input("rate", rate, "points"),
        ),
        earned,
        "points",
    )
    return earned, step


def _live_class(facts: PointsFacts, on: Params) -> tuple[list[Finding], list[Step]]:
    """Size of a live online class and its assistants, since the figures are in force.

    Law: seed-004 §11附件2 (學員人數以200名為限; 每增加50名應安排至少1名課程助理); LTC-R8.
    """
    limit = on.get("ltc.live_online", "participants_at_most")
    if facts.mode != "live_online" or facts.participants is None or limit is None:
        return [], []
    without = on.figure("ltc.live_online", "without_assistant")
    per = on.figure("ltc.live_online", "per_assistant")
    needed = (
        -((without.value - facts.participants) // per.value)
        if (facts.participants > without.value)
        else 0
    )
    findings = []
    if facts.participants > limit.value:
        findings.append(Finding("live_online_over_200", Severity.WARNING, limit.law))
    enough = facts.assistants is None or facts.assistants >= needed
    if not enough:
        findings.append(Finding("live_online_assistants_short", Severity.WARNING, per.law))
    assistants = None if facts.assistants is None else facts.assistants * 100
    size = Step(
        "ltc.live_online_size",
        limit.law,
        (
            Figure("participants", facts.participants * 100, "persons"),
            figure_input("at_most", limit, "persons"),
        ),
        facts.participants * 100,
        "persons",
        facts.participants <= limit.value,
    )
    helpers = Step(
        "ltc.live_online_assistants",
        per.law,
        (
            Figure("assistants", assistants, "persons"),
            Figure("needed", needed * 100, "persons"),
            figure_input("without_assistant", without, "persons"),
            figure_input("per_assistant", per, "persons"),
        ),
        assistants,
        "persons",
        None if facts.assistants is None else enough,
    )
    return findings, [size, helpers]


def points(facts: PointsFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Points of a course 積分換算, decided by the day of completion and never computed again.

    The registry's own figure stays the valid one; this is a plausibility check.

    Args:
        facts: The course.
        as_of: Day of the question; the figures are those of ``facts.date``.
        ruleset: Figures.

    Raises:
        InvalidFacts: a count that is negative.
        NoFigureInForce: a course before the regulation.

    Law: L0070045:11; seed-004; LTC-R8.
    """
    _check(facts, as_of)
    on = ruleset.on(facts.date)
    counts_as = "online" if facts.mode == "online" else "physical"
    findings = ruleset_findings(ruleset, as_of)
    earned: int | None = None
    if facts.role == "instructor":
        law = "L0070045@2023-10-11:11-3"
        findings.append(Finding("needs_annex", Severity.WARNING, law))
        children: tuple[Step, ...] = (Step("ltc.points_by_annex", law),)
        status = "needs_annex"
    else:
        earned, step = _course_points(facts, on)
        live, steps = _live_class(facts, on)
        findings.extend(live)
        children = (step, *steps)
        status = "computed"
    explanation = Step(
        "ltc.points",
        "L0070045@2023-10-11:11-1",
        (Figure("date", facts.date), Figure("mode", facts.mode), Figure("counts_as", counts_as)),
        earned,
        "points",
        children=children,
    )
    found = findings_of(findings)
    return Decision(
        rule="ltc.points",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=explanation,
        findings=found,
        report={
            "points": None if earned is None else to_number(earned),
            "counts_as": counts_as,
        },
        citations=citations_of(explanation, findings=found),
        next_change_on=next_day(as_of, (outdated_day(ruleset),)),
    )

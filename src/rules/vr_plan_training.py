"""Case managers' 60 assessment hours under the plan (職管員職業輔導評量訓練).

Rulebook: domain/vr.md, VR-R25..VR-R27.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import msgspec

from ..domain.decision import Deadline, Decision, Figure, Finding, Requirement, Severity, Step
from ..domain.periods import DAY
from .facts import Facts, TenThousandths
from .params import FigureValue, Ruleset
from .vr_common import (
    HOUR,
    Outcome,
    count,
    decided,
    earliest_after,
    finding,
    law_unavailable,
    scaled,
    whole,
)
from .vr_evidence import Education, is_related
from .vr_facts import Index
from .vr_figures import Figures, plan_notices

__all__ = [
    "PlanTraining",
    "PlanTrainingFacts",
    "PlanTrainingState",
    "case_manager_training",
    "plan_training",
]

RULE = "vr.case_manager_training"
REQUIREMENT = "vr.cm.assessment_60h"
_PARTS = HOUR // 10_000
_GROUPS = ("plan_courses", "months", "training_hours", "switches")


class Initial(Facts, frozen=True, kw_only=True):
    """The assessors' initial training (職評員初階訓練)."""

    hours: TenThousandths
    completed_on: date


class PlanCourse(Facts, frozen=True, kw_only=True):
    """One course of the table taken, wholly or in part."""

    course: Literal[
        "testing_basics",
        "transferable_skills",
        "interests_values",
        "personality_emotion",
        "cognition_intelligence",
        "aptitude_achievement",
        "functional_capacity",
        "work_samples",
        "job_analysis",
        "situational_assessment",
        "job_accommodation",
        "tool_selection",
        "report_writing",
    ]
    hours: TenThousandths
    completed_on: date
    practice_cases: Index = 0


class PlanTraining(Facts, frozen=True, kw_only=True):
    """What ``vr.case_manager_training`` and the ``plan_training`` of an eligibility share."""

    first_hired_on: date
    education: tuple[Education, ...] = ()
    initial_160h: Initial | None = None
    courses: tuple[PlanCourse, ...] = ()


class PlanTrainingFacts(PlanTraining, frozen=True, kw_only=True):
    """Facts of ``vr.case_manager_training``."""

    params: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanTrainingState:
    """Where the 60 hours stand on one day; ``counted`` in parts of an hour."""

    status: str
    due: date
    exemption: str | None
    missing: tuple[str, ...]
    counted: int
    requirement: Requirement
    findings: tuple[Finding, ...]
    step: Step
    next_change_on: date | None

    @property
    def eligible(self) -> bool:
        """All but overdue (VR-R27)."""
        return self.status != "overdue"


def _exemption(facts: PlanTraining, as_of: date, figures: Figures) -> str | None:
    """Graduates of rehabilitation counselling, and holders of the initial training.

    Law: seed-001 point 4(2) proviso. VR-R26.
    """
    fields = {"rehabilitation_counseling"}
    if any(item.level == "graduate" and is_related(item, fields) for item in facts.education):
        return "rehabilitation_counseling_graduate"
    initial = facts.initial_160h
    needed = scaled(figures.number("training_hours", "plan_initial_hours"))
    if initial is not None and initial.completed_on <= as_of and initial.hours * _PARTS >= needed:
        return "initial_160h"
    return None


@dataclass(frozen=True, slots=True)
class _Taken:
    """Hours by course as far as the table lets them count, and when all was complete."""

    counted: Mapping[str, int]
    missing: tuple[str, ...]
    practised: bool
    completed_on: date | None


def _taken(facts: PlanTraining, as_of: date, figures: Figures) -> _Taken:
    """Surplus in one course does not help another; the report needs its practice case.

    Law: seed-001 annex 2. VR-R25.
    """
    table: Mapping[str, int] = figures.figure("plan_courses", "plan_courses").value
    practice: Mapping[str, int] = figures.figure("plan_courses", "plan_practice_course").value
    hours = dict.fromkeys(table, 0)
    cases = dict.fromkeys(practice, 0)
    reached: dict[str, date] = {}
    for item in sorted(facts.courses, key=lambda item: item.completed_on):
        if item.completed_on > as_of:
            continue
        hours[item.course] += item.hours * _PARTS
        if hours[item.course] >= table[item.course] * HOUR:
            reached.setdefault(item.course, item.completed_on)
        if item.course in cases:
            cases[item.course] += item.practice_cases
            if cases[item.course] >= practice[item.course]:
                reached.setdefault(f"{item.course} practice", item.completed_on)
    counted = {course: min(hours[course], table[course] * HOUR) for course in table}
    missing = tuple(course for course in table if course not in reached)
    practised = all(f"{course} practice" in reached for course in practice)
    complete = not missing and practised
    return _Taken(counted, missing, practised, max(reached.values()) if complete else None)


def plan_training(facts: PlanTraining, as_of: date, figures: Figures) -> PlanTrainingState:
    """The 60 hours of one case manager on one day.

    Law: seed-001 point 4(2), annex 2. VR-R25..VR-R27.
    """
    table = figures.figure("plan_courses", "plan_courses")
    months = figures.figure("months", "plan_training_months")
    due = figures.within(facts.first_hired_on, int(months.value))
    exemption = _exemption(facts, as_of, figures)
    taken = _taken(facts, as_of, figures)
    if exemption is not None:
        status = "exempt"
    elif taken.completed_on is not None:
        status = "completed" if taken.completed_on <= due else "completed_late"
    else:
        status = "in_progress" if as_of <= due else "overdue"
    findings: tuple[Finding, ...] = ()
    if exemption is None and not taken.practised:
        findings = (finding("practice_case_missing", Severity.WARNING, table.law),)
    met = status in {"exempt", "completed", "completed_late"}
    counted = sum(taken.counted.values())
    required = count(sum(table.value.values()))
    requirement = Requirement(
        REQUIREMENT, met, whole(counted), required, "hours", table.law, None if met else due
    )
    days: list[date | None] = [item.completed_on for item in facts.courses]
    days.append(facts.initial_160h.completed_on if facts.initial_160h else None)
    days.append(None if met else due + DAY)
    days += figures.changes_after(as_of, *_GROUPS)
    return PlanTrainingState(
        status,
        due,
        exemption,
        () if exemption else taken.missing,
        counted,
        requirement,
        findings,
        _explained(facts, status, exemption, due, taken, table, months, requirement),
        earliest_after(as_of, days),
    )


def _explained(
    facts: PlanTraining,
    status: str,
    exemption: str | None,
    due: date,
    taken: _Taken,
    table: FigureValue,
    months: FigureValue,
    requirement: Requirement,
) -> Step:
    rows = tuple(
        Step(
            f"vr.course.{course}",
            table.law,
            (Figure("required", count(hours), "hours", table.law),),
            whole(taken.counted[course]),
            "hours",
            course not in taken.missing,
        )
        for course, hours in table.value.items()
    )
    return Step(
        f"vr.why.plan_training_{status}",
        months.law,
        (
            Figure("first_hired_on", facts.first_hired_on),
            Figure("due", due),
            Figure("exemption", exemption),
            Figure("required", requirement.required, "hours", table.law),
            Figure("months", count(int(months.value)), "months", months.law),
        ),
        requirement.counted,
        "hours",
        requirement.met,
        rows,
    )


def case_manager_training(facts: PlanTrainingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """The plan's 60 assessment hours: exemption, hours by course, last day.

    Args:
        facts: First hiring, education, courses taken.
        as_of: Day asked about; courses completed later are not seen.
        ruleset: The table and its months.

    Returns:
        ``exempt``, ``completed``, ``completed_late``, ``in_progress`` or ``overdue``.

    Law: seed-001 point 4(2), annex 2. VR-R25..VR-R27.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    state = plan_training(facts, as_of, figures)
    deadlines: tuple[Deadline, ...] = ()
    if not state.requirement.met:
        deadlines = (Deadline("plan_training_due", state.due, state.step.law),)
    return decided(
        Outcome(
            RULE,
            as_of,
            state.status,
            state.eligible,
            state.step,
            (state.requirement,),
            state.findings,
            {
                "exemption": state.exemption,
                "deadline": state.due,
                "missing_courses": list(state.missing),
            },
            deadlines=deadlines,
            next_change_on=state.next_change_on,
            counted={state.requirement.code: state.counted},
            notices=plan_notices(figures),
        )
    )

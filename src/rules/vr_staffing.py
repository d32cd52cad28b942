"""Staffing of the case-management plan (職業重建個案管理服務計畫): quota, service, supervision.

Rulebook: domain/vr.md, VR-R46..VR-R51.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import msgspec

from ..domain.amounts import HUNDRED, to_number
from ..domain.decision import Deadline, Decision, Figure, Finding, Requirement, Severity, Step
from ..domain.errors import InvalidFacts
from ..domain.periods import DAY
from .facts import Facts, contradiction
from .params import Ruleset
from .vr_common import Outcome, count, decided, earliest_after, finding, law_unavailable
from .vr_facts import VrFacts
from .vr_figures import Figures, plan_notices

__all__ = ["StaffingFacts", "deadline_status", "staffing"]

RULE = "vr.staffing"
_GROUPS = ("plan", "plan_percent", "plan_targets", "months", "switches")
_QUARTER, _HALF = 3, 6

Number = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class ServiceYear(Facts, frozen=True, kw_only=True):
    """A year of service: case managers and cases (服務量)."""

    case_managers: Number
    new_cases: Number
    carried_over: Number
    closed: Number | None = None

    def __post_init__(self) -> None:
        if self.closed is not None and self.closed > self.new_cases + self.carried_over:
            raise contradiction("closed", "no more cases than there were")


class Appointed(Facts, frozen=True, kw_only=True):
    """A case manager appointed, and when that was reported to the branch (分署)."""

    id: str
    appointed_on: date
    reported_on: date | None = None


class StaffingFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.staffing``; only the blocks given are judged."""

    county: str
    year: Annotated[int, msgspec.Meta(ge=1900, le=2999)]
    population_15_64: Number | None = None
    previous_year: ServiceYear | None = None
    this_year: ServiceYear | None = None
    case_managers: Number | None = None
    full_time_supervisors: Number | None = None
    promoters: Number | None = None
    case_conferences: tuple[date, ...] | None = None
    transition_meetings: tuple[date, ...] | None = None
    appointments: tuple[Appointed, ...] | None = None

    def __post_init__(self) -> None:
        if self.appointments and len({item.id for item in self.appointments}) != len(
            self.appointments
        ):
            raise contradiction("appointments", "appointments with an id given once")


@dataclass(slots=True)
class _Plan:
    """The answer as it grows, block by block."""

    facts: StaffingFacts
    figures: Figures
    as_of: date
    target: int
    report: dict[str, object] = field(default_factory=dict)
    rows: list[Requirement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    days: list[date | None] = field(default_factory=list)


def deadline_status(due: date, done: date | None, as_of: date) -> str:
    """``on_time``, ``late``, ``due`` or ``overdue``; the last day is in time, later facts unseen.

    Law: VR-R50 (form of all deadlines of the plan).
    """
    if done is not None and done <= as_of:
        return "on_time" if done <= due else "late"
    return "due" if as_of <= due else "overdue"


def _half_up(numerator: int, denominator: int) -> int:
    """The quotient in hundredths, half up."""
    quotient = Decimal(numerator * HUNDRED) / Decimal(denominator)
    return int(quotient.quantize(Decimal(1), ROUND_HALF_UP))


def _quota(plan: _Plan) -> dict[str, object]:
    """Case managers the plan pays for, by persons with disabilities aged 15-64.

    Law: seed-001 annex 4 note 1. VR-R46.
    """
    population = plan.facts.population_15_64
    if population is None:
        return {}
    per = plan.figures.figure("plan", "plan_quota_persons")
    least = plan.figures.number("plan", "plan_quota_minimum")
    rest = plan.figures.number("plan", "plan_quota_remainder")
    base = max(least, population // per.value)
    extra = int(population > per.value and population % per.value > rest)
    plan.steps.append(
        Step(
            "vr.why.quota",
            per.law,
            (
                Figure("population", count(population), "persons"),
                Figure("per", count(per.value), "persons", per.law),
                Figure("remainder", count(rest), "persons", per.law),
                Figure("base", count(base), "persons"),
                Figure("extra", count(extra), "persons"),
            ),
            count(base + extra),
            "persons",
        )
    )
    return {"base": base, "remainder_discretionary": extra, "maximum": base + extra}


def _served(plan: _Plan, year: ServiceYear) -> tuple[int, int]:
    """(ceiling of carried-over cases, carried-over cases counted), in hundredths.

    Law: seed-001 annex 4 notes 2-3 (half of managers x target). VR-R47.
    """
    percent = plan.figures.number("plan_percent", "plan_carry_over_percent")
    cap = year.case_managers * plan.target * percent
    return cap, min(count(year.carried_over), cap)


def _previous_year(plan: _Plan, quota: dict[str, object]) -> None:
    year = plan.facts.previous_year
    if year is None:
        return
    cap, counted = _served(plan, year)
    total = count(year.new_cases) + counted
    percent = plan.figures.figure("plan_percent", "plan_increase_percent")
    managers = year.case_managers
    average = _half_up(total, count(managers)) if managers else None
    # Compared by multiplying: total / managers > target x percent / 100, strictly.
    possible = managers > 0 and total * HUNDRED > managers * plan.target * HUNDRED * percent.value
    quota["increase_possible"] = possible
    plan.report["previous_service"] = {
        "carry_over_cap": to_number(cap),
        "carry_over_counted": to_number(counted),
        "total": to_number(total),
        "average": None if average is None else to_number(average),
    }
    plan.steps.append(
        Step(
            "vr.why.previous_service",
            percent.law,
            (
                Figure("managers", count(managers), "persons"),
                Figure("total", total, "persons"),
                Figure("target", count(plan.target), "persons"),
                Figure("percent", count(percent.value), "percent", percent.law),
            ),
            average,
            "persons",
            possible,
        )
    )


def _this_year(plan: _Plan) -> None:
    """Service target and closure rate of the year.

    Law: seed-001 annex 4 notes 2-3 (carried-over cases capped), annex 1 point 3(6) (uncapped).
    VR-R47, VR-R48.
    """
    year = plan.facts.this_year
    if year is None:
        return
    _, counted = _served(plan, year)
    target = plan.figures.figure("plan_targets", "plan_service_target")
    served = count(year.new_cases) + counted
    required = count(year.case_managers * plan.target)
    by = date(plan.facts.year, 12, 31)
    _row(plan, "vr.staffing.service_target", served, required, "persons", target.law, by=by)
    handled = year.new_cases + year.carried_over
    if year.closed is None or handled == 0:
        return
    percent = plan.figures.figure("plan_percent", "plan_closure_percent")
    met = year.closed * HUNDRED >= percent.value * handled
    rate = _half_up(year.closed * HUNDRED, handled)
    _row(
        plan,
        "vr.staffing.closure_rate",
        rate,
        count(percent.value),
        "percent",
        percent.law,
        met=met,
        by=by,
    )


def _row(
    plan: _Plan,
    code: str,
    counted: int,
    required: int,
    unit: str,
    law: str,
    *,
    met: bool | None = None,
    by: date | None = None,
) -> None:
    holds = counted >= required if met is None else met
    plan.rows.append(Requirement(code, holds, counted, required, unit, law, None if holds else by))
    plan.steps.append(
        Step(
            f"vr.why.{code.removeprefix('vr.')}",
            law,
            (Figure("required", required, unit, law),),
            counted,
            unit,
            holds,
        )
    )


def _supervision(plan: _Plan) -> None:
    """Full-time supervisors, and sessions of part-time ones for the rest.

    Law: seed-001 annex 3 item 4. VR-R49, Q15.
    """
    managers = plan.facts.case_managers
    if managers is None:
        return
    ratio = plan.figures.figure("plan", "plan_managers_per_supervisor")
    sessions = plan.figures.number("plan", "plan_sessions")
    per = plan.figures.number("plan", "plan_sessions_per_managers")
    maximum = managers // ratio.value
    employed = plan.facts.full_time_supervisors
    employed = maximum if employed is None else employed
    if employed > maximum:
        plan.findings.append(finding("too_many_full_time_supervisors", Severity.ERROR, ratio.law))
    basis = max(0, managers - ratio.value * employed)
    monthly = sessions * -(-basis // per)
    plan.report["supervisors"] = {
        "full_time_maximum": maximum,
        "part_time_basis": basis,
        "part_time_sessions_per_month": monthly,
    }
    plan.steps.append(
        Step(
            "vr.why.supervision",
            ratio.law,
            (
                Figure("managers", count(managers), "persons"),
                Figure("maximum", count(maximum), "persons", ratio.law),
                Figure("employed", count(employed), "persons"),
                Figure("basis", count(basis), "persons"),
                Figure("sessions", count(monthly), "count", ratio.law),
            ),
            met=employed <= maximum,
        )
    )


def _appointments(plan: _Plan) -> None:
    """Each appointment reported within a month.

    Law: seed-001 point 4(4). VR-R50.
    """
    if plan.facts.appointments is None:
        return
    months = plan.figures.figure("months", "appointment_report_months")
    told: dict[str, object] = {}
    for item in plan.facts.appointments:
        due = plan.figures.within(item.appointed_on, int(months.value))
        status = deadline_status(due, item.reported_on, plan.as_of)
        told[item.id] = {"due": due, "status": status}
        if status in {"late", "overdue"}:
            code = f"appointment_report_{status}"
            plan.findings.append(finding(code, Severity.WARNING, months.law, (item.id,)))
        if status in {"due", "overdue"}:
            plan.deadlines.append(Deadline("appointment_report_due", due, months.law))
            plan.days += (due + DAY, item.reported_on)
        plan.steps.append(
            Step(
                f"vr.why.report_{status}",
                months.law,
                (
                    Figure("appointment", item.id),
                    Figure("appointed_on", item.appointed_on),
                    Figure("due", due, law=months.law),
                ),
                item.reported_on,
                met=status in {"on_time", "due"},
            )
        )
    plan.report["appointments"] = told


def _covered(days: Sequence[date], year: int, months: int) -> int:
    return len({(day.month - 1) // months for day in days if day.year == year})


def _meetings(plan: _Plan) -> None:
    """Case conferences by quarter, transition meetings by half-year, one promoter at most.

    Law: seed-001 points 4(1), 5(3)7, 5(3)9. VR-R51.
    """
    facts = plan.facts
    year_end = date(facts.year, 12, 31)
    blocks = (
        ("case_conference", "plan_case_conferences", facts.case_conferences, _QUARTER),
        ("transition_meeting", "plan_transition_meetings", facts.transition_meetings, _HALF),
    )
    for name, parameter, days, months in blocks:
        if days is None:
            continue
        figure = plan.figures.figure("plan", parameter)
        counted = count(_covered(days, facts.year, months))
        _row(
            plan,
            f"vr.staffing.{name}",
            counted,
            count(figure.value),
            "count",
            figure.law,
            by=year_end,
        )
    limit = plan.figures.figure("plan", "plan_promoters")
    if facts.promoters is not None and facts.promoters > limit.value:
        plan.findings.append(finding("too_many_promoters", Severity.ERROR, limit.law))


def _target(figures: Figures, county: str) -> int:
    targets: Mapping[str, Any] = figures.figure("plan_targets", "plan_service_target").value
    if county not in targets:
        raise InvalidFacts.at("county", "a county of the plan", "計畫所列之直轄市、縣（市）")
    return int(targets[county])


def staffing(facts: StaffingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """A county's case managers against the plan: quota, service, closure, supervision, meetings.

    Args:
        facts: County, year and whichever blocks are known.
        as_of: Day asked about; decides on reports of appointments.
        ruleset: Figures of the plan.

    Returns:
        ``compliant`` when no finding arises and every requirement reported is met, else
        ``non_compliant``. Averages and rates with two decimals, half up; rates are compared as
        fractions. ``notices`` tell that the plan of the day was not read.

    Raises:
        InvalidFacts: the county is not one of the plan's.

    Law: seed-001 (plan of 2022-10-06) points 4, 5, annexes 1, 3, 4. VR-R46..VR-R51.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    plan = _Plan(facts, figures, as_of, _target(figures, facts.county))
    quota = _quota(plan)
    _previous_year(plan, quota)
    _this_year(plan)
    _supervision(plan)
    _appointments(plan)
    _meetings(plan)
    notices = plan_notices(figures)
    plan.report["notices"] = [item.code for item in notices]
    plan.report["target_per_case_manager"] = plan.target
    if quota:
        plan.report["quota"] = quota
    compliant = not plan.findings and all(row.met for row in plan.rows)
    status = "compliant" if compliant else "non_compliant"
    step = Step(
        f"vr.why.staffing_{status}",
        figures.figure("switches", "plan_verified").law,
        (
            Figure("county", facts.county),
            Figure("year", str(facts.year)),
            Figure("target", count(plan.target), "persons"),
        ),
        met=compliant,
        children=tuple(plan.steps),
    )
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            compliant,
            step,
            plan.rows,
            plan.findings,
            plan.report,
            deadlines=plan.deadlines,
            next_change_on=earliest_after(
                as_of, (*plan.days, *figures.changes_after(as_of, *_GROUPS))
            ),
            notices=notices,
        )
    )

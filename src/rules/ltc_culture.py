"""Culture credits 文化積分: the sum, what was due before the change, and every year (LTC-R12)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from ..domain.decision import Figure, Finding, Requirement, Severity, Step
from .ltc_calendar import Term, law_day
from .ltc_common import shown_number
from .ltc_tally import Courses, culture_of, two_cultures_of
from .params import FigureValue, Params, Ruleset

__all__ = ["CulturePlan", "CultureYear", "culture", "culture_plan", "late_culture_plan"]


class CultureYear(msgspec.Struct, frozen=True, gc=False):
    """A validity year that is tested.

    Attributes:
        start: First day (ordinal) whose courses count for it.
        end: Last such day.
        closed: It ended before the application.
        shown: The two days, for the explanation.
        empty: The step of a year without any course.
    """

    number: int
    start: int
    end: int
    closed: bool
    shown: tuple[Figure, ...]
    empty: Step


class CulturePlan(msgspec.Struct, frozen=True, eq=False):
    """What a renewal has to show of culture credits.

    Attributes:
        total: Minimum of the sum.
        legacy: What was due by ``legacy_end``, or None where not tested.
        legacy_end: Last day (ordinal) of courses that count for it.
        yearly: Minimum of each culture in each tested year, or None where no year is tested.
        years: The tested validity years.
        by: Last day for the sum and for ``legacy``; None when the time is over.
        yearly_by: Last day of the running year.
        yearly_from: First day (ordinal) whose courses can count for a tested year.
        diverges: The printed table differs from the sum of its parts (Q3).
    """

    total: FigureValue
    by: date | None
    legacy: FigureValue | None = None
    legacy_end: int = 0
    yearly: FigureValue | None = None
    years: tuple[CultureYear, ...] = ()
    yearly_by: date | None = None
    yearly_from: int = 0
    diverges: bool = False


def _year_step(
    number: int, shown: tuple[Figure, ...], yearly: FigureValue, indigenous: int, multicultural: int
) -> Step:
    inputs = (
        *shown,
        Figure("indigenous", indigenous, "points"),
        Figure("multicultural", multicultural, "points"),
    )
    met = indigenous >= yearly.value and multicultural >= yearly.value
    return Step("ltc.culture_year", yearly.law, inputs, number * 100, "years", met)


def _tested_year(
    number: int, start: date, end: date, application: date, yearly: FigureValue
) -> CultureYear:
    shown = (
        Figure("from", start),
        Figure("to", end),
        Figure("each", yearly.value, "points", yearly.law),
    )
    return CultureYear(
        number,
        start.toordinal(),
        end.toordinal(),
        end < application,
        shown,
        _year_step(number, shown, yearly, 0, 0),
    )


def _in_all(params: Params, _ruleset: Ruleset, term: Term, _application: date) -> CulturePlan:
    """Old wording: a sum over the whole period, any of the culture categories.

    Law: L0070045@2023-10-11:21.1-1-2 (一百十三年六月二日以前…合計二點); LTC-R12, Q7.
    """
    return CulturePlan(params.figure("ltc.culture", "total"), term.closes)


def _every_year(params: Params, ruleset: Ruleset, term: Term, application: date) -> CulturePlan:
    """New wording: the sum by the ministry's table, the two points due before, 1 + 1 in each year.

    Law: L0070045@2023-10-11:9-3, 21.1-1-2; seed-004 §9文化積分; LTC-R12, Q3, Q11.
    """
    total = params.figure("ltc.culture", "total")
    yearly = params.figure("ltc.culture", "yearly_each")
    since = ruleset.groups["ltc.culture"].values["yearly_each"][0].since
    legacy = params.get("ltc.culture", "legacy")
    if term.valid_from >= since:
        legacy = None
    years = tuple(
        _tested_year(year.number, max(year.start, since), year.end, application, yearly)
        for year in term.years
        if year.end >= since
    )
    open_years = [year.end for year in years if not year.closed]
    parts = (legacy.value if legacy else 0) + 2 * yearly.value * len(years)
    return CulturePlan(
        total,
        term.closes,
        legacy,
        since.toordinal() - 1,
        yearly,
        years,
        date.fromordinal(open_years[0]) if open_years else term.closes,
        years[0].start if years else 0,
        total.value != parts,
    )


WORDINGS: Mapping[str, Callable[[Params, Ruleset, Term, date], CulturePlan]] = {
    "in_all": _in_all,
    "every_year": _every_year,
}
"""Wordings of the culture rule; ``ltc.culture_wording`` says from which day each holds."""


def culture_plan(ruleset: Ruleset, term: Term, application: date) -> CulturePlan:
    """The plan of a certificate renewed by its window's end, by its original last day.

    Law: L0070045@2023-10-11:21.1-1-2; LTC-R12, Q7.
    """
    params = ruleset.on(law_day(ruleset, term.valid_to))
    wording = WORDINGS[params.value("ltc.culture_wording", "wording")]
    return wording(params, ruleset, term, application)


def late_culture_plan(ruleset: Ruleset, application: date) -> CulturePlan:
    """The plan of a late renewal: the sum alone, by the day of application.

    Law: L0070045@2023-10-11:21.1-1-2; LTC-R12, Q9.
    """
    return CulturePlan(
        ruleset.on(law_day(ruleset, application)).figure("ltc.culture", "total"), None
    )


def _yearly(
    plan: CulturePlan, yearly: FigureValue, courses: Courses
) -> tuple[Requirement, Step, list[dict[str, object]], bool]:
    """One point of each culture in each tested year; points of one year never cover another.

    Law: L0070045@2023-10-11:21.1-1-2 (每年至少各一點); seed-004 (必須每年學習內化); LTC-R12.
    """
    days, tallies = courses.days, courses.tallies
    rows: list[dict[str, object]] = []
    steps: list[Step] = []
    years_met = 0
    missed = False
    low = bisect_left(days, plan.yearly_from)
    for year in plan.years:
        high = bisect_right(days, year.end, low)
        indigenous, multicultural = two_cultures_of(tallies[high] - tallies[low])
        low = high
        met = indigenous >= yearly.value and multicultural >= yearly.value
        if met:
            years_met += 1
        elif year.closed:
            missed = True
        steps.append(
            _year_step(year.number, year.shown, yearly, indigenous, multicultural)
            if indigenous or multicultural
            else year.empty
        )
        rows.append(
            {
                "year": year.number,
                "indigenous": shown_number(indigenous),
                "multicultural": shown_number(multicultural),
                "met": met,
            }
        )
    counted, required = years_met * 100, len(plan.years) * 100
    met = counted >= required
    requirement = Requirement(
        "ltc.culture_yearly", met, counted, required, "years", yearly.law, plan.yearly_by
    )
    step = Step(
        "ltc.culture_yearly.why",
        yearly.law,
        (Figure("required", required, "years"),),
        counted,
        "years",
        met,
        tuple(steps),
    )
    return requirement, step, rows, missed


def _sum_of(
    code: str, figure: FigureValue, counted: int, by: date | None
) -> tuple[Requirement, Step]:
    met = counted >= figure.value
    requirement = Requirement(code, met, counted, figure.value, "points", figure.law, by)
    inputs = (Figure("required", figure.value, "points", figure.law),)
    return requirement, Step(f"{code}.why", figure.law, inputs, counted, "points", met)


def culture(
    plan: CulturePlan, courses: Courses
) -> tuple[Sequence[tuple[Requirement, Step]], list[dict[str, object]], list[Finding]]:
    """The culture requirements, the tested years and what to tell about them.

    Args:
        plan: What has to be shown.
        courses: The counted courses.

    Law: L0070045@2023-10-11:9-3, 21.1-1-2; LTC-R12.
    """
    judged = [_sum_of("ltc.culture_total", plan.total, courses.sums.culture, plan.by)]
    findings: list[Finding] = []
    rows: list[dict[str, object]] = []
    if plan.diverges:
        findings.append(Finding("culture_table_divergence", Severity.WARNING, plan.total.law))
    if plan.legacy is not None:
        earned = culture_of(courses.before(plan.legacy_end + 1))
        judged.append(_sum_of("ltc.culture_legacy", plan.legacy, earned, plan.by))
    if plan.yearly is not None:
        requirement, step, rows, missed = _yearly(plan, plan.yearly, courses)
        judged.append((requirement, step))
        if missed:
            findings.append(Finding("culture_year_missed", Severity.WARNING, plan.yearly.law))
    return judged, rows, findings

"""Culture credits 文化積分: the sum, what was due before the change, and every year (LTC-R12)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from ..domain.decision import Figure, Finding, Requirement, Step
from .ltc_article import Article, article_of, judge, judge_sum
from .ltc_calendar import Term, law_day
from .ltc_common import WARNING, shown_number
from .ltc_tally import Courses, any_two_cultures, culture_of, two_cultures_of
from .params import FigureValue, Params, Ruleset

__all__ = [
    "Culture",
    "CulturePlan",
    "CultureYear",
    "YearlyPlan",
    "culture",
    "culture_plan",
    "late_culture_plan",
]


class CultureYear(msgspec.Struct, frozen=True, gc=False):
    """A validity year that is tested.

    Attributes:
        start: First day (ordinal) whose courses count for it.
        end: Last such day.
        closed: It ended before the application.
        shown: The two days, for the explanation.
        empty: The step of a year without any course of these cultures.
        empty_row: Its row of the report.
    """

    number: int
    start: int
    end: int
    closed: bool
    shown: tuple[Figure, ...]
    empty: Step
    empty_row: dict[str, object]


class _Years(msgspec.Struct, frozen=True, gc=False):
    """What the tested years come to: requirement, its step, rows of the report, findings."""

    requirement: Requirement
    step: Step
    rows: Sequence[dict[str, object]]
    findings: tuple[Finding, ...]


class YearlyPlan(msgspec.Struct, frozen=True, eq=False):
    """What has to be shown of every tested validity year.

    Attributes:
        article: Every tested year must be met.
        by: Day by which the next of them is due.
        each: Minimum of each culture in each tested year.
        years: The tested years.
        begun: How many of them had begun on the day of the application.
        first_day: First day (ordinal) whose courses can count for one.
        findings: What to tell whatever the courses are.
        missed: What to tell where a closed year was not met.
        nothing: What the years come to without any course of these cultures.
    """

    article: Article
    by: date
    each: int
    years: tuple[CultureYear, ...]
    begun: int
    first_day: int
    findings: tuple[Finding, ...]
    missed: tuple[Finding, ...]
    nothing: _Years


class CulturePlan(msgspec.Struct, frozen=True, eq=False):
    """What a renewal has to show of culture credits.

    Attributes:
        by: Day by which both sums are due.
        total: Minimum of the sum.
        legacy: What was due by ``legacy_end``, or None where not tested.
        legacy_end: Last day (ordinal) of courses that count for it.
        yearly: What has to be shown of every year; None where no year is tested.
    """

    by: date | None
    total: Article
    legacy: Article | None = None
    legacy_end: int = 0
    yearly: YearlyPlan | None = None


class Culture(msgspec.Struct, frozen=True, gc=False):
    """The culture requirements with their steps, the tested years' rows, what to tell."""

    requirements: tuple[Requirement, ...]
    steps: tuple[Step, ...]
    years: Sequence[dict[str, object]]
    findings: tuple[Finding, ...]


def _year(
    number: int,
    shown: tuple[Figure, ...],
    law: str,
    each: int,
    earned: tuple[int, int],
) -> tuple[Step, dict[str, object]]:
    """The step of a validity year and its row of the report."""
    indigenous, multicultural = earned
    met = indigenous >= each and multicultural >= each
    inputs = (
        Figure("indigenous", indigenous, "points"),
        Figure("multicultural", multicultural, "points"),
    )
    row: dict[str, object] = {
        "year": number,
        "indigenous": shown_number(indigenous),
        "multicultural": shown_number(multicultural),
        "met": met,
    }
    return Step("ltc.culture_year", law, shown + inputs, number * 100, "years", met), row


def _tested_year(
    number: int, start: date, end: date, application: date, yearly: FigureValue
) -> CultureYear:
    shown = (
        Figure("from", start),
        Figure("to", end),
        Figure("each", yearly.value, "points", yearly.law),
    )
    step, row = _year(number, shown, yearly.law, yearly.value, (0, 0))
    return CultureYear(
        number, start.toordinal(), end.toordinal(), end < application, shown, step, row
    )


def _sum_of(code: str, figure: FigureValue) -> Article:
    shown = Figure("required", figure.value, "points", figure.law)
    return article_of(code, "points", figure.law, figure.value, shown)


def _in_all(params: Params, _ruleset: Ruleset, term: Term, _application: date) -> CulturePlan:
    """Old wording: a sum over the whole period, any of the culture categories.

    Law: L0070045@2023-10-11:21.1-1-2 (一百十三年六月二日以前…合計二點); LTC-R12, Q7.
    """
    return CulturePlan(
        term.closes, _sum_of("ltc.culture_total", params.figure("ltc.culture", "total"))
    )


def _every_year(params: Params, ruleset: Ruleset, term: Term, application: date) -> CulturePlan:
    """New wording: the sum by the ministry's table, the two points due before, 1 + 1 in each year.

    Law: L0070045@2023-10-11:9-3, 21.1-1-2; seed-004 §9文化積分; LTC-R12, Q3, Q11.
    """
    figure = params.figure("ltc.culture", "total")
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
    total = _sum_of("ltc.culture_total", figure)
    findings: tuple[Finding, ...] = ()
    # The printed table may differ from the sum of its parts (Q3).
    if figure.value != (legacy.value if legacy else 0) + 2 * yearly.value * len(years):
        findings = (Finding("culture_table_divergence", WARNING, total.law),)
    return CulturePlan(
        term.closes,
        total,
        _sum_of("ltc.culture_legacy", legacy) if legacy else None,
        since.toordinal() - 1,
        _yearly_plan(years, yearly, term, application, findings),
    )


def _yearly_plan(
    years: tuple[CultureYear, ...],
    figure: FigureValue,
    term: Term,
    application: date,
    findings: tuple[Finding, ...],
) -> YearlyPlan:
    required = len(years) * 100
    by = next((date.fromordinal(year.end) for year in years if not year.closed), term.closes)
    shown = Figure("required", required, "years")
    article = article_of("ltc.culture_yearly", "years", figure.law, required, shown)
    missed = (*findings, Finding("culture_year_missed", WARNING, figure.law))
    met = sum(100 for year in years if year.empty.met)
    untouched = any(year.closed and not year.empty.met for year in years)
    return YearlyPlan(
        article,
        by,
        figure.value,
        years,
        sum(year.start <= application.toordinal() for year in years),
        years[0].start if years else date.max.toordinal(),
        findings,
        missed,
        _Years(
            *judge(article, by, met, (), tuple(year.empty for year in years)),
            [year.empty_row for year in years],
            missed if untouched else findings,
        ),
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
    figure = ruleset.on(law_day(ruleset, application)).figure("ltc.culture", "total")
    return CulturePlan(None, _sum_of("ltc.culture_total", figure))


def _years(plan: YearlyPlan, courses: Courses) -> _Years:
    """One point of each culture in each tested year; points of one year never cover another.

    Law: L0070045@2023-10-11:21.1-1-2 (每年至少各一點); seed-004 (必須每年學習內化); LTC-R12.
    """
    days, tallies, nothing = courses.days, courses.tallies, plan.nothing
    low = bisect_left(days, plan.first_day)
    if not any_two_cultures(tallies[-1] - tallies[low]):
        return nothing
    # No course is later than the application: years that begin after it stay as they are.
    steps = list(nothing.step.children)
    rows = list(nothing.rows)
    for index in range(plan.begun):
        year = plan.years[index]
        high = bisect_right(days, year.end, low)
        if high > low:
            earned = two_cultures_of(tallies[high] - tallies[low])
            steps[index], rows[index] = _year(
                year.number, year.shown, plan.article.law, plan.each, earned
            )
        low = high
    years_met, missed = 0, False
    for year, step in zip(plan.years, steps, strict=True):
        if step.met:
            years_met += 1
        elif year.closed:
            missed = True
    requirement, step = judge(plan.article, plan.by, years_met * 100, (), tuple(steps))
    return _Years(requirement, step, rows, plan.missed if missed else plan.findings)


def culture(plan: CulturePlan, courses: Courses) -> Culture:
    """The culture requirements, the tested years and what to tell about them.

    Args:
        plan: What has to be shown.
        courses: The counted courses.

    Law: L0070045@2023-10-11:9-3, 21.1-1-2; LTC-R12.
    """
    total, total_step = judge_sum(plan.total, plan.by, courses.sums.culture)
    if plan.yearly is None:
        return Culture((total,), (total_step,), [], ())
    years = _years(plan.yearly, courses)
    if plan.legacy is None:
        requirements, steps = (total, years.requirement), (total_step, years.step)
        return Culture(requirements, steps, years.rows, years.findings)
    legacy, legacy_step = judge_sum(
        plan.legacy, plan.by, culture_of(courses.before(plan.legacy_end + 1))
    )
    return Culture(
        (total, legacy, years.requirement),
        (total_step, legacy_step, years.step),
        years.rows,
        years.findings,
    )

"""Culture credits 文化積分: the sum, what was due before the change, and every year (LTC-R12)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from ..domain.decision import Figure, Finding, Step
from .ltc_article import Article, Judgement, article_of, judge
from .ltc_calendar import Term, law_day
from .ltc_common import WARNING, shown_number
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


class CulturePlan(msgspec.Struct, frozen=True, eq=False):
    """What a renewal has to show of culture credits.

    Attributes:
        total: Minimum of the sum.
        legacy: What was due by ``legacy_end``, or None where not tested.
        legacy_end: Last day (ordinal) of courses that count for it.
        yearly: The tested years, of which each must be met; None where no year is tested.
        each: Minimum of each culture in each tested year.
        years: The tested validity years.
        yearly_from: First day (ordinal) whose courses can count for a tested year.
        diverges: The printed table differs from the sum of its parts (Q3).
    """

    total: Article
    legacy: Article | None = None
    legacy_end: int = 0
    yearly: Article | None = None
    each: int = 0
    years: tuple[CultureYear, ...] = ()
    yearly_from: int = 0
    diverges: bool = False


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


def _sum_of(code: str, figure: FigureValue, by: date | None) -> Article:
    shown = Figure("required", figure.value, "points", figure.law)
    return article_of(code, "points", figure.law, figure.value, by, shown)


def _in_all(params: Params, _ruleset: Ruleset, term: Term, _application: date) -> CulturePlan:
    """Old wording: a sum over the whole period, any of the culture categories.

    Law: L0070045@2023-10-11:21.1-1-2 (一百十三年六月二日以前…合計二點); LTC-R12, Q7.
    """
    return CulturePlan(
        _sum_of("ltc.culture_total", params.figure("ltc.culture", "total"), term.closes)
    )


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
    required = len(years) * 100
    parts = (legacy.value if legacy else 0) + 2 * yearly.value * len(years)
    return CulturePlan(
        _sum_of("ltc.culture_total", total, term.closes),
        _sum_of("ltc.culture_legacy", legacy, term.closes) if legacy else None,
        since.toordinal() - 1,
        article_of(
            "ltc.culture_yearly",
            "years",
            yearly.law,
            required,
            date.fromordinal(open_years[0]) if open_years else term.closes,
            Figure("required", required, "years"),
        ),
        yearly.value,
        years,
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
    figure = ruleset.on(law_day(ruleset, application)).figure("ltc.culture", "total")
    return CulturePlan(_sum_of("ltc.culture_total", figure, None))


def _yearly(
    plan: CulturePlan, article: Article, courses: Courses
) -> tuple[Judgement, list[dict[str, object]], bool]:
    """One point of each culture in each tested year; points of one year never cover another.

    Law: L0070045@2023-10-11:21.1-1-2 (每年至少各一點); seed-004 (必須每年學習內化); LTC-R12.
    """
    days, tallies, law, each = courses.days, courses.tallies, article.law, plan.each
    rows: list[dict[str, object]] = []
    steps: list[Step] = []
    years_met = 0
    missed = False
    low = bisect_left(days, plan.yearly_from)
    for year in plan.years:
        high = bisect_right(days, year.end, low)
        earned = two_cultures_of(tallies[high] - tallies[low]) if high > low else (0, 0)
        low = high
        if any(earned):
            step, row = _year(year.number, year.shown, law, each, earned)
        else:
            step, row = year.empty, year.empty_row
        steps.append(step)
        rows.append(row)
        if step.met:
            years_met += 1
        elif year.closed:
            missed = True
    return judge(article, years_met * 100, (), tuple(steps)), rows, missed


def culture(
    plan: CulturePlan, courses: Courses
) -> tuple[Sequence[Judgement], list[dict[str, object]], list[Finding]]:
    """The culture requirements, the tested years and what to tell about them.

    Args:
        plan: What has to be shown.
        courses: The counted courses.

    Law: L0070045@2023-10-11:9-3, 21.1-1-2; LTC-R12.
    """
    judged = [judge(plan.total, courses.sums.culture)]
    findings: list[Finding] = []
    rows: list[dict[str, object]] = []
    if plan.diverges:
        findings.append(Finding("culture_table_divergence", WARNING, plan.total.law))
    if plan.legacy is not None:
        judged.append(judge(plan.legacy, culture_of(courses.before(plan.legacy_end + 1))))
    if plan.yearly is not None:
        judgement, rows, missed = _yearly(plan, plan.yearly, courses)
        judged.append(judgement)
        if missed:
            findings.append(Finding("culture_year_missed", WARNING, plan.yearly.law))
    return judged, rows, findings

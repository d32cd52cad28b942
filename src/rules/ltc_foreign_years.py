"""Validity years of a foreign institution caregiver: their points and their substitution."""

from collections.abc import Sequence
from datetime import date

import msgspec

from ..domain.decision import Figure, Finding, Severity, Step
from ..domain.errors import InvalidFacts
from .facts import Facts, Hundredths
from .ltc_calendar import Term
from .ltc_codes import FOREIGN_MULTICULTURAL, THEME_OF, THEMES
from .ltc_common import figure_input
from .ltc_facts import Activity
from .ltc_online import OnlineCeiling
from .params import Params

__all__ = [
    "Credit",
    "ForeignYear",
    "Substitution",
    "YearRow",
    "credit_of_activities",
    "credit_of_rows",
    "substituted",
    "themes_of",
]


class YearRow(Facts, frozen=True):
    """Points of one validity year, as the registry's screen shows them; a what-if.

    Attributes:
        year: Validity year, 7 for the extension.
        total: All points; themes and online points are parts of it.
        multicultural_courses: Courses, not points.
        online_before: Online points up to the day before the ceiling changed.
    """

    year: int
    total: Hundredths
    fire_safety: Hundredths = Hundredths(0)
    emergency_response: Hundredths = Hundredths(0)
    infection_control: Hundredths = Hundredths(0)
    gender_sensitivity: Hundredths = Hundredths(0)
    multicultural_courses: int = 0
    online_before: Hundredths = Hundredths(0)
    online_after: Hundredths = Hundredths(0)

    @property
    def themes(self) -> tuple[int, ...]:
        """Points of the four themes in their order."""
        return tuple(int(getattr(self, theme)) for theme in THEMES)


class Substitution(Facts, frozen=True):
    """In-service training of a validity year that the county confirmed (抵免)."""

    year: int
    hours: Hundredths
    safety_hours: Hundredths
    county_confirmed: bool


class ForeignYear(msgspec.Struct, frozen=True):
    """A validity year with its points in hundredths, the themes in their order."""

    number: int
    start: date
    end: date
    total: int
    themes: tuple[int, ...]
    safety: int


class Credit(msgspec.Struct, frozen=True):
    """What counts, in hundredths.

    Attributes:
        years: Sums of each validity year, raw.
        physical: Points outside the online ceiling, of the whole window.
        before: Online points up to the day before the ceiling changed.
        after: Later online points.
        ceiling: What of both may count.
        themes: Sums of the themes over the whole window.
        courses: Multicultural courses, whole number.
    """

    years: tuple[ForeignYear, ...]
    physical: int
    before: int
    after: int
    ceiling: int
    themes: tuple[int, ...]
    courses: int

    @property
    def total(self) -> int:
        """All points after the online ceiling."""
        return self.physical + min(self.ceiling, self.before + self.after)


def themes_of(activity: Activity) -> frozenset[str]:
    """Safety themes of an activity, old names under the new ones."""
    return frozenset(THEME_OF[one] for one in activity.categories if one in THEME_OF)


def _themes_sum(activities: Sequence[Activity]) -> tuple[int, ...]:
    """Each theme in full, also of a row with several (LTC-R11, R18)."""
    return tuple(
        sum(one.amount for one in activities if theme in themes_of(one)) for theme in THEMES
    )


def _total_of(activities: Sequence[Activity]) -> int:
    return sum(one.amount for one in activities)


def credit_of_activities(
    term: Term, activities: Sequence[Activity], ceiling: OnlineCeiling
) -> Credit:
    """Sums of the counted activities by validity year and over the window.

    Law: L0070045@2023-10-11:21-2, 21-3; LTC-R10, R18.
    """
    years: list[ForeignYear] = []
    for year in term.years:
        rows = [one for one in activities if year.start <= one.date <= year.end]
        # A row of several themes counts once in their sum.
        safety = _total_of([one for one in rows if themes_of(one)])
        years.append(
            ForeignYear(
                year.number, year.start, year.end, _total_of(rows), _themes_sum(rows), safety
            )
        )
    online = [one for one in activities if one.mode == "online"]

    def online_before(day: int) -> int:
        return _total_of([one for one in online if one.date.toordinal() < day])

    before, every = online_before(ceiling.split), _total_of(online)
    return Credit(
        tuple(years),
        _total_of(activities) - every,
        before,
        every - before,
        ceiling.of(online_before),
        _themes_sum(activities),
        sum(any(one in FOREIGN_MULTICULTURAL for one in row.categories) for row in activities),
    )


def _check_row(row: YearRow, index: int, term: Term, seen: set[int]) -> None:
    path = f"year_rows[{index}]"
    if row.year not in {year.number for year in term.years} or row.year in seen:
        raise InvalidFacts.at(f"{path}.year", "a validity year of the certificate, each once")
    if max(row.themes) > row.total or row.online_before + row.online_after > row.total:
        raise InvalidFacts.at(f"{path}.total", "a total that holds its parts")
    if row.multicultural_courses < 0:
        raise InvalidFacts.at(f"{path}.multicultural_courses", "a number that is not negative")


def credit_of_rows(term: Term, rows: Sequence[YearRow], ceiling: OnlineCeiling) -> Credit:
    """Sums of rows by validity year, a missing year being empty.

    Raises:
        InvalidFacts: a year the certificate does not have, or parts above their total.

    Law: L0070045@2023-10-11:21-2, 21-3; LTC-R10, R18.
    """
    seen: dict[int, YearRow] = {}
    for index, row in enumerate(rows):
        _check_row(row, index, term, set(seen))
        seen[row.year] = row
    years: list[ForeignYear] = []
    for year in term.years:
        row = seen.get(year.number) or YearRow(year=year.number, total=Hundredths(0))
        years.append(
            ForeignYear(
                year.number, year.start, year.end, int(row.total), row.themes, sum(row.themes)
            )
        )
    before = sum(row.online_before for row in rows)
    after = sum(row.online_after for row in rows)

    def online_before(day: int) -> int:
        return before if day <= ceiling.split else before + after

    return Credit(
        tuple(years),
        sum(row.total for row in rows) - before - after,
        before,
        after,
        ceiling.of(online_before),
        tuple(sum(row.themes[index] for row in rows) for index in range(len(THEMES))),
        sum(row.multicultural_courses for row in rows),
    )


def _added(year: ForeignYear, adds: int, theme: int) -> ForeignYear:
    """A theme with points stays as it is, an empty one gets its point (核實列計, Q17)."""
    raised = tuple(points or theme for points in year.themes)
    empty = sum(not points for points in year.themes)
    return ForeignYear(
        year.number, year.start, year.end, year.total + adds, raised, year.safety + empty * theme
    )


def substituted(
    years: Sequence[ForeignYear], substitutions: Sequence[Substitution], params: Params
) -> tuple[tuple[ForeignYear, ...], int, list[Finding], tuple[Step, ...]]:
    """Years with the confirmed in-service training of 2020 to 2022 added, each year once.

    Returns:
        The years, the points added in all, what was rejected, and how it was decided.

    Law: letter-1121961490 (109-111年在職訓練抵免); D0050151:12; LTC-R19, Q17, Q18.
    """
    group, span = "ltc.foreign_substitution", "ltc.foreign_substitution_years"
    adds = params.figure(group, "adds_to_total")
    theme = params.figure(group, "adds_to_empty_theme")
    hours = params.figure(group, "training_minimum")
    safety = params.figure(group, "safety_minimum")
    first, last = params.value(span, "first"), params.value(span, "last")
    result = {year.number: year for year in years}
    done: set[int] = set()
    steps: list[Step] = []
    rejected: list[str] = []
    # Sorted, so that the order of two confirmations of one year cannot matter.
    for one in sorted(substitutions, key=lambda one: (one.year, one.hours, one.safety_hours)):
        year = result.get(one.year)
        accepted = (
            year is not None
            and one.year not in done
            and year.start <= last
            and year.end >= first
            and one.county_confirmed
            and one.hours >= hours.value
            and one.safety_hours >= safety.value
        )
        if accepted and year is not None:
            done.add(one.year)
            result[one.year] = _added(year, adds.value, theme.value)
        else:
            rejected.append(str(one.year))
        steps.append(
            Step(
                "ltc.foreign_substitution",
                adds.law,
                (
                    Figure("year", one.year * 100, "years"),
                    Figure("hours", int(one.hours), "hours"),
                    Figure("safety_hours", int(one.safety_hours), "hours"),
                    Figure("county_confirmed", one.county_confirmed),
                    figure_input("training_minimum", hours, "hours"),
                    figure_input("safety_minimum", safety, "hours"),
                    figure_input("adds_to_empty_theme", theme, "points"),
                    Figure("first", first, None, adds.law),
                    Figure("last", last, None, adds.law),
                ),
                adds.value if accepted else 0,
                "points",
                accepted,
            )
        )
    findings = (
        [Finding("substitution_rejected", Severity.WARNING, adds.law, tuple(rejected))]
        if rejected
        else []
    )
    ordered = tuple(result[year.number] for year in years)
    return ordered, adds.value * len(done), findings, tuple(steps)

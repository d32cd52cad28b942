"""Validity, validity years, renewal window and COVID extension of a certificate (LTC-R1 to R6)."""

from datetime import date
from functools import lru_cache

import msgspec

from ..domain.decision import Figure, Step, Window
from ..domain.periods import DAY, add_months, add_years, period_end
from .ltc_common import covered_from
from .params import FigureValue, Ruleset

__all__ = [
    "Term",
    "ValidityYear",
    "covered_day",
    "figures_change",
    "last_day_of_validity",
    "late_validity",
    "law_day",
    "leaves_window",
    "term_of",
    "term_step",
]


class ValidityYear(msgspec.Struct, frozen=True, gc=False):
    """A validity year (效期年度), both days included; the seventh is the extension."""

    number: int
    start: date
    end: date


class Term(msgspec.Struct, frozen=True, eq=False):
    """What follows from the two dates of a certificate.

    Attributes:
        valid_to: Original last day.
        extended_to: Last day to renew under the COVID extension (疫情展延), or None.
        opens: First day of the renewal window (申請更新期間).
        closes: Its last day, extension included.
        next_valid_to: Last day of a certificate renewed in time.
        years: Six validity years, and the seventh of an extended certificate.
        validity: Figure of the years of validity.
        window_months: Figure of the window.
        extension: The rule of the extension.
    """

    valid_from: date
    valid_to: date
    extended_to: date | None
    opens: date
    closes: date
    next_valid_to: date
    years: tuple[ValidityYear, ...]
    validity: FigureValue
    window_months: FigureValue
    extension: FigureValue

    @property
    def window(self) -> Window:
        """The window in which renewal may be applied for."""
        return Window(self.opens, self.closes)

    def year_of(self, day: date) -> ValidityYear | None:
        """The validity year that holds ``day``."""
        for year in self.years:
            if year.start <= day <= year.end:
                return year
        return None


def law_day(ruleset: Ruleset, day: date) -> date:
    """No certificate is older than the regulation: an earlier day is answered by its first text."""
    return max(day, ruleset.groups["ltc.validity"].values["years"][0].since)


def covered_day(ruleset: Ruleset, application: date) -> date:
    """The day whose figures answer an application.

    An application before the first covered day is answered by that day's figures and told so
    (``ruleset_not_in_force``).
    """
    return max(application, covered_from(ruleset))


@lru_cache(maxsize=256)
def figures_change(ruleset: Ruleset, groups: tuple[str, ...]) -> tuple[date, ...]:
    """Days on which an enabled figure of ``groups`` takes effect, ascending."""
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


def leaves_window(day: date, years: int) -> date:
    """First application whose window of ``years`` before it no longer holds ``day``."""
    leaves = add_years(day, years) + DAY
    while add_years(leaves, -years) <= day:
        leaves += DAY
    return leaves


def last_day_of_validity(ruleset: Ruleset, valid_from: date) -> date:
    """Last day of a certificate that starts on ``valid_from``.

    Law: L0070045:6 (自證明文件所載日期之次日起算滿六年之末日); Civil Code 121(2); LTC-R1.
    """
    years = ruleset.on(law_day(ruleset, valid_from)).value("ltc.validity", "years")
    return period_end(valid_from, years)


def late_validity(ruleset: Ruleset, application: date) -> date:
    """Last day of the certificate that a late renewal gives: application + 6 years - 1 day.

    Law: letter-1131960156; LTC-R6, Q8.
    """
    years = ruleset.on(covered_day(ruleset, application)).value("ltc.late_renewal", "validity")
    return period_end(application, years)


def _validity_years(
    valid_from: date, valid_to: date, extended_to: date | None, count: int
) -> tuple[ValidityYear, ...]:
    """Anniversaries, not blocks of 365 days; the last year ends on the stored last day (LTC-R2)."""
    years: list[ValidityYear] = []
    start = valid_from
    for number in range(1, count + 1):
        end = valid_to if number == count else min(period_end(valid_from, number), valid_to)
        if start > end:
            break
        years.append(ValidityYear(number, start, end))
        start = end + DAY
    if extended_to is not None:
        years.append(ValidityYear(count + 1, valid_to + DAY, extended_to))
    return tuple(years)


@lru_cache(maxsize=8192)
def term_of(ruleset: Ruleset, valid_from: date, valid_to: date) -> Term:
    """The term of a certificate with these dates.

    Law: L0070045:6, 7-1; letter-1121960128; LTC-R2 to R4, R6.
    """
    params = ruleset.on(law_day(ruleset, valid_from))
    validity = params.figure("ltc.validity", "years")
    months = params.figure("ltc.renewal_window", "months")
    extension = params.figure("ltc.covid_extension", "extension")
    extended_to = None
    if extension.value["expires_from"] <= valid_to <= extension.value["expires_to"]:
        extended_to = add_years(valid_to, extension.value["years"])
    return Term(
        valid_from,
        valid_to,
        extended_to,
        opens=add_months(valid_to, -months.value),
        closes=extended_to or valid_to,
        next_valid_to=add_years(valid_to, validity.value),
        years=_validity_years(valid_from, valid_to, extended_to, validity.value),
        validity=validity,
        window_months=months,
        extension=extension,
    )


def term_step(term: Term) -> Step:
    """How validity, window and extension follow from the certificate's dates."""
    window = Step(
        "ltc.renewal_window",
        term.window_months.law,
        (
            Figure("months", term.window_months.value * 100, "months", term.window_months.law),
            Figure("opens", term.opens),
            Figure("closes", term.closes),
        ),
    )
    children = [window]
    if term.extended_to is not None:
        rule = term.extension.value
        children.append(
            Step(
                "ltc.covid_extension",
                term.extension.law,
                (
                    Figure("expires_from", rule["expires_from"], None, term.extension.law),
                    Figure("expires_to", rule["expires_to"], None, term.extension.law),
                    Figure("years", rule["years"] * 100, "years", term.extension.law),
                ),
                term.extended_to,
            )
        )
    return Step(
        "ltc.validity_period",
        term.validity.law,
        (
            Figure("years", term.validity.value * 100, "years", term.validity.law),
            Figure("valid_from", term.valid_from),
        ),
        term.valid_to,
        children=tuple(children),
    )

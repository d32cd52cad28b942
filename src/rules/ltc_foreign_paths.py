"""Standard and relaxations 放寬 of the foreign track: which path is taken and what it asks for."""

from collections.abc import Sequence
from datetime import date

import msgspec

from ..domain.decision import Figure, Requirement, Step
from .ltc_calendar import Term
from .ltc_codes import THEMES
from .ltc_common import figure_input
from .ltc_foreign_years import Credit, ForeignYear
from .ltc_online import OnlineCeiling, online_step
from .params import Params

__all__ = ["ForeignQuestion", "Judged", "judged_path"]

_Judgement = tuple[Requirement, Step]


class ForeignQuestion(msgspec.Struct, frozen=True):
    """The question with its days, figures and counted points.

    Attributes:
        years: Validity years after substitution, the extension last.
        total: All points after the online ceiling, substitutions included; hundredths.
    """

    term: Term
    route: str
    application: date
    params: Params
    ceiling: OnlineCeiling
    credit: Credit
    years: tuple[ForeignYear, ...]
    total: int

    @property
    def six_years(self) -> tuple[ForeignYear, ...]:
        """The validity years without the extension."""
        return tuple(year for year in self.years if year.start <= self.term.valid_to)

    @property
    def by(self) -> date | None:
        """Last day for what may be filled until the window closes."""
        return None if self.route == "late" else self.term.closes


class Judged(msgspec.Struct, frozen=True):
    """A path with its requirements.

    Attributes:
        pooled_years: Years whose points were added up.
        lost: A closed year that stands alone has failed; only late renewal is left.
    """

    path: str
    pooled_years: int
    judged: tuple[_Judgement, ...]
    lost: bool = False

    @property
    def complete(self) -> bool:
        """Whether every requirement is met."""
        return all(requirement.met for requirement, _ in self.judged)


def _year_is_met(question: ForeignQuestion, year: ForeignYear) -> tuple[bool, bool]:
    """(total, safety themes) of one validity year on its own.

    Law: L0070045@2023-10-11:21-2 (每年至少二十點…合計至少四點); LTC-R18.
    """
    total = question.params.value("ltc.foreign_year", "total")
    safety = question.params.value("ltc.foreign_year", "safety")
    return year.total >= total, year.safety >= safety and all(year.themes)


def _year_step(question: ForeignQuestion, year: ForeignYear) -> Step:
    total = question.params.figure("ltc.foreign_year", "total")
    safety = question.params.figure("ltc.foreign_year", "safety")
    themes = (
        Figure(theme, points, "points") for theme, points in zip(THEMES, year.themes, strict=True)
    )
    return Step(
        "ltc.foreign_year",
        total.law,
        (
            Figure("from", year.start),
            Figure("to", year.end),
            Figure("total", year.total, "points"),
            figure_input("total_minimum", total, "points"),
            *themes,
            Figure("safety", year.safety, "points"),
            figure_input("safety_minimum", safety, "points"),
        ),
        year.number * 100,
        "years",
        all(_year_is_met(question, year)),
    )


def _yearly(question: ForeignQuestion, years: Sequence[ForeignYear]) -> tuple[_Judgement, ...]:
    """Every tested validity year on its own, as counts of years.

    Law: L0070045@2023-10-11:21-2; LTC-R18.
    """
    running = next((one.end for one in years if one.end >= question.application), question.by)
    required = len(years) * 100
    judged: list[_Judgement] = []
    for index, name in enumerate(("total", "safety")):
        figure = question.params.figure("ltc.foreign_year", name)
        code = f"ltc.foreign_year_{name}"
        counted = 100 * sum(_year_is_met(question, year)[index] for year in years)
        met = counted >= required
        step = Step(
            f"{code}.why",
            figure.law,
            (Figure("required", required, "years"), figure_input("each", figure, "points")),
            counted,
            "years",
            met,
            tuple(_year_step(question, year) for year in years) if name == "total" else (),
        )
        requirement = Requirement(code, met, counted, required, "years", figure.law, running)
        judged.append((requirement, step))
    return tuple(judged)


def _compared(
    question: ForeignQuestion,
    code: str,
    counted: int,
    required: int,
    law: str,
    *,
    unit: str = "points",
    why: str | None = None,
    shown: tuple[Figure, ...] = (),
    children: tuple[Step, ...] = (),
) -> _Judgement:
    met = counted >= required
    requirement = Requirement(code, met, counted, required, unit, law, question.by)
    inputs = (Figure("required", required, unit, law), *shown)
    return requirement, Step(why or f"{code}.why", law, inputs, counted, unit, met, children)


def _multicultural(question: ForeignQuestion) -> _Judgement:
    """Multicultural training once in six years, a course of any length.

    Law: L0070045@2023-10-11:21-3 (多元族群文化能力訓練); LTC-R18.
    """
    minimum = question.params.figure("ltc.foreign_multicultural", "minimum")
    return _compared(
        question,
        "ltc.foreign_multicultural",
        question.credit.courses * 100,
        minimum.value * 100,
        minimum.law,
        unit="courses",
    )


def _total(question: ForeignQuestion) -> _Judgement:
    """Total after the online ceiling, the extension year and substitutions included.

    Law: seed-004 STEP 2 (合計至少120點); L0070045@2023-10-11:21-1, 11; LTC-R10, R18, R19.
    """
    minimum = question.params.figure("ltc.foreign_total", "minimum")
    credit = question.credit
    online = min(credit.ceiling, credit.before + credit.after)
    step = online_step(question.ceiling, credit.before, credit.after, credit.ceiling, online)
    return _compared(
        question,
        "ltc.total",
        question.total,
        minimum.value,
        minimum.law,
        why="ltc.foreign_total.why",
        shown=(Figure("physical", question.total - online, "points"),),
        children=(step,),
    )


def _pooled_themes(
    question: ForeignQuestion, themes: Sequence[int], figure: str, years: int
) -> tuple[_Judgement, ...]:
    """Each theme over the pooled years: one point for each of them.

    Law: letter-1131960155 (放寬期間各類別課程以每年1點計算); LTC-R19.
    """
    each = question.params.figure("ltc.foreign_pooled", figure)
    return tuple(
        _compared(
            question,
            f"ltc.foreign_pooled_{theme}",
            points,
            each.value * years,
            each.law,
            why="ltc.foreign_pooled_theme.why",
            shown=(
                Figure("theme", theme),
                Figure("years", years * 100, "years"),
                Figure("each", each.value, "points", each.law),
            ),
        )
        for theme, points in zip(THEMES, themes, strict=True)
    )


def _pool(
    question: ForeignQuestion, pooled: Sequence[ForeignYear], later: Sequence[ForeignYear]
) -> tuple[int, list[int]]:
    """Raw sums of the pooled years, and what later years have above their own need.

    Law: letter-1131960155; seed-004 總結放寬結果 (回補); LTC-R19, Q10.
    """
    own_total = question.params.value("ltc.foreign_year", "total")
    own_theme = question.params.value("ltc.foreign_pooled", "theme_per_year")
    total = sum(year.total for year in pooled)
    total += sum(max(0, year.total - own_total) for year in later)
    themes = [
        sum(year.themes[index] for year in pooled)
        + sum(max(0, year.themes[index] - own_theme) for year in later)
        for index in range(len(THEMES))
    ]
    return total, themes


def _relaxed(
    question: ForeignQuestion, pooled: Sequence[ForeignYear], later: Sequence[ForeignYear], n: int
) -> tuple[_Judgement, ...]:
    """Pooled total and themes for ``n`` years.

    Law: letter-1121963371, letter-1131960155 (跨越年數x20點); LTC-R19.
    """
    each = question.params.figure("ltc.foreign_pooled", "total_per_year")
    total, themes = _pool(question, pooled, later)
    shown = (
        Figure("years", n * 100, "years"),
        Figure("each", each.value, "points", each.law),
    )
    steps = tuple(_year_step(question, year) for year in pooled)
    return (
        _compared(
            question,
            "ltc.foreign_pooled_total",
            total,
            each.value * n,
            each.law,
            shown=shown,
            children=steps,
        ),
        *_pooled_themes(question, themes, "theme_per_year", n),
    )


def _lost(question: ForeignQuestion, years: Sequence[ForeignYear]) -> bool:
    """Whether a year that stands alone ended before the application without its points.

    Law: seed-004 總結放寬結果 (112年以後起算效期年度是否每年20點: 否 → 逾期更新); LTC-R19.
    """
    return any(
        year.end < question.application and not all(_year_is_met(question, year)) for year in years
    )


def _standard(question: ForeignQuestion) -> Judged:
    """Basic standard 基本標準: each of the six years on its own.

    Law: L0070045@2023-10-11:21-2, 21-3; LTC-R18.
    """
    years = question.six_years
    judged = (*_yearly(question, years), _multicultural(question), _total(question))
    return Judged("standard", 0, judged, _lost(question, years))


def _full(question: ForeignQuestion) -> Judged:
    """Full relaxation 全放寬: all years pooled, the extension too.

    Law: letter-1121961490, letter-1131960155; LTC-R19.
    """
    n = question.term.validity.value
    relaxed = _relaxed(question, question.years, (), n)
    return Judged("full_relaxation", n, (*relaxed, _multicultural(question), _total(question)))


def _partial(question: ForeignQuestion, pooled: Sequence[ForeignYear]) -> Judged:
    """Partial relaxation 部分放寬: years begun in time are pooled, later ones stand alone.

    Law: letter-1121963371, letter-1131960155; LTC-R19.
    """
    later = [year for year in question.six_years if year not in pooled]
    judged = (
        *_relaxed(question, pooled, later, len(pooled)),
        *_yearly(question, later),
        _multicultural(question),
        _total(question),
    )
    return Judged("partial_relaxation", len(pooled), judged, _lost(question, later))


def _late(question: ForeignQuestion) -> Judged:
    """Late renewal 逾期更新: total and themes of the six years before the application.

    Law: L0070045@2023-10-11:7-2, 21-1; seed-004 總結放寬結果; LTC-R5, R19.
    """
    years = question.params.value("ltc.late_renewal", "lookback")
    judged = (
        *_pooled_themes(question, question.credit.themes, "late_theme_per_year", years),
        _multicultural(question),
        _total(question),
    )
    return Judged("late", years, judged)


def judged_path(question: ForeignQuestion) -> Judged:
    """The path taken: the standard first, a relaxation where it fails and one is open.

    Law: L0070045@2023-10-11:21; letter-1121963371, letter-1131960155; LTC-R18, R19.
    """
    if question.route == "late":
        return _late(question)
    standard = _standard(question)
    if standard.complete:
        return standard
    days = "ltc.foreign_relaxation"
    if question.term.valid_to <= question.params.value(days, "full_if_valid_to_by"):
        return _full(question)
    latest = question.params.value(days, "pooled_if_year_starts_by")
    pooled = [year for year in question.six_years if year.start <= latest]
    return _partial(question, pooled) if pooled else standard

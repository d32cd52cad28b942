"""What a renewal question rests on before any course is looked at: days, figures, fixed steps.

A frame follows from the certificate's days, the day of application and the figures, so that
certificates with the same days share one. It is built once and kept.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import get_args

import msgspec

from ..domain.decision import Deadline, Figure, Finding, Step, Window
from ..domain.periods import DAY, add_years
from .ltc_article import Article, article_of, judge
from .ltc_calendar import Term, covered_day, figures_change, late_validity, term_of, term_step
from .ltc_codes import Service
from .ltc_common import INFO, WINDOW_LAW, figure_input, next_day, outdated_day, ruleset_findings
from .ltc_culture import CulturePlan, culture_plan, late_culture_plan
from .ltc_online import OnlineCeiling, online_ceiling
from .params import Params, Ruleset

__all__ = [
    "Articles",
    "CreditWindow",
    "Frame",
    "Route",
    "articles_on",
    "credit_window",
    "frame_of",
    "late_window",
    "route_of",
]

Route = str
"""``on_time`` 一般更新, ``extended`` 展延更新 or ``late`` 逾期更新."""

_PICKED_BY_APPLICATION = (
    "ltc.attributes_present",
    "ltc.late_renewal",
    "ltc.online_cap",
    "ltc.professional",
    "ltc.quality_ethics_law",
    "ltc.ruleset",
    "ltc.safety_categories",
    "ltc.safety_present",
    "ltc.service",
    "ltc.total",
)


class CreditWindow(msgspec.Struct, frozen=True, gc=False):
    """Days whose courses count, as ordinals both included, with their step and report."""

    first: int
    last: int
    step: Step
    report: dict[str, str]


class Articles(msgspec.Struct, frozen=True, eq=False):
    """The articles that an application meets, whatever the certificate.

    Attributes:
        qel_at_most: Ceiling of quality, ethics and law.
        service_steps: The step of each kind of proof.
        qel_capped: Told where points exceed that ceiling.
        online_capped: Told where points exceed the ceiling of online points.
    """

    total: Article
    professional: Article
    quality_ethics_law: Article
    attributes_present: Article
    physical: Article
    safety_categories: Article
    safety_present: Article
    service: Article
    service_steps: Mapping[str, Step]
    ceiling: OnlineCeiling
    qel_at_most: int
    qel_shown: Figure
    qel_capped: Finding
    online_capped: Finding


class Frame(msgspec.Struct, frozen=True, eq=False):
    """A renewal question without its courses.

    Attributes:
        asked: The days of the question, for the explanation.
        by: Day by which whatever is missing is due.
        application: Day of application; the day asked about where none was given.
        lookback: Years before the application that count on the late route, else None.
        credit: Days whose courses count, where the certificate names no other first day.
        original_end: Last day (ordinal) of validity without extension.
        open: Whether an application on that day is inside the window, or late.
        moves: The application moves with the day asked about, none was given.
        changes: Next day on which the answer can change whatever the courses are.
    """

    as_of: date
    application: date
    term: Term
    route: Route
    lookback: int | None
    credit: CreditWindow
    original_end: int
    open: bool
    moves: bool
    asked: tuple[Figure, ...]
    by: date | None
    articles: Articles
    culture: CulturePlan
    findings: tuple[Finding, ...]
    term_step: Step
    after_steps: tuple[Step, ...]
    deadlines: tuple[Deadline, ...]
    window: Window
    window_report: dict[str, str]
    next_report: dict[str, str]
    changes: date | None


def route_of(term: Term, application: date) -> Route:
    """Route of an application: in time, within the extension, or after it.

    Law: L0070045:7-1, 7-2; letter-1121960128; LTC-R4 to R6.
    """
    if application > term.closes:
        return "late"
    return "extended" if application > term.valid_to else "on_time"


def late_window(params: Params, application: date) -> tuple[date, date]:
    """Days whose credit counts for a late renewal: the six years before the application.

    Law: L0070045:7-2 (以申請更新日前六年內完成為限); LTC-R5.
    """
    years = params.value("ltc.late_renewal", "lookback")
    return add_years(application, -years), application


def _article(params: Params, code: str, name: str, unit: str) -> Article:
    figure = params.figure(code, name)
    shown = figure_input("required", figure, unit)
    required = figure.value if unit == "points" else figure.value * 100
    return article_of(code, unit, figure.law, required, shown)


def _service_steps(service: Article) -> dict[str, Step]:
    return {
        proof: judge(service, None, 0 if proof == "none" else 100, (Figure("service", proof),))[1]
        for proof in get_args(Service)
    }


@lru_cache(maxsize=256)
def articles_on(ruleset: Ruleset, day: date) -> Articles:
    """The articles whose figures answer an application of ``day``.

    Law: L0070045:6-2, 9, 21.1; seed-004; LTC-R7, R9 to R11.
    """
    params = ruleset.on(day)
    total = _article(params, "ltc.total", "minimum", "points")
    service = _article(params, "ltc.service", "minimum", "proofs")
    ceiling = online_ceiling(ruleset, day)
    at_most = params.figure("ltc.quality_ethics_law", "counted_at_most")
    # 實體: what the online ceiling leaves of the total; the minimum follows with each person.
    whole = Figure("total", total.required, "points", total.law)
    return Articles(
        total=total,
        professional=_article(params, "ltc.professional", "minimum", "points"),
        quality_ethics_law=_article(params, "ltc.quality_ethics_law", "minimum", "points"),
        attributes_present=_article(params, "ltc.attributes_present", "minimum", "attributes"),
        physical=article_of("ltc.physical", "points", ceiling.law, 0, whole),
        safety_categories=_article(params, "ltc.safety_categories", "minimum", "points"),
        safety_present=_article(params, "ltc.safety_present", "minimum", "themes"),
        service=service,
        service_steps=_service_steps(service),
        ceiling=ceiling,
        qel_at_most=at_most.value,
        qel_shown=figure_input("at_most", at_most, "points"),
        qel_capped=Finding("qel_capped", INFO, at_most.law),
        online_capped=Finding("online_capped", INFO, ceiling.law),
    )


def _next(ruleset: Ruleset, term: Term, route: Route, application: date) -> tuple[date, date, str]:
    """New last day, first day whose credit counts for the next period, and the text.

    Law: letter-1131961312 (自申請更新之日起算); letter-1131960156; seed-004 Q&A 4.9; LTC-R6.
    """
    if route == "late":
        return late_validity(ruleset, application), application, "letter-1131960156"
    if route == "extended":
        return term.next_valid_to, term.valid_to + DAY, "seed-004#問答集4.9"
    return term.next_valid_to, application, WINDOW_LAW


def _deadlines(term: Term, culture: CulturePlan, as_of: date) -> tuple[Deadline, ...]:
    ahead: list[Deadline] = []
    if culture.yearly is not None and any(not year.closed for year in culture.yearly.years):
        yearly = culture.yearly
        ahead.append(Deadline("ltc.culture_year_by", yearly.by, yearly.article.law))
    ahead.append(Deadline("ltc.renew_by", term.closes, term.window_months.law))
    return tuple(sorted((one for one in ahead if one.due >= as_of), key=lambda one: one.due))


def _static_changes(
    ruleset: Ruleset, term: Term, route: Route, as_of: date, moves: bool
) -> date | None:
    """Next day that changes the answer by the calendar alone."""
    days: list[date | None] = [outdated_day(ruleset)]
    if moves:
        days.extend(figures_change(ruleset, _PICKED_BY_APPLICATION))
        days.extend((term.opens, term.valid_to + DAY, term.closes + DAY))
        # A validity year that closes without its two points is missed from the next day on.
        days.extend(year.end + DAY for year in term.years)
        if route == "late":
            days.extend(figures_change(ruleset, ("ltc.culture",)))
    return next_day(as_of, days)


def _credit_window(first: date, last: date, route: Route, law: str, *shown: Figure) -> CreditWindow:
    inputs = (Figure("from", first), Figure("to", last), *shown)
    return CreditWindow(
        first.toordinal(),
        last.toordinal(),
        Step("ltc.credit_window", law, inputs, route),
        {"from": first.isoformat(), "to": last.isoformat()},
    )


def _usual_window(params: Params, term: Term, route: Route, application: date) -> CreditWindow:
    """From the first day of validity, or the six years before a late application.

    Law: L0070045:9-1 (自認證證明文件生效日起), 7-2; LTC-R5, R9.
    """
    if route == "late":
        lookback = params.figure("ltc.late_renewal", "lookback")
        shown = figure_input("years", lookback, "years")
        return _credit_window(*late_window(params, application), route, lookback.law, shown)
    law = params.figure("ltc.total", "minimum").law
    return _credit_window(term.valid_from, min(application, term.closes), route, law)


def credit_window(frame: Frame, credit_from: date | None) -> CreditWindow:
    """Days whose courses count; a renewed certificate's from the day it was renewed.

    Law: letter-1131961312 (自申請更新認證證明文件之日起算); LTC-R5, R6, R9.
    """
    if credit_from is None or frame.route == "late":
        return frame.credit
    last = min(frame.application, frame.term.closes)
    return _credit_window(credit_from, last, frame.route, WINDOW_LAW)


def _closing_steps(
    params: Params, route: Route, next_valid_to: date, credit_from: date, law: str
) -> tuple[Step, ...]:
    steps = [
        Step(
            "ltc.next_certificate",
            law,
            (Figure("credit_from", credit_from), Figure("route", route)),
            next_valid_to,
        )
    ]
    if route == "late":
        low = params.figure("ltc.expired_service", "at_least")
        high = params.figure("ltc.expired_service", "at_most")
        steps.append(
            Step(
                "ltc.expired_service",
                low.law,
                (figure_input("at_least", low, "TWD"), figure_input("at_most", high, "TWD")),
            )
        )
    steps.append(Step("ltc.local_authority_decides", "seed-004#備註"))
    return tuple(steps)


def frame_of(
    ruleset: Ruleset,
    valid_from: date,
    valid_to: date,
    given_application: date | None,
    as_of: date,
) -> Frame:
    """The frame of a question.

    Law: L0070045:6, 7, 9, 21.1; LTC-R3 to R6, R9 to R12.
    """
    application = given_application or as_of
    term = term_of(ruleset, valid_from, valid_to)
    params = ruleset.on(covered_day(ruleset, application))
    route = route_of(term, application)
    if route == "late":
        culture = late_culture_plan(ruleset, application)
    else:
        culture = culture_plan(ruleset, term, application)
    next_valid_to, next_credit_from, next_law = _next(ruleset, term, route, application)
    return Frame(
        as_of=as_of,
        application=application,
        term=term,
        route=route,
        lookback=params.value("ltc.late_renewal", "lookback") if route == "late" else None,
        credit=_usual_window(params, term, route, application),
        original_end=valid_to.toordinal(),
        open=application >= term.opens,
        moves=given_application is None,
        asked=(Figure("as_of", as_of), Figure("application", application)),
        by=None if route == "late" else term.closes,
        articles=articles_on(ruleset, params.day),
        culture=culture,
        findings=tuple(ruleset_findings(ruleset, as_of, application)),
        term_step=term_step(term),
        after_steps=_closing_steps(params, route, next_valid_to, next_credit_from, next_law),
        deadlines=_deadlines(term, culture, as_of),
        window=term.window,
        window_report={"opens": term.opens.isoformat(), "closes": term.closes.isoformat()},
        next_report={
            "valid_to": next_valid_to.isoformat(),
            "credit_from": next_credit_from.isoformat(),
        },
        changes=_static_changes(ruleset, term, route, as_of, given_application is None),
    )

"""``ltc.foreign_renewal``: renewal of a foreign institution caregiver (外籍機構看護工)."""

from collections.abc import Sequence
from datetime import date

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Deadline,
    Decision,
    Figure,
    Finding,
    Severity,
    Step,
)
from ..domain.errors import InvalidFacts
from ..domain.periods import DAY
from .facts import Facts
from .ltc_calendar import (
    Term,
    covered_day,
    figures_change,
    late_validity,
    leaves_window,
    term_of,
    term_step,
)
from .ltc_codes import FOREIGN_MULTICULTURAL, THEMES
from .ltc_common import (
    EXCLUDED_LAW,
    WINDOW_LAW,
    citations_of,
    findings_of,
    json_ready,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import (
    Activity,
    RenewableCertificate,
    calendar_days,
    check_activities,
    check_certificate,
    check_track,
)
from .ltc_foreign_paths import ForeignQuestion, Judged, judged_path
from .ltc_foreign_years import (
    ForeignYear,
    Substitution,
    YearRow,
    credit_of_activities,
    credit_of_rows,
    substituted,
    themes_of,
)
from .ltc_online import online_ceiling
from .ltc_renewal_frame import late_window, route_of
from .params import Params, Ruleset

__all__ = ["ForeignRenewalFacts", "foreign_renewal"]

_PICKED_BY_APPLICATION = (
    "ltc.foreign_multicultural",
    "ltc.foreign_pooled",
    "ltc.foreign_relaxation",
    "ltc.foreign_total",
    "ltc.foreign_year",
    "ltc.late_renewal",
    "ltc.online_cap",
    "ltc.ruleset",
)


class ForeignRenewalFacts(Facts, frozen=True):
    """Facts of ``ltc.foreign_renewal``: activities, or rows by validity year as a what-if."""

    certificate: RenewableCertificate
    activities: tuple[Activity, ...] | None = None
    year_rows: tuple[YearRow, ...] | None = None
    application_date: date | None = None
    substitutions: tuple[Substitution, ...] = ()


def _check(facts: ForeignRenewalFacts, as_of: date) -> None:
    check_certificate(facts.certificate)
    check_track(facts.certificate, "foreign_institution")
    calendar_days({"application_date": facts.application_date, "as_of": as_of})
    if facts.activities is not None and facts.year_rows is not None:
        raise InvalidFacts.at("year_rows", "activities or year_rows, not both")
    check_activities(facts.activities or ())


def _activity_uses(activities: Sequence[Activity], judged: Judged) -> tuple[ActivityUse, ...]:
    """Every counted activity with the requirements of the path that it counted for."""
    codes = [requirement.code for requirement, _ in judged.judged]
    uses: list[ActivityUse] = []
    for activity in activities:
        fed = {"ltc.total", "ltc.foreign_year_total", "ltc.foreign_pooled_total"}
        themes = themes_of(activity)
        if themes:
            fed.add("ltc.foreign_year_safety")
            fed.update(f"ltc.foreign_pooled_{theme}" for theme in themes)
        if any(one in FOREIGN_MULTICULTURAL for one in activity.categories):
            fed.add("ltc.foreign_multicultural")
        amount = activity.amount
        uses.append(
            ActivityUse(activity.id, amount, "points", tuple(code for code in codes if code in fed))
        )
    return tuple(uses)


def _year_report(year: ForeignYear) -> dict[str, object]:
    return {
        "year": year.number,
        "from": year.start,
        "to": year.end,
        "total": to_number(year.total),
        **{theme: to_number(points) for theme, points in zip(THEMES, year.themes, strict=True)},
        "safety": to_number(year.safety),
    }


def _changes(
    facts: ForeignRenewalFacts, as_of: date, ruleset: Ruleset, term: Term, params: Params
) -> date | None:
    """First later day on which the answer can change with the same facts."""
    days: list[date | None] = [outdated_day(ruleset)]
    if facts.application_date is None:
        days.extend(figures_change(ruleset, _PICKED_BY_APPLICATION))
        days.extend((term.opens, term.valid_to + DAY, term.closes + DAY))
        days.extend(year.end + DAY for year in term.years)
        activities = facts.activities or ()
        days.extend(one.date for one in activities)
        if as_of > term.closes:
            lookback = params.value("ltc.late_renewal", "lookback")
            days.extend(leaves_window(one.date, lookback) for one in activities)
    return next_day(as_of, days)


def _explanation(
    question: ForeignQuestion, judged: Judged, as_of: date, status: str, middle: tuple[Step, ...]
) -> Step:
    params = question.params
    full = params.figure("ltc.foreign_relaxation", "full_if_valid_to_by")
    pooled = params.figure("ltc.foreign_relaxation", "pooled_if_year_starts_by")
    path = Step(
        "ltc.foreign_path",
        full.law,
        (
            Figure("pooled_years", judged.pooled_years * 100, "years"),
            Figure("full_if_valid_to_by", full.value, None, full.law),
            Figure("pooled_if_year_starts_by", pooled.value, None, pooled.law),
        ),
        judged.path,
    )
    return Step(
        "ltc.foreign_renewal",
        "L0070045@2023-10-11:21-1",
        (Figure("as_of", as_of), Figure("application", question.application)),
        status,
        None,
        status == "eligible",
        (
            term_step(question.term),
            *middle,
            path,
            *(step for _, step in judged.judged),
            Step("ltc.local_authority_decides", "seed-004#備註"),
        ),
    )


def _status(question: ForeignQuestion, judged: Judged) -> str:
    if judged.complete:
        return "eligible" if question.application >= question.term.opens else "not_open"
    return "must_wait_late" if judged.lost else "short"


def _deadlines(question: ForeignQuestion, judged: Judged, as_of: date) -> tuple[Deadline, ...]:
    due = [Deadline("ltc.renew_by", question.term.closes, question.term.window_months.law)]
    due.extend(
        Deadline("ltc.foreign_year_by", requirement.by, requirement.law)
        for requirement, _ in judged.judged
        if requirement.code == "ltc.foreign_year_total" and requirement.by is not None
    )
    return tuple(sorted((one for one in due if one.due >= as_of), key=lambda one: one.due))


def foreign_renewal(facts: ForeignRenewalFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Renewal of a foreign institution caregiver: standard, relaxations, late renewal.

    Args:
        facts: Certificate and its accepted credit, by activity or by validity year.
        as_of: Day asked about.
        ruleset: Figures.

    Raises:
        InvalidFacts: a certificate of the general track, both forms of credit, rows for a late
            renewal, contradictory rows.

    Law: L0070045@2023-10-11:21; letter-1121961490, letter-1121963371, letter-1131960155;
        LTC-R3 to R6, R10, R18, R19.
    """
    _check(facts, as_of)
    application = facts.application_date or as_of
    certificate = facts.certificate
    term = term_of(ruleset, certificate.valid_from, certificate.valid_to)
    params = ruleset.on(covered_day(ruleset, application))
    route = route_of(term, application)
    ceiling = online_ceiling(ruleset, params.day)
    if route == "late":
        if facts.year_rows is not None:
            raise InvalidFacts.at("year_rows", "activities, for a late renewal")
        first, last = late_window(params, application)
    else:
        first = certificate.credit_from or certificate.valid_from
        last = min(application, term.closes)

    counted: list[Activity] = []
    refused: list[ActivityRefusal] = []
    for activity in facts.activities or ():
        if not first <= activity.date <= last:
            refused.append(ActivityRefusal(activity.id, "out_of_window", WINDOW_LAW))
        elif activity.excluded:
            refused.append(ActivityRefusal(activity.id, "excluded_course", EXCLUDED_LAW))
        else:
            counted.append(activity)
    findings = ruleset_findings(ruleset, as_of, application)
    findings.extend(Finding(one.reason, Severity.INFO, one.law, (one.activity,)) for one in refused)
    if facts.year_rows is None:
        credit = credit_of_activities(term, counted, ceiling)
    else:
        credit = credit_of_rows(term, facts.year_rows, ceiling)
    if credit.before + credit.after > credit.ceiling:
        findings.append(Finding("online_capped", Severity.INFO, ceiling.law))

    years, added = credit.years, 0
    steps: tuple[Step, ...] = ()
    if route != "late":
        years, added, rejected, steps = substituted(years, facts.substitutions, params)
        findings.extend(rejected)
    question = ForeignQuestion(
        term, route, application, params, ceiling, credit, years, credit.total + added
    )
    judged = judged_path(question)
    status = _status(question, judged)
    window_step = Step(
        "ltc.credit_window", WINDOW_LAW, (Figure("from", first), Figure("to", last)), route
    )
    explanation = _explanation(question, judged, as_of, status, (window_step, *steps))
    requirements = tuple(requirement for requirement, _ in judged.judged)
    found = findings_of(findings)
    late = route == "late"
    return Decision(
        rule="ltc.foreign_renewal",
        as_of=as_of,
        status=status,
        eligible=status == "eligible",
        explanation=explanation,
        requirements=requirements,
        findings=found,
        report=json_ready(
            {
                "path": judged.path,
                "pooled_years": judged.pooled_years,
                "years": [] if late else [_year_report(year) for year in years],
                "window": {"opens": term.opens, "closes": term.closes},
                "next": {
                    "valid_to": late_validity(ruleset, application) if late else term.next_valid_to
                },
            }
        ),
        used=_activity_uses(counted, judged),
        refused=tuple(refused),
        deadlines=_deadlines(question, judged, as_of),
        window=term.window,
        valid_to=term.closes,
        citations=citations_of(explanation, requirements, found),
        next_change_on=_changes(facts, as_of, ruleset, term, params),
    )

"""``ltc.reentry``: re-issue or renewal after leaving the country and coming back (離境後再入境)."""

from collections.abc import Sequence
from datetime import date

import msgspec

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Deadline,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..domain.periods import DAY, add_years
from .facts import Facts, require_order
from .ltc_calendar import (
    Term,
    covered_day,
    figures_change,
    late_validity,
    leaves_window,
    term_of,
)
from .ltc_common import (
    EXCLUDED_LAW,
    WINDOW_LAW,
    citations_of,
    figure_input,
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
)
from .ltc_online import OnlineCeiling, online_ceiling, online_step
from .ltc_renewal_frame import late_window
from .params import Params, Ruleset

__all__ = ["ReentryConditions", "ReentryFacts", "reentry"]

_LAW = "letter-1131960156"
_PICKED_BY_APPLICATION = (
    "ltc.foreign_total",
    "ltc.late_renewal",
    "ltc.online_cap",
    "ltc.reentry",
    "ltc.reentry_exemption",
    "ltc.ruleset",
)


class ReentryConditions(Facts, frozen=True):
    """Conditions of the one-time exemption; what is not stated is not fulfilled.

    Attributes:
        deregistered_in_time: The former institution deregistered within 30 days and filed it.
        revocation_letter: The labour ministry's letter 廢止聘僱函 is shown.
        exemption_used: The exemption was used before.
    """

    deregistered_in_time: bool = False
    revocation_letter: bool = False
    exemption_used: bool = False


class ReentryFacts(Facts, frozen=True, kw_only=True):
    """Facts of ``ltc.reentry``."""

    certificate: RenewableCertificate
    departed_on: date
    reentered_on: date
    application_date: date | None = None
    use_exemption: bool = False
    conditions: ReentryConditions = ReentryConditions()
    activities: tuple[Activity, ...] = ()


class _Route(msgspec.Struct, frozen=True):
    """An ordinary route: what it asks for and which days count."""

    code: str
    required: int
    first: date
    new_valid_to: date
    full_years: int | None
    step: Step


def _exemption_open(facts: ReentryFacts, params: Params, application: date) -> tuple[bool, Step]:
    """One-time exemption 限1次: all conditions together, once per person.

    Law: letter-1131960156 (離境後達1年以上再次來臺; 註銷登錄; 廢止聘僱函); LTC-R21, Q15.
    """
    abroad = params.figure("ltc.reentry_exemption", "abroad")
    long_enough = add_years(facts.departed_on, abroad.value) <= facts.reentered_on
    conditions = facts.conditions
    available = (
        long_enough
        and facts.reentered_on <= application
        and conditions.deregistered_in_time
        and conditions.revocation_letter
        and not conditions.exemption_used
    )
    step = Step(
        "ltc.reentry_exemption",
        abroad.law,
        (
            Figure("departed_on", facts.departed_on),
            Figure("reentered_on", facts.reentered_on),
            figure_input("abroad", abroad, "years"),
            Figure("deregistered_in_time", conditions.deregistered_in_time),
            Figure("revocation_letter", conditions.revocation_letter),
            Figure("exemption_used", conditions.exemption_used),
        ),
        available,
        None,
        available,
    )
    return available, step


def _full_years(term: Term, application: date) -> int:
    """Validity years completed by the day before the application; the unfinished one is free.

    The last one ends on the stored last day (LTC-R2), so that a re-issue never asks for it.
    """
    return sum(year.end < application for year in term.years)


def _reissue(facts: ReentryFacts, params: Params, application: date, ruleset: Ruleset) -> _Route:
    """Re-issue 補發 within the printed validity: 20 points for each full year, same last day.

    Law: letter-1131960156, item 1 (每年20點積分證明; 未滿1年效期年度免計算); LTC-R21.
    """
    certificate = facts.certificate
    each = params.figure("ltc.reentry", "per_full_year")
    years = _full_years(term_of(ruleset, certificate.valid_from, certificate.valid_to), application)
    step = Step(
        "ltc.reentry_reissue",
        each.law,
        (Figure("full_years", years * 100, "years"), figure_input("each", each, "points")),
        each.value * years,
        "points",
    )
    first = certificate.credit_from or certificate.valid_from
    return _Route("reissue", each.value * years, first, certificate.valid_to, years, step)


def _after_expiry(params: Params, application: date, ruleset: Ruleset) -> _Route:
    """Renewal after the printed last day: the total of the six years before the application.

    Law: letter-1131960156, item 2; L0070045@2023-10-11:7-2; LTC-R5, R21.
    """
    minimum = params.figure("ltc.foreign_total", "minimum")
    first, _ = late_window(params, application)
    step = Step(
        "ltc.reentry_after_expiry",
        _LAW,
        (figure_input("minimum", minimum, "points"), Figure("from", first)),
        minimum.value,
        "points",
    )
    new_valid_to = late_validity(ruleset, application)
    return _Route("renewal_after_expiry", minimum.value, first, new_valid_to, None, step)


def _counted(counted: Sequence[Activity], ceiling: OnlineCeiling) -> tuple[int, int, int, int]:
    """(total after the online ceiling, online before, after, ceiling), hundredths.

    Law: letter-1131960168; LTC-R10, R21.
    """
    online = [one for one in counted if one.mode == "online"]

    def online_before(day: int) -> int:
        return sum(one.amount for one in online if one.date.toordinal() < day)

    every = sum(one.amount for one in counted)
    raw = sum(one.amount for one in online)
    before, at_most = online_before(ceiling.split), ceiling.of(online_before)
    return every - raw + min(raw, at_most), before, raw - before, at_most


def _check(facts: ReentryFacts, as_of: date) -> None:
    check_certificate(facts.certificate)
    require_order(facts.departed_on, facts.reentered_on, "reentered_on")
    calendar_days(
        {
            "departed_on": facts.departed_on,
            "reentered_on": facts.reentered_on,
            "application_date": facts.application_date,
            "as_of": as_of,
        }
    )
    check_activities(facts.activities)


def _changes(facts: ReentryFacts, as_of: date, ruleset: Ruleset, params: Params) -> date | None:
    """First later day on which the answer can change with the same facts."""
    days: list[date | None] = [outdated_day(ruleset)]
    if facts.application_date is None:
        certificate = facts.certificate
        days.extend(figures_change(ruleset, _PICKED_BY_APPLICATION))
        term = term_of(ruleset, certificate.valid_from, certificate.valid_to)
        days.extend(year.end + DAY for year in term.years)
        days.extend((certificate.valid_to + DAY, facts.reentered_on))
        days.extend(one.date for one in facts.activities)
        if as_of > certificate.valid_to:
            lookback = params.value("ltc.late_renewal", "lookback")
            days.extend(leaves_window(one.date, lookback) for one in facts.activities)
    return next_day(as_of, days)


def reentry(facts: ReentryFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Re-issue or renewal after re-entry 離境後再入境.

    Args:
        facts: Certificate, the journey, the exemption's conditions, accepted credit.
        as_of: Day asked about.
        ruleset: Figures.

    Raises:
        InvalidFacts: back before leaving, contradictory days, doubled ids.

    Law: letter-1131960156; letter-1121962596; L0070045@2023-10-11:7-2; LTC-R21.
    """
    _check(facts, as_of)
    application = facts.application_date or as_of
    params = ruleset.on(covered_day(ruleset, application))
    if application <= facts.certificate.valid_to:
        route = _reissue(facts, params, application, ruleset)
    else:
        route = _after_expiry(params, application, ruleset)
    available, exemption = _exemption_open(facts, params, application)
    exempt = available and facts.use_exemption

    counted: list[Activity] = []
    refused: list[ActivityRefusal] = []
    for activity in facts.activities:
        if not route.first <= activity.date <= application:
            refused.append(ActivityRefusal(activity.id, "out_of_window", WINDOW_LAW))
        elif activity.excluded:
            refused.append(ActivityRefusal(activity.id, "excluded_course", EXCLUDED_LAW))
        else:
            counted.append(activity)
    ceiling = online_ceiling(ruleset, params.day)
    total, before, after, at_most = _counted(counted, ceiling)
    required = 0 if exempt else route.required
    met = total >= required
    status = "eligible" if met else "short"
    findings = ruleset_findings(ruleset, as_of, application)
    findings.extend(Finding(one.reason, Severity.INFO, one.law, (one.activity,)) for one in refused)
    if before + after > at_most:
        findings.append(Finding("online_capped", Severity.INFO, ceiling.law))
    by = facts.certificate.valid_to if route.code == "reissue" else None
    requirement = Requirement("ltc.reentry_points", met, total, required, "points", _LAW, by)
    online = online_step(ceiling, before, after, at_most, min(before + after, at_most))
    points = Step(
        "ltc.reentry_points.why",
        _LAW,
        (
            Figure("required", required, "points", _LAW),
            Figure("from", route.first),
            Figure("to", application),
        ),
        total,
        "points",
        met,
        (online,),
    )
    code = "one_time_exemption" if exempt else route.code
    explanation = Step(
        "ltc.reentry",
        _LAW,
        (
            Figure("as_of", as_of),
            Figure("application", application),
            Figure("valid_to", facts.certificate.valid_to),
            Figure("route", code),
        ),
        status,
        None,
        met,
        (route.step, exemption, points, Step("ltc.local_authority_decides", "seed-004#備註")),
    )
    found = findings_of(findings)
    return Decision(
        rule="ltc.reentry",
        as_of=as_of,
        status=status,
        eligible=met,
        explanation=explanation,
        requirements=(requirement,),
        findings=found,
        report=json_ready(
            {
                "route": code,
                "full_years": None if exempt else route.full_years,
                "required_points": to_number(required),
                "counted": to_number(total),
                "missing": to_number(max(0, required - total)),
                "new_valid_to": route.new_valid_to,
                "exemption_available": available,
            }
        ),
        used=tuple(
            ActivityUse(one.id, one.amount, "points", ("ltc.reentry_points",)) for one in counted
        ),
        refused=tuple(refused),
        deadlines=() if by is None else (Deadline("ltc.reissue_by", by, _LAW),),
        valid_to=facts.certificate.valid_to,
        citations=citations_of(explanation, (requirement,), found),
        next_change_on=_changes(facts, as_of, ruleset, params),
    )

"""``ltc.renewal``: may a certificate of the general track be renewed, and why.

One rule on compact facts (whole numbers for days, points and courses). ``renewal`` brings a
question there; batches that already hold compact facts call :func:`compact_renewal`. What does not
depend on the courses is made once and shared: the frame of the certificate's days, what a kind of
course counts for, the step of an article for one sum.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import ClassVar

import msgspec

from ..domain.decision import Decision, Finding, Requirement, Step
from ..domain.errors import InvalidFacts
from .facts import Facts
from .ltc_article import judge_sum
from .ltc_calendar import leaves_window
from .ltc_codes import Service
from .ltc_common import INFO, YEAR7_LAW, citations_of, next_day, shown_number
from .ltc_culture import Culture, culture
from .ltc_facts import (
    Activity,
    RenewableCertificate,
    calendar_days,
    check_activities,
    check_certificate,
    check_track,
)
from .ltc_renewal_articles import (
    CountedTotal,
    attributes_present,
    counted_total,
    physical,
    safety_present,
    service_proof,
    total_points,
    year7_points,
)
from .ltc_renewal_courses import CompactRenewal, counting_courses, used_courses
from .ltc_renewal_frame import CreditWindow, Frame, credit_window, frame_of
from .ltc_tally import LARGEST_POINTS, Courses, code_of, courses_of
from .params import Ruleset

__all__ = ["CompactRenewal", "RenewalFacts", "compact_renewal", "renewal"]


_BY_CODE = attrgetter("code")
_DATE = attrgetter("date")
_MET = attrgetter("met")


class RenewalFacts(Facts, frozen=True):
    """Facts of ``ltc.renewal``.

    Attributes:
        application_date: Day of application; the day asked about where missing. A later day asks
            what would be.
        service: 登錄或實際提供服務 (LTC-R7).
    """

    checks_own_days: ClassVar[bool] = True

    certificate: RenewableCertificate
    activities: tuple[Activity, ...] = ()
    application_date: date | None = None
    service: Service = "registered"


def _next_change(frame: Frame, first: int, question: CompactRenewal) -> date | None:
    """First later day on which the answer can change with the same facts.

    With an application that moves with the day asked about, courses enter the window on their day,
    and in a late renewal they leave it six years later.
    """
    if not frame.moves:
        return frame.changes
    changes, days = frame.changes, question.days
    following = bisect_right(days, frame.as_of.toordinal())
    if following < len(days):
        enters = date.fromordinal(days[following])
        changes = enters if changes is None else min(changes, enters)
    if frame.lookback is None:
        return changes
    earliest = bisect_left(days, first)
    if earliest == len(days):
        return changes
    leaves = leaves_window(date.fromordinal(days[earliest]), frame.lookback)
    return next_day(frame.as_of, (changes, leaves))


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What the articles say of the counted courses, in the rulebook's order."""

    total: CountedTotal
    requirements: tuple[Requirement, ...]
    steps: tuple[Step, ...]
    cultures: Culture
    year7_used: int


def _judged(frame: Frame, credit: CreditWindow, courses: Courses, service: Service) -> _Judged:
    """Each article on the counted courses.

    Law: L0070045:6-2, 9, 21.1; LTC-R7, R9 to R12.
    """
    sums, articles, by = courses.sums, frame.articles, frame.by
    total = counted_total(articles, courses)
    points, points_step = total_points(frame, sums, total)
    professional, professional_step = judge_sum(articles.professional, by, total.professional)
    qel, qel_step = judge_sum(articles.quality_ethics_law, by, total.quality_ethics_law)
    attributes, attributes_step = attributes_present(frame, sums)
    in_person, in_person_step = physical(frame, total)
    safety, safety_step = judge_sum(articles.safety_categories, by, sums.safety)
    themes, themes_step = safety_present(frame, sums)
    cultures = culture(frame.culture, courses)
    served, served_step = service_proof(frame, service)
    year7_used, year7_steps = year7_points(frame, courses, total)
    return _Judged(
        total,
        (
            points,
            professional,
            qel,
            attributes,
            in_person,
            safety,
            themes,
            *cultures.requirements,
            served,
        ),
        (
            frame.term_step,
            credit.step,
            points_step,
            professional_step,
            qel_step,
            attributes_step,
            in_person_step,
            safety_step,
            themes_step,
            *cultures.steps,
            served_step,
            *year7_steps,
            *frame.after_steps,
        ),
        cultures,
        year7_used,
    )


def _explanation(frame: Frame, status: str, steps: tuple[Step, ...]) -> Step:
    met = status == "eligible"
    return Step("ltc.renewal", "L0070045@2023-10-11:7-1", frame.asked, status, None, met, steps)


class _Prepared(msgspec.Struct, frozen=True, eq=False):
    """A frame and the texts of every decision of it: they do not depend on the courses."""

    frame: Frame
    citations: tuple[str, ...]


@lru_cache(maxsize=4096)
def _prepared(
    ruleset: Ruleset, valid_from: date, valid_to: date, application: date | None, as_of: date
) -> _Prepared:
    frame = frame_of(ruleset, valid_from, valid_to, application, as_of)
    judged = _judged(frame, frame.credit, courses_of((), (), (), ()), "registered")
    explanation = _explanation(frame, "short", judged.steps)
    return _Prepared(frame, citations_of(explanation, judged.requirements))


def _online_report(frame: Frame, total: CountedTotal) -> dict[str, object]:
    return {
        "before": shown_number(total.before),
        "after": shown_number(total.raw_online - total.before),
        "cap": shown_number(total.ceiling),
        "counted": shown_number(total.online),
        "choice": frame.articles.ceiling.choice(total.ceiling),
    }


def compact_renewal(question: CompactRenewal, as_of: date, ruleset: Ruleset) -> Decision:
    """The rule itself: decision and explanation of one renewal.

    Args:
        question: Compact facts; courses in order of their day.
        as_of: Day asked about.
        ruleset: Figures.

    Law: L0070045:6-2, 7, 9, 21.1; seed-004; LTC-R3 to R12.
    """
    prepared = _prepared(
        ruleset, question.valid_from, question.valid_to, question.application, as_of
    )
    frame, citations = prepared.frame, prepared.citations
    credit = credit_window(frame, question.credit_from)
    courses, refused, findings = counting_courses(frame, credit, question)
    judged = _judged(frame, credit, courses, question.service)
    total = judged.total
    complete = all(map(_MET, judged.requirements))
    status = "short" if not complete else "eligible" if frame.open else "not_open"

    findings += frame.findings
    findings += judged.cultures.findings
    if total.quality_ethics_law > frame.articles.qel_at_most:
        findings.append(frame.articles.qel_capped)
    if total.raw_online > total.ceiling:
        findings.append(frame.articles.online_capped)
    if judged.year7_used:
        findings.append(Finding("year7_points_consumed", INFO, YEAR7_LAW))
    if len(findings) > 1:
        findings.sort(key=_BY_CODE)
    if refused or frame.findings or credit is not frame.credit:
        # Other findings cite what the tree cites already.
        laws = [credit.step.law, *[one.law for one in findings]]
        further = [law for law in laws if law is not None and law not in citations]
        citations = (*citations, *dict.fromkeys(further))

    return Decision(
        "ltc.renewal",
        as_of,
        status,
        status == "eligible",
        _explanation(frame, status, judged.steps),
        judged.requirements,
        tuple(findings),
        {
            "route": frame.route,
            "online": _online_report(frame, total),
            "window": frame.window_report,
            "credit_window": credit.report,
            "next": frame.next_report,
            "year7_points_used": shown_number(judged.year7_used),
            "culture_years": judged.cultures.years,
        },
        used_courses(frame, courses),
        tuple(refused),
        frame.deadlines,
        frame.window,
        frame.term.closes,
        citations,
        _next_change(frame, credit.first, question),
    )


def _compact(facts: RenewalFacts, ordered: Sequence[Activity]) -> CompactRenewal:
    codes: list[int] = []
    for activity in ordered:
        attribute = activity.attribute
        if attribute is None:
            index = facts.activities.index(activity)
            raise InvalidFacts.at(f"activities[{index}].attribute", "the attribute of the course")
        codes.append(
            code_of(
                activity.amount,
                attribute,
                activity.mode,
                activity.categories,
                activity.course_kind,
            )
        )
    points = [activity.amount for activity in ordered]
    if sum(points) >= LARGEST_POINTS:
        raise InvalidFacts.at("activities", "points that a person's courses can have")
    certificate = facts.certificate
    return CompactRenewal(
        certificate.valid_from,
        certificate.valid_to,
        certificate.credit_from,
        facts.application_date,
        facts.service,
        [activity.id for activity in ordered],
        [activity.date.toordinal() for activity in ordered],
        points,
        codes,
    )


def renewal(facts: RenewalFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Renewal 更新認證 of a certificate of the general track.

    Args:
        facts: The certificate and its accepted credit; registry, role and evidence of a course are
            not tested here (sharing does).
        as_of: Day asked about.
        ruleset: Figures.

    Raises:
        InvalidFacts: a certificate of the foreign track, contradictory days, doubled ids.

    Law: L0070045:6-2, 7, 9, 21.1; seed-004; LTC-R3 to R12, R16, R22.
    """
    certificate = facts.certificate
    check_certificate(certificate)
    check_track(certificate, "general")
    calendar_days({"application_date": facts.application_date, "as_of": as_of})
    check_activities(facts.activities)
    ordered = sorted(facts.activities, key=_DATE)
    decision = compact_renewal(_compact(facts, ordered), as_of, ruleset)
    # Answers keep the order of the question.
    position = {activity.id: index for index, activity in enumerate(facts.activities)}
    return msgspec.structs.replace(
        decision,
        used=tuple(sorted(decision.used, key=lambda use: position[use.activity])),
        refused=tuple(sorted(decision.refused, key=lambda use: position[use.activity])),
    )

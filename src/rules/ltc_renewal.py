"""``ltc.renewal``: may a certificate of the general track be renewed, and why.

One rule on compact facts (whole numbers for days, points and kinds of courses). ``renewal`` brings
a question there; batches that already hold compact facts call :func:`compact_renewal`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter

import msgspec

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..domain.errors import InvalidFacts
from .facts import Facts
from .ltc_calendar import leaves_window
from .ltc_codes import CULTURES, QUALITY_ETHICS_LAW, THEME_OF, TWO_CULTURES, Service
from .ltc_common import EXCLUDED_LAW, WINDOW_LAW, YEAR7_LAW, citations_of, next_day
from .ltc_culture import culture
from .ltc_facts import (
    Activity,
    RenewableCertificate,
    calendar_days,
    check_activities,
    check_certificate,
    points_of,
)
from .ltc_online import online_step
from .ltc_renewal_frame import Article, Frame, frame_of
from .ltc_tally import (
    ATTRIBUTES,
    CATEGORY_BITS,
    EXCLUDED,
    MISMATCH,
    ONLINE,
    Courses,
    Sums,
    kind_of,
    online_of,
    sums_of,
)
from .params import Ruleset

__all__ = ["CompactRenewal", "RenewalFacts", "compact_renewal", "renewal"]


_BY_CODE = attrgetter("code")
_MET = attrgetter("met")


class RenewalFacts(Facts, frozen=True):
    """Facts of ``ltc.renewal``.

    Attributes:
        application_date: Day of application; the day asked about where missing. A later day asks
            what would be.
        service: 登錄或實際提供服務 (LTC-R7).
    """

    certificate: RenewableCertificate
    activities: tuple[Activity, ...] = ()
    application_date: date | None = None
    service: Service = "registered"


class CompactRenewal(msgspec.Struct, frozen=True, gc=False):
    """A renewal question in compact facts: the courses as four columns in order of their day.

    Attributes:
        ids: Ids of the courses, each once.
        days: Days of completion as ordinals (``date.toordinal``), ascending.
        points: Hundredths, from 0 to below ``ltc_tally.LARGEST_POINTS``.
        kinds: What each course is, by ``ltc_tally.kind_of``.
        service: As in :class:`RenewalFacts`.
    """

    valid_from: date
    valid_to: date
    credit_from: date | None
    application: date | None
    service: Service
    ids: Sequence[str]
    days: Sequence[int]
    points: Sequence[int]
    kinds: Sequence[int]


class _Total(msgspec.Struct, frozen=True, gc=False):
    """A counted total and what was cut on the way; hundredths."""

    qel_physical: int
    qel_online: int
    before: int
    ceiling: int
    online: int
    total: int


def _counted_total(frame: Frame, sums: Sums, courses: Courses, end: int) -> _Total:
    """Total of the courses up to a day after the ceilings, each point cut once at most.

    Physical points of quality, ethics and law are kept first; what exceeds their ceiling is taken
    from their online points, then the online ceiling is applied once to what is left.

    Args:
        frame: The question.
        sums: Sums of the courses up to ``end``.
        courses: All courses.
        end: Last day (ordinal) looked at.

    Law: L0070045:9-1, 9-2 (超過三十六點者，以三十六點計); letter-1131960168; LTC-R9, R10.
    """

    def online_before(day: int) -> int:
        return online_of(courses.before(min(day, end + 1)))

    at_most = frame.qel_at_most
    qel_physical = min(sums.qel_physical, at_most)
    qel_online = min(sums.qel_online, at_most - qel_physical)
    before = ceiling = 0
    if sums.online:
        before = online_before(frame.ceiling.split)
        ceiling = frame.ceiling.of(online_before)
    else:
        ceiling = frame.ceiling.latest.value
    online = min(ceiling, sums.professional_online + qel_online)
    return _Total(
        qel_physical,
        qel_online,
        before,
        ceiling,
        online,
        sums.professional_physical + qel_physical + online,
    )


def _judge(
    article: Article, counted: int, shown: tuple[Figure, ...] = (), children: tuple[Step, ...] = ()
) -> tuple[Requirement, Step]:
    """A requirement that compares one sum with one figure; ``shown`` is what the sum is made of."""
    unit, law, required = article.unit, article.law, article.required
    met = counted >= required
    return (
        Requirement(article.code, met, counted, required, unit, law, article.by),
        Step(
            article.why,
            law,
            (article.shown, *shown) if shown else (article.shown,),
            counted,
            unit,
            met,
            children,
        ),
    )


def _total(frame: Frame, sums: Sums, total: _Total) -> tuple[Requirement, Step]:
    """Total 總積分.

    Law: L0070045:9-1 (積分合計達一百二十點以上); LTC-R9.
    """
    qel = Step(
        "ltc.qel_ceiling",
        frame.qel_shown.law,
        (
            Figure("physical", sums.qel_physical, "points"),
            Figure("online", sums.qel_online, "points"),
            frame.qel_shown,
        ),
        total.qel_physical + total.qel_online,
        "points",
        sums.quality_ethics_law <= frame.qel_at_most,
    )
    online = online_step(
        frame.ceiling, total.before, sums.online - total.before, total.ceiling, total.online
    )
    shown = (
        Figure("professional_physical", sums.professional_physical, "points"),
        Figure("qel_physical", total.qel_physical, "points"),
        Figure("online", total.online, "points"),
    )
    return _judge(frame.total, total.total, shown, (qel, online))


def _attributes_present(frame: Frame, sums: Sums) -> tuple[Requirement, Step]:
    """Quality, ethics and law, each above zero 各項不為0點.

    Law: seed-004 STEP 2; LTC-R9.
    """
    shown = (
        Figure("quality", sums.quality, "points"),
        Figure("ethics", sums.ethics, "points"),
        Figure("law", sums.law, "points"),
    )
    present = (sums.quality > 0) + (sums.ethics > 0) + (sums.law > 0)
    return _judge(frame.attributes_present, present * 100, shown)


def _physical(frame: Frame, sums: Sums, ceiling: int) -> tuple[Requirement, Step]:
    """Physical courses 實體課程: what the online ceiling leaves of the total.

    Law: seed-004 STEP 1 (120點-網路最高採40點=實體80點); LTC-R9.
    """
    article = frame.physical
    counted, required = sums.physical, frame.total.required - ceiling
    met = counted >= required
    requirement = Requirement(
        article.code, met, counted, required, "points", article.law, article.by
    )
    inputs = (
        Figure("required", required, "points"),
        article.shown,
        Figure("cap", ceiling, "points", article.law),
    )
    return requirement, Step(article.why, article.law, inputs, counted, "points", met)


def _safety_present(frame: Frame, sums: Sums) -> tuple[Requirement, Step]:
    """Each safety theme with at least one course 各主題已至少完成一堂.

    Law: L0070045@2023-10-11:9-2, 21.1-1-1; LTC-R11, Q5, Q6.
    """
    fire, emergency = sums.fire_safety, sums.emergency_response
    infection, gender = sums.infection_control, sums.gender_sensitivity
    shown = (
        Figure("fire_safety", fire, "points"),
        Figure("emergency_response", emergency, "points"),
        Figure("infection_control", infection, "points"),
        Figure("gender_sensitivity", gender, "points"),
    )
    present = (fire > 0) + (emergency > 0) + (infection > 0) + (gender > 0)
    return _judge(frame.safety_present, present * 100, shown)


def _service(frame: Frame, service: Service) -> tuple[Requirement, Step]:
    """Registration or service 登錄或實際提供服務; the proof of any one certificate is enough.

    Law: L0070045@2022-09-02:6-2; seed-004 Q&A 4.14; LTC-R7.
    """
    return _judge(frame.service, 0 if service == "none" else 100, (Figure("service", service),))


def _year7(frame: Frame, courses: Courses, total: _Total) -> tuple[int, tuple[Step, ...]]:
    """Points of the extension year that fill a gap and are used up for the next certificate.

    Law: seed-004 Q&A 4.9, 11.5, note 2; LTC-R4.
    """
    if frame.route != "extended":
        return 0, ()
    six_years = sums_of(courses.before(frame.original_end + 1))
    before = _counted_total(frame, six_years, courses, frame.original_end).total
    used = max(0, min(frame.total.required, total.total) - before)
    step = Step(
        "ltc.year7_points",
        YEAR7_LAW,
        (
            Figure("six_years", before, "points"),
            Figure("all_years", total.total, "points"),
            frame.total.shown,
        ),
        used,
        "points",
    )
    return used, (step,)


class _Uses(dict[int, tuple[str, ...]]):
    """Requirements that a course counted for, by its kind, made when first asked for.

    Args:
        legacy: For courses that count for what was due before the change of the culture rule.
        yearly: For courses that count for a validity year of the culture rule.
    """

    def __init__(self, *, legacy: bool = False, yearly: bool = False) -> None:
        super().__init__()
        self._legacy = legacy
        self._yearly = yearly

    def __missing__(self, kind: int) -> tuple[str, ...]:
        codes = ["ltc.total"]
        if ATTRIBUTES[kind & 3] in QUALITY_ETHICS_LAW:
            codes.extend(("ltc.quality_ethics_law", "ltc.attributes_present"))
            if any(kind & CATEGORY_BITS[theme] for theme in THEME_OF):
                codes.extend(("ltc.safety_categories", "ltc.safety_present"))
        else:
            codes.append("ltc.professional")
        if not kind & ONLINE:
            codes.append("ltc.physical")
        if any(kind & CATEGORY_BITS[category] for category in CULTURES):
            codes.append("ltc.culture_total")
            if self._legacy:
                codes.append("ltc.culture_legacy")
        if self._yearly and any(kind & CATEGORY_BITS[culture] for culture in TWO_CULTURES):
            codes.append("ltc.culture_yearly")
        self[kind] = tuple(codes)
        return self[kind]


_LEGACY_USES = _Uses(legacy=True)
_PLAIN_USES = _Uses()
_YEARLY_USES = _Uses(yearly=True)


def _used(frame: Frame, courses: Courses) -> tuple[ActivityUse, ...]:
    """Every counted course with the requirements it counted for."""
    plan, days = frame.culture, courses.days
    legacy_to = bisect_right(days, plan.legacy_end) if plan.legacy is not None else 0
    yearly_from = bisect_left(days, plan.yearly_from) if plan.years else len(days)
    codes = chain(
        map(_LEGACY_USES.__getitem__, courses.kinds[:legacy_to]),
        map(_PLAIN_USES.__getitem__, courses.kinds[legacy_to:yearly_from]),
        map(_YEARLY_USES.__getitem__, courses.kinds[yearly_from:]),
    )
    return tuple(map(ActivityUse, courses.ids, courses.points, repeat("points"), codes))


def _counting(
    frame: Frame, question: CompactRenewal
) -> tuple[Courses, tuple[ActivityRefusal, ...], list[Finding]]:
    """Courses of the window without those that are no continuing education; the rest refused.

    Law: L0070045:9-1 (自認證證明文件生效日起), 7-2; letter-1131961312; seed-004 (未列入); LTC-R9, R16.
    """
    ids, days, points, kinds = question.ids, question.days, question.points, question.kinds
    low, high = bisect_left(days, frame.first), bisect_right(days, frame.last)
    refused: list[ActivityRefusal] = []
    findings: list[Finding] = []
    outside: Sequence[str] = ()
    if low or high < len(days):
        high = max(low, high)
        outside = (*ids[:low], *ids[high:])
        refused.extend(map(ActivityRefusal, outside, repeat("out_of_window"), repeat(WINDOW_LAW)))
        ids, days, points, kinds = ids[low:high], days[low:high], points[low:high], kinds[low:high]
    if kinds and max(kinds) >= MISMATCH:
        counted = [index for index, kind in enumerate(kinds) if not kind & EXCLUDED]
        excluded = [ids[index] for index, kind in enumerate(kinds) if kind & EXCLUDED]
        mismatched = [ids[index] for index in counted if kinds[index] & MISMATCH]
        if mismatched:
            findings.append(
                Finding(
                    "category_attribute_mismatch",
                    Severity.WARNING,
                    frame.safety_categories.law,
                    tuple(sorted(mismatched)),
                )
            )
        if excluded:
            about = tuple(sorted(excluded))
            findings.append(Finding("excluded_course", Severity.INFO, EXCLUDED_LAW, about))
            refused.extend(
                map(ActivityRefusal, excluded, repeat("excluded_course"), repeat(EXCLUDED_LAW))
            )
            ids = [ids[index] for index in counted]
            days = [days[index] for index in counted]
            points = [points[index] for index in counted]
            kinds = [kinds[index] for index in counted]
    if outside:
        about = tuple(sorted(outside))
        findings.append(Finding("out_of_window", Severity.INFO, WINDOW_LAW, about))
    return Courses(ids, days, points, kinds), tuple(refused), findings


def _next_change(frame: Frame, question: CompactRenewal, courses: Courses) -> date | None:
    """First later day on which the answer can change with the same facts.

    With an application that moves with the day asked about, courses enter the window on their day,
    and in a late renewal they leave it six years later.
    """
    if not frame.moves:
        return frame.changes
    today = frame.as_of.toordinal()
    following = bisect_right(question.days, today)
    days = [frame.changes]
    if following < len(question.days):
        days.append(date.fromordinal(question.days[following]))
    if frame.lookback is not None and courses.days:
        days.append(leaves_window(date.fromordinal(courses.days[0]), frame.lookback))
    return next_day(frame.as_of, days)


class _Judgement(msgspec.Struct, frozen=True, gc=False):
    """What the articles say of the counted courses, in the rulebook's order."""

    total: _Total
    requirements: tuple[Requirement, ...]
    steps: tuple[Step, ...]
    culture_years: list[dict[str, object]]
    culture_findings: list[Finding]
    year7_used: int


def _judged(frame: Frame, courses: Courses, service: Service) -> _Judgement:
    """Each article on the counted courses.

    Law: L0070045:6-2, 9, 21.1; LTC-R7, R9 to R12.
    """
    sums = courses.sums
    total = _counted_total(frame, sums, courses, frame.last)
    cultures, culture_years, culture_findings = culture(frame.culture, courses)
    year7_used, year7_steps = _year7(frame, courses, total)
    requirements, steps = zip(
        _total(frame, sums, total),
        _judge(frame.professional, sums.professional),
        _judge(frame.quality_ethics_law, sums.quality_ethics_law),
        _attributes_present(frame, sums),
        _physical(frame, sums, total.ceiling),
        _judge(frame.safety_categories, sums.safety),
        _safety_present(frame, sums),
        *cultures,
        _service(frame, service),
        strict=True,
    )
    return _Judgement(
        total,
        requirements,
        (*frame.before_steps, *steps, *year7_steps, *frame.after_steps),
        culture_years,
        culture_findings,
        year7_used,
    )


def _explanation(frame: Frame, status: str, steps: tuple[Step, ...]) -> Step:
    return Step(
        "ltc.renewal",
        "L0070045@2023-10-11:7-1",
        (Figure("as_of", frame.as_of), Figure("application", frame.application)),
        status,
        None,
        status == "eligible",
        steps,
    )


@lru_cache(maxsize=16384)
def _citations(frame: Frame) -> tuple[str, ...]:
    """Texts of every decision of a frame: they do not depend on the courses."""
    judged = _judged(frame, Courses((), (), (), ()), "registered")
    return citations_of(_explanation(frame, "short", judged.steps), judged.requirements)


def compact_renewal(question: CompactRenewal, as_of: date, ruleset: Ruleset) -> Decision:
    """The rule itself: decision and explanation of one renewal.

    Args:
        question: Compact facts; courses in order of their day.
        as_of: Day asked about.
        ruleset: Figures.

    Law: L0070045:6-2, 7, 9, 21.1; seed-004; LTC-R3 to R12.
    """
    frame = frame_of(
        ruleset,
        question.valid_from,
        question.valid_to,
        question.credit_from,
        question.application,
        as_of,
    )
    courses, refused, findings = _counting(frame, question)
    judged = _judged(frame, courses, question.service)
    sums, total = courses.sums, judged.total
    complete = all(map(_MET, judged.requirements))
    status = "short" if not complete else "eligible" if frame.open else "not_open"

    findings += frame.findings
    findings += judged.culture_findings
    if sums.quality_ethics_law > frame.qel_at_most:
        findings.append(Finding("qel_capped", Severity.INFO, frame.qel_shown.law))
    if sums.online > total.ceiling:
        findings.append(Finding("online_capped", Severity.INFO, frame.ceiling.latest.law))
    if judged.year7_used:
        findings.append(Finding("year7_points_consumed", Severity.INFO, YEAR7_LAW))
    findings.sort(key=_BY_CODE)
    citations = _citations(frame)
    further = [one.law for one in findings if one.law is not None and one.law not in citations]

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
            "online": {
                "before": to_number(total.before),
                "after": to_number(sums.online - total.before),
                "cap": to_number(total.ceiling),
                "counted": to_number(total.online),
                "choice": frame.ceiling.choice(total.ceiling),
            },
            "window": frame.window_report,
            "credit_window": frame.credit_report,
            "next": frame.next_report,
            "year7_points_used": to_number(judged.year7_used),
            "culture_years": judged.culture_years,
        },
        _used(frame, courses),
        refused,
        frame.deadlines,
        frame.window,
        frame.term.closes,
        (*citations, *dict.fromkeys(further)) if further else citations,
        _next_change(frame, question, courses),
    )


def _compact(facts: RenewalFacts) -> CompactRenewal:
    certificate = facts.certificate
    ordered = sorted(facts.activities, key=lambda activity: activity.date)
    kinds: list[int] = []
    for index, activity in enumerate(facts.activities):
        if activity.attribute is None:
            raise InvalidFacts.at(f"activities[{index}].attribute", "the attribute of the course")
    for activity in ordered:
        assert activity.attribute is not None
        kinds.append(
            kind_of(
                activity.attribute,
                online=activity.mode == "online",
                categories=activity.categories,
                course_kind=activity.course_kind,
            )
        )
    return CompactRenewal(
        certificate.valid_from,
        certificate.valid_to,
        certificate.credit_from,
        facts.application_date,
        facts.service,
        [activity.id for activity in ordered],
        [activity.date.toordinal() for activity in ordered],
        [points_of(activity, "activities") for activity in ordered],
        kinds,
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
    if certificate.track == "foreign_institution":
        raise InvalidFacts.at("certificate.track", "general; ask ltc.foreign_renewal otherwise")
    calendar_days({"application_date": facts.application_date, "as_of": as_of})
    check_activities(facts.activities)
    decision = compact_renewal(_compact(facts), as_of, ruleset)
    position = {activity.id: index for index, activity in enumerate(facts.activities)}
    return msgspec.structs.replace(
        decision,
        used=tuple(sorted(decision.used, key=lambda use: position[use.activity])),
        refused=tuple(sorted(decision.refused, key=lambda use: position[use.activity])),
    )

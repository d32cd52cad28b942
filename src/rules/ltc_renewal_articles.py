"""The articles of a renewal, each on the sums of the counted courses (LTC-R4, R7, R9 to R11)."""

import msgspec

from ..domain.decision import Figure, Requirement, Step
from .ltc_article import Judgement, judge
from .ltc_common import YEAR7_LAW
from .ltc_online import online_step
from .ltc_renewal_frame import Frame
from .ltc_tally import Courses, Sums, online_of, sums_of

__all__ = [
    "CountedTotal",
    "attributes_present",
    "counted_total",
    "physical",
    "safety_present",
    "service_proof",
    "total_points",
    "year7_points",
]


class CountedTotal(msgspec.Struct, frozen=True, gc=False):
    """A counted total and what was cut on the way; hundredths."""

    qel_physical: int
    qel_online: int
    before: int
    ceiling: int
    online: int
    total: int


def counted_total(frame: Frame, sums: Sums, courses: Courses, end: int) -> CountedTotal:
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
    physical, online, qel_physical, qel_online, *_ = sums
    at_most, ceilings = frame.qel_at_most, frame.ceiling
    before, ceiling = 0, ceilings.at_most
    if online or qel_online:
        split, following = ceilings.split, end + 1
        before = online_of(courses.before(min(split, following)))
        # The first change of the ceiling is the day that splits the report, too.
        ceiling = ceilings.of(
            lambda day: before if day == split else online_of(courses.before(min(day, following)))
        )
    qel_physical = min(qel_physical, at_most)
    qel_online = min(qel_online, at_most - qel_physical)
    online += qel_online
    online = min(online, ceiling)
    return CountedTotal(
        qel_physical, qel_online, before, ceiling, online, physical + qel_physical + online
    )


def total_points(frame: Frame, sums: Sums, total: CountedTotal) -> Judgement:
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
    return judge(frame.total, total.total, shown, (qel, online))


def attributes_present(frame: Frame, sums: Sums) -> Judgement:
    """Quality, ethics and law, each above zero 各項不為0點.

    Law: seed-004 STEP 2; LTC-R9.
    """
    shown = (
        Figure("quality", sums.quality, "points"),
        Figure("ethics", sums.ethics, "points"),
        Figure("law", sums.law, "points"),
    )
    present = (sums.quality > 0) + (sums.ethics > 0) + (sums.law > 0)
    return judge(frame.attributes_present, present * 100, shown)


def physical(frame: Frame, sums: Sums, ceiling: int) -> Judgement:
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
        *article.shown,
        Figure("cap", ceiling, "points", article.law),
    )
    return requirement, Step(article.why, article.law, inputs, counted, "points", met)


def safety_present(frame: Frame, sums: Sums) -> Judgement:
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
    return judge(frame.safety_present, present * 100, shown)


def service_proof(frame: Frame, service: str) -> Judgement:
    """Registration or service 登錄或實際提供服務; the proof of any one certificate is enough.

    Law: L0070045@2022-09-02:6-2; seed-004 Q&A 4.14; LTC-R7.
    """
    return judge(frame.service, 0 if service == "none" else 100, (Figure("service", service),))


def year7_points(
    frame: Frame, courses: Courses, total: CountedTotal
) -> tuple[int, tuple[Step, ...]]:
    """Points of the extension year that fill a gap and are used up for the next certificate.

    Law: seed-004 Q&A 4.9, 11.5, note 2; LTC-R4.
    """
    if frame.route != "extended":
        return 0, ()
    six_years = sums_of(courses.before(frame.original_end + 1))
    before = counted_total(frame, six_years, courses, frame.original_end).total
    used = max(0, min(frame.total.required, total.total) - before)
    step = Step(
        "ltc.year7_points",
        YEAR7_LAW,
        (
            Figure("six_years", before, "points"),
            Figure("all_years", total.total, "points"),
            *frame.total.shown,
        ),
        used,
        "points",
    )
    return used, (step,)

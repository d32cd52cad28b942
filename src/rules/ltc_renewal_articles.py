"""The articles of a renewal, each on the sums of the counted courses (LTC-R4, R7, R9 to R11)."""

import msgspec

from ..domain.decision import Figure, Requirement, Step
from .ltc_article import Judgement, judge
from .ltc_common import YEAR7_LAW
from .ltc_online import online_step
from .ltc_renewal_frame import Articles, Frame
from .ltc_tally import Courses, Sums

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
    """A counted total, what it is made of and what was cut on the way; hundredths.

    Attributes:
        professional: 專業課程, raw.
        quality_ethics_law: 品質、倫理、法規, raw.
        physical: 實體, raw.
        raw_online: 網路, before the ceilings.
        qel_physical: Physical points of quality, ethics and law that count.
        qel_online: Their online points that are left below their ceiling.
        before: Online points earned before the ceiling changed.
        ceiling: Online points that may count.
        online: Online points that count.
    """

    professional: int
    quality_ethics_law: int
    physical: int
    raw_online: int
    qel_physical: int
    qel_online: int
    before: int
    ceiling: int
    online: int
    total: int


def counted_total(articles: Articles, courses: Courses) -> CountedTotal:
    """Total of the courses after the ceilings, each point cut once at most.

    Physical points of quality, ethics and law are kept first; what exceeds their ceiling is taken
    from their online points, then the online ceiling is applied once to what is left.

    Law: L0070045:9-1, 9-2 (超過三十六點者，以三十六點計); letter-1131960168; LTC-R9, R10.
    """
    sums, ceilings, at_most = courses.sums, articles.ceiling, articles.qel_at_most
    physical, online = sums.professional_physical, sums.professional_online
    qel_physical, qel_online = sums.qel_physical, sums.qel_online
    professional, qel = physical + online, qel_physical + qel_online
    raw_physical, raw_online = physical + qel_physical, online + qel_online
    if qel > at_most:
        qel_physical = min(qel_physical, at_most)
        qel_online = at_most - qel_physical

    before = courses.online_before(ceilings.split) if raw_online else 0
    ceiling = ceilings.at_most
    # Fewer points than the latest ceiling are fewer than what any earlier one left.
    if raw_online > ceiling:
        ceiling = ceilings.of(courses.online_before)
    online = min(online + qel_online, ceiling)
    return CountedTotal(
        professional,
        qel,
        raw_physical,
        raw_online,
        qel_physical,
        qel_online,
        before,
        ceiling,
        online,
        physical + qel_physical + online,
    )


def total_points(frame: Frame, sums: Sums, total: CountedTotal) -> Judgement:
    """Total 總積分.

    Law: L0070045:9-1 (積分合計達一百二十點以上); LTC-R9.
    """
    articles = frame.articles
    qel = Step(
        "ltc.qel_ceiling",
        articles.qel_shown.law,
        (
            Figure("physical", sums.qel_physical, "points"),
            Figure("online", sums.qel_online, "points"),
            articles.qel_shown,
        ),
        total.qel_physical + total.qel_online,
        "points",
        total.quality_ethics_law <= articles.qel_at_most,
    )
    online = online_step(
        articles.ceiling, total.before, total.raw_online - total.before, total.ceiling, total.online
    )
    shown = (
        Figure("professional_physical", sums.professional_physical, "points"),
        Figure("qel_physical", total.qel_physical, "points"),
        Figure("online", total.online, "points"),
    )
    return judge(articles.total, frame.by, total.total, shown, (qel, online))


def attributes_present(frame: Frame, sums: Sums) -> Judgement:
    """Quality, ethics and law, each above zero 各項不為0點.

    Law: seed-004 STEP 2; LTC-R9.
    """
    quality, ethics, law = sums.quality, sums.ethics, sums.law
    shown = (
        Figure("quality", quality, "points"),
        Figure("ethics", ethics, "points"),
        Figure("law", law, "points"),
    )
    present = (quality > 0) + (ethics > 0) + (law > 0)
    return judge(frame.articles.attributes_present, frame.by, present * 100, shown)


def physical(frame: Frame, total: CountedTotal) -> Judgement:
    """Physical courses 實體課程: what the online ceiling leaves of the total.

    Law: seed-004 STEP 1 (120點-網路最高採40點=實體80點); LTC-R9.
    """
    article = frame.articles.physical
    counted, ceiling = total.physical, total.ceiling
    required = frame.articles.total.required - ceiling
    met = counted >= required
    requirement = Requirement(article.code, met, counted, required, "points", article.law, frame.by)
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
    return judge(frame.articles.safety_present, frame.by, present * 100, shown)


def service_proof(frame: Frame, service: str) -> Judgement:
    """Registration or service 登錄或實際提供服務; the proof of any one certificate is enough.

    Law: L0070045@2022-09-02:6-2; seed-004 Q&A 4.14; LTC-R7.
    """
    article = frame.articles.service
    step = frame.articles.service_steps[service]
    counted = 0 if service == "none" else 100
    return (
        Requirement(
            article.code,
            counted >= article.required,
            counted,
            article.required,
            article.unit,
            article.law,
            frame.by,
        ),
        step,
    )


def year7_points(
    frame: Frame, courses: Courses, total: CountedTotal
) -> tuple[int, tuple[Step, ...]]:
    """Points of the extension year that fill a gap and are used up for the next certificate.

    Law: seed-004 Q&A 4.9, 11.5, note 2; LTC-R4.
    """
    if frame.route != "extended":
        return 0, ()
    before = counted_total(frame.articles, courses.until(frame.original_end)).total
    used = max(0, min(frame.articles.total.required, total.total) - before)
    step = Step(
        "ltc.year7_points",
        YEAR7_LAW,
        (
            Figure("six_years", before, "points"),
            Figure("all_years", total.total, "points"),
            *frame.articles.total.shown,
        ),
        used,
        "points",
    )
    return used, (step,)

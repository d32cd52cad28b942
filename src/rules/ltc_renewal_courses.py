"""Courses of a renewal: which count, which do not and why, and what each counted for."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import chain, compress, repeat

import msgspec

from ..domain.decision import ActivityRefusal, ActivityUse, Finding
from .ltc_codes import CULTURES, QUALITY_ETHICS_LAW, THEME_OF, TWO_CULTURES, Service
from .ltc_common import EXCLUDED_LAW, INFO, WARNING, WINDOW_LAW
from .ltc_renewal_frame import CreditWindow, Frame
from .ltc_tally import (
    ATTRIBUTES,
    CATEGORY_BITS,
    EXCLUDED,
    MARKED,
    MISMATCH,
    ONLINE,
    Courses,
    KindTable,
)

__all__ = ["CompactRenewal", "counting_courses", "used_courses"]


class CompactRenewal(msgspec.Struct, frozen=True, gc=False):
    """A renewal question in compact facts: the courses as four columns in order of their day.

    Attributes:
        ids: Ids of the courses, each once.
        days: Days of completion as ordinals (``date.toordinal``), ascending.
        points: Hundredths, from 0 to below ``ltc_tally.LARGEST_POINTS``.
        kinds: What each course is, by ``ltc_tally.kind_of``.
        service: As in :class:`~certhub.rules.ltc_renewal.RenewalFacts`.
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


def _uses(kind: int, *, legacy: bool = False, yearly: bool = False) -> tuple[str, ...]:
    """Requirements that a course of this kind counts for.

    Args:
        kind: As :func:`~certhub.rules.ltc_tally.kind_of`.
        legacy: It counts for what was due before the change of the culture rule.
        yearly: It counts for a validity year of the culture rule.
    """
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
        if legacy:
            codes.append("ltc.culture_legacy")
    if yearly and any(kind & CATEGORY_BITS[culture] for culture in TWO_CULTURES):
        codes.append("ltc.culture_yearly")
    return tuple(codes)


_PLAIN_USES = KindTable(_uses)
_LEGACY_USES = KindTable(partial(_uses, legacy=True))
_YEARLY_USES = KindTable(partial(_uses, yearly=True))


def used_courses(frame: Frame, courses: Courses) -> tuple[ActivityUse, ...]:
    """Every counted course with the requirements it counted for."""
    plan, days = frame.culture, courses.days
    legacy_to = bisect_right(days, plan.legacy_end) if plan.legacy is not None else 0
    yearly_from = bisect_left(days, plan.yearly_from) if plan.years else len(days)
    codes = chain(
        _LEGACY_USES.each(courses.kinds[:legacy_to]),
        _PLAIN_USES.each(courses.kinds[legacy_to:yearly_from]),
        _YEARLY_USES.each(courses.kinds[yearly_from:]),
    )
    return tuple(map(ActivityUse, courses.ids, courses.points, repeat("points"), codes))


def counting_courses(
    frame: Frame, credit: CreditWindow, question: CompactRenewal
) -> tuple[Courses, tuple[ActivityRefusal, ...], list[Finding]]:
    """Courses of the window without those that are no continuing education; the rest refused.

    Law: L0070045:9-1 (自認證證明文件生效日起), 7-2; letter-1131961312; seed-004 (未列入); LTC-R9, R16.
    """
    ids, days, points, kinds = question.ids, question.days, question.points, question.kinds
    low, high = bisect_left(days, credit.first), bisect_right(days, credit.last)
    refused: list[ActivityRefusal] = []
    findings: list[Finding] = []
    outside: Sequence[str] = ()
    if low or high < len(days):
        high = max(low, high)
        outside = (*ids[:low], *ids[high:])
        refused.extend(map(ActivityRefusal, outside, repeat("out_of_window"), repeat(WINDOW_LAW)))
        ids, days, points, kinds = ids[low:high], days[low:high], points[low:high], kinds[low:high]
    if not MARKED.isdisjoint(kinds):
        mismatched = [
            key
            for key, kind in zip(ids, kinds, strict=True)
            if kind & MISMATCH and not kind & EXCLUDED
        ]
        excluded = [key for key, kind in zip(ids, kinds, strict=True) if kind & EXCLUDED]
        if mismatched:
            findings.append(
                Finding(
                    "category_attribute_mismatch",
                    WARNING,
                    frame.safety_categories.law,
                    tuple(sorted(mismatched)),
                )
            )
        if excluded:
            about = tuple(sorted(excluded))
            findings.append(Finding("excluded_course", INFO, EXCLUDED_LAW, about))
            refused.extend(
                map(ActivityRefusal, excluded, repeat("excluded_course"), repeat(EXCLUDED_LAW))
            )
            counts = [not kind & EXCLUDED for kind in kinds]
            ids, days = list(compress(ids, counts)), list(compress(days, counts))
            points, kinds = list(compress(points, counts)), list(compress(kinds, counts))
    if outside:
        about = tuple(sorted(outside))
        findings.append(Finding("out_of_window", INFO, WINDOW_LAW, about))
    return Courses(ids, days, points, kinds), tuple(refused), findings

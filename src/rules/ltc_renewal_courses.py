"""Courses of a renewal: which count, which do not and why, and what each counted for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from itertools import compress, repeat

import msgspec

from ..domain.decision import ActivityRefusal, ActivityUse, Finding
from .ltc_codes import CULTURES, QUALITY_ETHICS_LAW, THEME_OF, TWO_CULTURES, Service
from .ltc_common import EXCLUDED_LAW, INFO, WARNING, WINDOW_LAW
from .ltc_renewal_frame import CreditWindow, Frame
from .ltc_tally import (
    ATTRIBUTES,
    CATEGORY_BITS,
    EXCLUDED,
    MISMATCH,
    ONLINE,
    Courses,
    courses_of,
    kind_in,
)
from .remembered import Remembered

__all__ = ["CompactRenewal", "counting_courses", "used_courses"]


class CompactRenewal(msgspec.Struct, frozen=True, gc=False):
    """A renewal question in compact facts: the courses as four columns in order of their day.

    Attributes:
        ids: Ids of the courses, each once.
        days: Days of completion as ordinals (``date.toordinal``), ascending.
        points: Hundredths from 0, together below ``ltc_tally.LARGEST_POINTS``.
        codes: What each course is, its points included, by ``ltc_tally.code_of``.
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
    codes: Sequence[int]


def _uses(code: int, *, legacy: bool = False, yearly: bool = False) -> tuple[str, ...]:
    """Requirements that a course counts for.

    Args:
        code: As :func:`~certhub.rules.ltc_tally.code_of`.
        legacy: It counts for what was due before the change of the culture rule.
        yearly: It counts for a validity year of the culture rule.
    """
    kind = kind_in(code)
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


_PLAIN_USES = Remembered(_uses)
_LEGACY_USES = Remembered(partial(_uses, legacy=True))
_YEARLY_USES = Remembered(partial(_uses, yearly=True))


def _mark(code: int) -> int:
    """The mark that decides: what is no continuing education feeds nothing anyway."""
    kind = kind_in(code)
    return kind & EXCLUDED or kind & MISMATCH


_MARKS = Remembered(_mark)


def used_courses(frame: Frame, courses: Courses) -> tuple[ActivityUse, ...]:
    """Every counted course with the requirements it counted for."""
    plan, days, codes = frame.culture, courses.days, courses.codes
    uses: Iterable[tuple[str, ...]]
    if plan.yearly is None:
        uses = _PLAIN_USES.each(codes)
    else:
        legacy_to = bisect_right(days, plan.legacy_end) if plan.legacy is not None else 0
        yearly_from = bisect_left(days, plan.yearly.first_day)
        between = codes[legacy_to:yearly_from]
        uses = (
            *_LEGACY_USES.each(codes[:legacy_to]),
            *(_PLAIN_USES.each(between) if between else ()),
            *_YEARLY_USES.each(codes[yearly_from:]),
        )
    return tuple(map(ActivityUse, courses.ids, courses.points, repeat("points"), uses))


def counting_courses(
    frame: Frame, credit: CreditWindow, question: CompactRenewal
) -> tuple[Courses, list[ActivityRefusal], list[Finding]]:
    """Courses of the window without those that are no continuing education; the rest refused.

    Law: L0070045:9-1 (自認證證明文件生效日起), 7-2; letter-1131961312; seed-004 (未列入); LTC-R9, R16.
    """
    ids, days, points, codes = question.ids, question.days, question.points, question.codes
    low, high = bisect_left(days, credit.first), bisect_right(days, credit.last)
    refused: list[ActivityRefusal] = []
    findings: list[Finding] = []
    if low or high < len(days):
        high = max(low, high)
        outside = (*ids[:low], *ids[high:])
        refused.extend(map(ActivityRefusal, outside, repeat("out_of_window"), repeat(WINDOW_LAW)))
        findings.append(Finding("out_of_window", INFO, WINDOW_LAW, tuple(sorted(outside))))
        ids, days = ids[low:high], days[low:high]
        points, codes = points[low:high], codes[low:high]
    courses = courses_of(ids, days, points, codes)
    if courses.sums.marked:
        courses = _without_excluded(frame, courses, refused, findings)
    return courses, refused, findings


def _without_excluded(
    frame: Frame, courses: Courses, refused: list[ActivityRefusal], findings: list[Finding]
) -> Courses:
    """Some course has a mark: tell of it, and refuse what is no continuing education.

    Law: seed-004 (未列入長照人員繼續教育積分); L0070045@2023-10-11:9-2, 21.1-1-1; LTC-R11, R16, Q5.
    """
    marks = _MARKS.each(courses.codes)
    marked = [(key, mark) for key, mark in zip(courses.ids, marks, strict=True) if mark]
    mismatched = [key for key, mark in marked if mark == MISMATCH]
    if mismatched:
        law, about = frame.articles.safety_categories.law, tuple(sorted(mismatched))
        findings.append(Finding("category_attribute_mismatch", WARNING, law, about))
    excluded = [key for key, mark in marked if mark == EXCLUDED]
    if not excluded:
        return courses
    findings.append(Finding("excluded_course", INFO, EXCLUDED_LAW, tuple(sorted(excluded))))
    refused.extend(map(ActivityRefusal, excluded, repeat("excluded_course"), repeat(EXCLUDED_LAW)))
    counts = [mark != EXCLUDED for mark in marks]
    return courses_of(
        list(compress(courses.ids, counts)),
        list(compress(courses.days, counts)),
        list(compress(courses.points, counts)),
        list(compress(courses.codes, counts)),
    )

"""Tallies: all the sums of a renewal side by side in one whole number.

A renewal needs the same points in many sums (professional, online, fire safety, culture ...). What
a course adds to follows from four things alone: its attribute, whether it is online, its categories
and whether it is continuing education. They make up the course's *kind*, a small whole number. Kind
and points together are the course's *code*; what follows from a code alone is made once and looked
up. So is its *share*: a whole number that holds the points in the lane of every sum that such a
course adds to. Adding shares adds all sums at once. Because lanes never overflow into each other,
subtracting a running tally from a later one gives the sums of the days between.

Kind, bit by bit: 0-1 attribute (professional, quality, ethics, law), 2 online, 3-11 categories in the
order of ``CATEGORY_BITS``, 12 a safety theme that the attribute cannot feed, 13 not continuing
education. A code is the points above its kind.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from struct import Struct
from typing import get_args

import msgspec

from .ltc_codes import (
    CULTURES,
    EXCLUDED_COURSES,
    QUALITY_ETHICS_LAW,
    THEME_OF,
    THEMES,
    TWO_CULTURES,
    Attribute,
    Category,
    Mode,
)
from .remembered import Remembered

__all__ = [
    "ATTRIBUTES",
    "CATEGORY_BITS",
    "EXCLUDED",
    "LARGEST_POINTS",
    "MISMATCH",
    "ONLINE",
    "Courses",
    "Sums",
    "any_two_cultures",
    "code_of",
    "courses_of",
    "culture_of",
    "kind_in",
    "kind_of",
    "online_of",
    "sums_of",
    "two_cultures_of",
]

ATTRIBUTES: tuple[str, ...] = get_args(Attribute)
_MODES: tuple[str, ...] = get_args(Mode)
_ONLINE_MODE = _MODES.index("online")
ONLINE = 1 << 2
"""Mark of an online course."""

CATEGORY_BITS: dict[str, int] = {
    category: 1 << (3 + index) for index, category in enumerate(get_args(Category))
}
MISMATCH = 1 << 12
"""Mark of a professional course with a safety theme, which it cannot feed (LTC-R11, Q5)."""

EXCLUDED = 1 << 13
"""Mark of a course that is no continuing education (LTC-R16)."""

_KIND_BITS = 14
_LANE = 32
LARGEST_POINTS = 1 << _LANE
"""Hundredths that the courses of a question stay below together, so that no lane overflows."""


class Sums(msgspec.Struct, frozen=True, gc=False):
    """The sums of a tally, hundredths of a point each; the order is the order of the lanes.

    Attributes:
        marked: How many courses have one of the marks ``MISMATCH`` and ``EXCLUDED``.
    """

    marked: int
    professional_physical: int
    professional_online: int
    qel_physical: int
    qel_online: int
    quality: int
    ethics: int
    law: int
    fire_safety: int
    emergency_response: int
    infection_control: int
    gender_sensitivity: int
    safety: int
    culture: int
    indigenous_culture: int
    multicultural_culture: int


_LANES = Sums.__struct_fields__
_LAYOUT = Struct(f"<{len(_LANES)}I")
_LANE_MASK = LARGEST_POINTS - 1
_PROFESSIONAL_ONLINE = _LANE * _LANES.index("professional_online")
_QEL_ONLINE = _LANE * _LANES.index("qel_online")
_CULTURE = _LANE * _LANES.index("culture")
_INDIGENOUS = _LANE * _LANES.index("indigenous_culture")
_MULTICULTURAL = _LANE * _LANES.index("multicultural_culture")


def sums_of(tally: int) -> Sums:
    """All sums that a tally holds."""
    return Sums(*_LAYOUT.unpack(tally.to_bytes(_LAYOUT.size, "little")))


def online_of(tally: int) -> int:
    """網路: online points of a tally, raw."""
    return (tally >> _PROFESSIONAL_ONLINE & _LANE_MASK) + (tally >> _QEL_ONLINE & _LANE_MASK)


def culture_of(tally: int) -> int:
    """文化積分: culture points of a tally, whatever their category."""
    return tally >> _CULTURE & _LANE_MASK


def two_cultures_of(tally: int) -> tuple[int, int]:
    """原住民族, 多元族群: points of the two separate cultures of a tally."""
    return tally >> _INDIGENOUS & _LANE_MASK, tally >> _MULTICULTURAL


def any_two_cultures(tally: int) -> bool:
    """Whether a tally holds points of either of the two: their lanes are the highest."""
    return tally >> _INDIGENOUS != 0


def _bits(categories: Iterable[str]) -> int:
    return sum(CATEGORY_BITS[category] for category in categories)


_THEME_BITS = {
    theme: _bits(name for name, meant in THEME_OF.items() if meant == theme) for theme in THEMES
}
_ANY_THEME = _bits(THEME_OF)
_ANY_CULTURE = _bits(CULTURES)


@lru_cache(maxsize=4096)
def kind_of(
    attribute: str,
    mode: str = "in_person",
    categories: Collection[str] = (),
    course_kind: str = "general",
) -> int:
    """The kind of a course; ``categories`` must be hashable (a tuple or frozenset).

    Args:
        attribute: 課程屬性.
        mode: 實施方式; live online classes are physical (LTC-R8).
        categories: 課程類別, in any order.
        course_kind: 訓練課程.

    Raises:
        KeyError: an unknown category.
        ValueError: an unknown attribute or mode.
    """
    kind = ATTRIBUTES.index(attribute)
    if _MODES.index(mode) == _ONLINE_MODE:
        kind |= ONLINE
    if course_kind in EXCLUDED_COURSES:
        kind |= EXCLUDED
    for category in categories:
        kind |= CATEGORY_BITS[category]
    if attribute not in QUALITY_ETHICS_LAW and kind & _ANY_THEME:
        kind |= MISMATCH
    return kind


@lru_cache(maxsize=65536)
def code_of(
    points: int,
    attribute: str,
    mode: str = "in_person",
    categories: tuple[str, ...] | frozenset[str] = (),
    course_kind: str = "general",
) -> int:
    """The code of a course: its points and its kind in one number.

    Args:
        points: Hundredths, from 0.
        attribute: This and the others as :func:`kind_of`.
        mode: 實施方式.
        categories: 課程類別.
        course_kind: 訓練課程.

    Raises:
        KeyError: an unknown category.
        ValueError: an unknown attribute or mode.
    """
    return points << _KIND_BITS | kind_of(attribute, mode, categories, course_kind)


def kind_in(code: int) -> int:
    """The kind in a code."""
    return code & (1 << _KIND_BITS) - 1


def _sums_fed_by(kind: int) -> Iterable[str]:
    """Names of the sums that a course of this kind adds to.

    Law: L0070045:9-1 to 9-3, 21.1; LTC-R9, R11, R12.
    """
    attribute = ATTRIBUTES[kind & 3]
    group = "qel" if attribute in QUALITY_ETHICS_LAW else "professional"
    yield f"{group}_online" if kind & ONLINE else f"{group}_physical"
    if attribute in QUALITY_ETHICS_LAW:
        yield attribute
        # Only quality, ethics and law feed the ten safety points (art. 9(2), Q5); a row of several
        # themes counts once in their sum and in full for each theme tested alone (LTC-R11).
        yield from (theme for theme, bits in _THEME_BITS.items() if kind & bits)
        if kind & _ANY_THEME:
            yield "safety"
    if kind & _ANY_CULTURE:
        yield "culture"
    # The yearly test wants the two cultures apart (art. 21-1(1)(2)).
    for culture in TWO_CULTURES:
        if kind & CATEGORY_BITS[culture]:
            yield culture


def _share(code: int) -> int:
    kind, points = kind_in(code), code >> _KIND_BITS
    share = sum(points << (_LANE * _LANES.index(name)) for name in _sums_fed_by(kind))
    return share | 1 if kind & (MISMATCH | EXCLUDED) else share


_SHARES = Remembered(_share)


class Courses(msgspec.Struct, frozen=True, gc=False):
    """Courses as four columns in order of their day, with their sums.

    Attributes:
        tallies: Tallies of the first 0, 1, 2 ... courses.
        sums: Sums of all.
    """

    ids: Sequence[str]
    days: Sequence[int]
    points: Sequence[int]
    codes: Sequence[int]
    tallies: Sequence[int]
    sums: Sums

    def before(self, day: int) -> int:
        """Tally of the courses dated before ``day`` (ordinal)."""
        return self.tallies[bisect_left(self.days, day)]

    def online_before(self, day: int) -> int:
        """網路: raw online points dated before ``day`` (ordinal)."""
        return online_of(self.tallies[bisect_left(self.days, day)])

    def until(self, day: int) -> "Courses":
        """The courses up to ``day`` (ordinal)."""
        end = bisect_right(self.days, day)
        tallies = self.tallies[: end + 1]
        return Courses(
            self.ids[:end],
            self.days[:end],
            self.points[:end],
            self.codes[:end],
            tallies,
            sums_of(tallies[-1]),
        )


def courses_of(
    ids: Sequence[str], days: Sequence[int], points: Sequence[int], codes: Sequence[int]
) -> Courses:
    """Courses with their tallies.

    Args:
        ids: Ids.
        days: Ordinals, ascending.
        points: Hundredths from 0, together below ``LARGEST_POINTS``.
        codes: As :func:`code_of`.
    """
    tallies = list(accumulate(_SHARES.each(codes), initial=0))
    return Courses(ids, days, points, codes, tallies, sums_of(tallies[-1]))

"""Tallies: all the sums of a renewal side by side in one whole number.

A renewal needs the same points in many sums (professional, online, fire safety, culture ...). What
a course adds to follows from four things alone: its attribute, whether it is online, its categories
and whether it is continuing education. They make up the course's *kind*, a small whole number. Each
kind has a *weight*: a whole number with a 1 in the lane of every sum that such a course adds to.
``points * weight`` is then the course's share of all sums at once, and adding shares adds all sums.
Because lanes never overflow into each other, subtracting a running tally from a later one gives the
sums of the days between.

Kind, bit by bit: 0-1 attribute (professional, quality, ethics, law), 2 online, 3-11 categories in the
order of ``CATEGORY_BITS``, 12 a safety theme that the attribute cannot feed, 13 not continuing
education.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter, mul
from struct import Struct
from typing import Generic, NamedTuple, TypeVar, get_args

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

__all__ = [
    "ATTRIBUTES",
    "CATEGORY_BITS",
    "EXCLUDED",
    "LARGEST_POINTS",
    "MARKED",
    "MISMATCH",
    "ONLINE",
    "Courses",
    "KindTable",
    "Sums",
    "culture_of",
    "kind_of",
    "online_of",
    "running_tallies",
    "sums_of",
    "two_cultures_of",
    "weight_of",
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

MARKED = frozenset(range(MISMATCH, EXCLUDED << 1))
"""Every kind with one of the two marks: a set tells soonest that no course has any."""

_T = TypeVar("_T")
_LANE = 64
LARGEST_POINTS = 1 << 40
"""Hundredths below which 2^24 courses cannot fill a lane."""


class Sums(NamedTuple):
    """The sums of a tally, hundredths of a point each; the order is the order of the lanes."""

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

    @property
    def professional(self) -> int:
        """專業課程."""
        return self.professional_physical + self.professional_online

    @property
    def quality_ethics_law(self) -> int:
        """品質、倫理、法規, raw."""
        return self.qel_physical + self.qel_online

    @property
    def physical(self) -> int:
        """實體."""
        return self.professional_physical + self.qel_physical

    @property
    def online(self) -> int:
        """網路, raw."""
        return self.professional_online + self.qel_online


_SUMS = tuple.__new__
"""Makes a named tuple of a plain one without a look at its length, which the layout tells."""

_LAYOUT = Struct(f"<{len(Sums._fields)}Q")
_LANE_MASK = (1 << _LANE) - 1
_PROFESSIONAL_ONLINE = _LANE * Sums._fields.index("professional_online")
_QEL_ONLINE = _LANE * Sums._fields.index("qel_online")
_CULTURE = _LANE * Sums._fields.index("culture")
_INDIGENOUS = _LANE * Sums._fields.index("indigenous_culture")
_MULTICULTURAL = _LANE * Sums._fields.index("multicultural_culture")


def sums_of(tally: int) -> Sums:
    """All sums that a tally holds."""
    return _SUMS(Sums, _LAYOUT.unpack(tally.to_bytes(_LAYOUT.size, "little")))


def online_of(tally: int) -> int:
    """網路: online points of a tally, raw."""
    return (tally >> _PROFESSIONAL_ONLINE & _LANE_MASK) + (tally >> _QEL_ONLINE & _LANE_MASK)


def culture_of(tally: int) -> int:
    """文化積分: culture points of a tally, whatever their category."""
    return tally >> _CULTURE & _LANE_MASK


def two_cultures_of(tally: int) -> tuple[int, int]:
    """原住民族, 多元族群: points of the two separate cultures of a tally."""
    return tally >> _INDIGENOUS & _LANE_MASK, tally >> _MULTICULTURAL & _LANE_MASK


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


class KindTable(Generic[_T]):
    """A value for each kind, made when first asked for: few of the 16384 kinds ever occur.

    Args:
        make: The value of a kind.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[int], _T]) -> None:
        self._make = make
        self._made: dict[int, _T] = {}

    def __getitem__(self, kind: int) -> _T:
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def each(self, kinds: Sequence[int]) -> Sequence[_T]:
        """The values of ``kinds``, in their order."""
        # One look-up of all is faster than one for each; of a single kind it would give no tuple.
        if len(kinds) > 1:
            try:
                found: tuple[_T, ...] = itemgetter(*kinds)(self._made)
            except KeyError:
                pass
            else:
                return found
        return [self[kind] for kind in kinds]


def _weight(kind: int) -> int:
    return sum(1 << (_LANE * Sums._fields.index(name)) for name in _sums_fed_by(kind))


_WEIGHTS = KindTable(_weight)


def weight_of(kind: int) -> int:
    """A whole number with a 1 in the lane of each sum that a course of this kind adds to."""
    return _WEIGHTS[kind]


def running_tallies(points: Sequence[int], kinds: Sequence[int]) -> list[int]:
    """Tallies of the first 0, 1, 2 ... courses.

    Args:
        points: Hundredths, from 0 to below ``LARGEST_POINTS``.
        kinds: As :func:`kind_of`, in the same order.
    """
    return list(accumulate(map(mul, points, _WEIGHTS.each(kinds)), initial=0))


class Courses:
    """The courses that count, as four columns in order of their day, with their sums.

    Attributes:
        tallies: Tallies of the first 0, 1, 2 ... courses.
        sums: Sums of all.
    """

    __slots__ = ("days", "ids", "kinds", "points", "sums", "tallies")

    def __init__(
        self, ids: Sequence[str], days: Sequence[int], points: Sequence[int], kinds: Sequence[int]
    ) -> None:
        self.ids = ids
        self.days = days
        self.points = points
        self.kinds = kinds
        self.tallies = running_tallies(points, kinds)
        self.sums = sums_of(self.tallies[-1])

    def before(self, day: int) -> int:
        """Tally of the courses dated before ``day`` (ordinal)."""
        return self.tallies[bisect_left(self.days, day)]

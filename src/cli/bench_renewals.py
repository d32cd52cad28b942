"""Made-up renewals for the benchmark: rows as the mirror orders them, the same on every machine."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random  # noqa: TID251 - seeded: the same rows on every run
from typing import NamedTuple

from ..domain.amounts import to_number
from ..domain.periods import DAY, add_years
from ..rules.ltc_renewal import CompactRenewal
from ..rules.ltc_tally import code_of

__all__ = ["AS_OF", "CREDITS", "Credit", "Renewal", "compact", "given", "renewals"]

AS_OF = date(2024, 8, 23)
"""Day of the question, and of the application."""

CREDITS = 40
"""Courses of each certificate."""

_FIRST_END = date(2023, 9, 1)
_ENDS = 2557
"""Last days of validity are drawn from this many days: some late, some extended, most running."""

_AMOUNTS = (120, 240, 240, 360, 360, 360, 480, 600, 720, 720)
_ATTRIBUTES = (*["professional"] * 10, "quality", "quality", "ethics", "ethics", "law", "law")
_MODES = (*["in_person"] * 5, "live_online", "online", "online")
_SAFETY = ("fire_safety", "emergency_response", "infection_control", "gender_sensitivity")
_CULTURES = ("multicultural_legacy", "indigenous_culture", "multicultural_culture")
_CATEGORIES: tuple[tuple[str, ...], ...] = (
    *[()] * 7,
    *((name,) for name in _SAFETY),
    *((name,) for name in _CULTURES),
    ("indigenous_culture", "multicultural_culture"),
    ("fire_safety", "emergency_response"),
)
_KINDS = (*["general"] * 1023, "level_1")


class Credit(NamedTuple):
    """A course as a row: ``points`` in hundredths."""

    id: str
    day: date
    attribute: str
    mode: str
    categories: tuple[str, ...]
    course_kind: str
    points: int


class Renewal(NamedTuple):
    """A certificate with its courses in order of their day."""

    id: str
    valid_from: date
    valid_to: date
    credits: list[Credit]


def renewals(count: int) -> Iterator[Renewal]:
    """``count`` certificates of :data:`CREDITS` courses, one after the other."""
    dice = Random(20240823)  # noqa: S311 - no secret: rows of a benchmark
    for number in range(count):
        ends = _FIRST_END + timedelta(days=dice.randrange(_ENDS))
        starts = add_years(ends, -6) + DAY
        # From a few days before the certificate to a few after the day of the question.
        span = (min(AS_OF, ends) - starts).days + 12
        draws = sorted(dice.getrandbits(48) for _ in range(CREDITS))
        yield Renewal(
            f"c{number}",
            starts,
            ends,
            [_credit(f"d{number}-{index}", starts, span, draw) for index, draw in enumerate(draws)],
        )


def _credit(key: str, starts: date, span: int, draw: int) -> Credit:
    """A course whose day follows from the high bits of ``draw``, the rest from the low ones."""
    day = starts + timedelta(days=((draw >> 24) * span >> 24) - 4)
    attribute = _ATTRIBUTES[draw & 15]
    # Culture may be taught in professional courses, safety themes hardly ever are.
    categories = _CATEGORIES[draw >> 4 & 15]
    if attribute == "professional" and draw >> 8 & 127 and set(categories) & set(_SAFETY):
        categories = ()
    return Credit(
        key,
        day,
        attribute,
        _MODES[draw >> 12 & 7],
        categories,
        _KINDS[draw >> 14 & 1023],
        _AMOUNTS[(draw >> 21 & 7) + (draw >> 3 & 1)],
    )


def compact(renewal: Renewal) -> CompactRenewal:
    """The rule's compact facts of a renewal."""
    rows = renewal.credits
    return CompactRenewal(
        renewal.valid_from,
        renewal.valid_to,
        None,
        None,
        "registered",
        [row.id for row in rows],
        [row.day.toordinal() for row in rows],
        [row.points for row in rows],
        [
            code_of(row.points, row.attribute, row.mode, row.categories, row.course_kind)
            for row in rows
        ],
    )


def given(renewal: Renewal) -> dict[str, object]:
    """The facts of a renewal as the hub's fact builders write them."""
    return {
        "certificate": {
            "id": renewal.id,
            "valid_from": renewal.valid_from.isoformat(),
            "valid_to": renewal.valid_to.isoformat(),
        },
        "activities": [
            {
                "id": row.id,
                "date": row.day.isoformat(),
                "attribute": row.attribute,
                "mode": row.mode,
                "categories": list(row.categories),
                "course_kind": row.course_kind,
                "points": to_number(row.points),
            }
            for row in renewal.credits
        ],
    }

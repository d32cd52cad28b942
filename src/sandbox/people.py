"""Fictional people: names that say so, numbers with right check digits, shared by registries.

Everything about a person follows from the world's seed and the person's position, so that a world
of any size costs one small object per person and the rest is made when an agency reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .dice import Dice
from .numbers import national_id, new_arc, old_arc, with_wrong_check_digit
from .places import COUNTY_WEIGHTS, County

__all__ = ["FIRST_SERIAL", "Person", "make_people"]

FIRST_SERIAL = 10_000
"""Serial inside the number of the first generated person; the cast stands below it."""

_SYLLABLES = (
    "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏閏餘成歲律呂調陽雲騰致雨露結為霜"
    "金生麗水玉出崑岡劍號巨闕珠稱夜光果珍李柰菜重芥薑海鹹河淡鱗潛羽翔"
)
_RARE = "喆堃峯犇槑煊"  # outside cp950: OSH files write them as numeric references
_INDIGENOUS = ("伊布", "達悟", "巴奈", "馬躍", "拉娃", "尤幹", "阿慕依", "比令")
_LATIN = ("DEWI", "SRI", "NGUYEN", "MINH", "MARIA", "SANTOS", "PUTRI", "LAUT", "HOA", "BINTANG")

# Where people are on file, per thousand: LTC 730, VR 330, OSH 280; all three 40.
_REGISTRIES = (
    ("L", 450),
    ("V", 150),
    ("O", 100),
    ("LV", 120),
    ("LO", 120),
    ("VO", 20),
    ("LVO", 40),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A generated human being.

    Attributes:
        index: Position in the world, from 0.
        name: As VR and LTC have it, unless the registries differ.
        sex: 1 male, 2 female.
        birth_date: The same in every registry, unless the registries differ.
        number: Current number: national ID, or new resident number.
        former_number: Old resident number, or empty.
        passport: Passport number, or empty.
        county: Where the person works.
        registries: Letters L, V, O of the registries that know the person.
        oddity: What goes wrong around this person, or empty: ``wrong_number`` (VR has a slip in
            the check digit), ``birth_dates_differ`` (LTC against the rest), ``two_ltc_persons``
            (the same number twice, not merged), ``merged`` (two LTC persons, merged), ``rare_name``
            (outside cp950), ``name_spelling`` (separator differs), ``unknown_words`` (terms outside
            the vocabularies).
    """

    index: int
    name: str
    sex: int
    birth_date: date
    number: str
    former_number: str
    passport: str
    county: County
    registries: str
    oddity: str

    @property
    def foreign(self) -> bool:
        """Whether the number is a resident number."""
        return self.number[1] in "89CD"

    @property
    def number_in_vr(self) -> str:
        """The number as VR's clerk typed it."""
        if self.oddity == "wrong_number":
            return with_wrong_check_digit(self.number)
        return self.number


# Positions after the cast whose oddity is given, so that the smallest world has each of them.
_PLANNED = (
    ("wrong_number", "V"),
    ("two_ltc_persons", "L"),
    ("merged", "L"),
    ("unknown_words", "LVO"),
    ("rare_name", "LVO"),
    ("name_spelling", "LV"),
    ("birth_dates_differ", "LV"),
    ("", "LVO"),
    ("", "O"),
    ("old_arc", "LV"),
    ("passport", "L"),
)
_ODDITIES = (
    ("", 952),
    ("two_ltc_persons", 6),
    ("merged", 8),
    ("unknown_words", 4),
    ("rare_name", 14),
    ("name_spelling", 14),
    ("birth_dates_differ", 2),
)


def _name(dice: Dice, oddity: str, *, foreign: bool) -> str:
    if oddity == "rare_name":
        return f"測試{dice.pick(_SYLLABLES)}{dice.pick(_RARE)}"
    if oddity == "name_spelling" or dice.chance(25):
        return f"測試{dice.pick(_INDIGENOUS)}‧{dice.pick(_SYLLABLES)}{dice.pick(_SYLLABLES)}"
    if foreign:
        return f"CESHI {dice.pick(_LATIN)} {dice.pick(_LATIN)}"
    return f"測試{dice.pick(_SYLLABLES)}{dice.pick(_SYLLABLES)}"


def _person(index: int, seed: int) -> Person:
    dice = Dice(seed, index)
    planned = _PLANNED[index] if index < len(_PLANNED) else None
    oddity = planned[0] if planned else dice.weighted(_ODDITIES)
    registries = planned[1] if planned else dice.weighted(_REGISTRIES)
    kind = dice.below(100)
    if oddity == "old_arc":
        kind, oddity = 98, ""
    elif oddity == "passport":
        kind, oddity = 94, ""
    elif oddity in ("two_ltc_persons", "merged"):
        kind, registries = 94, "L" + registries.replace("L", "")
    elif oddity == "wrong_number":
        kind = 0
    sex = 1 + dice.chance(700)
    county = dice.weighted(COUNTY_WEIGHTS)
    serial = FIRST_SERIAL + index
    number, former, passport = national_id(county.letter, sex, serial), "", ""
    if kind >= 97:  # still on the old resident number
        number = old_arc(county.letter, sex, serial)
    elif kind >= 92:
        number = new_arc(county.letter, sex, serial)
        former = old_arc(county.letter, sex, serial) if kind >= 94 else ""
        passport = f"X{serial:07d}"
    return Person(
        index=index,
        name=_name(dice, oddity, foreign=kind >= 92),
        sex=sex,
        birth_date=dice.day(date(1962, 1, 1), date(2001, 12, 31)),
        number=number,
        former_number=former,
        passport=passport,
        county=county,
        registries=registries,
        oddity=oddity,
    )


def make_people(count: int, seed: int) -> Iterator[Person]:
    """``count`` people; the same seed gives the same people, a larger count only adds some."""
    for index in range(count):
        yield _person(index, seed)

"""Everything the LTC system holds about a world, one record after the other."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from .cast_ltc import CAST_COURSES, CAST_CREDITS, cast_ltc
from .clock import SANDBOX_DAY
from .dice import Dice
from .forms import Record
from .ltc_courses import Catalogue
from .ltc_plans import Holding, Taken, courses_taken, holdings
from .ltc_records import (
    certificate,
    course,
    credit,
    identifier,
    person,
    registration,
    unit,
)
from .numbers import business_number
from .people import Person
from .places import COUNTIES, COUNTY_WEIGHTS, County

__all__ = ["ltc_history", "ltc_records", "person_id"]

_SALT = 0x17C
_FIRST_UNIT = 10
_KINDS = ("居家式", "社區式", "機構住宿式", "綜合式", "照管中心")
_NAMES = {
    "居家式": "居家長照機構",
    "社區式": "社區長照機構",
    "機構住宿式": "住宿長照機構",
    "綜合式": "綜合長照機構",
    "照管中心": "長期照顧管理中心",
}


class _Unit:
    __slots__ = ("county", "key", "name")

    def __init__(self, key: str, name: str, county: County) -> None:
        self.key, self.name, self.county = key, name, county


def person_id(person_: Person, *, twin: bool = False) -> str:
    """The LTC person id of a generated person; ``twin`` is the second record."""
    return f"L{person_.index + 2000:07d}{'-2' if twin else ''}"


def _units(count: int, seed: int) -> Iterator[tuple[_Unit, Record]]:
    dice = Dice(seed, _SALT, 1)
    for number in range(count):
        # Every county has one before chance decides.
        county = COUNTIES[number] if number < len(COUNTIES) else dice.weighted(COUNTY_WEIGHTS)
        key = f"U{_FIRST_UNIT + number:06d}"
        kind = "居家式" if number < len(COUNTIES) else dice.pick(_KINDS)
        name = f"{county.name}測試{_NAMES[kind]}{number}"
        state = dice.weighted((("營運中", 950), ("停業", 25), ("歇業", 20), ("廢止", 5)))
        # Some units have no number of their own at this agency.
        tax_id = business_number(1000 + number) if dice.chance(850) else None
        yield (
            _Unit(key, name, county),
            unit(key, name=name, kind=kind, county=county, tax_id=tax_id, state=state),
        )


class _Numbers:
    """Running numbers of certificates, credits and registrations."""

    __slots__ = ("certificate", "credit", "registration")

    def __init__(self) -> None:
        self.certificate = self.registration = 100
        self.credit = CAST_CREDITS


class _Ltc:
    def __init__(self, seed: int, units: Sequence[_Unit], catalogue: Catalogue) -> None:
        self._seed = seed
        self._catalogue = catalogue
        self._numbers = _Numbers()
        self._units: dict[str, list[_Unit]] = {}
        for item in units:
            self._units.setdefault(item.county.name, []).append(item)

    def of_person(self, who: Person) -> Iterator[tuple[str, Record]]:
        dice = Dice(self._seed, _SALT, who.index)
        key = person_id(who)
        yield from self._persons(who, key)
        for position, held in enumerate(holdings(dice, foreign=who.foreign)):
            self._numbers.certificate += 1
            certificate_key = f"C{self._numbers.certificate:08d}"
            yield "certificate", self._certificate(who, certificate_key, key, held, position)
            yield from self._registrations(who, dice, certificate_key, key, held, position)
            for taken in courses_taken(dice, held):
                yield "credit", self._credit(who, dice, key, taken)
        if who.oddity == "two_ltc_persons":
            # What was filed under the other number before anybody noticed.
            for month in (70, 75, 80):
                yield (
                    "credit",
                    self._credit(who, dice, person_id(who, twin=True), Taken("P180", month)),
                )

    def _persons(self, who: Person, key: str) -> Iterator[tuple[str, Record]]:
        if who.number[1] in "CD":
            kind = "舊式居留證號"
        else:
            kind = "新式統一證號" if who.foreign else "身分證字號"
        numbers = [identifier(kind, who.number)]
        if who.former_number:
            numbers.append(identifier("舊式居留證號", who.former_number, current=False))
        if who.passport:
            numbers.append(identifier("護照號", who.passport, current=False))
        born = who.birth_date
        if who.oddity == "birth_dates_differ":
            born -= timedelta(days=1)
        name = who.name
        if who.oddity == "name_spelling":
            name = name.replace("‧", "·")
        merged = who.oddity == "merged"
        yield (
            "person",
            person(
                key,
                name=name,
                birth_date=born,
                identifiers=numbers,
                foreign=who.foreign,
                county=who.county.name,
                merged_ids=[person_id(who, twin=True)] if merged else [],
            ),
        )
        if who.oddity == "two_ltc_persons":
            yield (
                "person",
                person(
                    person_id(who, twin=True),
                    name=name,
                    birth_date=born,
                    identifiers=numbers[1:2] or numbers[:1],
                    foreign=who.foreign,
                    county=None,
                ),
            )

    def _certificate(
        self, who: Person, key: str, owner: str, held: Holding, position: int
    ) -> Record:
        # One in five of them, the first included, is of a kind the system did not have yet.
        odd = who.oddity == "unknown_words" and position == 0 and who.index % 5 == 3
        return certificate(
            key,
            owner,
            personnel_type="長照輔助人員" if odd else held.personnel_type,
            valid_from=held.valid_from,
            valid_to=held.valid_to,
            original_valid_to=held.original_valid_to,
            credit_from=held.credit_from,
            renewal_count=held.renewal_count,
            suffix=held.suffix if held.suffix != "01" else f"{position + 1:02d}",
            foreign_track=held.foreign_track,
            issued_by=f"{who.county.name}政府",
            state=held.state,
        )

    def _registrations(
        self, who: Person, dice: Dice, key: str, owner: str, held: Holding, position: int
    ) -> Iterator[tuple[str, Record]]:
        if dice.chance(60):
            return
        since = min(held.valid_from + timedelta(days=dice.below(60)), SANDBOX_DAY)
        left = None
        if dice.chance(80) and since < SANDBOX_DAY:
            left = dice.day(since, SANDBOX_DAY - timedelta(days=1))
        here = self._units[who.county.name]
        yield "registration", self._registration(key, owner, dice.pick(here), since, left, position)
        if left is None and dice.chance(70):
            elsewhere = self._units[dice.weighted(COUNTY_WEIGHTS).name]
            yield (
                "registration",
                self._registration(key, owner, dice.pick(elsewhere), since, None, 1, support=True),
            )

    def _registration(
        self,
        certificate_key: str,
        owner: str,
        at: _Unit,
        since: date,
        left: date | None,
        position: int,
        *,
        support: bool = False,
    ) -> Record:
        self._numbers.registration += 1
        return registration(
            f"G{self._numbers.registration:08d}",
            owner,
            certificate_key,
            at.key,
            county=at.county.name,
            starts_on=since,
            ends_on=left,
            support=support,
            main=position == 0,
        )

    def _credit(self, who: Person, dice: Dice, owner: str, taken: Taken) -> Record:
        self._numbers.credit += 1
        key = f"D{self._numbers.credit:08d}"
        lesson = self._catalogue.lesson(taken.code, taken.month, dice.below(64))
        throw = dice.below(1000)
        if throw < 930:
            if who.oddity == "unknown_words" and self._numbers.credit % 9 == 0:
                return credit(
                    key, owner, lesson._replace(categories=(*lesson.categories, "數位素養"))
                )
            return credit(key, owner, lesson)
        if throw < 955:
            return credit(key, owner, lesson, status="審核中")
        if throw < 970:
            return credit(key, owner, lesson, status="不符合", reason="簽到退紀錄不全")
        if throw < 985:
            return credit(key, owner, lesson, role="授課者")
        return credit(
            key,
            owner,
            lesson._replace(course_id="", unit_name="測試醫事學會"),
            source="medical",
            source_record=f"M{key[1:]}",
            recognition_id=f"H{key[1:]}",
        )


def ltc_records(people: Sequence[Person], seed: int) -> Iterator[tuple[str, Record]]:
    """Entity and record of everything LTC holds; the cast first.

    Args:
        people: The world's generated people.
        seed: The world's seed.
    """
    yield from cast_ltc()
    units: list[_Unit] = []
    for item, record in _units(30 + len(people) // 100, seed):
        units.append(item)
        yield "unit", record
    providers = [(item.key, item.name) for item in units]
    catalogue = Catalogue(providers, 1 + len(people) // 5000, CAST_COURSES)
    for lesson in catalogue.lessons:
        yield "course", course(lesson)
    ltc = _Ltc(seed, units, catalogue)
    for who in people:
        if "L" in who.registries:
            yield from ltc.of_person(who)


def ltc_history(people: Sequence[Person]) -> Iterator[tuple[str, str, Record]]:
    """Operation, entity and data of what happened in the days before the present.

    Merges of persons, and deletions of credits that were entered twice; all consistent with
    ``ltc_records``, so that a reader who had held the older state would arrive at the same.
    """
    for who in people:
        if who.oddity == "merged":
            gone = person_id(who, twin=True)
            yield (
                "delete",
                "person",
                {
                    "id": gone,
                    "merged_into": person_id(who),
                    "merged_on": (SANDBOX_DAY - timedelta(days=1 + who.index % 7)).isoformat(),
                },
            )
    for number in range(1, 6):
        yield "delete", "credit", {"id": f"D99{number:06d}"}

"""Everything the VR register holds about a world, one record after the other."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ..domain.periods import add_months
from .cast import INSTITUTION_VR_TAX_ID, NAMES_OF_ORGANISATIONS
from .cast_vr import cast_vr
from .clock import SANDBOX_DAY
from .dice import Dice
from .forms import Record
from .numbers import business_number, national_id
from .people import Person
from .places import COUNTIES, COUNTY_WEIGHTS
from .vr_plans import TITLES, Holding, holding
from .vr_records import (
    Session,
    appointment,
    course,
    extension,
    institution,
    instructor,
    professional,
    qualification,
    training_record,
)

__all__ = ["professional_id", "vr_records"]

_SALT = 0x7E
_FIRST_MONTH = date(2019, 1, 1)
_MONTHS = 68
_CATEGORIES = ("專業課程", "專業相關法規", "專業倫理", "專業品質")
_COURSE_NAMES = {
    "專業課程": ("職業重建概論", "就業服務實務", "個案管理實務", "職務再設計", "支持性就業"),
    "專業相關法規": ("身心障礙者權益保障法規", "勞動法規與實務"),
    "專業倫理": ("職業重建專業倫理",),
    "專業品質": ("服務品質管理",),
}
_WEIGHTS = (("確認", 930), ("送審中", 40), ("不予認定", 15), ("補件", 10), ("審查會議", 5))
_BOXES = ("就業服務員", "職業重建個案管理員", "職業輔導評量員", "職業訓練員", "職業訓練師")
_SHORTFALL = "專業課程+專業相關法規尚缺54小時 專業倫理+專業品質尚缺6小時"


def professional_id(who: Person) -> str:
    """The VR member id of a generated person."""
    return f"P{who.index + 1000:07d}"


class _Courses:
    """Courses of a world: five professional, two on law, one each on ethics and quality a month."""

    def __init__(self, providers: Sequence[tuple[str, str, str]], seed: int) -> None:
        dice = Dice(seed, _SALT, 2)
        self._sessions: dict[str, list[Session]] = {category: [] for category in _CATEGORIES}
        serial = 100
        for category in _CATEGORIES:
            names = _COURSE_NAMES[category]
            for month in range(_MONTHS):
                for position, name in enumerate(names):
                    serial += 1
                    tax_id, provider, county = providers[serial * 11 % len(providers)]
                    first = add_months(_FIRST_MONTH, month) + timedelta(days=2 + 5 * position)
                    hours = dice.pick((300, 300, 600)) if category[2:] in ("倫理", "品質") else 600
                    if category in ("專業課程", "專業相關法規") and dice.chance(300):
                        hours = 900
                    self._sessions[category].append(
                        Session(
                            no=f"{add_months(first, -2):%Y%m%d}{serial:06d}",
                            name=name,
                            first=first,
                            last=first + timedelta(days=hours > 600),
                            category=category,
                            hours=hours,
                            county=county,
                            tax_id=tax_id,
                            provider=provider,
                            titles=(*_BOXES, "督導"),
                            delivery=dice.weighted((("實體", 900), ("視訊", 70), ("數位", 30))),
                            international=dice.chance(15),
                        )
                    )

    def all(self) -> Iterator[Session]:
        for sessions in self._sessions.values():
            yield from sessions

    def pick(self, dice: Dice, category: str, since: date, until: date) -> Session | None:
        """A course of the category wholly inside the days, or none if the months hold none."""
        per_month = len(_COURSE_NAMES[category])
        first = (since.year - _FIRST_MONTH.year) * 12 + since.month - _FIRST_MONTH.month + 1
        last = (until.year - _FIRST_MONTH.year) * 12 + until.month - _FIRST_MONTH.month - 1
        first, last = max(first, 0), min(last, _MONTHS - 1)
        if last < first:
            return None
        month = dice.between(first, last)
        return self._sessions[category][month * per_month + dice.below(per_month)]


class _Vr:
    def __init__(
        self, seed: int, providers: Sequence[tuple[str, str, str]], courses: _Courses
    ) -> None:
        self._seed = seed
        self._courses = courses
        self._by_county: dict[str, list[tuple[str, str, str]]] = {}
        for provider in providers:
            self._by_county.setdefault(provider[2], []).append(provider)
        self._qualification = self._appointment = self._extension = 100
        self._record = 1000

    def of_person(self, who: Person) -> Iterator[tuple[str, Record]]:
        dice = Dice(self._seed, _SALT, 3, who.index)
        key = professional_id(who)
        employer = dice.pick(self._by_county[who.county.name])
        held = [(dice.weighted(TITLES), holding(dice))]
        if dice.chance(180):
            held.append((dice.weighted(TITLES), holding(dice)))
        yield (
            "professionals",
            professional(
                key,
                national_id=who.number_in_vr,
                name=who.name,
                birth_date=who.birth_date,
                county=who.county.name,
                employer=employer[1],
                job_title=held[0][0][0],
                joined_on=held[0][1].issued_on or held[0][1].start,
            ),
        )
        for (title, clause), what in held:
            yield from self._qualified(dice, key, title, clause, what, who.county.name)
        (title, _), what = held[0]
        yield from self._employed(dice, key, title, what, employer)
        for _, what in held:
            yield from self._hours(dice, key, held[0][0][0], what, who)

    def _qualified(
        self, dice: Dice, key: str, title: str, clause: str, held: Holding, county: str
    ) -> Iterator[tuple[str, Record]]:
        self._qualification += 1
        qualification_id = f"Q{self._qualification:07d}0"
        leave = held.leave
        granted = leave if leave is not None and leave.status == "通過" else None
        # The agency's own due date is a day off now and then.
        due = held.end + timedelta(days=dice.chance(20))
        yield (
            "qualifications",
            qualification(
                qualification_id,
                key,
                title=title,
                clause=clause,
                status=held.status,
                issued_on=held.issued_on,
                received_on=(held.issued_on or SANDBOX_DAY) - timedelta(days=30),
                renewed_on=held.renewed_on,
                ce_completed_on=held.ce_completed_on,
                extension_from=granted.first if granted else None,
                extension_to=granted.last if granted else None,
                ce_due_on=due if held.issued_on else None,
                shortfall_text=None if held.outcome == "complete" else _SHORTFALL,
            ),
        )
        if leave is not None:
            self._extension += 1
            applied = min(leave.last + timedelta(days=10), SANDBOX_DAY)
            yield (
                "extensions",
                extension(
                    f"E{self._extension:07d}",
                    key,
                    qualification_id,
                    leave_from=leave.first,
                    leave_to=leave.last,
                    county=county,
                    applied_on=applied,
                    status=leave.status,
                    decided_on=None if leave.status == "送審中" else applied,
                ),
            )

    def _employed(
        self, dice: Dice, key: str, title: str, held: Holding, employer: tuple[str, str, str]
    ) -> Iterator[tuple[str, Record]]:
        if held.issued_on is None or dice.chance(120):
            return
        hired = min(held.issued_on + timedelta(days=dice.below(200)), SANDBOX_DAY)
        left = None
        if dice.chance(120) and hired < SANDBOX_DAY:
            left = dice.day(hired, SANDBOX_DAY - timedelta(days=1))
        self._appointment += 1
        yield (
            "appointments",
            appointment(
                f"A{self._appointment:08d}",
                key,
                tax_id=employer[0],
                title=title,
                county=employer[2],
                first_hired_on=hired,
                left_on=left,
                full_time=not dice.chance(90),
            ),
        )
        if title == "就業服務員" and not dice.chance(50):
            # In time for nine in ten, half a year late for the rest.
            done = add_months(hired, 18 if dice.chance(80) else 5)
            yield from self._training(key, title, "進用後", min(done, SANDBOX_DAY), 3600, employer)
        elif title == "職業重建個案管理員":
            nature = dice.pick(("遴用前", "進用前", "選用前"))
            done = hired - timedelta(days=20)
            yield from self._training(key, title, nature, done, 3600, employer)

    def _training(
        self,
        key: str,
        title: str,
        nature: str,
        last: date,
        hours: int,
        employer: tuple[str, str, str],
    ) -> Iterator[tuple[str, Record]]:
        self._record += 1
        session = Session(
            no="",
            name=f"{title}專業訓練",
            first=last - timedelta(days=5),
            last=last,
            category="專業課程",
            hours=hours,
            county="臺北市",
            tax_id=employer[0],
            provider=employer[1],
            titles=(title,),
        )
        record = training_record(f"R{self._record:08d}", key, session, nature=nature)
        yield "training-records", record

    def _hours(
        self, dice: Dice, key: str, title: str, held: Holding, who: Person
    ) -> Iterator[tuple[str, Record]]:
        """Continuing education of the present period, by the outcome."""
        if held.outcome == "nothing":
            return
        professional_hours = 3600 if held.outcome == "professional" else 5700
        ethics_hours = 300 if held.outcome == "ethics" else 700
        until = min(held.end, SANDBOX_DAY)
        box = "督導" if title.startswith("督導") else title
        share = min(1.0, (until - held.start).days / 900)
        for wanted, categories in (
            (professional_hours * share, _CATEGORIES[:2]),
            (ethics_hours * share, _CATEGORIES[2:]),
        ):
            reached = 0
            while reached < wanted:
                session = self._courses.pick(dice, dice.pick(categories), held.start, until)
                if session is None:
                    return
                self._record += 1
                reached += session.hours
                status = dice.weighted(_WEIGHTS)
                strange = who.oddity == "unknown_words" and self._record % 7 == 0
                yield (
                    "training-records",
                    training_record(
                        f"R{self._record:08d}",
                        key,
                        session,
                        status=status,
                        reason="簽到表未附" if status == "不予認定" else None,
                        lecturer=dice.chance(12),
                        delivery="混成" if strange else None,
                        titles=[box] if dice.chance(940) else ["職業訓練師"],
                    ),
                )


def _providers(count: int, seed: int) -> Iterator[tuple[tuple[str, str, str], Record]]:
    dice = Dice(seed, _SALT, 1)
    for number in range(count):
        county = COUNTIES[number] if number < len(COUNTIES) else dice.weighted(COUNTY_WEIGHTS)
        # The first sixty share their number with an LTC unit that has one.
        tax_id = business_number(1000 + number if number % 3 == 0 else 20_000 + number)
        name = f"財團法人{county.name}測試職業重建協會{number}"
        stopped = number >= len(COUNTIES) and dice.chance(40)
        yield (
            (tax_id, name, county.name),
            institution(
                tax_id, name=name, county=county.name, status="停用" if stopped else "正常"
            ),
        )


def _instructors(seed: int) -> Iterator[Record]:
    dice = Dice(seed, _SALT, 4)
    for number in range(20):
        yield instructor(
            f"I{number + 100:07d}",
            name=f"測試講師{number}",
            national_id=national_id("A", 1 + number % 2, 3000 + number),
            clauses=[f"條款{1 + number % 4}"],
            categories=[dice.pick(_CATEGORIES)],
            status=dice.weighted((("通過", 900), ("送審中", 60), ("不通過", 40))),
        )


def vr_records(people: Sequence[Person], seed: int) -> Iterator[tuple[str, Record]]:
    """Collection and record of everything VR holds; the cast first.

    Args:
        people: The world's generated people.
        seed: The world's seed.
    """
    yield from cast_vr()
    own = (INSTITUTION_VR_TAX_ID, NAMES_OF_ORGANISATIONS[INSTITUTION_VR_TAX_ID], "臺北市")
    providers = [own]
    for provider, record in _providers(40 + len(people) // 2000, seed):
        providers.append(provider)
        yield "institutions", record
    for record in _instructors(seed):
        yield "instructors", record
    courses = _Courses(providers, seed)
    for session in courses.all():
        yield "courses", course(session)
    vr = _Vr(seed, providers, courses)
    for who in people:
        if "V" in who.registries:
            yield from vr.of_person(who)

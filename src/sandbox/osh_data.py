"""Everything the OSH system holds about a world, one row after the other."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ..domain.periods import add_months, add_years, period_end
from .cast_osh import cast_osh, professional_timetable
from .clock import SANDBOX_DAY
from .dice import Dice
from .numbers import business_number
from .osh_rows import (
    IN_SERVICE,
    IN_SERVICE_CATEGORIES,
    PROFESSIONAL,
    ClassHeld,
    Institution,
    Row,
    attendance_row,
    certificate_row,
    class_row,
    institution_row,
    lecturer_row,
    order_row,
    recognition_row,
    result_row,
    session_rows,
    trainee_row,
)
from .people import Person
from .places import COUNTY_WEIGHTS

__all__ = ["osh_records"]

_SALT = 0x05
_FIRST_CODE = 3
_DAY = timedelta(days=1)
_CATEGORIES = (
    ("全國性醫學專業團體", "中華民國測試醫學會"),
    ("全國性護理專業團體", "中華民國測試護理師公會"),
    ("經中央衛生福利主管機關教學醫院評鑑合格之醫療機構", "測試教學醫院"),
    ("設有醫、護科系所且於三年內曾開授職業醫學或職業衛生護理課程之大專院校", "測試科技大學"),
)
_PROFESSIONS = (("護理人員", 720), ("醫師", 200), ("勞工健康服務相關人員", 80))
_CLASS_SIZE = {PROFESSIONAL: 24, IN_SERVICE: 40}
_FULL_RECORDS = 4  # classes of each kind whose every signature is on file
_IN_SERVICE_ROUNDS = 4


class _Osh:
    def __init__(self, people: Sequence[Person], seed: int) -> None:
        self._seed = seed
        self._people = people
        self._dice = Dice(seed, _SALT)
        self._institutions: list[Institution] = []
        self._serial = 100

    def institutions(self, count: int) -> Iterator[tuple[str, Row]]:
        dice = Dice(self._seed, _SALT, 1)
        for position in range(count):
            category, name = _CATEGORIES[position % 4]
            county = dice.weighted(COUNTY_WEIGHTS)
            number = _FIRST_CODE + position
            what = Institution(
                f"OH{number:04d}",
                f"{name if position % 4 < 2 else county.name + name}{number}",
                # Every fourth is an organisation that LTC knows too.
                business_number(1000 + position if position % 4 == 2 else 40_000 + position),
                category,
                county.name,
            )
            self._institutions.append(what)
            yield "institutions", institution_row(what)
            for row in self._recognitions(dice, what, position):
                yield "recognitions", row
            if dice.chance(300) or position == 1:
                issued = dice.day(date(2023, 9, 1), date(2024, 7, 20))
                by = issued + timedelta(days=60)
                done = by < SANDBOX_DAY and dice.chance(700)
                late = "屆期未改善" if by < SANDBOX_DAY else "限期改善中"
                yield (
                    "improvement_orders",
                    order_row(
                        number,
                        what.code,
                        what.county,
                        issued_on=issued,
                        improve_by=by,
                        improved_on=by - 5 * _DAY if done else None,
                        report_on=by - 3 * _DAY if done and dice.chance(800) else None,
                        state="已改善" if done else late,
                    ),
                )

    def _recognitions(self, dice: Dice, what: Institution, position: int) -> Iterator[Row]:
        start = dice.day(date(2019, 6, 1), date(2021, 6, 1))
        kinds = (IN_SERVICE,) if position % 5 == 4 else (PROFESSIONAL, IN_SERVICE)
        number = 0
        while start <= SANDBOX_DAY:
            number += 1
            end = period_end(start, 3)
            ended = None
            if position == 5 and end > SANDBOX_DAY:
                day = SANDBOX_DAY - timedelta(days=60)
                ended = ("廢止", day, day, "第十四點第一項第七款")
            elif position == 7 and end > SANDBOX_DAY:
                day = SANDBOX_DAY - timedelta(days=90)
                ended = ("撤銷", day, start, "第十四點第一項第二款")
            yield recognition_row(
                what.code,
                number,
                kinds=kinds,
                valid_from=start,
                valid_to=end,
                today=SANDBOX_DAY,
                ended=ended,
            )
            if position == 3 and end > add_years(SANDBOX_DAY, -1):
                return  # let its recognition run out
            start = end + _DAY

    def _held(self, kind: str, day: date, number: int, *, format_: str = "講授") -> ClassHeld:
        if kind == PROFESSIONAL:
            training = [what for what in self._institutions if int(what.code[2:]) % 5 != 2]
        else:
            training = self._institutions
        what = training[number % len(training)]
        self._serial += 1
        no = f"{what.code}-{day.year - 1911}-{self._serial:06d}"
        full = kind == PROFESSIONAL
        noted = day - timedelta(days=12) <= SANDBOX_DAY
        return ClassHeld(
            no=no,
            institution=what.code,
            kind=kind,
            first=day,
            last=day + timedelta(days=2 if full else 0),
            county=what.county,
            hours=1800 if full else 600,
            noted_no=f"府勞檢字第{no[7:10]}{self._serial:06d}號" if noted else "",
            format=format_,
        )

    @staticmethod
    def _state(held: ClassHeld) -> tuple[str, date | None]:
        """State of the class on the present day, and the day of its upload."""
        uploaded = held.last + timedelta(days=11)
        if held.first > SANDBOX_DAY:
            return ("已備查" if held.noted_no else "報備"), None
        if held.last >= SANDBOX_DAY:
            return "訓練中", None
        if uploaded > SANDBOX_DAY:
            return "結訓", None
        closed = held.last + timedelta(days=20) <= SANDBOX_DAY
        return ("結案" if closed else "已登錄"), uploaded

    def class_of(
        self, held: ClassHeld, people: Sequence[Person], *, all_signatures: bool
    ) -> Iterator[tuple[str, Row]]:
        """A class with its timetable, people, attendance, results and papers."""
        state, uploaded = self._state(held)
        if self._serial % 40 == 23:
            state = "延期"  # outside the vocabulary
        full = held.kind == PROFESSIONAL
        yield (
            "classes",
            class_row(
                held,
                period_no=f"第{self._serial}期",
                name=f"勞工健康服務護理人員{held.kind}",
                trainees=len(people),
                filed_on=held.first - timedelta(days=20),
                noted_on=held.first - timedelta(days=12) if held.noted_no else None,
                uploaded_on=uploaded,
                state=state,
            ),
        )
        timetable = professional_timetable(held) if full else _timetable(held)
        for row in timetable:
            yield "sessions", row
        yield "lecturers", lecturer_row(held, 1, clause="附表十二之一第一款" if full else "")
        for seat, who in enumerate(people, start=1):
            dice = Dice(self._seed, _SALT, self._serial, who.index)
            trainee = _trainee(held, seat, who)
            yield "trainees", trainee
            if uploaded is None:
                continue
            missed = dice.weighted((("none", 820), ("leave", 80), ("late", 50), ("absent", 50)))
            for row in _signatures(held, seat, len(timetable), missed, everything=all_signatures):
                yield "attendance", row
            if full:
                yield from _examined(held, seat, trainee, missed, dice)
            elif missed in {"none", "leave"}:
                yield (
                    "certificates",
                    certificate_row(
                        held,
                        trainee,
                        issued_on=held.last,
                        confirmed_on=held.last + 9 * _DAY if dice.chance(850) else None,
                    ),
                )

    def classes(self) -> Iterator[tuple[str, Row]]:
        """Cohorts of professional training over five years, then rounds of in-service training."""
        people = self._people
        size = _CLASS_SIZE[PROFESSIONAL]
        cohorts = [people[start : start + size] for start in range(0, len(people), size)]
        for number, cohort in enumerate(cohorts):
            # The last cohorts are in class, or about to be.
            left = len(cohorts) - 1 - number
            day = SANDBOX_DAY + timedelta(days=(10, -1, -9, -16)[left]) if left < 4 else None
            held = self._held(PROFESSIONAL, day or self._day(date(2019, 9, 1)), number)
            yield from self.class_of(held, cohort, all_signatures=number < _FULL_RECORDS)
        size = _CLASS_SIZE[IN_SERVICE]
        for turn in range(_IN_SERVICE_ROUNDS):
            shift = turn * 17 % max(len(people), 1)
            turned = [*people[shift:], *people[:shift]]
            for number, start in enumerate(range(0, len(turned), size)):
                day = self._day(add_months(SANDBOX_DAY, -9 * (turn + 1)), months=9)
                format_ = "分組討論" if number % 11 == 3 else "講授"
                held = self._held(IN_SERVICE, day, number + turn, format_=format_)
                present = [
                    who
                    for who in turned[start : start + size]
                    if Dice(self._seed, _SALT, turn, who.index).chance(820)
                ]
                yield from self.class_of(held, present, all_signatures=number < _FULL_RECORDS)

    def _day(self, since: date, months: int = 58) -> date:
        return self._dice.day(since, add_months(since, months) - 3 * _DAY)


def _timetable(held: ClassHeld) -> list[Row]:
    times = ("09:00~11:00", "11:00~13:00", "14:00~16:00")
    lessons = [
        (held.first, time, name, 200, f"{held.no}-T1", name)
        for time, name in zip(times, IN_SERVICE_CATEGORIES, strict=True)
    ]
    return session_rows(held, lessons)


def _profession(who: Person) -> str:
    return Dice(_SALT, who.index).weighted(_PROFESSIONS)


def _trainee(held: ClassHeld, seat: int, who: Person) -> Row:
    name = who.name.replace("‧", "・") if who.oddity == "name_spelling" else who.name
    waived = held.kind == PROFESSIONAL and who.index % 71 == 5
    return trainee_row(
        held,
        seat,
        name=name,
        birth_date=who.birth_date,
        number=who.number,
        profession=_profession(who),
        remarks="抵免：學分證明；\r\n職業安全衛生相關法規" if waived else "",
    )


def _signatures(
    held: ClassHeld, seat: int, sessions: int, missed: str, *, everything: bool
) -> Iterator[Row]:
    """Every signature, or only what is out of the ordinary."""
    for session in range(1, sessions + 1):
        special = {"leave": 1, "late": 1, "absent": 2}.get(missed, 0) >= session
        if held.kind == IN_SERVICE and missed == "leave":
            special = False  # no leave there
        if not special:
            if everything:
                yield attendance_row(held, seat, session)
            continue
        hours = 300 if held.kind == PROFESSIONAL else 200
        if missed == "leave":
            yield attendance_row(held, seat, session, signed=("", ""), leave=hours)
        elif missed == "late":
            again = held.last + 30 * _DAY
            yield attendance_row(
                held,
                seat,
                session,
                signed=("09:15", "12:00"),
                late_minutes=15,
                absent=hours,
                made_up_on=again if again <= SANDBOX_DAY else None,
                made_up=hours if again <= SANDBOX_DAY else 0,
            )
        else:
            yield attendance_row(held, seat, session, signed=("", ""), absent=hours, valid=False)


def _examined(
    held: ClassHeld, seat: int, trainee: Row, missed: str, dice: Dice
) -> Iterator[tuple[str, Row]]:
    """Exam, resit and certificate; who missed a third of the class was sent home."""
    if missed == "absent":
        return
    passed = dice.chance(850)
    exam = held.last + 2 * _DAY
    score = dice.between(70, 98) if passed else dice.between(30, 58)
    practicum = not dice.chance(20)
    first = result_row(held, seat, 1, exam_on=exam, score=score, passed=passed, practicum=practicum)
    yield "results", first
    if not passed:
        exam = held.last + 80 * _DAY
        if exam > SANDBOX_DAY or dice.chance(200):
            return
        passed = dice.chance(700)
        yield "results", result_row(held, seat, 2, exam_on=exam, score=88, passed=passed)
    issued = exam + 10 * _DAY
    if passed and practicum and issued <= SANDBOX_DAY:
        yield "certificates", certificate_row(held, trainee, issued_on=issued)


def osh_records(people: Sequence[Person], seed: int) -> Iterator[tuple[str, Row]]:
    """Table and row of everything OSH holds; the cast first.

    Args:
        people: The world's generated people.
        seed: The world's seed.
    """
    yield from cast_osh()
    osh = _Osh([who for who in people if "O" in who.registries], seed)
    yield from osh.institutions(10 + len(people) // 2000)
    yield from osh.classes()

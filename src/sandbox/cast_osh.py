"""What OSH holds about the cast; the figures stand in ``cast``."""

from collections.abc import Iterator
from datetime import date, timedelta

from .cast import (
    CAST,
    CLASSMATES,
    INSTITUTION_OSH_CODE,
    INSTITUTION_OSH_TAX_ID,
    INSTITUTION_VR_CODE,
    INSTITUTION_VR_TAX_ID,
    NAMES_OF_ORGANISATIONS,
    STORY_CLASS_NO,
    CastMember,
)
from .clock import SANDBOX_DAY
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
    recognition_row,
    result_row,
    session_rows,
    trainee_row,
)

__all__ = ["cast_osh", "professional_timetable"]

_DAY = timedelta(days=1)
_INSTITUTIONS = (
    Institution(
        INSTITUTION_VR_CODE,
        NAMES_OF_ORGANISATIONS[INSTITUTION_VR_TAX_ID],
        INSTITUTION_VR_TAX_ID,
        "經中央衛生福利主管機關教學醫院評鑑合格之醫療機構",
        "臺北市",
    ),
    Institution(
        INSTITUTION_OSH_CODE,
        NAMES_OF_ORGANISATIONS[INSTITUTION_OSH_TAX_ID],
        INSTITUTION_OSH_TAX_ID,
        "全國性護理專業團體",
        "臺北市",
    ),
)
_RECOGNISED = (
    (INSTITUTION_VR_CODE, 1, (IN_SERVICE,), date(2022, 7, 1), date(2025, 6, 30)),
    (INSTITUTION_OSH_CODE, 1, (PROFESSIONAL, IN_SERVICE), date(2020, 1, 1), date(2022, 12, 31)),
    (INSTITUTION_OSH_CODE, 2, (PROFESSIONAL, IN_SERVICE), date(2023, 1, 1), date(2025, 12, 31)),
)


def _held(no: str, kind: str, first: date, last: date, hours: int) -> ClassHeld:
    noted = f"府勞檢字第{no[7:10]}{no[-6:]}號"
    return ClassHeld(no, INSTITUTION_OSH_CODE, kind, first, last, "臺北市", hours, noted)


_STORY = _held(STORY_CLASS_NO, PROFESSIONAL, date(2024, 8, 23), date(2024, 8, 25), 1800)
_TRAINING = _held("OH0002-112-000004", PROFESSIONAL, date(2023, 3, 6), date(2023, 3, 8), 1800)
_IN_SERVICE = (
    _held("OH0002-111-000002", IN_SERVICE, date(2022, 5, 20), date(2022, 5, 20), 600),
    _held("OH0002-113-000003", IN_SERVICE, date(2024, 5, 20), date(2024, 5, 20), 600),
)


def professional_timetable(held: ClassHeld) -> list[Row]:
    """Three hours in the morning and three in the afternoon of each day."""
    lecturer = f"{held.no}-T1"
    lessons = []
    day, left, number = held.first, held.hours, 0
    while left > 0:
        name = "實習或實作" if left <= 300 else IN_SERVICE_CATEGORIES[number % 3]
        time = "13:00~16:00" if number % 2 else "09:00~12:00"
        lessons.append((day, time, name, min(left, 300), lecturer, ""))
        left -= 300
        number += 1
        if number % 2 == 0:
            day += _DAY
    return session_rows(held, lessons)


def _in_service_timetable(held: ClassHeld) -> list[Row]:
    times = ("09:00~11:00", "11:00~13:00", "14:00~16:00")
    lecturer = f"{held.no}-T1"
    return session_rows(
        held,
        [
            (held.first, time, name, 200, lecturer, name)
            for time, name in zip(times, IN_SERVICE_CATEGORIES, strict=True)
        ],
    )


def _trainee(held: ClassHeld, seat: int, who: CastMember) -> Row:
    return trainee_row(
        held,
        seat,
        name=who.name,
        birth_date=who.birth_date,
        number=who.number,
        profession="護理人員",
    )


def _class(
    held: ClassHeld, people: tuple[CastMember, ...], state: str
) -> Iterator[tuple[str, Row]]:
    full = held.kind == PROFESSIONAL
    done = state == "結案"
    yield (
        "classes",
        class_row(
            held,
            period_no=f"第{int(held.no[-6:])}期",
            name=f"勞工健康服務護理人員{held.kind}",
            trainees=len(people),
            filed_on=held.first - timedelta(days=20),
            noted_on=held.first - timedelta(days=12),
            uploaded_on=held.last + timedelta(days=10) if done else None,
            state=state,
        ),
    )
    timetable = professional_timetable(held) if full else _in_service_timetable(held)
    for row in timetable:
        yield "sessions", row
    yield "lecturers", lecturer_row(held, 1, clause="附表十二之一第一款" if full else "")
    for seat, who in enumerate(people, start=1):
        trainee = _trainee(held, seat, who)
        yield "trainees", trainee
        if not done:
            continue
        for session in range(1, len(timetable) + 1):
            yield "attendance", attendance_row(held, seat, session)
        if full:
            exam = held.last + timedelta(days=2)
            yield "results", result_row(held, seat, 1, exam_on=exam, score=85, passed=True)
        yield (
            "certificates",
            certificate_row(
                held,
                trainee,
                issued_on=held.last + timedelta(days=12 if full else 0),
                confirmed_on=held.last + timedelta(days=9),
            ),
        )


def cast_osh() -> Iterator[tuple[str, Row]]:
    """Table and row of everything OSH holds about the cast."""
    for what in _INSTITUTIONS:
        yield "institutions", institution_row(what)
    for code, number, kinds, first, last in _RECOGNISED:
        yield (
            "recognitions",
            recognition_row(
                code, number, kinds=kinds, valid_from=first, valid_to=last, today=SANDBOX_DAY
            ),
        )
    nurse_and_others = (CAST["C10"], *CLASSMATES[:14])
    yield from _class(_TRAINING, nurse_and_others, "結案")
    for held in _IN_SERVICE:
        yield from _class(held, nurse_and_others, "結案")
    yield from _class(_STORY, CLASSMATES, "結訓")

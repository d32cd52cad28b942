"""What VR holds about the cast; the figures stand in ``cast``."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from ..domain.periods import period_end
from .cast import (
    CAST,
    INSTITUTION_VR_TAX_ID,
    KAOHSIUNG_TAX_ID,
    NAMES_OF_ORGANISATIONS,
    STORY_COURSE_NO,
)
from .forms import Record
from .numbers import national_id
from .places import KAOHSIUNG, TAIPEI_CITY
from .vr_records import (
    Session,
    appointment,
    course,
    institution,
    instructor,
    professional,
    qualification,
    training_record,
)

__all__ = ["cast_vr"]

_SPECIALIST, _MANAGER = "就業服務員", "職業重建個案管理員"


class _Held(NamedTuple):
    title: str
    issued_on: date
    hired_on: date
    sessions: str


# Sessions by letter, below. All first hired after the qualification was granted.
_HELD = {
    "C1": _Held(_SPECIALIST, date(2021, 11, 20), date(2021, 12, 1), "ABCDEF GH"),
    "C2": _Held(_SPECIALIST, date(2023, 3, 1), date(2023, 3, 15), "IF H"),
    "C3": _Held(_SPECIALIST, date(2023, 6, 1), date(2023, 6, 15), "F H"),
    "C5": _Held(_SPECIALIST, date(2021, 6, 1), date(2021, 6, 15), "JABD G"),
    "C6": _Held(_SPECIALIST, date(2021, 10, 1), date(2021, 10, 15), "ABCDE G"),
    "C7": _Held(_SPECIALIST, date(2022, 12, 1), date(2022, 12, 15), "E"),
    "C8": _Held(_MANAGER, date(2023, 1, 10), date(2023, 2, 1), "IF H"),
    "R1": _Held(_SPECIALIST, date(2023, 5, 1), date(2023, 5, 15), "F"),
    "R2": _Held(_SPECIALIST, date(2023, 5, 1), date(2023, 5, 15), ""),
    "R3": _Held(_SPECIALIST, date(2023, 5, 1), date(2023, 5, 15), "H"),
    "R4": _Held(_SPECIALIST, date(2023, 5, 1), date(2023, 5, 15), ""),
}


def _session(no: str, first: str, last: str, category: str, hours: int, name: str) -> Session:
    return Session(
        no=no,
        name=name,
        first=date.fromisoformat(first),
        last=date.fromisoformat(last),
        category=category,
        hours=hours,
        county=TAIPEI_CITY.name,
        tax_id=INSTITUTION_VR_TAX_ID,
        provider=NAMES_OF_ORGANISATIONS[INSTITUTION_VR_TAX_ID],
        titles=(_SPECIALIST, _MANAGER),
    )


_SESSIONS = {
    "A": _session("20220110000001", "2022-03-10", "2022-03-11", "專業課程", 900, "職業重建概論"),
    "B": _session("20220510000002", "2022-07-14", "2022-07-15", "專業課程", 900, "就業服務實務"),
    "C": _session("20220910000003", "2022-11-17", "2022-11-18", "專業課程", 900, "職務再設計"),
    "D": _session("20230210000004", "2023-04-13", "2023-04-14", "專業相關法規", 900, "身權法規"),
    "E": _session("20230710000005", "2023-09-14", "2023-09-15", "專業課程", 900, "個案評估"),
    "F": _session("20240110000006", "2024-03-21", "2024-03-22", "專業相關法規", 900, "勞動法規"),
    "G": _session("20220710000007", "2022-09-16", "2022-09-16", "專業倫理", 300, "專業倫理"),
    "H": _session("20230910000008", "2023-11-17", "2023-11-17", "專業品質", 300, "服務品質"),
    "I": _session("20230410000009", "2023-06-15", "2023-06-16", "專業課程", 900, "支持性就業"),
    "J": _session("20210510000010", "2021-07-15", "2021-07-16", "專業課程", 900, "職業輔導評量"),
}
_STORY = _session(
    STORY_COURSE_NO, "2024-03-15", "2024-03-15", "專業倫理", 300, "職業重建專業倫理研習"
)
_LECTURER = ("測試講師", national_id("A", 2, 2099))


def _after_hiring(held: _Held) -> Session:
    """The 36 hours of art. 7(3), half a year after hiring."""
    month = held.hired_on.month + 6
    last = date(held.hired_on.year + (month - 1) // 12, (month - 1) % 12 + 1, 20)
    return Session(
        no="",
        name="就業服務員進用後專業訓練",
        first=last.replace(day=15),
        last=last,
        category="專業課程",
        hours=3600,
        county=TAIPEI_CITY.name,
        tax_id=INSTITUTION_VR_TAX_ID,
        provider=NAMES_OF_ORGANISATIONS[INSTITUTION_VR_TAX_ID],
        titles=(held.title,),
    )


def cast_vr() -> Iterator[tuple[str, Record]]:
    """Collection and record of everything VR holds about the cast."""
    for tax_id, county in ((INSTITUTION_VR_TAX_ID, TAIPEI_CITY), (KAOHSIUNG_TAX_ID, KAOHSIUNG)):
        name = NAMES_OF_ORGANISATIONS[tax_id]
        yield "institutions", institution(tax_id, name=name, county=county.name)
    yield (
        "instructors",
        instructor(
            "I0000001",
            name=_LECTURER[0],
            national_id=_LECTURER[1],
            clauses=["條款2"],
            categories=["專業課程", "專業相關法規", "專業倫理", "專業品質"],
        ),
    )
    for session in _SESSIONS.values():
        yield "courses", course(session, lecturer=_LECTURER)
    yield "courses", course(_STORY, lecturer=_LECTURER, roster_state="未匯入")
    number = 0
    for position, (code, held) in enumerate(_HELD.items(), start=1):
        who = CAST[code]
        tax_id = KAOHSIUNG_TAX_ID if who.county == KAOHSIUNG.name else INSTITUTION_VR_TAX_ID
        employer = NAMES_OF_ORGANISATIONS[tax_id]
        yield (
            "professionals",
            professional(
                who.vr_id,
                national_id=who.number,
                name=who.name,
                birth_date=who.birth_date,
                county=who.county,
                employer=employer,
                job_title=held.title,
                joined_on=held.issued_on,
            ),
        )
        yield (
            "qualifications",
            qualification(
                f"Q{position:07d}0",
                who.vr_id,
                title=held.title,
                clause="第八條第一項第一款" if held.title == _MANAGER else "第七條第一項第一款",
                status="確認",
                issued_on=held.issued_on,
                ce_due_on=period_end(held.issued_on, 3),
            ),
        )
        yield (
            "appointments",
            appointment(
                f"A{position:08d}",
                who.vr_id,
                tax_id=tax_id,
                title=held.title,
                county=who.county,
                first_hired_on=held.hired_on,
            ),
        )
        sessions = [_SESSIONS[letter] for letter in held.sessions.replace(" ", "")]
        for session in sessions:
            number += 1
            yield "training-records", training_record(f"R{number:08d}", who.vr_id, session)
        if held.title == _SPECIALIST:
            number += 1
            yield (
                "training-records",
                training_record(f"R{number:08d}", who.vr_id, _after_hiring(held), nature="進用後"),
            )

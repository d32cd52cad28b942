"""What LTC holds about the cast; the figures stand in ``cast``."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from .cast import CAST, INSTITUTION_VR_TAX_ID, KAOHSIUNG_TAX_ID, NAMES_OF_ORGANISATIONS
from .forms import Record
from .ltc_records import (
    Lesson,
    certificate,
    course,
    credit,
    identifier,
    person,
    registration,
    unit,
)
from .places import KAOHSIUNG, TAIPEI_CITY

__all__ = ["CAST_COURSES", "CAST_CREDITS", "cast_ltc"]

CAST_COURSES = 200
"""Course ids K0000001.. up to this are the cast's."""

CAST_CREDITS = 1000
"""Credit ids D00000001.. up to this are the cast's."""


class _Row(NamedTuple):
    day: date
    attribute: str
    points: int
    category: str = ""
    online: bool = False


def _rows(*rows: tuple[str, str, int] | tuple[str, str, int, str]) -> tuple[_Row, ...]:
    short = {"P": "專業課程", "Q": "專業品質", "E": "專業倫理", "L": "專業法規"}
    return tuple(
        _Row(
            date.fromisoformat(row[0]),
            short[row[1][0]],
            row[2],
            row[3] if len(row) == 4 else "",
            row[1].endswith("~"),
        )
        for row in rows
    )


_FIRE, _EMERGENCY, _GENDER = "消防安全", "緊急應變", "性別敏感度"
_DISEASE, _INFECTION = "傳染病防治", "感染管制"
_OLD_CULTURE, _BOTH_CULTURES = "多元族群文化", "原住民族與多元族群文化敏感度及能力"
_INDIGENOUS, _MULTICULTURAL = "原住民族文化敏感度及能力", "多元族群文化敏感度及能力"

# Attribute letter, ~ for online; points in hundredths.
_CREDITS = {
    "C1": _rows(
        ("2019-03-20", "P", 1200),
        ("2019-10-16", "P", 1200),
        ("2020-06-10", "P", 1200),
        ("2021-09-15", "P", 1200),
        ("2022-08-17", "P", 1200),
        ("2023-02-15", "P", 600),
        ("2023-05-31", "P~", 600),
        ("2023-08-31", "P~", 600),
        ("2024-03-31", "P~", 800),
        ("2021-03-10", "L", 240, _FIRE),
        ("2021-05-12", "Q", 240, _EMERGENCY),
        ("2022-03-09", "Q", 240, _DISEASE),
        ("2023-04-12", "E", 240, _GENDER),
        ("2022-11-09", "E", 240, _BOTH_CULTURES),
        ("2024-07-10", "E", 120, _INDIGENOUS),
        ("2020-09-16", "Q", 720),
        ("2022-06-08", "L", 600),
    ),
    "C2": _rows(
        ("2019-01-16", "P", 1200),
        ("2019-07-17", "P", 1200),
        ("2020-01-15", "P", 1200),
        ("2020-07-15", "P", 1200),
        ("2021-01-13", "P", 1200),
        ("2021-07-14", "P", 1200),
        ("2022-01-12", "P", 1200),
        ("2023-01-11", "P", 1200),
        ("2021-03-10", "L", 360, _FIRE),
        ("2021-05-12", "Q", 240, _EMERGENCY),
        ("2023-06-14", "Q", 240, _INFECTION),
        ("2023-04-12", "E", 240, _GENDER),
        ("2022-11-16", "E", 240, _BOTH_CULTURES),
        ("2024-06-19", "E", 120, _INDIGENOUS),
        ("2024-06-20", "E", 120, _MULTICULTURAL),
        ("2022-06-08", "L", 480),
        ("2020-09-16", "Q", 480),
    ),
    "C3": _rows(
        ("2022-10-12", "P", 1200),
        ("2023-03-15", "P", 1200),
        ("2024-03-20", "P", 1200),
        ("2023-04-12", "E", 240, _GENDER),
        ("2023-05-17", "E", 240, _BOTH_CULTURES),
        ("2024-06-19", "E", 120, _INDIGENOUS),
        ("2024-06-20", "E", 120, _MULTICULTURAL),
    ),
    "C4": _rows(
        ("2019-03-20", "P", 1200),
        ("2019-10-16", "P", 1200),
        ("2020-06-10", "P", 1200),
        ("2021-09-15", "P", 1200),
        ("2022-08-17", "P", 1200),
        ("2021-03-10", "L", 240, _FIRE),
        ("2021-05-12", "Q", 240, _EMERGENCY),
        ("2022-03-09", "Q", 240, _DISEASE),
        ("2023-04-12", "E", 240, _GENDER),
    ),
    "C7": _rows(
        ("2021-09-15", "P", 1200),
        ("2022-08-17", "P", 1200),
        ("2023-03-15", "P", 1200),
        ("2024-03-20", "P", 1200),
        ("2023-04-12", "E", 240, _GENDER),
        ("2023-05-17", "E", 240, _BOTH_CULTURES),
    ),
    "C9": _rows(
        ("2020-10-14", "P", 1200),
        ("2021-07-14", "P", 1200),
        ("2022-01-12", "P", 1200),
        ("2022-08-17", "P", 1200),
        ("2023-03-15", "P", 1200),
        ("2024-03-20", "P", 1200),
        ("2021-03-10", "L", 240, _FIRE),
        ("2021-05-12", "Q", 240, _EMERGENCY),
        ("2022-03-09", "Q", 240, _DISEASE),
        ("2023-04-12", "E", 240, _GENDER),
        ("2023-05-17", "E", 240, _BOTH_CULTURES),
        ("2024-06-19", "E", 120, _INDIGENOUS),
        ("2024-06-20", "E", 120, _MULTICULTURAL),
    ),
    "C10": _rows(
        ("2021-09-15", "P", 1200),
        ("2022-08-17", "P", 1200),
        ("2023-03-15", "P", 1200),
        ("2024-03-20", "P", 1200),
        ("2023-04-12", "E", 240, _GENDER),
        ("2023-05-17", "E", 240, _BOTH_CULTURES),
        ("2024-06-19", "E", 120, _INDIGENOUS),
        ("2024-06-20", "E", 120, _MULTICULTURAL),
    ),
    "C11": _rows(
        ("2019-03-20", "P", 1200),
        ("2019-10-16", "P", 1200),
        ("2020-09-16", "P", 1200),
        ("2021-03-17", "P", 1200),
        ("2022-03-16", "P", 1200),
        ("2023-03-15", "P", 1200),
        ("2023-09-20", "P", 1200),
        ("2024-03-20", "P", 1200),
        ("2020-05-20", "L", 720, _FIRE),
        ("2021-05-19", "Q", 600, _EMERGENCY),
        ("2022-05-18", "Q", 600, _DISEASE),
        ("2023-05-17", "E", 480, _GENDER),
        ("2021-10-20", "E", 240, _OLD_CULTURE),
    ),
    "C12": _rows(("2022-10-12", "P", 1200), ("2023-03-15", "P", 1200)),
    "C12b": _rows(("2022-11-23", "P", 1200)),
}


class _Held(NamedTuple):
    personnel_type: str
    valid_from: date
    valid_to: date
    state: str = "有效"


_CARE_WORKER = "照顧服務人員"
_CERTIFICATES = {
    "C1": _Held(_CARE_WORKER, date(2018, 12, 1), date(2024, 11, 30)),
    "C2": _Held(_CARE_WORKER, date(2018, 10, 15), date(2024, 10, 14)),
    "C3": _Held(_CARE_WORKER, date(2022, 7, 1), date(2028, 6, 30)),
    "C4": _Held(_CARE_WORKER, date(2018, 7, 15), date(2024, 7, 14), "逾期"),
    "C7": _Held(_CARE_WORKER, date(2021, 8, 1), date(2027, 7, 31)),
    "C9": _Held("居家服務督導員", date(2020, 8, 1), date(2026, 7, 31)),
    "C10": _Held("醫事人員", date(2021, 7, 10), date(2027, 7, 9)),
    "C11": _Held(_CARE_WORKER, date(2018, 12, 10), date(2024, 12, 9)),
    "C12": _Held(_CARE_WORKER, date(2022, 8, 1), date(2028, 7, 31)),
}

_UNITS = (
    ("U000001", "長照特約單位", TAIPEI_CITY, INSTITUTION_VR_TAX_ID),
    ("U000002", "居家式", KAOHSIUNG, KAOHSIUNG_TAX_ID),
)
_TITLES = {
    _FIRE: "長照機構消防安全",
    _EMERGENCY: "緊急事件應變",
    _GENDER: "性別敏感度照顧實務",
    _DISEASE: "傳染病防治實務",
    _INFECTION: "感染管制實務",
    "": "長照專業知能",
}


def _lesson(row: _Row, number: int) -> Lesson:
    title = _TITLES.get(row.category, "文化敏感度之照顧議題")
    # A platform course is open for its month; two days for what is longer than a day.
    first = row.day.replace(day=1) if row.online else row.day
    if row.points > 720 and not row.online:
        first = row.day - timedelta(days=1)
    return Lesson(
        course_id=f"K{number:07d}",
        name=f"{title}（網路課程）" if row.online else title,
        first=first,
        last=row.day,
        attribute=row.attribute,
        categories=(row.category,) if row.category else (),
        mode="網路" if row.online else "實體",
        live_sync=False,
        points=row.points,
        unit_id="U000001",
        unit_name=NAMES_OF_ORGANISATIONS[INSTITUTION_VR_TAX_ID],
    )


def _persons() -> Iterator[Record]:
    for code in _CERTIFICATES:
        member = CAST[code]
        foreign = member.number[1] in "89"
        yield person(
            member.ltc_id,
            name=member.name,
            birth_date=member.birth_date,
            identifiers=[
                identifier("新式統一證號" if foreign else "身分證字號", member.number),
                *(
                    identifier(kind, value, current=now)
                    for kind, value, now in member.other_numbers
                ),
            ],
            foreign=foreign,
            county=member.county,
        )
    twin = CAST["C12"]
    kind, value, _ = twin.other_numbers[0]
    yield person(
        "L0000012",
        name=twin.name,
        birth_date=twin.birth_date,
        identifiers=[identifier(kind, value)],
        foreign=True,
        county=None,
    )


def cast_ltc() -> Iterator[tuple[str, Record]]:
    """Entity and record of everything LTC holds about the cast."""
    for key, kind, county, tax_id in _UNITS:
        name = NAMES_OF_ORGANISATIONS[tax_id]
        yield "unit", unit(key, name=name, kind=kind, county=county, tax_id=tax_id)
    for record in _persons():
        yield "person", record
    for number, (code, held) in enumerate(_CERTIFICATES.items(), start=1):
        member = CAST[code]
        key = f"C{number:08d}"
        in_taipei = member.county == TAIPEI_CITY.name
        yield (
            "certificate",
            certificate(
                key,
                member.ltc_id,
                personnel_type=held.personnel_type,
                valid_from=held.valid_from,
                valid_to=held.valid_to,
                foreign_track=code == "C11",
                issued_by=f"{member.county}政府",
                state=held.state,
            ),
        )
        yield (
            "registration",
            registration(
                f"G{number:08d}",
                member.ltc_id,
                key,
                "U000001" if in_taipei else "U000002",
                county=member.county,
                starts_on=held.valid_from,
            ),
        )
    lessons: dict[_Row, Lesson] = {}
    credit_number = 0
    for code, rows in _CREDITS.items():
        person_id = "L0000012" if code == "C12b" else CAST[code].ltc_id
        for row in rows:
            lesson = lessons.get(row)
            if lesson is None:
                lesson = lessons[row] = _lesson(row, len(lessons) + 1)
                yield "course", course(lesson)
            credit_number += 1
            yield "credit", credit(f"D{credit_number:08d}", person_id, lesson)

"""Records of the LTC system, field by field as ``ltc.openapi.yaml`` prints them."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from .forms import Record, amount, slashed, stamp
from .places import County

__all__ = [
    "LTC_ENTITIES",
    "Lesson",
    "certificate",
    "course",
    "credit",
    "identifier",
    "person",
    "registration",
    "unit",
]

LTC_ENTITIES = ("person", "certificate", "credit", "registration", "course", "unit")
"""Entities of the feed, in the contract's order."""

_METHODS = {"實體": "一、參加實體繼續教育。", "網路": "二、參加網路繼續教育。"}
_APPROVER = "社團法人測試長照認可學會"


class Lesson(NamedTuple):
    """A course as its credits repeat it.

    Attributes:
        course_id: Its id; empty for credits without a course.
        name: 課程名稱.
        first: First day.
        last: Last day; a platform course is open all day on both.
        attribute: 課程屬性.
        categories: 課程類別.
        mode: 實體 or 網路.
        live_sync: 線上同步.
        points: Hundredths.
        unit_id: Provider.
        unit_name: Provider's name.
        training_course: 訓練課程, as printed.
    """

    course_id: str
    name: str
    first: date
    last: date
    attribute: str
    categories: tuple[str, ...]
    mode: str
    live_sync: bool
    points: int
    unit_id: str
    unit_name: str
    training_course: str = "9.其他"

    @property
    def starts_at(self) -> str:
        """課程日期起."""
        return stamp(self.first, "00:00:00" if self.mode == "網路" else "09:00:00")

    @property
    def ends_at(self) -> str:
        """課程日期迄: one point of a class in person stands for 50 minutes, from 09:00."""
        if self.mode == "網路":
            return stamp(self.last, "23:59:00")
        days = (self.last - self.first).days + 1
        minutes = min(self.points // 2 // days, 14 * 60 + 59)
        return stamp(self.last, f"{9 + minutes // 60:02d}:{minutes % 60:02d}:00")


def identifier(kind: str, value: str, *, current: bool = True) -> Record:
    """One number of a person (證號)."""
    return {"type": kind, "value": value, "current": current}


def person(
    key: str,
    *,
    name: str,
    birth_date: date,
    identifiers: Sequence[Record],
    foreign: bool,
    county: str | None,
    merged_ids: Sequence[str] = (),
) -> Record:
    """A carer (長照人員)."""
    tail = key.split("-", maxsplit=1)[0][1:]
    return {
        "id": key,
        "nationality": "外國籍人員" if foreign else "本國籍人員",
        "name": name,
        "birth_date": slashed(birth_date),
        "county": county,
        "phone": f"09{int(tail) % 10**8:08d}",
        "email": f"p{int(tail)}@test.invalid",
        "merged_ids": list(merged_ids),
        "identifiers": list(identifiers),
    }


def certificate(
    key: str,
    person_id: str,
    *,
    personnel_type: str,
    valid_from: date,
    valid_to: date,
    original_valid_to: date | None = None,
    credit_from: date | None = None,
    renewal_count: int = 0,
    suffix: str = "01",
    foreign_track: bool = False,
    issued_by: str = "臺北市政府",
    state: str = "有效",
) -> Record:
    """A certificate (認證證明文件); ``valid_to`` includes the pandemic extension."""
    original = original_valid_to or valid_to
    return {
        "id": key,
        "person_id": person_id,
        "no": f"TS{key[1:]}",
        "suffix": suffix,
        "personnel_type": personnel_type,
        "employment_path": "外籍機構看護工" if foreign_track else "長照人員（一般）",
        "valid_from": slashed(valid_from),
        "valid_to": slashed(valid_to),
        "original_valid_to": slashed(original),
        "pandemic_extended": original != valid_to,
        "credit_from": slashed(credit_from or valid_from),
        "renewal_count": renewal_count,
        "issued_by": issued_by,
        "state": state,
    }


def credit(
    key: str,
    person_id: str,
    lesson: Lesson,
    *,
    status: str = "符合",
    reason: str | None = None,
    role: str = "學員",
    source: str = "系統登錄",
    source_record: str | None = None,
    recognition_id: str | None = None,
) -> Record:
    """Credits of one person for one course (繼續教育積分)."""
    return {
        "id": key,
        "person_id": person_id,
        "course_id": lesson.course_id or None,
        "course_name": lesson.name,
        "starts_at": lesson.starts_at,
        "ends_at": lesson.ends_at,
        "unit_name": lesson.unit_name,
        "approver": _APPROVER,
        "attribute": lesson.attribute,
        "categories": list(lesson.categories),
        "method": _METHODS[lesson.mode],
        "mode": lesson.mode,
        "live_sync": lesson.live_sync,
        "training_course": lesson.training_course,
        "points": amount(lesson.points),
        "status": status,
        "reason": reason,
        "role": role,
        "source": source,
        "source_record": source_record,
        "recognition_id": recognition_id,
    }


def registration(
    key: str,
    person_id: str,
    certificate_id: str,
    unit_id: str,
    *,
    county: str,
    starts_on: date,
    ends_on: date | None = None,
    support: bool = False,
    main: bool = True,
    state: str | None = None,
) -> Record:
    """Registration at a care unit (登錄, 支援報備)."""
    return {
        "id": key,
        "person_id": person_id,
        "certificate_id": certificate_id,
        "unit_id": unit_id,
        "kind": "支援報備" if support else "登錄",
        "main": main and not support,
        "starts_on": slashed(starts_on),
        "ends_on": None if ends_on is None else slashed(ends_on),
        "county": county,
        "state": state or ("登錄中" if ends_on is None else "已註銷"),
    }


def course(lesson: Lesson) -> Record:
    """A course with approved credits (繼續教育課程)."""
    return {
        "id": lesson.course_id,
        "name": lesson.name,
        "unit_id": lesson.unit_id,
        "starts_at": lesson.starts_at,
        "ends_at": lesson.ends_at,
        "approver": _APPROVER,
        "attribute": lesson.attribute,
        "categories": list(lesson.categories),
        "mode": lesson.mode,
        "live_sync": lesson.live_sync,
        "points": amount(lesson.points),
        "approval_no": f"測認可字第{lesson.course_id[1:]}號",
        "capacity": 200 if lesson.live_sync else (None if lesson.mode == "網路" else 80),
    }


def unit(
    key: str,
    *,
    name: str,
    kind: str,
    county: County,
    tax_id: str | None,
    state: str = "營運中",
) -> Record:
    """A long-term care unit (長照服務單位) or provider of courses (開課單位)."""
    return {
        "id": key,
        "name": name,
        "kind": kind,
        "county": county.name,
        "county_code": county.code,
        "address": f"{county.name}測試路{int(key[1:])}號",
        "tax_id": tax_id,
        "state": state,
    }

"""Records of the VR register, field by field as ``vr.openapi.yaml`` prints them.

Without the envelope (version, time, deletion mark), which the agency's ledger adds.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from .forms import Record, amount, slashed
from .places import COUNTIES

__all__ = [
    "VR_COLLECTIONS",
    "Session",
    "appointment",
    "course",
    "credited",
    "extension",
    "institution",
    "instructor",
    "professional",
    "qualification",
    "training_record",
]

VR_COLLECTIONS = (
    "professionals",
    "qualifications",
    "training-records",
    "courses",
    "instructors",
    "institutions",
    "extensions",
    "appointments",
)
"""Collections of the API, in the contract's order."""

_OFFSHORE = {county.name for county in COUNTIES if county.offshore}
_COMPETENCIES = {
    "專業課程": ("個案管理", "個案評估與計畫"),
    "專業相關法規": ("法規與政策", "身心障礙者權益保障法規"),
    "專業倫理": ("專業倫理", "職業重建專業倫理"),
    "專業品質": ("服務品質", "服務品質管理"),
}


def _day(day: date | None) -> str | None:
    return None if day is None else slashed(day)


class Session(NamedTuple):
    """A course as its training records repeat it.

    Attributes:
        no: 課程編號; empty for individual applications.
        name: 課程名稱.
        first: First day.
        last: Last day.
        category: 課程類別.
        hours: Approved hours in hundredths.
        county: Where held; outlying islands carry weight.
        tax_id: Institution.
        provider: Its name.
        titles: For whom.
        delivery: 授課方式.
        international: 國際性質.
    """

    no: str
    name: str
    first: date
    last: date
    category: str
    hours: int
    county: str
    tax_id: str
    provider: str
    titles: tuple[str, ...]
    delivery: str = "實體"
    international: bool = False


def credited(hours: int, *, weighted: bool) -> int:
    """Hours the agency credits (加成): doubled once, whatever the number of flags."""
    return hours * 2 if weighted else hours


def professional(
    key: str,
    *,
    national_id: str,
    name: str,
    birth_date: date,
    county: str,
    employer: str | None,
    job_title: str | None,
    joined_on: date,
) -> Record:
    """A member of the system (專業人員會員)."""
    tail = int(key[1:])
    return {
        "id": key,
        "national_id": national_id,
        "name": name,
        "name_en": name if name.isascii() else None,
        "birth_date": slashed(birth_date),
        "phone": f"09{tail % 10**8:08d}",
        "email": f"p{tail}@test.invalid",
        "address": f"{county}測試路{tail % 500 + 1}號",
        "county": county,
        "employer": employer,
        "job_title": job_title,
        "joined_on": slashed(joined_on),
    }


def qualification(
    key: str,
    professional_id: str,
    *,
    title: str,
    clause: str,
    status: str,
    issued_on: date | None,
    received_on: date | None = None,
    renewed_on: date | None = None,
    ce_completed_on: date | None = None,
    extension_from: date | None = None,
    extension_to: date | None = None,
    ce_due_on: date | None = None,
    shortfall_text: str | None = None,
) -> Record:
    """One qualification of a person (專業人員資格)."""
    tail = int(key[1:])
    renewed = renewed_on is not None and status != "案件申請中"
    return {
        "id": key,
        "professional_id": professional_id,
        "title": title,
        "service_items": [("心智障礙", "肢體障礙", "視覺障礙", "精神障礙", "聽語障礙")[tail % 5]],
        "clause": clause,
        "clause_note": None,
        "status": status,
        "received_on": _day(received_on),
        "reviewed_on": _day(issued_on),
        "issued_on": _day(issued_on),
        "document_no": None if issued_on is None else f"{issued_on:%Y%m%d}",
        "waiver_document_no": None,
        "social_work_20_credits": "已完成" if tail % 3 else "未完成",
        "renewed_on": _day(renewed_on),
        "renewal_document_on": _day(renewed_on) if renewed else None,
        "renewal_document_no": f"勞動發特字第{tail:010d}號" if renewed else None,
        "extension_from": _day(extension_from),
        "extension_to": _day(extension_to),
        "ce_completed_on": _day(ce_completed_on),
        "ce_due_on": _day(ce_due_on),
        "shortfall_text": shortfall_text,
    }


def training_record(
    key: str,
    professional_id: str,
    session: Session,
    *,
    nature: str = "繼續教育",
    status: str = "確認",
    reason: str | None = None,
    lecturer: bool = False,
    offshore: bool | None = None,
    international: bool | None = None,
    delivery: str | None = None,
    titles: Sequence[str] | None = None,
) -> Record:
    """One attended course of a person (上課紀錄)."""
    continuing = nature == "繼續教育"
    competency, field = _COMPETENCIES[session.category] if continuing else (None, None)
    island = session.county in _OFFSHORE if offshore is None else offshore
    abroad = session.international if international is None else international
    hours = credited(session.hours, weighted=island or abroad or lecturer)
    return {
        "id": key,
        "professional_id": professional_id,
        "course_no": session.no or None,
        "course_name": session.name,
        "provider": session.provider,
        "class_name": None if continuing else f"{session.name}班",
        "nature": nature,
        "held_from": slashed(session.first),
        "held_to": slashed(session.last),
        "finish_month": f"{session.last.year - 1911}年{session.last.month:02d}月",
        "category": session.category if continuing else None,
        "core_competency": competency,
        "field": field,
        "delivery": delivery or session.delivery,
        "identity": "授課者" if lecturer else "學員",
        "hours": amount(session.hours),
        "outlying_island": "是" if island else "否",
        "international": "是" if abroad else "否",
        "lecturer": "是" if lecturer else "否",
        "credited_hours": amount(hours) if status == "確認" else None,
        "status": status,
        "reason": reason,
        "qualification_titles": list(session.titles if titles is None else titles),
    }


def course(
    session: Session,
    *,
    lecturer: tuple[str, str | None] = ("測試講師", None),
    status: str = "通過",
    roster_state: str = "時數已核",
) -> Record:
    """A course of an institution (課程資料), with the one category of its session."""
    competency, field = _COMPETENCIES[session.category]
    return {
        "id": session.no,
        "no": session.no,
        "name": session.name,
        "nature": "繼續教育",
        "public": True,
        "delivery": session.delivery,
        "delivery_reason": None,
        "session": "全日" if session.hours > 400 else "上午",
        "starts_on": slashed(session.first),
        "ends_on": slashed(session.last),
        "fee": 0,
        "place": f"{session.county}測試路1號",
        "county": session.county,
        "categories": [
            {
                "category": session.category,
                "core_competency": competency,
                "field": field,
                "hours": amount(session.hours),
            }
        ],
        "method": "教育課程",
        "target_titles": list(session.titles),
        "lecturers": [{"name": lecturer[0], "national_id": lecturer[1]}],
        "contact": {
            "name": "測試承辦人",
            "phone": "02-00000000",
            "fax": None,
            "email": "office@test.invalid",
        },
        "requirements": "現職人員",
        "institution_tax_id": session.tax_id,
        "institution_name": session.provider,
        "hours": amount(session.hours),
        "status": status,
        "approval_no": f"勞動發特字第{session.no[4:]}號" if status == "通過" else None,
        "roster_state": roster_state,
    }


def instructor(
    key: str,
    *,
    name: str,
    national_id: str,
    clauses: Sequence[str],
    categories: Sequence[str],
    status: str = "通過",
) -> Record:
    """A lecturer on file (講師)."""
    return {
        "id": key,
        "name": name,
        "national_id": national_id,
        "phone": "0900000000",
        "email": f"{key.lower()}@test.invalid",
        "address": None,
        "clauses": list(clauses),
        "certificate_no": f"講字第{int(key[1:]):06d}號" if "條款1" in clauses else None,
        "education": "測試大學碩士",
        "current_post": "測試大學講師",
        "experience": "職業重建服務",
        "approved_fields": [
            {"core_competency": _COMPETENCIES[category][0], "field": _COMPETENCIES[category][1]}
            for category in categories
        ],
        "status": status,
    }


def institution(tax_id: str, *, name: str, county: str, status: str = "正常") -> Record:
    """A member institution (機構單位); its id is the tax id."""
    return {
        "id": tax_id,
        "tax_id": tax_id,
        "name": name,
        "county": county,
        "address": f"{county}測試路1號",
        "phone": "02-00000000",
        "representative": "測試負責人",
        "status": status,
    }


def extension(
    key: str,
    professional_id: str,
    qualification_id: str,
    *,
    leave_from: date,
    leave_to: date,
    county: str,
    applied_on: date,
    status: str = "通過",
    decided_on: date | None = None,
) -> Record:
    """An extension of the three years (資格展延)."""
    return {
        "id": key,
        "professional_id": professional_id,
        "qualification_id": qualification_id,
        "applied_on": slashed(applied_on),
        "leave_from": slashed(leave_from),
        "leave_to": slashed(leave_to),
        "reason": "育嬰留職停薪",
        "local_authority": county,
        "local_document_no": f"府勞障字第{applied_on.year - 1911}{int(key[1:]):07d}號",
        "local_document_on": slashed(applied_on),
        "status": status,
        "decided_on": _day(decided_on),
        "document_no": None if decided_on is None else f"勞動發特字第{int(key[1:]):010d}號",
    }


def appointment(
    key: str,
    professional_id: str,
    *,
    tax_id: str,
    title: str,
    county: str,
    first_hired_on: date,
    appointed_on: date | None = None,
    left_on: date | None = None,
    full_time: bool = True,
) -> Record:
    """Employment of a professional at an institution (任用)."""
    return {
        "id": key,
        "professional_id": professional_id,
        "institution_tax_id": tax_id,
        "title": title,
        "first_hired_on": slashed(first_hired_on),
        "appointed_on": slashed(appointed_on or first_hired_on),
        "left_on": _day(left_on),
        "county": county,
        "full_time": full_time,
    }

"""The value maps between the agencies' Chinese terms and our codes, as data.

Vocabulary -> code -> terms. A term has one code; several terms may share one. The first term of a
code is the one we send. Source: domain/mapping.md section 1; the rulebooks say what a code means.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .counties import COUNTIES

__all__ = ["TITLES", "VALUE_MAPS"]

_Terms = Mapping[str, tuple[str, ...]]

_UNDER_REVIEW: _Terms = {
    "draft": ("暫存",),
    "submitted": ("送審中",),
    "supplement_required": ("補件",),
    "preliminary_review": ("初審",),
    "final_review": ("複審",),
    "review_meeting": ("審查會議",),
}

TITLES: _Terms = {
    "vocational_trainer": ("職業訓練師",),
    "vocational_training_staff": ("職業訓練員",),
    "vocational_assessor": ("職業輔導評量員",),
    "employment_specialist": ("就業服務員",),
    "case_manager": ("職業重建個案管理員",),
    "supervisor": ("督導",),
    "supervisor_employment_service": ("督導_就業督導",),
    "supervisor_case_management": ("督導_職管督導", "督導_職業重建個案管理"),
    "supervisor_vocational_assessment": ("督導_職評督導",),
    # Not in the contract: printed by seed 000 or named by the rulebook.
    "supervisor_vocational_training": ("督導_職訓督導",),
    "employment_service_assistant": ("就業服務助理員",),
}
"""Titles of VR professionals (資格名稱)."""

_SUPERVISORS = tuple(
    term for code, terms in TITLES.items() if code.startswith("supervisor") for term in terms
)

_VR: dict[str, _Terms] = {
    "vr.title": TITLES,
    "vr.title_box": {
        **{code: terms for code, terms in TITLES.items() if not code.startswith("supervisor")},
        "supervisor": _SUPERVISORS,
    },
    "vr.nature": {
        "pre_appointment": ("遴用前", "進用前", "選用前"),
        "post_hire": ("進用後",),
        "continuing_education": ("繼續教育",),
    },
    "vr.category": {
        "professional": ("專業課程",),
        "law": ("專業相關法規",),
        "ethics": ("專業倫理",),
        "quality": ("專業品質",),
    },
    "vr.delivery": {"in_person": ("實體",), "live_online": ("視訊",), "online": ("數位",)},
    "vr.identity": {"attendee": ("學員",), "instructor": ("授課者",)},
    "vr.weight_offshore": {"offshore": ("是",), "none": ("否",)},
    "vr.weight_international": {"international": ("是",), "none": ("否",)},
    "vr.weight_instructor": {"instructor": ("是",), "none": ("否",)},
    "vr.qualification_status": {
        **_UNDER_REVIEW,
        "confirmed": ("確認", "案件申請中"),
        "not_qualified": ("資格不符",),
    },
    "vr.record_status": {**_UNDER_REVIEW, "confirmed": ("確認",), "rejected": ("不予認定",)},
    "vr.review_status": {**_UNDER_REVIEW, "approved": ("通過",), "rejected": ("不通過", "退件")},
    "vr.roster_state": {
        "not_imported": ("未匯入",),
        "roster_imported": ("已匯入",),
        "hours_verified": ("時數已核",),
    },
    "vr.institution_status": {"active": ("正常",), "suspended": ("停用",)},
    "vr.service_item": {
        "intellectual": ("心智障礙",),
        "physical": ("肢體障礙",),
        "visual": ("視覺障礙",),
        "psychosocial": ("精神障礙",),
        "hearing_speech": ("聽語障礙",),
    },
    "vr.session": {"morning": ("上午",), "afternoon": ("下午",), "all_day": ("全日",)},
    "vr.instructor_clause": {
        "1": ("條款1", "條款一"),
        "2": ("條款2", "條款二"),
        "3": ("條款3", "條款三"),
        "4": ("條款4", "條款四"),
    },
}

_LTC: dict[str, _Terms] = {
    "ltc.identifier_type": {
        "national_id": ("身分證字號",),
        "arc_new": ("新式統一證號",),
        "arc_old": ("舊式居留證號",),
        "passport": ("護照號",),
    },
    "ltc.nationality": {"national": ("本國籍人員",), "foreign": ("外國籍人員",)},
    "ltc.personnel_type": {
        "care_worker": ("照顧服務人員", "照顧服務員", "生活服務員", "家庭托顧服務員"),
        "home_care_supervisor": ("居家服務督導員",),
        "educator": ("教保員",),
        "social_worker": ("社會工作人員",),
        "medical": ("醫事人員",),
        "care_manager": ("照顧管理人員", "照顧管理專員"),
        "care_management_supervisor": ("照顧管理督導",),
        "plan_personnel": ("社區整合型服務中心個案管理人員",),
    },
    "ltc.employment_path": {
        "general": ("長照人員（一般）",),
        "foreign_institution": ("外籍機構看護工",),
    },
    "ltc.certificate_state": {
        "active": ("有效",),
        "lapsed": ("逾期",),
        "cancelled": ("註銷",),
        "revoked": ("廢止",),
        "withdrawn": ("撤銷",),
    },
    "ltc.attribute": {
        "professional": ("專業課程",),
        "quality": ("專業品質",),
        "ethics": ("專業倫理",),
        "law": ("專業法規", "專業相關法規"),
    },
    "ltc.category": {
        "fire_safety": ("消防安全",),
        "emergency_response": ("緊急應變",),
        "infection_control": ("感染管制",),
        "infectious_disease_prevention": ("傳染病防治",),
        "gender_sensitivity": ("性別敏感度",),
        "indigenous_culture": ("原住民族文化敏感度及能力",),
        "multicultural_culture": ("多元族群文化敏感度及能力",),
        "indigenous_multicultural": ("原住民族與多元族群文化敏感度及能力",),
        "multicultural_legacy": ("多元族群文化", "多元文化族群"),
    },
    "ltc.mode": {"in_person": ("實體",), "online": ("網路",)},
    "ltc.credit_status": {
        "confirmed": ("符合",),
        "rejected": ("不符合",),
        "submitted": ("審核中",),
    },
    "ltc.recognition_status": {
        "confirmed": ("符合",),
        "rejected": ("不符合",),
        "submitted": ("審核中",),
        "withdrawn": ("已撤銷",),
    },
    "ltc.role": {"attendee": ("學員",), "instructor": ("授課者",)},
    "ltc.source": {
        "system": ("系統登錄",),
        "vr": ("vr",),
        "osh": ("osh",),
        "medical_ce": ("medical",),
    },
    "ltc.registration_kind": {"registration": ("登錄",), "support": ("支援報備",)},
    "ltc.registration_state": {"active": ("登錄中",), "ended": ("已註銷",)},
    "ltc.unit_kind": {
        "home": ("居家式",),
        "community": ("社區式",),
        "residential": ("機構住宿式",),
        "combined": ("綜合式",),
        "care_management_centre": ("照管中心",),
        "contracted": ("長照特約單位",),
    },
    "ltc.unit_state": {
        "active": ("營運中",),
        "suspended": ("停業",),
        "closed": ("歇業",),
        "revoked": ("廢止",),
    },
}

_OSH: dict[str, _Terms] = {
    "osh.institution_category": {
        "national_medical_association": ("全國性醫學專業團體",),
        "national_nursing_association": ("全國性護理專業團體",),
        "teaching_hospital": ("經中央衛生福利主管機關教學醫院評鑑合格之醫療機構",),
        "university": ("設有醫、護科系所且於三年內曾開授職業醫學或職業衛生護理課程之大專院校",),
    },
    "osh.training_kind": {"professional": ("專業訓練",), "in_service": ("在職教育訓練",)},
    "osh.profession": {
        "physician": ("醫師",),
        "nurse": ("護理人員",),
        "related": ("勞工健康服務相關人員",),
    },
    "osh.recognition_state": {
        "active": ("有效",),
        "expired": ("屆期",),
        "revoked": ("廢止",),
        "withdrawn": ("撤銷",),
    },
    "osh.termination_kind": {"revoked": ("廢止",), "withdrawn": ("撤銷",)},
    "osh.format": {"lecture": ("講授",), "group_discussion": ("分組討論",)},
    "osh.class_state": {
        "filed": ("報備",),
        "noted": ("已備查",),
        "running": ("訓練中",),
        "ended": ("結訓",),
        "reported": ("已登錄",),
        "closed": ("結案",),
        "cancelled": ("取消",),
        "halted": ("停訓",),
    },
    "osh.category": {
        "osh.regulations": ("職業安全衛生相關法規",),
        "osh.risk_assessment": ("職場健康風險評估",),
        "osh.health_management": ("職場健康管理實務",),
    },
    "osh.signature": {"true": ("是",), "false": ("否",)},
    "osh.attempt": {"1": ("初測",), "2": ("補考",)},
    "osh.outcome": {"passed": ("及格",), "not_passed": ("不及格",)},
    "osh.certificate_kind": {"certificate": ("結業證書",), "proof": ("在職教育訓練證明",)},
    "osh.order_state": {
        "improvement_pending": ("限期改善中",),
        "improved": ("已改善",),
        "overdue": ("屆期未改善",),
    },
    "osh.operation": {"upsert": ("新增", "修改"), "delete": ("刪除",)},
}

VALUE_MAPS: Mapping[str, _Terms] = MappingProxyType(
    {
        "county": {county.code: (county.name, *county.former) for county in COUNTIES},
        **_VR,
        **_LTC,
        **_OSH,
    }
)
"""Vocabulary -> code -> terms."""

"""Codes of the LTC rulebook (長照繼續教育): vocabulary, no figures.

Amounts are hundredths, days are ordinals (``date.toordinal``) on the fast path and ``date`` elsewhere.
"""

from typing import Literal

__all__ = [
    "CULTURES",
    "EXCLUDED_COURSES",
    "FOREIGN_MULTICULTURAL",
    "QUALITY_ETHICS_LAW",
    "THEMES",
    "THEME_OF",
    "TWO_CULTURES",
    "Attribute",
    "Category",
    "CertificateKind",
    "CertificateType",
    "CourseKind",
    "Evidence",
    "Identity",
    "Mode",
    "Registry",
    "Role",
    "Service",
    "Track",
]

CertificateType = Literal[
    "care_worker",
    "home_care_supervisor",
    "educator",
    "social_worker",
    "medical",
    "care_manager",
    "care_management_supervisor",
    "plan_personnel",
    "foreign_institution_caregiver",
]
CertificateKind = Literal["formal", "temporary"]
Track = Literal["general", "foreign_institution"]
Attribute = Literal["professional", "quality", "ethics", "law"]
Category = Literal[
    "fire_safety",
    "emergency_response",
    "infection_control",
    "infectious_disease_prevention",
    "gender_sensitivity",
    "multicultural_legacy",
    "indigenous_multicultural",
    "indigenous_culture",
    "multicultural_culture",
]
Mode = Literal["in_person", "live_online", "online"]
CourseKind = Literal[
    "general",
    "special_training",
    "caregiver_qualification",
    "level_1",
    "high_burden_family_caregiver",
]
Evidence = Literal[
    "system",
    "elearning_transcript",
    "recognizer_confirmation",
    "medical_ce_proof",
    "certificate_of_attendance",
]
Registry = Literal["ltc", "vr", "osh", "medical_ce", "social_worker_ce"]
Role = Literal["attendee", "instructor"]
Service = Literal["registered", "proof", "proof_other_certificate", "none"]
Identity = Literal["national_id", "passport", "old_arc", "new_arc"]

QUALITY_ETHICS_LAW: tuple[Attribute, ...] = ("quality", "ethics", "law")
"""品質、倫理、法規: the attributes with a minimum and a ceiling of their own (art. 9(2))."""

THEMES: tuple[Category, ...] = (
    "fire_safety",
    "emergency_response",
    "infection_control",
    "gender_sensitivity",
)
"""消防安全、緊急應變、感染管制、性別敏感度, after aliasing."""

THEME_OF: dict[str, str] = {
    **{theme: theme for theme in THEMES},
    # 傳染病防治 is the name that 感染管制 had until 2022-09-03 (art. 21-1(1)).
    "infectious_disease_prevention": "infection_control",
}

CULTURES: tuple[Category, ...] = (
    "multicultural_legacy",
    "indigenous_multicultural",
    "indigenous_culture",
    "multicultural_culture",
)
"""The categories of the culture sum (LTC-R12)."""

TWO_CULTURES: tuple[Category, ...] = ("indigenous_culture", "multicultural_culture")
"""原住民族, 多元族群: the two that every validity year must have (art. 21-1(1)(2))."""

FOREIGN_MULTICULTURAL: tuple[Category, ...] = (
    "multicultural_legacy",
    "indigenous_multicultural",
    "multicultural_culture",
)
"""多元族群文化能力訓練 of foreign institution caregivers (LTC-R18)."""

EXCLUDED_COURSES = frozenset({"caregiver_qualification", "level_1", "high_burden_family_caregiver"})
"""未列入繼續教育: care-worker qualification, Level I, family training (LTC-R16)."""

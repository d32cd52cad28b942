"""Entry points of the rulebook ``osh``."""

from .engine import EntryPoint
from .osh_class import ClassFilingFacts, ClosingFacts, class_filing, closing
from .osh_people import EligibilityFacts, InServiceFacts, eligibility, in_service
from .osh_recognition import (
    InspectionFacts,
    RecognitionFacts,
    RecognitionStatusFacts,
    inspection,
    recognition,
    recognition_status,
)
from .osh_roster import OshRosterFacts, roster
from .osh_trainee import AttendanceFacts, CompletionFacts, attendance, completion

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "osh.recognition",
        {"zh": "訓練機構認可申請", "en": "Application for recognition"},
        RecognitionFacts,
        recognition,
        ("seed-002#point-4",),
    ),
    EntryPoint(
        "osh.recognition_status",
        {"zh": "訓練機構認可狀態", "en": "Status of a recognition"},
        RecognitionStatusFacts,
        recognition_status,
        ("seed-002#point-5", "A0030055:118"),
    ),
    EntryPoint(
        "osh.class_filing",
        {"zh": "訓練班報備", "en": "Filing of a class"},
        ClassFilingFacts,
        class_filing,
        ("seed-002#point-6",),
    ),
    EntryPoint(
        "osh.roster",
        {"zh": "受訓人員名冊", "en": "Trainee roster"},
        OshRosterFacts,
        roster,
        ("seed-002#annex-5",),
    ),
    EntryPoint(
        "osh.attendance",
        {"zh": "出席與補課", "en": "Attendance and making up"},
        AttendanceFacts,
        attendance,
        ("seed-002#point-7",),
    ),
    EntryPoint(
        "osh.completion",
        {"zh": "結業與證書", "en": "Completion and certificate"},
        CompletionFacts,
        completion,
        ("seed-002#point-9",),
    ),
    EntryPoint(
        "osh.closing",
        {"zh": "結訓後登錄", "en": "Closing of a class"},
        ClosingFacts,
        closing,
        ("seed-002#point-10",),
    ),
    EntryPoint(
        "osh.inspection",
        {"zh": "查核與改善", "en": "Inspection and improvement"},
        InspectionFacts,
        inspection,
        ("seed-002#point-14-1",),
    ),
    EntryPoint(
        "osh.eligibility",
        {"zh": "勞工健康服務人員資格", "en": "Eligibility of health-service personnel"},
        EligibilityFacts,
        eligibility,
        ("N0060022@2021-12-22:7",),
    ),
    EntryPoint(
        "osh.in_service",
        {"zh": "在職教育訓練時數", "en": "In-service duty"},
        InServiceFacts,
        in_service,
        ("N0060022@2021-12-22:8",),
    ),
)

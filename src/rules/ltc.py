"""Entry points of the rulebook ``ltc`` (長照人員繼續教育)."""

from .engine import EntryPoint
from .ltc_evidence import EvidenceFacts, evidence
from .ltc_foreign import ForeignRenewalFacts, foreign_renewal
from .ltc_id_merge import IdMergeFacts, id_merge
from .ltc_points import PointsFacts, points
from .ltc_recognition import RecognitionFacts, recognition
from .ltc_reentry import ReentryFacts, reentry
from .ltc_renewal import RenewalFacts, renewal
from .ltc_sharing import SharingFacts, sharing
from .ltc_validity import ValidityFacts, validity

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "ltc.validity",
        {"zh": "認證證明文件效期", "en": "Validity of a certificate"},
        ValidityFacts,
        validity,
        ("L0070045@2023-10-11:6", "L0070045@2023-10-11:7-1", "letter-1121960128"),
    ),
    EntryPoint(
        "ltc.points",
        {"zh": "課程積分換算", "en": "Points of a course"},
        PointsFacts,
        points,
        ("L0070045@2023-10-11:11", "seed-004"),
    ),
    EntryPoint(
        "ltc.renewal",
        {"zh": "更新認證", "en": "Renewal of a certificate"},
        RenewalFacts,
        renewal,
        (
            "L0070045@2023-10-11:6-2",
            "L0070045@2023-10-11:7",
            "L0070045@2023-10-11:9",
            "L0070045@2023-10-11:21.1",
            "seed-004",
        ),
    ),
    EntryPoint(
        "ltc.foreign_renewal",
        {"zh": "外籍機構看護工更新認證", "en": "Renewal of a foreign institution caregiver"},
        ForeignRenewalFacts,
        foreign_renewal,
        (
            "L0070045@2023-10-11:21",
            "letter-1121961490",
            "letter-1121963371",
            "letter-1131960155",
            "seed-004",
        ),
    ),
    EntryPoint(
        "ltc.reentry",
        {"zh": "離境後再入境", "en": "After re-entry"},
        ReentryFacts,
        reentry,
        (
            "letter-1131960156",
            "letter-1121962596",
            "L0070045@2023-10-11:7-2",
        ),
    ),
    EntryPoint(
        "ltc.sharing",
        {"zh": "積分共用", "en": "Sharing between certificates"},
        SharingFacts,
        sharing,
        ("seed-004", "L0070045@2023-10-11:10"),
    ),
    EntryPoint(
        "ltc.id_merge",
        {"zh": "證號整併", "en": "Merge of numbers"},
        IdMergeFacts,
        id_merge,
        ("letter-1121961490",),
    ),
    EntryPoint(
        "ltc.recognition",
        {"zh": "相近積分採認", "en": "Recognition of credit of other registries"},
        RecognitionFacts,
        recognition,
        (
            "L0070045@2023-10-11:9-4",
            "L0070045@2023-10-11:11-2",
            "letter-1131961568",
        ),
    ),
    EntryPoint(
        "ltc.evidence",
        {"zh": "紙本證明", "en": "Paper proofs"},
        EvidenceFacts,
        evidence,
        ("seed-004",),
    ),
)

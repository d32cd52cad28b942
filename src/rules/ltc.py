"""Entry points of the rulebook ``ltc`` (長照人員繼續教育)."""

from .engine import EntryPoint
from .ltc_foreign import ForeignRenewalFacts, foreign_renewal
from .ltc_points import PointsFacts, points
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
        "ltc.sharing",
        {"zh": "積分共用", "en": "Sharing between certificates"},
        SharingFacts,
        sharing,
        ("seed-004", "L0070045@2023-10-11:10"),
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
)

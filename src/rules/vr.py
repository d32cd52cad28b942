"""Entry points of the rulebook ``vr``."""

from .engine import EntryPoint
from .vr_ce_credit import CreditFacts, ce_credit
from .vr_person_id import PersonIdFacts, person_id
from .vr_renewal import RenewalFacts, renewal

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "vr.ce_credit",
        {"zh": "繼續教育時數採計", "en": "What a continuing-education record is worth"},
        CreditFacts,
        ce_credit,
        ("N0080029@2023-09-23:10-2", "N0080029@2023-09-23:10-5"),
    ),
    EntryPoint(
        "vr.renewal",
        {"zh": "資格認證證明更新", "en": "Renewal of a certificate"},
        RenewalFacts,
        renewal,
        ("N0080029@2023-09-23:10-2", "N0080029@2023-09-23:15"),
    ),
    EntryPoint(
        "vr.person_id",
        {"zh": "身分證明號碼檢核", "en": "Check of a person's number"},
        PersonIdFacts,
        person_id,
        ("web#person-numbers",),
    ),
)

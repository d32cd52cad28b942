"""Enums of the API. Everything else that is a code stays a string: the rulebooks' codes grow."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from ..domain.deadlines import DeadlineState
from ..domain.decision import Severity
from ..domain.provenance import Freshness
from ..domain.tw_id import IdentifierKind
from ..resolvers.answers import Verdict

__all__ = [
    "CertificateOrder",
    "DeadlineState",
    "Freshness",
    "IdentifierKind",
    "Lang",
    "PersonOrder",
    "Registry",
    "Severity",
    "StatisticsDimension",
    "SubmissionState",
    "Verdict",
]

_E = TypeVar("_E", bound=type[Enum])


def _described(cls: _E, description: str, values: Mapping[str, str]) -> _E:
    """Make ``cls`` a GraphQL enum whose every value is described.

    Raises:
        KeyError: a value has no description.
    """
    result = strawberry.enum(cls, description=description)
    definition: StrawberryEnumDefinition = result.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
    return result


class Registry(StrEnum):
    """The three registries, with the code that the rest of certhub uses."""

    VR = "vr"
    LTC = "ltc"
    OSH = "osh"


class SubmissionState(StrEnum):
    """Where a submission stands."""

    REJECTED = "REJECTED"
    QUEUED = "QUEUED"
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"


class Lang(StrEnum):
    """Language of a sentence."""

    ZH = "zh"
    EN = "en"


class PersonOrder(StrEnum):
    """Order of persons."""

    ID = "id"
    NAME = "name"


class CertificateOrder(StrEnum):
    """Order of certificates."""

    VALID_TO = "valid_to"
    VALID_TO_DESC = "-valid_to"
    VALID_FROM = "valid_from"
    VALID_FROM_DESC = "-valid_from"


class StatisticsDimension(StrEnum):
    """What a table counts by."""

    REGISTRY = "registry"
    COUNTY = "county"
    TYPE = "type"
    RENEWAL_STATUS = "renewal_status"
    EXPIRY_MONTH = "expiry_month"


_described(
    Registry,
    "登錄系統。 A registry.",
    {
        "VR": "身心障礙者職業重建專業人員(勞動部勞動力發展署)。 Vocational rehabilitation.",
        "LTC": "長期照顧服務人員(衛生福利部)。 Long-term care.",
        "OSH": "勞工健康服務人員訓練(勞動部職業安全衛生署)。 Occupational safety and health.",
    },
)
_described(
    Freshness,
    "資料新鮮度。 How far a registry's facts can be relied upon.",
    {
        "FRESH": "在時限內。 Within the limit.",
        "STALE": "逾時限,仍可判定。 Past the first limit; decided on, and said so.",
        "UNAVAILABLE": "不可用,不得據以判定。 Past the second limit; nothing is decided on it.",
        "NEVER_SYNCED": "從未完成同步。 No sync was ever complete.",
        "DECLARED": "由查詢者提供。 Given by the caller; no registry holds it.",
    },
)
_described(
    Verdict,
    "判定結論。 The verdict of a decision.",
    {
        "ELIGIBLE": "符合。 Eligible.",
        "NOT_ELIGIBLE": "不符合。 Not eligible.",
        "NOT_DECIDABLE": "無法判定:缺少必要事實。 A fact that the answer rests on is missing.",
        "NOT_APPLICABLE": "該規則不作此結論。 The rule reports no such verdict.",
    },
)
_described(
    SubmissionState,
    "報送狀態。 State of a submission.",
    {
        "REJECTED": "未通過本樞紐檢核,未送出。 Failed the hub's own checks; never sent.",
        "QUEUED": "待送出。 Waiting to be sent.",
        "SENT": "已送出,結果未明。 Sent; the outcome is not known yet.",
        "ACCEPTED": "機關已受理。 Accepted by the agency.",
        "REFUSED": "機關已退回。 Refused by the agency.",
        "SUPERSEDED": "已由後一次報送取代。 Replaced by a later submission.",
    },
)
_described(
    DeadlineState,
    "期限之狀態。 Where a deadline stands on the day asked about.",
    {
        "DUE": "待辦,尚未屆期。 Still to be done, in time.",
        "DONE": "已辦。 Done; doneOn says when.",
        "OVERDUE": "逾期未辦。 Not done, and the day has passed.",
        "PASSED": "得辦之期間已過,並無欠辦。 A possibility that has ended; nothing was owed.",
    },
)
_described(
    IdentifierKind,
    "證號類別。 Kind of a person's number.",
    {
        "NATIONAL_ID": "國民身分證統一編號。 National ID.",
        "NEW_ARC": "新式統一證號。 Resident number, new style.",
        "OLD_ARC": "舊式統一證號。 Resident number, old style.",
        "PASSPORT": "護照號碼(須附國籍)。 Passport; needs the nationality.",
    },
)
_described(
    Severity,
    "發現之輕重。 How much a finding weighs.",
    {
        "INFO": "供參考。 For information.",
        "WARNING": "應注意。 Needs attention.",
        "ERROR": "錯誤。 An error.",
    },
)
_described(
    Lang,
    "語言。 Language of a sentence.",
    {"ZH": "繁體中文。 Traditional Chinese.", "EN": "英文。 English."},
)
_described(
    PersonOrder,
    "人員排序。 Order of persons.",
    {"ID": "依識別碼。 By id.", "NAME": "依姓名。 By name."},
)
_described(
    CertificateOrder,
    "證書排序,無效期者列於最後。 Order of certificates; those without the day come last.",
    {
        "VALID_TO": "效期迄日由早至晚。 Last day, earliest first.",
        "VALID_TO_DESC": "效期迄日由晚至早。 Last day, latest first.",
        "VALID_FROM": "效期起日由早至晚。 First day, earliest first.",
        "VALID_FROM_DESC": "效期起日由晚至早。 First day, latest first.",
    },
)
_described(
    StatisticsDimension,
    "統計維度。 What a table counts by.",
    {
        "REGISTRY": "登錄系統。 Registry.",
        "COUNTY": "服務縣市。 County of work.",
        "TYPE": "證書類別。 Type of certificate.",
        "RENEWAL_STATUS": "更新判定狀態。 Status of the renewal decision.",
        "EXPIRY_MONTH": "到期年月。 Month of the last day.",
    },
)

"""Every scope there is, and what it opens (design.md section 6). No wildcard, no admin scope."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["REGISTRIES", "SCOPES", "registry_of_scope"]

REGISTRIES: frozenset[str] = frozenset({"vr", "ltc", "osh"})
"""Registry codes as the claim ``registries`` writes them."""

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "vr.person.read": "讀取身心障礙職業重建專業人員之紀錄。 Records of VR professionals.",
        "ltc.person.read": "讀取長期照顧服務人員之紀錄。 Records of LTC personnel.",
        "osh.person.read": "讀取勞工健康服務人員之紀錄。 Records of labour-health-service staff.",
        "osh.institution.read": "讀取訓練機構、認可與班別。 OSH institutions, recognitions, classes.",
        "pii.basic": "姓名、出生日期、遮罩證號。 Names, birth dates, masked numbers.",
        "pii.contact": "聯絡資料。 Contact details.",
        "pii.full": "完整證號。 Identifiers in clear.",
        "eligibility.verify": "查驗資格。 Exact verification of eligibility.",
        "roster.submit": "機構報送。 Everything that an institution files.",
        "roster.read": "讀取報送紀錄。 What was submitted, and its state.",
        "recognition.apply": "申請跨類採認。 Applications for credit recognition.",
        "recognition.review": "初審跨類採認。 Review of applications.",
        "recognition.approve": "核定跨類採認。 Decisions on applications, by another person.",
        "credit.read": "讀取積分與採認。 Credits and recognitions across registries.",
        "stats.read": "讀取統計。 Statistics, suppressed.",
        "sync.run": "執行同步。 Starting a sync.",
        "sync.quarantine": "處理隔離紀錄。 Quarantined records.",
        "audit.read": "讀取稽核軌跡。 The audit trail.",
        "policy.read": "讀取存取政策。 The policy and its explanations.",
        "schema.read": "讀取結構描述。 The schema as SDL.",
        "identity.merge": "處理身分歸併。 Merges and splits of identities, masked.",
    }
)
"""Scope to description; the whole word is compared."""


def registry_of_scope(scope: str) -> str | None:
    """The registry that a scope belongs to (``vr.person.read`` -> ``vr``), if any."""
    head = scope.partition(".")[0]
    return head if head in REGISTRIES else None

"""The dev issuer's roles: scopes and claims of the three users' agencies (design.md section 6).

============== ================================= ============= =====================================
role           who                               registries    may
============== ================================= ============= =====================================
central-mol    Ministry of Labour                vr ltc osh    read all, verify, review and decide
                                                               recognitions, merges, statistics
central-mohw   Ministry of Health and Welfare    ltc           the same in LTC
local-*        臺北市 63000, 高雄市 64000        vr ltc osh    read its staff, verify, apply for and
                                                               review recognitions, statistics
institution-*  one 統一編號 each                 vr ltc osh    file, read what it filed
operator       runs the hub                      vr ltc osh    syncs, quarantine, masked merges
auditor        reads the trail                   none          the audit trail, the policy
============== ================================= ============= =====================================
"""

from collections.abc import Mapping
from types import MappingProxyType

from .cast import INSTITUTION_OSH_TAX_ID, INSTITUTION_VR_TAX_ID

__all__ = ["ROLES"]

_ALL = ["vr", "ltc", "osh"]
_PUBLISHED = "policy.read schema.read"
"""Introspection is for those who run or oversee the hub; the SDL itself is open to every token."""

_PERSONS = "vr.person.read ltc.person.read osh.person.read osh.institution.read"
_LOCAL_PURPOSES = ["registration", "renewal", "supervision", "case-management-plan"]


def _county(code: str, agency_code: str) -> dict[str, object]:
    return {
        "scope": f"{_PERSONS} pii.basic pii.contact eligibility.verify roster.read "
        "recognition.apply recognition.review credit.read stats.read policy.read",
        "agency_type": "local",
        "agency_code": agency_code,
        "jurisdiction": [code],
        "registries": _ALL,
        "purposes": [*_LOCAL_PURPOSES, "credit-recognition"],
    }


def _ministry(persons: str, agency_code: str, registries: list[str]) -> dict[str, object]:
    return {
        "scope": f"{persons} pii.basic pii.contact pii.full eligibility.verify roster.read "
        "recognition.review recognition.approve credit.read stats.read identity.merge "
        f"{_PUBLISHED}",
        "agency_type": "central",
        "agency_code": agency_code,
        "jurisdiction": ["*"],
        "registries": registries,
        "purposes": [*_LOCAL_PURPOSES, "credit-recognition", "identity-review"],
    }


def _institution(tax_id: str) -> dict[str, object]:
    return {
        "scope": "roster.submit roster.read osh.institution.read recognition.apply policy.read",
        "agency_type": "institution",
        "agency_code": tax_id,
        "registries": _ALL,
        "institution_id": [tax_id],
        "purposes": ["training", "credit-recognition"],
    }


ROLES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "central-mol": _ministry(_PERSONS, "A17000000J", _ALL),
        "central-mohw": _ministry("ltc.person.read", "A21000000I", ["ltc"]),
        "local-taipei": _county("63000", "379000000A"),
        "local-kaohsiung": _county("64000", "383000000A"),
        "institution-vr": _institution(INSTITUTION_VR_TAX_ID),
        "institution-osh": _institution(INSTITUTION_OSH_TAX_ID),
        "operator": {
            "scope": f"sync.run sync.quarantine identity.merge {_PUBLISHED}",
            "agency_type": "operator",
            "agency_code": "certhub",
            "registries": _ALL,
            "purposes": ["identity-review"],
        },
        "auditor": {
            "scope": f"audit.read {_PUBLISHED}",
            "agency_type": "central",
            "agency_code": "certhub-audit",
        },
    }
)
"""Role to scopes and claims; institutions are those of the sandbox's cast."""

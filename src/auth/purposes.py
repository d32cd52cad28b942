"""Purpose of use (利用目的): stated on every question about persons, and in the token's list.

A purpose is a code of the issuer's list, not of ours: the hub compares, it does not interpret.
``SUGGESTED`` are the codes that the dev issuer hands out and that the documentation uses.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..domain.errors import InvalidInput, Refused
from ..domain.tw_id import check_person_number, normalise_number
from .viewer import Viewer

__all__ = ["SUGGESTED", "check_purpose", "has_purpose", "read_purpose", "without_numbers"]

SUGGESTED: Mapping[str, str] = MappingProxyType(
    {
        "registration": "登錄、任用審查。 Registration or appointment of staff.",
        "renewal": "證書更新審查。 Renewal of certificates.",
        "supervision": "督導、查核。 Supervision and inspection.",
        "case-management-plan": "職業重建個案管理計畫。 The county's case-management plan.",
        "training": "訓練辦理與報送。 Running and filing training.",
        "credit-recognition": "跨類積分採認。 Recognition of credits across registries.",
        "identity-review": "身分歸併審查。 Review of identities.",
    }
)

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}\Z")
_NUMBER_LIKE = re.compile(r"(?<![0-9A-Za-z])[A-Za-z][0-9A-Da-d]\d{8}(?![0-9A-Za-z])")
_MAX_REFERENCE = 200


def without_numbers(text: str) -> str:
    """``text`` with every well-formed person's number replaced by ``[證號]``."""

    def hide(match: re.Match[str]) -> str:
        _kind, verdict = check_person_number(normalise_number(match.group()))
        return match.group() if verdict in {"id_format", "id_checksum"} else "[證號]"

    return _NUMBER_LIKE.sub(hide, text)


def read_purpose(purpose: str | None, case_reference: str | None) -> tuple[str | None, str | None]:
    """Purpose and case reference as stated, trimmed; empty counts as not stated.

    A case reference is kept in the audit trail, so a person's number in it is hidden.

    Raises:
        InvalidInput: The code has another shape, or the reference is too long or unprintable.
    """
    code = (purpose or "").strip() or None
    reference = (case_reference or "").strip() or None
    if code is not None and not _CODE.match(code):
        raise InvalidInput(
            "purpose of use: expected a code of letters, digits and _ . : / -, up to 64 characters",
            "利用目的:應為 64 字以內之英數代碼",
            code="PURPOSE_INVALID",
        )
    if reference is not None and (
        len(reference) > _MAX_REFERENCE or not all(c.isprintable() for c in reference)
    ):
        raise InvalidInput(
            f"case reference: expected up to {_MAX_REFERENCE} printable characters",
            f"案號:應為 {_MAX_REFERENCE} 字以內之可列印字元",
            code="CASE_REFERENCE_INVALID",
        )
    return code, None if reference is None else without_numbers(reference)


def has_purpose(viewer: Viewer) -> bool:
    """Whether the request states a case and a purpose that the token allows."""
    return bool(viewer.purpose and viewer.case_reference) and viewer.purpose in viewer.purposes


def check_purpose(viewer: Viewer) -> None:
    """Refuse a question about persons without an allowed purpose and a case reference.

    Raises:
        Refused: ``PURPOSE_REQUIRED`` or ``PURPOSE_NOT_ALLOWED``.
    """
    if not viewer.purpose or not viewer.case_reference:
        raise Refused(
            "state why: headers X-Purpose-Of-Use and X-Case-Reference are needed for personal data",
            "查詢個人資料須敘明利用目的與案號(標頭 X-Purpose-Of-Use、X-Case-Reference)",
            code="PURPOSE_REQUIRED",
            details={"needed": ["X-Purpose-Of-Use", "X-Case-Reference"]},
        )
    if viewer.purpose not in viewer.purposes:
        raise Refused(
            f"the token does not allow the purpose {viewer.purpose!r}",
            f"權杖未授權利用目的 {viewer.purpose!r}",
            code="PURPOSE_NOT_ALLOWED",
            details={"allowed": sorted(viewer.purposes)},
        )

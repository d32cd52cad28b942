"""Who asks: a verified token as a value, with the purpose of this one request."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

__all__ = ["EVERYWHERE", "AgencyType", "Viewer"]

EVERYWHERE = "*"
"""Jurisdiction over all counties; only a central agency may hold it."""


class AgencyType(StrEnum):
    """What kind of office the token was issued to (機關類型)."""

    CENTRAL = "central"
    LOCAL = "local"
    INSTITUTION = "institution"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A verified caller. A claim that the token lacks is empty here and opens nothing.

    Attributes:
        subject: ``sub`` of the token; maker and checker are told apart by it.
        client_id: The client; budgets and idempotency keys belong to it.
        issuer: Who vouches for all of this.
        scopes: Known scopes within the issuer's ceiling.
        agency_type: None opens no row at all.
        jurisdiction: County codes (63000 = 臺北市), or ``*`` with central.
        registries: ``vr``, ``ltc``, ``osh``.
        institution_ids: 統一編號 of the institution, one organisation in all registries.
        purposes: Codes that a request of this client may state.
        purpose: Stated by this request; None when it stated none.
        case_reference: 案號 or 文號 stated by this request.
        expires_at: When the token ends.
    """

    subject: str
    client_id: str
    issuer: str
    scopes: frozenset[str] = frozenset()
    agency_type: AgencyType | None = None
    agency_code: str | None = None
    jurisdiction: frozenset[str] = frozenset()
    registries: frozenset[str] = frozenset()
    institution_ids: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    purpose: str | None = None
    case_reference: str | None = None
    token_id: str | None = None
    expires_at: datetime | None = None

    @property
    def is_nationwide(self) -> bool:
        """Whether no county limits the rows of this caller's registries."""
        return self.agency_type is AgencyType.CENTRAL and EVERYWHERE in self.jurisdiction

    def for_purpose(self, purpose: str | None, case_reference: str | None) -> "Viewer":
        """The same caller with the purpose of one request; unchecked, see ``purposes``."""
        return replace(self, purpose=purpose, case_reference=case_reference)

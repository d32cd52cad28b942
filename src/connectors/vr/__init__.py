"""The VR register: paged JSON collections and filings."""

from ..http import AgencyClient, Transport
from ..messages import Limits
from ..oauth import BearerAuth, SecretBasic
from .connector import VrConnector
from .filing import SIGN_IN_TYPES, VrFiling
from .roster import TEMPLATE, RosterLine, roster_csv

__all__ = [
    "LIMITS",
    "SIGN_IN_TYPES",
    "TEMPLATE",
    "RosterLine",
    "VrConnector",
    "VrFiling",
    "build",
    "roster_csv",
]

LIMITS = Limits(rate=10, timeout=30.0, attempt_seconds=30.0, page_bytes=2 << 20)
"""The contract: 10 requests a second, 30 s for an answer, pages of at most 2 MB."""

_TOKEN_SECONDS = 300


def build(
    url: str,
    client_id: str,
    client_secret: str,
    *,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    attempts: int | None = None,
    page_size: int | None = None,
    limits: Limits = LIMITS,
    transport: Transport | None = None,
) -> VrConnector:
    """A connector from plain values; ``None`` leaves the contract's figure.

    Raises:
        ConfigurationError: the address is none.
    """
    limits = limits.adjusted(
        timeout_seconds=timeout_seconds, deadline_seconds=deadline_seconds, attempts=attempts
    )
    client = AgencyClient("vr", url, limits, transport=transport)
    auth = BearerAuth(
        client, "/oauth/token", SecretBasic(client_id, client_secret), lifetime=_TOKEN_SECONDS
    )
    return VrConnector(client, auth, page_size=page_size or 500)

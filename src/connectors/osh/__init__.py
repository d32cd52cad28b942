"""The OSH system: signed drops and filings."""

from ..http import AgencyClient, Transport
from ..messages import Limits
from ..oauth import BearerAuth, SecretPost
from .connector import OshConnector
from .filing import OshFiling

__all__ = ["LIMITS", "OshConnector", "OshFiling", "build"]

LIMITS = Limits(rate=2, timeout=60.0)
"""The contract: 2 requests a second; a drop downloads within 10 minutes."""

_TOKEN_SECONDS = 300


def build(
    url: str,
    api_key: str,
    client_id: str = "",
    client_secret: str = "",
    *,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    attempts: int | None = None,
    limits: Limits = LIMITS,
    transport: Transport | None = None,
) -> OshConnector:
    """A connector from plain values; ``None`` leaves the contract's figure.

    Args:
        url: Base URL of the agency's system.
        api_key: For the drops.
        client_id: For filing.
        client_secret: For filing.
        timeout_seconds: Without a byte.
        deadline_seconds: Of a request, a drop's download included.
        attempts: Tries of one request.
        limits: Instead of the contract's.
        transport: Instead of the network (tests).

    Raises:
        ConfigurationError: the address is none.
    """
    limits = limits.adjusted(
        timeout_seconds=timeout_seconds, deadline_seconds=deadline_seconds, attempts=attempts
    )
    client = AgencyClient("osh", url, limits, transport=transport)
    auth = BearerAuth(
        client, "/oauth/token", SecretPost(client_id, client_secret), lifetime=_TOKEN_SECONDS
    )
    return OshConnector(client, auth, api_key)

"""The LTC credit system: change feed, snapshots, recognised credits."""

from pathlib import Path

from ..http import AgencyClient, Transport
from ..messages import Limits
from ..oauth import BearerAuth, PrivateKeyJwt, load_ec_key
from .connector import LtcConnector
from .filing import LtcFiling

__all__ = ["LIMITS", "LtcConnector", "LtcFiling", "build"]

LIMITS = Limits(rate=5, timeout=60.0)
"""The contract: 5 requests a second, 60 s without a byte."""

_TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path, not a secret
_TOKEN_SECONDS = 600


def build(
    url: str,
    client_id: str,
    private_key_file: Path,
    key_id: str | None = None,
    *,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    attempts: int | None = None,
    page_size: int | None = None,
    limits: Limits = LIMITS,
    transport: Transport | None = None,
) -> LtcConnector:
    """A connector from plain values; ``None`` leaves the contract's figure.

    Args:
        url: Base URL of the agency's system.
        client_id: OAuth2 client.
        private_key_file: Private JWK as JSON, or PEM; ES256.
        key_id: ``kid`` when the file is PEM.
        timeout_seconds: Without a byte.
        deadline_seconds: Of a request; a snapshot gets a second more per thousand rows.
        attempts: Tries of one request.
        page_size: Lines per answer of the feed.
        limits: Instead of the contract's.
        transport: Instead of the network (tests).

    Raises:
        ConfigurationError: the address is none, or the file holds no private P-256 key.
    """
    limits = limits.adjusted(
        timeout_seconds=timeout_seconds, deadline_seconds=deadline_seconds, attempts=attempts
    )
    client = AgencyClient("ltc", url, limits, transport=transport)
    key, kid = load_ec_key(private_key_file, key_id)
    credentials = PrivateKeyJwt(client_id, key, kid, client.base_url + _TOKEN_PATH)
    auth = BearerAuth(client, _TOKEN_PATH, credentials, lifetime=_TOKEN_SECONDS)
    return LtcConnector(client, auth, page_size=page_size or 2000)

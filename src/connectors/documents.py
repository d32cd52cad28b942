"""Small public documents, such as the keys of a token issuer: one GET, soon, from one origin."""

from urllib.parse import urlsplit

import structlog

from ..domain.errors import AgencyFault
from .http import AgencyClient, Transport
from .messages import Call, Limits

__all__ = ["fetch_document"]

_LIMITS = Limits(
    rate=5, timeout=5.0, attempt_seconds=5.0, deadline=10.0, attempts=2, page_bytes=256 * 1024
)
_TYPES = frozenset({"application/json", "application/jwk-set+json"})

_log = structlog.get_logger("certhub.connectors")


async def fetch_document(url: str, *, transport: Transport | None = None) -> bytes:
    """The JSON document at ``url``, at most 256 kB, within ten seconds.

    Raises:
        AgencyFault: It could not be had; redirects are not followed.
    """
    parts = urlsplit(url)
    client = AgencyClient(
        "issuers", f"{parts.scheme}://{parts.netloc}", _LIMITS, transport=transport
    )
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        return await client.call(Call("GET", path, types=_TYPES), lambda answer: answer.body)
    except AgencyFault as error:
        _log.warning("issuer_unreachable", host=parts.hostname, code=error.code)
        raise
    finally:
        await client.aclose()

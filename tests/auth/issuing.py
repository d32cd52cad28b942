"""Real tokens signed by test keys, for the tests of this folder."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "https://issuer.example"
AUDIENCE = "https://hub.example"
NOW = datetime(2024, 10, 1, 8, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})


def claims(**changes: object) -> dict[str, object]:
    """Claims of a county's token; a value of None removes the claim."""
    now = int(NOW.timestamp())
    found: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "clerk-1",
        "client_id": "taipei",
        "jti": "t-1",
        "iat": now,
        "exp": now + 600,
        "scope": "vr.person.read pii.basic",
        "agency_type": "local",
        "agency_code": "379000000A",
        "jurisdiction": ["63000"],
        "registries": ["vr", "ltc", "osh"],
        "purposes": ["registration"],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def sign(
    body: Mapping[str, object] | None = None,
    *,
    key: ECKey = KEY,
    alg: str = "ES256",
    **header: object,
) -> str:
    """A token; header members may be changed, None removes one."""
    wanted = {"alg": alg, "kid": "k1", "typ": "at+jwt", **header}
    protected = {name: value for name, value in wanted.items() if value is not None}
    return jwt.encode(protected, dict(body or claims()), key, algorithms=[alg], default_type=None)


def by_hand(header: object, body: object, signature: bytes = b"x") -> str:
    """Three segments of whatever is given."""

    def segment(value: object) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return ".".join((segment(header), segment(body), segment(signature)))

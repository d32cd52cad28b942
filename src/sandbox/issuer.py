"""The dev issuer (開發用權杖發行者): tokens for a development hub, signed by a key in ``HOME``.

A development hub trusts ``HOME/dev-issuer.jwks.json`` without further settings; a production hub
never does, and ``certhub token`` refuses to run there.
"""

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from ..domain.errors import InvalidInput
from .roles import ROLES

__all__ = ["DEV_AUDIENCE", "DEV_ISSUER", "JWKS_FILE", "DevIssuer"]

DEV_ISSUER = "urn:certhub:dev-issuer"
"""``iss`` of every token; the hub's composition root knows the same name."""

DEV_AUDIENCE = "urn:certhub:hub"
"""``aud`` of every token."""

JWKS_FILE = "dev-issuer.jwks.json"
"""Public keys, in ``HOME``."""

_KEY_FILE = "dev-issuer.key.json"
_ALGORITHM = "ES256"
_LONGEST = timedelta(hours=12)


def _write_new(path: Path, text: str, mode: int) -> bool:
    """Write ``path`` unless it is there; readers see all of it or nothing."""
    half = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        # A link, unlike a rename, fails when another process was faster.
        os.link(half, path)
    except FileExistsError:
        return False
    finally:
        half.unlink()
    return True


class DevIssuer:
    """Signs tokens for the roles of the sandbox.

    Args:
        home: Directory of the key; made when missing. The private key is readable by its owner
            alone.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        path = home / _KEY_FILE
        if not path.exists():
            fresh = ECKey.generate_key("P-256", {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)
            _write_new(path, json.dumps(fresh.as_dict(private=True)), 0o600)
        self._key = ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))
        _write_new(home / JWKS_FILE, json.dumps(self.jwks()), 0o644)

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public key as a JWK set."""
        return {"keys": [dict(self._key.as_dict(private=False))]}

    def mint(
        self,
        role: str,
        claims: Mapping[str, object] | None = None,
        *,
        now: datetime,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        """A signed access token (RFC 9068).

        Args:
            role: One of ``ROLES``.
            claims: Replace the role's claims; None as a value removes one.
            now: Instant of issue, aware.
            lifetime: At most 12 hours.

        Raises:
            InvalidInput: Unknown role, or a lifetime that no development hub accepts.
        """
        if role not in ROLES:
            raise InvalidInput(
                f"unknown role {role!r}; choose from {', '.join(ROLES)}",
                f"無此角色 {role!r};可用:{'、'.join(ROLES)}",
                code="UNKNOWN_ROLE",
            )
        if not timedelta(0) < lifetime <= _LONGEST:
            raise InvalidInput("lifetime: expected up to 12 hours", "效期:至多 12 小時")
        issued = int(now.timestamp())
        wanted: dict[str, object] = {
            "iss": DEV_ISSUER,
            "aud": DEV_AUDIENCE,
            "sub": f"{role}-clerk",
            "client_id": role,
            "jti": uuid.uuid4().hex,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
            **ROLES[role],
            **(claims or {}),
        }
        kept = {name: value for name, value in wanted.items() if value is not None}
        header = {"alg": _ALGORITHM, "kid": self._key.kid, "typ": "at+jwt"}
        return jwt.encode(header, kept, self._key, algorithms=[_ALGORITHM])

    def client_secret(self, role: str) -> str:
        """The secret with which ``role`` may fetch tokens from ``issuer_app``."""
        private = str(self._key.as_dict(private=True)["d"]).encode()
        return hmac.new(private, f"client:{role}".encode(), hashlib.sha256).hexdigest()

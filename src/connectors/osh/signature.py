"""Who wrote a drop: a detached JWS over the manifest's exact bytes, Ed25519 and nothing else.

The algorithm is not negotiated: a signature counts when one of the agency's published Ed25519 keys
verifies it. Keys come from the one address of the contract, never from a header.
"""

import base64
import binascii
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import AgencyGarbled
from ..http import AgencyClient
from ..messages import Answer, Call
from .rejection import rejected

__all__ = ["TrustedKeys"]

_PATH = "/.well-known/jwks.json"
_TYPES = frozenset({"application/json", "application/jwk-set+json"})

_Keys = list[tuple[str, Ed25519PublicKey]]


class TrustedKeys:
    """The agency's signing keys: fetched once in a run, and once more for an unknown ``kid``."""

    def __init__(self, client: AgencyClient) -> None:
        self._client = client
        self._keys: _Keys | None = None

    async def verify(self, manifest: bytes, jws: bytes, drop: int) -> None:
        """Check the signature of a manifest.

        Args:
            manifest: The exact bytes of ``manifest.json``.
            jws: ``header..signature``.
            drop: Sequence number, for messages.

        Raises:
            DropRejected: not a detached EdDSA signature by a trusted key over these bytes.
            AgencyFault: the keys cannot be fetched.
        """
        header, kid, signature = _parse(jws, drop)
        signed = header + b"." + base64.urlsafe_b64encode(manifest).rstrip(b"=")
        keys = self._keys
        if keys is None or not _named(keys, kid):
            keys = self._keys = await self._client.call(Call("GET", _PATH, types=_TYPES), _read)
        candidates = _named(keys, kid)
        if not candidates:
            raise rejected(drop, "unknown_key")
        if not any(_verifies(key, signature, signed) for key in candidates):
            raise rejected(drop, "signature_invalid")


def _named(keys: _Keys, kid: str | None) -> list[Ed25519PublicKey]:
    return [key for name, key in keys if kid is None or name == kid]


def _verifies(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _parse(jws: bytes, drop: int) -> tuple[bytes, str | None, bytes]:
    parts = jws.strip().split(b".")
    if len(parts) != 3 or parts[1]:
        raise rejected(drop, "signature_not_detached")
    try:
        header = orjson.loads(_decode(parts[0]))
        signature = _decode(parts[2])
    except (ValueError, binascii.Error) as error:
        raise rejected(drop, "signature_unreadable") from error
    if not isinstance(header, dict) or header.get("alg") != "EdDSA":
        raise rejected(drop, "algorithm_not_allowed")
    kid = header.get("kid")
    # ``crit`` would change how the signature is to be read (b64=false); the contract has none.
    if "crit" in header or not (kid is None or isinstance(kid, str)):
        raise rejected(drop, "signature_unreadable")
    return parts[0], kid, signature


def _decode(text: bytes) -> bytes:
    if b"=" in text or b"+" in text or b"/" in text:
        raise ValueError("expected base64url without padding")
    return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _read(answer: Answer) -> _Keys:
    document = answer.json()
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise AgencyGarbled("the JWKS holds no keys")
    return [key for entry in entries if (key := _key(entry)) is not None]


def _key(entry: Any) -> tuple[str, Ed25519PublicKey] | None:
    """A key of the kind the contract allows; any other is left out."""
    if not isinstance(entry, dict):
        return None
    if (entry.get("kty"), entry.get("crv")) != ("OKP", "Ed25519"):
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "EdDSA") not in {"EdDSA", "Ed25519"}:
        return None
    kid, x = entry.get("kid"), entry.get("x")
    if not isinstance(kid, str) or not isinstance(x, str):
        return None
    try:
        return kid, Ed25519PublicKey.from_public_bytes(_decode(x.encode()))
    except ValueError:
        return None

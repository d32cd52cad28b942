"""Signatures that outlive the database: detached JWS (Ed25519) over canonical JSON.

Canonical: keys sorted, no spaces, UTF-8, instants in UTC with microseconds. Whoever holds the public
keys can check a receipt or an audit export without the hub.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from .keys import KeyRing

__all__ = [
    "canonical_json",
    "iso_instant",
    "public_keys",
    "public_keys_of",
    "sign_detached",
    "verify_detached",
]

_ALGORITHM = "Ed25519"
# Larger than joserfc's default: audit heads of many chains.
_REGISTRY = jws.JWSRegistry(algorithms=[_ALGORITHM])
_REGISTRY.max_payload_length = 16 * 1024 * 1024


def iso_instant(value: datetime) -> str:
    """``2024-09-02T01:00:00.000000Z``: one writing for one instant."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no canonical writing for {type(value).__name__}")


def canonical_json(value: object) -> bytes:
    """``value`` as canonical JSON; bytes are written in hexadecimal."""
    return orjson.dumps(
        value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    )


def sign_detached(keys: KeyRing, payload: bytes) -> str:
    """A detached compact JWS over ``payload`` under the newest signing key: ``header..signature``."""
    newest = keys.signing[-1]
    compact = jws.serialize_compact(
        {"alg": _ALGORITHM, "kid": newest.kid}, payload, newest.key, registry=_REGISTRY
    )
    header, _payload, signature = compact.split(".")
    return f"{header}..{signature}"


def verify_detached(signature: str, payload: bytes, keys: Mapping[str, OKPKey]) -> bool:
    """Whether ``signature`` is by one of ``keys`` (by key id) over exactly ``payload``."""
    try:
        found = jws.extract_compact(signature.encode("ascii"), payload, _REGISTRY)
        key = keys[found.headers()["kid"]]
        return jws.validate_compact(found, key, registry=_REGISTRY)
    except (JoseError, ValueError, KeyError, TypeError, UnicodeError):
        return False


def public_keys(keys: KeyRing) -> dict[str, list[dict[str, object]]]:
    """The public signing keys as a JWK set, every version."""
    return {
        "keys": [
            {**pair.key.as_dict(private=False), "kid": pair.kid, "use": "sig", "alg": _ALGORITHM}
            for pair in keys.signing
        ]
    }


def public_keys_of(documents: Iterable[Mapping[str, object]]) -> dict[str, OKPKey]:
    """Keys by key id from the members of a JWK set; other kinds of keys are left out.

    Raises:
        ValueError: A key of the right kind is broken.
    """
    found: dict[str, OKPKey] = {}
    for document in documents:
        if document.get("kty") != "OKP":
            continue
        members = {name: value for name, value in document.items() if isinstance(value, str)}
        try:
            key = OKPKey.import_key(dict(members))
        except JoseError as error:
            raise ValueError("JWK set: a broken OKP key") from error
        found[members.get("kid") or key.thumbprint()] = key
    return found

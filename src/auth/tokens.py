"""Bearer tokens: JWT access tokens (RFC 9068) verified with joserfc and authlib's claim rules.

Authlib's own validator accepts tokens without ``typ``, sender-constrained tokens without their
proof and any lifetime, and knows neither leeway nor an algorithm list: those checks stand here.
"""

import base64
import binascii
import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from authlib.oauth2.rfc9068.claims import JWTAccessTokenClaims
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from ..domain.errors import CertHubError, ConfigurationError, Terminal
from .claims import MalformedClaim, read_claims
from .jwks import KeySource, KeysUnavailable
from .viewer import AgencyType, Viewer

__all__ = ["ALGORITHMS", "InvalidToken", "TokenVerifier", "TrustedIssuer"]

ALGORITHMS: frozenset[str] = frozenset(
    {
        *("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
        *("EdDSA", "Ed25519"),
    }
)
"""Asymmetric algorithms that an issuer's list may name; ``none`` and HMAC never."""

_MAX_TOKEN = 8 * 1024
_LEEWAY = 60
_REMEMBERED_FOR = timedelta(seconds=60)
_MAX_REMEMBERED = 2048
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
# Headers by which a token would choose its own key or its own rules.
_REFUSED_HEADERS = ("jku", "x5u", "jwk", "x5c", "crit", "b64")
_ESSENTIAL = ("iss", "aud", "exp", "iat", "sub", "client_id", "jti")


class InvalidToken(CertHubError, Terminal):
    """The token is missing, broken, expired or not for us; ``reason`` is a stable word."""

    code = "UNAUTHENTICATED"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"access token refused: {reason}; ask the issuer for a new one",
            f"存取權杖不被接受:{reason};請向發行者重新取得",
            details={"reason": reason},
        )
        self.reason = reason


@dataclass(frozen=True)
class TrustedIssuer:
    """An issuer and how far it is trusted.

    Attributes:
        claims: Our claim -> path in the token (``ext.county``); unnamed ones keep their names.
        agency_types: Ceiling: a token of another type is refused.
        scopes: Ceiling: other scopes are dropped; None for all.
        max_lifetime: From ``iat`` to ``exp``.
    """

    issuer: str
    audience: str
    keys: KeySource
    algorithms: frozenset[str] = frozenset({"ES256", "PS256", "EdDSA", "Ed25519"})
    claims: Mapping[str, str] = field(default_factory=dict)
    agency_types: frozenset[AgencyType] = frozenset(AgencyType)
    scopes: frozenset[str] | None = None
    max_lifetime: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        if wrong := sorted(self.algorithms - ALGORITHMS):
            raise ConfigurationError(
                f"CERTHUB_ISSUERS, {self.issuer}: algorithms {wrong} are not allowed; "
                f"choose from {sorted(ALGORITHMS)}"
            )


def _part(segment: str) -> dict[str, object]:
    """Header or claims of a token, unverified."""
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidToken("malformed") from error
    if not isinstance(found, dict):
        raise InvalidToken("malformed")
    return found


class TokenVerifier:
    """Turns a bearer token into a ``Viewer`` or refuses it.

    Args:
        issuers: Trusted issuers; the token's ``iss`` selects one by exact comparison.
        clock: The hub's clock, aware.
    """

    def __init__(self, issuers: Sequence[TrustedIssuer], clock: Callable[[], datetime]) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._clock = clock
        self._verified: dict[bytes, tuple[Viewer, datetime]] = {}

    async def verify(self, token: str) -> Viewer:
        """The caller that ``token`` names.

        Raises:
            InvalidToken: With the reason as one word of a short list; never with token content.
        """
        if len(token) > _MAX_TOKEN or not token.isascii():
            raise InvalidToken("malformed")
        now = self._clock()
        digest = hashlib.sha256(token.encode("ascii")).digest()
        known = self._verified.get(digest)
        if known is not None and now < known[1]:
            return known[0]
        viewer = await self._verify(token, now)
        if len(self._verified) >= _MAX_REMEMBERED:
            self._verified.clear()
        ends = viewer.expires_at or now
        self._verified[digest] = (viewer, min(ends, now + _REMEMBERED_FOR))
        return viewer

    async def _verify(self, token: str, now: datetime) -> Viewer:
        segments = token.split(".")
        if len(segments) != 3:
            raise InvalidToken("malformed")
        header, unverified = _part(segments[0]), _part(segments[1])
        named = unverified.get("iss")
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if issuer is None:
            raise InvalidToken("unknown_issuer")
        kid = _check_header(header, issuer)
        try:
            keys = await issuer.keys.find(kid)
        except KeysUnavailable as error:
            raise InvalidToken("keys_unavailable") from error
        claims = _check_signature(token, keys, issuer)
        _check_claims(claims, header, issuer, int(now.timestamp()))
        try:
            return _viewer(claims, issuer)
        except MalformedClaim as error:
            raise InvalidToken(f"claim_{error.claim}") from error


def _check_header(header: Mapping[str, object], issuer: TrustedIssuer) -> str | None:
    if header.get("alg") not in issuer.algorithms:
        raise InvalidToken("algorithm")
    typ = header.get("typ")
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise InvalidToken("type")
    if any(name in header for name in _REFUSED_HEADERS):
        raise InvalidToken("header")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise InvalidToken("header")
    return kid


def _check_signature(token: str, keys: Sequence[Key], issuer: TrustedIssuer) -> dict[str, object]:
    if not keys:
        raise InvalidToken("unknown_key")
    for key in keys:
        try:
            with warnings.catch_warnings():
                # The name EdDSA is deprecated by RFC 9864, but issuers still write it.
                warnings.simplefilter("ignore")
                return dict(jwt.decode(token, key, algorithms=list(issuer.algorithms)).claims)
        except (JoseError, ValueError, TypeError):
            continue
    raise InvalidToken("signature")


def _check_claims(
    claims: dict[str, object], header: dict[str, object], issuer: TrustedIssuer, now: int
) -> None:
    mapped_client = issuer.claims.get("client_id")
    if mapped_client is not None:
        claims = {**claims, "client_id": _at(claims, mapped_client)}
    checked = JWTAccessTokenClaims(
        claims, header, {name: {"essential": True} for name in _ESSENTIAL}
    )
    try:
        checked.validate(now=now, leeway=_LEEWAY)
    except JoseError as error:
        reason = "expired" if error.error == "expired_token" else "claims"
        raise InvalidToken(reason) from error
    if claims["iss"] != issuer.issuer:
        raise InvalidToken("unknown_issuer")
    audiences = claims["aud"]
    # Every member must be ours: a token for several services could be replayed by one of them.
    named = audiences if isinstance(audiences, list) else [audiences]
    if not named or any(audience != issuer.audience for audience in named):
        raise InvalidToken("audience")
    if "cnf" in claims:
        # Bound to a key whose proof the hub does not check: as a plain bearer token it is stolen.
        raise InvalidToken("sender_constrained")
    exp, iat = claims["exp"], claims["iat"]
    if not isinstance(exp, (int, float)) or not isinstance(iat, (int, float)):
        raise InvalidToken("claims")
    if not 0 < exp - iat <= issuer.max_lifetime.total_seconds():
        raise InvalidToken("lifetime")


def _at(claims: Mapping[str, object], path: str) -> object:
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _viewer(claims: Mapping[str, object], issuer: TrustedIssuer) -> Viewer:
    read = read_claims(lambda name: _at(claims, issuer.claims.get(name, name)))
    if read.agency_type is not None and read.agency_type not in issuer.agency_types:
        raise InvalidToken("agency_type_above_ceiling")
    exp = claims["exp"]
    if not isinstance(exp, (int, float)):
        raise InvalidToken("claims")
    return Viewer(
        subject=read.subject,
        client_id=read.client_id,
        issuer=issuer.issuer,
        scopes=read.scopes if issuer.scopes is None else read.scopes & issuer.scopes,
        agency_type=read.agency_type,
        agency_code=read.agency_code,
        jurisdiction=read.jurisdiction,
        registries=read.registries,
        institution_ids=read.institution_ids,
        purposes=read.purposes,
        token_id=read.token_id,
        expires_at=datetime.fromtimestamp(exp, UTC),
    )

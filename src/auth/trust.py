"""An issuer of the settings, given as plain values, becomes one that tokens are checked against."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from ..domain.errors import ConfigurationError
from .jwks import CachedKeys, Fetch, from_discovery, from_file, from_uri
from .tokens import TrustedIssuer
from .viewer import AgencyType

__all__ = ["trusted_issuer"]


def trusted_issuer(
    *,
    issuer: str,
    audience: str,
    algorithms: Iterable[str],
    jwks_uri: str | None,
    jwks_file: Path | None,
    discovery: str | None,
    claims: Mapping[str, str],
    agency_types: Iterable[str],
    scopes: Iterable[str] | None,
    max_lifetime_seconds: int,
    clock: Callable[[], datetime],
    fetch: Fetch,
) -> TrustedIssuer:
    """The issuer with its keys from a file, an address, or its metadata (the default).

    Args:
        issuer: ``iss`` of its tokens, exactly.
        audience: ``aud`` of tokens for this hub.
        algorithms: Allowed signature algorithms, none of them symmetric.
        jwks_uri: Where its keys are published, if not in a file.
        jwks_file: Its keys as a JWK set; goes before the addresses.
        discovery: Metadata address; unset with the other two: OpenID discovery below ``issuer``.
        claims: Our claim -> path in its tokens.
        agency_types: Ceiling on ``agency_type``.
        scopes: Ceiling on scopes; None for all.
        max_lifetime_seconds: Of a token.
        clock: The hub's clock, aware.
        fetch: Gets the addresses.

    Raises:
        ConfigurationError: An unknown agency type or algorithm.
    """
    keys: CachedKeys
    if jwks_file is not None:
        keys = from_file(jwks_file, clock)
    elif jwks_uri is not None:
        keys = from_uri(jwks_uri, fetch, clock)
    else:
        metadata = discovery or f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        keys = from_discovery(metadata, issuer, fetch, clock)
    try:
        types = frozenset(AgencyType(name) for name in agency_types)
    except ValueError as error:
        known = ", ".join(AgencyType)
        raise ConfigurationError(
            f"CERTHUB_ISSUERS, {issuer}: agency_types: expected some of {known}",
            f"CERTHUB_ISSUERS,{issuer}:agency_types 應為 {known}",
        ) from error
    return TrustedIssuer(
        issuer=issuer,
        audience=audience,
        keys=keys,
        algorithms=frozenset(algorithms),
        claims=claims,
        agency_types=types,
        scopes=None if scopes is None else frozenset(scopes),
        max_lifetime=timedelta(seconds=max_lifetime_seconds),
    )

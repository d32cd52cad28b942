"""Access tokens of the agencies: OAuth2 client credentials in the three ways the contracts ask for.

A token is fetched when needed, once for all requests that wait for it, and given up a little before
its time. After a 401 one new token is fetched and the request repeated once.
"""

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from ..domain.errors import ConfigurationError
from .errors import AgencyGarbled, AgencyUnauthorised
from .http import AgencyClient
from .messages import Answer, Call

__all__ = ["BearerAuth", "Credentials", "PrivateKeyJwt", "SecretBasic", "SecretPost", "load_ec_key"]

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 120
"""Lifetime of an assertion; the contract allows 300, the rest is for clocks that differ."""
_SKEW_SECONDS = 30
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}\Z", re.ASCII)


class Credentials:
    """How a client proves who it is at the token endpoint."""

    def headers(self) -> Mapping[str, str]:
        """Headers of the token request."""
        return {}

    def form(self, now: float) -> Mapping[str, str]:
        """Fields of the token request besides the grant; ``now`` is Unix time at the agency."""
        del now
        return {}


@dataclass(frozen=True, slots=True, repr=False)
class SecretBasic(Credentials):
    """``client_secret_basic`` (VR): id and secret in the Authorization header."""

    client_id: str
    client_secret: str

    def headers(self) -> Mapping[str, str]:
        """RFC 6749 section 2.3.1: both form-encoded, then basic."""
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@dataclass(frozen=True, slots=True, repr=False)
class SecretPost(Credentials):
    """``client_secret_post`` (OSH): id and secret in the form."""

    client_id: str
    client_secret: str

    def form(self, now: float) -> Mapping[str, str]:
        """Id and secret."""
        del now
        return {"client_id": self.client_id, "client_secret": self.client_secret}


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKeyJwt(Credentials):
    """``private_key_jwt`` with ES256 (LTC): a short-lived assertion, its ``jti`` used once.

    Attributes:
        audience: The token endpoint's URL.
    """

    client_id: str
    key: ECKey
    key_id: str | None
    audience: str

    def form(self, now: float) -> Mapping[str, str]:
        """A fresh assertion."""
        header = {"alg": "ES256", "typ": "JWT"}
        if self.key_id:
            header["kid"] = self.key_id
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.audience,
            "iat": int(now),
            "exp": int(now) + _ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        assertion = jwt.encode(header, claims, self.key, algorithms=["ES256"])
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    until: float
    """Monotonic seconds from which it is no longer used."""


class BearerAuth(httpx.Auth):
    """Adds the token; after a 401 a new one, once.

    Args:
        client: Of the agency; token requests share its pace and its limits.
        path: Of the token endpoint.
        credentials: How the client proves who it is.
        lifetime: Seconds, used where the answer gives none.
    """

    def __init__(
        self, client: AgencyClient, path: str, credentials: Credentials, *, lifetime: int
    ) -> None:
        self._client = client
        self._path = path
        self._credentials = credentials
        self._lifetime = lifetime
        self._lock = asyncio.Lock()
        self._token: _Token | None = None

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The request with a token, and once more with a new one after a 401."""
        token = await self._current(None)
        request.headers["authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = await self._current(token)
            request.headers["authorization"] = f"Bearer {token.value}"
            yield request

    async def _current(self, refused: _Token | None) -> _Token:
        """The token in use, a new one when it is too old or is the one just refused."""
        async with self._lock:
            token = self._token
            if token is None or token is refused or self._client.clock() >= token.until:
                self._token = None
                token = self._token = await self._fetch()
            return token

    async def _fetch(self) -> _Token:
        client = self._client
        started = client.clock()
        now = client.wall()
        try:
            answer = await client.send(self._request(now))
        except AgencyUnauthorised as error:
            offset = error.details.get("clock_offset")
            if not isinstance(offset, float) or abs(offset) < _SKEW_SECONDS:
                raise
            # Its clock is off: an assertion is judged by the agency's time, so state it in that.
            answer = await client.send(self._request(client.wall() + offset))
        value, seconds = _read_token(answer, self._lifetime)
        return _Token(value, started + seconds - min(30.0, seconds / 5))

    def _request(self, now: float) -> Call:
        return Call(
            "POST",
            self._path,
            headers=self._credentials.headers(),
            form={"grant_type": "client_credentials", **self._credentials.form(now)},
            limit=1 << 16,
        )


def _read_token(answer: Answer, lifetime: int) -> tuple[str, float]:
    document = answer.json()
    if not isinstance(document, dict):
        raise AgencyGarbled("the token answer is not an object")
    value = document.get("access_token")
    if not isinstance(value, str) or not _TOKEN.match(value):
        raise AgencyGarbled("the token answer holds no usable access_token")
    if str(document.get("token_type", "Bearer")).lower() != "bearer":
        raise AgencyGarbled("the token is not a Bearer token")
    seconds = document.get("expires_in", lifetime)
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        seconds = lifetime
    return value, float(min(seconds, 24 * 3600))


def load_ec_key(
    path: Path, key_id: str | None, read: Callable[[Path], bytes] = Path.read_bytes
) -> tuple[ECKey, str | None]:
    """The private P-256 key of a file and its id.

    Args:
        path: A private JWK as JSON (its ``kid`` counts unless ``key_id`` is given), or PEM.
        key_id: ``kid`` for the assertion's header.
        read: Reads the file.

    Raises:
        ConfigurationError: no such file, or no private P-256 key in it.
    """
    setting = "CERTHUB_LTC__PRIVATE_KEY_FILE"
    try:
        data = read(path)
        if data.lstrip().startswith(b"{"):
            jwk = orjson.loads(data)
            key = ECKey.import_key(jwk)
            key_id = key_id or jwk.get("kid")
        else:
            key = ECKey.import_key(data)
    except (OSError, ValueError, TypeError, JoseError) as error:
        raise ConfigurationError(
            f"{setting}: expected a private JWK (JSON) or PEM, P-256", f"{setting}:應為 P-256 私鑰"
        ) from error
    if not key.is_private or key.curve_name != "P-256":
        raise ConfigurationError(
            f"{setting}: expected a private P-256 key", f"{setting}:應為 P-256 私鑰"
        )
    return key, key_id

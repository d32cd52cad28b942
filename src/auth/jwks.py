"""Keys of token issuers: loaded from a file or over HTTP, cached, refetched with restraint.

Fetching is injected, so nothing here opens a connection: the composition root hands in the one
HTTP client of the project.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import Key

__all__ = [
    "CachedKeys",
    "Fetch",
    "KeySource",
    "KeysUnavailable",
    "StaticKeys",
    "from_discovery",
    "from_file",
    "from_uri",
    "keys_of",
]

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a URL: at most 256 kB, no redirect to another origin, within the client's deadline."""

_MAX_BYTES = 256 * 1024
_MAX_KEYS = 50
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class KeysUnavailable(Exception):  # a signal inside auth, never shown
    """The issuer's keys could not be loaded, and none are cached."""


class KeySource(Protocol):
    """Where the keys of one issuer come from."""

    async def find(self, kid: str | None) -> list[Key]:
        """Keys that a token with this ``kid`` may be signed with; none when unknown.

        Raises:
            KeysUnavailable: The keys could not be loaded.
        """
        ...


def keys_of(document: bytes) -> list[Key]:
    """Public signature keys of a JWK set; symmetric and unreadable ones are left out.

    Raises:
        ValueError: Not a JWK set, or too large.
    """
    if len(document) > _MAX_BYTES:
        raise ValueError("JWK set: expected at most 256 kB")
    try:
        found = json.loads(document)
    except RecursionError as error:
        raise ValueError("JWK set: nested too deeply") from error
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("JWK set: expected an object with a list `keys`")
    keys: list[Key] = []
    for entry in found["keys"][:_MAX_KEYS]:
        # A symmetric key in a published set would let anybody sign.
        if not isinstance(entry, dict) or entry.get("kty") == "oct":
            continue
        if entry.get("use", "sig") != "sig":
            continue
        try:
            keys.append(jwk.import_key(entry))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return keys


def _matching(keys: list[Key], kid: str | None) -> list[Key]:
    if kid is None:
        # Without a kid only an issuer with a single key is unambiguous.
        return keys if len(keys) == 1 else []
    return [key for key in keys if key.get("kid") == kid]


class StaticKeys:
    """Keys that are known from the start."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = keys

    async def find(self, kid: str | None) -> list[Key]:
        """See ``KeySource``."""
        return _matching(self._keys, kid)


class CachedKeys:
    """Keys behind a loader: one load at a time, reloaded when old or when a ``kid`` is unknown.

    Args:
        load: Returns the JWK set as bytes.
        clock: The hub's clock, aware.
        max_age: After this the keys are loaded again, so that a withdrawn key goes.
        min_interval: Least time between two loads: tokens with made-up key ids cannot make the
            hub knock at the issuer's door.
        keep_for: How long the last good keys serve while loading fails.
    """

    def __init__(
        self,
        load: Callable[[], Awaitable[bytes]],
        clock: Callable[[], datetime],
        *,
        max_age: timedelta = timedelta(minutes=10),
        min_interval: timedelta = timedelta(seconds=30),
        keep_for: timedelta = timedelta(hours=1),
    ) -> None:
        self._load = load
        self._clock = clock
        self._max_age = max_age
        self._min_interval = min_interval
        self._keep_for = keep_for
        self._keys: list[Key] = []
        self._loaded_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def find(self, kid: str | None) -> list[Key]:
        """See ``KeySource``."""
        if self._age() <= self._max_age and (found := _matching(self._keys, kid)):
            return found
        async with self._lock:
            if self._may_load():
                await self._reload()
        if self._age() > self._keep_for:
            raise KeysUnavailable
        return _matching(self._keys, kid)

    def _age(self) -> timedelta:
        return timedelta.max if self._loaded_at is None else self._clock() - self._loaded_at

    def _may_load(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= self._min_interval

    async def _reload(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = keys_of(await self._load())
        except (OSError, ValueError, RecursionError, KeysUnavailable):
            return
        self._loaded_at = self._clock()


def from_file(path: Path, clock: Callable[[], datetime]) -> CachedKeys:
    """Keys of a JWK set file; a key added to it serves within a second."""

    async def load() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return CachedKeys(load, clock, min_interval=timedelta(seconds=1))


def _guarded(fetch: Fetch) -> Fetch:
    async def get(url: str) -> bytes:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("keys are fetched over https only, except from loopback")
        try:
            return await fetch(url)
        except Exception as error:
            # The client's own exceptions belong to another layer; here they are all "no keys".
            raise KeysUnavailable from error

    return get


def from_uri(url: str, fetch: Fetch, clock: Callable[[], datetime]) -> CachedKeys:
    """Keys published at ``url``."""
    get = _guarded(fetch)

    async def load() -> bytes:
        return await get(url)

    return CachedKeys(load, clock)


def from_discovery(
    url: str, issuer: str, fetch: Fetch, clock: Callable[[], datetime]
) -> CachedKeys:
    """Keys named by the issuer's metadata (RFC 8414 or OpenID discovery).

    The metadata's ``issuer`` must equal the configured one, character by character.
    """
    get = _guarded(fetch)

    async def load() -> bytes:
        document = await get(url)
        if len(document) > _MAX_BYTES:
            raise ValueError("issuer metadata: expected at most 256 kB")
        metadata = json.loads(document)
        if not isinstance(metadata, dict) or metadata.get("issuer") != issuer:
            raise ValueError("issuer metadata: names another issuer")
        target = metadata.get("jwks_uri")
        if not isinstance(target, str):
            raise ValueError("issuer metadata: no jwks_uri")
        return await get(target)

    return CachedKeys(load, clock)

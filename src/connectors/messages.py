"""Requests to agencies and their answers, as values: what is sent, what came, how much is allowed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from .errors import AgencyGarbled, AgencyTooLarge

if TYPE_CHECKING:
    from .http import Auth

__all__ = ["JSON", "PROBLEM", "Answer", "Call", "Limited", "Limits", "Sink", "reason_of"]

JSON = frozenset({"application/json"})
PROBLEM = frozenset({"application/problem+json", "application/json"})

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how often and how much; nothing is without an end.

    Attributes:
        rate: Requests per second that the contract allows.
        timeout: Seconds to connect, and without a byte.
        attempt_seconds: Seconds for one try as a whole; ``None``: only ``deadline`` ends it.
        deadline: Seconds for a request with all its tries.
        attempts: Tries of one request.
        backoff: Seconds before the second try, doubled each time up to ``backoff_most``, jittered.
        longest_wait: Seconds of ``Retry-After`` that are waited out; more fails at once.
        page_bytes: Size of an ordinary answer once decompressed.
    """

    rate: int
    timeout: float = 30.0
    attempt_seconds: float | None = None
    deadline: float = 600.0
    attempts: int = 5
    backoff: float = 0.4
    backoff_most: float = 20.0
    longest_wait: float = 120.0
    page_bytes: int = 2 << 20

    def adjusted(
        self,
        *,
        timeout_seconds: float | None = None,
        deadline_seconds: float | None = None,
        attempts: int | None = None,
    ) -> "Limits":
        """The contract's limits with an installation's own settings, where it has any."""
        timeout = self.timeout if timeout_seconds is None else timeout_seconds
        return replace(
            self,
            timeout=timeout,
            attempt_seconds=None if self.attempt_seconds is None else timeout,
            deadline=self.deadline if deadline_seconds is None else deadline_seconds,
            attempts=self.attempts if attempts is None else attempts,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One request, to be sent any number of times with the same effect.

    Attributes:
        path: From the base URL on; never holds a person's number.
        auth: Adds the token; ``None`` where the contract asks for none.
        types: Media types the contract promises for success; empty: no body is expected.
        success: Statuses that mean success.
        final: Statuses whose problem document is an answer, not a fault (writes: 409, 422 ...).
        partial: Keep what arrived when the connection breaks in mid-body (``Answer.whole``).
        limit: Bytes of the body once decompressed; ``None``: ``Limits.page_bytes``.
        compressed: Whether to accept gzip.
    """

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    auth: "Auth | None" = None
    types: frozenset[str] = JSON
    success: frozenset[int] = frozenset({200})
    final: frozenset[int] = frozenset()
    partial: bool = False
    limit: int | None = None
    compressed: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower case) and body; ``whole`` is false when the connection broke."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            AgencyGarbled: it is none.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise AgencyGarbled("the body is not JSON") from error

    def whole_number(self, header: str) -> int:
        """A header that the contract promises to be a number.

        Raises:
            AgencyGarbled: it is missing or no number.
        """
        text = self.headers.get(header.lower(), "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise AgencyGarbled(f"header {header}: expected a number")
        return int(text)

    def text(self, header: str) -> str:
        """A header that the contract promises.

        Raises:
            AgencyGarbled: it is missing.
        """
        text = self.headers.get(header.lower(), "")
        if not text:
            raise AgencyGarbled(f"header {header} is missing")
        return text


class Sink:
    """Takes a body piece by piece; made anew for every try, once the headers are known.

    Attributes:
        extra_seconds: Time for the body beyond ``Limits.deadline``, from what the headers announce.
    """

    extra_seconds: float = 0.0

    def write(self, data: bytes) -> None:
        """The next piece, decompressed."""
        raise NotImplementedError

    def finish(self) -> None:
        """All of it came; raises ``AgencyGarbled`` when that isn't what was announced."""

    def close(self) -> None:
        """Let go of what was kept."""


class Limited(Sink):
    """Collects a body in memory, up to a limit.

    Raises:
        AgencyTooLarge: at the first byte above the limit.
    """

    def __init__(self, limit: int) -> None:
        self.body = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> None:
        """The next piece."""
        if len(self.body) + len(data) > self._limit:
            raise AgencyTooLarge(f"an answer of more than {self._limit} bytes")
        self.body += data


def reason_of(body: bytes) -> str:
    """The code of a problem document or an OAuth error; empty when it has none to be trusted."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    code = document.get("code", document.get("error")) if isinstance(document, dict) else None
    return code if isinstance(code, str) and _CODE.match(code) else ""

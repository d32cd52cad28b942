"""Idempotency keys as the contracts describe them: the first outcome is the only outcome."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response

from .wire import Refusal, problem

__all__ = ["Idempotency", "canonical_json"]

_NOT_KEPT = {401, 403, 409, 429}


@dataclass(slots=True)
class _Outcome:
    content: str
    at: datetime
    response: Response | None = None


def canonical_json(body: bytes) -> bytes:
    """The same bytes for the same JSON content; what does not parse stays as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return body


class Idempotency:
    """The outcomes of writes by client and key, kept for a day of the agency's calendar.

    Attributes:
        write_seconds: How long a write takes; more than 0 lets tests meet one in progress.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._outcomes: dict[tuple[str, str], _Outcome] = {}
        self.write_seconds = 0.0

    async def once(
        self, request: Request, content: bytes, write: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The write's outcome, or the stored one when the key was used for the same content.

        Args:
            request: Carries the key.
            content: What makes two bodies the same content.
            write: Does it; called at most once per key and content.

        Raises:
            Refusal: 400 without a usable key, 409 when the key is used otherwise or in progress.
        """
        key = request.headers.get("idempotency-key", "")
        if not 8 <= len(key) <= 255:
            raise Refusal(
                problem(
                    400,
                    "idempotency_key_missing",
                    "Idempotency-Key with 8 to 255 characters is required.",
                )
            )
        digest = hashlib.sha256(
            b"\n".join(
                (
                    request.method.encode(),
                    request.url.path.encode(),
                    request.headers.get("x-on-behalf-of", "").encode(),
                    content,
                )
            )
        ).hexdigest()
        self._forget()
        place = (getattr(request.state, "client_id", ""), key)
        known = self._outcomes.get(place)
        if known is not None:
            return self._again(known, digest)
        outcome = self._outcomes[place] = _Outcome(digest, self._now())
        try:
            if self.write_seconds:
                await asyncio.sleep(self.write_seconds)
            response = await write()
        except Refusal as refusal:
            response = refusal.response
        except BaseException:
            del self._outcomes[place]
            raise
        if response.status_code in _NOT_KEPT or response.status_code >= 500:
            del self._outcomes[place]
        else:
            outcome.response = response
        return response

    @staticmethod
    def _again(known: _Outcome, digest: str) -> Response:
        if known.content != digest:
            raise Refusal(
                problem(
                    409,
                    "idempotency_key_reused",
                    "The key was used for other content: take a new one.",
                )
            )
        if known.response is None:
            raise Refusal(
                problem(
                    409,
                    "idempotency_in_progress",
                    "The same write is being done.",
                    headers={"Retry-After": "1"},
                )
            )
        stored = known.response
        replay = Response(bytes(stored.body), stored.status_code, media_type=stored.media_type)
        for name in ("location", "content-type"):
            if name in stored.headers:
                replay.headers[name] = stored.headers[name]
        replay.headers["Idempotency-Replayed"] = "true"
        return replay

    def _forget(self) -> None:
        limit = self._now() - timedelta(hours=48)
        for place in [p for p, outcome in self._outcomes.items() if outcome.at < limit]:
            del self._outcomes[place]

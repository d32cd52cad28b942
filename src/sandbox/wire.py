"""What the three simulated systems have in common: tokens, limits, problems, faults, the log.

An agency is an ASGI application. Every request goes the same way: faults that a test has laid in
its path, the token, the rate limit, the scope, the endpoint, tampering with the answer.
"""

import inspect
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .clock import AgencyClock

__all__ = [
    "Agency",
    "Client",
    "Endpoint",
    "Fault",
    "LoggedRequest",
    "RateLimit",
    "Refusal",
    "Tamper",
    "json_response",
    "oauth_error",
    "problem",
    "row_error",
]

Endpoint = Callable[[Request], Awaitable[Response]]
Fault = Callable[[Request], "Response | Awaitable[Response | None] | None"]
Tamper = Callable[[Request, Response], "Response | Awaitable[Response]"]

_ZH = {
    "api_key_invalid": "下載金鑰無效。",
    "course_not_open": "課程尚未核定通過，或尚未結束。",
    "cursor_expired": "分頁游標已失效，請以相同條件重新查詢。",
    "hours_verified": "時數已核定，不得變更。",
    "idempotency_in_progress": "相同請求處理中。",
    "idempotency_key_missing": "缺少 Idempotency-Key。",
    "idempotency_key_reused": "Idempotency-Key 已用於不同內容。",
    "malformed": "請求格式錯誤。",
    "method_not_allowed": "不支援此方法。",
    "not_found": "查無資料。",
    "not_owner": "非本單位之資料。",
    "one_reader": "同一時間僅限一個讀取者。",
    "rate_limited": "請求過於頻繁，請稍後再試。",
    "roster_exists": "已有上課紀錄，請先清除。",
    "scope_missing": "權杖範圍不足。",
    "token_invalid": "權杖無效或已過期。",
    "validation_failed": "資料未通過檢核，未儲存。",
}
_ZH_OTHERWISE = "請求未受理。"


class Refusal(Exception):
    """An endpoint refuses: carries the finished problem document."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Json(Response):
    media_type = "application/json"


class _Problem(Response):
    media_type = "application/problem+json"


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer; ``bytes`` are taken as finished JSON."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return _Json(body, status, dict(headers or {}))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An RFC 9457 problem document; person numbers never stand in it."""
    content: dict[str, Any] = {
        "type": f"urn:problem:{code}",
        "status": status,
        "code": code,
        "detail": detail,
        "detail_zh": _ZH.get(code, _ZH_OTHERWISE),
        **more,
    }
    if errors is not None:
        content["errors"] = list(errors)
    return _Problem(orjson.dumps(content), status, dict(headers or {}))


def row_error(code: str, message_zh: str, **where: Any) -> dict[str, Any]:
    """One entry of ``errors``: where is ``field``, ``file``, ``row``, ``column`` or ``table``."""
    return {**where, "code": code, "message_zh": message_zh}


def oauth_error(status: int, code: str, *, basic: bool = False) -> Response:
    """An RFC 6749 error answer."""
    headers = {"Cache-Control": "no-store"}
    if status == 401 and basic:
        headers["WWW-Authenticate"] = 'Basic realm="token"'
    return json_response({"error": code}, status, headers)


@dataclass(frozen=True, slots=True)
class Client:
    """A registered caller and what it may ask for."""

    client_id: str
    scopes: frozenset[str]


@dataclass(slots=True)
class _Token:
    client: Client
    scopes: frozenset[str]
    expires: float


class RateLimit:
    """So many requests per second and caller, counted over a sliding second.

    Args:
        per_second: ``None`` lets everything through.
        ticks: Seconds of a monotonic clock.
    """

    def __init__(self, per_second: int | None, ticks: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._ticks = ticks
        self._seen: dict[str, deque[float]] = {}

    def wait(self, caller: str) -> int:
        """0 when the request may pass, else whole seconds to wait."""
        if self.per_second is None:
            return 0
        now = self._ticks()
        seen = self._seen.setdefault(caller, deque())
        while seen and now - seen[0] >= 1.0:
            seen.popleft()
        if len(seen) >= self.per_second:
            return 1
        seen.append(now)
        return 0


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as the agency saw it, without its content."""

    method: str
    path: str
    query: str
    client_id: str
    status: int


@dataclass(slots=True)
class _Guarded:
    endpoint: Endpoint
    scope: str | None


@dataclass(slots=True)
class _Tokens:
    lifetime: int
    issued: dict[str, _Token] = field(default_factory=dict)


class Agency:
    """Base of the three simulated systems; an ASGI application.

    Attributes:
        clock: The agency's calendar.
        faults: Consulted in order before anything else; the first answer returned is sent.
        tampers: Applied in order to every answer on its way out.
        requests: The latest requests, oldest first.
    """

    def __init__(
        self,
        *,
        clock: AgencyClock | None,
        per_second: int | None,
        token_lifetime: int,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock or AgencyClock()
        self.faults: list[Fault] = []
        self.tampers: list[Tamper] = []
        self.requests: deque[LoggedRequest] = deque(maxlen=10_000)
        self.limit = RateLimit(per_second, ticks)
        self._ticks = ticks
        self._tokens = _Tokens(token_lifetime)
        self.app = Starlette(
            routes=list(self._routes()), exception_handlers={HTTPException: _plain}
        )

    def _routes(self) -> Iterable[Route]:
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry point."""
        await self.app(scope, receive, send)

    # Tokens

    def revoke_tokens(self) -> None:
        """Every token dies before its time."""
        self._tokens.issued.clear()

    def grant(self, client: Client, wanted: str | None) -> Response:
        """Answer of the token endpoint to a client that has proved who it is."""
        scopes = client.scopes
        if wanted:
            scopes = frozenset(wanted.split())
            if not scopes <= client.scopes:
                return oauth_error(400, "invalid_scope")
        now = self._ticks()
        issued = self._tokens.issued
        for old in [text for text, token in issued.items() if token.expires <= now]:
            del issued[old]
        token = secrets.token_urlsafe(32)
        issued[token] = _Token(client, scopes, now + self._tokens.lifetime)
        return json_response(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self._tokens.lifetime,
                "scope": " ".join(sorted(scopes)),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _bearer(self, request: Request) -> _Token:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self._tokens.issued.get(text.strip()) if kind.lower() == "bearer" else None
        if token is None or token.expires <= self._ticks():
            raise Refusal(
                problem(
                    401,
                    "token_invalid",
                    "The token is missing, unknown or expired.",
                    headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
                )
            )
        return token

    # The way of a request

    def route(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        scope: str | None = None,
        methods: Sequence[str] = ("GET",),
    ) -> Route:
        """A route behind the common gates; without ``scope`` the endpoint identifies its caller."""
        guarded = _Guarded(endpoint, scope)

        async def handle(request: Request) -> Response:
            response = await self._answer(request, guarded)
            for tamper in self.tampers:
                changed = tamper(request, response)
                response = await changed if inspect.isawaitable(changed) else changed
            self.requests.append(
                LoggedRequest(
                    request.method,
                    request.url.path,
                    request.url.query,
                    getattr(request.state, "client_id", ""),
                    response.status_code,
                )
            )
            return response

        return Route(path, handle, methods=list(methods))

    async def _answer(self, request: Request, guarded: _Guarded) -> Response:
        for fault in self.faults:
            made = fault(request)
            answer = await made if inspect.isawaitable(made) else made
            if answer is not None:
                return answer
        try:
            if guarded.scope is not None:
                token = self._bearer(request)
                self.admit(request, token.client.client_id)
                if guarded.scope not in token.scopes:
                    return problem(403, "scope_missing", f"The token lacks {guarded.scope}.")
            return await guarded.endpoint(request)
        except Refusal as refusal:
            return refusal.response

    def admit(self, request: Request, client_id: str) -> None:
        """Count the request for its caller.

        Raises:
            Refusal: 429, the caller is too fast.
        """
        request.state.client_id = client_id
        seconds = self.limit.wait(client_id)
        if seconds:
            raise Refusal(
                problem(
                    429,
                    "rate_limited",
                    f"At most {self.limit.per_second} requests per second.",
                    headers={"Retry-After": str(seconds)},
                )
            )


async def _plain(_request: Request, error: Exception) -> Response:
    """Unknown paths and methods, as problem documents."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "malformed")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)

"""Around every endpoint: request ids, security headers, one access log line, errors as JSON.

The log names the route, never the path or the query, and never a body: nothing personal gets in.
"""

import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.errors import CertHubError
from .site import Metrics

__all__ = ["HttpError", "Shell", "error_response", "http_error_handler", "request_id_of"]

_ROUTES = frozenset(
    {
        "/graphql",
        "/uploads",
        "/corrections",
        "/deadlines.ics",
        "/forms",
        "/healthz",
        "/readyz",
        "/metrics",
        "/schema.graphql",
        "/",
        "/graphiql",
        "/.well-known/oauth-protected-resource",
        "/.well-known/certhub-keys.json",
    }
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z", re.ASCII)
_SECURITY = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_MESSAGES = {
    400: ("BAD_REQUEST", "the request cannot be read", "無法讀取請求"),
    404: ("NOT_FOUND", "there is nothing here", "查無此處"),
    405: ("METHOD_NOT_ALLOWED", "this method is not offered here", "不支援此方法"),
    413: ("TOO_LARGE", "the body is too large", "內容過大"),
}

_log = structlog.get_logger("certhub.http")


class HttpError(CertHubError):
    """A request that is refused before any use case sees it; answers with ``status``."""

    code = "BAD_REQUEST"

    def __init__(
        self,
        status: int,
        code: str,
        en: str,
        zh: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(en, zh, code=code, details=details)
        self.status = status
        self.headers = dict(headers or {})


def request_id_of(scope: Scope) -> str:
    """The id of the request, given by ``Shell``."""
    found: str = scope.get("certhub.request_id", "")
    return found


def error_response(
    error: CertHubError,
    request_id: str,
    status: int,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """``error`` in the shape of a GraphQL answer without data."""
    extensions = {**error.details, "code": error.code, "zh": error.zh, "requestId": request_id}
    body = {"errors": [{"message": error.en, "extensions": extensions}]}
    return Response(
        orjson.dumps(body), status, dict(headers or {}), media_type=f"{media_type}; charset=utf-8"
    )


async def http_error_handler(request: Request, error: Exception) -> Response:
    """Answers ``HttpError`` and the framework's own errors."""
    request_id = request_id_of(request.scope)
    if isinstance(error, HttpError):
        return error_response(error, request_id, error.status, headers=error.headers)
    status = error.status_code if isinstance(error, HTTPException) else 400
    given = error.headers if isinstance(error, HTTPException) else None
    code, en, zh = _MESSAGES.get(status, _MESSAGES[400])
    return error_response(CertHubError(en, zh, code=code), request_id, status, headers=given)


class Shell:
    """ASGI middleware; see the module.

    Args:
        app: What it stands around.
        metrics: Counted there.
        secure: Whether clients come by https: then the answer says to stay there.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, secure: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = [*_SECURITY.items(), *([_HSTS] if secure else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = scope["certhub.request_id"] = _given_id(scope) or uuid.uuid4().hex
        sent: dict[str, Any] = {"status": 0, "bytes": 0}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                present = {name.lower() for name, _value in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in self._headers if pair[0] not in present),
                    (b"x-request-id", request_id.encode("ascii")),
                ]
            else:
                sent["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - the outermost place of the ASGI side
            await self._failed(error, request_id, answer, scope, receive, bool(sent["status"]))
        finally:
            route = scope["path"] if scope["path"] in _ROUTES else "other"
            seconds = time.perf_counter() - started
            self._metrics.requests.labels(route, str(sent["status"])).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            _log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=sent["status"],
                bytes=sent["bytes"],
                ms=round(seconds * 1000, 1),
                client_id=scope.get("certhub.client_id"),
            )

    @staticmethod
    async def _failed(
        error: Exception,
        request_id: str,
        answer: Send,
        scope: Scope,
        receive: Receive,
        began: bool,
    ) -> None:
        # Neither message nor trace: both may repeat what the caller sent.
        tail = error.__traceback__
        while tail is not None and tail.tb_next is not None:
            tail = tail.tb_next
        _log.error(
            "request_failed",
            request_id=request_id,
            error=type(error).__name__,
            where=None
            if tail is None
            else f"{tail.tb_frame.f_globals['__name__']}:{tail.tb_lineno}",
        )
        if not began:
            bug = CertHubError("internal error", "系統內部錯誤")
            await error_response(bug, request_id, 500)(scope, receive, answer)


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.match(text) else None
    return None

"""The one HTTP client of the hub: bounded in time, bytes, tries and pace; bound to one origin.

A request is repeated only after what may pass (no connection, 5xx, 429, an answer that is not the
promised one). Redirects are never followed. Nothing of a body gets into a message.
"""

import asyncio
import ipaddress
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import stamina

from ..domain.errors import AgencyFault, ConfigurationError, Transient
from .errors import (
    AgencyBusy,
    AgencyForbidden,
    AgencyGarbled,
    AgencyRedirected,
    AgencyRefused,
    AgencyTooLarge,
    AgencyUnauthorised,
    AgencyUnavailable,
    PositionLost,
)
from .messages import PROBLEM, Answer, Call, Limited, Limits, Sink, reason_of
from .pace import Pace, http_date, retry_after

__all__ = ["AgencyClient", "Auth", "Transport"]

Auth = httpx.Auth
Transport = httpx.AsyncBaseTransport

_T = TypeVar("_T")
_S = TypeVar("_S", bound=Sink)
_ERROR_BYTES = 1 << 20
_STEP_BYTES = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GZIP = 31
"""``wbits`` of zlib for a gzip stream."""


class _Paced(httpx.AsyncBaseTransport):
    """Holds every request, tokens and repeats included, to the agency's pace."""

    def __init__(self, inner: Transport, pace: Pace, wall: Callable[[], float]) -> None:
        self._inner = inner
        self._pace = pace
        self._wall = wall

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._pace.turn()
        response = await self._inner.handle_async_request(request)
        if response.status_code in {409, 429, 503}:
            wait = retry_after(response.headers, self._wall())
            if wait is not None:
                self._pace.close_for(wait)
        if response.status_code == 401 and request.headers.get("authorization", "").startswith(
            "Bearer "
        ):
            # httpx reads a whole 401 before it sends the new token: without a limit, so not at all.
            await response.aclose()
            return httpx.Response(401, request=request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Unzip:
    """Decompresses into a sink in bounded steps: a few bytes may stand for gigabytes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._stream = zlib.decompressobj(wbits=_GZIP)

    @property
    def ended(self) -> bool:
        return self._stream.eof

    def write(self, data: bytes) -> None:
        pending = data
        while pending:
            if self._stream.eof:
                # Several gzip members in a row are one body.
                self._stream = zlib.decompressobj(wbits=_GZIP)
            self._sink.write(self._stream.decompress(pending, _STEP_BYTES))
            pending = self._stream.unused_data or self._stream.unconsumed_tail
        while not self._stream.eof and (rest := self._stream.decompress(b"", _STEP_BYTES)):
            self._sink.write(rest)


class AgencyClient:
    """Requests to one agency.

    Args:
        registry: ``vr``, ``ltc`` or ``osh``; for messages.
        base_url: Of the agency's system; every request goes there and nowhere else.
        limits: See ``Limits``.
        transport: Instead of the network (tests).
        wall: Unix time, for ``Retry-After`` dates and token lifetimes.
        clock: Monotonic seconds.
        sleep: Waits for seconds.

    Raises:
        ConfigurationError: the base URL is none.
    """

    def __init__(
        self,
        registry: str,
        base_url: str,
        limits: Limits,
        *,
        transport: Transport | None = None,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.registry = registry
        self.base_url = base_url.rstrip("/")
        self.limits = limits
        self.wall = wall
        self.clock = clock
        self._origin = _origin(self.base_url)
        if self._origin is None or set("?#") & set(base_url):
            setting = f"CERTHUB_{registry.upper()}__URL"
            raise ConfigurationError(
                f"{setting}: expected an http(s) address without query and fragment",
                f"{setting}:應為不含查詢字串的 http(s) 網址",
            )
        self._pace = Pace(
            registry, limits.rate, longest=limits.longest_wait, clock=clock, sleep=sleep
        )
        self._http = httpx.AsyncClient(
            transport=_Paced(transport or _network(self.base_url), self._pace, wall),
            timeout=httpx.Timeout(limits.timeout),
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "certhub"},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, call: Call, read: Callable[[Answer], _T]) -> _T:
        """Send until ``read`` accepts the answer.

        Args:
            call: The request.
            read: Parses the answer; raises ``AgencyGarbled`` for one that is to be asked for again.

        Raises:
            AgencyFault: see the tree in ``connectors.errors``.
        """

        async def once(_: asyncio.Timeout) -> _T:
            return read(await self.send(call))

        return await self._repeat(call, once)

    async def send(self, call: Call) -> Answer:
        """Send once.

        Raises:
            AgencyFault: see the tree in ``connectors.errors``.
        """
        limit = self.limits.page_bytes if call.limit is None else call.limit
        sink = Limited(limit)
        answer = await self._exchange(call, lambda _: sink)
        return Answer(answer.status, answer.headers, bytes(sink.body), answer.whole)

    async def stream(self, call: Call, make: Callable[[Answer], _S]) -> _S:
        """Send until a whole body went into a sink; returns that sink, to be closed by the caller.

        Args:
            call: The request.
            make: A new sink for the headers of a try; it and the sink may raise ``AgencyGarbled``.

        Raises:
            AgencyFault: see the tree in ``connectors.errors``.
        """

        async def once(timeout: asyncio.Timeout) -> _S:
            made: list[_S] = []

            def fresh(answer: Answer) -> _S:
                sink = make(answer)
                made.append(sink)
                end = timeout.when()
                if end is not None:
                    timeout.reschedule(end + sink.extra_seconds)
                return sink

            try:
                await self._exchange(call, fresh)
                made[-1].finish()
            except BaseException:
                for sink in made:
                    sink.close()
                raise
            return made[-1]

        return await self._repeat(call, once)

    async def _repeat(self, call: Call, once: Callable[[asyncio.Timeout], Awaitable[_T]]) -> _T:
        limits = self.limits
        async for attempt in stamina.retry_context(
            on=_may_pass,
            attempts=limits.attempts,
            timeout=limits.deadline,
            wait_initial=limits.backoff,
            wait_max=limits.backoff_most,
            wait_jitter=limits.backoff,
        ):
            with attempt:
                await self._pace.reopened()
                try:
                    async with asyncio.timeout(limits.attempt_seconds or limits.deadline) as end:
                        return await once(end)
                except TimeoutError as error:
                    raise self._fault(AgencyUnavailable, call, "no whole answer in time") from error
                except (AgencyGarbled, AgencyTooLarge) as error:
                    if "registry" in error.details:
                        raise
                    raise self._fault(type(error), call, error.en) from error
        raise AssertionError("a retry ends with a result or an error")  # pragma: no cover

    async def _exchange(self, call: Call, make: Callable[[Answer], Sink]) -> Answer:
        query = f"?{urlencode(call.params)}" if call.params else ""
        request = self._http.build_request(
            call.method,
            self.base_url + call.path + query,
            headers={
                "accept": ", ".join(sorted(call.types | PROBLEM)),
                "accept-encoding": "gzip" if call.compressed else "identity",
                **call.headers,
            },
            content=call.content,
            data=dict(call.form) if call.form is not None else None,
            # httpx declares the mapping as invariant; it only reads it.
            files=cast("Any", call.files),
        )
        try:
            response = await self._http.send(request, stream=True, auth=call.auth)
        except httpx.HTTPError as error:
            raise self._fault(AgencyUnavailable, call, "no answer") from error
        try:
            return await self._receive(call, response, make)
        finally:
            await response.aclose()

    async def _receive(
        self, call: Call, response: httpx.Response, make: Callable[[Answer], Sink]
    ) -> Answer:
        status = response.status_code
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(status, headers, b"")
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if status in call.success:
            if call.types and media not in call.types:
                raise self._fault(AgencyGarbled, call, f"{status} with an unexpected Content-Type")
            whole = await self._body(call, response, make(answer))
            return Answer(status, headers, b"", whole)
        if status in _REDIRECTS:
            raise self._redirected(call, headers)
        error = Limited(_ERROR_BYTES)
        if media in PROBLEM:
            await self._body(call, response, error)
            reason = reason_of(bytes(error.body))
            if status in call.final and reason not in {"", "idempotency_in_progress"}:
                make(answer).write(bytes(error.body))
                return answer
        refusal = self._refusal(call, status, reason_of(bytes(error.body)))
        answered = http_date(headers.get("date", ""))
        if answered is not None:
            refusal.details["clock_offset"] = answered - self.wall()
        raise refusal

    async def _body(self, call: Call, response: httpx.Response, sink: Sink) -> bool:
        """Decompress into the sink; whether it came whole."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise self._fault(AgencyGarbled, call, "a content encoding that was not asked for")
        unzip = _Unzip(sink) if "gzip" in encoding else None
        received = 0
        try:
            async for chunk in response.aiter_raw():
                received += len(chunk)
                (unzip or sink).write(chunk)
        except zlib.error as error:
            raise self._fault(AgencyGarbled, call, "the body is not gzip") from error
        except httpx.HTTPError as error:
            if call.partial:
                return False
            raise self._fault(AgencyUnavailable, call, "the answer broke off") from error
        announced = response.headers.get("content-length", "")
        short = (announced.isdigit() and int(announced) != received) or (
            unzip is not None and received > 0 and not unzip.ended
        )
        if short and not call.partial:
            raise self._fault(AgencyGarbled, call, "the answer broke off")
        return not short

    def _redirected(self, call: Call, headers: Mapping[str, str]) -> AgencyFault:
        target = urljoin(self.base_url + call.path, headers.get("location", ""))
        if _origin(target) == self._origin:
            return self._fault(AgencyGarbled, call, "a redirect that the contract does not have")
        return self._fault(AgencyRedirected, call, "a redirect to another origin, not followed")

    def _refusal(self, call: Call, status: int, reason: str) -> AgencyFault:
        what = f"{status} {reason}".strip()
        details = {"status": status, "reason": reason}
        if status == 401:
            return self._fault(AgencyUnauthorised, call, what, details)
        if status == 403:
            return self._fault(AgencyForbidden, call, what, details)
        if status == 410 and reason:
            return self._fault(PositionLost, call, what, details)
        if status == 429 or (status == 409 and reason == "idempotency_in_progress"):
            return self._fault(AgencyBusy, call, what, details)
        if status >= 500:
            return self._fault(AgencyUnavailable, call, what, details)
        if status >= 400 and reason:
            return self._fault(AgencyRefused, call, what, details)
        # Without the agency's problem document it came from something before the agency.
        return self._fault(AgencyGarbled, call, f"{status} without a problem document", details)

    def _fault(
        self,
        kind: type[AgencyFault],
        call: Call,
        what: str,
        details: Mapping[str, object] | None = None,
    ) -> AgencyFault:
        where = f"{self.registry} {call.method} {call.path}"
        return kind(
            f"{where}: {what}",
            f"{self.registry} 機關系統異常({call.method} {call.path}):{what}",
            details={"registry": self.registry, "path": call.path, **(details or {})},
        )


def _may_pass(error: Exception) -> bool:
    """Whether asking again at once may help."""
    if isinstance(error, AgencyBusy):
        # Told to wait for longer than we may: asking again would only be told the same.
        return "retry_after" not in error.details
    return isinstance(error, Transient) and not isinstance(error, AgencyUnauthorised | PositionLost)


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _network(base_url: str) -> Transport:
    """The network, through the environment's proxy unless the agency is on this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    proxy = None if _is_local(host) or proxy_bypass(host) else getproxies().get(parts.scheme)
    return httpx.AsyncHTTPTransport(
        proxy=proxy, limits=httpx.Limits(max_connections=4, max_keepalive_connections=4)
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The one HTTP client: what it repeats, what it refuses, and what it never says."""

import asyncio
import gzip
import io
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from certhub.connectors.errors import (
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
from certhub.connectors.http import AgencyClient
from certhub.connectors.messages import Answer, Call, Limits, Sink
from certhub.domain.errors import AgencyFault, ConfigurationError, Terminal, Transient

from .conftest import BASE, Clock, Cut, Wire, html, problem

LIMITS = Limits(rate=100_000, attempts=3, backoff=0.0, page_bytes=1000)
GET = Call("GET", "/v1/things", params={"updated_since": "2024-08-23T00:00:00+08:00"})

Handler = Callable[[httpx.Request], httpx.Response]


class Site:
    """Answers from a list, then with an empty object."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, base: str = BASE, limits: Limits = LIMITS, **more: Any) -> AgencyClient:
        return AgencyClient("vr", base, limits, transport=Wire(self), **more)


def _json(answer: Answer) -> Any:
    return answer.json()


def _gzipped(content: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(
        200,
        stream=httpx.ByteStream(content),
        headers={"content-type": "application/json", "content-encoding": "gzip", **headers},
    )


@pytest.mark.parametrize(
    "base",
    [
        "",
        "agency",
        "ftp://agency",
        "https://",
        "https://agency?x=1",
        "https://a#b",
        "http://[",
        "http://a:x",
    ],
)
def test_a_base_url_that_is_none_is_a_configuration_error(base: str) -> None:
    with pytest.raises(ConfigurationError, match="CERTHUB_VR__URL"):
        AgencyClient("vr", base, LIMITS)


async def test_requests_go_below_the_base_url() -> None:
    site = Site()

    await site.client(f"{BASE}/evrs/").call(GET, _json)

    assert str(site.requests[0].url) == (
        f"{BASE}/evrs/v1/things?updated_since=2024-08-23T00%3A00%3A00%2B08%3A00"
    )


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("no"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("reset"),
        httpx.Response(500),
        httpx.Response(502, html="<html></html>"),
        httpx.Response(503),
        httpx.Response(504),
        problem(429, "too_many"),
        html(),
        httpx.Response(200, content=b"{", headers={"content-type": "application/json"}),
        httpx.Response(200, content=b"{}", headers={"content-type": "text/plain"}),
        httpx.Response(200, content=b"{}"),
        httpx.Response(204),
        httpx.Response(404, html="<html></html>"),
        httpx.Response(302, headers={"location": "/maintenance"}),
        httpx.Response(302, headers={"location": f"{BASE}/maintenance?x=1"}),
        httpx.Response(200, stream=Cut(b"{"), headers={"content-type": "application/json"}),
        httpx.Response(
            200,
            stream=httpx.ByteStream(b"{}"),
            headers={"content-type": "application/json", "content-length": "99"},
        ),
        _gzipped(gzip.compress(b"{}")[:-9]),
        _gzipped(b"not gzip at all"),
        _gzipped(b"{}", **{"content-encoding": "br"}),
        _gzipped(gzip.compress(gzip.compress(b"{}")), **{"content-encoding": "gzip, gzip"}),
    ],
    ids=lambda fault: repr(fault)[:40],
)
async def test_what_may_pass_is_asked_for_again(fault: httpx.Response | Exception) -> None:
    site = Site(fault, httpx.Response(200, json={"good": True}))

    assert await site.client().call(GET, _json) == {"good": True}
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(400, "bad_request"), AgencyRefused),
        (httpx.Response(403), AgencyForbidden),
        (problem(404, "not_found"), AgencyRefused),
        (problem(410, "cursor_expired"), PositionLost),
        (problem(422, "invalid"), AgencyRefused),
        (problem(401, "api_key_invalid"), AgencyUnauthorised),
        (
            httpx.Response(301, headers={"location": "https://elsewhere.test.invalid/"}),
            AgencyRedirected,
        ),
        (httpx.Response(302, headers={"location": f"http://{BASE[8:]}/"}), AgencyRedirected),
        (httpx.Response(307, headers={"location": "//elsewhere.test.invalid/x"}), AgencyRedirected),
        (httpx.Response(200, json={"long": "x" * 1000}), AgencyTooLarge),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_what_stays_is_not_asked_for_again(
    answer: httpx.Response, kind: type[AgencyFault]
) -> None:
    site = Site(answer)

    with pytest.raises(kind) as caught:
        await site.client().call(GET, _json)

    assert len(site.requests) == 1
    assert caught.value.details["registry"] == "vr"
    assert caught.value.details["path"] == "/v1/things"


async def test_the_tries_have_an_end() -> None:
    site = Site(*[httpx.Response(503) for _ in range(9)])

    with pytest.raises(AgencyUnavailable) as caught:
        await site.client().call(GET, _json)

    assert len(site.requests) == 3
    assert isinstance(caught.value, Transient)


async def test_the_agency_s_code_is_told_and_its_text_is_not() -> None:
    body = {"type": "x", "status": 422, "code": "id_checksum", "detail": "A123456789 is wrong"}
    answer = httpx.Response(422, json=body, headers={"content-type": "application/problem+json"})

    with pytest.raises(AgencyRefused) as caught:
        await Site(answer).client().call(GET, _json)

    assert caught.value.details["reason"] == "id_checksum"
    assert "A123456789" not in caught.value.en + caught.value.zh + str(caught.value.details)


async def test_a_code_that_is_none_is_not_repeated() -> None:
    body = {"code": "A123456789 王小明"}

    with pytest.raises(AgencyForbidden) as caught:
        await Site(httpx.Response(403, json=body)).client().call(GET, _json)

    assert caught.value.details["reason"] == ""
    assert "A123456789" not in caught.value.en


async def test_gzip_is_understood() -> None:
    site = Site(_gzipped(gzip.compress(b'{"good": true}')))

    assert await site.client().call(GET, _json) == {"good": True}
    assert site.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
async def test_gzip_comes_whole_in_steps_of_any_size(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.http._STEP_BYTES", step)
    content = b'{"a": "' + b"x" * 500 + b'"}'
    half = gzip.compress(content[:200]) + gzip.compress(content[200:])

    for packed in (gzip.compress(content), half):
        assert await Site(_gzipped(packed)).client().call(GET, _json) == {"a": "x" * 500}


async def test_a_gzip_bomb_stops_at_the_limit_without_being_unpacked() -> None:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        for _ in range(200):
            packed.write(b" " * (1 << 20))
    site = Site(_gzipped(out.getvalue()))
    tracemalloc.start()

    with pytest.raises(AgencyTooLarge):
        await site.client().call(GET, _json)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20


async def test_a_broken_connection_may_leave_what_came() -> None:
    call = replace(GET, partial=True)
    answer = httpx.Response(200, stream=Cut(b"one\n"), headers={"content-type": "application/json"})

    got = await Site(answer).client().call(call, lambda found: (found.body, found.whole))

    assert got == (b"one\n", False)


async def test_gzip_that_breaks_off_may_leave_what_came() -> None:
    call = replace(GET, partial=True)
    packed = gzip.compress(b"one\ntwo\n")

    body, whole = (
        await Site(_gzipped(packed[:-8]))
        .client()
        .call(call, lambda found: (found.body, found.whole))
    )

    assert whole is False
    assert body.startswith(b"one\n")


class Drip(httpx.AsyncByteStream):
    """One byte after another, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "


async def test_a_source_that_drips_ends_with_its_time() -> None:
    def dripping(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Drip(), headers={"content-type": "application/json"})

    limits = replace(LIMITS, attempt_seconds=0.1, attempts=2)
    client = AgencyClient("vr", BASE, limits, transport=httpx.MockTransport(dripping))
    started = time.monotonic()

    with pytest.raises(AgencyUnavailable, match="in time"):
        await client.call(GET, _json)

    assert time.monotonic() - started < 5


async def test_a_sink_may_ask_for_more_time() -> None:
    class Patient(Sink):
        extra_seconds = 60.0

        def __init__(self) -> None:
            self.got = b""

        def write(self, data: bytes) -> None:
            self.got += data

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await asyncio.sleep(0.2)
            yield b"late"

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Slow(), headers={"content-type": "application/json"})

    limits = replace(LIMITS, deadline=0.05)
    client = AgencyClient("vr", BASE, limits, transport=httpx.MockTransport(answer))

    sink = await client.stream(GET, lambda _: Patient())

    assert sink.got == b"late"


async def test_a_sink_of_a_failed_try_is_closed() -> None:
    closed: list[int] = []

    class Counting(Sink):
        def __init__(self, number: int) -> None:
            self.number = number

        def write(self, data: bytes) -> None:
            if self.number == 0:
                raise AgencyGarbled("not this one")

        def close(self) -> None:
            closed.append(self.number)

    numbers = iter(range(9))
    site = Site(httpx.Response(200, json={}), httpx.Response(200, json={}))

    sink = await site.client().stream(GET, lambda _: Counting(next(numbers)))

    assert (sink.number, closed) == (1, [0])


@pytest.mark.parametrize("status", [429, 503])
async def test_the_agency_is_left_alone_for_as_long_as_it_asks(status: int, clock: Clock) -> None:
    site = Site(httpx.Response(status, json={"code": "busy"}, headers={"retry-after": "17"}))
    client = site.client(clock=clock, sleep=clock.sleep)

    await client.call(GET, _json)

    assert clock.slept == [17.0]
    assert len(site.requests) == 2


async def test_quiet_holds_for_every_request_to_the_agency(clock: Clock) -> None:
    site = Site(problem(429, "busy"), httpx.Response(200, json={}), httpx.Response(200, json={}))
    site.answers[0].headers["retry-after"] = "Thu, 29 Aug 2024 00:00:30 GMT"  # type: ignore[union-attr]
    site.answers[0].headers["date"] = "Thu, 29 Aug 2024 00:00:00 GMT"  # type: ignore[union-attr]
    client = site.client(clock=clock, sleep=clock.sleep)

    with pytest.raises(AgencyBusy):
        await client.send(GET)
    await client.send(replace(GET, path="/v1/others"))

    assert clock.slept == [30.0]


async def test_nonsense_in_retry_after_falls_back_to_our_own_waiting(clock: Clock) -> None:
    site = Site(problem(429, "busy"))
    site.answers[0].headers["retry-after"] = "ein Weilchen"  # type: ignore[union-attr]

    await site.client(clock=clock, sleep=clock.sleep).call(GET, _json)

    assert clock.slept == []
    assert len(site.requests) == 2


async def test_a_wait_that_is_too_long_ends_the_request_and_the_next(clock: Clock) -> None:
    site = Site(problem(429, "busy"))
    site.answers[0].headers["retry-after"] = "86400"  # type: ignore[union-attr]
    client = site.client(clock=clock, sleep=clock.sleep)

    with pytest.raises(AgencyBusy) as caught:
        await client.call(GET, _json)
    with pytest.raises(AgencyBusy):
        await client.call(GET, _json)

    assert caught.value.details["retry_after"] == 86400
    assert len(site.requests) == 1


async def test_an_idempotency_key_in_progress_is_waited_for(clock: Clock) -> None:
    busy = problem(409, "idempotency_in_progress")
    busy.headers["retry-after"] = "2"
    site = Site(busy)
    call = replace(GET, final=frozenset({409}))

    await site.client(clock=clock, sleep=clock.sleep).call(call, _json)

    assert clock.slept == [2.0]


def test_every_fault_says_whether_repeating_helps() -> None:
    kinds = {
        AgencyUnavailable: Transient,
        AgencyBusy: Transient,
        AgencyGarbled: Transient,
        AgencyUnauthorised: Transient,
        PositionLost: Transient,
        AgencyForbidden: Terminal,
        AgencyRefused: Terminal,
        AgencyRedirected: Terminal,
        AgencyTooLarge: Terminal,
    }

    assert all(issubclass(kind, mixin) for kind, mixin in kinds.items())
    assert all(issubclass(kind, AgencyFault) for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("http://127.0.0.1:9", False),
        ("http://localhost:9", False),
        ("http://agency.test.invalid", True),
    ],
)
def test_the_environment_s_proxy_is_for_agencies_elsewhere(
    url: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []
    monkeypatch.setenv("http_proxy", "http://proxy.test.invalid:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    def network(**options: Any) -> Wire:
        given.append(options["proxy"])
        return Wire(Site())

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", network)

    AgencyClient("vr", url, LIMITS)

    assert given == ["http://proxy.test.invalid:3128" if proxied else None]

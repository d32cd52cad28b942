"""What can go wrong at an agency, by name: each fault can be laid, counts how often it fired, and is lifted.

The hub's promised behaviour stands beside each, so that a run over all of them is a table.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .run import Agencies
from .wire import Agency, json_response, problem

__all__ = ["FIRST_PATH", "Fault", "Laid", "agency_of", "wire_faults"]

ALL = ("vr", "ltc", "osh")
TOKENS = ("vr", "ltc")

FIRST_PATH = {"vr": "/v1/professionals", "ltc": "/api/changes", "osh": "/drops/index.json"}
"""What a sync asks first."""

_TOKEN_PATH = {"vr": "/oauth/token", "ltc": "/oauth2/token"}
_BOMB_BLOCKS = 90
_DRIP_SECONDS = 0.05
_SILENT_STEPS = 1200


@dataclass(slots=True)
class Laid:
    """A fault in place.

    Attributes:
        fired: How often it has struck.
        lifts: What takes it away again, in order.
    """

    fired: int = 0
    lifts: list[Callable[[], object]] = field(default_factory=list)
    lifted: bool = False

    def hit(self) -> None:
        """It strikes."""
        self.fired += 1

    def lift(self) -> None:
        """The agency is well again."""
        self.lifted = True
        for undo in self.lifts:
            undo()


Lay = Callable[[Agencies, str], Laid]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and what the hub promises.

    Attributes:
        name: Short and stable.
        registries: Where it can happen.
        behaviour: What the hub does, in one line.
        ends: How the run ends: ``complete``, or the code of the error.
        lay: Puts it in place.
        as_before: Whether the mirror must be as it was; otherwise it is as the agency's books.
        own_drop: OSH: it publishes the drop that shows what has changed.
    """

    name: str
    registries: tuple[str, ...]
    behaviour: str
    ends: str
    lay: Lay
    as_before: bool = False
    own_drop: bool = False


def agency_of(agencies: Agencies, registry: str) -> Agency:
    """The agency of a registry."""
    found: Agency = getattr(agencies, registry)
    return found


class _Cut(Response):
    """Announces its whole length, or chunks without end, and breaks off half-way."""

    def __init__(self, whole: Response, *, announced: bool) -> None:
        super().__init__(bytes(whole.body), whole.status_code, dict(whole.headers))
        self._announced = announced

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [
            (name, value)
            for name, value in self.raw_headers
            if self._announced or name != b"content-length"
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionError("cut on purpose")


class _Drip(Response):
    """A byte now and then, for as long as the fault lies."""

    def __init__(self, whole: Response, laid: Laid) -> None:
        super().__init__(bytes(whole.body), whole.status_code, dict(whole.headers))
        self._laid = laid

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for place in range(len(self.body)):
            if self._laid.lifted:
                return
            body = self.body[place : place + 1]
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(_DRIP_SECONDS)


def answers(
    make: Callable[[Request, Laid], Response],
    times: int | None = None,
    path: dict[str, str] = FIRST_PATH,
) -> Lay:
    """Instead of the agency's answer to the first ``times`` requests; None: to all."""

    def lay(agencies: Agencies, registry: str) -> Laid:
        agency, laid = agency_of(agencies, registry), Laid()

        async def fault(request: Request) -> Response | None:
            if not request.url.path.startswith(path[registry]):
                return None
            if times is not None and laid.fired >= times:
                return None
            laid.hit()
            return make(request, laid)

        agency.faults.append(fault)
        laid.lifts.append(lambda: agency.faults.remove(fault))
        return laid

    return lay


def changes(
    change: Callable[[Response, Laid], Response],
    times: int | None = None,
    path: dict[str, str] = FIRST_PATH,
) -> Lay:
    """What the agency answers, changed on its way out."""

    def lay(agencies: Agencies, registry: str) -> Laid:
        agency, laid = agency_of(agencies, registry), Laid()

        async def tamper(request: Request, response: Response) -> Response:
            wanted = request.url.path.startswith(path[registry]) and response.status_code == 200
            if not wanted or (times is not None and laid.fired >= times):
                return response
            laid.hit()
            return change(await _whole(response), laid)

        agency.tampers.append(tamper)
        laid.lifts.append(lambda: agency.tampers.remove(tamper))
        return laid

    return lay


async def _whole(response: Response) -> Response:
    """An answer with its body at hand, however it was meant to be sent."""
    if not isinstance(response, StreamingResponse):
        return response
    parts = [part async for part in response.body_iterator]
    body = b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in parts)
    return Response(body, response.status_code, dict(response.headers))


def with_body(response: Response, body: bytes) -> Response:
    """The same answer with another body."""
    kept = {
        name: value
        for name, value in response.headers.items()
        if name not in {"content-length", "content-encoding"}
    }
    return Response(body, response.status_code, kept)


def unzipped(response: Response) -> bytes:
    body = bytes(response.body)
    return (
        zlib.decompress(body, wbits=31)
        if response.headers.get("content-encoding") == "gzip"
        else body
    )


def _waiting(value: str | None, **headers: str) -> Callable[[Request, Laid], Response]:
    more = {} if value is None else {"Retry-After": value}
    return lambda _r, _l: problem(429, "rate_limited", "Too many.", headers={**headers, **more})


class _Silent(Response):
    """Never answers while the fault lies."""

    def __init__(self, laid: Laid) -> None:
        super().__init__(b"")
        self._laid = laid

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(_SILENT_STEPS):
            if self._laid.lifted:
                break
            await asyncio.sleep(_DRIP_SECONDS)
        await super().__call__(scope, receive, send)


@cache
def _bomb_body() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(_BOMB_BLOCKS)) + packer.flush()


def _bomb(response: Response, _laid: Laid) -> Response:
    bomb = with_body(response, _bomb_body())
    bomb.headers["content-encoding"] = "gzip"
    return bomb


def _dead_token(agencies: Agencies, registry: str) -> Laid:
    agency, laid = agency_of(agencies, registry), Laid()

    def fault(request: Request) -> Response | None:
        if request.url.path.startswith(FIRST_PATH[registry]) and not laid.fired:
            laid.hit()
            agency.revoke_tokens()
        return None

    agency.faults.append(fault)
    laid.lifts.append(lambda: agency.faults.remove(fault))
    return laid


def wire_faults() -> Iterator[Fault]:
    """Faults of the way between the agency and the hub, the same for every registry."""
    again = "asked again, nothing half applied"
    html = "<html><body>系統維護中</body></html>"

    def down(_request: Request, _laid: Laid) -> Response:
        return HTMLResponse(html, 503)

    def page(_request: Request, _laid: Laid) -> Response:
        return HTMLResponse(html)

    def half(response: Response, _laid: Laid) -> Response:
        whole = unzipped(response)
        return with_body(response, whole[: max(1, len(whole) // 2)])

    yield Fault("5xx, twice", ALL, again, "complete", answers(down, 2))
    yield Fault("5xx, lasting", ALL, "run fails", "AGENCY_UNAVAILABLE", answers(down), True)
    yield Fault(
        "no answer", ALL, "run fails in time", "AGENCY_UNAVAILABLE",
        answers(lambda _r, laid: _Silent(laid)), True,
    )  # fmt: skip
    yield Fault(
        "slow body", ALL, "total deadline ends it", "AGENCY_UNAVAILABLE", changes(_Drip), True
    )
    for name, made in {
        "seconds": _waiting("1"),
        "date": _waiting("Mon, 01 Jan 2001 00:00:01 GMT", Date="Mon, 01 Jan 2001 00:00:00 GMT"),
        "garbage": _waiting("soon"),
        "negative": _waiting("-5"),
        "none": _waiting(None),
    }.items():
        yield Fault(f"429, {name}", ALL, "waits, asks again", "complete", answers(made, 1))
    yield Fault(
        "429, a day", ALL, "run ends, nobody is hammered", "AGENCY_BUSY",
        answers(_waiting("86400")), True,
    )  # fmt: skip
    yield Fault(
        "body shorter than announced", ALL, again, "complete",
        changes(lambda r, _l: _Cut(r, announced=True), 1),
    )  # fmt: skip
    yield Fault(
        "connection cut", ALL, again, "complete",
        changes(lambda r, _l: _Cut(r, announced=False), 1),
    )  # fmt: skip
    yield Fault("body cut in the middle", ALL, again, "complete", changes(half, 1))
    yield Fault("HTML with 200, once", ALL, again, "complete", answers(page, 1))
    yield Fault(
        "HTML with 200, lasting", ALL, "no empty page: fails", "AGENCY_GARBLED",
        answers(page), True,
    )  # fmt: skip
    yield Fault(
        "error envelope with 200", ALL, "no empty page: fails", "AGENCY_GARBLED",
        answers(lambda _r, _l: json_response({"error": "系統忙碌"})), True,
    )  # fmt: skip
    yield Fault(
        "Big5 in JSON", TOKENS, "not guessed at: fails", "AGENCY_GARBLED",
        changes(
            lambda r, _l: with_body(r, orjson.dumps({"a": "x"})[:-2] + "測試".encode("big5") + b"\n")
        ), True,
    )  # fmt: skip
    yield Fault(
        "redirect to elsewhere", ALL, "not followed", "AGENCY_REDIRECTED",
        answers(lambda _r, _l: Response(status_code=302, headers={"Location": "http://a.invalid/"})),
        True,
    )  # fmt: skip
    _bomb_body()
    yield Fault("gzip bomb", ALL, "refused at the limit", "AGENCY_TOO_LARGE", changes(_bomb), True)
    yield Fault("token dies early", TOKENS, "one new token", "complete", _dead_token)
    yield Fault(
        "token endpoint down", TOKENS, "run fails", "AGENCY_UNAVAILABLE",
        answers(down, path=_TOKEN_PATH), True,
    )  # fmt: skip
    yield Fault(
        "401 storm", ALL, "one new token, then fails", "AGENCY_UNAUTHORISED",
        answers(lambda _r, _l: problem(401, "token_invalid", "No.")), True,
    )  # fmt: skip
    yield Fault(
        "403", ALL, "not repeated", "AGENCY_FORBIDDEN",
        answers(lambda _r, _l: problem(403, "scope_missing", "No.")), True,
    )  # fmt: skip

"""Bodies and headers of requests: bounded in size, time and nesting; broken ones are 4xx."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from .http_shell import HttpError

__all__ = ["GRAPHQL", "JSON", "SSE", "Operation", "bounded", "negotiate", "read_operation"]

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
SSE = "text/event-stream"

# The rest of an unread body must not be taken for the next request.
_CLOSE = {"connection": "close"}


def negotiate(accept: str | None) -> str:
    """The media type of the answer: ``JSON`` unless the client prefers ``GRAPHQL`` or asks for SSE.

    Raises:
        HttpError: 406, none of the three is acceptable.
    """
    if accept is None or not accept.strip():
        return JSON
    offered: list[tuple[float, int, str]] = []
    for order, part in enumerate(accept.lower().split(",")):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if media in {"*/*", "application/*"}:
            media = JSON
        if media in {JSON, GRAPHQL, SSE} and quality > 0:
            offered.append((-quality, order, media))
    if not offered:
        raise HttpError(
            406,
            "NOT_ACCEPTABLE",
            f"Accept: expected one of {JSON}, {GRAPHQL}, {SSE}",
            f"Accept 應為 {JSON}、{GRAPHQL} 或 {SSE}",
        )
    return min(offered)[2]


def _check_type(request: Request) -> None:
    media = request.headers.get("content-type", "").partition(";")
    charset = media[2].strip().lower().replace('"', "")
    if media[0].strip().lower() != JSON or charset not in {"", "charset=utf-8", "charset=utf8"}:
        raise HttpError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type: expected {JSON}, UTF-8",
            f"Content-Type 應為 {JSON}(UTF-8)",
            headers={"accept-post": JSON},
        )


def _check_encoding(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise HttpError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Encoding: send the body uncompressed",
            "內容不得壓縮",
            headers={"accept-encoding": "identity"},
        )


async def bounded(request: Request, limit: int, seconds: float) -> AsyncIterator[bytes]:
    """The body in pieces.

    Raises:
        HttpError: 413 above ``limit`` bytes, 408 when it has not come within ``seconds``, 415 for a
            compressed one, 400 when the client leaves.
    """
    _check_encoding(request)
    announced = request.headers.get("content-length", "")
    too_large = HttpError(
        413,
        "TOO_LARGE",
        f"the body is larger than {limit} bytes",
        f"內容超過 {limit} 位元組",
        headers=_CLOSE,
    )
    if announced.isdigit() and int(announced[:20]) > limit:
        raise too_large
    size = 0
    pieces = request.stream().__aiter__()
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            # Each wait ends at one and the same instant: a byte now and then does not prolong it.
            async with asyncio.timeout_at(ends):
                piece = await anext(pieces, None)
        except TimeoutError as error:
            raise HttpError(
                408,
                "REQUEST_TIMEOUT",
                "the body did not arrive in time",
                "內容逾時未送達",
                headers=_CLOSE,
            ) from error
        except ClientDisconnect as error:
            raise HttpError(400, "BAD_REQUEST", "the body broke off", "內容中斷") from error
        if piece is None:
            return
        size += len(piece)
        if size > limit:
            raise too_large
        yield piece


@dataclass(frozen=True, slots=True)
class Operation:
    """A GraphQL request as it came."""

    query: str
    variables: dict[str, Any]
    name: str | None


def _bad(en: str, zh: str) -> HttpError:
    return HttpError(400, "BAD_REQUEST", en, zh)


def _check_depth(found: object, limit: int) -> None:
    level: list[object] = [found]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)  # type: ignore[attr-defined]
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise _bad(f"JSON body: nested deeper than {limit}", f"JSON 巢狀超過 {limit} 層")


def _member(body: dict[str, Any], name: str, kind: type, what: str) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise _bad(f"`{name}`: expected {what} or null", f"`{name}` 應為 {what} 或 null")
    return value


async def read_operation(request: Request, *, limit: int, seconds: float, depth: int) -> Operation:
    """The GraphQL request in the body.

    Raises:
        HttpError: 4xx, whatever is wrong with it.
    """
    _check_type(request)
    raw = b"".join([piece async for piece in bounded(request, limit, seconds)])
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _bad("the body is not JSON in UTF-8", "內容不是 UTF-8 之 JSON") from error
    if not isinstance(body, dict):
        raise _bad(
            "JSON body: expected an object; batches are not offered",
            "JSON 內容應為物件;不支援批次",
        )
    _check_depth(body, depth)
    query = _member(body, "query", str, "a string")
    if not query:
        raise _bad("`query`: expected a GraphQL document", "`query` 應為 GraphQL 文件")
    _member(body, "extensions", dict, "an object")
    return Operation(
        query=query,
        variables=_member(body, "variables", dict, "an object") or {},
        name=_member(body, "operationName", str, "a string"),
    )

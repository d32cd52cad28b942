"""A connection that never finishes its headers is closed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from certhub.cli import protocol


async def _hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.3)
    config = uvicorn.Config(
        Starlette(routes=[Route("/", _hello)]),
        port=0,
        http=protocol.PatientNoLonger,
        ws="none",
        log_config=None,
        lifespan="off",
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def rest(reader: asyncio.StreamReader, seconds: float) -> bytes:
    async with asyncio.timeout(seconds):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
async def test_half_sent_headers_end_the_connection(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)

    assert await rest(reader, 5) == b""
    writer.close()


async def test_a_kept_connection_is_watched_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        assert await reader.readuntil(b"hello")
    # Idle between requests is not half a request.
    await asyncio.sleep(0.5)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        assert await reader.readuntil(b"hello")

    writer.write(b"GET / HTTP/1.1\r\nHost:")

    assert await rest(reader, 5) == b""
    writer.close()

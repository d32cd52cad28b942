"""uvicorn's HTTP protocol with an end to waiting: it never gives up on a half-sent header itself."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEADER_SECONDS", "PatientNoLonger"]

HEADER_SECONDS = 10.0
"""From the connection, or the first byte of a further request, to the end of its headers."""


class PatientNoLonger(HttpToolsProtocol):
    """Closes a connection whose request headers do not come to an end in time."""

    _header_ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._headers_came()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins: on a kept connection too."""
        self._await_headers()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The headers came; the application times the body."""
        self._headers_came()
        super().on_headers_complete()

    def _await_headers(self) -> None:
        if self._header_ends is None:
            self._header_ends = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _headers_came(self) -> None:
        if self._header_ends is not None:
            self._header_ends.cancel()
            self._header_ends = None

    def _give_up(self) -> None:
        self._header_ends = None
        if not self.transport.is_closing():
            self.transport.close()

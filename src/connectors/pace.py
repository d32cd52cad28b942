"""Not faster than the agency allows, and not at all while it has asked us to wait."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime

from .errors import AgencyBusy

__all__ = ["Pace", "http_date", "retry_after"]

_MARGIN = 0.03
"""Seconds added to the window: two clocks and a network lie between us and the agency's counter."""


class Pace:
    """At most ``rate`` requests in any second, and none before a ``Retry-After`` has passed.

    One for all requests to an agency, tokens included.

    Args:
        registry: For messages.
        rate: Requests per second and client, from the contract.
        longest: Seconds that we are willing to wait; told to wait longer, requests fail at once.
        clock: Monotonic seconds.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        registry: str,
        rate: int,
        *,
        longest: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._registry = registry
        self._sent: deque[float] = deque(maxlen=rate)
        self._longest = longest
        self._clock = clock
        self._sleep = sleep
        self._closed_until = 0.0

    def close_for(self, seconds: float) -> None:
        """No request before ``seconds`` from now."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

    async def reopened(self) -> None:
        """Wait until the agency wants to be asked again.

        Raises:
            AgencyBusy: it wants to be left alone for longer than we may wait.
        """
        while (wait := self._closed_until - self._clock()) > 0:
            if wait > self._longest:
                raise AgencyBusy(
                    f"{self._registry}: the agency asks not to be called for {wait:.0f} s;"
                    " sync again later",
                    f"{self._registry}:機關要求 {wait:.0f} 秒內勿再連線,請稍後再同步",
                    details={"registry": self._registry, "retry_after": round(wait)},
                )
            await self._sleep(wait)

    async def turn(self) -> None:
        """Wait for the next free place among the requests of a second.

        Raises:
            AgencyBusy: see ``reopened``.
        """
        while True:
            await self.reopened()
            now = self._clock()
            if len(self._sent) < (self._sent.maxlen or 1):
                break
            wait = self._sent[0] + 1.0 + _MARGIN - now
            if wait <= 0:
                break
            await self._sleep(wait)
        self._sent.append(now)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds of a ``Retry-After``, in either form of RFC 9110; ``None`` if absent or nonsense.

    An HTTP date is compared with the answer's own ``Date``: the agency's clock may be off by days.

    Args:
        headers: Of the answer.
        now: Unix time, used where the answer has no usable ``Date``.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    answered = http_date(headers.get("date", ""))
    wait = until - (now if answered is None else answered)
    return wait if wait > 0 else None


def http_date(text: str) -> float | None:
    """Unix time of an HTTP date; ``None`` where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None

"""The agencies' calendar: one fixed day, and the time that has passed since the start.

The three simulated systems stand on the same day for ever, so that the demo's stories, the rule
figures and the deadlines stay true. Nothing here reads the wall clock.
"""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from ..domain.roc_date import TAIPEI

__all__ = ["SANDBOX_DAY", "SANDBOX_START", "AgencyClock", "iso_seconds"]

SANDBOX_DAY = date(2024, 9, 2)
"""The day on which the sandbox's calendar stands, a Monday."""

SANDBOX_START = datetime(2024, 9, 2, 8, 0, 0, tzinfo=TAIPEI)
"""The instant at which every agency's clock starts."""


class AgencyClock:
    """Taiwan time at an agency: the fixed start plus what has elapsed.

    Attributes:
        start: The instant of the first reading.
    """

    def __init__(
        self, start: datetime = SANDBOX_START, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.start = start
        self._ticks = ticks
        self._origin = ticks()
        self._moved = timedelta()

    def now(self) -> datetime:
        """The agency's present instant, aware."""
        return self.start + self._moved + timedelta(seconds=self._ticks() - self._origin)

    def today(self) -> date:
        """The agency's present day."""
        return self.now().date()

    def advance(self, by: timedelta) -> None:
        """Let time pass at the agency: its deadlines and nightly runs come nearer."""
        self._moved += by


def iso_seconds(instant: datetime) -> str:
    """ISO 8601 with ``+08:00`` and whole seconds."""
    return instant.replace(microsecond=0).isoformat()

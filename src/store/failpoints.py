"""Fail points (故障點): named places of a sync and of a delivery where a process may be made to die.

Without effect unless one is switched on, which production refuses. A test finds them all, kills a
process at each, and checks that the next run makes everything good: a step that is not listed here,
or listed and not in the code, fails that test.
"""

import os
import signal
from types import MappingProxyType

from ..domain.errors import ConfigurationError

__all__ = ["FAIL_POINTS", "arm", "disarm", "reach"]

FAIL_POINTS = MappingProxyType(
    {
        "sync.locked": "the registry is ours, nothing is written",
        "sync.begun": "the run is on record",
        "sync.fetched": "a batch is read, nothing of it is stored",
        "sync.listing_begun": "what a full listing holds is being noted",
        "sync.staged": "rows are copied, not yet merged",
        "sync.merged": "rows are merged, or copied straight into an empty mirror",
        "sync.closed": "deletions are applied",
        "sync.set_aside": "faulty records are in quarantine",
        "sync.compared": "what a full listing lacks is closed",
        "sync.applied": "all of a batch is in the mirror",
        "sync.linked": "its people are linked",
        "sync.derived": "counties and the queue of evaluations follow",
        "sync.positioned": "the position stands beside it, not committed",
        "sync.stored": "the batch is committed",
        "sync.read": "all batches are stored, the run is still open",
        "sync.ended": "the run is marked complete, not committed",
        "sync.complete": "the run is complete, its audit row is missing",
        "sync.audited": "everything is done",
        "filing.claimed": "an idempotency key is taken, not committed",
        "filing.written": "submission, outbox entry and receipt are written, not committed",
        "filing.committed": "a filing is stored, nobody has been told",
        "delivery.taken": "an entry of the outbox is leased, nothing is sent",
        "delivery.sent": "the agency has answered, nobody has written it down",
        "delivery.settling": "the outcome is written, not committed",
        "delivery.settled": "the outcome is stored",
    }
)
"""Name and what is true there."""


class _Armed:
    """The one point that is switched on in this process, and how often it is still passed by."""

    name: str | None = None
    left: int = 0


def arm(point: str | None) -> None:
    """Switch a fail point on for this process.

    Args:
        point: ``sync.stored``, or ``sync.stored:3`` for the third time it is reached; None: nothing.

    Raises:
        ConfigurationError: no such point.
    """
    if point is None:
        return
    name, _, times = point.partition(":")
    if name not in FAIL_POINTS or not (times or "1").isdecimal() or times == "0":
        raise ConfigurationError(
            f"CERTHUB_FAIL_POINT: expected one of {', '.join(FAIL_POINTS)}, with :N for the Nth time",
            "CERTHUB_FAIL_POINT:無此故障點",
        )
    _Armed.name, _Armed.left = name, int(times or "1")


def disarm() -> None:
    """Switch off again."""
    _Armed.name = None


def reach(name: str) -> None:
    """Die here, as by ``kill -9``, if this point is switched on; otherwise nothing."""
    if _Armed.name is None or name != _Armed.name:
        return
    _Armed.left -= 1
    if _Armed.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

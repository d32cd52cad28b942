"""Where a fact comes from and how fresh it is (資料來源)."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

__all__ = ["Freshness", "Provenance", "freshness_of"]


class Freshness(StrEnum):
    """How far a registry's facts can be relied upon."""

    FRESH = "FRESH"
    STALE = "STALE"
    UNAVAILABLE = "UNAVAILABLE"
    NEVER_SYNCED = "NEVER_SYNCED"
    DECLARED = "DECLARED"

    @property
    def usable(self) -> bool:
        """Whether a decision may rest on such facts."""
        return self not in (Freshness.UNAVAILABLE, Freshness.NEVER_SYNCED)


class Provenance(msgspec.Struct, frozen=True, gc=False):
    """The source of a record or of the facts of a decision.

    Attributes:
        registry: ``vr``, ``ltc`` or ``osh``; None for facts that the caller declared.
        source_id: The agency's key of one record; None for a registry as a whole.
        as_of: The agency's own time of change, else the time it answered.
        synced_at: When the hub took the record over, or ended its last complete sync.
        freshness: By the hub's clock at the time of the question.
    """

    registry: str | None
    freshness: Freshness
    source_id: str | None = None
    as_of: datetime | None = None
    synced_at: datetime | None = None


def freshness_of(
    complete_at: datetime | None, now: datetime, stale: timedelta, unavailable: timedelta
) -> Freshness:
    """Freshness of a registry whose last complete sync ended at ``complete_at``.

    Args:
        complete_at: None when no sync was ever complete.
        now: The hub's clock.
        stale: Age from which facts are stale (that age included).
        unavailable: Age from which nothing is decided on them (that age included).
    """
    if complete_at is None:
        return Freshness.NEVER_SYNCED
    age = now - complete_at
    if age >= unavailable:
        return Freshness.UNAVAILABLE
    return Freshness.STALE if age >= stale else Freshness.FRESH

"""What a sync needs, what it tells, and how it can end (同步)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from ..domain.errors import CertHubError, Terminal, Transient
from ..store.keys import KeyRing
from ..store.mirror import Counts

__all__ = [
    "DatabaseFault",
    "DatabaseFull",
    "Progress",
    "SyncHalted",
    "SyncHub",
    "SyncLimits",
    "SyncReport",
]

Progress = Callable[["SyncReport"], None]


class SyncHalted(CertHubError, Terminal):
    """The run stopped before doing harm: a person has to look (``QUARANTINE_SHARE``, ``MASS_DELETION``)."""

    code = "SYNC_HALTED"


class DatabaseFault(CertHubError, Transient):
    """The database went away: what was not committed was taken back."""

    code = "DATABASE_UNAVAILABLE"


class DatabaseFull(DatabaseFault):
    """The database has no room left; the batch was taken back."""

    code = "DATABASE_FULL"


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """When a run stops by itself.

    Attributes:
        quarantine: Share of an entity's fetched rows that may be faulty.
        mass_delete: Share of an entity's rows that a full listing may delete; None: any share, a
            person has decided so for this run.
    """

    quarantine: float = 0.2
    mass_delete: float | None = 0.3


@dataclass(frozen=True, slots=True)
class SyncHub:
    """What a sync needs of the hub."""

    engine: AsyncEngine
    keys: KeyRing
    clock: Callable[[], datetime]
    limits: SyncLimits = SyncLimits()


@dataclass(slots=True)
class SyncReport:
    """What a run did.

    Attributes:
        run: Its number; 0 where another process was syncing the registry.
        state: ``running``, ``complete``, ``failed``, ``halted`` or ``busy``.
        counts: By entity.
        entity: The last that the run has come to.
        expected: By entity, rows that the agency announced.
        error: Code and messages of what ended it.
    """

    registry: str
    run: int
    full: bool
    started_at: datetime
    state: str = "running"
    finished_at: datetime | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    entity: str | None = None
    expected: dict[str, int] = field(default_factory=dict)
    error: CertHubError | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the registry is up to date."""
        return self.state == "complete"

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "registry": self.registry,
            "run": self.run,
            "mode": "full" if self.full else "incremental",
            "state": self.state,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "entities": {name: self.counts[name].as_dict() for name in sorted(self.counts)},
            "notes": self.notes,
            "error": {"code": self.error.code, "message": self.error.en} if self.error else None,
        }

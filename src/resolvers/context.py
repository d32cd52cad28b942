"""What every use case is given: the hub (long-lived) and the request (one operation)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from ..domain.provenance import Freshness, Provenance, freshness_of
from ..domain.rest_days import RestDays
from ..domain.roc_date import TAIPEI
from ..rules.calendar import shipped_rest_days
from ..rules.params import Ruleset, current_ruleset

if TYPE_CHECKING:
    from ..auth.viewer import Viewer
    from ..store.keys import KeyRing
    from .sync_jobs import SyncJobs

__all__ = ["Hub", "Jobs", "Request", "Trace"]


@dataclass(slots=True)
class Jobs:
    """Background work of this process that a request may start; filled when the process serves."""

    syncs: "SyncJobs | None" = None


@dataclass(frozen=True, slots=True)
class Hub:
    """The parts of a running hub, as plain values; built once in ``app`` (or ``cli``).

    Attributes:
        engine: Connections that write.
        reader: Connections for read paths (a replica, or the same database).
        keys: Keys of index, ciphertext, receipts and audit heads.
        clock: The only clock; aware, UTC.
        ruleset: Figures in force, with their version.
        stale_after: By registry: age from which facts are STALE.
        unavailable_after: By registry: age from which nothing is decided on them.
        business_date: Fixed day of a development hub; None means today in Asia/Taipei.
        holidays: Rest days of offices, for the rules that count working days.
        rule_params: Settings handed to entry points as ``params``, by registry.
        verify_daily_budget: Exact verifications of unregistered staff per client and day.
        production: Whether development conveniences are refused.
        jobs: What a request may start in the background of this process.
    """

    engine: AsyncEngine
    reader: AsyncEngine
    keys: "KeyRing"
    clock: Callable[[], datetime]
    stale_after: Mapping[str, timedelta]
    unavailable_after: Mapping[str, timedelta]
    ruleset: Ruleset = field(default_factory=current_ruleset)
    business_date: date | None = None
    holidays: RestDays = field(default_factory=shipped_rest_days)
    rule_params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    verify_daily_budget: int = 2000
    production: bool = False
    jobs: Jobs = field(default_factory=Jobs)

    def business_day(self, now: datetime) -> date:
        """The day that counts as today: the fixed one, else ``now`` in Taiwan."""
        return self.business_date or now.astimezone(TAIPEI).date()

    def freshness(self, registry: str, complete_at: datetime | None, now: datetime) -> Freshness:
        """Freshness of ``registry`` whose last complete sync ended at ``complete_at``."""
        return freshness_of(
            complete_at, now, self.stale_after[registry], self.unavailable_after[registry]
        )

    def request(self, viewer: "Viewer", request_id: str) -> "Request":
        """A request by ``viewer``; reads the clock once."""
        now = self.clock()
        return Request(viewer, self.business_day(now), now, request_id)


@dataclass(slots=True)
class Trace:
    """What one operation touched, for its audit row: names and hashes, never personal data.

    Attributes:
        fields: ``Type.field`` that were answered.
        refused: ``Type.field`` or root fields that were refused, with the code.
        registries: Registries whose records were read.
        subjects: Hub ids of the persons whose records were read.
        counts: Rows by what they are (``certificates``, ``items``).
        rules: Entry points that decided.
    """

    fields: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    registries: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)

    def count(self, what: str, number: int) -> None:
        """Add ``number`` rows of ``what``."""
        self.counts[what] = self.counts.get(what, 0) + number


@dataclass(slots=True)
class Request:
    """One operation: who asks, on which business day, at which instant.

    Attributes:
        viewer: Who the token is, with the purpose of this request.
        business_day: Counts where no ``asOf`` is given; shown in the answer.
        instant: The hub's clock when the request came, aware.
        request_id: Given back in errors and kept in the audit row.
        trace: Filled while the answer is made.
        states: Registry -> its freshness, read once per request (``registries.states``).
    """

    viewer: "Viewer"
    business_day: date
    instant: datetime
    request_id: str
    trace: Trace = field(default_factory=Trace)
    states: Mapping[str, Provenance] | None = None

"""The state of each registry: how fresh, what its last sync did, what was set aside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import RegistryUnavailable
from ..domain.provenance import Freshness, Provenance
from ..domain.records import REGISTRIES
from ..store import read_syncs
from .context import Hub, Request

__all__ = [
    "DriftNote",
    "RegistryStatus",
    "read_states",
    "record_of",
    "registries",
    "states",
    "usable",
]


@dataclass(frozen=True, slots=True)
class DriftNote:
    """A field or value that the contract does not name, met by the last run."""

    entity: str
    field: str
    kind: str
    sample: str
    count: int


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """A registry as the hub holds it.

    Attributes:
        complete_at: Start of the last sync that came to its end.
        last_run: State of the newest run: running, complete, failed, halted, interrupted.
        counts: Live records by entity.
        quarantined: Records set aside and not yet mended.
    """

    registry: str
    freshness: Freshness
    complete_at: datetime | None
    last_run: str | None
    last_run_mode: str | None
    last_run_started_at: datetime | None
    last_run_finished_at: datetime | None
    last_run_error: str | None
    last_run_counts: Mapping[str, object] | None
    counts: Mapping[str, int]
    quarantined: int
    drift: Sequence[DriftNote] = field(default=())


async def read_states(
    hub: Hub, connection: AsyncConnection, now: datetime
) -> Mapping[str, Provenance]:
    """Freshness of every registry at ``now``."""
    complete = await read_syncs.complete_syncs(connection)
    return {
        name: Provenance(
            name, hub.freshness(name, complete.get(name), now), synced_at=complete.get(name)
        )
        for name in REGISTRIES
    }


async def states(hub: Hub, request: Request) -> Mapping[str, Provenance]:
    """Freshness of every registry, read once per request."""
    if request.states is None:
        async with hub.reader.connect() as connection:
            request.states = await read_states(hub, connection, request.instant)
    return request.states


async def usable(hub: Hub, request: Request, needed: Collection[str]) -> tuple[Provenance, ...]:
    """The sources of a list that rests on ``needed``, in their order.

    Raises:
        RegistryUnavailable: one of them cannot be relied on: the list would be shorter than it is.
    """
    known = await states(hub, request)
    missing = [name for name in REGISTRIES if name in needed and not known[name].freshness.usable]
    if missing:
        names = ", ".join(missing)
        others = [name for name in REGISTRIES if known[name].freshness.usable]
        raise RegistryUnavailable(
            f"no reliable data of {names}; name the other registries to get theirs",
            f"{names} 無可靠資料;指定其他登錄系統可取得其餘部分",
            details={"registries": missing, "available": others},
        )
    return tuple(known[name] for name in REGISTRIES if name in needed)


def record_of(
    request: Request,
    registry: str,
    source_id: str,
    updated_at: datetime | None,
    synced_at: datetime | None,
) -> Provenance:
    """Provenance of one record; ``states`` has been called for the request."""
    known = (request.states or {}).get(registry)
    freshness = known.freshness if known else Freshness.NEVER_SYNCED
    return Provenance(registry, freshness, source_id, updated_at, synced_at)


async def registries(hub: Hub, request: Request) -> list[RegistryStatus]:
    """Every registry with its last run; counts and sizes, never a person."""
    known = await states(hub, request)
    async with hub.reader.connect() as connection:
        runs = await read_syncs.last_runs(connection)
        sizes = await read_syncs.quarantine_sizes(connection)
        counts = await read_syncs.record_counts(connection)
        drift = await read_syncs.drift_of(connection, [run["id"] for run in runs.values()])
    found = []
    for name in REGISTRIES:
        run = runs.get(name)
        found.append(
            RegistryStatus(
                registry=name,
                freshness=known[name].freshness,
                complete_at=known[name].synced_at,
                last_run=run["state"] if run else None,
                last_run_mode=run["mode"] if run else None,
                last_run_started_at=run["started_at"] if run else None,
                last_run_finished_at=run["finished_at"] if run else None,
                last_run_error=run["error_code"] if run else None,
                last_run_counts=run["counts"] if run else None,
                counts={
                    entity: number
                    for entity, number in counts.items()
                    if entity.startswith(f"{name}.")
                },
                quarantined=sizes.get(name, 0),
                drift=[
                    DriftNote(
                        item["entity"], item["field"], item["kind"], item["sample"], item["count"]
                    )
                    for item in drift
                    if item["entity"].startswith(f"{name}.")
                ],
            )
        )
    return found

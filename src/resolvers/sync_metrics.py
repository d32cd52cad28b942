"""Figures of the syncs for Prometheus: from the store, the same in whichever process is asked."""

from dataclasses import dataclass

from ..domain.records import REGISTRIES
from ..store import read_syncs
from .context import Hub

__all__ = ["Sample", "sync_metrics"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure.

    Attributes:
        labels: Registries, states and codes; never people.
    """

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


async def sync_metrics(hub: Hub) -> list[Sample]:
    """Runs by state, faults by code, rows of the newest run, lag behind the agency, quarantine.

    ``lag_seconds`` is the age of the last complete sync; a registry never synced has none.
    """
    now = hub.clock()
    async with hub.reader.connect() as connection:
        ended = await read_syncs.sync_figures(connection)
        complete = await read_syncs.complete_syncs(connection)
        newest = await read_syncs.last_runs(connection)
        waiting = await read_syncs.quarantine_sizes(connection)
    samples = []
    for registry in REGISTRIES:
        own = ("registry", registry)
        states: dict[str, int] = {}
        for row in ended:
            if row["registry"] != registry:
                continue
            states[row["state"]] = states.get(row["state"], 0) + row["runs"]
            if row["error_code"]:
                labels = (own, ("code", row["error_code"]))
                samples.append(Sample("sync_faults", labels, row["runs"]))
        samples += [
            Sample("sync_runs", (own, ("state", state)), runs) for state, runs in states.items()
        ]
        if registry in newest:
            rows: dict[str, int] = {}
            for counts in newest[registry]["counts"].values():
                for name, number in counts.items():
                    rows[name] = rows.get(name, 0) + number
            samples += [
                Sample("sync_last_rows", (own, ("outcome", name)), number)
                for name, number in rows.items()
            ]
        if (at := complete.get(registry)) is not None:
            samples.append(Sample("sync_lag_seconds", (own,), (now - at).total_seconds()))
        samples.append(Sample("sync_quarantined", (own,), waiting.get(registry, 0)))
    return samples

"""What every connector offers, and how the oddities of a run are counted."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from ..domain.sync import Batch, Drift, Problem, Record, Tombstone

__all__ = ["Connector", "DriftLog", "Newest"]

_DISTINCT = 1000
_SAMPLE = 60
_NUMBER = re.compile(r"[A-Z][A-D0-9]\d{8}|\d{7,}", re.ASCII)


class Connector(Protocol):
    """Reads one registry."""

    @property
    def registry(self) -> str:
        """``vr``, ``ltc`` or ``osh``."""
        ...

    def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """What changed since a position, batch by batch; the registry is complete at the end.

        Args:
            position: Of the last batch that was stored; ``None`` at the first run.
            full: Read everything again. What only the position knows (LTC and OSH generations) is
                still taken from it.

        Raises:
            AgencyFault: the run ends here; what was yielded stays good.
        """
        ...

    async def ping(self) -> None:
        """One small request that needs the credentials.

        Raises:
            AgencyFault: the agency cannot be used.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class DriftLog:
    """Counts unknown fields and values, once per field and value."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self._seen: set[tuple[str, str, str, str]] = set()

    def add(self, entity: str, field: str, kind: str, sample: str = "") -> None:
        """One occurrence; a sample that might hold a person's number is left out."""
        if _NUMBER.search(sample):
            sample = "***"
        key = (entity, field[:_SAMPLE], kind, sample[:_SAMPLE])
        if key not in self._seen:
            if len(self._seen) >= _DISTINCT:
                key = (entity, "", kind, "")
            self._seen.add(key)
        self._counts[key] += 1

    def take(self) -> tuple[Drift, ...]:
        """What was counted since the last call."""
        drift = tuple(Drift(*key, count=count) for key, count in self._counts.items())
        self._counts.clear()
        return drift


class Newest:
    """Of the records of one batch, the highest version of each; a later one wins a tie."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Record | Tombstone] = {}
        self._problems: dict[tuple[str, str], tuple[int, Problem]] = {}
        self._nameless: list[Problem] = []
        self.fetched = 0

    def __len__(self) -> int:
        return len(self._kept) + len(self._problems) + len(self._nameless)

    def add(self, item: Record | Tombstone) -> None:
        """A record or a deletion."""
        self.fetched += 1
        key = (item.entity, item.id)
        held = self._kept.get(key)
        if held is None or item.version >= held.version:
            self._kept[key] = item
            problem = self._problems.get(key)
            if problem is not None and problem[0] <= item.version:
                del self._problems[key]

    def set_aside(self, problem: Problem, version: int) -> None:
        """A faulty record: kept beside an older good one, dropped where a newer good one came."""
        self.fetched += 1
        key = (problem.entity, problem.id)
        held = self._kept.get(key)
        if not problem.id:
            self._nameless.append(problem)
        elif held is None or held.version <= version:
            self._problems[key] = (version, problem)

    def batch(
        self,
        registry: str,
        position: Mapping[str, object],
        drift: DriftLog,
        *,
        begins: frozenset[str] = frozenset(),
        complete: frozenset[str] = frozenset(),
        notes: tuple[str, ...] = (),
    ) -> Batch:
        """Everything added so far as one batch; starts over."""
        items = self._kept.values()
        batch = Batch(
            registry=registry,
            position=position,
            records=[item for item in items if isinstance(item, Record)],
            tombstones=[item for item in items if isinstance(item, Tombstone)],
            problems=[*(problem for _, problem in self._problems.values()), *self._nameless],
            drift=drift.take(),
            begins=begins,
            complete=complete,
            fetched=self.fetched,
            notes=notes,
        )
        self._kept, self._problems, self._nameless, self.fetched = {}, {}, [], 0
        return batch

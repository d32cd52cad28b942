"""What every connector offers, and how the oddities of a run are counted."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import chain, repeat
from types import MappingProxyType
from typing import Protocol

from ..domain.blocks import Block, Blocks
from ..domain.sync import Batch, Drift, Problem, Record, Tombstone

__all__ = ["Collected", "Connector", "DriftLog"]

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


class Collected:
    """What the next batch will hold, in the order it came; which version counts the store decides."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._blocks: list[Block] = []
        self._tombstones: list[Tombstone] = []
        self._problems: list[Problem] = []
        self.fetched = 0

    def add(self, item: Record | Tombstone) -> None:
        """A record or a deletion."""
        self.fetched += 1
        if isinstance(item, Record):
            self._records.append(item)
        else:
            self._tombstones.append(item)

    def add_block(self, block: Block) -> None:
        """Many records of one entity; what was added singly comes before all blocks."""
        self.fetched += len(block)
        if block:
            self._blocks.append(block)

    def set_aside(self, problem: Problem) -> None:
        """A faulty record."""
        self.fetched += 1
        self._problems.append(problem)

    def batch(
        self,
        registry: str,
        position: Mapping[str, object],
        drift: DriftLog,
        *,
        begins: frozenset[str] = frozenset(),
        complete: frozenset[str] = frozenset(),
        notes: tuple[str, ...] = (),
        expected: Mapping[str, int] = MappingProxyType({}),
    ) -> Batch:
        """Everything added so far as one batch; starts over."""
        batch = Batch(
            registry=registry,
            position=position,
            records=self._all_records(),
            tombstones=self._tombstones,
            problems=self._open_problems(),
            drift=drift.take(),
            begins=begins,
            complete=complete,
            fetched=self.fetched,
            notes=notes,
            expected=expected,
        )
        self._records, self._blocks, self._tombstones = [], [], []
        self._problems, self.fetched = [], 0
        return batch

    def _all_records(self) -> Sequence[Record]:
        if not self._blocks:
            return self._records
        singly = [Block.of(record.entity, [record]) for record in self._records]
        return Blocks(singly + self._blocks)

    def _open_problems(self) -> list[Problem]:
        """Without those that a good version in this very batch answers."""
        if not self._problems:
            return []
        good: dict[tuple[str, str], int] = {}
        singly: Iterable[Record | Tombstone] = chain(self._records, self._tombstones)
        items = chain(
            ((item.entity, item.id, item.version) for item in singly),
            *(
                zip(repeat(block.entity), block.ids, block.versions, strict=False)
                for block in self._blocks
            ),
        )
        for entity, source_id, version in items:
            key = (entity, source_id)
            good[key] = max(version, good.get(key, version))
        return [
            problem
            for problem in self._problems
            if good.get((problem.entity, problem.id), problem.version - 1) < problem.version
        ]

"""From verified drops to batches: every check of a drop, then its rows.

One drop is one batch. To read everything again the newest full drop and the deltas on it make one
batch together: applied one after the other they would show the mirror as it was days ago.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

from ...domain.sync import Batch, Drift, Record
from ..base import DriftLog
from .drop import Drop, Manifest, ManifestFile
from .listing import cross_check
from .rejection import rejected
from .rows import TABLES, DropRecords, Examined, examine

__all__ = ["CheckedDrop", "batch_of", "batch_of_all", "check"]

_GENERATION = 40
"""Bits of a version below the generation."""
_CHECKED_TABLES = frozenset({"institutions", "recognitions"})

_Parts = Mapping[str, tuple[ManifestFile, Examined]]


@dataclass(frozen=True, slots=True)
class CheckedDrop:
    """A drop that has passed every check, and what a first reading found in it."""

    drop: Drop
    full: bool
    parts: _Parts
    drift: tuple[Drift, ...]
    notes: tuple[str, ...]


class _Chained(Sequence[Record]):
    """The records of several drops, one drop after the other; read again at every iteration."""

    def __init__(self, parts: Sequence[DropRecords]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self._parts)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """Reads from the beginning every time: for a look, not for a loop."""
        return list(self)[index]


def check(
    drop: Drop, sequence: int | None, generation: int, *, remember: bool = False
) -> CheckedDrop:
    """Check and read a drop whose signature is verified.

    Args:
        drop: The drop.
        sequence: Of the drop before it; a delta must be on that.
        generation: See ``OshConnector``.
        remember: Keep the keys of its rows, for ``batch_of_all``.

    Raises:
        DropRejected: a check failed.
    """
    manifest = drop.manifest()
    full = manifest.kind == "full"
    if not full and manifest.base_sequence != sequence:
        raise rejected(drop.sequence, "base_differs")
    drop.check_members(manifest)
    drift = DriftLog()
    version = _version(generation, drop.sequence)
    parts = _examine(drop, manifest, drift, version, remember=remember)
    notes = [f"osh.table_missing:{name}" for name in TABLES if name not in parts]
    if full:
        notes += _cross_check(drop, manifest, parts)
    return CheckedDrop(drop, full, parts, drift.take(), tuple(notes))


def batch_of(checked: CheckedDrop, generation: int) -> Batch:
    """The batch that applies one drop."""
    return _batch([checked], generation)


def batch_of_all(checked: Sequence[CheckedDrop], generation: int) -> Batch:
    """The batch that applies a full drop and the deltas on it at once: the newest of each row.

    Args:
        checked: In order, the full one first; their rows remembered.
        generation: See ``OshConnector``.
    """
    later: dict[str, set[str]] = {name: set() for name in TABLES}
    for one in reversed(checked):
        for name, (_, found) in one.parts.items():
            keys = set(found.places)
            found.pass_over(later[name])
            later[name] |= keys
    return _batch(checked, generation)


def _batch(checked: Sequence[CheckedDrop], generation: int) -> Batch:
    first, last = checked[0], checked[-1].drop.sequence
    version = _version(generation, last)
    found = [part for one in checked for _, part in one.parts.values()]
    listings = frozenset(TABLES[name].name for name in first.parts) if first.full else frozenset()
    # A row without its key could be any of those held: nothing of its table is deleted this time.
    nameless = frozenset(
        TABLES[name].name
        for one in checked
        for name, (_, part) in one.parts.items()
        if part.nameless
    )
    return Batch(
        registry="osh",
        position={"generation": generation, "sequence": last},
        records=_Chained(
            [
                DropRecords(one.drop, list(one.parts.values()), version, full=one.full)
                for one in checked
            ]
        ),
        tombstones=[item for part in found for item in part.tombstones],
        problems=[item for part in found for item in part.problems],
        drift=tuple(item for one in checked for item in one.drift),
        begins=listings,
        complete=listings - nameless,
        fetched=sum(part.fetched for part in found),
        notes=tuple(note for one in checked for note in one.notes),
        expected={
            TABLES[name].name: sum(one.parts[name][0].rows for one in checked if name in one.parts)
            for name in TABLES
        },
    )


def _version(generation: int, sequence: int) -> int:
    return generation << _GENERATION | sequence


def _examine(
    drop: Drop, manifest: Manifest, drift: DriftLog, version: int, *, remember: bool
) -> dict[str, tuple[ManifestFile, Examined]]:
    full = manifest.kind == "full"
    parts: dict[str, tuple[ManifestFile, Examined]] = {}
    for file in manifest.files:
        table = file.table
        if table is None or table not in TABLES:
            if not _is_list(file):
                drift.add("osh", table or file.name, "unknown_entity")
            continue
        if table in parts:
            raise rejected(drop.sequence, "table_repeated", file.name)
        keep = full and table in _CHECKED_TABLES
        found = examine(drop, file, drift, version, full=full, keep=keep, remember=remember)
        parts[table] = (file, found)
    return parts


def _cross_check(drop: Drop, manifest: Manifest, parts: _Parts) -> tuple[str, ...]:
    lists = [file for file in manifest.files if _is_list(file)]
    if not lists or not parts.keys() >= _CHECKED_TABLES:
        return ()
    with drop.open(lists[0].name) as stream:
        content = stream.read()
    institutions, recognitions = (parts[name][1].kept for name in sorted(_CHECKED_TABLES))
    return cross_check(content, lists[0].rows, institutions, recognitions)


def _is_list(file: ManifestFile) -> bool:
    return file.table is None and file.name.endswith(".ods")

"""The CSV tables of a checked drop: decoded as the manifest says, read row by row."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import overload

from ...domain.records import Entity
from ...domain.records.osh import ENTITIES
from ...domain.sync import Problem, Record, Tombstone
from ...domain.vocabulary import code_of
from ..base import DriftLog
from ..fields import storable
from ..reading import Faulty, Reader
from .drop import Drop, ManifestFile
from .rejection import rejected

__all__ = ["TABLES", "DropRecords", "Examined", "examine"]

TABLES: Mapping[str, Entity] = {entity.collection: entity for entity in ENTITIES}

_OPERATION = "異動別"
_REFERENCE = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,6})|([0-9]{1,7}));", re.ASCII)
_UNICODE_END = 0x110000


@dataclass(frozen=True, slots=True)
class _Row:
    """One data row; ``cells`` by heading, empty ones left out; ``number`` counts from 0."""

    number: int
    operation: str
    cells: dict[str, str]
    whole: bool


@dataclass(slots=True)
class Examined:
    """What the first reading of a table found.

    Attributes:
        records: How many rows to insert or update; they are read again when they are needed.
        passed_over: Rows that a later row of the same key replaces or deletes.
        nameless: Whether the key of a row could not be read.
        kept: The rows themselves, of tables that are cross-checked.
        places: Key -> number of the row that counts, deletions included; only where asked for.
    """

    records: int = 0
    fetched: int = 0
    tombstones: list[Tombstone] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    passed_over: frozenset[int] = frozenset()
    nameless: bool = False
    kept: list[dict[str, str]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def pass_over(self, keys: AbstractSet[str]) -> None:
        """Leave out what a later drop says anew of these keys; ``places`` must be known."""
        again = self.places.keys() & keys
        deleted = {item.id for item in self.tombstones}
        self.records -= len(again - deleted)
        self.tombstones = [item for item in self.tombstones if item.id not in again]
        self.problems = [item for item in self.problems if item.id not in keys]
        self.passed_over |= {self.places[key] for key in again}


class DropRecords(Sequence[Record]):
    """The records of a drop, read from its files at every iteration: never all in memory.

    Args:
        drop: Checked.
        parts: The table files and what the first reading found in them.
        version: Of every record.
        full: Whether the drop is a full one.
    """

    def __init__(
        self,
        drop: Drop,
        parts: Sequence[tuple[ManifestFile, Examined]],
        version: int,
        *,
        full: bool,
    ) -> None:
        self._drop = drop
        self._parts = parts
        self._version = version
        self._full = full
        self._length = sum(found.records for _, found in parts)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Record]:
        for file, found in self._parts:
            if not found.records:
                continue
            entity = TABLES[str(file.table)]
            # Drift was counted at the first reading.
            reader = Reader(entity, DriftLog(), text_cells=True)
            for row in _rows(self._drop, file, entity, DriftLog()):
                if row.number in found.passed_over:
                    continue
                try:
                    item = _read(reader, row, self._version, full=self._full)
                except Faulty:
                    continue
                if isinstance(item, Record):
                    yield item

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """Reads from the beginning every time: for a look, not for a loop."""
        if isinstance(index, slice):
            return list(islice(self, *index.indices(self._length)))
        place = range(self._length)[index]
        return next(islice(self, place, None))


def examine(
    drop: Drop,
    file: ManifestFile,
    drift: DriftLog,
    version: int,
    *,
    full: bool,
    keep: bool,
    remember: bool = False,
) -> Examined:
    """Read a table for the first time: count, set faulty rows aside, note deletions.

    Args:
        drop: Its members are checked.
        file: A table of the catalogue.
        drift: Counts unknown columns and values.
        version: Of every record.
        full: Whether every row is 新增.
        keep: Whether to keep the rows.
        remember: Whether to keep the place of every key.

    Raises:
        DropRejected: it is no CSV, lacks its key, or has another number of rows than announced.
    """
    entity = TABLES[str(file.table)]
    reader = Reader(entity, drift, text_cells=True)
    found = Examined()
    deleted: dict[str, Tombstone] = {}
    last: dict[str, int] = {}
    passed_over: set[int] = set()
    faulty: list[tuple[int, Problem]] = []
    for row in _rows(drop, file, entity, drift):
        found.fetched += 1
        if keep:
            found.kept.append(row.cells)
        try:
            item = _read(reader, row, version, full=full)
        except Faulty as fault:
            where = f"{file.name} row {row.number + 2}"
            faulty.append((row.number, reader.problem(row.cells, fault, where, version)))
            continue
        before = last.get(item.id)
        if before is not None:
            passed_over.add(before)
        last[item.id] = row.number
        if isinstance(item, Tombstone):
            deleted[item.id] = item
        else:
            deleted.pop(item.id, None)
    if found.fetched != file.rows:
        raise rejected(drop.sequence, "rows_differ", file.name)
    found.records = len(last) - len(deleted)
    found.tombstones = list(deleted.values())
    found.problems = [problem for number, problem in faulty if last.get(problem.id, -1) < number]
    found.nameless = any(not problem.id for problem in found.problems)
    found.passed_over = frozenset(passed_over)
    if remember:
        found.places = last
    return found


def _read(reader: Reader, row: _Row, version: int, *, full: bool) -> Record | Tombstone:
    entity = reader.entity
    if not row.whole:
        raise Faulty("", "wrong_column_count")
    # In a full drop every row is 新增, whatever the cell says, but it cannot be a deletion.
    operation = code_of("osh.operation", row.operation) or ("upsert" if full else None)
    if operation is None or (full and operation == "delete"):
        raise Faulty(_OPERATION, "operation_unknown")
    if operation == "upsert":
        return reader.read(row.cells, version)
    key = row.cells.get(entity.key)
    if not key:
        raise Faulty(entity.key, "missing_required")
    if not storable(key):
        raise Faulty(entity.key, "bad_text")
    return Tombstone(entity.name, key, version)


def _rows(drop: Drop, file: ManifestFile, entity: Entity, drift: DriftLog) -> Iterator[_Row]:
    """The data rows of a member.

    Bytes that the encoding does not know become lone surrogates: the row is set aside, not the drop.
    """
    if file.encoding == "binary":
        raise rejected(drop.sequence, "encoding_unknown", file.name)
    references = file.encoding == "cp950"
    with (
        drop.open(file.name) as stream,
        io.TextIOWrapper(
            stream, encoding=file.encoding, errors="surrogateescape", newline=""
        ) as text,
    ):
        lines = csv.reader(text, strict=True)
        try:
            header = next(lines, None)
            if header is None:
                return
            columns = _columns(drop, file, entity, header, drift)
            width, number = len(header), 0
            for line in lines:
                if not line:
                    continue
                if references:
                    line = [_dereferenced(cell) for cell in line]  # noqa: PLW2901
                cells = {name: line[at] for at, name in columns if at < len(line) and line[at]}
                operation = cells.pop(_OPERATION, "")
                yield _Row(number, operation, cells, len(line) == width)
                number += 1
        except csv.Error as error:
            raise rejected(drop.sequence, "csv_invalid", file.name) from error


def _columns(
    drop: Drop, file: ManifestFile, entity: Entity, header: list[str], drift: DriftLog
) -> list[tuple[int, str]]:
    """Places of the contract's headings; others are reported, missing ones too."""
    if len(set(header)) != len(header) or entity.key not in header:
        raise rejected(drop.sequence, "header_invalid", file.name)
    known = [_OPERATION, entity.key, *(field.contract_name for field in entity.fields)]
    for name in header:
        if name not in known:
            drift.add(entity.name, name, "unknown_field")
    for name in known:
        if name not in header:
            drift.add(entity.name, name, "missing_column")
    return [(at, name) for at, name in enumerate(header) if name in known]


def _dereferenced(cell: str) -> str:
    return _REFERENCE.sub(_character, cell) if "&#" in cell else cell


def _character(match: "re.Match[str]") -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    surrogate = 0xD800 <= code <= 0xDFFF
    return match[0] if not 0 < code < _UNICODE_END or surrogate else chr(code)

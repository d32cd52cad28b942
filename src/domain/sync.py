"""What a connector hands to the store: records, tombstones, problems and the next position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Batch", "Drift", "Problem", "Record", "Tombstone"]


@dataclass(frozen=True, slots=True)
class Record:
    """One parsed and mapped record of an agency.

    Attributes:
        entity: ``vr.professional``; see ``domain.records``.
        id: The agency's key.
        version: Grows with every change of the record (VR ``version``; LTC ``seq`` below a counter of
            epochs; OSH drop sequence). A lower version than the stored one is old news. Equal ones
            are equal records, except that a drop published again may repair one: the hash tells.
        values: By our field names, plus ``<name>__code`` for fields with a vocabulary. Days are
            ``date``, stamps aware ``datetime``, amounts hundredths, persons' numbers ``NationalId``.
        raw_hash: SHA-256 of the record as it came.
        updated_at: The agency's own time of change, if it gives one.
    """

    entity: str
    id: str
    version: int
    values: Mapping[str, object]
    raw_hash: bytes
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A deletion that the agency announced; ``merged_into`` for LTC persons."""

    entity: str
    id: str
    version: int
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A faulty record, set aside: the old version stays, the reason is shown.

    Attributes:
        field: Contract name of the field, or empty.
        reason: Stable code (``missing_required``, ``wrong_type``, ``impossible_date`` ...).
        where: Page, line or file and row.
        raw: The record itself as bytes; the store keeps it encrypted until resolved.
        version: Of the faulty record: an older good one that comes late does not answer it. 0 where
            it cannot be read.
    """

    entity: str
    id: str
    field: str
    reason: str
    where: str
    raw: bytes
    raw_hash: bytes
    version: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """An unknown field, value, entity or table, reported once per field (value) and run.

    Attributes:
        kind: ``unknown_field``, ``unknown_value``, ``unknown_entity``, ``missing_column``.
        sample: The unknown term; never anything of an unknown field.
        count: Occurrences since the run's last batch: the counts of a run add up.
    """

    entity: str
    field: str
    kind: str
    sample: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What is applied in one transaction, together with ``position``.

    Attributes:
        position: The connector's cursor after this batch, JSON-ready; opaque to the store.
        records: May be lazy, read from a file again at every iteration: iterate, keep chunks, never
            the whole (an OSH drop is one batch whatever its size).
        problems: Rows set aside. They count as listed: a faulty row of a full listing is there, so
            its old version stays.
        begins: Entities of which a full listing begins with this batch: what the run touched before
            (an abandoned snapshot, an older drop) does not count as listed.
        complete: Entities of which this batch ends a full listing: rows not listed since it began
            are deleted by diff (LTC snapshots, OSH full drops). Both sets name it when one batch
            holds the whole listing.
        fetched: Rows read, for the run's report.
        notes: Findings of the fetch that are no record's problem, as stable codes, for the run's
            report: ``osh.ods_differs:OH0003``.
        expected: By entity, rows that the agency has announced for what is being read, where it has.
    """

    registry: str
    position: Mapping[str, object]
    records: Sequence[Record] = ()
    tombstones: Sequence[Tombstone] = ()
    problems: Sequence[Problem] = ()
    drift: Sequence[Drift] = ()
    begins: frozenset[str] = frozenset()
    complete: frozenset[str] = frozenset()
    fetched: int = 0
    notes: tuple[str, ...] = field(default=())
    expected: Mapping[str, int] = field(default_factory=dict)

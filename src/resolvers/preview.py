"""Who would change under other figures (試算): the stored population, decided twice, nothing written.

Certificates in force on the day are asked as the stored evaluations ask them, from registry facts
alone, once under the hub's figures and once under the proposed ones.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import PersonRows, Row
from ..domain.collector import collector_paused
from ..domain.errors import ConfigurationError, InvalidInput
from ..domain.records import REGISTRIES
from ..rules.params import FigureGroup, Ruleset, load_ruleset, read_groups
from ..store import read_preview
from ..store.evaluations import persons_after
from ..store.people import load_people
from .answers import Answer
from .context import Hub
from .decisions import Question, certificate_renewal
from .evaluations import certificates_of, registry_question

__all__ = ["Cell", "Changes", "Outcome", "Preview", "preview", "proposed_ruleset"]

_CHUNK = 500
_IN_FORCE = frozenset({"not_started", "valid", "window_open", "extended"})

Cell: TypeAlias = tuple[str, str, str | None]
"""Registry, type, county code; None where no county is on record."""

Progress = Callable[[int, int], None]


class Outcome(StrEnum):
    """What a certificate's requirements come to (結果)."""

    MET = "met"
    SHORT = "short"
    UNDECIDED = "undecided"

    @classmethod
    def of(cls, found: Answer) -> "Outcome":
        """Whether all requirements are met; undecided where the rule reports none."""
        if not found.requirements:
            return cls.UNDECIDED
        return cls.MET if all(item.met for item in found.requirements) else cls.SHORT


@dataclass(slots=True)
class Changes:
    """Certificates by what they come to now and under the proposed figures."""

    counts: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)

    @property
    def certificates(self) -> int:
        """All that were looked at."""
        return self.counts.total()

    @property
    def to_short(self) -> int:
        """Met now, short then."""
        return self.counts[Outcome.MET, Outcome.SHORT]

    @property
    def to_met(self) -> int:
        """Short now, met then."""
        return self.counts[Outcome.SHORT, Outcome.MET]

    @property
    def decidable(self) -> int:
        """Decided under one of the two only."""
        return sum(
            count
            for (before, after), count in self.counts.items()
            if before is not after and Outcome.UNDECIDED in {before, after}
        )

    def now(self, outcome: Outcome) -> int:
        """How many come to ``outcome`` under the hub's figures."""
        return sum(count for (before, _), count in self.counts.items() if before is outcome)

    @property
    def any(self) -> bool:
        """Whether any certificate changes."""
        return any(before is not after for before, after in self.counts)


@dataclass(slots=True)
class Preview:
    """What the proposed figures would change.

    Attributes:
        as_of: Day decided about.
        registry: The one looked at, None for all.
        current: Version of the hub's ruleset.
        proposed: Version of the proposed one.
        groups: Figure groups that differ, by id.
        persons: Persons looked at.
        total: Every certificate once.
        cells: By registry, type and county; a certificate of several counties counts in each.
        requirements: Requirement code -> certificates for which it (is no longer met, is now met).
        statuses: (registry, status now, status then) -> certificates, where the two differ.
    """

    as_of: date
    registry: str | None
    current: str
    proposed: str
    groups: tuple[str, ...]
    persons: int = 0
    total: Changes = field(default_factory=Changes)
    cells: dict[Cell, Changes] = field(default_factory=dict)
    requirements: dict[str, tuple[int, int]] = field(default_factory=dict)
    statuses: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def count(self, registry: str, cells: Sequence[Cell], before: Answer, after: Answer) -> None:
        """Count one certificate."""
        change = (Outcome.of(before), Outcome.of(after))
        self.total.counts[change] += 1
        for cell in cells:
            self.cells.setdefault(cell, Changes()).counts[change] += 1
        if before.status != after.status:
            self.statuses[registry, before.status, after.status] += 1
        met = {item.code: item.met for item in before.requirements}
        for item in after.requirements:
            if met.get(item.code, item.met) is not item.met:
                lost, won = self.requirements.get(item.code, (0, 0))
                self.requirements[item.code] = (lost + (not item.met), won + item.met)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    words = {str: "text", list: "a list", dict: "a map", date: "a day"}
    return words.get(type(value), type(value).__name__)


def _fits(name: str, group: FigureGroup, shipped: FigureGroup | None) -> None:
    """Refuse a group that the rules would not read, or would read wrongly.

    Raises:
        ConfigurationError: naming file and key.
    """
    if shipped is None:
        raise ConfigurationError(f"{name}: id: no figure group {group.id}; see docs/figures.md")
    if group.unit != shipped.unit:
        raise ConfigurationError(f"{name}: unit: expected {shipped.unit}, found {group.unit}")
    for key in sorted(set(shipped.values) - set(group.values)):
        raise ConfigurationError(f"{name}: values.{key} is missing: the rules ask for it")
    for key, dated in group.values.items():
        if key not in shipped.values:
            raise ConfigurationError(f"{name}: values.{key}: no rule asks for it")
        known = {_kind(one.value) for one in shipped.values[key] if one.value is not None}
        for one in dated:
            if one.value is not None and known and _kind(one.value) not in known:
                expected = " or ".join(sorted(known))
                raise ConfigurationError(f"{name}: values.{key}: {one.since}: expected {expected}")


def proposed_ruleset(folder: Path, current: Ruleset) -> Ruleset:
    """The figures of this version with those of ``folder`` in their place.

    Args:
        folder: Changed copies of figure files (``docs/figures.md``).
        current: The ruleset they must fit: the same groups, figures and kinds of value.

    Raises:
        ConfigurationError: no such folder, no file in it, or one that does not fit; names file and
            key.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: expected a folder with figure files (.yaml)")
    files: dict[str, str] = {}
    for name, group in read_groups(folder):
        if group.id in files:
            raise ConfigurationError(f"{name}: id: {group.id} stands in {files[group.id]} too")
        files[group.id] = name
        _fits(name, group, current.groups.get(group.id))
    if not files:
        raise ConfigurationError(f"{folder}: expected at least one figure file (.yaml)")
    return load_ruleset(folder)


Places = tuple[Mapping[tuple[UUID, str], Sequence[str]], Mapping[str, str]]
"""Counties of work by (person, registry), county by OSH class."""


def _cells(registry: str, kind: str, row: Row, person: UUID, places: Places) -> list[Cell]:
    working, training = places
    counties = set(working.get((person, registry), ()))
    if registry == "osh" and row["class_no"] in training:
        counties.add(training[row["class_no"]])
    return [(registry, kind, county) for county in sorted(counties)] or [(registry, kind, None)]


async def _chunk(
    connection: AsyncConnection, after: UUID | None, registries: Sequence[str], day: date
) -> tuple[dict[UUID, PersonRows], Places]:
    """The next persons with their rows and counties, read in one transaction that cannot write."""
    await connection.exec_driver_sql("set transaction read only")
    ids = await persons_after(connection, after, _CHUNK)
    people = await load_people(connection, ids, registries)
    numbers = {row["class_no"] for one in people.values() for row in one.osh.certificates}
    places = (
        await read_preview.work_counties(connection, ids, day),
        await read_preview.class_counties(connection, numbers - {None}),
    )
    await connection.rollback()
    return people, places


def _decide(
    found: Preview, now: Question, then: Question, people: Mapping[UUID, PersonRows], places: Places
) -> None:
    for key, person in people.items():
        for registry, row, face in certificates_of(now, person, now.as_of):
            if face.status not in _IN_FORCE:
                continue
            found.count(
                registry,
                _cells(registry, face.type, row, key, places),
                certificate_renewal(now, registry, row, person),
                certificate_renewal(then, registry, row, person),
            )


async def preview(
    hub: Hub,
    proposed: Ruleset,
    day: date,
    registry: str | None = None,
    progress: Progress | None = None,
) -> Preview:
    """Decide every certificate in force on ``day`` under the hub's figures and the proposed ones.

    Args:
        hub: Database, figures, settings; only read.
        proposed: As :func:`proposed_ruleset`.
        day: Day asked about.
        registry: Only this one; None: all.
        progress: Told how many persons of how many are done.

    Raises:
        InvalidInput: no such registry.
    """
    if registry is not None and registry not in REGISTRIES:
        raise InvalidInput(
            f"registry {registry!r}: expected one of {', '.join(REGISTRIES)}",
            f"登錄系統 {registry!r}:應為 {'、'.join(REGISTRIES)} 之一",
        )
    now = registry_question(hub, day)
    then = replace(now, ruleset=proposed)
    differ = tuple(
        sorted(key for key, group in proposed.groups.items() if group != hub.ruleset.groups[key])
    )
    found = Preview(day, registry, hub.ruleset.version, proposed.version, differ)
    registries = REGISTRIES if registry is None else (registry,)
    async with hub.reader.connect() as connection:
        total = await read_preview.count_persons(connection)
        await connection.rollback()
        people, places = await _chunk(connection, None, registries, day)
        while people:
            with collector_paused():
                _decide(found, now, then, people, places)
            found.persons += len(people)
            if progress is not None:
                progress(found.persons, max(total, found.persons))
            people, places = await _chunk(connection, max(people), registries, day)
    return found

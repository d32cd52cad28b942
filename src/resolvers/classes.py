"""OSH classes with timetable, roster and the decisions about filing and closing."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..domain.errors import Refused
from ..store import read_classes
from ..store.read_classes import ClassQuery
from .batch import Batch
from .context import Hub, Request
from .ids import NodeKind, encode_id, split_key
from .objects import Institution, OshCertificate, Trainee, TrainingClass, TrainingSession
from .pages import Page, page_size, read_cursor
from .people import person_rows
from .reach import allowed_registries, rows_of
from .registries import record_of, states, usable

__all__ = [
    "ClassFilter",
    "class_of_certificate",
    "classes_by_key",
    "classes_of",
    "sessions",
    "trainees",
    "training_classes",
]

_ORDER = "newest"
_ROSTER = "seq"
_NO_SEQ = 999_999


@dataclass(frozen=True, slots=True)
class ClassFilter:
    """What a list of OSH classes is asked for; empty: all.

    Attributes:
        counties: County codes of the place of training.
        institutions: 統一編號 of who holds them.
        states: filed noted running ended reported closed cancelled halted.
        kinds: professional, in_service.
        starts_from: First 開訓日, included.
        starts_to: Last 開訓日, included.
        codes: 機構代碼.
    """

    counties: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_to: date | None = None
    codes: tuple[str, ...] = ()


async def training_classes(
    hub: Hub,
    request: Request,
    asked: ClassFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[TrainingClass]:
    """A page of OSH classes, latest first day first.

    Raises:
        Refused: OSH is not the token's.
        RegistryUnavailable: OSH cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (date, str))
    rows = rows_of(request, RowKind.CLASS)
    query = ClassQuery(
        rows["osh"],
        asked.counties,
        asked.institutions,
        asked.states,
        asked.kinds,
        asked.starts_from,
        asked.starts_to,
        asked.codes,
    )
    sources = await usable(hub, request, rows)
    async with hub.reader.connect() as connection:
        found = await read_classes.class_page(connection, query, last, size + 1)
        count = await read_classes.class_count(connection, query) if total else None
    made = load_classes(hub, request, found[:size])
    return Page.cut(
        [
            (
                made.get(row["id"]),
                (row["starts_on"], row["id"]),
            )
            for row in found
        ],
        size,
        _ORDER,
        request.business_day,
        after=after,
        sources=sources,
        total_count=count,
    )


async def classes_of(
    institution: Institution,
    asked: ClassFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[TrainingClass]:
    """A page of the classes of an OSH institution; others have none.

    Raises:
        Refused, RegistryUnavailable, InvalidInput: as :func:`training_classes`.
    """
    hub, request = institution.batch.hub, institution.batch.request
    if institution.registry != "osh":
        return Page.none(_ORDER, request.business_day, total=total)
    code = split_key(institution.key)[1]
    return await training_classes(
        hub, request, replace(asked, codes=(code,)), first, after, total=total
    )


def load_classes(
    hub: Hub, request: Request, rows: Sequence[RowMapping]
) -> dict[str, TrainingClass]:
    """OSH classes of rows, in one batch, by 班別編號."""
    batch = Batch(hub, request)
    for row in rows:
        batch.members[row["id"]] = TrainingClass(
            id=encode_id(NodeKind.TRAINING_CLASS, row["id"]),
            key=row["id"],
            batch=batch,
            number=row["id"],
            title=row["training_name"],
            kind=row["training_kind__code"],
            format=row["format__code"],
            period_no=row["period_no"],
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
            state=row["state__code"],
            registry_state=row["state"],
            county=row["county"],
            county_code=row["county__code"],
            venue=row["venue"],
            total_hours=row["total_hours"],
            enrolled=row["trainees"],
            filed_on=row["filed_on"],
            noted_no=row["noted_no"],
            noted_on=row["noted_on"],
            uploaded_on=row["uploaded_on"],
            institution_key=f"osh:{row['institution_code']}" if row["institution_code"] else None,
            provenance=record_of(
                request, "osh", row["id"], row["source_updated_at"], row["synced_at"]
            ),
        )
    request.trace.registries.add("osh")
    return batch.members


async def classes_by_key(
    hub: Hub, request: Request, keys: Collection[str]
) -> dict[str, TrainingClass]:
    """The classes with these numbers that the reader may see."""
    await states(hub, request)
    rows = rows_of(request, RowKind.CLASS)
    async with hub.reader.connect() as connection:
        found = await read_classes.classes_by_id(connection, sorted(keys), rows["osh"])
    return load_classes(hub, request, found)


def class_of_certificate(
    certificate: OshCertificate,
) -> TrainingClass | Awaitable[TrainingClass | None] | None:
    """The class that a certificate was earned in."""
    if certificate.class_no is None:
        return None
    return certificate.batch.ask("class", certificate.key, _classes_of, None)


async def _classes_of(batch: Batch) -> Mapping[str, TrainingClass | None]:
    numbers = {
        key: item.class_no
        for key, item in batch.members.items()
        if isinstance(item, OshCertificate) and item.class_no
    }
    found = await classes_by_key(batch.hub, batch.request, set(numbers.values()))
    return {key: found.get(number) for key, number in numbers.items()}


def sessions(
    training: TrainingClass,
) -> Sequence[TrainingSession] | Awaitable[Sequence[TrainingSession]]:
    """The timetable, in order."""
    return training.batch.ask("sessions", training.key, _sessions, ())


async def _sessions(batch: Batch) -> Mapping[str, Sequence[TrainingSession]]:
    async with batch.hub.reader.connect() as connection:
        rows = await read_classes.sessions_of(connection, list(batch.members))
    found: dict[str, list[TrainingSession]] = {}
    for row in rows:
        found.setdefault(row["class_no"], []).append(
            TrainingSession(
                row["id"],
                row["date"],
                row["time"],
                row["course"],
                row["hours"],
                row["category__code"],
                row["lecturer_name"],
            )
        )
    return found


def trainees(
    training: TrainingClass, first: int | None, after: str | None, *, total: bool
) -> Page[Trainee] | Awaitable[Page[Trainee]]:
    """A page of the roster, by 序號.

    Raises:
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ROSTER, (int, str))
    cut = None if last is None else (last[0] or 0, last[1])

    async def load(batch: Batch) -> Mapping[str, Page[Trainee]]:
        return await _trainees(batch, size, cut, after, total=total)

    empty: Page[Trainee] = Page.none(_ROSTER, training.batch.request.business_day, total=total)
    return training.batch.ask(("trainees", size, after, total), training.key, load, empty)


async def _trainees(
    batch: Batch, size: int, cut: tuple[int, str] | None, after: str | None, *, total: bool
) -> Mapping[str, Page[Trainee]]:
    hub, request = batch.hub, batch.request
    if "osh" not in person_rows(request) and "osh" not in allowed_registries(
        request, RowKind.PERSON
    ):
        raise Refused(
            "the token may not read rosters", "權杖無權讀取名冊", details={"registries": ["osh"]}
        )
    sources = await usable(hub, request, ["osh"])
    numbers = list(batch.members)
    async with hub.reader.connect() as connection:
        rows = await read_classes.trainees_of(connection, numbers, cut, size + 1)
        counts = await read_classes.trainee_counts(connection, numbers) if total else {}
    siblings = Batch(hub, request)
    by_class: dict[str, list[RowMapping]] = {}
    for row in rows:
        by_class.setdefault(row["class_no"], []).append(row)
        siblings.members[row["id"]] = _trainee(siblings, row)
    request.trace.subjects.update(
        item.person for item in siblings.members.values() if item.person is not None
    )
    request.trace.count("trainees", len(siblings.members))
    return {
        number: Page.cut(
            [
                (siblings.members[row["id"]], (row["position"], row["id"]))
                for row in by_class.get(number, ())
            ],
            size,
            _ROSTER,
            request.business_day,
            after=after,
            sources=sources,
            total_count=counts.get(number, 0) if total else None,
        )
        for number in numbers
    }


def _trainee(batch: Batch, row: RowMapping) -> Trainee:
    facts: dict[str, Any] = dict(row)
    return Trainee(
        id=row["id"],
        key=row["id"],
        batch=batch,
        seq=None if row["position"] == _NO_SEQ else row["position"],
        person=None if row["hub_person"] is None else str(row["hub_person"]),
        class_no=row["class_no"],
        profession=row["profession__code"],
        provenance=record_of(
            batch.request, "osh", row["id"], row["source_updated_at"], row["synced_at"]
        ),
        row=facts,
    )

"""The stored evaluation of every certificate on the business day (design.md 2, decision 6).

From registry facts alone, so it is the same for every reader; recomputed only for persons that a
sync changed, where time changes the answer, and where figures changed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.amounts import to_number
from ..domain.bundles import PersonRows, Row
from ..domain.collector import collector_paused
from ..domain.provenance import Freshness, Provenance
from ..domain.records import REGISTRIES
from ..store import evaluations as store
from ..store.evaluations import EvaluationRow
from ..store.people import load_people
from .answers import Answer
from .context import Hub
from .decisions import Question, certificate_renewal
from .facts.built import earliest_after
from .facts.faces import Face, ltc_face, osh_face, vr_face

__all__ = [
    "certificates_of",
    "evaluate_all",
    "evaluate_changed",
    "evaluate_due",
    "evaluate_people",
    "registry_question",
    "rows_of",
]

_CHUNK = 500
"""Persons in one transaction: some ten thousand rows, well under a second."""

_LANES = 2

Progress = Callable[[int], None]


def rows_of(question: Question, person: PersonRows, now: datetime) -> Iterator[EvaluationRow]:
    """The rows of ``hub.evaluation`` of one person.

    Args:
        question: The business day, figures and settings.
        person: All rows of all registries.
        now: Written as ``computed_at``.
    """
    day = question.as_of
    for registry, row, face in certificates_of(question, person, day):
        found = certificate_renewal(question, registry, row, person)
        yield _row(registry, row, face, found, person, now)


def certificates_of(
    question: Question, person: PersonRows, day: date
) -> Iterable[tuple[str, Row, Face]]:
    """(registry, row, face on ``day``) of every certificate that is evaluated."""
    for row in person.vr.qualifications:
        yield "vr", row, vr_face(row, person.vr, day, question.ruleset)
    for row in person.ltc.certificates:
        yield "ltc", row, ltc_face(row, day, question.ruleset)
    for row in person.osh.certificates:
        if row["kind__code"] == "certificate":
            yield "osh", row, osh_face(row, person.osh, day)


def _row(
    registry: str, row: Row, face: Face, found: Answer, person: PersonRows, now: datetime
) -> EvaluationRow:
    requirements = {
        item.code: {
            "met": item.met,
            "counted": None if item.counted is None else to_number(item.counted),
            "required": to_number(item.required),
        }
        for item in found.requirements
    }
    return (
        f"{registry}:{row['id']}",
        registry,
        face.type,
        UUID(person.id),
        found.as_of,
        face.status,
        found.status,
        found.eligible,
        face.valid_from,
        face.valid_to,
        orjson.dumps(requirements).decode(),
        [item.code for item in found.requirements if not item.met],
        [item.code for item in found.findings],
        found.ruleset_version,
        found.facts_hash,
        earliest_after(found.as_of, (found.next_change_on, face.changes_on)),
        now,
    )


def registry_question(hub: Hub, day: date) -> Question:
    """The evaluations' question: whether the registries are fresh is told where they are read."""
    states = {name: Provenance(name, Freshness.FRESH) for name in REGISTRIES}
    return Question(day, hub.ruleset, states, hub.rule_params, hub.holidays)


async def evaluate_people(
    connection: AsyncConnection, question: Question, ids: Sequence[UUID], now: datetime
) -> int:
    """Evaluate all certificates of these persons and store the outcome.

    Args:
        connection: Inside the transaction that stores it.
        question: The business day, figures and settings.
        ids: Hub uuids of living persons.
        now: Written as ``computed_at``.

    Returns:
        How many certificates.
    """
    await store.unqueue(connection, ids)
    people = await load_people(connection, ids)
    rows = [row for person in people.values() for row in rows_of(question, person, now)]
    await store.replace(connection, list(people), rows)
    return len(rows)


def _day(hub: Hub, day: date | None) -> date:
    return day or hub.business_day(hub.clock())


Take = Callable[[AsyncConnection], Awaitable[Sequence[UUID]]]
"""The next persons, taken inside the transaction that evaluates them; none: there are no more."""


async def _lanes(hub: Hub, question: Question, take: Take, progress: Progress | None) -> int:
    """Chunk after chunk; while one is decided, the database already gathers the next."""
    done = 0

    async def lane() -> None:
        nonlocal done
        while True:
            async with hub.engine.begin() as connection:
                ids = await take(connection)
                if not ids:
                    return
                found = await evaluate_people(connection, question, ids, hub.clock())
            done += found  # after the await: the other lane counts meanwhile
            if progress is not None:
                progress(done)

    with collector_paused():
        tasks = [asyncio.create_task(lane()) for _ in range(_LANES)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
    return done


def _in_order(page: Callable[[AsyncConnection, UUID | None], Awaitable[Sequence[UUID]]]) -> Take:
    """Pages of persons in order of their id, each handed out once."""
    last: UUID | None = None
    turn = asyncio.Lock()

    async def take(connection: AsyncConnection) -> Sequence[UUID]:
        nonlocal last
        async with turn:
            ids = await page(connection, last)
            last = ids[-1] if ids else last
            return ids

    return take


async def evaluate_all(hub: Hub, day: date | None = None, progress: Progress | None = None) -> int:
    """Evaluate every certificate.

    Args:
        hub: Engine, figures, clock.
        day: None: the business day.
        progress: Told the number of certificates so far.

    Returns:
        How many certificates.
    """
    started = hub.clock()

    async def page(connection: AsyncConnection, after: UUID | None) -> Sequence[UUID]:
        return await store.persons_after(connection, after, _CHUNK)

    done = await _lanes(hub, registry_question(hub, _day(hub, day)), _in_order(page), progress)
    async with hub.engine.begin() as connection:
        await store.drop_older(connection, started)
    return done


async def evaluate_changed(
    hub: Hub, day: date | None = None, progress: Progress | None = None
) -> int:
    """Evaluate the certificates of persons that a sync changed.

    Args:
        hub: Engine, figures, clock.
        day: None: the business day.
        progress: Told the number of certificates so far.

    Returns:
        How many certificates.
    """

    async def take(connection: AsyncConnection) -> Sequence[UUID]:
        return await store.claim(connection, _CHUNK)

    return await _lanes(hub, registry_question(hub, _day(hub, day)), take, progress)


async def evaluate_due(hub: Hub, day: date | None = None, progress: Progress | None = None) -> int:
    """Evaluate what a sync, the passing of days or new figures may have changed.

    Args:
        hub: Engine, figures, clock.
        day: None: the business day.
        progress: Told the number of certificates so far.

    Returns:
        How many certificates.
    """
    on = _day(hub, day)
    changed = await evaluate_changed(hub, on, progress)

    async def page(connection: AsyncConnection, after: UUID | None) -> Sequence[UUID]:
        return await store.persons_due(connection, on, hub.ruleset.version, after, _CHUNK)

    def further(done: int) -> None:
        if progress is not None:
            progress(changed + done)

    return changed + await _lanes(hub, registry_question(hub, on), _in_order(page), further)

"""Learning activities of persons, newest first, as their registries hold them."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..domain.amounts import parse_amount
from ..domain.bundles import OshRows
from ..domain.vocabulary import ltc_mode, vr_role
from ..store import read_activities, read_classes
from ..store.read_activities import ActivityQuery
from .batch import Batch
from .context import Hub, Request
from .facts import osh_people, vr_activities
from .facts.built import Findings
from .ids import NodeKind, encode_id
from .objects import Activity, Person
from .pages import Page, page_size, read_cursor
from .reach import rows_of
from .registries import record_of, states, usable

__all__ = ["activities_by_key", "activities_of", "load_activities_of"]

_ORDER = "newest"
Cut = tuple[tuple[str, ...] | None, date | None, date | None, int, str | None, bool]


def activities_of(
    person: Person,
    registries: Sequence[str] | None,
    start: date | None,
    end: date | None,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Activity] | Awaitable[Page[Activity]]:
    """A page of a person's activities, newest first.

    Args:
        person: Who learned.
        registries: Registry codes; None: all that the token may read.
        start: First day, included.
        end: Last day, included.
        first: At most 100.
        after: Cursor of this list.
        total: Whether to count them all.

    Raises:
        InvalidInput: a cursor or size that is none.
    """
    names = None if registries is None else tuple(sorted(set(registries)))
    cut: Cut = (names, start, end, page_size(first), after, total)
    read_cursor(after, _ORDER, (date, str))

    async def load(batch: Batch) -> Mapping[str, Page[Activity]]:
        return await load_activities_of(batch, cut)

    empty: Page[Activity] = Page.none(_ORDER, person.batch.request.business_day, total=total)
    return person.batch.ask(("activities", cut), person.key, load, empty)


async def load_activities_of(batch: Batch, cut: Cut) -> Mapping[str, Page[Activity]]:
    """The page ``cut`` of the activities of every person of ``batch``, by the person's uuid.

    Raises:
        Refused: a named registry is not the token's.
        RegistryUnavailable: one cannot be relied on.
    """
    names, start, end, size, after, total = cut
    hub, request = batch.hub, batch.request
    rows = rows_of(request, RowKind.PERSON, names)
    sources = await usable(hub, request, rows)
    last = read_cursor(after, _ORDER, (date, str))
    seen: tuple[date, str] | None = last and (last[0] or date.max, last[1])
    persons = [UUID(key) for key in batch.members]
    found: dict[str, list[Activity]] = {key: [] for key in batch.members}
    siblings = Batch(hub, request)
    # Counting, or going on after a cursor that stands in another registry, needs them all.
    limit = _ALL if total or seen is not None else size + 1
    until = end if total or seen is None else min(end or seen[0], seen[0])
    async with hub.reader.connect() as connection:
        for name, allowed in rows.items():
            page = await read_activities.newest_activities(
                connection, name, persons, ActivityQuery(allowed, start, until), limit
            )
            classes = await _classes(connection, rows, page) if name == "osh" else {}
            for row in page:
                found[str(row["hub_person"])] += _activities(siblings, name, row, classes)
    request.trace.registries.update(rows)
    pages: dict[str, Page[Activity]] = {}
    for key, items in found.items():
        items.sort(key=_newest_first)
        later = [item for item in items if seen is None or _beyond(item, seen)]
        pages[key] = Page.cut(
            [(item, (item.date, item.key)) for item in later[: size + 1]],
            size,
            _ORDER,
            request.business_day,
            after=after,
            sources=sources,
            total_count=len(items) if total else None,
        )
    request.trace.count("activities", sum(len(page.edges) for page in pages.values()))
    return pages


def _newest_first(item: Activity) -> tuple[int, str]:
    return -item.date.toordinal(), item.key


def _beyond(item: Activity, seen: tuple[date, str]) -> bool:
    return item.date < seen[0] or (item.date == seen[0] and item.key > seen[1])


_ALL = 10_000
"""More rows than one person has in one registry; the statement still ends."""


async def _classes(
    connection: Any, rows: Mapping[str, Any], page: Iterable[RowMapping]
) -> Mapping[str, RowMapping]:
    numbers = {row["class_no"] for row in page if row["class_no"]}
    if not numbers:
        return {}
    found = await read_classes.classes_by_id(connection, numbers, rows["osh"])
    return {row["id"]: row for row in found}


def _activities(
    batch: Batch, registry: str, row: RowMapping, classes: Mapping[str, RowMapping]
) -> list[Activity]:
    if registry == "osh":
        made = _osh(batch, row, classes)
    else:
        made = [(_vr if registry == "vr" else _ltc)(batch, row)]
    for item in made:
        batch.members[item.key] = item
    return made


def _shared(batch: Batch, registry: str, row: RowMapping, key: str) -> dict[str, Any]:
    return {
        "id": encode_id(NodeKind.ACTIVITY, f"{registry}:{key}"),
        "key": f"{registry}:{key}",
        "batch": batch,
        "registry": registry,
        "person": str(row["hub_person"]),
        "date": row["held"],
        "provenance": record_of(
            batch.request, registry, row["id"], row["source_updated_at"], row["synced_at"]
        ),
    }


def _vr(batch: Batch, row: RowMapping) -> Activity:
    record: Any = dict(row)
    known = row["identity__code"] is not None or not row["identity"]
    return Activity(
        **_shared(batch, "vr", row, row["id"]),
        title=row["course_name"],
        attribute=row["category__code"],
        categories=(),
        mode=row["delivery__code"],
        role=vr_role(row["identity__code"], row["lecturer__code"]) if known else None,
        points=None,
        hours=vr_activities.credited(record),
        review_state=row["status__code"],
        kind=row["nature__code"],
        provider_name=row["provider"],
        course_key=row["course_no"],
    )


def _ltc(batch: Batch, row: RowMapping) -> Activity:
    return Activity(
        **_shared(batch, "ltc", row, row["id"]),
        title=row["course_name"],
        attribute=row["attribute__code"],
        categories=row["categories__codes"] or (),
        mode=ltc_mode(row["mode__code"], bool(row["live_sync"])) if row["mode__code"] else None,
        role=row["role__code"],
        points=row["points"],
        hours=None,
        review_state=row["status__code"],
        kind=row["training_course__code"] or "general",
        provider_name=row["unit_name"],
        course_key=row["course_id"],
    )


def _osh(batch: Batch, row: RowMapping, classes: Mapping[str, RowMapping]) -> list[Activity]:
    known: Any = {key: dict(item) for key, item in classes.items()}
    osh = OshRows(certificates=[dict(row)], classes=known)
    made = []
    for facts, _, _ in osh_people.activities(osh, Findings(), providers=False):
        shared = _shared(batch, "osh", row, str(facts["id"]))
        categories: Any = facts["categories"]
        made.append(
            Activity(
                **shared,
                title=str(facts.get("title") or row["kind"]),
                attribute=str(facts["attribute"]),
                categories=categories,
                mode="in_person",
                role="attendee",
                points=None,
                hours=parse_amount(facts["hours"]),
                review_state="confirmed",
                kind=str(facts["kind"]),
                provider_name=None,
                course_key=row["class_no"],
            )
        )
    return made


async def activities_by_key(
    hub: Hub, request: Request, registry: str, keys: Sequence[str]
) -> dict[str, Activity]:
    """The activities of ``registry`` with these agency keys that the reader may see."""
    await states(hub, request)
    rows = rows_of(request, RowKind.PERSON)
    if registry not in rows:
        return {}
    # An OSH proof gives one activity per category, told apart after the mark.
    ids = sorted({key.partition("#")[0] if registry == "osh" else key for key in keys})
    batch = Batch(hub, request)
    async with hub.reader.connect() as connection:
        found = await read_activities.activities_by_id(connection, registry, ids, rows[registry])
        classes = await _classes(connection, rows, found) if registry == "osh" else {}
    for row in found:
        _activities(batch, registry, row, classes)
    wanted = {f"{registry}:{key}" for key in keys}
    request.trace.registries.add(registry)
    request.trace.subjects.update(item.person for item in batch.members.values())
    return {key: item for key, item in batch.members.items() if key in wanted}

"""Learning activities of persons: the newest of each, cut by keyset, one statement per registry."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    RowMapping,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, live, of_class, registered
from .tables import mirror
from .tables_people import person_record

__all__ = ["ActivityQuery", "activities_by_id", "newest_activities"]

_TABLES = {"vr": "vr.training_record", "ltc": "ltc.credit", "osh": "osh.certificate"}
_PARENTS = {"vr": "professional_id", "ltc": "person_id"}
_PERSONS = {"vr": "vr.professional", "ltc": "ltc.person", "osh": "osh.certificate"}


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """Activities of a registry between two days (both included), after a keyset.

    Attributes:
        rows: The reader's rows in that registry.
        after: Day and id of the last one seen; the order is newest first, then by id.
    """

    rows: Rows
    start: date | None = None
    end: date | None = None
    after: tuple[date, str] | None = None


def _day(registry: str, table: Any) -> ColumnElement[date]:
    if registry == "vr":
        held: ColumnElement[date] = table.c.held_to
        return held
    if registry == "ltc":
        return cast(func.timezone("Asia/Taipei", table.c.ends_at), Date)
    training = mirror("osh.training_class").alias()
    of_the_class = (
        select(training.c.ends_on).where(training.c.id == table.c.class_no).scalar_subquery()
    )
    return func.coalesce(table.c.ends_on, of_the_class)


def _seen(registry: str, table: Any, person: Any, rows: Rows) -> ColumnElement[bool]:
    if rows.everything:
        return true()
    if registry == "osh":
        return of_class(table.c.class_no, rows)
    return registered(person, registry, rows.counties, rows.on)


def _between(day: ColumnElement[date], key: Any, query: ActivityQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.start is not None:
        conditions.append(day >= query.start)
    if query.end is not None:
        conditions.append(day <= query.end)
    if query.after is not None:
        last, last_key = query.after
        conditions.append(or_(day < last, and_(day == last, key > last_key)))
    return conditions


def _linked(registry: str, persons: Collection[UUID]) -> tuple[Any, ColumnElement[bool]]:
    link = person_record.alias("link")
    wanted = any_(bindparam(None, list(persons), ARRAY(Uuid()), unique=True))
    return link, and_(link.c.entity == _PERSONS[registry], link.c.person_id == wanted)


def _own(registry: str, table: Any, link: Any) -> ColumnElement[bool]:
    column = "id" if registry == "osh" else _PARENTS[registry]
    joined: ColumnElement[bool] = table.c[column] == link.c.source_id
    return joined


async def newest_activities(
    connection: AsyncConnection,
    registry: str,
    persons: Collection[UUID],
    query: ActivityQuery,
    limit: int,
) -> Sequence[RowMapping]:
    """Per person at most ``limit`` activities, with ``hub_person`` and ``held`` (a day).

    A VR member or LTC identity of the same person is cut for itself: with several of them more than
    ``limit`` rows may come; the caller cuts again. OSH rows hold one activity per category.
    """
    link, of_persons = _linked(registry, persons)
    table = mirror(_TABLES[registry]).alias("t")
    day = _day(registry, table)
    newest = (
        select(table, day.label("held"))
        .where(_own(registry, table, link), live(table), *_between(day, table.c.id, query))
        .where(_seen(registry, table, link.c.person_id, query.rows))
        .order_by(day.desc(), table.c.id)
        .limit(limit)
        .lateral("newest")
    )
    statement = (
        select(link.c.person_id.label("hub_person"), newest)
        .select_from(link.join(newest, true()))
        .where(of_persons)
    )
    return (await connection.execute(statement)).mappings().all()


async def activities_by_id(
    connection: AsyncConnection, registry: str, ids: Collection[str], rows: Rows
) -> Sequence[RowMapping]:
    """The live records with these agency keys that the reader may see."""
    table, link = mirror(_TABLES[registry]).alias("t"), person_record.alias("link")
    statement = (
        select(link.c.person_id.label("hub_person"), table, _day(registry, table).label("held"))
        .select_from(
            table.join(link, and_(link.c.entity == _PERSONS[registry], _own(registry, table, link)))
        )
        .where(in_texts(table.c.id, ids), live(table))
        .where(_seen(registry, table, link.c.person_id, rows))
    )
    return (await connection.execute(statement)).mappings().all()

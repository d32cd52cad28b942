"""OSH classes with timetables and rosters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, live, of_class
from .tables import mirror
from .tables_people import person_record

__all__ = [
    "ClassQuery",
    "class_count",
    "class_page",
    "classes_by_id",
    "sessions_of",
    "trainee_counts",
    "trainees_of",
]


@dataclass(frozen=True, slots=True)
class ClassQuery:
    """OSH classes by county, institution (統一編號 or 機構代碼), state, kind and days; empty: all."""

    rows: Rows
    counties: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_to: date | None = None
    codes: tuple[str, ...] = ()


def _classes(query: ClassQuery) -> Select[Any]:
    table = mirror("osh.training_class")
    statement = select(table).where(live(table), of_class(table.c.id, query.rows))
    if query.counties:
        statement = statement.where(in_texts(table.c.county__code, query.counties))
    if query.institutions:
        owner = mirror("osh.institution").alias()
        statement = statement.where(
            table.c.institution_code.in_(
                select(owner.c.id).where(in_texts(owner.c.tax_id, query.institutions), live(owner))
            )
        )
    if query.codes:
        statement = statement.where(in_texts(table.c.institution_code, query.codes))
    if query.states:
        statement = statement.where(in_texts(table.c.state__code, query.states))
    if query.kinds:
        statement = statement.where(in_texts(table.c.training_kind__code, query.kinds))
    if query.starts_from is not None:
        statement = statement.where(table.c.starts_on >= query.starts_from)
    if query.starts_to is not None:
        statement = statement.where(table.c.starts_on <= query.starts_to)
    return statement


def _newest_first(table: Any, after: Sequence[Any] | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    day, key = after
    starts = table.c.starts_on
    if day is None:
        return and_(starts.is_(None), table.c.id > key)
    return or_(starts < day, and_(starts == day, table.c.id > key), starts.is_(None))


async def class_page(
    connection: AsyncConnection, query: ClassQuery, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """Classes, latest first day first; ``after`` holds that day (or None) and the key."""
    table = mirror("osh.training_class")
    statement: Select[Any] = (
        _classes(query)
        .where(_newest_first(table, after))
        .order_by(table.c.starts_on.desc().nulls_last(), table.c.id)
        .limit(limit)
    )
    found: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return found


async def class_count(connection: AsyncConnection, query: ClassQuery) -> int:
    """How many classes fit."""
    rows = _classes(query).subquery()
    found: int = (await connection.execute(select(func.count()).select_from(rows))).scalar_one()
    return found


async def classes_by_id(
    connection: AsyncConnection, ids: Collection[str], rows: Rows
) -> Sequence[RowMapping]:
    """The classes with these numbers that the reader may see."""
    table = mirror("osh.training_class")
    statement: Select[Any] = _classes(ClassQuery(rows)).where(in_texts(table.c.id, ids))
    found: Sequence[RowMapping] = (await connection.execute(statement)).mappings().all()
    return found


async def sessions_of(connection: AsyncConnection, ids: Collection[str]) -> Sequence[RowMapping]:
    """Timetables of these classes in order, with the lecturer's name."""
    table, lecturer = mirror("osh.session"), mirror("osh.lecturer")
    statement = (
        select(table, lecturer.c.name.label("lecturer_name"))
        .select_from(
            table.outerjoin(lecturer, and_(lecturer.c.id == table.c.lecturer_no, live(lecturer)))
        )
        .where(in_texts(table.c.class_no, ids), live(table))
        .order_by(table.c.class_no, table.c.date.asc().nulls_last(), table.c.time, table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


def _seq(table: Any) -> ColumnElement[int]:
    # 序號 is text at the agency; one that is no number comes last.
    return case(
        (table.c.seq.regexp_match(r"^[0-9]{1,6}$"), cast(table.c.seq, Integer)), else_=999999
    )


async def trainees_of(
    connection: AsyncConnection,
    ids: Collection[str],
    after: tuple[int, str] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Per class at most ``limit`` trainees by 序號, with ``hub_person`` and ``position``."""
    training = mirror("osh.training_class").alias("c")
    table, link = mirror("osh.trainee").alias("t"), person_record.alias("link")
    position = _seq(table)
    inner = (
        select(table, position.label("position"))
        .where(table.c.class_no == training.c.id, live(table))
        .order_by(position, table.c.id)
        .limit(limit)
    )
    if after is not None:
        inner = inner.where(
            or_(position > after[0], and_(position == after[0], table.c.id > after[1]))
        )
    rows = inner.lateral("rows")
    statement = (
        select(rows, link.c.person_id.label("hub_person"))
        .select_from(
            training.join(rows, true()).outerjoin(
                link, and_(link.c.entity == "osh.trainee", link.c.source_id == rows.c.id)
            )
        )
        .where(in_texts(training.c.id, ids))
        .order_by(rows.c.class_no, rows.c.position, rows.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def trainee_counts(connection: AsyncConnection, ids: Collection[str]) -> Mapping[str, int]:
    """How many trainees these classes have."""
    table = mirror("osh.trainee")
    statement = (
        select(table.c.class_no, func.count())
        .where(in_texts(table.c.class_no, ids), live(table))
        .group_by(table.c.class_no)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}

"""Courses of continuing education in VR and LTC."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    RowMapping,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, live, of_course
from .tables import mirror

__all__ = ["CourseQuery", "course_count", "course_page", "courses_by_key", "owners_of"]

_COURSES: Mapping[str, str] = {"vr": "vr.course", "ltc": "ltc.course"}


@dataclass(frozen=True, slots=True)
class CourseQuery:
    """Courses by registry, number, institution (統一編號 or LTC unit), state and first day; empty: all."""

    rows: Mapping[str, Rows]
    numbers: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    starts_from: date | None = None
    starts_to: date | None = None
    units: tuple[str, ...] = ()


def _course_day(registry: str, column: Any) -> ColumnElement[date]:
    if registry == "ltc":
        return cast(func.timezone("Asia/Taipei", column), Date)
    day: ColumnElement[date] = column
    return day


def _courses(registry: str, query: CourseQuery) -> Select[Any]:
    table = mirror(_COURSES[registry])
    ltc = registry == "ltc"
    starts = _course_day(registry, table.c.starts_at if ltc else table.c.starts_on)
    ends = _course_day(registry, table.c.ends_at if ltc else table.c.ends_on)
    statement = select(
        literal(registry).label("registry"),
        table.c.id,
        starts.label("starts_on"),
        ends.label("ends_on"),
    ).where(live(table), of_course(table, registry, query.rows[registry]))
    if query.numbers:
        statement = statement.where(in_texts(table.c.id if ltc else table.c.no, query.numbers))
    if query.institutions:
        if ltc:
            unit = mirror("ltc.unit").alias()
            statement = statement.where(
                table.c.unit_id.in_(
                    select(unit.c.id).where(in_texts(unit.c.tax_id, query.institutions), live(unit))
                )
            )
        else:
            statement = statement.where(in_texts(table.c.institution_tax_id, query.institutions))
    if query.units:
        statement = statement.where(in_texts(table.c.unit_id, query.units) if ltc else false())
    if query.states:
        # An LTC course is in the feed once it is approved; it has no state of its own.
        statement = statement.where(
            (true() if "approved" in query.states else false())
            if ltc
            else in_texts(_vr_state(table), query.states)
        )
    if query.starts_from is not None:
        statement = statement.where(starts >= query.starts_from)
    if query.starts_to is not None:
        statement = statement.where(starts <= query.starts_to)
    return statement


def _vr_state(table: Any) -> ColumnElement[str]:
    imported = and_(
        table.c.status__code == "approved",
        table.c.roster_state__code.in_(("roster_imported", "hours_verified")),
    )
    return case((imported, table.c.roster_state__code), else_=table.c.status__code)


async def course_page(
    connection: AsyncConnection, query: CourseQuery, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """(registry, id, starts_on, ends_on), latest first day first, then registry and key.

    ``after`` holds the day (or None), the registry and the key.
    """
    if not query.rows:
        return []
    parts = []
    for registry in sorted(query.rows):
        part = _courses(registry, query).subquery()
        statement = select(part)
        if after is not None:
            day = after[0]
            beyond = (
                true()
                if registry > after[1]
                else false()
                if registry < after[1]
                else part.c.id > after[2]
            )
            statement = statement.where(
                and_(part.c.starts_on.is_(None), beyond)
                if day is None
                else or_(
                    part.c.starts_on < day,
                    and_(part.c.starts_on == day, beyond),
                    part.c.starts_on.is_(None),
                )
            )
        ordered = statement.order_by(part.c.starts_on.desc().nulls_last(), part.c.id).limit(limit)
        parts.append(ordered.subquery().select())
    rows = union_all(*parts).subquery()
    page = (
        select(rows)
        .order_by(rows.c.starts_on.desc().nulls_last(), rows.c.registry, rows.c.id)
        .limit(limit)
    )
    return (await connection.execute(page)).mappings().all()


async def course_count(connection: AsyncConnection, query: CourseQuery) -> int:
    """How many courses fit."""
    if not query.rows:
        return 0
    parts = [_courses(registry, query).subquery().select() for registry in query.rows]
    rows = union_all(*parts).subquery()
    found: int = (await connection.execute(select(func.count()).select_from(rows))).scalar_one()
    return found


async def courses_by_key(
    connection: AsyncConnection, registry: str, ids: Collection[str], rows: Rows
) -> Sequence[RowMapping]:
    """The whole records of the courses with these keys that the reader may see."""
    table = mirror(_COURSES[registry])
    statement = select(table).where(
        in_texts(table.c.id, ids), live(table), of_course(table, registry, rows)
    )
    return (await connection.execute(statement)).mappings().all()


async def owners_of(
    connection: AsyncConnection, registry: str, courses: Collection[str]
) -> dict[str, str]:
    """Who held these courses (VR number, LTC id) or classes (班別編號).

    Returns:
        ``vr#<統一編號>``, ``ltc:<unit>`` or ``osh:<institution>``, by course.
    """
    if registry == "osh":
        table = mirror("osh.training_class")
        key, owner, mark = table.c.id, table.c.institution_code, "osh:"
    elif registry == "ltc":
        table = mirror("ltc.course")
        key, owner, mark = table.c.id, table.c.unit_id, "ltc:"
    else:
        table = mirror("vr.course")
        key, owner, mark = table.c.no, table.c.institution_tax_id, "vr#"
    statement = select(key, owner).where(in_texts(key, courses), live(table), owner.is_not(None))
    return {row[0]: f"{mark}{row[1]}" for row in (await connection.execute(statement)).all()}

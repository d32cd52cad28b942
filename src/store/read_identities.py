"""What a person has to look at before deciding about identities: records, doubts, changes, history."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Uuid, any_, bindparam, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import PERSON_ENTITIES
from .tables import mirror
from .tables_people import (
    identifier,
    identity_change,
    identity_review,
    person,
    person_merge,
    person_record,
)

__all__ = [
    "changes_page",
    "current_persons",
    "history_of",
    "holders",
    "identity_records",
    "records_of",
    "reviews_page",
]


def _uuids(values: Collection[UUID]) -> Any:
    return any_(bindparam(None, list(values), ARRAY(Uuid()), unique=True))


async def current_persons(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Sequence[RowMapping]:
    """(asked, id, name, birth_date) of these persons, merges followed."""
    asked, found = person.alias("asked"), person.alias("found")
    statement = (
        select(asked.c.id.label("asked"), found.c.id, found.c.name, found.c.birth_date)
        .select_from(
            asked.join(found, found.c.id == func.coalesce(asked.c.merged_into, asked.c.id))
        )
        .where(asked.c.id == _uuids(ids))
    )
    return (await connection.execute(statement)).mappings().all()


async def identity_records(
    connection: AsyncConnection, persons: Collection[UUID]
) -> list[dict[str, Any]]:
    """Records of these persons with name, birth date, whether they are live, and masked numbers."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for entity in (name for names in PERSON_ENTITIES.values() for name in names):
        table = mirror(entity)
        statement = (
            select(
                person_record.c.person_id,
                person_record.c.source_id,
                table.c.name,
                table.c.birth_date,
                (table.c.raw_hash.is_not(None) & table.c.deleted_at.is_(None)).label("live"),
            )
            .select_from(person_record.outerjoin(table, table.c.id == person_record.c.source_id))
            .where(person_record.c.entity == entity, person_record.c.person_id == _uuids(persons))
            .order_by(person_record.c.source_id)
        )
        for row in (await connection.execute(statement)).mappings():
            found[entity, row["source_id"]] = {**row, "entity": entity, "numbers": []}
    numbers = (
        select(
            identifier.c.entity,
            identifier.c.source_id,
            identifier.c.kind,
            identifier.c.masked,
            identifier.c.check,
            identifier.c.current,
        )
        .where(identifier.c.person_id == _uuids(persons))
        .order_by(identifier.c.current.desc(), identifier.c.masked)
    )
    for row in (await connection.execute(numbers)).mappings():
        record = found.get((row["entity"], row["source_id"]))
        if record is not None:
            record["numbers"].append(dict(row))
    return list(found.values())


async def records_of(
    connection: AsyncConnection, persons: Collection[UUID]
) -> list[tuple[str, str]]:
    """(entity, key) of every record of these persons, merges followed."""
    living = {row["id"] for row in await current_persons(connection, persons)}
    statement = select(person_record.c.entity, person_record.c.source_id).where(
        person_record.c.person_id == _uuids(living)
    )
    return [(row.entity, row.source_id) for row in await connection.execute(statement)]


async def holders(connection: AsyncConnection, records: Collection[tuple[str, str]]) -> set[UUID]:
    """The persons that these (entity, key) hang on."""
    statement = select(person_record.c.person_id).where(
        tuple_(person_record.c.entity, person_record.c.source_id).in_(list(records))
    )
    return set((await connection.execute(statement)).scalars())


async def history_of(
    connection: AsyncConnection, persons: Collection[UUID]
) -> Sequence[RowMapping]:
    """Every record that moved from or to one of these persons, oldest first."""
    table = person_merge
    statement = (
        select(table)
        .where(or_(table.c.from_person == _uuids(persons), table.c.to_person == _uuids(persons)))
        .order_by(table.c.id)
        .limit(500)
    )
    return (await connection.execute(statement)).mappings().all()


async def reviews_page(
    connection: AsyncConnection,
    reasons: Collection[str],
    after: tuple[datetime, UUID] | None,
    limit: int,
    ids: Collection[UUID] | None = None,
) -> Sequence[RowMapping]:
    """Open doubts, oldest first."""
    table = identity_review
    statement = select(table).where(table.c.state == "open")
    if reasons:
        statement = statement.where(table.c.reason.in_(sorted(reasons)))
    if ids is not None:
        statement = statement.where(table.c.id == _uuids(ids))
    if after is not None:
        at, key = after
        statement = statement.where(
            or_(table.c.opened_at > at, (table.c.opened_at == at) & (table.c.id > key))
        )
    statement = statement.order_by(table.c.opened_at, table.c.id).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def changes_page(
    connection: AsyncConnection,
    states: Collection[str],
    after: tuple[datetime, UUID] | None,
    limit: int,
    ids: Collection[UUID] | None = None,
) -> Sequence[RowMapping]:
    """Changes that people proposed, newest first."""
    table = identity_change
    statement = select(table)
    if states:
        statement = statement.where(table.c.state.in_(sorted(states)))
    if ids is not None:
        statement = statement.where(table.c.id == _uuids(ids))
    if after is not None:
        at, key = after
        statement = statement.where(
            or_(table.c.proposed_at < at, (table.c.proposed_at == at) & (table.c.id > key))
        )
    statement = statement.order_by(table.c.proposed_at.desc(), table.c.id).limit(limit)
    return (await connection.execute(statement)).mappings().all()

"""Persons: found by number or listed, with what each registry records of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    RowMapping,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_certificates import CertificateQuery, fits, holds
from .read_rows import PERSON_ENTITIES, Rows, live, of_class, registered, visible_person
from .tables import mirror
from .tables_people import identifier, person, person_record
from .tables_work import evaluation

__all__ = [
    "PersonQuery",
    "identifiers_of",
    "person_count",
    "person_page",
    "persons_by_id",
    "persons_by_index",
    "recorded_in",
    "registry_rows",
    "visible_in",
]


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """What a list of persons is asked for.

    Attributes:
        rows: By registry that is read: the reader's rows.
        certificates: The certificates that ``holds`` and ``certificate`` look at: the reader's
            rows and the day, without further conditions.
        counties: Registered there on the day by VR or LTC; empty: all.
        holds: (registry, type; None: any) of certificates that the person has, all of them.
        certificate: Conditions that at least one certificate fits, None for none.
    """

    rows: Mapping[str, Rows]
    certificates: CertificateQuery
    counties: tuple[str, ...] = ()
    holds: tuple[tuple[str, str | None], ...] = ()
    certificate: CertificateQuery | None = None


def _uuids(values: Collection[UUID]) -> Any:
    return any_(bindparam(None, list(values), ARRAY(Uuid()), unique=True))


def _conditions(query: PersonQuery) -> ColumnElement[bool]:
    key = person.c.id
    conditions = [person.c.merged_into.is_(None), visible_person(key, query.rows)]
    if query.counties:
        # Only the registries that the reader may read say where somebody is registered.
        conditions.append(
            or_(
                false(),
                *(
                    registered(key, registry, query.counties, query.certificates.day)
                    for registry in ("vr", "ltc")
                    if registry in query.rows
                ),
            )
        )
    conditions += [
        holds(key, registry, kind, query.certificates.rows.get(registry))
        for registry, kind in query.holds
    ]
    if query.certificate is not None:
        fitting = evaluation.alias()
        conditions.append(
            exists(
                select(1)
                .select_from(fitting)
                .correlate_except(fitting)
                .where(fitting.c.person_id == key, fits(fitting, query.certificate))
            )
        )
    return and_(*conditions)


async def person_page(
    connection: AsyncConnection,
    query: PersonQuery,
    order: str,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Persons in order (``id``, or ``name`` with those without one last).

    Args:
        connection: A connection of the read pool.
        query: What is asked for.
        order: ``id`` or ``name``.
        after: Name (None under ``id``) and uuid of the last person seen.
        limit: At most so many rows.
    """
    statement = select(person.c.id, person.c.name, person.c.birth_date).where(_conditions(query))
    if order == "name":
        if after is not None:
            name, last = after
            beyond = person.c.id > last
            statement = statement.where(
                and_(person.c.name.is_(None), beyond)
                if name is None
                else or_(
                    person.c.name > name,
                    and_(person.c.name == name, beyond),
                    person.c.name.is_(None),
                )
            )
        statement = statement.order_by(person.c.name.asc().nulls_last(), person.c.id)
    else:
        if after is not None:
            statement = statement.where(person.c.id > after[1])
        statement = statement.order_by(person.c.id)
    return (await connection.execute(statement.limit(limit))).mappings().all()


async def person_count(connection: AsyncConnection, query: PersonQuery) -> int:
    """How many persons fit."""
    statement = select(func.count()).select_from(person).where(_conditions(query))
    found: int = (await connection.execute(statement)).scalar_one()
    return found


async def persons_by_id(
    connection: AsyncConnection, ids: Collection[UUID], rows: Mapping[str, Rows] | None
) -> Sequence[RowMapping]:
    """The persons with these uuids, merges followed: ``asked`` is the uuid that was asked for.

    Args:
        connection: A connection of the read pool.
        ids: Hub uuids, of merged persons too.
        rows: The reader's rows; None where the caller has proved that they may be seen.
    """
    asked, found = person.alias("asked"), person.alias("found")
    statement = (
        select(asked.c.id.label("asked"), found.c.id, found.c.name, found.c.birth_date)
        .select_from(
            asked.join(found, found.c.id == func.coalesce(asked.c.merged_into, asked.c.id))
        )
        .where(asked.c.id == _uuids(ids))
    )
    if rows is not None:
        statement = statement.where(visible_person(found.c.id, rows))
    return (await connection.execute(statement)).mappings().all()


async def visible_in(
    connection: AsyncConnection, ids: Collection[UUID], rows: Mapping[str, Rows]
) -> Mapping[UUID, frozenset[str]]:
    """Per person the registries whose rows the reader may see."""
    from .read_rows import of_person

    statement = select(
        person.c.id,
        *(of_person(person.c.id, name, item).label(name) for name, item in rows.items()),
    ).where(person.c.id == _uuids(ids))
    found = (await connection.execute(statement)).mappings().all()
    return {row["id"]: frozenset(name for name in rows if row[name]) for row in found}


async def recorded_in(
    connection: AsyncConnection, ids: Collection[UUID], registry: str
) -> frozenset[UUID]:
    """Which of these persons ``registry`` has any record of."""
    statement = (
        select(person_record.c.person_id)
        .distinct()
        .where(
            person_record.c.person_id == _uuids(ids),
            person_record.c.entity.in_(PERSON_ENTITIES[registry]),
        )
    )
    return frozenset((await connection.execute(statement)).scalars())


async def persons_by_index(
    connection: AsyncConnection, indexes: Collection[bytes]
) -> Sequence[RowMapping]:
    """(index, person_id, kind, birth_date) of live identifiers with one of these blind indexes.

    Only numbers whose check digit fits join people; others find nobody.
    """
    wanted = any_(bindparam(None, list(indexes), ARRAY(LargeBinary()), unique=True))
    statement = (
        select(
            identifier.c.index, identifier.c.person_id, identifier.c.kind, identifier.c.birth_date
        )
        .distinct()
        .where(
            identifier.c.index == wanted,
            identifier.c.live,
            identifier.c.person_id.is_not(None),
            identifier.c.check.not_in(("id_format", "id_checksum")),
        )
    )
    return (await connection.execute(statement)).mappings().all()


async def identifiers_of(
    connection: AsyncConnection, ids: Collection[UUID], entities: Collection[str]
) -> Sequence[RowMapping]:
    """Live numbers of these persons in records of ``entities``, current ones first."""
    statement = (
        select(identifier)
        .where(
            identifier.c.person_id == _uuids(ids),
            identifier.c.live,
            identifier.c.entity.in_(sorted(entities)),
        )
        .order_by(
            identifier.c.person_id,
            identifier.c.current.desc(),
            identifier.c.entity.desc(),
            identifier.c.source_id,
        )
    )
    return (await connection.execute(statement)).mappings().all()


async def registry_rows(
    connection: AsyncConnection, ids: Collection[UUID], registry: str, rows: Rows
) -> Sequence[RowMapping]:
    """What ``registry`` records of these persons, with ``person_id`` and ``entity`` beside it.

    The newest row first: in OSH there is one per class, and one per certificate.
    """
    found: list[RowMapping] = []
    for entity in PERSON_ENTITIES[registry]:
        table, link = mirror(entity), person_record
        statement = (
            select(table, link.c.person_id)
            .select_from(link.join(table, table.c.id == link.c.source_id))
            .where(link.c.entity == entity, link.c.person_id == _uuids(ids), live(table))
            .order_by(link.c.person_id, table.c.source_version.desc(), table.c.id)
        )
        if registry == "osh":
            statement = statement.where(of_class(table.c.class_no, rows))
        elif not rows.everything:
            statement = statement.where(
                registered(link.c.person_id, registry, rows.counties, rows.on)
            )
        found += (await connection.execute(statement)).mappings().all()
    return found

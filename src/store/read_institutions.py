"""Institutions of the three registries, and what hangs on them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, live, of_institution
from .tables import mirror
from .tables_people import organisation_record

__all__ = [
    "INSTITUTIONS",
    "InstitutionQuery",
    "institution_count",
    "institution_page",
    "institutions_by_key",
    "institutions_by_number",
    "recognitions_of",
    "same_organisation",
    "vr_by_number",
]

INSTITUTIONS: Mapping[str, str] = {
    "vr": "vr.institution",
    "ltc": "ltc.unit",
    "osh": "osh.institution",
}
_CATEGORY = {"ltc": "kind__code", "osh": "category__code"}
_STATE = {"vr": "status__code", "ltc": "state__code"}


@dataclass(frozen=True, slots=True)
class InstitutionQuery:
    """Institutions by registry, county, business number and part of the name; empty: all."""

    rows: Mapping[str, Rows]
    counties: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    name: str | None = None


def _institutions(registry: str, query: InstitutionQuery) -> Select[Any]:
    table = mirror(INSTITUTIONS[registry])
    category = _CATEGORY.get(registry)
    state = _STATE.get(registry)
    code: ColumnElement[Any] = table.c.county__code
    if registry == "ltc":
        code = func.coalesce(table.c.county_code, table.c.county__code)
    statement = select(
        literal(registry).label("registry"),
        table.c.id,
        table.c.name,
        table.c.county,
        code.label("county_code"),
        table.c.tax_id,
        (table.c[category] if category else null()).label("category"),
        (table.c[state] if state else null()).label("state"),
        table.c.address,
        table.c.source_updated_at,
        table.c.synced_at,
    ).where(live(table), of_institution(table, registry, query.rows[registry]))
    if query.counties:
        statement = statement.where(in_texts(code, query.counties))
    if query.numbers:
        statement = statement.where(in_texts(table.c.tax_id, query.numbers))
    if query.name:
        statement = statement.where(table.c.name.contains(query.name, autoescape=True))
    return statement


async def institution_page(
    connection: AsyncConnection,
    query: InstitutionQuery,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Institutions by name, then registry and key; ``after`` holds name, registry and key."""
    if not query.rows:
        return []
    parts = []
    for registry in sorted(query.rows):
        part = _institutions(registry, query).subquery()
        statement = select(part)
        if after is not None:
            name, last_registry, key = after
            statement = statement.where(
                or_(
                    part.c.name > name,
                    and_(
                        part.c.name == name,
                        true()
                        if registry > last_registry
                        else false()
                        if registry < last_registry
                        else part.c.id > key,
                    ),
                )
            )
        parts.append(statement.order_by(part.c.name, part.c.id).limit(limit).subquery().select())
    rows = union_all(*parts).subquery()
    ordered = select(rows).order_by(rows.c.name, rows.c.registry, rows.c.id).limit(limit)
    return (await connection.execute(ordered)).mappings().all()


async def institution_count(connection: AsyncConnection, query: InstitutionQuery) -> int:
    """How many institutions fit."""
    if not query.rows:
        return 0
    parts = [_institutions(registry, query).subquery().select() for registry in query.rows]
    rows = union_all(*parts).subquery()
    found: int = (await connection.execute(select(func.count()).select_from(rows))).scalar_one()
    return found


async def institutions_by_key(
    connection: AsyncConnection, registry: str, ids: Collection[str], rows: Rows
) -> Sequence[RowMapping]:
    """The institutions of ``registry`` with these keys that the reader may see."""
    part = _institutions(registry, InstitutionQuery({registry: rows})).subquery()
    statement = select(part).where(in_texts(part.c.id, ids))
    return (await connection.execute(statement)).mappings().all()


async def institutions_by_number(
    connection: AsyncConnection, registry: str, numbers: Collection[str], rows: Rows
) -> Sequence[RowMapping]:
    """The institutions of ``registry`` under these 統一編號 that the reader may see."""
    part = _institutions(registry, InstitutionQuery({registry: rows})).subquery()
    statement = select(part).where(in_texts(part.c.tax_id, numbers)).order_by(part.c.id)
    return (await connection.execute(statement)).mappings().all()


async def same_organisation(
    connection: AsyncConnection, registry: str, ids: Collection[str], others: Collection[str]
) -> Sequence[RowMapping]:
    """(asked, registry, id) of the records of ``others`` under the same organisation."""
    mine, theirs = organisation_record.alias("mine"), organisation_record.alias("theirs")
    entities = [INSTITUTIONS[name] for name in sorted(others)]
    statement = (
        select(
            mine.c.source_id.label("asked"),
            func.split_part(theirs.c.entity, ".", 1).label("registry"),
            theirs.c.source_id.label("id"),
        )
        .select_from(mine.join(theirs, theirs.c.organisation_id == mine.c.organisation_id))
        .where(
            mine.c.entity == INSTITUTIONS[registry],
            in_texts(mine.c.source_id, ids),
            theirs.c.entity.in_(entities),
            or_(theirs.c.entity != mine.c.entity, theirs.c.source_id != mine.c.source_id),
        )
        .order_by(theirs.c.entity, theirs.c.source_id)
    )
    return (await connection.execute(statement)).mappings().all()


async def recognitions_of(
    connection: AsyncConnection, codes: Collection[str]
) -> Sequence[RowMapping]:
    """Recognitions of the OSH institutions with these codes, newest first."""
    table = mirror("osh.recognition")
    statement = (
        select(table)
        .where(in_texts(table.c.institution_code, codes), live(table))
        .order_by(table.c.valid_from.desc().nulls_last(), table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def vr_by_number(connection: AsyncConnection, numbers: Collection[str]) -> dict[str, str]:
    """Keys of the VR institutions under these 統一編號, the first of several."""
    table = mirror("vr.institution")
    statement = (
        select(table.c.tax_id, func.min(table.c.id))
        .where(in_texts(table.c.tax_id, numbers), live(table))
        .group_by(table.c.tax_id)
    )
    return {row[0]: row[1] for row in (await connection.execute(statement)).all()}

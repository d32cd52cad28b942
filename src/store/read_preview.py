"""Where certificates are counted in a preview: counties of work and of training, for many persons."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from .people import fetch

__all__ = ["class_counties", "count_persons", "work_counties"]


async def count_persons(connection: AsyncConnection) -> int:
    """How many living persons there are."""
    [row] = await fetch(connection, "select count(*) from hub.person where merged_into is null")
    found: int = row[0]
    return found


async def work_counties(
    connection: AsyncConnection, persons: Collection[UUID], day: date
) -> dict[tuple[UUID, str], list[str]]:
    """County codes in which a person works on ``day``, by person and registry; ascending."""
    rows = await fetch(
        connection,
        "select distinct person_id, registry, county_code from hub.person_county "
        "where person_id = any($1) and valid_from <= $2 and (valid_to is null or valid_to >= $2) "
        "order by person_id, registry, county_code",
        list(persons),
        day,
    )
    found: dict[tuple[UUID, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["person_id"], row["registry"]), []).append(row["county_code"])
    return found


async def class_counties(connection: AsyncConnection, numbers: Collection[str]) -> dict[str, str]:
    """County code of each OSH class that names one the hub knows."""
    rows = await fetch(
        connection,
        "select id, county__code from osh.training_class "
        "where id = any($1) and county__code is not null",
        sorted(numbers),
    )
    return {row["id"]: row["county__code"] for row in rows}

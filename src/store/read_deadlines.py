"""Rows that set an OSH institution a day beside its classes: recognitions and improvement orders."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import in_texts, live
from .tables import mirror

__all__ = ["orders_of", "recognitions_of"]


async def _by_code(
    connection: AsyncConnection, entity: str, codes: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    table: Any = mirror(entity)
    statement = (
        select(table)
        .where(in_texts(table.c.institution_code, codes), live(table))
        .order_by(table.c.id)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in (await connection.execute(statement)).mappings():
        found.setdefault(row["institution_code"], []).append(dict(row))
    return found


async def recognitions_of(
    connection: AsyncConnection, codes: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Recognitions (認可) by 機構代碼."""
    return await _by_code(connection, "osh.recognition", codes)


async def orders_of(
    connection: AsyncConnection, codes: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Improvement orders (限期改善) by 機構代碼."""
    return await _by_code(connection, "osh.improvement_order", codes)

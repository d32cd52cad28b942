"""The live rows of a mirror as a stream, in the order of their keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from .tables import mirror

__all__ = ["live_rows"]

_AT_ONCE = 1000


@asynccontextmanager
async def live_rows(
    engine: AsyncEngine, entity: str
) -> AsyncIterator[tuple[int, AsyncIterator[RowMapping]]]:
    """The number of live rows and the rows, of one moment; the memory does not grow with them.

    Raises:
        KeyError: no such entity.
    """
    table = mirror(entity)
    live = table.c.deleted_at.is_(None)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        count = await connection.scalar(select(func.count()).select_from(table).where(live))
        stream = await connection.stream(
            select(table).where(live).order_by(table.c.id),
            execution_options={"yield_per": _AT_ONCE},
        )
        try:
            yield count or 0, stream.mappings().__aiter__()
        finally:
            await stream.close()

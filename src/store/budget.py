"""How many exact verifications of unregistered staff a client may still make today."""

from datetime import date

from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from .tables_work import verify_budget

__all__ = ["spend"]


async def spend(
    connection: AsyncConnection,
    issuer: str,
    client_id: str,
    day: date,
    *,
    wanted: int,
    limit: int,
) -> int:
    """Take up to ``wanted`` verifications from the day's budget; how many were granted.

    Requests of one client follow each other from here to the commit.
    """
    if wanted <= 0:
        return 0
    key = (
        verify_budget.c.issuer == issuer,
        verify_budget.c.client_id == client_id,
        verify_budget.c.day == day,
    )
    await connection.execute(
        insert(verify_budget)
        .values(issuer=issuer, client_id=client_id, day=day, used=literal(0))
        .on_conflict_do_nothing()
    )
    used: int = (
        await connection.execute(select(verify_budget.c.used).where(*key).with_for_update())
    ).scalar_one()
    granted = max(0, min(wanted, limit - used))
    if granted:
        await connection.execute(
            update(verify_budget).where(*key).values(used=verify_budget.c.used + granted)
        )
    return granted

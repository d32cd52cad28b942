"""The day's budget of exact verifications."""

import asyncio
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store.budget import spend

DAY = date(2024, 9, 2)


async def take(engine: AsyncEngine, wanted: int, client: str = "taipei", day: date = DAY) -> int:
    async with engine.begin() as connection:
        return await spend(connection, "i", client, day, wanted=wanted, limit=10)


async def test_no_more_is_granted_than_is_left(engine: AsyncEngine) -> None:
    assert [await take(engine, 7), await take(engine, 7), await take(engine, 7)] == [7, 3, 0]
    assert await take(engine, 0) == 0


async def test_clients_and_days_have_budgets_of_their_own(engine: AsyncEngine) -> None:
    await take(engine, 10)

    assert await take(engine, 4, client="kaohsiung") == 4
    assert await take(engine, 4, day=date(2024, 9, 3)) == 4


async def test_requests_at_the_same_time_cannot_both_take_the_last(engine: AsyncEngine) -> None:
    granted = await asyncio.gather(*(take(engine, 4) for _ in range(4)))

    assert sum(granted) == 10

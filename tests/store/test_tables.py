"""The mirrors hold every field of the catalogue."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.records import ENTITIES, Entity, Kind
from certhub.store.tables import MIRRORS


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
async def test_a_mirror_has_columns_for_every_field(engine: AsyncEngine, entity: Entity) -> None:
    table = MIRRORS[entity.name]

    async with engine.connect() as connection:
        rows = await connection.scalar(select(func.count()).select_from(table))

    assert rows == 0
    for field in entity.fields:
        wanted = f"{field.name}_index" if field.kind is Kind.NUMBER else field.name
        assert wanted in table.c


@pytest.mark.parametrize(
    "statement",
    ["update hub.audit set outcome = 'x'", "delete from hub.audit", "truncate hub.audit"],
)
async def test_audit_rows_cannot_be_changed(engine: AsyncEngine, statement: str) -> None:
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match=r"hub\.audit is append-only"):
            await connection.execute(text(statement))

"""Migrations lead to exactly the tables that the code expects."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import ConfigurationError
from certhub.store.engine import make_engine
from certhub.store.migrate import differences, head, require_current, revision, upgrade

_CATALOGUE = """
    select 'column', format('%s.%s.%s', table_schema, table_name, column_name),
        format('%s %s %s', udt_name, is_nullable, column_default)
    from information_schema.columns where table_schema in ('vr', 'ltc', 'osh', 'hub')
    union all
    select 'index', indexname, indexdef from pg_indexes
    where schemaname in ('vr', 'ltc', 'osh', 'hub')
    union all
    select 'constraint', conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace::regnamespace::text in ('vr', 'ltc', 'osh', 'hub')
    union all
    select 'trigger', tgname || ' ' || tgrelid::regclass, pg_get_triggerdef(oid)
    from pg_trigger where not tgisinternal
    union all
    select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p where p.pronamespace::regnamespace::text = 'hub'
    union all
    select 'policy', format('%s.%s %s', schemaname, tablename, policyname),
        format('%s %s %s %s %s', permissive, roles, cmd, qual, with_check) from pg_policies
    union all
    select 'security', oid::regclass::text, format('%s %s', relrowsecurity, relforcerowsecurity)
    from pg_class where relkind = 'r'
        and relnamespace::regnamespace::text in ('vr', 'ltc', 'osh', 'hub')
"""


async def _catalogue(engine: AsyncEngine) -> set[tuple[str, str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text(_CATALOGUE))
        return {tuple(row) for row in rows if "alembic_version" not in str(row)}


async def test_a_migrated_database_equals_the_metadata(
    engine: AsyncEngine, empty_database_url: str
) -> None:
    migrated = make_engine(empty_database_url, pooled=False)

    await upgrade(migrated)

    assert await _catalogue(migrated) ^ await _catalogue(engine) == set()
    assert await differences(migrated) == []
    await migrated.dispose()


async def test_an_upgrade_can_be_repeated_and_raced(empty_database_url: str) -> None:
    migrated = make_engine(empty_database_url, pooled=False)

    reached = await asyncio.gather(upgrade(migrated), upgrade(migrated))

    assert list(reached) == [head(), head()]
    await require_current(migrated)
    await migrated.dispose()


async def test_a_database_of_another_version_is_refused(empty_database_url: str) -> None:
    empty = make_engine(empty_database_url, pooled=False)

    assert await revision(empty) is None
    with pytest.raises(ConfigurationError, match="run `certhub db upgrade`"):
        await require_current(empty)
    await empty.dispose()


async def test_a_change_by_hand_shows(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("alter table vr.course add column mood text"))

    [found] = await differences(engine)

    assert "remove_column" in found
    assert "mood" in found

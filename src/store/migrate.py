"""Brings a database to the schema of this version, and says whether it is there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateSchema

from ..domain.errors import ConfigurationError
from .ddl import metadata
from .tables import SCHEMAS

__all__ = ["differences", "head", "require_current", "revision", "upgrade"]

_LOCK = 0x63657274_6D  # "cert" "m"
_VERSIONS = "alembic_version"


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    return config


def head() -> str:
    """The revision of this version."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


async def upgrade(engine: AsyncEngine) -> str:
    """Migrate to this version, in one transaction; the revision reached.

    A second process waits for the first.
    """

    def run(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(CreateSchema("hub", if_not_exists=True))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with engine.begin() as connection:
        await connection.run_sync(run)
    return head()


async def revision(engine: AsyncEngine) -> str | None:
    """The revision the database is at; None: none of ours."""

    def find(connection: Connection) -> str | None:
        context = MigrationContext.configure(connection, opts={"version_table_schema": "hub"})
        return context.get_current_revision()

    async with engine.connect() as connection:
        return await connection.run_sync(find)


async def require_current(engine: AsyncEngine) -> None:
    """Refuse to work on a database of another version.

    Raises:
        ConfigurationError: ``DATABASE_REVISION``.
    """
    found, wanted = await revision(engine), head()
    if found != wanted:
        raise ConfigurationError(
            f"the database is at revision {found or 'none'}, this certhub needs {wanted}: run "
            "`certhub db upgrade`",
            f"資料庫版次為 {found or '無'},本版需要 {wanted}:請執行 `certhub db upgrade`",
            code="DATABASE_REVISION",
        )


async def differences(engine: AsyncEngine) -> list[str]:
    """How the tables of the database differ from those this version expects; empty: not at all."""

    def ours(name: str | None, kind: str, parents: object) -> bool:
        del parents
        return name in SCHEMAS if kind == "schema" else name != _VERSIONS

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(
            connection,
            opts={"version_table_schema": "hub", "include_schemas": True, "include_name": ours},
        )
        return [str(difference) for difference in compare_metadata(context, metadata)]

    async with engine.connect() as connection:
        return await connection.run_sync(compare)

"""``certhub db``: migrations."""

import asyncio
import sys

import typer

from ..settings import Settings

__all__ = ["app"]

app = typer.Typer(help="資料庫。 Migrations.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """升級。 Bring the database to the tables of this version."""
    print(f"the database is at revision {asyncio.run(_upgrade())}")


@app.command()
def check() -> None:
    """檢查。 Exit 1 unless the database has exactly the tables of this version."""
    found = asyncio.run(_check())
    for line in found:
        print(line, file=sys.stderr)
    if found:
        raise typer.Exit(code=1)
    print("the database is as this version expects")


async def _upgrade() -> str:
    from ..app import open_hub
    from ..store.migrate import upgrade as run

    async with open_hub(Settings()) as hub:
        return await run(hub.engine)


async def _check() -> list[str]:
    from ..app import open_hub
    from ..store.migrate import differences, require_current

    async with open_hub(Settings()) as hub:
        await require_current(hub.engine)
        return await differences(hub.engine)

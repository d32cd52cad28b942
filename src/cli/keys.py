"""``certhub keys``: the keys of index, ciphertext, references and signatures; never shown themselves."""

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.errors import InvalidInput
from ..domain.roc_date import TAIPEI
from ..settings import Settings

if TYPE_CHECKING:
    from ..store.keys import KeyRing

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="金鑰。 Keys of the hub.")


@app.callback()
def _root() -> None:
    """金鑰。 Keys of the hub."""


def _today() -> date:
    from ..store import clock

    return clock.now().astimezone(TAIPEI).date()


def _file(settings: Settings) -> Path:
    from ..store.keys import FILE_NAME

    return settings.id_keys_file or settings.home.expanduser().resolve() / FILE_NAME


def _show(keys: "KeyRing") -> None:
    from ..store.keys import KINDS

    for kind in KINDS:
        versions = getattr(keys, kind)
        for item in versions:
            newest = "  in use" if item is versions[-1] else ""
            print(f"{kind:<8} v{item.version:<3} {item.created_on}{newest}")


@app.command("list")
def list_keys() -> None:
    """列出金鑰版本與建立日。 Versions and ages; the newest of each kind is in use."""
    from ..store.keys import load_keys

    settings = Settings()
    _show(load_keys(settings.home, settings.id_keys_file, _today()))


@app.command()
def rotate(
    kinds: Annotated[
        list[str], typer.Argument(help="index、cipher、subject、signing。 Kinds to rotate.")
    ],
) -> None:
    """新增金鑰版本;舊版保留供讀取。 Add a next version; older ones stay for reading. Restart the hub."""
    from ..store.keys import KINDS, load_keys, rotate_keys

    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise InvalidInput(
            f"keys rotate: expected kinds of {', '.join(KINDS)}",
            f"keys rotate:種類應為 {'、'.join(KINDS)}",
        )
    settings = Settings()
    load_keys(settings.home, settings.id_keys_file, _today())
    _show(rotate_keys(_file(settings), kinds, _today()))


@app.command()
def reencrypt() -> None:
    """以最新金鑰重建索引並重新加密;可中斷續行。 Bring all stored values under the newest keys; may be broken off."""
    asyncio.run(_reencrypt())


async def _reencrypt() -> None:
    import asyncpg

    from ..app import open_hub
    from ..store.reseal import reseal_all, sealed_under

    async with open_hub(Settings()) as hub, hub.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, asyncpg.Connection)
        try:
            done = await reseal_all(driver, hub.keys)
            left = await sealed_under(driver)
        finally:
            # The session holds the lock of the indexes' version.
            await connection.invalidate()
        newest = hub.keys.cipher[-1].version
    for one in done:
        if one.values:
            print(f"{one.column:<40} {one.values:>9,}")
    print(f"{sum(one.values for one in done):,} rows encrypted anew")
    for version, rows in sorted(left.items()):
        print(f"cipher   v{version:<3} {rows:>9,} rows{'  in use' if version == newest else ''}")

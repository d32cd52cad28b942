"""Fixtures for every test: a fresh PostgreSQL database, fast.

- ``database_url``: libpq URL of a database of its own with all tables, empty. Sync tests may use it
  too (CLI, subprocesses).
- ``engine``: an ``AsyncEngine`` on that database, disposed at the end.
- ``empty_database_url``: the same without any table (migrations).

One embedded cluster serves the whole run, all xdist workers included (its own file locks see to
that); each worker makes one template database, each test a copy of it.
"""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store import ddl, embedded
from certhub.store.engine import make_engine

_numbers = count(1)


@pytest.fixture(scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    return (base.parent if worker else base) / "pg"


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Name of the xdist worker, empty without xdist."""
    given = getattr(request.config, "workerinput", None)
    return str(given["workerid"]) if given else ""


@pytest.fixture(scope="session")
async def _admin(_home: Path) -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    cluster = embedded.start(_home, durable=False)
    connection = await asyncpg.connect(cluster.dsn)
    yield connection, cluster.dsn
    await connection.close()
    cluster.stop()


def _of_database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
async def _template(_admin: tuple[asyncpg.Connection, str], worker: str) -> str:
    connection, dsn = _admin
    name = f"template_{worker or 'main'}"
    await connection.execute(f"create database {name}")
    engine = make_engine(_of_database(dsn, name), pooled=False)
    async with engine.begin() as session:
        await session.run_sync(ddl.create_all)
    await engine.dispose()
    return name


async def _copy(
    admin: tuple[asyncpg.Connection, str], template: str, worker: str
) -> AsyncIterator[str]:
    connection, dsn = admin
    name = f"test_{worker or 'main'}_{next(_numbers)}"
    await connection.execute(f"create database {name} template {template} strategy file_copy")
    yield _of_database(dsn, name)
    await connection.execute(f"drop database {name} with (force)")


@pytest.fixture
async def database_url(
    _admin: tuple[asyncpg.Connection, str], _template: str, worker: str
) -> AsyncIterator[str]:
    """A database of its own with all tables, empty."""
    async for url in _copy(_admin, _template, worker):
        yield url


@pytest.fixture
async def empty_database_url(
    _admin: tuple[asyncpg.Connection, str], worker: str
) -> AsyncIterator[str]:
    """A database of its own without any table."""
    async for url in _copy(_admin, "template0", worker):
        yield url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on ``database_url``."""
    made = make_engine(database_url, pool_size=5)
    yield made
    await made.dispose()

"""Fixtures for every test: a fresh PostgreSQL database, fast.

- ``database_url``: libpq URL of a database of its own with all tables, empty. Sync tests may use it
  too (CLI, subprocesses).
- ``engine``: an ``AsyncEngine`` on that database, disposed at the end.
- ``empty_database_url``: the same without any table (migrations).
- ``country``: a hub that has synced the fictional country, for tests that change nothing (``country.py``).
- ``keys``, ``made``, ``sync``: keys, hand-made records, and a sync over hand-made batches.

One embedded cluster serves the whole run, all xdist workers included (its own file locks see to
that); each worker makes one template database, each test a copy of it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.sync import Batch, Drift, Problem, Record, Tombstone
from certhub.domain.tw_id import NationalId
from certhub.resolvers.sync import SyncHub, SyncLimits, SyncReport, run_sync
from certhub.store import clock, ddl, embedded, migrate
from certhub.store.engine import make_engine
from certhub.store.keys import KeyRing

from .country import country, own_country

__all__ = ["country", "own_country"]

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def _loggers_are_looked_up() -> Iterator[None]:
    """Commands set logging up for their process; here, what a test captures must still be seen."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog,
            "configure",
            lambda **options: configure(**{**options, "cache_logger_on_first_use": False}),
        )
        yield


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
        # As if it had been migrated: a test proves that both ways lead to the same tables.
        await session.execute(
            text("create table hub.alembic_version (version_num text primary key)")
        )
        await session.execute(
            text("insert into hub.alembic_version values (:head)"), {"head": migrate.head()}
        )
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


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """Fresh keys."""
    return KeyRing.generate(date(2024, 9, 1))


@dataclass
class Scripted:
    """A connector that yields given batches, and raises where an error stands among them."""

    registry: str
    script: Sequence[Batch | Exception] = ()
    asked: list[tuple[Mapping[str, object] | None, bool]] = field(default_factory=list)

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        self.asked.append((position, full))
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            yield step

    async def ping(self) -> None:
        """Nothing to ask."""

    async def aclose(self) -> None:
        """Nothing to close."""


class Made:
    """Hand-made records of the agencies: what a test does not name is filled in."""

    scripted = Scripted

    def record(self, entity: str, key: str, version: int = 1, **values: object) -> Record:
        """A record; its hash follows from its values."""
        shown = repr(
            sorted(
                (name, value.reveal() if isinstance(value, NationalId) else value)
                for name, value in values.items()
            )
        )
        return Record(entity, key, version, values, sha256(shown.encode()).digest())

    def professional(
        self,
        key: str,
        number: str,
        born: date = date(1985, 3, 2),
        version: int = 1,
        name: str = "王測試",
    ) -> Record:
        """vr.professional."""
        return self.record(
            "vr.professional",
            key,
            version,
            national_id=NationalId(number),
            name=name,
            birth_date=born,
        )

    def ltc_person(
        self,
        key: str,
        *numbers: str | tuple[str, str],
        born: date = date(1985, 3, 2),
        version: int = 1,
        name: str = "王測試",
        merged_ids: Sequence[str] = (),
    ) -> Record:
        """ltc.person; a number is a national ID unless its type stands beside it."""
        typed = [item if isinstance(item, tuple) else (item, "national_id") for item in numbers]
        return self.record(
            "ltc.person",
            key,
            version,
            name=name,
            birth_date=born,
            nationality="本國籍人員",
            merged_ids=list(merged_ids),
            identifiers=[
                {
                    "type": kind,
                    "type__code": kind,
                    "current": True,
                    "number": NationalId(number),
                }
                for number, kind in typed
            ],
        )

    def trainee(
        self,
        key: str,
        number: str | None,
        class_no: str = "C1",
        born: date | None = date(1985, 3, 2),
        version: int = 1,
    ) -> Record:
        """osh.trainee."""
        return self.record(
            "osh.trainee",
            key,
            version,
            class_no=class_no,
            name="王測試",
            birth_date=born,
            national_id=NationalId(number) if number else None,
        )

    def completion(
        self,
        key: str,
        number: str | None,
        trainee_no: str | None = None,
        born: date | None = date(1985, 3, 2),
        class_no: str = "C1",
        version: int = 1,
    ) -> Record:
        """osh.certificate."""
        return self.record(
            "osh.certificate",
            key,
            version,
            class_no=class_no,
            trainee_no=trainee_no,
            name="王測試",
            birth_date=born,
            kind="結業證書",
            kind__code="certificate",
            national_id=NationalId(number) if number else None,
        )

    def training_class(self, key: str = "C1", version: int = 1, institution: str = "OH1") -> Record:
        """osh.training_class."""
        return self.record(
            "osh.training_class",
            key,
            version,
            institution_code=institution,
            county="臺北市",
            county__code="63000",
        )

    def credit(self, key: str, person: str, version: int = 1, points: int = 720) -> Record:
        """ltc.credit."""
        return self.record(
            "ltc.credit", key, version, person_id=person, course_name="課程", points=points
        )

    def batch(
        self,
        registry: str,
        *items: Record | Tombstone | Problem | Drift,
        position: Mapping[str, object] | None = None,
        begins: Sequence[str] = (),
        complete: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> Batch:
        """A batch of whatever is given."""
        return Batch(
            registry,
            position or {},
            records=[item for item in items if isinstance(item, Record)],
            tombstones=[item for item in items if isinstance(item, Tombstone)],
            problems=[item for item in items if isinstance(item, Problem)],
            drift=[item for item in items if isinstance(item, Drift)],
            begins=frozenset(begins),
            complete=frozenset(complete),
            fetched=len(items),
            notes=tuple(notes),
        )

    def problem(self, entity: str, key: str, version: int = 0, raw: bytes = b'{"id":1}') -> Problem:
        """A faulty record."""
        return Problem(
            entity,
            key,
            "birth_date",
            "impossible_date",
            "page 1",
            raw,
            sha256(raw).digest(),
            version,
        )


@pytest.fixture(scope="session")
def made() -> Made:
    """Hand-made records, batches and connectors."""
    return Made()


@pytest.fixture
async def sync(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> Callable[..., Awaitable[SyncReport]]:
    """Runs one sync of a registry over given batches: ``await sync("vr", batch, ...)``."""

    async def run(
        registry: str,
        *script: Batch | Exception,
        full: bool = False,
        limits: SyncLimits | None = None,
        now: datetime | None = None,
    ) -> SyncReport:
        hub = SyncHub(
            engine,
            keys,
            (lambda: now) if now else clock.now,
            limits or SyncLimits(),
        )
        return await run_sync(hub, made.scripted(registry, script), full=full)

    return run

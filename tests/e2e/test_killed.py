"""``kill -9`` at every named step of a sync, a filing and a delivery; then once more, undisturbed.

The walk finds the fail points itself: one that is listed and nowhere in the code, or in the code and
not listed, or that no run ever reaches, fails here.
"""

import ast
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from certhub.app import open_hub
from certhub.connectors import vr
from certhub.domain.errors import ConfigurationError
from certhub.domain.exports import Form, Identifiers
from certhub.domain.records import ENTITIES
from certhub.resolvers.export import export_table
from certhub.sandbox.clock import SANDBOX_DAY
from certhub.sandbox.run import NO_RATES, Agencies, start_agencies
from certhub.settings import Environment, Settings
from certhub.store import clock
from certhub.store.failpoints import FAIL_POINTS, arm, disarm

from .. import killing
from ..killing import COURSE, INSTITUTION

SYNC_POINTS = [name for name in FAIL_POINTS if name.startswith("sync.")]
FILING_POINTS = [name for name in FAIL_POINTS if not name.startswith("sync.")]

# Only VR's changes hold a deletion by name and a faulty record.
OF_VR = {"sync.closed", "sync.set_aside"}

# A first load dies here; the other points are walked with a run that finds a mirror to change.
FIRST_LOAD = ["sync.merged:9", "sync.positioned:5", "sync.stored:4"]

# What a sync leaves behind, whatever it went through.
STATE = {
    "quarantine": "select entity, source_id, field, reason, state from hub.quarantine",
    # VR's position is a time of its clock, another one in every run.
    "positions": "select registry, case registry when 'vr' then '' else position::text end, "
    "floors::text from hub.sync_state",
    "people": "select entity, source_id from hub.person_record",
    "numbers": "select kind, masked, count(*) from hub.identifier group by 1, 2",
    "evaluations": "select certificate, status from hub.evaluation",
    "open runs": "select id from hub.sync_run where state = 'running'",
    "locks": "select 1 from pg_locks where locktype = 'advisory' and database = "
    "(select oid from pg_database where datname = current_database())",
}


def _in_the_code() -> list[str]:
    found = []
    for path in Path(str(resources.files("certhub"))).rglob("*.py"):
        text = path.read_text("utf-8")
        if "reach(" not in text or path.name == "failpoints.py":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reach":
                [argument] = node.args
                assert isinstance(argument, ast.Constant), path
                found.append(str(argument.value))
    return found


def test_every_fail_point_stands_in_the_code_once_and_no_other() -> None:
    assert sorted(_in_the_code()) == sorted(FAIL_POINTS)


def test_production_refuses_a_fail_point(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CERTHUB_FAIL_POINT is refused"):
        Settings(environment=Environment.PRODUCTION, id_keys_file=tmp_path, fail_point="sync.begun")


@pytest.mark.parametrize("point", ["sync.nowhere", "sync.begun:0", "sync.begun:x"])
def test_a_fail_point_that_is_none_is_refused(point: str) -> None:
    with pytest.raises(ConfigurationError, match="CERTHUB_FAIL_POINT: expected one of"):
        arm(point)
    disarm()


@dataclass
class Stage:
    """Agencies, and a database ``before`` that was synced from them.

    Attributes:
        reference: What an undisturbed run of one registry makes of a change since.
        loaded: What an undisturbed first load makes of it.
    """

    agencies: Agencies
    environment: dict[str, str]
    copy: Callable[[str], Any]
    before: str
    empty: str
    reference: dict[Callable[[], None], dict[str, Any]] = field(default_factory=dict)
    loaded: dict[str, Any] = field(default_factory=dict)

    def settings(self, url: str) -> dict[str, str]:
        """Of a child that works on this database."""
        return {**self.environment, "CERTHUB_DATABASE_URL": url}


def _change(agencies: Agencies) -> None:
    """Something of everything: new, changed, deleted, merged, faulty, gone from a full listing."""
    collections = agencies.vr.ledger()
    people = sorted(key for key, row in collections["professionals"].items() if not row["deleted"])
    records = sorted(
        key for key, row in collections["training-records"].items() if not row["deleted"]
    )
    changed = agencies.vr.get("professionals", people[0])
    faulty = agencies.vr.get("training-records", records[0])
    assert changed is not None
    assert faulty is not None
    agencies.vr.upsert("professionals", {**changed, "employer": "測試新單位"})
    agencies.vr.upsert("training-records", {**faulty, "held_from": "110/02/29"})
    agencies.vr.delete("training-records", records[1])
    carers = sorted(agencies.ltc.ledger()["person"])
    agencies.ltc.merge(carers[0], carers[1])
    agencies.ltc.delete("credit", min(agencies.ltc.ledger()["credit"]))
    classes = sorted(agencies.osh.ledger()["classes"])
    held = agencies.osh.get("classes", classes[0])
    assert held is not None
    agencies.osh.upsert("classes", {**held, "訓練場所": "測試場所"})
    agencies.osh.delete("results", min(agencies.osh.ledger()["results"]))
    agencies.osh.publish_drop("full")


async def _state(url: str) -> dict[str, Any]:
    connection = await asyncpg.connect(url)
    found: dict[str, Any] = {}
    for entity in ENTITIES:
        found[entity.name] = await connection.fetch(
            f'select id, source_version, raw_hash, deleted_at is null from {entity.registry}."'
            f'{entity.table}" order by id'
        )
    for name, query in STATE.items():
        found[name] = sorted(map(tuple, await connection.fetch(query)), key=repr)
    await connection.close()
    return found


@asynccontextmanager
async def _staged(
    name: str, admin: asyncpg.Connection, dsn: str, template: str, folder: Path
) -> AsyncIterator[Stage]:
    with start_agencies(20, rates=NO_RATES) as agencies:
        environment = {
            **agencies.environment(folder),
            "CERTHUB_HOME": str(folder),
            "CERTHUB_BUSINESS_DATE": SANDBOX_DAY.isoformat(),
        }
        made: list[str] = []

        async def copy_of(template: str, which: str) -> str:
            database = f"{name}_{which}"
            await admin.execute(
                f"create database {database} template {template} strategy file_copy"
            )
            made.append(database)
            return urlsplit(dsn)._replace(path=f"/{database}").geturl()

        @asynccontextmanager
        async def copy(template: str) -> AsyncIterator[str]:
            url = await copy_of(template, f"try_{len(made)}")
            yield url
            await admin.execute(f"drop database {made.pop()} with (force)")

        before = await copy_of(template, "before")
        assert killing.run(killing.sync, {**environment, "CERTHUB_DATABASE_URL": before}) == 0
        yield Stage(agencies, environment, copy, made[0], template)
        for database in made:
            await admin.execute(f"drop database {database} with (force)")


@pytest.fixture(scope="module")
async def stage(
    _admin: tuple[asyncpg.Connection, str],
    _template: str,
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """For syncs: the agencies have changed since."""
    folder = tmp_path_factory.mktemp("killed")
    async with _staged(f"killed_{worker or 'main'}", *_admin, _template, folder) as found:
        _change(found.agencies)
        for one in (killing.sync_vr, killing.sync_osh):
            async with found.copy(found.before) as url:
                assert killing.run(one, found.settings(url)) == 0
                found.reference[one] = await _state(url)
        async with found.copy(_template) as url:
            assert killing.run(killing.sync, found.settings(url)) == 0
            found.loaded.update(await _state(url))
            await _compare_with_the_books(found.agencies, found.settings(url))
        yield found


@pytest.fixture(scope="module")
async def desk(
    _admin: tuple[asyncpg.Connection, str],
    _template: str,
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """For filings: agencies of its own, since what is filed stays in their books."""
    folder = tmp_path_factory.mktemp("killed-desk")
    async with _staged(f"desk_{worker or 'main'}", *_admin, _template, folder) as found:
        yield found


async def _compare_with_the_books(agencies: Agencies, environment: dict[str, str]) -> None:
    """Whether the mirror holds the keys that the agencies' own books hold, no more and no fewer."""
    settings = Settings(
        home=Path(environment["CERTHUB_HOME"]),
        database_url=SecretStr(environment["CERTHUB_DATABASE_URL"]),
    )
    books: dict[str, Any] = {"vr": agencies.vr, "ltc": agencies.ltc, "osh": agencies.osh}
    async with open_hub(settings) as hub:
        for entity in ENTITIES:
            ledger = books[entity.registry].ledger()[entity.collection]
            expected = {key for key, row in ledger.items() if not row.get("deleted")}
            async with export_table(
                hub.engine, hub.keys, entity, Form.SOURCE, Identifiers.MASKED, clock.now()
            ) as export:
                held = {row["id"] async for row in export.rows}
            # The faulty record of a first load was never there in a good version.
            assert len(expected - held) <= (entity.name == "vr.training_record"), entity.name
            assert held - expected == set(), entity.name


@pytest.mark.parametrize("point", SYNC_POINTS)
async def test_a_sync_killed_anywhere_is_made_good_by_the_next(stage: Stage, point: str) -> None:
    async with stage.copy(stage.before) as url:
        one = killing.sync_vr if point in OF_VR else killing.sync_osh
        killed = killing.run(one, stage.settings(url), point)
        again = killing.run(one, stage.settings(url))

        assert (killed, again) == (killing.KILLED, 0)
        assert await _state(url) == stage.reference[one]


@pytest.mark.parametrize("point", FIRST_LOAD)
async def test_a_first_load_killed_anywhere_is_made_good_by_the_next(
    stage: Stage, point: str
) -> None:
    async with stage.copy(stage.empty) as url:
        killed = killing.run(killing.sync, stage.settings(url), point)
        again = killing.run(killing.sync, stage.settings(url))

        assert (killed, again) == (killing.KILLED, 0)
        assert _without_generations(await _state(url)) == _without_generations(stage.loaded)


def _without_generations(state: dict[str, Any]) -> dict[str, Any]:
    """LTC counts every beginning of its snapshots, so versions and floors depend on how many."""
    return {
        name: [(row[0], *row[2:]) for row in rows] if name.startswith("ltc.") else rows
        for name, rows in state.items()
        if name != "positions"
    }


@pytest.fixture
async def no_roster(desk: Stage) -> AsyncIterator[None]:
    """The course's roster is not on file before, nor left there afterwards."""
    yield
    given = desk.agencies.credentials()["vr"]
    connector = vr.build(given["url"], given["client_id"], given["client_secret"])
    await connector.filing.clear_roster(
        COURSE, idempotency_key=f"clear-{clock.now().isoformat()}", on_behalf_of=INSTITUTION
    )
    await connector.aclose()


@pytest.mark.usefixtures("no_roster")
@pytest.mark.parametrize("point", FILING_POINTS)
async def test_a_filing_killed_anywhere_has_its_effect_once(desk: Stage, point: str) -> None:
    desk.agencies.vr.requests.clear()
    async with desk.copy(desk.before) as url:
        work: Callable[[], None] = killing.file_and_deliver
        killed = killing.run(work, desk.settings(url), point)
        again = killing.run(work, desk.settings(url))

        connection = await asyncpg.connect(url)
        submissions = await connection.fetch("select state, agency_reference from hub.submission")
        outbox = await connection.fetch("select state from hub.outbox")
        receipts = await connection.fetchval("select count(*) from hub.receipt")
        await connection.close()

    posted = [
        request.status
        for request in desk.agencies.vr.requests
        if request.method == "POST" and request.path.endswith("/roster")
    ]
    assert (killed, again) == (killing.KILLED, 0)
    assert [tuple(row) for row in submissions] == [("ACCEPTED", COURSE)]
    assert [tuple(row) for row in outbox] == [("done",)]
    assert receipts == 1
    assert posted == [201] * (2 if point in {"delivery.sent", "delivery.settling"} else 1)

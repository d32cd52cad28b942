"""The stored evaluations, end to end on PostgreSQL: what is written, and what is written again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.domain.sync import Tombstone
from certhub.domain.tw_id import NationalId
from certhub.resolvers import evaluations
from certhub.resolvers.context import Hub
from certhub.rules.params import Ruleset, current_ruleset
from certhub.store.keys import KeyRing

MakeRow = Callable[..., dict[str, Any]]
Sync = Callable[..., Awaitable[Any]]
Made = Any

DAY = date(2024, 10, 1)
NUMBER = "A123456789"


@pytest.fixture
def hub(engine: AsyncEngine, keys: KeyRing) -> Hub:
    """A hub on a fixed day."""
    return Hub(
        engine=engine,
        reader=engine,
        keys=keys,
        clock=lambda: datetime.now(UTC),
        stale_after={},
        unavailable_after={},
        business_date=DAY,
    )


@pytest.fixture
def record(row: MakeRow, made: Made) -> Callable[..., Any]:
    """Makes a record of the agency from a hand-made row."""

    def make(entity: str, key: str, version: int = 1, **values: Any) -> Any:
        shown = row(entity, key, **values)
        shown.pop("id")
        shown.pop("deleted_at")
        return made.record(entity, key, version, **shown)

    return make


@pytest.fixture
async def somebody(sync: Sync, made: Made, record: Callable[..., Any]) -> None:
    """A person with one certificate in each registry, and a qualification under review."""
    await sync(
        "vr",
        made.batch(
            "vr",
            made.professional("P1", NUMBER),
            record("vr.qualification", "Q1", issued_on=date(2022, 3, 1)),
            record("vr.qualification", "Q2", title="職業訓練師", status="送審中", issued_on=None),
            record("vr.training_record", "T1", hours=5400, credited_hours=5400),
        ),
    )
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", NUMBER),
            record("ltc.certificate", "C1"),
            record("ltc.registration", "R1"),
            record("ltc.credit", "D1"),
        ),
    )
    await sync(
        "osh",
        made.batch(
            "osh",
            record("osh.training_class", "K1", training_kind="專業訓練"),
            made.record(
                "osh.trainee",
                "T1",
                class_no="K1",
                national_id=NationalId(NUMBER),
                profession="護理人員",
                profession__code="nurse",
            ),
            made.completion("N1", NUMBER, "T1", class_no="K1"),
        ),
    )


async def _rows(engine: AsyncEngine) -> dict[str, dict[str, Any]]:
    async with engine.connect() as connection:
        found = await connection.execute(text("select * from hub.evaluation order by certificate"))
        return {item["certificate"]: dict(item) for item in found.mappings()}


async def _queue(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        found: int = (
            await connection.execute(text("select count(*) from hub.evaluation_due"))
        ).scalar_one()
        return found


@pytest.mark.usefixtures("somebody")
async def test_every_certificate_of_an_identified_person_is_evaluated(
    hub: Hub, engine: AsyncEngine
) -> None:
    told: list[int] = []

    done = await evaluations.evaluate_all(hub, progress=told.append)

    assert done == 4
    assert told == [4]
    assert await _queue(engine) == 0
    rows = await _rows(engine)
    shown = {
        key: (item["type"], item["certificate_status"], item["status"], item["eligible"])
        for key, item in rows.items()
    }
    assert shown == {
        "ltc:C1": ("care_worker", "valid", "short", False),
        "osh:N1": ("nurse", "valid", "short", False),
        "vr:Q1": ("employment_specialist", "window_open", "hours_short", False),
        "vr:Q2": ("vocational_trainer", "not_started", "not_applicable", None),
    }
    first = rows["vr:Q1"]
    assert (first["valid_from"], first["valid_to"]) == (date(2022, 3, 1), date(2025, 2, 28))
    assert first["requirements"]["vr.ce.total"] == {"met": False, "counted": 54, "required": 60}
    assert first["short"] == ["vr.ce.total", "vr.ce.ethics_quality"]
    assert first["ruleset_version"] == hub.ruleset.version
    assert {item["as_of"] for item in rows.values()} == {DAY}


@pytest.mark.usefixtures("somebody")
async def test_only_persons_that_a_sync_changed_are_evaluated_again(
    hub: Hub, engine: AsyncEngine, sync: Sync, made: Made, record: Callable[..., Any]
) -> None:
    await evaluations.evaluate_all(hub)
    before = await _rows(engine)

    untouched = await evaluations.evaluate_changed(hub)
    await sync(
        "vr",
        made.batch("vr", record("vr.training_record", "T2", category="專業倫理")),
    )
    changed = await evaluations.evaluate_changed(hub)

    after = await _rows(engine)
    assert (untouched, changed) == (0, 4)
    assert after["vr:Q1"]["short"] == []
    assert after["vr:Q1"]["facts_hash"] != before["vr:Q1"]["facts_hash"]
    assert after["ltc:C1"]["facts_hash"] == before["ltc:C1"]["facts_hash"]


@pytest.mark.usefixtures("somebody")
async def test_a_closed_certificate_loses_its_row(
    hub: Hub, engine: AsyncEngine, sync: Sync, made: Made
) -> None:
    await evaluations.evaluate_all(hub)

    await sync("ltc", made.batch("ltc", Tombstone("ltc.certificate", "C1", 2)))
    await evaluations.evaluate_changed(hub)

    assert list(await _rows(engine)) == ["osh:N1", "vr:Q1", "vr:Q2"]


@pytest.mark.usefixtures("somebody")
async def test_days_that_change_an_answer_make_it_due_and_no_others(
    hub: Hub, engine: AsyncEngine
) -> None:
    await evaluations.evaluate_all(hub)
    first = min(
        item["next_change_on"]
        for item in (await _rows(engine)).values()
        if item["next_change_on"] is not None
    )

    same_day = await evaluations.evaluate_due(hub, DAY)
    early = await evaluations.evaluate_due(hub, date.fromordinal(first.toordinal() - 1))
    on_time = await evaluations.evaluate_due(hub, first)
    back = await evaluations.evaluate_due(hub, DAY)

    assert (same_day, early, on_time, back) == (0, 0, 4, 4)
    assert {item["as_of"] for item in (await _rows(engine)).values()} == {DAY}


@pytest.mark.usefixtures("somebody")
async def test_new_figures_make_every_answer_due(hub: Hub, engine: AsyncEngine) -> None:
    await evaluations.evaluate_all(hub)
    newer = replace(hub, ruleset=Ruleset(current_ruleset().groups, "certhub-test"))

    done = await evaluations.evaluate_due(newer)

    assert done == 4
    assert {item["ruleset_version"] for item in (await _rows(engine)).values()} == {"certhub-test"}


@pytest.mark.usefixtures("somebody")
async def test_a_stored_evaluation_equals_the_answer_of_the_same_day(
    hub: Hub, engine: AsyncEngine
) -> None:
    await evaluations.evaluate_all(hub)
    before = await _rows(engine)

    await evaluations.evaluate_all(hub)

    after = await _rows(engine)
    for item in (*before.values(), *after.values()):
        item.pop("computed_at")
    assert before == after


@pytest.mark.usefixtures("somebody")
def test_the_command_says_what_it_did(
    database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTHUB_DATABASE_URL", database_url)
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))
    monkeypatch.setenv("CERTHUB_BUSINESS_DATE", "2024-10-01")

    changed = CliRunner().invoke(app, ["evaluate", "--changed", "--json"])
    both = CliRunner().invoke(app, ["evaluate", "--changed", "--all"])

    assert changed.exit_code == 0
    assert '"certificates": 4' in changed.output
    assert '"as_of": "2024-10-01"' in changed.output
    assert both.exit_code == 2

"""A preview of other figures: who would change, counted by county and type, with nothing stored."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from certhub.cli.rules_preview import preview as command
from certhub.domain.errors import ConfigurationError, InvalidInput
from certhub.resolvers import preview as preview_module
from certhub.resolvers.context import Hub
from certhub.resolvers.preview import Outcome, preview, proposed_ruleset
from certhub.rules.params import current_ruleset
from certhub.store.keys import KeyRing

MakeRow = Callable[..., dict[str, Any]]
Sync = Callable[..., Awaitable[Any]]
Made = Any

DAY = date(2024, 10, 1)
# Professional and ethics hours of three employment specialists; sixty with six are asked for.
HOURS = {"A123456789": (5400, 600), "B123456780": (5000, 600), "F131232216": (1000, 0)}
COUNTIES = ("臺北市", "臺北市", "高雄市")

LAW = '"N0080029@2023-09-23:10-2"'
GROUP = """
id: vr.continuing_education
title: {zh: 試算, en: Tried}
unit: hours
picked_by: effective_date
checked_on: 2024-10-01
values:
  ce_total_hours:
    2016-02-14: {value: TOTAL, law: LAW}
  ce_ethics_quality_hours:
    2016-02-14: {value: 6, law: LAW}
  lapse_return_hours:
    2023-09-23: {value: 20, law: LAW}
"""


def group(total: object) -> str:
    """A figure file that asks for ``total`` hours."""
    return GROUP.replace("TOTAL", str(total)).replace("LAW", LAW)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of figure files."""

    def make(**files: str) -> Path:
        place = tmp_path / "figures" / "vr"
        place.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (place / f"{name}.yaml").write_text(content, encoding="utf-8")
        return place.parent

    return make


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
async def population(sync: Sync, made: Made, row: MakeRow) -> None:
    """Three employment specialists, one of them with an LTC certificate and a past qualification."""

    def record(entity: str, key: str, **values: Any) -> Any:
        shown = row(entity, key, **values)
        shown.pop("id")
        shown.pop("deleted_at")
        return made.record(entity, key, 1, **shown)

    items: list[Any] = []
    for index, (number, (professional, ethics)) in enumerate(HOURS.items(), 1):
        who = {"professional_id": f"P{index}"}
        items += [
            made.professional(f"P{index}", number),
            record("vr.qualification", f"Q{index}", **who, issued_on=date(2022, 3, 1)),
            record("vr.appointment", f"A{index}", **who, county=COUNTIES[index - 1]),
            record(
                "vr.training_record",
                f"T{index}",
                **who,
                hours=professional,
                credited_hours=professional,
            ),
        ]
        if ethics:
            items.append(
                record(
                    "vr.training_record",
                    f"E{index}",
                    **who,
                    category="專業倫理",
                    hours=ethics,
                    credited_hours=ethics,
                )
            )
    items.append(
        record(
            "vr.qualification",
            "Q9",
            professional_id="P1",
            title="職業訓練員",
            issued_on=date(2018, 3, 1),
        )
    )
    await sync("vr", made.batch("vr", *items))
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", "A123456789"),
            record("ltc.certificate", "C1"),
            record("ltc.registration", "R1", county="高雄市"),
        ),
    )


async def _everything(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    """Rows written by table, as the database itself counts them."""
    async with engine.connect() as connection:
        tables = [
            f"{schema}.{name}"
            for schema, name in await connection.execute(
                text(
                    "select table_schema, table_name from information_schema.tables "
                    "where table_schema in ('hub', 'vr', 'ltc', 'osh') order by 1, 2"
                )
            )
        ]
        return [
            (table, *row)
            for table in tables
            for row in await connection.execute(
                text(f"select count(*), max(xmin::text::bigint) from {table}")
            )
        ]


@pytest.mark.usefixtures("population")
async def test_who_would_fall_short_is_counted_by_county_and_type(
    hub: Hub, engine: AsyncEngine, folder: Callable[..., Path]
) -> None:
    proposed = proposed_ruleset(folder(ce=group(66)), hub.ruleset)

    found = await preview(hub, proposed, DAY)

    assert found.groups == ("vr.continuing_education",)
    assert (found.persons, found.total.certificates) == (3, 4)
    assert (found.total.to_short, found.total.to_met) == (1, 0)
    shown = {
        cell: (one.certificates, one.to_short, one.to_met) for cell, one in found.cells.items()
    }
    assert shown == {
        ("vr", "employment_specialist", "63000"): (2, 1, 0),
        ("vr", "employment_specialist", "64000"): (1, 0, 0),
        ("ltc", "care_worker", "64000"): (1, 0, 0),
    }
    assert found.requirements == {
        "vr.ce.total": (1, 0),
        "vr.ce.professional_law": (1, 0),
    }
    assert found.statuses == {("vr", "renewable", "hours_short"): 1}


@pytest.mark.usefixtures("population")
async def test_who_would_be_complete_is_counted_the_other_way(
    hub: Hub, folder: Callable[..., Path]
) -> None:
    proposed = proposed_ruleset(folder(ce=group(56)), hub.ruleset)

    found = await preview(hub, proposed, DAY, "vr")

    assert (found.total.to_short, found.total.to_met) == (0, 1)
    assert found.total.now(Outcome.MET) == 1
    assert found.total.now(Outcome.SHORT) == 2
    assert {cell[0] for cell in found.cells} == {"vr"}
    assert found.cells["vr", "employment_specialist", "63000"].any
    assert not found.cells["vr", "employment_specialist", "64000"].any


@pytest.mark.usefixtures("population")
async def test_the_same_figures_change_nobody(hub: Hub, folder: Callable[..., Path]) -> None:
    proposed = proposed_ruleset(folder(ce=group(60)), hub.ruleset)

    found = await preview(hub, proposed, DAY)

    assert not found.total.any
    assert (found.requirements, dict(found.statuses)) == ({}, {})


@pytest.mark.usefixtures("population")
async def test_a_figure_that_is_no_more_leaves_answers_undecided(
    hub: Hub, folder: Callable[..., Path]
) -> None:
    ended = group(60).replace(
        "  ce_ethics", "    2024-01-01: {value: null, law: " + LAW + "}\n  ce_ethics"
    )

    found = await preview(hub, proposed_ruleset(folder(ce=ended), hub.ruleset), DAY, "vr")

    assert (found.total.to_short, found.total.to_met, found.total.decidable) == (0, 0, 3)


@pytest.mark.usefixtures("population")
async def test_nothing_stored_is_touched(
    hub: Hub, engine: AsyncEngine, folder: Callable[..., Path]
) -> None:
    before = await _everything(engine)

    await preview(hub, proposed_ruleset(folder(ce=group(66)), hub.ruleset), DAY)

    assert await _everything(engine) == before


@pytest.mark.usefixtures("population")
async def test_persons_come_in_chunks_and_each_once(
    hub: Hub, folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_module, "_CHUNK", 2)
    told: list[tuple[int, int]] = []

    found = await preview(
        hub,
        proposed_ruleset(folder(ce=group(66)), hub.ruleset),
        DAY,
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(2, 3), (3, 3)]
    assert (found.total.certificates, found.total.to_short) == (4, 1)


async def test_an_unknown_registry_is_refused(hub: Hub, folder: Callable[..., Path]) -> None:
    proposed = proposed_ruleset(folder(ce=group(66)), hub.ruleset)

    with pytest.raises(InvalidInput, match="expected one of vr, ltc, osh"):
        await preview(hub, proposed, DAY, "tax")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("- a\n", "vr/ce.yaml: expected a map", id="a list"),
        pytest.param("id: [", "vr/ce.yaml: not YAML, line", id="no YAML"),
        pytest.param(group(60) + "id: x\n", "vr/ce.yaml: duplicate key", id="key twice"),
        pytest.param(
            group(60).replace("unit: hours", ""), "vr/ce.yaml: key unit is missing", id="no unit"
        ),
        pytest.param(
            group(60).replace("checked_on", "seen_on"), "key checked_on is missing", id="other key"
        ),
        pytest.param(group(60) + "why: x\n", "vr/ce.yaml: unknown key why", id="unknown key"),
        pytest.param(
            group(60).replace("2016-02-14", "from"),
            "vr/ce.yaml: values.ce_total_hours: from: expected the first day",
            id="no day",
        ),
        pytest.param(
            group(60).replace("{value: 60, law", "{amount: 60, law"),
            "values.ce_total_hours: 2016-02-14: key value is missing",
            id="no value",
        ),
        pytest.param(
            group("1.005"), "values.ce_total_hours: 2016-02-14: value: expected a number", id="fine"
        ),
        pytest.param(
            group("sixty"), "values.ce_total_hours: 2016-02-14: value: expected a number", id="word"
        ),
        pytest.param(
            group("[60]"), "values.ce_total_hours: 2016-02-14: expected a number", id="a list value"
        ),
        pytest.param(
            group(60).replace("vr.continuing", "vr.discontinued"), "no figure group", id="group"
        ),
        pytest.param(group(60).replace("unit: hours", "unit: points"), "unit: expected", id="unit"),
        pytest.param(
            group(60).replace("ce_total_hours", "ce_totals"),
            "values.ce_total_hours is missing",
            id="figure",
        ),
        pytest.param(
            group(60) + "  more:\n    2016-02-14: {value: 1, law: x}\n",
            "values.more: no rule asks for it",
            id="one more",
        ),
        pytest.param(group(60).split("values:")[0] + "values: 1\n", "values: expected", id="flat"),
        pytest.param(
            group(60).replace("checked_on: 2024-10-01", "checked_on: soon"),
            "checked_on: expected a day",
            id="checked",
        ),
        pytest.param(group(60).replace("unit: hours", "unit: 1"), "unit: expected text", id="1"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_name_and_key(
    folder: Callable[..., Path], content: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        proposed_ruleset(folder(ce=content), current_ruleset())


def test_one_group_in_two_files_is_refused(folder: Callable[..., Path]) -> None:
    with pytest.raises(ConfigurationError, match=r"vr/b.yaml: id: .* stands in vr/a.yaml too"):
        proposed_ruleset(folder(a=group(60), b=group(61)), current_ruleset())


def test_a_file_in_another_encoding_is_refused(folder: Callable[..., Path]) -> None:
    place = folder()
    (place / "vr" / "ce.yaml").write_bytes(group(60).encode("big5"))

    with pytest.raises(ConfigurationError, match=r"ce.yaml: not UTF-8"):
        proposed_ruleset(place, current_ruleset())


def test_a_folder_without_figures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least one figure file"):
        proposed_ruleset(tmp_path, current_ruleset())
    with pytest.raises(ConfigurationError, match="expected a folder"):
        proposed_ruleset(tmp_path / "none", current_ruleset())


def test_the_shipped_figures_fit_themselves() -> None:
    shipped = Path(preview_module.__file__).parents[1] / "rules" / "params"

    proposed = proposed_ruleset(shipped, current_ruleset())

    assert proposed.groups == current_ruleset().groups


app = typer.Typer()
app.command()(command)


@pytest.fixture
def at_home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTHUB_DATABASE_URL", database_url)
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))
    monkeypatch.setenv("CERTHUB_BUSINESS_DATE", "2024-10-01")


@pytest.mark.usefixtures("population", "at_home")
def test_the_command_prints_who_would_change(folder: Callable[..., Path]) -> None:
    place = str(folder(ce=group(66)))

    told = CliRunner().invoke(app, ["--params", place, "--on", "2024-10-01"])
    data = json.loads(CliRunner().invoke(app, ["--params", place, "--json"]).stdout)

    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[1] == "figures that differ: vr.continuing_education"
    assert lines[2] == ("3 persons, 4 certificates in force: 1 met, 3 short, 0 undecided now")
    assert lines[3] == "met -> short 1, short -> met 0"
    assert "  vr employment_specialist 臺北市: of 2, met -> short 1, short -> met 0" in lines
    assert "  vr.ce.total: no longer met 1, now met 0" in lines
    assert "  vr renewable -> hours_short: 1" in lines
    assert data["as_of"] == "2024-10-01"
    assert data["total"]["to_short"] == 1
    assert [cell["county"] for cell in data["cells"]] == ["64000", "63000", "64000"]


@pytest.mark.usefixtures("at_home")
def test_the_command_refuses_a_folder_that_does_not_fit(folder: Callable[..., Path]) -> None:
    result = CliRunner().invoke(app, ["--params", str(folder(ce="id: 1\n"))])

    assert isinstance(result.exception, ConfigurationError)
    assert result.stdout == ""

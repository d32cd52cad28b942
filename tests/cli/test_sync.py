"""``certhub db``, ``sync``, ``quarantine`` and ``export`` against the sandbox agencies."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.domain.errors import ConfigurationError, InvalidInput
from certhub.sandbox.run import NO_RATES, start_agencies

runner = CliRunner()


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of three running sandbox agencies."""
    with start_agencies(40, rates=NO_RATES) as running:
        yield running.environment(tmp_path_factory.mktemp("agencies"))


@pytest.fixture
def hub(
    agencies: dict[str, str],
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Settings of a hub on an empty database."""
    for name, value in agencies.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CERTHUB_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))


def _json(*arguments: str, code: int = 0) -> Any:
    answer = runner.invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout)


@pytest.mark.usefixtures("hub")
def test_a_database_has_to_be_upgraded_before_a_sync() -> None:
    refused = runner.invoke(app, ["sync", "vr"])
    upgraded = runner.invoke(app, ["db", "upgrade"])
    checked = runner.invoke(app, ["db", "check"])

    assert isinstance(refused.exception, ConfigurationError)
    assert refused.exception.code == "DATABASE_REVISION"
    assert (upgraded.exit_code, upgraded.stdout) == (
        0,
        "the database is at revision 0001\n",
    )
    assert checked.exit_code == 0


@pytest.mark.usefixtures("hub")
def test_a_sync_is_reported_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    runner.invoke(app, ["db", "upgrade"], catch_exceptions=False)

    first = _json("sync")
    before = _json("sync", "status")
    again = _json("sync", "all", "--full")
    status = _json("sync", "status")
    quarantined = _json("quarantine", "list")
    file = tmp_path / "people.csv"
    exported = runner.invoke(
        app, ["export", "person", "--registry", "ltc", "--format", "csv", "--out", str(file)]
    )

    assert [(one["registry"], one["state"]) for one in first] == [
        ("vr", "complete"),
        ("ltc", "complete"),
        ("osh", "complete"),
    ]
    for one in again:
        for counts in one["entities"].values():
            assert counts["unchanged"] == counts["fetched"]
    assert [one["records"] for one in status] == [one["records"] for one in before]
    assert [one["freshness"] for one in status] == ["FRESH", "FRESH", "FRESH"]
    assert quarantined == []
    assert exported.exit_code == 0
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == status[1]["records"]["ltc.person"]
    assert sorted(path.name for path in tmp_path.glob("people*")) == ["people.csv"]


@pytest.mark.usefixtures("hub")
def test_an_agency_that_does_not_answer_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTHUB_OSH__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CERTHUB_OSH__ATTEMPTS", "1")
    runner.invoke(app, ["db", "upgrade"], catch_exceptions=False)

    reports = _json("sync", code=1)

    assert [(one["registry"], one["state"]) for one in reports] == [
        ("vr", "complete"),
        ("ltc", "complete"),
        ("osh", "failed"),
    ]
    assert reports[2]["error"]["code"] == "AGENCY_UNAVAILABLE"


def test_without_any_agency_the_settings_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))

    answer = runner.invoke(app, ["sync"])

    assert isinstance(answer.exception, ConfigurationError)
    assert "set CERTHUB_VR__URL, CERTHUB_LTC__URL, CERTHUB_OSH__URL" in answer.exception.en


def test_a_table_that_is_not_there_is_refused_before_anything_starts() -> None:
    answer = runner.invoke(app, ["export", "nothing", "--registry", "vr"])

    assert isinstance(answer.exception, InvalidInput)
    assert answer.exception.code == "UNKNOWN_TABLE"

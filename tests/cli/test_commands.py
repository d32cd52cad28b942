"""Commands that need no agency: keys, roster check, doctor; errors in one line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certhub.cli.main import app

SAMPLES = Path(__file__).parent.parent / "samples"
COURSE = "{start: 2024-03-15, end: 2024-03-15, review_state: approved, domains: [{index: 1, approved_hours: 3}]}"
runner = CliRunner()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path / "home"))


def _check(tmp_path: Path, name: str, *more: str) -> tuple[int, str]:
    course = tmp_path / "course.yaml"
    course.write_text(COURSE, encoding="utf-8")
    arguments = ["roster", "check", str(SAMPLES / name), "--course", str(course)]
    found = runner.invoke(app, [*arguments, "--on", "2024-03-18", *more])
    return found.exit_code, found.stdout


def test_a_clean_roster_passes_offline(tmp_path: Path) -> None:
    code, printed = _check(tmp_path, "roster-clean-utf8bom.csv")

    assert (code, printed) == (0, "accepted: 6 rows right, 0 wrong\n")


def test_a_bad_roster_names_every_row_and_fails(tmp_path: Path) -> None:
    code, printed = _check(tmp_path, "roster-bad-rows.csv", "--json")

    report = json.loads(printed)
    assert code == 1
    assert [row["line"] for row in report["row_errors"]] == [*range(4, 17), 18]


def test_keys_are_listed_and_rotated_without_being_shown() -> None:
    first = runner.invoke(app, ["keys", "list"]).stdout
    rotated = runner.invoke(app, ["keys", "rotate", "index"]).stdout

    assert first.count("v1") == 4
    assert [line.split()[:2] for line in rotated.splitlines()[:2]] == [
        ["index", "v1"],
        ["index", "v2"],
    ]


def test_an_unknown_kind_of_key_is_refused_in_one_line() -> None:
    found = runner.invoke(app, ["keys", "rotate", "door"])

    assert found.exit_code == 1
    assert "expected kinds of" in str(found.exception)


def test_a_token_is_refused_in_production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CERTHUB_ENVIRONMENT", "production")
    monkeypatch.setenv("CERTHUB_ID_KEYS_FILE", str(tmp_path / "keys.json"))

    found = runner.invoke(app, ["token", "central-mol"])

    assert found.exit_code == 1
    assert "production" in str(found.exception)


@pytest.mark.parametrize(
    "command",
    ["audit", "db", "demo", "doctor", "evaluate", "export", "keys", "policy", "quarantine",
     "receipt", "roster", "rules", "sandbox", "schema", "serve", "sync", "token", "verify"],
)  # fmt: skip
def test_every_command_explains_itself(command: str) -> None:
    found = runner.invoke(app, [command, "--help"])

    assert found.exit_code == 0
    assert "Usage:" in found.stdout

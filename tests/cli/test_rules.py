"""``certhub rules``: list, show, and worked cases."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.domain.errors import UnknownRule
from certhub.rules.entry_points import ENTRY_POINTS

runner = CliRunner()

CASE = """
- id: vr-person-id-901
  title: A well formed number
  rule: vr.person_id
  as_of: 2024-03-01
  given: {id: A123456789}
  expect: {status: valid}
- id: ltc-points-901
  title: A rule that isn't there
  rule: ltc.nothing
  as_of: 2024-03-01
  given: {}
  expect: {status: valid}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "cases.yaml"
    file.write_text(CASE, encoding="utf-8")
    return file


def test_every_rule_is_listed() -> None:
    answer = runner.invoke(app, ["rules", "list", "--json"])

    assert answer.exit_code == 0
    assert [item["code"] for item in json.loads(answer.stdout)] == sorted(ENTRY_POINTS)


def test_a_rule_shows_its_figures_on_a_day() -> None:
    answer = runner.invoke(app, ["rules", "show", "ltc.renewal", "--on", "2024-09-02", "--json"])

    found = json.loads(answer.stdout)
    assert found["on"] == "2024-09-02"
    assert all(item["group"].startswith("ltc.") for item in found["figures"])


BAD = """
- {id: ends-first, rule: ltc.renewal, as_of: 2024-01-01, expect: {},
   given: {certificate: {id: c, valid_from: 2022-01-01, valid_to: 2021-01-01}}}
- {id: no-number, rule: osh.attendance, as_of: 2024-01-01, expect: {},
   given: {class: {kind: professional, total_hours: .nan, ends_on: 2023-01-01}}}
- {id: no-calendar, rule: vr.person_id, as_of: 0001-01-01, expect: {}, given: {id: A123456789}}
- {id: no-such-day, rule: osh.closing, as_of: 2024-01-01, expect: {},
   given: {class: {kind: in_service, ends_on: 2023-02-30}}}
- {id: right, rule: vr.person_id, as_of: 2024-01-01, given: {id: A123456789},
   expect: {status: valid}}
"""


def test_facts_that_cannot_be_are_named_and_the_other_cases_go_on(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD, encoding="utf-8")

    answer = runner.invoke(app, ["rules", "test", str(file)])

    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        (
            "ends-first: ltc.renewal: INVALID_FACTS: given.certificate.valid_to: "
            "expected a last day not before the first"
        ),
        (
            "no-number: osh.attendance: INVALID_FACTS: given.class.total_hours: "
            "expected a number with at most two decimals"
        ),
        "no-calendar: vr.person_id: INVALID_INPUT: as_of: expected a day between 1900 and 2999",
        "no-such-day: osh.closing: INVALID_FACTS: given.class.ends_on: expected a day as YYYY-MM-DD",
        "1 passed, 4 failed",
    ]


def test_a_rule_that_is_not_there_fails(cases: Path) -> None:
    answer = runner.invoke(app, ["rules", "test", str(cases)])

    lines = answer.stdout.splitlines()
    assert answer.exit_code == 1
    assert lines[0].startswith("ltc-points-901: ltc.nothing: UNKNOWN_RULE")
    assert lines[-1] == "1 passed, 1 failed"


def test_only_the_cases_of_one_rule_are_run(cases: Path) -> None:
    answer = runner.invoke(app, ["rules", "test", str(cases), "--rule", "vr.person_id"])

    assert (answer.exit_code, answer.stdout) == (0, "1 passed, 0 failed\n")


def test_asking_for_a_rule_that_is_not_there_is_an_error(cases: Path) -> None:
    answer = runner.invoke(app, ["rules", "test", str(cases), "--rule", "ltc.nothing"])

    assert isinstance(answer.exception, UnknownRule)


def test_a_failed_assertion_is_told_with_both_values(cases: Path) -> None:
    cases.write_text(CASE.replace("status: valid", "status: wrong"), encoding="utf-8")

    answer = runner.invoke(app, ["rules", "test", str(cases), "--rule", "vr.person_id"])

    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        "vr-person-id-901: status: expected 'wrong', got 'valid'",
        "0 passed, 1 failed",
    ]


def test_json_holds_every_case(cases: Path) -> None:
    answer = runner.invoke(app, ["rules", "test", str(cases), "--json"])

    found = json.loads(answer.stdout)
    assert (found["passed"], found["failed"]) == (1, 1)
    assert [case["id"] for case in found["cases"]] == ["vr-person-id-901", "ltc-points-901"]


def test_the_worked_cases_pass_as_files() -> None:
    file = Path(__file__).parent.parent / "cases" / "vr.yaml"

    answer = runner.invoke(app, ["rules", "test", str(file)])

    assert answer.exit_code == 0
    assert answer.stdout.endswith(" passed, 0 failed\n")

"""``certhub verify``: a staff list in, verdicts and reasons out."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.domain.errors import InvalidInput
from certhub.sandbox.cast import CAST

from ..country import Country

runner = CliRunner()


@pytest.fixture
def staff(country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of four, and the settings of the country's hub."""
    monkeypatch.setenv("CERTHUB_DATABASE_URL", country.url)
    monkeypatch.setenv("CERTHUB_HOME", str(country.home))
    monkeypatch.setenv("CERTHUB_BUSINESS_DATE", "2024-09-02")
    # The country was synced on that day; the command goes by the machine's clock.
    monkeypatch.setenv("CERTHUB_UNAVAILABLE_AFTER__LTC", "P36500D")
    lines = [
        "編號,證號,姓名",
        f"丁,{CAST['C4'].number},測試冬逾",
        f"甲,{CAST['C1'].number},測試春安",
        f"庚,{CAST['C7'].number},王小明",
        "壬,A123456780,",
    ]
    file = tmp_path / "staff.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_verdicts_come_in_the_order_of_the_list(staff: Path) -> None:
    answer = runner.invoke(app, ["verify", str(staff), "--role", "ltc.care_worker"])

    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert answer.exit_code == 0
    assert [
        (row["ref"], row["verdict"], row["status"], row["renewal"], row["error"]) for row in rows
    ] == [
        ("丁", "NOT_ELIGIBLE", "expired", "short", ""),
        ("甲", "ELIGIBLE", "window_open", "short", ""),
        ("庚", "ELIGIBLE", "valid", "short", ""),
        ("壬", "", "", "", "identifier_invalid"),
    ]
    assert [row["name_matches"] for row in rows] == ["true", "true", "false", ""]
    assert "ltc.total" in rows[1]["unmet"].split()
    assert CAST["C1"].number not in answer.stdout


def test_another_day_may_be_asked_about(staff: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    answer = runner.invoke(
        app,
        [
            "verify",
            str(staff),
            "--role",
            "ltc.care_worker",
            "--on",
            "2024-07-14",
            "--out",
            str(out),
        ],
    )

    assert answer.exit_code == 0
    assert answer.stdout.startswith("4 people on 2024-07-14 as ltc.care_worker: 3 decided")
    assert json.loads(out.read_text("utf-8"))[0]["verdict"] == "NOT_ELIGIBLE"


def test_a_file_that_is_no_staff_list_is_refused(staff: Path) -> None:
    staff.write_text("姓名\n王小明\n", encoding="utf-8")

    answer = runner.invoke(app, ["verify", str(staff), "--role", "ltc.care_worker"])

    assert isinstance(answer.exception, InvalidInput)
    assert answer.exception.code == "header_mismatch"

"""``certhub bench roster``: what is measured is right, and every size is reported."""

import json

import pytest
import typer
from typer.testing import CliRunner

from certhub.cli import bench_roster as module
from certhub.cli.bench import bench


def test_every_kind_format_and_size_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZES", (20, 30))
    monkeypatch.setattr(module, "_REPEAT", 0.0)
    app = typer.Typer()
    app.command()(bench)

    told = CliRunner().invoke(app, ["roster", "--json"])
    shown = CliRunner().invoke(app, ["roster"])

    results = json.loads(told.stdout)["results"]
    assert [(row["kind"], row["format"], row["rows"]) for row in results] == [
        (kind, form, size)
        for kind in ("vr", "osh")
        for form in ("csv", "xlsx")
        for size in (20, 30)
    ]
    assert all(row["rows_per_second"] > 0 for row in results)
    assert len(shown.stdout.splitlines()) == 2 + len(results)


def test_a_file_that_is_not_read_as_written_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_plain", lambda _data, _suffix: 1)

    with pytest.raises(AssertionError, match="not read as written"):
        module.bench_roster()

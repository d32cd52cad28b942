"""``certhub quarantine``: what was set aside is seen, people's numbers masked."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.domain.errors import NotFound
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.store import clock
from certhub.store.keys import load_keys

runner = CliRunner()
Made = Any

_RAW = {
    "id": "L1",
    "name": "王測試",
    "birth_date": "110/02/30",
    "blood_type": "A",
    "identifiers": [{"type": "身分證字號", "value": "A123456789", "current": True}],
}


@pytest.fixture
async def set_aside(
    engine: AsyncEngine,
    database_url: str,
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One faulty person in quarantine, sealed with the keys of the command's HOME."""
    monkeypatch.setenv("CERTHUB_DATABASE_URL", database_url)
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))
    keys = load_keys(tmp_path, None, clock.now().date())
    raw = json.dumps(_RAW, ensure_ascii=False).encode()
    batch = made.batch("ltc", made.problem("ltc.person", "L1", raw=raw))
    await run_sync(SyncHub(engine, keys, clock.now), made.scripted("ltc", [batch]))


def _json(*arguments: str) -> Any:
    answer = runner.invoke(app, ["quarantine", *arguments, "--json"], catch_exceptions=False)
    assert answer.exit_code == 0
    return json.loads(answer.stdout)


@pytest.mark.usefixtures("set_aside")
def test_the_list_names_field_and_reason_and_nobody() -> None:
    [row] = _json("list")

    assert (row["entity"], row["source_id"], row["field"], row["reason"], row["state"]) == (
        "ltc.person",
        "L1",
        "birth_date",
        "impossible_date",
        "open",
    )
    assert _json("list", "--registry", "vr") == []


@pytest.mark.usefixtures("set_aside")
def test_a_record_shows_masked_numbers_and_only_fields_of_the_contract() -> None:
    masked = _json("show", "1")["record"]
    full = _json("show", "1", "--full")["record"]

    assert masked["identifiers"][0]["value"] == "A*****6789"
    assert full["identifiers"][0]["value"] == "A123456789"
    assert full["birth_date"] == "110/02/30"
    assert "blood_type" not in full


@pytest.mark.usefixtures("set_aside")
def test_a_number_that_is_not_there_is_not_found() -> None:
    answer = runner.invoke(app, ["quarantine", "show", "99"])

    assert isinstance(answer.exception, NotFound)


@pytest.mark.usefixtures("set_aside")
def test_a_retry_without_the_agency_says_what_is_still_set_aside() -> None:
    retried = _json("retry")
    nothing = runner.invoke(app, ["quarantine", "retry", "7"], catch_exceptions=False)

    assert retried == [{"id": 1, "resolved": False}]
    assert (nothing.exit_code, nothing.stdout) == (0, "nothing is set aside\n")

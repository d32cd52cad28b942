"""``certhub keys``: a rotation, and the stored values that follow it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from certhub.cli.main import app
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.store import clock
from certhub.store.keys import load_keys

Made = Any


@pytest.fixture
async def held(
    engine: AsyncEngine,
    database_url: str,
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One professional, sealed with the keys of the command's HOME."""
    monkeypatch.setenv("CERTHUB_DATABASE_URL", database_url)
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))
    keys = load_keys(tmp_path, None, clock.now().date())
    batch = made.batch("vr", made.professional("P1", "A123456789"))
    await run_sync(SyncHub(engine, keys, clock.now), made.scripted("vr", [batch]))


def _lines(*arguments: str) -> list[list[str]]:
    answer = CliRunner().invoke(app, ["keys", *arguments], catch_exceptions=False)
    assert answer.exit_code == 0
    return [line.split() for line in answer.stdout.splitlines()]


@pytest.mark.usefixtures("held")
def test_after_a_rotation_everything_is_encrypted_anew_once() -> None:
    rotated = _lines("rotate", "cipher", "index")

    first, again = _lines("reencrypt"), _lines("reencrypt")

    assert [line[:2] for line in rotated if line[-1] == "use"] == [
        ["index", "v2"],
        ["cipher", "v2"],
        ["subject", "v1"],
        ["signing", "v1"],
    ]
    assert first == [
        ["vr.professional.national_id_cipher", "1"],
        ["hub.identifier.cipher", "1"],
        ["2", "rows", "encrypted", "anew"],
        ["cipher", "v2", "2", "rows", "in", "use"],
    ]
    assert again == [
        ["0", "rows", "encrypted", "anew"],
        ["cipher", "v2", "2", "rows", "in", "use"],
    ]

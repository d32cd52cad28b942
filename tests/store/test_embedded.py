"""The embedded server: shared, stopped by the last, clear about what it cannot do."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from certhub.domain.errors import ConfigurationError
from certhub.store import embedded


async def _answer(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval("select 6 * 7")
        return found
    finally:
        await connection.close()


async def test_the_server_keeps_its_data_and_stops_with_its_last_user(tmp_path: Path) -> None:
    first = embedded.start(tmp_path, durable=False)
    connection = await asyncpg.connect(first.dsn)
    await connection.execute("create table kept (n int)")
    await connection.close()
    second = embedded.start(tmp_path, durable=False)

    first.stop()
    still = await _answer(second.dsn)
    second.stop()
    second.stop()
    stopped = not (tmp_path / "postgres/data/postmaster.pid").exists()
    with embedded.start(tmp_path, durable=False) as third:
        connection = await asyncpg.connect(third.dsn)
        kept = await connection.fetchval("select count(*) from kept")
        await connection.close()

    assert (still, stopped, kept) == (42, True, 0)
    assert second.dsn == first.dsn


def test_two_processes_share_one_server(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from certhub.store import embedded; "
        "print(embedded.start(Path(sys.argv[1]), durable=False).dsn, flush=True); "
        "sys.stdin.read()"
    )
    with embedded.start(tmp_path, durable=False) as cluster:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        joined = process.stdout.readline().strip()
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()

        assert joined == cluster.dsn
        assert asyncio.run(_answer(cluster.dsn)) == 42

    assert not (tmp_path / "postgres/data/postmaster.pid").exists()


async def test_a_long_path_falls_back_to_loopback_with_a_password(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 90)

    with embedded.start(home, durable=False) as cluster:
        assert "@127.0.0.1:" in cluster.dsn
        assert await _answer(cluster.dsn) == 42
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _answer(cluster.dsn.replace("certhub:", "certhub:x"))


def test_data_of_another_major_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres/data").mkdir(parents=True)
    (tmp_path / "postgres/data/PG_VERSION").write_text("16\n")

    with pytest.raises(ConfigurationError, match="holds data of PostgreSQL 16") as caught:
        embedded.start(tmp_path)

    assert caught.value.details == {"found": "16", "expected": "18"}


def test_the_password_is_nobody_elses(tmp_path: Path) -> None:
    with embedded.start(tmp_path, durable=False):
        mode = (tmp_path / "postgres.password").stat().st_mode

    assert mode & 0o077 == 0

"""``certhub demo``: three agencies, one hub, the three users' stories told over HTTP."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..domain.errors import CertHubError, ConfigurationError
from ..settings import Environment, Settings
from .demo_stories import tell

if TYPE_CHECKING:
    from ..resolvers.sync import SyncReport

__all__ = ["demo"]

ROLES = (
    "central-mol",
    "central-mohw",
    "local-taipei",
    "local-kaohsiung",
    "institution-vr",
    "institution-osh",
    "operator",
    "auditor",
)
_START_SECONDS = 60


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One demo per folder: it starts from an empty database each time."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigurationError(
                "another demo is running in this folder; stop it or set CERTHUB_HOME",
                "此資料夾已有示範執行中，請先停止或設定 CERTHUB_HOME",
            ) from error
        shutil.rmtree(home, ignore_errors=True)
        yield


def _free(host: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def _load(console: Console) -> None:
    """Run the first sync with a bar per registry, evaluate every certificate."""
    from ..agencies import build_connectors, sync_hub
    from ..app import open_hub
    from ..resolvers.evaluations import evaluate_all
    from ..resolvers.sync import sync_all

    settings = Settings()
    async with open_hub(settings) as hub:
        connectors = build_connectors(settings)
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TextColumn("{task.completed:>8} rows"),
            TimeElapsedColumn(),
            console=console,
        ) as bars:
            tasks = {name: bars.add_task(f"sync {name}", total=None) for name in connectors}

            def show(report: "SyncReport") -> None:
                rows = sum(counts.fetched for counts in report.counts.values())
                total = rows if report.state != "running" else None
                bars.update(tasks[report.registry], completed=rows, total=total)

            try:
                reports = await sync_all(sync_hub(settings, hub), connectors, progress=show)
            finally:
                for connector in connectors.values():
                    await connector.aclose()
            task = bars.add_task("evaluate", total=None)
            done = await evaluate_all(hub)
            bars.update(task, completed=done, total=done)
        for report in reports:
            if not report.succeeded:
                raise CertHubError(f"the sync of {report.registry} failed: {report.error}")


@contextmanager
def _serving(environment: Mapping[str, str], url: str, log: IO[bytes]) -> Iterator[None]:
    """The hub as its own process, until it answers; stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "certhub", "serve"], env=dict(environment), stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(f"{url}/readyz"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CertHubError(f"the hub did not start; see {log.name}")
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _tokens(home: Path) -> dict[str, str]:
    from ..sandbox.issuer import DevIssuer
    from ..store import clock

    issuer = DevIssuer(home)
    now = clock.now()
    return {role: issuer.mint(role, {}, now=now, lifetime=timedelta(hours=8)) for role in ROLES}


def _show_urls(console: Console, url: str, tokens: Mapping[str, str]) -> None:
    console.rule("serving; stop with Ctrl-C")
    for path in ("/graphql", "/schema.graphql", "/graphiql", "/healthz", "/metrics"):
        console.print(f"{url}{path}")
    console.print("one token per role, valid for 8 hours:")
    for role, token in tokens.items():
        console.print(f"[bold]{role}[/bold]\n{token}", soft_wrap=True, highlight=False)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="說完即結束。 Exit after the stories.")
    ] = False,
    persons: Annotated[int, typer.Option(help="人數。 Size of the sandbox.", min=20)] = 2000,
    port: Annotated[int, typer.Option(help="埠。 Port of the hub; 0: a free one.", min=0)] = 8080,
) -> None:
    """示範:三個機關、一個樞紐、三種使用者。 Three sandbox agencies, one hub, the three users' stories."""
    from ..sandbox.clock import SANDBOX_DAY
    from ..sandbox.run import start_agencies

    settings = Settings()
    if settings.environment is Environment.PRODUCTION:
        raise ConfigurationError("certhub demo is refused in production", "正式環境不得執行示範")
    signal.signal(signal.SIGTERM, _end)
    console = Console()
    home = (settings.home / "demo").resolve()
    started = time.monotonic()
    with _alone(home):
        console.print(f"making {persons} fictional people in three agencies ...")
        with start_agencies(persons) as agencies:
            free = port if port and _free("127.0.0.1", port) else _any_port()
            environment = {
                key: value for key, value in os.environ.items() if not key.startswith("CERTHUB_")
            } | {
                **agencies.environment(home),
                "CERTHUB_HOME": str(home),
                "CERTHUB_BUSINESS_DATE": SANDBOX_DAY.isoformat(),
                "CERTHUB_HOST": "127.0.0.1",
                "CERTHUB_PORT": str(free),
            }
            os.environ.update(environment)
            asyncio.run(_load(console))
            url = f"http://127.0.0.1:{free}"
            tokens = _tokens(home)
            with (home / "hub.log").open("wb") as log, _serving(environment, url, log):
                differences = tell(url, tokens, console)
                for line in differences:
                    console.print(line, style="red", highlight=False)
                console.print(f"{time.monotonic() - started:.1f} s in all")
                if once:
                    raise typer.Exit(code=1 if differences else 0)
                _show_urls(console, url, tokens)
                _wait()


def _end(number: int, _frame: object) -> None:
    """Told to stop: as with Ctrl-C the hub and its database are stopped too."""
    raise SystemExit(128 + number)


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


def _any_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

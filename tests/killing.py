"""Runs the hub in processes that are meant to die: imported once, forked for each.

Every child is a fresh process with its own connections; only the imports are shared.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

COURSE = "20240115000011"
INSTITUTION = "00000103"
"""A course of the sandbox's cast without a roster, and whose it is."""

KILLED = -signal.SIGKILL

_PRELOADED = [
    "certhub.agencies",
    "certhub.app",
    "certhub.cli.main",
    "certhub.cli.sync",
    "certhub.connectors.ltc",
    "certhub.connectors.osh",
    "certhub.connectors.vr",
    "certhub.resolvers.delivery",
    "certhub.resolvers.evaluations",
    "certhub.resolvers.sync",
    "certhub.resolvers.vr_roster",
    "tests.killing",
    "tests.resolvers.filing_setup",
]


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def run(what: Callable[[], None], environment: Mapping[str, str], point: str | None = None) -> int:
    """The exit code of a child that does ``what``; ``KILLED`` when it died at ``point``."""
    extra = {} if point is None else {"CERTHUB_FAIL_POINT": point}
    child = _context().Process(target=_main, args=(what, {**environment, **extra}))
    child.start()
    child.join(60)
    if child.is_alive():
        child.kill()
        child.join()
        raise AssertionError(f"a child did not end: {what.__name__} {point}")
    assert isinstance(child.exitcode, int)
    return child.exitcode


def sync() -> None:
    """``certhub sync --json``."""
    from certhub.cli.main import app

    app(["sync", "--json"], standalone_mode=False)


def sync_vr() -> None:
    """``certhub sync vr --json``."""
    from certhub.cli.main import app

    app(["sync", "vr", "--json"], standalone_mode=False)


def sync_osh() -> None:
    """``certhub sync osh --json``."""
    from certhub.cli.main import app

    app(["sync", "osh", "--json"], standalone_mode=False)


def file_and_deliver() -> None:
    """File a sample roster under one key, and deliver what is due minutes later."""
    asyncio.run(_file_and_deliver())


async def _file_and_deliver() -> None:
    from certhub.agencies import build_connectors, build_couriers
    from certhub.app import open_hub
    from certhub.resolvers.delivery import deliver_due
    from certhub.resolvers.vr_roster import submit_vr_roster
    from certhub.settings import Settings

    from .resolvers.filing_setup import NOW, asked_by, roster_input

    settings = Settings()
    connectors = build_connectors(settings)
    async with open_hub(settings, clock=lambda: NOW) as hub:
        given = await roster_input(hub, "roster-clean-utf8bom.csv")
        filed = await submit_vr_roster(hub, asked_by(hub, INSTITUTION), given)
        assert filed.errors == (), filed.errors
        # The second time is after the lease of a process that died at the first.
        for later in (NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)):
            while await deliver_due(hub, build_couriers(connectors), later):
                pass
    for connector in connectors.values():
        await connector.aclose()


def _main(what: Callable[[], None], environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for the life of the process
    try:
        what()
    except SystemExit:
        raise
    except BaseException as error:
        if type(error).__name__ == "Exit":
            sys.exit(getattr(error, "exit_code", 1))
        raise

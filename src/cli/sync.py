"""``certhub sync``: one run over the registries, or where they stand."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import ConfigurationError
from ..domain.records import REGISTRIES
from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.sync import Progress, SyncReport

__all__ = ["read_again", "show_reports", "sync"]

_INTERVAL = timedelta(minutes=15)
"""Of ``--serve`` where the settings name none."""

_COLUMNS = ("fetched", "inserted", "updated", "unchanged", "stale", "deleted", "quarantined")


class What(StrEnum):
    """A registry, all of them, or their state."""

    VR = "vr"
    LTC = "ltc"
    OSH = "osh"
    ALL = "all"
    STATUS = "status"


def sync(
    what: Annotated[
        What, typer.Argument(help="登錄系統,或 status。 Registry, all, or status.")
    ] = What.ALL,
    full: Annotated[bool, typer.Option("--full", help="全部重讀。 Read everything again.")] = False,
    allow_mass_deletion: Annotated[
        bool,
        typer.Option(
            "--allow-mass-deletion",
            help="已查證大量刪除屬實。 Somebody has asked the agency: what a full listing lacks is gone.",
        ),
    ] = False,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="依間隔持續同步。 Go on at intervals until told to stop."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """同步。 One sync run of every registry that has a URL; exit 1 when one fails."""
    if what is What.STATUS:
        _show_status(asyncio.run(_status()), as_json=as_json)
        return
    if serve:
        asyncio.run(_serve(None if what is What.ALL else what.value))
        return
    reports = asyncio.run(
        read_again(
            None if what is What.ALL else [what.value],
            full=full,
            allow_mass_deletion=allow_mass_deletion,
        )
    )
    show_reports(reports, as_json=as_json)
    raise typer.Exit(code=0 if all(report.succeeded for report in reports) else 1)


async def _serve(registry: str | None) -> None:
    """Sync at intervals until SIGTERM or SIGINT; one line of log per run."""
    from ..agencies import build_connectors, sync_loops
    from ..app import configure_logging, open_hub
    from ..store.migrate import require_current

    settings = Settings()
    configure_logging(settings.log_level)
    connectors = build_connectors(settings)
    wanted = {name: one for name, one in connectors.items() if registry in {None, name}}
    if not wanted:
        raise _no_agency([registry] if registry else list(REGISTRIES))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with open_hub(settings) as hub:
            await require_current(hub.engine)
            loops = sync_loops(settings, hub, wanted, _INTERVAL)
            tasks = [asyncio.create_task(loop) for loop in loops]
            await stop.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for connector in connectors.values():
            await connector.aclose()


def _no_agency(missing: list[str]) -> ConfigurationError:
    names = ", ".join(f"CERTHUB_{name.upper()}__URL" for name in missing)
    return ConfigurationError(
        f"no agency to read from: set {names}", f"未設定機關網址:請設定 {names}"
    )


async def read_again(
    registries: list[str] | None, *, full: bool, allow_mass_deletion: bool = False
) -> list["SyncReport"]:
    """One run over some registries, with bars on a terminal.

    Args:
        registries: None: all that have a URL.
        full: Read everything, whatever the position.
        allow_mass_deletion: A person has decided so.

    Raises:
        ConfigurationError: none of them has a URL.
    """
    from ..agencies import build_connectors, sync_hub
    from ..app import open_hub
    from ..resolvers.evaluations import evaluate_due
    from ..resolvers.sync import sync_all
    from ..store.migrate import require_current

    settings = Settings()
    connectors = build_connectors(settings)
    wanted = registries or [name for name in REGISTRIES if name in connectors]
    missing = [name for name in wanted if name not in connectors] or (
        [] if wanted else list(REGISTRIES)
    )
    try:
        if missing:
            raise _no_agency(missing)
        async with open_hub(settings) as hub:
            await require_current(hub.engine)
            work = sync_hub(settings, hub)
            if allow_mass_deletion:
                work = replace(work, limits=replace(work.limits, mass_delete=None))
            with _bars(wanted) as progress:
                reports = await sync_all(
                    work, {name: connectors[name] for name in wanted}, full=full, progress=progress
                )
            # Lists and statistics read the stored evaluations: they follow what was read.
            await evaluate_due(hub)
            return reports
    finally:
        for connector in connectors.values():
            await connector.aclose()


@contextmanager
def _bars(registries: list[str]) -> "Iterator[Progress | None]":
    """A bar per registry on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    with Bars(
        SpinnerColumn(),
        TextColumn("sync {task.description:<4} {task.completed:>10} rows"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[entity]:<22}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bars:
        tasks = {name: bars.add_task(name, total=None, entity="") for name in registries}

        def show(report: "SyncReport") -> None:
            rows = sum(found.fetched for found in report.counts.values())
            done = report.state != "running"
            expected = max(rows, sum(report.expected.values())) if report.expected else None
            bars.update(
                tasks[report.registry],
                completed=rows,
                total=rows if done else expected,
                entity=report.state if done else report.entity or "",
            )

        yield show


def show_reports(reports: list["SyncReport"], *, as_json: bool) -> None:
    """What each run did, per entity."""
    if as_json:
        print(json.dumps([report.as_dict() for report in reports], ensure_ascii=False))
        return
    print(f"{'':<24}" + "".join(f"{name:>12}" for name in _COLUMNS))
    for report in reports:
        for entity, counts in sorted(report.counts.items()):
            shown = counts.as_dict()
            print(f"{entity:<24}" + "".join(f"{shown[name]:>12}" for name in _COLUMNS))
        for note in report.notes:
            print(f"{report.registry}: {note}")
        print(f"{report.registry}: {report.state}")
        if report.error is not None:
            print(f"{report.registry}: {report.error.code}: {report.error.en}", file=sys.stderr)


async def _status() -> list[dict[str, Any]]:
    from ..app import open_hub
    from ..store import read_syncs
    from ..store.migrate import require_current

    settings = Settings()
    async with open_hub(settings) as hub:
        await require_current(hub.engine)
        now = hub.clock()
        async with hub.reader.connect() as connection:
            complete = await read_syncs.complete_syncs(connection)
            runs = await read_syncs.last_runs(connection)
            waiting = await read_syncs.quarantine_sizes(connection)
            counts = await read_syncs.record_counts(connection)
            drift = await read_syncs.drift_of(connection, [run["id"] for run in runs.values()])
    found = []
    for name in REGISTRIES:
        at, run = complete.get(name), runs.get(name)
        found.append(
            {
                "registry": name,
                "freshness": hub.freshness(name, at, now).value,
                "complete_at": at.isoformat() if at else None,
                "last_run": None
                if run is None
                else {
                    "run": run["id"],
                    "mode": run["mode"],
                    "state": run["state"],
                    "started_at": run["started_at"].isoformat(),
                    "error": run["error_code"],
                    "notes": run["notes"],
                },
                "records": {
                    entity: number
                    for entity, number in counts.items()
                    if entity.startswith(f"{name}.")
                },
                "quarantined": waiting.get(name, 0),
                "drift": [
                    {key: row[key] for key in ("entity", "field", "kind", "sample", "count")}
                    for row in drift
                    if run is not None and row["run_id"] == run["id"]
                ],
            }
        )
    return found


def _show_status(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        run = one["last_run"]
        print(
            f"{one['registry']}: {one['freshness']}, complete {one['complete_at'] or 'never'}, "
            f"last run {run['state'] if run else 'none'}"
            f"{' (' + run['error'] + ')' if run and run['error'] else ''}, "
            f"{sum(one['records'].values())} records, {one['quarantined']} quarantined"
        )
        for row in one["drift"]:
            print(f"  {row['kind']} {row['entity']}.{row['field']} {row['sample']} x{row['count']}")

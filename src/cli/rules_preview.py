"""``certhub rules preview``: who would change under other figures; nothing is stored."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.preview import Changes, Preview, Progress

__all__ = ["preview"]


@contextmanager
def _progress() -> Iterator["Progress | None"]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("preview {task.completed:>8} of {task.total} persons"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bars:
        task = bars.add_task("preview", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


async def _run(folder: Path, on: date | None, registry: str | None) -> "Preview":
    from ..app import open_hub
    from ..resolvers import preview as use_case
    from ..rules.params import current_ruleset

    # Before a database is opened: a folder that does not fit costs nothing.
    proposed = use_case.proposed_ruleset(folder, current_ruleset())
    async with open_hub(Settings()) as hub:
        day = on or hub.business_day(hub.clock())
        with _progress() as progress:
            return await use_case.preview(hub, proposed, day, registry, progress)


def _counts(changes: "Changes") -> dict[str, int]:
    from ..resolvers.preview import Outcome

    return {
        "certificates": changes.certificates,
        **{str(outcome): changes.now(outcome) for outcome in Outcome},
        "to_short": changes.to_short,
        "to_met": changes.to_met,
        "decided_under_one_only": changes.decidable,
    }


def _as_data(found: "Preview") -> dict[str, Any]:
    from ..domain.counties import county_name

    return {
        "as_of": found.as_of.isoformat(),
        "registry": found.registry,
        "ruleset": found.current,
        "proposed": found.proposed,
        "groups": list(found.groups),
        "persons": found.persons,
        "total": _counts(found.total),
        "cells": [
            {
                "registry": registry,
                "type": kind,
                "county": county,
                "county_name": None if county is None else county_name(county),
                **_counts(found.cells[registry, kind, county]),
            }
            for registry, kind, county in sorted(
                found.cells, key=lambda cell: (cell[0], cell[1], cell[2] or "")
            )
        ],
        "requirements": [
            {"code": code, "to_short": lost, "to_met": won}
            for code, (lost, won) in sorted(found.requirements.items())
        ],
        "statuses": [
            {"registry": registry, "now": now, "then": then, "certificates": count}
            for (registry, now, then), count in sorted(found.statuses.items())
        ],
    }


def _print(data: dict[str, Any]) -> None:
    total = data["total"]
    print(f"on {data['as_of']}: {data['ruleset']} -> {data['proposed']}")
    print(f"figures that differ: {', '.join(data['groups']) or 'none'}")
    print(
        f"{data['persons']} persons, {total['certificates']} certificates in force: "
        f"{total['met']} met, {total['short']} short, {total['undecided']} undecided now"
    )
    print(f"met -> short {total['to_short']}, short -> met {total['to_met']}")
    if total["decided_under_one_only"]:
        print(f"decided under one of the two only: {total['decided_under_one_only']}")
    for cell in data["cells"]:
        if cell["to_short"] or cell["to_met"] or cell["decided_under_one_only"]:
            place = cell["county_name"] or cell["county"] or "(no county)"
            print(
                f"  {cell['registry']} {cell['type']} {place}: of {cell['certificates']}, "
                f"met -> short {cell['to_short']}, short -> met {cell['to_met']}"
            )
    for item in data["requirements"]:
        print(f"  {item['code']}: no longer met {item['to_short']}, now met {item['to_met']}")
    for item in data["statuses"]:
        print(f"  {item['registry']} {item['now']} -> {item['then']}: {item['certificates']}")


def preview(
    params: Annotated[
        Path,
        typer.Option(help="替換之參數檔目錄(docs/figures.md)。 Folder of changed figure files."),
    ],
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="判定日,預設業務日。 Day; the business day unless given."
        ),
    ] = None,
    registry: Annotated[
        str | None, typer.Option(help="vr、ltc 或 osh。 Only certificates of one registry.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """試算修法影響。 Who would change from met to short, or back, under other figures."""
    data = _as_data(asyncio.run(_run(params, on.date() if on else None, registry)))
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        _print(data)

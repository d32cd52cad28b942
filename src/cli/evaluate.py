"""``certhub evaluate``: brings the stored evaluation of certificates up to date."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.evaluations import Progress

__all__ = ["evaluate"]


@contextmanager
def _progress() -> Iterator["Progress | None"]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with Bars(
        SpinnerColumn(),
        TextColumn("evaluate {task.completed:>8} certificates"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bars:
        task = bars.add_task("evaluate", total=None)
        yield lambda done: bars.update(task, completed=done)


async def _run(scope: str, on: date | None) -> dict[str, Any]:
    from ..app import open_hub
    from ..resolvers import evaluations

    work = {
        "all": evaluations.evaluate_all,
        "changed": evaluations.evaluate_changed,
        "due": evaluations.evaluate_due,
    }[scope]
    async with open_hub(Settings()) as hub:
        day = on or hub.business_day(hub.clock())
        with _progress() as progress:
            done = await work(hub, day, progress)
        return {
            "scope": scope,
            "as_of": day.isoformat(),
            "certificates": done,
            "ruleset": hub.ruleset.version,
        }


def evaluate(
    due: Annotated[
        bool,
        typer.Option(
            "--due",
            help="異動、到期及規則變更者(預設)。 Changed, come due, or under new figures (default).",
        ),
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="全部。 Everybody.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="同步異動者。 Only whom a sync changed.")
    ] = False,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="判定日,預設業務日。 Day; the business day unless given."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """更新評估。 Bring the stored evaluation of every certificate up to date."""
    if due + everything + changed > 1:
        raise typer.BadParameter("--due, --all and --changed exclude each other")
    scope = "all" if everything else "changed" if changed else "due"
    found = asyncio.run(_run(scope, on.date() if on else None))
    if as_json:
        print(json.dumps(found))
    else:
        print(
            f"{found['certificates']} certificates evaluated on {found['as_of']} "
            f"under {found['ruleset']}"
        )

"""``certhub bench``: benchmarks that print ratios, measured in one run on one machine."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .bench_rules import Progress

__all__ = ["bench"]


class Name(StrEnum):
    """What can be measured."""

    RULES = "rules"
    INGEST = "ingest"
    ROSTER = "roster"


@contextmanager
def _progress(unit: str) -> Iterator["Progress | None"]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with Bars(
        SpinnerColumn(),
        TextColumn(f"bench {{task.completed:>8}} {unit}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bars:
        task = bars.add_task("bench", total=None)
        yield lambda more: bars.advance(task, more)


def bench(
    name: Annotated[Name, typer.Argument(help="項目。 What to measure.")] = Name.RULES,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """效能比較,印出比率。 Benchmarks that print ratios."""
    # Each brings imports that the other does without.
    if name is Name.RULES:
        from .bench_rules import bench_rules, lines

        with _progress("certificates") as progress:
            found = bench_rules(progress=progress)
        told = lines(found)
    elif name is Name.ROSTER:
        from .bench_roster import bench_roster
        from .bench_roster import lines as roster_lines

        with _progress("rows") as progress:
            found = bench_roster(progress=progress)
        told = roster_lines(found)
    else:
        from .bench_ingest import bench_ingest
        from .bench_ingest import lines as ingest_lines

        with _progress("rows") as progress:
            found = bench_ingest(progress=progress)
        told = ingest_lines(found)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for line in told:
        print(line)

"""``certhub bench ingest``: credits a second through the hub's own path, beside the limit and dlt.

The path is the whole of a sync: bytes of the agency's snapshot, proved complete, decoded and checked,
written by COPY, people's due evaluations and the position in the same transaction. Beside it, in turns
and on the same server: straight COPY of ready lines into a table with the same indexes, which nothing
that stores these rows can beat, and dlt's merge. Everything is read from files as it is needed.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from platform import python_version
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from ..connectors.base import Connector, DriftLog
from ..connectors.reading import Reader
from ..domain.errors import CertHubError
from ..domain.records import BY_NAME
from ..resolvers.sync import SyncHub, run_sync
from ..store import clock, ddl, embedded
from ..store.engine import make_engine
from ..store.keys import KeyRing
from ..store.mirror_sql import entity_sql
from ..store.staging import copy_lines
from . import bench_dlt
from .bench_agency import CREDITS_EACH, Agency, FirstPeople, credit_lines, people_lines, write_lines
from .bench_machine import Meter, Taken, parent_of, peak_mib

__all__ = ["AIMS", "ROUNDS", "bench_ingest", "lines"]

ROUNDS = {100_000: 3, 1_000_000: 1}
"""Rows of a size -> how often each way is measured, in turns; the median counts."""

_DLT_AT_MOST = 100_000
"""dlt takes minutes for a million rows, and a rate that hardly moves with the size."""

_BLOCK = 200
_ENTITY = "ltc.credit"

AIMS = {
    "first_load_to_straight_copy": 0.55,
    "first_load_to_dlt": 10.0,
    "resync_to_dlt": 10.0,
    "resync_to_first_load": 1.2,
    "first_load_1000000_to_100000": 0.7,
}
"""What the ratios should reach (notes on performance, part C)."""

Progress = Callable[[int], None]


class _Bench:
    """One server, one agency, one size."""

    def __init__(self, dsn: str, postmaster: int | None, folder: Path, size: int) -> None:
        self._dsn = dsn
        self._postmaster = postmaster
        self._folder = folder
        self._size = size
        self._keys = KeyRing.generate(date(2024, 1, 1))
        self._files = {name: folder / name for name in ("people", "first", "later", "ready")}
        self._agency = Agency()
        self.taken: dict[str, list[Taken]] = {}
        self.peaks: dict[str, list[float]] = {}

    def _url(self, database: str) -> str:
        return urlsplit(self._dsn)._replace(path=f"/{database}").geturl()

    def _show(self, later: bool) -> None:
        holders = max(self._size // CREDITS_EACH, 1)
        rows = self._files["later" if later else "first"], self._size
        self._agency.snapshots = {"person": (self._files["people"], holders), "credit": rows}

    def write_files(self) -> None:
        """The agency's bytes, and the lines that straight COPY takes."""
        write_lines(self._files["people"], people_lines(max(self._size // CREDITS_EACH, 1)))
        write_lines(self._files["first"], credit_lines(self._size))
        write_lines(self._files["later"], credit_lines(self._size, later=True))
        write_lines(self._files["ready"], self._ready())

    def _ready(self) -> Iterator[bytes]:
        reader, rows = Reader(BY_NAME[_ENTITY], DriftLog()), credit_lines(self._size)
        while some := [line[:-1] for line in islice(rows, _BLOCK)]:
            block = reader.read_lines(some, 1)
            if block is None:
                raise CertHubError("the benchmark's own rows cannot be read")
            yield copy_lines(self._keys, block, clock.now().isoformat())

    async def prepare(self) -> None:
        """A database in which the people are known, their credits are not; copied for each round."""
        await self._command("create database bench_base")
        engine = make_engine(self._url("bench_base"), pooled=False)
        async with engine.begin() as connection:
            await connection.run_sync(ddl.create_all)
        self._show(later=False)
        await self._sync(engine, FirstPeople(self._agency.connector()))
        await engine.dispose()

    async def round(self) -> None:
        """Straight COPY, first load and re-sync, one after the other."""
        await self._command("create database bench_round template bench_base strategy file_copy")
        await self._straight()
        engine = make_engine(self._url("bench_round"), pool_size=2)
        for name, later in (("first_load", False), ("resync", True)):
            self._show(later=later)
            await self._command("checkpoint")
            peak_mib(restart=True)
            meter = Meter(self._size, self._postmaster)
            found = await self._sync(engine, self._agency.connector())
            self.taken.setdefault(name, []).append(meter.taken())
            self.peaks.setdefault(name, []).append(peak_mib())
            wanted = {"updated": -(-self._size // 100)} if later else {"inserted": self._size}
            if any(found[_ENTITY][key] != value for key, value in wanted.items()):
                raise CertHubError(f"{name}: expected {wanted}, found {found[_ENTITY]}")
        await engine.dispose()
        await self._command("drop database bench_round with (force)")

    async def dlt(self) -> None:
        """The merge of dlt, first and again."""
        await self._command("create database bench_dlt")
        for name, file in (("dlt_first_load", "first"), ("dlt_resync", "later")):
            meter = Meter(self._size, self._postmaster)
            seconds, processor = await asyncio.to_thread(
                bench_dlt.dlt_load,
                self._url("bench_dlt"),
                self._files[file],
                self._folder / "dlt",
            )
            server = meter.taken().server
            self.taken[name] = [Taken(self._size, seconds, processor, server)]
        await self._command("drop database bench_dlt with (force)")

    async def _straight(self) -> None:
        connection = await asyncpg.connect(self._url("bench_round"))
        await connection.execute("create table public.credit (like ltc.credit including all)")
        await self._command("checkpoint")
        meter = Meter(self._size, self._postmaster)
        await connection.copy_to_table(
            "credit",
            schema_name="public",
            columns=(*entity_sql(_ENTITY).columns, "synced_at"),
            source=_pieces(self._files["ready"]),
        )
        self.taken.setdefault("straight_copy", []).append(meter.taken())
        await connection.execute("drop table public.credit")
        await connection.close()

    async def _sync(self, engine: AsyncEngine, connector: Connector) -> dict[str, dict[str, int]]:
        report = await run_sync(SyncHub(engine, self._keys, clock.now), connector, full=True)
        await connector.aclose()
        if not report.succeeded:
            raise report.error or CertHubError(f"the sync ended {report.state}")
        return {name: counts.as_dict() for name, counts in report.counts.items()}

    async def _command(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn)
        await connection.execute(statement)
        await connection.close()

    async def finish(self) -> None:
        """Let go of the databases and files."""
        await self._command("drop database bench_base with (force)")
        for path in self._files.values():
            path.unlink()


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 16):
            yield piece


async def _postmaster(dsn: str) -> int | None:
    connection = await asyncpg.connect(dsn)
    found = parent_of(await connection.fetchval("select pg_backend_pid()"))
    await connection.close()
    return found


async def _measure(
    rounds: dict[int, int], home: Path, progress: Progress | None
) -> list[dict[str, Any]]:
    cluster = embedded.start(home / "server")
    postmaster = await _postmaster(cluster.dsn)
    found = []
    try:
        for size, count in rounds.items():
            bench = _Bench(cluster.dsn, postmaster, home, size)
            bench.write_files()
            await bench.prepare()
            for _ in range(count):
                await bench.round()
                if progress is not None:
                    progress(size)
            if size <= _DLT_AT_MOST and bench_dlt.available():
                await bench.dlt()
            await bench.finish()
            found.append({"rows": size, "rounds": count, **_row(bench)})
    finally:
        cluster.stop()
    return found


def _row(bench: _Bench) -> dict[str, Any]:
    row: dict[str, Any] = {"per_second": {}, "per_cpu_second": {}}
    for name, taken in bench.taken.items():
        row["per_second"][name] = round(median(one.per_second() for one in taken))
        by_cpu = [rate for one in taken if (rate := one.per_cpu_second()) is not None]
        if by_cpu:
            row["per_cpu_second"][name] = round(median(by_cpu))
    row["peak_mib"] = {name: round(max(found), 1) for name, found in bench.peaks.items()}
    return row


def _ratios(rates: Sequence[dict[str, float]], sizes: Sequence[int]) -> dict[str, float]:
    """Of the smallest size, and of the largest to the smallest."""
    first, last = rates[0], rates[-1]
    pairs = {
        "first_load_to_straight_copy": ("first_load", "straight_copy"),
        "first_load_to_dlt": ("first_load", "dlt_first_load"),
        "resync_to_dlt": ("resync", "dlt_resync"),
        "resync_to_first_load": ("resync", "first_load"),
    }
    found = {
        name: first[over] / first[under]
        for name, (over, under) in pairs.items()
        if over in first and under in first
    }
    if len(sizes) > 1 and "first_load" in first:
        growth = f"{sizes[-1]}_to_{sizes[0]}"
        found[f"first_load_to_straight_copy_at_{sizes[-1]}"] = (
            last["first_load"] / last["straight_copy"]
        )
        found[f"resync_to_first_load_at_{sizes[-1]}"] = last["resync"] / last["first_load"]
        found[f"first_load_{growth}"] = last["first_load"] / first["first_load"]
        found[f"straight_copy_{growth}"] = last["straight_copy"] / first["straight_copy"]
    return {name: round(value, 2) for name, value in found.items()}


def bench_ingest(
    rounds: dict[int, int] | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Measure all sizes in one run, on a server of its own.

    Args:
        rounds: Rows of a size -> how often it is measured.
        progress: Told how many rows more are done.

    Raises:
        CertHubError: a sync did not store what the agency served.
    """
    with tempfile.TemporaryDirectory(prefix="certhub-bench-") as home:
        found = asyncio.run(_measure(rounds or ROUNDS, Path(home), progress))
    sizes = [row["rows"] for row in found]
    ratios = _ratios([row["per_second"] for row in found], sizes)
    by_cpu = _ratios([row["per_cpu_second"] for row in found], sizes)
    peaks = [max(row["peak_mib"].values()) for row in found]
    return {
        "python": python_version(),
        "dlt": bench_dlt.available(),
        "sizes": found,
        "ratios": {**ratios, "peak_memory_last_to_first": round(peaks[-1] / peaks[0], 2)},
        "ratios_by_cpu": by_cpu,
        "aims": {
            name: {"aim": aim, "reached": ratios[name] >= aim}
            for name, aim in AIMS.items()
            if name in ratios
        },
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The figures for people."""
    yield f"LTC credits through a whole sync, Python {found['python']}, rows a second (a CPU-second of hub and server)"
    for row in found["sizes"]:
        peak = max(row["peak_mib"].values())
        yield f"{row['rows']:>9,} rows, {row['rounds']} rounds, peak {peak} MiB"
        for name, rate in row["per_second"].items():
            by_cpu = row["per_cpu_second"].get(name)
            told = f"{by_cpu:>9,}" if by_cpu is not None else "        -"
            yield f"          {name:<16} {rate:>9,}  {told}"
    if not found["dlt"]:
        yield "          dlt              not installed (requirements-bench.lock)"
    for name, value in found["ratios"].items():
        aim, by_cpu = found["aims"].get(name), found["ratios_by_cpu"].get(name)
        told = f"  by CPU {by_cpu}" if by_cpu is not None else ""
        if aim is not None:
            told += f"  (aim {aim['aim']}: {'reached' if aim['reached'] else 'not reached'})"
        yield f"{name}: {value}{told}"

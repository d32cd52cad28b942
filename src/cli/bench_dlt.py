"""dlt's merge of the same credits into the same server, in a process of its own.

Only where ``dlt`` can be imported (``requirements-bench.lock``, an environment of its own). It keeps
load tables of its own, checks no types of ours, links nobody and writes no code beside a term: it does
less here, and more elsewhere.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from ..domain.errors import CertHubError

__all__ = ["available", "dlt_load"]


def available() -> bool:
    """Whether dlt and its PostgreSQL destination are installed here."""
    return find_spec("dlt") is not None and find_spec("psycopg2") is not None


def dlt_load(dsn: str, file: Path, folder: Path) -> tuple[float, float]:
    """Load a file by merge; seconds on the clock and of dlt's processor, without its start.

    Args:
        dsn: Of a database; dlt makes a schema of its own in it.
        file: NDJSON.
        folder: For dlt's working files; the same again goes on with the same table.
    """
    netloc = urlsplit(dsn).netloc
    ran = subprocess.run(  # noqa: S603 - this module, with paths of ours
        [sys.executable, "-m", __name__, str(file)],
        check=False,
        capture_output=True,
        # The address holds a password, and arguments can be read by everybody on the machine.
        env={
            **os.environ,
            # dlt wants a host where ours stands among the options, which win.
            "BENCH_DSN": urlsplit(dsn)._replace(netloc=f"{netloc}localhost:5432").geturl()
            if netloc.endswith("@")
            else dsn,
            "BENCH_FOLDER": str(folder),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
        },
    )
    if ran.returncode != 0:
        raise CertHubError(f"dlt ended with {ran.returncode}: {ran.stderr.decode()[-2000:]}")
    seconds, processor = json.loads(ran.stdout.splitlines()[-1])
    return seconds, processor


def _records(path: Path) -> Iterator[list[object]]:
    with path.open("rb") as stream:
        while lines := stream.readlines(1 << 19):
            yield [orjson.loads(line) for line in lines]


def _main(file: str) -> None:
    dlt = import_module("dlt")
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=os.environ["BENCH_FOLDER"],
        destination=dlt.destinations.postgres(os.environ["BENCH_DSN"]),
        dataset_name="bench_dlt",
    )
    resource = dlt.resource(
        _records(Path(file)),
        name="credit",
        primary_key="id",
        write_disposition={"disposition": "merge", "strategy": "upsert"},
        max_table_nesting=0,
    )
    start, used = time.perf_counter(), time.process_time()
    pipeline.run(resource)
    print(json.dumps([time.perf_counter() - start, time.process_time() - used]))


if __name__ == "__main__":
    _main(sys.argv[1])

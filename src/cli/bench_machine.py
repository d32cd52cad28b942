"""What a piece of work takes of the machine: time, processor of this process and of the database, memory."""

import os
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Meter", "Taken", "parent_of", "peak_mib"]

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Taken:
    """What some rows took.

    Attributes:
        seconds: On the clock.
        hub: Processor seconds of this process.
        server: Of the database server's processes together; None where the system does not tell.
    """

    rows: int
    seconds: float
    hub: float
    server: float | None

    def per_second(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    def per_cpu_second(self) -> float | None:
        """Rows a processor second of hub and server together."""
        return None if self.server is None else self.rows / (self.hub + self.server)


class Meter:
    """Measures from its making on.

    Args:
        rows: How many rows the work is about.
        postmaster: Process id of the database server.
    """

    def __init__(self, rows: int, postmaster: int | None) -> None:
        self._rows = rows
        self._postmaster = postmaster
        self._server = _server_seconds(postmaster)
        self._hub = time.process_time()
        self._start = time.perf_counter()

    def taken(self) -> Taken:
        """So far."""
        seconds, hub = time.perf_counter() - self._start, time.process_time() - self._hub
        server = _server_seconds(self._postmaster)
        used = None if server is None or self._server is None else server - self._server
        return Taken(self._rows, seconds, hub, used)


def parent_of(process: int) -> int | None:
    """The process that started ``process``; None where the system does not tell."""
    with suppress(OSError):
        text = (_PROC / str(process) / "stat").read_text("ascii", "replace")
        return int(text.rpartition(")")[2].split()[1])
    return None


def _server_seconds(postmaster: int | None) -> float | None:
    """Processor seconds of a server and of its processes, those that have ended too."""
    if postmaster is None or not (_PROC / str(postmaster) / "stat").exists():
        return None
    tick, total = os.sysconf("SC_CLK_TCK"), 0
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            text = (folder / "stat").read_text("ascii", "replace")
            fields = text.rpartition(")")[2].split()
            if int(folder.name) == postmaster:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                total += sum(map(int, fields[11:13]))
    return total / tick


def peak_mib(*, restart: bool = False) -> float:
    """Largest resident size of this process, MiB: since the last restart where the system can tell.

    Args:
        restart: Begin anew; what is returned is the size before.
    """
    found = _status_peak()
    if found is None:
        unit = 1 if sys.platform == "darwin" else 1024
        found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    if restart:
        with suppress(OSError):
            (_PROC / "self" / "clear_refs").write_text("5")
    return found


def _status_peak() -> float | None:
    with suppress(OSError):
        for line in (_PROC / "self" / "status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return None

"""The three simulated agencies on loopback, in a thread of their own."""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn

from .clock import AgencyClock
from .ltc_agency import LtcAgency
from .osh_agency import OshAgency
from .vr_agency import VrAgency
from .wire import Agency
from .world import World, generate

__all__ = ["CONTRACT_RATES", "NO_RATES", "Agencies", "start_agencies"]

CONTRACT_RATES: Mapping[str, int | None] = {"vr": 10, "ltc": 5, "osh": 2}
"""Requests per second and caller, as the contracts say."""

NO_RATES: Mapping[str, int | None] = {"vr": None, "ltc": None, "osh": None}
"""No limits: for benchmarks."""

_START_SECONDS = 30.0
_STEP = 0.02


@dataclass(slots=True)
class Agencies:
    """The running agencies; a context manager that stops them.

    Attributes:
        world: What they know.
        clock: Their common calendar.
        vr: The VR register, with its books.
        ltc: The LTC system.
        osh: The OSH system.
        urls: Base URL by registry code.
    """

    world: World
    clock: AgencyClock
    vr: VrAgency
    ltc: LtcAgency
    osh: OshAgency
    urls: dict[str, str] = field(default_factory=dict)
    _servers: list[uvicorn.Server] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def credentials(self) -> dict[str, dict[str, Any]]:
        """What a hub needs, by registry code: url, client_id and secrets."""
        return {
            "vr": {
                "url": self.urls["vr"],
                "client_id": self.vr.client_id,
                "client_secret": self.vr.client_secret,
            },
            "ltc": {
                "url": self.urls["ltc"],
                "client_id": self.ltc.client_id,
                "private_jwk": self.ltc.private_jwk,
            },
            "osh": {
                "url": self.urls["osh"],
                "client_id": self.osh.client_id,
                "client_secret": self.osh.client_secret,
                "api_key": self.osh.api_key,
            },
        }

    def environment(self, folder: Path) -> dict[str, str]:
        """The hub's settings as ``CERTHUB_*`` variables.

        Args:
            folder: Where LTC's private key is written, readable by its owner only.
        """
        folder.mkdir(parents=True, exist_ok=True)
        key_file = folder / "sandbox-ltc-key.json"
        handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(self.ltc.private_jwk, out)
        return {
            "CERTHUB_VR__URL": self.urls["vr"],
            "CERTHUB_VR__CLIENT_ID": self.vr.client_id,
            "CERTHUB_VR__CLIENT_SECRET": self.vr.client_secret,
            "CERTHUB_LTC__URL": self.urls["ltc"],
            "CERTHUB_LTC__CLIENT_ID": self.ltc.client_id,
            "CERTHUB_LTC__PRIVATE_KEY_FILE": str(key_file),
            "CERTHUB_OSH__URL": self.urls["osh"],
            "CERTHUB_OSH__CLIENT_ID": self.osh.client_id,
            "CERTHUB_OSH__CLIENT_SECRET": self.osh.client_secret,
            "CERTHUB_OSH__API_KEY": self.osh.api_key,
        }

    def settle(self) -> None:
        """Every agency decides what waits, and OSH publishes a drop that shows it."""
        self.vr.settle()
        self.ltc.settle()
        self.osh.settle()
        self.osh.publish_drop()

    def start(self, host: str, port: int = 0) -> None:
        """Serve each agency on ``host``: VR on ``port``, LTC and OSH on the next two; 0: free ones.

        Raises:
            RuntimeError: the servers did not start in time.
        """
        apps: dict[str, Agency] = {"vr": self.vr, "ltc": self.ltc, "osh": self.osh}
        pairs = [
            (_server(app), _bound(host, port and port + index))
            for index, app in enumerate(apps.values())
        ]
        for code, (server, listening) in zip(apps, pairs, strict=True):
            self.urls[code] = f"http://{host}:{listening.getsockname()[1]}"
            self._servers.append(server)

        async def serve() -> None:
            await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in pairs))

        # The main thread keeps the signals; uvicorn takes none in another thread.
        self._thread = threading.Thread(
            target=lambda: asyncio.run(serve()), name="sandbox", daemon=True
        )
        self._thread.start()
        pause = threading.Event()
        for _ in range(int(_START_SECONDS / _STEP)):
            if all(server.started for server in self._servers):
                return
            pause.wait(_STEP)
        self.stop()
        raise RuntimeError("the sandbox agencies did not start")

    def stop(self) -> None:
        """Stop serving; safe to call twice."""
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=_START_SECONDS)
            self._thread = None

    def __enter__(self) -> Self:
        """Running already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def _server(app: Agency) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(128)
    return made


def start_agencies(
    persons: int = 2000,
    seed: int = 1,
    host: str = "127.0.0.1",
    *,
    rates: Mapping[str, int | None] = CONTRACT_RATES,
    port: int = 0,
) -> Agencies:
    """Make a world and serve it.

    Args:
        persons: Size of the world; the cast is always part of it.
        seed: Same seed, same world.
        host: Loopback address.
        rates: Requests per second by registry; ``None`` lifts a limit.
        port: Of the VR register, LTC and OSH on the next two; 0 takes free ones.

    Returns:
        The running agencies; stop them, or use them in a ``with``.

    Raises:
        RuntimeError: the servers did not start.
    """
    world = generate(persons, seed)
    clock = AgencyClock()
    agencies = Agencies(
        world=world,
        clock=clock,
        vr=VrAgency(world, clock=clock, per_second=rates["vr"]),
        ltc=LtcAgency(world, clock=clock, per_second=rates["ltc"]),
        osh=OshAgency(world, clock=clock, per_second=rates["osh"]),
    )
    agencies.start(host, port)
    return agencies

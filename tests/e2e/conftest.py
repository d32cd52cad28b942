"""A whole hub: three agencies on loopback, a database migrated by the CLI, one sync, one evaluation.

Nothing is faked between the agencies' books and the HTTP answer; what the answers must be is worked
out in ``books.py`` from the agencies' own ledgers.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from certhub.agencies import build_connectors, sync_hub
from certhub.app import create_app, open_hub
from certhub.resolvers.evaluations import evaluate_all
from certhub.resolvers.sync import sync_all
from certhub.sandbox.clock import SANDBOX_DAY
from certhub.sandbox.issuer import DevIssuer
from certhub.sandbox.run import NO_RATES, Agencies, start_agencies
from certhub.settings import Settings
from certhub.store import clock

from ..conftest import _copy
from .books import Books

PERSONS = 130
CASE = "TEST-113-0902"


@dataclass
class Asker:
    """Asks a hub as one role or another."""

    http: httpx.AsyncClient
    issuer: DevIssuer
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, role: str, **claims: Any) -> str:
        """A token of the dev issuer; plain ones are kept."""
        if claims:
            return self.issuer.mint(role, claims, now=clock.now())
        if role not in self.tokens:
            self.tokens[role] = self.issuer.mint(role, now=clock.now())
        return self.tokens[role]

    def headers(
        self, role: str, purpose: str | None = "supervision", case: str | None = CASE, **claims: Any
    ) -> dict[str, str]:
        """Token and purpose of one request."""
        found = {"Authorization": f"Bearer {self.token(role, **claims)}"}
        if purpose is not None:
            found["X-Purpose-Of-Use"] = purpose
        if case is not None:
            found["X-Case-Reference"] = case
        return found

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str = "central-mol",
        purpose: str | None = "supervision",
        case: str | None = CASE,
        **claims: Any,
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        answer = await self.http.post(
            "/graphql",
            json={"query": query, "variables": dict(variables or {})},
            headers=self.headers(role, purpose, case, **claims),
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def data(
        self, query: str, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.ask(query, variables, **options)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    async def all(
        self, query: str, variables: Mapping[str, Any], *, size: int = 100, **options: Any
    ) -> list[dict[str, Any]]:
        """Every row of a list whose query takes ``$n`` and ``$a`` and has one root field."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            data = await self.data(query, {**variables, "n": size, "a": after}, **options)
            [page] = data.values()
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(found)
                return found
            after = page["pageInfo"]["endCursor"]


@dataclass
class Country:
    """The agencies and the hub that has synced them."""

    agencies: Agencies
    books: Books
    home: Path
    url: str
    unset: frozenset[str] = frozenset()

    @property
    def environment(self) -> dict[str, str]:
        """Settings of any process that works for this hub."""
        settings = {
            **self.agencies.environment(self.home),
            "CERTHUB_HOME": str(self.home),
            "CERTHUB_DATABASE_URL": self.url,
            "CERTHUB_BUSINESS_DATE": SANDBOX_DAY.isoformat(),
        }
        return {key: value for key, value in settings.items() if key not in self.unset}

    def without(self, *names: str) -> "Country":
        """The same hub with some settings left out."""
        return replace(self, unset=frozenset(names))

    def run(
        self, *words: str, check: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """``certhub WORDS`` as its own process.

        Args:
            words: Command and arguments.
            check: Exit code it must end with; None: any.
            environment: Further settings.
        """
        done = subprocess.run(
            [sys.executable, "-m", "certhub", *words],
            env=clean_environment() | self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check is not None:
            assert done.returncode == check, done.stdout + done.stderr
        return done


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of a hub."""
    return {key: value for key, value in os.environ.items() if not key.startswith("CERTHUB_")}


@asynccontextmanager
async def settings_of(country: Country, **more: str) -> AsyncIterator[Settings]:
    """The hub's settings, read from the environment as every process reads them."""
    with pytest.MonkeyPatch.context() as patch:
        for key in os.environ:
            if key.startswith("CERTHUB_"):
                patch.delenv(key)
        for key, value in (country.environment | more).items():
            patch.setenv(key, value)
        yield Settings()


@asynccontextmanager
async def hub_of(country: Country, **more: str) -> AsyncIterator[tuple[Asker, Starlette]]:
    """The application in process, started and stopped, with other settings where given."""
    async with settings_of(country, **more) as settings:
        app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            yield Asker(http, DevIssuer(country.home)), app


async def load(country: Country) -> None:
    """One sync of every registry, one evaluation of every certificate."""
    async with settings_of(country) as settings, open_hub(settings) as hub:
        connectors = build_connectors(settings)
        try:
            for report in await sync_all(sync_hub(settings, hub), connectors):
                assert report.succeeded, report.as_dict()
        finally:
            for connector in connectors.values():
                await connector.aclose()
        await evaluate_all(hub)


async def synced(
    agencies: Agencies, admin: tuple[asyncpg.Connection, str], worker: str, home: Path
) -> AsyncIterator[Country]:
    """A hub with a database of its own, synced from ``agencies`` and evaluated once."""
    async for url in _copy(admin, "template0", worker):
        made = Country(agencies, Books.of(agencies), home, url)
        made.run("db", "upgrade")
        await load(made)
        yield made


@pytest.fixture(scope="session")
def agencies() -> Iterator[Agencies]:
    """The three agencies on loopback, without their rate limits."""
    with start_agencies(PERSONS, rates=NO_RATES) as running:
        yield running


@pytest.fixture(scope="session")
async def country(
    agencies: Agencies,
    _admin: tuple[asyncpg.Connection, str],
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """Synced and evaluated once; for tests that change nothing."""
    async for made in synced(agencies, _admin, worker, tmp_path_factory.mktemp("e2e")):
        yield made


@pytest.fixture(scope="session")
async def hub(country: Country) -> AsyncIterator[Asker]:
    """The hub over HTTP, in process."""
    async with hub_of(country) as (asker, _):
        yield asker


@dataclass
class Server:
    """``certhub serve`` as its own process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(country: Country, **more: str) -> Iterator[Server]:
    """The hub as a process of its own, until it is ready; ended at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = country.home / f"serve-{port}.log"
    environment = country.environment | {"CERTHUB_PORT": str(port)} | more
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "certhub", "serve"],
            env=clean_environment() | environment,
            stdout=out,
            stderr=out,
        )
    server = Server(process, f"http://127.0.0.1:{port}", log)
    try:
        with httpx.Client(base_url=server.url) as probe_:
            for _ in range(300):
                assert process.poll() is None, log.read_text()
                with suppress(httpx.TransportError):
                    if probe_.get("/readyz").status_code == 200:
                        break
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


@asynccontextmanager
async def asker_of(country: Country, server: Server) -> AsyncIterator[Asker]:
    """Asks a served hub over its socket."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        yield Asker(http, DevIssuer(country.home))

"""A hub that has synced the fictional country: seventy people, the cast among them, on 2024-09-02."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from certhub.connectors import ltc, osh, vr
from certhub.connectors.base import Connector
from certhub.resolvers.evaluations import evaluate_changed
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.ltc_agency import LtcAgency
from certhub.sandbox.osh_agency import OshAgency
from certhub.sandbox.vr_agency import VrAgency
from certhub.sandbox.world import generate

from .hub_app import NOW, HubClient, running_hub

URL = "http://agency.test"
CASE = {"X-Case-Reference": "TEST-1130902"}


class Country:
    """The synced hub, asked as one role or another."""

    def __init__(self, client: HubClient, url: str, home: Path, agencies: "Agencies") -> None:
        self.client = client
        self.agencies = agencies
        self.url = url
        self.home = home
        self.hub = client.app.state.site.hub

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        role: str = "central-mol",
        purpose: str | None = "supervision",
        **claims: Any,
    ) -> dict[str, Any]:
        """The whole answer, errors included."""
        answer = await self.client.graphql(
            query,
            dict(variables or {}),
            role=role,
            headers={} if purpose is None else {"X-Purpose-Of-Use": purpose, **CASE},
            **claims,
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def data(
        self, query: str, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = await self.ask(query, variables, **options)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found


@contextmanager
def changed(country: Country, **values: Any) -> Iterator[None]:
    """The hub with other settings for a while."""
    before = {name: getattr(country.hub, name) for name in values}
    for name, value in values.items():
        object.__setattr__(country.hub, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            object.__setattr__(country.hub, name, value)


def codes(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Path and code of every error."""
    return [
        (".".join(str(part) for part in error.get("path", [])), error["extensions"]["code"])
        for error in answer.get("errors", [])
    ]


@dataclass
class Agencies:
    """The three simulated agencies."""

    vr: VrAgency
    ltc: LtcAgency
    osh: OshAgency

    @classmethod
    def fresh(cls) -> "Agencies":
        """Over a world of seventy people."""
        world = generate(70, 1)
        clock = AgencyClock(ticks=lambda: 0.0)
        return cls(
            VrAgency(world, clock=clock, per_second=None),
            LtcAgency(world, clock=clock, per_second=None),
            OshAgency(world, clock=clock, per_second=None),
        )


def connectors_of(agencies: Agencies, home: Path) -> list[Connector]:
    """One connector per agency, in process."""
    first, second, third = agencies.vr, agencies.ltc, agencies.osh
    key = home / "ltc-key.json"
    key.write_text(json.dumps(second.private_jwk))
    return [
        vr.build(
            URL, first.client_id, first.client_secret, transport=httpx.ASGITransport(app=first)
        ),
        ltc.build(URL, second.client_id, key, transport=httpx.ASGITransport(app=second)),
        osh.build(
            URL,
            third.api_key,
            third.client_id,
            third.client_secret,
            transport=httpx.ASGITransport(app=third),
        ),
    ]


async def _synced(url: str, home: Path, agencies: Agencies) -> AsyncIterator[Country]:
    async with running_hub(url, home) as client:
        hub = client.app.state.site.hub
        for connector in connectors_of(agencies, home):
            report = await run_sync(SyncHub(hub.engine, hub.keys, lambda: NOW), connector)
            assert report.succeeded, report.as_dict()
            await connector.aclose()
        await evaluate_changed(hub)
        yield Country(client, url, home, agencies)


@pytest.fixture(scope="session")
async def country(
    _admin: tuple[asyncpg.Connection, str],
    _template: str,
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """The hub after its first sync; for tests that change nothing."""
    from .conftest import _copy

    home = tmp_path_factory.mktemp("country")
    async for url in _copy(_admin, _template, worker):
        async for made in _synced(url, home, Agencies.fresh()):
            yield made


@pytest.fixture(scope="module")
async def own_country(
    _admin: tuple[asyncpg.Connection, str],
    _template: str,
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """The same with agencies of its own, for the tests of a module that change something."""
    from .conftest import _copy

    home = tmp_path_factory.mktemp("own-country")
    async for url in _copy(_admin, _template, worker):
        async for made in _synced(url, home, Agencies.fresh()):
            yield made

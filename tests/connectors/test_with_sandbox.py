"""The connectors against the simulated agencies, which were written from the contracts alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from certhub.connectors import ltc, osh, vr
from certhub.connectors.base import Connector
from certhub.domain.records import BY_COLLECTION
from certhub.domain.sync import Batch
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.ltc_agency import LtcAgency
from certhub.sandbox.osh_agency import OshAgency
from certhub.sandbox.vr_agency import VrAgency
from certhub.sandbox.wire import Agency
from certhub.sandbox.world import World, generate

from .conftest import read_all

URL = "http://agency.test"


@pytest.fixture(scope="module")
def world() -> World:
    return generate(70, 1)


def _vr(world: World, _: Path) -> tuple[Agency, Connector]:
    agency = VrAgency(world, clock=AgencyClock(ticks=lambda: 0.0), per_second=None)
    transport = httpx.ASGITransport(app=agency)
    return agency, vr.build(URL, agency.client_id, agency.client_secret, transport=transport)


def _ltc(world: World, folder: Path) -> tuple[Agency, Connector]:
    agency = LtcAgency(world, clock=AgencyClock(ticks=lambda: 0.0), per_second=None)
    file = folder / "key.json"
    file.write_text(json.dumps(agency.private_jwk))
    transport = httpx.ASGITransport(app=agency)
    return agency, ltc.build(URL, agency.client_id, file, transport=transport)


def _osh(world: World, _: Path) -> tuple[Agency, Connector]:
    agency = OshAgency(world, clock=AgencyClock(ticks=lambda: 0.0), per_second=None)
    transport = httpx.ASGITransport(app=agency)
    return agency, osh.build(
        URL, agency.api_key, agency.client_id, agency.client_secret, transport=transport
    )


def _held(batches: list[Batch]) -> dict[tuple[str, str], int]:
    """What a store holds afterwards: newest versions, listings cut, tombstones gone."""
    held: dict[tuple[str, str], int] = {}
    listed: dict[str, set[str]] = {}
    for batch in batches:
        for entity in batch.begins:
            listed[entity] = set()
        for record in batch.records:
            held[record.entity, record.id] = record.version
            listed.get(record.entity, set()).add(record.id)
        for entity in batch.complete:
            held = {
                key: version
                for key, version in held.items()
                if key[0] != entity or key[1] in listed[entity]
            }
        for dead in batch.tombstones:
            if held.get((dead.entity, dead.id), -1) <= dead.version:
                held.pop((dead.entity, dead.id), None)
    return held


def _ledger(registry: str, agency: Agency) -> set[tuple[str, str]]:
    truth: Mapping[str, Mapping[str, Any]] = agency.ledger()  # type: ignore[attr-defined]
    return {
        (BY_COLLECTION[registry, collection].name, key)
        for collection, records in truth.items()
        for key, record in records.items()
        if record.get("deleted") is not True
    }


@pytest.mark.parametrize("make", [_vr, _ltc, _osh], ids=["vr", "ltc", "osh"])
async def test_a_first_run_holds_what_the_agency_holds_and_a_second_finds_nothing(
    make: Any, world: World, tmp_path: Path
) -> None:
    agency, connector = make(world, tmp_path)

    batches = await read_all(connector)
    again = await read_all(connector, json.loads(json.dumps(batches[-1].position)))

    assert set(_held(batches)) == _ledger(connector.registry, agency)
    assert [problem for batch in batches for problem in batch.problems] == []
    assert sum(batch.fetched for batch in again) == 0
    await connector.aclose()

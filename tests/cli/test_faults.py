"""``certhub faults``: faults are laid, fire, end as promised, and leave no trace."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.cli.faults import Outcome, run_faults
from certhub.resolvers.sync import SyncHub
from certhub.sandbox.faults import wire_faults
from certhub.sandbox.faults_of_data import data_faults, style_faults
from certhub.sandbox.run import NO_RATES, Agencies, start_agencies
from certhub.store import clock
from certhub.store.keys import KeyRing

# One registry is enough of each here: the command walks all, the connectors' tests every variant.
SOME = [
    ("vr", "cursor dies"),
    ("vr", "many faulty rows"),
    ("ltc", "most rows"),
    ("osh", "sha256 differs"),
    ("osh", "connection lost"),
    ("osh", "disk full"),
]


@pytest.fixture
def agencies() -> Iterator[Agencies]:
    with start_agencies(20, rates=NO_RATES) as running:
        yield running


@pytest.fixture
def hub(engine: AsyncEngine, keys: KeyRing) -> SyncHub:
    return SyncHub(engine, keys, clock.now)


async def test_faults_end_as_promised_and_the_next_run_makes_good(
    agencies: Agencies, hub: SyncHub, tmp_path: Path
) -> None:
    found: list[Outcome] = []

    for registry, name in SOME:
        await run_faults(hub, agencies, tmp_path, found.append, only=name, registry=registry)

    assert [(one.registry, name) for one, (_, name) in zip(found, SOME, strict=True)] == SOME
    assert [one for one in found if not one.good] == []
    assert min(one.fired for one in found) == 1


def test_every_fault_has_a_name_of_its_own() -> None:
    names = [fault.name for fault in (*wire_faults(), *style_faults(), *data_faults())]

    assert sorted(names) == sorted(set(names))

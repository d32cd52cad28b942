"""A new cipher key: what is stored is encrypted anew, beside a sync, and stays readable."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import ConfigurationError
from certhub.domain.sync import Batch
from certhub.domain.tw_id import NationalId
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.sandbox.numbers import national_id
from certhub.store import clock, reseal
from certhub.store.crypto import blind_indexes, number_place, open_number
from certhub.store.keys import KeyRing
from certhub.store.quarantine import quarantined_record
from certhub.store.read_people import persons_by_index
from certhub.store.reseal import reseal_all, sealed_under
from certhub.store.uploads import load_upload, save_upload

Made = Any
NUMBERS = ["A123456789", "F861235658", *(national_id(letter, 1, 1_234_567) for letter in "BC")]
TODAY = date(2024, 9, 1)


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[Any]:
    """A session of the command's own."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _sync(engine: AsyncEngine, keys: KeyRing, connector: Any) -> None:
    report = await run_sync(SyncHub(engine, keys, clock.now), connector)
    assert report.state == "complete"


async def _fill(engine: AsyncEngine, keys: KeyRing, made: Made) -> None:
    course = made.record(
        "vr.course",
        "C1",
        lecturers=[
            {"name": "師", "number": NationalId(NUMBERS[0])},
            {"name": "客", "number": None},
        ],
    )
    people = [made.professional(f"P{n}", number) for n, number in enumerate(NUMBERS)]
    faulty = made.problem("vr.professional", "P9", raw=b'{"name": "x"}')
    await _sync(engine, keys, made.scripted("vr", [made.batch("vr", *people, course, faulty)]))
    both = made.ltc_person("L1", NUMBERS[0], (NUMBERS[1], "arc_new"))
    await _sync(engine, keys, made.scripted("ltc", [made.batch("ltc", both)]))


async def _check(engine: AsyncEngine, keys: KeyRing) -> None:
    """Every number opens with the newest cipher key alone."""
    only = KeyRing(keys.index, keys.cipher[-1:], keys.subject, keys.signing)
    async with engine.connect() as connection:
        rows = (
            await connection.execute(
                text("select id, national_id_cipher from vr.professional order by id")
            )
        ).all()
        copies = (
            await connection.execute(
                text("select source_id, cipher from hub.identifier where entity = 'ltc.person'")
            )
        ).all()
    for (key, cipher), number in zip(rows, NUMBERS, strict=True):
        place = number_place("vr.professional", key, "national_id")
        assert open_number(only, cipher, place).reveal() == number
    found = [
        open_number(only, cipher, number_place("ltc.person", key, "identifiers")).reveal()
        for key, cipher in copies
    ]
    assert sorted(found) == sorted(NUMBERS[:2])


async def test_everything_stands_under_the_newest_key_afterwards(
    engine: AsyncEngine, keys: KeyRing, made: Made, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "_BATCH", 2)
    await _fill(engine, keys, made)
    async with engine.begin() as connection:
        upload = await save_upload(
            connection, keys, issuer="i", client_id="c", subject="s", filename="f.csv",
            content_type=None, content=b"roster", now=clock.now(),
        )  # fmt: skip
    newer = keys.with_next("cipher", TODAY)
    assert await sealed_under(session) == {1: 4 + 1 + 1 + 6 + 1 + 1}

    done = await reseal_all(session, newer)

    assert {one.column: one.values for one in done if one.values} == {
        "vr.professional.national_id_cipher": 4,
        "vr.course.lecturers": 1,
        "ltc.person.identifiers": 1,
        "hub.identifier.cipher": 6,
        "hub.quarantine.raw_cipher": 1,
        "hub.upload.content": 1,
    }
    assert await sealed_under(session) == {2: 14}
    await _check(engine, newer)
    only = KeyRing(newer.index, newer.cipher[-1:], newer.subject, newer.signing)
    async with engine.connect() as connection:
        found = await quarantined_record(connection, only, 1)
        file = await load_upload(
            connection, only, upload, issuer="i", client_id="c", now=clock.now()
        )
    assert found is not None
    assert found[1] == {"name": "x"}
    assert file is not None
    assert file.content == b"roster"
    assert {one.values for one in await reseal_all(session, newer)} == {0}


async def test_what_was_broken_off_goes_on_where_it_stood(
    engine: AsyncEngine, keys: KeyRing, made: Made, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "_BATCH", 1)
    await _fill(engine, keys, made)
    newer = keys.with_next("cipher", TODAY)

    def interrupt(column: str, more: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await reseal_all(session, newer, interrupt)
    left = await sealed_under(session)
    done = await reseal_all(session, newer)

    assert left == {1: 12, 2: 1}
    assert sum(one.values for one in done) == 12
    await _check(engine, newer)


class _Slow:
    """A connector whose second batch waits until it is told."""

    registry = "vr"

    def __init__(self, script: Sequence[Batch]) -> None:
        self._script = script
        self.begun = asyncio.Event()
        self.further = asyncio.Event()

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """Both batches."""
        yield self._script[0]
        self.begun.set()
        await self.further.wait()
        yield self._script[1]

    async def ping(self) -> None:
        """Nothing to ask."""

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_a_sync_runs_meanwhile_and_people_are_found_all_the_time(
    engine: AsyncEngine, keys: KeyRing, made: Made, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "_BATCH", 1)
    await _fill(engine, keys, made)
    newer = keys.with_next("cipher", TODAY).with_next("index", TODAY)
    changed = made.professional("P0", NUMBERS[0], version=2, name="王改名")
    late = made.professional("P3", NUMBERS[3], version=3, name="王再改")
    slow = _Slow([made.batch("vr", changed), made.batch("vr", late)])
    syncing = asyncio.create_task(_sync(engine, newer, slow))
    await slow.begun.wait()

    await reseal_all(session, newer)
    async with engine.connect() as connection:
        seen = [
            len(await persons_by_index(connection, blind_indexes(newer, number)))
            for number in NUMBERS
        ]
    slow.further.set()
    await syncing

    assert seen == [1] * len(NUMBERS)
    assert set(await sealed_under(session)) == {2}
    await _check(engine, newer)
    names = await session.fetch("select name from vr.professional where id in ('P0', 'P3')")
    assert {row["name"] for row in names} == {"王改名", "王再改"}


async def test_a_new_index_key_is_applied_too(
    engine: AsyncEngine, keys: KeyRing, made: Made, session: Any
) -> None:
    await _fill(engine, keys, made)
    newer = keys.with_next("index", TODAY)

    await reseal_all(session, newer)

    versions = await session.fetch("select distinct get_byte(index, 0) from hub.identifier")
    assert [tuple(row) for row in versions] == [(2,)]
    with pytest.raises(ConfigurationError, match="indexed under key version 2"):
        await reseal_all(session, keys)

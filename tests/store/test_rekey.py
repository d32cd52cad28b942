"""A new index key: every number stays found and joined."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import ConfigurationError
from certhub.domain.sync import Batch
from certhub.domain.tw_id import NationalId
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.store import clock
from certhub.store.crypto import blind_indexes, number_place, open_number
from certhub.store.keys import KeyRing

Made = Any
N1, N2 = "A123456789", "F861235658"
TODAY = date(2024, 9, 1)


async def _sync(engine: AsyncEngine, keys: KeyRing, made: Made, batch: Batch) -> None:
    connector = made.scripted(batch.registry, [batch])
    report = await run_sync(SyncHub(engine, keys, clock.now), connector)
    assert report.state == "complete"


async def _groups(engine: AsyncEngine) -> list[list[str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "select array_agg(source_id order by source_id) as ids from hub.person_record "
                "group by person_id order by 1"
            )
        )
        return [row.ids for row in rows]


async def test_records_under_the_old_key_and_the_new_one_meet(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    course = made.record(
        "vr.course",
        "C1",
        lecturers=[{"name": "師", "number": NationalId(N1)}, {"name": "客", "number": None}],
    )
    await _sync(engine, keys, made, made.batch("vr", made.professional("P1", N1), course))
    await _sync(engine, keys, made, made.batch("ltc", made.ltc_person("L1", N1, (N2, "arc_new"))))
    newer = keys.with_next("index", TODAY).with_next("cipher", TODAY)

    await _sync(
        engine, newer, made, made.batch("osh", made.training_class(), made.trainee("T1", N2))
    )

    assert await _groups(engine) == [["L1", "P1", "T1"]]
    async with engine.connect() as connection:
        versions = await connection.execute(
            text("select distinct key_version, get_byte(index, 0) from hub.identifier")
        )
        assert [tuple(row) for row in versions] == [(2, 2)]
        row = (
            await connection.execute(
                text("select national_id_index, national_id_cipher from vr.professional")
            )
        ).one()
        lecturers = await connection.scalar(text("select lecturers from vr.course"))
    assert row[0] == blind_indexes(newer, N1)[0]
    place = number_place("vr.professional", "P1", "national_id")
    assert open_number(newer, row[1], place).reveal() == N1
    assert [one["name"] for one in lecturers] == ["師", "客"]
    assert lecturers[0]["number"]["index"] == blind_indexes(newer, N1)[0].hex()
    assert lecturers[1]["number"] is None


async def test_a_process_with_older_keys_is_refused(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    newer = keys.with_next("index", TODAY)
    await _sync(engine, newer, made, made.batch("vr", made.professional("P1", N1)))

    with pytest.raises(ConfigurationError, match="indexed under key version 2") as caught:
        await _sync(engine, keys, made, made.batch("vr", made.professional("P2", N2)))

    assert caught.value.code == "KEYS_OUTDATED"
    assert await _groups(engine) == [["P1"]]

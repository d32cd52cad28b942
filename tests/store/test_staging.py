"""What PostgreSQL holds after a COPY of our lines is what the records said."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.blocks import Block
from certhub.domain.roc_date import TAIPEI
from certhub.domain.sync import Record
from certhub.domain.tw_id import NationalId
from certhub.store.crypto import number_place, open_number
from certhub.store.keys import KeyRing
from certhub.store.mirror_sql import entity_sql
from certhub.store.staging import array_of_numbers, array_of_texts, copy_lines

AWKWARD = [
    "",
    "\\",
    "\\N",
    "\\.",
    "N",
    "NULL",
    "null",
    'a"b',
    "a,b",
    "{a}",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "\\t",
    "a\u2028b",
    "\x01\x7f",
    " 前後 ",
    "長照🙂",
    "'",
    "\\x41",
]


async def _copied(
    database_url: str, keys: KeyRing, entity: str, records: list[Record]
) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(database_url)
    block = Block.of(entity, records)
    registry, _, table = entity.partition(".")

    async def source() -> Any:
        yield copy_lines(keys, block, "2024-05-01 00:00:00+00")

    await connection.copy_to_table(
        table,
        schema_name=registry,
        columns=(*entity_sql(entity).columns, "synced_at"),
        source=source(),
    )
    rows = await connection.fetch(f"select * from {registry}.{table} order by source_version")
    await connection.close()
    return [dict(row) for row in rows]


def _record(entity: str, key: str, version: int, **values: object) -> Record:
    return Record(entity, key, version, values, sha256(key.encode()).digest())


@pytest.mark.parametrize("together", [True, False])
async def test_any_text_arrives_as_it_is(
    database_url: str, keys: KeyRing, *, together: bool
) -> None:
    texts = AWKWARD if together else AWKWARD[:1]
    records = [
        _record(
            "ltc.credit",
            f"{number}{text}",
            number,
            course_name=text,
            reason=None,
            categories=[text, "x"],
            categories__codes=[],
        )
        for number, text in enumerate(texts)
    ]

    rows = await _copied(database_url, keys, "ltc.credit", records)

    assert [row["id"] for row in rows] == [record.id for record in records]
    assert [row["course_name"] for row in rows] == texts
    assert [row["categories"] for row in rows] == [[text, "x"] for text in texts]
    assert {row["reason"] for row in rows} == {None}
    assert [row["categories__codes"] for row in rows] == [[]] * len(texts)


async def test_every_kind_of_value_arrives(database_url: str, keys: KeyRing) -> None:
    starts = datetime(2024, 1, 31, 23, 59, tzinfo=TAIPEI)
    credit = Record(
        "ltc.credit",
        "D1",
        1 << 60,
        {"starts_at": starts, "points": 240, "live_sync": True, "categories": None},
        bytes(range(32)),
        datetime(2024, 5, 1, 8, 0, 0, 123456, tzinfo=UTC),
    )

    row = (await _copied(database_url, keys, "ltc.credit", [credit]))[0]

    assert (row["starts_at"], row["points"], row["live_sync"]) == (starts, 240, True)
    assert (row["categories"], row["ends_at"], row["deleted_at"]) == (None, None, None)
    assert (row["source_version"], row["raw_hash"]) == (1 << 60, bytes(range(32)))
    assert row["source_updated_at"] == datetime(2024, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert row["synced_at"] == datetime(2024, 5, 1, tzinfo=UTC)


async def test_numbers_of_people_arrive_sealed(database_url: str, keys: KeyRing) -> None:
    known = _record(
        "vr.professional",
        "P1",
        1,
        national_id=NationalId("A123456789"),
        birth_date=date(1985, 3, 2),
    )
    unknown = _record("vr.professional", "P2", 2, national_id=None)

    rows = await _copied(database_url, keys, "vr.professional", [known, unknown])

    place = number_place("vr.professional", "P1", "national_id")
    assert open_number(keys, rows[0]["national_id_cipher"], place).reveal() == "A123456789"
    assert (rows[0]["national_id_check"], rows[0]["birth_date"]) == ("valid", date(1985, 3, 2))
    assert {rows[1][f"national_id_{part}"] for part in ("index", "cipher", "masked")} == {None}


async def test_array_literals_hold_any_text(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        for texts in (AWKWARD, [], ["", ""], ["a"], ['","']):
            assert await driver.fetchval("select $1::text::text[]", array_of_texts(texts)) == texts
        numbers = [0, -1, (1 << 63) - 1]
        found = await driver.fetchval("select $1::text::bigint[]", array_of_numbers(numbers))
        assert found == numbers

"""What the hub holds, in our terms or the agency's own."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import InvalidInput
from certhub.domain.exports import Form, Identifiers
from certhub.domain.sync import Tombstone
from certhub.resolvers.export import entity_of, export_table
from certhub.resolvers.sync import SyncReport
from certhub.store.crypto import blind_index
from certhub.store.keys import KeyRing

Sync = Callable[..., Awaitable[SyncReport]]
Made = Any
NOW = datetime(2024, 9, 1, tzinfo=UTC)


async def _export(
    engine: AsyncEngine,
    keys: KeyRing,
    registry: str,
    table: str,
    form: Form = Form.SOURCE,
    identifiers: Identifiers = Identifiers.MASKED,
) -> list[dict[str, Any]]:
    entity = entity_of(registry, table)
    async with export_table(engine, keys, entity, form, identifiers, NOW) as found:
        rows = [row async for row in found.rows]
        assert found.total == len(rows)
        assert all(tuple(row) == found.columns for row in rows)
    return rows


async def test_source_gives_the_agencys_record_again(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    await sync(
        "vr",
        made.batch(
            "vr",
            made.record(
                "vr.training_record",
                "R1",
                professional_id="P1",
                course_name=" 身心障礙者權益 ",
                held_from=date(2024, 8, 30),
                hours=720,
                credited_hours=300,
                lecturer="否",
                international="是",
                reason="",
                category="專業課程",
                category__code="professional",
                qualification_titles=["督導"],
            ),
        ),
    )

    [row] = await _export(engine, keys, "vr", "training-records")

    assert list(row) == sorted(row)
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": "R1",
        "professional_id": "P1",
        "course_name": "身心障礙者權益",
        "held_from": "2024-08-30",
        "hours": "7.2",
        "credited_hours": "3",
        "lecturer": False,
        "international": True,
        "category": "專業課程",
        "qualification_titles": ["督導"],
    }


async def test_cells_of_osh_stay_text_and_the_key_keeps_its_name(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    await sync(
        "osh",
        made.batch(
            "osh",
            made.record(
                "osh.attendance", "A1", late_minutes=5, signature_valid="是", leave_hours=0
            ),
        ),
    )

    [row] = await _export(engine, keys, "osh", "attendance")

    assert (row["id"], row["紀錄編號"]) == ("A1", "A1")
    assert (row["遲到分鐘"], row["簽名有效"], row["請假時數"]) == ("5", True, "0")


async def test_times_are_of_taiwan(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    ends = datetime(2024, 1, 31, 15, 59, tzinfo=UTC)
    await sync("ltc", made.batch("ltc", made.record("ltc.credit", "D1", ends_at=ends)))

    [row] = await _export(engine, keys, "ltc", "credit")

    assert row["ends_at"] == "2024-01-31T23:59:00+08:00"


@pytest.mark.parametrize(
    ("identifiers", "shown"),
    [
        (Identifiers.MASKED, "A*****6789"),
        (Identifiers.FULL, "A123456789"),
        (Identifiers.INDEX, None),
    ],
)
async def test_numbers_are_written_as_asked(
    sync: Sync,
    made: Made,
    engine: AsyncEngine,
    keys: KeyRing,
    identifiers: Identifiers,
    shown: str | None,
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", "A123456789")))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", "A123456789")))

    [member] = await _export(engine, keys, "vr", "professionals", identifiers=identifiers)
    [person] = await _export(engine, keys, "ltc", "person", identifiers=identifiers)

    expected = shown or blind_index(keys, "A123456789").hex()
    assert member["national_id"] == expected
    assert person["identifiers"] == [{"current": True, "type": "national_id", "value": expected}]


async def test_codes_stand_beside_their_terms(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    await sync("osh", made.batch("osh", made.completion("K1", None)))

    [row] = await _export(engine, keys, "osh", "certificate", Form.CODES)

    assert (row["kind"], row["kind_term"]) == ("certificate", "結業證書")
    assert (row["birth_date"], row["national_id"]) == ("1985-03-02", None)


async def test_deleted_rows_are_left_out_and_every_export_is_in_the_audit(
    sync: Sync, made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1"), made.credit("D2", "L1")))
    await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 2)))

    rows = await _export(engine, keys, "ltc", "credit")

    assert [row["id"] for row in rows] == ["D2"]
    async with engine.connect() as connection:
        audited = await connection.execute(
            text("select operation, fields, counts from hub.audit where operation like 'export%'")
        )
        assert [tuple(row) for row in audited] == [
            ("export.source.masked", ["ltc.credit"], {"rows": 1})
        ]


def test_a_table_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="expected one of professionals, qualifications"):
        entity_of("vr", "people")


def test_our_names_and_the_contracts_both_find_a_table() -> None:
    assert entity_of("osh", "classes") is entity_of("osh", "training_class")

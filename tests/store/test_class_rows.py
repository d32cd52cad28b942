"""Bundles of OSH classes: rows, and what only the hub's own filings know."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.store.class_rows import load_classes

Sync = Callable[..., Awaitable[Any]]
Made = Any

_SUBMITTED = text(
    "insert into hub.submission (id, kind, registry, state, target, issuer, client_id, subject, "
    "business_day, payload_cipher, content_hash, summary, agency_reference, created_at, changed_at) "
    "values (:id, :kind, 'osh', :state, :target, 'i', 'c', 's', :day, '', '', "
    "cast(:summary as jsonb), :reference, now() + :id_number * interval '1 second', now())"
)


async def _submit(engine: AsyncEngine, number: int, kind: str, state: str, **values: Any) -> None:
    given = {
        "id": UUID(int=number),
        "id_number": number,
        "kind": kind,
        "state": state,
        "target": None,
        "reference": None,
        "summary": "{}",
        "day": date(2024, 8, number),
        **values,
    }
    async with engine.begin() as connection:
        await connection.execute(_SUBMITTED, given)


async def test_a_class_stands_with_everything_filed_under_it(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "osh",
        made.batch(
            "osh",
            made.training_class("K1"),
            made.training_class("K2"),
            made.record("osh.institution", "OH1", name="測試學會"),
            made.record("osh.recognition", "OH1-1", institution_code="OH1"),
            made.record("osh.session", "S1", class_no="K1"),
            made.trainee("T1", None, "K1"),
        ),
    )

    async with engine.connect() as connection:
        found = await load_classes(connection, ["K1", "K2", "K9"])

    assert sorted(found) == ["K1", "K2"]
    assert [row["id"] for row in found["K1"].sessions] == ["S1"]
    assert [row["id"] for row in found["K1"].trainees] == ["T1"]
    assert [row["id"] for row in found["K2"].recognitions] == ["OH1-1"]
    assert found["K1"].filing == {}


async def test_only_filings_that_the_agency_accepted_say_more_of_a_class(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("osh", made.batch("osh", made.training_class("K1"), made.training_class("K2")))
    filed = '{"letter_on": "2024-07-31", "venue_proof": true}'
    await _submit(engine, 1, "fileOshClass", "ACCEPTED", target="K1", summary=filed)
    await _submit(engine, 2, "amendOshClass", "ACCEPTED", target="K1")
    await _submit(engine, 3, "amendOshClass", "REFUSED", target="K1")
    await _submit(engine, 4, "issueOshCertificates", "ACCEPTED", target="K2",
                  summary='{"issue_roll_on": "2024-08-20"}')  # fmt: skip

    async with engine.connect() as connection:
        found = await load_classes(connection, ["K1", "K2"])

    assert found["K1"].filing == {
        "letter_on": date(2024, 7, 31),
        "venue_proof": True,
        "changed_on": date(2024, 8, 2),
    }
    assert found["K2"].filing == {"issue_roll_on": date(2024, 8, 20)}

"""Bundles of persons: what is loaded, in how many statements, and what is left out."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.bundles import PersonRows
from certhub.domain.sync import Tombstone
from certhub.store import people as module
from certhub.store.people import holders_of, load_people

Sync = Callable[..., Awaitable[Any]]
Made = Any

_SOMEBODY, _ANOTHER = "A123456789", "B123456780"


async def _load(engine: AsyncEngine, *registries: str, sharing: bool = False) -> list[PersonRows]:
    chosen = registries or ("vr", "ltc", "osh")
    async with engine.connect() as connection:
        ids = (await connection.execute(text("select id from hub.person order by id"))).scalars()
        found = await load_people(connection, list(ids), chosen, sharing=sharing)
    return [found[key] for key in sorted(found)]


@pytest.fixture
async def somebody(sync: Sync, made: Made) -> None:
    """One person in all three registries."""
    await sync(
        "vr",
        made.batch(
            "vr",
            made.professional("P1", _SOMEBODY),
            made.record("vr.qualification", "Q1", professional_id="P1", title="就業服務員"),
            made.record("vr.training_record", "T1", professional_id="P1", course_no="V1"),
            made.record("vr.course", "V1", no="V1", institution_tax_id="12345675"),
        ),
    )
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", _SOMEBODY),
            made.record("ltc.certificate", "C1", person_id="L1"),
            made.credit("D1", "L1"),
            made.record("ltc.registration", "R1", person_id="L1", certificate_id="C1"),
        ),
    )
    await sync(
        "osh",
        made.batch(
            "osh",
            made.training_class("K1"),
            made.record("osh.institution", "OH1", tax_id="12345675"),
            made.record("osh.recognition", "OH1-1", institution_code="OH1"),
            made.trainee("T1", _SOMEBODY, "K1"),
            made.completion("N1", _SOMEBODY, "T1", class_no="K1"),
            made.record("osh.result", "E1", trainee_no="T1"),
        ),
    )


@pytest.mark.usefixtures("somebody")
async def test_a_bundle_holds_the_rows_of_every_registry(engine: AsyncEngine) -> None:
    [person] = await _load(engine)

    held = {
        "qualifications": person.vr.qualifications,
        "records": person.vr.records,
        "persons": person.ltc.persons,
        "certificates": person.ltc.certificates,
        "credits": person.ltc.credits,
        "registrations": person.ltc.registrations,
        "trainees": person.osh.trainees,
        "osh certificates": person.osh.certificates,
        "results": person.osh.results,
    }
    assert {name: [row["id"] for row in rows] for name, rows in held.items()} == {
        "qualifications": ["Q1"],
        "records": ["T1"],
        "persons": ["L1"],
        "certificates": ["C1"],
        "credits": ["D1"],
        "registrations": ["R1"],
        "trainees": ["T1"],
        "osh certificates": ["N1"],
        "results": ["E1"],
    }
    assert list(person.osh.classes) == ["K1"]
    assert [row["id"] for row in person.osh.recognitions["OH1"]] == ["OH1-1"]
    assert person.ltc.survivors == {"L1": "L1"}


@pytest.mark.usefixtures("somebody")
async def test_only_the_registries_asked_for_are_read(engine: AsyncEngine) -> None:
    [person] = await _load(engine, "vr")

    assert [row["id"] for row in person.vr.qualifications] == ["Q1"]
    assert (person.ltc.certificates, person.osh.trainees) == ((), ())


@pytest.mark.usefixtures("somebody")
async def test_closed_rows_are_left_out(sync: Sync, made: Made, engine: AsyncEngine) -> None:
    await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 2)))

    [person] = await _load(engine)

    assert person.ltc.credits == ()


async def test_credits_of_a_merged_person_name_the_survivor(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", _SOMEBODY),
            made.ltc_person("L2", _SOMEBODY),
            made.credit("D1", "L2"),
        ),
    )
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", _SOMEBODY, version=2, merged_ids=["L2"]),
            Tombstone("ltc.person", "L2", 2, merged_into="L1"),
        ),
    )

    [person] = await _load(engine)

    assert [row["id"] for row in person.ltc.persons] == ["L1"]
    assert [person.ltc.person_of(row) for row in person.ltc.credits] == ["L1"]


@pytest.mark.usefixtures("somebody")
async def test_no_statement_is_repeated_however_many_persons_there_are(
    sync: Sync, made: Made, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(
        "vr",
        made.batch(
            "vr",
            made.professional("P2", _ANOTHER),
            made.record("vr.qualification", "Q2", professional_id="P2"),
        ),
    )
    said: list[str] = []
    fetch = module.fetch

    async def counted(connection: Any, statement: str, *values: object) -> Any:
        said.append(statement)
        return await fetch(connection, statement, *values)

    monkeypatch.setattr(module, "fetch", counted)

    people = await _load(engine)

    assert len(people) == 2
    assert len(said) == len(set(said)) == 16


@pytest.mark.usefixtures("somebody")
async def test_sharing_knows_who_held_a_course_and_what_the_hub_decided(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        [uuid] = (await connection.execute(text("select id from hub.person"))).scalars()
        await connection.execute(
            text(
                "insert into hub.recognition (id, person_id, activity, certificate, from_registry, "
                "to_registry, state, filed_on, issuer, client_id, applied_by, created_at, "
                "changed_at) values (:id, :person, 'vr:T1', 'ltc:C1', 'vr', 'ltc', 'APPROVED', "
                "'2024-02-01', 'i', 'c', 's', now(), now())"
            ),
            {"id": UUID(int=1), "person": uuid},
        )
        await connection.execute(
            text(
                "insert into hub.recognition_decision (id, recognition_id, stage, outcome, amount, "
                "authority, decided_on, issuer, client_id, decided_by, created_at) values (:id, "
                ":recognition, 'decision', 'approved', 350, 'ltc_recognising_body', '2024-03-01', "
                "'i', 'c', 'x', now())"
            ),
            {"id": UUID(int=2), "recognition": UUID(int=1)},
        )
        await connection.execute(
            text("insert into hub.used_activity values ('ltc:C1', 'ltc:D1', '2024-01-01')")
        )
        await connection.execute(
            text("insert into hub.joint_course values ('vr', 'V1', 'J1'), ('ltc', 'V1', 'J2')")
        )

    [person] = await _load(engine, sharing=True)

    assert person.vr.providers == {"V1": "12345675"}
    assert [row["activity"] for row in person.hub.applications] == ["vr:T1"]
    assert [(row["amount"], row["outcome"]) for row in person.hub.decisions] == [(350, "approved")]
    assert [(row["activity"], row["certificate"]) for row in person.hub.used] == [
        ("ltc:D1", "ltc:C1")
    ]
    assert person.hub.joint_courses == {("vr", "V1"): "J1"}


@pytest.mark.usefixtures("somebody")
async def test_the_holder_of_a_certificate_is_found_in_every_registry(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        [uuid] = (await connection.execute(text("select id from hub.person"))).scalars()
        found = [
            await holders_of(connection, registry, [key, "unknown"])
            for registry, key in (("vr", "Q1"), ("ltc", "C1"), ("osh", "N1"))
        ]

    assert found == [{"Q1": uuid}, {"C1": uuid}, {"N1": uuid}]


async def test_nobody_is_loaded_for_nothing(engine: AsyncEngine) -> None:
    assert await _load(engine) == []

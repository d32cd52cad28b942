"""Which records are one person."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.sync import Tombstone
from certhub.resolvers.sync import SyncReport

Sync = Callable[..., Awaitable[SyncReport]]
Made = Any

N1, N2, N3 = "A123456789", "B123456780", "F861235658"
BORN, OTHER = date(1985, 3, 2), date(1990, 7, 7)


async def _query(engine: AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def _groups(engine: AsyncEngine) -> list[list[str]]:
    """Source ids by person, sorted."""
    rows = await _query(
        engine,
        "select array_agg(source_id order by source_id) from hub.person_record "
        "group by person_id order by min(source_id)",
    )
    return [row[0] for row in rows]


async def _people(engine: AsyncEngine) -> dict[str, Any]:
    return {
        row[0]: row[1]
        for row in await _query(engine, "select source_id, person_id from hub.person_record")
    }


async def _reviews(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    return await _query(
        engine,
        "select reason, state, records from hub.identity_review order by reason, records::text",
    )


async def test_one_number_joins_the_records_of_all_registries(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1, name="王維")))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, name="王 維")))
    await sync(
        "osh",
        made.batch(
            "osh", made.training_class(), made.trainee("T1", N1), made.completion("K1", N1, "T1")
        ),
    )

    assert await _groups(engine) == [["K1", "L1", "P1", "T1"]]
    assert await _query(engine, "select name, birth_date, merged_into from hub.person") == [
        ("王維", BORN, None)
    ]
    assert await _query(engine, "select distinct kind, masked, live from hub.identifier") == [
        ("national_id", "A*****6789", True)
    ]


async def test_people_without_a_common_number_are_never_joined(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N2)))

    assert await _groups(engine) == [["L1"], ["P1"]]


async def test_a_number_in_other_writing_is_the_same_number(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", " a123456789")))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", "Ａ１２３４５６７８９")))

    assert await _groups(engine) == [["L1", "P1"]]


async def test_another_birth_date_is_no_join_but_a_doubt(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1, BORN)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=OTHER)))

    assert await _groups(engine) == [["L1"], ["P1"]]
    assert await _reviews(engine) == [
        ("birth_date_differs", "open", [["ltc.person", "L1"], ["vr.professional", "P1"]])
    ]


async def test_a_doubt_ends_when_the_agency_corrects_the_birth_date(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1, BORN)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=OTHER)))
    before = await _people(engine)

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=BORN, version=2)))

    assert await _groups(engine) == [["L1", "P1"]]
    assert await _reviews(engine) == [
        ("birth_date_differs", "closed", [["ltc.person", "L1"], ["vr.professional", "P1"]])
    ]
    assert (await _people(engine))["L1"] == before["P1"]
    assert await _query(
        engine, "select id, merged_into from hub.person where merged_into is not null"
    ) == [(before["L1"], before["P1"])]


async def test_a_row_without_birth_date_joins_where_there_is_no_doubt(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    osh = made.batch("osh", made.training_class(), made.trainee("T1", N1, born=None))
    await sync("vr", made.batch("vr", made.professional("P1", N1, BORN)))
    await sync("osh", osh)
    joined = await _groups(engine)

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=OTHER)))

    assert joined == [["P1", "T1"]]
    assert await _groups(engine) == [["L1"], ["P1"], ["T1"]]


async def test_a_wrong_check_digit_is_kept_alone_and_listed(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", "A123456788")))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", "A123456788")))

    assert await _groups(engine) == [["L1"], ["P1"]]
    assert await _reviews(engine) == [
        ("id_checksum", "open", [["ltc.person", "L1"]]),
        ("id_checksum", "open", [["vr.professional", "P1"]]),
    ]


async def test_unmerged_twins_of_one_registry_join_one_person(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1), made.ltc_person("L2", N1)))

    assert await _groups(engine) == [["L1", "L2"]]
    assert await _query(
        engine, "select source_id, survivor_id from hub.person_record order by 1"
    ) == [
        ("L1", "L1"),
        ("L2", "L2"),
    ]


async def test_a_record_with_two_numbers_merges_two_people_into_the_older(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("vr", made.batch("vr", made.professional("P2", N3)))
    before = await _people(engine)

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, (N3, "arc_new"))))

    assert await _groups(engine) == [["L1", "P1", "P2"]]
    assert set((await _people(engine)).values()) == {before["P1"]}
    assert await _query(
        engine, "select kind, from_person, to_person, entity, source_id from hub.person_merge"
    ) == [("merge", before["P2"], before["P1"], "vr.professional", "P2")]


async def test_when_the_joining_number_goes_the_merged_person_is_back_under_its_old_id(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("vr", made.batch("vr", made.professional("P2", N3)))
    before = await _people(engine)
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, (N3, "arc_new"))))

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, version=2)))

    assert await _groups(engine) == [["L1", "P1"], ["P2"]]
    after = await _people(engine)
    assert (after["P1"], after["P2"]) == (before["P1"], before["P2"])
    assert await _query(
        engine, "select count(*) from hub.person where merged_into is not null"
    ) == [(0,)]


async def test_a_corrected_number_leaves_the_person_it_never_was(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("osh", made.batch("osh", made.training_class(), made.trainee("T1", N1)))
    before = await _people(engine)

    await sync("osh", made.batch("osh", made.trainee("T1", N2, version=2)))

    after = await _people(engine)
    assert await _groups(engine) == [["P1"], ["T1"]]
    assert after["P1"] == before["P1"]
    assert after["T1"] != before["T1"]


async def test_passports_match_only_with_the_birth_date(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    passport = ("B9342933", "passport")

    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", passport, born=BORN),
            made.ltc_person("L2", passport, born=OTHER),
            made.ltc_person("L3", passport, born=BORN),
        ),
    )

    assert await _groups(engine) == [["L1", "L3"], ["L2"]]
    assert await _reviews(engine) == []


async def test_a_number_of_an_unknown_kind_joins_nobody(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    unknown = made.ltc_person("L1", N1)
    unknown.values["identifiers"][0]["type__code"] = None

    await sync("ltc", made.batch("ltc", unknown))

    assert await _groups(engine) == [["L1"], ["P1"]]


async def test_a_trainee_waits_for_its_class_and_a_bare_certificate_for_its_trainee(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("osh", made.batch("osh", made.completion("K1", None, "T1"), made.trainee("T1", N1)))
    waiting = await _groups(engine)

    await sync("osh", made.batch("osh", made.training_class()))

    assert waiting == []
    assert await _groups(engine) == [["K1", "T1"]]


async def test_a_bare_certificate_joins_by_the_number_of_its_trainee(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))

    await sync(
        "osh",
        made.batch(
            "osh", made.training_class(), made.trainee("T1", N1), made.completion("K1", None, "T1")
        ),
    )

    assert await _groups(engine) == [["K1", "P1", "T1"]]


async def test_an_agency_merge_resolves_through_chains(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", N1),
            made.ltc_person("L2", N2),
            made.ltc_person("L3", (N3, "arc_new")),
        ),
    )
    before = await _people(engine)

    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L2", N1, N2, version=2, merged_ids=["L1"]),
            Tombstone("ltc.person", "L1", 3, merged_into="L2"),
        ),
    )
    await sync(
        "ltc",
        made.batch(
            "ltc",
            Tombstone("ltc.person", "L2", 5, merged_into="L3"),
            made.ltc_person("L3", N1, N2, (N3, "arc_new"), version=4, merged_ids=["L2", "L1"]),
        ),
    )

    assert await _groups(engine) == [["L1", "L2", "L3"]]
    assert await _query(engine, "select distinct survivor_id from hub.person_record") == [("L3",)]
    assert set((await _people(engine)).values()) <= set(before.values())
    assert await _query(engine, "select count(*) from hub.person where merged_into is null") == [
        (1,)
    ]


async def test_ids_merged_away_before_the_first_sync_are_known(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.ltc_person("L9", N1, merged_ids=["L8", "L7"])))

    assert await _groups(engine) == [["L7", "L8", "L9"]]
    assert await _query(engine, "select distinct survivor_id from hub.person_record") == [("L9",)]


async def test_a_merge_cut_by_the_end_of_an_answer_still_resolves(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", Tombstone("ltc.person", "L1", 3, merged_into="L2")))
    await sync("ltc", made.batch("ltc", made.ltc_person("L2", N1, version=4)))

    assert await _groups(engine) == [["L1", "L2"]]
    assert await _query(
        engine, "select survivor_id from hub.person_record where source_id = 'L1'"
    ) == [("L2",)]


async def test_a_deleted_record_keeps_its_person_but_its_number_is_not_live(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, name="李測試")))
    before = await _people(engine)

    await sync("vr", made.batch("vr", Tombstone("vr.professional", "P1", 2)))

    assert await _people(engine) == before
    assert await _query(engine, "select entity, live from hub.identifier order by entity") == [
        ("ltc.person", True),
        ("vr.professional", False),
    ]
    assert await _query(engine, "select name from hub.person") == [("李測試",)]


async def test_the_order_of_arrival_does_not_matter(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "osh",
        made.batch(
            "osh",
            made.completion("K1", N1, "T1"),
            made.trainee("T1", N1),
            made.training_class(),
        ),
    )
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, (N3, "arc_new"))))
    await sync("vr", made.batch("vr", made.professional("P1", N3)))

    assert await _groups(engine) == [["K1", "L1", "P1", "T1"]]
    assert await _query(engine, "select count(*) from hub.person") == [(1,)]


async def test_institutions_meet_by_their_number_alone(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "vr", made.batch("vr", made.record("vr.institution", "I1", tax_id="21530043", name="甲"))
    )
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.record("ltc.unit", "U1", tax_id="２１５３００４３", name="乙"),
            made.record("ltc.unit", "U2", tax_id=None, name="甲"),
            made.record("ltc.unit", "U3", tax_id=None, name="甲"),
        ),
    )

    rows = await _query(
        engine,
        "select array_agg(r.source_id order by r.source_id), o.unified_business_number "
        "from hub.organisation_record r join hub.organisation o on o.id = r.organisation_id "
        "group by o.id order by 1",
    )
    assert rows == [(["I1", "U1"], "21530043"), (["U2"], None), (["U3"], None)]


async def test_the_county_is_where_somebody_works(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    def registration(key: str, **values: object) -> Any:
        return made.record(
            "ltc.registration",
            key,
            person_id="L1",
            starts_on=date(2020, 1, 1),
            county__code="63000",
            **values,
        )

    await sync(
        "ltc",
        made.batch(
            "ltc",
            registration("G1", state__code="active", ends_on=None),
            registration("G2", state__code="ended", ends_on=date(2021, 5, 6)),
            registration("G3", state__code="ended", ends_on=None),
        ),
    )
    waiting = await _query(engine, "select * from hub.person_county")

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1)))

    assert waiting == []
    assert await _query(
        engine,
        "select source_id, registry, county_code, valid_from, valid_to from hub.person_county "
        "order by 1",
    ) == [
        ("G1", "ltc", "63000", date(2020, 1, 1), None),
        ("G2", "ltc", "63000", date(2020, 1, 1), date(2021, 5, 6)),
    ]

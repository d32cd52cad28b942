"""People decide about identities: one proposes, another decides, and it can be taken back."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import Conflict, InvalidInput, NotFound, Refused
from certhub.resolvers.sync import SyncReport
from certhub.store.identity_change import (
    Proposer,
    decide_change,
    dismiss_review,
    open_reviews,
    propose_merge,
    propose_split,
    revert_change,
)

Sync = Callable[..., Awaitable[SyncReport]]
Made = Any

N1, N2 = "A123456789", "B123456780"
NOW = datetime(2040, 9, 1, tzinfo=UTC)  # after the syncs, which take the real clock
MAKER, CHECKER = Proposer("iss", "c1", "maker"), Proposer("iss", "c1", "checker")


async def _people(engine: AsyncEngine) -> dict[str, UUID]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("select source_id, person_id from hub.person_record"))
        return {row.source_id: row.person_id for row in rows}


async def _approve(engine: AsyncEngine, change: UUID) -> None:
    async with engine.begin() as connection:
        row = await decide_change(connection, change, approve=True, by=CHECKER, note=None, now=NOW)
    assert row["state"] == "approved"


async def test_a_merge_joins_and_taking_it_back_restores_both_ids(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N2)))
    before = await _people(engine)
    async with engine.begin() as connection:
        change = await propose_merge(
            connection, before["L1"], before["P1"], "same passport seen", MAKER, NOW
        )
    proposed = await _people(engine)

    await _approve(engine, change)
    merged = await _people(engine)
    async with engine.begin() as connection:
        await revert_change(connection, change, CHECKER, NOW)

    assert proposed == before
    assert merged == {"P1": before["P1"], "L1": before["P1"]}
    assert await _people(engine) == before


async def test_a_merge_survives_the_next_sync(sync: Sync, made: Made, engine: AsyncEngine) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N2)))
    before = await _people(engine)
    async with engine.begin() as connection:
        change = await propose_merge(connection, before["L1"], before["P1"], "x", MAKER, NOW)
    await _approve(engine, change)

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N2, version=2, name="李測試")))

    assert await _people(engine) == {"P1": before["P1"], "L1": before["P1"]}


async def test_a_split_holds_against_the_number_and_can_be_taken_back(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1)))
    before = await _people(engine)
    async with engine.begin() as connection:
        change = await propose_split(
            connection, before["P1"], [("ltc.person", "L1")], "number used by another", MAKER, NOW
        )

    await _approve(engine, change)
    split = await _people(engine)
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, version=2, name="李測試")))
    later = await _people(engine)
    async with engine.begin() as connection:
        await revert_change(connection, change, CHECKER, NOW)

    assert split["P1"] == before["P1"]
    assert split["L1"] != before["P1"]
    assert later == split
    assert await _people(engine) == before


async def test_maker_and_checker_differ(sync: Sync, made: Made, engine: AsyncEngine) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1), made.professional("P2", N2)))
    before = await _people(engine)
    async with engine.begin() as connection:
        change = await propose_merge(connection, before["P1"], before["P2"], "x", MAKER, NOW)

    with pytest.raises(Refused, match="does not decide it"):
        async with engine.begin() as connection:
            await decide_change(connection, change, approve=True, by=MAKER, note=None, now=NOW)

    assert await _people(engine) == before


async def test_a_decision_is_final(sync: Sync, made: Made, engine: AsyncEngine) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1), made.professional("P2", N2)))
    before = await _people(engine)
    async with engine.begin() as connection:
        change = await propose_merge(connection, before["P1"], before["P2"], "x", MAKER, NOW)
        await decide_change(connection, change, approve=False, by=CHECKER, note="no", now=NOW)

    with pytest.raises(Conflict, match="rejected already"):
        await _approve(engine, change)
    with pytest.raises(Conflict, match="not approved"):
        async with engine.begin() as connection:
            await revert_change(connection, change, CHECKER, NOW)


async def test_a_split_needs_records_of_the_person_and_one_that_stays(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    whole = (await _people(engine))["P1"]

    async with engine.begin() as connection:
        with pytest.raises(InvalidInput) as foreign:
            await propose_split(connection, whole, [("ltc.person", "L9")], "x", MAKER, NOW)
        with pytest.raises(InvalidInput) as everything:
            await propose_split(connection, whole, [("vr.professional", "P1")], "x", MAKER, NOW)
        with pytest.raises(NotFound):
            await propose_split(connection, uuid4(), [("vr.professional", "P1")], "x", MAKER, NOW)

    assert (foreign.value.code, everything.value.code) == ("RECORDS_NOT_HELD", "NOTHING_LEFT")


async def test_a_doubt_that_was_dismissed_stays_so_until_somebody_else_appears(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    other = date(1990, 7, 7)
    await sync("vr", made.batch("vr", made.professional("P1", N1)))
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=other)))
    async with engine.begin() as connection:
        [review] = await open_reviews(connection)
        await dismiss_review(connection, review["id"], CHECKER, NOW)

    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1, born=other, version=2, name="x")))
    async with engine.begin() as connection:
        unchanged = await open_reviews(connection)
    await sync(
        "osh",
        made.batch("osh", made.training_class(), made.trainee("T1", N1, born=date(1970, 1, 1))),
    )

    async with engine.begin() as connection:
        reopened = await open_reviews(connection)
    assert unchanged == []
    assert [row["id"] for row in reopened] == [review["id"]]


async def test_taking_merges_back_gives_everybody_the_old_id_whoever_was_first(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    """All arrive at one instant: which id a merged person keeps is not to be foreseen."""
    instant = datetime(2040, 1, 1, tzinfo=UTC)
    numbers = [
        ("A123456789", "B123456780"),
        ("A100000109", "B200000111"),
        ("F100000122", "A800000149"),
    ]
    people = [made.professional(f"P{i}", one) for i, (one, _) in enumerate(numbers)]
    carers = [made.ltc_person(f"L{i}", other) for i, (_, other) in enumerate(numbers)]
    await sync("vr", made.batch("vr", *people), now=instant)
    await sync("ltc", made.batch("ltc", *carers), now=instant)
    before = await _people(engine)

    changes = []
    for i in range(len(numbers)):
        async with engine.begin() as connection:
            changes.append(
                await propose_merge(
                    connection, before[f"P{i}"], before[f"L{i}"], "x", MAKER, instant
                )
            )
        await _approve(engine, changes[-1])
    merged = await _people(engine)
    for change in changes:
        async with engine.begin() as connection:
            await revert_change(connection, change, CHECKER, instant)

    assert all(merged[f"P{i}"] == merged[f"L{i}"] for i in range(len(numbers)))
    assert await _people(engine) == before


async def test_a_split_taken_back_keeps_the_id_that_was_first(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1)), now=NOW)
    await sync("ltc", made.batch("ltc", made.ltc_person("L1", N1)), now=NOW)
    before = await _people(engine)

    for record in (("vr.professional", "P1"), ("ltc.person", "L1")) * 2:
        async with engine.begin() as connection:
            change = await propose_split(connection, before["P1"], [record], "x", MAKER, NOW)
        await _approve(engine, change)
        async with engine.begin() as connection:
            await revert_change(connection, change, CHECKER, NOW)

        assert await _people(engine) == before


async def test_an_outdated_proposal_and_one_without_effect_are_not_approved(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", N1), made.professional("P2", N2)))
    before = await _people(engine)
    async with engine.begin() as connection:
        first, second = [
            await propose_merge(connection, before["P1"], before["P2"], "x", MAKER, NOW)
            for _ in range(2)
        ]
    await _approve(engine, first)
    async with engine.begin() as connection:
        apart = await propose_split(
            connection, before["P1"], [("vr.professional", "P2")], "x", MAKER, NOW
        )

    with pytest.raises(Conflict) as outdated:
        await _approve(engine, second)
    with pytest.raises(Conflict) as stuck:
        await _approve(engine, apart)
    with pytest.raises(Refused):
        async with engine.begin() as connection:
            await revert_change(connection, first, MAKER, NOW)

    assert (outdated.value.code, stuck.value.code) == ("PROPOSAL_OUTDATED", "CHANGE_WITHOUT_EFFECT")
    assert len(set((await _people(engine)).values())) == 1

"""A run of the sync: counts, versions, deletions, halts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import AgencyFault, Conflict
from certhub.domain.sync import Batch, Drift, Problem, Record, Tombstone
from certhub.resolvers.sync import SyncHub, SyncLimits, SyncReport, run_sync, sync_all
from certhub.store import clock
from certhub.store.keys import KeyRing

Sync = Callable[..., Awaitable[SyncReport]]
Made = Any

_NUMBER = "A123456789"


async def _rows(engine: AsyncEngine, query: str, **values: object) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query), values)]


async def _credit(engine: AsyncEngine, key: str = "D1") -> tuple[int, int | None, bool]:
    """Version, points, and whether the row is open."""
    [row] = await _rows(
        engine,
        "select source_version, points, deleted_at is null from ltc.credit where id = :key",
        key=key,
    )
    return row[0], row[1], row[2]


def _nonzero(report: SyncReport, entity: str = "ltc.credit") -> Mapping[str, int]:
    return {name: n for name, n in report.counts[entity].as_dict().items() if n}


async def test_a_second_run_over_the_same_rows_changes_nothing(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    batch = made.batch(
        "vr",
        made.professional("P1", _NUMBER),
        made.professional("P2", "B123456780"),
        position={"since": "x"},
    )

    first = await sync("vr", batch)
    before = await _rows(engine, "select * from vr.professional order by id")
    people = await _rows(engine, "select id, created_at from hub.person order by id")
    second = await sync("vr", batch)

    assert _nonzero(first, "vr.professional") == {"fetched": 2, "inserted": 2}
    assert _nonzero(second, "vr.professional") == {"fetched": 2, "unchanged": 2}
    assert await _rows(engine, "select * from vr.professional order by id") == before
    assert await _rows(engine, "select id, created_at from hub.person order by id") == people
    assert await _rows(engine, "select position from hub.sync_state") == [({"since": "x"},)]


async def test_the_position_of_the_last_batch_is_where_the_next_run_starts(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, clock.now)
    connector = made.scripted(
        "ltc",
        [
            made.batch("ltc", made.credit("D1", "L1"), position={"seq": 5}),
            made.batch("ltc", made.credit("D2", "L1"), position={"seq": 7}),
        ],
    )

    await run_sync(hub, connector)
    await run_sync(hub, connector, full=True)

    assert connector.asked == [(None, False), ({"seq": 7}, True)]


async def test_an_older_version_is_old_news(sync: Sync, made: Made, engine: AsyncEngine) -> None:
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=5, points=500)))

    report = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=4, points=400)))

    assert _nonzero(report) == {"fetched": 1, "stale": 1}
    assert await _credit(engine) == (5, 500, True)


async def test_a_newer_version_of_the_same_content_guards_against_what_lies_between(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=5)))
    again = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=9)))

    late = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=7, points=1)))

    assert _nonzero(again) == {"fetched": 1, "unchanged": 1}
    assert _nonzero(late) == {"fetched": 1, "stale": 1}
    assert await _credit(engine) == (9, 720, True)


async def test_of_one_key_twice_in_a_batch_the_highest_version_stands(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    report = await sync(
        "ltc",
        made.batch(
            "ltc",
            made.credit("D1", "L1", version=3, points=300),
            made.credit("D1", "L1", version=2, points=200),
        ),
    )

    assert _nonzero(report) == {"fetched": 2, "inserted": 1, "duplicate": 1}
    assert await _credit(engine) == (3, 300, True)


async def test_a_key_again_in_a_later_batch_of_a_first_load_is_updated(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    report = await sync(
        "ltc",
        made.batch("ltc", made.credit("D1", "L1"), made.credit("D2", "L1")),
        made.batch(
            "ltc",
            made.credit("D1", "L1", version=2, points=200),
            made.credit("D2", "L1"),
            made.credit("D3", "L1"),
        ),
    )

    assert _nonzero(report) == {"fetched": 5, "inserted": 3, "updated": 1, "unchanged": 1}
    assert await _credit(engine) == (2, 200, True)


async def test_a_tombstone_closes_a_row_and_a_higher_version_opens_it_again(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1")))

    closed = await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 3)))
    after_closing = await _credit(engine)
    late = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=2)))
    again = await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 3)))
    opened = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=4)))

    assert _nonzero(closed) == {"fetched": 1, "deleted": 1}
    assert after_closing == (3, 720, False)
    assert _nonzero(late) == {"fetched": 1, "stale": 1}
    assert _nonzero(again) == {"fetched": 1, "unchanged": 1}
    assert _nonzero(opened) == {"fetched": 1, "updated": 1}
    assert await _credit(engine) == (4, 720, True)


async def test_a_tombstone_before_its_record_is_remembered(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 3)))

    late = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=2)))
    back = await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=4)))

    assert _nonzero(late) == {"fetched": 1, "stale": 1}
    assert _nonzero(back) == {"fetched": 1, "updated": 1}
    assert await _credit(engine) == (4, 720, True)


async def test_an_older_tombstone_closes_nothing(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=5)))

    report = await sync("ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 4)))

    assert _nonzero(report) == {"fetched": 1, "stale": 1}
    assert await _credit(engine) == (5, 720, True)


async def test_a_record_and_its_tombstone_in_one_batch_end_closed(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    report = await sync(
        "ltc", made.batch("ltc", Tombstone("ltc.credit", "D1", 2), made.credit("D1", "L1"))
    )

    assert _nonzero(report) == {"fetched": 2, "inserted": 1, "deleted": 1}
    assert await _credit(engine) == (2, 720, False)


def _listing(made: Made, version: int, *keys: str, problems: Sequence[Problem] = ()) -> Batch:
    rows = [made.credit(key, "L1", version=version) for key in keys]
    batch: Batch = made.batch(
        "ltc", *rows, *problems, begins=["ltc.credit"], complete=["ltc.credit"]
    )
    return batch


async def test_a_full_listing_deletes_what_it_lacks_and_leaves_the_rest_alone(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3", "D4"))
    before = await _rows(engine, "select xmin::text from ltc.credit where id = 'D1'")

    report = await sync("ltc", _listing(made, 8, "D1", "D2", "D3"))

    assert _nonzero(report) == {"fetched": 3, "unchanged": 3, "deleted": 1, "vanished": 1}
    assert await _credit(engine, "D4") == (8, 720, False)
    assert await _rows(engine, "select xmin::text from ltc.credit where id = 'D1'") == before
    assert await _rows(engine, "select floors from hub.sync_state") == [({"ltc.credit": 8},)]


async def test_changes_older_than_the_last_listing_are_old_news(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2"))
    await sync("ltc", _listing(made, 8, "D1", "D2"))

    report = await sync(
        "ltc",
        made.batch(
            "ltc",
            made.credit("D1", "L1", version=6, points=1),
            made.credit("D9", "L1", version=7),
            Tombstone("ltc.credit", "D2", 7),
        ),
    )

    assert _nonzero(report) == {"fetched": 3, "stale": 3}
    assert await _credit(engine, "D2") == (1, 720, True)


async def test_a_faulty_row_counts_as_listed_and_keeps_its_old_version(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3"))

    report = await sync(
        "ltc", _listing(made, 2, "D1", "D2", problems=[made.problem("ltc.credit", "D3")])
    )

    assert _nonzero(report) == {"fetched": 3, "unchanged": 2, "quarantined": 1}
    assert await _credit(engine, "D3") == (1, 720, True)


async def test_a_listing_with_an_unreadable_key_deletes_nothing(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3", "D4"))

    report = await sync(
        "ltc", _listing(made, 2, "D1", "D2", "D3", problems=[made.problem("ltc.credit", "")])
    )

    assert report.notes == ["listing_with_unreadable_keys:ltc.credit"]
    assert await _credit(engine, "D4") == (1, 720, True)


async def test_a_row_that_is_newer_than_the_listing_stays(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    full, delta = _listing(made, 5, "D1", "D2"), made.batch("ltc", made.credit("D3", "L1", 6))
    await sync("ltc", full, delta)

    report = await sync("ltc", full, delta, full=True)

    assert _nonzero(report) == {"fetched": 3, "unchanged": 3}
    assert await _credit(engine, "D3") == (6, 720, True)


async def test_an_abandoned_listing_does_not_count(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3", "D4"))

    report = await sync(
        "ltc",
        made.batch("ltc", made.credit("D4", "L1", version=2), begins=["ltc.credit"]),
        _listing(made, 3, "D1", "D2", "D3"),
    )

    assert _nonzero(report)["vanished"] == 1
    assert (await _credit(engine, "D4"))[2] is False


async def test_a_listing_that_was_not_begun_deletes_nothing(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2"))

    report = await sync(
        "ltc", made.batch("ltc", made.credit("D1", "L1", 2), complete=["ltc.credit"])
    )

    assert report.notes == ["listing_not_begun:ltc.credit"]
    assert await _credit(engine, "D2") == (1, 720, True)


@pytest.mark.parametrize("kept", [(), ("D1",), ("D1", "D2")], ids=["none", "one", "two"])
async def test_a_listing_that_lacks_too_much_halts_the_run(
    sync: Sync, made: Made, engine: AsyncEngine, kept: tuple[str, ...]
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3", "D4"))

    report = await sync("ltc", _listing(made, 2, *kept))

    assert report.state == "halted"
    assert report.error is not None
    assert report.error.code == "MASS_DELETION"
    assert report.error.details == {"entity": "ltc.credit", "gone": 4 - len(kept), "live": 4}
    assert await _rows(engine, "select count(*) from ltc.credit where deleted_at is null") == [(4,)]
    assert await _rows(engine, "select floors from hub.sync_state") == [({"ltc.credit": 1},)]


async def test_a_person_may_allow_a_mass_deletion(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 1, "D1", "D2", "D3", "D4"))

    report = await sync("ltc", _listing(made, 2, "D1"), limits=SyncLimits(mass_delete=None))

    assert report.state == "complete"
    assert await _rows(engine, "select id from ltc.credit where deleted_at is null") == [("D1",)]


async def test_too_many_faulty_rows_halt_the_run_and_are_kept_for_a_person(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    problems = [made.problem("ltc.credit", f"D{n}") for n in range(11)]

    report = await sync(
        "ltc", made.batch("ltc", made.credit("D99", "L1"), *problems, position={"seq": 1})
    )

    assert report.state == "halted"
    assert report.error is not None
    assert report.error.code == "QUARANTINE_SHARE"
    assert await _rows(engine, "select count(*) from ltc.credit") == [(0,)]
    assert await _rows(engine, "select count(*) from hub.quarantine") == [(11,)]
    assert await _rows(engine, "select position, complete_at from hub.sync_state") == []


async def test_a_good_version_ends_the_quarantine_of_the_faulty_one(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    query = "select state, seen, reason, raw_cipher is null from hub.quarantine"
    faulty = made.batch("ltc", made.problem("ltc.credit", "D1", version=3))
    await sync("ltc", faulty)
    await sync("ltc", faulty)
    twice = await _rows(engine, query)

    await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=2)))
    older = await _rows(engine, query)
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1", version=4)))

    assert twice == [("open", 2, "impossible_date", False)]
    assert older == twice
    assert await _rows(engine, query) == [("resolved", 2, "impossible_date", True)]


async def test_a_faulty_version_older_than_the_stored_one_is_old_news(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", _listing(made, 9, "D1"), made.batch("ltc", Tombstone("ltc.credit", "D2", 10)))
    late = [made.problem("ltc.credit", key, version=3) for key in ("D1", "D2", "D3")]
    new = [made.problem("ltc.credit", "D1", version=10), made.problem("ltc.credit", "D4")]

    report = await sync("ltc", made.batch("ltc", *late, *new))

    assert _nonzero(report) == {"fetched": 5, "stale": 3, "quarantined": 2}
    open_rows = "select source_id, version from hub.quarantine where state = 'open' order by id"
    assert await _rows(engine, open_rows) == [("D1", 10), ("D4", 0)]


async def test_what_follows_the_first_listing_may_be_older_than_it(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    replayed = [made.credit("D2", "L1", version=7), Tombstone("ltc.credit", "D2", 8)]

    report = await sync(
        "ltc", _listing(made, 9, "D1"), *(made.batch("ltc", item) for item in replayed)
    )

    assert _nonzero(report) == {"fetched": 3, "inserted": 1, "stale": 2}
    assert await _rows(engine, "select id from ltc.credit") == [("D1",)]


async def test_a_first_load_in_two_runs_was_read_in_one_way(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    lost = AgencyFault("gone", "x")
    await sync("ltc", made.batch("ltc", made.credit("D1", "L1")), lost)
    await sync("ltc", made.batch("ltc", made.credit("D2", "L1")))

    report = await sync(
        "ltc", made.batch("ltc", made.credit("D1", "L1"), made.credit("D2", "L1")), full=True
    )

    assert _nonzero(report) == {"fetched": 2, "unchanged": 2}


async def test_what_a_full_listing_no_longer_holds_leaves_the_quarantine(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    problems = [made.problem("ltc.credit", "D7"), made.problem("ltc.credit", "", raw=b'{"x":1}')]
    await sync("ltc", made.batch("ltc", *problems))

    await sync("ltc", _listing(made, 1, "D1", problems=[made.problem("ltc.credit", "D8")]))

    assert await _rows(engine, "select source_id, state from hub.quarantine order by id") == [
        ("D7", "resolved"),
        ("", "resolved"),
        ("D8", "open"),
    ]


async def test_records_without_a_key_leave_the_quarantine_when_all_was_read_again(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("vr", made.batch("vr", made.problem("vr.course", "", raw=b'{"x":1}')))

    await sync("vr", made.batch("vr", made.problem("vr.course", "", raw=b'{"x":2}')), full=True)

    assert await _rows(engine, "select state from hub.quarantine order by id") == [
        ("resolved",),
        ("open",),
    ]


async def test_a_full_run_writes_everything_anew_when_records_are_read_in_another_way(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    record = made.credit("D1", "L1")
    await sync("ltc", made.batch("ltc", record))
    async with engine.begin() as connection:
        await connection.execute(text("update hub.sync_state set reading = 'older'"))
    read_now = Record(
        record.entity, "D1", 1, {**record.values, "status__code": "confirmed"}, record.raw_hash
    )

    incremental = await sync("ltc", made.batch("ltc", read_now))
    full = await sync("ltc", made.batch("ltc", read_now), full=True)
    again = await sync("ltc", made.batch("ltc", read_now), full=True)

    assert incremental.notes == ["read_differently_since_last_full_sync"]
    assert [_nonzero(one) for one in (incremental, full, again)] == [
        {"fetched": 1, "unchanged": 1},
        {"fetched": 1, "updated": 1},
        {"fetched": 1, "unchanged": 1},
    ]
    assert await _rows(engine, "select status__code from ltc.credit") == [("confirmed",)]


async def test_a_fault_of_the_agency_keeps_what_was_stored_and_its_position(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    report = await sync(
        "ltc",
        made.batch("ltc", made.credit("D1", "L1"), position={"seq": 5}),
        AgencyFault("LTC: 503", code="AGENCY_UNAVAILABLE"),
    )

    assert (report.state, report.succeeded) == ("failed", False)
    assert await _credit(engine) == (1, 720, True)
    assert await _rows(engine, "select position, complete_at from hub.sync_state") == [
        ({"seq": 5}, None)
    ]
    assert await _rows(engine, "select state, error_code, error_message from hub.sync_run") == [
        ("failed", "AGENCY_UNAVAILABLE", "LTC: 503")
    ]


async def test_a_complete_run_is_what_freshness_counts_from(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    now = datetime(2024, 9, 1, 8, tzinfo=UTC)

    await sync("ltc", made.batch("ltc", made.credit("D1", "L1")), now=now)
    await sync("ltc", AgencyFault("no"), now=datetime(2024, 9, 2, tzinfo=UTC))

    assert await _rows(engine, "select complete_at, complete_run from hub.sync_state") == [(now, 1)]


async def test_two_syncers_of_one_registry_do_not_meet(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, clock.now)
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow(made.scripted):  # type: ignore[misc]
        async def batches(self, position: object, *, full: bool = False) -> Any:
            entered.set()
            await leave.wait()
            yield made.batch("ltc", made.credit("D1", "L1"))

    first = asyncio.create_task(run_sync(hub, Slow("ltc")))
    await asyncio.wait_for(entered.wait(), 30)
    with pytest.raises(Conflict, match="another process is syncing"):
        await run_sync(hub, made.scripted("ltc"))
    other = await run_sync(hub, made.scripted("vr"))
    leave.set()

    assert (await first).state == "complete"
    assert other.state == "complete"
    assert (await run_sync(hub, made.scripted("ltc"))).state == "complete"


async def test_a_run_that_was_killed_is_marked_and_leaves_no_lock(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, clock.now)

    stored = asyncio.Event()

    class Hanging(made.scripted):  # type: ignore[misc]
        async def batches(self, position: object, *, full: bool = False) -> Any:
            yield made.batch("ltc", made.credit("D1", "L1"), position={"seq": 1})
            stored.set()
            await asyncio.sleep(3600)

    task = asyncio.create_task(run_sync(hub, Hanging("ltc")))
    await asyncio.wait_for(stored.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    again = await run_sync(hub, made.scripted("ltc"))

    assert again.state == "complete"
    assert await _rows(engine, "select state from hub.sync_run order by id") == [
        ("interrupted",),
        ("complete",),
    ]


async def test_one_registry_does_not_hold_up_another(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    hub = SyncHub(engine, keys, clock.now)
    connectors = {
        "vr": made.scripted("vr", [AgencyFault("down")]),
        "ltc": made.scripted("ltc", [made.batch("ltc", made.credit("D1", "L1"))]),
    }

    reports = await sync_all(hub, connectors)

    assert [(report.registry, report.state) for report in reports] == [
        ("vr", "failed"),
        ("ltc", "complete"),
    ]


async def test_drift_is_written_once_per_field_and_run(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    drift = Drift("ltc.credit", "mood", "unknown_field", count=2)

    await sync("ltc", made.batch("ltc", drift), made.batch("ltc", drift))

    assert await _rows(engine, "select run_id, entity, field, kind, count from hub.drift") == [
        (1, "ltc.credit", "mood", "unknown_field", 4)
    ]


async def test_a_credit_that_moves_makes_both_people_due(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.ltc_person("L1", _NUMBER),
            made.ltc_person("L2", "B123456780"),
            made.ltc_person("L3", "C123456789"),
            made.credit("D1", "L1"),
        ),
    )
    async with engine.begin() as connection:
        await connection.execute(text("delete from hub.evaluation_due"))

    await sync("ltc", made.batch("ltc", made.credit("D1", "L2", version=2)))

    due = await _rows(
        engine,
        "select r.source_id from hub.evaluation_due d join hub.person_record r using (person_id) "
        "order by 1",
    )
    assert due == [("L1",), ("L2",)]


class _Lazy(Sequence[Record]):
    """Reads from what its connector holds open."""

    def __init__(self, held: list[Record]) -> None:
        self._held = held

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, place: Any) -> Any:
        return self._held[place]


class _Telling:
    """A connector that tells when it reads."""

    registry = "ltc"

    def __init__(self, script: Sequence[Batch], seen: list[str]) -> None:
        self._script = script
        self._seen = seen

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """The script."""
        for number, batch in enumerate(self._script):
            self._seen.append(f"read {number}")
            yield batch

    async def ping(self) -> None:
        """Nothing to ask."""

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_a_batch_is_read_while_the_one_before_is_stored_unless_that_one_is_lazy(
    engine: AsyncEngine, keys: KeyRing, made: Made
) -> None:
    seen: list[str] = []

    lazy = _Lazy([made.credit("D2", "L1")])
    script = [
        made.batch("ltc", made.credit("D1", "L1")),
        replace(made.batch("ltc"), records=lazy),
        made.batch("ltc", made.credit("D3", "L1")),
    ]
    told = 0

    def progress(report: SyncReport) -> None:
        nonlocal told
        told += 1
        seen.append(f"stored {told - 1}")

    await run_sync(SyncHub(engine, keys, clock.now), _Telling(script, seen), progress=progress)

    assert seen[:6] == ["read 0", "read 1", "stored 0", "stored 1", "read 2", "stored 2"]


async def test_a_listing_that_repeats_a_key_while_it_fills_an_empty_mirror_misses_nothing(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    report = await sync(
        "ltc",
        made.batch("ltc", made.credit("D1", "L1"), made.credit("D2", "L1"), begins=["ltc.credit"]),
        made.batch(
            "ltc",
            made.credit("D2", "L1", points=1),
            made.credit("D3", "L1"),
            complete=["ltc.credit"],
        ),
    )

    assert _nonzero(report) == {"fetched": 4, "inserted": 3, "updated": 1}
    assert await _rows(engine, "select id, points, deleted_at from ltc.credit order by id") == [
        ("D1", 720, None),
        ("D2", 1, None),
        ("D3", 720, None),
    ]


async def test_a_full_listing_into_an_empty_mirror_ends_the_quarantine_of_what_it_lacks(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    await sync("ltc", made.batch("ltc", made.problem("ltc.credit", "D9")))

    await sync(
        "ltc",
        made.batch(
            "ltc",
            made.credit("D1", "L1"),
            made.problem("ltc.credit", "D2"),
            begins=["ltc.credit"],
            complete=["ltc.credit"],
        ),
    )

    rows = await _rows(engine, "select source_id, state from hub.quarantine order by source_id")
    assert rows == [("D2", "open"), ("D9", "resolved")]


async def test_a_second_listing_of_a_run_begins_with_a_mirror_that_is_no_longer_empty(
    sync: Sync, made: Made, engine: AsyncEngine
) -> None:
    listing = {"begins": ["ltc.credit"], "complete": ["ltc.credit"]}

    report = await sync(
        "ltc",
        made.batch("ltc", made.credit("D1", "L1"), made.credit("D2", "L1"), **listing),
        made.batch("ltc", made.credit("D2", "L1", version=2), **listing),
    )

    assert _nonzero(report) == {
        "fetched": 3, "inserted": 2, "unchanged": 1, "deleted": 1, "vanished": 1
    }  # fmt: skip
    live = await _rows(engine, "select id from ltc.credit where deleted_at is null")
    assert live == [("D2",)]


async def _break(engine: AsyncEngine, statement: str) -> None:
    """The database does something when the position of a first batch is written."""
    body = f"begin {statement}; return new; end"
    function = f"create function fault() returns trigger language plpgsql as $$ {body} $$"
    on_row = "before insert on hub.sync_state for each row execute function fault()"
    async with engine.begin() as connection:
        await connection.execute(text(function))
        await connection.execute(text(f"create trigger fault {on_row}"))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("perform pg_terminate_backend(pg_backend_pid())", "DATABASE_UNAVAILABLE"),
        ("raise exception 'no space' using errcode = '53100'", "DATABASE_FULL"),
    ],
    ids=["session lost", "disk full"],
)
async def test_a_fault_of_the_database_takes_the_batch_back_and_is_told(
    sync: Sync, made: Made, engine: AsyncEngine, statement: str, code: str
) -> None:
    await _break(engine, statement)

    report = await sync("ltc", made.batch("ltc", made.credit("D1", "L1")))
    async with engine.begin() as connection:
        await connection.execute(text("drop trigger fault on hub.sync_state"))
    again = await sync("ltc", made.batch("ltc", made.credit("D1", "L1")))

    assert (report.state, report.error and report.error.code) == ("failed", code)
    assert _nonzero(again) == {"fetched": 1, "inserted": 1}
    assert await _rows(engine, "select state, error_code from hub.sync_run order by id") == [
        ("failed", code),
        ("complete", None),
    ]


async def test_the_other_registries_go_on_when_one_session_is_lost(
    made: Made, engine: AsyncEngine, keys: KeyRing
) -> None:
    lost = "perform pg_terminate_backend(pg_backend_pid())"
    await _break(engine, f"if new.registry = 'vr' then {lost}; end if")
    hub = SyncHub(engine, keys, clock.now)
    batches = {name: [Batch(name, {"n": 1})] for name in ("vr", "ltc", "osh")}

    reports = await sync_all(hub, {n: made.scripted(n, given) for n, given in batches.items()})

    assert [(one.registry, one.state) for one in reports] == [
        ("vr", "failed"),
        ("ltc", "complete"),
        ("osh", "complete"),
    ]

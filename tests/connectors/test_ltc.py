"""Snapshots and changes of the LTC system, with the faults that its contract names."""

import json
from typing import Any

import httpx
import orjson
import pytest

from certhub.connectors.errors import AgencyGarbled, AgencyTooLarge, AgencyUnavailable, PositionLost
from certhub.domain.sync import Batch

from .conftest import CONTRACTS, Cut, LtcAgency, html, ndjson, problem, read_all

CHANGES = "/api/changes"
ENTITIES = ["person", "certificate", "credit", "registration", "course", "unit"]
EXAMPLES = CONTRACTS / "examples"


def _unit(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"U{number:06d}",
        "name": f"臺北市測試居家長照機構{number}",
        "kind": "居家式",
        "county": "臺北市",
        "county_code": "63000",
        "state": "營運中",
        **more,
    }


def _following(after: int = 100, generation: int = 1) -> dict[str, object]:
    return {"generation": generation, "epoch": "e1", "after": after}


def _version(generation: int, seq: int) -> int:
    return generation << 40 | seq


def _ids(batches: list[Batch]) -> list[str]:
    return [record.id for batch in batches for record in batch.records]


def _headers(agency: LtcAgency, following: int) -> dict[str, str]:
    return {
        "content-type": "application/x-ndjson",
        "X-Feed-Epoch": agency.epoch,
        "X-Feed-Seq": str(agency.seq),
        "X-Feed-Next": str(following),
    }


def _lines(agency: LtcAgency, after: int = 0) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in agency.changes if each["seq"] > after)


# --- first load


async def test_the_first_run_takes_every_snapshot_and_then_follows(ltc_agency: LtcAgency) -> None:
    ltc_agency.rows["unit"] = [_unit(1), _unit(2)]

    batches = await read_all(ltc_agency.connector())

    assert _ids(batches) == ["U000001", "U000002"]
    assert [request.url.path for request in ltc_agency.requests] == [
        "/oauth2/token",
        *(f"/api/snapshot/{entity}" for entity in ENTITIES),
        CHANGES,
    ]
    assert batches[-1].position == _following(100)
    assert ltc_agency.queries(CHANGES) == [{"after": "100", "epoch": "e1", "limit": "3"}]


async def test_a_snapshot_begins_and_ends_a_full_listing_of_its_entity(
    ltc_agency: LtcAgency,
) -> None:
    batches = await read_all(ltc_agency.connector())

    listed = [f"ltc.{entity}" for entity in ENTITIES]
    assert [batch.begins for batch in batches] == [frozenset({name}) for name in listed]
    assert [batch.complete for batch in batches] == [frozenset({name}) for name in listed]


async def test_a_large_snapshot_comes_in_several_batches_of_one_listing(
    ltc_agency: LtcAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.ltc.connector._BATCH_ROWS", 2)
    ltc_agency.rows["unit"] = [_unit(number) for number in range(5)]

    units = (await read_all(ltc_agency.connector()))[5:]

    one = frozenset({"ltc.unit"})
    assert [len(batch.records) for batch in units] == [2, 2, 1]
    assert [batch.begins for batch in units] == [one, frozenset(), frozenset()]
    assert [batch.complete for batch in units] == [frozenset(), frozenset(), one]
    assert [batch.position for batch in units] == [
        {"generation": 1},
        {"generation": 1},
        _following(100),
    ]


async def test_a_snapshot_of_whole_batches_ends_with_the_last_of_them(
    ltc_agency: LtcAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.ltc.connector._BATCH_ROWS", 2)
    ltc_agency.rows["unit"] = [_unit(number) for number in range(4)]

    units = (await read_all(ltc_agency.connector()))[5:]

    assert [len(batch.records) for batch in units] == [2, 2]
    assert units[-1].complete == frozenset({"ltc.unit"})


async def test_rows_of_a_snapshot_bear_its_number_and_changes_go_on_from_the_oldest(
    ltc_agency: LtcAgency,
) -> None:
    def later(request: httpx.Request) -> httpx.Response:
        ltc_agency.change("upsert", "unit", _unit(1, state="停業"), gap=5)
        ltc_agency.rows["unit"] = [_unit(1, state="停業")]
        return ltc_agency.answer(request)

    ltc_agency.plan("/api/snapshot/unit", later)

    batches = await read_all(ltc_agency.connector())

    versions = [record.version for batch in batches for record in batch.records]
    assert versions == [_version(1, 105), _version(1, 105)]
    assert ltc_agency.queries(CHANGES)[0]["after"] == "100"
    assert batches[-1].position == _following(105)


async def test_snapshots_of_two_epochs_are_all_taken_again(ltc_agency: LtcAgency) -> None:
    def restored(request: httpx.Request) -> httpx.Response:
        ltc_agency.epoch, ltc_agency.seq = "e2", 40
        return ltc_agency.answer(request)

    ltc_agency.rows["person"] = []
    ltc_agency.plan("/api/snapshot/credit", restored)

    batches = await read_all(ltc_agency.connector())

    assert len(ltc_agency.asked("/api/snapshot/person")) == 2
    assert len(ltc_agency.asked("/api/snapshot/credit")) == 2
    assert batches[-1].position == {"generation": 1, "epoch": "e2", "after": 40}
    assert len(batches) == 6


async def test_an_epoch_that_never_holds_still_ends_the_run(ltc_agency: LtcAgency) -> None:
    def restored(request: httpx.Request) -> httpx.Response:
        ltc_agency.epoch += "x"
        return ltc_agency.answer(request)

    ltc_agency.plan("/api/snapshot/certificate", restored, restored, restored)

    with pytest.raises(AgencyGarbled, match="the epoch changes"):
        await read_all(ltc_agency.connector())


def _snapshot(content: bytes, rows: object, **headers: str) -> httpx.Response:
    return httpx.Response(
        200,
        content=content,
        headers={
            "content-type": "application/x-ndjson",
            "X-Feed-Epoch": "e1",
            "X-Feed-Seq": "100",
            "X-Row-Count": str(rows),
            **headers,
        },
    )


_ROW = orjson.dumps(_unit(1))


@pytest.mark.parametrize(
    "fault",
    [
        _snapshot(_ROW + b"\n", 2),
        _snapshot(_ROW + b"\n" + _ROW + b"\n", 1),
        _snapshot(_ROW, 1),
        _snapshot(_ROW + b"\n" + _ROW[:20], 2),
        _snapshot(_ROW + b"\n[1]\n", 2),
        _snapshot(_ROW + b"\n\n", 2),
        _snapshot(b"\xff\xfe\n", 1),
        _snapshot(_ROW + b"\n", "many"),
        _snapshot(b"", ""),
        _snapshot(_ROW + b"\n", 1, **{"X-Feed-Seq": "x"}),
        _snapshot(_ROW + b"\n", 1, **{"X-Feed-Epoch": ""}),
        httpx.Response(
            200,
            stream=Cut(_ROW + b"\n"),
            headers=dict(_snapshot(b"", 2).headers) | {"content-length": "999"},
        ),
        html(),
        problem(503, "maintenance"),
    ],
    ids=range(14),
)
async def test_a_snapshot_that_is_not_whole_is_discarded_and_taken_again(
    ltc_agency: LtcAgency, fault: httpx.Response
) -> None:
    ltc_agency.rows["unit"] = [_unit(1), _unit(2)]
    ltc_agency.plan("/api/snapshot/unit", fault)

    batches = await read_all(ltc_agency.connector())

    assert _ids(batches) == ["U000001", "U000002"]
    assert len(ltc_agency.asked("/api/snapshot/unit")) == 2


async def test_nothing_is_applied_before_the_last_snapshot_is_whole(ltc_agency: LtcAgency) -> None:
    ltc_agency.rows["person"] = []
    ltc_agency.plan("/api/snapshot/unit", *[_snapshot(_ROW, 1) for _ in range(4)])
    batches: list[Batch] = []

    async def run() -> None:
        async for batch in ltc_agency.connector().batches(None):
            batches.append(batch)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(AgencyGarbled, match="X-Row-Count whole lines"):
        await run()

    assert batches == []


async def test_a_line_without_end_is_refused(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan("/api/snapshot/person", _snapshot(b"x" * (1 << 21), 1))

    with pytest.raises(AgencyTooLarge):
        await read_all(ltc_agency.connector())


async def test_a_snapshot_larger_than_memory_allows_goes_to_disk_unreadable(
    ltc_agency: LtcAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.ltc.spool._IN_MEMORY", 1)
    written: list[bytes] = []
    monkeypatch.setattr(
        "certhub.connectors.ltc.spool.Spool._keep",
        _spy(written),
    )
    ltc_agency.rows["unit"] = [_unit(number) for number in range(500)]

    batches = await read_all(ltc_agency.connector())

    assert len(_ids(batches)) == 500
    assert b"U000001" not in b"".join(written)


def _spy(written: list[bytes]) -> Any:
    def keep(spool: Any, data: bytes) -> None:
        sealed = spool._encrypt.update(data)
        written.append(sealed)
        spool._file.write(sealed)

    return keep


@pytest.mark.parametrize("plain", [0, 1, 1 << 20])
@pytest.mark.parametrize("step", [1, 7, 64])
async def test_a_snapshot_is_read_back_whatever_the_steps(
    ltc_agency: LtcAgency, monkeypatch: pytest.MonkeyPatch, step: int, plain: int
) -> None:
    monkeypatch.setattr("certhub.connectors.ltc.spool._STEP", step)
    monkeypatch.setattr("certhub.connectors.ltc.spool._PLAIN", plain)
    ltc_agency.rows["unit"] = [_unit(number, address="路" * number) for number in range(40)]

    batches = await read_all(ltc_agency.connector())

    assert _ids(batches) == [f"U{number:06d}" for number in range(40)]


async def test_a_bad_row_of_a_snapshot_is_set_aside_and_counts_as_listed(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.rows["unit"] = [_unit(1, county=None), _unit(2)]

    last = (await read_all(ltc_agency.connector()))[-1]

    assert [(p.id, p.field, p.reason, p.where) for p in last.problems] == [
        ("U000001", "county", "missing_required", "snapshot unit line 1")
    ]
    assert [record.id for record in last.records] == ["U000002"]
    assert last.complete == frozenset({"ltc.unit"})
    assert last.fetched == 2


async def test_a_row_without_its_key_keeps_everything_of_its_entity(ltc_agency: LtcAgency) -> None:
    nameless = {name: value for name, value in _unit(1).items() if name != "id"}
    ltc_agency.rows["unit"] = [nameless, _unit(2)]

    last = (await read_all(ltc_agency.connector()))[-1]

    assert [problem.id for problem in last.problems] == [""]
    assert last.complete == frozenset()
    assert last.notes == ("ltc.key_missing:unit",)


async def test_a_run_killed_among_snapshots_begins_them_again_with_higher_versions(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.rows["unit"] = [_unit(1)]
    connector = ltc_agency.connector()
    async for first in connector.batches(None):
        position = json.loads(json.dumps(first.position))
        break

    batches = await read_all(ltc_agency.connector(), position)

    assert position == {"generation": 1}
    assert batches[-1].records[0].version == _version(2, 100)
    assert batches[-1].position == _following(100, generation=2)


async def test_a_full_run_takes_all_snapshots_again_with_higher_versions(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.rows["unit"] = [_unit(1)]

    batches = await read_all(ltc_agency.connector(), _following(500, generation=7), full=True)

    assert batches[-1].records[0].version == _version(8, 100)
    assert batches[-1].position == _following(100, generation=8)


# --- following


async def test_changes_are_applied_in_order_and_the_last_number_is_kept(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(1, state="停業"), gap=9)
    ltc_agency.change("delete", "unit", {"id": "U000002"})

    batches = await read_all(ltc_agency.connector(), _following())

    assert [record.version for record in batches[0].records] == [_version(1, 101), _version(1, 110)]
    assert [(t.id, t.version, t.merged_into) for t in batches[0].tombstones] == [
        ("U000002", _version(1, 111), None)
    ]
    assert batches[0].position == _following(111)
    assert batches[0].records[0].updated_at is not None
    assert len(batches) == 1


async def test_nothing_new_yields_nothing(ltc_agency: LtcAgency) -> None:
    assert await read_all(ltc_agency.connector(), _following()) == []
    assert len(ltc_agency.asked(CHANGES)) == 1


async def test_a_gap_at_the_end_is_asked_about_twice_and_the_position_stays(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.seq = 120

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [101]
    assert [query["after"] for query in ltc_agency.queries(CHANGES)] == ["100", "101", "101"]


async def test_an_answer_that_lost_its_body_loses_no_change(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    lost = httpx.Response(200, headers=_headers(ltc_agency, 101))
    ltc_agency.plan(CHANGES, lost)

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [101]
    assert [record.id for record in batches[0].records] == ["U000001"]


async def test_several_answers_follow_one_another(ltc_agency: LtcAgency) -> None:
    for number in range(7):
        ltc_agency.change("upsert", "unit", _unit(number))

    batches = await read_all(ltc_agency.connector(), _following())

    assert [len(batch.records) for batch in batches] == [3, 3, 1]
    assert [batch.position["after"] for batch in batches] == [103, 106, 107]


async def test_the_example_of_the_contract_with_its_merge(ltc_agency: LtcAgency) -> None:
    ltc_agency.changes = [
        json.loads(line)
        for line in (EXAMPLES / "ltc-changes.ndjson").read_text("utf-8").splitlines()
    ]
    ltc_agency.seq = 3004

    batches = await read_all(ltc_agency.connector(), _following(2973))

    dead = [each for batch in batches for each in batch.tombstones]
    assert [(each.entity, each.id, each.merged_into) for each in dead] == [
        ("ltc.credit", "D00001761", None),
        ("ltc.person", "L0000027-2", "L0000027"),
    ]
    assert len(_ids(batches)) == 6
    assert [each for batch in batches for each in batch.problems] == []
    assert batches[-1].position["after"] == 3004


async def test_lines_already_applied_are_skipped(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    content = _lines(ltc_agency)
    ltc_agency.plan(
        CHANGES, httpx.Response(200, content=content, headers=_headers(ltc_agency, 102))
    )

    batches = await read_all(ltc_agency.connector(), _following(101))

    assert _ids(batches) == ["U000002"]


async def test_a_broken_last_line_is_fetched_again(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    content = _lines(ltc_agency)[:-9]
    ltc_agency.plan(
        CHANGES, httpx.Response(200, content=content, headers=_headers(ltc_agency, 102))
    )

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [101, 102]
    assert _ids(batches) == ["U000001", "U000002"]
    assert [query["after"] for query in ltc_agency.queries(CHANGES)] == ["100", "101"]


async def test_a_last_line_without_its_line_feed_is_not_applied(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    content = _lines(ltc_agency)[:-1]
    ltc_agency.plan(
        CHANGES, httpx.Response(200, content=content, headers=_headers(ltc_agency, 102))
    )

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [101, 102]


async def test_a_connection_that_breaks_between_two_lines_loses_none(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    whole = _lines(ltc_agency)
    first = whole[: whole.index(b"\n") + 1]
    ltc_agency.plan(
        CHANGES, httpx.Response(200, stream=Cut(first), headers=_headers(ltc_agency, 102))
    )

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [101, 102]


async def test_a_cut_that_nobody_announces_loses_no_line(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    whole = _lines(ltc_agency)
    first = whole[: whole.index(b"\n") + 1]
    ltc_agency.plan(CHANGES, httpx.Response(200, content=first, headers=_headers(ltc_agency, 102)))

    batches = await read_all(ltc_agency.connector(), _following())

    assert _ids(batches) == ["U000001", "U000002"]


def _bad_feeds() -> list[bytes]:
    good = orjson.dumps({"seq": 101, "op": "upsert", "entity": "unit", "data": _unit(1)})
    line = orjson.loads(good)
    variants: list[dict[str, object]] = [
        line | {"seq": 100.5},
        line | {"seq": "101"},
        line | {"seq": True},
        line | {"op": "replace"},
        {name: line[name] for name in ("seq", "op", "entity")},
        line | {"entity": None},
    ]
    return [
        good + b"\n" + good + b"\n",
        good.replace(b"101", b"102") + b"\n" + good + b"\n",
        good[:30] + b"\n" + good + b"\n",
        b"[]\n",
        b"\n",
        good[:30],
        *(orjson.dumps(each) + b"\n" for each in variants),
    ]


@pytest.mark.parametrize("content", _bad_feeds(), ids=range(12))
async def test_a_bad_sequence_of_lines_is_refused_whole_and_asked_for_again(
    ltc_agency: LtcAgency, content: bytes
) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.change("upsert", "unit", _unit(2))
    ltc_agency.plan(
        CHANGES, httpx.Response(200, content=content, headers=_headers(ltc_agency, 102))
    )

    batches = await read_all(ltc_agency.connector(), _following())

    assert [batch.position["after"] for batch in batches] == [102]
    assert [query["after"] for query in ltc_agency.queries(CHANGES)] == ["100", "100"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Feed-Next": ""},
        {"X-Feed-Next": "99"},
        {"X-Feed-Next": "100"},
        {"X-Feed-Seq": "many"},
        {"X-Feed-Epoch": ""},
        {"content-type": "application/json"},
    ],
    ids=str,
)
async def test_headers_that_contradict_are_a_fault(
    ltc_agency: LtcAgency, headers: dict[str, str]
) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    fault = httpx.Response(200, content=b"", headers=_headers(ltc_agency, 101) | headers)
    ltc_agency.plan(CHANGES, fault)

    batches = await read_all(ltc_agency.connector(), _following())

    assert _ids(batches) == ["U000001"]
    assert len(ltc_agency.asked(CHANGES)) == 2


async def test_a_feed_that_stays_garbled_ends_the_run_where_it_stood(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan(CHANGES, *[html()] * 4)

    with pytest.raises(AgencyGarbled):
        await read_all(ltc_agency.connector(), _following())


async def test_a_connection_that_breaks_before_the_first_line_is_asked_again(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    for _ in range(4):
        ltc_agency.plan(
            CHANGES, httpx.Response(200, stream=Cut(b'{"seq"'), headers=_headers(ltc_agency, 101))
        )

    with pytest.raises(AgencyGarbled, match="broke off"):
        await read_all(ltc_agency.connector(), _following())


async def test_one_bad_change_is_set_aside_and_the_feed_goes_on(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1, kind=["居家式"]))
    ltc_agency.change("delete", "unit", {})
    ltc_agency.change("delete", "person", {"id": "L1", "merged_into": 5})
    ltc_agency.change("upsert", "unit", ["not", "an", "object"])  # type: ignore[arg-type]

    batches = await read_all(ltc_agency.connector(), _following())

    found = [(p.id, p.field, p.reason, p.version) for batch in batches for p in batch.problems]
    assert found == [
        ("U000001", "kind", "wrong_type", _version(1, 101)),
        ("", "id", "missing_required", _version(1, 102)),
        ("L1", "merged_into", "wrong_type", _version(1, 103)),
        ("", "data", "wrong_type", _version(1, 104)),
    ]
    assert batches[-1].position["after"] == 104


async def test_an_unknown_entity_is_reported_and_passed_over(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "vehicle", {"id": "V1"})
    ltc_agency.change("upsert", "unit", _unit(1))

    batches = await read_all(ltc_agency.connector(), _following())

    assert _ids(batches) == ["U000001"]
    assert [(d.entity, d.kind) for batch in batches for d in batch.drift] == [
        ("ltc.vehicle", "unknown_entity")
    ]


@pytest.mark.parametrize("reason", ["retention_exceeded", "epoch_changed"])
async def test_a_lost_position_takes_all_snapshots_again(
    ltc_agency: LtcAgency, reason: str
) -> None:
    ltc_agency.rows["unit"] = [_unit(1)]
    ltc_agency.plan(CHANGES, problem(410, reason))

    batches = await read_all(ltc_agency.connector(), _following(50))

    assert [batch.begins for batch in batches] == [frozenset({f"ltc.{e}"}) for e in ENTITIES]
    assert batches[0].notes == (f"ltc.position_lost:{reason}",)
    assert batches[-1].records[0].version == _version(2, 100)
    assert batches[-1].position == _following(100, generation=2)


async def test_the_example_of_a_410_is_understood(ltc_agency: LtcAgency) -> None:
    content = (EXAMPLES / "ltc-410.json").read_bytes()
    ltc_agency.plan(
        CHANGES,
        httpx.Response(410, content=content, headers={"content-type": "application/problem+json"}),
    )

    batches = await read_all(ltc_agency.connector(), _following(50))

    assert batches[0].notes == ("ltc.position_lost:retention_exceeded",)


async def test_after_a_change_of_epoch_versions_grow_though_numbers_start_lower(
    ltc_agency: LtcAgency,
) -> None:
    ltc_agency.rows["unit"] = [_unit(1)]
    before = await read_all(ltc_agency.connector(), _following(100))
    ltc_agency.epoch, ltc_agency.seq = "e2", 3

    batches = await read_all(ltc_agency.connector(), _following(100))

    assert before == []
    assert batches[-1].records[0].version == _version(2, 3)
    assert batches[-1].records[0].version > _version(1, 100)
    assert batches[-1].position == {"generation": 2, "epoch": "e2", "after": 3}


async def test_an_answer_of_another_epoch_is_a_lost_position(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan(CHANGES, ndjson([], _headers(ltc_agency, 100) | {"X-Feed-Epoch": "e9"}))

    batches = await read_all(ltc_agency.connector(), _following())

    assert batches[0].notes == ("ltc.position_lost:epoch_changed",)


async def test_a_position_lost_again_and_again_ends_the_run(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan(CHANGES, *[problem(410, "epoch_changed") for _ in range(9)])

    with pytest.raises(PositionLost):
        await read_all(ltc_agency.connector(), _following())

    assert len(ltc_agency.asked("/api/snapshot/person")) == 3


async def test_a_410_without_its_document_is_not_a_lost_position(ltc_agency: LtcAgency) -> None:
    ltc_agency.change("upsert", "unit", _unit(1))
    ltc_agency.plan(CHANGES, httpx.Response(410, html="<html></html>"))

    batches = await read_all(ltc_agency.connector(), _following())

    assert _ids(batches) == ["U000001"]
    assert ltc_agency.asked("/api/snapshot/person") == []


async def test_an_agency_that_stays_down_ends_the_run(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan(CHANGES, *[httpx.Response(500) for _ in range(4)])

    with pytest.raises(AgencyUnavailable):
        await read_all(ltc_agency.connector(), _following())


async def test_ping_takes_a_lost_beginning_for_an_answer(ltc_agency: LtcAgency) -> None:
    ltc_agency.oldest = 50

    await ltc_agency.connector().ping()

    assert ltc_agency.queries(CHANGES) == [{"after": "0", "limit": "1"}]


async def test_ping_reads_one_line(ltc_agency: LtcAgency) -> None:
    await ltc_agency.connector().ping()

    assert len(ltc_agency.asked(CHANGES)) == 1

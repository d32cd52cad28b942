"""Paging through the VR register, with the faults that its contract names."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from certhub.connectors.errors import (
    AgencyForbidden,
    AgencyGarbled,
    AgencyUnauthorised,
    AgencyUnavailable,
    PositionLost,
)
from certhub.domain.sync import Batch

from .conftest import VrAgency, html, problem, read_all

INSTITUTIONS = "/v1/institutions"
COLLECTIONS = [
    "professionals",
    "qualifications",
    "training-records",
    "courses",
    "instructors",
    "institutions",
    "extensions",
    "appointments",
]


def _institution(number: int, version: object = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:08d}",
        "version": version,
        "updated_at": "2024-08-23T09:00:00+08:00",
        "deleted": False,
        "tax_id": f"{number:08d}",
        "name": f"測試協會{number}",
        "county": "臺北市",
        "status": "正常",
        **more,
    }


def _tombstone(number: int, version: int) -> dict[str, Any]:
    whole = _institution(number, version, deleted=True)
    return {name: whole[name] for name in ("id", "version", "updated_at", "deleted")}


def _ids(batches: list[Batch]) -> list[str]:
    return [record.id for batch in batches for record in batch.records]


def _since(time: str) -> dict[str, Mapping[str, object]]:
    return {name: {"updated_since": time} for name in COLLECTIONS}


async def test_all_eight_collections_are_read_to_their_last_page(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(number) for number in range(5)]

    batches = await read_all(vr_agency.connector())

    assert _ids(batches) == ["00000000", "00000001", "00000002", "00000003", "00000004"]
    assert [query.get("cursor") for query in vr_agency.queries(INSTITUTIONS)] == [None, "c2", "c4"]
    assert {request.url.path.removeprefix("/v1/") for request in vr_agency.requests} == {
        *COLLECTIONS,
        "/oauth/token",
    }
    assert sum(batch.fetched for batch in batches) == 5


async def test_the_watermark_is_the_first_page_s_time_less_five_minutes(
    vr_agency: VrAgency,
) -> None:
    batches = await read_all(vr_agency.connector())

    assert batches[-1].position == _since("2024-09-01T07:55:01+08:00")


async def test_only_changes_since_the_watermark_are_asked_for(vr_agency: VrAgency) -> None:
    since = "2024-08-24T00:00:00+08:00"
    vr_agency.items["institutions"] = [
        _institution(1),
        _institution(2, updated_at="2024-08-24T00:00:00+08:00"),
    ]

    batches = await read_all(vr_agency.connector(), _since(since))

    assert _ids(batches) == ["00000002"]
    assert vr_agency.queries(INSTITUTIONS) == [{"updated_since": since, "limit": "500"}]
    assert b"%2B08%3A00" in vr_agency.asked(INSTITUTIONS)[0].url.query


async def test_the_plus_of_a_zone_is_written_in_utc_as_well(vr_agency: VrAgency) -> None:
    vr_agency.server_time = "2024-09-01T00:00:01.25Z"

    batches = await read_all(vr_agency.connector())

    assert batches[-1].position["institutions"] == {"updated_since": "2024-09-01T07:55:01+08:00"}


async def test_a_full_run_asks_for_everything_and_deletes_nothing_by_absence(
    vr_agency: VrAgency,
) -> None:
    vr_agency.items["institutions"] = [_institution(1)]

    batches = await read_all(vr_agency.connector(), _since("2024-08-24T00:00:00+08:00"), full=True)

    assert vr_agency.queries(INSTITUTIONS) == [{"limit": "500"}]
    assert _ids(batches) == ["00000001"]
    assert {batch.complete for batch in batches} == {frozenset()}


async def test_deletions_are_tombstones(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_tombstone(1, 4)]

    batches = await read_all(vr_agency.connector())

    found = [dead for batch in batches for dead in batch.tombstones]
    assert [(dead.entity, dead.id, dead.version) for dead in found] == [
        ("vr.institution", "00000001", 4)
    ]


async def test_records_carry_version_and_the_agency_s_time(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, 9)]

    record = (await read_all(vr_agency.connector()))[5].records[0]

    assert record.version == 9
    assert record.updated_at is not None
    assert record.updated_at.isoformat() == "2024-08-23T09:00:00+08:00"
    assert record.values["status__code"] == "active"


async def test_the_same_record_twice_is_handed_on_twice(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, 3), _institution(1, 2)]

    batches = await read_all(vr_agency.connector())

    assert [record.version for batch in batches for record in batch.records] == [3, 2]


@pytest.mark.parametrize(
    ("item", "field", "reason"),
    [
        (_institution(1, name=None), "name", "missing_required"),
        (_institution(1, name=["測試協會"]), "name", "wrong_type"),
        (_institution(1, version="3"), "version", "wrong_type"),
        (_institution(1, version=True), "version", "wrong_type"),
        (_institution(1, deleted=0), "deleted", "wrong_type"),
        (_institution(1, updated_at="2024-08-23T09:00:00"), "updated_at", "not_a_date"),
        (_institution(1, updated_at="112/08/23"), "updated_at", "not_a_date"),
        ({**_institution(1), "id": 1}, "id", "wrong_type"),
        ("text", "", "wrong_type"),
    ],
)
async def test_one_bad_record_is_set_aside_and_the_rest_counts(
    vr_agency: VrAgency, item: object, field: str, reason: str
) -> None:
    def page(_: httpx.Request) -> httpx.Response:
        body = {
            "items": [item, _institution(2)],
            "next_cursor": None,
            "server_time": vr_agency.server_time,
        }
        return httpx.Response(200, json=body)

    vr_agency.plan(INSTITUTIONS, page)

    batches = await read_all(vr_agency.connector())

    problems = [each for batch in batches for each in batch.problems]
    assert [(each.field, each.reason) for each in problems] == [(field, reason)]
    assert problems[0].where == "institutions page 1 item 1"
    assert _ids(batches) == ["00000002"]


async def test_a_good_version_in_the_same_batch_answers_a_bad_one(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, 2, name=5), _institution(1, 3)]

    batches = await read_all(vr_agency.connector())

    assert [each for batch in batches for each in batch.problems] == []
    assert _ids(batches) == ["00000001"]


async def test_an_older_good_version_does_not_answer_a_newer_bad_one(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, 4, name=5), _institution(1, 3)]

    batches = await read_all(vr_agency.connector())

    assert [each.version for batch in batches for each in batch.problems] == [4]
    assert _ids(batches) == ["00000001"]


def _page(**changes: object) -> httpx.Response:
    body: dict[str, object] = {
        "items": [],
        "next_cursor": None,
        "server_time": "2024-09-01T08:00:01+08:00",
    }
    return httpx.Response(200, json=body | changes)


@pytest.mark.parametrize(
    "fault",
    [
        html(),
        httpx.Response(200, content=b'{"items": [', headers={"content-type": "application/json"}),
        httpx.Response(200, json={"error": "maintenance"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"items": [], "server_time": "2024-09-01T08:00:01+08:00"}),
        _page(items=None),
        _page(next_cursor=5),
        _page(server_time="yesterday"),
        _page(server_time="2024-09-01T08:00:01"),
        httpx.Response(304),
        httpx.Response(500, text="oops"),
        httpx.Response(503, html="<html></html>"),
        httpx.Response(404, html="<html></html>"),
        problem(502, "bad_gateway"),
    ],
    ids=lambda fault: f"{fault.status_code}-{fault.content[:24]!r}",
)
async def test_an_answer_that_is_no_page_is_asked_for_again(
    vr_agency: VrAgency, fault: httpx.Response
) -> None:
    vr_agency.items["institutions"] = [_institution(number) for number in range(4)]
    vr_agency.plan(INSTITUTIONS, None, fault)

    batches = await read_all(vr_agency.connector())

    assert _ids(batches) == ["00000000", "00000001", "00000002", "00000003"]
    assert [query.get("cursor") for query in vr_agency.queries(INSTITUTIONS)] == [None, "c2", "c2"]


async def test_a_page_that_stays_bad_ends_the_run_without_moving_its_watermark(
    vr_agency: VrAgency,
) -> None:
    vr_agency.plan(INSTITUTIONS, html(), html(), html(), html())
    batches: list[Batch] = []

    async def run() -> None:
        async for batch in vr_agency.connector().batches(None):
            batches.append(batch)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(AgencyGarbled):
        await run()

    assert "institutions" not in batches[-1].position
    assert batches[-1].position["courses"] == {"updated_since": "2024-09-01T07:55:01+08:00"}


async def test_a_page_served_again_is_gone_on_with(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(number) for number in range(4)]
    again = [
        httpx.Response(
            200,
            json={
                "items": [_institution(0), _institution(1)],
                "next_cursor": "c2",
                "server_time": vr_agency.server_time,
            },
        )
        for _ in range(5)
    ]
    vr_agency.plan(INSTITUTIONS, None, *again)

    batches = await read_all(vr_agency.connector())

    assert set(_ids(batches)) == {"00000000", "00000001", "00000002", "00000003"}
    assert len(vr_agency.asked(INSTITUTIONS)) == 7


async def test_a_page_served_again_for_the_sixth_time_is_given_up(vr_agency: VrAgency) -> None:
    def stuck(_: httpx.Request) -> httpx.Response:
        return _page(next_cursor="c2", items=[_institution(1)])

    vr_agency.plan(INSTITUTIONS, *[stuck] * 20)

    with pytest.raises(AgencyGarbled, match="do not come to an end"):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked(INSTITUTIONS)) == 7


async def test_cursors_that_run_in_a_circle_are_given_up(vr_agency: VrAgency) -> None:
    vr_agency.plan(
        INSTITUTIONS, *[_page(next_cursor=cursor) for cursor in ("a", "b", "a", "b", "a", "b")]
    )

    with pytest.raises(AgencyGarbled, match="do not come to an end"):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked(INSTITUTIONS)) == 3


async def test_a_dead_cursor_starts_again_from_the_same_time(vr_agency: VrAgency) -> None:
    since = "2024-08-20T00:00:00+08:00"
    vr_agency.items["institutions"] = [_institution(number) for number in range(4)]
    vr_agency.plan(INSTITUTIONS, None, problem(410, "cursor_expired"))

    batches = await read_all(vr_agency.connector(), _since(since))

    assert vr_agency.queries(INSTITUTIONS) == [
        {"updated_since": since, "limit": "500"},
        {"cursor": "c2", "limit": "500"},
        {"updated_since": since, "limit": "500"},
        {"cursor": "c2", "limit": "500"},
    ]
    assert set(_ids(batches)) == {f"{number:08d}" for number in range(4)}


async def test_cursors_that_always_die_end_the_run(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(number) for number in range(4)]
    for _ in range(8):
        vr_agency.plan(INSTITUTIONS, None, problem(410, "cursor_expired"))

    with pytest.raises(PositionLost):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked(INSTITUTIONS)) == 12


async def test_a_run_that_was_killed_goes_on_from_its_cursor(
    vr_agency: VrAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.vr.connector._BATCH_ROWS", 2)
    since = "2024-08-20T00:00:00+08:00"
    vr_agency.items["institutions"] = [_institution(number) for number in range(5)]
    killed = []
    async for batch in vr_agency.connector().batches(_since(since)):
        killed.append(batch)
        if batch.records:
            break
    position = json.loads(json.dumps(killed[-1].position))
    assert position["institutions"] == {
        "updated_since": since,
        "cursor": "c2",
        "next_since": "2024-09-01T07:55:01+08:00",
    }
    vr_agency.requests.clear()
    vr_agency.server_time = "2024-09-01T09:00:01+08:00"

    batches = await read_all(vr_agency.connector(), position)

    assert _ids(batches) == ["00000002", "00000003", "00000004"]
    assert vr_agency.queries(INSTITUTIONS)[0] == {"cursor": "c2", "limit": "500"}
    assert batches[-1].position["institutions"] == {"updated_since": "2024-09-01T07:55:01+08:00"}


@pytest.mark.parametrize("fault", [problem(410, "cursor_expired"), problem(400, "cursor_invalid")])
async def test_an_old_cursor_falls_back_to_the_watermark(
    vr_agency: VrAgency, fault: httpx.Response
) -> None:
    position = _since("2024-08-20T00:00:00+08:00")
    position["institutions"] = {
        "updated_since": "2024-08-20T00:00:00+08:00",
        "cursor": "gone",
        "next_since": "2024-08-30T00:00:00+08:00",
    }
    vr_agency.items["institutions"] = [_institution(1)]
    vr_agency.plan(INSTITUTIONS, fault)

    batches = await read_all(vr_agency.connector(), position)

    assert _ids(batches) == ["00000001"]
    assert batches[-1].position["institutions"] == {"updated_since": "2024-09-01T07:55:01+08:00"}


async def test_a_clock_that_went_back_reads_the_collection_again(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, updated_at="2024-08-31T00:00:00+08:00")]

    batches = await read_all(vr_agency.connector(), _since("2024-09-02T00:00:00+08:00"))

    assert _ids(batches) == ["00000001"]
    assert vr_agency.queries(INSTITUTIONS) == [
        {"updated_since": "2024-09-02T00:00:00+08:00", "limit": "500"},
        {"limit": "500"},
    ]
    assert "vr.clock_went_back:institutions" in [n for batch in batches for n in batch.notes]


async def test_a_dead_token_is_renewed_once_in_the_middle_of_a_run(vr_agency: VrAgency) -> None:
    def dies(_: httpx.Request) -> httpx.Response:
        vr_agency.dead_tokens.add("token-1")
        return problem(401, "token_invalid")

    vr_agency.items["institutions"] = [_institution(number) for number in range(4)]
    vr_agency.plan(INSTITUTIONS, None, dies)

    batches = await read_all(vr_agency.connector())

    assert _ids(batches) == ["00000000", "00000001", "00000002", "00000003"]
    assert vr_agency.tokens == 2


async def test_a_new_token_that_is_refused_too_ends_the_run(vr_agency: VrAgency) -> None:
    vr_agency.plan("/v1/professionals", *[problem(401, "token_invalid")] * 4)

    with pytest.raises(AgencyUnauthorised):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked("/v1/professionals")) == 2
    assert vr_agency.tokens == 2


async def test_a_missing_scope_is_not_asked_for_twice(vr_agency: VrAgency) -> None:
    vr_agency.plan("/v1/professionals", problem(403, "scope_missing"))

    with pytest.raises(AgencyForbidden, match="scope_missing"):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked("/v1/professionals")) == 1


async def test_an_agency_that_stays_down_ends_the_run_after_its_tries(
    vr_agency: VrAgency,
) -> None:
    vr_agency.plan("/v1/professionals", *[httpx.Response(503)] * 9)

    with pytest.raises(AgencyUnavailable):
        await read_all(vr_agency.connector())

    assert len(vr_agency.asked("/v1/professionals")) == 4


async def test_a_new_value_is_kept_and_reported_with_its_collection(vr_agency: VrAgency) -> None:
    vr_agency.items["institutions"] = [_institution(1, status="籌備中", capital="1")]

    batches = await read_all(vr_agency.connector())

    record = next(record for batch in batches for record in batch.records)
    assert record.values["status"] == "籌備中"
    assert record.values["status__code"] is None
    drift = [(each.field, each.kind, each.sample) for batch in batches for each in batch.drift]
    assert drift == [("status", "unknown_value", "籌備中"), ("capital", "unknown_field", "")]


async def test_ping_needs_the_credentials(vr_agency: VrAgency) -> None:
    await vr_agency.connector().ping()

    assert vr_agency.queries(INSTITUTIONS) == [{"limit": "10"}]
    assert vr_agency.tokens == 1

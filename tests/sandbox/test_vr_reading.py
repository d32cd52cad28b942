from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.vr_agency import VrAgency
from certhub.sandbox.vr_records import VR_COLLECTIONS

from .conftest import Caller


def agency_of(vr: Caller) -> VrAgency:
    assert isinstance(vr.agency, VrAgency)
    return vr.agency


async def read_all(
    vr: Caller, collection: str, *, start: str | None = None, **query: Any
) -> tuple[list[dict[str, Any]], int]:
    """Every item of a run, and the number of pages."""
    items: list[dict[str, Any]] = []
    pages, cursor = 0, start
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = await vr.get(f"/v1/{collection}", params={**query, **more})
        assert answer.status_code == 200
        pages += 1
        items += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return items, pages


@pytest.mark.parametrize("collection", VR_COLLECTIONS)
async def test_a_full_run_gives_every_record_once_and_conforms(vr: Caller, collection: str) -> None:
    items, pages = await read_all(vr, collection, limit=50)

    truth = agency_of(vr).ledger()[collection]
    assert {item["id"]: item for item in items} == truth
    assert len(items) == len(truth)
    assert pages == max(1, -(-len(truth) // 50))


async def test_tombstones_hold_the_envelope_alone(vr: Caller) -> None:
    items, _ = await read_all(vr, "training-records", limit=500)

    gone = [item for item in items if item["deleted"]]
    assert len(gone) == 3
    assert {tuple(item) for item in gone} == {("id", "version", "updated_at", "deleted")}


async def test_updated_since_is_inclusive(vr: Caller) -> None:
    stamps = sorted(item["updated_at"] for item in (await read_all(vr, "courses", limit=500))[0])
    middle = stamps[len(stamps) // 2]

    items, _ = await read_all(vr, "courses", limit=500, updated_since=middle)

    assert sorted(item["updated_at"] for item in items) == [s for s in stamps if s >= middle]


@pytest.mark.parametrize(
    "query",
    [
        {"updated_since": "2024-08-23"},
        {"updated_since": "2024-08-23T00:00:00Z"},
        {"updated_since": "2024-08-23T00:00:00 08:00"},
        {"limit": "9"},
        {"limit": "501"},
        {"limit": "many"},
        {"cursor": "abc"},
    ],
    ids=str,
)
async def test_malformed_parameters_are_bad_requests(vr: Caller, query: dict[str, str]) -> None:
    answer = await vr.get("/v1/professionals", params=query)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_a_record_that_changes_while_paging_comes_again(vr: Caller) -> None:
    first = (await vr.get("/v1/courses", params={"limit": 10})).json()
    seen = first["items"][0]

    agency_of(vr).upsert("courses", {**seen, "fee": 999})
    rest, _ = await read_all(vr, "courses", limit=500, start=first["next_cursor"])

    again = [item for item in rest if item["id"] == seen["id"]]
    assert [(item["fee"], item["version"]) for item in again] == [(999, seen["version"] + 1)]


async def test_a_deleted_record_may_come_back_with_a_higher_version(vr: Caller) -> None:
    agency = agency_of(vr)
    record = agency.get("institutions", "00000103")
    assert record is not None

    agency.delete("institutions", "00000103")
    gone = agency.ledger()["institutions"]["00000103"]
    agency.upsert("institutions", record)

    assert gone["deleted"] is True
    assert gone["version"] == record["version"] + 1
    back = agency.get("institutions", "00000103")
    assert back is not None
    assert back["version"] == record["version"] + 2


async def test_the_same_page_is_not_modified_and_its_cursor_lives_on(
    vr: Caller, clock: AgencyClock
) -> None:
    page = await vr.get("/v1/courses", params={"limit": 10})
    clock.advance(timedelta(minutes=10))

    again = await vr.get(
        "/v1/courses", params={"limit": 10}, headers={"If-None-Match": page.headers["etag"]}
    )
    clock.advance(timedelta(minutes=10))
    following = await vr.get("/v1/courses", params={"cursor": page.json()["next_cursor"]})

    assert (again.status_code, again.content) == (304, b"")
    assert following.status_code == 200


async def test_a_changed_page_has_another_tag(vr: Caller) -> None:
    before = await vr.get("/v1/institutions", params={"limit": 500})
    agency_of(vr).delete("institutions", "00000103")

    after = await vr.get(
        "/v1/institutions",
        params={"limit": 500},
        headers={"If-None-Match": before.headers["etag"]},
    )

    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


@pytest.mark.parametrize("how", ["a quarter of an hour", "a restart"])
async def test_cursors_die(
    vr: Caller,
    clock: AgencyClock,
    how: str,
    vr_token: Callable[..., Awaitable[httpx.Response]],
) -> None:
    page = await vr.get("/v1/courses", params={"limit": 10})

    if how == "a restart":
        agency_of(vr).restart()
        await vr_token(vr)
    else:
        clock.advance(timedelta(minutes=15, seconds=1))
    answer = await vr.get("/v1/courses", params={"cursor": page.json()["next_cursor"]})

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")


async def test_a_cursor_belongs_to_its_collection(vr: Caller) -> None:
    page = await vr.get("/v1/courses", params={"limit": 10})

    answer = await vr.get("/v1/professionals", params={"cursor": page.json()["next_cursor"]})

    assert answer.status_code == 400


async def test_one_course_is_found_by_its_number(vr: Caller) -> None:
    found = await vr.get("/v1/courses/20240115000011")
    missing = await vr.get("/v1/courses/20990101000001")

    assert found.json() == agency_of(vr).get("courses", "20240115000011")
    assert missing.status_code == 404


async def test_server_time_is_the_agencys_clock(vr: Caller, clock: AgencyClock) -> None:
    clock.advance(timedelta(days=1, seconds=5))

    answer = await vr.get("/v1/extensions")

    assert answer.json()["server_time"] == "2024-09-03T08:00:05+08:00"

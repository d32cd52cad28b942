import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from certhub.sandbox.ltc_agency import LtcAgency
from certhub.sandbox.ltc_records import LTC_ENTITIES

from .conftest import Caller


def agency_of(ltc: Caller) -> LtcAgency:
    assert isinstance(ltc.agency, LtcAgency)
    return ltc.agency


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


async def changes(ltc: Caller, after: int, **query: Any) -> httpx.Response:
    return await ltc.get("/api/changes", params={"after": after, **query})


@pytest.mark.parametrize("entity", LTC_ENTITIES)
async def test_a_snapshot_holds_every_record_and_conforms(ltc: Caller, entity: str) -> None:
    answer = await ltc.get(f"/api/snapshot/{entity}")

    records = lines(answer)
    assert {record["id"]: record for record in records} == agency_of(ltc).ledger()[entity]
    assert answer.headers["X-Row-Count"] == str(len(records))
    assert answer.headers["X-Feed-Seq"] == str(agency_of(ltc).books.newest)
    assert answer.headers["X-Feed-Epoch"] == agency_of(ltc).books.epoch
    validator = ltc.contract.component(entity)
    assert [record["id"] for record in records if not validator.is_valid(record)] == []


async def test_an_unknown_entity_is_not_found(ltc: Caller) -> None:
    assert (await ltc.get("/api/snapshot/animal")).status_code == 404


@pytest.mark.parametrize("path", ["/api/snapshot/credit", "/api/changes?after=2000"])
async def test_answers_are_compressed_only_when_that_is_accepted(ltc: Caller, path: str) -> None:
    packed = await ltc.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await ltc.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


async def test_the_feed_of_the_last_days_ends_where_the_snapshots_stand(ltc: Caller) -> None:
    agency = agency_of(ltc)

    answer = await changes(ltc, agency.books.oldest_after, epoch=agency.books.epoch)

    found = lines(answer)
    numbers = [line["seq"] for line in found]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == agency.books.newest
    assert [line for line in found if line["data"].get("merged_into")] != []
    for line in found:
        held = agency.get(line["entity"], line["data"]["id"])
        assert held == (line["data"] if line["op"] == "upsert" else None)


async def test_following_in_small_steps_gives_every_change_once(ltc: Caller) -> None:
    agency = agency_of(ltc)
    start = agency.books.newest
    record = agency.get("unit", "U000001")
    assert record is not None
    for number in range(25):
        agency.upsert("unit", {**record, "name": f"測試{number}"})
    agency.delete("unit", "U000001")

    found, after = [], start
    while True:
        answer = await changes(ltc, after, epoch=agency.books.epoch, limit=4)
        found += lines(answer)
        after = int(answer.headers["X-Feed-Next"])
        if answer.headers["X-Feed-Next"] == answer.headers["X-Feed-Seq"]:
            break

    assert [line["data"].get("name") for line in found] == [
        *(f"測試{number}" for number in range(25)),
        None,
    ]
    assert found[-1]["data"] == {"id": "U000001"}
    steps = [b["seq"] - a["seq"] for a, b in pairwise(found)]
    assert min(steps) == 1
    assert max(steps) > 1


async def test_nothing_new_is_an_answer_without_lines(ltc: Caller) -> None:
    newest = agency_of(ltc).books.newest

    answer = await changes(ltc, newest)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Feed-Next"] == answer.headers["X-Feed-Seq"] == str(newest)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": 1}, "retention_exceeded"),
        ({"after": 10**9}, "epoch_changed"),
        ({"after": 2000, "epoch": "other"}, "epoch_changed"),
    ],
)
async def test_a_lost_position_is_gone(ltc: Caller, query: dict[str, Any], code: str) -> None:
    answer = await ltc.get("/api/changes", params=query)

    assert (answer.status_code, answer.json()["code"]) == (410, code)
    assert answer.json()["oldest_after"] == 2000
    assert answer.json()["epoch"] == agency_of(ltc).books.epoch


async def test_a_new_epoch_starts_at_a_lower_number(ltc: Caller) -> None:
    agency = agency_of(ltc)
    before, epoch = agency.books.newest, agency.books.epoch

    agency.books.new_epoch()
    gone = await changes(ltc, before, epoch=epoch)
    fresh = await ltc.get("/api/snapshot/unit")

    assert (gone.status_code, gone.json()["code"]) == (410, "epoch_changed")
    assert int(fresh.headers["X-Feed-Seq"]) < before
    assert fresh.headers["X-Feed-Epoch"] != epoch


async def test_changes_older_than_the_retention_are_gone(ltc: Caller) -> None:
    agency = agency_of(ltc)
    start = agency.books.oldest_after

    agency.books.forget_before(agency.books.newest)

    assert (await changes(ltc, start)).json()["code"] == "retention_exceeded"
    assert (await changes(ltc, agency.books.newest)).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{}, {"after": "x"}, {"after": 2000, "limit": 0}, {"after": 2000, "limit": 5001}],
    ids=str,
)
async def test_malformed_parameters_are_bad_requests(ltc: Caller, query: dict[str, Any]) -> None:
    assert (await ltc.get("/api/changes", params=query)).status_code == 400


async def test_a_merge_is_survivor_then_deletion_then_what_moves(ltc: Caller) -> None:
    agency = agency_of(ltc)
    start = agency.books.newest

    agency.merge("L0000112", "L0000012")
    found = lines(await changes(ltc, start))

    assert [(line["op"], line["entity"], line["data"]["id"]) for line in found[:2]] == [
        ("upsert", "person", "L0000112"),
        ("delete", "person", "L0000012"),
    ]
    survivor = found[0]["data"]
    assert survivor["merged_ids"] == ["L0000012"]
    assert len({n["value"] for n in survivor["identifiers"]}) == len(survivor["identifiers"])
    assert found[1]["data"] == {
        "id": "L0000012",
        "merged_into": "L0000112",
        "merged_on": "2024-09-02",
    }
    assert {(line["entity"], line["data"]["person_id"]) for line in found[2:]} == {
        ("credit", "L0000112")
    }
    credits_of = [
        r["points"] for r in agency.ledger()["credit"].values() if r["person_id"] == "L0000112"
    ]
    assert credits_of == ["12", "12", "12"]


async def test_one_reader_at_a_time(ltc: Caller) -> None:
    agency = agency_of(ltc)
    agency._reading.add(agency.client_id)

    answer = await ltc.get("/api/snapshot/unit")
    agency._reading.clear()
    later = await ltc.get("/api/snapshot/unit")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert later.status_code == 200
    assert agency._reading == set()


async def test_the_assertion_is_accepted_once(
    ltc: Caller,
    ltc_token: Callable[..., Awaitable[httpx.Response]],
    ltc_assertion: Callable[..., str],
) -> None:
    assertion = ltc_assertion(agency_of(ltc))

    first = await ltc_token(ltc, assertion)
    second = await ltc_token(ltc, assertion)

    assert (first.status_code, first.json()["expires_in"]) == (200, 600)
    assert (second.status_code, second.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 4_000_000_000},
        {"exp": 1_000_000_000},
        {"aud": "http://other.test/oauth2/token"},
        {"iss": "other"},
        {"sub": "other"},
        {"jti": None},
        {"iat": None},
    ],
    ids=str,
)
async def test_an_assertion_that_does_not_hold_is_refused(
    ltc: Caller,
    claims: dict[str, Any],
    ltc_token: Callable[..., Awaitable[httpx.Response]],
    ltc_assertion: Callable[..., str],
) -> None:
    answer = await ltc_token(ltc, ltc_assertion(agency_of(ltc), **claims))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_another_key_proves_nothing(
    ltc: Caller,
    world: Any,
    ltc_token: Callable[..., Awaitable[httpx.Response]],
    ltc_assertion: Callable[..., str],
) -> None:
    stranger = LtcAgency(world)

    answer = await ltc_token(ltc, ltc_assertion(stranger))

    assert answer.status_code == 401

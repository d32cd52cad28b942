"""``startSync`` and ``retryQuarantined`` over HTTP, and what operators see of both."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from certhub.domain.sync import Batch
from certhub.resolvers.sync import SyncHub, run_sync
from certhub.resolvers.sync_jobs import SyncJobs

from ..conftest import Made
from ..country import Country, connectors_of
from ..hub_app import NOW

RUN = "run { id registry mode state counts finishedAt errorCode } errors { code message(lang: EN) }"
START = f"mutation($i: StartSyncInput!) {{ startSync(input: $i) {{ {RUN} }} }}"
RUNS = "query { syncRuns(registries: [VR], first: 5) { nodes { id mode state counts notes } } }"
LIST = """query($f: QuarantineFilter, $n: Int, $a: String) { quarantine(filter: $f, first: $n, after: $a) {
  nodes { id registry entity sourceId field reason place state seen } pageInfo { hasNextPage endCursor } } }"""
RETRY = """mutation($i: RetryQuarantinedInput!) { retryQuarantined(input: $i) {
  items { id entity sourceId outcome field reason } errors { code expected } } }"""


class Slow:
    """A connector that waits for a sign before it ends."""

    registry = "vr"

    def __init__(self) -> None:
        self.go, self.begun = asyncio.Event(), asyncio.Event()

    async def batches(self, position: object, *, full: bool = False) -> AsyncIterator[Batch]:
        self.begun.set()
        await self.go.wait()
        if full:
            return
        yield Batch("vr", {})

    async def ping(self) -> None:
        """Nothing to ask."""

    async def aclose(self) -> None:
        """Nothing to close."""


async def ask(
    country: Country, query: str, given: dict[str, Any] | None = None, role: str = "operator",
    **claims: Any,
) -> dict[str, Any]:  # fmt: skip
    """The root field, or the codes of what refused it."""
    answer = await country.ask(query, given, role=role, purpose=None, **claims)
    if "errors" in answer:
        return {"refused": [error["extensions"]["code"] for error in answer["errors"]]}
    [found] = answer["data"].values()
    return dict(found)


async def start(country: Country, key: str, registry: str = "VR", **given: Any) -> dict[str, Any]:
    return await ask(
        country,
        START,
        {"i": {"idempotencyKey": f"start-sync-{key}", "registry": registry, **given}},
    )


async def ended(country: Country, number: str) -> dict[str, Any]:
    """The run once it has ended."""
    for _ in range(200):
        runs = (await ask(country, RUNS))["nodes"]
        [one] = [run for run in runs if run["id"] == number]
        if one["state"] != "running":
            return dict(one)
        await asyncio.sleep(0.05)
    raise AssertionError("the run does not end")


async def test_a_sync_runs_in_the_background_one_at_a_time(own_country: Country) -> None:
    slow = Slow()
    work = SyncHub(own_country.hub.engine, own_country.hub.keys, lambda: NOW)
    own_country.hub.jobs.syncs = jobs = SyncJobs(work, {"vr": slow})

    started = await start(own_country, "1")
    again = await start(own_country, "1")
    second = await start(own_country, "2", full=True)
    elsewhere = await start(own_country, "3", registry="OSH")
    slow.go.set()
    done = await ended(own_country, started["run"]["id"])
    third = await start(own_country, "2", full=True)
    whole = await ended(own_country, third["run"]["id"])
    await jobs.aclose()

    assert (started["run"]["state"], started["run"]["mode"]) == ("running", "incremental")
    assert again["run"]["id"] == started["run"]["id"]
    assert [error["code"] for error in second["errors"]] == ["SYNC_RUNNING"]
    assert second["run"] is None
    assert [error["code"] for error in elsewhere["errors"]] == ["REGISTRY_NOT_CONFIGURED"]
    assert (done["state"], whole["state"], whole["mode"]) == ("complete", "complete", "full")
    assert third["errors"] == []


async def test_a_started_sync_brings_what_the_agency_has(own_country: Country) -> None:
    connectors = connectors_of(own_country.agencies, own_country.home)
    work = SyncHub(own_country.hub.engine, own_country.hub.keys, lambda: NOW)
    jobs = SyncJobs(work, {connector.registry: connector for connector in connectors})
    own_country.hub.jobs.syncs = jobs
    held = next(iter(own_country.agencies.vr.ledger()["professionals"].values()))
    own_country.agencies.vr.upsert("professionals", {**held, "name": "測試改名"})

    started = await start(own_country, "9")
    done = await ended(own_country, started["run"]["id"])
    await jobs.aclose()
    for connector in connectors:
        await connector.aclose()

    assert done["state"] == "complete"
    async with own_country.hub.engine.connect() as connection:
        name = await connection.scalar(
            text("select name from vr.professional where id = :id"), {"id": held["id"]}
        )
    assert name == "測試改名"


async def test_who_may_not_starts_nothing(own_country: Country) -> None:
    given = {"i": {"idempotencyKey": "start-denied", "registry": "VR"}}

    roles = {
        role: await ask(own_country, START, given, role=role)
        for role in ("central-mol", "local-taipei", "institution-vr", "auditor")
    }
    other = await ask(own_country, START, given, registries=["ltc"])
    runs = await ask(own_country, RUNS, registries=["ltc"])
    listed = await ask(own_country, LIST, {}, role="central-mol")
    retried = await ask(
        own_country, RETRY, {"i": {"idempotencyKey": "retry-denied", "ids": ["1"]}}, role="auditor"
    )

    assert set(map(str, roles.values())) == {str({"refused": ["FORBIDDEN"]})}
    assert other == runs == listed == retried == {"refused": ["FORBIDDEN"]}


@pytest.fixture
async def faulty(own_country: Country, made: Made) -> list[str]:
    """Two records set aside: one that our maps read by now, one that stays faulty."""
    work = SyncHub(own_country.hub.engine, own_country.hub.keys, lambda: NOW)
    good = {
        "id": "L9000001", "nationality": "本國籍人員", "name": "測試重讀", "birth_date": "79/11/14",
        "identifiers": [{"type": "身分證字號", "value": "A123456789", "current": True}],
        "merged_ids": [],
    }  # fmt: skip
    problems = [
        made.problem("ltc.person", key, 10**15, _raw({**good, "id": key, "birth_date": born}))
        for key, born in (("L9000001", "79/11/14"), ("L9000002", "79/13/14"))
    ]
    async with own_country.hub.engine.begin() as connection:
        await connection.execute(text("delete from hub.quarantine"))
        held = await connection.scalar(
            text("select position from hub.sync_state where registry = 'ltc'")
        )
    batch = made.batch("ltc", *problems, position=held)
    report = await run_sync(work, made.scripted("ltc", [batch]))
    assert report.succeeded
    found = await ask(own_country, LIST, {"f": {"registries": ["LTC"]}})
    return [node["id"] for node in found["nodes"]]


def _raw(record: dict[str, Any]) -> bytes:
    import json

    return json.dumps(record, ensure_ascii=False).encode()


async def test_what_was_set_aside_is_read_again_without_its_agency(
    own_country: Country, faulty: list[str]
) -> None:
    first, second = faulty

    async def position() -> Any:
        async with own_country.hub.engine.connect() as connection:
            return await connection.scalar(
                text("select position from hub.sync_state where registry = 'ltc'")
            )

    before = await position()
    given = {"idempotencyKey": "retry-0001", "ids": [second, first, "999999999", "x"]}
    done = await ask(own_country, RETRY, {"i": given})
    again = await ask(own_country, RETRY, {"i": given})
    later = await ask(own_country, RETRY, {"i": {"idempotencyKey": "retry-0002", "ids": [first]}})
    left = await ask(own_country, LIST, {})
    by_filter = await ask(
        own_country, RETRY,
        {"i": {"idempotencyKey": "retry-0003", "filter": {"entities": ["ltc.person"]}}},
    )  # fmt: skip

    assert [(item["id"], item["outcome"], item["reason"]) for item in done["items"]] == [
        (second, "still_faulty", "impossible_date"),
        (first, "resolved", None),
        ("999999999", "not_found", None),
        ("x", "not_found", None),
    ]
    assert again == done
    assert [item["outcome"] for item in later["items"]] == ["already_resolved"]
    assert [node["id"] for node in left["nodes"]] == [second]
    assert [(item["id"], item["outcome"]) for item in by_filter["items"]] == [
        (second, "still_faulty")
    ]
    async with own_country.hub.engine.connect() as connection:
        born = await connection.scalar(
            text("select birth_date from ltc.person where id = 'L9000001'")
        )
        linked = await connection.scalar(
            text("select count(*) from hub.person_record where source_id = 'L9000001'")
        )
    assert (born, linked, await position()) == (date(1990, 11, 14), 1, before)


async def test_a_retry_is_polite_and_limited(own_country: Country, faulty: list[str]) -> None:
    slow = Slow()
    slow.registry = "ltc"
    work = SyncHub(own_country.hub.engine, own_country.hub.keys, lambda: NOW)
    running = asyncio.create_task(run_sync(work, slow, full=True))
    await slow.begun.wait()

    busy = await ask(own_country, RETRY, {"i": {"idempotencyKey": "retry-0004", "ids": faulty}})
    slow.go.set()
    await running
    both = await ask(
        own_country, RETRY, {"i": {"idempotencyKey": "retry-0005", "ids": faulty, "filter": {}}}
    )
    many = await ask(
        own_country, RETRY,
        {"i": {"idempotencyKey": "retry-0006", "ids": [str(n) for n in range(501)]}},
    )  # fmt: skip
    free = await ask(own_country, RETRY, {"i": {"idempotencyKey": "retry-0004", "ids": faulty}})

    assert [error["code"] for error in busy["errors"]] == ["SYNC_RUNNING"]
    assert [error["code"] for error in both["errors"]] == ["retry_selection"]
    assert [error["expected"] for error in many["errors"]] == ["500"]
    assert [item["outcome"] for item in free["items"]] == ["resolved", "still_faulty"]

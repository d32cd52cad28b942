"""When something is missing: a dead agency, old data, no data, a killed hub. On a hub of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from importlib import resources
from typing import Any

import asyncpg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from certhub.sandbox.cast import CAST, STORY_COURSE_NO
from certhub.sandbox.numbers import national_id
from certhub.sandbox.run import NO_RATES, Agencies, start_agencies

from .conftest import Asker, Country, asker_of, hub_of, serving, synced

NOBODY = national_id("Z", 1, 9_999_999)
DEAD = {"CERTHUB_VR__URL": "http://127.0.0.1:9", "CERTHUB_VR__ATTEMPTS": "1"}
OLD = {"CERTHUB_STALE_AFTER__VR": "PT0.001S"}
TOO_OLD = {**OLD, "CERTHUB_UNAVAILABLE_AFTER__VR": "PT0.001S"}
STATES = "{ registries { registry freshness lastRun lastRunError } }"
LISTS = """{
  people(filter: {}) { totalCount }
  certificates(filter: {}) { totalCount }
  across: certificates(filter: {registries: [LTC], holdsAlso: [{registry: VR}]}) { totalCount }
  statistics(input: {dimensions: [TYPE]}) { threshold }
  institutions { totalCount }
  courses { totalCount }
  ltc: certificates(filter: {registries: [LTC]}) { totalCount }
  held: people(filter: {holds: [{registry: LTC}]}) { totalCount }
  classes: trainingClasses { totalCount }
}"""
PERSON = """query($n: String!) { person(identifier: {value: $n}) {
  records { registry state provenance { freshness } }
  all: certificates { id }
  ltc: certificates(registries: [LTC]) { renewal { verdict } }
  eligibility(role: "vr.employment_specialist") {
    verdict status eligible findings { code } sources { registry freshness } }
  sharing { decision { verdict sources { registry freshness } } rows { registry } } } }"""
VERIFY = """query($i: VerifyEligibilityInput!) { verifyEligibility(input: $i) { items {
  ref error { code } decision { verdict status minimal factsHash findings { code }
    sources { registry freshness } } renewal { status } } } }"""


@pytest.fixture(scope="module")
def few() -> Iterator[Agencies]:
    """Agencies that the tests of this module may change."""
    with start_agencies(24, rates=NO_RATES) as running:
        yield running


@pytest.fixture(scope="module")
async def small(
    few: Agencies,
    _admin: tuple[asyncpg.Connection, str],
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """A small hub, synced once."""
    async for made in synced(few, _admin, worker, tmp_path_factory.mktemp("small")):
        yield made


def codes(answer: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """Code and registries of every error by path."""
    return {
        ".".join(map(str, error["path"])): (
            error["extensions"]["code"],
            error["extensions"].get("registries"),
        )
        for error in answer.get("errors", [])
    }


async def test_a_dead_agency_fails_alone_and_is_named(small: Country) -> None:
    done = await asyncio.to_thread(small.run, "sync", check=1, **DEAD)

    assert done.stdout.splitlines()[-3:] == ["vr: failed", "ltc: complete", "osh: complete"]
    assert done.stderr.splitlines() == ["vr: AGENCY_UNAVAILABLE: vr POST /oauth/token: no answer"]
    async with hub_of(small) as (hub, _):
        states = (await hub.data(STATES))["registries"]
    assert states == [
        {
            "registry": "VR",
            "freshness": "FRESH",
            "lastRun": "failed",
            "lastRunError": "AGENCY_UNAVAILABLE",
        },
        {"registry": "LTC", "freshness": "FRESH", "lastRun": "complete", "lastRunError": None},
        {"registry": "OSH", "freshness": "FRESH", "lastRun": "complete", "lastRunError": None},
    ]


async def test_old_data_decide_and_say_so(small: Country) -> None:
    async with hub_of(small, **OLD) as (hub, _):
        person = (await hub.data(PERSON, {"n": CAST["C1"].number}))["person"]
        lists = await hub.data(LISTS)

    assert [item["state"] for item in person["records"]] == ["stale", "known", "absent"]
    assert person["eligibility"]["verdict"] == "ELIGIBLE"
    assert "registry_stale" in {item["code"] for item in person["eligibility"]["findings"]}
    assert person["eligibility"]["sources"] == [{"registry": "VR", "freshness": "STALE"}]
    assert None not in lists.values()


async def test_data_that_are_too_old_decide_nothing(small: Country) -> None:
    async with hub_of(small, **TOO_OLD) as (hub, _):
        answer = await hub.ask(PERSON, {"n": CAST["C1"].number})
        lists = await hub.ask(LISTS)
        staffing = await hub.data('{ staffing(county: "63000", year: 2023) { status } }')

    person = answer["data"]["person"]
    assert codes(answer) == {"person.all": ("REGISTRY_UNAVAILABLE", ["vr"])}
    assert [item["state"] for item in person["records"]] == ["unavailable", "known", "absent"]
    assert person["all"] is None
    assert [item["renewal"]["verdict"] for item in person["ltc"]] == ["NOT_ELIGIBLE"]
    assert person["eligibility"]["verdict"] == "NOT_DECIDABLE"
    assert person["eligibility"]["status"] == "not_decidable"
    assert person["eligibility"]["eligible"] is None
    assert person["eligibility"]["sources"] == [{"registry": "VR", "freshness": "UNAVAILABLE"}]
    assert "registry_unavailable" in {item["code"] for item in person["eligibility"]["findings"]}
    assert person["sharing"]["decision"]["verdict"] == "NOT_DECIDABLE"
    assert person["sharing"]["rows"] == []
    assert staffing == {"staffing": {"status": "not_decidable"}}
    needs_vr = {"people", "certificates", "across", "statistics", "institutions", "courses"}
    assert codes(lists) == dict.fromkeys(needs_vr, ("REGISTRY_UNAVAILABLE", ["vr"]))
    assert {key for key, value in lists["data"].items() if value is None} == needs_vr


@pytest.mark.parametrize("role", ["local-taipei", "local-kaohsiung", "central-mol"])
async def test_where_data_are_too_old_nobody_is_said_to_be_missing(
    small: Country, role: str
) -> None:
    """Somebody registered elsewhere and somebody unknown look alike, and cost nothing."""
    numbers = {"here": CAST["C1"].number, "elsewhere": CAST["C7"].number, "nobody": NOBODY}
    staff = [{"ref": ref, "identifier": {"value": value}} for ref, value in numbers.items()]
    more = {**TOO_OLD, "CERTHUB_VERIFY_DAILY_BUDGET": "0"}
    async with hub_of(small, **more) as (hub, _):
        data = await hub.data(
            VERIFY, {"i": {"role": "vr.employment_specialist", "staff": staff}}, role=role
        )

    items = {item.pop("ref"): item for item in data["verifyEligibility"]["items"]}
    for item in items.values():
        assert item["error"] is None
        assert (item["decision"]["verdict"], item["decision"]["status"]) == (
            "NOT_DECIDABLE",
            "not_decidable",
        )
        assert item["decision"]["sources"] == [{"registry": "VR", "freshness": "UNAVAILABLE"}]
    foreign = {"local-taipei": "elsewhere", "local-kaohsiung": "here"}.get(role, "nobody")
    assert items[foreign] == items["nobody"]
    assert items["nobody"]["decision"]["minimal"] is True


async def test_a_person_who_is_not_found_may_be_where_nothing_is_known(small: Country) -> None:
    query = "query($n: String!) { person(identifier: {value: $n}) { id } }"
    async with hub_of(small, **TOO_OLD) as (hub, _):
        for role, number in (("central-mol", NOBODY), ("local-taipei", CAST["C7"].number)):
            answer = await hub.ask(query, {"n": number}, role=role)

            assert answer["data"] == {"person": None}
            assert codes(answer) == {"person": ("REGISTRY_UNAVAILABLE", ["vr"])}
        assert await hub.data(query, {"n": NOBODY}, role="central-mohw") == {"person": None}


async def test_a_hub_that_never_synced_knows_that_it_knows_nothing(
    small: Country, empty_database_url: str
) -> None:
    empty = replace(small, url=empty_database_url)
    await asyncio.to_thread(empty.run, "db", "upgrade")
    staff = [{"ref": "1", "identifier": {"value": CAST["C1"].number}}]
    async with hub_of(empty) as (hub, _):
        states = (await hub.data(STATES))["registries"]
        lists = await hub.ask(LISTS)
        person = await hub.ask(PERSON, {"n": CAST["C1"].number})
        verified = await hub.data(VERIFY, {"i": {"role": "ltc.care_worker", "staff": staff}})

    assert {item["freshness"] for item in states} == {"NEVER_SYNCED"}
    assert set(lists["data"].values()) == {None}
    assert {code for code, _ in codes(lists).values()} == {"REGISTRY_UNAVAILABLE"}
    assert codes(person) == {"person": ("REGISTRY_UNAVAILABLE", ["vr", "ltc", "osh"])}
    [item] = verified["verifyEligibility"]["items"]
    assert item["decision"]["verdict"] == "NOT_DECIDABLE"
    assert item["decision"]["findings"] == [{"code": "registry_unavailable"}]
    assert item["decision"]["sources"] == [{"registry": "LTC", "freshness": "NEVER_SYNCED"}]


async def ids_of(hub: Asker) -> dict[str, set[str]]:
    """Every id of a list, by kind."""
    found: dict[str, set[str]] = {}
    for field in ("people(filter: {}, ", "certificates(filter: {}, ", "institutions(", "courses("):
        name = field.partition("(")[0]
        rows = await hub.all(
            f"query($n: Int, $a: String) {{ {field} first: $n, after: $a) {{ totalCount "
            "pageInfo { hasNextPage endCursor } nodes { id } } }",
            {},
        )
        found[name] = {row["id"] for row in rows}
    return found


async def test_ids_survive_a_second_reading_of_everything(small: Country) -> None:
    async with hub_of(small) as (hub, _):
        before = await ids_of(hub)
        await asyncio.to_thread(small.run, "sync", "--full")
        assert await ids_of(hub) == before


async def test_what_an_agency_adds_is_listed_soon_after_a_sync_in_another_process(
    small: Country, few: Agencies
) -> None:
    query = '{ certificates(filter: {registries: [LTC], types: ["educator"]}) { totalCount } }'
    before = few.ltc.get("certificate", "C00000002")
    assert before is not None
    async with hub_of(small) as (hub, _):
        count = (await hub.data(query))["certificates"]["totalCount"]
        few.ltc.upsert("certificate", {**before, "id": "C00009999", "personnel_type": "教保員"})
        await asyncio.to_thread(small.run, "sync", "ltc")
        for _ in range(100):
            found = (await hub.data(query))["certificates"]["totalCount"]
            if found > count:
                break
            await asyncio.sleep(0.1)
        few.ltc.delete("certificate", "C00009999")
        await asyncio.to_thread(small.run, "sync", "ltc")
    assert found == count + 1


async def test_an_id_leads_to_the_person_that_a_new_number_joined(
    small: Country, few: Agencies
) -> None:
    """C5 is in VR alone, C4 in LTC alone; the LTC system learns that C4 has C5's number, too."""
    query = (
        "query($n: String!) { person(identifier: {value: $n}) { id records { registry state } } }"
    )
    node = "query($i: ID!) { node(id: $i) { ... on Person { id records { registry state } } } }"
    async with hub_of(small) as (hub, _):
        ids = [
            (await hub.data(query, {"n": CAST[code].number}))["person"]["id"]
            for code in ("C4", "C5")
        ]
        before = few.ltc.get("person", "L0000004")
        assert before is not None
        number = {"type": "身分證字號", "value": CAST["C5"].number, "current": False}
        born = few.vr.get("professionals", "P0000005")
        assert born is not None
        few.ltc.upsert(
            "person",
            {
                **before,
                "birth_date": born["birth_date"],
                "identifiers": [*before["identifiers"], number],
            },
        )
        await asyncio.to_thread(small.run, "sync", "ltc")

        joined = [(await hub.data(node, {"i": key}))["node"] for key in ids]

        few.ltc.upsert("person", before)
        await asyncio.to_thread(small.run, "sync", "ltc")
    assert joined[0] == joined[1]
    assert [item["state"] for item in joined[0]["records"]] == ["known", "known", "absent"]
    assert joined[0]["id"] in ids


SUBMIT = """mutation($i: SubmitVrRosterInput!) { submitVrRoster(input: $i) {
  submission { id state } errors { code row } } }"""
STATE = "query($i: ID!) { node(id: $i) { ... on Submission { state events { state } } } }"


async def uploaded(hub: Asker, name: str) -> str:
    """Id of an uploaded sample."""
    content = (resources.files("certhub.sandbox") / "samples" / name).read_bytes()
    answer = await hub.http.post(
        "/uploads",
        files={"file": (name, content)},
        headers=hub.headers("institution-vr", "training"),
    )
    assert answer.status_code < 300, answer.text
    return str(answer.json()["id"])


async def until(hub: Asker, submission: str, *states: str) -> list[str]:
    """The submission's states until it has one of these."""
    for _ in range(200):
        found = await hub.data(STATE, {"i": submission}, role="institution-vr", purpose="training")
        if found["node"]["state"] in states:
            return [event["state"] for event in found["node"]["events"]]
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def test_a_roster_is_delivered_once_though_the_hub_is_killed_while_it_is_sent(
    small: Country, few: Agencies
) -> None:
    """The agency has stored the roster; its answer is lost with the process that waited for it."""
    roster = f"/v1/courses/{STORY_COURSE_NO}/roster"
    asked: list[str] = []

    async def hold(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.url.path == roster:
            asked.append(request.headers["idempotency-key"])
            if len(asked) == 1:
                await asyncio.sleep(2)
        return response

    few.vr.tampers.append(hold)
    try:
        with serving(small) as server:
            async with asker_of(small, server) as hub:
                answer = await hub.data(
                    SUBMIT,
                    {
                        "i": {
                            "idempotencyKey": "e2e-killed-0001",
                            "courseNo": STORY_COURSE_NO,
                            "files": [
                                {
                                    "domain": 1,
                                    "upload": await uploaded(hub, "roster-clean-utf8bom.csv"),
                                }
                            ],
                            "signInSheet": await uploaded(hub, "sign-in-sheet.pdf"),
                        }
                    },
                    role="institution-vr",
                    purpose="training",
                )
                submission = answer["submitVrRoster"]["submission"]
                assert submission["state"] == "QUEUED"
                for _ in range(100):
                    if asked:
                        break
                    await asyncio.sleep(0.1)
                server.kill()
        connection = await asyncpg.connect(small.url)
        state = await connection.fetchval("select state from hub.submission")
        # As if the lease of the dead process had run out.
        await connection.execute("update hub.outbox set not_before = now()")
        await connection.close()
        assert state == "SENT"

        with serving(small) as server:
            async with asker_of(small, server) as hub:
                events = await until(hub, submission["id"], "ACCEPTED", "REFUSED")
    finally:
        few.vr.tampers.remove(hold)

    assert events == ["QUEUED", "SENT", "ACCEPTED"]
    assert len(asked) == 2
    assert len(set(asked)) == 1
    course = few.vr.get("courses", STORY_COURSE_NO)
    assert course is not None
    assert course["roster_state"] == "已匯入"
    few.vr.settle()
    records = [
        row
        for row in few.vr.ledger()["training-records"].values()
        if not row["deleted"] and row["course_no"] == STORY_COURSE_NO
    ]
    assert len(records) == 5

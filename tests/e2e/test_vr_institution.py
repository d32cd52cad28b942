"""A training institution at work with the VR register: a course's whole life over HTTP.

File, approve, sync, a bad roster, the corrected one, clear, file again, verify; an absence of an
employee. The agency is the sandbox with its own checks; nothing of the hub is faked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from certhub.agencies import build_connectors, sync_hub
from certhub.app import open_hub
from certhub.resolvers.sync import sync_all
from certhub.sandbox.cast import INSTITUTION_VR_TAX_ID
from certhub.sandbox.run import start_agencies

from ..conftest import _copy
from .books import Books
from .conftest import Asker, Country, hub_of, load, settings_of

ROLE: dict[str, Any] = {"role": "institution-vr", "purpose": "training"}
ROSTER_HEAD = (
    "上課日期,學員姓名,學員身分證字號(或居留證號),時數,離島地區,國際性質,授課者\r\n"
    "2015/1/1,王小明,A100000001,2,是,是,否\r\n"
)
PDF = b"%PDF-1.4\nsign-in sheet\n"
SUBMISSION = (
    "submission { id state target agencyReference errors { code } warnings { code row } "
    "events { state code } } errors { code field file row expected(lang: EN) message(lang: EN) } "
    "warnings { code }"
)


def mutation(name: str) -> str:
    kind = name[0].upper() + name[1:] + "Input!"
    return f"mutation M($input: {kind}) {{ {name}(input: $input) {{ {SUBMISSION} }} }}"


def course(**changes: Any) -> dict[str, Any]:
    """A course held in August, filed afterwards."""
    return {
        "name": "職業重建實務研習",
        "nature": "continuing_education",
        "delivery": ["in_person"],
        "session": "all_day",
        "startsOn": "2024-08-19",
        "endsOn": "2024-08-20",
        "place": "臺北市測試路1號",
        "county": "63000",
        "categories": [
            {"category": "professional", "field": "個案評估與計畫", "hours": "3"},
            {"category": "ethics", "field": "職業重建專業倫理", "hours": "2.5"},
        ],
        "method": "教育課程",
        "targetTitles": ["employment_specialist", "case_manager"],
        "lecturers": [{"name": "測試講師", "identifier": "A200020998"}],
        "contact": {"name": "承辦人", "phone": "02-00000000", "email": "office@test.invalid"},
        "requirements": "現職人員",
        **changes,
    }


PAPERS = {
    "documents": ["course_summary", "brochure", "sign_in_sheet", "handouts"],
    "officialLetter": True,
}


class Desk:
    """The institution's own system: files, waits, looks."""

    def __init__(self, asker: Asker, country: Country) -> None:
        self.asker = asker
        self.country = country

    async def file(self, name: str, /, **given: Any) -> dict[str, Any]:
        found = await self.asker.data(mutation(name), {"input": given}, **ROLE)
        answer: dict[str, Any] = found[name]
        return answer

    async def upload(self, name: str, content: bytes) -> str:
        answer = await self.asker.http.post(
            "/uploads",
            files={"file": (name, content)},
            headers=self.asker.headers("institution-vr", "training"),
        )
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    async def outcome(self, submission: str) -> list[str]:
        """The states until a final one, as the subscription tells them."""
        answer = await self.asker.http.post(
            "/graphql",
            json={
                "query": "subscription S($id: ID!) { submission(id: $id) { state } }",
                "variables": {"id": submission},
            },
            headers={
                **self.asker.headers("institution-vr", "training"),
                "Accept": "text/event-stream",
            },
            timeout=30,
        )
        lines = [line for line in answer.text.split("\n") if line.startswith("data: {")]
        events = [httpx.Response(200, text=line.removeprefix("data: ")).json() for line in lines]
        return [event["data"]["submission"]["state"] for event in events]

    async def accepted(self, filed: dict[str, Any]) -> dict[str, Any]:
        """The submission once the agency has taken it."""
        assert filed["errors"] == []
        assert (await self.outcome(filed["submission"]["id"]))[-1] == "ACCEPTED"
        return await self.submission(filed["submission"]["id"])

    async def submission(self, key: str) -> dict[str, Any]:
        found = await self.asker.data(
            "query Q($id: ID!) { node(id: $id) { ... on Submission { id state target "
            "agencyReference errors { code field file row } warnings { code file row } "
            "events { state code detail } } } }",
            {"id": key},
            **ROLE,
        )
        node: dict[str, Any] = found["node"]
        return node

    async def roster(self, number: str, key: str, *rows: str, **more: Any) -> dict[str, Any]:
        """Two files, one per domain, with the same rows; hours as the domain's."""
        files = []
        for domain, hours in ((1, "3"), (2, "2.50")):
            text = ROSTER_HEAD + "".join(row.format(hours=hours) + "\r\n" for row in rows)
            upload = await self.upload(f"domain-{domain}.csv", b"\xef\xbb\xbf" + text.encode())
            files.append({"domain": domain, "upload": upload})
        return await self.file(
            "submitVrRoster",
            idempotencyKey=key,
            courseNo=number,
            files=files,
            signInSheet=await self.upload("sheet.pdf", PDF),
            **more,
        )

    async def sync(self) -> None:
        async with settings_of(self.country) as settings, open_hub(settings) as hub:
            connectors = build_connectors(settings)
            try:
                for report in await sync_all(sync_hub(settings, hub), {"vr": connectors["vr"]}):
                    assert report.succeeded, report.as_dict()
            finally:
                for connector in connectors.values():
                    await connector.aclose()

    async def course(self, number: str) -> dict[str, Any]:
        found = await self.asker.data(
            "query Q($n: String!) { courses(filter: {registries: [VR], numbers: [$n]}) { nodes { "
            "number title state registryState county hours domains { index category hours } "
            "roster { id state } application { id state } } } }",
            {"n": number},
            **ROLE,
        )
        [node] = found["courses"]["nodes"]
        return dict(node)


@asynccontextmanager
async def _town(
    admin: tuple[asyncpg.Connection, str], worker: str, factory: pytest.TempPathFactory
) -> AsyncIterator[Country]:
    with start_agencies(20, rates={"vr": None, "ltc": None, "osh": None}) as agencies:
        home = factory.mktemp("town")
        async for url in _copy(admin, "template0", worker):
            made = Country(agencies, Books.of(agencies), home, url)
            made.run("db", "upgrade")
            await load(made)
            yield made


@pytest.fixture(scope="module")
async def town(
    _admin: tuple[asyncpg.Connection, str],
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """A small country of its own, which these tests change."""
    async with _town(_admin, worker, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
async def desk(town: Country) -> AsyncIterator[Desk]:
    """The hub over HTTP, in process, with its relay at work."""
    async with hub_of(town) as (asker, _):
        yield Desk(asker, town)


ONE = "2024/8/20,測試甲,A200020014,{hours},否,否,否"
TWO = "113/8/20,測試乙,a100020021 ,{hours},是,否,否"
STRANGER = "2024-08-20,測試丙,A100000109,{hours},否,否,是"


async def test_a_course_lives_its_whole_life(desk: Desk, town: Country) -> None:
    filed = await desk.file(
        "fileVrCourse", idempotencyKey="life-course-1", course=course(), papers=PAPERS
    )
    taken = await desk.accepted(filed)
    number = taken["agencyReference"]

    assert taken["target"] == number
    assert [event["state"] for event in taken["events"]] == ["QUEUED", "SENT", "ACCEPTED"]
    on_file = town.agencies.vr.get("courses", number)
    assert on_file is not None
    assert (on_file["starts_on"], on_file["target_titles"], on_file["institution_tax_id"]) == (
        "113/08/19",
        ["就業服務員", "職業重建個案管理員"],
        INSTITUTION_VR_TAX_ID,
    )

    await desk.sync()
    waiting = await desk.roster(number, "life-early-1", ONE)
    assert [error["code"] for error in waiting["errors"]] == ["course_not_approved"]
    assert (await desk.course(number))["state"] == "submitted"

    town.agencies.vr.settle()
    await desk.sync()
    shown = await desk.course(number)
    assert (shown["state"], shown["hours"]) == ("approved", "5.50")
    assert shown["application"] == {"id": filed["submission"]["id"], "state": "ACCEPTED"}

    bad = await desk.roster(number, "life-roster-1", ONE, "2024/8/21,,A100000002,1,是,否,X")
    assert bad["submission"]["state"] == "REJECTED"
    assert [(e["file"], e["row"], e["code"]) for e in bad["errors"]] == [
        (f"domain-{domain}.csv", 4, code)
        for domain in (1, 2)
        for code in (
            "date_outside_course",
            "name_missing",
            "id_checksum",
            "hours_mismatch",
            "flag_invalid",
        )
    ]
    assert all(error["expected"] for error in bad["errors"])

    good = await desk.roster(number, "life-roster-2", ONE, "", TWO, STRANGER)
    done = await desk.accepted(good)
    assert done["events"][-1]["detail"] == {"imported": 6}
    assert [(w["code"], w["file"], w["row"]) for w in done["warnings"]] == []
    assert (await desk.course(number))["roster"]["state"] == "ACCEPTED"

    again = await desk.roster(number, "life-roster-3", ONE)
    assert [error["code"] for error in again["errors"]] == ["clear_before_reupload"]

    cleared = await desk.file("clearVrRoster", idempotencyKey="life-clear-1", courseNo=number)
    anew = await desk.roster(number, "life-roster-4", ONE, TWO)
    await desk.accepted(cleared)
    await desk.accepted(anew)
    assert len(town.agencies.vr.rosters.on_file(town.agencies.vr.get("courses", number))["rows"]) == 4

    town.agencies.vr.settle()
    await desk.sync()
    locked = await desk.file("clearVrRoster", idempotencyKey="life-clear-2", courseNo=number)
    assert [error["code"] for error in locked["errors"]] == ["hours_already_verified"]
    assert (await desk.course(number))["state"] == "hours_verified"

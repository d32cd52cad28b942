"""A training institution at work with the VR register: a course's whole life over HTTP.

File, approve, sync, a bad roster, the corrected one, clear, file again, verify; an absence of an
employee. The agency is the sandbox with its own checks; nothing of the hub is faked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from certhub.agencies import build_connectors, sync_hub
from certhub.app import open_hub
from certhub.resolvers.ids import decode_id
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
        given["idempotencyKey"] = f"desk-{given['idempotencyKey']}"
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
            timeout=60,
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
    held = town.agencies.vr.get("courses", number)
    assert held is not None
    assert len(town.agencies.vr.rosters.on_file(held)["rows"]) == 4

    town.agencies.vr.settle()
    await desk.sync()
    locked = await desk.file("clearVrRoster", idempotencyKey="life-clear-2", courseNo=number)
    assert [error["code"] for error in locked["errors"]] == ["hours_already_verified"]
    assert (await desk.course(number))["state"] == "hours_verified"


async def test_two_clicks_at_the_same_moment_file_one_course(desk: Desk, town: Country) -> None:
    given = {"idempotencyKey": "click-1", "course": course(name="同時按兩次"), "papers": PAPERS}

    first, second = await asyncio.gather(
        desk.file("fileVrCourse", **given), desk.file("fileVrCourse", **given)
    )

    assert first["submission"]["id"] == second["submission"]["id"]
    assert first["errors"] == second["errors"] == []
    await desk.accepted(first)
    assert held_as(town, "同時按兩次") == 1


async def test_the_same_key_with_another_course_is_a_conflict(desk: Desk) -> None:
    given = {"idempotencyKey": "reused-1", "papers": PAPERS, "validateOnly": False}
    await desk.file("fileVrCourse", course=course(), **given)

    answer = await desk.asker.ask(
        mutation("fileVrCourse"),
        {"input": {**given, "idempotencyKey": "desk-reused-1", "course": course(place="別處")}},
        **ROLE,
    )

    assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_dry_run_says_the_same_and_stores_nothing(desk: Desk, town: Country) -> None:
    wrong = course(categories=[{"category": "art", "hours": "0"}], county="Atlantis")
    given = {"course": wrong, "papers": {"documents": ["poem"]}}

    dry = await desk.file("fileVrCourse", idempotencyKey="dry-1-a", validateOnly=True, **given)
    filed = await desk.file("fileVrCourse", idempotencyKey="dry-1-a", **given)

    assert dry["submission"] is None
    assert dry["errors"] == filed["errors"]
    assert [(error["code"], error["field"]) for error in filed["errors"]] == [
        ("county_unknown", ["course", "county"]),
        ("course_hours_invalid", ["course", "categories", "0", "hours"]),
        ("word_unknown", ["course", "categories", "0", "category"]),
        ("word_unknown", ["papers", "documents", "0"]),
        ("instructor_evidence_missing", ["course", "lecturers", "0", "evidence"]),
        ("missing_brochure", ["papers", "documents"]),
        ("missing_course_summary", ["papers", "documents"]),
        ("missing_handouts", ["papers", "documents"]),
        ("missing_instructor_cv", ["papers", "documents"]),
        ("missing_sign_in_sheet", ["papers", "documents"]),
        ("seal_or_official_letter_missing", ["papers", "officialLetter"]),
    ]
    assert filed["submission"]["state"] == "REJECTED"


async def test_what_a_course_lacks_is_told_piece_by_piece(desk: Desk) -> None:
    given = course(
        targetTitles=[],
        categories=[{"category": "law", "field": f"領域{n}", "hours": "1"} for n in range(3)],
        lecturers=[
            {"name": "新講師", "identifier": "A200020998", "clause": 1},
            {"name": "新講師", "clause": 1},
            {"name": "新講師", "identifier": "A100000002"},
        ],
    )

    answer = await desk.file("fileVrCourse", idempotencyKey="lacks-1", course=given)

    assert [(error["code"], ".".join(error["field"])) for error in answer["errors"]] == [
        ("id_checksum", "course.lecturers.2.identifier"),
        ("instructor_clause_missing", "course.lecturers.2.clause"),
        ("instructor_evidence_missing", "course.lecturers.0.evidence"),
        ("instructor_evidence_missing", "course.lecturers.1.evidence"),
        ("instructor_evidence_missing", "course.lecturers.2.evidence"),
        ("lecturer_certificate_missing", "course.lecturers.1.lecturerCertificate"),
        ("missing_brochure", "papers.documents"),
        ("missing_course_summary", "papers.documents"),
        ("missing_handouts", "papers.documents"),
        ("missing_instructor_cv", "papers.documents"),
        ("missing_sign_in_sheet", "papers.documents"),
        ("no_target_qualification", "course.targetTitles"),
        ("seal_or_official_letter_missing", "papers.officialLetter"),
        ("too_many_domains", "course.categories"),
    ]
    assert all(
        error["expected"] and error["message"] != error["code"] for error in answer["errors"]
    )


async def test_a_course_before_it_is_held_is_filed_as_such(desk: Desk) -> None:
    later = {"startsOn": "2024-09-20", "endsOn": "2024-09-20"}
    papers = {"documents": ["course_summary"], "stamped": True}

    soon = await desk.file(
        "fileVrCourse", idempotencyKey="before-1", course=course(**later), papers=papers
    )
    started = await desk.file(
        "fileVrCourse",
        idempotencyKey="before-2",
        course=course(),
        papers={**papers, "stage": "pre"},
        validateOnly=True,
    )

    assert (soon["errors"], [warning["code"] for warning in soon["warnings"]]) == (
        [],
        ["filed_less_than_one_month_before"],
    )
    assert [error["code"] for error in started["errors"]] == ["course_already_started"]


async def test_after_delivery_an_amendment_names_the_course_and_the_way(desk: Desk) -> None:
    filed = await desk.file(
        "fileVrCourse", idempotencyKey="amend-1", course=course(), papers=PAPERS
    )
    number = (await desk.accepted(filed))["agencyReference"]

    late = await desk.file(
        "amendVrCourse",
        idempotencyKey="amend-2",
        submission=filed["submission"]["id"],
        course=course(place="臺北市測試路2號"),
        papers=PAPERS,
    )
    foreign = await desk.file(
        "amendVrCourse",
        idempotencyKey="amend-3",
        submission="czo2M2ZmZmZmZi0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA",
        course=course(),
        papers=PAPERS,
    )

    assert [error["code"] for error in late["errors"]] == ["AMENDMENT_NOT_OFFERED"]
    assert number in late["errors"][0]["expected"]
    assert [error["code"] for error in foreign["errors"]] == ["submission_not_found"]


LEAVE = {
    "identifier": "A100020021",
    "qualification": "employment_specialist",
    "leaveFrom": "2024-01-01",
    "leaveTo": "2024-06-30",
    "reason": "育嬰留職停薪",
    "proof": True,
    "localLetter": {
        "county": "臺北市",
        "documentNo": "府勞障字第1130000001號",
        "documentOn": "2024-07-05",
        "from": "2024-01-01",
        "to": "2024-06-30",
    },
}


async def test_an_absence_of_an_employee_is_applied_for_once(desk: Desk, town: Country) -> None:
    filed = await desk.file("applyVrExtension", idempotencyKey="leave-1", **LEAVE)
    taken = await desk.accepted(filed)
    again = await desk.file(
        "applyVrExtension", idempotencyKey="leave-2", **{**LEAVE, "leaveFrom": "2023-12-01"}
    )

    on_file = town.agencies.vr.get("extensions", taken["agencyReference"])
    assert on_file is not None
    assert (on_file["qualification_id"], on_file["leave_from"], on_file["local_authority"]) == (
        "Q00000020",
        "113/01/01",
        "臺北市",
    )
    assert taken["target"] == "Q00000020"
    assert [error["code"] for error in again["errors"]] == ["leave_already_filed"]

    town.agencies.vr.settle()
    await desk.sync()
    after = await desk.file(
        "applyVrExtension",
        idempotencyKey="leave-3",
        validateOnly=True,
        **{**LEAVE, "leaveFrom": "2024-06-30", "leaveTo": "2024-10-30"},
    )
    assert [error["code"] for error in after["errors"]] == ["leave_already_filed"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"leaveTo": "2024-03-01"}, [("shorter_than_three_months", "leaveTo")]),
        ({"proof": False}, [("proof_missing", "proof")]),
        ({"localLetter": None}, [("local_letter_missing", "localLetter")]),
        (
            {"localLetter": {**LEAVE["localLetter"], "from": None, "to": None}},  # type: ignore[dict-item]
            [("local_letter_without_dates", "localLetter.from")],
        ),
        (
            {"localLetter": {**LEAVE["localLetter"], "county": "臺北"}},  # type: ignore[dict-item]
            [("county_unknown", "localLetter.county")],
        ),
        (
            {"localLetter": {**LEAVE["localLetter"], "documentOn": "2024-09-03"}},  # type: ignore[dict-item]
            [("date_in_future", "localLetter.documentOn")],
        ),
        ({"leaveTo": "2023-12-31"}, [("end_before_start", "leaveTo")]),
        ({"reason": " "}, [("field_missing", "reason")]),
        ({"appliedOn": "2024-09-03"}, [("date_in_future", "appliedOn")]),
        ({"leaveFrom": "0001-01-01"}, [("date_out_of_range", "leaveFrom")]),
        ({"identifier": "A100000002"}, [("id_checksum", "identifier")]),
        ({"identifier": "A123456789"}, [("qualification_not_found", "identifier")]),
        ({"qualification": "case_manager"}, [("qualification_not_found", "identifier")]),
        ({"qualification": "poet"}, [("word_unknown", "qualification")]),
        ({"identifier": None, "certificate": "abc"}, [("qualification_not_found", "certificate")]),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
async def test_an_absence_that_is_not_in_order(
    desk: Desk, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    given = {**LEAVE, "identifier": "F200020037", **changes}

    answer = await desk.file(
        "applyVrExtension", idempotencyKey="leave-wrong", validateOnly=True, **given
    )

    found = [(error["code"], ".".join(error["field"])) for error in answer["errors"]]
    assert found == expected
    assert answer["errors"][0]["expected"]


MINE = (
    "query Q($t: [String!]) { submissions(filter: {registries: [VR], targets: $t}, first: 100) "
    "{ nodes { id kind state target institutionId } } }"
)
EVERYBODY: dict[str, dict[str, Any]] = {
    "the institution": ROLE,
    "another institution": {"role": "institution-osh", "purpose": "training"},
    "the county of the place": {"role": "local-taipei"},
    "another county": {"role": "local-kaohsiung"},
    "the ministry": {"role": "central-mol"},
}


async def test_who_sees_what_was_filed_and_who_does_not(desk: Desk) -> None:
    filed = await desk.file(
        "fileVrCourse", idempotencyKey="seen-1", course=course(county="高雄市"), papers=PAPERS
    )
    key = filed["submission"]["id"]
    number = (await desk.accepted(filed))["agencyReference"]

    seen = {}
    for who, options in EVERYBODY.items():
        listed = await desk.asker.data(MINE, {"t": [number]}, **options)
        found = await desk.asker.data(
            "query Q($id: ID!) { node(id: $id) { id } }", {"id": key}, **options
        )
        seen[who] = [node["id"] for node in listed["submissions"]["nodes"]] == [key]
        assert (found["node"] == {"id": key}) is seen[who]

    # The place of training is 高雄市; the institution sits in 臺北市.
    assert seen == {
        "the institution": True,
        "another institution": False,
        "the county of the place": False,
        "another county": True,
        "the ministry": True,
    }


async def test_a_foreign_course_looks_like_an_absent_one(desk: Desk) -> None:
    other = {"role": "institution-osh", "purpose": "training"}
    wanted = ("submitVrRoster", "clearVrRoster")

    answers = []
    for number in ("20240115000011", "99999999999999"):
        for name in wanted:
            more: dict[str, Any] = {"rows": []} if name == "submitVrRoster" else {}
            found = await desk.asker.data(
                mutation(name),
                {"input": {"idempotencyKey": f"foreign-{number}", "courseNo": number, **more}},
                **other,
            )
            answer = found[name]
            answer["submission"].pop("id")
            answers.append(answer)

    assert answers[0:2] == answers[2:4]
    assert [[e["code"] for e in answer["errors"]] for answer in answers[:2]] == [
        ["files_or_rows", "course_not_found"],
        ["course_not_found"],
    ]


@pytest.mark.parametrize(
    "role", ["local-taipei", "central-mol", "central-mohw", "operator", "auditor"]
)
async def test_who_does_not_file_is_refused(desk: Desk, town: Country, role: str) -> None:
    unwanted = course(name="不得送件")

    answer = await desk.asker.ask(
        mutation("fileVrCourse"),
        {"input": {"idempotencyKey": "not-yours-1", "course": unwanted, "papers": PAPERS}},
        role=role,
    )

    assert answer["data"] == {"fileVrCourse": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert held_as(town, "不得送件") == 0


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"institution_id": ["12345675", "00000103"]}, "institution_not_named"),
        ({"institution_id": ["12345675"]}, "institution_not_active"),
        ({"institution_id": []}, "institution_not_named"),
        ({"registries": ["osh"]}, "institution_not_named"),
    ],
    ids=["two, none named", "no member", "none", "another registry"],
)
async def test_a_token_files_for_its_own_institutions_alone(
    desk: Desk, claims: dict[str, Any], code: str
) -> None:
    given = {"idempotencyKey": f"whose-{code}", "course": course(), "papers": PAPERS}

    answer = await desk.asker.data(
        mutation("fileVrCourse"), {"input": {**given, "validateOnly": True}}, **ROLE, **claims
    )
    stolen = await desk.asker.data(
        mutation("fileVrCourse"),
        {"input": {**given, "validateOnly": True, "institution": "31028952"}},
        **ROLE,
        **claims,
    )

    assert [error["code"] for error in answer["fileVrCourse"]["errors"]] == [code]
    assert [e["code"] for e in stolen["fileVrCourse"]["errors"]] == ["institution_not_yours"]


async def test_an_office_with_the_scope_applies_for_those_who_work_in_its_county(
    desk: Desk,
) -> None:
    scope = "roster.submit roster.read"
    given = {
        **LEAVE,
        "identifier": "A800000149",
        "idempotencyKey": "office-1",
        "validateOnly": True,
    }

    answers = [
        (
            await desk.asker.data(
                mutation("applyVrExtension"),
                {"input": given},
                role="local-taipei",
                scope=scope,
                jurisdiction=[county],
            )
        )["applyVrExtension"]
        for county in ("65000", "63000")
    ]

    # The professional works in 新北市.
    assert [[error["code"] for error in answer["errors"]] for answer in answers] == [
        [],
        ["qualification_not_found"],
    ]


async def test_every_filing_is_in_the_audit_trail_without_a_number(
    desk: Desk, town: Country
) -> None:
    given = {**LEAVE, "identifier": "H900000157", "leaveTo": "2024-05-31"}
    await desk.file("applyVrExtension", idempotencyKey="audited-1", **given)

    connection = await asyncpg.connect(town.url)
    rows = await connection.fetch(
        "select operation, outcome, purpose, subject_refs, audit::text as whole from hub.audit "
        "where operation like '%applyVrExtension' order by at desc, seq desc limit 2"
    )
    await connection.close()

    assert {row["operation"] for row in rows} == {
        "Filing.applyVrExtension",
        "Mutation.applyVrExtension",
    }
    assert {row["outcome"] for row in rows} == {"allowed"}
    assert all(len(row["subject_refs"]) == 1 for row in rows)
    assert not any("H900000157" in row["whole"] for row in rows)


async def test_an_extension_is_seen_by_the_county_of_work(desk: Desk) -> None:
    leave = {"leaveFrom": "2023-05-01", "leaveTo": "2023-07-31"}
    letter = {**LEAVE["localLetter"], "from": leave["leaveFrom"], "to": leave["leaveTo"]}  # type: ignore[dict-item]
    given = {**LEAVE, **leave, "identifier": "A800000149", "localLetter": letter}
    filed = await desk.file("applyVrExtension", idempotencyKey="county-1", **given)
    await desk.accepted(filed)

    seen = []
    for county in ("65000", "63000"):
        listed = await desk.asker.data(
            MINE, {"t": ["Q00000100"]}, role="local-taipei", jurisdiction=[county]
        )
        seen.append([node["id"] for node in listed["submissions"]["nodes"]])

    # The professional works in 新北市; the employer and the letter are of 臺北市.
    assert seen == [[filed["submission"]["id"]], []]


async def test_rows_of_people_who_are_no_members_are_taken_and_named(desk: Desk) -> None:
    rows = [
        {"heldOn": "2024-03-15", "name": "測試甲", "identifier": "A200020014", "hours": "3.00"},
        {"heldOn": "2024-03-15", "name": "測試乙", "identifier": "A123456789", "hours": "3"},
    ]
    sheet = await desk.upload("sheet.jpg", b"\xff\xd8\xff\xe0 a picture \xff\xd9")

    filed = await desk.file(
        "submitVrRoster",
        idempotencyKey="rows-1",
        courseNo="20240115000011",
        rows=rows,
        signInSheet=sheet,
    )
    taken = await desk.accepted(filed)

    assert [(w["code"], w["file"], w["row"]) for w in taken["warnings"]] == [("unmatched", None, 2)]
    assert taken["events"][-1]["detail"] == {"imported": 2}


async def test_what_the_agency_refuses_is_told_in_the_institutions_own_lines(
    desk: Desk, town: Country
) -> None:
    filed = await desk.file(
        "fileVrCourse", idempotencyKey="refused-1", course=course(), papers=PAPERS
    )
    number = (await desk.accepted(filed))["agencyReference"]
    town.agencies.vr.settle()
    await desk.sync()
    changed = town.agencies.vr.get("courses", number)
    assert changed is not None
    # The office has changed the hours of the second domain; the mirror does not know yet.
    first, second = changed["categories"]
    town.agencies.vr.upsert("courses", {**changed, "categories": [first, {**second, "hours": "4"}]})

    sent = await desk.roster(
        number, "refused-2", ONE, "", TWO, "2024/8/19,測試甲,A200020014,{hours},否,否,否"
    )
    states = await desk.outcome(sent["submission"]["id"])
    refused = await desk.submission(sent["submission"]["id"])

    assert [(w["code"]) for w in sent["warnings"]] == ["agency_may_refuse_person_twice"] * 2
    assert states[-1] == "REFUSED"
    assert [(e["code"], e["field"], e["file"], e["row"]) for e in refused["errors"]] == [
        ("duplicate_row", ["id"], "domain-1.csv", 6),
        ("hours_mismatch", ["hours"], "domain-2.csv", 3),
        ("hours_mismatch", ["hours"], "domain-2.csv", 5),
        ("duplicate_row", ["id"], "domain-2.csv", 6),
        ("hours_mismatch", ["hours"], "domain-2.csv", 6),
    ]


async def test_a_lost_answer_stays_sent_and_is_asked_for_again(desk: Desk, town: Country) -> None:
    lost: list[str] = []

    def lose(request: Request, response: Response) -> Response:
        if request.url.path == "/v1/courses" and request.method == "POST" and len(lost) < 5:
            lost.append(request.headers["idempotency-key"])
            return Response("upstream timed out", 502, media_type="text/html")
        return response

    town.agencies.vr.tampers.append(lose)
    try:
        filed = await desk.file(
            "fileVrCourse", idempotencyKey="lost-1", course=course(name="回覆遺失"), papers=PAPERS
        )
        done = await desk.accepted(filed)
    finally:
        town.agencies.vr.tampers.remove(lose)

    assert set(lost) == {f"certhub-{_uuid(filed['submission']['id'])}"}
    assert [(event["state"], event["code"]) for event in done["events"]] == [
        ("QUEUED", None),
        ("SENT", None),
        ("SENT", "AGENCY_UNAVAILABLE"),
        ("ACCEPTED", None),
    ]
    assert held_as(town, "回覆遺失") == 1


async def test_an_operator_follows_a_sync_and_nobody_else_does(desk: Desk) -> None:
    query = {"query": "subscription { syncProgress(registry: VR) { registry state fetched } }"}
    answers = []
    for role in ("operator", "institution-vr"):
        answer = await desk.asker.http.post(
            "/graphql",
            json=query,
            headers={**desk.asker.headers(role, None), "Accept": "text/event-stream"},
        )
        [line] = [line for line in answer.text.split("\n") if line.startswith("data: {")]
        answers.append(httpx.Response(200, text=line.removeprefix("data: ")).json())

    assert answers[0]["data"]["syncProgress"]["state"] == "complete"
    assert answers[1]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def held_as(town: Country, name: str) -> int:
    """How many courses of that name the register holds."""
    return sum(one["name"] == name for one in town.agencies.vr.books.live("courses"))


def _uuid(node_id: str) -> str:
    return decode_id(node_id)[1]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("clearVrRoster", {"courseNo": "2024\0"}),
        ("submitVrRoster", {"courseNo": "2024\0", "rows": []}),
        ("fileVrCourse", {"course": course(), "papers": PAPERS, "institution": "\0"}),
        ("clearVrRoster", {"idempotencyKey": "a key with \0", "courseNo": "1"}),
    ],
)
async def test_what_no_database_holds_is_the_callers_fault(
    desk: Desk, name: str, given: dict[str, Any]
) -> None:
    answer = await desk.asker.ask(
        mutation(name), {"input": {"idempotencyKey": "zero-1-zero", **given}}, **ROLE
    )

    if "errors" in answer:
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["INVALID_INPUT"]
    else:
        assert answer["data"][name]["errors"][-1]["code"] in {
            "course_not_found",
            "institution_not_yours",
        }

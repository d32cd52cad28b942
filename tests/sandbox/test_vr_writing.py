from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import resources
from typing import Any

import httpx
import pytest

from certhub.sandbox.cast import INSTITUTION_VR_TAX_ID, KAOHSIUNG_TAX_ID, STORY_COURSE_NO
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.vr_agency import VrAgency

from .conftest import CONTRACTS, Caller

ROSTER = f"/v1/courses/{STORY_COURSE_NO}/roster"
OWNER = {"X-On-Behalf-Of": INSTITUTION_VR_TAX_ID}
TEMPLATE = (CONTRACTS / "examples" / "vr-roster-template.csv").read_bytes()
PDF = b"%PDF-1.4 signatures"
ROWS = (
    "2024/3/15,測試甲,A100000109,3,否,否,否,\r\n"
    "2024/3/15,測試乙,B200000111,3,否,否,否,\r\n"
    "2024/3/15,測試丁,T200000134,3,否,否,是,\r\n"
    "113/3/15,測試戊,A800000149,3.0,是,否,否,\r\n"
)


def agency_of(vr: Caller) -> VrAgency:
    assert isinstance(vr.agency, VrAgency)
    return vr.agency


def roster(rows: str = ROWS, sheet: bytes | None = PDF) -> dict[str, tuple[str, bytes, str]]:
    files = {"records_1": ("roster.csv", TEMPLATE + rows.encode(), "text/csv")}
    if sheet is not None:
        files["sign_in_sheet"] = ("sheet.pdf", sheet, "application/pdf")
    return files


async def send(vr: Caller, files: Any = None, **options: Any) -> httpx.Response:
    headers = options.pop("headers", OWNER)
    return await vr.write("POST", ROSTER, files=files or roster(), headers=headers, **options)


async def test_a_roster_is_taken_and_becomes_training_records(vr: Caller) -> None:
    answer = await send(vr)

    assert answer.status_code == 201
    assert answer.json() == {
        "course_no": STORY_COURSE_NO,
        "state": "已匯入",
        "imported": 4,
        "unmatched": [{"file": "records_1", "row": 5}],
    }
    truth = agency_of(vr).ledger()
    made = [r for r in truth["training-records"].values() if r.get("course_no") == STORY_COURSE_NO]
    assert {r["professional_id"] for r in made} == {"P0000006", "P0000011", "P0000013"}
    assert {(r["status"], r["hours"], r["credited_hours"]) for r in made} == {("送審中", "3", None)}
    assert truth["courses"][STORY_COURSE_NO]["roster_state"] == "已匯入"


async def test_the_roster_on_file_is_shown_as_it_was_sent(vr: Caller) -> None:
    empty = (await vr.get(ROSTER)).json()
    await send(vr)

    shown = (await vr.get(ROSTER)).json()

    assert (empty["state"], empty["rows"]) == ("未匯入", [])
    assert shown["sign_in_sheet"]["size"] == len(PDF)
    assert [(r["row"], r["held_on"], r["outlying_island"]) for r in shown["rows"]] == [
        (3, "113/03/15", "否"),
        (4, "113/03/15", "否"),
        (5, "113/03/15", "否"),
        (6, "113/03/15", "是"),
    ]


async def test_hours_are_verified_within_the_week_and_then_final(
    vr: Caller, clock: AgencyClock
) -> None:
    await send(vr)

    clock.advance(timedelta(days=6))
    shown = (await vr.get(ROSTER)).json()
    cleared = await vr.write("DELETE", ROSTER, headers=OWNER)
    again = await send(vr)

    records = [
        r
        for r in agency_of(vr).ledger()["training-records"].values()
        if r.get("course_no") == STORY_COURSE_NO
    ]
    assert shown["state"] == "時數已核"
    assert {r["professional_id"]: (r["status"], r["credited_hours"]) for r in records} == {
        "P0000006": ("確認", "3"),
        "P0000011": ("確認", "3"),
        "P0000013": ("確認", "6"),  # outlying island, counted double
    }
    assert (cleared.status_code, cleared.json()["code"]) == (409, "hours_verified")
    assert (again.status_code, again.json()["code"]) == (409, "hours_verified")


async def test_a_person_who_joins_later_gets_the_record_then(vr: Caller) -> None:
    agency = agency_of(vr)
    await send(vr)
    member = agency.get("professionals", "P0000011")
    assert member is not None

    agency.upsert("professionals", {**member, "id": "P0000099", "national_id": "T200000134"})

    made = [
        r
        for r in agency.ledger()["training-records"].values()
        if r.get("professional_id") == "P0000099"
    ]
    assert [(r["identity"], r["lecturer"]) for r in made] == [("授課者", "是")]


async def test_clearing_leaves_tombstones_and_makes_room(vr: Caller) -> None:
    await send(vr)
    refused = await send(vr)

    cleared = await vr.write("DELETE", ROSTER, headers=OWNER)
    again = await send(vr)

    assert (refused.status_code, refused.json()["code"]) == (409, "roster_exists")
    assert cleared.status_code == 204
    assert again.status_code == 201
    records = agency_of(vr).ledger()["training-records"]
    assert sum(key.startswith("R8") and r["deleted"] for key, r in records.items()) == 3
    assert sum(key.startswith("R8") and not r["deleted"] for key, r in records.items()) == 3


async def test_clearing_nothing_is_no_fault(vr: Caller) -> None:
    assert (await vr.write("DELETE", ROSTER, headers=OWNER)).status_code == 204


GOOD = "2024/3/15,測試甲,A100000109,3,否,否,否,\r\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("2024/2/30,測試乙,B200000111,3,否,否,否,\r\n", [(4, "date_invalid")]),
        ("2024-3-15,測試乙,B200000111,3,否,否,否,\r\n", [(4, "date_invalid")]),
        ("2024/3/22,測試乙,B200000111,3,否,否,否,\r\n", [(4, "date_outside_course")]),
        ("2024/3/15,,B200000111,3,否,否,否,\r\n", [(4, "name_missing")]),
        ("2024/3/15,測試乙,A12345678,3,否,否,否,\r\n", [(4, "id_format")]),
        ("2024/3/15,測試乙,,3,否,否,否,\r\n", [(4, "id_format")]),
        ("2024/3/15,測試乙,B200000110,3,否,否,否,\r\n", [(4, "id_checksum")]),
        ("2024/3/15,測試甲,A100000109,3,否,否,否,\r\n", [(4, "duplicate_person")]),
        ("2024/3/15,測試乙,B200000111,6,否,否,否,\r\n", [(4, "hours_not_approved")]),
        ("2024/3/15,測試乙,B200000111,三,否,否,否,\r\n", [(4, "hours_not_approved")]),
        ("2024/3/15,測試乙,B200000111,3,Y,否,,\r\n", [(4, "flag_invalid"), (4, "flag_invalid")]),
        ("2024/3/15,測試乙,3,否\r\n", [(4, "row_broken")]),
        ('2024/3/15,"測試\r\n乙",B200000111,3,否,否,否,\r\n', [(4, "row_broken")]),
        (
            "2024/13/1,測試乙,A800000140,4,否,無,否,\r\n",
            [
                (4, "date_invalid"),
                (4, "id_checksum"),
                (4, "hours_not_approved"),
                (4, "flag_invalid"),
            ],
        ),
    ],
)
async def test_any_faulty_row_refuses_the_whole_roster(
    vr: Caller, rows: str, expected: list[tuple[int, str]]
) -> None:
    before = agency_of(vr).ledger()

    answer = await send(vr, roster(GOOD + rows))

    assert (answer.status_code, answer.json()["code"]) == (422, "roster_rejected")
    errors = answer.json()["errors"]
    assert [(e["row"], e["code"]) for e in errors] == expected
    assert {e["file"] for e in errors} == {"records_1"}
    assert agency_of(vr).ledger() == before


@pytest.mark.parametrize(
    ("files", "file", "code"),
    [
        ({"records_1": ("r.csv", TEMPLATE, "text/csv")}, "records_1", "empty"),
        (
            {"records_1": ("r.csv", b"\xef\xbb\xbfa,b\r\n", "text/csv")},
            "records_1",
            "header_changed",
        ),
        ({"records_1": ("r.csv", b"\xff\xfe\x00", "text/csv")}, "records_1", "header_changed"),
        (
            {"records_1": ("r.csv", TEMPLATE.split(b"2015")[0] + ROWS.encode(), "text/csv")},
            "records_1",
            "sample_row_missing",
        ),
        ({"records_1": None}, "records_1", "file_missing"),
        ({"sign_in_sheet": None}, "sign_in_sheet", "sign_in_sheet_invalid"),
        (
            {"sign_in_sheet": ("s.png", b"\x89PNG", "image/png")},
            "sign_in_sheet",
            "sign_in_sheet_invalid",
        ),
        (
            {"sign_in_sheet": ("s.pdf", PDF + bytes(5 * 1024 * 1024), "application/pdf")},
            "sign_in_sheet",
            "sign_in_sheet_invalid",
        ),
    ],
)
async def test_a_file_that_does_not_fit_is_named(
    vr: Caller, files: dict[str, Any], file: str, code: str
) -> None:
    given = {name: part for name, part in {**roster(), **files}.items() if part is not None}

    answer = await send(vr, given)

    assert [(e["file"], e["code"]) for e in answer.json()["errors"]] == [(file, code)]


async def test_a_big5_file_is_read(vr: Caller) -> None:
    text = (TEMPLATE + ROWS.encode()).decode("utf-8-sig").encode("cp950")
    files = {**roster(), "records_1": ("roster.csv", text, "text/csv")}

    answer = await send(vr, files)

    assert answer.json()["imported"] == 4


@pytest.mark.parametrize(
    ("headers", "no", "status"),
    [
        ({"X-On-Behalf-Of": KAOHSIUNG_TAX_ID}, STORY_COURSE_NO, 403),
        ({"X-On-Behalf-Of": "99999999"}, STORY_COURSE_NO, 403),
        ({"X-On-Behalf-Of": "1"}, STORY_COURSE_NO, 400),
        ({}, STORY_COURSE_NO, 400),
        (OWNER, "20990101000001", 404),
    ],
)
async def test_only_the_active_owner_may_send(
    vr: Caller, headers: dict[str, str], no: str, status: int
) -> None:
    answer = await vr.write("POST", f"/v1/courses/{no}/roster", files=roster(), headers=headers)

    assert answer.status_code == status


async def test_a_suspended_institution_may_not_write(vr: Caller) -> None:
    institution = agency_of(vr).get("institutions", INSTITUTION_VR_TAX_ID)
    assert institution is not None
    agency_of(vr).upsert("institutions", {**institution, "status": "停用"})

    assert (await send(vr)).status_code == 403


@pytest.mark.parametrize("change", [{"status": "送審中"}, {"ends_on": "113/09/02"}], ids=str)
async def test_a_course_that_is_not_approved_or_not_over_is_not_open(
    vr: Caller, change: dict[str, str]
) -> None:
    course = agency_of(vr).get("courses", STORY_COURSE_NO)
    assert course is not None
    agency_of(vr).upsert("courses", {**course, **change})

    answer = await send(vr)

    assert (answer.status_code, answer.json()["code"]) == (409, "course_not_open")


async def test_the_same_roster_under_the_same_key_is_taken_once(vr: Caller) -> None:
    first = await send(vr, key="roster-0001")
    # httpx draws another boundary each time: the content is the same.
    second = await send(vr, key="roster-0001")
    other = await send(vr, roster(GOOD), key="roster-0001")

    assert first.status_code == second.status_code == 201
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_body_of_another_kind_is_a_bad_request(vr: Caller) -> None:
    answer = await vr.write("POST", ROSTER, {"rows": []}, valid=False, headers=OWNER)

    assert answer.status_code == 400


def filing(**changes: Any) -> dict[str, Any]:
    return {
        "name": "測試職業重建研習",
        "nature": "繼續教育",
        "public": True,
        "delivery": "實體",
        "session": "全日",
        "starts_on": "113/10/07",
        "ends_on": "113/10/08",
        "fee": 0,
        "place": "臺北市測試路1號",
        "county": "臺北市",
        "categories": [
            {"category": "專業課程", "core_competency": "個案管理", "field": "評估", "hours": "6"},
            {"category": "專業倫理", "hours": "1.5"},
        ],
        "method": "教育課程",
        "target_titles": ["就業服務員"],
        "lecturers": [{"name": "測試講師", "national_id": "A100000109"}],
        "contact": {"name": "測試承辦人", "phone": "02-00000000", "email": "o@test.invalid"},
        "requirements": "現職人員",
        **changes,
    }


async def test_a_course_is_filed_with_a_number_and_appears_in_the_list(vr: Caller) -> None:
    answer = await vr.write("POST", "/v1/courses", filing(), headers=OWNER)

    assert answer.status_code == 201
    course = answer.json()
    assert (course["no"], course["status"], course["hours"]) == ("20240902900001", "送審中", "7.5")
    assert answer.headers["location"] == f"/v1/courses/{course['no']}"
    listed = await vr.get("/v1/courses", params={"updated_since": course["updated_at"]})
    assert [item["id"] for item in listed.json()["items"]] == [course["no"]]


async def test_a_two_category_course_wants_two_files(vr: Caller) -> None:
    agency = agency_of(vr)
    no = (await vr.write("POST", "/v1/courses", filing(), headers=OWNER)).json()["no"]
    course = agency.get("courses", no)
    assert course is not None
    held = {"starts_on": "113/03/15", "ends_on": "113/03/15", "status": "通過"}
    agency.upsert("courses", {**course, **held})
    first = TEMPLATE + "2024/3/15,測試甲,A100000109,6,否,否,否,\r\n".encode()
    second = TEMPLATE + "2024/3/15,測試甲,A100000109,1.5,否,否,否,\r\n".encode()
    files = {
        "records_1": ("1.csv", first, "text/csv"),
        "sign_in_sheet": ("s.pdf", PDF, "application/pdf"),
    }
    path = f"/v1/courses/{no}/roster"

    lacking = await vr.write("POST", path, files=files, headers=OWNER)
    files["records_2"] = ("2.csv", second, "text/csv")
    complete = await vr.write("POST", path, files=files, headers=OWNER)

    assert [(e["file"], e["code"]) for e in lacking.json()["errors"]] == [
        ("records_2", "file_missing")
    ]
    assert complete.json()["imported"] == 2
    shown = (await vr.get(path)).json()
    assert [(r["file"], r["category"], r["hours"]) for r in shown["rows"]] == [
        ("records_1", "專業課程", "6"),
        ("records_2", "專業倫理", "1.5"),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"starts_on": "113/02/30"}, "starts_on", "date_invalid"),
        ({"ends_on": "113/10/01"}, "ends_on", "date_invalid"),
        ({"categories": []}, "categories", "required"),
        (
            {"categories": [{"category": "其他", "hours": "3"}]},
            "categories[0].category",
            "enum_invalid",
        ),
        (
            {"categories": [{"category": "專業倫理", "hours": "三"}]},
            "categories[0].hours",
            "hours_invalid",
        ),
        ({"lecturers": [{"name": None}]}, "lecturers[0].name", "required"),
        ({"contact": {"name": "a", "phone": "b"}}, "contact.email", "required"),
        ({"requirements": "人" * 256}, "requirements", "too_long"),
    ],
)
async def test_a_course_with_faults_is_refused_by_field(
    vr: Caller, changes: dict[str, Any], field: str, code: str
) -> None:
    body = filing(**changes)

    answer = await vr.write("POST", "/v1/courses", body, valid=False, headers=OWNER)

    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


def leave(**changes: Any) -> dict[str, Any]:
    return {
        "professional_id": "P0000001",
        "qualification_id": "Q00000010",
        "leave_from": "113/01/01",
        "leave_to": "113/06/30",
        "reason": "育嬰留職停薪",
        "local_authority": "臺北市",
        "local_document_no": "府勞障字第1130000001號",
        "local_document_on": "113/07/05",
        **changes,
    }


async def test_an_extension_is_filed_for_today_and_granted_later(vr: Caller) -> None:
    answer = await vr.write("POST", "/v1/extensions", leave())

    assert answer.status_code == 201
    record = answer.json()
    assert (record["status"], record["applied_on"]) == ("送審中", "113/09/02")
    agency_of(vr).settle()
    stored = agency_of(vr).get("extensions", record["id"])
    assert stored is not None
    assert (stored["status"], stored["version"]) == ("通過", 2)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"professional_id": "P7777777"}, "professional_id", "professional_unknown"),
        ({"qualification_id": "Q00000020"}, "qualification_id", "qualification_unknown"),
        ({"leave_to": "112/01/01"}, "leave_to", "date_invalid"),
        ({"reason": " "}, "reason", "required"),
    ],
)
async def test_an_extension_with_faults_is_refused_by_field(
    vr: Caller, changes: dict[str, Any], field: str, code: str
) -> None:
    answer = await vr.write("POST", "/v1/extensions", leave(**changes))

    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


async def test_a_reader_may_not_write(
    vr: Caller, vr_token: Callable[..., Awaitable[httpx.Response]]
) -> None:
    before = agency_of(vr).ledger()
    await vr_token(vr, scope="vr.read")

    answer = await send(vr)

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert agency_of(vr).ledger() == before


async def test_the_sample_roster_is_taken_by_the_story_course(vr: Caller) -> None:
    samples = resources.files("certhub.sandbox") / "samples"
    files = {
        "records_1": ("r.csv", (samples / "roster-clean-utf8bom.csv").read_bytes(), "text/csv"),
        "sign_in_sheet": (
            "s.pdf",
            (samples / "sign-in-sheet.pdf").read_bytes(),
            "application/pdf",
        ),
    }

    answer = await send(vr, files)

    assert answer.status_code == 201
    assert (answer.json()["imported"], answer.json()["unmatched"]) == (
        6,
        [{"file": "records_1", "row": 6}],
    )

from datetime import timedelta
from typing import Any

import pytest

from certhub.sandbox.cast import INSTITUTION_OSH_CODE, INSTITUTION_VR_CODE, STORY_CLASS_NO
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.numbers import national_id
from certhub.sandbox.osh_agency import OshAgency

from .conftest import Caller

PLANS = "/api/class-plans"
CLASS = f"/api/classes/{STORY_CLASS_NO}"


def agency_of(osh: Caller) -> OshAgency:
    assert isinstance(osh.agency, OshAgency)
    return osh.agency


def trainee(seat: int, **changes: Any) -> dict[str, Any]:
    return {
        "seq": str(seat),
        "name": f"測試學員{seat}",
        "birth_date": "75年5月6日",
        "national_id": national_id("A", 2, 7000 + seat),
        "licence_no": "護字第1號",
        "education": "大學",
        "employer": "測試醫院",
        "job_title": "護理師",
        "address": "臺北市測試路1號",
        "email": "t@test.invalid",
        "phone": "0900000000",
        "profession": "護理人員",
        **changes,
    }


def plan(**changes: Any) -> dict[str, Any]:
    return {
        "institution_code": INSTITUTION_OSH_CODE,
        "period_no": "第36期",
        "training_kind": "專業訓練",
        "training_name": "勞工健康服務護理人員專業訓練",
        "format": "講授",
        "starts_on": "113年10月1日",
        "ends_on": "113年10月2日",
        "venue": {"name": "第1教室", "address": "臺北市健康路1號", "county": "臺北市"},
        "venue_proof": {"document_no": "消字第1130001號", "issued_on": "113年1月5日"},
        "counsellor": "測試輔導員",
        "materials": "講義",
        "letter_no": "測字第1130001號",
        "letter_on": "113年9月2日",
        "timetable": [
            {
                "date": "113年10月1日",
                "time": "09:00~12:00",
                "course": "職業衛生",
                "hours": "3",
                "lecturer": "測試講師",
            },
            {
                "date": "113年10月2日",
                "time": "09:00~11:30",
                "course": "實習或實作",
                "hours": "2.5",
                "lecturer": "測試講師",
            },
        ],
        "lecturers": [{"name": "測試講師", "clause": "附表十二之一第一款"}],
        "trainees": [trainee(seat) for seat in range(1, 16)],
        **changes,
    }


def in_service(**changes: Any) -> dict[str, Any]:
    lesson = {
        "date": "113年10月1日",
        "time": "09:00~11:00",
        "course": "法規",
        "hours": "2",
        "lecturer": "測試講師",
        "category": "職業安全衛生相關法規",
    }
    return plan(
        training_kind="在職教育訓練",
        ends_on="113年10月1日",
        timetable=[lesson],
        **changes,
    )


async def filed(osh: Caller, body: dict[str, Any]) -> str:
    answer = await osh.write("POST", PLANS, body)
    assert answer.status_code == 201, answer.text
    no: str = answer.json()["no"]
    assert answer.headers["location"] == f"{PLANS}/{no}"
    return no


async def test_a_plan_is_filed_and_in_the_next_drop(osh: Caller) -> None:
    agency = agency_of(osh)

    no = await filed(osh, plan())

    books = agency.ledger()
    held = books["classes"][no]
    assert (held["狀態"], held["受訓人數"], held["總時數"]) == ("報備", "15", "5.5")
    assert (held["報備日期"], held["縣市"]) == ("113年9月2日", "臺北市")
    assert [r["時數"] for r in books["sessions"].values() if r["班別編號"] == no] == ["3", "2.5"]
    assert sum(r["班別編號"] == no for r in books["trainees"].values()) == 15
    state = await osh.get(f"{PLANS}/{no}")
    assert state.json() == {
        "no": no,
        "state": "報備",
        "noted_no": None,
        "noted_on": None,
        "filed_on": "113年9月2日",
    }
    assert no in agency.books.changes()["classes"]
    agency.publish_drop()
    assert agency.books.changes()["classes"] == {}


async def test_the_local_authority_notes_the_plan_after_some_days(
    osh: Caller, clock: AgencyClock
) -> None:
    no = await filed(osh, plan())

    clock.advance(timedelta(days=8))
    state = (await osh.get(f"{PLANS}/{no}")).json()

    assert (state["state"], state["noted_on"]) == ("已備查", "113年9月10日")
    assert state["noted_no"]


async def test_surplus_fields_of_in_service_trainees_are_dropped(osh: Caller) -> None:
    no = await filed(osh, in_service())

    row = agency_of(osh).get("trainees", f"{no}-001")

    assert row is not None
    assert (row["姓名"], row["資格證書字號"], row["服務單位"]) == ("測試學員1", "", "")


async def test_warnings_do_not_refuse(osh: Caller) -> None:
    body = in_service(
        lecturers=[{"name": "測試講師"}], trainees=[trainee(seat) for seat in range(1, 122)]
    )

    answer = await osh.write("POST", PLANS, body)

    assert answer.status_code == 201
    assert [w["code"] for w in answer.json()["warnings"]] == [
        "lecturer_clause_missing",
        "over_size",
    ]


def with_trainee(**changes: Any) -> dict[str, Any]:
    rows = [trainee(seat) for seat in range(1, 16)]
    rows[2] = trainee(3, **changes)
    return plan(trainees=rows)


def with_lesson(**changes: Any) -> dict[str, Any]:
    rows = plan()["timetable"]
    return plan(timetable=[rows[0], {**rows[1], **changes}])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            plan(starts_on="113年9月16日", letter_on="113年9月1日"),
            [(None, None, "starts_on", "filed_late")],
        ),
        (plan(letter_on="113年9月17日"), [(None, None, "letter_on", "filed_late")]),
        (plan(letter_on="113年2月30日"), [(None, None, "letter_on", "date_invalid")]),
        (plan(training_kind="其他"), [(None, None, "training_kind", "enum_invalid")]),
        (plan(counsellor=""), [(None, None, "counsellor", "required")]),
        (plan(venue={"name": "a", "address": "b"}), [(None, None, "venue.county", "required")]),
        (
            plan(institution_code=INSTITUTION_VR_CODE),
            [(None, None, "institution_code", "institution_not_recognised")],
        ),
        (
            plan(trainees=[trainee(seat) for seat in range(1, 15)]),
            [(None, None, "trainees", "too_few_enrolled")],
        ),
        (
            in_service(format="分組討論", trainees=[trainee(seat) for seat in range(1, 62)]),
            [(None, None, "trainees", "over_60_discussion")],
        ),
        (
            plan(lecturers=[{"name": "測試講師"}]),
            [("lecturers", 1, "clause", "lecturer_clause_missing")],
        ),
        (with_lesson(lecturer="別人"), [("timetable", 2, "lecturer", "lecturer_not_in_roster")]),
        (with_lesson(hours="0"), [("timetable", 2, "hours", "hours_invalid")]),
        (with_lesson(hours="三"), [("timetable", 2, "hours", "hours_invalid")]),
        (with_lesson(date="113年10月3日"), [("timetable", 2, "date", "date_invalid")]),
        (with_trainee(national_id="A12345678"), [("trainees", 3, "national_id", "id_format")]),
        (with_trainee(national_id="A123456780"), [("trainees", 3, "national_id", "id_checksum")]),
        (
            with_trainee(national_id=trainee(1)["national_id"]),
            [("trainees", 3, "national_id", "duplicate_person")],
        ),
        (
            with_trainee(birth_date="113年10月1日"),
            [("trainees", 3, "birth_date", "birth_date_invalid")],
        ),
        (
            with_trainee(birth_date="75年2月30日"),
            [("trainees", 3, "birth_date", "birth_date_invalid")],
        ),
        (with_trainee(licence_no=""), [("trainees", 3, "licence_no", "required")]),
        (with_trainee(profession="廚師"), [("trainees", 3, "profession", "enum_invalid")]),
    ],
)
async def test_a_plan_with_faults_is_refused_by_table_row_and_field(
    osh: Caller, body: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    before = agency_of(osh).ledger()

    answer = await osh.write("POST", PLANS, body, valid=False)

    assert answer.status_code == 422
    got = [(e.get("table"), e.get("row"), e["field"], e["code"]) for e in answer.json()["errors"]]
    assert got == expected
    assert agency_of(osh).ledger() == before


async def test_fifteen_days_before_is_in_time(osh: Caller) -> None:
    body = plan(starts_on="113年9月17日", ends_on="113年10月2日")

    assert (await osh.write("POST", PLANS, body)).status_code == 201


async def test_a_change_replaces_the_lists_until_the_day_before(
    osh: Caller, clock: AgencyClock
) -> None:
    agency = agency_of(osh)
    no = await filed(osh, plan(trainees=[trainee(seat) for seat in range(1, 18)]))

    clock.advance(timedelta(days=28))
    changed = await osh.write("PUT", f"{PLANS}/{no}", plan(counsellor="另一人"))
    clock.advance(timedelta(days=1))
    late = await osh.write("PUT", f"{PLANS}/{no}", plan())

    assert changed.status_code == 200
    books = agency.ledger()
    assert books["classes"][no]["輔導員"] == "另一人"
    assert sum(row["班別編號"] == no for row in books["trainees"].values()) == 15
    assert late.status_code == 422
    assert [e["code"] for e in late.json()["errors"]] == ["changed_late"]


async def test_another_institutions_class_may_not_be_touched(osh: Caller) -> None:
    no = await filed(osh, plan())

    changed = await osh.write("PUT", f"{PLANS}/{no}", plan(institution_code=INSTITUTION_VR_CODE))
    reported = await osh.write("POST", f"{CLASS}/attendance", attendance(code="OH0001"))
    unknown = await osh.write("PUT", f"{PLANS}/OH0002-113-777777", plan())

    assert (changed.status_code, changed.json()["code"]) == (403, "not_owner")
    assert (reported.status_code, reported.json()["code"]) == (403, "not_owner")
    assert unknown.status_code == 404


def attendance(*rows: dict[str, Any], code: str = INSTITUTION_OSH_CODE) -> dict[str, Any]:
    default = {"trainee_seq": "1", "session_no": f"{STORY_CLASS_NO}-S01"}
    return {"institution_code": code, "rows": list(rows) or [default]}


def results(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    default = {"trainee_seq": "1", "exam_on": "113年8月27日", "attempt": "初測", "outcome": "及格"}
    given = list(rows) or [{**default, **changes}]
    return {"institution_code": INSTITUTION_OSH_CODE, "rows": given}


def roll(noted_no: str, **changes: Any) -> dict[str, Any]:
    row = {"trainee_seq": "1", "certificate_no": "測證字第1號", "issued_on": "113年9月2日"}
    return {
        "institution_code": INSTITUTION_OSH_CODE,
        "noted_no": noted_no,
        "rows": [{**row, **changes}],
    }


async def test_attendance_results_and_certificates_close_the_class(osh: Caller) -> None:
    agency = agency_of(osh)
    held = agency.get("classes", STORY_CLASS_NO)
    assert held is not None
    late = {
        "trainee_seq": "2",
        "session_no": f"{STORY_CLASS_NO}-S06",
        "late_minutes": 15,
        "absent_hours": "3",
        "signature_valid": False,
        "made_up_on": "113年9月1日",
        "made_up_hours": "3",
    }

    signed = await osh.write("POST", f"{CLASS}/attendance", attendance(late))
    scored = await osh.write("POST", f"{CLASS}/results", results(score="85"))
    issued = await osh.write("POST", f"{CLASS}/certificates", roll(held["備查文號"]))

    assert [a.json()["state"] for a in (signed, scored, issued)] == ["結訓", "已登錄", "結案"]
    assert [a.json()["stored"] for a in (signed, scored, issued)] == [1, 1, 1]
    row = agency.get("attendance", f"{STORY_CLASS_NO}-002-06")
    assert row is not None
    assert (row["遲到分鐘"], row["簽名有效"], row["補課日期"]) == ("15", "否", "113年9月1日")
    paper = agency.get("certificates", "測證字第1號")
    assert paper is not None
    assert (paper["種類"], paper["身分證字號"], paper["訓練時數"]) == (
        "結業證書",
        national_id("F", 2, 2101),
        "18",
    )
    after = agency.get("classes", STORY_CLASS_NO)
    assert after is not None
    assert after["登錄日期"] == "113年9月2日"


async def test_a_repeated_row_replaces_the_one_on_file(osh: Caller) -> None:
    agency = agency_of(osh)
    await osh.write("POST", f"{CLASS}/results", results(outcome="不及格", score="50"))

    await osh.write("POST", f"{CLASS}/results", results(score="90"))

    rows = agency.books.of_class("results", STORY_CLASS_NO)
    assert [(row["測驗成績"], row["測驗結果"]) for row in rows] == [("90", "及格")]


async def test_a_certificate_is_not_issued_twice(osh: Caller) -> None:
    held = agency_of(osh).get("classes", STORY_CLASS_NO)
    assert held is not None
    await osh.write("POST", f"{CLASS}/results", results())
    await osh.write("POST", f"{CLASS}/certificates", roll(held["備查文號"]))

    again = await osh.write("POST", f"{CLASS}/certificates", roll(held["備查文號"]))

    assert [(e["row"], e["code"]) for e in again.json()["errors"]] == [
        (1, "certificate_no_invalid")
    ]


async def test_late_reports_are_taken_with_a_remark(osh: Caller, clock: AgencyClock) -> None:
    clock.advance(timedelta(days=8))

    answer = await osh.write("POST", f"{CLASS}/results", results())

    assert answer.status_code == 201
    assert [w["code"] for w in answer.json()["warnings"]] == ["reported_late"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (
            "attendance",
            attendance({"trainee_seq": "99", "session_no": f"{STORY_CLASS_NO}-S01"}),
            "trainee_unknown",
        ),
        ("attendance", attendance({"trainee_seq": "1", "session_no": "S99"}), "session_unknown"),
        ("results", results(trainee_seq="99"), "trainee_unknown"),
        ("results", results(outcome="優等"), "enum_invalid"),
        ("results", results(attempt="三測"), "enum_invalid"),
        ("results", results(exam_on="113年2月30日"), "date_invalid"),
        ("certificates", roll("府勞檢字第1號", certificate_no=""), "required"),
        ("certificates", roll("府勞檢字第1號"), "noted_no_wrong"),
        ("certificates", roll("府勞檢字第1號"), "not_passed"),
    ],
)
async def test_a_report_with_faults_stores_nothing(
    osh: Caller, path: str, body: dict[str, Any], code: str
) -> None:
    before = agency_of(osh).ledger()

    answer = await osh.write("POST", f"{CLASS}/{path}", body, valid=False)

    assert answer.status_code == 422
    assert code in [e["code"] for e in answer.json()["errors"]]
    assert agency_of(osh).ledger() == before


async def test_nothing_is_reported_before_the_class_has_ended(
    osh: Caller, clock: AgencyClock
) -> None:
    no = await filed(osh, plan())
    session = f"{no}-S01"

    held = await osh.write(
        "POST",
        f"/api/classes/{no}/attendance",
        attendance({"trainee_seq": "1", "session_no": session}),
    )
    scored = await osh.write("POST", f"/api/classes/{no}/results", results())

    assert [e["code"] for e in held.json()["errors"]] == ["session_not_held"]
    assert [e["code"] for e in scored.json()["errors"]] == ["class_not_ended"]


@pytest.mark.parametrize("body", ["[]", "{", '{"rows": 1, "institution_code": "OH0002"}'])
async def test_a_body_of_another_shape_is_a_bad_request(osh: Caller, body: str) -> None:
    answer = await osh.write("POST", f"{CLASS}/attendance", content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")

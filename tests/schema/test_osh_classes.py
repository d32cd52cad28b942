"""Filing and changing OSH classes over HTTP: what is wrong, who may, what the agency makes of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from starlette.requests import Request
from starlette.responses import Response

from certhub.resolvers.ids import NodeKind, encode_id
from certhub.sandbox.cast import INSTITUTION_VR_CODE, STORY_CLASS_NO
from certhub.store.tables_work import outbox, submission, submission_event

from ..osh_hub import OshHub, codes, in_service, plan, trainee

ONE = """query($id: ID!) { node(id: $id) { ... on TrainingClass {
  filing { status findings { code } details } } } }"""


async def filing_of(osh: OshHub, number: str) -> dict[str, Any]:
    given = {"id": encode_id(NodeKind.TRAINING_CLASS, number)}
    answer = await osh.ask(ONE, given, role="central-mol")
    return dict(answer["data"]["node"]["filing"])


async def test_a_filed_class_gets_its_number_and_is_seen_by_those_concerned(osh: OshHub) -> None:
    filed = await osh.file("fileOshClass", plan(periodNo="第501期"))
    assert (filed["errors"], filed["submission"]["state"]) == ([], "QUEUED")

    await osh.deliver()

    stands = await osh.state(filed)
    assert stands["state"] == "ACCEPTED"
    assert stands["target"] == stands["agencyReference"]
    assert [event["state"] for event in stands["events"]] == ["QUEUED", "SENT", "ACCEPTED"]
    row = osh.agency.get("classes", stands["agencyReference"])
    assert row is not None
    assert (row["期別"], row["縣市"], row["總時數"]) == ("第501期", "臺北市", "12")
    assert await osh.state(filed, role="local-taipei") == stands
    assert await osh.state(filed, role="central-mol") == stands
    assert await osh.state(filed, role="local-kaohsiung") is None
    assert await osh.state(filed, role="institution-vr") is None


async def test_a_class_in_order_is_decided_so_at_once(osh: OshHub) -> None:
    number = await osh.on_file()

    filing = await filing_of(osh, number)

    assert (filing["status"], filing["findings"]) == ("accepted", [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"letterOn": None}, [(None, "osh.class.not_sent_to_local_authority")]),
        ({"letterOn": "2024-09-17"}, [(None, "osh.class.not_sent_to_local_authority")]),
        ({"counsellor": " "}, [(None, "osh.class.counsellor_missing")]),
        ({"venueProof": None}, [(None, "osh.class.document_missing")]),
        ({"materials": None}, [(None, "osh.roster.field_missing")]),
        ({"venue": {"name": "第1教室", "address": "臺北市"}}, [(None, "osh.roster.field_missing")]),
        ({"venue": {"name": "a", "address": "b", "county": "東京"}}, [(None, "enum_invalid")]),
        ({"kind": "evening"}, [(None, "enum_invalid")]),
        ({"format": "online"}, [(None, "enum_invalid")]),
        ({"trainees": [trainee(seat) for seat in range(1, 15)]},
         [(None, "osh.class.too_few_enrolled")]),
        ({"lecturers": [{"name": "測試講師"}]}, [(1, "osh.class.lecturer_clause_missing")]),
        ({"lecturers": [{"name": "另一講師", "clause": "一"}]},
         [(row, "osh.class.lecturer_not_in_roster") for row in (1, 2, 3, 4)]),
        ({"startsOn": "2024-09-10", "endsOn": "2024-09-10"},
         [(None, "osh.class.filed_late"), (None, "osh.class.not_sent_to_local_authority"),
          (1, "day_invalid"), (2, "day_invalid"), (3, "day_invalid"), (4, "day_invalid")]),
        ({"startsOn": "2026-10-01", "endsOn": "2026-10-02"},
         [(None, "osh.class.institution_not_recognised"),
          (1, "day_invalid"), (2, "day_invalid"), (3, "day_invalid"), (4, "day_invalid")]),
        ({"endsOn": "2024-09-30"},
         [(None, "day_invalid"), (1, "day_invalid"), (2, "day_invalid"), (3, "day_invalid"),
          (4, "day_invalid")]),
        ({"periodNo": "第\x00期"}, [(None, "text_not_printable")]),
        ({"name": "a\x07"}, [(None, "text_not_printable")]),
        ({"materials": "頁" * 2001}, [(None, "text_too_long")]),
        ({"trainees": [trainee(1, address="x\x00"), *(trainee(n) for n in range(2, 16))]},
         [(1, "text_not_printable")]),
        ({"timetable": [{**plan()["timetable"][0], "hours": "99999999.99"}]},
         [(1, "hours_invalid")]),
        ({"timetable": plan()["timetable"] * 126}, [(None, "too_many_rows")]),
        ({"startsOn": "1911-01-01", "endsOn": "1911-01-02"},
         [(None, "day_invalid"), (None, "day_invalid"),
          (1, "day_invalid"), (2, "day_invalid"), (3, "day_invalid"), (4, "day_invalid")]),
        ({"institutionCode": INSTITUTION_VR_CODE}, [(None, "institution_not_found")]),
        ({"institutionCode": "OH9999"}, [(None, "institution_not_found")]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_plan_is_named(
    osh: OshHub, changes: dict[str, Any], expected: list[tuple[int | None, str]]
) -> None:
    dry = await osh.file("fileOshClass", plan(**changes, validateOnly=True))
    filed = await osh.file("fileOshClass", plan(**changes))

    assert sorted(codes(filed), key=str) == sorted(expected, key=str)
    assert (dry["errors"], dry["warnings"]) == (filed["errors"], filed["warnings"])
    assert dry["submission"] is None
    assert filed["submission"]["state"] == "REJECTED"


def _category_plan(hours: list[str], **changes: Any) -> dict[str, Any]:
    names = ["osh.regulations", "osh.risk_assessment", "osh.health_management"]
    sessions = [
        {"date": "2024-10-01", "time": f"{9 + row}:00", "course": name, "hours": hours[row],
         "lecturer": "測試講師", "category": name}
        for row, name in enumerate(names[: len(hours)])
    ]  # fmt: skip
    return plan(
        kind="in_service",
        endsOn="2024-10-01",
        timetable=sessions,
        trainees=[in_service(seat) for seat in range(1, 16)],
        **changes,
    )


@pytest.mark.parametrize(
    ("given", "errors", "warnings"),
    [
        (_category_plan(["2", "1", "2"]), [(None, "osh.class.category_below_2h")], []),
        (_category_plan(["2", "2"]), [], [(None, "osh.class.category_missing")]),
        (_category_plan(["2", "2", "2"], lecturers=[{"name": "測試講師"}]), [],
         [(1, "osh.class.lecturer_clause_missing")]),
        (_category_plan(["2", "2", "0"]), [(3, "hours_invalid")],
         [(None, "osh.class.category_missing")]),
    ],
)  # fmt: skip
async def test_categories_of_in_service_training(
    osh: OshHub,
    given: dict[str, Any],
    errors: list[tuple[int | None, str]],
    warnings: list[tuple[int | None, str]],
) -> None:
    filed = await osh.file("fileOshClass", {**given, "validateOnly": True})

    assert codes(filed) == errors
    assert codes(filed, "warnings") == warnings


async def test_an_unknown_category_is_named_with_those_that_are_known(osh: OshHub) -> None:
    given = _category_plan(["2", "2", "2"])
    given["timetable"][1]["category"] = "osh.cooking"

    filed = await osh.file("fileOshClass", {**given, "validateOnly": True})

    [error] = filed["errors"]
    assert (error["code"], error["row"]) == ("enum_invalid", 2)
    assert error["field"] == ["timetable", "category"]
    assert "osh.risk_assessment" in error["expected"]


async def test_a_repeat_gets_the_first_answer_and_another_body_is_a_conflict(osh: OshHub) -> None:
    given = plan(periodNo="第502期", idempotencyKey="osh-repeated-1")
    first = await osh.file("fileOshClass", given)

    again = await osh.file("fileOshClass", given)
    query = "mutation($i: FileOshClassInput!) { fileOshClass(input: $i) { errors { code } } }"
    other = await osh.ask(query, {"i": {**given, "materials": "另一講義"}})

    assert again == first
    assert other["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_second_filing_takes_the_place_of_the_one_that_waits(osh: OshHub) -> None:
    first = await osh.file("fileOshClass", plan(periodNo="第503期"))
    second = await osh.file("fileOshClass", plan(periodNo="第503期", materials="新講義"))

    await osh.deliver()

    assert (await osh.state(first))["state"] == "SUPERSEDED"
    stands = await osh.state(second)
    assert stands["state"] == "ACCEPTED"
    held = [row for row in osh.agency.books.rows("classes") if row["期別"] == "第503期"]
    assert [row["教材"] for row in held] == ["新講義"]


async def test_the_agency_refuses_by_its_own_calendar_and_says_why_in_our_codes(
    osh: OshHub,
) -> None:
    filed = await osh.file("fileOshClass", plan(periodNo="第504期"))
    before = osh.agency.clock.today()
    osh.agency.clock.advance(date(2024, 9, 20) - before)

    await osh.deliver()

    osh.agency.clock.advance(before - date(2024, 9, 20))
    stands = await osh.state(filed)
    assert stands["state"] == "REFUSED"
    assert codes(stands) == [(None, "osh.class.filed_late")]
    assert stands["errors"][0]["field"] == ["startsOn"]


async def test_a_lost_acknowledgement_is_asked_for_again_and_the_class_is_there_once(
    osh: OshHub,
) -> None:
    lost = [True]

    def drop(request: Request, answer: Response) -> Response:
        if request.url.path == "/api/class-plans" and lost:
            lost.clear()
            return Response("<html>502</html>", 502)
        return answer

    filed = await osh.file("fileOshClass", plan(periodNo="第505期"))
    osh.agency.tampers.append(drop)

    await osh.deliver()
    unknown = await osh.state(filed)
    osh.now += timedelta(hours=1)
    await osh.deliver()

    osh.agency.tampers.remove(drop)
    assert unknown["state"] == "SENT"
    assert (await osh.state(filed))["state"] == "ACCEPTED"
    held = [row for row in osh.agency.books.rows("classes") if row["期別"] == "第505期"]
    assert len(held) == 1


async def test_while_the_outcome_is_unknown_the_same_class_is_not_filed_twice(osh: OshHub) -> None:
    def dead(_: Request) -> Response:
        return Response("maintenance", 503)

    osh.agency.faults.append(dead)
    osh.ahead, ahead = osh.ahead * 0, osh.ahead
    first = await osh.file("fileOshClass", plan(periodNo="第506期"))
    await osh.deliver()

    again = await osh.file("fileOshClass", plan(periodNo="第506期", materials="新講義"))

    osh.agency.faults.remove(dead)
    osh.ahead = ahead
    assert codes(again) == [(None, "filing_on_its_way")]
    osh.now += timedelta(hours=1)
    await osh.deliver()
    assert (await osh.state(first))["state"] == "ACCEPTED"


async def test_a_change_sends_the_whole_plan_and_shows_at_once(osh: OshHub) -> None:
    number = await osh.on_file()

    with osh.on(date(2024, 9, 30)):
        given = {"classNo": number, "counsellor": "新輔導員", "venue": {"name": "第2教室"}}
        changed = await osh.file("amendOshClass", given)
        await osh.deliver()
        stands = await osh.state(changed)
        filing = await filing_of(osh, number)

    assert (changed["errors"], stands["state"]) == ([], "ACCEPTED")
    row = osh.agency.get("classes", number)
    assert row is not None
    assert (row["輔導員"], row["教材"], row["受訓人數"]) == ("新輔導員", "講義", "15")
    assert (row["訓練場所"], row["縣市"]) == ("第2教室", "臺北市")
    assert filing["status"] == "accepted"


async def test_on_the_first_day_it_is_too_late_to_change_and_moving_the_class_gains_no_time(
    osh: OshHub,
) -> None:
    number = await osh.on_file()

    with osh.on(date(2024, 10, 1)):
        late = await osh.file("amendOshClass", {"classNo": number, "counsellor": "新輔導員"})
        timetable = [{**session, "date": "2024-11-01"} for session in plan()["timetable"][:2]]
        moved = await osh.file(
            "amendOshClass",
            {"classNo": number, "startsOn": "2024-11-01", "endsOn": "2024-11-01",
             "timetable": timetable},
        )  # fmt: skip

    assert codes(late) == [(None, "osh.class.changed_late")]
    assert late["errors"][0]["expected"] == "<= 2024-09-30"
    assert codes(moved) == [(None, "osh.class.changed_late")]


async def _forget(osh: OshHub, number: str) -> None:
    """As if the class had been filed in the agency's own pages."""
    hub = osh.client.app.state.site.hub
    mine = select(submission.c.id).where(submission.c.agency_reference == number)
    async with hub.engine.begin() as connection:
        for table in (outbox, submission_event):
            await connection.execute(delete(table).where(table.c.submission_id.in_(mine)))
        await connection.execute(delete(submission).where(submission.c.id.in_(mine)))


async def test_a_class_that_was_not_filed_here_needs_its_letter_and_its_proof_again(
    osh: OshHub,
) -> None:
    number = await osh.filed()
    await osh.sync()
    await _forget(osh, number)

    bare = await osh.file("amendOshClass", {"classNo": number, "counsellor": "新輔導員"})
    whole = await osh.file(
        "amendOshClass",
        {"classNo": number, "counsellor": "新輔導員", "letterNo": "測字第1號",
         "letterOn": "2024-09-02", "venueProof": plan()["venueProof"]},
    )  # fmt: skip
    await osh.deliver()

    assert sorted(code for _, code in codes(bare)) == [
        "osh.class.document_missing",
        "osh.class.not_sent_to_local_authority",
        "osh.roster.field_missing",
    ]
    assert (whole["errors"], (await osh.state(whole))["state"]) == ([], "ACCEPTED")
    row = osh.agency.get("trainees", f"{number}-001")
    assert row is not None
    assert (row["身分證字號"], row["電話"]) == (trainee(1)["nationalId"], "0900000000")


@pytest.mark.parametrize("role", ["central-mol", "local-taipei", "operator"])
async def test_only_institutions_file(osh: OshHub, role: str) -> None:
    query = "mutation($i: FileOshClassInput!) { fileOshClass(input: $i) { errors { code } } }"

    answer = await osh.ask(query, {"i": plan(idempotencyKey="osh-role-1")}, role=role)

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_foreign_class_looks_like_an_absent_one(osh: OshHub) -> None:
    foreign = await osh.file("amendOshClass", {"classNo": STORY_CLASS_NO}, role="institution-vr")
    absent = await osh.file(
        "amendOshClass", {"classNo": "OH0002-113-999999"}, role="institution-vr"
    )

    assert codes(foreign) == [(None, "class_not_found")]
    assert foreign["errors"] == absent["errors"]

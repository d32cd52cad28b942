"""What may be filed when: rosters and clearings one after the other, amendments, two at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.connectors.outcome import Accepted, Outcome, Refused, RowError
from certhub.domain.submission import SubmissionState, UserError
from certhub.domain.value_maps import VALUE_MAPS
from certhub.resolvers.context import Hub
from certhub.resolvers.couriers.vr import VrCourier, course_place, extension_place, roster_place
from certhub.resolvers.delivery import deliver_due
from certhub.resolvers.filing import Filed
from certhub.resolvers.ids import NodeKind, encode_id
from certhub.resolvers.vr_clear import ClearVrRoster, clear_vr_roster
from certhub.resolvers.vr_course import AmendVrCourse, FileVrCourse, amend_vr_course, file_vr_course
from certhub.resolvers.vr_course_form import (
    Category,
    Contact,
    CourseForm,
    CoursePapers,
    Lecturer,
    hours_text,
)
from certhub.resolvers.vr_filings import told
from certhub.resolvers.vr_roster import RosterRow, submit_vr_roster
from certhub.store.outbox import Delivery
from certhub.store.tables import MIRRORS
from certhub.store.tables_sync import sync_state
from certhub.store.tables_work import outbox, submission

from .filing_setup import (
    COURSE,
    DAY,
    INSTITUTION,
    NOW,
    STRANGER,
    add_course,
    asked_by,
    make_hub,
    roster_input,
)

CLEAN = "roster-clean-utf8bom.csv"
PAPERS = CoursePapers(
    documents=("course_summary", "instructor_cv", "brochure", "sign_in_sheet", "handouts"),
    stamped=True,
)
FORM = CourseForm(
    name="職業重建實務研習",
    nature="繼續教育",
    delivery=("實體",),
    session="全日",
    starts_on=date(2024, 8, 20),
    ends_on=date(2024, 8, 20),
    place="臺北市測試路1號",
    county="臺北市",
    categories=(Category("專業課程", 300, None, "個案評估與計畫"),),
    method="教育課程",
    target_titles=("就業服務員",),
    lecturers=(Lecturer("測試講師", "A200020998", 2, None, "職業重建八年", evidence=True),),
    contact=Contact("承辦人", "02-00000000", "office@test.invalid"),
    requirements="現職人員",
)


class Agency:
    """Takes everything, or answers as told, and remembers what it was sent."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    async def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery.operation)
        return self.answers.pop(0) if self.answers else Accepted(201, {"no": "20240902000001"})

    @property
    def couriers(self) -> dict[str, Any]:
        courier = VrCourier(None).courier()  # type: ignore[arg-type]
        return {"vr": replace(courier, calls=dict.fromkeys(courier.calls, self.send))}


async def _roster(hub: Hub, key: str) -> Filed:
    return await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN, key))


async def _clear(hub: Hub, key: str) -> Filed:
    return await clear_vr_roster(hub, asked_by(hub), ClearVrRoster(key, COURSE))


async def _deliver(hub: Hub, agency: Agency, times: int = 1) -> None:
    for _ in range(times):
        assert await deliver_due(hub, agency.couriers, NOW)


async def _states(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(submission.c.kind, submission.c.state)
            .join(outbox, outbox.c.submission_id == submission.c.id)
            .order_by(outbox.c.id)
        )
        return [(row.kind, row.state) for row in rows]


def _codes(errors: Sequence[UserError]) -> list[str]:
    return [error.code for error in errors]


async def _member(engine: AsyncEngine, **changes: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            upsert(MIRRORS["vr.institution"]).values(
                {
                    "id": INSTITUTION,
                    "tax_id": INSTITUTION,
                    "name": "測試機構",
                    "county": "臺北市",
                    "county__code": "63000",
                    "status": "正常",
                    "status__code": "active",
                    "source_version": 1,
                    "raw_hash": b"0" * 32,
                    "synced_at": NOW,
                }
                | changes
            )
        )
        await connection.execute(
            upsert(sync_state).values(registry="vr", complete_at=NOW).on_conflict_do_nothing()
        )


async def test_a_clearing_and_the_roster_after_it_are_sent_in_that_order(
    engine: AsyncEngine,
) -> None:
    await add_course(engine, roster_state="已匯入", roster_state__code="roster_imported")
    hub, agency = make_hub(engine), Agency()

    cleared, anew = await _clear(hub, "clear-01"), await _roster(hub, "roster-01")
    await _deliver(hub, agency, 2)

    assert (cleared.errors, anew.errors) == ((), ())
    assert agency.sent == ["vr.clear_roster", "vr.post_roster"]


async def test_nothing_overtakes_what_the_agency_has_not_answered(engine: AsyncEngine) -> None:
    from certhub.connectors.errors import AgencyUnavailable

    await add_course(engine, roster_state="已匯入", roster_state__code="roster_imported")
    hub = make_hub(engine)
    await _clear(hub, "clear-01")
    await _roster(hub, "roster-01")
    away = Agency()
    away.answers = [AgencyUnavailable("no answer")]  # type: ignore[list-item]

    async def fail(_delivery: Delivery) -> Outcome:
        raise AgencyUnavailable("no answer")

    couriers = {"vr": replace(away.couriers["vr"], calls={"vr.clear_roster": fail})}
    await deliver_due(hub, couriers, NOW)
    at_once = await deliver_due(hub, Agency().couriers, NOW)
    later = Agency()
    for _ in range(2):
        await deliver_due(hub, later.couriers, NOW + timedelta(minutes=1))

    assert at_once is False
    assert later.sent == ["vr.clear_roster", "vr.post_roster"]


async def test_clearing_takes_back_the_roster_that_waits(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    await _roster(hub, "roster-01")

    cleared = await _clear(hub, "clear-01")

    assert _codes(cleared.warnings) == ["nothing_to_clear"]
    assert await _states(engine) == [("submitVrRoster", "SUPERSEDED"), ("clearVrRoster", "QUEUED")]


async def test_after_an_accepted_roster_only_a_clearing_opens_the_way(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub, agency = make_hub(engine), Agency()
    await _roster(hub, "roster-01")
    await _deliver(hub, agency)

    second = await _roster(hub, "roster-02")
    cleared = await _clear(hub, "clear-01")
    await _deliver(hub, agency)
    third = await _roster(hub, "roster-03")

    assert _codes(second.errors) == ["clear_before_reupload"]
    assert (cleared.errors, cleared.warnings, third.errors) == ((), (), ())


async def test_a_later_sync_knows_better_than_an_earlier_filing(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub, agency = make_hub(engine), Agency()
    await _roster(hub, "roster-01")
    await _deliver(hub, agency)
    async with engine.begin() as connection:
        # The institution cleared it on the register's own pages; a sync has seen that.
        await connection.execute(update(sync_state).values(complete_at=NOW + timedelta(minutes=5)))

    again = await _roster(hub, "roster-02")

    assert again.errors == ()


async def test_verified_hours_are_not_cleared(engine: AsyncEngine) -> None:
    await add_course(engine, roster_state="時數已核", roster_state__code="hours_verified")
    hub = make_hub(engine)

    refused = await _clear(hub, "clear-01")

    assert refused.state is SubmissionState.REJECTED
    assert _codes(refused.errors) == ["hours_already_verified"]


@pytest.mark.parametrize(
    "state",
    ["draft", "submitted", "supplement_required", "final_review", "review_meeting", "rejected"],
)
async def test_only_an_approved_course_takes_a_roster_or_its_clearing(
    engine: AsyncEngine, state: str
) -> None:
    term = VALUE_MAPS["vr.review_status"][state][0]
    await add_course(engine, status=term, status__code=state)
    hub = make_hub(engine)

    answers = [await _roster(hub, "roster-01"), await _clear(hub, "clear-01")]

    assert [_codes(answer.errors) for answer in answers] == [["course_not_approved"]] * 2


async def test_two_rosters_at_once_leave_one_to_be_sent(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)

    await asyncio.gather(*(_roster(hub, f"roster-0{number}") for number in range(4)))

    states = [state for _, state in await _states(engine)]
    assert sorted(states) == ["QUEUED", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"]


async def test_the_one_that_takes_the_place_of_another_names_it(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    first = await _roster(hub, "roster-01")

    second = await _roster(hub, "roster-02")

    async with engine.connect() as connection:
        named = await connection.scalar(
            select(submission.c.supersedes).where(submission.c.id == second.submission)
        )
    assert named == first.submission


async def test_rows_of_two_domains_are_named_by_their_place_in_the_input(
    engine: AsyncEngine,
) -> None:
    await add_course(
        engine,
        categories=[{"category": "專業倫理", "hours": "3"}, {"category": "專業課程", "hours": "2"}],
    )
    hub = make_hub(engine)
    day = date(2024, 3, 15)
    rows = (
        RosterRow(day, "測試甲", "A100000109", "3", domain=1),
        RosterRow(day, "測試甲", "A100000109", "9", domain=2),
        RosterRow(day, "測試乙", "A100000002", "3", domain=1),
        RosterRow(day, "測試丙", "A200020014", "2", domain=2),
        RosterRow(day, "", "A200020014", "3", domain=1),
    )
    given = replace(await roster_input(hub, CLEAN), files=(), rows=rows)

    filed = await submit_vr_roster(hub, asked_by(hub), given)

    assert [(error.row, error.code) for error in filed.errors] == [
        (3, "id_checksum"),
        (5, "name_missing"),
        (2, "hours_mismatch"),
    ]


async def test_on_the_last_day_a_roster_waits_for_the_next(engine: AsyncEngine) -> None:
    await add_course(engine, ends_on=DAY)
    hub, agency = make_hub(engine), Agency()
    given = replace(
        await roster_input(hub, CLEAN),
        files=(),
        rows=(RosterRow(DAY, "測試甲", "A100000109", "3"),),
    )

    filed = await submit_vr_roster(hub, asked_by(hub), given)
    today = await deliver_due(hub, agency.couriers, NOW)
    tomorrow = replace(hub, business_date=DAY + timedelta(days=1))
    await deliver_due(tomorrow, agency.couriers, NOW)

    assert _codes(filed.warnings) == ["sent_after_last_day"]
    assert (today, agency.sent) == (False, ["vr.post_roster"])


async def test_a_course_has_its_number_from_the_agency(engine: AsyncEngine) -> None:
    await _member(engine)
    hub = make_hub(engine)

    filed = await file_vr_course(hub, asked_by(hub), FileVrCourse("course-01", FORM, PAPERS))
    await _deliver(hub, Agency())

    assert filed.errors == ()
    async with engine.connect() as connection:
        row = (await connection.execute(select(submission))).one()
    assert (row.state, row.target, row.agency_reference, row.county) == (
        "ACCEPTED",
        "20240902000001",
        "20240902000001",
        "63000",
    )


async def test_a_suspended_institution_does_not_file(engine: AsyncEngine) -> None:
    await _member(engine, status="停用", status__code="suspended")
    hub = make_hub(engine)

    filed = await file_vr_course(hub, asked_by(hub), FileVrCourse("course-01", FORM, PAPERS))

    assert _codes(filed.errors) == ["institution_not_active"]
    assert await _states(engine) == []


async def _amend(hub: Hub, filed: Filed, key: str, who: str = INSTITUTION, **changes: Any) -> Filed:
    given = AmendVrCourse(
        key,
        encode_id(NodeKind.SUBMISSION, str(filed.submission)),
        replace(FORM, **changes),
        PAPERS,
    )
    return await amend_vr_course(hub, asked_by(hub, who), given)


async def test_an_amendment_takes_the_place_of_what_waits(engine: AsyncEngine) -> None:
    await _member(engine)
    hub, agency = make_hub(engine), Agency()
    filed = await file_vr_course(hub, asked_by(hub), FileVrCourse("course-01", FORM, PAPERS))

    stranger = await _amend(hub, filed, "amend-00", STRANGER, place="別處")
    wrong = await _amend(hub, filed, "amend-01", place="")
    amended = await _amend(hub, filed, "amend-02", place="別處")
    twice = await _amend(hub, filed, "amend-03", place="他處")
    again = await _amend(hub, amended, "amend-04", place="他處")
    await _deliver(hub, agency)

    assert _codes(stranger.errors) == ["submission_not_found"]
    assert _codes(wrong.errors) == ["field_missing"]
    assert (amended.errors, again.errors) == ((), ())
    assert _codes(twice.errors) == ["submission_superseded"]
    assert await _states(engine) == [
        ("fileVrCourse", "SUPERSEDED"),
        ("amendVrCourse", "SUPERSEDED"),
        ("amendVrCourse", "ACCEPTED"),
    ]
    assert agency.sent == ["vr.post_course"]


async def test_what_was_turned_down_is_filed_anew_and_not_amended(engine: AsyncEngine) -> None:
    await _member(engine)
    hub = make_hub(engine)
    refused = await file_vr_course(hub, asked_by(hub), FileVrCourse("course-01", FORM, PAPERS))
    error = RowError("hours_invalid", "時數錯誤", field="categories[0].hours")
    await _deliver(hub, Agency(Refused(422, "validation_failed", errors=(error,))))
    rejected = await file_vr_course(
        hub, asked_by(hub), FileVrCourse("course-02", replace(FORM, lecturers=()), PAPERS)
    )

    answers = [await _amend(hub, refused, "amend-01"), await _amend(hub, rejected, "amend-02")]

    assert [_codes(answer.errors) for answer in answers] == [["submission_closed"]] * 2
    async with engine.connect() as connection:
        errors = await connection.scalar(
            select(submission.c.errors).where(submission.c.id == refused.submission)
        )
    assert [(item["code"], item["field"], item["zh"]) for item in errors or ()] == [
        ("hours_invalid", ["course", "categories", "0", "hours"], "時數錯誤")
    ]


def _delivery(payload: dict[str, Any]) -> Delivery:
    return Delivery(1, None, "vr.post_roster", "key", 1, None, payload)  # type: ignore[arg-type]


def test_the_agencys_lines_are_those_of_the_institutions_file() -> None:
    delivery = _delivery(
        {
            "sheet_name": "sheet.pdf",
            "files": [{"name": "a.csv", "lines": [3, 5, 6]}, {"name": None, "lines": [2, 4]}],
        }
    )

    placed = [
        roster_place(delivery, UserError(code, field, file, row))
        for code, field, file, row in (
            ("id_format", ("學員身分證字號(或居留證號)",), "records_1", 4),
            ("unmatched", None, "records_2", 4),
            ("header_mismatch", None, "records_1", 1),
            ("sign_in_sheet_format", None, "sign_in_sheet", None),
            ("other", ("x",), None, None),
        )
    ]

    assert [(error.field, error.file, error.row) for error in placed] == [
        (("id",), "a.csv", 5),
        (None, None, 4),
        (None, "a.csv", 1),
        (("signInSheet",), "sheet.pdf", None),
        (("x",), None, None),
    ]


def test_the_agencys_fields_are_those_of_the_input() -> None:
    delivery = _delivery({})

    of_course = course_place(delivery, UserError("x", ("lecturers[1].national_id",)))
    of_leave = extension_place(delivery, UserError("x", ("local_document_no",)))

    assert of_course.field == ("course", "lecturers", "1", "identifier")
    assert of_leave.field == ("localLetter", "documentNo")


@pytest.mark.parametrize(
    ("hundredths", "text"), [(300, "3"), (250, "2.5"), (1005, "10.05"), (10000, "100"), (0, "0")]
)
def test_hours_are_plain_decimals(hundredths: int, text: str) -> None:
    assert hours_text(hundredths) == text


def test_what_was_expected_is_told_in_both_languages() -> None:
    error = told("word_unknown", ("session",), words="morning afternoon")

    assert (error.expected, error.expected_en) == (
        "下列之一：morning afternoon",
        "one of: morning afternoon",
    )
    assert UserError.from_json(error.as_json()) == error

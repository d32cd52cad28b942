"""``submitOshRoster`` over HTTP: every code of the rulebook, files and rows, who may and what stays."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from certhub.resolvers.ids import decode_id
from certhub.roster.trainees import COLUMNS
from certhub.roster.writing import write_table
from certhub.sandbox.cast import STORY_CLASS_NO
from certhub.sandbox.numbers import national_id

from ..osh_hub import OshHub, codes, in_service, plan, trainee

IN_SERVICE = {
    "kind": "in_service",
    "trainees": [in_service(seat) for seat in range(1, 16)],
}
HEADINGS = {
    "seq": "seq", "name": "name", "birthDate": "birth_date", "nationalId": "national_id",
    "licenceNo": "licence_no", "education": "education", "employer": "employer",
    "jobTitle": "job_title", "address": "address", "email": "email", "phone": "phone",
}  # fmt: skip


def people(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [trainee(seat, **changes) for seat in range(1, count + 1)]


def as_csv(rows: list[dict[str, Any]], encoding: str = "utf-8-sig") -> bytes:
    """The form's columns and 人員類別, in the form's words."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(COLUMNS[name] for name in HEADINGS.values()), "備註", "人員類別"])
    for row in rows:
        writer.writerow([*(row.get(name, "") for name in HEADINGS), "", "護理人員"])
    return out.getvalue().encode(encoding)


async def test_a_roster_replaces_the_trainees_on_file(osh: OshHub) -> None:
    number = await osh.on_file()

    filed = await osh.file(
        "submitOshRoster", {"classNo": number, "rows": people(17), "licenceVerified": True}
    )
    await osh.deliver()

    assert (filed["errors"], filed["warnings"]) == ([], [])
    assert (await osh.state(filed))["state"] == "ACCEPTED"
    assert len(osh.agency.books.of_class("trainees", number)) == 17


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"phone": " "}, ["osh.roster.field_missing"]),
    ({"seq": None, "name": ""}, ["osh.roster.field_missing", "osh.roster.field_missing"]),
    ({"nationalId": "A12345"}, ["osh.roster.id_format"]),
    ({"nationalId": national_id("B", 1, 42).lower()}, ["osh.roster.id_format"]),
    ({"nationalId": "A123456780"}, ["osh.roster.id_checksum"]),
    ({"nationalId": trainee(1)["nationalId"]}, ["osh.roster.duplicate_person"]),
    ({"birthDate": "1986-02-30"}, ["osh.roster.birth_date_invalid"]),
    ({"birthDate": "2024-10-01"}, ["osh.roster.birth_date_invalid"]),
    ({"licenceVerified": False}, ["osh.roster.licence_not_verified"]),
    ({"profession": "dentist"}, ["osh.roster.profession_not_allowed"]),
    ({"waiver": {"proof": "證明", "courses": []}}, ["osh.roster.waiver_incomplete"]),
    ({"waiver": {"courses": ["職業衛生"]}}, ["osh.roster.waiver_incomplete"]),
    ({"waiver": {"proof": "證明", "courses": ["插花"]}}, ["osh.roster.waiver_course_unknown"]),
    ({"seq": "1"}, ["seat_taken"]),
]


async def test_every_bad_row_has_its_own_errors_and_nothing_is_sent(osh: OshHub) -> None:
    number = await osh.filed()
    rows = [trainee(1)] + [
        trainee(seat, **changes) for seat, (changes, _) in enumerate(BAD, start=2)
    ]
    expected = [(row, code) for row, (_, found) in enumerate(BAD, start=2) for code in found]
    given = {"classNo": number, "rows": rows, "licenceVerified": True}
    held = osh.agency.books.of_class("trainees", number)

    dry = await osh.file("submitOshRoster", {**given, "validateOnly": True})
    filed = await osh.file("submitOshRoster", given)
    await osh.deliver()

    assert sorted(codes(filed), key=str) == sorted(expected, key=str)
    assert dry["errors"] == filed["errors"]
    assert filed["submission"]["state"] == "REJECTED"
    assert filed["submission"]["summary"]["valid_rows"] == 1
    assert osh.agency.books.of_class("trainees", number) == held


async def test_an_error_says_field_and_what_was_expected_in_both_languages(osh: OshHub) -> None:
    number = await osh.filed()
    rows = [*people(14), trainee(15, birthDate="2025-01-01", licenceNo="")]

    filed = await osh.file(
        "submitOshRoster", {"classNo": number, "rows": rows, "licenceVerified": True}
    )

    assert filed["errors"] == [
        {
            "code": "osh.roster.field_missing",
            "field": ["licenceNo"],
            "file": None,
            "row": 15,
            "expected": None,
            "found": None,
            "zh": "必填欄位空白",
            "en": "A required field is empty",
        },
        {
            "code": "osh.roster.birth_date_invalid",
            "field": ["birthDate"],
            "file": None,
            "row": 15,
            "expected": "YYYY-MM-DD < 2024-10-01",
            "found": None,
            "zh": "出生年月日不正確",
            "en": "The date of birth is not a day before the class",
        },
    ]


async def test_an_in_service_waiver_is_refused_and_surplus_fields_are_dropped(
    osh: OshHub,
) -> None:
    number = await osh.filed(**IN_SERVICE)
    waived = in_service(15, waiver={"proof": "證明", "courses": ["職業衛生"]})
    rows = [in_service(seat) for seat in range(1, 15)]

    refused = await osh.file("submitOshRoster", {"classNo": number, "rows": [*rows, waived]})
    surplus = [*rows, in_service(15, phone="0900111222", employer="測試醫院")]
    taken = await osh.file("submitOshRoster", {"classNo": number, "rows": surplus})
    await osh.deliver()

    assert codes(refused) == [(15, "osh.roster.waiver_in_service")]
    assert (codes(taken), codes(taken, "warnings")) == ([], [(15, "osh.roster.surplus_fields")])
    row = osh.agency.get("trainees", f"{number}-015")
    assert row is not None
    assert (row["電話"], row["服務單位"]) == ("", "")


@pytest.mark.parametrize(
    ("changes", "count", "errors", "warnings"),
    [
        ({}, 80, [], []),
        ({}, 81, [], ["osh.roster.over_80"]),
        (IN_SERVICE, 120, [], []),
        (IN_SERVICE, 121, [], ["osh.roster.over_120"]),
        ({**IN_SERVICE, "format": "group_discussion"}, 60, [], []),
        ({**IN_SERVICE, "format": "group_discussion"}, 61, ["osh.roster.over_60_discussion"], []),
        ({}, 14, [], ["agency_may_refuse_too_few"]),
    ],
)  # fmt: skip
async def test_sizes(
    osh: OshHub, changes: dict[str, Any], count: int, errors: list[str], warnings: list[str]
) -> None:
    number = await osh.filed(**changes)
    make = in_service if changes else trainee
    rows = [make(seat) for seat in range(1, count + 1)]

    filed = await osh.file(
        "submitOshRoster",
        {"classNo": number, "rows": rows, "licenceVerified": True, "validateOnly": True},
    )

    assert codes(filed) == [(None, code) for code in errors]
    assert codes(filed, "warnings") == [(None, code) for code in warnings]


async def test_those_on_file_stay_when_asked_and_count(osh: OshHub) -> None:
    number = await osh.filed()
    more = [trainee(seat) for seat in range(10, 82)]

    filed = await osh.file(
        "submitOshRoster",
        {"classNo": number, "rows": more, "licenceVerified": True, "keepOthers": True},
    )
    await osh.deliver()

    assert codes(filed, "warnings") == [(None, "osh.roster.over_80")]
    assert codes(await osh.state(filed), "warnings") == [
        (None, "osh.roster.over_80"),
        (None, "osh.class.over_80"),
    ]
    assert len(osh.agency.books.of_class("trainees", number)) == 81


async def test_a_file_gets_the_verdict_that_rows_get_with_the_lines_of_the_sheet(
    osh: OshHub,
) -> None:
    number = await osh.filed()
    rows = [*people(14), trainee(15, nationalId="A123456780")]
    upload = await osh.upload("名冊.csv", as_csv(rows))
    cp950 = await osh.upload("roster.csv", as_csv(rows, "cp950"))

    by_file = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": upload, "licenceVerified": True}
    )
    older = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": cp950, "licenceVerified": True}
    )

    assert codes(by_file) == codes(older) == [(16, "osh.roster.id_checksum")]
    assert by_file["errors"][0]["file"] == "名冊.csv"


@pytest.mark.parametrize("form", ["ods", "xlsx"])
async def test_a_sheet_is_read_like_a_file_of_text(osh: OshHub, form: str) -> None:
    number = await osh.filed()
    head, *body = list(csv.reader(io.StringIO(as_csv(people(15)).decode("utf-8-sig"))))
    name = f"roster.{form}"
    upload = await osh.upload(name, write_table(name, head, body))

    filed = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": upload, "licenceVerified": True}
    )
    await osh.deliver()

    assert filed["errors"] == []
    assert (await osh.state(filed))["state"] == "ACCEPTED"


async def test_the_agencys_row_errors_come_back_by_the_line_of_the_file(osh: OshHub) -> None:
    number = await osh.filed()
    rows = people(15)
    upload = await osh.upload("roster.csv", as_csv(rows))

    def refuse(request: Request) -> Response | None:
        if request.method != "PUT":
            return None
        wrong = {"code": "duplicate_person", "message_zh": f"重複 {rows[0]['nationalId']}",
                 "table": "trainees", "row": 3, "field": "national_id"}  # fmt: skip
        body = {"type": "about:blank", "status": 422, "code": "validation_failed", "detail": "x",
                "errors": [wrong]}  # fmt: skip
        return JSONResponse(body, 422, media_type="application/problem+json")

    filed = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": upload, "licenceVerified": True}
    )
    osh.agency.faults.append(refuse)
    await osh.deliver()
    osh.agency.faults.remove(refuse)

    stands = await osh.state(filed)
    assert stands["state"] == "REFUSED"
    [error] = stands["errors"]
    assert (error["code"], error["file"], error["row"], error["field"]) == (
        "osh.roster.duplicate_person",
        "roster.csv",
        4,
        ["nationalId"],
    )
    hub = osh.client.app.state.site.hub
    async with hub.engine.connect() as connection:
        told = await connection.scalar(
            text("select errors::text from hub.submission where id = :id"),
            {"id": decode_id(filed["submission"]["id"])[1]},
        )
    assert "重複 ***" in told


async def test_a_file_of_twenty_thousand_rows_is_refused_by_a_limit(osh: OshHub) -> None:
    number = await osh.filed()
    many = as_csv([trainee(1)] * 19_999)
    more = as_csv([trainee(1)] * 20_001)

    first = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": await osh.upload("a.csv", many)}
    )
    second = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": await osh.upload("b.csv", more)}
    )

    assert codes(first) == codes(second) == [(None, "too_many_rows")]
    assert first["errors"][0]["expected"] == "<= 2000"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rows": []}, "rows_missing"),
        ({}, "file_or_rows"),
        ({"rows": [], "planned": {"kind": "professional", "startsOn": "2024-10-01"}},
         "class_or_planned"),
    ],
)  # fmt: skip
async def test_an_input_without_a_roster_or_with_two_classes_is_told_so(
    osh: OshHub, given: dict[str, Any], code: str
) -> None:
    number = await osh.filed()

    filed = await osh.file("submitOshRoster", {"classNo": number, **given})

    assert codes(filed) == [(None, code)]


async def test_a_roster_before_its_plan_is_kept_and_goes_with_it(osh: OshHub) -> None:
    planned = {"periodNo": "第601期", "kind": "professional", "startsOn": "2024-10-01",
               "courses": ["職業衛生"]}  # fmt: skip
    few = await osh.file(
        "submitOshRoster", {"planned": planned, "rows": people(14), "licenceVerified": True}
    )
    kept = await osh.file(
        "submitOshRoster", {"planned": planned, "rows": people(16), "licenceVerified": True}
    )
    await osh.deliver()
    waits = await osh.state(kept)

    given = plan(periodNo="第601期")
    given.pop("trainees")
    filed = await osh.file("fileOshClass", given)
    await osh.deliver()

    assert codes(few) == [(None, "osh.roster.too_few")]
    assert (kept["errors"], waits["state"]) == ([], "QUEUED")
    stands = await osh.state(filed)
    assert (stands["state"], stands["summary"]["rows"]) == ("ACCEPTED", 16)
    assert (await osh.state(kept))["state"] == "SUPERSEDED"
    assert len(osh.agency.books.of_class("trainees", stands["target"])) == 16


async def test_a_planned_roster_after_the_fifteenth_day_is_too_late(osh: OshHub) -> None:
    planned = {"periodNo": "第602期", "kind": "professional", "startsOn": "2024-10-01"}

    with osh.on(date(2024, 9, 17)):
        filed = await osh.file(
            "submitOshRoster", {"planned": planned, "rows": people(15), "licenceVerified": True}
        )

    assert codes(filed) == [(None, "osh.roster.too_late")]
    assert filed["errors"][0]["expected"] == "<= 2024-09-16"


async def test_on_the_first_day_a_roster_is_too_late(osh: OshHub) -> None:
    number = await osh.filed()
    given = {"classNo": number, "rows": people(15), "licenceVerified": True, "validateOnly": True}

    with osh.on(date(2024, 9, 30)):
        in_time = await osh.file("submitOshRoster", given)
    with osh.on(date(2024, 10, 1)):
        late = await osh.file("submitOshRoster", given)

    assert codes(in_time) == []
    assert codes(late) == [(None, "osh.roster.too_late")]


async def test_an_institution_that_is_no_longer_recognised_submits_nothing(osh: OshHub) -> None:
    number = await osh.filed()

    with osh.on(date(2026, 1, 5)):
        filed = await osh.file(
            "submitOshRoster", {"classNo": number, "rows": people(15), "licenceVerified": True}
        )

    assert sorted(code for _, code in codes(filed)) == [
        "osh.roster.institution_not_recognised",
        "osh.roster.too_late",
    ]


async def test_another_institutions_class_and_none_at_all_get_one_answer(osh: OshHub) -> None:
    rows = {"rows": people(15), "licenceVerified": True}

    foreign = await osh.file(
        "submitOshRoster", {"classNo": STORY_CLASS_NO, **rows}, role="institution-vr"
    )
    absent = await osh.file(
        "submitOshRoster", {"classNo": "OH0002-113-999999", **rows}, role="institution-vr"
    )

    assert codes(foreign) == [(None, "osh.roster.not_owner")]
    assert foreign["errors"] == absent["errors"]
    assert foreign["warnings"] == absent["warnings"] == []


async def test_no_number_of_a_person_stands_outside_the_sealed_payload(osh: OshHub) -> None:
    number = await osh.filed()
    secret = national_id("H", 2, 4711)
    rows = [*people(14), trainee(15, nationalId=secret), trainee(16, nationalId=secret)]
    upload = await osh.upload("roster.csv", as_csv(rows))

    refused = await osh.file(
        "submitOshRoster", {"classNo": number, "upload": upload, "licenceVerified": True}
    )
    await osh.file(
        "submitOshRoster", {"classNo": number, "rows": rows[:-1], "licenceVerified": True}
    )
    await osh.deliver()

    assert codes(refused) == [(17, "osh.roster.duplicate_person")]
    hub = osh.client.app.state.site.hub
    async with hub.engine.connect() as connection:
        for table in (
            "submission",
            "submission_event",
            "outbox",
            "audit",
            "receipt",
            "idempotency",
        ):
            found = await connection.scalar(
                text(f"select count(*) from hub.{table} t where t::text like :secret"),
                {"secret": f"%{secret}%"},
            )
            assert found == 0, table
    assert all(secret not in item.path for item in osh.agency.requests)

"""Attendance, results and the issue roll over HTTP: who sat, who passed, who may get a paper."""

from datetime import date, timedelta
from typing import Any

import pytest

from certhub.resolvers.ids import NodeKind, encode_id
from certhub.sandbox.cast import STORY_CLASS_NO

from ..osh_hub import OshHub, codes, in_service, trainee

ENDED = date(2024, 10, 3)
TRAINEES = """query($id: ID!) { node(id: $id) { ... on TrainingClass { closing { status details }
  trainees(first: 30) { nodes { seq attendance { status } completion { status } } } } } }"""


def sessions(number: str) -> list[str]:
    return [f"{number}-S0{row}" for row in range(1, 5)]


def attended(seat: int, session: str, **changes: Any) -> dict[str, Any]:
    return {
        "traineeSeq": str(seat),
        "sessionNo": session,
        "signIn": "08:50",
        "signOut": "12:00",
        **changes,
    }


def sat(seat: int, **changes: Any) -> dict[str, Any]:
    return {
        "traineeSeq": str(seat),
        "examOn": "2024-10-03",
        "passed": True,
        "score": "85",
        "practicumOn": "2024-10-02",
        "practicumPlace": "測試醫院",
        "reportScore": "90",
        **changes,
    }


def paper(number: str, seat: int, **changes: Any) -> dict[str, Any]:
    return {
        "traineeSeq": str(seat),
        "certificateNo": f"{number[-6:]}字第{seat}號",
        "issuedOn": "2024-10-03",
        **changes,
    }


async def standing(osh: OshHub, number: str) -> dict[str, Any]:
    given = {"id": encode_id(NodeKind.TRAINING_CLASS, number)}
    answer = await osh.ask(TRAINEES, given, role="central-mol")
    return dict(answer["data"]["node"])


async def test_a_class_is_reported_certified_and_closed(osh: OshHub) -> None:
    number = await osh.on_file(trainees=[trainee(seat) for seat in range(1, 18)])
    first = sessions(number)[0]
    with osh.on(ENDED):
        attendance = await osh.file(
            "submitOshAttendance",
            {"classNo": number, "rows": [
                attended(1, first),
                attended(2, first, lateMinutes=15),
                attended(3, first, leaveHours="2"),
                attended(4, first, lateMinutes=14),
            ]},
        )  # fmt: skip
        results = await osh.file(
            "submitOshResults",
            {"classNo": number, "rows": [
                *(sat(seat) for seat in range(1, 18) if seat not in {2, 5}),
                sat(5, passed=False),
            ]},
        )  # fmt: skip
        issued = await osh.file(
            "issueOshCertificates",
            {"classNo": number, "rows": [
                paper(number, seat) for seat in range(1, 18) if seat not in {2, 5}
            ]},
        )  # fmt: skip
        await osh.deliver()
        await osh.sync()
        stands = await standing(osh, number)

    for filed in (attendance, results, issued):
        assert filed["errors"] == []
        assert (await osh.state(filed))["state"] == "ACCEPTED"
    assert attendance["submission"]["summary"]["outcomes"] == {"attended": 3, "withdrawn": 1}
    row = osh.agency.get("attendance", f"{number}-002-01")
    assert row is not None
    assert (row["缺課時數"], row["遲到分鐘"]) == ("3", "15")
    assert stands["closing"]["status"] == "on_time"
    by_seat = {item["seq"]: item for item in stands["trainees"]["nodes"]}
    assert by_seat[1]["completion"]["status"] == "certificate_due"
    assert by_seat[2]["attendance"]["status"] == "withdrawn"
    assert by_seat[2]["completion"]["status"] == "barred"
    assert by_seat[5]["completion"]["status"] == "resit_open"


async def test_the_roll_counts_as_registered_before_the_agency_says_so(osh: OshHub) -> None:
    number = await osh.on_file()
    with osh.on(ENDED):
        await osh.file(
            "submitOshResults", {"classNo": number, "rows": [sat(n) for n in range(1, 16)]}
        )
        issued = await osh.file(
            "issueOshCertificates",
            {"classNo": number, "rows": [paper(number, n) for n in range(1, 16)]},
        )
        await osh.deliver()

    assert issued["submission"]["summary"]["issue_roll_on"] == "2024-10-03"
    with osh.on(date(2024, 11, 4)):
        stands = await standing(osh, number)
    assert stands["closing"]["details"]["findings"] == [
        "osh.closing.issue_overdue",
        "osh.closing.upload_overdue",
    ]


async def test_every_fault_of_attendance_is_named(osh: OshHub) -> None:
    number = await osh.on_file()
    one, _, three, four = sessions(number)
    rows = [
        attended(1, one),
        attended(1, one),
        attended(99, one),
        attended(2, "OH0002-113-000001-S01"),
        attended(3, three),
        attended(4, one, signIn="9:00"),
        attended(5, one, signOut="08:00"),
        attended(6, one, leaveHours="4"),
        attended(7, one, madeUpOn="2024-10-01"),
        attended(8, one, madeUpOn="2024-10-09", madeUpHours="3"),
        attended(9, one, lateMinutes=-1),
        attended(10, four),
        attended(11, one, signIn="08:50\x00"),
        attended(12, one, lateMinutes=2_000_000_000),
    ]

    with osh.on(date(2024, 10, 1)):
        filed = await osh.file("submitOshAttendance", {"classNo": number, "rows": rows})

    assert codes(filed) == [
        (2, "row_repeated"),
        (3, "trainee_unknown"),
        (4, "session_unknown"),
        (5, "session_not_held"),
        (6, "time_invalid"),
        (7, "time_invalid"),
        (8, "hours_invalid"),
        (9, "osh.roster.field_missing"),
        (10, "day_invalid"),
        (11, "hours_invalid"),
        (12, "session_not_held"),
        (13, "text_not_printable"),
        (13, "time_invalid"),
        (14, "hours_invalid"),
    ]
    assert filed["submission"]["state"] == "REJECTED"
    assert osh.agency.books.of_class("attendance", number) == []


async def test_what_was_found_is_said_but_never_a_number_of_a_person(osh: OshHub) -> None:
    number = await osh.on_file()
    rows = [
        attended(1, sessions(number)[0], leaveHours="4"),
        attended(2, "A123456789"),
    ]

    with osh.on(ENDED):
        given = {"classNo": number, "rows": rows, "idempotencyKey": "osh-found-1"}
        filed = await osh.file("submitOshAttendance", given)
        again = await osh.file("submitOshAttendance", given)

    assert [(item["expected"], item["found"]) for item in filed["errors"]] == [
        ("0..3", "4"),
        (None, "***"),
    ]
    assert again == filed


async def test_a_later_report_adds_to_the_one_that_waits(osh: OshHub) -> None:
    number = await osh.on_file()
    one, two, *_ = sessions(number)

    with osh.on(ENDED):
        await osh.file("submitOshAttendance", {"classNo": number, "rows": [attended(1, one)]})
        await osh.file("submitOshAttendance", {"classNo": number, "rows": [attended(1, two)]})
        await osh.deliver()

    assert len(osh.agency.books.of_class("attendance", number)) == 2


async def test_a_late_report_is_taken_and_said_to_be_late(osh: OshHub) -> None:
    number = await osh.on_file()

    with osh.on(date(2024, 10, 18)):
        rows = [attended(1, sessions(number)[0])]
        filed = await osh.file("submitOshAttendance", {"classNo": number, "rows": rows})
        await osh.deliver()
        stands = await osh.state(filed)

    assert (codes(filed), codes(filed, "warnings")) == ([], [(None, "osh.closing.upload_late")])
    assert filed["warnings"][0]["expected"] == "<= 2024-10-17"
    assert stands["state"] == "ACCEPTED"
    assert (None, "reported_late") in codes(stands, "warnings")


async def test_who_may_sit_and_who_may_resit(osh: OshHub) -> None:
    number = await osh.on_file()
    one, *_ = sessions(number)
    with osh.on(ENDED):
        await osh.file(
            "submitOshAttendance",
            {"classNo": number, "rows": [
                attended(1, one, signOut=None),
                attended(2, one, leaveHours="3"),
                attended(3, one, leaveHours="0.5"),
            ]},
        )  # fmt: skip

        filed = await osh.file(
            "submitOshResults",
            {"classNo": number, "rows": [
                sat(1),
                sat(2),
                sat(3),
                sat(4, attempt="2"),
                sat(5, passed=False),
                sat(5, attempt="2", passed=False),
                sat(6, attempt="3"),
                sat(7, examOn="2024-10-01"),
                sat(8, examOn="2024-10-20"),
                sat(9),
                sat(9),
                sat(77),
            ]},
        )  # fmt: skip
        early = codes(filed)

    assert early == [
        (1, "osh.exam.not_admitted"),
        (2, "osh.exam.not_admitted"),
        (4, "osh.exam.no_first_failure"),
        (7, "enum_invalid"),
        (8, "day_invalid"),
        (9, "day_invalid"),
        (11, "row_repeated"),
        (12, "trainee_unknown"),
    ]


async def test_hours_made_up_open_the_examination(osh: OshHub) -> None:
    # given thirty hours, of which three missed are less than a fifth
    days = [f"2024-10-{day:02}" for day in range(1, 11)]
    timetable = [
        {"date": day, "time": "09:00~12:00", "course": "職業衛生", "hours": "3",
         "lecturer": "測試講師"}
        for day in days
    ]  # fmt: skip
    number = await osh.on_file(endsOn="2024-10-10", timetable=timetable)
    one = f"{number}-S01"

    with osh.on(date(2024, 10, 14)):
        missed = {"classNo": number, "rows": [attended(1, one, signatureValid=False)]}
        await osh.file("submitOshAttendance", missed)
        given = {"classNo": number, "rows": [sat(1, examOn="2024-10-14")]}
        before = await osh.file("submitOshResults", given)
        made_up = attended(1, one, signatureValid=False, madeUpOn="2024-10-12", madeUpHours="3")
        await osh.file("submitOshAttendance", {"classNo": number, "rows": [made_up]})
        after = await osh.file("submitOshResults", given)

    assert codes(before) == [(1, "osh.exam.not_admitted")]
    assert codes(after) == []


async def test_results_wait_for_the_end_and_are_of_professional_classes(osh: OshHub) -> None:
    number = await osh.on_file()
    other = await osh.on_file(
        kind="in_service", trainees=[in_service(seat) for seat in range(1, 16)]
    )

    with osh.on(date(2024, 10, 1)):
        early = await osh.file("submitOshResults", {"classNo": number, "rows": [sat(1)]})
    with osh.on(ENDED):
        wrong = await osh.file("submitOshResults", {"classNo": other, "rows": [sat(1)]})

    assert codes(early) == [(None, "class_not_ended"), (1, "day_invalid"), (1, "day_invalid")]
    assert codes(wrong) == [(None, "osh.exam.professional_only")]


async def test_who_may_get_a_certificate(osh: OshHub) -> None:
    number = await osh.on_file()
    one, *_ = sessions(number)
    with osh.on(ENDED):
        await osh.file(
            "submitOshResults",
            {"classNo": number, "rows": [
                sat(1), sat(2, reportScore=None, practicumOn=None, practicumPlace=None), sat(3),
                sat(4, passed=False), sat(5), sat(6),
            ]},
        )  # fmt: skip
        await osh.file(
            "submitOshAttendance",
            {"classNo": number, "rows": [attended(3, one, leaveHours="3")]},
        )

        filed = await osh.file(
            "issueOshCertificates",
            {"classNo": number, "notedNo": "另一文號", "rows": [
                paper(number, 1),
                paper(number, 2),
                paper(number, 3),
                paper(number, 4),
                paper(number, 5, certificateNo=f"{number[-6:]}字第1號"),
                paper(number, 6, issuedOn="2024-10-09"),
                paper(number, 7),
                paper(number, 1, certificateNo="另一號"),
                paper(number, 88),
                paper(number, 9, certificateNo="\x00"),
            ]},
        )  # fmt: skip

    assert codes(filed) == [
        (None, "noted_no_wrong"),
        (2, "osh.bar.no_practicum_report"),
        (3, "osh.bar.absence_fifth"),
        (4, "osh.exam.not_passed"),
        (5, "certificate_no_invalid"),
        (6, "day_invalid"),
        (7, "osh.exam.not_passed"),
        (8, "osh.certificate.already_issued"),
        (9, "trainee_unknown"),
        (10, "text_not_printable"),
        (10, "osh.exam.not_passed"),
    ]


async def test_without_the_number_of_the_note_nothing_is_issued(osh: OshHub) -> None:
    number = await osh.filed()
    await osh.sync()

    with osh.on(ENDED):
        await osh.file("submitOshResults", {"classNo": number, "rows": [sat(1)]})
        filed = await osh.file(
            "issueOshCertificates", {"classNo": number, "rows": [paper(number, 1)]}
        )

    assert codes(filed) == [(None, "osh.certificate.no_noted_number")]


async def test_proofs_of_in_service_training_say_the_hours_of_each_category(osh: OshHub) -> None:
    names = ["osh.regulations", "osh.risk_assessment", "osh.health_management"]
    number = await osh.on_file(
        kind="in_service",
        endsOn="2024-10-01",
        timetable=[
            {"date": "2024-10-01", "time": f"{9 + row}:00~{11 + row}:00", "course": name,
             "hours": "2", "lecturer": "測試講師", "category": name}
            for row, name in enumerate(names)
        ],
        trainees=[in_service(seat) for seat in range(1, 16)],
    )  # fmt: skip

    with osh.on(date(2024, 10, 1)):
        absent = attended(2, f"{number}-S01", leaveHours="1")
        await osh.file("submitOshAttendance", {"classNo": number, "rows": [absent]})
        given = {"issuedOn": "2024-10-01"}
        refused = await osh.file(
            "issueOshCertificates", {"classNo": number, "rows": [paper(number, 2, **given)]}
        )
        filed = await osh.file(
            "issueOshCertificates", {"classNo": number, "rows": [paper(number, 1, **given)]}
        )
        await osh.deliver()

    assert codes(refused) == [(1, "osh.bar.not_full_attendance")]
    assert (filed["errors"], filed["warnings"]) == ([], [])
    assert (await osh.state(filed))["state"] == "ACCEPTED"
    row = osh.agency.get("certificates", paper(number, 1)["certificateNo"])
    assert row is not None
    assert row["課程類別時數"] == ("職業安全衛生相關法規=2;職場健康風險評估=2;職場健康管理實務=2")


async def test_a_class_that_no_drop_has_shown_is_not_reported_on(osh: OshHub) -> None:
    number = await osh.filed()

    with osh.on(ENDED):
        filed = await osh.file("submitOshResults", {"classNo": number, "rows": [sat(1)]})

    assert codes(filed) == [(None, "class_not_synced")]


@pytest.mark.parametrize(
    ("mutation", "row"),
    [
        ("submitOshAttendance", attended(1, f"{STORY_CLASS_NO}-S01")),
        ("submitOshResults", sat(1)),
        ("issueOshCertificates", paper(STORY_CLASS_NO, 1)),
    ],
)
async def test_a_report_on_another_institutions_class_is_one_on_none(
    osh: OshHub, mutation: str, row: dict[str, Any]
) -> None:
    foreign = await osh.file(
        mutation, {"classNo": STORY_CLASS_NO, "rows": [row]}, role="institution-vr"
    )
    absent = await osh.file(mutation, {"classNo": "OH1-1", "rows": [row]}, role="institution-vr")

    assert codes(foreign) == [(None, "class_not_found")]
    assert foreign["errors"] == absent["errors"]


async def test_nothing_more_is_filed_about_a_class_that_was_cancelled(osh: OshHub) -> None:
    number = await osh.on_file()
    row = osh.agency.get("classes", number)
    assert row is not None
    osh.agency.upsert("classes", {**row, "狀態": "取消"})
    await osh.sync()

    answers = [
        await osh.file("amendOshClass", {"classNo": number, "materials": "新講義"}),
        await osh.file("submitOshRoster", {"classNo": number, "rows": [trainee(1)]}),
        await osh.file("submitOshResults", {"classNo": number, "rows": [sat(1)]}),
    ]

    assert [codes(item) for item in answers] == [[(None, "class_called_off")]] * 3
    assert {item["errors"][0]["found"] for item in answers} == {"cancelled"}


async def test_old_data_are_checked_with_a_warning(osh: OshHub) -> None:
    number = await osh.on_file()
    osh.now += timedelta(days=3)

    filed = await osh.file("amendOshClass", {"classNo": number, "materials": "新講義"})

    await osh.deliver()
    await osh.sync()
    assert codes(filed) == []
    assert codes(filed, "warnings") == [(None, "registry_state_old")]

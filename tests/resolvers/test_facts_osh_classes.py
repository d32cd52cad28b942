"""mapping.md section 3: OSH classes, their trainees and institutions."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import pytest

from certhub.domain.bundles import ClassRows
from certhub.domain.errors import InvalidInput
from certhub.resolvers.facts import osh_classes, osh_institutions, osh_trainees

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2023, 7, 1)


@pytest.fixture
def held(row: MakeRow) -> ClassRows:
    """A class of two lessons, two trainees, in order."""
    return ClassRows(
        row("osh.training_class", "K1"),
        sessions=[
            row("osh.session", "S1", hours=200, lecturer_no="D1", category="職業安全衛生相關法規",
                course="法規"),
            row("osh.session", "S2", hours=400, lecturer_no="D1", category="職場健康風險評估",
                course="評估"),
        ],
        lecturers=[row("osh.lecturer", "D1", clause="附表第一款"), row("osh.lecturer", "D2")],
        trainees=[row("osh.trainee", "T1"), row("osh.trainee", "T2")],
        recognitions=[row("osh.recognition", "OH1-1")],
    )  # fmt: skip


def test_a_filing_is_what_is_on_file(held: ClassRows) -> None:
    held.filing = {"letter_on": date(2023, 4, 2), "venue_proof": True}

    built = osh_classes.class_filing(held, AS_OF)

    assert built.given == {
        "class": {
            "kind": "in_service",
            "format": "lecture",
            "starts_on": "2023-05-06",
            "ends_on": "2023-05-06",
            "filed_on": "2023-04-01",
            "letter_on": "2023-04-02",
            "enrolled": 2,
            "counsellor": True,
            "documents": [
                "plan_notice",
                "timetable",
                "lecturer_roster",
                "trainee_roster",
                "venue_proof",
            ],
            "category_hours": {"osh.regulations": 2, "osh.risk_assessment": 4},
        },
        "lecturers": [{"id": "D1", "clause": "附表第一款"}, {"id": "D2"}],
        "timetable": [
            {"lecturer": "D1", "hours": 2, "category": "osh.regulations"},
            {"lecturer": "D1", "hours": 4, "category": "osh.risk_assessment"},
        ],
        "recognition": {
            "valid_from": "2021-07-01",
            "valid_to": "2024-06-30",
            "training_kinds": ["professional", "in_service"],
        },
    }
    assert built.findings == ()


def test_letter_and_venue_proof_may_be_declared_but_no_roster(held: ClassRows) -> None:
    declared = {"class": {"letter_on": "2023-04-02", "documents": ["venue_proof", "timetable"]}}
    held.sessions = ()

    built = osh_classes.class_filing(held, AS_OF, declared)

    assert built.given is not None
    filed = built.given["class"]
    assert isinstance(filed, dict)
    assert filed["letter_on"] == "2023-04-02"
    assert filed["documents"] == [
        "plan_notice",
        "lecturer_roster",
        "trainee_roster",
        "venue_proof",
    ]
    with pytest.raises(InvalidInput) as refused:
        osh_classes.class_filing(held, AS_OF, {"class": {"enrolled": 20}})
    assert refused.value.details["key"] == "class.enrolled"


def test_a_class_of_an_unknown_kind_is_not_applicable(row: MakeRow, held: ClassRows) -> None:
    held.training_class = row("osh.training_class", "K1", training_kind="新訓練")

    built = osh_classes.class_filing(held, AS_OF)

    assert (built.given, built.not_applicable) == (None, "unknown_value")


def test_attendance_reads_exceptions_and_leaves_out_what_names_no_lesson(
    row: MakeRow, held: ClassRows
) -> None:
    held.attendance = [
        row("osh.attendance", "A1", trainee_no="T1", session_no="S1", sign_in="08:50",
            late_minutes=16, leave_hours=50),
        row("osh.attendance", "A2", trainee_no="T1", session_no=None, sign_in="08:50",
            made_up_on=date(2023, 6, 1), made_up_hours=200),
        row("osh.attendance", "A3", trainee_no="T2", session_no="S1"),
    ]  # fmt: skip

    built = osh_trainees.attendance(held, held.trainees[0], AS_OF)

    assert built.given == {
        "class": {"kind": "in_service", "total_hours": 6, "ends_on": "2023-05-06"},
        "sessions": [{"id": "S1", "hours": 2}, {"id": "S2", "hours": 4}],
        "records": [
            {
                "session": "S1",
                "sign_in": True,
                "sign_out": False,
                "late_minutes": 16,
                "leave_hours": 0.5,
                "signature_valid": True,
            }
        ],
        "make_up": [{"date": "2023-06-01", "hours": 2}],
        "holidays": [],
    }
    assert [(item.code, item.about) for item in built.findings] == [
        ("record_undetermined", ("A2",))
    ]


@pytest.mark.parametrize(
    ("term", "signed", "findings"),
    [
        ("是", True, []),
        (None, True, []),
        ("否", False, []),
        ("補簽", False, [("record_undetermined", ("A1",))]),
    ],
    ids=["yes", "empty", "no", "unknown"],
)
def test_a_signature_counts_unless_the_cell_says_otherwise(
    row: MakeRow,
    held: ClassRows,
    term: str | None,
    signed: bool,
    findings: list[tuple[str, tuple[str, ...]]],
) -> None:
    held.attendance = [
        row("osh.attendance", "A1", trainee_no="T1", session_no="S1", signature_valid=term)
    ]

    built = osh_trainees.attendance(held, held.trainees[0], AS_OF)

    assert built.given is not None
    [record] = cast("list[dict[str, object]]", built.given["records"])
    assert record["signature_valid"] is signed
    assert [(item.code, item.about) for item in built.findings] == findings


def test_completion_takes_the_hours_missed_from_the_attendance(
    row: MakeRow, held: ClassRows
) -> None:
    held.training_class = row(
        "osh.training_class", "K1", training_kind="專業訓練", total_hours=5000
    )
    held.results = [
        row("osh.result", exam_on=date(2023, 5, 20), outcome="不及格", practicum_place="測試工廠"),
        row("osh.result", exam_on=date(2023, 6, 20), attempt="補考", report_score="85"),
        row("osh.result", "R3", exam_on=date(2023, 6, 21), outcome="新結果"),
        row("osh.result", trainee_no="T2", exam_on=date(2023, 5, 20)),
    ]
    attended = {"absent_hours": 2.5, "make_up_hours": 0}

    built = osh_trainees.completion(
        held, held.trainees[0], AS_OF, attended, declared={"waived_hours": 4}
    )

    assert built.given == {
        "class": {
            "kind": "professional",
            "ends_on": "2023-05-06",
            "noted_number": "府勞檢字第1號",
        },
        "trainee": {
            "qualified": True,
            "identity_ok": True,
            "hours_due": 46,
            "absent_hours": 2.5,
            "make_up_hours": 0,
            "practicum_done": True,
            "report_approved": True,
        },
        "exams": [
            {"date": "2023-05-20", "passed": False},
            {"date": "2023-06-20", "passed": True},
        ],
        "holidays": [],
    }
    assert [(item.code, item.about) for item in built.findings] == [
        ("record_undetermined", ("R3",))
    ]


def test_in_service_trainees_need_no_licence(row: MakeRow, held: ClassRows) -> None:
    trainee = row("osh.trainee", "T9", licence_no=None)

    built = osh_trainees.completion(held, trainee, AS_OF, {})

    assert built.given is not None
    assert built.given["trainee"]["qualified"] is True  # type: ignore[index]


def test_closing_needs_the_confirmation_of_every_proof(row: MakeRow, held: ClassRows) -> None:
    held.training_class = row("osh.training_class", "K1", uploaded_on=date(2023, 5, 15))
    first = row("osh.certificate", confirmed_on=date(2023, 5, 20), issued_on=date(2023, 5, 6))
    second = row("osh.certificate", confirmed_on=None, issued_on=date(2023, 5, 7))
    held.certificates = [first, second]

    half = osh_classes.closing(held, AS_OF, declared={"issue_roll_on": "2023-05-16"})
    held.certificates = [first, {**second, "confirmed_on": date(2023, 5, 21)}]
    whole = osh_classes.closing(held, AS_OF, holidays=[date(2023, 6, 22)])

    assert half.given == {
        "class": {"kind": "in_service", "ends_on": "2023-05-06"},
        "holidays": [],
        "uploaded_on": "2023-05-15",
        "issued_on": "2023-05-07",
        "issue_roll_on": "2023-05-16",
    }
    assert whole.given == {
        "class": {"kind": "in_service", "ends_on": "2023-05-06"},
        "holidays": ["2023-06-22"],
        "uploaded_on": "2023-05-15",
        "issued_on": "2023-05-07",
        "confirmed_on": "2023-05-21",
    }


def test_the_status_of_a_recognition_takes_its_papers_from_the_declaration(row: MakeRow) -> None:
    declared = {
        "recognition": {"documents_uploaded_on": "2021-07-05"},
        "renewal_applied_on": "2024-03-01",
    }

    built = osh_institutions.recognition_status(row("osh.recognition"), AS_OF, declared=declared)

    assert built.given == {
        "recognition": {
            "recognised_on": "2021-07-01",
            "valid_from": "2021-07-01",
            "valid_to": "2024-06-30",
            "documents_uploaded_on": "2021-07-05",
        },
        "holidays": [],
        "renewal_applied_on": "2024-03-01",
    }


def test_an_application_is_barred_by_the_latest_termination(row: MakeRow) -> None:
    institution = row("osh.institution", "OH1", category="全國性護理專業團體")
    ended = row("osh.recognition", "OH1-1", termination_kind="廢止", terminated_on=date(2023, 3, 1))

    built = osh_institutions.recognition(
        institution, [ended, row("osh.recognition", "OH1-2")], AS_OF, {"documents": ["plan"]}
    )

    assert built.given == {
        "institution": {
            "id": "OH1",
            "category": "national_nursing_association",
            "terminated_on": "2023-03-01",
        },
        "training_kinds": ["professional", "in_service"],
        "term": {"valid_from": "2021-07-01", "valid_to": "2024-06-30"},
        "applied_on": "2023-07-01",
        "documents": ["plan"],
    }


def test_an_order_is_read_with_the_authority_that_issued_it(row: MakeRow) -> None:
    order = row(
        "osh.improvement_order",
        issued_by="高雄市政府勞動局",
        issued_on=date(2023, 5, 1),
        improve_by=date(2023, 6, 1),
        improved_on=date(2023, 5, 20),
    )

    built = osh_institutions.inspection(order, None, {"grounds": ["outsourced"]})

    assert built.given == {
        "order": {
            "by": "local_labour_authority",
            "issued_on": "2023-05-01",
            "improve_by": "2023-06-01",
            "improved_on": "2023-05-20",
        },
        "grounds": ["outsourced"],
    }


def test_the_ground_on_record_is_not_replaced(row: MakeRow) -> None:
    ended = row("osh.recognition", ground="第十四點第一項第二款")

    built = osh_institutions.inspection(None, ended, {"grounds": ["outsourced"]})

    assert built.given == {"grounds": ["false_documents"]}
    assert built.declared == ()

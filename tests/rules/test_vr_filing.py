"""Claims, course filings, plan deadlines, transitions: borders and orders."""

from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision, details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

Given = dict[str, Any]


def _ask(rule: str, as_of: str, given: Given) -> Decision:
    return evaluate(rule, given, date.fromisoformat(as_of)).decision


def _codes(decision: Decision) -> list[str]:
    return [item.code for item in decision.findings]


PAPERS = ["application_form", "course_evidence", "affidavit"]


@pytest.mark.parametrize(
    ("facts", "as_of", "status", "findings"),
    [
        ({}, "2024-09-15", "not_filed", []),
        ({}, "2024-09-16", "overdue", []),
        ({"posted_on": "2024-09-16"}, "2024-09-16", "rejected", ["claim_after_six_months"]),
        ({"posted_on": "2024-03-14"}, "2024-03-20", "rejected", ["course_not_finished"]),
        (
            {"posted_on": "2024-04-02", "documents": PAPERS[:2]},
            "2024-05-01",
            "incomplete",
            ["missing_affidavit"],
        ),
        ({"posted_on": "2024-04-02", "documents": PAPERS}, "2024-04-01", "not_filed", []),
        ({"posted_on": "2024-04-02", "documents": PAPERS}, "2024-04-02", "awaiting_letter", []),
        (
            {
                "posted_on": "2024-04-02",
                "documents": PAPERS,
                "letter_on": "2024-06-12",
                "online_submitted_on": "2024-06-12",
            },
            "2024-07-01",
            "submitted",
            [],
        ),
    ],
)
def test_a_claim_passes_papers_letter_and_online_entry(
    facts: Given, as_of: str, status: str, findings: list[str]
) -> None:
    decision = _ask("vr.individual_claim", as_of, {"course_end": "2024-03-15", **facts})

    assert (decision.status, _codes(decision)) == (status, findings)


COURSE: Given = {
    "start": "2024-06-15",
    "end": "2024-06-15",
    "domains": [{"index": 1, "category": "law", "domain": "d1", "hours": 3.5}],
    "targets": ["case_manager"],
    "instructors": [{"id": "i1", "approved_domains": ["d1"]}],
}


def _file(filed_on: str, stage: str = "pre", **more: object) -> Decision:
    given = {
        "stage": stage,
        "filed_on": filed_on,
        "stamped": True,
        "documents": ["course_summary", "brochure", "sign_in_sheet", "handouts"],
        "course": COURSE,
        **more,
    }
    return _ask("vr.course_filing", str(more.pop("as_of", filed_on)), given)


@pytest.mark.parametrize(
    ("stage", "filed_on", "status", "findings"),
    [
        ("pre", "2024-05-15", "accepted", []),
        ("pre", "2024-05-16", "accepted", ["filed_less_than_one_month_before"]),
        ("pre", "2024-06-15", "rejected", ["course_already_started"]),
        ("post", "2024-06-14", "rejected", ["course_not_finished"]),
        ("post", "2024-07-15", "accepted", []),
        ("post", "2024-07-16", "accepted", ["filed_more_than_one_month_after"]),
    ],
)
def test_the_months_before_and_after_are_advice(
    stage: str, filed_on: str, status: str, findings: list[str]
) -> None:
    decision = _file(filed_on, stage)

    assert (decision.status, _codes(decision)) == (status, findings)
    assert decision.report["hours"] == 3.5


@pytest.mark.parametrize(
    ("filed_on", "status"), [("2022-12-05", "accepted"), ("2022-12-06", "rejected")]
)
def test_the_limit_of_domains_begins_with_the_notice(filed_on: str, status: str) -> None:
    domains = [
        {"index": index, "category": "law", "domain": "d1", "hours": 1} for index in (1, 2, 3)
    ]

    assert _file(filed_on, course={**COURSE, "domains": domains}).status == status


@pytest.mark.parametrize(
    ("instructor", "findings"),
    [
        ({"clause": 1, "evidence": True}, ["lecturer_certificate_missing"]),
        ({"clause": 3, "evidence": True}, ["instructor_expertise_missing"]),
        ({"clause": 3, "expertise": "十年"}, ["instructor_evidence_missing"]),
        ({}, ["instructor_clause_missing", "instructor_evidence_missing"]),
    ],
)
def test_a_new_instructor_shows_what_the_clause_asks(
    instructor: Given, findings: list[str]
) -> None:
    course = {**COURSE, "instructors": [{"id": "i9", **instructor}]}

    decision = _file("2024-05-01", course=course)

    assert decision.status == "needs_supplement"
    assert _codes(decision) == sorted([*findings, "missing_instructor_cv"])


def test_saving_is_not_submitting() -> None:
    decision = _file("2024-05-01", submitted=False, stamped=False)

    assert decision.status == "draft"
    assert _codes(decision) == ["saved_not_submitted", "seal_or_official_letter_missing"]


@pytest.mark.parametrize(
    ("as_of", "received", "findings"),
    [
        ("2024-05-12", None, []),
        ("2024-05-13", None, ["supplement_overdue"]),
        ("2024-05-20", "2024-05-12", []),
        ("2024-05-20", "2024-05-13", ["supplement_late"]),
    ],
)
def test_a_supplement_is_due_in_two_days(
    as_of: str, received: str | None, findings: list[str]
) -> None:
    supplement = {"requested_on": "2024-05-10", "received_on": received}
    given = {
        "stage": "pre",
        "filed_on": "2024-05-01",
        "stamped": True,
        "documents": ["course_summary"],
        "course": COURSE,
        "supplement": supplement,
    }

    decision = _ask("vr.course_filing", as_of, given)

    assert (decision.status, _codes(decision)) == ("accepted", findings)


def test_a_county_outside_the_plan_is_refused() -> None:
    with pytest.raises(InvalidFacts) as refused:
        _ask("vr.staffing", "2024-06-30", {"county": "atlantis", "year": 2024})

    assert refused.value.details["path"] == "county"


def test_an_average_is_rounded_half_up() -> None:
    year = {"case_managers": 8, "new_cases": 451, "carried_over": 90}

    decision = _ask(
        "vr.staffing", "2024-06-30", {"county": "changhua", "year": 2024, "previous_year": year}
    )

    previous = details(decision)["previous_service"]
    assert previous == {
        "carry_over_cap": 180,
        "carry_over_counted": 90,
        "total": 541,
        "average": 67.63,
    }


@pytest.mark.parametrize(
    ("as_of", "replied", "status"),
    [
        ("2024-05-04", None, "due"),
        ("2024-05-05", None, "overdue"),
        ("2024-05-06", "2024-05-04", "on_time"),
        ("2024-05-06", "2024-05-05", "late"),
        ("2024-05-04", "2024-05-05", "due"),
    ],
)
def test_a_reply_is_due_on_the_third_day(as_of: str, replied: str | None, status: str) -> None:
    given = {"intake_assessed_on": "2024-05-01", "replied_on": replied}

    deadlines = details(_ask("vr.service_deadlines", as_of, given))["deadlines"]

    assert deadlines == {"reply": {"due": "2024-05-04", "status": status}}


def test_events_after_a_refused_one_are_not_read() -> None:
    given = {"flow": "renewal", "state": "draft", "events": ["submit", "pass", "no_doubt"]}

    decision = _ask("vr.case_transition", "2024-03-01", given)

    assert decision.status == "invalid_transition"
    assert decision.report == {"state": "submitted", "rejected_event": "pass", "requirements": {}}


@pytest.mark.parametrize(
    ("number", "as_of", "status", "kind"),
    [
        (" a123456789 ", "2024-01-01", "valid", "national_id"),
        ("A123456788", "2024-01-01", "invalid", "national_id"),
        ("AC00000236", "2030-12-31", "valid", "arc_old"),
        ("AC00000236", "2031-01-01", "invalid", "arc_old"),
        ("Ａ123456789", "2024-01-01", "invalid", None),
        ("", "2024-01-01", "invalid", None),
    ],
)
def test_numbers_are_told_by_shape_and_check_digit(
    number: str, as_of: str, status: str, kind: str | None
) -> None:
    decision = _ask("vr.person_id", as_of, {"id": number})

    assert (decision.status, decision.report["kind"]) == (status, kind)
    assert "123456789" not in str(decision)


def test_a_record_without_any_box_counts_for_nothing() -> None:
    activity = {"id": "a1", "date": "2024-03-15", "attribute": "law", "hours": 2}

    decision = _ask("vr.ce_credit", "2024-03-20", {"activity": activity})

    assert (decision.status, _codes(decision)) == ("not_counted", ["not_for_qualification"])

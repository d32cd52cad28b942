"""Training after hiring, the plan's 60 hours, return after a lapse, extension: days and borders."""

from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

Given = dict[str, Any]


def _post_hire(as_of: str, role: str = "employment_specialist", **more: object) -> Decision:
    given = {"role": role, "first_hired_on": "2024-03-01", **more}
    return evaluate("vr.post_hire_training", given, date.fromisoformat(as_of)).decision


def _hours(kind: str, hours: float, day: str) -> Given:
    return {"kind": kind, "hours": hours, "completed_on": day}


def _codes(decision: Decision) -> list[str]:
    return [item.code for item in decision.findings]


def test_hours_reached_after_the_deadline_are_late_but_let_the_person_serve() -> None:
    training = _hours("employment_specialist_post_hire", 36, "2025-03-02")

    before = _post_hire("2025-03-01", trainings=[training])
    after = _post_hire("2025-03-02", trainings=[training])

    assert (before.status, before.eligible) == ("in_progress", True)
    assert (after.status, after.eligible) == ("completed_late", True)
    assert _codes(after) == ["completed_after_deadline"]


@pytest.mark.parametrize(
    ("consent", "due", "findings"),
    [
        ("2025-03-01", date(2026, 3, 1), []),
        ("2025-03-02", date(2025, 3, 1), ["extension_consent_not_effective"]),
        ("2023-09-22", date(2025, 3, 1), ["extension_consent_not_effective"]),
    ],
)
def test_a_consent_gives_a_second_year_only_in_time_and_under_the_new_text(
    consent: str, due: date, findings: list[str]
) -> None:
    decision = _post_hire("2025-04-01", local_consent_on=consent)

    assert decision.report["deadline"] == due
    assert _codes(decision) == findings


@pytest.mark.parametrize(
    ("role", "as_of", "consent", "status"),
    [
        ("case_manager", "2019-11-11", "2019-01-01", "not_permitted"),
        ("case_manager", "2019-11-12", "2019-01-01", "in_progress"),
        ("case_manager", "2024-06-01", None, "not_permitted"),
        ("vocational_assessor", "2023-09-22", "2019-01-01", "not_permitted"),
        ("vocational_assessor", "2023-09-23", "2019-01-01", "in_progress"),
        ("vocational_trainer", "2019-11-11", None, "in_progress"),
        ("vocational_trainer", "2019-11-12", None, "not_required"),
        ("supervisor_case_management", "2018-01-01", None, "not_required"),
    ],
)
def test_each_text_knows_its_own_duties(
    role: str, as_of: str, consent: str | None, status: str
) -> None:
    given = {"role": role, "first_hired_on": "2019-10-01", "central_consent_on": consent}
    if role == "vocational_assessor":
        given["first_hired_on"] = "2023-09-01"

    decision = evaluate("vr.post_hire_training", given, date.fromisoformat(as_of)).decision

    assert decision.status == status


def test_deadlines_move_off_rest_days_only_when_a_parameter_says_so() -> None:
    kept = _post_hire("2024-06-01")
    moved = _post_hire("2024-06-01", params={"roll_on_rest_days": True})

    assert kept.report["deadline"] == date(2025, 3, 1)
    assert moved.report["deadline"] == date(2025, 3, 3)


def _plan(as_of: str, **more: object) -> Decision:
    given = {"first_hired_on": "2022-11-01", **more}
    return evaluate("vr.case_manager_training", given, date.fromisoformat(as_of)).decision


TABLE = {
    "testing_basics": 3,
    "transferable_skills": 3,
    "interests_values": 6,
    "personality_emotion": 6,
    "cognition_intelligence": 2,
    "aptitude_achievement": 2,
    "functional_capacity": 2,
    "work_samples": 6,
    "job_analysis": 3,
    "situational_assessment": 9,
    "job_accommodation": 3,
    "tool_selection": 3,
    "report_writing": 12,
}


def _courses(day: str, cases: int = 1) -> list[Given]:
    return [
        {"course": course, "hours": hours, "completed_on": day}
        | ({"practice_cases": cases} if course == "report_writing" else {})
        for course, hours in TABLE.items()
    ]


@pytest.mark.parametrize(
    ("day", "status"), [("2024-11-01", "completed"), ("2024-11-02", "completed_late")]
)
def test_the_table_has_to_be_complete_within_two_years(day: str, status: str) -> None:
    decision = _plan("2024-12-01", courses=_courses(day))

    assert decision.status == status
    assert [row.counted for row in decision.requirements] == [6000]


def test_sixty_hours_without_the_practice_case_are_not_complete() -> None:
    decision = _plan("2024-10-01", courses=_courses("2023-05-01", cases=0))

    assert (decision.status, decision.report["missing_courses"]) == ("in_progress", [])
    assert [(row.met, row.counted) for row in decision.requirements] == [(False, 6000)]
    assert _codes(decision) == ["practice_case_missing"]


@pytest.mark.parametrize(("hours", "status"), [(159.99, "in_progress"), (160, "exempt")])
def test_the_initial_training_exempts_from_160_hours_on(hours: float, status: str) -> None:
    decision = _plan("2023-10-01", initial_160h={"hours": hours, "completed_on": "2023-10-01"})

    assert decision.status == status


def _extend(as_of: str, leave: Given, **more: object) -> Decision:
    given = {
        "certificate": {"id": "c1", "valid_from": "2022-01-01", "valid_to": "2024-12-31"},
        "leaves": [{"id": "l1", "proof": True, **leave}],
        **more,
    }
    return evaluate("vr.extension", given, date.fromisoformat(as_of)).decision


def _letter(start: str, end: str) -> Given:
    return {"from": start, "to": end, "local_letter": {"from": start, "to": end}}


@pytest.mark.parametrize(
    ("as_of", "status", "findings"),
    [
        ("2019-11-11", "not_in_force", []),
        ("2023-09-22", "rejected", ["reason_not_accepted"]),
        ("2023-09-23", "granted", []),
    ],
)
def test_the_list_of_reasons_ended_with_the_new_text(
    as_of: str, status: str, findings: list[str]
) -> None:
    decision = _extend(as_of, {**_letter("2023-01-01", "2023-06-30"), "reason": "study"})

    assert (decision.status, _codes(decision)) == (status, findings)


def test_only_days_inside_letter_leave_and_certificate_are_deducted() -> None:
    leave = {
        "from": "2021-11-01",
        "to": "2022-03-31",
        "reason": "illness",
        "local_letter": {"from": "2021-12-01", "to": "2022-02-28"},
    }

    decision = _extend("2024-06-03", leave)

    assert decision.report["deduction_days"] == 59
    assert decision.valid_to == date(2025, 2, 28)


def test_without_the_letter_parameter_the_leave_itself_counts() -> None:
    leave = {"from": "2023-01-01", "to": "2023-06-30", "reason": "illness"}

    assert _extend("2024-06-03", leave).status == "needs_documents"
    assert _extend("2024-06-03", leave, params={"require_local_letter": False}).status == "granted"


def test_a_leave_that_ends_before_it_starts_is_refused_by_path() -> None:
    with pytest.raises(InvalidFacts) as refused:
        _extend("2024-06-03", {**_letter("2023-06-30", "2023-01-01"), "reason": "illness"})

    assert str(refused.value.details["path"]).startswith("leaves[0]")


def _return(as_of: str, **more: object) -> Decision:
    given = {
        "qualification": "case_manager",
        "certificate": {"id": "c1", "valid_from": "2020-10-01", "valid_to": "2023-09-30"},
        "absence": {"from": "2023-05-01", "to": "2023-12-31"},
        "consent_on": "2024-01-10",
        **more,
    }
    return evaluate("vr.lapse_return", given, date.fromisoformat(as_of)).decision


def test_every_condition_of_the_return_that_fails_is_named() -> None:
    decision = _return(
        "2023-09-30",
        absence={"from": "2023-08-01", "to": "2023-09-30"},
        activities=[
            {
                "id": "a1",
                "date": "2023-09-01",
                "attribute": "law",
                "hours": 3,
                "qualifications": ["case_manager"],
            }
        ],
    )

    assert decision.status == "not_applicable"
    assert _codes(decision) == [
        "absence_shorter_than_three_months",
        "certificate_not_lapsed",
        "consent_missing",
    ]
    assert [item.reason for item in decision.refused] == ["out_of_window"]


@pytest.mark.parametrize(
    ("hours", "as_of", "status"),
    [
        (19.99, "2025-01-10", "provisional"),
        (19.99, "2025-01-11", "expired"),
        (20, "2025-01-11", "renewal_open"),
    ],
)
def test_twenty_hours_within_the_year_open_the_renewal(
    hours: float, as_of: str, status: str
) -> None:
    record = {
        "id": "a1",
        "date": "2025-01-10",
        "attribute": "ethics",
        "hours": hours,
        "qualifications": ["case_manager"],
    }

    assert _return(as_of, activities=[record]).status == status


def test_the_year_may_start_with_the_return_by_parameter() -> None:
    decision = _return(
        "2024-06-01",
        absence={"from": "2023-05-01", "to": "2024-02-29"},
        params={"lapse_return_start": "resumed"},
    )

    assert decision.report["deadline"] == date(2025, 3, 1)


def test_an_absence_that_goes_on_is_as_long_as_it_was_on_the_day_asked_about() -> None:
    planned = {"from": "2024-01-01", "to": "2024-12-31"}

    too_short = _return("2024-03-30", absence=planned, consent_on="2024-03-01")
    long_enough = _return("2024-03-31", absence=planned, consent_on="2024-03-01")

    assert "absence_shorter_than_three_months" in {item.code for item in too_short.findings}
    assert too_short.next_change_on == date(2024, 3, 31)
    assert long_enough.status == "provisional"

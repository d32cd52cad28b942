"""Appointment clauses: what each text asks, and what the authority has to decide."""

from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

Given = dict[str, Any]


def _ask(as_of: str, role: str, person: Given, **more: object) -> Decision:
    given = {"role": role, "person": person, **more}
    return evaluate("vr.qualification", given, date.fromisoformat(as_of)).decision


WORK = {"kind": "disability_employment_service", "from": "2020-01-01", "to": "2020-12-31"}
CASE_MANAGER_TRAINING = {
    "kind": "case_manager_training",
    "hours": 36,
    "completed_on": "2021-06-01",
}


@pytest.mark.parametrize(
    ("end", "met", "counted"), [("2020-12-30", False, 36500), ("2020-12-31", True, 36600)]
)
def test_one_spell_counts_by_calendar_years(end: str, met: bool, counted: int) -> None:
    person = {"licences": ["psychologist"], "experience": [{**WORK, "to": end}]}

    decision = _ask("2024-01-01", "case_manager", person)

    row = next(item for item in decision.requirements if item.code == "a8-1-1.experience")
    assert (row.met, row.counted, row.required) == (met, counted, 36600)


def test_days_of_overlapping_spells_count_once() -> None:
    spells = [
        WORK,
        {**WORK, "kind": "vocational_assessment"},
        {**WORK, "from": "2021-01-01", "to": "2021-01-10"},
    ]

    decision = _ask("2024-01-01", "case_manager", {"experience": spells})

    row = next(item for item in decision.requirements if item.code == "a8-1-1.experience")
    assert row.counted == 37600


@pytest.mark.parametrize(("as_of", "met"), [("2023-09-22", False), ("2023-09-23", True)])
def test_part_time_work_counts_since_the_new_text(as_of: str, met: bool) -> None:
    person = {
        "licences": ["psychologist"],
        "experience": [{**WORK, "full_time": False}],
        "trainings": [CASE_MANAGER_TRAINING],
    }

    assert (_ask(as_of, "case_manager", person).status == "qualified") is met


def test_years_that_changed_with_the_text_can_be_overridden() -> None:
    person = {
        "education": [{"level": "college", "field": "social_work"}],
        "experience": [WORK],
        "trainings": [CASE_MANAGER_TRAINING],
    }

    now = _ask("2024-01-01", "case_manager", person)
    before = _ask("2024-01-01", "case_manager", person, params={"a8_1_3_years": 2})

    assert (now.status, before.status) == ("qualified", "not_qualified")


@pytest.mark.parametrize(
    ("recognised", "status"),
    [(True, "qualified"), (False, "not_qualified"), (None, "needs_review")],
)
def test_a_differently_named_department_is_for_the_authority(
    recognised: bool | None, status: str
) -> None:
    degree = {
        "level": "college",
        "field": "psychology",
        "name_matches": False,
        "recognised": recognised,
    }

    decision = _ask("2024-05-01", "employment_specialist", {"education": [degree]})

    assert decision.status == status


def test_review_is_not_asked_for_where_it_would_not_help() -> None:
    degree = {"level": "college", "field": "history", "name_matches": False, "recognised": None}

    decision = _ask("2024-05-01", "employment_specialist", {"education": [degree]})

    assert (decision.status, decision.findings) == ("not_qualified", ())


@pytest.mark.parametrize(
    ("appointment", "status"),
    [
        (None, "needs_review"),
        ({"decision": None}, "needs_review"),
        ({"decision": "approved"}, "qualified"),
        ({"decision": "rejected"}, "not_qualified"),
    ],
)
def test_trainers_rest_on_the_outcome_of_their_selection(
    appointment: Given | None, status: str
) -> None:
    person = {"trainer_appointment": appointment}

    assert _ask("2024-05-01", "vocational_trainer", person).status == status


def test_the_route_of_assessors_ahead_of_training_names_what_it_lacks() -> None:
    decision = _ask("2024-05-01", "vocational_assessor", {})

    missing = decision.report["missing"]
    assert isinstance(missing, dict)
    assert missing["a6-2"] == ["experience", "training_60h", "central_consent"]


def test_running_work_names_the_day_it_will_be_enough() -> None:
    person = {
        "licences": ["psychologist"],
        "experience": [{**WORK, "from": "2023-10-15", "to": None}],
        "trainings": [CASE_MANAGER_TRAINING],
    }

    decision = _ask("2024-05-01", "case_manager", person)

    assert decision.status == "not_qualified"
    assert decision.next_change_on == date(2024, 10, 14)
    assert _ask("2024-10-14", "case_manager", person).status == "qualified"


def test_supervisors_need_one_of_the_five_not_another_supervisor() -> None:
    person = {
        "held_qualifications": ["supervisor_case_management"],
        "experience": [{"kind": "vr_case_management", "from": "2018-01-01", "to": "2021-12-31"}],
        "trainings": [{"kind": "supervisor_training", "hours": 36, "completed_on": "2022-01-01"}],
    }

    decision = _ask("2024-05-01", "supervisor_case_management", person)

    missing = decision.report["missing"]
    assert isinstance(missing, dict)
    assert missing["a9-1"] == ["held_qualification"]


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ({"experience": [{**WORK, "to": "2019-12-31"}]}, "person.experience[0].to"),
        ({"licences": ["pilot"]}, "person.licences[0]"),
        ({"education": [{"level": "kindergarten"}]}, "person.education[0].level"),
        ({"trainings": [{**CASE_MANAGER_TRAINING, "hours": -1}]}, "person.trainings[0].hours"),
    ],
)
def test_facts_that_contradict_themselves_are_refused_by_path(person: Given, path: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        _ask("2024-05-01", "case_manager", person)

    assert refused.value.details["path"] == path

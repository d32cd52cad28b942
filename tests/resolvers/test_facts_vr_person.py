"""mapping.md section 3: what VR persons bring to eligibility and to the trainings after hiring."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import VrRows
from certhub.domain.errors import InvalidFacts, InvalidInput
from certhub.resolvers.facts import vr_person
from certhub.resolvers.facts.built import Built

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2024, 10, 1)
_NOT_HELD = ["vr.consent_not_held", "vr.disqualifications_not_held", "vr.revocation_not_held"]


def _codes(built: Built) -> list[str]:
    return [finding.code for finding in built.findings]


def _person(built: Built) -> dict[str, Any]:
    assert built.given is not None
    found = built.given["person"]
    assert isinstance(found, dict)
    return found


def test_both_periods_of_a_renewed_certificate_are_facts_under_one_id(row: MakeRow) -> None:
    renewed = row(
        "vr.qualification", "Q1", issued_on=date(2021, 11, 1), renewed_on=date(2024, 9, 1)
    )

    built = vr_person.eligibility(VrRows(qualifications=[renewed]), "employment_specialist", AS_OF)

    assert _person(built)["certificates"] == [
        {
            "qualification": "employment_specialist",
            "id": "Q1",
            "valid_from": "2021-11-01",
            "valid_to": "2024-10-31",
        },
        {
            "qualification": "employment_specialist",
            "id": "Q1",
            "valid_from": "2024-11-01",
            "valid_to": "2027-10-31",
        },
    ]


def test_an_application_in_hand_stands_beside_the_certificate(row: MakeRow) -> None:
    pending = row(
        "vr.qualification",
        "Q1",
        status="案件申請中",
        issued_on=date(2021, 9, 1),
        renewed_on=date(2024, 8, 20),
    )

    built = vr_person.eligibility(VrRows(qualifications=[pending]), "employment_specialist", AS_OF)

    assert _person(built)["certificates"][0]["renewal_application"] == {
        "filed_on": "2024-08-20",
        "state": "submitted",
    }


def test_what_no_registry_holds_is_named_until_it_is_declared(row: MakeRow) -> None:
    rows = VrRows(
        qualifications=[row("vr.qualification", "Q1")], appointments=[row("vr.appointment")]
    )

    silent = vr_person.eligibility(rows, "employment_specialist", AS_OF)
    told = vr_person.eligibility(
        rows,
        "employment_specialist",
        AS_OF,
        declared={
            "person": {
                "disqualifications": [],
                "certificates": [{"id": "Q1", "revoked_on": None}],
                "post_hire": {"local_consent_on": "2024-01-01"},
            }
        },
    )

    assert _codes(silent) == _NOT_HELD
    assert _codes(told) == []


def test_what_was_declared_and_does_not_matter_is_named(row: MakeRow) -> None:
    rows = VrRows(qualifications=[row("vr.qualification", "Q1")])
    declared = {
        "person": {"post_hire": {"local_consent_on": "2024-01-01"}, "disqualifications": []}
    }

    built = vr_person.eligibility(rows, "employment_specialist", AS_OF, declared=declared)

    assert [item.about for item in built.findings if item.code == "declared_not_used"] == [
        ("person.post_hire.local_consent_on",)
    ]
    assert built.declared == ("person.disqualifications",)


def test_a_declared_revocation_reaches_its_certificate(row: MakeRow) -> None:
    rows = VrRows(qualifications=[row("vr.qualification", "Q1")])
    declared = {"person": {"certificates": [{"id": "Q1", "revoked_on": "2024-05-01"}]}}

    built = vr_person.eligibility(rows, "employment_specialist", AS_OF, declared=declared)

    assert _person(built)["certificates"][0]["revoked_on"] == "2024-05-01"
    assert built.declared == ("person.certificates",)


def test_a_declared_revocation_of_an_unknown_certificate_is_refused(row: MakeRow) -> None:
    declared = {"person": {"certificates": [{"id": "Q9", "revoked_on": "2024-05-01"}]}}

    with pytest.raises(InvalidFacts):
        vr_person.eligibility(VrRows(), "employment_specialist", AS_OF, declared=declared)


def test_validity_cannot_be_declared() -> None:
    declared = {"person": {"certificates": [{"id": "Q1", "valid_to": "2030-01-01"}]}}

    with pytest.raises(InvalidInput) as refused:
        vr_person.eligibility(VrRows(), "employment_specialist", AS_OF, declared=declared)

    assert refused.value.details["key"] == "person.certificates[0].valid_to"


def test_training_after_hiring_is_asked_only_of_somebody_appointed(row: MakeRow) -> None:
    training = row(
        "vr.training_record",
        nature="進用後",
        category=None,
        held_to=date(2022, 9, 1),
        hours=3600,
        credited_hours=3600,
    )
    rows = VrRows(
        qualifications=[row("vr.qualification")],
        records=[training],
        appointments=[
            row("vr.appointment", first_hired_on=date(2023, 1, 1)),
            row("vr.appointment", first_hired_on=date(2022, 4, 1)),
            row("vr.appointment", title="職業重建個案管理員", first_hired_on=date(2020, 1, 1)),
        ],
    )

    appointed = vr_person.eligibility(rows, "employment_specialist", AS_OF)
    rows.appointments = ()
    alone = vr_person.eligibility(rows, "employment_specialist", AS_OF)

    assert _person(appointed)["post_hire"] == {
        "first_hired_on": "2022-04-01",
        "trainings": [
            {
                "kind": "employment_specialist_post_hire",
                "hours": 36,
                "completed_on": "2022-09-01",
            }
        ],
    }
    assert "post_hire" not in _person(alone)


def test_a_supervisor_without_subtype_speaks_neither_for_nor_against(row: MakeRow) -> None:
    vague = row("vr.qualification", "Q1", title="督導")
    rows = VrRows(qualifications=[vague])

    built = vr_person.eligibility(rows, "supervisor_case_management", AS_OF)

    assert built.given is None
    assert built.not_applicable == "unknown_value"
    assert [item.about for item in built.findings] == [("Q1",)]


def test_a_known_subtype_in_force_decides_beside_a_vague_one(row: MakeRow) -> None:
    rows = VrRows(
        qualifications=[
            row("vr.qualification", "Q1", title="督導"),
            row("vr.qualification", "Q2", title="督導_職管督導"),
        ]
    )

    built = vr_person.eligibility(rows, "supervisor_case_management", AS_OF)

    assert [item["id"] for item in _person(built)["certificates"]] == ["Q2"]
    assert "unknown_value" in _codes(built)


def test_an_unconfirmed_qualification_is_no_certificate(row: MakeRow) -> None:
    rows = VrRows(qualifications=[row("vr.qualification", status="送審中")])

    built = vr_person.eligibility(rows, "employment_specialist", AS_OF)

    assert _person(built)["certificates"] == []
    assert _codes(built) == ["qualification_not_confirmed", *_NOT_HELD]


def test_provisional_service_needs_its_consent_declared(row: MakeRow) -> None:
    rows = VrRows(
        appointments=[row("vr.appointment", title="職業重建個案管理員")],
        records=[
            row(
                "vr.training_record",
                nature="遴用前",
                category=None,
                qualification_titles=["職業重建個案管理員"],
                held_to=date(2024, 6, 1),
            )
        ],
    )
    declared = {"person": {"provisional": {"consent_on": "2022-03-20"}}}

    silent = vr_person.eligibility(rows, "case_manager", AS_OF)
    told = vr_person.eligibility(rows, "case_manager", AS_OF, declared=declared)

    assert "provisional" not in _person(silent)
    assert _person(told)["provisional"] == {
        "kind": "a8-2",
        "consent_on": "2022-03-20",
        "hired_on": "2022-04-01",
        "trainings": [{"kind": "case_manager_training", "hours": 6, "completed_on": "2024-06-01"}],
    }


def test_the_plans_training_is_asked_only_of_a_post_under_the_plan(row: MakeRow) -> None:
    rows = VrRows(
        appointments=[row("vr.appointment", title="職業重建個案管理員")],
        records=[
            row("vr.training_record", "T1", course_name="工作樣本", nature="進用後", category=None),
            row(
                "vr.training_record",
                "T2",
                course_name="工作樣本入門",
                nature="進用後",
                category=None,
            ),
        ],
    )

    outside = vr_person.eligibility(rows, "case_manager", AS_OF)
    under = vr_person.eligibility(rows, "case_manager", AS_OF, declared={"under_plan": True})

    assert "plan_training" not in _person(outside)
    assert "vr.plan_post_not_held" in _codes(outside)
    assert _person(under)["plan_training"] == {
        "first_hired_on": "2022-04-01",
        "courses": [{"course": "work_samples", "hours": 6, "completed_on": "2023-05-01"}],
    }


def test_practice_cases_are_declared_for_a_course_on_record(row: MakeRow) -> None:
    rows = VrRows(
        appointments=[row("vr.appointment", title="職業重建個案管理員")],
        records=[
            row(
                "vr.training_record",
                course_name="結果綜合分析與報告撰寫（含個案實作）",
                nature="進用後",
                category=None,
            )
        ],
    )
    declared = {"courses": [{"course": "report_writing", "practice_cases": 1}]}

    built = vr_person.case_manager_training(rows, AS_OF, declared)

    assert built.given is not None
    assert built.given["courses"] == [
        {"course": "report_writing", "hours": 6, "completed_on": "2023-05-01", "practice_cases": 1}
    ]


def test_the_initial_training_is_summed_with_its_last_day(row: MakeRow) -> None:
    rows = VrRows(
        appointments=[row("vr.appointment", title="職業重建個案管理員")],
        records=[
            row(
                "vr.training_record",
                nature="遴用前",
                category=None,
                qualification_titles=["職業輔導評量員"],
                hours=hours,
                credited_hours=hours,
                held_to=day,
            )
            for hours, day in (
                (10000, date(2023, 3, 1)),
                (6000, date(2023, 6, 1)),
                (1, date(2025, 1, 1)),
            )
        ],
    )

    built = vr_person.case_manager_training(rows, AS_OF)

    assert built.given is not None
    assert built.given["initial_160h"] == {"hours": 160, "completed_on": "2023-06-01"}


def test_nobody_appointed_owes_no_training() -> None:
    built = vr_person.post_hire_training(VrRows(), "employment_specialist", AS_OF)

    assert built.given is None
    assert built.not_applicable == "vr.no_appointment"


def test_service_and_titles_are_experience_and_held_qualifications(row: MakeRow) -> None:
    rows = VrRows(
        qualifications=[
            row("vr.qualification", title="職業重建個案管理員"),
            row("vr.qualification", title="職業訓練師", status="送審中"),
        ],
        appointments=[
            row("vr.appointment", title="職業重建個案管理員", left_on=date(2023, 12, 31)),
            row("vr.appointment", title="督導_職管督導"),
        ],
    )
    declared = {"person": {"education": [{"level": "college"}]}}

    built = vr_person.qualification(rows, "supervisor_case_management", AS_OF, declared)

    assert _person(built)["held_qualifications"] == ["case_manager"]
    assert _person(built)["experience"] == [
        {"kind": "vr_case_management", "from": "2022-04-01", "full_time": True, "to": "2023-12-31"}
    ]
    assert built.lacking == ()


def test_only_the_short_assessment_training_may_be_declared() -> None:
    declared = {"person": {"trainings": [{"kind": "case_manager_training", "hours": 36}]}}

    with pytest.raises(InvalidInput) as refused:
        vr_person.qualification(VrRows(), "case_manager", AS_OF, declared)

    assert refused.value.details["key"] == "person.trainings[0].kind"

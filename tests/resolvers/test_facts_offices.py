"""mapping.md section 3: courses, rosters, staffing; and every builder's facts against its rule."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import ClassRows, LtcRows, PersonRows, VrRows
from certhub.domain.errors import InvalidFacts, InvalidInput
from certhub.resolvers import decisions
from certhub.resolvers.answers import Verdict
from certhub.resolvers.decisions import Question
from certhub.resolvers.facts import (
    ltc,
    osh_classes,
    osh_institutions,
    osh_people,
    osh_trainees,
    sharing,
    vr,
    vr_offices,
    vr_person,
)
from certhub.resolvers.facts.built import Built
from certhub.resolvers.facts.declared import DECLARABLE
from certhub.rules.engine import evaluate
from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2024, 10, 1)
RULESET = current_ruleset()


@pytest.fixture
def course(row: MakeRow) -> dict[str, Any]:
    """A course of two fields."""
    return row(
        "vr.course",
        "V1",
        no="V1",
        starts_on=date(2024, 11, 4),
        ends_on=date(2024, 11, 5),
        categories=[
            {"category": "專業課程", "field": "個案評估", "hours": "6", "core_competency": "個案"},
            {"category": "專業倫理", "field": "倫理", "hours": "1.5", "core_competency": "倫理"},
        ],
        target_titles=["就業服務員", "督導_就業督導", "督導_職管督導"],
        status="通過",
        roster_state="已匯入",
    )


def test_a_course_is_filed_with_its_fields_boxes_and_lecturers(
    row: MakeRow, course: dict[str, Any]
) -> None:
    known = row(
        "vr.instructor",
        "I1",
        status="通過",
        approved_fields=[{"core_competency": "個案", "field": "個案評估"}],
        clauses=["條款3", "條款2"],
        certificate_no="講字第1號",
        experience="五年",
    )
    declared = {
        "documents": ["course_summary"],
        "stamped": True,
        "course": {"instructors": [{"id": "I2", "evidence": True}]},
    }

    built = vr_offices.course_filing(course, [known, {"id": "I2"}], date(2024, 10, 1), declared)

    assert built.given == {
        "stage": "pre",
        "filed_on": "2024-10-01",
        "course": {
            "start": "2024-11-04",
            "end": "2024-11-05",
            "domains": [
                {"index": 1, "domain": "個案評估", "hours": 6, "category": "professional"},
                {"index": 2, "domain": "倫理", "hours": 1.5, "category": "ethics"},
            ],
            "targets": ["employment_specialist", "supervisor"],
            "instructors": [
                {
                    "id": "I1",
                    "approved_domains": ["個案評估"],
                    "clause": 2,
                    "lecturer_certificate": "講字第1號",
                    "expertise": "五年",
                },
                {"id": "I2", "evidence": True},
            ],
        },
        "stamped": True,
        "documents": ["course_summary"],
    }
    assert vr_offices.course_filing(course, [], date(2024, 11, 4)).given["stage"] == "post"  # type: ignore[index]


@pytest.mark.parametrize(
    ("roster_state", "imported", "verified"),
    [("未匯入", False, False), ("已匯入", True, False), ("時數已核", False, True)],
)
def test_a_roster_meets_the_state_of_its_course(
    row: MakeRow, course: dict[str, Any], roster_state: str, imported: bool, verified: bool
) -> None:
    made = row("vr.course", **{**_plain(course), "roster_state": roster_state})

    assert vr_offices.roster_course(made) == {
        "course": {
            "course_no": "V1",
            "start": "2024-11-04",
            "end": "2024-11-05",
            "domains": [
                {"index": 1, "approved_hours": 6},
                {"index": 2, "approved_hours": 1.5},
            ],
            "review_state": "approved",
        },
        "hours_verified": verified,
        "already_imported": imported,
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in row.items()
        if key not in {"id", "deleted_at"} and "__" not in key
    }


def _case_manager(row: MakeRow, key: str = "A1", **values: Any) -> dict[str, Any]:
    return row(
        "vr.appointment",
        key,
        **{"title": "職業重建個案管理員", "appointed_on": date(2024, 8, 30), **values},
    )


def test_a_countys_appointments_of_the_year_stand_in_its_plan(
    row: MakeRow, ask: Callable[..., Question]
) -> None:
    rows = [
        _case_manager(row, "A1"),
        _case_manager(row, "A2", county="高雄市"),
        _case_manager(row, "A3", appointed_on=date(2023, 8, 30)),
        _case_manager(row, "A4", title="就業服務員"),
        _case_manager(row, "A5", appointed_on=date(2024, 11, 1)),
    ]
    declared = {
        "appointments": [{"id": "A1", "reported_on": "2024-09-15"}],
        "population_15_64": 12600,
    }

    built = vr_offices.staffing(rows, "63000", 2024, AS_OF, declared)
    found = decisions.staffing(ask(AS_OF), rows, "63000", 2024, declared)

    assert built.given == {
        "county": "taipei",
        "year": 2024,
        "appointments": [{"id": "A1", "appointed_on": "2024-08-30", "reported_on": "2024-09-15"}],
        "population_15_64": 12600,
    }
    assert built.changes_on == date(2024, 11, 1)
    assert found.verdict is Verdict.ELIGIBLE
    assert [item.code for item in found.findings] == ["fact_not_declared"]


def test_a_report_nobody_declared_leaves_an_overdue_plan_undecided(
    row: MakeRow, ask: Callable[..., Question]
) -> None:
    declared = {"population_15_64": 12600}

    overdue = decisions.staffing(ask(AS_OF), [_case_manager(row)], "63000", 2024, declared)
    running = decisions.staffing(
        ask(date(2024, 9, 10)), [_case_manager(row)], "63000", 2024, declared
    )

    assert overdue.verdict is Verdict.NOT_DECIDABLE
    assert overdue.lacking == ("appointments",)
    assert running.verdict is Verdict.ELIGIBLE


def test_a_plan_of_which_nothing_is_declared_is_undecided(ask: Callable[..., Question]) -> None:
    found = decisions.staffing(ask(AS_OF), [], "63000", 2024)

    assert found.verdict is Verdict.NOT_DECIDABLE


def test_an_unknown_county_is_refused() -> None:
    with pytest.raises(InvalidFacts):
        vr_offices.staffing([], "00000", 2024, AS_OF)


def test_paper_alone_is_declared(row: MakeRow) -> None:
    record = row("vr.training_record", course_no=None, held_to=date(2024, 6, 1))

    claim = vr.individual_claim(record, {"posted_on": "2024-07-01", "course_end": "2020-01-01"})
    unfiled = vr.individual_claim(None, {"course_end": "2024-06-02"})
    nothing = vr.individual_claim(None)

    assert claim.given == {"course_end": "2024-06-01", "posted_on": "2024-07-01"}
    assert unfiled.given == {"course_end": "2024-06-02"}
    assert nothing.given is None


def test_deadlines_of_service_are_all_declared() -> None:
    built = vr_offices.service_deadlines({"referred_on": "2024-09-01"})

    assert built.given == {"referred_on": "2024-09-01"}
    with pytest.raises(InvalidInput):
        vr_offices.service_deadlines({"county": "taipei"})


def test_every_entry_point_says_what_may_be_declared() -> None:
    # What files carry, osh.roster and vr.roster_csv, and vr.person_id take nothing from a declaration.
    assert set(DECLARABLE) == set(ENTRY_POINTS)


def _vr(row: MakeRow) -> VrRows:
    return VrRows(
        qualifications=[row("vr.qualification", "Q1"), row("vr.qualification", title="督導")],
        records=[
            row("vr.training_record", "T1", course_no=None, lecturer="是"),
            row("vr.training_record", "T2", nature="進用後", category=None),
            row("vr.training_record", "T3", course_name="工作樣本"),
        ],
        extensions=[row("vr.extension", "E1")],
        appointments=[row("vr.appointment"), _case_manager(row)],
    )


def _ltc(row: MakeRow) -> LtcRows:
    return LtcRows(
        persons=[row("ltc.person", "L1")],
        certificates=[row("ltc.certificate", "C1"), row("ltc.certificate", "C2", suffix="臨時證")],
        credits=[
            row("ltc.credit", "D1", categories=["消防安全"], live_sync=True),
            row("ltc.credit", "D2", training_course="失智症20小時訓練", mode="網路"),
        ],
        registrations=[row("ltc.registration")],
    )


def _somebody(row: MakeRow) -> PersonRows:
    person = PersonRows("00000000-0000-0000-0000-000000000001", _vr(row), _ltc(row))
    person.osh.trainees = [row("osh.trainee", "T1")]
    person.osh.certificates = [row("osh.certificate", "N1")]
    person.osh.classes = {"K1": row("osh.training_class", "K1")}
    person.osh.recognitions = {"OH1": [row("osh.recognition", "OH1-1")]}
    return person


def _class(row: MakeRow) -> ClassRows:
    return ClassRows(
        row("osh.training_class", "K1"),
        sessions=[row("osh.session", "S1", hours=600, lecturer_no="D1")],
        lecturers=[row("osh.lecturer", "D1")],
        trainees=[row("osh.trainee", "T1")],
        attendance=[row("osh.attendance", trainee_no="T1", session_no="S1", sign_in="09:00")],
        results=[row("osh.result")],
        certificates=[row("osh.certificate", "N1")],
        recognitions=[row("osh.recognition", "OH1-1")],
    )


def _builders(row: MakeRow, course: dict[str, Any]) -> list[Built]:
    """One question of every entry point, as full as rows and declarations allow."""
    person, held = _somebody(row), _class(row)
    member, certificate, trainee = person.vr, person.ltc.certificates[0], held.trainees[0]
    foreign = row("ltc.certificate", "C3", employment_path="外籍機構看護工")
    medical = {"id": "M1", "registry": "medical_ce", "date": "2024-01-05", "attribute": "ethics",
               "points": 2}  # fmt: skip
    consent = {"consent_on": "2023-01-01"}
    absence = {"absence": {"from": "2023-01-01", "to": "2023-12-31"}}
    return [
        ltc.validity(certificate, RULESET),
        ltc.points(person.ltc.credits[0], {"minutes": 150}),
        ltc.renewal(certificate, person.ltc, AS_OF, RULESET, declared={"service": "proof"}),
        ltc.renewal(foreign, person.ltc, AS_OF, RULESET, declared={
            "substitutions": [{"year": 1, "hours": 20, "safety_hours": 4, "county_confirmed": True}]
        }),
        ltc.reentry(foreign, person.ltc, AS_OF, RULESET, {
            "departed_on": "2023-01-01", "reentered_on": "2024-03-01",
            "conditions": {"deregistered_in_time": True},
        }),
        ltc.sharing(person.ltc, AS_OF),
        ltc.id_merge(certificate, person.ltc, AS_OF),
        ltc.evidence(certificate, person.ltc, {
            "items": [{"id": "X", "evidence": "medical_ce_proof", "date": "2024-01-05",
                       "registry": "medical_ce", "attribute": "ethics", "points": 2}]
        }),
        sharing.recognition(certificate, person, {"activities": [medical]}),
        sharing.cross_registry(person, AS_OF, {"activities": [medical]}),
        vr.renewal(member.qualifications[0], member, AS_OF, RULESET),
        vr.renewal(member.qualifications[1], member, AS_OF, RULESET),
        vr.ce_credit(member.records[0], AS_OF, RULESET),
        vr.extension([member.extensions[0]], member.qualifications[0], member, AS_OF),
        vr.lapse_return(member.qualifications[0], member, AS_OF, {**consent, **absence}),
        vr.individual_claim(member.records[0], {"documents": ["affidavit"]}),
        vr_person.eligibility(member, "employment_specialist", AS_OF),
        vr_person.eligibility(member, "case_manager", AS_OF, declared={
            "under_plan": True, "person": {"provisional": consent, "disqualifications": []}
        }),
        vr_person.eligibility(member, "employment_specialist", date(2026, 1, 1), declared={
            "person": {"provisional": {**consent, **absence}}
        }),
        vr_person.qualification(member, "case_manager", AS_OF, {
            "person": {"education": [{"level": "college", "field": "social_work"}]}
        }),
        vr_person.post_hire_training(member, "employment_specialist", AS_OF),
        vr_person.case_manager_training(member, AS_OF, {"courses": [
            {"course": "work_samples", "practice_cases": 1}
        ]}),
        vr_offices.course_filing(course, [row("vr.instructor", "I1", clauses=["條款1"],
                                              approved_fields=[])], AS_OF),
        vr_offices.staffing(member.appointments, "63000", 2024, AS_OF, {"case_managers": 3}),
        vr_offices.service_deadlines({"referred_on": "2024-09-01"}),
        vr_offices.case_transition("renewal", "submitted", {"events": ["documents_missing"]}),
        osh_people.eligibility(person.osh, "nurse", AS_OF, {"person": {"practice_years": 2}}),
        osh_people.in_service(person.osh, AS_OF, declared={
            "activities": [{"id": "N1#osh.regulations", "platform": "central"}]
        }),
        osh_classes.class_filing(held, AS_OF, {"class": {"letter_on": "2023-04-02"}}),
        osh_classes.closing(held, AS_OF, declared={"issue_roll_on": "2023-05-10"}),
        osh_trainees.attendance(held, trainee, AS_OF, declared={"waived_hours": 2}),
        osh_trainees.completion(held, trainee, AS_OF, {}, declared={"trainee": {"identity_ok": True}}),
        osh_institutions.recognition(
            row("osh.institution", "OH1", category="全國性護理專業團體"),
            held.recognitions, AS_OF, {"plan_hours": {"osh.regulations": 2}},
        ),
        osh_institutions.recognition_status(held.recognitions[0], AS_OF),
        osh_institutions.inspection(
            row("osh.improvement_order", issued_by="臺北市政府勞動局", issued_on=date(2024, 1, 1),
                improve_by=date(2024, 2, 1)),
            None,
        ),
    ]  # fmt: skip


def test_every_entry_point_accepts_the_facts_that_are_built_for_it(
    row: MakeRow, course: dict[str, Any]
) -> None:
    asked: set[str] = set()

    for built in _builders(row, course):
        assert built.given is not None, built
        answer = evaluate(built.rule, built.given, AS_OF)
        assert answer.decision.status
        asked.add(built.rule)

    # The rest is asked with a file or a single number.
    assert set(ENTRY_POINTS) - asked == {
        "osh.roster",
        "vr.person_id",
        "vr.roster_csv",
    }


def test_no_identifier_stands_among_the_facts(row: MakeRow, course: dict[str, Any]) -> None:
    names = {"national_id", "name", "birth_date", "licence_no", "tax_id", "no"}

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(keys(item) for item in value.values()))
        if isinstance(value, list):
            return set().union(*(keys(item) for item in value))
        return set()

    for built in _builders(row, course):
        assert keys(built.given) & names == set()

"""What is decided from loaded rows: verdicts, sources, replay and the minimal form."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import ClassRows, PersonRows
from certhub.domain.decision import details
from certhub.domain.errors import InvalidInput
from certhub.domain.provenance import Freshness
from certhub.resolvers import decisions
from certhub.resolvers.answers import Answer, Verdict
from certhub.resolvers.decisions import Question
from certhub.rules.engine import evaluate, facts_hash

MakeRow = Callable[..., dict[str, Any]]
MakePerson = Callable[..., PersonRows]
Ask = Callable[..., Question]
AS_OF = date(2024, 10, 1)


def _replayed(found: Answer) -> bool:
    assert found.given is not None
    again = evaluate(found.rule, found.given, found.as_of)
    return details(again.decision) == found.details and again.facts_hash == found.facts_hash


def _codes(found: Answer) -> list[str]:
    return [finding.code for finding in found.findings]


def test_a_renewal_answers_and_can_be_replayed_from_its_facts(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    records = [
        row("vr.training_record", hours=5400, credited_hours=5400),
        row("vr.training_record", hours=600, credited_hours=600, category="專業倫理"),
    ]
    someone = person(vr={"records": records})

    found = decisions.certificate_renewal(
        ask(date(2025, 1, 5)), "vr", row("vr.qualification", "Q1"), someone
    )

    assert (found.verdict, found.status, found.eligible) == (Verdict.ELIGIBLE, "renewable", True)
    assert found.subject == "Q1"
    assert found.valid_to == date(2025, 2, 28)
    assert [item.registry for item in found.sources] == ["vr"]
    assert _replayed(found)


def test_findings_of_the_mapping_stand_beside_the_rules_but_not_in_details(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    qualification = row("vr.qualification", "Q1", ce_due_on=date(2025, 3, 3))

    found = decisions.certificate_renewal(ask(AS_OF), "vr", qualification, person())

    assert "vr.due_date_differs" in _codes(found)
    assert found.details is not None
    assert "vr.due_date_differs" not in found.details["findings"]  # type: ignore[operator]
    assert _replayed(found)


@pytest.mark.parametrize("freshness", [Freshness.UNAVAILABLE, Freshness.NEVER_SYNCED])
def test_an_unavailable_registry_is_named_instead_of_an_answer(
    row: MakeRow, person: MakePerson, ask: Ask, freshness: Freshness
) -> None:
    found = decisions.certificate_renewal(
        ask(AS_OF, vr=freshness), "vr", row("vr.qualification", "Q1"), person()
    )

    assert (found.verdict, found.status) == (Verdict.NOT_DECIDABLE, "not_decidable")
    assert found.eligible is None
    assert found.details is None
    assert [(item.code, item.about) for item in found.findings] == [
        ("registry_unavailable", ("vr",))
    ]


def test_a_stale_registry_decides_and_says_so(row: MakeRow, person: MakePerson, ask: Ask) -> None:
    found = decisions.certificate_renewal(
        ask(AS_OF, vr=Freshness.STALE), "vr", row("vr.qualification"), person()
    )

    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert "registry_stale" in _codes(found)
    assert [item.freshness for item in found.sources] == [Freshness.STALE]


def test_another_registrys_outage_does_not_matter(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    question = ask(AS_OF, ltc=Freshness.UNAVAILABLE, osh=Freshness.UNAVAILABLE)

    found = decisions.certificate_renewal(question, "vr", row("vr.qualification"), person())

    assert found.verdict is Verdict.NOT_ELIGIBLE


def test_what_was_declared_is_a_source(row: MakeRow, person: MakePerson, ask: Ask) -> None:
    found = decisions.certificate_renewal(
        ask(AS_OF),
        "vr",
        row("vr.qualification"),
        person(),
        declared={"application_date": "2025-01-10"},
    )

    assert [(item.registry, item.freshness) for item in found.sources] == [
        ("vr", Freshness.FRESH),
        (None, Freshness.DECLARED),
    ]


def test_a_certificate_that_is_none_is_not_applicable(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    found = decisions.certificate_renewal(
        ask(AS_OF), "ltc", row("ltc.certificate", "C1", state="廢止"), person()
    )

    assert (found.verdict, found.status) == (Verdict.NOT_APPLICABLE, "not_applicable")
    assert found.rule == "ltc.renewal"
    assert found.decision is None
    assert found.facts_hash == facts_hash("ltc.renewal", AS_OF, {})


def test_rows_that_contradict_themselves_are_undetermined_not_an_error(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    backwards = row("ltc.certificate", "C1", original_valid_to=date(2019, 1, 1))

    found = decisions.certificate_renewal(ask(AS_OF), "ltc", backwards, person())

    assert found.verdict is Verdict.NOT_DECIDABLE
    assert "record_undetermined" in _codes(found)


def test_the_minimal_form_tells_verdict_codes_and_end_only(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    record = row("vr.training_record", hours=300, credited_hours=300)
    someone = person(vr={"records": [record]})
    full = decisions.certificate_renewal(ask(AS_OF), "vr", row("vr.qualification"), someone)

    short = full.minimised()

    assert (short.minimal, short.verdict, short.status) == (True, full.verdict, full.status)
    assert short.valid_to == full.valid_to
    assert [(item.code, item.met, item.counted) for item in short.requirements] == [
        ("vr.ce.total", False, None),
        ("vr.ce.professional_law", False, None),
        ("vr.ce.ethics_quality", False, None),
    ]
    assert (short.details, short.given, short.explanation, short.used, short.window) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert (short.refused, short.deadlines, short.next_change_on) == ((), (), None)
    assert all(item.about == () for item in short.findings)


def test_a_vr_role_is_decided_with_the_renewal_of_its_certificate(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    rows = [row("vr.qualification", "Q1"), row("vr.qualification", "Q2", title="職業訓練師")]

    found = decisions.person_eligibility(
        ask(AS_OF), "vr.employment_specialist", person(vr={"qualifications": rows})
    )

    assert (found.decision.verdict, found.decision.status) == (Verdict.ELIGIBLE, "eligible")
    assert _replayed(found.decision)
    assert found.renewal is not None
    assert (found.renewal.rule, found.renewal.subject) == ("vr.renewal", "Q1")


def test_somebody_unknown_to_the_register_has_no_certificate(person: MakePerson, ask: Ask) -> None:
    found = decisions.person_eligibility(ask(AS_OF), "vr.case_manager", person())

    assert (found.decision.verdict, found.decision.status) == (Verdict.NOT_ELIGIBLE, "ineligible")
    assert found.decision.details is not None
    assert found.decision.details["reasons"] == ["no_certificate"]
    assert found.renewal is None


@pytest.mark.parametrize("role", ["vr.supervisor", "ltc.nurse", "nurse", "", "medical_ce.nurse"])
def test_a_role_is_a_registry_and_one_of_its_types(person: MakePerson, ask: Ask, role: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decisions.person_eligibility(ask(AS_OF), role, person())

    assert refused.value.code == "UNKNOWN_ROLE"


def _ltc(row: MakeRow, person: MakePerson, *certificates: dict[str, Any]) -> PersonRows:
    return person(
        ltc={
            "persons": [row("ltc.person", "L1")],
            "certificates": certificates,
            "registrations": [row("ltc.registration", certificate_id="C1")],
        }
    )


def test_an_ltc_role_is_eligible_while_its_certificate_is_in_force(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    someone = _ltc(row, person, row("ltc.certificate", "C1"))

    found = decisions.person_eligibility(ask(AS_OF), "ltc.care_worker", someone)

    assert (found.decision.verdict, found.decision.status) == (Verdict.ELIGIBLE, "valid")
    assert found.decision.valid_to == date(2025, 6, 30)
    assert found.decision.window is not None
    assert found.decision.window.opens == date(2024, 12, 30)
    assert _replayed(found.decision)
    assert _codes(found.decision) == []
    assert found.renewal is not None
    assert found.renewal.rule == "ltc.renewal"


@pytest.mark.parametrize(
    ("as_of", "values", "verdict", "status", "codes"),
    [
        (date(2025, 1, 5), {}, Verdict.ELIGIBLE, "window_open", []),
        (date(2025, 7, 1), {}, Verdict.NOT_ELIGIBLE, "expired", []),
        (date(2019, 6, 30), {}, Verdict.NOT_ELIGIBLE, "not_started", ["ltc.not_registered"]),
        (AS_OF, {"state": "註銷"}, Verdict.NOT_ELIGIBLE, "valid", ["ltc.state_not_active"]),
        (AS_OF, {"state": "新狀態"}, Verdict.NOT_DECIDABLE, "valid", ["unknown_value"]),
        (
            date(2024, 8, 1),
            {
                "valid_from": date(2018, 6, 1),
                "original_valid_to": date(2024, 5, 31),
                "valid_to": date(2025, 5, 31),
                "pandemic_extended": True,
            },
            Verdict.ELIGIBLE,
            "extended",
            [],
        ),
        (
            date(2019, 8, 1),
            {
                "suffix": "臨時證",
                "valid_to": date(2019, 9, 30),
                "original_valid_to": date(2019, 9, 30),
            },
            Verdict.ELIGIBLE,
            "window_open",
            ["ltc.not_registered", "stored_valid_to_differs", "temporary_certificate"],
        ),
    ],
    ids=["window", "expired", "not started", "cancelled", "unknown state", "extended", "temporary"],
)
def test_dates_decide_and_the_registry_must_say_active(
    row: MakeRow,
    person: MakePerson,
    ask: Ask,
    as_of: date,
    values: dict[str, Any],
    verdict: Verdict,
    status: str,
    codes: list[str],
) -> None:
    someone = _ltc(row, person, row("ltc.certificate", "C1", **values))

    found = decisions.person_eligibility(ask(as_of), "ltc.care_worker", someone).decision

    assert (found.verdict, found.status) == (verdict, status)
    assert _codes(found) == codes


def test_nobody_registered_is_a_finding(row: MakeRow, person: MakePerson, ask: Ask) -> None:
    someone = _ltc(row, person, row("ltc.certificate", "C9"))

    found = decisions.person_eligibility(ask(AS_OF), "ltc.care_worker", someone).decision

    assert found.verdict is Verdict.ELIGIBLE
    assert [(item.code, item.about) for item in found.findings] == [("ltc.not_registered", ("C9",))]


def test_a_registration_in_another_county_than_its_unit_is_pointed_out(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    someone = _ltc(row, person, row("ltc.certificate", "C1"))
    [registration] = someone.ltc.registrations
    someone.ltc.registrations = [
        {**registration, "unit_county_code": "64000", "unit_county__code": "63000"}
    ]

    found = decisions.person_eligibility(ask(AS_OF), "ltc.care_worker", someone).decision

    assert [(item.code, item.about) for item in found.findings] == [
        ("county_differs", (registration["id"],))
    ]


def test_the_certificate_that_ends_last_decides(row: MakeRow, person: MakePerson, ask: Ask) -> None:
    older = row("ltc.certificate", "C1", state="註銷")
    newer = row(
        "ltc.certificate",
        "C2",
        valid_from=date(2024, 7, 1),
        valid_to=date(2030, 6, 30),
        original_valid_to=date(2030, 6, 30),
    )
    other = row("ltc.certificate", "C3", personnel_type="教保員", valid_from=date(2024, 9, 1),
                valid_to=date(2030, 8, 31), original_valid_to=date(2030, 8, 31))  # fmt: skip

    found = decisions.person_eligibility(
        ask(AS_OF), "ltc.care_worker", _ltc(row, person, newer, older, other)
    ).decision

    assert (found.subject, found.verdict) == ("C2", Verdict.ELIGIBLE)


def test_a_certificate_renewed_ahead_does_not_take_away_the_one_in_force(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    running = row("ltc.certificate", "C1")
    ahead = row(
        "ltc.certificate",
        "C2",
        valid_from=date(2025, 7, 1),
        valid_to=date(2031, 6, 30),
        original_valid_to=date(2031, 6, 30),
        credit_from=date(2025, 1, 10),
    )

    found = decisions.person_eligibility(
        ask(date(2025, 2, 1)), "ltc.care_worker", _ltc(row, person, running, ahead)
    ).decision

    assert (found.subject, found.verdict) == ("C1", Verdict.ELIGIBLE)


def test_nobody_certified_is_not_eligible_and_nothing_is_replayed(
    person: MakePerson, ask: Ask
) -> None:
    found = decisions.person_eligibility(ask(AS_OF), "ltc.care_worker", person())

    assert (found.decision.verdict, found.decision.status) == (
        Verdict.NOT_ELIGIBLE,
        "no_certificate",
    )
    assert found.decision.details is None
    assert found.renewal is None


def test_a_certificate_of_an_unknown_type_speaks_neither_for_nor_against(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    vague = row("ltc.certificate", "C1", personnel_type="新類別")

    found = decisions.person_eligibility(
        ask(AS_OF), "ltc.care_worker", _ltc(row, person, vague)
    ).decision

    assert (found.verdict, found.status) == (Verdict.NOT_APPLICABLE, "not_applicable")
    assert [(item.code, item.about) for item in found.findings] == [("unknown_value", ("C1",))]


def _trained(row: MakeRow, person: MakePerson, profession: str = "護理人員") -> PersonRows:
    return person(
        osh={
            "trainees": [row("osh.trainee", "T1", profession=profession)],
            "certificates": [
                row("osh.certificate", "N1", kind="結業證書", category_hours=None, hours=5000)
            ],
            "classes": {"K1": row("osh.training_class", "K1", training_kind="專業訓練")},
            "recognitions": {"OH1": [row("osh.recognition")]},
        }
    )


def test_an_undeclared_fact_that_the_answer_rests_on_leaves_it_undecided(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    someone = _trained(row, person)

    silent = decisions.person_eligibility(ask(AS_OF), "osh.nurse", someone).decision
    told = decisions.person_eligibility(
        ask(AS_OF), "osh.nurse", someone, declared={"person": {"practice_years": 2}}
    ).decision

    assert (silent.verdict, silent.status) == (Verdict.NOT_DECIDABLE, "not_decidable")
    assert silent.lacking == ("person.practice_years",)
    assert told.verdict is Verdict.ELIGIBLE
    assert [item.freshness for item in told.sources] == [Freshness.FRESH, Freshness.DECLARED]


def test_an_undeclared_fact_that_changes_nothing_does_not_stop_the_answer(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    untrained = person(osh={"trainees": [row("osh.trainee")]})

    found = decisions.person_eligibility(ask(AS_OF), "osh.nurse", untrained).decision

    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert "fact_not_declared" in _codes(found)
    assert _replayed(found)


def test_a_trained_physicians_specialty_matters_only_since_the_law_asks_for_it(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    someone = _trained(row, person, "醫師")
    someone.osh.results = [row("osh.result", exam_on=date(2022, 3, 5))]

    before = decisions.person_eligibility(ask(date(2022, 6, 30)), "osh.physician", someone)
    since = decisions.person_eligibility(ask(date(2022, 7, 1)), "osh.physician", someone)

    assert before.decision.verdict is Verdict.ELIGIBLE
    assert since.decision.verdict is Verdict.NOT_DECIDABLE


def test_the_holder_of_an_osh_certificate_is_asked_for_the_in_service_duty(
    row: MakeRow, person: MakePerson, ask: Ask
) -> None:
    someone = _trained(row, person)

    found = decisions.certificate_renewal(ask(AS_OF), "osh", someone.osh.certificates[0], someone)

    assert (found.rule, found.status, found.subject) == ("osh.in_service", "short", "N1")
    assert [item.reason for item in found.refused] == ["osh.not_in_service"]
    assert _replayed(found)


def test_sharing_needs_every_registry(row: MakeRow, person: MakePerson, ask: Ask) -> None:
    someone = _ltc(row, person, row("ltc.certificate", "C1"))

    found = decisions.sharing(ask(AS_OF), someone)
    dark = decisions.sharing(ask(AS_OF, osh=Freshness.UNAVAILABLE), someone)

    assert found.status == "settled"
    assert _replayed(found)
    assert dark.verdict is Verdict.NOT_DECIDABLE
    assert dark.findings[0].about == ("osh",)


def test_an_institution_whose_term_has_ended_is_expired(row: MakeRow, ask: Ask) -> None:
    found = decisions.recognition_status(ask(AS_OF), row("osh.recognition", "OH1-1"))

    assert found.status == "expired"
    assert _replayed(found)


def test_recorded_truancy_is_compared_with_the_computed_one(row: MakeRow, ask: Ask) -> None:
    trainee = row("osh.trainee", "T1")
    rows = ClassRows(
        row("osh.training_class", "K1"),
        sessions=[row("osh.session", "S1", hours=300)],
        trainees=[trainee],
        attendance=[
            row("osh.attendance", trainee_no="T1", session_no="S1", sign_in="09:00",
                sign_out="12:00", absent_hours=300)
        ],
    )  # fmt: skip

    found = decisions.trainee_attendance(ask(AS_OF), rows, trainee)
    finished = decisions.trainee_completion(ask(AS_OF), rows, trainee)

    assert found.status == "attended"
    assert _codes(found) == ["osh.truancy_differs"]
    assert finished.status == "proof_due"
    assert _replayed(finished)


def test_a_class_is_filed_and_closed_by_what_is_on_file(row: MakeRow, ask: Ask) -> None:
    rows = ClassRows(row("osh.training_class", "K1"), recognitions=[row("osh.recognition")])

    declared = {"class": {"letter_on": "2023-04-02", "documents": ["venue_proof"]}}

    unsaid = decisions.class_filing(ask(AS_OF), rows)
    filed = decisions.class_filing(ask(AS_OF), rows, declared)
    closed = decisions.class_closing(ask(AS_OF), rows)

    assert unsaid.verdict is Verdict.NOT_DECIDABLE
    assert unsaid.lacking == ("class.letter_on", "class.documents")
    assert filed.status == "rejected"
    assert "osh.class.too_few_enrolled" in _codes(filed)
    assert closed.status == "overdue"
    assert _replayed(filed)
    assert _replayed(closed)

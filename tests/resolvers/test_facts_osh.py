"""mapping.md 1.3, 2.4, 2.5 and 3: OSH rosters, certificates and recognitions."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import OshRows
from certhub.resolvers.facts import osh_people
from certhub.resolvers.facts.built import Built, Findings, Lacking
from certhub.resolvers.facts.osh_providers import for_class, kinds_of, recognition_facts

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2024, 10, 1)


def _codes(built: Built) -> list[str]:
    return [finding.code for finding in built.findings]


def _nurse(row: MakeRow, **extra: Any) -> OshRows:
    rows = {
        "trainees": [row("osh.trainee", "T1")],
        "certificates": [row("osh.certificate", "N1")],
        "classes": {"K1": row("osh.training_class", "K1")},
        "recognitions": {"OH1": [row("osh.recognition", "OH1-1")]},
    }
    return OshRows(**{**rows, **extra})


def _activities(built: Built) -> list[dict[str, Any]]:
    assert built.given is not None
    found = built.given["activities"]
    assert isinstance(found, list)
    return found


def test_a_proof_is_one_activity_per_category_and_one_for_the_rest(row: MakeRow) -> None:
    proof = row(
        "osh.certificate",
        "N1",
        hours=600,
        category_hours="職業安全衛生相關法規=2;職場健康風險評估=2.5",
    )

    built = osh_people.in_service(_nurse(row, certificates=[proof]), AS_OF)

    term = {"kind": "institution", "valid_from": "2021-07-01", "valid_to": "2024-06-30"}
    shared = {
        "registry": "osh",
        "kind": "in_service",
        "date": "2023-05-06",
        "mode": "in_person",
        "role": "attendee",
        "title": "勞工健康服務護理人員在職教育訓練",
        "provider": term,
    }
    assert _activities(built) == [
        {
            "id": "N1#osh.regulations",
            **shared,
            "attribute": "law",
            "categories": ["osh.regulations"],
            "hours": 2,
        },
        {
            "id": "N1#osh.risk_assessment",
            **shared,
            "attribute": "professional",
            "categories": ["osh.risk_assessment"],
            "hours": 2.5,
        },
        {"id": "N1", **shared, "attribute": "professional", "categories": [], "hours": 1.5},
    ]
    assert built.findings == ()


def test_hours_of_an_unknown_category_do_not_come_back_as_hours_without_one(row: MakeRow) -> None:
    proof = row(
        "osh.certificate", "N1", hours=400, category_hours="職業安全衛生相關法規=2;新類別=2"
    )

    built = osh_people.in_service(_nurse(row, certificates=[proof]), AS_OF)

    assert [(item["id"], item["hours"]) for item in _activities(built)] == [
        ("N1#osh.regulations", 2)
    ]
    assert [(item.code, item.about) for item in built.findings] == [("unknown_value", ("N1",))]


def test_a_completion_certificate_is_professional_training(row: MakeRow) -> None:
    held = row("osh.certificate", "N1", kind="結業證書", category_hours=None, hours=1800)

    activity = _activities(osh_people.in_service(_nurse(row, certificates=[held]), AS_OF))[0]

    assert (activity["id"], activity["kind"], activity["hours"]) == ("N1", "professional", 18)


def test_the_day_is_the_classs_where_the_certificate_has_none(row: MakeRow) -> None:
    rows = _nurse(row, certificates=[row("osh.certificate", "N1", ends_on=None)])
    rows.classes = {"K1": row("osh.training_class", "K1", ends_on=date(2023, 5, 8))}

    assert _activities(osh_people.in_service(rows, AS_OF))[0]["date"] == "2023-05-08"


@pytest.mark.parametrize(
    "values", [{"kind": "新種類"}, {"ends_on": None, "class_no": None}], ids=["kind", "no day"]
)
def test_a_row_without_kind_or_day_is_left_out(row: MakeRow, values: dict[str, Any]) -> None:
    rows = _nurse(row, certificates=[row("osh.certificate", "N1", **values)])

    built = osh_people.in_service(rows, AS_OF)

    assert _activities(built) == []
    assert _codes(built) == ["record_undetermined"]


def test_an_institution_on_no_list_gives_no_provider(row: MakeRow) -> None:
    built = osh_people.in_service(_nurse(row, recognitions={}), AS_OF)

    assert "provider" not in _activities(built)[0]
    assert [(item.code, item.about) for item in built.findings] == [
        ("osh.provider_not_listed", ("K1",))
    ]


def test_the_recognition_covers_the_first_day_and_the_kind_else_it_is_the_latest(
    row: MakeRow,
) -> None:
    old = row("osh.recognition", "A", valid_from=date(2018, 1, 1), valid_to=date(2020, 12, 31))
    professional = row("osh.recognition", "B", training_kinds="專業訓練")
    new = row("osh.recognition", "C", valid_from=date(2025, 1, 1), valid_to=date(2027, 12, 31))

    def chosen(day: date, kind: str) -> str:
        found = for_class([new, old, professional], day, kind)
        assert found is not None
        return str(found["id"])

    assert chosen(date(2019, 5, 1), "in_service") == "A"
    assert chosen(date(2022, 5, 1), "professional") == "B"
    assert chosen(date(2022, 5, 1), "in_service") == "C"
    assert for_class([], date(2022, 5, 1), "in_service") is None


def test_a_termination_needs_its_kind_and_its_day(row: MakeRow) -> None:
    findings = Findings()
    complete = row(
        "osh.recognition",
        "A",
        termination_kind="撤銷",
        terminated_on=date(2023, 3, 1),
        effective_on=date(2023, 4, 1),
    )
    halves = [
        row("osh.recognition", "B", termination_kind="廢止"),
        row("osh.recognition", "C", terminated_on=date(2023, 3, 1)),
        row("osh.recognition", "D", termination_kind="新種類", terminated_on=date(2023, 3, 1)),
    ]

    facts = recognition_facts(complete, findings)
    for half in halves:
        assert "terminated" not in (recognition_facts(half, findings) or {})

    assert facts is not None
    assert facts["terminated"] == {
        "kind": "withdrawn",
        "date": "2023-03-01",
        "effective_on": "2023-04-01",
    }
    assert [(item.code, item.about) for item in findings.sealed()] == [
        ("osh.termination_incomplete", ("B", "C", "D"))
    ]


def test_an_unknown_kind_of_a_recognition_is_left_out(row: MakeRow) -> None:
    findings = Findings()

    assert kinds_of(row("osh.recognition", training_kinds="專業訓練、新訓練"), findings) == [
        "professional"
    ]
    assert [item.code for item in findings.sealed()] == ["unknown_value"]


def test_the_profession_is_that_of_the_newest_row_that_names_one(row: MakeRow) -> None:
    rows = OshRows(
        trainees=[
            row("osh.trainee", "T1", class_no="K1"),
            row("osh.trainee", "T2", class_no="K2", profession="醫師"),
            row("osh.trainee", "T3", class_no="K3", profession=None),
            row("osh.trainee", "T4", class_no="K4", profession="新類別"),
        ],
        classes={
            name: row("osh.training_class", name, starts_on=date(2020 + number, 1, 1))
            for number, name in enumerate(("K1", "K2", "K3", "K4"))
        },
    )
    findings = Findings()

    assert osh_people.profession_of(rows, findings) == "physician"
    assert [item.about for item in findings.sealed()] == [("T4",)]


def test_an_unknown_profession_makes_the_duty_not_applicable(row: MakeRow) -> None:
    rows = _nurse(row, trainees=[row("osh.trainee", "T1", profession="新類別")])

    built = osh_people.in_service(rows, AS_OF)

    assert built.given is None
    assert built.not_applicable == "unknown_value"


def test_a_profession_that_no_roster_names_leaves_the_duty_undecidable(row: MakeRow) -> None:
    built = osh_people.in_service(_nurse(row, trainees=[]), AS_OF)

    assert (built.given, built.not_applicable) == (None, None)
    assert built.lacking == (Lacking("person.profession"),)


def test_a_physicians_specialty_is_declared_else_none_and_named(row: MakeRow) -> None:
    rows = _nurse(row, trainees=[row("osh.trainee", "T1", profession="醫師")])
    declared = {"person": {"specialist": "occupational_medicine"}, "period_start": "2022-01-01"}

    silent = osh_people.in_service(rows, AS_OF)
    told = osh_people.in_service(rows, AS_OF, declared=declared)

    assert silent.given is not None
    assert silent.given["person"] == {"profession": "physician"}
    assert _codes(silent) == ["osh.specialist_not_held"]
    assert told.given is not None
    assert told.given["person"] == {
        "profession": "physician",
        "specialist": "occupational_medicine",
    }
    assert told.given["period_start"] == "2022-01-01"
    assert _codes(told) == []


def test_training_counts_from_the_first_passed_exam_of_a_row_with_a_certificate(
    row: MakeRow,
) -> None:
    rows = _nurse(
        row,
        trainees=[row("osh.trainee", name) for name in ("T1", "T2", "T3")],
        certificates=[
            row("osh.certificate", "N1", kind="結業證書", issued_on=date(2022, 4, 1)),
            row("osh.certificate", "N2", kind="結業證書", trainee_no="T2",
                issued_on=date(2022, 3, 20)),
        ],
        results=[
            row("osh.result", exam_on=date(2022, 3, 1), outcome="不及格"),
            row("osh.result", exam_on=date(2022, 3, 25)),
            row("osh.result", trainee_no="T3", exam_on=date(2021, 1, 1)),
        ],
    )  # fmt: skip

    assert osh_people.training_passed_on(rows, rows.trainees) == date(2022, 3, 20)
    assert osh_people.training_passed_on(rows, [rows.trainees[0]]) == date(2022, 3, 25)


def test_a_licence_on_a_professional_roster_is_on_record_and_practice_is_not(row: MakeRow) -> None:
    rows = _nurse(row, certificates=[row("osh.certificate", kind="結業證書")])
    rows.classes = {"K1": row("osh.training_class", "K1", training_kind="專業訓練")}

    built = osh_people.eligibility(rows, "nurse", AS_OF, {"person": {"licence": False}})

    assert built.given == {
        "person": {
            "profession": "nurse",
            "training_passed_on": "2023-05-06",
            "licence": True,
        }
    }
    assert [item.key for item in built.lacking] == ["person.practice_years"]
    assert _codes(built) == ["declared_not_used"]


def test_a_licence_on_an_in_service_roster_alone_is_lacking(row: MakeRow) -> None:
    built = osh_people.eligibility(_nurse(row), "nurse", AS_OF)

    assert [item.key for item in built.lacking] == ["person.licence", "person.practice_years"]


def test_rows_of_another_profession_support_nothing(row: MakeRow) -> None:
    rows = _nurse(row, certificates=[row("osh.certificate", kind="結業證書")])

    built = osh_people.eligibility(rows, "physician", AS_OF)

    assert built.given == {"person": {"profession": "physician"}}
    assert _codes(built) == ["osh.profession_differs"]
    assert [item.key for item in built.lacking] == ["person.specialist"]


def test_the_recorded_group_stands_for_its_three_professions(row: MakeRow) -> None:
    rows = _nurse(row, trainees=[row("osh.trainee", "T1", profession="勞工健康服務相關人員")])

    built = osh_people.eligibility(rows, "psychologist", AS_OF)

    assert built.given is not None
    assert built.given["person"]["profession"] == "related"  # type: ignore[index]
    assert _codes(built) == []


@pytest.mark.parametrize(
    ("profession", "not_applicable", "lacking"),
    [(None, None, ["person.profession"]), ("新類別", "unknown_value", [])],
    ids=["none", "unknown"],
)
def test_training_of_a_row_without_a_known_profession_speaks_neither_for_nor_against(
    row: MakeRow, profession: str | None, not_applicable: str | None, lacking: list[str]
) -> None:
    rows = _nurse(
        row,
        trainees=[row("osh.trainee", "T1", profession=profession)],
        certificates=[row("osh.certificate", kind="結業證書")],
    )

    built = osh_people.eligibility(rows, "nurse", AS_OF)

    assert built.given is None
    assert built.not_applicable == not_applicable
    assert [item.key for item in built.lacking] == lacking

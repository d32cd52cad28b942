"""mapping.md 2.4 and 3: all activities and certificates of a person side by side."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import HubRows, PersonRows
from certhub.domain.errors import InvalidInput
from certhub.resolvers.facts import sharing
from certhub.resolvers.facts.built import Built

MakeRow = Callable[..., dict[str, Any]]
MakePerson = Callable[..., PersonRows]
AS_OF = date(2024, 10, 1)


@pytest.fixture
def everything(row: MakeRow, person: MakePerson) -> PersonRows:
    """Somebody with one certificate and one record in each registry."""
    return person(
        vr={
            "qualifications": [row("vr.qualification", "Q1", title="督導_職管督導")],
            "records": [
                row("vr.training_record", "T1", hours=600, credited_hours=1200,
                    outlying_island="是", course_no="V1", held_to=date(2023, 5, 6))
            ],
            "extensions": [row("vr.extension")],
            "providers": {"V1": "12345675"},
        },
        ltc={
            "persons": [row("ltc.person", "L1")],
            "certificates": [row("ltc.certificate", "C1", renewal_count=1)],
            "credits": [row("ltc.credit", "D1", course_id="W1", status="審核中",
                            on=date(2023, 5, 6))],
            "providers": {"W1": "12345675"},
        },
        osh={
            "trainees": [row("osh.trainee")],
            "certificates": [
                row("osh.certificate", "N1", hours=200, category_hours="職業安全衛生相關法規=2")
            ],
            "classes": {"K1": row("osh.training_class", "K1")},
            "institutions": {"OH1": row("osh.institution", "OH1", tax_id="99999999")},
            "recognitions": {"OH1": [row("osh.recognition", "OH1-1")]},
        },
    )  # fmt: skip


def _list(built: Built, key: str) -> list[dict[str, Any]]:
    assert built.given is not None
    found = built.given[key]
    assert isinstance(found, list)
    return found


def test_certificates_of_all_registries_stand_with_their_windows(everything: PersonRows) -> None:
    built = sharing.cross_registry(everything, AS_OF)

    assert _list(built, "certificates") == [
        {
            "id": "C1",
            "registry": "ltc",
            "type": "care_worker",
            "valid_from": "2019-07-01",
            "valid_to": "2025-06-30",
            "credit_from": "2019-07-01",
        },
        {
            "id": "Q1",
            "registry": "vr",
            "type": "supervisor",
            "valid_from": "2022-03-01",
            "valid_to": "2025-08-28",
        },
        {
            "id": "in_service",
            "registry": "osh",
            "type": "in_service",
            "valid_from": "2021-10-02",
            "valid_to": "2024-10-01",
        },
    ]


def test_every_record_keeps_its_state_and_vr_hours_are_unweighted(everything: PersonRows) -> None:
    built = sharing.cross_registry(everything, AS_OF)

    shown = [
        (
            item["id"],
            item["registry"],
            item.get("points"),
            item.get("hours"),
            item.get("review_state"),
        )
        for item in _list(built, "activities")
    ]
    assert shown == [
        ("D1", "ltc", 3.6, None, "submitted"),
        ("T1", "vr", None, 6, "confirmed"),
        ("N1#osh.regulations", "osh", None, 2, None),
    ]
    assert built.given is not None
    assert built.given["providers"] == {
        "OH1-1": {"valid_from": "2021-07-01", "valid_to": "2024-06-30"}
    }
    assert _list(built, "activities")[2]["provider"] == "OH1-1"


def test_same_day_and_institution_in_two_registries_is_for_a_person_to_decide(
    everything: PersonRows,
) -> None:
    found = {item.code: item.about for item in sharing.cross_registry(everything, AS_OF).findings}

    assert found == {
        "sharing.possible_duplicate_event": ("T1", "D1"),
        "sharing.used_not_known": ("C1",),
    }


def test_a_recognised_credit_and_its_origin_are_one_event(
    row: MakeRow, everything: PersonRows
) -> None:
    everything.ltc.credits = [
        row("ltc.credit", "D1", source="vr", source_record="T1", on=date(2023, 5, 6)),
        row("ltc.credit", "D2", source="osh", source_record="N1#osh.regulations"),
    ]

    built = sharing.cross_registry(everything, AS_OF)

    assert [(item["id"], item["event"]) for item in _list(built, "activities")] == [
        ("D1", "vr:T1"),
        ("D2", "osh:N1#osh.regulations"),
        ("T1", "vr:T1"),
        ("N1#osh.regulations", "osh:N1#osh.regulations"),
    ]


def test_a_joint_accreditation_never_makes_two_records_of_one_registry_one_event(
    row: MakeRow, everything: PersonRows
) -> None:
    everything.vr.records = [
        row("vr.training_record", "T1", course_no="V1", category="專業課程"),
        row("vr.training_record", "T2", course_no="V1", category="專業倫理"),
        row("vr.training_record", "T3", course_no="V1", category="專業課程"),
    ]
    everything.ltc.credits = [row("ltc.credit", "D1", course_id="W1")]
    everything.hub = HubRows(joint_courses={("vr", "V1"): "J1", ("ltc", "W1"): "J1"})

    built = sharing.cross_registry(everything, AS_OF)

    events = {item["id"]: item.get("event") for item in _list(built, "activities")}
    assert events["D1"] == events["T1"] == "J1:professional:1"
    assert events["T2"] == "J1:ethics:1"
    assert events["T3"] == "J1:professional:2"


def test_the_hubs_own_records_name_activities_and_certificates_by_registry(
    everything: PersonRows,
) -> None:
    everything.hub = HubRows(
        applications=[{"activity": "vr:T1", "certificate": "ltc:C1", "filed_on": date(2024, 2, 1)}],
        decisions=[
            {
                "id": "R1",
                "activity": "vr:T1",
                "certificate": "ltc:C1",
                "outcome": "approved",
                "amount": 350,
                "attribute": None,
                "categories": [],
                "authority": "ltc_recognising_body",
                "decided_on": date(2024, 3, 1),
            }
        ],
        used=[{"activity": "ltc:D1", "certificate": "ltc:C1"}],
    )

    built = sharing.cross_registry(everything, AS_OF)

    assert _list(built, "applications") == [
        {"activity": "T1", "certificate": "C1", "filed_on": "2024-02-01"}
    ]
    assert _list(built, "decisions") == [
        {
            "id": "R1",
            "activity": "T1",
            "certificate": "C1",
            "outcome": "approved",
            "amount": 3.5,
            "categories": [],
            "authority": "ltc_recognising_body",
            "decided_on": "2024-03-01",
        }
    ]
    assert _list(built, "used") == [{"activity": "D1", "certificate": "C1"}]
    assert "sharing.used_not_known" not in {item.code for item in built.findings}


def test_equal_keys_of_two_registries_are_told_apart(row: MakeRow, everything: PersonRows) -> None:
    everything.ltc.credits = [row("ltc.credit", "X1")]
    everything.vr.records = [row("vr.training_record", "X1")]

    activities = _list(sharing.cross_registry(everything, AS_OF), "activities")

    assert [(item["registry"], item["id"]) for item in activities[:2]] == [
        ("ltc", "X1"),
        ("vr", "vr:X1"),
    ]


def test_only_credit_of_professional_laws_may_be_declared(everything: PersonRows) -> None:
    medical = {
        "id": "M1",
        "registry": "medical_ce",
        "date": "2024-01-05",
        "attribute": "ethics",
        "points": 2,
    }

    built = sharing.cross_registry(everything, AS_OF, {"activities": [medical]})

    assert _list(built, "activities")[-1] == medical
    assert built.declared == ("activities",)
    with pytest.raises(InvalidInput) as refused:
        sharing.cross_registry(everything, AS_OF, {"activities": [{**medical, "registry": "vr"}]})
    assert refused.value.details["key"] == "activities[0].registry"


def test_a_person_without_osh_rows_owes_no_duty(everything: PersonRows) -> None:
    everything.osh.trainees = everything.osh.certificates = ()

    built = sharing.cross_registry(everything, AS_OF)

    assert [item["registry"] for item in _list(built, "certificates")] == ["ltc", "vr"]


def test_ltc_is_shown_vr_and_osh_hours_one_to_one_as_points(everything: PersonRows) -> None:
    built = sharing.recognition(everything.ltc.certificates[0], everything)

    assert built.given == {
        "certificate": {
            "id": "C1",
            "valid_from": "2019-07-01",
            "valid_to": "2025-06-30",
            "type": "care_worker",
            "track": "general",
        },
        "activities": [
            {
                "id": "T1",
                "registry": "vr",
                "date": "2023-05-06",
                "attribute": "professional",
                "role": "attendee",
                "points": 6,
            },
            {
                "id": "N1#osh.regulations",
                "registry": "osh",
                "date": "2023-05-06",
                "attribute": "law",
                "role": "attendee",
                "points": 2,
            },
        ],
    }

"""mapping.md 1.2, 2.1, 2.4 and 3: LTC certificates, credits and registrations."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from certhub.domain.bundles import LtcRows
from certhub.domain.errors import InvalidInput
from certhub.resolvers.facts import ltc
from certhub.resolvers.facts import ltc_certificates as ltc_of
from certhub.resolvers.facts.built import Built, Findings
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2024, 10, 1)
RULESET = current_ruleset()


def _codes(built: Built) -> list[str]:
    return [finding.code for finding in built.findings]


def _activities(built: Built) -> list[dict[str, Any]]:
    assert built.given is not None
    found = built.given["activities"]
    assert isinstance(found, list)
    return found


def _renewal(row: MakeRow, *credit_rows: dict[str, Any], **certificate: Any) -> Built:
    rows = LtcRows(credits=credit_rows)
    return ltc.renewal(row("ltc.certificate", "C1", **certificate), rows, AS_OF, RULESET)


def test_a_certificate_keeps_its_original_last_day(row: MakeRow) -> None:
    built = _renewal(
        row,
        valid_from=date(2018, 6, 1),
        valid_to=date(2025, 5, 31),
        original_valid_to=date(2024, 5, 31),
        pandemic_extended=True,
        credit_from=date(2018, 5, 2),
    )

    assert built.rule == "ltc.renewal"
    assert built.given is not None
    assert built.given["certificate"] == {
        "id": "C1",
        "valid_from": "2018-06-01",
        "valid_to": "2024-05-31",
        "type": "care_worker",
        "track": "general",
        "credit_from": "2018-05-02",
    }
    assert built.findings == ()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"valid_to": date(2025, 7, 1)}, ["stored_valid_to_differs"]),
        ({"pandemic_extended": True}, ["ltc.extension_differs"]),
        (
            {"original_valid_to": date(2024, 5, 31), "valid_to": date(2024, 5, 31)},
            ["ltc.extension_differs", "stored_valid_to_differs"],
        ),
    ],
    ids=["end", "mark", "extension not entered"],
)
def test_the_systems_end_and_mark_are_compared_with_the_extension_by_law(
    row: MakeRow, values: dict[str, Any], codes: list[str]
) -> None:
    assert _codes(_renewal(row, **values)) == codes


def test_the_path_of_foreign_caregivers_decides_type_and_rule(row: MakeRow) -> None:
    built = _renewal(
        row,
        row("ltc.credit", "D1", attribute="專業品質", categories=["消防安全"]),
        employment_path="外籍機構看護工",
        personnel_type="新類別",
    )

    assert built.rule == "ltc.foreign_renewal"
    assert built.given is not None
    assert built.given["certificate"]["type"] == "foreign_institution_caregiver"  # type: ignore[index]
    assert built.given["certificate"]["track"] == "foreign_institution"  # type: ignore[index]
    assert _activities(built) == [
        {
            "id": "D1",
            "date": "2022-10-01",
            "categories": ["fire_safety"],
            "mode": "in_person",
            "points": 3.6,
            "course_kind": "general",
        }
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": "註銷"}, "certificate_cancelled"),
        ({"state": "廢止"}, "certificate_revoked"),
        ({"state": "撤銷", "suffix": "臨時證"}, "certificate_withdrawn"),
        ({"suffix": "臨時證", "personnel_type": "新類別"}, "temporary_certificate"),
        ({"personnel_type": "新類別"}, "unknown_value"),
        ({"employment_path": "新途徑"}, "unknown_value"),
    ],
)
def test_the_first_reason_that_fits_makes_the_renewal_not_applicable(
    row: MakeRow, values: dict[str, Any], reason: str
) -> None:
    built = _renewal(row, **values)

    assert built.given is None
    assert built.not_applicable == reason
    assert [(item.code, item.about) for item in built.findings] == [(reason, ("C1",))]


def test_a_credit_becomes_an_activity_dated_by_its_last_day_in_taiwan(row: MakeRow) -> None:
    credit = row(
        "ltc.credit",
        "D1",
        starts_at=datetime(2023, 10, 31, 16, tzinfo=UTC),
        ends_at=datetime(2023, 11, 30, 15, 59, tzinfo=UTC),
        attribute="專業法規",
        categories=["感染管制", "性別敏感度"],
        mode="網路",
        points=1200,
    )

    assert _activities(_renewal(row, credit)) == [
        {
            "id": "D1",
            "date": "2023-11-30",
            "attribute": "law",
            "categories": ["infection_control", "gender_sensitivity"],
            "mode": "online",
            "points": 12,
            "course_kind": "general",
        }
    ]


@pytest.mark.parametrize(
    ("mode", "live", "code", "findings"),
    [
        ("實體", False, "in_person", []),
        ("實體", True, "live_online", []),
        ("網路", False, "online", []),
        ("網路", True, "online", ["ltc.mode_contradiction"]),
    ],
)
def test_the_mode_is_read_with_the_live_mark(
    row: MakeRow, mode: str, live: bool, code: str, findings: list[str]
) -> None:
    built = _renewal(row, row("ltc.credit", mode=mode, live_sync=live))

    assert _activities(built)[0]["mode"] == code
    assert _codes(built) == findings


def test_only_accepted_credits_are_given_and_the_rest_is_listed(row: MakeRow) -> None:
    built = _renewal(
        row,
        row("ltc.credit", "D1"),
        row("ltc.credit", "D2", status="審核中"),
        row("ltc.credit", "D3", status="不符合"),
        row("ltc.credit", "D4", status="新狀態"),
    )

    assert [item["id"] for item in _activities(built)] == ["D1"]
    assert [(item.activity, item.reason) for item in built.refused] == [
        ("D2", "not_confirmed"),
        ("D3", "not_confirmed"),
        ("D4", "record_undetermined"),
    ]
    assert [(item.code, item.about) for item in built.findings] == [
        ("record_undetermined", ("D4",))
    ]


@pytest.mark.parametrize(
    "unknown",
    [{"attribute": "新屬性"}, {"mode": "新方式"}, {"role": "新身分"}],
    ids=["attribute", "mode", "role"],
)
def test_a_credit_with_an_unknown_term_that_a_rule_needs_is_left_out(
    row: MakeRow, unknown: dict[str, Any]
) -> None:
    built = _renewal(row, row("ltc.credit", "D1", **unknown))

    assert _activities(built) == []
    assert _codes(built) == ["record_undetermined"]


def test_an_unknown_category_is_left_out_and_the_rest_counts(row: MakeRow) -> None:
    built = _renewal(row, row("ltc.credit", categories=["新類別", "消防安全"]))

    assert _activities(built)[0]["categories"] == ["fire_safety"]
    assert _codes(built) == ["unknown_value"]


@pytest.mark.parametrize(
    ("training", "kind", "special"),
    [
        ("1.照顧服務員資格訓練", "caregiver_qualification", None),
        ("2.長照共同訓練課程(Level I)", "level_1", None),
        ("高負荷家庭照顧者教育訓練", "high_burden_family_caregiver", None),
        ("5.失智症照顧服務20小時訓練", "special_training", "dementia_care_20h"),
        ("9.其他", "general", None),
        (None, "general", None),
    ],
)
def test_the_training_course_decides_the_kind_of_course(
    row: MakeRow, training: str | None, kind: str, special: str | None
) -> None:
    activity = _activities(_renewal(row, row("ltc.credit", training_course=training)))[0]

    assert activity["course_kind"] == kind
    assert activity.get("special_training") == special


def test_a_course_name_never_decides_but_is_pointed_out(row: MakeRow) -> None:
    built = _renewal(row, row("ltc.credit", course_name="112年照顧服務員資格訓練班"))

    assert _activities(built)[0]["course_kind"] == "general"
    assert _codes(built) == ["ltc.possible_excluded_course"]


def test_an_accepted_course_still_running_is_pointed_out_and_changes_the_answer_later(
    row: MakeRow,
) -> None:
    running = row(
        "ltc.credit",
        "D1",
        starts_at=datetime(2024, 9, 1, tzinfo=UTC),
        ends_at=datetime(2024, 10, 31, 4, tzinfo=UTC),
    )

    built = _renewal(row, running)

    assert _activities(built)[0]["date"] == "2024-10-31"
    assert _codes(built) == ["ltc.credit_still_running"]
    assert built.changes_on == date(2024, 10, 31)


def test_a_planned_application_does_not_earn_what_is_not_over(row: MakeRow) -> None:
    credit = row("ltc.credit", "D1", on=date(2024, 11, 1))

    built = ltc.renewal(
        row("ltc.certificate"),
        LtcRows(credits=[credit]),
        AS_OF,
        RULESET,
        application_date=date(2025, 1, 1),
    )

    assert _activities(built) == []
    assert [(item.activity, item.reason) for item in built.refused] == [("D1", "out_of_window")]
    assert built.given is not None
    assert built.given["application_date"] == "2025-01-01"


def test_a_certificate_is_decided_with_the_credits_of_its_own_person(row: MakeRow) -> None:
    rows = LtcRows(
        persons=[row("ltc.person", "L1"), row("ltc.person", "L2")],
        credits=[
            row("ltc.credit", "D1", person_id="L1"),
            row("ltc.credit", "D2", person_id="L2"),
            row("ltc.credit", "D3", person_id="L0"),
        ],
        survivors={"L0": "L1"},
    )

    built = ltc.renewal(row("ltc.certificate"), rows, AS_OF, RULESET)

    assert [item["id"] for item in _activities(built)] == ["D1", "D3"]
    assert [(item.code, item.about) for item in built.findings] == [
        ("ltc.identities_not_merged", ("L1", "L2"))
    ]


@pytest.mark.parametrize(
    ("registrations", "service"),
    [
        ([{}], "registered"),
        ([{"kind": "支援報備"}], "proof"),
        ([{"certificate_id": "C2"}], "proof_other_certificate"),
        ([{"certificate_id": "C2"}, {"kind": "支援報備"}], "proof"),
        ([], "none"),
        ([{"ends_on": date(2019, 6, 30), "starts_on": date(2018, 1, 1)}], "none"),
        ([{"ends_on": date(2019, 7, 1), "starts_on": date(2018, 1, 1)}], "registered"),
        ([{"starts_on": date(2024, 10, 2)}], "none"),
        ([{"starts_on": date(2018, 1, 1), "state": "已註銷"}], "none"),
        ([{"starts_on": date(2020, 1, 1), "state": "已註銷"}], "registered"),
    ],
    ids=["registered", "support", "other certificate", "best of two", "none", "ended before",
         "ended within", "not yet", "ended without a day", "ended without a day, within"],
)  # fmt: skip
def test_service_is_the_best_registration_that_touches_the_validity(
    row: MakeRow, registrations: list[dict[str, Any]], service: str
) -> None:
    rows = LtcRows(registrations=[row("ltc.registration", **item) for item in registrations])

    built = ltc.renewal(row("ltc.certificate", "C1"), rows, AS_OF, RULESET)

    assert built.given is not None
    assert built.given["service"] == service


def test_a_paper_proof_of_service_fills_only_what_no_registration_says(row: MakeRow) -> None:
    certificate = row("ltc.certificate", "C1")
    registered = LtcRows(registrations=[row("ltc.registration")])
    declared = {"service": "proof"}

    alone = ltc.renewal(certificate, LtcRows(), AS_OF, RULESET, declared=declared)
    beside = ltc.renewal(certificate, registered, AS_OF, RULESET, declared=declared)

    assert alone.given is not None
    assert (alone.given["service"], alone.declared) == ("proof", ("service",))
    assert beside.given is not None
    assert (beside.given["service"], beside.declared) == ("registered", ())
    assert _codes(beside) == ["declared_not_used"]
    with pytest.raises(InvalidInput):
        ltc.renewal(certificate, LtcRows(), AS_OF, RULESET, declared={"service": "registered"})


def test_of_two_records_of_one_type_the_olders_credit_ends_before_the_newers_begins(
    row: MakeRow,
) -> None:
    older = row("ltc.certificate", "C1")
    newer = row(
        "ltc.certificate",
        "C2",
        valid_from=date(2025, 7, 1),
        valid_to=date(2031, 6, 30),
        original_valid_to=date(2031, 6, 30),
        credit_from=date(2025, 2, 1),
    )
    other = row("ltc.certificate", "C3", personnel_type="教保員")

    assert ltc_of.credit_ends([newer, other, older]) == {"C1": date(2025, 1, 31)}


def test_sharing_is_given_every_certificate_with_its_window(row: MakeRow) -> None:
    rows = LtcRows(
        certificates=[
            row("ltc.certificate", "C1", suffix="臨時證"),
            row("ltc.certificate", "C2", personnel_type="新類別"),
        ],
        credits=[row("ltc.credit", "D1"), row("ltc.credit", "D2", status="審核中")],
    )

    built = ltc.sharing(rows, AS_OF)

    assert built.given is not None
    assert built.given["certificates"] == [
        {
            "id": "C1",
            "valid_from": "2019-07-01",
            "valid_to": "2025-06-30",
            "type": "care_worker",
            "credit_from": "2019-07-01",
            "kind": "temporary",
        }
    ]
    assert [item["id"] for item in _activities(built)] == ["D1"]
    assert _codes(built) == ["unknown_value"]


def test_identities_are_the_first_kind_of_number_of_each_person(row: MakeRow) -> None:
    def number(kind: str, current: bool = True) -> dict[str, Any]:
        return {"type": "", "type__code": kind, "current": current}

    rows = LtcRows(
        persons=[
            row("ltc.person", "L1", identifiers=[number("passport"), number("arc_old")]),
            row("ltc.person", "L2", identifiers=[number("arc_new")]),
        ],
        certificates=[
            row("ltc.certificate", "C1"),
            row("ltc.certificate", "C2", person_id="L2"),
        ],
        credits=[row("ltc.credit", "D1"), row("ltc.credit", "D2", person_id="L2")],
    )

    built = ltc.id_merge(rows.certificates[1], rows, AS_OF)

    assert built.given == {
        "current_certificate": "C2",
        "merged": False,
        "certificates": [
            {
                "id": "C1",
                "valid_from": "2019-07-01",
                "valid_to": "2025-06-30",
                "identity": "old_arc",
            },
            {
                "id": "C2",
                "valid_from": "2019-07-01",
                "valid_to": "2025-06-30",
                "identity": "new_arc",
            },
        ],
        "activities": [
            {"id": "D1", "date": "2022-10-01", "points": 3.6, "identity": "old_arc"},
            {"id": "D2", "date": "2022-10-01", "points": 3.6, "identity": "new_arc"},
        ],
    }


def test_reentry_takes_its_papers_from_the_declaration(row: MakeRow) -> None:
    certificate = row("ltc.certificate", "C1", employment_path="外籍機構看護工")
    declared = {"departed_on": "2023-01-01", "reentered_on": "2024-03-01", "use_exemption": True}

    built = ltc.reentry(
        certificate, LtcRows(credits=[row("ltc.credit", "D1")]), AS_OF, RULESET, declared
    )

    assert built.given == {
        "certificate": {
            "id": "C1",
            "valid_from": "2019-07-01",
            "valid_to": "2025-06-30",
            "credit_from": "2019-07-01",
        },
        "activities": [
            {
                "id": "D1",
                "date": "2022-10-01",
                "mode": "in_person",
                "points": 3.6,
                "course_kind": "general",
            }
        ],
        **declared,
    }
    assert set(built.declared) == set(declared)


def test_validity_rests_on_the_registered_days(row: MakeRow) -> None:
    built = ltc.validity(row("ltc.certificate", "C1"), RULESET)

    assert built.given == {"effective_date": "2019-07-01", "stored_valid_to": "2025-06-30"}


def test_what_is_declared_beside_a_registered_day_is_not_used(row: MakeRow) -> None:
    built = ltc.validity(row("ltc.certificate"), RULESET, {"document_date": "2020-01-01"})

    assert built.given == {"effective_date": "2019-07-01", "stored_valid_to": "2025-06-30"}
    assert _codes(built) == ["declared_not_used"]
    assert built.declared == ()


def test_a_registration_of_an_unknown_kind_speaks_for_nothing(row: MakeRow) -> None:
    findings = Findings()
    rows = LtcRows(registrations=[row("ltc.registration", "R1", kind="新種類")])

    said, _ = ltc_of.service(row("ltc.certificate", "C1"), rows, AS_OF, AS_OF, findings)

    assert said == "none"
    assert [item.about for item in findings.sealed()] == [("R1",)]


def test_points_of_a_course_rest_on_minutes_that_are_declared(row: MakeRow) -> None:
    credit = row("ltc.credit", "D1", mode="網路")

    silent = ltc.points(credit)
    told = ltc.points(credit, {"minutes": 150})

    assert (silent.given, [item.key for item in silent.lacking]) == (None, ["minutes"])
    assert told.given == {"mode": "online", "date": "2022-10-01", "minutes": 150}

"""mapping.md 2.1, 2.4 and 3: VR qualifications and records."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import PersonRows, VrRows
from certhub.domain.errors import InvalidInput
from certhub.resolvers.facts import vr
from certhub.resolvers.facts.built import Built
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]
MakePerson = Callable[..., PersonRows]
AS_OF = date(2024, 10, 1)
RULESET = current_ruleset()


def _codes(built: Built) -> list[str]:
    return [finding.code for finding in built.findings]


def _activities(built: Built) -> list[dict[str, Any]]:
    assert built.given is not None
    found = built.given["activities"]
    assert isinstance(found, list)
    return found


def test_a_record_becomes_an_activity_with_the_credited_hours(row: MakeRow) -> None:
    record = row(
        "vr.training_record",
        "T1",
        hours=600,
        credited_hours=1200,
        outlying_island="是",
        held_from=date(2023, 5, 1),
        held_to=date(2023, 5, 3),
        qualification_titles=["就業服務員", "督導_就業督導", "督導_職管督導"],
    )

    built = vr.renewal(row("vr.qualification", "Q1"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built) == [
        {
            "id": "T1",
            "registry": "vr",
            "date": "2023-05-03",
            "attribute": "professional",
            "hours": 12,
            "weights": [],
            "qualifications": ["employment_specialist", "supervisor"],
            "training_kind": "continuing_education",
            "review_state": "confirmed",
            "role": "attendee",
        }
    ]


def test_a_confirmed_record_without_credited_hours_counts_its_own_and_says_so(
    row: MakeRow,
) -> None:
    record = row("vr.training_record", "T1", hours=350, credited_hours=None)

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built)[0]["hours"] == 3.5
    assert _codes(built) == ["vr.credited_hours_missing"]


def test_a_record_not_yet_confirmed_shows_its_hours_as_entered(row: MakeRow) -> None:
    record = row("vr.training_record", status="初審", hours=300, credited_hours=600)

    activity = _activities(
        vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)
    )[0]

    assert (activity["hours"], activity["review_state"]) == (3, "preliminary_review")


@pytest.mark.parametrize(
    "unknown",
    [{"status": "新狀態"}, {"nature": "新性質"}, {"category": "新類別"}, {"category": None}],
    ids=["state", "nature", "category", "no category"],
)
def test_a_record_with_an_unknown_term_that_a_rule_needs_is_left_out_and_named(
    row: MakeRow, unknown: dict[str, Any]
) -> None:
    record = row("vr.training_record", "T7", **unknown)

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built) == []
    assert [(item.code, item.about) for item in built.findings] == [
        ("record_undetermined", ("T7",))
    ]
    assert [(item.activity, item.reason) for item in built.refused] == [
        ("T7", "record_undetermined")
    ]


def test_an_unknown_title_of_a_record_is_left_out_and_the_rest_counts(row: MakeRow) -> None:
    record = row("vr.training_record", qualification_titles=["就業服務員", "新職稱"])

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built)[0]["qualifications"] == ["employment_specialist"]
    assert _codes(built) == ["unknown_value"]


@pytest.mark.parametrize(
    ("identity", "lecturer", "role"),
    [("學員", "是", "attendee"), ("授課者", "否", "instructor"), (None, "是", "instructor"),
     (None, "否", "attendee")],
    ids=["said attendee", "said instructor", "flag", "nothing"],
)  # fmt: skip
def test_the_role_is_the_identity_else_the_flag(
    row: MakeRow, identity: str | None, lecturer: str, role: str
) -> None:
    record = row("vr.training_record", identity=identity, lecturer=lecturer)

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built)[0]["role"] == role


def test_training_before_hiring_without_a_class_is_refused_before_the_rule(row: MakeRow) -> None:
    record = row("vr.training_record", "T2", nature="進用後", category=None)

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _activities(built) == []
    assert [(item.activity, item.reason) for item in built.refused] == [("T2", "not_ce_training")]
    assert built.findings == ()


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "送審中"}, "qualification_not_confirmed"),
        ({"issued_on": None}, "qualification_not_confirmed"),
        ({"title": "新職稱"}, "unknown_value"),
        ({"status": "新狀態"}, "record_undetermined"),
    ],
    ids=["under review", "not issued", "unknown title", "unknown state"],
)
def test_a_qualification_that_is_none_yet_is_not_applicable(
    row: MakeRow, values: dict[str, Any], reason: str
) -> None:
    built = vr.renewal(row("vr.qualification", "Q1", **values), VrRows(), AS_OF, RULESET)

    assert built.given is None
    assert built.not_applicable == reason
    assert [(item.code, item.about) for item in built.findings] == [(reason, ("Q1",))]


def test_before_the_periods_that_can_be_told_history_is_not_held(row: MakeRow) -> None:
    renewed = row(
        "vr.qualification",
        issued_on=date(2016, 2, 14),
        renewed_on=date(2022, 1, 10),
        ce_completed_on=date(2022, 2, 14),
    )

    inside = vr.renewal(renewed, VrRows(), date(2019, 2, 14), RULESET)
    before = vr.renewal(renewed, VrRows(), date(2019, 2, 13), RULESET)

    assert inside.given is not None
    assert inside.given["certificate"] == {
        "id": renewed["id"],
        "valid_from": "2019-02-14",
        "valid_to": "2022-02-13",
    }
    assert before.given is None
    assert before.not_applicable == "vr.history_not_held"


def test_a_renewal_granted_ahead_leaves_the_running_period(row: MakeRow) -> None:
    renewed = row(
        "vr.qualification", "Q1", issued_on=date(2021, 11, 1), renewed_on=date(2024, 9, 1)
    )

    built = vr.renewal(renewed, VrRows(), AS_OF, RULESET)

    assert built.given is not None
    assert built.given["certificate"] == {
        "id": "Q1",
        "valid_from": "2021-11-01",
        "valid_to": "2024-10-31",
    }
    assert built.changes_on == date(2024, 11, 1)


def test_deductions_stand_as_ranges_and_only_those_of_this_qualification(row: MakeRow) -> None:
    leaves = [row("vr.extension"), row("vr.extension", qualification_id="Q2")]

    built = vr.renewal(row("vr.qualification", "Q1"), VrRows(extensions=leaves), AS_OF, RULESET)

    assert built.given is not None
    assert built.given["certificate"] == {
        "id": "Q1",
        "valid_from": "2022-03-01",
        "valid_to": "2025-02-28",
        "deductions": [{"from": "2023-02-01", "to": "2023-07-31"}],
    }


def test_a_day_of_application_may_be_declared_and_nothing_else(row: MakeRow) -> None:
    qualification = row("vr.qualification")

    planned = vr.renewal(
        qualification, VrRows(), AS_OF, RULESET, declared={"application_date": "2025-01-02"}
    )

    assert planned.given is not None
    assert planned.given["application_date"] == "2025-01-02"
    assert planned.declared == ("application_date",)
    with pytest.raises(InvalidInput) as refused:
        vr.renewal(qualification, VrRows(), AS_OF, RULESET, declared={"activities": []})
    assert refused.value.code == "DECLARED_NOT_ALLOWED"
    assert refused.value.details == {"key": "activities", "rule": "vr.renewal"}


def test_settings_reach_the_rule_as_params(row: MakeRow) -> None:
    built = vr.renewal(
        row("vr.qualification"), VrRows(), AS_OF, RULESET, params={"weight_offshore": 1.5}
    )

    assert built.given is not None
    assert built.given["params"] == {"weight_offshore": 1.5}


def test_a_single_record_is_previewed_with_hours_and_flags(row: MakeRow) -> None:
    record = row(
        "vr.training_record",
        "T1",
        hours=600,
        credited_hours=1200,
        outlying_island="是",
        lecturer="是",
        delivery="視訊",
    )

    built = vr.ce_credit(record, AS_OF, RULESET)

    assert built.given == {
        "activity": {
            "id": "T1",
            "registry": "vr",
            "date": "2023-05-01",
            "attribute": "professional",
            "hours": 6,
            "weights": ["offshore", "instructor"],
            "qualifications": ["employment_specialist"],
            "training_kind": "continuing_education",
            "review_state": "confirmed",
            "role": "attendee",
            "mode": "live_online",
        }
    }


@pytest.mark.parametrize(
    ("values", "differs"),
    [
        ({"hours": 600, "credited_hours": 600}, False),
        ({"hours": 600, "credited_hours": 1200, "outlying_island": "是"}, False),
        ({"hours": 600, "credited_hours": 1200, "outlying_island": "是", "lecturer": "是"}, False),
        ({"hours": 600, "credited_hours": 600, "outlying_island": "是"}, True),
        ({"hours": 600, "credited_hours": 700}, True),
        ({"hours": 600, "credited_hours": 700, "status": "初審"}, False),
        ({"hours": 600, "credited_hours": 700, "nature": "進用後"}, False),
    ],
    ids=["plain", "weighted", "two flags, greatest", "not weighted", "other", "not confirmed",
         "other training"],
)  # fmt: skip
def test_credited_hours_are_compared_with_the_weighted_ones_and_count(
    row: MakeRow, values: dict[str, Any], differs: bool
) -> None:
    record = row("vr.training_record", "T1", **values)

    built = vr.renewal(row("vr.qualification"), VrRows(records=[record]), AS_OF, RULESET)

    assert _codes(built) == (["vr.credited_hours_differ"] if differs else [])


def test_hours_are_not_compared_on_a_day_whose_law_weights_none(row: MakeRow) -> None:
    record = row("vr.training_record", "T1", hours=600, credited_hours=1200, outlying_island="是")

    built = vr.renewal(
        row("vr.qualification", "Q1"), VrRows(records=[record]), date(1990, 1, 1), RULESET
    )

    assert "vr.credited_hours_differ" not in _codes(built)


def test_settings_weigh_the_comparison(row: MakeRow) -> None:
    record = row("vr.training_record", hours=600, credited_hours=900, outlying_island="是")

    built = vr.renewal(
        row("vr.qualification"),
        VrRows(records=[record]),
        AS_OF,
        RULESET,
        params={"weight_offshore": 1.5},
    )

    assert _codes(built) == []


def test_a_stored_extension_has_its_proof_and_a_letter_of_the_leaves_days(row: MakeRow) -> None:
    qualification, leave = row("vr.qualification", "Q1"), row("vr.extension", "E1")

    built = vr.extension([leave], qualification, VrRows(extensions=[leave]), AS_OF)

    assert built.given == {
        "certificate": {"id": "Q1", "valid_from": "2022-03-01", "valid_to": "2025-02-28"},
        "application_date": "2023-01-05",
        "leaves": [
            {
                "id": "E1",
                "from": "2023-02-01",
                "to": "2023-07-31",
                "reason": "parental_leave",
                "proof": True,
                "local_letter": {"from": "2023-02-01", "to": "2023-07-31"},
            }
        ],
    }


def test_a_filing_without_letter_takes_it_from_the_declaration(row: MakeRow) -> None:
    filing = row("vr.extension", "new", status="送審中", local_document_no=None, decided_on=None)
    letter = {"from": "2023-02-01", "to": "2023-04-30"}

    built = vr.extension(
        [filing],
        row("vr.qualification", "Q1"),
        VrRows(),
        AS_OF,
        declared={"leaves": [{"id": "new", "proof": True, "local_letter": letter}]},
    )

    assert built.given is not None
    leaves = built.given["leaves"]
    assert isinstance(leaves, list)
    assert (leaves[0]["proof"], leaves[0]["local_letter"]) == (True, letter)

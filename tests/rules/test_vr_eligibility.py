"""May a person serve: order of the reasons, days on which the answer turns."""

from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

RULE = "vr.eligibility"
CERTIFICATE = {
    "id": "c1",
    "qualification": "case_manager",
    "valid_from": "2021-06-01",
    "valid_to": "2024-05-31",
}

Given = dict[str, Any]


def _ask(as_of: str, role: str = "case_manager", **person: object) -> Decision:
    params = person.pop("params", {})
    given = {"role": role, "person": person, "params": params}
    return evaluate(RULE, given, date.fromisoformat(as_of)).decision


@pytest.mark.parametrize(
    ("as_of", "status", "reason"),
    [
        ("2021-05-31", "ineligible", "certificate_not_yet_valid"),
        ("2021-06-01", "eligible", "certificate_valid"),
        ("2024-05-31", "eligible", "certificate_valid"),
        ("2024-06-01", "ineligible", "certificate_expired"),
    ],
)
def test_a_certificate_covers_its_first_and_last_day(as_of: str, status: str, reason: str) -> None:
    decision = _ask(as_of, certificates=[CERTIFICATE])

    assert (decision.status, decision.report["reasons"]) == (status, [reason])


def test_a_renewal_filed_in_time_keeps_the_person_serving() -> None:
    pending = {
        **CERTIFICATE,
        "renewal_application": {"filed_on": "2024-05-31", "state": "submitted"},
    }

    decision = _ask("2024-07-01", certificates=[pending])
    switched = _ask("2024-07-01", certificates=[pending], params={"serve_while_pending": False})

    assert (decision.status, decision.report["reasons"]) == ("provisional", ["renewal_pending"])
    assert (switched.status, switched.report["reasons"]) == ("ineligible", ["renewal_pending"])


def test_a_renewal_filed_a_day_late_does_not() -> None:
    late = {**CERTIFICATE, "renewal_application": {"filed_on": "2024-06-01", "state": "submitted"}}

    assert _ask("2024-07-01", certificates=[late]).report["reasons"] == ["certificate_expired"]


def test_of_several_certificates_the_one_that_ends_last_counts() -> None:
    newer = {**CERTIFICATE, "id": "c2", "valid_from": "2024-06-01", "valid_to": "2027-05-31"}

    assert _ask("2024-05-31", certificates=[newer, CERTIFICATE]).report["certificate"] == "c1"
    assert _ask("2024-06-01", certificates=[newer, CERTIFICATE]).report["certificate"] == "c2"


def test_of_equal_certificates_the_order_given_does_not_matter() -> None:
    twin = {**CERTIFICATE, "id": "c2"}

    for certificates in ([CERTIFICATE, twin], [twin, CERTIFICATE]):
        assert _ask("2024-01-01", certificates=certificates).report["certificate"] == "c1"


def test_a_revocation_counts_from_its_day() -> None:
    revoked = {**CERTIFICATE, "revoked_on": "2023-03-01"}

    assert _ask("2023-02-28", certificates=[revoked]).status == "eligible"
    assert _ask("2023-03-01", certificates=[revoked]).report["reasons"] == ["certificate_revoked"]


def test_a_bar_comes_before_everything_and_hides_the_rest() -> None:
    decision = _ask(
        "2023-03-01",
        certificates=[CERTIFICATE],
        disqualifications=[{"kind": "corruption", "final_conviction_on": "2001-01-01"}],
    )

    assert decision.status == "ineligible"
    assert decision.report["reasons"] == ["art14_corruption"]
    assert decision.report["certificate"] is None
    assert decision.deadlines == ()


@pytest.mark.parametrize(
    ("kind", "as_of", "barred"),
    [
        ("intimate_image_crime", "2023-09-22", False),
        ("intimate_image_crime", "2023-09-23", True),
        ("domestic_violence", "2019-11-11", True),
    ],
)
def test_the_list_of_offences_is_that_of_the_day(kind: str, as_of: str, barred: bool) -> None:
    decision = _ask(as_of, disqualifications=[{"kind": kind, "final_conviction_on": "2015-01-01"}])

    reasons = decision.report["reasons"]
    assert reasons == ([f"art14_{kind}"] if barred else ["no_certificate"])


def test_a_declaration_bars_until_the_day_it_is_lifted() -> None:
    spell = {"kind": "assistance", "from": "2023-01-10", "until": "2024-01-10"}

    answers = [
        _ask(day, disqualifications=[spell], certificates=[CERTIFICATE]).status
        for day in ("2023-01-09", "2023-01-10", "2024-01-09", "2024-01-10")
    ]

    assert answers == ["eligible", "ineligible", "ineligible", "eligible"]


@pytest.mark.parametrize(
    ("as_of", "status", "reasons"),
    [
        ("2023-09-22", "ineligible", ["certificate_expired"]),
        ("2023-09-23", "provisional", ["certificate_expired", "provisional_a10_1"]),
        ("2024-02-01", "provisional", ["certificate_expired", "provisional_a10_1"]),
        ("2024-02-02", "ineligible", ["certificate_expired", "lapse_return_overdue"]),
    ],
)
def test_return_after_a_lapse_lasts_a_year_from_the_consent(
    as_of: str, status: str, reasons: list[str]
) -> None:
    lapsed = {**CERTIFICATE, "valid_from": "2019-06-01", "valid_to": "2022-05-31"}
    route = {
        "kind": "a10-1",
        "consent_on": "2023-02-01",
        "absence": {"from": "2022-01-01", "to": "2022-12-31"},
    }

    decision = _ask(as_of, certificates=[lapsed], provisional=route)

    assert (decision.status, decision.report["reasons"]) == (status, reasons)


def test_a_person_not_hired_yet_owes_no_training_yet() -> None:
    route = {"kind": "a8-2", "consent_on": "2024-01-10"}

    decision = _ask("2024-03-01", provisional=route)

    assert decision.report["reasons"] == ["no_certificate", "provisional_a8_2"]
    assert decision.deadlines == ()


def test_deadlines_come_nearest_first() -> None:
    given = {
        "role": "case_manager",
        "under_plan": True,
        "person": {
            "certificates": [CERTIFICATE],
            "plan_training": {"first_hired_on": "2022-03-01"},
        },
    }

    decision = evaluate(RULE, given, date(2023, 3, 1)).decision

    assert [(item.code, item.due) for item in decision.deadlines] == [
        ("plan_training_due", date(2024, 3, 1)),
        ("certificate_expires", date(2024, 5, 31)),
    ]
    assert decision.next_change_on == date(2023, 9, 23)


def test_a_period_that_ends_before_it_starts_is_refused_by_path() -> None:
    with pytest.raises(InvalidFacts) as refused:
        _ask("2024-01-01", certificates=[{**CERTIFICATE, "valid_to": "2020-01-01"}])

    assert refused.value.details["path"] == "person.certificates[0].valid_to"


def test_before_the_first_text_nothing_is_decided() -> None:
    decision = _ask("2014-02-13", certificates=[CERTIFICATE])

    assert (decision.status, decision.eligible) == ("law_version_unavailable", False)
    assert decision.next_change_on == date(2014, 2, 14)

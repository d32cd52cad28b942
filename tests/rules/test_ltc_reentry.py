from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

FACTS: dict[str, Any] = {
    "certificate": {"id": "c1", "valid_from": date(2022, 1, 10), "valid_to": date(2028, 1, 9)},
    "departed_on": date(2022, 7, 10),
    "reentered_on": date(2024, 7, 12),
    "conditions": {
        "deregistered_in_time": True,
        "revocation_letter": True,
        "exemption_used": False,
    },
}


def _decide(as_of: date = date(2024, 7, 15), **facts: object) -> Decision:
    return evaluate("ltc.reentry", {**FACTS, **facts}, as_of).decision


@pytest.mark.parametrize(
    ("application", "years"),
    [
        (date(2022, 1, 9), 0),
        (date(2023, 1, 9), 0),
        (date(2023, 1, 10), 1),
        (date(2024, 1, 10), 2),
        (date(2028, 1, 9), 5),
    ],
)
def test_only_years_completed_by_the_day_before_need_points(application: date, years: int) -> None:
    decision = _decide(application_date=application)

    assert decision.report["full_years"] == years
    assert decision.report["required_points"] == 20 * years


def test_a_stored_last_day_later_than_six_years_adds_no_year() -> None:
    certificate = {"id": "c1", "valid_from": date(2017, 6, 3), "valid_to": date(2023, 6, 3)}

    decision = _decide(certificate=certificate, application_date=date(2023, 6, 3))

    assert decision.report["route"] == "reissue"
    assert decision.report["full_years"] == 5


def test_the_day_after_the_last_day_is_a_renewal() -> None:
    decision = _decide(date(2028, 1, 10))

    assert decision.report["route"] == "renewal_after_expiry"
    assert decision.report["required_points"] == 120
    assert decision.report["new_valid_to"] == "2034-01-09"
    assert decision.requirements[0].by is None


@pytest.mark.parametrize(
    ("change", "available"),
    [
        ({}, True),
        ({"reentered_on": date(2023, 7, 10)}, True),
        ({"reentered_on": date(2023, 7, 9)}, False),
        ({"reentered_on": date(2024, 7, 16)}, False),
        ({"conditions": {"deregistered_in_time": True, "revocation_letter": True}}, True),
        ({"conditions": {"deregistered_in_time": True}}, False),
        ({"conditions": {**FACTS["conditions"], "exemption_used": True}}, False),
    ],
    ids=["all", "a year to the day", "a day short", "not back yet", "unused", "no letter", "used"],
)
def test_the_exemption_needs_all_its_conditions(change: dict[str, Any], available: bool) -> None:
    decision = _decide(use_exemption=True, **change)

    assert decision.report["exemption_available"] is available
    assert decision.report["route"] == ("one_time_exemption" if available else "reissue")
    assert decision.eligible is available


def test_an_exemption_that_is_not_chosen_is_only_told() -> None:
    decision = _decide()

    assert decision.report["exemption_available"] is True
    assert (decision.report["route"], decision.report["missing"]) == ("reissue", 40)


def test_online_points_are_capped_and_excluded_courses_left_out() -> None:
    activities = [
        {"id": "a1", "date": date(2023, 12, 1), "points": 55, "mode": "online"},
        {"id": "a2", "date": date(2023, 12, 2), "points": 5, "course_kind": "level_1"},
        {"id": "a3", "date": date(2021, 12, 2), "points": 5},
    ]

    decision = _decide(activities=activities)

    assert decision.report["counted"] == 40
    assert [(one.activity, one.reason) for one in decision.refused] == [
        ("a2", "excluded_course"),
        ("a3", "out_of_window"),
    ]
    assert [one.code for one in decision.findings] == [
        "excluded_course",
        "online_capped",
        "out_of_window",
    ]


DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(DAYS, st.integers(0, 60), st.booleans()), max_size=8),
    st.dates(date(2023, 10, 13), date(2032, 12, 31)),
    st.floats(0, 1),
)
def test_nothing_changes_before_the_next_change(
    rows: list[tuple[date, int, bool]], as_of: date, share: float
) -> None:
    activities = [
        {
            "id": f"a{index}",
            "date": day,
            "points": points,
            "mode": "online" if online else "in_person",
        }
        for index, (day, points, online) in enumerate(rows)
    ]
    decision = _decide(as_of, activities=activities)
    until = decision.next_change_on or as_of + timedelta(days=800)

    later = _decide(
        as_of + timedelta(days=max(0, int((until - as_of).days * share) - 1)), activities=activities
    )

    keys = ("route", "full_years", "required_points", "counted", "exemption_available")
    assert [later.report[key] for key in keys] == [decision.report[key] for key in keys]
    assert [one.code for one in later.findings] == [one.code for one in decision.findings]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"reentered_on": date(2022, 7, 9)}, "reentered_on"),
        ({"departed_on": None}, "departed_on"),
        ({"conditions": {"letter": True}}, "conditions"),
        (
            {"certificate": {**FACTS["certificate"], "valid_to": date(2022, 1, 9)}},
            "certificate.valid_to",
        ),
    ],
)
def test_bad_facts_are_refused_with_their_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide(**change)

    assert caught.value.details["path"] == path

"""OSH rules beyond the worked cases: edges, order, bad facts, invariants."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

CATEGORIES = ("osh.regulations", "osh.risk_assessment", "osh.health_management")
AS_OF = date(2024, 9, 2)


def _ask(rule: str, facts: dict[str, Any], as_of: date = AS_OF) -> dict[str, Any]:
    return details(evaluate(rule, facts, as_of).decision)


def _activity(number: int, hours: float, category: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "registry": "osh",
        "kind": "in_service",
        "date": "2023-05-10",
        "categories": [category],
        "hours": hours,
        **more,
    }


activities = st.lists(
    st.builds(
        lambda hours, category, mode, days: _activity(
            0,
            hours / 100,
            category,
            mode=mode,
            platform="central",
            date=(AS_OF - timedelta(days=days)).isoformat(),
        ),
        st.integers(0, 800),
        st.sampled_from(CATEGORIES),
        st.sampled_from(["in_person", "online"]),
        st.integers(-100, 1300),
    ),
    max_size=8,
).map(lambda items: [{**item, "id": f"a{index}"} for index, item in enumerate(items)])


@settings(max_examples=150, deadline=None)
@given(activities, activities)
def test_another_class_never_lowers_the_in_service_hours(
    few: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    person = {"profession": "nurse"}
    added = [{**item, "id": f"b{index}"} for index, item in enumerate(more)]

    before = _ask("osh.in_service", {"person": person, "activities": few})
    after = _ask("osh.in_service", {"person": person, "activities": [*few, *added]})

    for code, requirement in before["requirements"].items():
        assert after["requirements"][code]["counted"] >= requirement["counted"]


@settings(max_examples=100, deadline=None)
@given(activities, st.randoms(use_true_random=False))
def test_the_order_of_classes_does_not_matter(items: list[dict[str, Any]], random: Any) -> None:
    mixed = random.sample(items, len(items))

    first = _ask("osh.in_service", {"person": {"profession": "nurse"}, "activities": items})
    second = _ask("osh.in_service", {"person": {"profession": "nurse"}, "activities": mixed})

    assert first == second


@settings(max_examples=100, deadline=None)
@given(activities)
def test_every_class_is_used_or_refused_once(items: list[dict[str, Any]]) -> None:
    facts = {"person": {"profession": "nurse"}, "activities": items}
    decision = evaluate("osh.in_service", facts, AS_OF).decision

    used = [item.activity for item in decision.used]
    refused = [item.activity for item in decision.refused]

    assert sorted(used + refused) == sorted(item["id"] for item in items)


def test_exactly_one_fifth_withdraws_and_a_hundredth_less_does_not() -> None:
    def status(leave: float) -> str:
        facts = {
            "class": {"kind": "professional", "total_hours": 50, "ends_on": "2024-08-30"},
            "sessions": [{"id": "s1", "hours": 50}],
            "records": [{"session": "s1", "leave_hours": leave}],
        }
        return str(_ask("osh.attendance", facts)["status"])

    assert [status(10), status(9.99)] == ["withdrawn", "make_up_required"]


def test_a_recognition_revoked_tomorrow_is_still_active_today() -> None:
    facts = {
        "recognition": {
            "recognised_on": "2023-01-01",
            "valid_from": "2023-01-01",
            "valid_to": "2025-12-31",
            "documents_uploaded_on": "2023-01-05",
            "terminated": {"kind": "withdrawn", "date": "2024-09-03"},
        }
    }

    today = evaluate("osh.recognition_status", facts, AS_OF).decision
    tomorrow = evaluate("osh.recognition_status", facts, AS_OF + timedelta(days=1)).decision

    assert (today.status, tomorrow.status) == ("active", "withdrawn")
    assert today.next_change_on == date(2024, 9, 3)


def test_a_deadline_on_a_listed_holiday_moves_to_the_next_working_day() -> None:
    facts = {"class": {"kind": "professional", "ends_on": "2024-09-16"}}

    plain = _ask("osh.closing", facts)
    with_holiday = _ask("osh.closing", {**facts, "holidays": ["2024-10-01", "2024-10-02"]})

    assert (plain["upload_by"], with_holiday["upload_by"]) == ("2024-10-01", "2024-10-03")


@pytest.mark.parametrize(
    ("rule", "facts", "path"),
    [
        (
            "osh.class_filing",
            {"class": {"kind": "professional", "starts_on": "2024-09-02", "ends_on": "2024-09-01"}},
            "class.ends_on",
        ),
        (
            "osh.attendance",
            {
                "class": {"kind": "professional", "total_hours": 5, "ends_on": "2024-09-01"},
                "records": [{"session": "s9"}],
            },
            "records[0].session",
        ),
        (
            "osh.in_service",
            {"person": {"profession": "nurse"}, "activities": [_activity(1, 1, "osh.unheard_of")]},
            "activities[0].categories[0]",
        ),
        (
            "osh.eligibility",
            {"person": {"profession": "astronaut"}},
            "person.profession",
        ),
        (
            "osh.recognition_status",
            {
                "recognition": {
                    "recognised_on": "2024-01-01",
                    "valid_from": "2024-01-01",
                    "valid_to": "2023-12-31",
                }
            },
            "recognition.valid_to",
        ),
    ],
    ids=["class ends first", "unknown session", "unknown category", "profession", "term"],
)
def test_contradicting_facts_name_the_fact(rule: str, facts: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        evaluate(rule, facts, AS_OF)

    assert caught.value.details["path"] == path

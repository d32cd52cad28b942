from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision, details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

AS_OF = date(2024, 8, 23)
DAYS = st.dates(date(2018, 1, 1), date(2026, 12, 31))


def _decide(certificates: list[dict[str, Any]], activities: list[dict[str, Any]]) -> Decision:
    facts = {"certificates": certificates, "activities": activities}
    return evaluate("ltc.sharing", facts, AS_OF).decision


@st.composite
def certificates(draw: st.DrawFn) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, 4))):
        first = draw(DAYS)
        found.append(
            {
                "id": f"c{index}",
                "type": "care_worker",
                "kind": "formal",
                "valid_from": first,
                "valid_to": first + timedelta(days=draw(st.integers(0, 2200))),
                "credit_from": draw(st.none() | DAYS),
                "credit_to": draw(st.none() | DAYS),
            }
        )
    return found


@st.composite
def activities(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": f"a{index}",
            "date": draw(DAYS),
            "attribute": "law",
            "points": draw(st.integers(0, 20)),
            "course_kind": draw(st.sampled_from(["general", "general", "level_1"])),
        }
        for index in range(draw(st.integers(0, 8)))
    ]


@settings(max_examples=150, deadline=None)
@given(certificates(), activities())
def test_an_activity_counts_in_full_for_each_window_that_holds_it(
    held: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    decision = _decide(held, rows)

    report: Any = decision.report
    times = dict.fromkeys((row["id"] for row in rows), 0)
    for one in held:
        first = one["credit_from"] or one["valid_from"]
        last = min(one["valid_to"], one["credit_to"] or one["valid_to"])
        inside = [
            row for row in rows if first <= row["date"] <= last and row["course_kind"] == "general"
        ]
        counted = report["certificates"][one["id"]]
        assert counted["counted"] == [row["id"] for row in inside]
        assert counted["points"] == sum(row["points"] for row in inside)
        for row in inside:
            times[row["id"]] += 1
    assert report["shared"] == [key for key, count in times.items() if count > 1]
    assert report["uncounted"] == [key for key, count in times.items() if count == 0]
    assert [one.activity for one in decision.refused] == report["uncounted"]
    assert [one.activity for one in decision.used] == [key for key in times if times[key]]


@settings(max_examples=80, deadline=None)
@given(certificates(), activities())
def test_another_certificate_changes_nothing_for_this_one(
    held: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    alone: Any = _decide(held[:1], rows).report

    together: Any = _decide(held, rows).report

    assert together["certificates"]["c0"] == alone["certificates"]["c0"]


@settings(max_examples=80, deadline=None)
@given(certificates(), activities())
def test_the_order_of_activities_does_not_change_the_sums(
    held: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> None:
    one: Any = details(_decide(held, rows))
    other: Any = details(_decide(held, rows[::-1]))

    assert {key: row["points"] for key, row in one["certificates"].items()} == {
        key: row["points"] for key, row in other["certificates"].items()
    }
    assert sorted(one["shared"]) == sorted(other["shared"])
    assert one["overlaps"] == other["overlaps"]


def test_a_course_that_is_no_continuing_education_is_refused_as_such() -> None:
    held = [{"id": "c1", "valid_from": date(2020, 1, 1), "valid_to": date(2025, 12, 31)}]
    rows = [
        {"id": "a1", "date": date(2021, 1, 1), "points": 5, "course_kind": "level_1"},
        {"id": "a2", "date": date(2019, 1, 1), "points": 5, "course_kind": "level_1"},
    ]

    decision = _decide(held, rows)

    assert [(one.activity, one.reason) for one in decision.refused] == [
        ("a1", "excluded_course"),
        ("a2", "out_of_window"),
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"valid_to": date(2019, 12, 31)}, "certificates[0].valid_to"),
        ({"kind": "provisional"}, "certificates[0].kind"),
        ({"credit_until": date(2024, 1, 1)}, "certificates[0]"),
        ({"credit_to": date(9999, 1, 1)}, "certificates[0].credit_to"),
    ],
)
def test_bad_facts_are_refused_with_their_path(change: dict[str, Any], path: str) -> None:
    held = {"id": "c1", "valid_from": date(2020, 1, 1), "valid_to": date(2025, 12, 31)}

    with pytest.raises(InvalidFacts) as caught:
        _decide([{**held, **change}], [])

    assert caught.value.details["path"] == path


def test_a_certificate_that_stands_twice_is_refused() -> None:
    held = {"id": "c1", "valid_from": date(2020, 1, 1), "valid_to": date(2025, 12, 31)}

    with pytest.raises(InvalidFacts) as caught:
        _decide([held, held], [])

    assert caught.value.details["path"] == "certificates[1].id"

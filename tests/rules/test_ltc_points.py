from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts, NoFigureInForce
from certhub.rules.engine import evaluate


def _decide(as_of: date = date(2024, 8, 23), **facts: object) -> Decision:
    return evaluate("ltc.points", facts, as_of).decision


@pytest.mark.parametrize(
    ("day", "points"),
    [
        (date(2017, 6, 3), 1),
        (date(2022, 9, 3), 1),
        (date(2022, 9, 4), 1),
        (date(2023, 10, 12), 1),
        (date(2023, 10, 13), 2),
    ],
)
def test_an_online_course_earns_by_the_day_it_was_completed(day: date, points: int) -> None:
    decision = _decide(mode="online", date=day, minutes=100)

    assert decision.report == {"points": points, "counts_as": "online"}


def test_the_explanation_shows_length_unit_and_rate() -> None:
    decision = _decide(mode="in_person", date=date(2020, 7, 31), minutes=180)

    step = decision.explanation.children[0]
    assert step.code == "ltc.points_by_length"
    assert {one.name: one.value for one in step.inputs} == {
        "minutes": 18000,
        "unit": 5000,
        "rate": 100,
    }
    assert step.value == 360


@pytest.mark.parametrize(
    ("participants", "assistants", "codes"),
    [
        (50, 0, []),
        (51, 0, ["live_online_assistants_short"]),
        (51, 1, []),
        (101, 1, ["live_online_assistants_short"]),
        (200, 3, []),
        (201, 4, ["live_online_over_200"]),
        (201, 3, ["live_online_assistants_short", "live_online_over_200"]),
        (150, None, []),
    ],
)
def test_a_live_class_is_checked_for_size_and_assistants(
    participants: int, assistants: int | None, codes: list[str]
) -> None:
    decision = _decide(
        mode="live_online",
        date=date(2023, 10, 13),
        minutes=50,
        participants=participants,
        assistants=assistants,
    )

    assert [one.code for one in decision.findings] == codes


def test_a_live_class_of_covid_time_has_no_limit() -> None:
    decision = _decide(
        mode="live_online", date=date(2023, 10, 12), minutes=50, participants=500, assistants=0
    )

    assert decision.findings == ()
    assert decision.report["counts_as"] == "physical"


def test_points_of_teaching_are_never_computed() -> None:
    decision = _decide(mode="in_person", date=date(2024, 1, 5), minutes=50, role="instructor")

    assert decision.report["points"] is None
    assert [one.code for one in decision.findings] == ["needs_annex"]


def test_a_course_before_the_regulation_has_no_rate() -> None:
    with pytest.raises(NoFigureInForce):
        _decide(mode="in_person", date=date(2017, 6, 2), minutes=50)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1.5}, "minutes"),
        ({"mode": "by_post"}, "mode"),
        ({"participants": -1}, "participants"),
        ({"assistants": -1}, "assistants"),
        ({"date": None}, "date"),
        ({"length": 5}, ""),
    ],
)
def test_bad_facts_are_refused_with_their_path(change: dict[str, Any], path: str) -> None:
    facts = {"mode": "live_online", "date": date(2024, 1, 5), "minutes": 50, **change}

    with pytest.raises(InvalidFacts) as caught:
        _decide(**facts)

    assert caught.value.details["path"] == path

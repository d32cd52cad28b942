from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

FACTS: dict[str, Any] = {
    "current_certificate": "c2",
    "merged": False,
    "certificates": [
        {
            "id": "c1",
            "identity": "old_arc",
            "valid_from": date(2021, 1, 5),
            "valid_to": date(2027, 1, 4),
        },
        {
            "id": "c2",
            "identity": "new_arc",
            "valid_from": date(2022, 1, 6),
            "valid_to": date(2028, 1, 5),
        },
    ],
    "activities": [
        {"id": "a1", "identity": "old_arc", "date": date(2022, 3, 1), "points": 12},
        {"id": "a2", "identity": "passport", "date": date(2022, 5, 1), "points": 5},
        {"id": "a3", "identity": "new_arc", "date": date(2023, 5, 1), "points": 20},
        {"id": "a4", "identity": "old_arc", "date": date(2021, 6, 1), "points": 8},
        {
            "id": "a5",
            "identity": "new_arc",
            "date": date(2023, 6, 1),
            "points": 9,
            "course_kind": "level_1",
        },
    ],
}


def _decide(**facts: object) -> Decision:
    return evaluate("ltc.id_merge", {**FACTS, **facts}, date(2024, 8, 23)).decision


def test_before_the_merge_only_the_own_number_shows() -> None:
    decision = _decide()

    assert decision.status == "merge_required"
    assert decision.report == {
        "merge_required": True,
        "credited_to": "c2",
        "points_visible": 20,
        "points_after_merge": 37,
        "lookup_certificate": "c1",
    }
    assert [(one.activity, one.reason) for one in decision.refused] == [
        ("a1", "identities_not_merged"),
        ("a2", "identities_not_merged"),
        ("a4", "out_of_window"),
        ("a5", "excluded_course"),
    ]


def test_after_the_merge_everything_within_the_validity_shows() -> None:
    decision = _decide(merged=True)

    assert decision.status == "merged"
    assert decision.report == {
        "merge_required": False,
        "credited_to": "c2",
        "points_visible": 37,
        "points_after_merge": 37,
        "lookup_certificate": "c2",
    }
    assert [one.activity for one in decision.used] == ["a1", "a2", "a3"]


def test_one_number_needs_no_merge() -> None:
    decision = _decide(certificates=FACTS["certificates"][1:], activities=[FACTS["activities"][2]])

    assert decision.status == "single_identity"
    assert decision.report["merge_required"] is False
    assert decision.report["lookup_certificate"] == "c2"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"current_certificate": "c9"}, "current_certificate"),
        (
            {"certificates": [{**FACTS["certificates"][1], "identity": "arc"}]},
            "certificates[0].identity",
        ),
        (
            {"activities": [{"id": "a1", "date": date(2022, 3, 1), "points": 12}]},
            "activities[0].identity",
        ),
        ({"merged": "yes"}, "merged"),
    ],
)
def test_bad_facts_are_refused_with_their_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide(**change)

    assert caught.value.details["path"] == path

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

CERTIFICATE = {
    "id": "c1",
    "type": "medical",
    "track": "general",
    "valid_from": date(2019, 8, 7),
    "valid_to": date(2025, 8, 6),
}


def _decide(activities: list[dict[str, Any]], as_of: date = date(2024, 8, 23)) -> Decision:
    facts = {"certificate": CERTIFICATE, "activities": activities}
    return evaluate("ltc.recognition", facts, as_of).decision


def _medical(**more: object) -> dict[str, Any]:
    return {
        "id": "m1",
        "registry": "medical_ce",
        "date": date(2021, 2, 12),
        "attribute": "law",
        "remark_codes": ["D1"],
        "points": 1.5,
        **more,
    }


def _result(row: dict[str, Any], as_of: date = date(2024, 8, 23)) -> dict[str, Any]:
    report: Any = _decide([row], as_of).report
    found: dict[str, Any] = report["results"][0]
    return found


@pytest.mark.parametrize(
    ("as_of", "status", "points"),
    [(date(2024, 5, 30), "needs_approval", 0), (date(2024, 5, 31), "automatic", 1.5)],
)
def test_the_letter_guides_decisions_from_its_day_on(
    as_of: date, status: str, points: float
) -> None:
    found = _result(_medical(), as_of)

    assert (found["status"], found["points"]) == (status, points)


@pytest.mark.parametrize(
    ("change", "status", "reason", "categories"),
    [
        ({}, "automatic", "close_in_nature", ["infection_control"]),
        (
            {"remark_codes": ["D2", "D1"]},
            "automatic",
            "close_in_nature",
            ["infection_control", "gender_sensitivity"],
        ),
        (
            {"remark_codes": [], "attribute": "ethics"},
            "automatic",
            "close_in_nature",
            [],
        ),
        ({"remark_codes": []}, "needs_approval", "individual_or_joint_application", []),
        ({"role": "instructor"}, "needs_approval", "individual_or_joint_application", []),
        ({"remark_codes": ["D1", "A"]}, "not_recognised", "not_valid_medical_point", []),
        ({"remark_codes": ["E2"]}, "not_recognised", "not_valid_medical_point", []),
        ({"remark_codes": ["F"]}, "not_recognised", "not_valid_medical_point", []),
        (
            {"date": date(2025, 8, 7), "remark_codes": ["F"]},
            "not_recognised",
            "out_of_window",
            [],
        ),
        (
            {"registry": "social_worker_ce"},
            "needs_approval",
            "individual_or_joint_application",
            [],
        ),
        ({"registry": "vr"}, "needs_approval", "individual_or_joint_application", []),
        ({"registry": "osh"}, "needs_approval", "individual_or_joint_application", []),
        ({"registry": "ltc", "categories": ["fire_safety"]}, "automatic", None, ["fire_safety"]),
        (
            {"registry": "ltc", "course_kind": "level_1"},
            "not_recognised",
            "excluded_course",
            [],
        ),
    ],
)
def test_window_then_remarks_then_the_row_of_the_table(
    change: dict[str, Any], status: str, reason: str | None, categories: list[str]
) -> None:
    found = _result(_medical(**change))

    assert (found["status"], found["reason"]) == (status, reason)
    assert found["categories"] == categories
    assert found["points"] == (1.5 if status == "automatic" else 0)


def test_every_activity_is_used_or_refused() -> None:
    decision = _decide([_medical(), _medical(id="m2", registry="vr")])

    assert [one.activity for one in decision.used] == ["m1"]
    assert [(one.activity, one.reason) for one in decision.refused] == [
        ("m2", "individual_or_joint_application")
    ]
    assert (decision.status, decision.report["points_recognised"]) == ("open", 1.5)


def test_the_day_of_the_letter_is_the_next_change() -> None:
    decision = _decide([_medical()], date(2024, 5, 1))

    assert decision.next_change_on == date(2024, 5, 31)


ROWS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    registry=st.sampled_from(["ltc", "vr", "osh", "medical_ce", "social_worker_ce"]),
    date=st.dates(date(2019, 1, 1), date(2026, 1, 1)),
    attribute=st.sampled_from(["professional", "quality", "ethics", "law"]),
    points=st.integers(0, 12),
    role=st.sampled_from(["attendee", "attendee", "instructor"]),
)
REMARKS = st.lists(st.sampled_from(["D1", "D2", "A", "E2", "F"]), max_size=2, unique=True)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(ROWS, REMARKS), max_size=8), st.dates(date(2024, 5, 1), date(2026, 6, 30))
)
def test_sharing_across_registries_counts_the_same_points(
    rows: list[tuple[dict[str, Any], list[str]]], as_of: date
) -> None:
    activities = [
        {**row, "id": f"a{index}", "remark_codes": codes if row["registry"] == "medical_ce" else []}
        for index, (row, codes) in enumerate(rows)
    ]
    target = {
        "id": "c1",
        "registry": "ltc",
        "type": "medical",
        "valid_from": CERTIFICATE["valid_from"],
        "valid_to": CERTIFICATE["valid_to"],
    }
    across = [
        {**row, ("hours" if row["registry"] in {"vr", "osh"} else "points"): row["points"]}
        for row in activities
    ]
    for row in across:
        if row["registry"] in {"vr", "osh"}:
            del row["points"]

    own = _decide(activities, as_of)
    shared: Any = evaluate(
        "sharing.cross_registry", {"certificates": [target], "activities": across}, as_of
    ).decision.report

    assert own.report["points_recognised"] == shared["results"]["c1"]["total"]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (_medical(registry="dental"), "activities[0].registry"),
        (_medical(attribute=None), "activities[0].attribute"),
        (_medical(points=None), "activities[0].points"),
    ],
)
def test_bad_facts_are_refused_with_their_path(row: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide([row])

    assert caught.value.details["path"] == path

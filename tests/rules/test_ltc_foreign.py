from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision, Requirement, details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

THEMES = ("fire_safety", "emergency_response", "infection_control", "gender_sensitivity")
CERTIFICATE = {
    "id": "c1",
    "type": "foreign_institution_caregiver",
    "track": "foreign_institution",
    "valid_from": date(2020, 5, 1),
    "valid_to": date(2026, 4, 30),
}
AS_OF = date(2026, 3, 2)


def _decide(as_of: date = AS_OF, **facts: object) -> Decision:
    given_facts = {"certificate": CERTIFICATE, **facts}
    return evaluate("ltc.foreign_renewal", given_facts, as_of).decision


def _row(year: int, total: float = 20, theme: float = 1, **more: object) -> dict[str, Any]:
    return {"year": year, "total": total, **dict.fromkeys(THEMES, theme), **more}


def _rows(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [_row(year, multicultural_courses=int(year == 1)) for year in range(1, 7)]
    for key, change in changes.items():
        rows[int(key[1:]) - 1].update(change)
    return rows


def _requirement(decision: Decision, code: str) -> Requirement:
    return next(one for one in decision.requirements if one.code == code)


def test_six_full_years_meet_the_standard() -> None:
    decision = _decide(year_rows=_rows())

    assert (decision.status, decision.report["path"]) == ("eligible", "standard")
    assert [one.code for one in decision.requirements] == [
        "ltc.foreign_year_total",
        "ltc.foreign_year_safety",
        "ltc.foreign_multicultural",
        "ltc.total",
    ]


@pytest.mark.parametrize(("total", "met"), [(19.99, False), (20, True)])
def test_a_closed_later_year_decides_to_the_hundredth(total: float, met: bool) -> None:
    decision = _decide(year_rows=_rows(y4={"total": total}, y5={"total": 40}))

    assert decision.status == ("eligible" if met else "must_wait_late")
    yearly = _requirement(decision, "ltc.foreign_year_total")
    assert (yearly.met, yearly.counted, yearly.required) == (
        (True, 600, 600) if met else (False, 200, 300)
    )


def test_a_year_that_runs_can_still_be_filled() -> None:
    decision = _decide(year_rows=_rows(y6={"total": 5}, y1={"total": 40}))

    assert decision.status == "short"
    assert _requirement(decision, "ltc.foreign_year_total").by == date(2026, 4, 30)


def test_the_running_year_is_the_deadline_of_the_yearly_tests() -> None:
    decision = _decide(date(2025, 1, 1), year_rows=_rows(y5={"total": 5}))

    assert _requirement(decision, "ltc.foreign_year_total").by == date(2025, 4, 30)
    assert _requirement(decision, "ltc.total").by == date(2026, 4, 30)
    assert [(one.code, one.due) for one in decision.deadlines] == [
        ("ltc.foreign_year_by", date(2025, 4, 30)),
        ("ltc.renew_by", date(2026, 4, 30)),
    ]


@pytest.mark.parametrize(
    ("valid_to", "path"),
    [(date(2024, 12, 30), "full_relaxation"), (date(2024, 12, 31), "partial_relaxation")],
)
def test_full_relaxation_ends_with_its_last_day(valid_to: date, path: str) -> None:
    certificate = {**CERTIFICATE, "valid_from": date(2018, 12, 31), "valid_to": valid_to}

    decision = _decide(
        date(2024, 11, 1),
        certificate=certificate,
        year_rows=_rows(y1={"total": 5}, y2={"total": 40}),
    )

    assert decision.report["path"] == path


@pytest.mark.parametrize(("valid_from", "pooled"), [(date(2022, 12, 31), 1), (date(2023, 1, 1), 0)])
def test_years_begun_by_the_end_of_2022_are_pooled(valid_from: date, pooled: int) -> None:
    certificate = {
        **CERTIFICATE,
        "valid_from": valid_from,
        "valid_to": valid_from.replace(year=valid_from.year + 6) - timedelta(days=1),
    }

    decision = _decide(date(2024, 1, 10), certificate=certificate, year_rows=[_row(1, 10)])

    assert decision.report["pooled_years"] == pooled
    assert decision.status == ("short" if pooled else "must_wait_late")


def test_surplus_of_later_years_fills_the_pool() -> None:
    rows = _rows(y1={"total": 0, **dict.fromkeys(THEMES, 0)}, y5={"total": 40, "fire_safety": 2})

    decision = _decide(year_rows=rows)

    assert _requirement(decision, "ltc.foreign_pooled_total").counted == 6000
    assert _requirement(decision, "ltc.foreign_pooled_fire_safety").counted == 300
    assert _requirement(decision, "ltc.foreign_pooled_gender_sensitivity").counted == 200


SUBSTITUTION = {"year": 2, "hours": 20, "safety_hours": 4, "county_confirmed": True}


@pytest.mark.parametrize(
    "change",
    [
        {"county_confirmed": False},
        {"hours": 19.99},
        {"safety_hours": 3.99},
        {"year": 4},
        {"year": 7},
    ],
    ids=["not confirmed", "hours", "safety hours", "after 2022", "no such year"],
)
def test_a_substitution_that_lacks_something_adds_nothing(change: dict[str, Any]) -> None:
    decision = _decide(year_rows=[], substitutions=[{**SUBSTITUTION, **change}])

    years: Any = decision.report["years"]
    assert [one["total"] for one in years] == [0] * 6
    assert [one.code for one in decision.findings] == ["substitution_rejected"]


def test_a_substitution_counts_once_and_leaves_a_theme_with_points_alone() -> None:
    rows = [{"year": 2, "total": 4.8, "emergency_response": 4.8}]

    decision = _decide(year_rows=rows, substitutions=[SUBSTITUTION, SUBSTITUTION])

    years: Any = decision.report["years"]
    assert years[1] == {
        "year": 2,
        "from": "2021-05-01",
        "to": "2022-04-30",
        "total": 24.8,
        "fire_safety": 1,
        "emergency_response": 4.8,
        "infection_control": 1,
        "gender_sensitivity": 1,
        "safety": 7.8,
    }
    assert _requirement(decision, "ltc.total").counted == 2480
    assert [one.code for one in decision.findings] == ["substitution_rejected"]


def _activities(specs: Sequence[tuple[date, float, str]]) -> list[dict[str, Any]]:
    return [
        {"id": f"a{index}", "date": day, "points": points, "categories": [one] if one else []}
        for index, (day, points, one) in enumerate(specs)
    ]


def test_activities_give_the_same_years_as_rows() -> None:
    specs = [
        (date(2020 + year, 6, 1), 1.0 if theme else 16.0, theme)
        for year in range(6)
        for theme in ("", *THEMES)
    ]
    specs.append((date(2021, 7, 1), 2.0, "multicultural_culture"))

    decision = _decide(activities=_activities(specs))

    assert (decision.status, decision.report["path"]) == ("eligible", "standard")
    used = {one.activity: one.requirements for one in decision.used}
    assert used["a0"] == ("ltc.foreign_year_total", "ltc.total")
    assert used["a1"] == ("ltc.foreign_year_total", "ltc.foreign_year_safety", "ltc.total")
    assert used["a30"] == ("ltc.foreign_year_total", "ltc.foreign_multicultural", "ltc.total")


def test_a_late_renewal_counts_six_years_and_no_substitution() -> None:
    specs = [(date(2020, 6, 1), 96.0, ""), *((date(2021, 6, 1), 6.0, theme) for theme in THEMES)]

    decision = _decide(
        date(2026, 5, 1), activities=_activities(specs), substitutions=[SUBSTITUTION]
    )

    assert decision.report["path"] == "late"
    assert decision.report["years"] == []
    assert decision.report["next"] == {"valid_to": "2032-04-30"}
    assert {one.code: one.met for one in decision.requirements} == {
        **{f"ltc.foreign_pooled_{theme}": True for theme in THEMES},
        "ltc.foreign_multicultural": False,
        "ltc.total": True,
    }
    assert decision.findings == ()


@st.composite
def activities(draw: st.DrawFn) -> list[dict[str, Any]]:
    days = st.dates(date(2019, 1, 1), date(2028, 12, 31))
    return [
        {
            "id": f"a{index}",
            "date": draw(days),
            "points": draw(st.integers(0, 30)),
            "categories": draw(
                st.lists(
                    st.sampled_from([*THEMES, "multicultural_legacy", "indigenous_culture"]),
                    max_size=2,
                    unique=True,
                )
            ),
            "mode": draw(st.sampled_from(["in_person", "online"])),
            "course_kind": draw(st.sampled_from(["general", "general", "level_1"])),
        }
        for index in range(draw(st.integers(0, 12)))
    ]


@settings(max_examples=120, deadline=None)
@given(activities(), st.dates(date(2023, 10, 13), date(2030, 12, 31)))
def test_every_activity_is_used_or_refused_and_a_replay_is_equal(
    rows: list[dict[str, Any]], as_of: date
) -> None:
    decision = _decide(as_of, activities=rows)

    names = [one.activity for one in decision.used] + [one.activity for one in decision.refused]
    assert sorted(names) == sorted(row["id"] for row in rows)
    assert details(_decide(as_of, activities=rows[::-1])) == details(decision)
    assert msgspec.json.encode(_decide(as_of, activities=rows)) == msgspec.json.encode(decision)


@settings(max_examples=150, deadline=None)
@given(activities(), st.dates(date(2023, 10, 13), date(2030, 12, 31)), st.floats(0, 1))
def test_nothing_changes_before_the_next_change(
    rows: list[dict[str, Any]], as_of: date, share: float
) -> None:
    decision = _decide(as_of, activities=rows)
    until = decision.next_change_on or as_of + timedelta(days=800)

    later = _decide(
        as_of + timedelta(days=max(0, int((until - as_of).days * share) - 1)), activities=rows
    )

    assert later.status == decision.status
    assert later.requirements == decision.requirements
    assert [one.code for one in later.findings] == [one.code for one in decision.findings]


@settings(max_examples=100, deadline=None)
@given(activities(), st.dates(date(2023, 10, 13), date(2026, 4, 30)))
def test_more_points_never_make_a_person_wait(rows: list[dict[str, Any]], as_of: date) -> None:
    more = [
        {"id": f"b{index}", "date": as_of, "points": 20, "categories": [theme]}
        for index, theme in enumerate(THEMES)
    ]

    before = _decide(as_of, activities=rows)
    after = _decide(as_of, activities=[*rows, *more])

    assert not (before.eligible and not after.eligible)
    assert (_requirement(before, "ltc.total").counted or 0) <= (
        _requirement(after, "ltc.total").counted or 0
    )


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"certificate": {**CERTIFICATE, "track": "general"}}, "certificate.track"),
        ({"certificate": {**CERTIFICATE, "type": "care_worker"}}, "certificate.type"),
        ({"year_rows": [_row(1)], "activities": []}, "year_rows"),
        ({"year_rows": [_row(7)]}, "year_rows[0].year"),
        ({"year_rows": [_row(1), _row(1)]}, "year_rows[1].year"),
        ({"year_rows": [_row(1, 0.5)]}, "year_rows[0].total"),
        ({"year_rows": [_row(1, online_before=15, online_after=6)]}, "year_rows[0].total"),
        ({"year_rows": [_row(1, multicultural_courses=-1)]}, "year_rows[0].multicultural_courses"),
        ({"year_rows": [_row(1)], "application_date": date(2026, 5, 1)}, "year_rows"),
        ({"substitutions": [{**SUBSTITUTION, "days": 3}]}, "substitutions[0]"),
    ],
)
def test_bad_facts_are_refused_with_their_path(facts: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide(**facts)

    assert caught.value.details["path"] == path

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from certhub.domain.decision import Decision, Requirement, Step
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate
from certhub.rules.law import citation
from certhub.rules.params import load_ruleset

AS_OF = date(2025, 3, 1)
CERTIFICATE = {
    "id": "c1",
    "type": "care_worker",
    "track": "general",
    "valid_from": date(2019, 7, 11),
    "valid_to": date(2025, 7, 10),
}


def _activity(key: str, day: date, attribute: str, points: float, **more: object) -> dict[str, Any]:
    return {"id": key, "date": day, "attribute": attribute, "points": points, **more}


COMPLETE = [
    _activity("a1", date(2020, 4, 10), "professional", 95),
    _activity("a2", date(2020, 5, 5), "quality", 3, categories=["fire_safety"]),
    _activity("a3", date(2020, 5, 6), "quality", 3, categories=["emergency_response"]),
    _activity("a4", date(2020, 5, 7), "law", 3, categories=["infectious_disease_prevention"]),
    _activity("a5", date(2020, 5, 8), "ethics", 3, categories=["gender_sensitivity"]),
    _activity("a6", date(2021, 5, 8), "law", 7),
    _activity("a7", date(2022, 1, 8), "ethics", 2, categories=["multicultural_legacy"]),
    _activity("a8", date(2024, 6, 20), "ethics", 1, categories=["indigenous_culture"]),
    _activity("a9", date(2024, 6, 21), "ethics", 1, categories=["multicultural_culture"]),
    _activity("a10", date(2024, 12, 20), "professional", 1, categories=["indigenous_culture"]),
    _activity("a11", date(2024, 12, 21), "ethics", 1, categories=["multicultural_culture"]),
]


def _decide(activities: list[dict[str, Any]], as_of: date = AS_OF, **more: object) -> Decision:
    given = {"certificate": CERTIFICATE, "activities": activities, **more}
    return evaluate("ltc.renewal", given, as_of).decision


def _requirement(decision: Decision, code: str) -> Requirement:
    return next(one for one in decision.requirements if one.code == code)


def _steps(step: Step) -> Mapping[str, Step]:
    found = {step.code: step}
    for child in step.children:
        found.update(_steps(child))
    return found


def test_one_hundredth_under_the_total_is_short() -> None:
    activities = [_activity("a1", date(2020, 4, 10), "professional", 94.99), *COMPLETE[1:]]

    decision = _decide(activities)

    total = _requirement(decision, "ltc.total")
    assert decision.status == "short"
    assert (total.counted, total.required, total.short, total.met) == (11999, 12000, 1, False)


def test_exact_figures_are_enough() -> None:
    decision = _decide(COMPLETE)

    assert (decision.status, decision.eligible) == ("eligible", True)
    assert _requirement(decision, "ltc.total").counted == 12000
    assert decision.findings == ()


def test_points_above_a_ceiling_are_shown_and_not_counted() -> None:
    decision = _decide([*COMPLETE, _activity("b", date(2023, 1, 5), "quality", 20)])

    steps = _steps(decision.explanation)
    assert _requirement(decision, "ltc.quality_ethics_law").counted == 4400
    assert _requirement(decision, "ltc.total").counted == 13200
    assert steps["ltc.qel_ceiling"].value == 3600
    assert steps["ltc.qel_ceiling"].met is False
    assert [one.code for one in decision.findings] == ["qel_capped"]


def test_no_course_at_all_leaves_everything_open() -> None:
    decision = _decide([])

    met = {one.code for one in decision.requirements if one.met}
    assert decision.status == "short"
    assert met == {"ltc.service"}
    assert decision.used == ()


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (date(2025, 1, 9), "not_open"),
        (date(2025, 1, 10), "eligible"),
        (date(2025, 7, 10), "eligible"),
    ],
)
def test_the_window_opens_six_months_before_the_last_day(as_of: date, status: str) -> None:
    decision = _decide(COMPLETE, as_of)

    assert decision.status == status
    assert decision.window is not None
    assert decision.window.opens == date(2025, 1, 10)


def test_the_day_after_the_window_is_a_late_renewal() -> None:
    decision = _decide(COMPLETE, date(2025, 7, 11))

    assert decision.report["route"] == "late"
    assert decision.report["next"] == {"valid_to": "2031-07-10", "credit_from": "2025-07-11"}
    assert all(one.by is None for one in decision.requirements)
    assert decision.deadlines == ()
    fine = _steps(decision.explanation)["ltc.expired_service"]
    assert [one.value for one in fine.inputs] == [300000, 1500000]


def test_what_is_missing_is_due_by_the_end_of_the_window_or_of_the_running_year() -> None:
    decision = _decide(COMPLETE, date(2024, 7, 1))

    assert _requirement(decision, "ltc.total").by == date(2025, 7, 10)
    assert _requirement(decision, "ltc.culture_yearly").by == date(2024, 7, 10)
    assert [(one.code, one.due) for one in decision.deadlines] == [
        ("ltc.culture_year_by", date(2024, 7, 10)),
        ("ltc.renew_by", date(2025, 7, 10)),
    ]


def test_a_refused_activity_has_its_reason_and_is_named_by_the_finding() -> None:
    extra = [
        _activity("x1", date(2019, 7, 10), "quality", 5),
        _activity("x2", date(2021, 7, 10), "professional", 5, course_kind="level_1"),
        _activity("x3", date(2018, 7, 10), "professional", 5, course_kind="level_1"),
    ]

    decision = _decide([*extra, *COMPLETE])

    assert [(one.activity, one.reason) for one in decision.refused] == [
        ("x1", "out_of_window"),
        ("x2", "excluded_course"),
        ("x3", "out_of_window"),
    ]
    assert [(one.code, one.about) for one in decision.findings] == [
        ("excluded_course", ("x2",)),
        ("out_of_window", ("x1", "x3")),
    ]
    assert [one.activity for one in decision.used] == [one["id"] for one in COMPLETE]


def test_an_activity_names_the_requirements_that_it_fed() -> None:
    used = {one.activity: one.requirements for one in _decide(COMPLETE).used}

    assert used["a1"] == ("ltc.total", "ltc.professional", "ltc.physical")
    assert used["a4"] == (
        "ltc.total",
        "ltc.quality_ethics_law",
        "ltc.attributes_present",
        "ltc.safety_categories",
        "ltc.safety_present",
        "ltc.physical",
    )
    assert used["a7"][-2:] == ("ltc.culture_total", "ltc.culture_legacy")
    assert used["a10"] == (
        "ltc.total",
        "ltc.professional",
        "ltc.physical",
        "ltc.culture_total",
        "ltc.culture_yearly",
    )


def test_a_course_of_two_themes_counts_once_in_the_sum_and_for_each_theme() -> None:
    both = _activity(
        "b", date(2021, 2, 1), "quality", 4, categories=["fire_safety", "gender_sensitivity"]
    )

    decision = _decide([both])

    assert _requirement(decision, "ltc.safety_categories").counted == 400
    assert _requirement(decision, "ltc.safety_present").counted == 200


def test_live_online_courses_are_physical() -> None:
    decision = _decide([_activity("b", date(2021, 2, 1), "quality", 4, mode="live_online")])

    assert _requirement(decision, "ltc.physical").counted == 400
    assert decision.report["online"] == {
        "before": 0,
        "after": 0,
        "cap": 40,
        "counted": 0,
        "choice": "baseline",
    }


@pytest.mark.parametrize(
    ("before", "after", "cap"),
    [(39.99, 30, 40), (40.01, 0, 40.01), (50, 20, 50), (60, 5, 60), (60.01, 5, 60)],
)
def test_the_online_ceiling_keeps_what_was_earned_before_the_change(
    before: float, after: float, cap: float
) -> None:
    decision = _decide(
        [
            _activity("b", date(2023, 10, 12), "professional", before, mode="online"),
            _activity("c", date(2023, 10, 13), "professional", after, mode="online"),
        ]
    )

    online: Any = decision.report["online"]
    assert (online["cap"], online["counted"]) == (cap, min(cap, before + after))


def test_an_application_may_be_asked_about_ahead() -> None:
    decision = _decide(COMPLETE, date(2024, 12, 31), application_date=date(2025, 2, 1))

    assert decision.status == "eligible"
    assert decision.report["credit_window"] == {"from": "2019-07-11", "to": "2025-02-01"}
    assert decision.next_change_on == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("as_of", "application", "codes"),
    [
        (date(2023, 10, 13), date(2023, 10, 12), {"ruleset_not_in_force"}),
        (date(2023, 10, 13), date(2023, 10, 13), set()),
        (date(2026, 6, 30), date(2026, 6, 30), set()),
        (date(2026, 7, 1), date(2025, 6, 30), {"ruleset_may_be_outdated"}),
        (date(2026, 6, 30), date(2026, 7, 1), {"ruleset_may_be_outdated"}),
    ],
)
def test_days_outside_the_ruleset_are_told(as_of: date, application: date, codes: set[str]) -> None:
    decision = _decide([], as_of, application_date=application)

    found = {one.code for one in decision.findings if one.code.startswith("ruleset_")}
    assert found == codes


def test_a_disabled_ceiling_decides_only_when_it_is_enabled(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "src/rules/params/ltc/online_cap.yaml"
    text = source.read_text(encoding="utf-8")
    (tmp_path / "online_cap.yaml").write_text(
        text.replace("enabled: false", "enabled: true"), encoding="utf-8"
    )
    certificate = {"id": "c1", "valid_from": date(2021, 1, 1), "valid_to": date(2026, 12, 31)}
    given = {
        "certificate": certificate,
        "activities": [_activity("b", date(2024, 5, 1), "professional", 90, mode="online")],
    }
    day = date(2026, 7, 2)

    shipped = evaluate("ltc.renewal", given, day).decision
    preview = evaluate("ltc.renewal", given, day, load_ruleset(tmp_path)).decision

    assert (shipped.report["online"], preview.report["online"]) == (
        {"before": 0, "after": 90, "cap": 40, "counted": 40, "choice": "baseline"},
        {"before": 0, "after": 90, "cap": 80, "counted": 80, "choice": "baseline"},
    )
    assert _requirement(preview, "ltc.physical").required == 4000


def test_every_text_that_is_cited_is_known() -> None:
    decision = _decide([*COMPLETE, _activity("x", date(2018, 1, 1), "law", 1)], date(2026, 7, 2))

    assert len(set(decision.citations)) == len(decision.citations)
    assert {step.law for step in _steps(decision.explanation).values()} - {None} <= set(
        decision.citations
    )
    assert {one.law for one in decision.findings} <= set(decision.citations)
    assert all(citation(code).zh for code in decision.citations)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"certificate": {**CERTIFICATE, "valid_to": date(2019, 7, 10)}}, "certificate.valid_to"),
        ({"certificate": {**CERTIFICATE, "track": "foreign_institution"}}, "certificate.track"),
        (
            {"certificate": {**CERTIFICATE, "type": "foreign_institution_caregiver"}},
            "certificate.type",
        ),
        ({"certificate": {**CERTIFICATE, "type": "nurse"}}, "certificate.type"),
        ({"certificate": {**CERTIFICATE, "valid_form": date(2019, 7, 10)}}, "certificate"),
        ({"service": "maybe"}, "service"),
        ({"aplication_date": AS_OF}, ""),
        ({"application_date": date(9999, 1, 1)}, "application_date"),
        ({"activities": [_activity("a", AS_OF, "law", -0.01)]}, "activities[0].points"),
        ({"activities": [_activity("a", AS_OF, "law", 0.001)]}, "activities[0].points"),
        ({"activities": [_activity("a", AS_OF, "law", 10**12)]}, "activities[0].points"),
        (
            {"activities": [_activity(key, AS_OF, "law", 3 * 10**7) for key in ("a", "b")]},
            "activities",
        ),
        ({"activities": [_activity("a", AS_OF, "art", 1)]}, "activities[0].attribute"),
        ({"activities": [{"id": "a", "date": AS_OF, "points": 1}]}, "activities[0].attribute"),
        (
            {"activities": [{"id": "a", "date": AS_OF, "attribute": "law"}]},
            "activities[0].points",
        ),
        (
            {"activities": [_activity("a", AS_OF, "law", 1, categories=["music"])]},
            "activities[0].categories[0]",
        ),
        ({"activities": [_activity("a", AS_OF, "law", 1, mood="online")]}, "activities[0]"),
        ({"activities": [_activity("a", AS_OF, "law", 1)] * 2}, "activities[1].id"),
        ({"activities": [_activity("a", date(1900, 1, 1), "law", 1)]}, "activities[0].date"),
    ],
)
def test_bad_facts_are_refused_with_their_path(change: dict[str, Any], path: str) -> None:
    given = {"certificate": CERTIFICATE, "activities": [], **change}

    with pytest.raises(InvalidFacts) as caught:
        evaluate("ltc.renewal", given, AS_OF)

    assert caught.value.details["path"] == path


def test_keys_of_the_shared_shape_that_the_rule_does_not_read_are_accepted() -> None:
    shared = _activity(
        "a",
        date(2021, 1, 1),
        "law",
        1,
        title="法規",
        registry="vr",
        role="instructor",
        evidence="elearning_transcript",
        remark_codes=["D1"],
        review_state="confirmed",
        provider="p1",
        event="e1",
        qualifications=["case_manager"],
        training_kind="continuing_education",
        special_training=None,
    )

    decision = _decide([shared])

    assert [one.activity for one in decision.used] == ["a"]

"""Figures that the rulebooks mark as not confirmed: marked in the data, told by every decision that uses them."""

from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import details
from certhub.rules.engine import evaluate
from certhub.rules.params import current_ruleset

# Group, name and first day; what the rulebooks call unconfirmed, unverified or not read.
MARKED = (
    ("ltc.online_cap", "counted_at_most", date(2026, 7, 1)),
    ("ltc.ruleset", "may_be_outdated", date(2026, 7, 1)),
    ("vr.weights", "weight_offshore", date(2014, 2, 14)),
    ("vr.weights", "weight_international", date(2014, 2, 14)),
    ("vr.weights", "weight_instructor", date(2014, 2, 14)),
    ("vr.switches", "weight_combination", date(2014, 2, 14)),
    ("vr.switches", "plan_verified", date(2024, 11, 18)),
    ("osh.directions", "text", date(2016, 9, 22)),
    ("osh.directions", "text", date(2017, 1, 1)),
    ("osh.period", "roll", date(2000, 1, 1)),
)
RECORD = {
    "id": "a1",
    "date": "2024-03-20",
    "attribute": "professional",
    "hours": 6,
    "qualifications": ["case_manager"],
    "weights": ["offshore"],
}
CERTIFICATE = {"id": "c1", "valid_from": "2021-06-01", "valid_to": "2024-05-31"}
RENEWAL = {"qualification": "case_manager", "certificate": CERTIFICATE, "activities": [RECORD]}
LTC = {"certificate": {"id": "c", "valid_from": "2020-09-01", "valid_to": "2026-08-31"}}


@pytest.mark.parametrize(("group", "name", "since"), MARKED)
def test_the_figure_is_marked(group: str, name: str, since: date) -> None:
    dated = current_ruleset().groups[group].values[name]

    figure = next(item for item in dated if item.since == since)

    assert not figure.confirmed


def test_what_is_known_but_not_law_is_never_applied() -> None:
    figure = current_ruleset().groups["ltc.online_cap"].values["counted_at_most"][-1]

    assert (figure.value, figure.enabled) == (8000, False)
    assert current_ruleset().on(date(2026, 7, 1)).value("ltc.online_cap", "counted_at_most") == 4000


@pytest.mark.parametrize(
    ("rule", "given", "day", "code"),
    [
        ("ltc.renewal", LTC, date(2026, 6, 30), None),
        ("ltc.renewal", LTC, date(2026, 7, 1), "ruleset_may_be_outdated"),
        ("ltc.validity", {"effective_date": "2020-09-01"}, date(2026, 6, 30), None),
        (
            "ltc.validity",
            {"effective_date": "2020-09-01"},
            date(2026, 7, 1),
            "ruleset_may_be_outdated",
        ),
    ],
)
def test_a_decision_of_the_days_of_the_unread_amendment_says_so(
    rule: str, given: dict[str, Any], day: date, code: str | None
) -> None:
    found = {item.code for item in evaluate(rule, given, day).decision.findings}

    assert ("ruleset_may_be_outdated" in found) == (code is not None)


@pytest.mark.parametrize(
    ("rule", "given", "day", "notices"),
    [
        ("vr.ce_credit", {"activity": RECORD}, date(2024, 5, 1), ["weights_unconfirmed"]),
        ("vr.ce_credit", {"activity": {**RECORD, "weights": []}}, date(2024, 5, 1), None),
        (
            "vr.ce_credit",
            {"activity": {**RECORD, "review_state": "draft"}},
            date(2024, 5, 1),
            None,
        ),
        ("vr.renewal", RENEWAL, date(2024, 5, 1), ["weights_unconfirmed"]),
        ("vr.renewal", RENEWAL, date(2024, 3, 19), None),
        ("vr.staffing", {"county": "taipei", "year": 2024}, date(2024, 11, 17), []),
        (
            "vr.staffing",
            {"county": "taipei", "year": 2024},
            date(2024, 11, 18),
            ["plan_version_unverified"],
        ),
        ("vr.service_deadlines", {}, date(2024, 11, 17), []),
        ("vr.service_deadlines", {}, date(2024, 11, 18), ["plan_version_unverified"]),
        (
            "vr.case_manager_training",
            {"first_hired_on": "2024-01-01"},
            date(2024, 11, 18),
            ["plan_version_unverified"],
        ),
        ("osh.closing", "2016-09-21", date(2024, 1, 1), None),
        ("osh.closing", "2016-09-22", date(2024, 1, 1), ["osh.effective_day_unconfirmed"]),
        ("osh.closing", "2017-11-12", date(2024, 1, 1), ["osh.effective_day_unconfirmed"]),
        ("osh.closing", "2017-11-13", date(2024, 1, 1), None),
    ],
)
def test_a_decision_that_rests_on_such_a_figure_carries_the_notice(
    rule: str, given: Any, day: date, notices: list[str] | None
) -> None:
    if isinstance(given, str):
        given = {"class": {"kind": "professional", "ends_on": given}}

    decision = evaluate(rule, given, day).decision

    assert details(decision).get("notices") == notices
    assert [item.code for item in decision.notices] == (notices or [])
    assert not {item.code for item in decision.notices} & {item.code for item in decision.findings}

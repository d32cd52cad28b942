from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

FIRST_DAYS = st.dates(date(2017, 6, 3), date(2030, 12, 31))


def _decide(as_of: date, **facts: object) -> Decision:
    return evaluate("ltc.validity", facts, as_of).decision


@settings(max_examples=200, deadline=None)
@given(FIRST_DAYS, st.none() | st.integers(-40, 40))
def test_the_validity_years_partition_the_validity(first: date, shift: int | None) -> None:
    facts: dict[str, Any] = {"effective_date": first}
    if shift is not None:
        facts["stored_valid_to"] = date(first.year + 6, 1, 1) + timedelta(days=shift)

    decision = _decide(first, **facts)

    years: Any = decision.report["years"]
    days = [(date.fromisoformat(one["from"]), date.fromisoformat(one["to"])) for one in years]
    assert days[0][0] == first
    assert all(start <= end for start, end in days)
    assert all(following[0] == one[1] + timedelta(days=1) for one, following in pairwise(days))
    assert days[-1][1].isoformat() == (
        decision.report["extended_to"] or decision.report["valid_to"]
    )
    assert decision.valid_to == days[-1][1]


@settings(max_examples=200, deadline=None)
@given(FIRST_DAYS, st.dates(date(2017, 6, 3), date(2037, 12, 31)), st.floats(0, 1))
def test_nothing_changes_before_the_next_change(first: date, as_of: date, share: float) -> None:
    decision = _decide(as_of, effective_date=first)

    until = decision.next_change_on or as_of + timedelta(days=1000)
    between = as_of + timedelta(days=max(0, int((until - as_of).days * share) - 1))

    later = _decide(between, effective_date=first)
    assert later.status == decision.status
    assert later.report == decision.report
    assert later.findings == decision.findings


@pytest.mark.parametrize(
    ("valid_to", "extended_to"),
    [
        (date(2023, 6, 1), None),
        (date(2023, 6, 2), "2024-06-02"),
        (date(2024, 2, 29), "2025-02-28"),
        (date(2024, 6, 1), "2025-06-01"),
        (date(2024, 6, 2), None),
    ],
)
def test_the_covid_extension_holds_for_last_days_of_its_range(
    valid_to: date, extended_to: str | None
) -> None:
    decision = _decide(date(2023, 1, 1), effective_date=date(2018, 1, 1), stored_valid_to=valid_to)

    assert decision.report["extended_to"] == extended_to


@pytest.mark.parametrize(
    ("as_of", "status", "year"),
    [
        (date(2017, 6, 2), "not_started", None),
        (date(2017, 6, 3), "valid", 1),
        (date(2022, 12, 1), "valid", 6),
        (date(2022, 12, 2), "window_open", 6),
        (date(2023, 6, 2), "window_open", 6),
        (date(2023, 6, 3), "extended", 7),
        (date(2024, 6, 2), "extended", 7),
        (date(2024, 6, 3), "expired", None),
    ],
)
def test_the_status_follows_the_calendar(as_of: date, status: str, year: int | None) -> None:
    decision = _decide(as_of, effective_date=date(2017, 6, 3))

    assert (decision.status, decision.report["year_no"]) == (status, year)


def test_a_certificate_of_three_months_has_one_short_year() -> None:
    decision = _decide(
        date(2024, 2, 1), effective_date=date(2024, 1, 6), stored_valid_to=date(2024, 4, 5)
    )

    assert decision.report["years"] == [
        {"year": 1, "from": "2024-01-06", "to": "2024-04-05"},
        {"year": 7, "from": "2024-04-06", "to": "2025-04-05"},
    ]
    assert [one.code for one in decision.findings] == ["stored_valid_to_differs"]


def test_the_renewal_deadline_is_told_while_it_is_ahead() -> None:
    ahead = _decide(date(2024, 6, 2), effective_date=date(2017, 6, 3))
    over = _decide(date(2024, 6, 3), effective_date=date(2017, 6, 3))

    assert [(one.code, one.due) for one in ahead.deadlines] == [("ltc.renew_by", date(2024, 6, 2))]
    assert over.deadlines == ()


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({}, "effective_date"),
        (
            {"effective_date": date(2020, 1, 2), "stored_valid_to": date(2020, 1, 1)},
            "stored_valid_to",
        ),
        ({"effective_date": "2020-13-01"}, "effective_date"),
        ({"effective_date": date(9999, 12, 31)}, "effective_date"),
        ({"effective_on": date(2020, 1, 1)}, ""),
    ],
)
def test_bad_facts_are_refused_with_their_path(facts: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide(date(2024, 1, 1), **facts)

    assert caught.value.details["path"] == path

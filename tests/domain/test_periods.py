"""Counting days as the law does."""

from datetime import date

import pytest

from certhub.domain.periods import (
    add_months,
    add_years,
    end_of_period,
    last_day_within,
    period_end,
    roll_forward,
    window_open,
)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 1, 15), -1, date(2023, 12, 15)),
    ],
)
def test_months_are_cut_to_the_last_day(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_the_29th_of_february_becomes_the_28th() -> None:
    assert add_years(date(2020, 2, 29), 1) == date(2021, 2, 28)
    assert add_years(date(2020, 2, 29), 4) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("start", "years", "last"),
    [
        (date(2018, 9, 3), 6, date(2024, 9, 2)),
        (date(2020, 2, 29), 6, date(2026, 2, 28)),
        (date(2020, 2, 29), 4, date(2024, 2, 28)),
        (date(2021, 1, 1), 3, date(2023, 12, 31)),
        (date(2021, 3, 1), 3, date(2024, 2, 29)),
    ],
)
def test_a_period_ends_the_day_before_its_corresponding_day(
    start: date, years: int, last: date
) -> None:
    assert period_end(start, years) == last


@pytest.mark.parametrize(
    ("event", "months", "last"),
    [
        (date(2024, 5, 6), 1, date(2024, 6, 6)),
        (date(2024, 1, 30), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
    ],
)
def test_the_day_of_the_event_does_not_count(event: date, months: int, last: date) -> None:
    assert last_day_within(event, months) == last


def test_years_and_months_add_up() -> None:
    assert end_of_period(date(2024, 5, 6), years=1, months=2) == date(2025, 7, 6)


def test_a_window_holds_whole_months_and_ends_on_its_end() -> None:
    assert window_open(date(2024, 9, 2), 6) == date(2024, 3, 3)
    assert window_open(date(2024, 8, 30), 6) == date(2024, 2, 29)


def test_rest_days_and_holidays_roll_forward() -> None:
    assert roll_forward(date(2024, 8, 31)) == date(2024, 9, 2)
    assert roll_forward(date(2024, 8, 31), {date(2024, 9, 2)}) == date(2024, 9, 3)
    assert roll_forward(date(2024, 9, 4)) == date(2024, 9, 4)

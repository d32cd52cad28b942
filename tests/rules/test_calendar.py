"""The calendar of rest days: data with its years and source, and nothing for other years."""

from datetime import date

from certhub.domain.periods import roll_forward
from certhub.domain.rest_days import RestDays
from certhub.rules.calendar import shipped_rest_days


def test_the_years_held_are_whole_and_named_with_their_source() -> None:
    calendar = shipped_rest_days()

    assert calendar.years == frozenset(range(2017, 2028))
    assert "14718" in calendar.source
    assert calendar.covers(date(2027, 12, 31))
    assert not calendar.covers(date(2028, 1, 1))


def test_a_period_moves_over_the_new_year_of_the_lunar_calendar() -> None:
    calendar = shipped_rest_days()

    # 2024-02-08 (Thursday) to 2024-02-14 were off, the 10th and 11th a weekend
    assert roll_forward(date(2024, 2, 8), calendar) == date(2024, 2, 15)
    assert roll_forward(date(2024, 2, 8)) == date(2024, 2, 8)


def test_a_saturday_that_was_worked_still_moves_to_monday() -> None:
    # 2023-02-04 was a working Saturday; APA art. 48(4) moves a period off every Saturday
    assert roll_forward(date(2023, 2, 4), shipped_rest_days()) == date(2023, 2, 6)


def test_days_of_an_operator_are_added_and_their_years_count_as_known() -> None:
    calendar = RestDays(frozenset({date(2024, 10, 10)}), frozenset({2024}), "甲")

    more = calendar.with_days([date(2024, 10, 2), date(2028, 1, 3)], "乙")

    assert list(more) == [date(2024, 10, 2), date(2024, 10, 10), date(2028, 1, 3)]
    assert (more.years, more.source) == (frozenset({2024, 2028}), "甲; 乙")
    assert more.between(date(2024, 10, 3), date(2024, 12, 31)) == [date(2024, 10, 10)]

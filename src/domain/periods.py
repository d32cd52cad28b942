"""Counting days the way Taiwan's law does: whole days, both ends included.

Law: Civil Code (民法) arts. 120-123; Administrative Procedure Act (行政程序法) art. 48.
"""

from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta

__all__ = [
    "DAY",
    "add_months",
    "add_years",
    "end_of_period",
    "last_day_within",
    "period_end",
    "roll_forward",
    "window_open",
]

DAY = timedelta(days=1)
_SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later (earlier if negative), cut to the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month0 = divmod(index, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def add_years(day: date, years: int) -> date:
    """The same day ``years`` later, 29 February becoming the 28th where needed."""
    return add_months(day, 12 * years)


def period_end(start: date, years: int) -> date:
    """Last day of a period whose first day counts.

    The day before the corresponding day; the month's last day where there is none
    (2020-02-29 + 6 years ends 2026-02-28).

    Law: Civil Code art. 121(2); VR-R3, LTC-R1, OSH-R4.
    """
    year, month, day = start.year + years, start.month, start.day
    last = monthrange(year, month)[1]
    if day > last:
        return date(year, month, last)
    return date(year, month, day) - DAY


def last_day_within(event: date, months: int) -> date:
    """Last day of "within N months after" an event whose own day does not count.

    Law: Civil Code arts. 120(2), 121; VR-R2, OSH-R3.
    """
    start = event + DAY
    index = start.year * 12 + start.month - 1 + months
    year, month0 = divmod(index, 12)
    last = monthrange(year, month0 + 1)[1]
    if start.day <= last:
        return date(year, month0 + 1, start.day) - DAY
    return date(year, month0 + 1, last)


def end_of_period(event: date, *, years: int = 0, months: int = 0) -> date:
    """``last_day_within`` in years and months (OSH-R3)."""
    return last_day_within(event, 12 * years + months)


def window_open(end: date, months: int) -> date:
    """First day of a window of ``months`` that ends on ``end``, both included (VR-R4)."""
    return add_months(end + DAY, -months)


def roll_forward(day: date, holidays: Collection[date] = ()) -> date:
    """The next day that is neither Saturday, Sunday nor a listed holiday (APA art. 48(4))."""
    while day.weekday() >= _SATURDAY or day in holidays:
        day += DAY
    return day

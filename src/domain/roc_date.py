"""Dates of the Republic of China calendar (民國紀年), at the edges only: year 1 is 1912.

Three printed forms, one per agency: ``112/11/08`` (VR, LTC), ``113/01/31 23:59:00`` (LTC),
``113年5月6日`` (OSH). 110/02/29 is an error, never 28 February.
"""

import re
from datetime import date, datetime, timedelta, timezone

__all__ = ["TAIPEI", "format_chinese", "format_slashed", "format_stamp", "parse", "parse_stamp"]

TAIPEI = timezone(timedelta(hours=8), "Asia/Taipei")
"""Taiwan's offset; no daylight saving time has applied since 1979."""

_ROC_OFFSET = 1911
_SLASHED = re.compile(r"(\d{2,3})/(\d{2})/(\d{2})\Z", re.ASCII)
_CHINESE = re.compile(r"(\d{1,3})年(\d{1,2})月(\d{1,2})日\Z", re.ASCII)
_STAMP = re.compile(r"(\d{2,3}/\d{2}/\d{2}) (\d{2}):(\d{2}):(\d{2})\Z", re.ASCII)


def parse(text: str) -> date:
    """The day written as ``112/11/08`` or ``113年5月6日``.

    Raises:
        ValueError: another form, or no such day.
    """
    match = _SLASHED.match(text) or _CHINESE.match(text)
    if match is None:
        raise ValueError("expected a ROC date such as 112/11/08 or 113年5月6日")
    year, month, day = (int(part) for part in match.groups())
    if year == 0:
        raise ValueError("expected a ROC date such as 112/11/08 or 113年5月6日")
    return date(year + _ROC_OFFSET, month, day)


def parse_stamp(text: str) -> datetime:
    """The instant written as ``113/01/31 23:59:00``, in Taiwan time (aware).

    Raises:
        ValueError: another form, or no such day or time.
    """
    match = _STAMP.match(text)
    if match is None:
        raise ValueError("expected a ROC date and time such as 113/01/31 23:59:00")
    day = parse(match[1])
    return datetime(
        day.year, day.month, day.day, int(match[2]), int(match[3]), int(match[4]), tzinfo=TAIPEI
    )


def format_slashed(day: date) -> str:
    """``112/11/08``, the year with at least two digits."""
    return f"{day.year - _ROC_OFFSET:02d}/{day.month:02d}/{day.day:02d}"


def format_chinese(day: date) -> str:
    """``113年5月6日``."""
    return f"{day.year - _ROC_OFFSET}年{day.month}月{day.day}日"


def format_stamp(instant: datetime) -> str:
    """``113/01/31 23:59:00`` in Taiwan time."""
    local = instant.astimezone(TAIPEI)
    return f"{format_slashed(local.date())} {local:%H:%M:%S}"

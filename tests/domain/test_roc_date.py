"""ROC dates at the edges."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certhub.domain.roc_date import (
    TAIPEI,
    format_chinese,
    format_slashed,
    format_stamp,
    parse,
    parse_stamp,
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("112/11/08", date(2023, 11, 8)),
        ("85/11/20", date(1996, 11, 20)),
        ("109/02/29", date(2020, 2, 29)),
        ("113年5月6日", date(2024, 5, 6)),
        ("67年12月22日", date(1978, 12, 22)),
        ("1年1月1日", date(1912, 1, 1)),
    ],
)
def test_both_forms_are_read(text: str, day: date) -> None:
    assert parse(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "110/02/29",
        "112/13/01",
        "112/00/10",
        "00/01/01",
        "0年1月1日",
        "2023/11/08",
        "112/1/8",
        "112-11-08",
        "1121108",
        "113.8.23",
        "１１３年５月６日",
        "١١٢/11/08",
        "113年5月6",
        "112/11/08\n",
        " 112/11/08",
        "",
    ],
)
def test_nothing_else_is_a_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse(text)


def test_a_stamp_is_in_taiwan_time() -> None:
    instant = parse_stamp("113/01/31 23:59:00")

    assert instant == datetime(2024, 1, 31, 23, 59, tzinfo=TAIPEI)
    assert instant.astimezone(UTC) == datetime(2024, 1, 31, 15, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["113/01/31", "113/01/31 24:00:00", "113/02/30 00:00:00", "113/01/31T23:59:00", ""]
)
def test_nothing_else_is_a_stamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_stamp(text)


@given(st.dates(min_value=date(1922, 1, 1), max_value=date(2910, 12, 31)))
def test_days_survive_both_ways(day: date) -> None:
    assert parse(format_slashed(day)) == day
    assert parse(format_chinese(day)) == day


def test_a_stamp_survives_from_another_zone() -> None:
    instant = datetime(2024, 1, 31, 16, 30, tzinfo=UTC)

    assert format_stamp(instant) == "113/02/01 00:30:00"
    assert parse_stamp(format_stamp(instant)) == instant

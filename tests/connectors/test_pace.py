"""Rates and Retry-After, on a clock that only moves when somebody waits."""

import asyncio

import pytest

from certhub.connectors.errors import AgencyBusy
from certhub.connectors.pace import Pace, http_date, retry_after

from .conftest import Clock

WALL = 1_724_889_600.0
"""2024-08-29 00:00:00 UTC."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Thu, 29 Aug 2024 00:00:30 GMT"}, 30.0),
        (
            {
                "retry-after": "Fri, 30 Aug 2024 00:00:10 GMT",
                "date": "Fri, 30 Aug 2024 00:00:00 GMT",
            },
            10.0,
        ),
        ({"retry-after": "Wed, 28 Aug 2024 00:00:00 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "９"}, None),
        ({"retry-after": "9" * 40}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
    ids=str,
)
def test_both_forms_are_understood_and_nonsense_is_none(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, WALL) == seconds


def test_an_http_date_is_read_and_nothing_else() -> None:
    assert http_date("Thu, 29 Aug 2024 00:00:00 GMT") == WALL
    assert http_date("2024-08-29") is None
    assert http_date("") is None


async def test_requests_within_the_rate_do_not_wait(clock: Clock) -> None:
    pace = Pace("vr", 3, clock=clock, sleep=clock.sleep)

    for _ in range(3):
        await pace.turn()

    assert clock.slept == []


async def test_the_next_request_waits_until_a_second_has_passed(clock: Clock) -> None:
    pace = Pace("vr", 2, clock=clock, sleep=clock.sleep)

    times = []
    for _ in range(5):
        await pace.turn()
        times.append(round(clock.now - 1000.0, 2))

    assert times == [0.0, 0.0, 1.03, 1.03, 2.06]


async def test_parallel_requests_share_the_rate(clock: Clock) -> None:
    pace = Pace("osh", 2, clock=clock, sleep=clock.sleep)

    await asyncio.gather(*(pace.turn() for _ in range(6)))

    assert clock.now >= 1002.0


async def test_nothing_is_sent_while_the_agency_asks_for_quiet(clock: Clock) -> None:
    pace = Pace("ltc", 5, clock=clock, sleep=clock.sleep)

    pace.close_for(42.0)
    pace.close_for(10.0)
    await pace.turn()

    assert clock.now == 1042.0


async def test_a_wait_beyond_our_patience_fails_at_once(clock: Clock) -> None:
    pace = Pace("ltc", 5, longest=60.0, clock=clock, sleep=clock.sleep)

    pace.close_for(3600.0)
    with pytest.raises(AgencyBusy) as caught:
        await pace.reopened()

    assert caught.value.details["retry_after"] == 3600
    assert clock.slept == []

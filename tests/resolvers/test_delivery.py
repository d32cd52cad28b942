"""The relay: accepted, refused, unknown outcome, too early, a killed process."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.connectors.errors import AgencyUnavailable
from certhub.connectors.outcome import Accepted, Outcome, Refused, RowError
from certhub.resolvers.context import Hub
from certhub.resolvers.couriers.vr import CODES
from certhub.resolvers.delivery import Courier, deliver_due
from certhub.resolvers.vr_roster import submit_vr_roster
from certhub.store.outbox import Delivery
from certhub.store.tables_work import outbox, submission, submission_event

from .filing_setup import NOW, add_course, asked_by, make_hub, roster_input

CLEAN = "roster-clean-utf8bom.csv"


class Killed(BaseException):
    """Stands for a killed process: nothing catches it."""


class Agency:
    """Answers as told and remembers the keys it was given."""

    def __init__(self, *answers: Outcome | BaseException) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    async def send(self, delivery: Delivery) -> Outcome:
        self.keys.append(delivery.idempotency_key)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def couriers(self) -> dict[str, Courier]:
        return {"vr": Courier("vr", {"vr.post_roster": self.send}, CODES)}


async def _state(engine: AsyncEngine) -> tuple[str, str, list[str]]:
    async with engine.connect() as connection:
        state = (await connection.execute(select(submission.c.state))).scalar_one()
        entry = (await connection.execute(select(outbox.c.state))).scalar_one()
        events = await connection.execute(
            select(submission_event.c.state).order_by(submission_event.c.id)
        )
        return state, entry, list(events.scalars())


async def _queued(engine: AsyncEngine) -> Hub:
    await add_course(engine)
    hub = make_hub(engine)
    await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN))
    return hub


async def test_an_accepted_roster_keeps_the_rows_of_people_who_are_no_members(
    engine: AsyncEngine,
) -> None:
    hub = await _queued(engine)
    agency = Agency(Accepted(201, {"imported": 6, "unmatched": [{"file": "records_1", "row": 6}]}))

    assert await deliver_due(hub, agency.couriers, NOW)

    assert await _state(engine) == ("ACCEPTED", "done", ["QUEUED", "SENT", "ACCEPTED"])
    async with engine.connect() as connection:
        warnings = (await connection.execute(select(submission.c.warnings))).scalar_one()
    assert [(item["code"], item["row"]) for item in warnings] == [("unmatched", 6)]


async def test_a_refusal_shows_the_agencys_row_errors_in_our_codes(engine: AsyncEngine) -> None:
    hub = await _queued(engine)
    error = RowError("hours_not_approved", "時數不符", file="records_1", row=4, column="時數")
    agency = Agency(Refused(422, "roster_rejected", errors=(error,)))

    await deliver_due(hub, agency.couriers, NOW)

    assert (await _state(engine))[0] == "REFUSED"
    async with engine.connect() as connection:
        errors = (await connection.execute(select(submission.c.errors))).scalar_one()
    assert errors == [
        {
            "code": "hours_mismatch",
            "field": ["時數"],
            "file": "records_1",
            "row": 4,
            "expected": None,
            "zh": "時數不符",
            "en": None,
        }
    ]


async def test_an_unknown_outcome_is_asked_again_under_the_same_key(engine: AsyncEngine) -> None:
    hub = await _queued(engine)
    agency = Agency(AgencyUnavailable("no answer"), Accepted(201, {"imported": 6}))

    await deliver_due(hub, agency.couriers, NOW)
    after_fault = await _state(engine)
    too_soon = await deliver_due(hub, agency.couriers, NOW)
    await deliver_due(hub, agency.couriers, NOW + timedelta(minutes=1))

    assert after_fault == ("SENT", "waiting", ["QUEUED", "SENT", "SENT"])
    assert too_soon is False
    assert (await _state(engine))[0] == "ACCEPTED"
    async with engine.connect() as connection:
        reasons = await connection.execute(
            select(submission_event.c.code).order_by(submission_event.c.id)
        )
    assert list(reasons.scalars()) == [None, None, "AGENCY_UNAVAILABLE", None]
    assert len(set(agency.keys)) == 1
    assert len(agency.keys) == 2


async def test_a_process_that_dies_leaves_the_entry_to_the_next(engine: AsyncEngine) -> None:
    hub = await _queued(engine)
    killed, agency = Agency(Killed()), Agency(Accepted(201, {"imported": 6}))

    with pytest.raises(Killed):
        await deliver_due(hub, killed.couriers, NOW)
    at_once = await deliver_due(hub, agency.couriers, NOW)
    await deliver_due(hub, agency.couriers, NOW + timedelta(minutes=10))

    assert at_once is False
    assert (await _state(engine))[0] == "ACCEPTED"
    assert killed.keys == agency.keys


async def test_a_slow_agency_does_not_let_go_of_the_entry(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.resolvers.delivery._KEEP_SECONDS", 0.01)
    hub = replace(await _queued(engine), clock=lambda: NOW + timedelta(seconds=25))
    other, seen = Agency(Accepted(201)), []

    async def slow(_delivery: Delivery) -> Outcome:
        await asyncio.sleep(0.2)
        seen.append(await deliver_due(hub, other.couriers, NOW + timedelta(seconds=40)))
        return Accepted(201, {"imported": 6})

    await deliver_due(hub, {"vr": Courier("vr", {"vr.post_roster": slow})}, NOW)

    assert seen == [False]
    assert other.keys == []
    assert (await _state(engine))[0] == "ACCEPTED"


async def test_nothing_is_sent_before_the_day_after_the_course(engine: AsyncEngine) -> None:
    hub = await _queued(engine)
    agency = Agency(Accepted(201))
    last_day = replace(hub, business_date=date(2024, 3, 15))
    day_after = replace(hub, business_date=date(2024, 3, 16))

    sent = await deliver_due(last_day, agency.couriers, NOW)
    waiting = await _state(engine)
    await deliver_due(day_after, agency.couriers, NOW + timedelta(hours=1))

    assert (sent, waiting) == (False, ("QUEUED", "waiting", ["QUEUED"]))
    assert len(agency.keys) == 1
    assert (await _state(engine))[0] == "ACCEPTED"

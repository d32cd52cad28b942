"""The relay (轉送): takes what waits in the outbox to the agency and keeps what it answers.

Delivered at least once under one idempotency key, so that the effect is there once. An outcome that
is not known stays SENT and is asked for again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..connectors.outcome import Accepted, Outcome, Refused, RowError
from ..domain.errors import AgencyFault
from ..domain.submission import SubmissionState, UserError
from ..domain.tw_id import without_numbers
from ..store.failpoints import reach
from ..store.outbox import Delivery, close_delivery, keep_lease, postpone, take_due
from ..store.submissions import move, note
from .context import Hub

__all__ = ["Courier", "Place", "Send", "deliver_due"]

_LEASE = timedelta(seconds=30)
"""What a process that dies while sending holds up its entry; one at work keeps its lease alive."""

_KEEP_SECONDS = 10.0
_FIRST_RETRY = timedelta(seconds=2)
_LONGEST_RETRY = timedelta(minutes=30)

Send = Callable[[Delivery], Awaitable[Outcome]]
Place = Callable[[Delivery, UserError], UserError]


@dataclass(frozen=True, slots=True)
class Courier:
    """What can be sent to one agency.

    Attributes:
        registry: Whose agency.
        calls: Its calls by name, as ``Checked.operation`` names them.
        codes: Its codes where ours differ (mapping.md section 5); others pass as they are.
        references: By call the key of its answer that names what was made; where there is none, the
            submission's target is the reference.
        figures: By call the numbers of its answer that belong in the submission's history.
        places: By call a reading of the agency's places (its field, file and row) in the terms of
            what the institution sent.
    """

    registry: str
    calls: Mapping[str, Send]
    codes: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


def _user_errors(
    courier: Courier, delivery: Delivery, errors: Iterable[RowError]
) -> list[UserError]:
    place = courier.places.get(delivery.operation)
    told = [
        UserError(
            courier.codes.get(error.code, error.code),
            (error.column or error.field or "",) if error.column or error.field else None,
            error.file or error.table,
            error.row,
            None,
            without_numbers(error.message_zh) or None,
        )
        for error in errors
    ]
    return told if place is None else [place(delivery, error) for error in told]


def _refusal(courier: Courier, delivery: Delivery, outcome: Refused) -> list[UserError]:
    """Every row's error; the problem's own code where the agency names none."""
    rows = _user_errors(courier, delivery, outcome.errors)
    code = courier.codes.get(outcome.code, outcome.code)
    zh, en = without_numbers(outcome.detail_zh), without_numbers(outcome.detail)
    return rows or [UserError(code, zh=zh or None, en=en or None)]


def _unmatched(body: Mapping[str, Any]) -> list[RowError]:
    """Rows taken whose person is no member: no record until he or she joins (mapping.md 5)."""
    return [
        RowError("unmatched", "", file=item.get("file"), row=item.get("row"))
        for item in body.get("unmatched") or ()
    ]


def _told_before(courier: Courier, delivery: Delivery, told: Iterable[RowError]) -> list[UserError]:
    """What the hub warned of stays beside what the agency says."""
    said = list(delivery.submission.warnings)
    said += [item for item in _user_errors(courier, delivery, told) if item not in said]
    return said


@asynccontextmanager
async def _leased(hub: Hub, delivery: Delivery) -> AsyncIterator[None]:
    """However long the agency takes, its entry is nobody else's while this process lives."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(_KEEP_SECONDS)
            async with hub.engine.begin() as connection:
                await keep_lease(connection, delivery.outbox_id, hub.clock() + _LEASE)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        # A lease that could not be kept costs a repeat under the same key, no more.
        await asyncio.gather(task, return_exceptions=True)


async def deliver_due(hub: Hub, couriers: Mapping[str, Courier], now: datetime) -> bool:
    """Deliver the next entry of the outbox that is due.

    Returns:
        Whether there was one.
    """
    async with hub.engine.begin() as connection:
        delivery = await take_due(
            connection,
            hub.keys,
            {registry: tuple(courier.calls) for registry, courier in couriers.items()},
            now,
            hub.business_day(now),
            _LEASE,
        )
    if delivery is None:
        return False
    reach("delivery.taken")
    courier = couriers[delivery.submission.registry]
    send = courier.calls[delivery.operation]
    try:
        async with _leased(hub, delivery):
            outcome = await send(delivery)
    except AgencyFault as fault:
        wait = min(_FIRST_RETRY * 2 ** min(delivery.attempts - 1, 12), _LONGEST_RETRY)
        async with hub.engine.begin() as connection:
            await postpone(connection, delivery.outbox_id, now + wait, fault.code)
            if fault.code != delivery.last_error:
                # Once per reason: an agency that is away for a day is not a thousand lines.
                identity = delivery.submission.id
                await note(connection, identity, SubmissionState.SENT, hub.clock(), fault.code)
        return True
    reach("delivery.sent")
    await _settle(hub, courier, delivery, outcome)
    reach("delivery.settled")
    return True


async def _settle(hub: Hub, courier: Courier, delivery: Delivery, outcome: Outcome) -> None:
    now = hub.clock()
    filed = delivery.submission
    operation = delivery.operation
    async with hub.engine.begin() as connection:
        if not await close_delivery(connection, delivery.outbox_id, "done", now):
            return
        if isinstance(outcome, Accepted):
            named = outcome.body.get(courier.references.get(operation, ""))
            reference = filed.target if named is None else str(named)
            await move(
                connection,
                filed.id,
                SubmissionState.ACCEPTED,
                now,
                warnings=_told_before(
                    courier, delivery, [*outcome.warnings, *_unmatched(outcome.body)]
                ),
                reference=reference,
                target=reference if filed.target is None else None,
                detail={
                    name: outcome.body[name]
                    for name in courier.figures.get(operation, ())
                    if isinstance(outcome.body.get(name), int)
                },
            )
        else:
            await move(
                connection,
                filed.id,
                SubmissionState.REFUSED,
                now,
                code=outcome.code,
                errors=_refusal(courier, delivery, outcome),
                warnings=_told_before(courier, delivery, outcome.warnings),
            )
        reach("delivery.settling")

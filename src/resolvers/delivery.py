"""The relay (轉送): takes what waits in the outbox to the agency and keeps what it answers.

Delivered at least once under one idempotency key, so that the effect is there once. An outcome that
is not known stays SENT and is asked for again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..connectors.outcome import Accepted, Outcome, Refused, RowError
from ..domain.errors import AgencyFault
from ..domain.submission import SubmissionState, UserError
from ..store.outbox import Delivery, close_delivery, keep_lease, postpone, take_due
from ..store.submissions import move
from .context import Hub

__all__ = ["Courier", "Send", "deliver_due"]

_LEASE = timedelta(seconds=30)
"""What a process that dies while sending holds up its entry; one at work keeps its lease alive."""

_KEEP_SECONDS = 10.0
_FIRST_RETRY = timedelta(seconds=2)
_LONGEST_RETRY = timedelta(minutes=30)

Send = Callable[[Delivery], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Courier:
    """What can be sent to one agency.

    Attributes:
        registry: Whose agency.
        calls: Its calls by name, as ``Checked.operation`` names them.
        codes: Its codes where ours differ (mapping.md section 5); others pass as they are.
    """

    registry: str
    calls: Mapping[str, Send]
    codes: Mapping[str, str] = field(default_factory=dict)


def _user_errors(courier: Courier, errors: Sequence[RowError]) -> list[UserError]:
    return [
        UserError(
            courier.codes.get(error.code, error.code),
            (error.column or error.field or "",) if error.column or error.field else None,
            error.file or error.table,
            error.row,
            None,
            error.message_zh or None,
        )
        for error in errors
    ]


def _refusal(courier: Courier, outcome: Refused) -> list[UserError]:
    """Every row's error; the problem's own code where the agency names none."""
    rows = _user_errors(courier, outcome.errors)
    code = courier.codes.get(outcome.code, outcome.code)
    return rows or [UserError(code, zh=outcome.detail_zh or None)]


def _unmatched(body: Mapping[str, Any]) -> list[UserError]:
    """Rows taken whose person is no member: no record until he or she joins (mapping.md 5)."""
    return [
        UserError("unmatched", None, item.get("file"), item.get("row"))
        for item in body.get("unmatched") or ()
    ]


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
            connection, hub.keys, list(couriers), now, hub.business_day(now), _LEASE
        )
    if delivery is None:
        return False
    courier = couriers[delivery.submission.registry]
    send = courier.calls[delivery.operation]
    try:
        async with _leased(hub, delivery):
            outcome = await send(delivery)
    except AgencyFault as fault:
        wait = min(_FIRST_RETRY * 2 ** min(delivery.attempts - 1, 12), _LONGEST_RETRY)
        async with hub.engine.begin() as connection:
            await postpone(connection, delivery.outbox_id, now + wait, fault.code)
        return True
    await _settle(hub, courier, delivery, outcome)
    return True


async def _settle(hub: Hub, courier: Courier, delivery: Delivery, outcome: Outcome) -> None:
    now = hub.clock()
    identity = delivery.submission.id
    async with hub.engine.begin() as connection:
        if isinstance(outcome, Accepted):
            await move(
                connection,
                identity,
                SubmissionState.ACCEPTED,
                now,
                warnings=[*_user_errors(courier, outcome.warnings), *_unmatched(outcome.body)],
                reference=delivery.submission.target,
            )
        else:
            await move(
                connection,
                identity,
                SubmissionState.REFUSED,
                now,
                code=outcome.code,
                errors=_refusal(courier, outcome),
                warnings=_user_errors(courier, outcome.warnings),
            )
        await close_delivery(connection, delivery.outbox_id, "done", now)

"""The relay (轉送): takes what waits in the outbox to the agency and keeps what it answers.

Delivered at least once under one idempotency key, so that the effect is there once. An outcome that
is not known stays SENT and is asked for again.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..connectors.outcome import Accepted, Outcome, Refused, RowError
from ..connectors.vr import VrFiling
from ..domain.errors import AgencyFault
from ..domain.submission import SubmissionState, UserError
from ..store.outbox import Delivery, close_delivery, keep_lease, postpone, take_due
from ..store.submissions import move
from .context import Hub

__all__ = ["Courier", "VrCourier", "deliver_due"]

_LEASE = timedelta(seconds=30)
"""What a process that dies while sending holds up its entry; one at work keeps its lease alive."""

_KEEP_SECONDS = 10.0
_FIRST_RETRY = timedelta(seconds=2)
_LONGEST_RETRY = timedelta(minutes=30)

_OUR_CODES: Mapping[str, str] = {
    "header_changed": "header_mismatch",
    "row_broken": "wrong_column_count",
    "duplicate_person": "duplicate_row",
    "hours_not_approved": "hours_mismatch",
    "empty": "csv_missing_for_domain",
    "file_missing": "csv_missing_for_domain",
    "sign_in_sheet_invalid": "sign_in_sheet_format",
    "roster_exists": "clear_before_reupload",
    "course_not_open": "course_not_finished",
    "hours_verified": "hours_already_verified",
}
"""The VR register's codes where ours differ (mapping.md section 5); others pass as they are."""

Send = Callable[[Delivery], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Courier:
    """What can be sent to one agency: its calls by name."""

    registry: str
    calls: Mapping[str, Send]


class VrCourier:
    """Takes submissions to the VR register."""

    def __init__(self, filing: VrFiling) -> None:
        self._filing = filing

    def courier(self) -> Courier:
        """The calls that exist so far."""
        return Courier("vr", {"vr.post_roster": self._post_roster})

    async def _post_roster(self, delivery: Delivery) -> Outcome:
        payload = delivery.payload
        return await self._filing.post_roster(
            payload["course_no"],
            [base64.b64decode(content) for content in payload["records"]],
            base64.b64decode(payload["sheet"]),
            idempotency_key=delivery.idempotency_key,
            on_behalf_of=delivery.submission.institution or "",
            sign_in_type=payload["sheet_type"],
        )


def _user_errors(errors: Sequence[RowError]) -> list[UserError]:
    return [
        UserError(
            _OUR_CODES.get(error.code, error.code),
            (error.column or error.field or "",) if error.column or error.field else None,
            error.file or error.table,
            error.row,
            None,
            error.message_zh or None,
        )
        for error in errors
    ]


def _refusal(outcome: Refused) -> list[UserError]:
    """Every row's error; the problem's own code where the agency names none."""
    rows = _user_errors(outcome.errors)
    code = _OUR_CODES.get(outcome.code, outcome.code)
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
    send = couriers[delivery.submission.registry].calls[delivery.operation]
    try:
        async with _leased(hub, delivery):
            outcome = await send(delivery)
    except AgencyFault as fault:
        wait = min(_FIRST_RETRY * 2 ** min(delivery.attempts - 1, 12), _LONGEST_RETRY)
        async with hub.engine.begin() as connection:
            await postpone(connection, delivery.outbox_id, now + wait, fault.code)
        return True
    await _settle(hub, delivery, outcome)
    return True


async def _settle(hub: Hub, delivery: Delivery, outcome: Outcome) -> None:
    now = hub.clock()
    identity = delivery.submission.id
    async with hub.engine.begin() as connection:
        if isinstance(outcome, Accepted):
            await move(
                connection,
                identity,
                SubmissionState.ACCEPTED,
                now,
                warnings=[*_user_errors(outcome.warnings), *_unmatched(outcome.body)],
                reference=delivery.submission.target,
            )
        else:
            await move(
                connection,
                identity,
                SubmissionState.REFUSED,
                now,
                code=outcome.code,
                errors=_refusal(outcome),
                warnings=_user_errors(outcome.warnings),
            )
        await close_delivery(connection, delivery.outbox_id, "done", now)

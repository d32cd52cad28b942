"""The outbox (待送機關): what waits for an agency, leased to one process at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import Submission, SubmissionState
from .keys import KeyRing
from .submissions import move, payload_of, submission_of
from .tables_work import outbox, submission

__all__ = ["Delivery", "close_delivery", "keep_lease", "postpone", "take_due"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One entry of the outbox, leased to this caller."""

    outbox_id: int
    submission: Submission
    operation: str
    idempotency_key: str
    attempts: int
    last_error: str | None
    payload: Mapping[str, Any]


async def take_due(
    connection: AsyncConnection,
    keys: KeyRing,
    operations: Mapping[str, Collection[str]],
    now: datetime,
    business_day: date,
    lease: timedelta,
) -> Delivery | None:
    """Lease the next entry that is due, marking its submission SENT before anything is sent.

    What is about one course or class goes one after the other, in the order it was filed. A process
    that dies leaves the lease to run out; the idempotency key makes the repeat harmless.

    Args:
        connection: A transaction of its own.
        keys: Open the payload.
        operations: By registry the calls that this process can make.
        now: The hub's clock.
        business_day: Decides about what waits for a day.
        lease: How long nobody else takes the entry.
    """
    deliver_after = submission.c.summary["deliver_after"].astext
    earlier, before = outbox.alias("earlier"), submission.alias("before")
    comes_first = exists(
        select(1)
        .select_from(before.join(earlier, earlier.c.submission_id == before.c.id))
        .where(
            before.c.registry == submission.c.registry,
            before.c.target == submission.c.target,
            earlier.c.state == "waiting",
            earlier.c.id < outbox.c.id,
        )
        .correlate(submission, outbox)
    )
    known = [(registry, name) for registry, names in operations.items() for name in names]
    due = (
        select(outbox)
        .join(submission, submission.c.id == outbox.c.submission_id)
        .where(
            or_(deliver_after.is_(None), deliver_after < business_day.isoformat()),
            outbox.c.state == "waiting",
            tuple_(outbox.c.registry, outbox.c.operation).in_(known),
            outbox.c.not_before <= now,
            ~comes_first,
        )
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )
    entry = (await connection.execute(due)).mappings().first()
    if entry is None:
        return None
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == entry["id"])
        .values(not_before=now + lease, attempts=outbox.c.attempts + 1)
    )
    identity: UUID = entry["submission_id"]
    row = (
        (await connection.execute(select(submission).where(submission.c.id == identity)))
        .mappings()
        .one()
    )
    if row["state"] == SubmissionState.QUEUED.value:
        await move(connection, identity, SubmissionState.SENT, now)
    return Delivery(
        entry["id"],
        submission_of(row),
        entry["operation"],
        entry["idempotency_key"],
        entry["attempts"] + 1,
        entry["last_error"],
        payload_of(keys, row),
    )


async def keep_lease(connection: AsyncConnection, outbox_id: int, until: datetime) -> None:
    """The process that took this entry is still at work: nobody else takes it before ``until``."""
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == "waiting")
        .values(not_before=until)
    )


async def postpone(
    connection: AsyncConnection, outbox_id: int, until: datetime, reason: str | None
) -> None:
    """Try this entry again later."""
    await connection.execute(
        update(outbox).where(outbox.c.id == outbox_id).values(not_before=until, last_error=reason)
    )


async def close_delivery(
    connection: AsyncConnection, outbox_id: int, state: str, now: datetime
) -> bool:
    """The agency has answered: nothing is left to send (``done``), or we give up (``given_up``).

    Returns:
        Whether it was still open; another process may have had the same answer.
    """
    closed = await connection.execute(
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == "waiting")
        .values(state=state, done_at=now, last_error=None)
    )
    return closed.rowcount == 1

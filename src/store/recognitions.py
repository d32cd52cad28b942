"""Recognitions of credits across registries (採認) as they are applied for, reviewed and decided.

All functions work inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState
from .submissions import Owner, move
from .tables_work import outbox, recognition, recognition_decision, submission

__all__ = [
    "Application",
    "Opinion",
    "add_application",
    "add_opinion",
    "hold_pair",
    "latest",
    "locked",
    "set_state",
    "take_back",
]

DECISION, REVIEW = "decision", "review"


@dataclass(frozen=True, slots=True)
class Application:
    """An application for recognition.

    Attributes:
        person: Hub person who holds the certificate.
        activity: ``registry:key``, also of a record that no registry of ours holds.
        certificate: ``registry:key``.
        row: Row of the recognition matrix.
        amount: Own amount of the record, hundredths.
        unit: ``points`` or ``hours``, of the record.
        institution: 統一編號 of the organiser that applies; None for an office.
        credit: What was applied for, for those who decide; nothing personal.
        declared: The activity in the rulebook's keys, where no registry holds it.
    """

    person: UUID
    activity: str
    certificate: str
    row: str
    amount: int
    unit: str
    attribute: str | None
    categories: Sequence[str]
    filed_on: date
    institution: str | None
    reason: str | None
    credit: Mapping[str, Any]
    declared: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """A review (初審) or a decision (核定)."""

    stage: str
    outcome: str
    authority: str
    decided_on: date
    amount: int | None = None
    attribute: str | None = None
    categories: Sequence[str] = ()
    legal_basis: str | None = None
    decision_no: str | None = None
    note: str | None = None


async def hold_pair(connection: AsyncConnection, activity: str, certificate: str) -> None:
    """Nobody else applies for or decides on this pair until the transaction ends."""
    await connection.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:pair, 0))"),
        {"pair": f"recognition|{activity}|{certificate}"},
    )


async def add_application(
    connection: AsyncConnection, owner: Owner, given: Application, now: datetime
) -> UUID:
    """Store an application; the id of the recognition."""
    identity = uuid4()
    await connection.execute(
        insert(recognition).values(
            id=identity,
            person_id=given.person,
            activity=given.activity,
            certificate=given.certificate,
            from_registry=given.activity.partition(":")[0],
            to_registry=given.certificate.partition(":")[0],
            row=given.row,
            state="pending",
            amount=given.amount,
            unit=given.unit,
            attribute=given.attribute,
            categories=list(given.categories),
            filed_on=given.filed_on,
            issuer=owner.issuer,
            client_id=owner.client_id,
            applied_by=owner.subject,
            institution=given.institution,
            reason=given.reason,
            credit=dict(given.credit),
            declared=None if given.declared is None else dict(given.declared),
            created_at=now,
            changed_at=now,
        )
    )
    return identity


async def locked(connection: AsyncConnection, identity: UUID) -> RowMapping | None:
    """A recognition, held until the transaction ends."""
    found = await connection.execute(
        select(recognition).where(recognition.c.id == identity).with_for_update()
    )
    return found.mappings().one_or_none()


async def latest(
    connection: AsyncConnection, identity: UUID, stage: str = DECISION
) -> RowMapping | None:
    """The last review or decision of a recognition."""
    table = recognition_decision
    found = await connection.execute(
        select(table)
        .where(table.c.recognition_id == identity, table.c.stage == stage)
        .order_by(table.c.decided_on.desc(), table.c.id.desc())
        .limit(1)
    )
    return found.mappings().first()


async def add_opinion(
    connection: AsyncConnection, row: RowMapping, owner: Owner, given: Opinion, now: datetime
) -> UUID:
    """Store a review or a decision; its id.

    Of two decisions of one day the greater id counts (S-R8), so a later one gets a greater id than
    any before it on the same pair.
    """
    table = recognition_decision
    before = await connection.execute(
        select(table.c.id)
        .join(recognition, recognition.c.id == table.c.recognition_id)
        .where(
            recognition.c.activity == row["activity"],
            recognition.c.certificate == row["certificate"],
        )
        .order_by(table.c.id.desc())
        .limit(1)
    )
    last = before.scalar_one_or_none()
    # Time first, as in a UUID of version 7; the clock may stand still, ids may not.
    fresh = UUID(int=(int(now.timestamp() * 1000) << 80) | (uuid4().int & ((1 << 80) - 1)))
    identity = fresh if last is None or fresh > last else UUID(int=last.int + 1)
    await connection.execute(
        insert(table).values(
            id=identity,
            recognition_id=row["id"],
            stage=given.stage,
            outcome=given.outcome,
            amount=given.amount,
            attribute=given.attribute,
            categories=list(given.categories),
            legal_basis=given.legal_basis,
            authority=given.authority,
            decision_no=given.decision_no,
            decided_on=given.decided_on,
            issuer=owner.issuer,
            client_id=owner.client_id,
            decided_by=owner.subject,
            note=given.note,
            created_at=now,
        )
    )
    return identity


async def set_state(
    connection: AsyncConnection, identity: UUID, state: str, now: datetime, **values: Any
) -> None:
    """Bring a recognition to another state."""
    await connection.execute(
        update(recognition)
        .where(recognition.c.id == identity)
        .values(state=state, changed_at=now, **values)
    )


async def take_back(connection: AsyncConnection, identity: UUID, now: datetime) -> bool:
    """Take back a delivery that was not sent yet.

    Returns:
        Whether it never left; False where the agency may have it.
    """
    # The relay takes the outbox first, then the submission: so do we.
    await connection.execute(
        select(outbox.c.id).where(outbox.c.submission_id == identity).with_for_update()
    )
    state = await connection.scalar(
        select(submission.c.state).where(submission.c.id == identity).with_for_update()
    )
    if state == SubmissionState.QUEUED.value:
        await connection.execute(
            update(outbox)
            .where(outbox.c.submission_id == identity)
            .values(state="given_up", done_at=now)
        )
        await move(connection, identity, SubmissionState.SUPERSEDED, now)
        return True
    return state in (SubmissionState.REFUSED.value, SubmissionState.SUPERSEDED.value)

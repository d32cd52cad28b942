"""Submissions and their history (送件).

All functions work inside the caller's transaction: a submission, its first event and its place in the outbox are committed together or not at all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import Submission, SubmissionEvent, SubmissionState, UserError
from .crypto import open_bytes, seal_bytes
from .keys import KeyRing
from .tables_work import outbox, submission, submission_event

__all__ = [
    "Filing",
    "OwnFiling",
    "Owner",
    "file_submission",
    "hold_target",
    "move",
    "note",
    "own_filing",
    "payload_of",
    "payload_place",
    "submission_of",
    "supersede",
    "waiting_for",
]

_OPEN = SubmissionState.QUEUED.value


@dataclass(frozen=True, slots=True)
class Owner:
    """Who files: the client that idempotency keys belong to, and the person behind it."""

    issuer: str
    client_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A submission about to be stored.

    Attributes:
        payload: Everything needed to send it, encrypted at rest.
        content_hash: SHA-256 over what was submitted.
        operation: The agency's call, None for what is never sent.
        not_before: Instant before which delivery makes no sense.
        county: Code of the county that oversees what it is about.
        supersedes: The submission that it takes the place of.
    """

    kind: str
    registry: str
    institution: str | None
    target: str | None
    business_day: date
    payload: Mapping[str, Any]
    content_hash: bytes
    summary: Mapping[str, Any]
    errors: Sequence[UserError]
    warnings: Sequence[UserError]
    uploads: Sequence[UUID]
    operation: str | None
    not_before: datetime
    county: str | None = None
    supersedes: UUID | None = None


def payload_place(key: UUID) -> str:
    """Where a submission's encrypted input belongs."""
    return f"hub.submission|{key}|payload"


async def file_submission(
    connection: AsyncConnection, keys: KeyRing, owner: Owner, filing: Filing, now: datetime
) -> UUID:
    """Store a submission: QUEUED with a place in the outbox, or REJECTED and never sent."""
    identity = uuid4()
    sends = filing.operation is not None and not filing.errors
    state = SubmissionState.QUEUED if sends else SubmissionState.REJECTED
    await connection.execute(
        insert(submission).values(
            id=identity,
            kind=filing.kind,
            registry=filing.registry,
            state=state.value,
            institution=filing.institution,
            target=filing.target,
            county=filing.county,
            supersedes=filing.supersedes,
            issuer=owner.issuer,
            client_id=owner.client_id,
            subject=owner.subject,
            business_day=filing.business_day,
            payload_cipher=seal_bytes(keys, orjson.dumps(filing.payload), payload_place(identity)),
            content_hash=filing.content_hash,
            summary=dict(filing.summary),
            errors=[error.as_json() for error in filing.errors],
            warnings=[error.as_json() for error in filing.warnings],
            uploads=list(filing.uploads),
            created_at=now,
            changed_at=now,
        )
    )
    await _event(connection, identity, state, now)
    if sends:
        await connection.execute(
            insert(outbox).values(
                submission_id=identity,
                registry=filing.registry,
                operation=filing.operation,
                idempotency_key=f"certhub-{identity}",
                state="waiting",
                not_before=filing.not_before,
                created_at=now,
            )
        )
    return identity


async def _event(
    connection: AsyncConnection,
    identity: UUID,
    state: SubmissionState,
    now: datetime,
    code: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    await connection.execute(
        insert(submission_event).values(
            submission_id=identity, at=now, state=state.value, code=code, detail=dict(detail or {})
        )
    )


async def hold_target(connection: AsyncConnection, registry: str, target: str) -> None:
    """Until this transaction ends nobody else files for the target, and nothing waiting is sent.

    So what the checks see of earlier submissions still holds when the new one is stored.
    """
    name = f"certhub.submission|{registry}|{target}"
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    await connection.execute(
        select(outbox.c.id)
        .join(submission, submission.c.id == outbox.c.submission_id)
        .where(
            submission.c.registry == registry,
            submission.c.target == target,
            submission.c.state == _OPEN,
            outbox.c.state == "waiting",
        )
        .order_by(outbox.c.id)
        .with_for_update(of=outbox)
    )


@dataclass(frozen=True, slots=True)
class OwnFiling:
    """A submission as the one who filed it refers to it."""

    id: UUID
    state: SubmissionState
    institution: str | None
    target: str | None
    reference: str | None


async def own_filing(
    connection: AsyncConnection,
    identity: UUID,
    registry: str,
    kinds: Sequence[str],
    institutions: Collection[str],
) -> OwnFiling | None:
    """A submission of one of these institutions; while this transaction lasts it is not sent."""
    entry = select(outbox.c.id).where(outbox.c.submission_id == identity).with_for_update()
    await connection.execute(entry)
    found = (
        (
            await connection.execute(
                select(submission).where(
                    submission.c.id == identity,
                    submission.c.registry == registry,
                    submission.c.kind.in_(kinds),
                    submission.c.institution.in_(list(institutions)),
                )
            )
        )
        .mappings()
        .one_or_none()
    )
    if found is None:
        return None
    return OwnFiling(
        found["id"],
        SubmissionState(found["state"]),
        found["institution"],
        found["target"],
        found["agency_reference"],
    )


async def waiting_for(
    connection: AsyncConnection, kinds: Sequence[str], institution: str, target: str
) -> list[UUID]:
    """Submissions of an institution for a target that were not sent yet, oldest first."""
    waiting = (
        select(submission.c.id)
        .join(outbox, outbox.c.submission_id == submission.c.id)
        .where(
            submission.c.kind.in_(kinds),
            submission.c.institution == institution,
            submission.c.target == target,
            submission.c.state == _OPEN,
        )
        .order_by(outbox.c.id)
    )
    return list((await connection.execute(waiting)).scalars())


async def supersede(
    connection: AsyncConnection, waiting: Sequence[UUID], now: datetime
) -> list[UUID]:
    """Take back what was not sent yet; those that could be taken back, in order.

    The entry of the outbox is locked first, as the relay does: what it is sending stays.
    """
    if not waiting:
        return []
    entries = await connection.execute(
        select(outbox.c.submission_id)
        .where(outbox.c.submission_id.in_(waiting), outbox.c.state == "waiting")
        .order_by(outbox.c.id)
        .with_for_update()
    )
    locked = list(entries.scalars())
    still = await connection.execute(
        select(submission.c.id).where(submission.c.id.in_(locked), submission.c.state == _OPEN)
    )
    open_ = set(still.scalars())
    taken = [identity for identity in locked if identity in open_]
    for identity in taken:
        await connection.execute(
            update(outbox)
            .where(outbox.c.submission_id == identity)
            .values(state="given_up", done_at=now)
        )
        await move(connection, identity, SubmissionState.SUPERSEDED, now)
    return taken


async def note(
    connection: AsyncConnection,
    identity: UUID,
    state: SubmissionState,
    now: datetime,
    code: str,
) -> None:
    """Add a line to a submission's history without moving it: why it is still where it is."""
    await _event(connection, identity, state, now, code)


async def move(
    connection: AsyncConnection,
    identity: UUID,
    state: SubmissionState,
    now: datetime,
    *,
    code: str | None = None,
    errors: Sequence[UserError] | None = None,
    warnings: Sequence[UserError] | None = None,
    reference: str | None = None,
    target: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Bring a submission to another state, with its event.

    Args:
        connection: The caller's transaction.
        identity: The submission.
        state: From now on.
        now: The hub's clock.
        code: Why, as a code.
        errors: In place of those it has.
        warnings: In place of those it has.
        reference: What the agency calls it.
        target: What it is about, where that was not known before.
        detail: Figures for its history; nothing personal.
    """
    values: dict[str, Any] = {"state": state.value, "changed_at": now}
    if errors is not None:
        values["errors"] = [error.as_json() for error in errors]
    if warnings is not None:
        values["warnings"] = [error.as_json() for error in warnings]
    if reference is not None:
        values["agency_reference"] = reference
    if target is not None:
        values["target"] = target
    await connection.execute(update(submission).where(submission.c.id == identity).values(**values))
    await _event(connection, identity, state, now, code, detail)


def payload_of(keys: KeyRing, row: RowMapping) -> Mapping[str, Any]:
    """The decrypted input of a submission's row."""
    payload: Mapping[str, Any] = orjson.loads(
        open_bytes(keys, row["payload_cipher"], payload_place(row["id"]))
    )
    return payload


def submission_of(row: RowMapping, events: Sequence[SubmissionEvent] = ()) -> Submission:
    """The submission of a row of ``hub.submission``."""
    return Submission(
        row["id"],
        row["kind"],
        row["registry"],
        SubmissionState(row["state"]),
        row["institution"],
        row["target"],
        row["business_day"],
        row["created_at"],
        row["changed_at"],
        row["summary"],
        tuple(UserError.from_json(item) for item in row["errors"]),
        tuple(UserError.from_json(item) for item in row["warnings"]),
        row["agency_reference"],
        tuple(events),
        row["receipt_id"],
    )

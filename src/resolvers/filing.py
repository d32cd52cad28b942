"""What every filing (送件) has in common: its key, its checks, its receipt, its place in the outbox.

All of it is one transaction: the idempotency key, the submission with every row's errors, the
outbox entry, the audit row and the receipt are there together or not at all.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import InvalidInput
from ..domain.submission import SubmissionState, UserError
from ..store.audit import append
from ..store.failpoints import reach
from ..store.idempotency import claim_key, remember_result, result_of
from ..store.receipts import issue_receipt
from ..store.submissions import Filing, Owner, file_submission, supersede, waiting_for
from ..store.tables_work import submission
from .auditing import audit_entry
from .context import Hub, Request

__all__ = ["Checked", "Filed", "content_hash", "file", "filed_before"]

_KEY_LENGTH = range(8, 256)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of one kind of filing found.

    Attributes:
        institution: 統一編號 it is filed for; None where the caller has none there.
        target: Course or class.
        errors: Every error at once; none means it can be sent.
        payload: All that delivery needs.
        summary: Figures for the submission's row, nothing personal.
        operation: The agency's call.
        not_before: Earliest instant of delivery.
        county: Code of the county that oversees it: of the place of training, or of work.
        replaces: Kinds whose waiting submissions for the same target this one takes the place of;
            None: its own kind.
        replaced: Further waiting submissions that it takes the place of.
    """

    institution: str | None
    target: str | None
    errors: tuple[UserError, ...]
    payload: Mapping[str, Any]
    summary: Mapping[str, Any]
    operation: str | None
    not_before: datetime
    warnings: tuple[UserError, ...] = ()
    uploads: tuple[UUID, ...] = ()
    county: str | None = None
    replaces: tuple[str, ...] | None = None
    replaced: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Filed:
    """The outcome of a mutation.

    Attributes:
        submission: Its id; None for a dry run and for what was never a filing.
        receipt: Detached JWS over what was received.
        replayed: The same key had been used before; this is its first outcome.
    """

    submission: UUID | None
    state: SubmissionState | None
    errors: tuple[UserError, ...] = ()
    warnings: tuple[UserError, ...] = ()
    receipt: str | None = None
    replayed: bool = field(default=False, compare=False)


def content_hash(parts: Mapping[str, object]) -> bytes:
    """SHA-256 of what was submitted; files stand in it by their own hash, not by upload id."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).digest()


def _stored(result: Mapping[str, Any]) -> Filed:
    return Filed(
        UUID(result["submission"]),
        SubmissionState(result["state"]),
        tuple(UserError.from_json(item) for item in result["errors"]),
        tuple(UserError.from_json(item) for item in result["warnings"]),
        result["receipt"],
        replayed=True,
    )


def _errors(errors: Sequence[UserError]) -> list[dict[str, object]]:
    return [error.as_json() for error in errors]


async def filed_before(
    hub: Hub,
    request: Request,
    kind: str,
    idempotency_key: str,
    target: str,
    uploads: Collection[UUID],
) -> Filed | None:
    """The first outcome of a key whose uploads have expired since, so that they cannot be compared.

    Uploads are kept for days, keys for weeks: the same ids for the same target are the same content.
    """
    viewer = request.viewer
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    async with hub.engine.connect() as connection:
        earlier = await result_of(connection, owner, kind, idempotency_key)
    if earlier is None or earlier.get("target") != target:
        return None
    same = set(earlier.get("uploads", ())) == {str(upload) for upload in uploads}
    return _stored(earlier) if same else None


async def _replace(
    connection: AsyncConnection, kind: str, found: Checked, now: datetime
) -> list[UUID]:
    """Take back what waits and is replaced by what was found to be right."""
    waiting = list(found.replaced)
    kinds = (kind,) if found.replaces is None else found.replaces
    if kinds and found.institution is not None and found.target is not None:
        waiting += await waiting_for(connection, kinds, found.institution, found.target)
    return await supersede(connection, waiting, now)


async def file(
    hub: Hub,
    request: Request,
    kind: str,
    registry: str,
    idempotency_key: str,
    digest: bytes,
    check: Callable[[AsyncConnection], Awaitable[Checked]],
    *,
    validate_only: bool = False,
) -> Filed:
    """File a submission, or say what would become of it.

    Args:
        hub: Engine, keys, clock.
        request: Who files, on which business day.
        kind: The mutation (``submitVrRoster``).
        registry: Whose agency gets it.
        idempotency_key: 8 to 255 characters, a new one per logical filing.
        digest: ``content_hash`` of the input.
        check: The checks of this kind, inside the transaction.
        validate_only: Nothing is stored; the verdict is the same.

    Raises:
        InvalidInput: the key is too short or too long.
        Conflict: the key was used with other content.
    """
    if len(idempotency_key) not in _KEY_LENGTH:
        raise InvalidInput(
            "idempotencyKey: expected 8 to 255 characters",
            "idempotencyKey:應為 8 至 255 字元",
            details={"path": "idempotencyKey", "expected": "8 to 255 characters"},
        )
    viewer = request.viewer
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    if validate_only:
        async with hub.engine.connect() as connection:
            found = await check(connection)
        return Filed(None, None, found.errors, found.warnings)
    async with hub.engine.begin() as connection:
        earlier = await claim_key(connection, owner, kind, idempotency_key, digest, request.instant)
        if earlier is not None:
            return _stored(earlier)
        reach("filing.claimed")
        found = await check(connection)
        taken = [] if found.errors else await _replace(connection, kind, found, request.instant)
        filing = Filing(
            kind,
            registry,
            found.institution,
            found.target,
            request.business_day,
            found.payload,
            digest,
            found.summary,
            found.errors,
            found.warnings,
            found.uploads,
            found.operation,
            found.not_before,
            found.county,
            taken[-1] if taken else None,
        )
        identity = await file_submission(connection, hub.keys, owner, filing, request.instant)
        state = SubmissionState.REJECTED if found.errors else SubmissionState.QUEUED
        request.trace.registries.add(registry)
        request.trace.count("submitted_rows", int(found.summary.get("rows", 0)))
        position = await append(connection, audit_entry(hub, request, f"Filing.{kind}"))
        receipt = await issue_receipt(
            connection,
            hub.keys,
            "submission",
            {
                "submission": str(identity),
                "filed": kind,
                "registry": registry,
                "institution": found.institution,
                "target": found.target,
                "state": state.value,
                "businessDay": request.business_day,
                "contentSha256": digest.hex(),
                "rows": found.summary.get("rows", 0),
                "errors": len(found.errors),
            },
            client_id=viewer.client_id,
            audit=position,
            now=request.instant,
        )
        await connection.execute(
            update(submission).where(submission.c.id == identity).values(receipt_id=receipt.id)
        )
        filed = Filed(identity, state, found.errors, found.warnings, receipt.jws)
        await remember_result(
            connection,
            owner,
            kind,
            idempotency_key,
            {
                "submission": str(identity),
                "state": state.value,
                "errors": _errors(found.errors),
                "warnings": _errors(found.warnings),
                "receipt": receipt.jws,
                "target": found.target,
                "uploads": [str(upload) for upload in found.uploads],
            },
        )
        reach("filing.written")
    reach("filing.committed")
    return filed

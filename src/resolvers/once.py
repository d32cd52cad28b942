"""A mutation that is no filing, done once per idempotency key.

Key, effect, audit row and receipt are one transaction: all of them are there, or none. What raises an
error leaves nothing behind, the key neither; errors that are data are remembered like any answer.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import InvalidInput
from ..domain.submission import UserError
from ..store.audit import append
from ..store.idempotency import claim_key, remember_result
from ..store.receipts import issue_receipt
from ..store.submissions import Owner
from .auditing import audit_entry
from .context import Hub, Request
from .filing import content_hash

__all__ = ["Done", "once"]

_KEY_LENGTH = range(8, 256)


@dataclass(frozen=True, slots=True)
class Done:
    """What a mutation did.

    Attributes:
        about: Key of the object that the answer shows; None where nothing came of it.
        errors: Why nothing did.
        warnings: What the caller should know beside it.
        items: Outcomes of several items, JSON-ready.
        attested: Facts for a signed receipt, without anything personal; None: no receipt.
        receipt: ``content`` and ``jws``.
    """

    about: str | None = None
    errors: tuple[UserError, ...] = ()
    warnings: tuple[UserError, ...] = ()
    items: tuple[Mapping[str, Any], ...] = ()
    attested: Mapping[str, object] | None = None
    receipt: Mapping[str, Any] | None = field(default=None, compare=False)


Act = Callable[[AsyncConnection], Awaitable[Done]]


def _errors(errors: Sequence[UserError]) -> list[dict[str, object]]:
    return [error.as_json() for error in errors]


def _stored(result: Mapping[str, Any]) -> Done:
    return Done(
        result["about"],
        tuple(UserError.from_json(item) for item in result["errors"]),
        tuple(UserError.from_json(item) for item in result["warnings"]),
        tuple(result["items"]),
        receipt=result["receipt"],
    )


async def once(
    hub: Hub,
    request: Request,
    operation: str,
    key: str,
    content: Mapping[str, object],
    act: Act,
    *,
    validate_only: bool = False,
) -> Done:
    """Do ``act`` in a transaction of its own, or give back what its first time did.

    Args:
        hub: Engine, keys, clock.
        request: Who asks.
        operation: The mutation's name; keys of different mutations do not meet.
        key: 8 to 255 characters.
        content: What was sent, JSON-ready: the same key with other content is refused.
        act: The effect.
        validate_only: Roll everything back and answer the same.

    Raises:
        InvalidInput: the key is too short or too long.
        Conflict: ``IDEMPOTENCY_KEY_REUSED``.
    """
    if len(key) not in _KEY_LENGTH:
        raise InvalidInput(
            "idempotencyKey: expected 8 to 255 characters",
            "idempotencyKey:應為 8 至 255 字元",
            details={"path": "idempotencyKey", "expected": "8 to 255 characters"},
        )
    viewer = request.viewer
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    if validate_only:
        async with hub.engine.connect() as connection:
            found = await act(connection)
            await connection.rollback()
        return Done(None, found.errors, found.warnings, found.items)
    async with hub.engine.begin() as connection:
        earlier = await claim_key(
            connection, owner, operation, key, content_hash(content), request.instant
        )
        if earlier is not None:
            return _stored(earlier)
        done = await act(connection)
        outcome = "failed" if done.errors else "allowed"
        code = done.errors[0].code if done.errors else None
        entry = audit_entry(hub, request, f"Effect.{operation}", outcome=outcome, denial_code=code)
        position = await append(connection, entry)
        receipt = None
        if done.attested is not None and not done.errors:
            issued = await issue_receipt(
                connection,
                hub.keys,
                operation,
                {**done.attested, "businessDay": request.business_day},
                client_id=viewer.client_id,
                audit=position,
                now=request.instant,
            )
            receipt = {"content": dict(issued.content), "jws": issued.jws}
        await remember_result(
            connection,
            owner,
            operation,
            key,
            {
                "about": done.about,
                "errors": _errors(done.errors),
                "warnings": _errors(done.warnings),
                "items": [dict(item) for item in done.items],
                "receipt": receipt,
            },
        )
    return Done(done.about, done.errors, done.warnings, done.items, done.attested, receipt)

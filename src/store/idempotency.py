"""Idempotency keys (冪等鍵): a repeated mutation gets the first one's result.

A key is taken in the transaction of the effect: it is there exactly when the effect is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import Conflict
from .submissions import Owner
from .tables_work import idempotency

__all__ = ["claim_key", "remember_result", "result_of"]

_KEY_KEPT = timedelta(days=30)


async def claim_key(
    connection: AsyncConnection,
    owner: Owner,
    operation: str,
    key: str,
    request_hash: bytes,
    now: datetime,
) -> Mapping[str, Any] | None:
    """Take an idempotency key, or get the result of its first use.

    A second use at the same moment waits for the first one's transaction.

    Raises:
        Conflict: the same key with other content.
    """
    values = {
        "issuer": owner.issuer,
        "client_id": owner.client_id,
        "operation": operation,
        "key": key,
    }
    taken = await connection.execute(
        upsert(idempotency)
        .values(
            **values,
            request_hash=request_hash,
            state="running",
            created_at=now,
            expires_at=now + _KEY_KEPT,
        )
        .on_conflict_do_nothing()
        .returning(idempotency.c.key)
    )
    if taken.first() is not None:
        return None
    found = (
        await connection.execute(
            select(idempotency.c.request_hash, idempotency.c.result).filter_by(**values)
        )
    ).one()
    if found.request_hash != request_hash:
        raise Conflict(
            "this idempotency key was used with other content: use a new key",
            "此冪等鍵已用於不同內容，請改用新鍵",
            code="IDEMPOTENCY_KEY_REUSED",
        )
    result: Mapping[str, Any] = found.result
    return result


async def result_of(
    connection: AsyncConnection, owner: Owner, operation: str, key: str
) -> Mapping[str, Any] | None:
    """The result of the first use of a key, whatever its content was."""
    found = await connection.execute(
        select(idempotency.c.result).where(
            idempotency.c.issuer == owner.issuer,
            idempotency.c.client_id == owner.client_id,
            idempotency.c.operation == operation,
            idempotency.c.key == key,
        )
    )
    result: Mapping[str, Any] | None = found.scalar_one_or_none()
    return result


async def remember_result(
    connection: AsyncConnection,
    owner: Owner,
    operation: str,
    key: str,
    result: Mapping[str, Any],
) -> None:
    """What a repeat of the key gets."""
    await connection.execute(
        update(idempotency)
        .where(
            idempotency.c.issuer == owner.issuer,
            idempotency.c.client_id == owner.client_id,
            idempotency.c.operation == operation,
            idempotency.c.key == key,
        )
        .values(state="done", result=dict(result))
    )

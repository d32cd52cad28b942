"""The audit trail, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import in_texts
from .tables_work import audit

__all__ = ["AuditQuery", "audit_count", "audit_page"]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Audit rows between two instants, by client, operation, outcome and subject; empty: all."""

    at_from: datetime | None = None
    at_to: datetime | None = None
    clients: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    subject_refs: tuple[str, ...] = ()


def _audited(query: AuditQuery) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if query.at_from is not None:
        conditions.append(audit.c.at >= query.at_from)
    if query.at_to is not None:
        conditions.append(audit.c.at < query.at_to)
    for column, values in (
        (audit.c.client_id, query.clients),
        (audit.c.operation, query.operations),
        (audit.c.outcome, query.outcomes),
    ):
        if values:
            conditions.append(in_texts(column, values))
    if query.subject_refs:
        conditions.append(audit.c.subject_refs.overlap(list(query.subject_refs)))
    return and_(true(), *conditions)


async def audit_page(
    connection: AsyncConnection,
    query: AuditQuery,
    after: tuple[datetime, str, int] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Audit rows, newest first; ``after`` holds instant, chain and number of the last one seen."""
    key = tuple_(audit.c.at, audit.c.chain, audit.c.seq)
    statement = select(audit).where(_audited(query))
    if after is not None:
        statement = statement.where(key < after)
    statement = statement.order_by(
        audit.c.at.desc(), audit.c.chain.desc(), audit.c.seq.desc()
    ).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def audit_count(connection: AsyncConnection, query: AuditQuery) -> int:
    """How many audit rows fit."""
    statement = select(func.count()).select_from(audit).where(_audited(query))
    found: int = (await connection.execute(statement)).scalar_one()
    return found

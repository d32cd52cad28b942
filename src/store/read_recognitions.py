"""Recognitions of credits across registries, with their decisions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Uuid,
    and_,
    any_,
    bindparam,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, registered
from .tables_work import recognition, recognition_decision

__all__ = [
    "RecognitionQuery",
    "recognition_count",
    "recognition_decisions",
    "recognition_page",
    "recognitions_by_id",
]


def _uuids(values: Collection[UUID]) -> Any:
    return any_(bindparam(None, list(values), ARRAY(Uuid()), unique=True))


@dataclass(frozen=True, slots=True)
class RecognitionQuery:
    """Recognitions by state and registries; empty: all.

    Attributes:
        everything: The reader sees those between any of ``registries``.
        counties: Else those of persons registered there on the day.
        client: Else those that this (issuer, client) applied for.
    """

    registries: tuple[str, ...]
    rows: Rows
    client: tuple[str, str] | None = None
    states: tuple[str, ...] = ()
    from_registries: tuple[str, ...] = ()
    to_registries: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


def _recognitions(query: RecognitionQuery) -> ColumnElement[bool]:
    table = recognition
    conditions: list[ColumnElement[bool]] = []
    if query.client is not None:
        conditions.append(
            and_(table.c.issuer == query.client[0], table.c.client_id == query.client[1])
        )
    else:
        # The target's office decides, and with it sees the record of the other registry it rests on.
        conditions.append(in_texts(table.c.to_registry, query.registries))
        if not query.rows.everything:
            conditions.append(
                or_(
                    false(),
                    *(
                        and_(
                            table.c.to_registry == registry,
                            registered(
                                table.c.person_id, registry, query.rows.counties, query.rows.on
                            ),
                        )
                        for registry in ("vr", "ltc")
                        if query.rows.counties
                    ),
                )
            )
    for column, values in (
        (table.c.state, query.states),
        (table.c.from_registry, query.from_registries),
        (table.c.to_registry, query.to_registries),
        (table.c.certificate, query.certificates),
    ):
        if values:
            conditions.append(in_texts(column, values))
    return and_(*conditions)


async def recognition_page(
    connection: AsyncConnection,
    query: RecognitionQuery,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Recognitions, newest first; ``after`` holds the instant and id of the last one seen."""
    table = recognition
    statement = select(table).where(_recognitions(query))
    if after is not None:
        at, key = after
        statement = statement.where(
            or_(table.c.created_at < at, and_(table.c.created_at == at, table.c.id > key))
        )
    statement = statement.order_by(table.c.created_at.desc(), table.c.id).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def recognition_count(connection: AsyncConnection, query: RecognitionQuery) -> int:
    """How many recognitions fit."""
    statement = select(func.count()).select_from(recognition).where(_recognitions(query))
    found: int = (await connection.execute(statement)).scalar_one()
    return found


async def recognitions_by_id(
    connection: AsyncConnection, ids: Collection[UUID], query: RecognitionQuery
) -> Sequence[RowMapping]:
    """The recognitions with these ids that fit."""
    statement = select(recognition).where(recognition.c.id == _uuids(ids), _recognitions(query))
    return (await connection.execute(statement)).mappings().all()


async def recognition_decisions(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Sequence[RowMapping]:
    """The decisions on these recognitions, oldest first."""
    table = recognition_decision
    statement = (
        select(table)
        .where(table.c.recognition_id == _uuids(ids))
        .order_by(table.c.recognition_id, table.c.decided_on, table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()

"""Submissions and their events, for those who filed or oversee them."""

from collections.abc import Collection, Mapping, Sequence
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
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState
from .read_rows import Rows, in_texts
from .tables import MIRRORS
from .tables_work import receipt, submission, submission_event

__all__ = [
    "SubmissionQuery",
    "newest_by_target",
    "receipts_by_id",
    "steps_after",
    "submission_count",
    "submission_events",
    "submission_page",
    "submissions_by_id",
]


@dataclass(frozen=True, slots=True)
class SubmissionQuery:
    """Submissions of these registries by state, kind and target; empty: all.

    Attributes:
        rows: By registry the reader's rows: everything, its institutions, or (a county) the
            classes and courses held there and what was filed for a place there.
    """

    rows: Mapping[str, Rows]
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


def _held_in(registry: str, rows: Rows) -> ColumnElement[bool]:
    name, key = {
        "vr": ("vr.course", "no"),
        "osh": ("osh.training_class", "id"),
    }.get(registry, ("", ""))
    if not name:
        return false()
    table = MIRRORS[name].alias()
    return exists(
        select(1)
        .select_from(table)
        .correlate_except(table)
        .where(
            table.c[key] == submission.c.target,
            table.c.deleted_at.is_(None),
            in_texts(table.c.county__code, rows.counties),
        )
    )


def _submissions(query: SubmissionQuery) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    for registry, rows in sorted(query.rows.items()):
        way: list[ColumnElement[bool]] = [submission.c.registry == registry]
        if not rows.everything:
            allowed: list[ColumnElement[bool]] = [false()]
            if rows.institutions:
                allowed.append(in_texts(submission.c.institution, rows.institutions))
            if rows.counties:
                allowed.append(in_texts(submission.c.county, rows.counties))
                allowed.append(_held_in(registry, rows))
            way.append(or_(*allowed))
        ways.append(and_(*way))
    conditions = [or_(false(), *ways)]
    for column, values in (
        (submission.c.state, query.states),
        (submission.c.kind, query.kinds),
        (submission.c.target, query.targets),
    ):
        if values:
            conditions.append(in_texts(column, values))
    return and_(*conditions)


# The input itself is never read for lists: it holds persons' numbers.
_SUBMISSION = [column for column in submission.c if column.name != "payload_cipher"]


async def submission_page(
    connection: AsyncConnection,
    query: SubmissionQuery,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """Submissions, newest first; ``after`` holds the instant and id of the last one seen."""
    statement = select(*_SUBMISSION).where(_submissions(query))
    if after is not None:
        at, key = after
        statement = statement.where(
            or_(
                submission.c.created_at < at,
                and_(submission.c.created_at == at, submission.c.id > key),
            )
        )
    statement = statement.order_by(submission.c.created_at.desc(), submission.c.id).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def submission_count(connection: AsyncConnection, query: SubmissionQuery) -> int:
    """How many submissions fit."""
    statement = select(func.count()).select_from(submission).where(_submissions(query))
    found: int = (await connection.execute(statement)).scalar_one()
    return found


def _uuids(values: Collection[UUID]) -> Any:
    return any_(bindparam(None, list(values), ARRAY(Uuid()), unique=True))


async def submissions_by_id(
    connection: AsyncConnection, ids: Collection[UUID], query: SubmissionQuery
) -> Sequence[RowMapping]:
    """The submissions with these ids that fit."""
    statement = select(*_SUBMISSION).where(submission.c.id == _uuids(ids), _submissions(query))
    return (await connection.execute(statement)).mappings().all()


async def submission_events(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Sequence[RowMapping]:
    """The events of these submissions in order."""
    statement = (
        select(submission_event)
        .where(submission_event.c.submission_id == _uuids(ids))
        .order_by(submission_event.c.submission_id, submission_event.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def steps_after(
    connection: AsyncConnection, identity: UUID, after: int
) -> Sequence[RowMapping]:
    """The steps of one submission that followed the step ``after``, in order."""
    statement = (
        select(submission_event.c.id, submission_event.c.state)
        .where(submission_event.c.submission_id == identity, submission_event.c.id > after)
        .order_by(submission_event.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def receipts_by_id(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Sequence[RowMapping]:
    """The signed receipts with these ids."""
    statement = select(receipt.c.id, receipt.c.content, receipt.c.jws).where(
        receipt.c.id == _uuids(ids)
    )
    return (await connection.execute(statement)).mappings().all()


async def newest_by_target(
    connection: AsyncConnection, query: SubmissionQuery
) -> Sequence[RowMapping]:
    """Per target the newest submission that fits; one the hub rejected only where there is no other."""
    rejected = submission.c.state == SubmissionState.REJECTED.value
    statement = (
        select(*_SUBMISSION)
        .ext(distinct_on(submission.c.target))
        .where(_submissions(query), submission.c.target.is_not(None))
        .order_by(submission.c.target, rejected, submission.c.created_at.desc(), submission.c.id)
    )
    return (await connection.execute(statement)).mappings().all()

"""Recognitions of credits across registries, with their decisions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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

from .read_rows import Rows, in_texts, live, registered
from .tables import mirror
from .tables_people import identifier, person_record
from .tables_work import recognition, recognition_decision, submission

__all__ = [
    "RecognitionQuery",
    "credit_states",
    "held_at",
    "ltc_numbers",
    "organised_by",
    "recognition_count",
    "recognition_decisions",
    "recognition_page",
    "recognitions_by_id",
    "submissions_of",
]


def _uuids(values: Collection[UUID]) -> Any:
    return any_(bindparam(None, list(values), ARRAY(Uuid()), unique=True))


@dataclass(frozen=True, slots=True)
class RecognitionQuery:
    """Recognitions by state and registries; empty: all.

    Attributes:
        everything: The reader sees those between any of ``registries``.
        counties: Else those of persons registered there on the day.
        client: Else those that this (issuer, client) applied for, or one of ``institutions``.
    """

    registries: tuple[str, ...]
    rows: Rows
    client: tuple[str, str] | None = None
    institutions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    from_registries: tuple[str, ...] = ()
    to_registries: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


def _recognitions(query: RecognitionQuery) -> ColumnElement[bool]:
    table = recognition
    conditions: list[ColumnElement[bool]] = []
    if query.client is not None:
        conditions.append(
            or_(
                and_(table.c.issuer == query.client[0], table.c.client_id == query.client[1]),
                in_texts(table.c.institution, query.institutions),
            )
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


async def submissions_of(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Sequence[RowMapping]:
    """Submissions that report recognitions, without the reported itself."""
    columns = [column for column in submission.c if column.name != "payload_cipher"]
    statement = select(*columns).where(submission.c.id == _uuids(ids))
    return (await connection.execute(statement)).mappings().all()


async def credit_states(
    connection: AsyncConnection, submissions: Collection[UUID]
) -> Sequence[RowMapping]:
    """(submission, status) of the LTC credits that were made of reported recognitions."""
    credit = mirror("ltc.credit")
    statement = (
        select(submission.c.id.label("submission"), credit.c.status)
        .join(credit, credit.c.recognition_id == submission.c.agency_reference)
        .where(submission.c.id == _uuids(submissions), live(credit))
        .order_by(credit.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def ltc_numbers(connection: AsyncConnection, certificate: str) -> Sequence[RowMapping]:
    """Live, well-formed numbers of the LTC person who holds a certificate, merges followed."""
    held, record = mirror("ltc.certificate"), person_record
    statement = (
        select(identifier)
        .select_from(
            held.join(
                record,
                and_(record.c.entity == "ltc.person", record.c.source_id == held.c.person_id),
            ).join(
                identifier,
                and_(
                    identifier.c.entity == "ltc.person",
                    identifier.c.source_id == record.c.survivor_id,
                ),
            )
        )
        .where(held.c.id == certificate, live(held), identifier.c.live)
        .where(identifier.c.check == "valid")
        .order_by(identifier.c.current.desc(), identifier.c.index)
    )
    return (await connection.execute(statement)).mappings().all()


async def held_at(
    connection: AsyncConnection, registry: str, key: str
) -> tuple[date | None, str | None]:
    """First day and organiser of a VR record's course or an OSH certificate's class."""
    if registry == "vr":
        record = mirror("vr.training_record")
        statement = select(record.c.held_from, record.c.provider).where(record.c.id == key)
    elif registry == "osh":
        row, training, owner = (
            mirror(name) for name in ("osh.certificate", "osh.training_class", "osh.institution")
        )
        statement = (
            select(training.c.starts_on, owner.c.name)
            .select_from(
                row.join(training, training.c.id == row.c.class_no).outerjoin(
                    owner, owner.c.id == training.c.institution_code
                )
            )
            .where(row.c.id == key)
        )
    else:
        return None, None
    found = (await connection.execute(statement)).one_or_none()
    return (None, None) if found is None else (found[0], found[1])


async def organised_by(
    connection: AsyncConnection, course: str, institutions: Collection[str]
) -> list[tuple[str, str]]:
    """(registry, 統一編號) of the course or class with that number, of these institutions only."""
    vr, ltc, unit = mirror("vr.course"), mirror("ltc.course"), mirror("ltc.unit")
    held, owner = mirror("osh.training_class"), mirror("osh.institution")
    statements = (
        ("vr", select(vr.c.institution_tax_id).where(vr.c.no == course, live(vr))),
        (
            "ltc",
            select(unit.c.tax_id)
            .select_from(ltc.join(unit, unit.c.id == ltc.c.unit_id))
            .where(ltc.c.id == course, live(ltc), live(unit)),
        ),
        (
            "osh",
            select(owner.c.tax_id)
            .select_from(held.join(owner, owner.c.id == held.c.institution_code))
            .where(held.c.id == course, live(held), live(owner)),
        ),
    )
    return [
        (registry, tax_id)
        for registry, statement in statements
        for tax_id in (await connection.execute(statement)).scalars()
        if tax_id in institutions
    ]

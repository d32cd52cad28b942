"""Certificates across the registries: pages from the stored evaluations, details by key.

``hub.evaluation`` holds one row per certificate of an identified person, with type, period and
status, so that a page costs one statement whatever its filters; the records themselves are fetched
by key, one statement per registry.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from .read_rows import Rows, in_texts, live, of_class, registered
from .tables import mirror
from .tables_work import evaluation

__all__ = [
    "CertificateQuery",
    "Row",
    "allowed",
    "certificate_count",
    "certificate_details",
    "certificate_page",
    "certificates_by_key",
    "certificates_of",
    "deductions_of",
    "fits",
    "holds",
    "registrations_of",
    "status_on",
]

Row = RowMapping

_DETAILS = {"vr": "vr.qualification", "ltc": "ltc.certificate", "osh": "osh.certificate"}
_OSH_PREFIX = len("osh:")


@dataclass(frozen=True, slots=True)
class CertificateQuery:
    """What a list of certificates is asked for.

    Attributes:
        rows: By registry that is listed: the reader's rows.
        day: The business day, which decides the status.
        types: Types (``case_manager``) or roles (``vr.case_manager``); empty: all.
        counties: Registered there (VR, LTC) or trained there (OSH) on the day; empty: all.
        statuses: Statuses on the day; empty: all.
        renewal_statuses: Statuses of the stored renewal decision; empty: all.
        short_of: Requirement codes of the stored decision, any of which is not met; empty: all.
        expires_from: First last day of validity.
        expires_to: Last last day of validity.
        holds_also: (registry, type; None: any) of certificates that the holder has, all of them.
        others: The reader's rows in the registries of ``holds_also``.
    """

    rows: Mapping[str, Rows]
    day: date
    types: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    renewal_statuses: tuple[str, ...] = ()
    short_of: tuple[str, ...] = ()
    expires_from: date | None = None
    expires_to: date | None = None
    holds_also: tuple[tuple[str, str | None], ...] = ()
    others: Mapping[str, Rows] = field(default_factory=dict)


def status_on(table: Any, day: date) -> ColumnElement[str]:
    """The certificate's status on ``day``: the stored one until facts or days change it."""
    changed = and_(table.c.next_change_on.is_not(None), table.c.next_change_on <= day)
    return case(
        (and_(changed, table.c.certificate_status == "ended"), literal("ended")),
        (and_(changed, table.c.valid_from > day), literal("not_started")),
        (and_(changed, table.c.valid_to < day), literal("expired")),
        (
            and_(changed, table.c.certificate_status.in_(("not_started", "expired"))),
            literal("valid"),
        ),
        else_=table.c.certificate_status,
    )


def _place(table: Any, registry: str, counties: Collection[str], on: date) -> ColumnElement[bool]:
    if registry != "osh":
        return registered(table.c.person_id, registry, counties, on)
    return _osh_class(table, _Counties(counties, on))


@dataclass(frozen=True, slots=True)
class _Counties:
    counties: Collection[str]
    on: date
    everything: bool = False
    institutions: Collection[str] = ()


def _osh_class(table: Any, rows: Rows) -> ColumnElement[bool]:
    row = mirror("osh.certificate").alias()
    return exists(
        select(1)
        .select_from(row)
        .correlate_except(row)
        .where(
            row.c.id == func.substr(table.c.certificate, _OSH_PREFIX + 1),
            of_class(row.c.class_no, rows),
        )
    )


def allowed(table: Any, registry: str, rows: Rows) -> ColumnElement[bool]:
    """Whether the certificate of a row of ``hub.evaluation`` may be seen."""
    if rows.everything:
        return true()
    if registry == "osh":
        return _osh_class(table, rows) if rows.counties or rows.institutions else false()
    return (
        registered(table.c.person_id, registry, rows.counties, rows.on)
        if rows.counties
        else false()
    )


def _typed(table: Any, types: Sequence[str]) -> ColumnElement[bool]:
    plain = [name for name in types if "." not in name]
    roles = [name.split(".", 1) for name in types if "." in name]
    return or_(
        false(),
        in_texts(table.c.type, plain) if plain else false(),
        *(and_(table.c.registry == registry, table.c.type == name) for registry, name in roles),
    )


def holds(person: Any, registry: str, kind: str | None, rows: Rows | None) -> ColumnElement[bool]:
    """Whether ``person`` has a certificate of ``kind`` (None: any), whatever its status."""
    if rows is None:
        return false()
    other = evaluation.alias()
    return exists(
        select(1)
        .select_from(other)
        .correlate_except(other)
        .where(
            other.c.person_id == person,
            other.c.registry == registry,
            true() if kind is None else other.c.type == kind,
            allowed(other, registry, rows),
        )
    )


def fits(table: Any, query: CertificateQuery) -> ColumnElement[bool]:
    """The condition that a row of ``hub.evaluation`` fits ``query`` and may be seen."""
    ways = []
    for registry, rows in sorted(query.rows.items()):
        way = [table.c.registry == registry, allowed(table, registry, rows)]
        if query.counties:
            way.append(_place(table, registry, query.counties, query.day))
        ways.append(and_(*way))
    conditions: list[ColumnElement[bool]] = [or_(false(), *ways)]
    if query.types:
        conditions.append(_typed(table, query.types))
    if query.statuses:
        conditions.append(in_texts(status_on(table, query.day), query.statuses))
    if query.renewal_statuses:
        conditions.append(in_texts(table.c.status, query.renewal_statuses))
    if query.short_of:
        short = bindparam(None, sorted(query.short_of), ARRAY(Text()), unique=True)
        conditions.append(table.c.short.op("&&")(short))
    if query.expires_from is not None:
        conditions.append(table.c.valid_to >= query.expires_from)
    if query.expires_to is not None:
        conditions.append(table.c.valid_to <= query.expires_to)
    conditions += [
        holds(table.c.person_id, registry, kind, query.others.get(registry))
        for registry, kind in query.holds_also
    ]
    return and_(*conditions)


def _columns(table: Any, day: date) -> list[ColumnElement[Any]]:
    return [
        table.c.certificate,
        table.c.registry,
        table.c.type,
        table.c.person_id,
        table.c.valid_from,
        table.c.valid_to,
        table.c.status.label("renewal_status"),
        status_on(table, day).label("certificate_status"),
    ]


def _after(table: Any, column: str, descending: bool, after: Sequence[Any]) -> ColumnElement[bool]:
    key, last = table.c[column], after[-1]
    beyond = table.c.certificate > last
    day = after[0]
    if day is None:
        return and_(key.is_(None), beyond)
    return or_(key < day if descending else key > day, and_(key == day, beyond), key.is_(None))


async def certificate_page(
    connection: AsyncConnection,
    query: CertificateQuery,
    order: str,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[Row]:
    """Rows of ``hub.evaluation`` in order, nulls last, ties by key.

    Args:
        connection: A connection of the read pool.
        query: What is asked for.
        order: ``valid_to`` or ``valid_from``, with ``-`` in front for descending.
        after: Day (or None) and key of the last row seen.
        limit: At most so many rows.
    """
    table = evaluation
    column, descending = order.lstrip("-"), order.startswith("-")
    key = table.c[column]
    statement = select(*_columns(table, query.day)).where(fits(table, query))
    if after is not None:
        statement = statement.where(_after(table, column, descending, after))
    ordered = (key.desc() if descending else key.asc()).nulls_last()
    statement = statement.order_by(ordered, table.c.certificate).limit(limit)
    return (await connection.execute(statement)).mappings().all()


async def certificate_count(connection: AsyncConnection, query: CertificateQuery) -> int:
    """How many certificates fit."""
    statement = select(func.count()).select_from(evaluation).where(fits(evaluation, query))
    found: int = (await connection.execute(statement)).scalar_one()
    return found


async def certificates_of(
    connection: AsyncConnection, persons: Sequence[UUID], query: CertificateQuery
) -> Sequence[Row]:
    """Rows of the certificates of ``persons`` that fit ``query``, latest first day first."""
    table = evaluation
    wanted = bindparam("persons", list(persons), ARRAY(Uuid()))
    statement = (
        select(*_columns(table, query.day))
        .where(table.c.person_id == any_(wanted), fits(table, query))
        .order_by(
            table.c.person_id, table.c.registry, table.c.valid_from.desc(), table.c.certificate
        )
    )
    return (await connection.execute(statement)).mappings().all()


async def certificates_by_key(
    connection: AsyncConnection, keys: Sequence[str], query: CertificateQuery
) -> Sequence[Row]:
    """Rows of the certificates with these keys (``vr:Q1``) that fit ``query``."""
    table = evaluation
    statement = select(*_columns(table, query.day)).where(
        in_texts(table.c.certificate, keys), fits(table, query)
    )
    return (await connection.execute(statement)).mappings().all()


async def certificate_details(
    connection: AsyncConnection, registry: str, ids: Sequence[str]
) -> Mapping[str, Row]:
    """The live records of ``registry`` with these agency keys, by key."""
    table = mirror(_DETAILS[registry])
    statement = select(table).where(in_texts(table.c.id, ids), live(table))
    found = (await connection.execute(statement)).mappings().all()
    return {row["id"]: row for row in found}


async def deductions_of(connection: AsyncConnection, ids: Sequence[str]) -> Sequence[Row]:
    """Approved extensions of the VR qualifications with these keys, by day decided."""
    table = mirror("vr.extension")
    statement = (
        select(table.c.qualification_id, table.c.leave_from, table.c.leave_to)
        .where(
            in_texts(table.c.qualification_id, ids), live(table), table.c.status__code == "approved"
        )
        .order_by(table.c.decided_on, table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()


async def registrations_of(
    connection: AsyncConnection, certificates: Collection[str]
) -> Sequence[RowMapping]:
    """Registrations under these LTC certificates, newest first, with the unit's name."""
    table, unit = mirror("ltc.registration"), mirror("ltc.unit")
    statement = (
        select(table, unit.c.name.label("unit_name"))
        .select_from(table.outerjoin(unit, unit.c.id == table.c.unit_id))
        .where(in_texts(table.c.certificate_id, certificates), live(table))
        .order_by(table.c.starts_on.desc(), table.c.id)
    )
    return (await connection.execute(statement)).mappings().all()

"""The audit trail, for auditors: who asked what and why, never what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping

from ..domain.errors import InvalidInput
from ..store import read_audit
from ..store.crypto import subject_references
from ..store.read_audit import AuditQuery
from .context import Hub, Request
from .ids import NodeKind, decode_id
from .pages import Page, page_size, read_cursor

__all__ = ["AuditFilter", "AuditRecord", "audit_trail"]

_ORDER = "newest"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is asked of the trail; empty: all.

    Attributes:
        at_from: First instant, included.
        at_to: Last instant, not included.
        person: Hub id of the person whose records were read.
    """

    at_from: datetime | None = None
    at_to: datetime | None = None
    clients: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    person: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One operation as the trail holds it."""

    at: datetime
    chain: str
    seq: int
    request_id: str
    issuer: str | None
    client_id: str | None
    subject: str | None
    agency_type: str | None
    agency_code: str | None
    purpose: str | None
    case_reference: str | None
    operation: str
    fields: Sequence[str]
    registries: Sequence[str]
    counts: Mapping[str, int]
    outcome: str
    denial_code: str | None
    ruleset_version: str | None
    hash: str
    subject_count: int


def _record(row: RowMapping) -> AuditRecord:
    return AuditRecord(
        at=row["at"],
        chain=row["chain"],
        seq=row["seq"],
        request_id=row["request_id"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        subject=row["subject"],
        agency_type=row["agency_type"],
        agency_code=row["agency_code"],
        purpose=row["purpose"],
        case_reference=row["case_reference"],
        operation=row["operation"],
        fields=row["fields"],
        registries=row["registries"],
        counts=row["counts"],
        outcome=row["outcome"],
        denial_code=row["denial_code"],
        ruleset_version=row["ruleset_version"],
        hash=row["hash"].hex(),
        subject_count=len(row["subject_refs"]),
    )


def _person(node_id: str) -> str:
    kind, key = decode_id(node_id)
    if kind is not NodeKind.PERSON:
        raise InvalidInput(
            "filter.person: expected the id of a person",
            "filter.person:應為人員之識別碼",
            code="INVALID_ID",
            details={"path": "filter.person", "expected": "the id of a person"},
        )
    return key


async def audit_trail(
    hub: Hub,
    request: Request,
    asked: AuditFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[AuditRecord]:
    """A page of the trail, newest first.

    Raises:
        InvalidInput: a cursor, size or id that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (datetime, str, int))
    query = AuditQuery(
        asked.at_from,
        asked.at_to,
        asked.clients,
        asked.operations,
        asked.outcomes,
        () if asked.person is None else tuple(subject_references(hub.keys, _person(asked.person))),
    )
    async with hub.reader.connect() as connection:
        rows = await read_audit.audit_page(connection, query, last, size + 1)
        count = await read_audit.audit_count(connection, query) if total else None
    request.trace.count("audit", min(len(rows), size))
    return Page.cut(
        [(_record(row), (row["at"], row["chain"], row["seq"])) for row in rows],
        size,
        _ORDER,
        request.business_day,
        after=after,
        total_count=count,
    )

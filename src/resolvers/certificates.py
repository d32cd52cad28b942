"""Certificates of all three kinds: pages, those of persons, and what hangs on them."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..store import read_certificates
from ..store.read_certificates import CertificateQuery
from .batch import Batch
from .context import Hub, Request
from .ids import NodeKind, encode_id, split_key
from .objects import (
    Certificate,
    DateRange,
    LtcCertificate,
    LtcRegistration,
    OshCertificate,
    Person,
    VrQualification,
)
from .pages import Keyset, Page, page_size, read_cursor
from .reach import rows_of
from .registries import record_of, states, usable

__all__ = [
    "CertificateFilter",
    "certificate_query",
    "certificates",
    "certificates_by_key",
    "certificates_of",
    "deductions",
    "load_certificates_of",
    "registrations",
]


@dataclass(frozen=True, slots=True)
class CertificateFilter:
    """What a list of certificates is asked for; empty: all.

    Attributes:
        registries: None: all that the token may read.
        types: Types or roles (``care_worker``, ``ltc.care_worker``).
        counties: County codes: registered there (VR, LTC) or trained there (OSH).
        statuses: not_started valid window_open extended expired ended.
        renewal_statuses: Statuses of the stored renewal decision.
        expires_from: First last day, included.
        expires_to: Last last day, included.
        holds_also: (registry, type or None) of other certificates of the holder, all of them.
        short_of: Requirement codes, any of which the stored decision does not meet.
    """

    registries: tuple[str, ...] | None = None
    types: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    renewal_statuses: tuple[str, ...] = ()
    expires_from: date | None = None
    expires_to: date | None = None
    holds_also: tuple[tuple[str, str | None], ...] = ()
    short_of: tuple[str, ...] = ()


def certificate_query(request: Request, asked: CertificateFilter) -> CertificateQuery:
    """The store's question for a filter.

    Raises:
        Refused: a registry of the filter is not the token's.
    """
    rows = rows_of(request, RowKind.PERSON, asked.registries)
    others = {registry for registry, _ in asked.holds_also}
    return CertificateQuery(
        rows=rows,
        others=rows_of(request, RowKind.PERSON, others) if others else {},
        day=request.business_day,
        types=asked.types,
        counties=asked.counties,
        statuses=asked.statuses,
        renewal_statuses=asked.renewal_statuses,
        short_of=asked.short_of,
        expires_from=asked.expires_from,
        expires_to=asked.expires_to,
        holds_also=asked.holds_also,
    )


async def certificates(
    hub: Hub,
    request: Request,
    asked: CertificateFilter,
    order: str,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Certificate]:
    """A page of certificates, by the stored evaluations of the business day.

    Raises:
        Refused: a registry of the filter is not the token's.
        RegistryUnavailable: one that the list rests on cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, order, (date, str))
    query = certificate_query(request, asked)
    sources = await usable(hub, request, {*query.rows, *query.others})
    async with hub.reader.connect() as connection:
        rows = await read_certificates.certificate_page(connection, query, order, last, size + 1)
        count = await read_certificates.certificate_count(connection, query) if total else None
    objects = await _objects(hub, request, rows[:size])
    column = order.lstrip("-")
    keyed: list[tuple[Certificate | None, Keyset]] = [
        (objects.get(row["certificate"]), (row[column], row["certificate"])) for row in rows
    ]
    return Page.cut(
        keyed, size, order, request.business_day, after=after, sources=sources, total_count=count
    )


async def certificates_by_key(
    hub: Hub, request: Request, keys: Collection[str]
) -> dict[str, Certificate]:
    """The certificates with these keys (``vr:Q1``) that the reader may see."""
    await states(hub, request)
    query = certificate_query(request, CertificateFilter())
    async with hub.reader.connect() as connection:
        rows = await read_certificates.certificates_by_key(connection, sorted(keys), query)
    return await _objects(hub, request, rows)


async def _objects(
    hub: Hub, request: Request, rows: Sequence[RowMapping]
) -> dict[str, Certificate]:
    """Certificates of rows of ``hub.evaluation``, in one batch, by key."""
    wanted: dict[str, list[str]] = {}
    for row in rows:
        wanted.setdefault(row["registry"], []).append(split_key(row["certificate"])[1])
    details: dict[str, RowMapping] = {}
    if wanted:
        async with hub.reader.connect() as connection:
            for registry, ids in wanted.items():
                found = await read_certificates.certificate_details(connection, registry, ids)
                details.update({f"{registry}:{key}": row for key, row in found.items()})
    batch = Batch(hub, request)
    for row in rows:
        detail = details.get(row["certificate"])
        # A record that was closed after its evaluation is no certificate any more.
        if detail is not None:
            batch.members[row["certificate"]] = _BUILDERS[row["registry"]](batch, row, detail)
    request.trace.registries.update(wanted)
    request.trace.subjects.update(str(row["person_id"]) for row in rows)
    request.trace.count("certificates", len(batch.members))
    return batch.members


def _shared(batch: Batch, row: RowMapping, detail: RowMapping) -> dict[str, object]:
    return {
        "id": encode_id(NodeKind.CERTIFICATE, row["certificate"]),
        "key": row["certificate"],
        "batch": batch,
        "registry": row["registry"],
        "person": str(row["person_id"]),
        "type": row["type"],
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "status": row["certificate_status"] or "unknown",
        "provenance": record_of(
            batch.request,
            row["registry"],
            detail["id"],
            detail["source_updated_at"],
            detail["synced_at"],
        ),
    }


def _vr(batch: Batch, row: RowMapping, detail: RowMapping) -> Certificate:
    return VrQualification(
        **_shared(batch, row, detail),  # type: ignore[arg-type]
        title=detail["title"],
        number=detail["document_no"],
        registry_state=detail["status"],
        clause=detail["clause__code"],
        clause_text=detail["clause"],
        clause_note=detail["clause_note"],
        service_items=detail["service_items"] or (),
        issued_on=detail["issued_on"],
        renewed_on=detail["renewed_on"],
        received_on=detail["received_on"],
        reviewed_on=detail["reviewed_on"],
        document_no=detail["document_no"],
        waiver_document_no=detail["waiver_document_no"],
        renewal_document_no=detail["renewal_document_no"],
        renewal_document_on=detail["renewal_document_on"],
        social_work_20_credits=detail["social_work_20_credits"],
        extension_from=detail["extension_from"],
        extension_to=detail["extension_to"],
        ce_completed_on=detail["ce_completed_on"],
        ce_due_on=detail["ce_due_on"],
        shortfall_text=detail["shortfall_text"],
    )


def _ltc(batch: Batch, row: RowMapping, detail: RowMapping) -> Certificate:
    return LtcCertificate(
        **_shared(batch, row, detail),  # type: ignore[arg-type]
        title=detail["personnel_type"],
        number=detail["no"],
        registry_state=detail["state"],
        track=detail["employment_path__code"] or "unknown",
        kind=detail["suffix__code"] or "formal",
        credit_from=detail["credit_from"],
        original_valid_to=detail["original_valid_to"],
        registry_valid_to=detail["valid_to"],
        pandemic_extended=detail["pandemic_extended"],
        renewal_count=detail["renewal_count"],
        issued_by=detail["issued_by"],
    )


def _osh(batch: Batch, row: RowMapping, detail: RowMapping) -> Certificate:
    return OshCertificate(
        **_shared(batch, row, detail),  # type: ignore[arg-type]
        title=detail["kind"],
        number=detail["id"],
        registry_state=None,
        class_no=detail["class_no"],
        issued_on=detail["issued_on"],
        ends_on=detail["ends_on"],
        hours=detail["hours"],
        confirmed_on=detail["confirmed_on"],
        noted_no=detail["noted_no"],
    )


_BUILDERS = {"vr": _vr, "ltc": _ltc, "osh": _osh}


def certificates_of(
    person: Person, registries: Sequence[str] | None, active_on: date | None
) -> Sequence[Certificate] | Awaitable[Sequence[Certificate]]:
    """Certificates of a person in the registries named, or in all that the token may read.

    Args:
        person: The holder.
        registries: Registry codes; None: all that the token may read.
        active_on: Only those whose period holds this day.
    """
    names = None if registries is None else tuple(sorted(set(registries)))

    async def load(batch: Batch) -> Mapping[str, Sequence[Certificate]]:
        return await load_certificates_of(batch, names, active_on)

    return person.batch.ask(("certificates", names, active_on), person.key, load, ())


async def load_certificates_of(
    batch: Batch, registries: tuple[str, ...] | None, active_on: date | None
) -> Mapping[str, Sequence[Certificate]]:
    """Certificates of every person of ``batch``, by the person's uuid.

    Raises:
        Refused: a named registry is not the token's.
        RegistryUnavailable: one cannot be relied on.
    """
    hub, request = batch.hub, batch.request
    query = certificate_query(request, CertificateFilter(registries=registries))
    await usable(hub, request, query.rows)
    async with hub.reader.connect() as connection:
        rows = await read_certificates.certificates_of(
            connection, [UUID(key) for key in batch.members], query
        )
    if active_on is not None:
        rows = [
            row
            for row in rows
            if row["valid_from"] is not None
            and row["valid_from"] <= active_on
            and (row["valid_to"] is None or active_on <= row["valid_to"])
        ]
    objects = await _objects(hub, request, rows)
    found: dict[str, list[Certificate]] = {}
    for item in objects.values():
        found.setdefault(str(item.person), []).append(item)
    return found


def deductions(
    certificate: VrQualification,
) -> Sequence[DateRange] | Awaitable[Sequence[DateRange]]:
    """Leaves that the ministry took off the period (展延), as approved."""
    return certificate.batch.ask("deductions", certificate.key, _deductions, ())


async def _deductions(batch: Batch) -> Mapping[str, Sequence[DateRange]]:
    ids = [split_key(key)[1] for key, item in batch.members.items() if item.registry == "vr"]
    async with batch.hub.reader.connect() as connection:
        rows = await read_certificates.deductions_of(connection, ids)
    found: dict[str, list[DateRange]] = {}
    for row in rows:
        spans = found.setdefault(f"vr:{row['qualification_id']}", [])
        spans.append(DateRange(row["leave_from"], row["leave_to"]))
    return found


def registrations(
    certificate: LtcCertificate,
) -> Sequence[LtcRegistration] | Awaitable[Sequence[LtcRegistration]]:
    """Registrations and support notices under an LTC certificate, newest first."""
    return certificate.batch.ask("registrations", certificate.key, _registrations, ())


async def _registrations(batch: Batch) -> Mapping[str, Sequence[LtcRegistration]]:
    ids = [split_key(key)[1] for key, item in batch.members.items() if item.registry == "ltc"]
    async with batch.hub.reader.connect() as connection:
        rows = await read_certificates.registrations_of(connection, ids)
    found: dict[str, list[LtcRegistration]] = {}
    for row in rows:
        found.setdefault(f"ltc:{row['certificate_id']}", []).append(
            LtcRegistration(
                row["id"],
                row["kind__code"] or row["kind"],
                row["state__code"] or row["state"],
                row["county"],
                row["county__code"],
                row["unit_name"],
                row["main"],
                row["starts_on"],
                row["ends_on"],
                record_of(
                    batch.request, "ltc", row["id"], row["source_updated_at"], row["synced_at"]
                ),
            )
        )
    return found

"""Persons: one by exact number, pages by filter, and what each registry records of them."""

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.rows import RowFilter, RowKind, row_filter
from ..domain.decision import Finding
from ..domain.errors import CertHubError, Refused
from ..domain.provenance import Freshness
from ..domain.records import REGISTRIES
from ..store import read_people
from ..store.crypto import blind_indexes, number_place, open_number
from ..store.read_certificates import CertificateQuery
from .batch import Batch
from .certificates import CertificateFilter, certificate_query
from .context import Hub, Request
from .facts.built import Findings
from .ids import NodeKind, encode_id
from .objects import Certificate, Identifier, Person, RegistryRecord, Trainee
from .pages import Keyset, Page, page_size, read_cursor
from .reach import allowed_registries, rows_of
from .registries import record_of, states, usable

__all__ = [
    "AmbiguousIdentity",
    "PersonFilter",
    "clear_number",
    "findings",
    "holder",
    "identifiers",
    "load_holders",
    "load_persons",
    "mask_name",
    "people",
    "person_by_number",
    "person_rows",
    "records",
    "trainee_person",
]

_ENTITIES = {
    "vr": ("vr.professional",),
    "ltc": ("ltc.person",),
    "osh": ("osh.trainee", "osh.certificate"),
}


_NUMBER_FIELDS = {
    "vr.professional": "national_id",
    "ltc.person": "identifiers",
    "osh.trainee": "national_id",
    "osh.certificate": "national_id",
}
"""Field that a number stands in: its ciphertext opens nowhere else."""


class AmbiguousIdentity(CertHubError):
    """One number leads to several persons; a person has to decide which (``mergeIdentities``)."""

    code = "ambiguous_identity"


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """What a list of persons is asked for; empty: all.

    Attributes:
        counties: Registered there on the business day, by a registry that the token may read.
        holds: (registry, type or None for any) of certificates, all of them, whatever their status.
        certificate: Conditions that at least one certificate fits.
    """

    counties: tuple[str, ...] = ()
    holds: tuple[tuple[str, str | None], ...] = ()
    certificate: CertificateFilter | None = None


def mask_name(name: str | None) -> str:
    """``王○明``: the first and last character stay; of two the first; Latin names keep initials."""
    text = (name or "").strip()
    if not text:
        return "○"
    if text.isascii():
        return " ".join(f"{word[0]}." for word in text.split())
    if len(text) <= 2:
        return text[0] + "○"
    return text[0] + "○" * (len(text) - 2) + text[-1]


def person_rows(request: Request) -> dict[str, RowFilter]:
    """Rows by registry through which the reader may see a person; empty: none.

    Institutions see persons of the OSH classes they hold, under ``roster.read``.
    """
    names = set(allowed_registries(request, RowKind.PERSON))
    viewer = request.viewer
    if "roster.read" in viewer.scopes and "osh" in viewer.registries:
        names.add("osh")
    found = {
        name: row_filter(viewer, name, RowKind.PERSON, request.business_day)
        for name in REGISTRIES
        if name in names
    }
    return {name: rows for name, rows in found.items() if not rows.nothing}


async def load_persons(hub: Hub, request: Request, rows: Sequence[RowMapping]) -> dict[str, Person]:
    """Persons of rows with ``id``, ``name`` and ``birth_date``, in one batch, by uuid.

    A reader of some registries only gets the name and birth date that those hold.
    """
    batch = Batch(hub, request)
    told: Mapping[UUID, tuple[str | None, date | None]] = {
        row["id"]: (row["name"], row["birth_date"]) for row in rows
    }
    readable = allowed_registries(request, RowKind.PERSON)
    if readable and len(readable) < len(REGISTRIES):
        told = await _told_by(hub, request, list(told), readable)
    for row in rows:
        name, birth_date = told.get(row["id"], (None, None))
        key = str(row["id"])
        batch.members[key] = Person(
            encode_id(NodeKind.PERSON, key), key, batch, mask_name(name), name, birth_date
        )
    request.trace.subjects.update(batch.members)
    request.trace.count("persons", len(batch.members))
    return batch.members


async def _told_by(
    hub: Hub, request: Request, persons: Collection[UUID], registries: Iterable[str]
) -> dict[UUID, tuple[str | None, date | None]]:
    rows = rows_of(request, RowKind.PERSON)
    told: dict[UUID, tuple[str | None, date | None]] = {}
    async with hub.reader.connect() as connection:
        for name in registries:
            found = await read_people.registry_rows(connection, persons, name, rows[name])
            for row in found:
                known = told.get(row["person_id"], (None, None))
                told[row["person_id"]] = (known[0] or row["name"], known[1] or row["birth_date"])
    return told


def _query(request: Request, asked: PersonFilter) -> tuple[read_people.PersonQuery, set[str]]:
    """The store's question, and the registries that its answer rests on."""
    rows = rows_of(request, RowKind.PERSON)
    needed = {registry for registry, _ in asked.holds}
    certificate = None
    if asked.certificate is not None:
        certificate = certificate_query(request, asked.certificate)
        needed |= set(certificate.rows) | {name for name, _ in asked.certificate.holds_also}
    if asked.counties:
        needed |= {name for name in ("vr", "ltc") if name in rows}
    rows_of(request, RowKind.PERSON, needed)  # refuses what the token may not read
    query = read_people.PersonQuery(
        rows=rows,
        certificates=CertificateQuery(rows, request.business_day),
        counties=asked.counties,
        holds=asked.holds,
        certificate=certificate,
    )
    return query, needed or set(rows)


async def people(
    hub: Hub,
    request: Request,
    asked: PersonFilter,
    order: str,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Person]:
    """A page of persons.

    Args:
        hub: The hub.
        request: Who asks.
        asked: The filter.
        order: ``id`` or ``name``.
        first: At most 100.
        after: Cursor of this list.
        total: Whether to count them all.

    Raises:
        Refused: a registry of the filter is not the token's.
        RegistryUnavailable: one that the list rests on cannot be relied on.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, order, (str, UUID))
    query, needed = _query(request, asked)
    sources = await usable(hub, request, needed)
    async with hub.reader.connect() as connection:
        rows = await read_people.person_page(connection, query, order, last, size + 1)
        count = await read_people.person_count(connection, query) if total else None
    persons = await load_persons(hub, request, rows[:size])
    request.trace.registries.update(needed)
    keyed: list[tuple[Person | None, Keyset]] = [
        (persons.get(str(row["id"])), (row["name"] if order == "name" else None, row["id"]))
        for row in rows
    ]
    return Page.cut(
        keyed, size, order, request.business_day, after=after, sources=sources, total_count=count
    )


async def person_by_number(hub: Hub, request: Request, number: str, kind: str) -> Person | None:
    """The person whom a normalised, well-formed number leads to; None: nobody this reader may see.

    Raises:
        AmbiguousIdentity: it leads to several persons that this reader may see.
        RegistryUnavailable: it leads to nobody, but a registry that might know better cannot be
            relied on.
        Refused: the token reads no persons.
    """
    rows = person_rows(request)
    if not rows and not allowed_registries(request, RowKind.PERSON):
        raise Refused(
            "the token may not read persons",
            "權杖無權讀取人員",
            details={"needed": ["*.person.read"]},
        )
    async with hub.reader.connect() as connection:
        await states(hub, request)
        hits = await read_people.persons_by_index(connection, blind_indexes(hub.keys, number))
        ids = {
            hit["person_id"] for hit in hits if (hit["kind"] == "passport") == (kind == "passport")
        }
        found = await read_people.persons_by_id(connection, ids, rows) if ids and rows else []
    unique = {row["id"]: row for row in found}
    if len(unique) > 1:
        raise AmbiguousIdentity(
            "the number leads to several persons; a person has to decide which",
            "此證號對應多人,待人工判定",
        )
    if not unique:
        await usable(hub, request, rows)
    persons = await load_persons(hub, request, list(unique.values()))
    return next(iter(persons.values()), None)


def holder(certificate: Certificate) -> Person | Awaitable[Person | None] | None:
    """The holder of a certificate; who may see the one may see the other."""
    if certificate.person is None:
        return None
    return certificate.batch.ask("holder", certificate.key, load_holders, None)


async def load_holders(batch: Batch) -> Mapping[str, Person | None]:
    """The persons of every certificate or trainee of ``batch``, by its key."""
    wanted = {item.person for item in batch.members.values() if item.person is not None}
    async with batch.hub.reader.connect() as connection:
        rows = await read_people.persons_by_id(connection, [UUID(key) for key in wanted], None)
    persons = await load_persons(batch.hub, batch.request, rows)
    asked = {str(row["asked"]): persons[str(row["id"])] for row in rows}
    return {key: asked.get(item.person) for key, item in batch.members.items()}


def trainee_person(trainee: Trainee) -> Person | Awaitable[Person | None] | None:
    """The person of a row of a roster; who may see the one may see the other."""
    if trainee.person is None:
        return None
    return trainee.batch.ask("holder", trainee.key, load_holders, None)


def identifiers(person: Person) -> Sequence[Identifier] | Awaitable[Sequence[Identifier]]:
    """Numbers of a person in the registries that the reader may read, current ones first."""
    return person.batch.ask("identifiers", person.key, _identifiers, ())


async def _identifiers(batch: Batch) -> Mapping[str, Sequence[Identifier]]:
    hub, request = batch.hub, batch.request
    names = allowed_registries(request, RowKind.PERSON)
    entities = [entity for name in names for entity in _ENTITIES[name]]
    allowed = person_rows(request)
    cut = any(not rows.everything for rows in allowed.values())
    async with hub.reader.connect() as connection:
        rows = await read_people.identifiers_of(connection, _uuids(batch), entities)
        visible = await read_people.visible_in(connection, _uuids(batch), allowed) if cut else {}
    found: dict[str, dict[tuple[str, bytes], Identifier]] = {}
    for row in rows:
        registry = row["entity"].partition(".")[0]
        # That another registry holds the person at all is told only where its rows may be seen.
        if cut and registry not in visible.get(row["person_id"], ()):
            continue
        # A number that stands in many rows of a registry is one number.
        found.setdefault(str(row["person_id"]), {}).setdefault(
            (registry, row["index"]),
            Identifier(
                registry,
                row["kind"],
                row["masked"],
                row["check"],
                row["current"],
                row["nationality"],
                row["cipher"],
                number_place(row["entity"], row["source_id"], _NUMBER_FIELDS[row["entity"]]),
            ),
        )
    return {key: list(numbers.values()) for key, numbers in found.items()}


def clear_number(hub: Hub, number: Identifier) -> str:
    """The number in clear; the field policy has allowed it."""
    return open_number(hub.keys, number.cipher, number.place).reveal()


def _uuids(batch: Batch) -> list[UUID]:
    return [UUID(key) for key in batch.members]


def records(person: Person) -> Sequence[RegistryRecord] | Awaitable[Sequence[RegistryRecord]]:
    """One record per registry that the token may read: known, absent, stale or unavailable."""
    return person.batch.ask("records", person.key, _records, ())


async def _records(batch: Batch) -> Mapping[str, Sequence[RegistryRecord]]:
    hub, request = batch.hub, batch.request
    known = await states(hub, request)
    by_person: dict[str, list[RegistryRecord]] = {key: [] for key in batch.members}
    rows = rows_of(request, RowKind.PERSON)
    async with hub.reader.connect() as connection:
        for name, allowed in rows.items():
            state = known[name]
            held: dict[str, list[RowMapping]] = {}
            if state.freshness.usable:
                found = await read_people.registry_rows(connection, _uuids(batch), name, allowed)
                for row in found:
                    held.setdefault(str(row["person_id"]), []).append(row)
            for key, records_ in by_person.items():
                if not state.freshness.usable:
                    records_.append(RegistryRecord(name, "unavailable", state))
                elif key not in held:
                    records_.append(RegistryRecord(name, "absent", state))
                else:
                    stale = state.freshness is Freshness.STALE
                    records_.append(
                        _record(request, name, "stale" if stale else "known", held[key])
                    )
    request.trace.registries.update(rows)
    return by_person


def findings(person: Person) -> Sequence[Finding] | Awaitable[Sequence[Finding]]:
    """What the registries' records of a person do not agree on, as far as the token reads them."""
    return person.batch.ask("findings", person.key, _findings, ())


async def _findings(batch: Batch) -> Mapping[str, Sequence[Finding]]:
    return {key: _disagreements(held) for key, held in (await _records(batch)).items()}


def _disagreements(held: Sequence[RegistryRecord]) -> Sequence[Finding]:
    """Different birth dates (mapping.md 2.2), and LTC records that the agency has not merged."""
    found = Findings()
    born = [item for item in held if item.birth_date is not None]
    if len({item.birth_date for item in born}) > 1:
        for item in born:
            found.add("birth_date_differs", item.source_ids[0])
    for item in held:
        if item.registry == "ltc" and len(item.source_ids) > 1:
            for source_id in item.source_ids:
                found.add("ltc.identities_not_merged", source_id)
    return found.sealed()


def _record(
    request: Request, registry: str, state: str, rows: Sequence[RowMapping]
) -> RegistryRecord:
    newest: Mapping[str, Any] = dict(rows[0])
    return RegistryRecord(
        registry,
        state,
        record_of(
            request, registry, newest["id"], newest["source_updated_at"], newest["synced_at"]
        ),
        source_ids=[row["id"] for row in rows],
        name=newest["name"],
        name_en=newest.get("name_en"),
        birth_date=newest["birth_date"],
        nationality=newest.get("nationality"),
        county=newest.get("county"),
        employer=newest.get("employer"),
        job_title=newest.get("job_title"),
        profession=newest.get("profession"),
        phone=newest.get("phone"),
        email=newest.get("email"),
        address=newest.get("address"),
        joined_on=newest.get("joined_on"),
    )

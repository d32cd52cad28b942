"""Identities as those see them who decide about them: masked, with every record and every move.

Central agencies nationwide and the operator; a record of a registry that the token has not is not
told, and neither is a doubt or a change that rests on one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.viewer import AgencyType
from ..domain.errors import InvalidInput, Refused
from ..domain.tw_id import IdentifierKind
from ..store import read_identities, read_people
from ..store.crypto import blind_indexes
from .context import Hub, Request
from .ids import NodeKind, decode_id, encode_id
from .pages import Page, page_size, read_cursor
from .people import mask_name

__all__ = [
    "IdentityCandidate",
    "IdentityChange",
    "IdentityMove",
    "IdentityNumber",
    "IdentityPerson",
    "IdentityRecord",
    "candidates",
    "change_by_key",
    "changes",
    "identity_persons",
    "may_decide",
    "person_key",
    "persons_by_uuid",
]

_CANDIDATES, _CHANGES = "oldest", "newest"


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number on a record, masked."""

    kind: str | None
    masked: str
    check: str
    current: bool


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """A registry's record of a person.

    Attributes:
        live: False once the agency has closed it.
    """

    entity: str
    registry: str
    source_id: str
    masked_name: str
    birth_year: int | None
    live: bool
    numbers: Sequence[IdentityNumber]


@dataclass(frozen=True, slots=True)
class IdentityMove:
    """A record that went from one person to another."""

    kind: str
    from_person: str
    to_person: str
    entity: str
    source_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class IdentityPerson:
    """A person with all records that the reader may know of."""

    id: str
    masked_name: str
    birth_year: int | None
    records: Sequence[IdentityRecord]
    history: Sequence[IdentityMove]


@dataclass(frozen=True, slots=True)
class IdentityCandidate:
    """A doubt that waits for a person.

    Attributes:
        reason: ``birth_date_differs``, ``id_checksum``, ``id_format`` ...
    """

    id: str
    reason: str
    masked_number: str
    opened_at: datetime
    persons: Sequence[IdentityPerson]


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A merge or a split that somebody proposed.

    Attributes:
        state: proposed, approved, rejected or reverted.
        records: (entity, key) that move.
    """

    id: str
    kind: str
    state: str
    reason: str
    note: str | None
    persons: Sequence[IdentityPerson]
    records: Sequence[tuple[str, str]]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reverted_by: str | None
    reverted_at: datetime | None


def may_decide(request: Request) -> None:
    """Identities have no county: whoever decides about them sees them all.

    Raises:
        Refused: a central agency of some counties only.
    """
    viewer = request.viewer
    if viewer.agency_type is AgencyType.CENTRAL and not viewer.is_nationwide:
        raise Refused(
            "identities are decided nationwide", "身分異動限全國性權限", details={"needed": ["*"]}
        )


def person_key(person: str, path: str) -> UUID:
    """Uuid of a person by its id.

    Raises:
        InvalidInput: the id is none of a person.
    """
    kind, key = decode_id(person)
    try:
        if kind is NodeKind.PERSON:
            return UUID(key)
    except ValueError:
        pass
    raise InvalidInput(
        f"{path}: expected the id of a person",
        f"{path}:應為人員之識別碼",
        code="INVALID_ID",
        details={"path": path, "expected": "id"},
    )


def _registries(request: Request) -> frozenset[str]:
    return request.viewer.registries


async def persons_by_uuid(
    connection: AsyncConnection, request: Request, ids: Collection[UUID]
) -> dict[UUID, IdentityPerson]:
    """Persons by any id they ever had; only those whose every record may be told."""
    rows = await read_identities.current_persons(connection, ids)
    living = {row["id"] for row in rows}
    records: dict[UUID, list[IdentityRecord]] = {}
    hidden: set[UUID] = set()
    for item in await read_identities.identity_records(connection, living):
        registry = item["entity"].partition(".")[0]
        if registry not in _registries(request):
            hidden.add(item["person_id"])
        records.setdefault(item["person_id"], []).append(
            IdentityRecord(
                item["entity"],
                registry,
                item["source_id"],
                mask_name(item["name"]),
                item["birth_date"].year if item["birth_date"] else None,
                bool(item["live"]),
                [
                    IdentityNumber(n["kind"], n["masked"], n["check"], n["current"])
                    for n in item["numbers"]
                ],
            )
        )
    moves: dict[UUID, list[IdentityMove]] = {}
    for row in await read_identities.history_of(connection, living):
        move = IdentityMove(
            row["kind"],
            encode_id(NodeKind.PERSON, str(row["from_person"])),
            encode_id(NodeKind.PERSON, str(row["to_person"])),
            row["entity"],
            row["source_id"],
            row["at"],
        )
        for key in {row["from_person"], row["to_person"]} & living:
            moves.setdefault(key, []).append(move)
    request.trace.subjects.update(str(key) for key in living - hidden)
    request.trace.count("persons", len(living - hidden))
    return {
        row["asked"]: IdentityPerson(
            encode_id(NodeKind.PERSON, str(row["id"])),
            mask_name(row["name"]),
            row["birth_date"].year if row["birth_date"] else None,
            records.get(row["id"], ()),
            moves.get(row["id"], ()),
        )
        for row in rows
        if row["id"] not in hidden
    }


def _all_of(
    persons: Mapping[UUID, IdentityPerson], keys: Sequence[UUID]
) -> list[IdentityPerson] | None:
    """The persons of a doubt or change, each once; None: one of them may not be told."""
    found = [persons.get(key) for key in keys]
    if any(item is None for item in found):
        return None
    return list({item.id: item for item in found if item is not None}.values())


async def identity_persons(
    hub: Hub,
    request: Request,
    person: str | None,
    number: str | None,
    kind: IdentifierKind | None,
) -> list[IdentityPerson]:
    """The person with an id, or every person that a number leads to.

    Raises:
        Refused: a central agency of some counties only.
        InvalidInput: the id is none of a person.
    """
    may_decide(request)
    async with hub.reader.connect() as connection:
        ids: set[UUID] = set()
        if person is not None:
            ids.add(person_key(person, "person"))
        if number is not None:
            hits = await read_people.persons_by_index(connection, blind_indexes(hub.keys, number))
            ids |= {
                hit["person_id"]
                for hit in hits
                if (hit["kind"] == "passport") == (kind is IdentifierKind.PASSPORT)
            }
        found = await persons_by_uuid(connection, request, ids)
    unique = {item.id: item for item in found.values()}
    return [unique[key] for key in sorted(unique)]


async def candidates(
    hub: Hub, request: Request, reasons: Sequence[str], first: int | None, after: str | None
) -> Page[IdentityCandidate]:
    """Doubts that wait for a person, oldest first.

    Raises:
        Refused: a central agency of some counties only.
        InvalidInput: a cursor or size that is none.
    """
    may_decide(request)
    size = page_size(first)
    last = read_cursor(after, _CANDIDATES, (datetime, UUID))
    async with hub.reader.connect() as connection:
        rows = await read_identities.reviews_page(connection, reasons, last, size + 1)
        wanted = {key for row in rows for key in row["persons"]}
        persons = await persons_by_uuid(connection, request, wanted)
    request.trace.registries.update(_registries(request))
    return Page.cut(
        [(_candidate(row, persons), (row["opened_at"], row["id"])) for row in rows],
        size,
        _CANDIDATES,
        request.business_day,
        after=after,
    )


def _candidate(row: RowMapping, persons: Mapping[UUID, IdentityPerson]) -> IdentityCandidate | None:
    held = _all_of(persons, row["persons"])
    if held is None:
        return None
    return IdentityCandidate(
        encode_id(NodeKind.IDENTITY_CANDIDATE, str(row["id"])),
        row["reason"],
        row["masked"],
        row["opened_at"],
        held,
    )


async def changes(
    hub: Hub, request: Request, states: Sequence[str], first: int | None, after: str | None
) -> Page[IdentityChange]:
    """Changes that people proposed, newest first.

    Raises:
        Refused: a central agency of some counties only.
        InvalidInput: a cursor or size that is none.
    """
    may_decide(request)
    size = page_size(first)
    last = read_cursor(after, _CHANGES, (datetime, UUID))
    async with hub.reader.connect() as connection:
        rows = await read_identities.changes_page(connection, states, last, size + 1)
        made = await _changes(connection, request, rows)
    request.trace.registries.update(_registries(request))
    return Page.cut(
        [(made.get(row["id"]), (row["proposed_at"], row["id"])) for row in rows],
        size,
        _CHANGES,
        request.business_day,
        after=after,
    )


async def change_by_key(hub: Hub, request: Request, key: UUID) -> IdentityChange | None:
    """One change, where all of it may be told."""
    async with hub.reader.connect() as connection:
        rows = await read_identities.changes_page(connection, (), None, 1, [key])
        return (await _changes(connection, request, rows)).get(key)


async def _changes(
    connection: AsyncConnection, request: Request, rows: Sequence[RowMapping]
) -> dict[UUID, IdentityChange]:
    wanted = {key for row in rows for key in row["persons"]}
    persons = await persons_by_uuid(connection, request, wanted)
    found = {}
    for row in rows:
        held = _all_of(persons, row["persons"])
        if held is None:
            continue
        found[row["id"]] = IdentityChange(
            encode_id(NodeKind.IDENTITY_CHANGE, str(row["id"])),
            row["kind"],
            row["state"],
            row["reason"],
            row["note"],
            held,
            [(entity, source_id) for entity, source_id in row["records"]],
            row["proposed_by"],
            row["proposed_at"],
            row["decided_by"],
            row["decided_at"],
            row["reverted_by"],
            row["reverted_at"],
        )
    return found

"""Decisions of people about identities: proposed by one, decided by another, reversible.

A merge says that the records of two persons are one human being; a split that some records of a
person are another one, whatever their numbers say. Approved, a change pins the records; the links
follow (``identity``), and taking it back removes the pins. Nothing of the agencies' rows changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import RowMapping, delete, func, insert, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import Conflict, InvalidInput, NotFound, Refused
from .derived import derive
from .identity import IDENTITY_LOCK, relink
from .tables_people import identity_change, identity_pin, identity_review, person, person_record

__all__ = [
    "Proposer",
    "decide_change",
    "dismiss_review",
    "open_reviews",
    "propose_merge",
    "propose_split",
    "read_change",
    "revert_change",
]

Record = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who proposes or decides."""

    issuer: str
    client_id: str
    subject: str


async def propose_merge(
    connection: AsyncConnection,
    first: UUID,
    second: UUID,
    reason: str,
    by: Proposer,
    now: datetime,
) -> UUID:
    """Propose that two persons are one; the id of the change.

    Raises:
        NotFound: one of them does not exist.
        InvalidInput: ``SAME_PERSON``.
    """
    persons = [await _current(connection, one) for one in (first, second)]
    if persons[0] == persons[1]:
        raise InvalidInput(
            "the two ids are one person already", "兩者已為同一人員", code="SAME_PERSON"
        )
    records = await _records_of(connection, persons)
    return await _propose(connection, "merge", persons, records, reason, by, now)


async def propose_split(
    connection: AsyncConnection,
    whole: UUID,
    records: Sequence[Record],
    reason: str,
    by: Proposer,
    now: datetime,
) -> UUID:
    """Propose that some records of a person are somebody else; the id of the change.

    Raises:
        NotFound: no such person.
        InvalidInput: ``RECORDS_NOT_HELD``, or ``NOTHING_LEFT`` when all of them would go.
    """
    whole = await _current(connection, whole)
    held = set(await _records_of(connection, [whole]))
    wanted = sorted(set(records))
    if not wanted or not held.issuperset(wanted):
        raise InvalidInput(
            "records: expected records of this person",
            "records:應為此人員之紀錄",
            code="RECORDS_NOT_HELD",
        )
    if len(wanted) == len(held):
        raise InvalidInput(
            "records: expected at least one record to stay with the person",
            "records:至少須留下一筆紀錄",
            code="NOTHING_LEFT",
        )
    return await _propose(connection, "split", [whole], wanted, reason, by, now)


async def decide_change(
    connection: AsyncConnection,
    change: UUID,
    *,
    approve: bool,
    by: Proposer,
    note: str | None,
    now: datetime,
) -> RowMapping:
    """Approve or reject a proposed change, in the caller's transaction.

    Raises:
        NotFound: no such change.
        Conflict: ``ALREADY_DECIDED``; to approve also ``PROPOSAL_OUTDATED`` (the records are not
            where they were when it was proposed) and ``CHANGE_WITHOUT_EFFECT`` (an agency's own
            merge or an earlier decision holds the records together).
        Refused: ``SAME_PERSON_DECIDES``: maker and checker differ.
    """
    row = await read_change(connection, change, lock=True)
    if row["state"] != "proposed":
        raise Conflict(
            f"the change is {row['state']} already", "此異動已有決定", code="ALREADY_DECIDED"
        )
    _differs(row, by)
    await connection.execute(
        update(identity_change)
        .where(identity_change.c.id == change)
        .values(
            state="approved" if approve else "rejected",
            decided_by=by.subject,
            decided_at=now,
            note=note,
        )
    )
    if approve:
        records = _pairs(row)
        # Syncs link people too: from here to the commit nobody else does.
        await connection.execute(
            text("select pg_advisory_xact_lock(:lock)"), {"lock": IDENTITY_LOCK}
        )
        rest = await _still_so(connection, row, records)
        group = uuid4()
        await connection.execute(
            insert(identity_pin),
            [
                {
                    "change_id": change,
                    "entity": entity,
                    "source_id": source_id,
                    "group_id": group,
                    "alone": row["kind"] == "split",
                }
                for entity, source_id in records
            ],
        )
        await _relink(connection, records, now)
        await _has_effect(connection, row["kind"], records, rest)
    return await read_change(connection, change)


def _differs(row: RowMapping, by: Proposer) -> None:
    if (row["issuer"], row["proposed_by"]) == (by.issuer, by.subject):
        raise Refused(
            "who proposed a change does not decide it", "提出者不得決定", code="SAME_PERSON_DECIDES"
        )


async def _still_so(
    connection: AsyncConnection, row: RowMapping, records: Sequence[Record]
) -> list[Record]:
    """The other records of these persons, if the proposal still speaks of what is there."""
    outdated = Conflict(
        "the records have moved since the change was proposed: reject it and propose anew",
        "提出後紀錄已有變動,請退回並重新提出",
        code="PROPOSAL_OUTDATED",
    )
    persons = list(dict.fromkeys([await _current(connection, one) for one in row["persons"]]))
    if len(persons) != len(row["persons"]):
        raise outdated
    held = await _records_of(connection, persons)
    rest = [record for record in held if record not in set(records)]
    if not set(held).issuperset(records) or (row["kind"] == "split" and not rest):
        raise outdated
    return rest


async def _has_effect(
    connection: AsyncConnection, kind: str, records: Sequence[Record], rest: Sequence[Record]
) -> None:
    moved = await _persons_of(connection, records)
    stayed = await _persons_of(connection, rest) if kind == "split" else set()
    if len(moved) > 1 or moved & stayed:
        raise Conflict(
            "an agency's own merge, or an earlier decision, holds these records together: take that "
            "decision back first",
            "機關之整併或先前之決定仍使紀錄相連,請先撤回該決定",
            code="CHANGE_WITHOUT_EFFECT",
        )


async def revert_change(
    connection: AsyncConnection, change: UUID, by: Proposer, now: datetime
) -> RowMapping:
    """Take an approved change back; merged persons return under their old ids.

    Raises:
        NotFound: no such change.
        Conflict: ``NOT_APPROVED``.
        Refused: ``SAME_PERSON_DECIDES``: not by who proposed it.
    """
    row = await read_change(connection, change, lock=True)
    if row["state"] != "approved":
        raise Conflict(
            f"the change is {row['state']}, not approved", "此異動未經核准", code="NOT_APPROVED"
        )
    _differs(row, by)
    await connection.execute(delete(identity_pin).where(identity_pin.c.change_id == change))
    await connection.execute(
        update(identity_change)
        .where(identity_change.c.id == change)
        .values(state="reverted", reverted_by=by.subject, reverted_at=now)
    )
    await _relink(connection, _pairs(row), now)
    return await read_change(connection, change)


async def dismiss_review(
    connection: AsyncConnection, review: UUID, by: Proposer, now: datetime, note: str | None = None
) -> None:
    """Somebody has looked: these are different people, or nothing can be done about the number.

    Raises:
        NotFound: no such open review.
    """
    done = await connection.execute(
        update(identity_review)
        .where(identity_review.c.id == review, identity_review.c.state == "open")
        .values(state="dismissed", closed_at=now, decided_by=by.subject, note=note)
    )
    if not done.rowcount:
        raise NotFound("no such open review", "無此待判定項目")


async def open_reviews(
    connection: AsyncConnection, *, limit: int = 100, after: UUID | None = None
) -> Sequence[RowMapping]:
    """What waits for a person to decide, by id."""
    query = (
        select(identity_review)
        .where(identity_review.c.state == "open")
        .order_by(identity_review.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(identity_review.c.id > after)
    return (await connection.execute(query)).mappings().all()


async def read_change(
    connection: AsyncConnection, change: UUID, *, lock: bool = False
) -> RowMapping:
    """A change.

    Raises:
        NotFound: no such change.
    """
    query = select(identity_change).where(identity_change.c.id == change)
    found = await connection.execute(query.with_for_update() if lock else query)
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("no such change of identities", "無此身分異動")
    return row


async def _current(connection: AsyncConnection, one: UUID) -> UUID:
    found: UUID | None = await connection.scalar(
        select(func.coalesce(person.c.merged_into, person.c.id)).where(person.c.id == one)
    )
    if found is None:
        raise NotFound("no such person", "無此人員")
    return found


async def _records_of(connection: AsyncConnection, persons: Sequence[UUID]) -> list[Record]:
    rows = await connection.execute(
        select(person_record.c.entity, person_record.c.source_id)
        .where(or_(*(person_record.c.person_id == one for one in persons)))
        .order_by(person_record.c.entity, person_record.c.source_id)
    )
    return [(row.entity, row.source_id) for row in rows]


async def _persons_of(connection: AsyncConnection, records: Sequence[Record]) -> set[UUID]:
    rows = await connection.execute(
        select(person_record.c.person_id).where(
            tuple_(person_record.c.entity, person_record.c.source_id).in_(records)
        )
    )
    return set(rows.scalars())


async def _propose(
    connection: AsyncConnection,
    kind: str,
    persons: Sequence[UUID],
    records: Sequence[Record],
    reason: str,
    by: Proposer,
    now: datetime,
) -> UUID:
    change = uuid4()
    await connection.execute(
        insert(identity_change).values(
            id=change,
            kind=kind,
            state="proposed",
            persons=list(persons),
            records=[list(record) for record in records],
            reason=reason,
            issuer=by.issuer,
            client_id=by.client_id,
            proposed_by=by.subject,
            proposed_at=now,
        )
    )
    return change


def _pairs(row: RowMapping) -> list[Record]:
    return [(entity, source_id) for entity, source_id in row["records"]]


async def _relink(connection: AsyncConnection, records: Sequence[Record], now: datetime) -> None:
    # SQLAlchemy begins its transaction with its first statement; the driver's then join it.
    await connection.execute(text("select 1"))
    driver: asyncpg.Connection[Any] | None = (
        await connection.get_raw_connection()
    ).driver_connection
    assert driver is not None
    await relink(driver, records, now)
    await derive(driver, now)

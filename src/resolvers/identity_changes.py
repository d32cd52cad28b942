"""``mergeIdentities``, ``splitIdentity``, ``decideIdentityChange``, ``dismissIdentityCandidate``.

Proposed by one, decided by another, reversible. Nothing of the agencies' rows changes: an approval
pins records to persons against what their numbers say, and syncs keep to it.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.purposes import without_numbers
from ..domain.errors import CertHubError, Conflict, InvalidInput, NotFound, Refused
from ..domain.submission import UserError
from ..store import read_identities
from ..store.identity_change import (
    Proposer,
    decide_change,
    dismiss_review,
    propose_merge,
    propose_split,
    revert_change,
)
from .context import Hub, Request
from .evaluations import evaluate_people, registry_question
from .identities import may_decide, person_key, persons_by_uuid
from .ids import NodeKind, decode_id
from .once import Done, once

__all__ = [
    "OUTCOMES",
    "decide_identity_change",
    "dismiss_identity_candidate",
    "merge_identities",
    "split_identity",
]

OUTCOMES = ("approved", "rejected", "reverted")
_LONGEST = 500
_MAX_RECORDS = 200
_FIELDS = {
    "SAME_PERSON": "persons",
    "RECORDS_NOT_HELD": "records",
    "NOTHING_LEFT": "records",
}


def _by(request: Request) -> Proposer:
    viewer = request.viewer
    return Proposer(viewer.issuer, viewer.client_id, viewer.subject)


def _text(text: str | None, path: str) -> str:
    """A reason as it is kept: without anything in the shape of a person's number."""
    if text is None or not 0 < len(text.strip()) <= _LONGEST:
        raise InvalidInput(
            f"{path}: expected 1 to {_LONGEST} characters",
            f"{path}:應為 1 至 {_LONGEST} 字",
            details={"path": path, "expected": f"1 to {_LONGEST} characters"},
        )
    return without_numbers(text)


Effect = Callable[[AsyncConnection], Awaitable[tuple[UUID, str]]]


async def _attempt(
    connection: AsyncConnection, field: str, effect: Effect, what: str, request: Request
) -> Done:
    """Do it in a savepoint: what is refused leaves nothing but its reason."""
    try:
        async with connection.begin_nested():
            key, state = await effect(connection)
    except (Conflict, InvalidInput, NotFound, Refused) as error:
        return Done(errors=(_told(error, field),))
    request.trace.count("identity_changes", 1)
    return Done(str(key), attested={"change": str(key), "kind": what, "state": state})


def _told(error: CertHubError, field: str) -> UserError:
    return UserError(error.code, (_FIELDS.get(error.code, field),), zh=error.zh, en=error.en)


async def _visible(
    connection: AsyncConnection, request: Request, persons: Collection[UUID]
) -> None:
    """A person with a record that the token may not know looks like nobody.

    Raises:
        NotFound: so does one of ``persons``.
    """
    found = await persons_by_uuid(connection, request, persons)
    if set(persons) - set(found):
        raise NotFound("no such person", "無此人員")


async def merge_identities(
    hub: Hub, request: Request, key: str, persons: Sequence[str], reason: str
) -> Done:
    """Propose that two persons are one.

    Raises:
        InvalidInput: the key, the ids or the reason.
        Refused: a central agency of some counties only.
        Conflict: the key was used with other content.
    """
    may_decide(request)
    reason = _text(reason, "reason")
    if len(persons) != 2:
        raise InvalidInput(
            "persons: expected two ids", "persons:應為兩個識別碼",
            details={"path": "persons", "expected": "two ids"},
        )  # fmt: skip
    first, second = (person_key(one, f"persons.{i}") for i, one in enumerate(persons))

    async def effect(connection: AsyncConnection) -> tuple[UUID, str]:
        await _visible(connection, request, {first, second})
        by = _by(request)
        change = await propose_merge(connection, first, second, reason, by, request.instant)
        return change, "proposed"

    async def act(connection: AsyncConnection) -> Done:
        return await _attempt(connection, "persons", effect, "merge", request)

    content = {"persons": [str(first), str(second)], "reason": reason}
    return await once(hub, request, "mergeIdentities", key, content, act)


async def split_identity(
    hub: Hub,
    request: Request,
    key: str,
    person: str,
    records: Sequence[tuple[str, str]],
    reason: str,
) -> Done:
    """Propose that some records of a person are somebody else.

    Args:
        hub: Engine, keys.
        request: Who proposes.
        key: Idempotency key.
        person: Id of the person.
        records: (entity, key) that go, as ``identityPersons`` lists them.
        reason: Why.

    Raises:
        InvalidInput: the key, the id, the records or the reason.
        Refused: a central agency of some counties only.
        Conflict: the key was used with other content.
    """
    may_decide(request)
    reason = _text(reason, "reason")
    if not 0 < len(records) <= _MAX_RECORDS:
        raise InvalidInput(
            f"records: expected 1 to {_MAX_RECORDS}", f"records:應為 1 至 {_MAX_RECORDS} 筆",
            details={"path": "records", "expected": f"1 to {_MAX_RECORDS}"},
        )  # fmt: skip
    whole = person_key(person, "person")

    async def effect(connection: AsyncConnection) -> tuple[UUID, str]:
        await _visible(connection, request, {whole})
        by = _by(request)
        change = await propose_split(connection, whole, records, reason, by, request.instant)
        return change, "proposed"

    async def act(connection: AsyncConnection) -> Done:
        return await _attempt(connection, "person", effect, "split", request)

    content = {"person": str(whole), "records": [list(r) for r in records], "reason": reason}
    return await once(hub, request, "splitIdentity", key, content, act)


def _key_of(given: str, kind: NodeKind) -> UUID | None:
    try:
        found, key = decode_id(given)
        return UUID(key) if found is kind else None
    except (InvalidInput, ValueError):
        return None


async def decide_identity_change(
    hub: Hub, request: Request, key: str, change: str, outcome: str, note: str | None
) -> Done:
    """Approve or reject a proposed change, or take an approved one back.

    Raises:
        InvalidInput: the key, the outcome or the note.
        Refused: a central agency of some counties only.
        Conflict: the key was used with other content.
    """
    may_decide(request)
    if outcome not in OUTCOMES:
        raise InvalidInput(
            f"outcome: expected one of {', '.join(OUTCOMES)}",
            f"outcome:應為 {'、'.join(OUTCOMES)} 之一",
            details={"path": "outcome", "expected": " ".join(OUTCOMES)},
        )
    if note is not None:
        note = _text(note, "note")
    identity = _key_of(change, NodeKind.IDENTITY_CHANGE)

    async def effect(connection: AsyncConnection) -> tuple[UUID, str]:
        if identity is None:
            raise NotFound("no such change of identities", "無此身分異動")
        before = await read_identities.changes_page(connection, (), None, 1, [identity])
        persons = {one for row in before for one in row["persons"]}
        await _visible(connection, request, persons)
        records = await read_identities.records_of(connection, persons)
        by = _by(request)
        if outcome == "reverted":
            row = await revert_change(connection, identity, by, request.instant)
        else:
            row = await decide_change(
                connection, identity, approve=outcome == "approved", by=by, note=note,
                now=request.instant,
            )  # fmt: skip
        if outcome != "rejected":
            await _evaluate(hub, request, connection, persons, records)
        return identity, row["state"]

    async def act(connection: AsyncConnection) -> Done:
        return await _attempt(connection, "change", effect, "decision", request)

    content = {"change": change, "outcome": outcome, "note": note}
    return await once(hub, request, "decideIdentityChange", key, content, act)


async def _evaluate(
    hub: Hub,
    request: Request,
    connection: AsyncConnection,
    persons: Collection[UUID],
    records: Collection[tuple[str, str]],
) -> None:
    """The certificates of everybody concerned, in the same transaction.

    A split may leave the person's id with either part: all records that were the persons' tell whom.
    """
    concerned = {*persons, *await read_identities.holders(connection, records)}
    living = {item["id"] for item in await read_identities.current_persons(connection, concerned)}
    question = registry_question(hub, request.business_day)
    await evaluate_people(connection, question, sorted(living), request.instant)
    request.trace.subjects.update(str(one) for one in living)


async def dismiss_identity_candidate(
    hub: Hub, request: Request, key: str, candidate: str, reason: str
) -> Done:
    """Somebody has looked: these are different people, or nothing can be done about the number.

    Raises:
        InvalidInput: the key or the reason.
        Refused: a central agency of some counties only.
        Conflict: the key was used with other content.
    """
    may_decide(request)
    reason = _text(reason, "reason")
    identity = _key_of(candidate, NodeKind.IDENTITY_CANDIDATE)

    async def effect(connection: AsyncConnection) -> tuple[UUID, str]:
        missing = NotFound("no such open review", "無此待判定項目")
        if identity is None:
            raise missing
        rows = await read_identities.reviews_page(connection, (), None, 1, [identity])
        if not rows:
            raise missing
        await _visible(connection, request, set(rows[0]["persons"]))
        await dismiss_review(connection, identity, _by(request), request.instant, reason)
        return identity, "dismissed"

    async def act(connection: AsyncConnection) -> Done:
        return await _attempt(connection, "candidate", effect, "dismissal", request)

    content = {"candidate": candidate, "reason": reason}
    return await once(hub, request, "dismissIdentityCandidate", key, content, act)

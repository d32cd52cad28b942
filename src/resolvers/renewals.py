"""Decisions that hang on certificates and persons: renewal, eligibility, for a whole page at once."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from ..auth.rows import RowKind
from ..domain.bundles import PersonRows, Row
from ..domain.errors import Refused
from ..store import read_people
from ..store.people import load_people
from .answers import Answer
from .batch import Batch
from .decisions import certificate_renewal, person_eligibility, role_of
from .ids import split_key
from .objects import Certificate, Person
from .questions import declared_facts, declared_key, question
from .reach import rows_of

__all__ = [
    "eligibility",
    "elsewhere",
    "load_eligibility",
    "load_renewals",
    "refusing",
    "renewal",
    "row_of",
]

Declaration = Mapping[str, object] | None


def renewal(
    certificate: Certificate, as_of: date | None, application_date: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """Whether a certificate can be renewed; in OSH, whether the in-service duty is met.

    Args:
        certificate: One of a page; its siblings are decided with it.
        as_of: None: the business day.
        application_date: Day of the (planned) application; None: the day asked about.
        declared: Facts that no registry holds.

    Raises:
        InvalidInput: a declaration that is not one, or of what a registry decides.
    """
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer | None]:
        return await load_renewals(batch, as_of, application_date, said)

    key = ("renewal", as_of, application_date, declared_key(said))
    return certificate.batch.ask(key, certificate.key, load, None)


async def load_renewals(
    batch: Batch, as_of: date | None, application_date: date | None, declared: Declaration
) -> Mapping[str, Answer | None]:
    """The renewal decision of every certificate of ``batch``, by its key."""
    hub, request = batch.hub, batch.request
    asked = await question(hub, request, as_of)
    wanted: dict[str, set[UUID]] = {}
    for item in batch.members.values():
        if item.person is not None:
            wanted.setdefault(item.registry, set()).add(UUID(item.person))
    people: dict[tuple[str, str], PersonRows] = {}
    async with hub.reader.connect() as connection:
        for registry, ids in wanted.items():
            held = await load_people(connection, ids, (registry,))
            people.update({(registry, str(uuid)): rows for uuid, rows in held.items()})
    found: dict[str, Answer | None] = {}
    for key, item in batch.members.items():
        person = people.get((item.registry, item.person or ""))
        row = None if person is None else row_of(person, key)
        if person is None or row is None:
            continue
        answer = certificate_renewal(
            asked,
            item.registry,
            row,
            person,
            application_date=application_date,
            declared=declared,
        )
        request.trace.rules.add(answer.rule)
        found[key] = answer
    return found


def row_of(person: PersonRows, key: str) -> Row | None:
    """The stored row of a certificate, by its key."""
    registry, source_id = split_key(key)
    rows: Mapping[str, Any] = {
        "vr": person.vr.qualifications,
        "ltc": person.ltc.certificates,
        "osh": person.osh.certificates,
    }
    return next((row for row in rows[registry] if row["id"] == source_id), None)


def eligibility(
    person: Person, role: str, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """Whether a person may serve in ``role`` on a day.

    Args:
        person: One of a page; its siblings are decided with it.
        role: ``vr.case_manager``, ``ltc.care_worker``, ``osh.nurse`` ...
        as_of: None: the business day.
        declared: Facts that no registry holds.

    Raises:
        InvalidInput: no such role, or a declaration that is not one.
        Refused: the token does not read that registry, or not this person there.
    """
    role_of(role)
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer | Refused]:
        return await load_eligibility(batch, role, as_of, said)

    key = ("eligibility", role, as_of, declared_key(said))
    return refusing(person.batch.ask(key, person.key, load, elsewhere()))


def elsewhere() -> Refused:
    """The refusal of a person whose rows stand where the token may not read."""
    # A row that may not be seen and one that is not there must look alike; a decision without it
    # would be a wrong one.
    return Refused(
        "not registered where this token may read; use verifyEligibility",
        "該員未登錄於此權杖可讀取之範圍;請使用 verifyEligibility",
        details={"use": "verifyEligibility"},
    )


def refusing(
    found: Answer | Refused | Awaitable[Answer | Refused],
) -> Answer | Awaitable[Answer]:
    """What was found, a refusal raised where it is the answer."""
    if isinstance(found, Refused):
        raise found
    if isinstance(found, Answer):
        return found

    async def later() -> Answer:
        answer = await found
        if isinstance(answer, Refused):
            raise answer
        return answer

    return later()


async def load_eligibility(
    batch: Batch, role: str, as_of: date | None, declared: Declaration
) -> Mapping[str, Answer | Refused]:
    """The decision for every person of ``batch`` that may be seen in the role's registry."""
    hub, request = batch.hub, batch.request
    registry, _ = role_of(role)
    rows = rows_of(request, RowKind.PERSON, [registry])
    asked = await question(hub, request, as_of)
    ids = [UUID(key) for key in batch.members]
    async with hub.reader.connect() as connection:
        if rows[registry].everything:
            seen = set(ids)
        else:
            visible = await read_people.visible_in(connection, ids, rows)
            seen = {key for key in ids if registry in visible.get(key, ())}
        people = await load_people(connection, seen, (registry,))
    found: dict[str, Answer | Refused] = {}
    for key, held in people.items():
        answer = person_eligibility(asked, role, held, declared=declared).decision
        request.trace.rules.add(answer.rule)
        found[str(key)] = answer
    request.trace.registries.add(registry)
    return found

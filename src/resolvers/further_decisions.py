"""Any other entry point on what is stored: of a certificate, an activity, a person (mapping.md 3).

Renewal, eligibility and sharing have fields of their own. The rest is asked here by the code of its
rule; what stands on paper only is declared.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from uuid import UUID

from ..auth.rows import RowKind
from ..domain.bundles import PersonRows, Row
from ..domain.errors import Refused, UnknownRule
from ..domain.records import REGISTRIES
from ..store import read_people
from ..store.people import load_people
from .answers import Answer
from .batch import Batch
from .decisions import Question, role_of
from .facts import ltc, sharing, vr, vr_person
from .facts.built import Built
from .ids import split_key
from .objects import Activity, Certificate, Person
from .questions import declared_facts, declared_key, question
from .reach import all_of, rows_of
from .renewals import elsewhere, refusing, row_of

__all__ = [
    "OF_ACTIVITIES",
    "OF_CERTIFICATES",
    "OF_PERSONS",
    "activity_decision",
    "certificate_decision",
    "person_decision",
]

Declaration = Mapping[str, object] | None
_Certificate = Callable[[Question, Row, PersonRows, Declaration], Built]
_Person = Callable[[Question, str, PersonRows, Declaration], Built]


def _extension(asked: Question, row: Row, person: PersonRows, said: Declaration) -> Built:
    rows = [item for item in person.vr.extensions if item["qualification_id"] == row["id"]]
    return vr.extension(rows, row, person.vr, asked.as_of, declared=said)


OF_CERTIFICATES: Mapping[str, _Certificate] = {
    "ltc.validity": lambda asked, row, _, said: ltc.validity(row, asked.ruleset, said),
    "ltc.reentry": lambda asked, row, person, said: ltc.reentry(
        row, person.ltc, asked.as_of, asked.ruleset, said
    ),
    "ltc.id_merge": lambda asked, row, person, said: ltc.id_merge(
        row, person.ltc, asked.as_of, said
    ),
    "ltc.evidence": lambda _, row, person, said: ltc.evidence(row, person.ltc, said),
    "ltc.recognition": lambda _, row, person, said: sharing.recognition(row, person, said),
    "vr.extension": _extension,
    "vr.lapse_return": lambda asked, row, person, said: vr.lapse_return(
        row, person.vr, asked.as_of, said
    ),
}
"""Entry points that ask about one certificate."""

OF_PERSONS: Mapping[str, _Person] = {
    "ltc.sharing": lambda asked, _, person, said: ltc.sharing(person.ltc, asked.as_of, said),
    "vr.qualification": lambda asked, role, person, said: vr_person.qualification(
        person.vr, role, asked.as_of, said
    ),
    "vr.post_hire_training": lambda asked, role, person, said: vr_person.post_hire_training(
        person.vr, role, asked.as_of, said
    ),
    "vr.case_manager_training": lambda asked, _, person, said: vr_person.case_manager_training(
        person.vr, asked.as_of, said
    ),
}
"""Entry points that ask about a person; some for a role."""

_Activity = Callable[[Question, Row, Declaration], Built]

OF_ACTIVITIES: Mapping[str, _Activity] = {
    "ltc.points": lambda _, row, said: ltc.points(row, said),
    "vr.ce_credit": lambda asked, row, _: vr.ce_credit(
        row, asked.as_of, asked.ruleset, params=asked.params.get("vr")
    ),
    "vr.individual_claim": lambda _, row, said: vr.individual_claim(row, said),
}
"""Entry points that ask about one learning activity."""

_OF_ALL_REGISTRIES = frozenset({"ltc.recognition"})
_BY_ROLE = frozenset({"vr.qualification", "vr.post_hire_training"})


def _known(rule: str, rules: Mapping[str, object], registry: str | None = None) -> None:
    here = [code for code in rules if registry is None or code.partition(".")[0] == registry]
    if rule not in here:
        raise UnknownRule(
            f"rule {rule!r}: expected one of {', '.join(here) or 'none for this registry'}",
            f"判定項目 {rule!r}:應為 {'、'.join(here) or '(此系統無)'} 之一",
            details={"rule": rule, "expected": here},
        )


def certificate_decision(
    certificate: Certificate, rule: str, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """What ``rule`` says of a certificate.

    Args:
        certificate: One of a page; its siblings are decided with it.
        rule: One of ``OF_CERTIFICATES`` of its registry.
        as_of: None: the business day.
        declared: Facts that no registry holds.

    Raises:
        UnknownRule: no rule about a certificate of that registry.
        InvalidInput: a declaration that is not one, or of what a registry decides.
        Refused: a question across registries without all of them.
    """
    _known(rule, OF_CERTIFICATES, certificate.registry)
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer]:
        return await _of_certificates(batch, rule, as_of, said)

    key = ("decision", rule, as_of, declared_key(said))
    return certificate.batch.ask(key, certificate.key, load, None)


async def _of_certificates(
    batch: Batch, rule: str, as_of: date | None, said: Declaration
) -> Mapping[str, Answer]:
    hub, request = batch.hub, batch.request
    registry = rule.partition(".")[0]
    needed = REGISTRIES if rule in _OF_ALL_REGISTRIES else (registry,)
    all_of(request, needed, f"decision({rule})")
    asked = await question(hub, request, as_of)
    members = {
        key: item
        for key, item in batch.members.items()
        if item.registry == registry and item.person is not None
    }
    async with hub.reader.connect() as connection:
        people = await load_people(
            connection,
            {UUID(item.person) for item in members.values()},
            needed,
            sharing=needed is REGISTRIES,
        )
    request.trace.rules.add(rule)
    request.trace.registries.update(needed)
    found: dict[str, Answer] = {}
    for key, item in members.items():
        person = people.get(UUID(item.person))
        row = None if person is None else row_of(person, key)
        if person is not None and row is not None:
            found[key] = asked.ask(OF_CERTIFICATES[rule](asked, row, person, said))
    return found


def activity_decision(
    activity: Activity, rule: str, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """What ``rule`` says of a learning activity.

    Args:
        activity: One of a page; its siblings are decided with it.
        rule: One of ``OF_ACTIVITIES`` of its registry.
        as_of: None: the business day.
        declared: Facts that no registry holds.

    Raises:
        UnknownRule: no rule about an activity of that registry.
        InvalidInput: a declaration that is not one, or of what a registry decides.
    """
    _known(rule, OF_ACTIVITIES, activity.registry)
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer]:
        return await _of_activities(batch, rule, as_of, said)

    key = ("decision", rule, as_of, declared_key(said))
    return activity.batch.ask(key, activity.key, load, None)


async def _of_activities(
    batch: Batch, rule: str, as_of: date | None, said: Declaration
) -> Mapping[str, Answer]:
    hub, request = batch.hub, batch.request
    registry = rule.partition(".")[0]
    asked = await question(hub, request, as_of)
    members = {key: item for key, item in batch.members.items() if item.registry == registry}
    async with hub.reader.connect() as connection:
        people = await load_people(
            connection, {UUID(item.person) for item in members.values()}, (registry,)
        )
    request.trace.rules.add(rule)
    rows = {
        row["id"]: row
        for person in people.values()
        for row in (person.ltc.credits if registry == "ltc" else person.vr.records)
    }
    return {
        key: asked.ask(OF_ACTIVITIES[rule](asked, rows[source_id], said))
        for key in members
        if (source_id := split_key(key)[1]) in rows
    }


def person_decision(
    person: Person, rule: str, role: str | None, as_of: date | None, declared: object
) -> Answer | Awaitable[Answer | None] | None:
    """What ``rule`` says of a person.

    Args:
        person: One of a page; its siblings are decided with it.
        rule: One of ``OF_PERSONS``.
        role: ``vr.case_manager`` ...; needed where the rule is about a role.
        as_of: None: the business day.
        declared: Facts that no registry holds.

    Raises:
        UnknownRule: no rule about a person.
        InvalidInput: no such role, a declaration that is not one or of what a registry decides.
        Refused: the token does not read that registry, or not this person there.
    """
    _known(rule, OF_PERSONS)
    kind = role_of(role or "")[1] if rule in _BY_ROLE else ""
    said = declared_facts(declared)

    async def load(batch: Batch) -> Mapping[str, Answer | Refused]:
        return await _of_persons(batch, rule, kind, as_of, said)

    key = ("decision", rule, kind, as_of, declared_key(said))
    return refusing(person.batch.ask(key, person.key, load, elsewhere()))


async def _of_persons(
    batch: Batch, rule: str, role: str, as_of: date | None, said: Declaration
) -> Mapping[str, Answer | Refused]:
    hub, request = batch.hub, batch.request
    registry = rule.partition(".")[0]
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
    request.trace.rules.add(rule)
    request.trace.registries.add(registry)
    return {
        str(key): asked.ask(OF_PERSONS[rule](asked, role, held, said))
        for key, held in people.items()
    }

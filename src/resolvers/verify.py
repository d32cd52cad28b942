"""Verifying eligibility: one role, one day, up to ten thousand people, in the order sent.

Staff that the reader may see get the whole decision. Anybody else in the role's registry gets a
minimal one, by exact number, from the client's daily budget; a number that leads nowhere costs as
much, so that guessing is as dear as knowing. Where the registry cannot be relied on, nobody else is
told anything. Every batch leaves a signed receipt.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.purposes import check_purpose, read_purpose, without_numbers
from ..auth.rows import RowKind, row_filter
from ..domain.bundles import PersonRows
from ..domain.decision import plain
from ..domain.errors import CertHubError, InvalidInput, Refused
from ..domain.submission import UserError
from ..domain.text import compare_form
from ..domain.tw_id import IdentifierKind, check_person_number, normalise_number
from ..store import read_people
from ..store.audit import append
from ..store.budget import spend
from ..store.crypto import blind_indexes, looks_like_passport
from ..store.people import load_people
from ..store.receipts import issue_receipt
from ..store.signing import canonical_json
from .answers import Answer
from .auditing import audit_entry
from .context import Hub, Request
from .decisions import Question, person_eligibility, role_of
from .questions import declared_facts, question
from .reach import allowed_registries

__all__ = [
    "MAX_STAFF",
    "EligibilityItem",
    "EligibilityReport",
    "StaffMember",
    "check_number",
    "verify",
]

MAX_STAFF = 10_000
_CHUNK = 500
_INLINE_ITEMS = 200
_MAX_REF = 100


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person to be checked.

    Attributes:
        ref: The caller's own mark, given back.
        kind: None: by the number's shape.
        nationality: With a passport.
        name: Compared only.
        birth_date: Compared only; with a passport it is needed to find anybody.
        declared: Facts that no registry holds.
        fault: Column of a file that could not be read.
    """

    ref: str
    number: str
    kind: IdentifierKind | None = None
    nationality: str | None = None
    name: str | None = None
    birth_date: date | None = None
    declared: object = None
    row: int | None = None
    fault: str | None = None


@dataclass(slots=True)
class EligibilityItem:
    """What came of one person.

    Attributes:
        name_matches: Whether the name sent is the one on record; None when none was sent.
        birth_date_matches: The same of the birth date.
    """

    ref: str
    decision: Answer | None = None
    renewal: Answer | None = None
    error: UserError | None = None
    name_matches: bool | None = None
    birth_date_matches: bool | None = None


@dataclass(frozen=True, slots=True)
class EligibilityReport:
    """The answer, in the order sent; ``receipt`` holds ``content`` and ``jws``."""

    role: str
    as_of: date
    items: Sequence[EligibilityItem]
    receipt: Mapping[str, object]


@dataclass(slots=True)
class _Asked:
    """A person whose number is well formed."""

    item: EligibilityItem
    member: StaffMember
    row: int
    number: str
    kind: IdentifierKind
    person: RowMapping | None = None
    full: bool = False
    declared: Mapping[str, object] | None = None


@dataclass(slots=True)
class _Batch:
    items: list[EligibilityItem] = field(default_factory=list)
    asked: list[_Asked] = field(default_factory=list)


def check_number(
    number: str, kind: IdentifierKind | None, on: date
) -> tuple[str, IdentifierKind | None]:
    """The normalised number and its kind; None: no table accepts it.

    Args:
        number: In any writing.
        kind: As the caller says; it must fit the shape.
        on: Day asked about; old resident numbers end in 2031.
    """
    text = normalise_number(number)
    if kind is IdentifierKind.PASSPORT:
        return text, kind if looks_like_passport(text) else None
    shape, verdict = check_person_number(text, on)
    if verdict != "valid" or (kind is not None and kind is not shape):
        return text, None
    return text, shape


def _sort(staff: Iterable[StaffMember], on: date) -> _Batch:
    batch = _Batch()
    for position, member in enumerate(staff, start=1):
        item = EligibilityItem(member.ref[:_MAX_REF])
        batch.items.append(item)
        place = member.row or position
        if member.fault is not None:
            item.error = UserError("identifier_invalid", (member.fault,), row=place)
            continue
        number, kind = check_number(member.number, member.kind, on)
        if kind is None:
            item.error = UserError("identifier_invalid", ("identifier", "value"), row=place)
        elif kind is IdentifierKind.PASSPORT and not (member.nationality and member.birth_date):
            missing = "nationality" if not member.nationality else "birthDate"
            item.error = UserError(
                "identifier_invalid", ("identifier", missing), row=place, expected=missing
            )
        else:
            try:
                said = declared_facts(member.declared)
            except CertHubError as error:
                item.error = _declaration_error(error, place)
                continue
            batch.asked.append(_Asked(item, member, place, number, kind, declared=said))
    return batch


def _declaration_error(error: CertHubError, row: int) -> UserError:
    """What is wrong with a declaration; its keys are the caller's words and may hold a number."""
    path = without_numbers(str(error.details.get("path") or ""))
    return UserError(
        error.code,
        ("declared", *(path.split(".") if path else ())),
        row=row,
        expected=str(error.details.get("expected") or "") or None,
        zh=without_numbers(error.zh),
        en=without_numbers(error.en),
    )


def _purpose(request: Request, purpose: str | None, case_reference: str | None) -> None:
    """Purpose and case of the input count before those of the headers; both are required.

    Raises:
        Refused: missing, or not in the token's list.
        InvalidInput: not of the shape of a purpose.
    """
    code, reference = read_purpose(purpose, case_reference)
    viewer = request.viewer
    request.viewer = viewer.for_purpose(code or viewer.purpose, reference or viewer.case_reference)
    check_purpose(request.viewer)


async def verify(
    hub: Hub,
    request: Request,
    role: str,
    staff: Sequence[StaffMember],
    *,
    as_of: date | None = None,
    purpose: str | None = None,
    case_reference: str | None = None,
) -> EligibilityReport:
    """Check whether each person may serve in ``role``.

    Args:
        hub: The hub.
        request: Who asks; its viewer takes the purpose over.
        role: ``vr.case_manager``, ``ltc.care_worker``, ``osh.nurse`` ...
        staff: Up to 10,000, in the order of the answer.
        as_of: None: the business day.
        purpose: Code of the purpose of use.
        case_reference: 案號.

    Raises:
        Refused: scope, purpose or registry is missing.
        InvalidInput: no such role, or too many people.
    """
    _purpose(request, purpose, case_reference)
    registry, _ = role_of(role)
    if (
        "eligibility.verify" not in request.viewer.scopes
        or registry not in request.viewer.registries
    ):
        raise Refused(
            f"the token may not verify in {registry}",
            f"權杖無權查驗 {registry}",
            details={"needed": ["eligibility.verify"], "registries": [registry]},
        )
    if len(staff) > MAX_STAFF:
        raise InvalidInput(
            f"staff: expected at most {MAX_STAFF}, got {len(staff)}",
            f"staff:至多 {MAX_STAFF} 人,收到 {len(staff)} 人",
            code="TOO_MANY_STAFF",
            details={"path": "input.staff", "expected": f"<= {MAX_STAFF}"},
        )
    asked = await question(hub, request, as_of)
    batch = _sort(staff, asked.as_of)
    found = await _find(hub, request, registry, batch.asked)
    if asked.states[registry].freshness.usable:
        await _spend(hub, request, found)
    else:
        _undecided(asked, role, found)
    await _decide(hub, request, asked, role, registry, found)
    request.trace.registries.add(registry)
    request.trace.count("items", len(batch.items))
    request.trace.subjects.update(str(one.person["id"]) for one in found if one.person)
    receipt = await _receipt(hub, request, role, asked, batch.items)
    return EligibilityReport(role, asked.as_of, batch.items, receipt)


async def _find(hub: Hub, request: Request, registry: str, asked: Sequence[_Asked]) -> list[_Asked]:
    """Those still to be answered: with their person, or without one (then they cost budget)."""
    indexes: dict[bytes, list[_Asked]] = {}
    for one in asked:
        for index in blind_indexes(hub.keys, one.number):
            indexes.setdefault(index, []).append(one)
    names = allowed_registries(request, RowKind.PERSON)
    rows = {
        name: row_filter(request.viewer, name, RowKind.PERSON, request.business_day)
        for name in names
    }
    hits: dict[int, set[UUID]] = {}
    async with hub.reader.connect() as connection:
        for hit in await read_people.persons_by_index(connection, list(indexes)):
            for one in indexes[hit["index"]]:
                if _fits(one, hit):
                    hits.setdefault(id(one), set()).add(hit["person_id"])
        ids = {key for keys in hits.values() for key in keys}
        persons = {
            row["asked"]: row for row in await read_people.persons_by_id(connection, ids, None)
        }
        alive = {row["id"] for row in persons.values()}
        recorded = await read_people.recorded_in(connection, alive, registry)
        visible = await read_people.visible_in(connection, alive, rows) if rows else {}
    remaining: list[_Asked] = []
    for one in asked:
        candidates = {
            row["id"]: row for key in hits.get(id(one), ()) if (row := persons.get(key)) is not None
        }
        if len(candidates) > 1:
            one.item.error = UserError("ambiguous_identity", row=one.row)
            one.full = any(visible.get(key) for key in candidates)
            remaining.append(one)
            continue
        for key, row in candidates.items():
            seen = visible.get(key, frozenset())
            if key in recorded:
                one.person, one.full = row, registry in seen
            elif seen and registry in names:
                # Known to the reader through another registry: "no certificate" tells nothing new.
                one.person, one.full = row, True
        remaining.append(one)
    return remaining


def _fits(one: _Asked, hit: RowMapping) -> bool:
    passport = one.kind is IdentifierKind.PASSPORT
    if passport != (hit["kind"] == IdentifierKind.PASSPORT):
        return False
    # Passport numbers are not unique between states, and no registry holds the state.
    return not passport or hit["birth_date"] == one.member.birth_date


async def _spend(hub: Hub, request: Request, asked: list[_Asked]) -> None:
    """Take what is not registered with the reader from the day's budget, in the order sent."""
    costly = [one for one in asked if not one.full]
    if costly and not request.viewer.is_nationwide:
        viewer = request.viewer
        async with hub.engine.begin() as connection:
            granted = await spend(
                connection,
                viewer.issuer,
                viewer.client_id,
                request.business_day,
                wanted=len(costly),
                limit=hub.verify_daily_budget,
            )
        for one in costly[granted:]:
            one.item.error = UserError("budget_exceeded", row=one.row)
            one.person = None
    for one in asked:
        if one.person is None and one.item.error is None:
            one.item.error = UserError("no_record", row=one.row)


def _undecided(frame: Question, role: str, asked: Sequence[_Asked]) -> None:
    """Nothing is decided where the registry cannot be relied on.

    Who isn't registered with the reader and who isn't found at all look alike, and cost nothing.
    """
    answer = person_eligibility(frame, role, PersonRows("")).minimised()
    for one in asked:
        if not one.full:
            one.person = None
            one.item.error = None
            one.item.decision, one.item.renewal = answer.decision, answer.renewal


async def _decide(
    hub: Hub,
    request: Request,
    frame: Question,
    role: str,
    registry: str,
    asked: Sequence[_Asked],
) -> None:
    decided = [one for one in asked if one.person is not None]
    for start in range(0, len(decided), _CHUNK):
        chunk = [(one, one.person) for one in decided[start : start + _CHUNK] if one.person]
        async with hub.reader.connect() as connection:
            people = await load_people(
                connection, {person["id"] for _, person in chunk}, (registry,)
            )
        for one, person in chunk:
            _answer(request, frame, role, one, person, people[person["id"]])
        # Deciding is work of the processor: others get their turn between chunks.
        await asyncio.sleep(0)


def _answer(
    request: Request,
    frame: Question,
    role: str,
    one: _Asked,
    person: RowMapping,
    rows: PersonRows,
) -> None:
    item, member = one.item, one.member
    try:
        found = person_eligibility(frame, role, rows, declared=one.declared)
    except InvalidInput as error:
        item.error = _declaration_error(error, one.row)
        return
    if not one.full:
        found = found.minimised()
    item.decision, item.renewal = found.decision, found.renewal
    request.trace.rules.add(found.decision.rule)
    if member.name is not None:
        item.name_matches = compare_form(member.name) == compare_form(person["name"] or "")
    if member.birth_date is not None:
        item.birth_date_matches = member.birth_date == person["birth_date"]


def _said(item: EligibilityItem) -> dict[str, object]:
    """An item as the receipt signs it; the caller's mark may not hold a number."""
    answer = item.decision
    return {
        "ref": without_numbers(item.ref),
        "verdict": None if answer is None else answer.verdict.value,
        "status": None if answer is None else answer.status,
        "minimal": None if answer is None else answer.minimal,
        "validTo": None if answer is None else plain(answer.valid_to),
        "factsHash": None if answer is None else answer.facts_hash,
        "renewal": None if item.renewal is None else item.renewal.status,
        "error": None if item.error is None else item.error.code,
    }


async def _receipt(
    hub: Hub,
    request: Request,
    role: str,
    frame: Question,
    items: Sequence[EligibilityItem],
) -> Mapping[str, object]:
    """The signed receipt; long lists stand in it by their hash."""
    viewer = request.viewer
    said = [_said(item) for item in items]
    content: dict[str, object] = {
        "role": role,
        "asOf": frame.as_of.isoformat(),
        "purpose": viewer.purpose,
        "caseReference": viewer.case_reference,
        "agencyCode": viewer.agency_code,
        "rulesetVersion": hub.ruleset.version,
        "count": len(said),
        "itemsHash": hashlib.sha256(canonical_json(said)).hexdigest(),
    }
    if len(said) <= _INLINE_ITEMS:
        content["items"] = said
    async with hub.engine.begin() as connection:
        position = await append(connection, audit_entry(hub, request, "verifyEligibility"))
        made = await issue_receipt(
            connection,
            hub.keys,
            "verification",
            content,
            client_id=viewer.client_id,
            audit=position,
            now=request.instant,
        )
    return {"content": dict(made.content), "jws": made.jws}

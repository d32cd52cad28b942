"""``applyRecognition``: credit of one registry put forward for a certificate of another (採認申請).

The rulebook decides what may be applied for: only a record whose outcome is *pending, needs an
application* (sharing.md, S-R8). An office applies for a person registered with it; an organiser for
the trainees of its own courses, by their numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.purposes import without_numbers
from ..auth.viewer import AgencyType
from ..domain.amounts import parse_amount
from ..domain.bundles import PersonRows
from ..domain.errors import InvalidInput, Refused
from ..domain.submission import UserError
from ..domain.tw_id import IdentifierKind
from ..store import read_people
from ..store.crypto import blind_indexes
from ..store.people import holders_of, load_people
from ..store.read_recognitions import organised_by
from ..store.recognitions import Application, add_application, hold_pair
from ..store.submissions import Owner
from .certificates import certificates_by_key
from .context import Hub, Request
from .facts.sharing import OSH_DUTY
from .ids import NodeKind, decode_id, split_key
from .once import Done, once
from .questions import declared_facts
from .recognition_credit import fact_key, sharing_results
from .recognition_pairs import Found, Unfit, check_open, pairs_of
from .registries import usable
from .verify import check_number

__all__ = ["ApplyInput", "Trainee", "apply_recognition"]

OPERATION = "applyRecognition"
_FOREIGN = ("medical_ce", "social_worker_ce")
_MAX_REASON = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}\Z", re.ASCII)
"""A declared record's own number."""
_KEPT = ("date", "title", "attribute", "categories", "mode", "role", "remark_codes")


@dataclass(frozen=True, slots=True)
class Trainee:
    """An organiser's own trainee.

    Attributes:
        course: VR course number, LTC course id or OSH class number.
        role: Registry and type of the certificate (``ltc.care_worker``).
        attribute: Which record of the course, where there are several.
        record: The same by its id, where several have one attribute.
    """

    number: str
    kind: IdentifierKind | None
    course: str
    role: str
    attribute: str | None = None
    record: str | None = None


@dataclass(frozen=True, slots=True)
class ApplyInput:
    """The mutation's input: a record and a certificate, or an organiser's trainee.

    Attributes:
        activity: Id of an ``Activity``, or the record's id in ``Person.sharing``.
        declared: The record itself, where no registry holds it (medical, social workers).
    """

    idempotency_key: str
    certificate: str | None = None
    activity: str | None = None
    declared: object = None
    trainee: Trainee | None = None
    reason: str | None = None
    validate_only: bool = False


async def apply_recognition(hub: Hub, request: Request, given: ApplyInput) -> Done:
    """Apply for the recognition of a record.

    Raises:
        InvalidInput: the idempotency key, an id that is none, or neither way of naming the record.
        InvalidFacts: the declared record is not of the rulebook's shape.
        Refused: the token's kind of office does not apply in this way.
        RegistryUnavailable: a registry that the answer rests on cannot be relied on.
        Conflict: the key was used with other content.
    """
    own = request.viewer.agency_type is AgencyType.INSTITUTION
    ways = [given.activity is not None, given.declared is not None, given.trainee is not None]
    if sum(ways) != 1 or (given.trainee is None) == (given.certificate is None):
        raise InvalidInput(
            "input: expected certificate and one of activity and declaredActivity, or trainee",
            "input:應提供 certificate 與 activity 或 declaredActivity 之一,或 trainee",
            details={"path": "input", "expected": "certificate and activity, or trainee"},
        )
    if own != (given.trainee is not None):
        raise Refused(
            "an institution applies for its own trainees (`trainee`), an office for certificates",
            "機構以 trainee 為其學員申請;機關以 certificate 申請",
            details={"use": "trainee" if own else "certificate"},
        )
    if given.reason is not None and len(given.reason) > _MAX_REASON:
        raise InvalidInput(
            f"reason: expected at most {_MAX_REASON} characters",
            f"reason:至多 {_MAX_REASON} 字",
            details={"path": "reason", "expected": f"{_MAX_REASON} characters"},
        )
    declared = _shown_record(declared_facts(given.declared))
    content = {
        "certificate": given.certificate,
        "activity": given.activity,
        "declared": declared,
        "trainee": None
        if given.trainee is None
        else [
            given.trainee.number,
            given.trainee.course,
            given.trainee.role,
            given.trainee.attribute,
            given.trainee.record,
        ],
        "reason": given.reason,
    }

    async def act(connection: AsyncConnection) -> Done:
        try:
            if given.trainee is not None:
                found = await _of_trainee(hub, request, connection, given.trainee)
            else:
                found = await _of_certificate(hub, request, connection, given, declared)
        except Unfit as unfit:
            return Done(errors=unfit.errors)
        return await _enter(connection, request, given, found, declared)

    return await once(
        hub, request, OPERATION, given.idempotency_key, content, act,
        validate_only=given.validate_only,
    )  # fmt: skip


async def _enter(
    connection: AsyncConnection,
    request: Request,
    given: ApplyInput,
    found: Found,
    declared: Mapping[str, object] | None,
) -> Done:
    viewer, item = request.viewer, found.activity
    unit = "hours" if item["registry"] in ("vr", "osh") else "points"
    application = Application(
        person=UUID(found.person.id),
        activity=fact_key(item),
        certificate=found.certificate,
        row=found.row or "",
        amount=parse_amount(item[unit]),
        unit=unit,
        attribute=item.get("attribute"),
        categories=tuple(item.get("categories") or ()),
        filed_on=request.business_day,
        institution=found.institution,
        reason=None if given.reason is None else without_numbers(given.reason),
        credit={
            "registry": item["registry"],
            unit: item[unit],
            **{key: item[key] for key in _KEPT if item.get(key)},
            **{key: text for key, text in (declared or {}).items() if key == "organiser" and text},
        },
        declared=None
        if declared is None
        else {key: declared[key] for key in declared if key != "organiser"},
    )
    owner = Owner(viewer.issuer, viewer.client_id, viewer.subject)
    identity = await add_application(connection, owner, application, request.instant)
    request.trace.subjects.add(found.person.id)
    request.trace.registries.update({split_key(found.certificate)[0], item["registry"]})
    request.trace.rules.add("sharing.cross_registry")
    request.trace.count("recognitions", 1)
    return Done(
        str(identity),
        attested={
            "recognition": str(identity),
            "row": found.row,
            "from": item["registry"],
            "to": split_key(found.certificate)[0],
            "state": "pending",
        },
    )


def _shown_record(declared: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """A declared record without anything in the shape of a person's number in its texts."""
    if declared is None:
        return None
    return {
        key: without_numbers(value) if isinstance(value, str) else value
        for key, value in declared.items()
    }


def _fact_declaration(declared: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """A declared record as ``sharing.cross_registry`` takes it: without who organised it."""
    if declared is None:
        return None
    return {"activities": [{key: declared[key] for key in declared if key != "organiser"}]}


async def _of_certificate(
    hub: Hub,
    request: Request,
    connection: AsyncConnection,
    given: ApplyInput,
    declared: Mapping[str, object] | None,
) -> Found:
    """An office's application: a certificate that it may see, a record of its holder."""
    kind, target = decode_id(given.certificate or "")
    seen = await certificates_by_key(hub, request, [target])
    registry, key = split_key(target)
    holder = (await holders_of(connection, registry, [key])).get(key) if target in seen else None
    if kind is not NodeKind.CERTIFICATE or holder is None:
        raise Unfit(UserError("certificate_not_found", ("certificate",)))
    if declared is not None:
        if declared.get("registry") not in _FOREIGN or not _NAME.match(str(declared.get("id"))):
            raise Unfit(
                UserError("declared_activity", ("declaredActivity",), expected=" | ".join(_FOREIGN))
            )
        wanted = f"{declared['registry']}:{declared['id']}"
    else:
        wanted = _named(given.activity)
    if registry == "osh":
        # What OSH asks of a person is one duty, whatever certificates there are.
        target = f"osh:{OSH_DUTY}"
    [person] = (await load_people(connection, [holder], sharing=True)).values()
    said = _fact_declaration(declared)
    pairs = pairs_of(hub, request, person, said)
    if pairs and all(found.certificate != target for found in pairs):
        raise Unfit(UserError("certificate_not_counting", ("certificate",)))
    reach = {*request.viewer.registries, *_FOREIGN}
    for found in pairs:
        names = fact_key(found.activity), found.activity["id"]
        if found.certificate == target and wanted in names and found.activity["registry"] in reach:
            await usable(hub, request, {registry, found.activity["registry"]} - {*_FOREIGN})
            return await _held(hub, request, connection, found, said)
    raise Unfit(UserError("activity_not_found", ("activity",)))


async def _held(
    hub: Hub,
    request: Request,
    connection: AsyncConnection,
    found: Found,
    declared: Mapping[str, object] | None = None,
) -> Found:
    """The pair once nobody else can apply for it, if it still can be applied for."""
    wanted = fact_key(found.activity), found.certificate
    await hold_pair(connection, *wanted)
    [again] = (await load_people(connection, [UUID(found.person.id)], sharing=True)).values()
    for pair in pairs_of(hub, request, again, declared):
        if (fact_key(pair.activity), pair.certificate) == wanted:
            check_open(pair)
            return replace(pair, institution=found.institution)
    raise Unfit(UserError("activity_not_found", ("activity",)))


def _named(activity: str | None) -> str:
    """Key of an activity by its id, or the id among the facts of ``Person.sharing`` as it is."""
    if activity is None:
        return ""
    try:
        kind, key = decode_id(activity)
    except InvalidInput:
        return activity
    return key if kind is NodeKind.ACTIVITY else activity


async def _of_trainee(
    hub: Hub, request: Request, connection: AsyncConnection, trainee: Trainee
) -> Found:
    """An organiser's application: its own course, its trainee's number.

    Whatever does not lead there looks alike: an institution learns nothing of a person but what
    becomes of its own course.
    """
    nothing = Unfit(UserError("recognition_target_not_found", ("trainee",)))
    number, kind = check_number(trainee.number, trainee.kind, request.business_day)
    if kind is None:
        raise Unfit(UserError("identifier_invalid", ("trainee", "identifier")))
    owners = await organised_by(connection, trainee.course, request.viewer.institution_ids)
    sources = {registry for registry, _ in owners} & request.viewer.registries
    target, _, type_ = trainee.role.partition(".")
    if not sources or target not in request.viewer.registries:
        raise nothing
    await usable(hub, request, {*sources, target} & {"vr", "ltc", "osh"})
    hits = await read_people.persons_by_index(connection, blind_indexes(hub.keys, number))
    people = {hit["person_id"] for hit in hits}
    if len(people) != 1:
        raise nothing
    [person] = (await load_people(connection, people, sharing=True)).values()
    held = _records_of(person, trainee.course, sources)
    given, _ = sharing_results(person, request.business_day, hub.ruleset)
    types = {fact_key(item): item["type"] for item in given["certificates"]}
    fitting = [
        found
        for found in pairs_of(hub, request, person)
        if fact_key(found.activity).partition("#")[0] in held
        and types[found.certificate] == type_
        and found.certificate.startswith(f"{target}:")
        and trainee.attribute in (None, found.activity.get("attribute"))
        and trainee.record in (None, found.activity["id"])
        and found.outcome in ("needs_application", "awaiting_decision")
    ]
    if not fitting:
        raise nothing
    if len({fact_key(found.activity) for found in fitting}) > 1:
        several = sorted({f"{f.activity['id']}:{f.activity.get('attribute')}" for f in fitting})
        raise Unfit(
            UserError("activity_ambiguous", ("trainee", "record"), expected=" ".join(several))
        )
    found = min(fitting, key=lambda item: (item.outcome != "needs_application", item.certificate))
    institution = next(tax_id for registry, tax_id in owners if registry in sources)
    return await _held(hub, request, connection, replace(found, institution=institution))


def _records_of(person: PersonRows, course: str, registries: set[str]) -> set[str]:
    """``registry:key`` of the person's records of a course."""
    rows: Sequence[tuple[str, Any, str]] = (
        *(("vr", row, "course_no") for row in person.vr.records),
        *(("ltc", row, "course_id") for row in person.ltc.credits),
        *(("osh", row, "class_no") for row in person.osh.certificates),
    )
    return {
        f"{registry}:{row['id']}"
        for registry, row, column in rows
        if registry in registries and row[column] == course
    }

"""``fileOshClass`` and ``amendOshClass``: a class plan checked as a whole and put on its way.

Rulebook: domain/osh.md, OSH-R20..R33; what becomes of it: domain/mapping.md section 5.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import Row
from ..domain.submission import SubmissionState, UserError
from ..store.osh_filings import EarlierFiling, filings_of_plan, own_institutions, recognitions_of
from ..store.submissions import hold_target
from .context import Hub, Request
from .filing import Checked, Filed, content_hash, file
from .osh_checks import Verdict
from .osh_files import GivenTrainees, load_file
from .osh_on_file import (
    OwnClass,
    as_known,
    class_recognition,
    is_called_off,
    own_class,
    own_institution_ids,
    submission_recognition,
)
from .osh_plan import (
    ClassPlan,
    PlanLecturer,
    PlanSession,
    PlanTrainee,
    Venue,
    VenueProof,
    minimised,
    plan_target,
    trainees_of,
)
from .osh_plan_checks import check_plan, is_decidable
from .osh_trainees import RosterOf, check_trainees

__all__ = [
    "KEPT",
    "AmendOshClassInput",
    "FileOshClassInput",
    "PlanParts",
    "amend_osh_class",
    "file_osh_class",
    "plan_summary",
]

KEPT = "osh.kept"
"""A call that no courier makes: a roster that waits for the plan of its class."""


class PlanParts(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of a plan as given; None: not said."""

    period_no: str | None = None
    kind: str | None = None
    name: str | None = None
    format: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    venue: Venue | None = None
    venue_proof: VenueProof | None = None
    counsellor: str | None = None
    materials: str | None = None
    letter_no: str | None = None
    letter_on: date | None = None
    timetable: tuple[PlanSession, ...] | None = None
    lecturers: tuple[PlanLecturer, ...] | None = None
    trainees: tuple[PlanTrainee, ...] | None = None
    trainees_file: UUID | None = None
    licence_verified: bool | None = None

    def said(self) -> dict[str, Any]:
        """Parts of a ``ClassPlan`` that are given, but the trainees."""
        names = set(self.__struct_fields__) - {"trainees", "trainees_file", "licence_verified"}
        return {name: value for name in sorted(names) if (value := getattr(self, name)) is not None}


class FileOshClassInput(msgspec.Struct, frozen=True, kw_only=True):
    """The mutation's input; ``institution_code`` may be left out where there is only one."""

    idempotency_key: str
    plan: PlanParts
    institution_code: str | None = None
    validate_only: bool = False


class AmendOshClassInput(msgspec.Struct, frozen=True, kw_only=True):
    """The mutation's input; what is not said stays as it is."""

    idempotency_key: str
    class_no: str
    changes: PlanParts
    validate_only: bool = False


async def _trainees(hub: Hub, request: Request, parts: PlanParts) -> GivenTrainees:
    path = ("traineesFile",)
    upload = await load_file(hub, request, parts.trainees_file, path)
    return GivenTrainees(parts.trainees, upload, parts.licence_verified, path)


def _digest(parts: PlanParts, trainees: GivenTrainees, **more: object) -> bytes:
    plain = msgspec.to_builtins(parts)
    for name in ("trainees", "trainees_file", "licence_verified"):
        plain.pop(name)
    return content_hash({"plan": plain, "trainees": trainees.digest(), **more})


def plan_summary(plan: ClassPlan, rows: int, letter_on: date | None) -> dict[str, Any]:
    """Figures for the submission's row; the decisions about the class read three of them."""
    return {
        "rows": rows,
        "letter_on": None if letter_on is None else letter_on.isoformat(),
        "venue_proof": bool(plan.venue_proof.document_no and plan.venue_proof.issued_on),
        "class": plan_target(plan.institution_code, plan.kind, plan.period_no, plan.starts_on),
    }


def _rejected(
    request: Request, institution: str | None, target: str | None, errors: Sequence[UserError],
    trainees: GivenTrainees,
) -> Checked:  # fmt: skip
    return Checked(
        institution, target, tuple(errors), {}, {"rows": len(trainees.rows or ())}, None,
        request.instant, uploads=uploads_of(trainees),
    )  # fmt: skip


def uploads_of(trainees: GivenTrainees) -> tuple[UUID, ...]:
    """The files that belong to a filing."""
    return () if trainees.file is None else (trainees.file.upload,)


def own_id(request: Request) -> str | None:
    """統一編號 that a rejected filing is kept for, where there is only one."""
    ids = own_institution_ids(request)
    return next(iter(ids)) if len(ids) == 1 else None


# Filing


async def file_osh_class(hub: Hub, request: Request, given: FileOshClassInput) -> Filed:
    """Check a plan with its timetable, lecturers and trainees, and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    trainees = await _trainees(hub, request, given.plan)
    digest = _digest(given.plan, trainees, institution=given.institution_code)

    async def check(connection: AsyncConnection) -> Checked:
        return await _check_new(connection, hub, request, given, trainees)

    return await file(
        hub, request, "fileOshClass", "osh", given.idempotency_key, digest,
        await as_known(hub, request, check), validate_only=given.validate_only,
    )  # fmt: skip


async def _check_new(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    given: FileOshClassInput,
    trainees: GivenTrainees,
) -> Checked:
    owner, refused = await own_code(connection, request, given.institution_code)
    if owner is None:
        return _rejected(request, own_id(request), None, refused, trainees)
    code, institution = owner
    plan = ClassPlan(institution_code=code, **given.plan.said())
    target = plan_target(code, plan.kind, plan.period_no, plan.starts_on)
    await hold_target(connection, "osh", target)
    before = await filings_of_plan(connection, hub.keys, institution, target)
    if any(_is(item, SubmissionState.SENT) for item in before):
        # Filed again it might be there twice: what became of it is asked first.
        error = UserError("filing_on_its_way", ("periodNo",))
        return _rejected(request, institution, None, [error], trainees)
    kept = _kept(before) if not trainees.given else None
    day = request.business_day
    recognitions = await recognitions_of(connection, code)
    people = trainees if kept is None else GivenTrainees(_plan_trainees(kept))
    roster, rows = _roster(hub, day, plan, plan.starts_on, "filing", recognitions, people)
    plan = msgspec.structs.replace(plan, trainees=rows)
    verdict = check_plan(
        plan,
        class_recognition(recognitions, plan.starts_on, plan.kind),
        day,
        hub.ruleset,
        filed_on=day,
        letter_on=plan.letter_on,
    )
    request.trace.rules.update({"osh.class_filing", "osh.roster"})
    found = verdict + _beside(verdict, roster) + _twice(before)
    earlier = [item for item in before if _is(item, SubmissionState.QUEUED)]
    return _made(
        request, institution, None, plan, found, trainees,
        operation="osh.post_plan",
        payload={},
        letter_on=plan.letter_on,
        replaced=tuple(item.id for item in earlier),
    )  # fmt: skip


def _is(item: EarlierFiling, state: SubmissionState) -> bool:
    return bool(item.row["state"] == state.value)


def _twice(before: Sequence[EarlierFiling]) -> Verdict:
    """A class of the same kind, period and first day that the agency has taken already."""
    return Verdict(
        warnings=tuple(
            UserError("osh.class.already_filed", ("periodNo",), expected=_number(item))
            for item in before
            if item.row["kind"] == "fileOshClass" and _is(item, SubmissionState.ACCEPTED)
        )
    )


def _number(item: EarlierFiling) -> str:
    return f"amendOshClass {item.row['agency_reference']}"


def _kept(before: Sequence[EarlierFiling]) -> EarlierFiling | None:
    """The roster that waits for this plan."""
    rosters = [item for item in before if item.row["kind"] == "submitOshRoster"]
    return rosters[-1] if rosters else None


def _plan_trainees(kept: EarlierFiling) -> tuple[PlanTrainee, ...]:
    return msgspec.convert(kept.payload["trainees"], tuple[PlanTrainee, ...])


async def own_code(
    connection: AsyncConnection, request: Request, code: str | None
) -> tuple[tuple[str, str] | None, list[UserError]]:
    """機構代碼 and 統一編號 that the caller files for; another's looks like one that is not there."""
    rows = await own_institutions(connection, own_institution_ids(request))
    if code is None and len(rows) == 1:
        return (rows[0]["id"], rows[0]["tax_id"]), []
    for row in rows:
        if row["id"] == code:
            return (row["id"], row["tax_id"]), []
    expected = "、".join(row["id"] for row in rows) or None
    return None, [UserError("institution_not_found", ("institutionCode",), expected=expected)]


def _roster(
    hub: Hub,
    day: date,
    plan: ClassPlan,
    starts_on: date,
    phase: str,
    recognitions: Sequence[Row],
    trainees: GivenTrainees,
) -> tuple[Verdict, tuple[PlanTrainee, ...]]:
    """The verdict on the trainees' rows, and the rows."""
    if not trainees.given:
        return Verdict(), ()
    if not is_decidable(plan.kind, plan.format, starts_on):
        return Verdict(), plan.trainees
    fault = trainees.fault(trainees.path if trainees.file is not None else ("trainees",))
    if fault is not None:
        return Verdict((fault,)), ()
    about = RosterOf(
        institution_code=plan.institution_code,
        kind=plan.kind,
        format=plan.format,
        starts_on=starts_on,
        courses=tuple(item.course for item in plan.timetable if item.course),
        phase=phase,
        recognition=submission_recognition(recognitions, day),
    )
    verdict, rows = check_trainees(about, trainees, day, hub.ruleset)
    return verdict, trainees_of(rows)


_SAME = {
    "osh.roster.too_late": ("osh.class.filed_late", "osh.class.changed_late"),
    "osh.roster.too_few": ("osh.class.too_few_enrolled", "osh.class.document_missing"),
    "osh.roster.over_80": ("osh.class.over_80",),
    "osh.roster.over_120": ("osh.class.over_120",),
    "osh.roster.over_60_discussion": ("osh.class.over_60_discussion",),
    "osh.roster.institution_not_recognised": ("osh.class.institution_not_recognised",),
}
"""What the roster's rule says of the whole class and the plan's rule has said already."""


def _beside(said: Verdict, roster: Verdict) -> Verdict:
    codes = {item.code for item in (*said.errors, *said.warnings)}

    def new(item: UserError) -> bool:
        return not codes.intersection(_SAME.get(item.code, ()))

    return Verdict(
        tuple(item for item in roster.errors if new(item)),
        tuple(item for item in roster.warnings if new(item)),
    )


def _made(
    request: Request,
    institution: str,
    target: str | None,
    plan: ClassPlan,
    found: Verdict,
    trainees: GivenTrainees,
    *,
    operation: str,
    payload: Mapping[str, Any],
    letter_on: date | None,
    replaced: tuple[UUID, ...] = (),
) -> Checked:
    rows = len(trainees.rows or ()) or len(plan.trainees)
    summary = plan_summary(plan, rows, letter_on)
    if found.errors:
        return Checked(
            institution, target, found.errors, {}, summary, None, request.instant,
            warnings=found.warnings, uploads=uploads_of(trainees), county=plan.venue.county,
        )  # fmt: skip
    kept = msgspec.structs.replace(plan, trainees=minimised(plan.trainees, plan.kind))
    lines = trainees.sheet(plan.kind).lines if trainees.file is not None else ()
    return Checked(
        institution,
        target,
        (),
        {
            **payload,
            "plan": msgspec.to_builtins(kept),
            "file": trainees.filename,
            "lines": list(lines),
        },
        summary,
        operation,
        request.instant,
        warnings=found.warnings,
        uploads=uploads_of(trainees),
        county=plan.venue.county,
        replaced=replaced,
    )


# Changing


async def amend_osh_class(hub: Hub, request: Request, given: AmendOshClassInput) -> Filed:
    """Change a plan until the day before the class: the whole plan is checked and sent again.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    trainees = await _trainees(hub, request, given.changes)
    digest = _digest(given.changes, trainees, class_no=given.class_no)

    async def check(connection: AsyncConnection) -> Checked:
        own = await own_class(connection, hub, request, given.class_no)
        if own is None:
            error = UserError("class_not_found", ("classNo",))
            return _rejected(request, own_id(request), given.class_no, [error], trainees)
        if (off := is_called_off(own)) is not None:
            return _rejected(request, own.institution, own.number, [off], trainees)
        return changed(hub, request, own, given.changes, trainees)

    return await file(
        hub, request, "amendOshClass", "osh", given.idempotency_key, digest,
        await as_known(hub, request, check), validate_only=given.validate_only,
    )  # fmt: skip


def _merged(plan: ClassPlan, said: dict[str, Any]) -> dict[str, Any]:
    """Of the venue and its proof, too, what is left out stays."""
    for name in ("venue", "venue_proof"):
        if name in said:
            before, given = getattr(plan, name), said[name]
            parts = {part: getattr(given, part) for part in given.__struct_fields__}
            kept = {part: value for part, value in parts.items() if value is not None}
            said[name] = msgspec.structs.replace(before, **kept)
    return said


def changed(
    hub: Hub, request: Request, own: OwnClass, changes: PlanParts, trainees: GivenTrainees
) -> Checked:
    """The plan with its changes, checked (OSH-R21); what the letter was stays."""
    day = request.business_day
    plan = msgspec.structs.replace(own.plan, **_merged(own.plan, changes.said()))
    roster = Verdict()
    again = trainees
    if not trainees.given and own.through_hub and changes.timetable is not None:
        # A waived course must still be one of the class.
        again = GivenTrainees(own.plan.trainees)
    if again.given:
        roster, rows = _roster(
            hub, day, plan, own.starts_on_file, "change", own.recognitions, again
        )
        plan = msgspec.structs.replace(plan, trainees=rows)
    letter_on = own.letter_on or plan.letter_on
    verdict = check_plan(
        plan,
        class_recognition(own.recognitions, plan.starts_on, plan.kind),
        day,
        hub.ruleset,
        filed_on=own.filed_on,
        letter_on=letter_on,
        changed_on=day,
        not_after=own.starts_on_file,
    )
    request.trace.rules.update({"osh.class_filing", "osh.roster"})
    return _made(
        request, own.institution, own.number, plan, verdict + _beside(verdict, roster), trainees,
        operation="osh.put_plan",
        payload={"class_no": own.number},
        letter_on=letter_on,
    )  # fmt: skip

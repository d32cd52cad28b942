"""``submitOshRoster``: the trainees of a class, by file or row by row.

Of a class on file the whole plan goes to the agency again with its trainees replaced; of one that is
not filed yet the roster is kept and goes with ``fileOshClass`` (mapping.md section 5). Rulebook:
domain/osh.md, OSH-R30..R33.
"""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import UserError
from ..store.osh_filings import recognitions_of
from ..store.submissions import hold_target
from .context import Hub, Request
from .filing import Checked, Filed, content_hash, file
from .osh_checks import Verdict
from .osh_files import GivenTrainees, load_file
from .osh_filing import KEPT, own_code, own_id, plan_summary, uploads_of
from .osh_on_file import OwnClass, as_known, is_called_off, own_class, submission_recognition
from .osh_plan import PlanTrainee, minimised, plan_target, trainees_of
from .osh_plan_checks import FORMATS, KINDS, is_decidable
from .osh_trainees import RosterOf, check_trainees

__all__ = ["PlannedClass", "SubmitOshRosterInput", "submit_osh_roster"]


class PlannedClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class that is not filed yet; ``period_no`` is what its plan will say."""

    kind: str
    starts_on: date
    period_no: str | None = None
    format: str = "lecture"
    courses: tuple[str, ...] = ()
    institution_code: str | None = None


class SubmitOshRosterInput(msgspec.Struct, frozen=True, kw_only=True):
    """The mutation's input: a class number or a planned class, a file or rows.

    Attributes:
        keep_others: Trainees on file that the roster does not name stay; else it replaces all.
    """

    idempotency_key: str
    class_no: str | None = None
    planned: PlannedClass | None = None
    upload: UUID | None = None
    rows: tuple[PlanTrainee, ...] | None = None
    licence_verified: bool | None = None
    keep_others: bool = False
    validate_only: bool = False


async def submit_osh_roster(hub: Hub, request: Request, given: SubmitOshRosterInput) -> Filed:
    """Check a roster as a whole, keep it with every row's errors, and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    upload = await load_file(hub, request, given.upload, ("upload",))
    trainees = GivenTrainees(given.rows, upload, given.licence_verified)
    digest = content_hash(
        {
            "class": given.class_no,
            "planned": msgspec.to_builtins(given.planned),
            "trainees": trainees.digest(),
            "keep_others": given.keep_others,
        }
    )

    async def check(connection: AsyncConnection) -> Checked:
        request.trace.rules.add("osh.roster")
        fault = _whole(given, trainees)
        if fault is not None:
            return _rejected(request, own_id(request), given.class_no, fault, trainees)
        if given.planned is not None:
            return await _before_filing(connection, hub, request, given.planned, trainees)
        own = await own_class(connection, hub, request, given.class_no or "")
        if own is None:
            # One that is not there and another institution's look the same.
            error = UserError("osh.roster.not_owner", ("classNo",))
            return _rejected(request, own_id(request), given.class_no, error, trainees)
        if (off := is_called_off(own)) is not None:
            return _rejected(request, own.institution, own.number, off, trainees)
        return _on_file(hub, request, own, trainees, keep_others=given.keep_others)

    return await file(
        hub, request, "submitOshRoster", "osh", given.idempotency_key, digest,
        await as_known(hub, request, check), validate_only=given.validate_only,
    )  # fmt: skip


def _whole(given: SubmitOshRosterInput, trainees: GivenTrainees) -> UserError | None:
    """What is wrong with the input before its rows are looked at."""
    if (given.class_no is None) == (given.planned is None):
        return UserError("class_or_planned", ("classNo",))
    if not trainees.given:
        return UserError("file_or_rows", ("rows",))
    return trainees.fault(("upload",) if trainees.file is not None else ("rows",))


def _rejected(
    request: Request,
    institution: str | None,
    target: str | None,
    error: UserError,
    trainees: GivenTrainees,
) -> Checked:
    return Checked(
        institution, target, (error,), {}, {"rows": len(trainees.rows or ())}, None,
        request.instant, uploads=uploads_of(trainees),
    )  # fmt: skip


def _on_file(
    hub: Hub, request: Request, own: OwnClass, trainees: GivenTrainees, *, keep_others: bool
) -> Checked:
    """A change of the class: its plan again, with these trainees (OSH-R21, R33)."""
    day = request.business_day
    plan = own.plan
    named = _named(trainees, plan.kind)
    stay = tuple(row for row in plan.trainees if keep_others and not _is_named(row, named))
    about = RosterOf(
        institution_code=own.institution_code,
        kind=plan.kind,
        format=plan.format,
        starts_on=own.starts_on_file,
        courses=tuple(item.course for item in plan.timetable if item.course),
        phase="change",
        recognition=submission_recognition(own.recognitions, day),
        already=len(stay),
    )
    verdict, rows = check_trainees(about, trainees, day, hub.ruleset)
    whole = msgspec.structs.replace(plan, trainees=stay + trainees_of(rows))
    least = hub.ruleset.on(plan.starts_on).value("osh.class", "min_enrolled")
    if not verdict.errors and len(whole.trainees) < least:
        # The rulebook asks for the number when a class is filed; the agency may ask again.
        few = UserError(
            "agency_may_refuse_too_few", ("trainees",), expected=f">= {least}",
            found=str(len(whole.trainees)),
        )  # fmt: skip
        verdict += Verdict(warnings=(few,))
    summary = {
        **plan_summary(whole, len(rows), own.letter_on or plan.letter_on),
        **_figures(verdict, len(rows)),
    }
    if verdict.errors:
        return Checked(
            own.institution, own.number, verdict.errors, {}, summary, None, request.instant,
            warnings=verdict.warnings, uploads=uploads_of(trainees), county=plan.venue.county,
        )  # fmt: skip
    kept = msgspec.structs.replace(whole, trainees=minimised(whole.trainees, plan.kind))
    return Checked(
        own.institution,
        own.number,
        (),
        {
            "class_no": own.number,
            "plan": msgspec.to_builtins(kept),
            "file": trainees.filename,
            "lines": [0] * len(stay) + list(trainees.sheet(plan.kind).lines),
        },
        summary,
        "osh.put_plan",
        request.instant,
        warnings=verdict.warnings,
        uploads=uploads_of(trainees),
        county=plan.venue.county,
    )


def _named(trainees: GivenTrainees, kind: str) -> set[str]:
    rows = trainees.sheet(kind).rows
    numbers = {f"id {row['national_id']}" for row in rows if row.get("national_id")}
    return numbers | {f"seq {str(row['seq']).strip()}" for row in rows if row.get("seq")}


def _is_named(row: PlanTrainee, named: set[str]) -> bool:
    return f"id {row.national_id}" in named or f"seq {(row.seq or '').strip()}" in named


def _figures(verdict: Verdict, rows: int) -> dict[str, Any]:
    wrong = len({item.row for item in verdict.errors if item.row is not None})
    return {"rows": rows, "valid_rows": rows - wrong, "error_rows": wrong}


async def _before_filing(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    planned: PlannedClass,
    trainees: GivenTrainees,
) -> Checked:
    """Kept until ``fileOshClass`` says the rest; the newest one counts."""
    owner, refused = await own_code(connection, request, planned.institution_code)
    if owner is None:
        return _rejected(request, own_id(request), None, refused[0], trainees)
    code, institution = owner
    errors = [
        UserError("enum_invalid", ("planned", name), expected="、".join(allowed))
        for name, value, allowed in (
            ("kind", planned.kind, KINDS),
            ("format", planned.format, FORMATS),
        )
        if value not in allowed
    ]
    if not errors and not is_decidable(planned.kind, planned.format, planned.starts_on):
        errors.append(UserError("day_invalid", ("planned", "startsOn")))
    target = plan_target(code, planned.kind, planned.period_no, planned.starts_on)
    if errors:
        return _rejected(request, institution, target, errors[0], trainees)
    await hold_target(connection, "osh", target)
    day = request.business_day
    about = RosterOf(
        institution_code=code,
        kind=planned.kind,
        format=planned.format,
        starts_on=planned.starts_on,
        courses=planned.courses,
        phase="filing",
        recognition=submission_recognition(await recognitions_of(connection, code), day),
    )
    verdict, rows = check_trainees(about, trainees, day, hub.ruleset)
    summary = {"class": target, **_figures(verdict, len(rows))}
    kept = minimised(trainees_of(rows), planned.kind)
    return Checked(
        institution,
        target,
        verdict.errors,
        {} if verdict.errors else {"trainees": msgspec.to_builtins(kept)},
        summary,
        None if verdict.errors else KEPT,
        request.instant,
        warnings=verdict.warnings,
        uploads=uploads_of(trainees),
    )

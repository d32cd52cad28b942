"""``clearVrRoster``: a roster taken off again (清除上課紀錄), until its hours are verified.

Rulebook: domain/vr.md, VR-R38 and VR-R53.
"""

from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState, UserError
from ..rules.engine import evaluate
from ..store.submissions import hold_target
from ..store.vr_courses import RosterFiling, course_of, last_roster_filing, last_sync
from .context import Hub, Request
from .facts.vr_offices import roster_course
from .filing import Checked, Filed, content_hash, file
from .vr_filings import filed_by, mirror_warnings, own_rows, told

__all__ = ["ClearVrRoster", "RosterOnFile", "clear_vr_roster", "roster_on_file"]

_KIND = "clearVrRoster"
_RULE = "vr.roster_csv"
_PATH = ("courseNo",)


@dataclass(frozen=True, slots=True)
class ClearVrRoster:
    """The mutation's input."""

    idempotency_key: str
    course_no: str
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class RosterOnFile:
    """What is known of a course's roster at the agency.

    Attributes:
        imported: A roster is there, or on its way.
        clearing: A filing that takes it off is on its way or waits.
    """

    imported: bool
    clearing: bool


async def roster_on_file(connection: AsyncConnection, course: RowMapping) -> RosterOnFile:
    """Whether a roster is on file: by the mirror, or by a filing that the mirror cannot show yet."""
    shown = bool(roster_course(dict(course))["already_imported"])
    last = await last_roster_filing(connection, course["no"], course["starts_on"])
    if last is None or await _is_seen(connection, last):
        return RosterOnFile(shown, clearing=False)
    if last.kind == _KIND:
        clearing = last.state is not SubmissionState.ACCEPTED
        return RosterOnFile(imported=False, clearing=clearing)
    return RosterOnFile(imported=True, clearing=False)


async def _is_seen(connection: AsyncConnection, last: RosterFiling) -> bool:
    """A sync that began after the agency's answer has seen what came of it."""
    synced = await last_sync(connection)
    is_final = last.state is SubmissionState.ACCEPTED
    return is_final and synced is not None and synced > last.changed_at


async def clear_vr_roster(hub: Hub, request: Request, given: ClearVrRoster) -> Filed:
    """Ask the register to take a course's roster off; one that waits here is taken back with it.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used for another course.
    """
    warnings = await mirror_warnings(hub, request)

    async def check(connection: AsyncConnection) -> Checked:
        return await _check(connection, hub, request, given, warnings)

    return await file(
        hub, request, _KIND, "vr", given.idempotency_key,
        content_hash({"course": given.course_no}), check, validate_only=given.validate_only,
    )  # fmt: skip


async def _check(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    given: ClearVrRoster,
    warnings: tuple[UserError, ...],
) -> Checked:
    await hold_target(connection, "vr", given.course_no)
    course = await course_of(connection, given.course_no)
    if course is None or course["institution_tax_id"] not in own_rows(request).institutions:
        # Another institution's course looks exactly like one that is not there.
        missing = (told("course_not_found", _PATH),)
        return Checked(filed_by(request), None, missing, {}, {}, None, request.instant)
    facts = {**roster_course(dict(course)), "action": "clear"}
    decision = evaluate(_RULE, facts, request.business_day, hub.ruleset).decision
    request.trace.rules.add(_RULE)
    errors = [told(item.code, _PATH) for item in decision.findings]
    if not errors and course["status__code"] != "approved":
        # VR-R53: only an approved course has a roster that could be taken off.
        errors.append(told("course_not_approved", _PATH))
    if not errors and not (await roster_on_file(connection, course)).imported:
        # The register clears nothing without complaint; so do we, and say so.
        warnings = (*warnings, told("nothing_to_clear", _PATH))
    return Checked(
        course["institution_tax_id"],
        given.course_no,
        tuple(errors),
        {"course_no": given.course_no},
        {},
        None if errors else "vr.clear_roster",
        request.instant,
        warnings=warnings,
        county=course["county__code"],
        replaces=(_KIND, "submitVrRoster"),
    )

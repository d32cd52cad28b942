"""``applyVrExtension``: an employee's absence filed for deduction (資格展延), by the employer.

Rulebook: domain/vr.md, VR-R44; what becomes of it: domain/mapping.md section 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.viewer import AgencyType
from ..domain.bundles import Row, VrRows
from ..domain.counties import BY_CODE, county_code, county_name
from ..domain.decision import Severity
from ..domain.errors import InvalidInput
from ..domain.periods import add_years
from ..domain.roc_date import format_slashed
from ..domain.submission import UserError
from ..domain.tw_id import check_person_number, normalise_number
from ..domain.value_maps import TITLES
from ..domain.vocabulary import code_of
from ..rules.engine import evaluate
from ..store.people import load_people
from ..store.submissions import hold_target
from ..store.vr_staff import filed_leaves, staff_qualifications
from .context import Hub, Request
from .facts import vr as facts_of
from .filing import Checked, Filed, content_hash, file
from .ids import NodeKind, decode_id, split_key
from .vr_filings import Terms, filed_by, mirror_warnings, own_rows, told

__all__ = ["ApplyVrExtension", "LocalLetter", "apply_vr_extension"]

_KIND = "applyVrExtension"
_RULE = "vr.extension"
_LEAVE = "leave"
_MOST_TEXT = 255
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "shorter_than_three_months": ("leaveTo",),
    "reason_not_accepted": ("reason",),
    "proof_missing": ("proof",),
    "local_letter_missing": ("localLetter",),
    "local_letter_without_dates": ("localLetter", "from"),
    "filed_after_expiry": ("appliedOn",),
}
_REFUSED = "rejected"
_YEARS = 10
_DAYS_WRONG = {"date_out_of_range", "end_before_start"}


@dataclass(frozen=True, slots=True)
class LocalLetter:
    """The local authority's letter of consent (地方主管機關同意文件).

    Attributes:
        county: Code or official name.
        start: First day it names, None where it names none.
        end: Last day, included.
    """

    county: str
    document_no: str
    document_on: date
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class ApplyVrExtension:
    """The mutation's input: a certificate by its id, or by the person's number and the title.

    Attributes:
        applied_on: None: the business day.
        proof: Whether the proof of the absence goes to the office with the papers.
    """

    idempotency_key: str
    leave_from: date
    leave_to: date
    reason: str
    certificate: str | None = None
    identifier: str | None = None
    qualification: str | None = None
    applied_on: date | None = None
    proof: bool = False
    letter: LocalLetter | None = None
    validate_only: bool = False


@dataclass(slots=True)
class _Found:
    """What the checks gather."""

    errors: list[UserError] = field(default_factory=list)
    warnings: list[UserError] = field(default_factory=list)
    replaced: list[UUID] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)


async def apply_vr_extension(hub: Hub, request: Request, given: ApplyVrExtension) -> Filed:
    """Check an absence as the rulebook does and queue it for the register when days would count.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    warnings = await mirror_warnings(hub, request)
    content = {
        "certificate": given.certificate,
        "identifier": None if given.identifier is None else normalise_number(given.identifier),
        "qualification": given.qualification,
        "leave": [given.leave_from, given.leave_to],
        "reason": given.reason,
        "applied_on": given.applied_on,
        "proof": given.proof,
        "letter": given.letter,
    }

    async def check(connection: AsyncConnection) -> Checked:
        found = _Found(warnings=list(warnings))
        _check_form(given, request.business_day, found)
        wanted = await _wanted(connection, hub, request, given, found)
        return await _check(connection, hub, request, given, wanted, found)

    return await file(
        hub, request, _KIND, "vr", given.idempotency_key, content_hash(content), check,
        validate_only=given.validate_only,
    )  # fmt: skip


def _check_form(given: ApplyVrExtension, today: date, found: _Found) -> None:
    """Days and texts by themselves."""
    first, last = add_years(today, -_YEARS), add_years(today, _YEARS)
    for name, day in _days(given):
        if day is not None and not first <= day <= last:
            at = tuple(name.split("."))
            bounds = {"first": first.isoformat(), "last": last.isoformat()}
            found.errors.append(told("date_out_of_range", at, None, None, **bounds))
    if given.leave_to < given.leave_from:
        start = given.leave_from.isoformat()
        found.errors.append(told("end_before_start", ("leaveTo",), start=start))
    _text(given.reason, ("reason",), found)
    applied = given.applied_on or today
    if applied > today:
        found.errors.append(told("date_in_future", ("appliedOn",), last=today.isoformat()))
    letter = given.letter
    if letter is None:
        return
    path = "localLetter"
    if _county(letter.county) is None:
        found.errors.append(told("county_unknown", (path, "county")))
    _text(letter.document_no, (path, "documentNo"), found)
    if letter.document_on > today:
        found.errors.append(told("date_in_future", (path, "documentOn"), last=today.isoformat()))
    if letter.start and letter.end and letter.end < letter.start:
        start = letter.start.isoformat()
        found.errors.append(told("end_before_start", (path, "to"), start=start))


def _days(given: ApplyVrExtension) -> list[tuple[str, date | None]]:
    """Every day of the input with its path."""
    days = [
        ("leaveFrom", given.leave_from),
        ("leaveTo", given.leave_to),
        ("appliedOn", given.applied_on),
    ]
    if (letter := given.letter) is not None:
        days += [
            ("localLetter.documentOn", letter.document_on),
            ("localLetter.from", letter.start),
            ("localLetter.to", letter.end),
        ]
    return days


def _text(text: str, path: tuple[str, ...], found: _Found) -> None:
    if not text.strip():
        found.errors.append(told("field_missing", path))
    elif len(text) > _MOST_TEXT:
        found.errors.append(told("text_too_long", path, most=str(_MOST_TEXT)))


def _county(given: str) -> str | None:
    return given if given in BY_CODE else county_code(given)


async def _wanted(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    given: ApplyVrExtension,
    found: _Found,
) -> RowMapping | None:
    """The qualification of somebody on the caller's staff; a foreign one looks like an absent one."""
    staff = own_rows(request)
    if given.certificate is not None:
        path: tuple[str, ...] = ("certificate",)
        rows: Sequence[RowMapping] = ()
        key = _qualification_key(given.certificate)
        if key is not None and not staff.nothing:
            rows = await staff_qualifications(connection, hub.keys, staff, qualification=key)
    else:
        path = ("identifier",)
        title = Terms(found.errors).read(
            "vr.title", TITLES, given.qualification or "", ("qualification",)
        )
        number = normalise_number(given.identifier or "")
        verdict = check_person_number(number, request.business_day)[1]
        if verdict != "valid":
            found.errors.append(told(verdict, path))
        if not title or verdict != "valid":
            return None
        rows = ()
        if not staff.nothing:
            rows = await staff_qualifications(
                connection, hub.keys, staff, number=number, title=title
            )
    if not rows:
        found.errors.append(told("qualification_not_found", path))
        return None
    if len({row["id"] for row in rows}) > 1:
        found.errors.append(told("qualification_ambiguous", path))
        return None
    return rows[0]


def _qualification_key(node_id: str) -> str | None:
    try:
        kind, key = decode_id(node_id)
    except InvalidInput:
        return None
    registry, source_id = split_key(key)
    return source_id if kind is NodeKind.CERTIFICATE and registry == "vr" else None


async def _check(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    given: ApplyVrExtension,
    wanted: RowMapping | None,
    found: _Found,
) -> Checked:
    county = None
    if wanted is not None:
        request.trace.subjects.add(str(wanted["person_id"]))
        letter = given.letter
        county = wanted["work_county"] or (_county(letter.county) if letter else None)
        await hold_target(connection, "vr", wanted["id"])
        people = await load_people(connection, [wanted["person_id"]], ["vr"])
        held = people[wanted["person_id"]].vr
        await _check_overlaps(connection, hub, given, wanted["id"], held, found)
        if not _DAYS_WRONG & {error.code for error in found.errors}:
            _decide(hub, request, given, wanted["id"], held, found)
    own = request.viewer.agency_type is AgencyType.INSTITUTION
    return Checked(
        (wanted["employer"] if wanted is not None else filed_by(request)) if own else None,
        None if wanted is None else wanted["id"],
        tuple(found.errors),
        {} if found.errors or wanted is None else _payload(given, wanted, request.business_day),
        found.summary,
        None if found.errors else "vr.post_extension",
        request.instant,
        warnings=tuple(found.warnings),
        county=county,
        replaces=(),
        replaced=tuple(found.replaced),
    )


async def _check_overlaps(
    connection: AsyncConnection,
    hub: Hub,
    given: ApplyVrExtension,
    qualification: str,
    held: VrRows,
    found: _Found,
) -> None:
    """A day is deducted once: what is on file stands, what waits here is replaced."""

    def overlaps(start: date, end: date) -> bool:
        return start <= given.leave_to and given.leave_from <= end

    taken = [
        (row["leave_from"], row["leave_to"])
        for row in held.extensions
        if row["qualification_id"] == qualification and row["status__code"] != _REFUSED
    ]
    for leave in await filed_leaves(connection, hub.keys, qualification):
        if not overlaps(leave.start, leave.end):
            continue
        if leave.waits:
            found.replaced.append(leave.id)
        else:
            taken.append((leave.start, leave.end))
    for start, end in taken:
        if overlaps(start, end):
            first, last = start.isoformat(), end.isoformat()
            found.errors.append(told("leave_already_filed", ("leaveFrom",), first=first, last=last))
            return


def _decide(
    hub: Hub,
    request: Request,
    given: ApplyVrExtension,
    qualification: str,
    held: VrRows,
    found: _Found,
) -> None:
    today = request.business_day
    applied = given.applied_on or today
    row = next(item for item in held.qualifications if item["id"] == qualification)
    leave: Row = {
        "id": _LEAVE,
        "leave_from": given.leave_from,
        "leave_to": given.leave_to,
        "reason__code": code_of("vr.extension_reason", given.reason),
        "status__code": None,
        "local_document_no": None,
        "local_document_on": None,
        "applied_on": applied,
    }
    told_of_leave: dict[str, object] = {"id": _LEAVE, "proof": given.proof}
    if given.letter is not None:
        told_of_leave["local_letter"] = {
            name: day.isoformat()
            for name, day in (("from", given.letter.start), ("to", given.letter.end))
            if day is not None
        }
    built = facts_of.extension(
        [leave], row, held, today, application_date=applied, declared={"leaves": [told_of_leave]}
    )
    if built.given is None:
        found.errors.append(
            told(built.not_applicable or "qualification_not_confirmed", ("qualification",))
        )
        return
    period = facts_of.term(row, held, today).on(today)
    facts = {**built.given, "certificate": facts_of.certificate_facts(qualification, period)}
    decision = evaluate(_RULE, facts, today, hub.ruleset).decision
    request.trace.rules.add(_RULE)
    for item in decision.findings:
        error = told(item.code, _FIELDS.get(item.code, ("leaveFrom",)))
        (found.warnings if item.severity is Severity.INFO else found.errors).append(error)
    if not decision.eligible and not decision.findings:
        # In order, but no day of the leave lies in the letter and the certificate's period.
        first, last = period.valid_from.isoformat(), period.expires_on.isoformat()
        found.errors.append(
            told("no_days_deducted", ("leaveFrom",), first=first, last=last)
            if decision.status == _REFUSED
            else told(decision.status, ("leaveFrom",))
        )
    if decision.eligible:
        found.summary["deduction_days"] = decision.report["deduction_days"]
    else:
        found.replaced.clear()


def _payload(given: ApplyVrExtension, wanted: RowMapping, today: date) -> dict[str, Any]:
    """The contract's ExtensionFiling, and beside it what the contract has no place for."""
    letter = given.letter
    body = {
        "professional_id": wanted["professional_id"],
        "qualification_id": wanted["id"],
        "applied_on": format_slashed(given.applied_on or today),
        "leave_from": format_slashed(given.leave_from),
        "leave_to": format_slashed(given.leave_to),
        "reason": given.reason.strip(),
        "local_authority": county_name(_county(letter.county) or "") if letter else None,
        "local_document_no": letter.document_no.strip() if letter else None,
        "local_document_on": format_slashed(letter.document_on) if letter else None,
    }
    leave = {"from": given.leave_from.isoformat(), "to": given.leave_to.isoformat()}
    kept = {
        "proof": given.proof,
        "letter_from": letter.start.isoformat() if letter and letter.start else None,
        "letter_to": letter.end.isoformat() if letter and letter.end else None,
    }
    return {"extension": body, "leave": leave, "kept": kept}

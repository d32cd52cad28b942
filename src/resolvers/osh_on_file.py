"""An OSH class as its institution may file about it: what the agency holds, what was filed since.

The mirror is what the agency said last. What the institution has filed through the hub since then, and
nobody has refused, counts for the checks of the next filing: results are reported before the night's
drop shows who attended.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.rows import RowKind, row_filter
from ..domain.bundles import ClassRows, Row
from ..domain.submission import SubmissionState, UserError
from ..store.class_rows import load_classes
from ..store.osh_filings import EarlierFiling, filings_about, recognitions_of
from ..store.submissions import hold_target
from .context import Hub, Request
from .facts.built import Findings
from .facts.osh_providers import for_class, kinds_of, recognition_facts
from .filing import Checked
from .osh_plan import ClassPlan, plan_on_file
from .vr_filings import mirror_warnings

__all__ = [
    "PLANS",
    "OwnClass",
    "as_known",
    "class_recognition",
    "is_called_off",
    "own_class",
    "own_institution_ids",
    "submission_recognition",
    "with_reported",
]

PLANS = ("fileOshClass", "amendOshClass", "submitOshRoster")
"""Filings that hold a whole plan."""

_CALLED_OFF = frozenset({"cancelled", "halted"})
_REPORTS = ("submitOshAttendance", "submitOshResults", "issueOshCertificates")


@dataclass(slots=True)
class OwnClass:
    """A class of the institution that files.

    Attributes:
        number: 班別編號.
        institution: 統一編號.
        institution_code: 機構代碼.
        plan: As filed last, or as on file.
        rows: Mirror rows with what was filed since; None until the class has come in a drop.
        recognitions: Of its institution.
        filed_on: Day of the first filing.
        letter_on: Day of the letter that the filing went with, where the hub knows it.
        starts_on_file: First day as the agency knows it; a change must meet that one too.
        through_hub: Whether the plan came from a submission.
    """

    number: str
    institution: str
    institution_code: str
    plan: ClassPlan
    rows: ClassRows | None
    recognitions: Sequence[Row]
    filed_on: date
    letter_on: date | None
    starts_on_file: date
    through_hub: bool
    noted_no: str | None = None
    reports: Sequence[EarlierFiling] = field(default=())


def own_institution_ids(request: Request) -> frozenset[str]:
    """統一編號 that this request may file for."""
    return row_filter(request.viewer, "osh", RowKind.SUBMISSION, request.business_day).institutions


async def own_class(
    connection: AsyncConnection, hub: Hub, request: Request, class_no: str
) -> OwnClass | None:
    """The class with that number; None where there is none, or it is another institution's."""
    allowed = own_institution_ids(request)
    if not allowed or not class_no.strip():
        return None
    await hold_target(connection, "osh", class_no)
    bundles = await load_classes(connection, [class_no])
    filed = await filings_about(connection, hub.keys, class_no, (*PLANS, *_REPORTS))
    plans = [item for item in filed if item.row["kind"] in PLANS and "plan" in item.payload]
    rows = bundles.get(class_no)
    if rows is not None:
        found = _from_mirror(hub, class_no, rows, plans)
    elif plans and (first := _accepted(plans)) is not None:
        found = await _from_filing(connection, class_no, first, plans)
    else:
        return None
    if found is None or found.institution not in allowed:
        return None
    found.reports = [item for item in filed if item.row["kind"] in _REPORTS]
    if found.rows is not None:
        _overlay(found.rows, found.reports)
    return found


def _accepted(plans: Sequence[EarlierFiling]) -> EarlierFiling | None:
    accepted = SubmissionState.ACCEPTED.value
    return next((item for item in plans if item.row["state"] == accepted), None)


def _plan(item: EarlierFiling) -> ClassPlan:
    return msgspec.convert(item.payload["plan"], ClassPlan)


def _from_mirror(
    hub: Hub, class_no: str, rows: ClassRows, plans: Sequence[EarlierFiling]
) -> OwnClass | None:
    row = rows.training_class
    owner = rows.institution["tax_id"] if rows.institution is not None else None
    kind, starts_on, ends_on = row["training_kind__code"], row["starts_on"], row["ends_on"]
    if owner is None or kind is None or starts_on is None or ends_on is None:
        return None
    accepted = SubmissionState.ACCEPTED.value
    newer = [
        item
        for item in plans
        if item.row["state"] == accepted and item.row["changed_at"] > row["synced_at"]
    ]
    return OwnClass(
        class_no,
        owner,
        row["institution_code"],
        _plan(plans[-1]) if plans else plan_on_file(hub.keys, rows),
        rows,
        rows.recognitions,
        row["filed_on"] or starts_on,
        rows.filing.get("letter_on"),
        _plan(newer[-1]).starts_on if newer else starts_on,
        bool(plans),
        row["noted_no"],
    )


async def _from_filing(
    connection: AsyncConnection,
    class_no: str,
    first: EarlierFiling,
    plans: Sequence[EarlierFiling],
) -> OwnClass | None:
    """A class that the agency took and no drop has shown yet."""
    if first.row["institution"] is None:
        return None
    filed = _plan(first)
    return OwnClass(
        class_no,
        first.row["institution"],
        filed.institution_code,
        _plan(plans[-1]),
        None,
        await recognitions_of(connection, filed.institution_code),
        first.row["business_day"],
        filed.letter_on,
        filed.starts_on,
        through_hub=True,
    )


def submission_recognition(recognitions: Sequence[Row], day: date) -> dict[str, Any] | None:
    """The recognition that ``osh.roster`` asks about: of the day of submission, of whatever kind."""
    covering = [
        row
        for row in recognitions
        if row["valid_from"] and row["valid_to"] and row["valid_from"] <= day <= row["valid_to"]
    ]
    row = covering[-1] if covering else for_class(recognitions, day, None)
    return None if row is None else recognition_facts(row, Findings())


def class_recognition(
    recognitions: Sequence[Row], starts_on: date, kind: str
) -> dict[str, Any] | None:
    """The recognition that ``osh.class_filing`` asks about: of the first day and the kind."""
    row = for_class(recognitions, starts_on, kind)
    findings = Findings()
    term = None if row is None else recognition_facts(row, findings)
    return None if row is None or term is None else {**term, "training_kinds": kinds_of(row)}


def _overlay(rows: ClassRows, reports: Sequence[EarlierFiling]) -> None:
    """Put attendance, results and certificates that were filed since beside those on file."""
    for report in reports:
        lines = report.payload.get("rows", ())
        with_reported(rows, report.row["kind"], lines, report.row["created_at"])


def with_reported(
    rows: ClassRows, kind: str, lines: Sequence[Mapping[str, Any]], at: datetime | None = None
) -> None:
    """Put the lines of a report beside what is on file, in place of the rows they repeat.

    Args:
        rows: The class; changed.
        kind: The mutation.
        lines: As the report's payload holds them.
        at: When it was filed: what the agency said later stands. None: now.
    """
    seats = {str(item["seq"]).strip(): item["id"] for item in rows.trainees}
    held = [(seats[seat], line) for line in lines if (seat := line["trainee_seq"]) in seats]
    match kind:
        case "submitOshAttendance":
            signed = {(item["trainee_no"], item["session_no"]): item for item in rows.attendance}
            for trainee, line in held:
                _newer(signed, (trainee, line["session_no"]), _signed(trainee, line), at)
            rows.attendance = list(signed.values())
        case "submitOshResults":
            sat = {(item["trainee_no"], item["attempt__code"]): item for item in rows.results}
            for trainee, line in held:
                _newer(sat, (trainee, line["attempt"]), _examined(trainee, line), at)
            rows.results = list(sat.values())
        case _:
            issued = {item["id"]: item for item in rows.certificates}
            for trainee, line in held:
                _newer(issued, line["certificate_no"], _issued(trainee, line), at)
            rows.certificates = list(issued.values())


def is_called_off(own: OwnClass) -> UserError | None:
    """Nothing more is filed about a class that was cancelled or halted."""
    state = None if own.rows is None else own.rows.training_class["state__code"]
    if state not in _CALLED_OFF:
        return None
    return UserError("class_called_off", ("classNo",), found=state)


async def as_known(
    hub: Hub, request: Request, check: Callable[[AsyncConnection], Awaitable[Checked]]
) -> Callable[[AsyncConnection], Awaitable[Checked]]:
    """``check``, with a warning where what the hub holds of the agency is old."""
    old = await mirror_warnings(hub, request, "osh")

    async def checked(connection: AsyncConnection) -> Checked:
        found = await check(connection)
        return replace(found, warnings=(*found.warnings, *old))

    return checked


def _newer(held: dict[Any, Row], key: object, row: Row, at: datetime | None) -> None:
    """What the agency said after the report came stands; it may have corrected it."""
    before = held.get(key)
    if before is None or at is None or "synced_at" not in before or before["synced_at"] < at:
        held[key] = row


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _signed(trainee: str, line: Mapping[str, Any]) -> dict[str, Any]:
    valid = line["signature_valid"]
    return {
        "id": f"{trainee}/{line['session_no']}",
        "trainee_no": trainee,
        "session_no": line["session_no"],
        "sign_in": line["sign_in"],
        "sign_out": line["sign_out"],
        "late_minutes": line["late_minutes"],
        "leave_hours": line["leave_hours"],
        "signature_valid": "是" if valid else "否",
        "signature_valid__code": "true" if valid else "false",
        "made_up_on": _day(line["made_up_on"]),
        "made_up_hours": line["made_up_hours"],
    }


def _examined(trainee: str, line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{trainee}/{line['attempt']}",
        "trainee_no": trainee,
        "attempt__code": line["attempt"],
        "exam_on": _day(line["exam_on"]),
        "outcome__code": "passed" if line["passed"] else "not_passed",
        "practicum_on": _day(line["practicum_on"]),
        "practicum_place": line["practicum_place"],
        "report_score": line["report_score"],
    }


def _issued(trainee: str, line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": line["certificate_no"],
        "trainee_no": trainee,
        "kind__code": line["kind"],
        "issued_on": _day(line["issued_on"]),
        "confirmed_on": None,
    }

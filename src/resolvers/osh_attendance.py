"""``submitOshAttendance``: signing, lateness, leave and making up (附表八, 附表九).

Rulebook: domain/osh.md, OSH-R40..R46. Only exceptions need a row: a session without one was attended.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.amounts import parse_amount, to_number
from ..domain.submission import UserError
from ..rules.engine import evaluate
from .context import Hub, Request
from .filing import Filed
from .osh_checks import Verdict
from .osh_on_file import with_reported
from .osh_reports import HeldClass, Made, ReportInput, attendance_of, report
from .osh_texts import row_texts

__all__ = ["AttendanceRow", "SubmitOshAttendanceInput", "submit_osh_attendance"]

_DAY_MINUTES, _DAY_HOURS = 1440, 2400
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z", re.ASCII)


class AttendanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trainee in one session; hours in hundredths."""

    trainee_seq: str
    session_no: str
    sign_in: str | None = None
    sign_out: str | None = None
    late_minutes: int | None = None
    leave_hours: int | None = None
    signature_valid: bool = True
    made_up_on: date | None = None
    made_up_hours: int | None = None


class SubmitOshAttendanceInput(ReportInput, frozen=True, kw_only=True):
    """The mutation's input."""

    rows: tuple[AttendanceRow, ...] = ()


async def submit_osh_attendance(
    hub: Hub, request: Request, given: SubmitOshAttendanceInput
) -> Filed:
    """Check a report of attendance as a whole and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """

    async def check(_: AsyncConnection, held: HeldClass) -> Made:
        request.trace.rules.add("osh.attendance")
        return _made(held, given)

    return await report(
        hub, request, "submitOshAttendance", "osh.post_attendance", given, len(given.rows), check
    )


def _made(held: HeldClass, given: SubmitOshAttendanceInput) -> Made:
    errors: list[UserError] = []
    seen: set[tuple[str, str]] = set()
    for row, line in enumerate(given.rows, start=1):
        held.seat(line.trainee_seq, row, errors)
        errors += _row_errors(held, line, row)
        key = (line.trainee_seq.strip(), line.session_no)
        if key in seen:
            errors.append(UserError("row_repeated", ("sessionNo",), None, row))
        seen.add(key)
    warnings = held.late("upload_by", "osh.closing.upload_late")
    if errors:
        return Made(Verdict(tuple(errors), tuple(warnings)))
    lines = [_line(held, line) for line in given.rows]
    return Made(Verdict((), tuple(warnings)), lines, _outcomes(held, lines))


def _row_errors(held: HeldClass, line: AttendanceRow, row: int) -> list[UserError]:
    session = held.sessions.get(line.session_no)
    errors: list[UserError] = []
    if session is None:
        errors.append(
            UserError("session_unknown", ("sessionNo",), None, row, found=line.session_no)
        )
    elif session["date"] is not None and session["date"] > held.day:
        expected, found = f"<= {held.day}", str(session["date"])
        errors.append(
            UserError("session_not_held", ("sessionNo",), None, row, expected, found=found)
        )
    hours = session["hours"] if session is not None else None
    hours = _DAY_HOURS if hours is None else hours
    errors += row_texts(line, row)
    if not 0 <= (line.late_minutes or 0) <= _DAY_MINUTES:
        expected = f"0..{_DAY_MINUTES}"
        found = str(line.late_minutes)
        errors.append(
            UserError("hours_invalid", ("lateMinutes",), None, row, expected, found=found)
        )
    for name, value in (("leaveHours", line.leave_hours), ("madeUpHours", line.made_up_hours)):
        if value is not None and not 0 <= value <= hours:
            expected = f"0..{to_number(hours)}"
            found = str(to_number(value))
            errors.append(UserError("hours_invalid", (name,), None, row, expected, found=found))
    times = (("signIn", line.sign_in), ("signOut", line.sign_out))
    wrong = [
        UserError("time_invalid", (name,), None, row, "HH:MM", found=value)
        for name, value in times
        if value is not None and not _TIME.match(value)
    ]
    if not wrong and line.sign_in and line.sign_out and line.sign_out <= line.sign_in:
        expected, found = f"> {line.sign_in}", line.sign_out
        wrong = [UserError("time_invalid", ("signOut",), None, row, expected, found=found)]
    errors += wrong
    if (line.made_up_on is None) != (not line.made_up_hours):
        name = "madeUpOn" if line.made_up_on is None else "madeUpHours"
        errors.append(UserError("osh.roster.field_missing", (name,), None, row))
    if line.made_up_on is not None and not held.starts_on <= line.made_up_on <= held.day:
        expected, found = f"{held.starts_on}..{held.day}", str(line.made_up_on)
        errors.append(UserError("day_invalid", ("madeUpOn",), None, row, expected, found=found))
    return errors


def _truant(held: HeldClass, line: AttendanceRow) -> int:
    """Hours of truancy of one row, as ``osh.attendance`` counts them, in hundredths."""
    session = held.sessions.get(line.session_no)
    signed = line.sign_in and line.sign_out and line.signature_valid
    if session is None or session["hours"] is None or (signed and not line.late_minutes):
        return 0
    given = {
        "class": {
            "kind": held.kind,
            "total_hours": to_number(session["hours"]),
            "ends_on": held.ends_on.isoformat(),
        },
        "sessions": [{"id": line.session_no, "hours": to_number(session["hours"])}],
        "records": [
            {
                "session": line.session_no,
                "sign_in": bool(line.sign_in),
                "sign_out": bool(line.sign_out),
                "late_minutes": max(0, line.late_minutes or 0),
                "leave_hours": to_number(max(0, line.leave_hours or 0)),
                "signature_valid": line.signature_valid,
            }
        ],
    }
    decision = evaluate("osh.attendance", given, held.day, held.hub.ruleset).decision
    return parse_amount(decision.report["truant_hours"])


def _line(held: HeldClass, line: AttendanceRow) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(line)
    return plain | {
        "trainee_seq": line.trainee_seq.strip(),
        "late_minutes": line.late_minutes or 0,
        "leave_hours": line.leave_hours or 0,
        "absent_hours": _truant(held, line),
    }


def _outcomes(held: HeldClass, lines: list[dict[str, Any]]) -> Mapping[str, Any]:
    """How many trainees of the report stand where (出席判定)."""
    with_reported(held.rows, "submitOshAttendance", lines)
    seats = {str(line["trainee_seq"]) for line in lines}
    found = Counter(
        str(attendance_of(held, held.seats[seat], held.day, held.waived_hours(seat)).get("status"))
        for seat in sorted(seats)
    )
    return {"trainees": len(seats), "outcomes": dict(sorted(found.items()))}

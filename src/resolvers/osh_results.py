"""``submitOshResults`` and ``issueOshCertificates``: the score book and the issue roll.

Rulebook: domain/osh.md, OSH-R50..R54, R61.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.amounts import to_number
from ..domain.bundles import Row
from ..domain.decision import Decision
from ..domain.submission import UserError
from ..domain.text import printable
from ..rules.engine import evaluate
from ..rules.osh_common import CATEGORIES
from ..store.osh_filings import certificate_numbers
from .context import Hub, Request
from .facts import osh_trainees
from .filing import Filed
from .osh_checks import Verdict
from .osh_on_file import with_reported
from .osh_reports import HeldClass, Made, ReportInput, attendance_of, report
from .osh_texts import row_texts

__all__ = [
    "CertificateRow",
    "IssueOshCertificatesInput",
    "ResultRow",
    "SubmitOshResultsInput",
    "issue_osh_certificates",
    "submit_osh_results",
]

_ATTEMPTS = ("1", "2")
_UNDETERMINED = "record_undetermined"
_DUE = {"professional": "certificate_due", "in_service": "proof_due"}
_PAPERS = {"professional": "certificate", "in_service": "proof"}


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting of one trainee; ``attempt`` 1 first (初測), 2 resit (補考)."""

    trainee_seq: str
    exam_on: date
    passed: bool
    attempt: str = "1"
    score: str | None = None
    practicum_on: date | None = None
    practicum_place: str | None = None
    report_score: str | None = None
    remarks: str | None = None


class SubmitOshResultsInput(ReportInput, frozen=True, kw_only=True):
    """The mutation's input."""

    rows: tuple[ResultRow, ...] = ()


class CertificateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One paper of one trainee; hours in hundredths."""

    trainee_seq: str
    certificate_no: str
    issued_on: date
    category_hours: tuple[tuple[str, int], ...] | None = None
    waived_hours: int | None = None
    remarks: str | None = None


class IssueOshCertificatesInput(ReportInput, frozen=True, kw_only=True):
    """The mutation's input; ``noted_no`` must be the one on file where it is said."""

    rows: tuple[CertificateRow, ...] = ()
    noted_no: str | None = None


# Results


async def submit_osh_results(hub: Hub, request: Request, given: SubmitOshResultsInput) -> Filed:
    """Check the score book as a whole and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """

    async def check(_: AsyncConnection, held: HeldClass) -> Made:
        request.trace.rules.update({"osh.attendance", "osh.completion"})
        return _results(held, given)

    return await report(
        hub, request, "submitOshResults", "osh.post_results", given, len(given.rows), check
    )


def _results(held: HeldClass, given: SubmitOshResultsInput) -> Made:
    errors = held.has_ended()
    if held.kind != "professional":
        errors.append(UserError("osh.exam.professional_only", ("classNo",)))
    lines = [_result_line(line) for line in given.rows]
    failed = {
        (item["trainee_no"], item["attempt__code"])
        for item in held.rows.results
        if item["outcome__code"] == "not_passed"
    }
    seen: set[tuple[str, str]] = set()
    for line in given.rows:
        trainee = held.seats.get(line.trainee_seq.strip())
        if trainee is not None and not line.passed:
            failed.add((trainee["id"], line.attempt))
    for row, line in enumerate(given.rows, start=1):
        trainee = held.seat(line.trainee_seq, row, errors)
        errors += _result_errors(held, line, row)
        key = (line.trainee_seq.strip(), line.attempt)
        if key in seen:
            errors.append(UserError("row_repeated", ("attempt",), None, row))
        seen.add(key)
        if trainee is None:
            continue
        if line.attempt == "2" and (trainee["id"], "1") not in failed:
            errors.append(UserError("osh.exam.no_first_failure", ("attempt",), None, row))
        errors += _admission(held, trainee, line, row)
    warnings = held.late("upload_by", "osh.closing.upload_late")
    if errors:
        return Made(Verdict(tuple(errors), tuple(warnings)))
    with_reported(held.rows, "submitOshResults", lines)
    for row, line in enumerate(given.rows, start=1):
        decision = completion_of(held, held.seats[line.trainee_seq.strip()])
        warnings += [
            UserError(finding.code, ("examOn",), None, row)
            for finding in (decision.findings if decision else ())
            if finding.code.startswith("osh.exam.")
        ]
    passed = sum(line.passed for line in given.rows)
    summary = {"passed": passed, "not_passed": len(given.rows) - passed}
    return Made(Verdict((), tuple(warnings)), lines, summary)


def _result_line(line: ResultRow) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(line)
    return plain | {"trainee_seq": line.trainee_seq.strip()}


def _day_error(name: str, found: date, first: date, last: date, row: int) -> UserError:
    return UserError("day_invalid", (name,), None, row, f"{first}..{last}", found=str(found))


def _result_errors(held: HeldClass, line: ResultRow, row: int) -> list[UserError]:
    errors = list(row_texts(line, row))
    if not held.ends_on <= line.exam_on <= held.day:
        errors.append(_day_error("examOn", line.exam_on, held.ends_on, held.day, row))
    if line.practicum_on is not None and not held.starts_on <= line.practicum_on <= held.day:
        errors.append(_day_error("practicumOn", line.practicum_on, held.starts_on, held.day, row))
    if line.attempt not in _ATTEMPTS:
        known = "、".join(_ATTEMPTS)
        errors.append(UserError("enum_invalid", ("attempt",), None, row, known, found=line.attempt))
    return errors


def _admission(held: HeldClass, trainee: Row, line: ResultRow, row: int) -> list[UserError]:
    """Whether the trainee could sit at all: not withdrawn, everything made up (OSH-R50)."""
    if held.kind != "professional":
        return []
    waived = held.waived_hours(line.trainee_seq.strip())
    found = attendance_of(held, trainee, line.exam_on, waived)
    if not found or found["may_sit_exam"]:
        return []
    return [
        UserError(
            "osh.exam.not_admitted",
            ("traineeSeq",),
            None,
            row,
            "attended、made_up",
            found=str(found["status"]),
        ),
    ]


def completion_of(held: HeldClass, trainee: Row, waived: int | None = None) -> Decision | None:
    """``osh.completion`` of a trainee on the business day, with what was filed since."""
    if waived is None:
        waived = held.waived_hours(str(trainee["seq"]).strip())
    attended = attendance_of(held, trainee, held.day, waived)
    said = None if waived is None else {"waived_hours": waived / 100}
    built = osh_trainees.completion(
        held.rows, trainee, held.day, attended, declared=said, holidays=held.hub.holidays
    )
    if built.given is None:
        return None
    return evaluate(built.rule, built.given, held.day, held.hub.ruleset).decision


# Certificates and proofs


async def issue_osh_certificates(
    hub: Hub, request: Request, given: IssueOshCertificatesInput
) -> Filed:
    """Check who may get a certificate or proof, and queue the issue roll when all of them may.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """

    async def check(connection: AsyncConnection, held: HeldClass) -> Made:
        request.trace.rules.add("osh.completion")
        numbers = {printable(line.certificate_no).strip() for line in given.rows}
        taken = await certificate_numbers(connection, sorted(numbers))
        return _certificates(held, given, taken)

    return await report(
        hub, request, "issueOshCertificates", "osh.post_certificates", given, len(given.rows),
        check,
    )  # fmt: skip


def _certificates(held: HeldClass, given: IssueOshCertificatesInput, taken: set[str]) -> Made:
    errors = held.has_ended()
    noted = held.own.noted_no
    if not noted:
        errors.append(UserError("osh.certificate.no_noted_number", ("classNo",)))
    elif given.noted_no is not None and given.noted_no.strip() != noted:
        errors.append(
            UserError("noted_no_wrong", ("notedNo",), expected=noted, found=given.noted_no)
        )
    holders = {item["trainee_no"] for item in held.rows.certificates}
    taken = taken | {item["id"] for item in held.rows.certificates}
    warnings: list[UserError] = []
    for row, line in enumerate(given.rows, start=1):
        trainee = held.seat(line.trainee_seq, row, errors)
        errors += _paper_errors(held, line, row, taken)
        taken.add(line.certificate_no.strip())
        if trainee is None:
            continue
        if trainee["id"] in holders:
            errors.append(UserError("osh.certificate.already_issued", ("traineeSeq",), None, row))
        holders.add(trainee["id"])
        if any(item.row == row and item.field == ("waivedHours",) for item in errors):
            continue
        decision = completion_of(held, trainee, line.waived_hours)
        errors += _entitlement(held, decision, row)
        warnings += _issued_late(decision, line, row)
    warnings += held.late("issue_roll_by", "osh.closing.roll_late")
    verdict = Verdict(tuple(errors), tuple(warnings))
    if errors:
        return Made(verdict)
    lines = [_paper_line(held, line) for line in given.rows]
    # The roll is registered with this submission (mapping.md 3, osh.closing).
    summary = {"issue_roll_on": held.day.isoformat()}
    return Made(verdict, lines, summary, {"noted_no": noted})


def _paper_errors(
    held: HeldClass, line: CertificateRow, row: int, taken: set[str]
) -> list[UserError]:
    errors = list(row_texts(line, row))
    number = line.certificate_no.strip()
    if not number or number in taken:
        errors.append(UserError("certificate_no_invalid", ("certificateNo",), None, row))
    if not held.ends_on <= line.issued_on <= held.day:
        errors.append(_day_error("issuedOn", line.issued_on, held.ends_on, held.day, row))
    hours = line.category_hours or ()
    total = held.rows.training_class["total_hours"]
    waived = line.waived_hours
    if waived is not None and not 0 <= waived <= (total or 0):
        expected = f"0..{to_number(total or 0)}"
        found = str(to_number(waived))
        errors.append(
            UserError("hours_invalid", ("waivedHours",), None, row, expected, found=found)
        )
    if any(category not in CATEGORIES for category, _ in hours):
        path = ("categoryHours", "category")
        errors.append(UserError("enum_invalid", path, None, row, "、".join(CATEGORIES)))
    if any(value <= 0 for _, value in hours) or (
        total is not None and sum(value for _, value in hours) > total
    ):
        most = None if total is None else f"<= {to_number(total)}"
        path = ("categoryHours", "hours")
        found = str(to_number(sum(value for _, value in hours)))
        errors.append(UserError("hours_invalid", path, None, row, most, found=found))
    return errors


def _entitlement(held: HeldClass, decision: Decision | None, row: int) -> list[UserError]:
    """Every bar at once (OSH-R54); else what is still outstanding."""
    if decision is None:
        return [UserError(_UNDETERMINED, ("traineeSeq",), None, row)]
    due = _DUE[held.kind]
    if decision.status == due:
        return []
    bars = [item.code for item in decision.findings if item.code.startswith("osh.bar.")]
    if decision.status == "barred":
        return [UserError(code, ("traineeSeq",), None, row, due) for code in bars]
    code = "make_up_pending" if decision.status == "make_up_pending" else "osh.exam.not_passed"
    return [UserError(code, ("traineeSeq",), None, row, due, found=decision.status)]


def _issued_late(decision: Decision | None, line: CertificateRow, row: int) -> Sequence[UserError]:
    """Issued after the last day: 20 days for a certificate, the last day itself for a proof."""
    report_: Mapping[str, Any] = decision.report if decision is not None else {}
    due = report_.get("certificate_by") or report_.get("proof_on")
    if not isinstance(due, date) or line.issued_on <= due:
        return ()
    expected = f"<= {due.isoformat()}"
    found = str(line.issued_on)
    return (UserError("osh.closing.issue_late", ("issuedOn",), None, row, expected, found=found),)


def _paper_line(held: HeldClass, line: CertificateRow) -> dict[str, Any]:
    hours = line.category_hours
    if hours is None and held.kind == "in_service":
        hours = tuple(_taught(held.rows.sessions).items())
    return {
        "trainee_seq": line.trainee_seq.strip(),
        "certificate_no": line.certificate_no.strip(),
        "issued_on": line.issued_on.isoformat(),
        "category_hours": [[category, value] for category, value in hours or ()],
        "remarks": line.remarks,
        "kind": _PAPERS[held.kind],
    }


def _taught(sessions: Sequence[Row]) -> dict[str, int]:
    """Hours by category of the class's timetable, in hundredths."""
    found: dict[str, int] = {}
    for item in sessions:
        if item["category__code"] is not None:
            category = item["category__code"]
            found[category] = found.get(category, 0) + (item["hours"] or 0)
    return found

"""What every report after a class has in common: the class, its seats, its last days.

Attendance (附表八, 附表九), results (附表十) and the issue roll (附表十一, 附表十二) are reported row by
row; a repeated row replaces the one on file, so that a later report never takes an earlier one back.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.bundles import ClassRows, Row
from ..domain.submission import UserError
from ..rules.engine import evaluate
from .context import Hub, Request
from .facts import osh_trainees
from .facts.osh_common import rest_days
from .filing import Checked, Filed, content_hash, file
from .osh_checks import Verdict
from .osh_filing import own_id
from .osh_on_file import OwnClass, as_known, is_called_off, own_class

__all__ = ["MAX_ROWS", "HeldClass", "Made", "ReportInput", "attendance_of", "report"]

MAX_ROWS = 10_000
"""Rows of one report: a class of 120 with 80 sessions."""


class ReportInput(msgspec.Struct, frozen=True, kw_only=True):
    """What every report says.

    Attributes:
        class_no: 班別編號.
    """

    idempotency_key: str
    class_no: str
    validate_only: bool = False


_I = TypeVar("_I", bound=ReportInput)


@dataclass(frozen=True, slots=True)
class HeldClass:
    """A class on file, as reports need it.

    Attributes:
        rows: Mirror rows with what was filed since.
        seats: Trainees by 序號.
        sessions: Sessions by 課程序號.
        day: Business day.
    """

    own: OwnClass
    rows: ClassRows
    seats: Mapping[str, Row]
    sessions: Mapping[str, Row]
    day: date
    hub: Hub

    @property
    def kind(self) -> str:
        """Of the training: professional or in_service."""
        kind: str = self.rows.training_class["training_kind__code"]
        return kind

    @property
    def starts_on(self) -> date:
        """First day."""
        day: date = self.rows.training_class["starts_on"]
        return day

    @property
    def ends_on(self) -> date:
        """Last day."""
        day: date = self.rows.training_class["ends_on"]
        return day

    def due(self, duty: str) -> date | None:
        """Last day of a duty of ``osh.closing`` (``upload_by``); None where there is none."""
        held = {"kind": self.kind, "ends_on": self.ends_on.isoformat()}
        given = {"class": held, "holidays": rest_days(self.hub.holidays, self.ends_on)}
        found = evaluate("osh.closing", given, self.day, self.hub.ruleset).decision
        due = found.report.get(duty)
        return due if isinstance(due, date) else None

    def late(self, duty: str, code: str) -> list[UserError]:
        """A report after its last day is taken, and said to be late."""
        due = self.due(duty)
        if due is None or self.day <= due:
            return []
        return [UserError(code, ("classNo",), expected=f"<= {due}", found=str(self.day))]

    def seat(self, trainee_seq: str, row: int, errors: list[UserError]) -> Row | None:
        """The trainee of a row; an error where the roster has nobody there."""
        found = self.seats.get(trainee_seq.strip())
        if found is None:
            errors.append(
                UserError("trainee_unknown", ("traineeSeq",), None, row, found=trainee_seq)
            )
        return found

    def has_ended(self) -> list[UserError]:
        """Nothing of this to report before the class's last day."""
        if self.day >= self.ends_on:
            return []
        expected, found = f">= {self.ends_on}", str(self.day)
        return [UserError("class_not_ended", ("classNo",), expected=expected, found=found)]

    def waived_hours(self, trainee_seq: str) -> int | None:
        """Hours of the courses that the trainee need not attend (抵免), in hundredths."""
        if not self.own.through_hub:
            return None
        for trainee in self.own.plan.trainees:
            if (trainee.seq or "").strip() == trainee_seq and trainee.waiver:
                waived = set(trainee.waiver.get("courses") or ())
                hours = [
                    item["hours"] or 0 for item in self.rows.sessions if item["course"] in waived
                ]
                return sum(hours)
        return None


@dataclass(slots=True)
class Made:
    """What a report's own checks make of its rows.

    Attributes:
        lines: As they are kept and sent.
        summary: Figures beside the number of rows.
        payload: What the agency's call needs beside the rows.
    """

    verdict: Verdict
    lines: Sequence[Mapping[str, Any]] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


def attendance_of(
    held: HeldClass, trainee: Row, as_of: date, waived: int | None = None
) -> Mapping[str, Any]:
    """What ``osh.attendance`` reports of a trainee; empty where the class is not complete on file."""
    said = None if waived is None else {"waived_hours": waived / 100}
    built = osh_trainees.attendance(
        held.rows, trainee, as_of, declared=said, holidays=held.hub.holidays
    )
    if built.given is None:
        return {}
    decision = evaluate(built.rule, built.given, as_of, held.hub.ruleset).decision
    return {**decision.report, "status": decision.status}


async def report(
    hub: Hub,
    request: Request,
    kind: str,
    operation: str,
    given: _I,
    count: int,
    check: Callable[[AsyncConnection, HeldClass], Awaitable[Made]],
) -> Filed:
    """File a report: all rows or none.

    Args:
        hub: The hub.
        request: Who files, on which business day.
        kind: The mutation.
        operation: The agency's call.
        given: The input, for its hash.
        count: Rows.
        check: The report's own checks, on a class that is the caller's.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    plain = msgspec.to_builtins(given)
    digest = content_hash({k: v for k, v in plain.items() if k not in _OF_THE_CALL})

    async def whole(connection: AsyncConnection) -> Checked:
        own = await own_class(connection, hub, request, given.class_no)
        errors = _before(own, count)
        if errors or own is None or own.rows is None:
            owner = own_id(request) if own is None else own.institution
            return Checked(
                owner, given.class_no, errors, {}, {"rows": count}, None, request.instant
            )
        rows = own.rows
        held = HeldClass(
            own,
            rows,
            {str(item["seq"]).strip(): item for item in rows.trainees if item["seq"] is not None},
            {item["id"]: item for item in rows.sessions},
            request.business_day,
            hub,
        )
        made = await check(connection, held)
        sent = not made.verdict.errors
        return Checked(
            own.institution,
            given.class_no,
            made.verdict.errors,
            {
                **made.payload,
                "class_no": given.class_no,
                "institution_code": own.institution_code,
                "rows": list(made.lines),
            }
            if sent
            else {},
            {"rows": count, **made.summary},
            operation if sent else None,
            request.instant,
            warnings=made.verdict.warnings,
            county=rows.training_class["county__code"],
            replaces=(),
        )

    return await file(
        hub, request, kind, "osh", given.idempotency_key, digest,
        await as_known(hub, request, whole), validate_only=given.validate_only,
    )  # fmt: skip


_OF_THE_CALL = frozenset({"idempotency_key", "validate_only"})


def _before(own: OwnClass | None, count: int) -> tuple[UserError, ...]:
    """What stands against any report, before its rows are looked at."""
    if own is None:
        return (UserError("class_not_found", ("classNo",)),)
    if own.rows is None:
        return (UserError("class_not_synced", ("classNo",)),)
    if (off := is_called_off(own)) is not None:
        return (off,)
    if count == 0:
        return (UserError("rows_missing", ("rows",), expected=">= 1"),)
    if count > MAX_ROWS:
        return (UserError("too_many_rows", ("rows",), expected=f"<= {MAX_ROWS}"),)
    return ()

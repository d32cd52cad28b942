"""A trainee's way: attendance, making up, examination, certificate or proof.

Rulebook: domain/osh.md, OSH-R40..R54.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ..domain.amounts import to_number
from ..domain.decision import Deadline, Decision, Figure, Finding, Requirement, Severity, Step
from ..domain.errors import InvalidFacts
from ..domain.periods import DAY
from .facts import Count, Facts, Hundredths, require_unique
from .osh_common import Kind, after, text_notices, year_after
from .params import Params, Ruleset

__all__ = ["AttendanceFacts", "CompletionFacts", "attendance", "completion"]

_GROUP = "osh.attendance"


class AttendedClass(Facts, frozen=True):
    """The class; ``total_hours``: 課程總時數."""

    kind: Kind
    total_hours: Hundredths
    ends_on: date


class TimetableRow(Facts, frozen=True):
    """A session with its hours."""

    id: str
    hours: Hundredths


class SignRecord(Facts, frozen=True):
    """An exception on one session; what is not said was signed, on time, without leave."""

    session: str
    sign_in: bool = True
    sign_out: bool = True
    late_minutes: Count = 0
    leave_hours: Hundredths = Hundredths(0)
    signature_valid: bool = True


class MadeUp(Facts, frozen=True, rename={"made_up_on": "date"}):
    """Hours made up on a day."""

    made_up_on: date
    hours: Hundredths


class AttendanceFacts(Facts, frozen=True, rename={"training_class": "class"}):
    """Facts of ``osh.attendance``."""

    training_class: AttendedClass
    waived_hours: Hundredths = Hundredths(0)
    sessions: tuple[TimetableRow, ...] = ()
    records: tuple[SignRecord, ...] = ()
    make_up: tuple[MadeUp, ...] = ()
    holidays: tuple[date, ...] = ()


def _missed(facts: AttendanceFacts, late_minutes: int) -> tuple[int, int]:
    """(leave, truancy) in hundredths of hours, session by session (OSH-R41, R42)."""
    hours = {session.id: session.hours for session in facts.sessions}
    leave: dict[str, int] = {}
    truant: set[str] = set()
    for index, record in enumerate(facts.records):
        if record.session not in hours:
            raise InvalidFacts.at(f"records[{index}].session", "a session of the timetable")
        asked = leave.get(record.session, 0) + record.leave_hours
        leave[record.session] = min(asked, hours[record.session])
        signed = record.sign_in and record.sign_out and record.signature_valid
        if not signed or record.late_minutes >= late_minutes:
            truant.add(record.session)
    missed = sum(hours[session] - leave[session] for session in truant)
    return sum(leave.values()), missed


class _MakeUp(NamedTuple):
    status: str
    outstanding: int
    due: date | None


def _make_up(
    facts: AttendanceFacts, leave: int, truancy: int, as_of: date, figures: Params
) -> _MakeUp:
    """OSH-R44: more leave than allowed, or any truancy, and all missed hours are made up."""
    if leave <= 100 * figures.value(_GROUP, "leave_hours") and truancy == 0:
        return _MakeUp("attended", 0, None)
    years = figures.get(_GROUP, "make_up_years")
    due = None
    if years is not None:
        due = year_after(facts.training_class.ends_on, years.value, facts.holidays, figures)
    done = sum(
        item.hours
        for item in facts.make_up
        if item.made_up_on <= as_of and (due is None or item.made_up_on <= due)
    )
    outstanding = max(0, leave + truancy - done)
    if outstanding == 0:
        return _MakeUp("made_up", 0, due)
    overdue = due is not None and as_of > due
    return _MakeUp("make_up_overdue" if overdue else "make_up_required", outstanding, due)


def attendance(facts: AttendanceFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Hours missed by leave and truancy, and what follows: making up, withdrawal, exam.

    Raises:
        InvalidFacts: a record names a session that is not in the timetable, a session stands twice,
            a class has no hours, or more are waived than it has.

    Law: seed-002 points 7, 13 and annexes 8, 9 (OSH-R40..R46).
    """
    held = facts.training_class
    require_unique((session.id for session in facts.sessions), "sessions")
    if held.total_hours == 0:
        raise InvalidFacts.at("class.total_hours", "the hours of the class, above zero")
    if facts.waived_hours > held.total_hours:
        raise InvalidFacts.at("waived_hours", "not more than class.total_hours")
    figures = ruleset.on(held.ends_on)
    leave, truancy = _missed(facts, figures.value(_GROUP, "late_minutes"))
    absent = leave + truancy
    divisor = figures.figure(_GROUP, "absence_divisor")
    codes = set()
    make_up = _MakeUp("attended", 0, None)
    if held.kind == "in_service":
        required, met = 0, absent == 0
        if not met:
            make_up = _MakeUp("incomplete", 0, None)
            codes.add("osh.bar.not_full_attendance")
    else:
        required, met = held.total_hours // divisor.value, absent * divisor.value < held.total_hours
        if absent * divisor.value >= held.total_hours - facts.waived_hours:
            codes.add("osh.bar.absence_fifth")
        if figures.value(_GROUP, "withdraws") and not met:
            make_up = _MakeUp("withdrawn", 0, None)
        else:
            make_up = _make_up(facts, leave, truancy, as_of, figures)
    report: dict[str, object] = {
        "leave_hours": to_number(leave),
        "truant_hours": to_number(truancy),
        "absent_hours": to_number(absent),
        "make_up_hours": to_number(make_up.outstanding),
        "may_sit_exam": held.kind == "professional" and make_up.status in {"attended", "made_up"},
    }
    deadlines: tuple[Deadline, ...] = ()
    if make_up.due is not None:
        report["make_up_by"] = make_up.due
        deadlines = (Deadline("osh.attendance.make_up", make_up.due, "seed-002#point-7"),)
    step = Step(
        "osh.attendance",
        "seed-002#point-7",
        (
            Figure("leave", leave, "hours"),
            Figure("truancy", truancy, "hours"),
            Figure("total", held.total_hours, "hours"),
            Figure("limit", required, "hours", divisor.law),
        ),
        absent,
        "hours",
        met,
        tuple(Step(code, "seed-002#point-13", met=False) for code in sorted(codes)),
    )
    days = [item.made_up_on for item in facts.make_up] + [item.due + DAY for item in deadlines]
    return Decision(
        rule="osh.attendance",
        as_of=as_of,
        status=make_up.status,
        eligible=None,
        explanation=step,
        requirements=(Requirement("osh.absence", met, absent, required, "hours", divisor.law),),
        findings=tuple(Finding(code, Severity.ERROR, divisor.law) for code in sorted(codes)),
        report=report,
        deadlines=deadlines,
        citations=("seed-002#point-7", divisor.law),
        next_change_on=min((day for day in days if day > as_of), default=None),
        notices=text_notices(figures),
    )


class CompletedClass(Facts, frozen=True):
    """The class; ``noted_number``: 備查文號."""

    kind: Kind
    ends_on: date
    noted_number: str | None = None


class Trainee(Facts, frozen=True):
    """A trainee; ``make_up_hours``: what is still to be made up."""

    qualified: bool
    identity_ok: bool = True
    hours_due: Hundredths | None = None
    absent_hours: Hundredths = Hundredths(0)
    make_up_hours: Hundredths = Hundredths(0)
    practicum_done: bool = False
    report_approved: bool = False


class Exam(Facts, frozen=True, rename={"sat_on": "date"}):
    """One sitting of the examination."""

    sat_on: date
    passed: bool


class CompletionFacts(Facts, frozen=True, rename={"training_class": "class"}):
    """Facts of ``osh.completion``."""

    training_class: CompletedClass
    trainee: Trainee
    exams: tuple[Exam, ...] = ()
    holidays: tuple[date, ...] = ()


class _Examined(NamedTuple):
    status: str
    passed_on: date | None = None
    resit_by: date | None = None
    codes: frozenset[str] = frozenset()


def _examined(
    exams: Sequence[Exam], facts: CompletionFacts, as_of: date, figures: Params
) -> _Examined:
    """OSH-R50, R51: a first sitting and one resit, finished within the year."""
    if not exams:
        return _Examined("exam_pending")
    first, *rest = exams
    if first.passed:
        return _Examined("certificate_due", first.sat_on)
    resit_by = year_after(
        facts.training_class.ends_on, figures.value(_GROUP, "resit_years"), facts.holidays, figures
    )
    codes = set()
    if len(exams) > figures.value(_GROUP, "exam_attempts"):
        codes.add("osh.exam.too_many_attempts")
    if not rest:
        status = "resit_open" if as_of <= resit_by else "resit_expired"
        return _Examined(status, None, resit_by, frozenset(codes))
    resit = rest[0]
    if resit.sat_on > resit_by:
        codes.add("osh.exam.resit_too_late")
        return _Examined("resit_expired", None, resit_by, frozenset(codes))
    if resit.passed:
        return _Examined("certificate_due", resit.sat_on, resit_by, frozenset(codes))
    return _Examined("failed_final", None, resit_by, frozenset(codes))


def _bars(facts: CompletionFacts, passed: bool, figures: Params) -> set[str]:
    """OSH-R54: all bars at once; the report only once an examination is passed."""
    trainee = facts.trainee
    bars = set()
    if not trainee.qualified:
        bars.add("osh.bar.not_qualified")
    if not trainee.identity_ok:
        bars.add("osh.bar.impersonation")
    if facts.training_class.kind == "in_service":
        if trainee.absent_hours > 0:
            bars.add("osh.bar.not_full_attendance")
        return bars
    divisor = figures.value(_GROUP, "absence_divisor")
    if trainee.hours_due is not None and trainee.absent_hours * divisor >= trainee.hours_due:
        bars.add("osh.bar.absence_fifth")
    if passed and not (trainee.practicum_done and trainee.report_approved):
        bars.add("osh.bar.no_practicum_report")
    return bars


def completion(facts: CompletionFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a trainee gets a certificate or a proof, by when, or what stands against it.

    Law: seed-002 points 8, 9, 13 (OSH-R50..R54).
    """
    held = facts.training_class
    figures = ruleset.on(held.ends_on)
    exams = sorted(
        (exam for exam in facts.exams if exam.sat_on <= as_of), key=lambda exam: exam.sat_on
    )
    professional = held.kind == "professional"
    examined = _examined(exams, facts, as_of, figures) if professional else _Examined("proof_due")
    bars = _bars(facts, examined.passed_on is not None, figures)
    codes = bars | examined.codes
    report: dict[str, object] = {}
    deadlines: list[Deadline] = []
    if examined.resit_by is not None:
        report["resit_by"] = examined.resit_by
        deadlines.append(Deadline("osh.exam.resit", examined.resit_by, "seed-002#point-8-3"))
    if bars:
        status = "barred"
    elif professional and facts.trainee.make_up_hours > 0:
        status = "make_up_pending"
    else:
        status = examined.status
    if status == "certificate_due" and examined.passed_on is not None:
        days = figures.figure("osh.class", "certificate_days")
        start = held.ends_on
        if (examined.passed_on - held.ends_on).days > days.value:
            start = examined.passed_on
        due = after(start, days.value, facts.holidays, figures)
        report["certificate_by"] = due
        deadlines.append(Deadline("osh.certificate.issue", due, days.law))
        if not held.noted_number:
            codes.add("osh.certificate.no_noted_number")
    if status == "proof_due":
        proof = figures.get("osh.class", "proof_days")
        if proof is not None:
            report["proof_on"] = held.ends_on
            deadlines.append(Deadline("osh.proof.issue", held.ends_on, proof.law))
    step = Step(
        "osh.completion",
        "seed-002#point-9",
        (Figure("ends_on", held.ends_on), Figure("passed_on", examined.passed_on)),
        status,
        None,
        status in {"certificate_due", "proof_due"},
        tuple(Step(code, "seed-002#point-13", met=False) for code in sorted(codes)),
    )
    days_ahead = [exam.sat_on for exam in facts.exams] + [item.due + DAY for item in deadlines]
    return Decision(
        rule="osh.completion",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=tuple(
            Finding(code, Severity.ERROR if code in bars else Severity.WARNING)
            for code in sorted(codes)
        ),
        report=report,
        deadlines=tuple(sorted(deadlines, key=lambda item: item.due)),
        citations=("seed-002#point-8-3", "seed-002#point-9", "seed-002#point-13"),
        next_change_on=min((day for day in days_ahead if day > as_of), default=None),
        notices=text_notices(figures),
    )

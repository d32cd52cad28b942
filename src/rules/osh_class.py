"""Filing a class (報備) and closing it (結訓後登錄): what is missing, late or over.

Rulebook: domain/osh.md, OSH-R20..R27, R60..R64.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY, end_of_period
from .facts import Count, Facts, Hundredths, require_order, require_unique
from .osh_common import (
    CATEGORIES,
    Category,
    ClassDocument,
    Format,
    Kind,
    after,
    before,
    text_notices,
)
from .params import Params, Ruleset
from .provider import Provider, Termination, check_provider, is_recognised

__all__ = ["ClassFilingFacts", "ClosingFacts", "class_filing", "closing"]

_GROUP = "osh.class"
_ALWAYS_WARNINGS = frozenset(
    {
        "osh.class.over_80",
        "osh.class.over_120",
        "osh.class.category_missing",
        "osh.class.ends_after_recognition",
    }
)


class FiledClass(Facts, frozen=True):
    """A class as filed (附表二)."""

    kind: Kind
    starts_on: date
    ends_on: date
    format: Format = "lecture"
    filed_on: date | None = None
    letter_on: date | None = None
    enrolled: Count = 0
    counsellor: bool = False
    documents: tuple[ClassDocument, ...] = ()
    changed_on: date | None = None
    category_hours: dict[Category, Hundredths] | None = None


class ClassRecognition(Facts, frozen=True):
    """The recognition under which the class is held."""

    valid_from: date
    valid_to: date
    training_kinds: tuple[Kind, ...]
    terminated: Termination | None = None


class Lecturer(Facts, frozen=True):
    """A row of the lecturer roster (附表四)."""

    id: str
    clause: str | None = None


class Session(Facts, frozen=True):
    """A row of the timetable (附表三)."""

    lecturer: str
    hours: Hundredths
    category: Category | None = None


class ClassFilingFacts(Facts, frozen=True, rename={"training_class": "class"}):
    """Facts of ``osh.class_filing``; lists that are not given are not checked."""

    training_class: FiledClass
    recognition: ClassRecognition | None = None
    lecturers: tuple[Lecturer, ...] | None = None
    timetable: tuple[Session, ...] | None = None


def _size(filed: FiledClass, figures: Params) -> set[str]:
    """OSH-R23: limits in principle warn; the discussion limit refuses and stands alone."""
    if filed.kind == "professional":
        limit = figures.get(_GROUP, "size_professional")
        over = limit is not None and filed.enrolled > limit.value
        return {"osh.class.over_80"} if over else set()
    discussion = figures.get(_GROUP, "size_discussion")
    if filed.format == "group_discussion" and discussion is not None:
        if filed.enrolled > discussion.value:
            return {"osh.class.over_60_discussion"}
        return set()
    limit = figures.get(_GROUP, "size_in_service")
    return {"osh.class.over_120"} if limit is not None and filed.enrolled > limit.value else set()


def _category_hours(facts: ClassFilingFacts) -> Mapping[str, int] | None:
    filed = facts.training_class
    if filed.category_hours is not None:
        return {str(category): int(hours) for category, hours in filed.category_hours.items()}
    if facts.timetable is None:
        return None
    sums: dict[str, int] = {}
    for session in facts.timetable:
        if session.category is not None:
            sums[session.category] = sums.get(session.category, 0) + session.hours
    return sums


def _categories(facts: ClassFilingFacts, figures: Params) -> set[str]:
    """OSH-R24: each category that is taught has its hours; one that is absent is a warning."""
    needed = figures.get(_GROUP, "category_hours")
    hours = _category_hours(facts)
    if facts.training_class.kind != "in_service" or needed is None or hours is None:
        return set()
    codes = set()
    for category in CATEGORIES:
        if hours.get(category, 0) == 0:
            codes.add("osh.class.category_missing")
        elif hours[category] < 100 * needed.value:
            codes.add("osh.class.category_below_2h")
    return codes


def _lecturers(facts: ClassFilingFacts) -> set[str]:
    """OSH-R25: every lecturer names the clause; every session's lecturer stands in the roster."""
    codes = set()
    roster = facts.lecturers
    if roster is not None:
        if any(not lecturer.clause for lecturer in roster):
            codes.add("osh.class.lecturer_clause_missing")
        known = {lecturer.id for lecturer in roster}
        if any(session.lecturer not in known for session in facts.timetable or ()):
            codes.add("osh.class.lecturer_not_in_roster")
    return codes


def _recognition(facts: ClassFilingFacts, as_of: date) -> set[str]:
    """OSH-R26: recognised on the first day and for this kind of training."""
    held = facts.recognition
    if held is None:
        return set()
    filed = facts.training_class
    term = Provider(valid_from=held.valid_from, valid_to=held.valid_to, terminated=held.terminated)
    check_provider(term, "recognition")
    codes = set()
    if not is_recognised(term, filed.starts_on, as_of):
        codes.add("osh.class.institution_not_recognised")
    if filed.kind not in held.training_kinds:
        codes.add("osh.class.kind_not_recognised")
    if filed.ends_on > held.valid_to:
        codes.add("osh.class.ends_after_recognition")
    return codes


def _seen(day: date | None, as_of: date) -> date | None:
    """What is dated later than the day asked about has not happened yet."""
    return day if day is not None and day <= as_of else None


def class_filing(facts: ClassFilingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a class plan can be filed: dates, documents, size, lecturers, recognition.

    Raises:
        InvalidFacts: the class or the recognition ends before it starts, a lecturer stands twice.

    Law: seed-002 points 4, 6 and annexes 1-4 (OSH-R20..R26).
    """
    filed = facts.training_class
    require_order(filed.starts_on, filed.ends_on, "class.ends_on")
    require_unique((one.id for one in facts.lecturers or ()), "lecturers")
    figures = ruleset.on(filed.ends_on)
    file_by = before(filed.starts_on, figures.value(_GROUP, "file_days"))
    change_by = before(filed.starts_on, figures.value(_GROUP, "change_days"))
    missing = [item for item in figures.value(_GROUP, "documents") if item not in filed.documents]
    codes = _size(filed, figures) | _categories(facts, figures) | _lecturers(facts)
    codes |= _recognition(facts, as_of)
    if (_seen(filed.filed_on, as_of) or as_of) > file_by:
        codes.add("osh.class.filed_late")
    letter = _seen(filed.letter_on, as_of)
    if letter is None or letter > file_by:
        codes.add("osh.class.not_sent_to_local_authority")
    if missing:
        codes.add("osh.class.document_missing")
    if filed.enrolled < figures.value(_GROUP, "min_enrolled"):
        codes.add("osh.class.too_few_enrolled")
    if not filed.counsellor:
        codes.add("osh.class.counsellor_missing")
    changed = _seen(filed.changed_on, as_of)
    if changed is not None and changed > change_by:
        codes.add("osh.class.changed_late")
    lenient = set(_ALWAYS_WARNINGS)
    if filed.kind == "in_service":
        lenient.add("osh.class.lecturer_clause_missing")
    errors = codes - lenient
    status = "rejected" if errors else "accepted_with_warnings" if codes else "accepted"
    law = figures.figure(_GROUP, "file_days").law
    findings = tuple(
        Finding(code, Severity.WARNING if code in lenient else Severity.ERROR, law)
        for code in sorted(codes)
    )
    step = Step(
        "osh.class_filing",
        law,
        (
            Figure("starts_on", filed.starts_on),
            Figure("file_by", file_by, law=law),
            Figure("filed_on", filed.filed_on),
            Figure("enrolled", 100 * filed.enrolled, "persons"),
        ),
        status,
        None,
        not errors,
        tuple(Step(code, law, met=code in lenient) for code in sorted(codes)),
    )
    return Decision(
        rule="osh.class_filing",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=findings,
        report={"file_by": file_by, "change_by": change_by, "missing_documents": missing},
        deadlines=(
            Deadline("osh.class.file", file_by, law),
            Deadline("osh.class.change", change_by, figures.figure(_GROUP, "change_days").law),
        ),
        citations=(law, "seed-002#annex-2-note-1"),
        next_change_on=_next_change(facts, as_of, file_by),
        notices=text_notices(figures),
    )


def _next_change(facts: ClassFilingFacts, as_of: date, file_by: date) -> date | None:
    filed = facts.training_class
    ended = facts.recognition.terminated if facts.recognition else None
    days = [filed.filed_on, filed.letter_on, filed.changed_on, ended.decided_on if ended else None]
    if _seen(filed.filed_on, as_of) is None:
        days.append(file_by + DAY)
    return min((day for day in days if day is not None and day > as_of), default=None)


class ClosedClass(Facts, frozen=True):
    """A class that has ended."""

    kind: Kind
    ends_on: date


class ClosingFacts(Facts, frozen=True, rename={"training_class": "class"}):
    """Facts of ``osh.closing``."""

    training_class: ClosedClass
    uploaded_on: date | None = None
    issue_roll_on: date | None = None
    issued_on: date | None = None
    confirmed_on: date | None = None
    holidays: tuple[date, ...] = ()


class _Duty(msgspec.Struct, frozen=True):
    name: str
    due: date
    done: date | None
    law: str


def _duties(facts: ClosingFacts, figures: Params) -> dict[str, _Duty]:
    ended = facts.training_class
    duties: dict[str, _Duty] = {}
    upload = figures.get(_GROUP, "upload_days")
    if upload is not None:
        due = after(ended.ends_on, upload.value, facts.holidays, figures)
        duties["upload_by"] = _Duty("upload", due, facts.uploaded_on, upload.law)
    roll = figures.figure(_GROUP, "roll_days")
    due = after(ended.ends_on, roll.value, facts.holidays, figures)
    duties["issue_roll_by"] = _Duty("roll", due, facts.issue_roll_on, roll.law)
    if ended.kind == "professional":
        days = figures.figure(_GROUP, "certificate_days")
        due = after(ended.ends_on, days.value, facts.holidays, figures)
        duties["issue_by"] = _Duty("issue", due, facts.issued_on, days.law)
    else:
        proof = figures.get(_GROUP, "proof_days")
        if proof is not None:  # OSH-R53: on the last day itself, never moved
            duties["issue_by"] = _Duty("issue", ended.ends_on, facts.issued_on, proof.law)
    return duties


def closing(facts: ClosingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """What is due after a class: upload, issue roll, certificates or proofs, keeping records.

    Law: seed-002 points 9, 10 and annex 7; N0060010:29 (OSH-R60..R63).
    """
    ended = facts.training_class
    figures = ruleset.on(ended.ends_on)
    duties = _duties(facts, figures)
    codes = set()
    undone = False
    for duty in duties.values():
        done = _seen(duty.done, as_of)
        if done is not None and done > duty.due:
            codes.add(f"osh.closing.{duty.name}_late")
        elif done is None and as_of > duty.due:
            codes.add(f"osh.closing.{duty.name}_overdue")
        undone = undone or done is None
    if any(code.endswith("_overdue") for code in codes):
        status = "overdue"
    elif undone:
        status = "open"
    else:
        status = "late" if codes else "on_time"
    report: dict[str, object] = {key: duty.due for key, duty in duties.items()}
    deadlines = [Deadline(f"osh.closing.{d.name}", d.due, d.law) for d in duties.values()]
    confirm = figures.get(_GROUP, "confirm_days")
    if ended.kind == "in_service" and confirm is not None:
        confirm_by = after(ended.ends_on, confirm.value, facts.holidays, figures)
        report["confirm_by"] = confirm_by
        deadlines.append(Deadline("osh.closing.confirm", confirm_by, confirm.law))
        confirmed = facts.confirmed_on is not None and facts.confirmed_on <= as_of
        if as_of > confirm_by and not confirmed:
            codes.add("osh.hours_unconfirmed")
    years = figures.figure(_GROUP, "retain_years")
    report["retain_until"] = end_of_period(ended.ends_on, years=years.value)
    safe = figures.get(_GROUP, "retain_years_safe")
    if ended.kind == "professional" and safe is not None:
        report["retain_until_safe"] = end_of_period(ended.ends_on, years=safe.value)
    step = Step(
        "osh.closing",
        "seed-002#point-10",
        (Figure("ends_on", ended.ends_on),),
        status,
        None,
        status in {"on_time", "open"},
        tuple(
            Step(
                f"osh.closing.{duty.name}",
                duty.law,
                (Figure("due", duty.due, law=duty.law), Figure("done", done)),
                met=None if done is None else done <= duty.due,
            )
            for duty, done in ((duty, _seen(duty.done, as_of)) for duty in duties.values())
        ),
    )
    given = (facts.uploaded_on, facts.issue_roll_on, facts.issued_on, facts.confirmed_on)
    days = [item.due + DAY for item in deadlines] + [day for day in given if day is not None]
    return Decision(
        rule="osh.closing",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=tuple(Finding(code, Severity.WARNING) for code in sorted(codes)),
        report=report,
        deadlines=tuple(sorted(deadlines, key=lambda item: item.due)),
        citations=tuple(dict.fromkeys((*(d.law for d in duties.values()), years.law))),
        next_change_on=min((day for day in days if day > as_of), default=None),
        notices=text_notices(figures),
    )

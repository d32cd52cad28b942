"""Recognition of a training institution (認可): applying, its status on a day, inspection.

Rulebook: domain/osh.md, OSH-R10..R17, R70..R72.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

from ..domain.decision import Deadline, Decision, Figure, Requirement, Step
from ..domain.periods import DAY, add_years, period_end
from .facts import Facts, Hundredths, require_order
from .osh_common import CATEGORIES, Category, Kind, after, before, errors, text_notices, warnings
from .params import Params, Ruleset
from .provider import Provider as Recognition
from .provider import Termination, effective_on, is_recognised

__all__ = [
    "InspectionFacts",
    "RecognitionFacts",
    "RecognitionStatusFacts",
    "inspection",
    "recognition",
    "recognition_status",
]

_GROUP = "osh.recognition"


ApplicationDocument = Literal[
    "establishment_permit",
    "teaching_hospital_accreditation",
    "department_and_course_proof",
    "plan",
]
PlanItem = Literal[
    "purpose",
    "method_and_schedule",
    "curriculum_and_lecturers",
    "venue_and_facilities",
    "practicum_arrangement",
    "budget",
    "management_and_audit",
]


class Applicant(Facts, frozen=True):
    """The institution that applies; ``terminated_on``: day of an earlier revocation or withdrawal."""

    category: str
    id: str | None = None
    terminated_on: date | None = None


class Term(Facts, frozen=True):
    """The term of a recognition, both days included."""

    valid_from: date
    valid_to: date


class RecognitionFacts(Facts, frozen=True):
    """Facts of ``osh.recognition``."""

    institution: Applicant
    applied_on: date
    documents: tuple[ApplicationDocument, ...] = ()
    plan_items: tuple[PlanItem, ...] = ()
    training_kinds: tuple[Kind, ...] = ()
    plan_hours: dict[Category, Hundredths] = msgspec.field(default_factory=dict)
    course_last_offered_on: date | None = None
    term: Term | None = None


def _hours_below(facts: RecognitionFacts, figures: Params) -> bool:
    needed = figures.get(_GROUP, "category_hours")
    if needed is None or "in_service" not in facts.training_kinds:
        return False
    return any(facts.plan_hours.get(item, 0) < 100 * needed.value for item in CATEGORIES)


def recognition(facts: RecognitionFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether an application for recognition is complete, and what is missing.

    Raises:
        InvalidFacts: the term ends before it starts.

    Law: seed-002 points 4, 5, 14 and annex 1 (OSH-R10..R13, R16).
    """
    figures = ruleset.on(as_of)
    applicant = facts.institution
    if facts.term is not None:
        require_order(facts.term.valid_from, facts.term.valid_to, "term.valid_to")
    documents: Mapping[str, list[str]] = figures.value(_GROUP, "documents")
    needed = documents.get(applicant.category, documents["all"])
    missing_documents = [item for item in needed if item not in facts.documents]
    plan_items: list[str] = figures.value(_GROUP, "plan_items")
    missing_items = [item for item in plan_items if item not in facts.plan_items]
    codes = set()
    if applicant.category not in figures.value(_GROUP, "categories"):
        codes.add("osh.recognition.category_not_allowed")
    if applicant.category == "university":
        oldest = add_years(facts.applied_on, -figures.value(_GROUP, "course_years"))
        if facts.course_last_offered_on is None or facts.course_last_offered_on < oldest:
            codes.add("osh.recognition.course_too_old")
    if missing_documents:
        codes.add("osh.recognition.document_missing")
    if missing_items:
        codes.add("osh.recognition.plan_item_missing")
    if _hours_below(facts, figures):
        codes.add("osh.recognition.category_below_2h")
    if facts.term is not None and facts.term.valid_to > period_end(
        facts.term.valid_from, figures.value(_GROUP, "max_years")
    ):
        codes.add("osh.recognition.term_too_long")
    report: dict[str, object] = {
        "missing_documents": missing_documents,
        "missing_plan_items": missing_items,
    }
    barred = False
    texts = ruleset.changes_after(as_of)
    if applicant.terminated_on is not None and applicant.terminated_on <= as_of:
        ban = period_end(applicant.terminated_on, figures.value(_GROUP, "ban_years"))
        report["may_apply_from"] = ban + DAY
        barred = facts.applied_on <= ban
    if barred:
        codes.add("osh.recognition.banned")
    status = "barred" if barred else "incomplete" if codes else "complete"
    present = len(needed) - len(missing_documents)
    law = figures.figure(_GROUP, "documents").law
    requirement = Requirement(
        "osh.documents", not missing_documents, 100 * present, 100 * len(needed), "count", law
    )
    step = Step(
        "osh.recognition",
        "seed-002#point-4",
        (Figure("category", applicant.category), Figure("applied_on", facts.applied_on)),
        status,
        None,
        status == "complete",
        (
            Step(
                "osh.documents",
                law,
                (
                    Figure("counted", 100 * present, "count"),
                    Figure("required", 100 * len(needed), "count"),
                ),
                met=not missing_documents,
            ),
            *(Step(code, "seed-002#annex-1", met=False) for code in sorted(codes)),
        ),
    )
    return Decision(
        rule="osh.recognition",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        requirements=(requirement,),
        findings=errors(codes),
        report=report,
        citations=("seed-002#point-4", law),
        next_change_on=min(
            (day for day in (applicant.terminated_on, *texts) if day is not None and day > as_of),
            default=None,
        ),
        notices=text_notices(figures),
    )


class StatusRecognition(Facts, frozen=True):
    """A recognition on record."""

    recognised_on: date
    valid_from: date
    valid_to: date
    documents_uploaded_on: date | None = None
    terminated: Termination | None = None


class RecognitionStatusFacts(Facts, frozen=True):
    """Facts of ``osh.recognition_status``."""

    recognition: StatusRecognition
    renewal_applied_on: date | None = None
    holidays: tuple[date, ...] = ()


def recognition_status(facts: RecognitionStatusFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether an institution may train on a day, until when it must apply again, and bans.

    Raises:
        InvalidFacts: the term ends before it starts.

    Law: seed-002 points 5, 14; A0030055:118, A0030055:125 (OSH-R14..R17).
    """
    held = facts.recognition
    require_order(held.valid_from, held.valid_to, "recognition.valid_to")
    figures = ruleset.on(as_of)
    term = Recognition(
        valid_from=held.valid_from, valid_to=held.valid_to, terminated=held.terminated
    )
    ends = effective_on(term, as_of)
    ended = held.terminated if ends is not None and ends <= as_of else None
    if ended is not None:
        status: str = ended.kind
    elif as_of < held.valid_from:
        status = "not_yet"
    else:
        status = "expired" if as_of > held.valid_to else "active"
    may_train = is_recognised(term, as_of, as_of)
    reapply_by = before(held.valid_to, figures.value(_GROUP, "reapply_days"))
    report: dict[str, object] = {"may_train": may_train, "reapply_by": reapply_by}
    codes = set()
    deadlines = [Deadline("osh.recognition.reapply", reapply_by, "seed-002#point-5")]
    upload_days = ruleset.on(held.recognised_on).get(_GROUP, "upload_days")
    changes = [held.valid_from, held.valid_to + DAY, reapply_by + DAY]
    if upload_days is not None:
        upload_by = after(held.recognised_on, upload_days.value, facts.holidays, figures)
        report["upload_by"] = upload_by
        deadlines.append(Deadline("osh.recognition.upload", upload_by, upload_days.law))
        changes.append(upload_by + DAY)
        uploaded = held.documents_uploaded_on
        if uploaded is not None and uploaded <= as_of:
            if uploaded > upload_by:
                codes.add("osh.recognition.documents_uploaded_late")
        elif as_of > upload_by:
            codes.add("osh.recognition.documents_not_uploaded")
    renewed = facts.renewal_applied_on
    if renewed is not None and renewed <= as_of:
        if renewed > reapply_by:
            codes.add("osh.recognition.reapply_late")
    elif as_of > reapply_by and ended is None:
        codes.add("osh.recognition.reapply_overdue")
    if held.terminated is not None:
        changes += [held.terminated.decided_on, *([ends] if ends else [])]
        if held.terminated.decided_on <= as_of:
            ban = period_end(held.terminated.decided_on, figures.value(_GROUP, "ban_years"))
            report["banned_until"] = ban
            report["may_apply_from"] = ban + DAY
    step = Step(
        "osh.recognition_status",
        "seed-002#point-5",
        (Figure("from", held.valid_from), Figure("to", held.valid_to), Figure("ends", ends)),
        status,
        None,
        may_train,
    )
    return Decision(
        rule="osh.recognition_status",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=warnings(codes),
        report=report,
        deadlines=tuple(sorted(deadlines, key=lambda item: item.due)),
        valid_to=min(held.valid_to, ends - timedelta(days=1)) if ends else held.valid_to,
        citations=("seed-002#point-5", "A0030055:118"),
        next_change_on=min((day for day in changes if day > as_of), default=None),
        notices=text_notices(figures),
    )


Authority = Literal["local_labour_authority", "mol", "osha", "local_health_authority", "other"]


class Order(Facts, frozen=True):
    """An improvement order (限期改善)."""

    by: Authority
    issued_on: date
    improve_by: date
    improved_on: date | None = None
    report_on: date | None = None


Ground = Literal[
    "not_improved_in_time",
    "false_documents",
    "false_advertising",
    "outsourced",
    "curriculum_or_hours",
    "not_per_plan",
    "false_certificates",
    "accounting_defects",
    "unqualified_or_mismatched_trainees",
    "obstructed_inspection",
    "other_serious",
]
_LABOUR_AUTHORITIES = frozenset({"local_labour_authority", "mol", "osha"})


class InspectionFacts(Facts, frozen=True):
    """Facts of ``osh.inspection``."""

    order: Order | None = None
    grounds: tuple[Ground, ...] = ()


def inspection(facts: InspectionFacts, as_of: date, ruleset: Ruleset) -> Decision:  # noqa: ARG001
    """Whether a recognition may be revoked or withdrawn: grounds and improvement orders.

    Raises:
        InvalidFacts: the day to improve by lies before the order.

    Law: seed-002 points 11, 14 (OSH-R70..R72).
    """
    codes = set()
    grounds: list[str] = list(dict.fromkeys(facts.grounds))
    status = "clear"
    order = facts.order
    deadlines: tuple[Deadline, ...] = ()
    if order is not None:
        require_order(order.issued_on, order.improve_by, "order.improve_by")
    if order is not None and order.issued_on <= as_of:
        if order.by not in _LABOUR_AUTHORITIES:
            codes.add("osh.inspection.wrong_authority")
        else:
            deadlines = (
                Deadline("osh.inspection.improve", order.improve_by, "seed-002#point-11-4"),
            )
            limit = min(order.improve_by, as_of)
            improved = order.improved_on is not None and order.improved_on <= limit
            reported = order.report_on is not None and order.report_on <= limit
            if improved and reported:
                status = "improved"
            elif as_of <= order.improve_by:
                status = "improvement_pending"
            else:
                if "not_improved_in_time" not in grounds:
                    grounds.append("not_improved_in_time")
                if improved:
                    codes.add("osh.inspection.report_missing")
    if grounds:
        status = "revocable"
    proposed = "withdraw" if "false_documents" in grounds else "revoke" if grounds else "none"
    step = Step(
        "osh.inspection",
        "seed-002#point-14-1",
        (Figure("improve_by", order.improve_by if order else None),),
        status,
        None,
        not grounds,
        tuple(Step(f"osh.ground.{item}", "seed-002#point-14-1", met=False) for item in grounds),
    )
    future = (order.improve_by + DAY, order.issued_on) if order else ()
    return Decision(
        rule="osh.inspection",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=step,
        findings=warnings(codes),
        report={"grounds": grounds, "proposed": proposed},
        deadlines=deadlines,
        citations=("seed-002#point-11", "seed-002#point-14-1"),
        next_change_on=min((day for day in future if day > as_of), default=None),
    )

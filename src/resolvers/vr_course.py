"""``fileVrCourse`` and ``amendVrCourse``: a course of continuing education filed for review (送審).

Rulebook: domain/vr.md, VR-R35..VR-R37; what becomes of it: domain/mapping.md section 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.decision import Finding, Severity
from ..domain.errors import InvalidInput
from ..domain.submission import SubmissionState, UserError
from ..domain.tw_id import normalise_number
from ..domain.vocabulary import terms_of
from ..rules.engine import evaluate
from ..store.submissions import OwnFiling, own_filing
from ..store.vr_courses import instructors_by_number
from .context import Hub, Request
from .facts.vr_offices import course_filing
from .filing import Checked, Filed, content_hash, file
from .ids import NodeKind, decode_id
from .vr_course_form import (
    DOCUMENTS,
    STAGES,
    CourseForm,
    CoursePapers,
    Lecturer,
    ReadForm,
    read_form,
    wrong_papers,
)
from .vr_filings import acting_institution, filed_by, mirror_warnings, own_rows, told

__all__ = ["AmendVrCourse", "FileVrCourse", "amend_vr_course", "file_vr_course"]

_KINDS = ("fileVrCourse", "amendVrCourse")
_CLAUSES = range(1, 5)
_ANY_CATEGORY = terms_of("vr.category", "professional")[0]
_TIMING = {
    "course_already_started",
    "course_not_finished",
    "filed_less_than_one_month_before",
    "filed_more_than_one_month_after",
}
_RULE = "vr.course_filing"
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "course_already_started": ("course", "startsOn"),
    "filed_less_than_one_month_before": ("course", "startsOn"),
    "course_not_finished": ("course", "endsOn"),
    "filed_more_than_one_month_after": ("course", "endsOn"),
    "seal_or_official_letter_missing": ("papers", "officialLetter"),
    "no_target_qualification": ("course", "targetTitles"),
    "no_instructor": ("course", "lecturers"),
    "too_many_domains": ("course", "categories"),
}
_LECTURER_FIELDS: Mapping[str, str] = {
    "instructor_clause_missing": "clause",
    "lecturer_certificate_missing": "lecturerCertificate",
    "instructor_expertise_missing": "expertise",
    "instructor_evidence_missing": "evidence",
}


@dataclass(frozen=True, slots=True)
class FileVrCourse:
    """The mutation's input.

    Attributes:
        institution: 統一編號 that files; None where the token has only one.
        papers: What goes to the office by mail, as the institution declares it.
    """

    idempotency_key: str
    course: CourseForm
    papers: CoursePapers
    institution: str | None = None
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class AmendVrCourse:
    """The mutation's input.

    Attributes:
        submission: Id of the filing to be changed.
        course: The whole course anew.
    """

    idempotency_key: str
    submission: str
    course: CourseForm
    papers: CoursePapers
    validate_only: bool = False


async def file_vr_course(hub: Hub, request: Request, given: FileVrCourse) -> Filed:
    """Check a course as the rulebook does, keep it with every error, and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    warnings = await mirror_warnings(hub, request)

    async def check(connection: AsyncConnection) -> Checked:
        owner, wrong = await acting_institution(connection, request, given.institution)
        return await _check(
            connection, hub, request, given.course, given.papers, owner, warnings,
            [wrong] if wrong else [],
        )  # fmt: skip

    digest = content_hash(
        {"institution": given.institution, "course": given.course, "papers": given.papers}
    )
    return await file(
        hub, request, "fileVrCourse", "vr", given.idempotency_key, digest, check,
        validate_only=given.validate_only,
    )  # fmt: skip


async def amend_vr_course(hub: Hub, request: Request, given: AmendVrCourse) -> Filed:
    """Put another content in the place of a filing that was not sent yet.

    Afterwards the register offers no amendment: the answer names the course's number and the way
    (mapping.md section 5).

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    warnings = await mirror_warnings(hub, request)
    number = _submission(given.submission)

    async def check(connection: AsyncConnection) -> Checked:
        before = None
        if number is not None:
            before = await own_filing(
                connection, number, "vr", _KINDS, own_rows(request).institutions
            )
        refused = _amendable(before)
        return await _check(
            connection, hub, request, given.course, given.papers,
            None if before is None else before.institution, warnings,
            [refused] if refused else [],
            replaced=() if before is None else (before.id,),
            target=None if before is None else before.target,
        )  # fmt: skip

    digest = content_hash(
        {"submission": given.submission, "course": given.course, "papers": given.papers}
    )
    return await file(
        hub, request, "amendVrCourse", "vr", given.idempotency_key, digest, check,
        validate_only=given.validate_only,
    )  # fmt: skip


def _submission(node_id: str) -> UUID | None:
    """The uuid of a submission's id; what is none looks like one that is not there."""
    try:
        kind, key = decode_id(node_id)
        return UUID(key) if kind is NodeKind.SUBMISSION else None
    except (InvalidInput, ValueError):
        return None


def _amendable(before: OwnFiling | None) -> UserError | None:
    path = ("submission",)
    if before is None:
        return told("submission_not_found", path)
    match before.state:
        case SubmissionState.QUEUED:
            return None
        case SubmissionState.ACCEPTED:
            return told("AMENDMENT_NOT_OFFERED", path, course_no=before.reference or "－")
        case SubmissionState.SENT:
            return told("submission_under_way", path)
        case SubmissionState.SUPERSEDED:
            return told("submission_superseded", path)
        case SubmissionState.REJECTED | SubmissionState.REFUSED:
            return told("submission_closed", path)


async def _check(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    course: CourseForm,
    papers: CoursePapers,
    owner: str | None,
    warnings: tuple[UserError, ...],
    wrong: Sequence[UserError],
    *,
    replaced: tuple[UUID, ...] = (),
    target: str | None = None,
) -> Checked:
    form = read_form(course, request.business_day)
    paper_errors = wrong_papers(papers)
    errors = [*wrong, *form.errors, *paper_errors]
    remarks: list[UserError] = []
    summary: dict[str, Any] = {
        "course": "".join(char for char in course.name if char.isprintable())[:255],
        "starts_on": course.starts_on.isoformat(),
        "ends_on": course.ends_on.isoformat(),
        "categories": len(course.categories),
        "lecturers": len(course.lecturers),
    }
    findings, report = await _decide(connection, hub, request, form, course, papers)
    if not form.errors:
        summary["hours"] = report.get("hours")
    for finding in findings:
        if _is_told(finding.code, form, course):
            found = _of_finding(finding)
            (remarks if finding.severity is Severity.INFO else errors).extend(found)
    return Checked(
        owner or filed_by(request),
        target,
        tuple(errors),
        {} if errors else {"course": form.body, "papers": papers.as_json()},
        summary,
        None if errors else "vr.post_course",
        request.instant,
        warnings=(*warnings, *remarks),
        county=form.county,
        replaces=(),
        replaced=replaced,
    )


async def _decide(
    connection: AsyncConnection,
    hub: Hub,
    request: Request,
    form: ReadForm,
    course: CourseForm,
    papers: CoursePapers,
) -> tuple[tuple[Finding, ...], Mapping[str, Any]]:
    numbers = {normalise_number(item.identifier) for item in course.lecturers if item.identifier}
    on_file = await instructors_by_number(connection, hub.keys, numbers)
    rows = [
        _instructor(
            index, lecturer, dict(on_file.get(normalise_number(lecturer.identifier or ""), {}))
        )
        for index, lecturer in enumerate(course.lecturers)
    ]
    today = request.business_day
    # What is wrong with the form is told already; here it must not hide what else is missing.
    starts_on, ends_on = (
        (course.starts_on, course.ends_on) if form.days_make_sense else (today, today)
    )
    built = course_filing(
        {
            "id": None,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "categories": [
                {
                    "category": category["category"] or _ANY_CATEGORY,
                    "field": category["field"],
                    "hours": category["hours"],
                }
                for category in form.body["categories"]
            ],
            "target_titles": form.body["target_titles"],
        },
        rows,
        today,
        {
            "documents": [word for word in papers.documents if word in DOCUMENTS],
            "stamped": papers.stamped,
            "official_letter": papers.official_letter,
            "course": {
                "instructors": [
                    {"id": row["id"], "evidence": lecturer.evidence}
                    for row, lecturer in zip(rows, course.lecturers, strict=True)
                ]
            },
        },
    )
    given = dict(built.given or {})
    if papers.stage in STAGES:
        given["stage"] = papers.stage
    decision = evaluate(_RULE, given, today, hub.ruleset).decision
    request.trace.rules.add(_RULE)
    return decision.findings, decision.report


def _instructor(index: int, lecturer: Lecturer, known: Mapping[str, Any]) -> dict[str, Any]:
    """The instructor on file, with what is declared where the register holds nothing."""
    row = dict(known)
    row["id"] = str(index)
    if not row.get("clauses__codes") and lecturer.clause in _CLAUSES:
        row["clauses__codes"] = [str(lecturer.clause)]
    row["certificate_no"] = row.get("certificate_no") or lecturer.lecturer_certificate
    row["experience"] = row.get("experience") or lecturer.expertise
    return row


def _is_told(code: str, form: ReadForm, course: CourseForm) -> bool:
    """Whether a finding is about what was filled in, not about what could not be read."""
    if code in _TIMING:
        return form.days_make_sense
    return not (code == "no_target_qualification" and course.target_titles)


def _of_finding(finding: Finding) -> list[UserError]:
    """One error per lecturer that a finding is about, else one."""
    part = _LECTURER_FIELDS.get(finding.code)
    if part is None:
        return [told(finding.code, _FIELDS.get(finding.code, ("papers", "documents")))]
    return [
        told(finding.code, ("course", "lecturers", place, part))
        for place in sorted(finding.about, key=int)
    ]

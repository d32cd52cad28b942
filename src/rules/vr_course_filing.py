"""Filing of a continuing-education course by an institution (機構課程申請).

Rulebook: domain/vr.md, VR-R35..VR-R37.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY, add_months
from .facts import Facts, TenThousandths, contradiction
from .params import Ruleset
from .vr_common import (
    HOUR,
    Outcome,
    count,
    decided,
    earliest_after,
    exact,
    finding,
    law_unavailable,
    whole,
)
from .vr_facts import Box, Index, VrFacts
from .vr_figures import Figures

__all__ = ["CourseFilingFacts", "course_filing"]

RULE = "vr.course_filing"
_PARTS = HOUR // 10_000


class FiledDomain(Facts, frozen=True, kw_only=True):
    """A domain (課程領域) with its class, competency and hours."""

    index: Index
    category: Literal["professional", "law", "ethics", "quality"]
    hours: TenThousandths
    domain: str | None = None
    competency: str | None = None


class Instructor(Facts, frozen=True, kw_only=True):
    """An instructor (講師): approved for domains, or proposed by a clause of annex 7."""

    id: str
    approved_domains: tuple[str, ...] = ()
    clause: Literal[1, 2, 3, 4] | None = None
    lecturer_certificate: str | bool | None = None
    expertise: str | bool | None = None
    evidence: str | bool | None = None

    def holds(self, paper: str) -> bool:
        """Whether the paper that a clause asks for is there."""
        return bool(
            self.lecturer_certificate if paper == "lecturer_certificate" else self.expertise
        )


class FiledCourse(Facts, frozen=True, kw_only=True):
    """The course as filed."""

    start: date
    end: date
    domains: tuple[FiledDomain, ...]
    targets: tuple[Box, ...] = ()
    instructors: tuple[Instructor, ...] = ()

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise contradiction("end", "a last day not before the first")


class Supplement(Facts, frozen=True, kw_only=True):
    """A supplement the authority asked for (補件)."""

    requested_on: date
    received_on: date | None = None

    def __post_init__(self) -> None:
        if self.received_on is not None and self.received_on < self.requested_on:
            raise contradiction("received_on", "a day not before requested_on")


class CourseFilingFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.course_filing``."""

    stage: Literal["pre", "post"]
    filed_on: date
    course: FiledCourse
    documents: tuple[
        Literal["course_summary", "instructor_cv", "brochure", "sign_in_sheet", "handouts"], ...
    ] = ()
    submitted: bool = True
    stamped: bool = False
    official_letter: bool = False
    supplement: Supplement | None = None


@dataclass(slots=True)
class _Found:
    """What is wrong (errors), missing, and merely remarked; ``about`` names instructors."""

    errors: list[str] = field(default_factory=list)
    missing: list[tuple[str, str | None]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def lacks(self, code: str, about: str | None = None) -> None:
        """Note a missing piece."""
        self.missing.append((code, about))


def _timing(facts: CourseFilingFacts, figures: Figures, found: _Found) -> None:
    """A month before the start, or within a month after the end; advice, not a limit.

    Law: seed-000 ch. 4(1). VR-R35.
    """
    course, filed = facts.course, facts.filed_on
    if facts.stage == "pre":
        months = figures.number("months", "course_filing_before_months")
        if filed >= course.start:
            found.errors.append("course_already_started")
        elif filed > add_months(course.start, -months):
            found.remarks.append("filed_less_than_one_month_before")
        return
    months = figures.number("months", "course_filing_after_months")
    if filed < course.end:
        found.errors.append("course_not_finished")
    elif filed > figures.within(course.end, months):
        found.remarks.append("filed_more_than_one_month_after")


def _new_instructors(facts: CourseFilingFacts) -> list[Instructor]:
    """Instructors not yet approved for any of the course's domains. VR-R36."""
    domains = {item.domain for item in facts.course.domains}
    return [item for item in facts.course.instructors if not domains & set(item.approved_domains)]


def _instructors(facts: CourseFilingFacts, figures: Figures, found: _Found) -> None:
    """What a new instructor must show by the clause of annex 7.

    Law: seed-000 ch. 4(2)(1). VR-R36.
    """
    papers: Mapping[int, str] = figures.figure("course_filing", "instructor_clauses").value
    for item in _new_instructors(facts):
        if item.clause is None:
            found.lacks("instructor_clause_missing", item.id)
        elif not item.holds(papers[item.clause]):
            code = {"lecturer_certificate": "lecturer_certificate_missing"}
            found.lacks(code.get(papers[item.clause], "instructor_expertise_missing"), item.id)
        if not item.evidence:
            found.lacks("instructor_evidence_missing", item.id)


def _pieces(facts: CourseFilingFacts, figures: Figures, found: _Found) -> None:
    """Documents, seal, targets, instructors, number of domains.

    Law: seed-000 ch. 4(1)-(2); notice of 2022-12-06 (at most two domains). VR-R35.
    """
    for document in figures.figure("course_filing", f"course_documents_{facts.stage}").value:
        needed = document != "instructor_cv" or bool(_new_instructors(facts))
        if needed and document not in facts.documents:
            found.lacks(f"missing_{document}")
    if not (facts.official_letter or facts.stamped):
        found.lacks("seal_or_official_letter_missing")
    if not facts.course.targets:
        found.lacks("no_target_qualification")
    if not facts.course.instructors:
        found.lacks("no_instructor")
    limit = figures.get("limits", "max_domains")
    if limit is not None and len(facts.course.domains) > limit.value:
        found.errors.append("too_many_domains")


def _supplement(
    facts: CourseFilingFacts, as_of: date, figures: Figures, found: _Found
) -> Deadline | None:
    """A supplement is due in two days; later it is a remark (儘速於2日內). VR-R37."""
    asked = facts.supplement
    if asked is None or asked.requested_on > as_of:
        return None
    days = figures.figure("days", "supplement_days")
    due = asked.requested_on + int(days.value) * DAY
    received = asked.received_on
    if received is not None and received <= as_of:
        if received > due:
            found.remarks.append("supplement_late")
        return None
    if as_of > due:
        found.remarks.append("supplement_overdue")
    return Deadline("supplement_due", due, days.law)


def _findings(found: _Found, law: str) -> list[Finding]:
    return [
        *(finding(code, Severity.ERROR, law) for code in found.errors),
        *(
            finding(code, Severity.WARNING, law, (about,) if about else ())
            for code, about in found.missing
        ),
        *(finding(code, Severity.INFO, law) for code in found.remarks),
    ]


def course_filing(facts: CourseFilingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a filing is complete and in order, and what is missing.

    Args:
        facts: Stage, day of filing, papers, course.
        as_of: Day asked about; only a supplement looks at it.
        ruleset: Papers and limits of the day of filing.

    Returns:
        ``draft`` (saved, not submitted), ``rejected``, ``needs_supplement`` or ``accepted``;
        hours of the course and the number of roster files it will need.

    Law: seed-000 ch. 4. VR-R35..VR-R37.
    """
    figures = Figures(ruleset, facts.filed_on, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures, moves=False)
    if unavailable is not None:
        return unavailable
    found = _Found()
    _timing(facts, figures, found)
    _pieces(facts, figures, found)
    _instructors(facts, figures, found)
    deadline = _supplement(facts, as_of, figures, found)
    if not facts.submitted:
        status = "draft"
        found.remarks.append("saved_not_submitted")
    elif found.errors:
        status = "rejected"
    else:
        status = "needs_supplement" if found.missing else "accepted"
    law = figures.figure("course_filing", f"course_documents_{facts.stage}").law
    findings = _findings(found, law)
    hours = sum(item.hours for item in facts.course.domains) * _PARTS
    step = Step(
        "vr.why.course_filing",
        law,
        (
            Figure("filed_on", facts.filed_on),
            Figure("from", facts.course.start),
            Figure("to", facts.course.end),
            Figure("domains", count(len(facts.course.domains)), "count"),
        ),
        whole(hours),
        "hours",
        status == "accepted",
        tuple(
            Step(f"vr.why.{item.code}", item.law, met=item.severity is Severity.INFO)
            for item in findings
        ),
    )
    asked = facts.supplement
    days = (
        (asked.requested_on, asked.received_on, deadline.due + DAY if deadline else None)
        if asked
        else ()
    )
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            status == "accepted",
            step,
            findings=findings,
            report={
                "hours": exact(hours),
                "csv_files_required": len(facts.course.domains),
            },
            deadlines=[deadline] if deadline else [],
            next_change_on=earliest_after(as_of, days),
        )
    )

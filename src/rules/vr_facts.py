"""Codes and facts that VR entry points share: types, boxes, review states, certificates.

Rulebook: domain/vr.md, sections 1.1, 1.5 and 4.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from ..domain.periods import DAY
from .facts import Facts, contradiction

__all__ = [
    "Box",
    "Certificate",
    "ClosedPeriod",
    "Index",
    "ReviewState",
    "Role",
    "Title",
    "VrFacts",
    "box_of",
    "union_days",
]

Role = Literal[
    "vocational_trainer",
    "vocational_training_staff",
    "vocational_assessor",
    "employment_specialist",
    "case_manager",
    "supervisor_case_management",
    "supervisor_vocational_assessment",
    "supervisor_employment_service",
    "supervisor_vocational_training",
]
"""Professional types (專業人員) that a certificate can name, with supervisor subtypes."""

Title = Literal[Role, "supervisor"]
"""A role, or a supervisor (督導) whose subtype the register does not hold."""

Box = Literal[
    "vocational_trainer",
    "vocational_training_staff",
    "vocational_assessor",
    "employment_specialist",
    "case_manager",
    "supervisor",
]
"""Check boxes of a continuing-education record (辦理對象)."""

ReviewState = Literal[
    "draft",
    "submitted",
    "supplement_required",
    "preliminary_review",
    "final_review",
    "review_meeting",
    "approved",
    "confirmed",
    "not_qualified",
    "rejected",
    "letter_issued",
    "entry_submitted",
    "roster_imported",
    "hours_verified",
]

Index = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
"""A number of a part (領域序號) or of things, never negative."""


class VrFacts(Facts, frozen=True, kw_only=True):
    """Facts of a VR entry point; ``params`` overrides figures by name."""

    params: dict[str, Any] = msgspec.field(default_factory=dict)


class ClosedPeriod(Facts, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """``{from, to}``, both days included, both known."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise contradiction("to", "a last day not before the first")


def union_days(spells: Iterable[tuple[date, date]]) -> int:
    """Days covered by ``spells``, both ends included, overlapping days once."""
    days, reached = 0, date.min
    for start, end in sorted(spells):
        first = start if start > reached else reached + DAY
        if end >= first:
            days += (end - first).days + 1
            reached = end
    return days


class Certificate(Facts, frozen=True, kw_only=True):
    """A certificate (資格認證證明) with the deductions of absence granted on it (art. 11)."""

    id: str
    valid_from: date
    valid_to: date
    deductions: tuple[ClosedPeriod, ...] = ()

    def __post_init__(self) -> None:
        if self.valid_to < self.valid_from:
            raise contradiction("valid_to", "a last day not before the first")

    @property
    def deducted_days(self) -> int:
        """Days deducted, overlapping days once."""
        return union_days((item.start, item.end) for item in self.deductions)

    @property
    def expires_on(self) -> date:
        """Last day of validity, deductions added (VR-R40)."""
        return self.valid_to + self.deducted_days * DAY


def box_of(title: str) -> str:
    """The check box that a certificate reads: one for all supervisors (VR-R29)."""
    return "supervisor" if title.startswith("supervisor") else title

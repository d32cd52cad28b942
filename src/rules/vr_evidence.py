"""What a person shows: education, training hours, bars (學歷、訓練、消極資格).

Rulebook: domain/vr.md, section 1.2, VR-R6, VR-R8, VR-R19.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..domain.decision import Figure, Step
from .facts import Facts, TenThousandths, contradiction
from .vr_common import HOUR, count, earliest_after
from .vr_figures import Figures

__all__ = [
    "LEVELS",
    "Bars",
    "Disqualification",
    "Education",
    "Training",
    "TrainingKind",
    "bars",
    "hours_by",
    "is_related",
    "reached_on",
]

LEVELS = {"high_school": 0, "college": 1, "graduate": 2}
"""Levels of education in order: a graduate school is also at least a college."""

TrainingKind = Literal[
    "employment_specialist_pre_appointment",
    "employment_specialist_post_hire",
    "case_manager_training",
    "vocational_assessment_160",
    "vocational_assessment_60",
    "supervisor_training",
    "vocational_trainer_post_hire",
]

_PARTS = HOUR // 10_000


class Education(Facts, frozen=True, kw_only=True):
    """A degree (學歷); ``recognised`` is the authority's word on a differently named department."""

    level: Literal["high_school", "college", "graduate"]
    field: str | None = None
    name_matches: bool = True
    recognised: bool | None = None


class Training(Facts, frozen=True, kw_only=True):
    """Training completed (專業訓練), or hours exempted by the authority (抵免)."""

    kind: TrainingKind
    hours: TenThousandths
    completed_on: date
    passed: bool = True

    @property
    def parts(self) -> int:
        """Hours in parts of an hour (``HOUR``)."""
        return self.hours * _PARTS


class Disqualification(Facts, frozen=True, kw_only=True, rename={"start": "from"}):
    """A bar (消極資格): a declaration with its days, or an offence with its final judgment."""

    kind: Literal[
        "guardianship",
        "assistance",
        "sexual_assault_crime",
        "sexual_harassment_crime",
        "child_sexual_exploitation",
        "intimate_image_crime",
        "corruption",
        "domestic_violence",
        "business_related_crime",
    ]
    start: date | None = None
    until: date | None = None
    final_conviction_on: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.until is not None and self.until < self.start:
            raise contradiction("until", "an end not before the start")


def is_related(item: Education, fields: Collection[str], *, assumed: bool = False) -> bool:
    """Whether a degree is of one of ``fields`` (相關科系).

    Args:
        item: The degree.
        fields: Field codes that count as related.
        assumed: Also where the authority has not yet decided on a different name.

    Law: N0080029:12 (2); seed-000 ch. 2 note 2 (核心課程對照表). VR-R8.
    """
    if item.field not in fields:
        return False
    if item.name_matches or item.recognised:
        return True
    return assumed and item.recognised is None


def hours_by(trainings: Iterable[Training], kind: str, as_of: date) -> int:
    """Hours of ``kind`` passed and completed by ``as_of``, in parts of an hour (VR-R6)."""
    return sum(
        item.parts
        for item in trainings
        if item.kind == kind and item.passed and item.completed_on <= as_of
    )


def reached_on(trainings: Iterable[Training], kind: str, required: int, as_of: date) -> date | None:
    """The day on which passed hours of ``kind`` reached ``required`` parts of an hour."""
    passed = sorted(
        (item.completed_on, item.parts)
        for item in trainings
        if item.kind == kind and item.passed and item.completed_on <= as_of
    )
    total = 0
    for day, parts in passed:
        total += parts
        if total >= required:
            return day
    return None


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars on a day: kinds in input order, the tree, and when that can change."""

    kinds: tuple[str, ...]
    law: str | None
    step: Step
    next_change_on: date | None


def bars(disqualifications: Sequence[Disqualification], as_of: date, figures: Figures) -> Bars:
    """Which bars of the text in force apply on ``as_of``.

    Declarations bar from their first day until the day they are lifted; crimes from the final
    judgment on, without limit of time. A declaration of unknown start bars.

    Law: N0080029:14 (until 2019-11-11: 13). VR-R19.
    """
    while_in_force = figures.figure("disqualification", "while_in_force")
    convictions = figures.figure("disqualification", "final_conviction")
    found: dict[str, None] = {}
    days: list[date | None] = list(figures.changes_after(as_of, "disqualification"))
    for item in disqualifications:
        if item.kind in while_in_force.value:
            days += (item.start, item.until)
            begun = item.start is None or item.start <= as_of
            if begun and (item.until is None or item.until > as_of):
                found[item.kind] = None
        elif item.final_conviction_on is not None:
            days.append(item.final_conviction_on)
            if item.kind in convictions.value and item.final_conviction_on <= as_of:
                found[item.kind] = None
    law = figures.law("disqualification")
    step = Step(
        "vr.why.barred" if found else "vr.why.not_barred",
        law,
        # The kinds are personal data of their own level: findings and reasons carry them.
        (Figure("bars", count(len(found)), "count"),),
        met=not found,
    )
    changes = earliest_after(as_of, days) if disqualifications else None
    return Bars(tuple(found), law, step, changes)

"""Continuing-education records (繼續教育紀錄): which count, for what, and how much.

Rulebook: domain/vr.md, VR-R28, VR-R29, VR-R33.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ..domain.amounts import parse_amount
from ..domain.decision import ActivityRefusal, ActivityUse, Finding, Severity
from ..domain.errors import InvalidFacts
from .facts import Facts, Hundredths, TenThousandths, contradiction
from .vr_common import whole
from .vr_facts import Box, ReviewState
from .vr_figures import Figures

__all__ = [
    "GROUPS",
    "Activity",
    "Credit",
    "Weighting",
    "check_ids",
    "exclusion",
    "read_activities",
]

_FACTOR = 10**6
"""A factor of one: three factors of two decimals multiply exactly."""

GROUPS = {
    "professional": "professional_law",
    "law": "professional_law",
    "ethics": "ethics_quality",
    "quality": "ethics_quality",
}
"""Course class (課程類別) to the group whose hours add up."""

_ONE = 100
_EXCLUSION_LAW = {
    "other_registry": "recognition_of_hours",
    "not_ce_training": "training_not_counted",
    "not_for_qualification": "continuing_education",
    "not_confirmed": "recognition_of_hours",
    "out_of_window": "evidence",
}


class Activity(Facts, frozen=True, kw_only=True):
    """A record of the shared activity shape; VR reads its own keys, the rest is carried."""

    id: str
    date: date
    registry: Literal["vr", "ltc", "osh", "medical_ce", "social_worker_ce"] = "vr"
    attribute: Literal["professional", "law", "ethics", "quality"] | None = None
    hours: TenThousandths | None = None
    points: Hundredths | None = None
    weights: tuple[Literal["offshore", "international", "instructor"], ...] = ()
    qualifications: tuple[Box, ...] = ()
    training_kind: Literal["pre_appointment", "post_hire", "continuing_education"] = (
        "continuing_education"
    )
    review_state: ReviewState = "confirmed"
    role: Literal["attendee", "instructor"] = "attendee"
    mode: Literal["in_person", "live_online", "online"] = "in_person"
    title: str | None = None
    categories: tuple[str, ...] = ()
    remark_codes: tuple[str, ...] = ()
    course_kind: str | None = None
    special_training: str | None = None
    kind: str | None = None
    provider: Any = None
    event: str | None = None
    platform: str | None = None
    evidence: str | None = None

    def __post_init__(self) -> None:
        if self.registry == "vr" and (
            self.hours is None or self.attribute is None or self.points is not None
        ):
            raise contradiction(
                "hours", "hours, an attribute and no points on a record of the VR registry"
            )


def check_ids(activities: Iterable[Activity], path: str = "activities") -> None:
    """Refuse two records with one id: a record counts once and has one outcome.

    Raises:
        InvalidFacts: naming the second record.
    """
    seen: set[str] = set()
    for index, activity in enumerate(activities):
        if activity.id in seen:
            raise InvalidFacts.at(f"{path}[{index}].id", "an id given once", "識別碼不得重複")
        seen.add(activity.id)


class Weighting:
    """Factors of the flags 離島地區, 國際性質, 授課者 and how they combine.

    Law: seed-000 ch. 4(2) (時數請填寫核定時數，系統會自動加成); numbers and combination: vr.md Q7.
    """

    __slots__ = ("_combination", "_factors", "_known", "_unconfirmed")

    def __init__(self, figures: Figures) -> None:
        self._factors: dict[str, int] = {}
        self._unconfirmed: dict[str, str] = {}
        for flag in ("offshore", "international", "instructor"):
            figure = figures.figure("weights", f"weight_{flag}")
            if not figure.confirmed:
                self._unconfirmed[flag] = figure.law
            try:
                self._factors[flag] = parse_amount(figure.value)
            except ValueError as error:
                raise InvalidFacts.at(f"params.weight_{flag}", str(error)) from error
        self._combination = figures.option("weight_combination", "max", "product", "sum")
        self._known: dict[tuple[str, ...], int] = {(): _FACTOR}

    def factor(self, flags: tuple[str, ...]) -> int:
        """The factor of the flags together, in millionths; 1 without a flag."""
        if flags not in self._known:
            factors = [self._factors[flag] for flag in sorted(set(flags))]
            if self._combination == "max":
                combined = max(factors) * (_FACTOR // _ONE)
            elif self._combination == "sum":
                added = sum(factor - _ONE for factor in factors)
                combined = max(0, _ONE + added) * (_FACTOR // _ONE)
            else:
                combined = _FACTOR
                for factor in factors:
                    combined = combined * factor // _ONE
            self._known[flags] = combined
        return self._known[flags]

    def notices(self, flags: Iterable[str]) -> tuple[Finding, ...]:
        """What to say where one of the flags was weighted by a figure that no text confirms."""
        laws = [self._unconfirmed[flag] for flag in sorted(set(flags)) if flag in self._unconfirmed]
        return (Finding("weights_unconfirmed", Severity.INFO, laws[0]),) if laws else ()

    def weighted(self, activity: Activity) -> int:
        """Hours of the record times its factor, in parts of an hour (``HOUR``)."""
        return (activity.hours or 0) * self.factor(activity.weights)


def exclusion(activity: Activity, box: str, window: tuple[date, date] | None) -> str | None:
    """Why a record does not count for a certificate, the first reason that applies; None: it counts.

    Args:
        activity: The record.
        box: The check box that the certificate reads.
        window: First and last day, both included; None to leave the day unchecked.

    Law: N0080029:10 (2), (4), (5); seed-000 ch. 4-5. VR-R28, VR-R29.
    """
    if activity.registry != "vr":
        return "other_registry"
    if activity.training_kind != "continuing_education":
        return "not_ce_training"
    if box not in activity.qualifications:
        return "not_for_qualification"
    if activity.review_state != "confirmed":
        return "not_confirmed"
    if window is not None and not window[0] <= activity.date <= window[1]:
        return "out_of_window"
    return None


@dataclass(slots=True)
class Credit:
    """What records give a certificate.

    Attributes:
        professional_law: Weighted hours of professional and law courses, in parts of an hour.
        ethics_quality: Weighted hours of ethics and quality courses, uncut, likewise.
        outcomes: Record id to ``counted`` or the reason why not, in input order.
        counted_days: Days of the records that counted.
        notices: What to know of the weights that were used.
        later_days: Days of records that fail only for lying after the window.
    """

    professional_law: int
    ethics_quality: int
    outcomes: dict[str, str]
    used: list[ActivityUse]
    refused: list[ActivityRefusal]
    counted_days: list[date]
    later_days: list[date]
    notices: tuple[Finding, ...] = ()


def read_activities(
    activities: Sequence[Activity],
    box: str,
    window: tuple[date, date],
    figures: Figures,
    requirements: Mapping[str, tuple[str, ...]],
) -> Credit:
    """Sort records into counted and not counted and add up the weighted hours.

    Args:
        activities: All records of the person.
        box: The check box that the certificate reads.
        window: Counting window, both ends included.
        figures: Weights and citations.
        requirements: Requirement codes that a record of each group adds to.

    Raises:
        InvalidFacts: two records share an id.
    """
    check_ids(activities)
    weighting = Weighting(figures)
    laws = {code: figures.law(subject) for code, subject in _EXCLUSION_LAW.items()}
    sums = {"professional_law": 0, "ethics_quality": 0}
    flags: set[str] = set()
    credit = Credit(0, 0, {}, [], [], [], [])
    for activity in activities:
        reason = exclusion(activity, box, window)
        credit.outcomes[activity.id] = reason or "counted"
        if reason is not None:
            if reason == "out_of_window" and activity.date > window[1]:
                credit.later_days.append(activity.date)
            credit.refused.append(ActivityRefusal(activity.id, reason, laws[reason]))
            continue
        group = GROUPS[activity.attribute or "professional"]
        amount = weighting.weighted(activity)
        flags.update(activity.weights)
        sums[group] += amount
        credit.counted_days.append(activity.date)
        credit.used.append(ActivityUse(activity.id, whole(amount), "hours", requirements[group]))
    credit.notices = weighting.notices(flags)
    credit.professional_law = sums["professional_law"]
    credit.ethics_quality = sums["ethics_quality"]
    return credit

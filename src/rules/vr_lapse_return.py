"""Return to service after a lapse (證明失效後先行提供服務), art. 10-1.

Rulebook: domain/vr.md, VR-R45.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Deadline,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..domain.periods import DAY, add_months
from .facts import Period
from .params import Ruleset
from .vr_activities import Activity, read_activities
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable, scaled, whole
from .vr_facts import Certificate, Title, VrFacts, box_of
from .vr_figures import Figures

__all__ = ["LapseReturnFacts", "ReturnState", "lapse_return", "return_after_lapse"]

RULE = "vr.lapse_return"
REQUIREMENT = "vr.lapse_return.hours"
_GROUPS = ("continuing_education", "months", "weights", "switches")
_ADDS_TO = {"professional_law": (REQUIREMENT,), "ethics_quality": (REQUIREMENT,)}
_NEVER = (date.max, date.max - timedelta(days=1))


class LapseReturnFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.lapse_return``."""

    qualification: Title
    certificate: Certificate
    absence: Period | None = None
    consent_on: date | None = None
    activities: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnState:
    """Where a return stands on one day; ``counted`` in parts of an hour."""

    status: str
    due: date | None
    counted: int
    requirement: Requirement | None
    findings: tuple[Finding, ...]
    outcomes: dict[str, str]
    used: tuple[ActivityUse, ...]
    refused: tuple[ActivityRefusal, ...]
    step: Step
    next_change_on: date | None
    notices: tuple[Finding, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether the person may serve."""
        return self.status in {"renewal_open", "provisional"}


def _failing(
    certificate: Certificate,
    absence: Period | None,
    consent_on: date | None,
    as_of: date,
    figures: Figures,
) -> list[str]:
    """Conditions of art. 10-1 that do not hold.

    Law: N0080029:10-1 (1) (離開職場三個月以上、資格認證證明失效、報請中央主管機關同意).
    """
    failing = []
    if as_of <= certificate.expires_on:
        failing.append("certificate_not_lapsed")
    months = figures.number("months", "lapse_return_absence_months")
    away_until = min(absence.end or as_of, as_of) if absence else None
    if (
        absence is None
        or away_until is None
        or away_until < add_months(absence.start, months) - DAY
    ):
        failing.append("absence_shorter_than_three_months")
    if consent_on is None or consent_on > as_of:
        failing.append("consent_missing")
    return failing


def _start(consent_on: date, absence: Period | None, figures: Figures) -> date:
    """Where the year begins: the consent, or the day service resumed (Q6)."""
    resumed = absence.end + DAY if absence is not None and absence.end is not None else consent_on
    start = figures.option("lapse_return_start", "consent", "resumed")
    return consent_on if start == "consent" else resumed


def return_after_lapse(
    qualification: str,
    certificate: Certificate,
    absence: Period | None,
    consent_on: date | None,
    activities: Sequence[Activity],
    as_of: date,
    figures: Figures,
) -> ReturnState:
    """Whether somebody may serve on a lapsed certificate while making up hours.

    Law: N0080029:10-1. VR-R45.
    """
    box = box_of(qualification)
    law = figures.law("lapse_return")
    days: list[date | None] = [*figures.changes_after(as_of, *_GROUPS), consent_on]
    days += (certificate.expires_on + DAY, *(item.date for item in activities))
    if absence is not None:
        months = figures.get("months", "lapse_return_absence_months")
        days.append(None if months is None else add_months(absence.start, int(months.value)) - DAY)
    failing: list[str] = []
    if law is not None:
        failing = _failing(certificate, absence, consent_on, as_of, figures)
    if law is None or failing or consent_on is None:
        credit = read_activities(activities, box, _NEVER, figures, _ADDS_TO)
        status = "not_in_force" if law is None else "not_applicable"
        code = "vr.why.not_in_force" if law is None else "vr.why.lapse_return_not_applicable"
        step = Step(
            code,
            law,
            (Figure("day", as_of), Figure("missing", ", ".join(failing) or None)),
            met=False,
        )
        return ReturnState(
            status,
            None,
            0,
            None,
            tuple(finding(item, Severity.ERROR, law) for item in failing),
            credit.outcomes,
            (),
            tuple(credit.refused),
            step,
            earliest_after(as_of, days),
        )
    required = figures.figure("continuing_education", "lapse_return_hours")
    months = figures.figure("months", "lapse_return_months")
    start = _start(consent_on, absence, figures)
    due = figures.within(start, int(months.value))
    credit = read_activities(activities, box, (start, min(due, as_of)), figures, _ADDS_TO)
    counted = credit.professional_law + credit.ethics_quality
    met = counted >= scaled(required.value)
    unfinished = "provisional" if as_of <= due else "expired"
    status = "renewal_open" if met else unfinished
    requirement = Requirement(
        REQUIREMENT,
        met,
        whole(counted),
        required.value,
        "hours",
        required.law,
        None if met else due,
    )
    step = Step(
        f"vr.why.lapse_return_{status}",
        required.law,
        (
            Figure("consent_on", consent_on),
            Figure("due", due, law=months.law),
            Figure("required", required.value, "hours", required.law),
        ),
        whole(counted),
        "hours",
        status != "expired",
    )
    return ReturnState(
        status,
        due,
        counted,
        requirement,
        (),
        credit.outcomes,
        tuple(credit.used),
        tuple(credit.refused),
        step,
        earliest_after(as_of, [*days, due + DAY]),
        credit.notices,
    )


def lapse_return(facts: LapseReturnFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """May somebody serve again after a long absence let the certificate lapse, and until when.

    Args:
        facts: Lapsed certificate, absence, consent, continuing-education records.
        as_of: Day asked about; a later consent and later records are not seen.
        ruleset: Figures.

    Returns:
        ``provisional``, ``renewal_open``, ``expired``, ``not_applicable`` or ``not_in_force``.

    Law: N0080029:10-1. VR-R45; the year starts with the consent (Q6).
    """
    figures = Figures(ruleset, as_of, facts.params)
    ids = [item.id for item in facts.activities]
    unavailable = law_unavailable(RULE, as_of, figures, activities=ids)
    if unavailable is not None:
        return unavailable
    state = return_after_lapse(
        facts.qualification,
        facts.certificate,
        facts.absence,
        facts.consent_on,
        facts.activities,
        as_of,
        figures,
    )
    requirement = state.requirement
    deadlines = []
    if state.due is not None and state.status == "provisional":
        deadlines.append(Deadline("lapse_return_due", state.due, state.step.law))
    return decided(
        Outcome(
            RULE,
            as_of,
            state.status,
            state.eligible,
            state.step,
            () if requirement is None else (requirement,),
            state.findings,
            {"deadline": state.due, "activities": state.outcomes},
            state.used,
            state.refused,
            deadlines,
            next_change_on=state.next_change_on,
            counted={} if requirement is None else {requirement.code: state.counted},
            notices=state.notices,
        )
    )

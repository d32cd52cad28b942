"""Training after hiring (進用後訓練): hours, deadline, may somebody go on serving.

Rulebook: domain/vr.md, VR-R20..VR-R24.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from ..domain.decision import Deadline, Decision, Figure, Finding, Requirement, Severity, Step
from ..domain.periods import DAY
from .params import FigureValue, Ruleset
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable, scaled, whole
from .vr_evidence import Training, hours_by, reached_on
from .vr_facts import Role, VrFacts
from .vr_figures import Figures

__all__ = ["PostHireFacts", "TrainingDuty", "post_hire_training", "training_duty"]

RULE = "vr.post_hire_training"
_GROUPS = ("training_hours", "months", "switches")


class _Scheme(NamedTuple):
    """How a role's duty is called in the figures, its training, and whether it needs consent."""

    prefix: str
    kind: str
    needs_consent: bool
    deadline: str


_SCHEMES = {
    "employment_specialist": _Scheme(
        "es", "employment_specialist_post_hire", False, "post_hire_training_due"
    ),
    "case_manager": _Scheme("cm", "case_manager_training", True, "provisional_training_due"),
    "vocational_assessor": _Scheme(
        "assessor", "vocational_assessment_160", True, "provisional_training_due"
    ),
    "vocational_trainer": _Scheme(
        "trainer", "vocational_trainer_post_hire", False, "post_hire_training_due"
    ),
    "vocational_training_staff": _Scheme(
        "trainer", "vocational_trainer_post_hire", False, "post_hire_training_due"
    ),
}


class PostHireFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.post_hire_training``."""

    role: Role
    first_hired_on: date
    local_consent_on: date | None = None
    central_consent_on: date | None = None
    trainings: tuple[Training, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingDuty:
    """The duty of one person in one role on one day.

    Attributes:
        status: completed, completed_late, in_progress, overdue, not_required or not_permitted.
        eligible: Whether the person may serve on that day as far as this duty goes.
        due: Last day to complete it; None without a duty, or before the first hiring is known.
        counted: Hours so far, in parts of an hour.
    """

    status: str
    eligible: bool
    step: Step
    due: date | None = None
    deadline: str = "post_hire_training_due"
    counted: int = 0
    requirement: Requirement | None = None
    findings: tuple[Finding, ...] = ()
    next_change_on: date | None = None

    @property
    def is_done(self) -> bool:
        """Whether the hours are complete, in time or late."""
        return self.status in {"completed", "completed_late"}


def _first_deadline(
    scheme: _Scheme, hired: date, consent: date | None, as_of: date, figures: Figures
) -> tuple[date, tuple[Finding, ...]]:
    """The year after the first hiring, or two with a consent given in time.

    Law: N0080029:7 (3) proviso (經直轄市、縣（市）主管機關同意者，得延後一年完成). VR-R20, VR-R21.
    """
    months = figures.number("months", f"{scheme.prefix}_post_hire_months")
    due = figures.within(hired, months)
    if scheme.prefix != "es" or consent is None:
        return due, ()
    extra = figures.get("months", "es_post_hire_extra_months")
    known = figures.begun("post_hire_extension")
    if extra is not None and known <= consent <= min(as_of, due):
        return figures.within(hired, months + int(extra.value)), ()
    law = extra.law if extra else figures.figure("months", "es_post_hire_months").law
    return due, (finding("extension_consent_not_effective", Severity.WARNING, law),)


def _without(status: str, eligible: bool, role: str, changes: date | None) -> TrainingDuty:
    step = Step(f"vr.why.training_{status}", None, (Figure("role", role),), met=eligible)
    return TrainingDuty(status, eligible, step, next_change_on=changes)


def training_duty(
    role: str,
    hired: date | None,
    trainings: Sequence[Training],
    as_of: date,
    figures: Figures,
    local_consent_on: date | None = None,
    central_consent_on: date | None = None,
) -> TrainingDuty:
    """The hours a role has to complete after the first hiring, and where they stand.

    Args:
        role: Professional type.
        hired: First hiring (初次進用); None where it is not known yet, then nothing is due.
        trainings: All trainings; hours from before the hiring count (至遲).
        as_of: Day asked about.
        figures: Of that day.
        local_consent_on: Consent of the local government to an extra year.
        central_consent_on: Consent of the central authority to serve ahead of the training.

    Law: N0080029:6 (3), 7 (3), 8 (2); 2014: 4 (3), 5 (2). VR-R20..VR-R24.
    """
    changes = figures.changes_after(as_of, *_GROUPS)
    scheme = _SCHEMES.get(role)
    if scheme is None:
        return _without("not_required", True, role, None)
    required = figures.get("training_hours", f"{scheme.prefix}_post_hire_hours")
    if scheme.needs_consent and (
        required is None or central_consent_on is None or central_consent_on > as_of
    ):
        later = earliest_after(as_of, (central_consent_on, *changes))
        return _without("not_permitted", False, role, later)
    if required is None:
        return _without("not_required", True, role, earliest_after(as_of, changes))
    due: date | None = None
    findings: tuple[Finding, ...] = ()
    if hired is not None:
        due, findings = _first_deadline(scheme, hired, local_consent_on, as_of, figures)
    counted = hours_by(trainings, scheme.kind, as_of)
    done = reached_on(trainings, scheme.kind, scaled(required.value), as_of)
    if done is not None and (due is None or done <= due):
        status = "completed"
    elif done is not None:
        status = "completed_late"
        findings += (finding("completed_after_deadline", Severity.WARNING, required.law),)
    elif due is None or as_of <= due:
        status = "in_progress"
    else:
        status = "overdue"
    duty = _duty(role, scheme, status, due, counted, required, findings, hired)
    days = [item.completed_on for item in trainings if item.kind == scheme.kind and item.passed]
    after = due + DAY if due is not None and done is None else None
    return replace(
        duty, next_change_on=earliest_after(as_of, (*changes, *days, after, local_consent_on))
    )


def _duty(
    role: str,
    scheme: _Scheme,
    status: str,
    due: date | None,
    counted: int,
    required: FigureValue,
    findings: tuple[Finding, ...],
    hired: date | None,
) -> TrainingDuty:
    met = status in {"completed", "completed_late"}
    step = Step(
        f"vr.why.training_{status}",
        required.law,
        (
            Figure("role", role),
            Figure("first_hired_on", hired),
            Figure("due", due),
            Figure("required", required.value, "hours", required.law),
        ),
        whole(counted),
        "hours",
        met,
    )
    requirement = Requirement(
        f"vr.post_hire.{role}",
        met,
        whole(counted),
        required.value,
        "hours",
        required.law,
        None if met else due,
    )
    return TrainingDuty(
        status, status != "overdue", step, due, scheme.deadline, counted, requirement, findings
    )


def post_hire_training(facts: PostHireFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Training that must follow the first hiring: hours so far, last day, may the person serve.

    Args:
        facts: Role, first hiring, consents, trainings.
        as_of: Day asked about.
        ruleset: Figures.

    Returns:
        ``completed``, ``completed_late``, ``in_progress``, ``overdue``, ``not_required`` or
        ``not_permitted``; the deadline is still in time.

    Law: N0080029:6 (3), 7 (3), 8 (2); 2014: 4 (3), 5 (2). VR-R20..VR-R24.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    duty = training_duty(
        facts.role,
        facts.first_hired_on,
        facts.trainings,
        as_of,
        figures,
        facts.local_consent_on,
        facts.central_consent_on,
    )
    requirement = duty.requirement
    deadlines = []
    if duty.due is not None and not duty.is_done:
        deadlines.append(
            Deadline(duty.deadline, duty.due, requirement.law if requirement else None)
        )
    return decided(
        Outcome(
            RULE,
            as_of,
            duty.status,
            duty.eligible,
            duty.step,
            () if requirement is None else (requirement,),
            duty.findings,
            {"deadline": duty.due},
            deadlines=deadlines,
            next_change_on=duty.next_change_on,
            counted={} if requirement is None else {requirement.code: duty.counted},
        )
    )

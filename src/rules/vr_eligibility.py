"""May a person serve in a role on a day (得否提供服務).

Rulebook: domain/vr.md, VR-R54, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY, window_open
from .facts import Facts, Period
from .params import Ruleset
from .vr_activities import Activity
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable
from .vr_evidence import Disqualification, Training, bars
from .vr_facts import Certificate, ReviewState, Role, Title, VrFacts
from .vr_figures import Figures
from .vr_lapse_return import return_after_lapse
from .vr_plan_training import PlanTraining, plan_training
from .vr_post_hire import training_duty

__all__ = ["EligibilityFacts", "eligibility"]

RULE = "vr.eligibility"
_PENDING = "submitted"
_ROUTES = {"a6-2": "vocational_assessor", "a8-2": "case_manager"}
"""Provisional routes that fit one role only."""


class RenewalApplication(Facts, frozen=True, kw_only=True):
    """An application for renewal (更新申請) in the agency's hands."""

    filed_on: date
    state: ReviewState


class HeldCertificate(Certificate, frozen=True, kw_only=True):
    """A certificate a person holds."""

    qualification: Title
    revoked_on: date | None = None
    renewal_application: RenewalApplication | None = None

    def is_revoked(self, as_of: date) -> bool:
        """Whether it was revoked by ``as_of``."""
        return self.revoked_on is not None and self.revoked_on <= as_of


class PostHire(Facts, frozen=True, kw_only=True):
    """The 36 hours of an employment specialist."""

    first_hired_on: date
    local_consent_on: date | None = None
    central_consent_on: date | None = None
    trainings: tuple[Training, ...] = ()


class Provisional(Facts, frozen=True, kw_only=True):
    """Service ahead of a certificate (先行提供服務) by arts. 6 (2), 8 (2) or 10-1."""

    kind: Literal["a6-2", "a8-2", "a10-1"]
    consent_on: date | None = None
    hired_on: date | None = None
    trainings: tuple[Training, ...] = ()
    absence: Period | None = None
    activities: tuple[Activity, ...] = ()


class ServingPerson(Facts, frozen=True, kw_only=True):
    """What is known of the person."""

    disqualifications: tuple[Disqualification, ...] = ()
    certificates: tuple[HeldCertificate, ...] = ()
    post_hire: PostHire | None = None
    provisional: Provisional | None = None
    plan_training: PlanTraining | None = None


class EligibilityFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.eligibility``."""

    role: Role
    person: ServingPerson
    under_plan: bool = False


@dataclass(slots=True)
class _Answer:
    """The answer as it grows, in the order of VR-R54."""

    status: str = "ineligible"
    certificate: HeldCertificate | None = None
    reasons: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    days: list[date | None] = field(default_factory=list)


def _latest(certificates: Sequence[HeldCertificate]) -> HeldCertificate | None:
    """The certificate with the latest valid_to; of equals the one that runs longest, then by id."""
    return min(
        certificates,
        key=lambda item: (-item.valid_to.toordinal(), -item.expires_on.toordinal(), item.id),
        default=None,
    )


def _certificate(facts: EligibilityFacts, as_of: date, figures: Figures, answer: _Answer) -> None:
    """A valid certificate of exactly this role, or why there is none.

    Law: N0080029:10 (1), 15 (1), 15 (4). VR-R54 (2)-(3), VR-R43; a pending renewal: Q1.
    """
    own = [item for item in facts.person.certificates if item.qualification == facts.role]
    for item in own:
        answer.days += (item.valid_from, item.expires_on + DAY, item.revoked_on)
        if item.renewal_application is not None:
            answer.days.append(item.renewal_application.filed_on)
    valid = _latest(
        [
            item
            for item in own
            if item.valid_from <= as_of <= item.expires_on and not item.is_revoked(as_of)
        ]
    )
    law = figures.law("certificate")
    if valid is not None:
        answer.certificate = valid
        answer.status = "eligible"
        reason = "certificate_valid"
        answer.deadlines.append(
            Deadline("certificate_expires", valid.expires_on, figures.law("lapse"))
        )
        months = figures.get("months", "system_window_months")
        if months is not None:
            opens = window_open(valid.expires_on, int(months.value))
            answer.days.append(opens)
            if as_of >= opens:
                answer.findings.append(
                    finding("renewal_window_open", Severity.INFO, months.law, (valid.id,))
                )
    else:
        reason = _without_certificate(_latest(own), as_of)
        if reason == "renewal_pending" and figures.is_on("serve_while_pending"):
            answer.status = "provisional"
        law = figures.law("renewal") or law
    answer.reasons.append(reason)
    shown = valid or _latest(own)
    inputs = [Figure("certificate", shown.id if shown else None)]
    if shown is not None:
        inputs += [Figure("valid_from", shown.valid_from), Figure("expires_on", shown.expires_on)]
    answer.steps.append(
        Step(f"vr.why.{reason}", law, tuple(inputs), met=answer.status != "ineligible")
    )


def _without_certificate(latest: HeldCertificate | None, as_of: date) -> str:
    if latest is None:
        return "no_certificate"
    if latest.is_revoked(as_of):
        return "certificate_revoked"
    if as_of <= latest.expires_on:
        return "certificate_not_yet_valid"
    application = latest.renewal_application
    pending = (
        application is not None
        and application.filed_on <= min(as_of, latest.expires_on)
        and application.state == _PENDING
    )
    return "renewal_pending" if pending else "certificate_expired"


def _ahead_of_training(
    facts: EligibilityFacts, route: Provisional, as_of: date, figures: Figures, answer: _Answer
) -> None:
    """Assessors by art. 6 (2), case managers by art. 8 (2), with central consent.

    Law: N0080029:6 (2)-(3), 8 (2). VR-R22, VR-R23.
    """
    duty = training_duty(
        facts.role,
        route.hired_on,
        route.trainings,
        as_of,
        figures,
        central_consent_on=route.consent_on,
    )
    answer.days.append(duty.next_change_on)
    if duty.status in {"not_permitted", "not_required"}:
        return
    answer.steps.append(duty.step)
    if duty.due is not None:
        answer.deadlines.append(Deadline("provisional_training_due", duty.due, duty.step.law))
    if duty.status == "overdue":
        answer.reasons.append("provisional_training_overdue")
        return
    answer.status = "provisional"
    answer.reasons.append(f"provisional_{route.kind.replace('-', '_')}")
    if duty.is_done:
        law = figures.law("certificate")
        answer.findings.append(finding("certificate_application_needed", Severity.WARNING, law))


def _after_lapse(
    facts: EligibilityFacts, route: Provisional, as_of: date, figures: Figures, answer: _Answer
) -> None:
    """Back after a long absence, on a certificate that has expired.

    Law: N0080029:10-1. VR-R45.
    """
    latest = _latest([c for c in facts.person.certificates if c.qualification == facts.role])
    if latest is None:
        return
    state = return_after_lapse(
        facts.role, latest, route.absence, route.consent_on, route.activities, as_of, figures
    )
    answer.days.append(state.next_change_on)
    if state.due is None:
        return
    answer.steps.append(state.step)
    answer.deadlines.append(Deadline("lapse_return_due", state.due, state.step.law))
    if state.eligible:
        answer.status = "provisional"
        answer.reasons.append("provisional_a10_1")
    else:
        answer.reasons.append("lapse_return_overdue")


def _provisional(facts: EligibilityFacts, as_of: date, figures: Figures, answer: _Answer) -> None:
    route = facts.person.provisional
    if route is None or answer.certificate is not None or "certificate_revoked" in answer.reasons:
        return
    answer.days.append(route.consent_on)
    if route.kind == "a10-1":
        _after_lapse(facts, route, as_of, figures, answer)
    elif _ROUTES[route.kind] == facts.role:
        _ahead_of_training(facts, route, as_of, figures, answer)


def _post_hire(facts: EligibilityFacts, as_of: date, figures: Figures, answer: _Answer) -> None:
    """The 36 hours of an employment specialist: due, done, or overdue and then no service.

    Law: N0080029:7 (3) (始得繼續提供服務). VR-R54 (4).
    """
    given = facts.person.post_hire
    if given is None or facts.role != "employment_specialist":
        return
    duty = training_duty(
        facts.role,
        given.first_hired_on,
        given.trainings,
        as_of,
        figures,
        given.local_consent_on,
    )
    answer.days.append(duty.next_change_on)
    answer.steps.append(duty.step)
    if duty.is_done:
        answer.reasons.append("post_hire_training_done")
        return
    if duty.status == "overdue":
        answer.status = "ineligible"
        answer.reasons.append("post_hire_training_overdue")
    else:
        answer.reasons.append("post_hire_training_due")
    if duty.due is not None:
        answer.deadlines.append(Deadline("post_hire_training_due", duty.due, duty.step.law))


def _plan(facts: EligibilityFacts, as_of: date, figures: Figures, answer: _Answer) -> None:
    """The plan's 60 hours: shown, they do not decide unless a parameter says so (Q14)."""
    given = facts.person.plan_training
    if given is None or not facts.under_plan or facts.role != "case_manager":
        return
    state = plan_training(given, as_of, figures)
    answer.days.append(state.next_change_on)
    answer.steps.append(state.step)
    if state.status not in {"in_progress", "overdue"}:
        return
    overdue = state.status == "overdue"
    answer.findings.append(
        finding(
            "plan_training_overdue" if overdue else "plan_training_due",
            Severity.WARNING if overdue else Severity.INFO,
            state.step.law,
        )
    )
    answer.deadlines.append(Deadline("plan_training_due", state.due, state.step.law))
    if overdue and figures.is_on("plan_training_blocks"):
        answer.status = "ineligible"


def eligibility(facts: EligibilityFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a person may serve in a role on a day, why, and until when.

    Args:
        facts: Role, bars, certificates, trainings after hiring, provisional service.
        as_of: Day asked about; nothing dated later is seen.
        ruleset: Figures.

    Returns:
        ``eligible``, ``provisional`` or ``ineligible``; ``reasons`` in the order they arose.

    Raises:
        InvalidFacts: a period ends before it starts, or records share an id.

    Law: N0080029:6, 7, 8, 10, 10-1, 14, 15. VR-R54.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    barred = bars(facts.person.disqualifications, as_of, figures)
    answer = _Answer()
    answer.days.append(barred.next_change_on)
    answer.steps.append(barred.step)
    if barred.kinds:
        answer.reasons += (f"art14_{kind}" for kind in barred.kinds)
    else:
        _certificate(facts, as_of, figures, answer)
        _provisional(facts, as_of, figures, answer)
        _post_hire(facts, as_of, figures, answer)
        _plan(facts, as_of, figures, answer)
    eligible = answer.status in {"eligible", "provisional"}
    certificate = answer.certificate
    answer.deadlines.sort(key=lambda item: (item.due, item.code))
    step = Step(
        f"vr.why.{answer.status}",
        figures.law("version"),
        (Figure("role", facts.role), Figure("day", as_of)),
        met=eligible,
        children=tuple(answer.steps),
    )
    return decided(
        Outcome(
            RULE,
            as_of,
            answer.status,
            eligible,
            step,
            findings=answer.findings,
            report={
                "reasons": answer.reasons,
                "deadlines": {item.code: item.due for item in answer.deadlines},
                "certificate": certificate.id if certificate else None,
            },
            deadlines=answer.deadlines,
            valid_to=certificate.expires_on if certificate else None,
            next_change_on=earliest_after(as_of, answer.days),
        )
    )

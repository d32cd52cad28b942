"""Whether somebody may be appointed (遴用資格), by which clause, and what is missing.

Rulebook: domain/vr.md, VR-R5..VR-R19.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ..domain.decision import Decision, Figure, Finding, Requirement, Severity, Step
from .params import Ruleset
from .vr_clauses import ClauseResult, Person, Question, evaluate_clause
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable, scaled, whole
from .vr_evidence import Bars, bars, hours_by
from .vr_facts import Role, VrFacts, box_of
from .vr_figures import Figures

__all__ = ["QualificationFacts", "qualification"]

RULE = "vr.qualification"
PRE_HIRE = "vr.cm.pre_hire_36h"
_GROUPS = ("appointment", "disqualification", "training_hours", "years", "switches")
_CASE_MANAGER_CLAUSE = "a8-1"


class QualificationFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.qualification``."""

    role: Role
    person: Person
    trade: str | None = None
    trade_has_skill_test: bool | None = None
    central_consent_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """All clauses of the role, the provisional route apart."""

    clauses: tuple[ClauseResult, ...]
    provisional: tuple[ClauseResult, ...]

    @property
    def satisfied(self) -> tuple[str, ...]:
        return tuple(item.code for item in self.clauses if item.met)

    @property
    def ahead(self) -> tuple[str, ...]:
        return tuple(item.code for item in self.provisional if item.met)


def _all(name: str, question: Question) -> tuple[ClauseResult, ...]:
    found = question.figures.get("appointment", name)
    clauses: Mapping[str, Sequence[Mapping[str, Any]]] = found.value if found else {}
    return tuple(evaluate_clause(code, rows, question) for code, rows in clauses.items())


def _evaluate(question: Question) -> _Evaluated:
    """The clauses of the text in force, in its order.

    Law: N0080029:4-9. VR-R9..VR-R17; art. 6 (2) is looked at when no clause of 6 (1) holds.
    """
    role = box_of(question.role)
    clauses = _all(role, question)
    ahead: tuple[ClauseResult, ...] = ()
    if role == "vocational_assessor" and not any(item.met for item in clauses):
        ahead = _all("vocational_assessor_provisional", question)
    return _Evaluated(clauses, ahead)


@dataclass(frozen=True, slots=True)
class _PreHire:
    """The case manager's 36 hours before hiring; ``met`` for every other role."""

    met: bool
    parts: int
    rows: tuple[Requirement, ...]
    steps: tuple[Step, ...]


def _pre_hire(question: Question) -> _PreHire:
    """Training before hiring.

    Law: N0080029:8 (1) (於進用前完成…三十六小時以上，成績及格取得結訓證明). VR-R15.
    """
    if question.role != "case_manager":
        return _PreHire(True, 0, (), ())
    figure = question.figures.figure("training_hours", "cm_pre_hire_hours")
    parts = hours_by(question.person.trainings, "case_manager_training", question.as_of)
    met = parts >= scaled(figure.value)
    row = Requirement(PRE_HIRE, met, whole(parts), figure.value, "hours", figure.law)
    step = Step(
        "vr.why.pre_hire",
        figure.law,
        (Figure("required", figure.value, "hours", figure.law),),
        whole(parts),
        "hours",
        met,
    )
    return _PreHire(met, parts, (row,), (step,))


def _consented(question: Question) -> bool:
    """Whether art. 8 (2) lets a case manager begin before the training.

    Law: N0080029:8 (2), from 2019-11-12 (經直轄市、縣（市）主管機關報請中央主管機關同意). VR-R16.
    """
    route = question.figures.get("appointment", "case_manager_provisional")
    consent = question.central_consent_on
    return route is not None and consent is not None and consent <= question.as_of


def _status(
    question: Question, evaluated: _Evaluated, pre_hire: _PreHire, barred: Bars
) -> tuple[str, str | None]:
    """The first status that fits, and the clause it rests on. VR-R7."""
    satisfied = evaluated.satisfied
    if barred.kinds:
        return "disqualified", None
    if satisfied and pre_hire.met:
        return "qualified", satisfied[0]
    if satisfied and _consented(question):
        return "provisional", satisfied[0]
    if evaluated.ahead:
        return "provisional", evaluated.ahead[0]
    if question.role == "vocational_trainer":
        appointment = question.person.trainer_appointment
        undecided = appointment is None or appointment.decision is None
        return ("needs_review" if undecided else "not_qualified"), None
    return ("needs_review" if _would_do(question, evaluated) else "not_qualified"), None


def _would_do(question: Question, evaluated: _Evaluated) -> bool:
    """Whether some clause would hold if undecided departments counted. VR-R8."""
    undecided = any(
        not item.name_matches and item.recognised is None for item in question.person.education
    )
    if not undecided or evaluated.satisfied:
        return False
    return bool(_evaluate(replace(question, assumed=True)).satisfied)


def _missing(evaluated: _Evaluated, pre_hire: _PreHire) -> dict[str, list[str]]:
    missing = {item.code: list(item.missing) for item in evaluated.clauses if not item.met}
    if not evaluated.ahead:
        missing.update({item.code: list(item.missing) for item in evaluated.provisional})
    if not pre_hire.met:
        missing[_CASE_MANAGER_CLAUSE] = ["training_36h"]
    return missing


def _days(facts: QualificationFacts) -> list[date | None]:
    days: list[date | None] = [facts.central_consent_on]
    days += (item.completed_on for item in facts.person.trainings)
    for spell in facts.person.experience:
        days.append(spell.start)
    return days


def qualification(facts: QualificationFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """By which clause somebody may be appointed, and what every other clause still needs.

    A screening: the certificate itself is issued by the authority (art. 10 (1)), and so are
    decisions on differently named departments and on exempted hours.

    Args:
        facts: Role, evidence, consents.
        as_of: Day asked about; picks the text, and nothing dated later is seen.
        ruleset: Clauses as data.

    Returns:
        ``disqualified``, ``qualified``, ``provisional``, ``needs_review``, ``not_qualified`` or
        ``law_version_unavailable``; experience in days, training in hours (hundredths).

    Law: N0080029:4-9, 12, 14; Civil Code art. 123. VR-R5..VR-R19.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    question = Question(
        facts.role,
        facts.person,
        as_of,
        figures,
        facts.trade,
        bool(facts.trade_has_skill_test),
        facts.central_consent_on,
    )
    barred = bars(facts.person.disqualifications, as_of, figures)
    evaluated = _evaluate(question)
    pre_hire = _pre_hire(question)
    status, clause = _status(question, evaluated, pre_hire, barred)
    findings: list[Finding] = [
        finding(f"art14_{kind}", Severity.ERROR, barred.law) for kind in barred.kinds
    ]
    if status == "needs_review" and facts.role != "vocational_trainer":
        findings.append(
            finding(
                "core_course_comparison_required",
                Severity.WARNING,
                figures.law("related_department"),
            )
        )
    results = (*evaluated.clauses, *evaluated.provisional)
    eligible = status in {"qualified", "provisional"}
    step = Step(
        f"vr.why.{status}",
        figures.law("version"),
        (Figure("role", facts.role), Figure("day", as_of), Figure("clause", clause)),
        met=eligible,
        children=(barred.step, *(item.step for item in results), *pre_hire.steps),
    )
    days = _days(facts)
    days += (barred.next_change_on, *(day for item in results for day in item.grows_on))
    days += figures.changes_after(as_of, *_GROUPS)
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            eligible,
            step,
            (*(row for item in results for row in item.requirements), *pre_hire.rows),
            findings,
            {
                "clause": clause,
                "clauses": [*evaluated.satisfied, *evaluated.ahead],
                "missing": _missing(evaluated, pre_hire),
                "law_version": figures.figure("law", "version").since,
            },
            next_change_on=earliest_after(as_of, days),
            counted={
                **{code: parts for item in results for code, parts in item.parts.items()},
                **({} if not pre_hire.rows else {PRE_HIRE: pre_hire.parts}),
            },
        )
    )

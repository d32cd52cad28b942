"""Appointment clauses (遴用資格款項) as data, evaluated against what a person shows.

Rulebook: domain/vr.md, section 1.7, VR-R5..VR-R8.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from ..domain.amounts import parse_amount
from ..domain.decision import Figure, Requirement, Step
from ..domain.periods import DAY, period_end
from .facts import Facts, contradiction
from .vr_common import count, scaled, whole
from .vr_evidence import LEVELS, Disqualification, Education, Training, hours_by, is_related
from .vr_facts import Role, Title
from .vr_figures import Figures

__all__ = ["ClauseResult", "Experience", "Person", "Question", "clause_law", "evaluate_clause"]


class Experience(Facts, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """A spell of work (年資); an open end means it still goes on."""

    kind: Literal[
        "employment_service",
        "disability_employment_service",
        "disability_welfare_service",
        "vr_case_management",
        "adult_case_management",
        "vocational_assessment",
        "vocational_training",
        "occupational_therapy",
        "trade_work",
        "trade_teaching",
        "guidance_of_professionals",
    ]
    start: date
    end: date | None = None
    full_time: bool = True
    trade: str | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise contradiction("to", "a last day not before the first")


class SkillCertificate(Facts, frozen=True, kw_only=True):
    """A skill certificate (技術士證)."""

    trade: str
    level: Literal["A", "B", "C"]


class TrainerAppointment(Facts, frozen=True, kw_only=True):
    """The outcome of the trainers' selection rules (職業訓練師甄審遴聘辦法)."""

    decision: str | None = None


class Person(Facts, frozen=True, kw_only=True):
    """What a person shows for an appointment."""

    education: tuple[Education, ...] = ()
    licences: tuple[
        Literal[
            "social_worker",
            "occupational_therapist",
            "physical_therapist",
            "psychologist",
            "special_education_teacher",
        ],
        ...,
    ] = ()
    skill_certificates: tuple[SkillCertificate, ...] = ()
    credit_programmes: tuple[Literal["vr_service", "vr_assessment"], ...] = ()
    experience: tuple[Experience, ...] = ()
    trainings: tuple[Training, ...] = ()
    held_qualifications: tuple[Literal[Title, "employment_service_assistant"], ...] = ()
    disqualifications: tuple[Disqualification, ...] = ()
    trainer_appointment: TrainerAppointment | None = None
    special_review: str | None = None
    special_performance: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Who is asked about, for what, on which day; ``assumed``: undecided departments count."""

    role: Role
    person: Person
    as_of: date
    figures: Figures
    trade: str | None = None
    trade_has_skill_test: bool = False
    central_consent_on: date | None = None
    assumed: bool = False

    def names(self, value: object) -> Collection[str]:
        """A list of codes, or the set or business that a word stands for."""
        if value == "supervised_business":
            business = self.figures.figure("appointment", "supervised_business").value
            return [str(kind) for kind in business[self.role]]
        if isinstance(value, str):
            return [str(item) for item in self.figures.figure("appointment", "sets").value[value]]
        return [str(item) for item in value] if isinstance(value, list) else []


class _Held(NamedTuple):
    """One condition: does it hold, what is missing if not, how it is told."""

    met: bool
    missing: str
    requirement: Requirement | None = None
    step: Step | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """A clause evaluated.

    Attributes:
        missing: Codes of the conditions that do not hold, in the clause's order.
        grows_on: Days on which running work would complete it.
        parts: Training hours by requirement code, in parts of an hour.
    """

    code: str
    met: bool
    missing: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    step: Step
    grows_on: tuple[date, ...]
    parts: Mapping[str, int]


def clause_law(code: str, version: str) -> str:
    """The citation of a clause: ``a6-1-3-2`` is article 6, paragraph 1, item 3 (its 目 has none)."""
    parts = code.removeprefix("a").split("-")
    return f"N0080029@{version}:" + "-".join(parts[:3])


def _merged(spells: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Overlapping and adjoining spells as one."""
    merged: list[tuple[date, date]] = []
    for start, end in sorted(spells):
        if merged and start <= merged[-1][1] + DAY:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _days_of_experience(
    spells: Sequence[tuple[date, date]], years: int, year_days: int
) -> tuple[int, int]:
    """(days counted, days required): calendar years for one spell, else years of 365 days.

    Law: Civil Code (民法) art. 123. VR-R5.
    """
    if len(spells) == 1:
        start, end = spells[0]
        return (end - start).days + 1, (period_end(start, years) - start).days + 1
    return sum((end - start).days + 1 for start, end in spells), year_days * years


def _is_of_trade(item: Experience, question: Question) -> bool:
    return question.trade is not None and item.trade == question.trade


def _experience(
    rule: Mapping[str, Any], question: Question, code: str, law: str
) -> tuple[_Held, date | None]:
    figures = question.figures
    kinds = question.names(rule["kinds"])
    full_time = rule.get("full_time", False)
    if isinstance(full_time, str):
        full_time = figures.is_on(full_time)
    years = rule["years"]
    if isinstance(years, str):
        years = figures.number("years", years)
    spells = [
        (item.start, min(item.end or question.as_of, question.as_of))
        for item in question.person.experience
        if item.kind in kinds
        and item.start <= question.as_of
        and (item.full_time or not full_time)
        and (not item.kind.startswith("trade_") or _is_of_trade(item, question))
    ]
    merged = _merged(spells)
    counted, required = _days_of_experience(
        merged, years, figures.number("days", "experience_year_days")
    )
    met = counted >= required
    requirement = Requirement(
        f"{code}.experience", met, count(counted), count(required), "days", law
    )
    step = Step(
        "vr.why.experience",
        law,
        (
            Figure("clause", code),
            Figure("years", count(years), "years", law),
            Figure("spells", count(len(merged)), "count"),
            Figure("required", count(required), "days", law),
        ),
        count(counted),
        "days",
        met,
    )
    running = bool(merged) and merged[-1][1] == question.as_of
    grows = question.as_of + (required - counted) * DAY if running and not met else None
    return _Held(met, "experience", requirement, step), grows


def _training(rule: Mapping[str, Any], question: Question, code: str, law: str) -> _Held:
    """Law: VR-R6 (成績及格取得結訓證明)."""
    required = parse_amount(rule["hours"])
    parts = hours_by(question.person.trainings, rule["kind"], question.as_of)
    met = parts >= scaled(required)
    missing = f"training_{rule['hours']}h"
    requirement = Requirement(f"{code}.{missing}", met, whole(parts), required, "hours", law)
    step = Step(
        "vr.why.training_hours",
        law,
        (
            Figure("clause", code),
            Figure("kind", rule["kind"]),
            Figure("required", required, "hours", law),
        ),
        whole(parts),
        "hours",
        met,
    )
    return _Held(met, missing, requirement, step, parts)


def _education(rule: Mapping[str, Any], question: Question) -> _Held:
    """Level first, then the field among the degrees of that level. Law: VR-R7, VR-R8."""
    level = LEVELS[rule["level"]]
    reaching = [item for item in question.person.education if LEVELS[item.level] >= level]
    if not reaching:
        return _Held(False, "education_level")
    if "not_fields" in rule:
        fields = question.names(rule["not_fields"])
        related = any(is_related(item, fields, assumed=question.assumed) for item in reaching)
        return _Held(not related, "education_field")
    if "fields" not in rule:
        return _Held(True, "education_level")
    fields = [*question.names(rule["fields"]), *rule.get("also", ())]
    if "trade" in fields:
        fields = [question.trade] if question.trade is not None else []
    related = any(is_related(item, fields, assumed=question.assumed) for item in reaching)
    return _Held(related, "education_field")


def _skill(rule: Mapping[str, Any], question: Question) -> _Held:
    trade = question.trade if rule["trade"] == "trade" else rule["trade"]
    met = any(
        item.trade == trade and item.level in rule["levels"]
        for item in question.person.skill_certificates
    )
    return _Held(met, "skill_certificate")


_FIVE = frozenset(
    {
        "vocational_trainer",
        "vocational_training_staff",
        "vocational_assessor",
        "employment_specialist",
        "case_manager",
    }
)


def _plain(name: str, rule: Any, question: Question) -> _Held:
    """Conditions that hold or do not, without an amount."""
    person = question.person
    if name == "appointment":
        appointment = person.trainer_appointment
        approved = appointment is not None and appointment.decision == "approved"
        return _Held(approved, "trainer_appointment")
    if name == "no_skill_test":
        return _Held(not question.trade_has_skill_test, "trade_has_skill_test")
    if name == "special_performance":
        return _Held(person.special_performance, name)
    if name == "programme":
        return _Held(rule in person.credit_programmes, "credit_programme")
    if name == "licence":
        return _Held(bool(person.licences), name)
    if name == "held_qualification":
        return _Held(bool(_FIVE & set(person.held_qualifications)), name)
    if name == "special_review":
        return _Held(person.special_review == rule, name)
    consent = question.central_consent_on
    return _Held(consent is not None and consent <= question.as_of, "central_consent")


class _Told(NamedTuple):
    """A condition with all that it reports."""

    held: _Held
    requirements: tuple[Requirement, ...]
    steps: tuple[Step, ...]
    grows_on: tuple[date, ...]
    parts: Mapping[str, int]


def _any_of(members: Sequence[_Told], missing: str) -> _Told:
    return _Told(
        _Held(any(member.held.met for member in members), missing),
        tuple(row for member in members for row in member.requirements),
        tuple(step for member in members for step in member.steps),
        tuple(day for member in members for day in member.grows_on),
        {code: parts for member in members for code, parts in member.parts.items()},
    )


def _condition(condition: Mapping[str, Any], question: Question, code: str, law: str) -> _Told:
    if "any" in condition:
        members = [_condition(member, question, code, law) for member in condition["any"]]
        return _any_of(members, condition["missing"])
    ((name, rule),) = condition.items()
    grows: date | None = None
    if name == "experience":
        held, grows = _experience(rule, question, code, law)
    elif name == "training":
        held = _training(rule, question, code, law)
    elif name == "education":
        held = _education(rule, question)
    elif name == "skill":
        held = _skill(rule, question)
    else:
        held = _plain(name, rule, question)
    step = held.step or Step(f"vr.why.has_{held.missing}", law, met=held.met)
    row = held.requirement
    return _Told(
        held,
        () if row is None else (row,),
        (step,),
        () if grows is None else (grows,),
        {} if row is None or held.parts is None else {row.code: held.parts},
    )


def evaluate_clause(
    code: str, conditions: Sequence[Mapping[str, Any]], question: Question
) -> ClauseResult:
    """A clause holds when every condition does; every condition is told, met or not."""
    law = clause_law(code, question.figures.figure("law", "version").value)
    told = [_condition(condition, question, code, law) for condition in conditions]
    missing = tuple(dict.fromkeys(item.held.missing for item in told if not item.held.met))
    step = Step(
        "vr.why.clause",
        law,
        (Figure("clause", code), Figure("missing", ", ".join(missing) or None)),
        met=not missing,
        children=tuple(step for item in told for step in item.steps),
    )
    return ClauseResult(
        code,
        not missing,
        missing,
        tuple(row for item in told for row in item.requirements),
        step,
        tuple(day for item in told for day in item.grows_on),
        {row: parts for item in told for row, parts in item.parts.items()},
    )

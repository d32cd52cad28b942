"""Decisions about certificates, persons, classes and institutions, from rows already loaded.

Everything here is pure: rows, freshness and figures in, an :class:`~.answers.Answer` out. Who may ask
and which rows are loaded is decided before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from ..domain.amounts import to_number
from ..domain.bundles import ClassRows, LtcRows, PersonRows, Row
from ..domain.decision import Finding, Severity
from ..domain.errors import InvalidInput
from ..domain.provenance import Provenance
from ..domain.rest_days import RestDays
from ..domain.value_maps import TITLES, VALUE_MAPS
from ..rules.calendar import shipped_rest_days
from ..rules.params import Ruleset
from .answers import Answer, Verdict, answer, undecided
from .facts import ltc as ltc_facts
from .facts import ltc_certificates as ltc_of
from .facts import (
    osh_classes,
    osh_institutions,
    osh_people,
    osh_trainees,
    vr,
    vr_offices,
    vr_person,
)
from .facts import sharing as sharing_facts
from .facts.built import Built, Findings, merge_findings
from .facts.osh_people import RELATED_PROFESSIONS
from .facts.vr_periods import is_confirmed
from .recognition_credit import recognised_credit

__all__ = [
    "CALENDAR_NOT_HELD",
    "ROLES",
    "ROLLED",
    "Eligibility",
    "Question",
    "certificate_renewal",
    "class_closing",
    "class_filing",
    "ltc_validity",
    "person_eligibility",
    "recognition_status",
    "role_of",
    "sharing",
    "staffing",
    "trainee_attendance",
    "trainee_completion",
]

Declaration = Mapping[str, object] | None

ROLES: Mapping[str, tuple[str, ...]] = {
    # 督導 without subtype is no role, and assistants hold no certificate (VR-R14).
    "vr": tuple(
        title for title in TITLES if title not in {"supervisor", "employment_service_assistant"}
    ),
    "ltc": (*VALUE_MAPS["ltc.personnel_type"], "foreign_institution_caregiver"),
    "osh": (*VALUE_MAPS["osh.profession"], *RELATED_PROFESSIONS),
}
"""Types one can ask eligibility for, by registry; a role is ``vr.case_manager``."""

ROLLED = frozenset(
    {
        "osh.attendance.make_up",
        "osh.certificate.issue",
        "osh.closing.confirm",
        "osh.closing.issue",
        "osh.closing.roll",
        "osh.closing.upload",
        "osh.exam.resit",
        "osh.recognition.upload",
    }
)
"""Deadlines that move off rest days (OSH-R1, R3); all others stay where they are."""

CALENDAR_NOT_HELD = "calendar_not_held"
"""Finding: rest days of a deadline's year are not known."""

_IN_FORCE = frozenset({"valid", "window_open", "extended"})


@dataclass(frozen=True, slots=True)
class Question:
    """What every decision is given.

    Attributes:
        as_of: Day asked about.
        ruleset: Rules and figures.
        states: Registry -> freshness and last complete sync; a missing one was never synced.
        params: By registry: settings handed to its entry points.
        holidays: Public calendar of the rules that count working days.
    """

    as_of: date
    ruleset: Ruleset
    states: Mapping[str, Provenance]
    params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    holidays: RestDays = field(default_factory=shipped_rest_days)

    def ask(self, built: Built) -> Answer:
        """The rule's answer to what was built, as far as sources and declarations allow it."""
        return answer(built, self.as_of, self.states, self.ruleset)

    def ask_by_calendar(self, built: Built) -> Answer:
        """The same of a rule that counts working days.

        A deadline in a year whose calendar is not held avoids Saturdays and Sundays alone; the
        answer says so instead of guessing the rest.
        """
        found = self.ask(built)
        unknown = sorted(
            {
                item.due.year
                for item in found.deadlines
                if item.code in ROLLED and not self.holidays.covers(item.due)
            }
        )
        if not unknown:
            return found
        about = tuple(str(year) for year in unknown)
        note = Finding(CALENDAR_NOT_HELD, Severity.WARNING, about=about)
        return replace(found, findings=merge_findings(found.findings, (note,)))


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a person may serve in a role, and the renewal of the certificate that says so."""

    decision: Answer
    renewal: Answer | None = None

    def minimised(self) -> "Eligibility":
        """Both answers without figures and reasons that tell more (design.md section 6)."""
        renewal = None if self.renewal is None else self.renewal.minimised()
        return Eligibility(self.decision.minimised(), renewal)


def certificate_renewal(
    question: Question,
    registry: str,
    row: Row,
    person: PersonRows,
    *,
    application_date: date | None = None,
    declared: Declaration = None,
) -> Answer:
    """Whether a certificate can be renewed, or in OSH whether the in-service duty is met.

    Args:
        question: Day, figures, freshness.
        registry: ``vr``, ``ltc`` or ``osh``.
        row: ``vr.qualification``, ``ltc.certificate`` or ``osh.certificate``.
        person: All rows of the holder in that registry.
        application_date: Day of the (planned) application; None: ``question.as_of``.
        declared: Facts that no registry holds.

    Raises:
        InvalidInput: something was declared that a registry decides (``DECLARED_NOT_ALLOWED``).
        InvalidFacts: a declared fact is not of the rulebook's shape.
    """
    as_of = question.as_of
    if registry == "vr":
        built = vr.renewal(
            row,
            person.vr,
            as_of,
            question.ruleset,
            application_date=application_date,
            declared=declared,
            params=question.params.get("vr"),
        )
    elif registry == "ltc":
        built = ltc_facts.renewal(
            row,
            person.ltc,
            as_of,
            question.ruleset,
            application_date=application_date,
            declared=declared,
            recognised=recognised_credit(person, row["id"], as_of, question.ruleset),
        )
    else:
        built = osh_people.in_service(person.osh, as_of, declared=declared, subject=row["id"])
    return question.ask(built)


def ltc_validity(question: Question, row: Row, declared: Declaration = None) -> Answer:
    """Validity, window and validity years of an LTC certificate.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    return question.ask(ltc_facts.validity(row, question.ruleset, declared))


def role_of(role: str) -> tuple[str, str]:
    """Registry and type of a role such as ``vr.case_manager``.

    Raises:
        InvalidInput: ``UNKNOWN_ROLE``.
    """
    registry, _, kind = role.partition(".")
    if kind not in ROLES.get(registry, ()):
        raise InvalidInput(
            f"role {role!r}: expected a registry and a type such as vr.case_manager, "
            "ltc.care_worker or osh.nurse",
            f"角色 {role!r}:應為制度與類別,例如 vr.case_manager、ltc.care_worker、osh.nurse",
            code="UNKNOWN_ROLE",
            details={"role": role},
        )
    return registry, kind


def person_eligibility(
    question: Question, role: str, person: PersonRows, *, declared: Declaration = None
) -> Eligibility:
    """Whether a person may serve in ``role`` on the day, with the renewal of that certificate.

    Args:
        question: Day, figures, freshness.
        role: ``vr.case_manager``, ``ltc.care_worker``, ``osh.nurse`` ...
        person: All rows of the person in the role's registry; none there is an answer, too.
        declared: Facts that no registry holds, by the keys of the entry point that decides.

    Raises:
        InvalidInput: no such role (``UNKNOWN_ROLE``), or something was declared that a registry
            decides (``DECLARED_NOT_ALLOWED``).
        InvalidFacts: a declared fact is not of the rulebook's shape.
    """
    registry, kind = role_of(role)
    if registry == "vr":
        return _vr_eligibility(question, kind, person, declared)
    if registry == "ltc":
        return _ltc_eligibility(question, kind, person, declared)
    decision = question.ask(osh_people.eligibility(person.osh, kind, question.as_of, declared))
    holds = bool(person.osh.certificates)
    duty = osh_people.in_service(person.osh, question.as_of) if holds else None
    return Eligibility(decision, None if duty is None else question.ask(duty))


def _vr_eligibility(
    question: Question, role: str, person: PersonRows, declared: Declaration
) -> Eligibility:
    as_of = question.as_of
    decision = question.ask(
        vr_person.eligibility(
            person.vr, role, as_of, declared=declared, params=question.params.get("vr")
        )
    )
    rows = [
        row for row in person.vr.qualifications if row["title__code"] == role and is_confirmed(row)
    ]
    named = decision.decision.report.get("certificate") if decision.decision else None
    held = next((row for row in rows if row["id"] == named), None) or max(
        rows,
        key=lambda row: (vr.term(row, person.vr, as_of).current.expires_on, row["id"]),
        default=None,
    )
    if held is None:
        return Eligibility(decision)
    return Eligibility(decision, certificate_renewal(question, "vr", held, person))


def _ltc_eligibility(
    question: Question, role: str, person: PersonRows, declared: Declaration
) -> Eligibility:
    """``ltc.validity`` of the certificate of that type that ends last (design.md section 5)."""
    findings = Findings()
    rows: list[Row] = []
    doubtful = False
    for row in person.ltc.certificates:
        kind = ltc_of.type_of(row)
        if kind is None:
            findings.add("unknown_value", row["id"])
            by_law = ltc_facts.term(row, question.ruleset)
            doubtful = doubtful or by_law.valid_from <= question.as_of <= by_law.closes
        elif kind == role:
            rows.append(row)
    asked = [
        (row, question.ask(ltc_facts.validity(row, question.ruleset, declared))) for row in rows
    ]
    if not asked:
        return Eligibility(_no_ltc_certificate(question, findings, doubtful))
    row, found = _decisive(asked)
    decision = _ltc_verdict(question, row, found, person.ltc, findings)
    if decision.verdict is Verdict.NOT_ELIGIBLE and doubtful:
        # Neither for nor against: the type of a certificate in force is not known.
        decision = replace(decision, verdict=Verdict.NOT_APPLICABLE)
    return Eligibility(decision, certificate_renewal(question, "ltc", row, person))


def _no_ltc_certificate(question: Question, findings: Findings, doubtful: bool) -> Answer:
    built = Built(
        "ltc.validity",
        None,
        findings.sealed(),
        not_applicable="unknown_value" if doubtful else "no_certificate",
        sources=frozenset({"ltc"}),
    )
    asked = question.ask(built)
    if doubtful or asked.verdict is Verdict.NOT_DECIDABLE:
        return asked
    return undecided(
        built,
        question.as_of,
        question.ruleset,
        Verdict.NOT_ELIGIBLE,
        "no_certificate",
        sources=asked.sources,
        findings=(*asked.findings, Finding("no_certificate")),
    )


def _decisive(asked: list[tuple[Row, Answer]]) -> tuple[Row, Answer]:
    """The certificate that ends last.

    One renewed ahead of time has not started yet: it does not take away the one still in force.
    """
    last = max(asked, key=_ends)
    if last[1].status == "not_started":
        running = [
            item
            for item in asked
            if item[1].status in _IN_FORCE and item[0]["state__code"] == "active"
        ]
        if running:
            return max(running, key=_ends)
    return last


def _ends(item: tuple[Row, Answer]) -> tuple[date, date, str]:
    row, found = item
    return found.valid_to or row["original_valid_to"], row["valid_from"], row["id"]


def _ltc_verdict(
    question: Question, row: Row, found: Answer, ltc: LtcRows, findings: Findings
) -> Answer:
    if found.decision is None:
        return found
    state, key = row["state__code"], row["id"]
    in_force = found.status in _IN_FORCE
    if state is None:
        findings.add("unknown_value", key)
    elif state != "active":
        findings.add("ltc.state_not_active", key)
    starts: list[date | None] = [found.next_change_on]
    registered = False
    for item in ltc.registrations:
        if item["certificate_id"] != key:
            continue
        ends = ltc_of.registration_end(item)
        starts += [item["starts_on"], ends]
        if ltc_of.counties_differ(item):
            findings.add("county_differs", item["id"])
        registered = registered or (
            item["starts_on"] <= question.as_of and (ends is None or question.as_of <= ends)
        )
    if not registered:
        findings.add("ltc.not_registered", key)
    if ltc_of.kind_of(row) == "temporary":
        findings.add("temporary_certificate", key)
    verdict = Verdict.of(in_force and state == "active")
    if in_force and state is None:
        verdict = Verdict.NOT_DECIDABLE
    later = [day for day in starts if day is not None and day > question.as_of]
    return replace(
        found,
        verdict=verdict,
        findings=merge_findings(found.findings, findings.sealed()),
        next_change_on=min(later, default=None),
    )


def sharing(question: Question, person: PersonRows, declared: Declaration = None) -> Answer:
    """Every activity x every certificate of a person (sharing.md).

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    return question.ask(sharing_facts.cross_registry(person, question.as_of, declared))


def class_filing(question: Question, rows: ClassRows, declared: Declaration = None) -> Answer:
    """Whether the filing of an OSH class is in order.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    return question.ask(osh_classes.class_filing(rows, question.as_of, declared))


def class_closing(question: Question, rows: ClassRows, declared: Declaration = None) -> Answer:
    """Whether what is due after an OSH class was done in time.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    return question.ask_by_calendar(
        osh_classes.closing(rows, question.as_of, declared=declared, holidays=question.holidays)
    )


def trainee_attendance(
    question: Question, rows: ClassRows, trainee: Row, declared: Declaration = None
) -> Answer:
    """Hours a trainee missed and what follows.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    found = question.ask_by_calendar(
        osh_trainees.attendance(
            rows, trainee, question.as_of, declared=declared, holidays=question.holidays
        )
    )
    stored = [
        row["absent_hours"]
        for row in rows.attendance
        if row["trainee_no"] == trainee["id"] and row["absent_hours"] is not None
    ]
    if found.decision is None or not stored:
        return found
    truant = found.decision.report.get("truant_hours")
    if to_number(sum(stored)) == truant:
        return found
    note = Finding("osh.truancy_differs", Severity.WARNING, about=(trainee["id"],))
    return replace(found, findings=merge_findings(found.findings, (note,)))


def trainee_completion(
    question: Question, rows: ClassRows, trainee: Row, declared: Declaration = None
) -> Answer:
    """Where a trainee stands between examination and certificate.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    waived = {key: value for key, value in (declared or {}).items() if key == "waived_hours"}
    attended = question.ask(
        osh_trainees.attendance(
            rows, trainee, question.as_of, declared=waived, holidays=question.holidays
        )
    )
    report = attended.decision.report if attended.decision is not None else {}
    return question.ask_by_calendar(
        osh_trainees.completion(
            rows,
            trainee,
            question.as_of,
            report,
            declared=declared,
            holidays=question.holidays,
        )
    )


def recognition_status(question: Question, row: Row, declared: Declaration = None) -> Answer:
    """Whether a recognition (認可) of an OSH institution is in force on the day.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    return question.ask_by_calendar(
        osh_institutions.recognition_status(
            row, question.as_of, declared=declared, holidays=question.holidays
        )
    )


def staffing(
    question: Question,
    appointments: Iterable[Row],
    county: str,
    year: int,
    declared: Declaration = None,
) -> Answer:
    """The case-management plan's figures of a county.

    Raises:
        InvalidInput: something was declared that a registry decides.
        InvalidFacts: no such county.
    """
    return question.ask(vr_offices.staffing(appointments, county, year, question.as_of, declared))

"""VR persons to the facts of ``vr.eligibility`` and of the trainings after hiring: mapping.md 3."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ...domain.bundles import Row, VrRows
from ...domain.errors import InvalidFacts
from . import vr_activities as records_of
from .built import Built, Findings, Lacking, earliest_after
from .declared import Declared
from .vr import Given, certificate_facts, refusal, term
from .vr_periods import VrTerm, is_confirmed

__all__ = ["case_manager_training", "eligibility", "post_hire_training", "qualification"]

_VR = frozenset({"vr"})
_POST_HIRE = {
    "employment_specialist": "employment_specialist_post_hire",
    "case_manager": "case_manager_training",
    "vocational_assessor": "vocational_assessment_160",
    "vocational_trainer": "vocational_trainer_post_hire",
    "vocational_training_staff": "vocational_trainer_post_hire",
}
_PROVISIONAL = {"vocational_assessor": "a6-2", "case_manager": "a8-2"}


def _first_hired(vr: VrRows, role: str, as_of: date) -> date | None:
    """Earliest first hiring under that title, as far as appointed by ``as_of``."""
    return min(
        (
            row["first_hired_on"]
            for row in vr.appointments
            if row["title__code"] == role and row["first_hired_on"] <= as_of
        ),
        default=None,
    )


def _changes(vr: VrRows, as_of: date, terms: Iterable[VrTerm] = ()) -> date | None:
    days: list[date | None] = [item["decided_on"] for item in vr.extensions]
    days += [item["held_to"] for item in vr.records]
    days += [item["first_hired_on"] for item in vr.appointments]
    days += [period.valid_from for known in terms for period in known.periods]
    return earliest_after(as_of, days)


def _short_trainings(said: Declared, path: str) -> list[dict[str, object]]:
    """The 60 hours (vocational_assessment_60), which records cannot be told to be."""
    return [dict(item) for item in said.items(path)] if said.has(path) else []


def post_hire_training(
    vr: VrRows, role: str, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``vr.post_hire_training``; not applicable where nobody was hired under the title.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.post_hire_training", declared)
    findings = Findings()
    hired = _first_hired(vr, role, as_of)
    if hired is None:
        findings.add("vr.no_appointment")
        return Built(
            "vr.post_hire_training",
            None,
            findings.sealed(),
            not_applicable="vr.no_appointment",
            sources=_VR,
            changes_on=_changes(vr, as_of),
        )
    given: Given = {
        "role": role,
        "first_hired_on": hired.isoformat(),
        "trainings": records_of.trainings(vr.records, findings)
        + _short_trainings(said, "trainings"),
    }
    said.fill(given, "local_consent_on", "central_consent_on")
    said.note_unused(findings)
    return Built(
        "vr.post_hire_training",
        given,
        findings.sealed(),
        sources=_VR,
        declared=said.used,
        changes_on=_changes(vr, as_of),
    )


def _courses(vr: VrRows, findings: Findings, declared: Iterable[Mapping[str, Any]]) -> list[Given]:
    """The thirteen courses on record, with what is declared of them (practice cases, other courses)."""
    courses: list[Given] = list(records_of.assessment_courses(vr.records, findings))
    for item in declared:
        if "hours" in item:
            courses.append(dict(item))
            continue
        recorded = [course for course in courses if course["course"] == item.get("course")]
        if not recorded:
            raise InvalidFacts.at("courses", "hours of a course that is not on record", "課程時數")
        recorded[-1].update({key: value for key, value in item.items() if key != "course"})
    return courses


def _plan_training(
    vr: VrRows, hired: date, findings: Findings, said: Declared, path: str, as_of: date
) -> Given:
    prefix = f"{path}." if path else ""
    facts: Given = {
        "first_hired_on": hired.isoformat(),
        "courses": _courses(vr, findings, said.items(f"{prefix}courses"))
        if said.has(f"{prefix}courses")
        else _courses(vr, findings, ()),
    }
    initial = records_of.initial_160h(
        [row for row in vr.records if row["held_to"] <= as_of], findings
    )
    if initial is not None:
        facts["initial_160h"] = initial
    said.fill(facts, "education", into=path)
    return facts


def case_manager_training(
    vr: VrRows, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``vr.case_manager_training`` (the plan's 60 assessment hours).

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.case_manager_training", declared)
    findings = Findings()
    hired = _first_hired(vr, "case_manager", as_of)
    given = None
    if hired is None:
        findings.add("vr.no_appointment")
    else:
        given = _plan_training(vr, hired, findings, said, "", as_of)
    said.note_unused(findings)
    return Built(
        "vr.case_manager_training",
        given,
        findings.sealed(),
        not_applicable=None if given is not None else "vr.no_appointment",
        sources=_VR,
        declared=said.used,
        changes_on=_changes(vr, as_of),
    )


def qualification(
    vr: VrRows, role: str, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``vr.qualification``: nearly all is on paper, service and training are on record.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.qualification", declared)
    findings = Findings()
    person: Given = {}
    said.fill(
        person,
        "education",
        "licences",
        "skill_certificates",
        "credit_programmes",
        "disqualifications",
        "trainer_appointment",
        "special_review",
        "special_performance",
        into="person",
    )
    evidence = bool(person)
    spells = records_of.experience(
        [row for row in vr.appointments if row["appointed_on"] <= as_of], findings
    )
    person["experience"] = spells + (
        [dict(item) for item in said.items("person.experience")]
        if said.has("person.experience")
        else []
    )
    person["trainings"] = records_of.trainings(vr.records, findings) + _short_trainings(
        said, "person.trainings"
    )
    held: dict[str, None] = {}
    for row in vr.qualifications:
        if refusal(row, findings) is None and row["issued_on"] <= as_of:
            held[row["title__code"]] = None
    person["held_qualifications"] = list(held)
    if not said.has("person.disqualifications"):
        findings.add("vr.disqualifications_not_held")
    given: Given = {"role": role, "person": person}
    said.fill(given, "trade", "trade_has_skill_test", "central_consent_on")
    said.note_unused(findings)
    return Built(
        "vr.qualification",
        given,
        findings.sealed(),
        sources=_VR,
        lacking=() if evidence else (Lacking("person.education"), Lacking("person.licences")),
        declared=said.used,
        changes_on=_changes(vr, as_of),
    )


def eligibility(
    vr: VrRows,
    role: str,
    as_of: date,
    *,
    declared: Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``vr.eligibility`` for a role on a day.

    Args:
        vr: All that the register holds on the member; empty rows: no member.
        role: A VR title's code, supervisor subtype included.
        as_of: Day asked about.
        declared: Facts that no registry holds.
        params: Settings of this hub.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.eligibility", declared)
    findings = Findings()
    certificates, terms, problem = _certificates(vr, role, as_of, findings, said)
    changes = _changes(vr, as_of, terms)
    if problem is not None:
        return Built(
            "vr.eligibility",
            None,
            findings.sealed(),
            not_applicable=problem,
            sources=_VR,
            changes_on=changes,
        )
    person: Given = {"certificates": certificates}
    _name_what_is_not_held(said, role, findings)
    said.fill(person, "disqualifications", into="person")
    hired = _first_hired(vr, role, as_of)
    if hired is not None and role == "employment_specialist":
        post_hire: Given = {
            "first_hired_on": hired.isoformat(),
            "trainings": _without_passed(
                records_of.trainings(vr.records, findings, _POST_HIRE[role])
            ),
        }
        said.fill(post_hire, "local_consent_on", into="person.post_hire")
        person["post_hire"] = post_hire
    provisional = _provisional(vr, role, as_of, hired, terms, said, findings)
    if provisional is not None:
        person["provisional"] = provisional
    given: Given = {"role": role, "person": person}
    under_plan = said.take("under_plan")
    if under_plan is not None:
        given["under_plan"] = under_plan
    if under_plan and hired is not None and role == "case_manager":
        person["plan_training"] = _plan_training(
            vr, hired, findings, said, "person.plan_training", as_of
        )
    if params:
        given["params"] = dict(params)
    said.note_unused(findings)
    return Built(
        "vr.eligibility",
        given,
        findings.sealed(),
        sources=_VR,
        declared=said.used,
        changes_on=changes,
    )


def _without_passed(items: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in item.items() if key != "passed"} for item in items]


def _name_what_is_not_held(said: Declared, role: str, findings: Findings) -> None:
    """No register holds these; an answer names each that nobody declared (mapping.md M13)."""
    if not said.has("person.disqualifications"):
        findings.add("vr.disqualifications_not_held")
    if not said.has("person.certificates"):
        findings.add("vr.revocation_not_held")
    if role == "case_manager" and not said.has("under_plan"):
        findings.add("vr.plan_post_not_held")
    consent = said.has("person.provisional.consent_on") or said.has(
        "person.post_hire.local_consent_on"
    )
    if not consent:
        findings.add("vr.consent_not_held")


def _certificates(
    vr: VrRows, role: str, as_of: date, findings: Findings, said: Declared
) -> tuple[list[Given], list[VrTerm], str | None]:
    """Certificates of exactly this role, both periods; why nothing can be said, if so."""
    revoked = {
        item.get("id"): item.get("revoked_on")
        for item in (said.items("person.certificates") if said.has("person.certificates") else ())
    }
    facts: list[Given] = []
    terms: list[VrTerm] = []
    doubt: str | None = None
    covered = False
    for row in vr.qualifications:
        title = row["title__code"]
        # Which title it is, is not known: neither for nor against the role.
        vague = title is None or (title == "supervisor" and role.startswith("supervisor_"))
        if (title != role and not vague) or (not is_confirmed(row) and title is None):
            continue
        if title is not None and refusal(row, findings) is not None:
            continue
        known = term(row, vr, as_of, findings)
        if vague:
            if any(period.holds(as_of) for period in known.periods):
                findings.add("unknown_value", row["id"])
                doubt = doubt or "unknown_value"
            continue
        if known.held_from is not None and as_of < known.held_from:
            findings.add("vr.history_not_held", row["id"])
            doubt = "vr.history_not_held"
            continue
        terms.append(known)
        covered = covered or any(period.holds(as_of) for period in known.periods)
        for period in known.periods:
            certificate = {"qualification": title, **certificate_facts(row["id"], period)}
            if row["id"] in revoked:
                certificate["revoked_on"] = revoked[row["id"]]
            if known.application_on is not None and period is known.current:
                certificate["renewal_application"] = {
                    "filed_on": known.application_on.isoformat(),
                    "state": "submitted",
                }
            facts.append(certificate)
    if set(revoked) - {fact["id"] for fact in facts}:
        raise InvalidFacts.at("person.certificates", "ids of certificates on record", "資格識別碼")
    return facts, terms, None if covered else doubt


def _provisional(
    vr: VrRows,
    role: str,
    as_of: date,
    hired: date | None,
    terms: list[VrTerm],
    said: Declared,
    findings: Findings,
) -> Given | None:
    """Service ahead of training or after a lapse, where the caller declares the consent."""
    if not said.has("person.provisional"):
        return None
    facts: Given = {}
    said.fill(facts, "kind", "consent_on", "absence", into="person.provisional")
    lapsed = bool(terms) and all(known.current.expires_on < as_of for known in terms)
    kind = facts.setdefault("kind", "a10-1" if lapsed else _PROVISIONAL.get(role))
    if kind is None:
        raise InvalidFacts.at("person.provisional.kind", "a6-2, a8-2 or a10-1", "a6-2、a8-2、a10-1")
    if kind == "a10-1":
        facts["activities"] = [
            {key: item[key] for key in _PROVISIONAL_KEYS if key in item}
            for item in records_of.renewal_activities(vr.records, findings, [])
        ]
        return facts
    if hired is not None:
        facts["hired_on"] = hired.isoformat()
    facts["trainings"] = _without_passed(
        records_of.trainings(vr.records, findings, _POST_HIRE.get(role, ""))
    )
    return facts


_PROVISIONAL_KEYS = (
    "id",
    "registry",
    "date",
    "attribute",
    "hours",
    "qualifications",
    "training_kind",
    "review_state",
)


def role_rows(vr: VrRows, role: str) -> list[Row]:
    """The member's qualifications of that title."""
    return [row for row in vr.qualifications if row["title__code"] == role]

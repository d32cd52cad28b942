"""What a caller may declare (聲明): facts that no registry holds, and nothing else.

``declared`` has the keys of the rulebook's ``given``. The table below is domain/mapping.md section 3,
column by column: what is marked *declared* there. Everything else is refused by name, so that a
declared figure can never replace one that a registry holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...domain.errors import InvalidFacts, InvalidInput
from .built import Findings

__all__ = ["DECLARABLE", "Declared", "Items"]


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose elements may hold ``keys`` (None: any key), some of them only certain values."""

    keys: frozenset[str] | None = None
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """A code out of a few."""

    codes: frozenset[str]


_Shape = Items | Words | Mapping[str, Any] | None
"""What may stand at a key; ``None``: any value."""

_FOREIGN_CREDIT = Items(only={"registry": frozenset({"medical_ce", "social_worker_ce"})})
_SHORT_TRAINING = Items(only={"kind": frozenset({"vocational_assessment_60"})})
_LEAVE = Items(frozenset({"id", "proof", "local_letter"}))

DECLARABLE: Mapping[str, Mapping[str, _Shape]] = {
    "ltc.validity": {"document_date": None},
    "ltc.points": {"minutes": None, "participants": None, "assistants": None},
    "ltc.renewal": {
        "application_date": None,
        "service": Words(frozenset({"proof", "proof_other_certificate"})),
    },
    "ltc.foreign_renewal": {"application_date": None, "substitutions": None},
    "ltc.reentry": {
        "application_date": None,
        "departed_on": None,
        "reentered_on": None,
        "use_exemption": None,
        "conditions": None,
    },
    "ltc.sharing": {},
    "ltc.id_merge": {},
    "ltc.recognition": {"activities": _FOREIGN_CREDIT},
    "ltc.evidence": {"items": None},
    "vr.qualification": {
        "trade": None,
        "trade_has_skill_test": None,
        "central_consent_on": None,
        "person": {
            "education": None,
            "licences": None,
            "skill_certificates": None,
            "credit_programmes": None,
            "disqualifications": None,
            "trainer_appointment": None,
            "special_review": None,
            "special_performance": None,
            "experience": None,
            "trainings": _SHORT_TRAINING,
        },
    },
    "vr.post_hire_training": {
        "local_consent_on": None,
        "central_consent_on": None,
        "trainings": _SHORT_TRAINING,
    },
    "vr.case_manager_training": {"education": None, "courses": None},
    "vr.ce_credit": {},
    "vr.renewal": {"application_date": None},
    "vr.extension": {"application_date": None, "leaves": _LEAVE},
    "vr.lapse_return": {"absence": None, "consent_on": None},
    "vr.individual_claim": {
        "course_end": None,
        "posted_on": None,
        "documents": None,
        "letter_on": None,
        "online_submitted_on": None,
    },
    "vr.course_filing": {
        "submitted": None,
        "stamped": None,
        "official_letter": None,
        "documents": None,
        "supplement": None,
        "course": {"instructors": Items(frozenset({"id", "evidence"}))},
    },
    "vr.roster_csv": {},
    "vr.staffing": {
        "appointments": Items(frozenset({"id", "reported_on"})),
        "population_15_64": None,
        "previous_year": None,
        "this_year": None,
        "case_managers": None,
        "full_time_supervisors": None,
        "promoters": None,
        "case_conferences": None,
        "transition_meetings": None,
    },
    "vr.service_deadlines": {
        "intake_assessed_on": None,
        "replied_on": None,
        "service_provided_on": None,
        "entered_on": None,
        "referred_on": None,
        "discussed_on": None,
    },
    "vr.eligibility": {
        "under_plan": None,
        "person": {
            "certificates": Items(frozenset({"id", "revoked_on"})),
            "disqualifications": None,
            "post_hire": {"local_consent_on": None},
            "provisional": {"kind": None, "consent_on": None, "absence": None},
            "plan_training": {"education": None, "courses": None},
        },
    },
    "vr.person_id": {},
    "vr.case_transition": {"events": None},
    "osh.recognition": {
        "applied_on": None,
        "documents": None,
        "plan_items": None,
        "plan_hours": None,
        "course_last_offered_on": None,
    },
    "osh.recognition_status": {
        "recognition": {"documents_uploaded_on": None},
        "renewal_applied_on": None,
    },
    "osh.class_filing": {
        "class": {"letter_on": None, "documents": None},
    },
    "osh.roster": {},
    "osh.attendance": {"waived_hours": None},
    # waived_hours is a key of osh.attendance; both answers about a trainee rest on it.
    "osh.completion": {"trainee": {"identity_ok": None}, "waived_hours": None},
    "osh.closing": {"issue_roll_on": None},
    "osh.inspection": {"grounds": None},
    "osh.eligibility": {"person": {"licence": None, "specialist": None, "practice_years": None}},
    "osh.in_service": {
        "person": {"specialist": None},
        "period_start": None,
        "activities": Items(frozenset({"id", "platform"})),
    },
    "sharing.cross_registry": {"activities": _FOREIGN_CREDIT},
}


def _refuse(rule: str, key: str) -> InvalidInput:
    return InvalidInput(
        f"declared.{key}: {rule} takes this from a registry or not at all; "
        "only what no registry holds can be declared",
        f"declared.{key}:{rule} 之此項事實由登錄資料認定,不得聲明",
        code="DECLARED_NOT_ALLOWED",
        details={"key": key, "rule": rule},
    )


def _check_items(rule: str, shape: Items, value: object, path: str) -> None:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise InvalidFacts.at(path, "a list", "清單")
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        if not isinstance(item, Mapping):
            raise InvalidFacts.at(at, "a map of facts", "一組事實")
        for key in item:
            if shape.keys is not None and key not in shape.keys:
                raise _refuse(rule, f"{at}.{key}")
        for key, codes in shape.only.items():
            if item.get(key) not in codes:
                raise _refuse(rule, f"{at}.{key}")


def _check(rule: str, shape: Mapping[str, _Shape], value: Mapping[str, object], path: str) -> None:
    for key, item in value.items():
        at = f"{path}{key}"
        if key not in shape:
            raise _refuse(rule, at)
        inner = shape[key]
        if isinstance(inner, Items):
            _check_items(rule, inner, item, at)
        elif isinstance(inner, Words):
            if item not in inner.codes:
                raise _refuse(rule, at)
        elif isinstance(inner, Mapping):
            if not isinstance(item, Mapping):
                raise InvalidFacts.at(at, "a map of facts", "一組事實")
            _check(rule, inner, item, f"{at}.")


def _leaves(shape: Mapping[str, _Shape], value: Mapping[str, object], path: str) -> Iterator[str]:
    """Paths of what is declared, maps of several facts opened."""
    for key, item in value.items():
        inner = shape[key]
        if isinstance(inner, Mapping) and isinstance(item, Mapping):
            yield from _leaves(inner, item, f"{path}{key}.")
        else:
            yield f"{path}{key}"


class Declared:
    """The caller's declaration for one entry point, checked, remembering what was used.

    Args:
        rule: Entry point.
        value: Keys as the rulebook's ``given``; None declares nothing.

    Raises:
        InvalidInput: ``DECLARED_NOT_ALLOWED``, ``details["key"]`` names what cannot be declared.
        InvalidFacts: a list or map was expected.
    """

    def __init__(self, rule: str, value: Mapping[str, object] | None) -> None:
        self._value: Mapping[str, object] = value or {}
        if not isinstance(self._value, Mapping):
            raise InvalidFacts.at("", "a map of facts", "一組事實")
        _check(rule, DECLARABLE[rule], self._value, "")
        self._rule = rule
        self._used: dict[str, None] = {}

    @property
    def used(self) -> tuple[str, ...]:
        """Paths that filled a fact."""
        return tuple(self._used)

    def note_unused(self, findings: Findings) -> None:
        """Name every declared fact that filled nothing: a registry holds it, or it does not matter."""
        for path in _leaves(DECLARABLE[self._rule], self._value, ""):
            if not any(path == used or path.startswith(f"{used}.") for used in self._used):
                findings.add("declared_not_used", path)

    def _find(self, path: str) -> tuple[bool, Any]:
        at: Any = self._value
        for part in path.split("."):
            if not isinstance(at, Mapping) or part not in at:
                return False, None
            at = at[part]
        return True, at

    def has(self, path: str) -> bool:
        """Whether something is declared at ``path``."""
        return self._find(path)[0]

    def take(self, path: str, default: Any = None) -> Any:
        """What is declared at ``path``, marked as used."""
        found, value = self._find(path)
        if not found:
            return default
        self._used[path] = None
        return value

    def items(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The declared list at ``path``, marked as used; nothing when there is none."""
        value = self.take(path, ())
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            raise InvalidFacts.at(path, "a list", "清單")
        for index, item in enumerate(value):
            if not isinstance(item, Mapping):
                raise InvalidFacts.at(f"{path}[{index}]", "a map of facts", "一組事實")
            yield item

    def fill(self, given: dict[str, object], *paths: str, into: str = "") -> None:
        """Copy what is declared at ``into.path`` to ``given[path]``."""
        for path in paths:
            key = f"{into}.{path}" if into else path
            if self.has(key):
                given[path] = self.take(key)

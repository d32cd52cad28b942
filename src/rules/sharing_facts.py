"""Facts of ``sharing.cross_registry`` (sharing.md section 7)."""

from datetime import date
from typing import Literal

import msgspec

from ..domain.errors import InvalidFacts
from .facts import Facts, Hundredths, require_order
from .ltc_codes import Attribute, CourseKind, Mode
from .ltc_codes import Category as LtcCategory
from .osh_common import Category as OshCategory
from .osh_common import Kind
from .provider import Provider, check_provider
from .vr_facts import ReviewState

__all__ = [
    "Application",
    "AuthorityDecision",
    "SharedActivity",
    "SharingFacts",
    "TargetCertificate",
    "Used",
    "check_facts",
]

Registry = Literal["ltc", "vr", "osh"]
Source = Literal["ltc", "vr", "osh", "medical_ce", "social_worker_ce"]


class TargetCertificate(Facts, frozen=True):
    """A certificate, or for ``osh`` the in-service duty, with its counting window."""

    id: str
    registry: Registry
    type: str
    valid_from: date
    valid_to: date
    credit_from: date | None = None
    credit_to: date | None = None


class SharedActivity(Facts, frozen=True):
    """One record of one registry about one activity; all keys of the shared shape."""

    id: str
    registry: Source
    date: date
    title: str | None = None
    attribute: Attribute | None = None
    categories: tuple[LtcCategory | OshCategory, ...] = ()
    remark_codes: tuple[str, ...] = ()
    mode: Mode | None = None
    points: Hundredths | None = None
    hours: Hundredths | None = None
    role: Literal["attendee", "instructor"] = "attendee"
    qualifications: tuple[str, ...] = ()
    training_kind: Literal["pre_appointment", "post_hire", "continuing_education"] = (
        "continuing_education"
    )
    course_kind: CourseKind = "general"
    kind: Kind | None = None
    review_state: ReviewState = "confirmed"
    provider: str | None = None
    event: str | None = None
    special_training: str | None = None
    weights: tuple[str, ...] = ()
    platform: str | None = None
    evidence: str | None = None


class Application(Facts, frozen=True):
    """An application for recognition (採認申請)."""

    activity: str
    certificate: str
    filed_on: date


class AuthorityDecision(Facts, frozen=True):
    """What an authority decided on one activity for one certificate."""

    id: str
    activity: str
    certificate: str
    outcome: Literal["approved", "rejected"]
    authority: str
    decided_on: date
    amount: Hundredths | None = None
    attribute: Attribute | None = None
    categories: tuple[LtcCategory | OshCategory, ...] = ()


class Used(Facts, frozen=True):
    """A record consumed by an earlier renewal of the certificate."""

    activity: str
    certificate: str


class SharingFacts(Facts, frozen=True):
    """Facts of ``sharing.cross_registry`` (sharing.md section 7)."""

    certificates: tuple[TargetCertificate, ...]
    activities: tuple[SharedActivity, ...] = ()
    providers: dict[str, Provider] = msgspec.field(default_factory=dict)
    applications: tuple[Application, ...] = ()
    decisions: tuple[AuthorityDecision, ...] = ()
    used: tuple[Used, ...] = ()


def check_facts(facts: SharingFacts) -> None:
    """Refuse what contradicts itself.

    Raises:
        InvalidFacts: a certificate ends before it starts, an id is given twice, or a record has
            the wrong amount for its registry.
    """
    for index, certificate in enumerate(facts.certificates):
        path = f"certificates[{index}]"
        require_order(certificate.valid_from, certificate.valid_to, f"{path}.valid_to")
        if certificate.id in {other.id for other in facts.certificates[:index]}:
            raise InvalidFacts.at(f"{path}.id", "an id given once", "識別碼不得重複")
    for index, record in enumerate(facts.activities):
        expected = "hours" if record.registry in {"vr", "osh"} else "points"
        given, other = (
            (record.hours, record.points) if expected == "hours" else (record.points, record.hours)
        )
        if given is None or other is not None:
            raise InvalidFacts.at(
                f"activities[{index}].{expected}",
                f"{expected} and no other amount",
                f"僅限 {expected}",
            )
    for key, provider in facts.providers.items():
        check_provider(provider, f"providers.{key}")

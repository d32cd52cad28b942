"""The nouns that read use cases answer with, as plain objects.

Each knows the batch it stands in, so that what hangs on it is loaded for all its siblings at once.
Their class names are the GraphQL types'; the types only say which attributes are shown. Days are
inclusive, amounts hundredths, codes those of the rulebooks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ..domain.provenance import Provenance
from ..domain.submission import SubmissionState, UserError
from .batch import Batch

__all__ = [
    "Activity",
    "Certificate",
    "Course",
    "CourseDomain",
    "CreditRecognition",
    "DateRange",
    "Identifier",
    "Institution",
    "InstitutionRecognition",
    "LtcCertificate",
    "LtcRegistration",
    "OshCertificate",
    "Person",
    "RecognitionDecision",
    "RegistryRecord",
    "Submission",
    "Trainee",
    "TrainingClass",
    "TrainingSession",
    "VrQualification",
]


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range of days, both included."""

    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A person's number as a registry holds it.

    Attributes:
        check: ``valid``, ``id_format``, ``id_checksum`` ...
        current: Whether the registry calls it the current one.
        nationality: Of passports.
        cipher: The number encrypted; opened only for a reader with ``pii.full``.
        place: Where the ciphertext belongs.
    """

    registry: str
    kind: str | None
    masked: str
    check: str
    current: bool
    nationality: str | None
    cipher: bytes
    place: str


@dataclass(slots=True, eq=False)
class RegistryRecord:
    """What one registry says of a person; ``state`` is known, absent, stale or unavailable."""

    registry: str
    state: str
    provenance: Provenance
    source_ids: Sequence[str] = ()
    name: str | None = None
    name_en: str | None = None
    birth_date: date | None = None
    nationality: str | None = None
    county: str | None = None
    employer: str | None = None
    job_title: str | None = None
    profession: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    joined_on: date | None = None


@dataclass(slots=True, eq=False)
class Person:
    """A person found by number in one or more registries; ``key`` is the hub's uuid."""

    id: str
    key: str
    batch: Batch
    masked_name: str
    name: str | None
    birth_date: date | None


@dataclass(slots=True, eq=False)
class Certificate:
    """What the three kinds of certificate have in common.

    Attributes:
        key: The agency's key.
        person: Uuid of the holder, None where the number is faulty or ambiguous.
        type: The rulebook's type, or ``unknown`` with ``title`` as it came.
        valid_to: Last day with extensions, None without an end.
        status: On the business day.
        registry_state: The agency's word.
    """

    id: str
    key: str
    batch: Batch
    registry: str
    person: str | None
    type: str
    title: str
    number: str | None
    valid_from: date | None
    valid_to: date | None
    status: str
    registry_state: str | None
    provenance: Provenance


@dataclass(slots=True, eq=False)
class VrQualification(Certificate):
    """A VR qualification (專業人員資格)."""

    clause: str | None = None
    clause_text: str | None = None
    clause_note: str | None = None
    service_items: Sequence[str] = ()
    issued_on: date | None = None
    renewed_on: date | None = None
    received_on: date | None = None
    reviewed_on: date | None = None
    document_no: str | None = None
    waiver_document_no: str | None = None
    renewal_document_no: str | None = None
    renewal_document_on: date | None = None
    social_work_20_credits: str | None = None
    extension_from: date | None = None
    extension_to: date | None = None
    ce_completed_on: date | None = None
    ce_due_on: date | None = None
    shortfall_text: str | None = None


@dataclass(slots=True, eq=False)
class LtcCertificate(Certificate):
    """An LTC certificate (認證證明文件)."""

    track: str = ""
    kind: str = ""
    credit_from: date | None = None
    original_valid_to: date | None = None
    registry_valid_to: date | None = None
    pandemic_extended: bool | None = None
    renewal_count: int | None = None
    issued_by: str | None = None


@dataclass(slots=True, eq=False)
class OshCertificate(Certificate):
    """A completion certificate of OSH professional training (結業證書)."""

    class_no: str | None = None
    issued_on: date | None = None
    ends_on: date | None = None
    hours: int | None = None
    confirmed_on: date | None = None
    noted_no: str | None = None


@dataclass(frozen=True, slots=True)
class LtcRegistration:
    """A registration or support notice (登錄、支援報備) under a certificate."""

    id: str
    kind: str
    state: str
    county: str | None
    county_code: str | None
    unit_name: str | None
    main: bool | None
    starts_on: date
    ends_on: date | None
    provenance: Provenance


@dataclass(slots=True, eq=False)
class Activity:
    """A learning activity as its registry holds it; ``points`` in LTC, ``hours`` in VR and OSH."""

    id: str
    key: str
    batch: Batch
    registry: str
    person: str
    date: date
    title: str
    attribute: str | None
    categories: Sequence[str]
    mode: str | None
    role: str | None
    points: int | None
    hours: int | None
    review_state: str | None
    kind: str | None
    provider_name: str | None
    course_key: str | None
    provenance: Provenance


@dataclass(slots=True, eq=False)
class Institution:
    """An institution of one registry: VR institution, LTC unit or OSH training institution."""

    id: str
    key: str
    batch: Batch
    registry: str
    name: str
    county: str | None
    county_code: str | None
    unified_business_number: str | None
    categories: Sequence[str]
    state: str | None
    address: str | None
    provenance: Provenance


@dataclass(slots=True, eq=False)
class InstitutionRecognition:
    """A recognition (認可) of an OSH training institution."""

    key: str
    batch: Batch
    number: str
    valid_from: date | None
    valid_to: date | None
    recognised_on: date | None
    kinds: Sequence[str]
    registry_state: str | None
    termination: str | None
    terminated_on: date | None
    effective_on: date | None
    provenance: Provenance
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrainingSession:
    """A lesson in the timetable of an OSH class."""

    key: str
    held_on: date | None
    time: str | None
    course: str | None
    hours: int | None
    category: str | None
    lecturer: str | None


@dataclass(slots=True, eq=False)
class TrainingClass:
    """An OSH class (訓練班)."""

    id: str
    key: str
    batch: Batch
    number: str
    title: str | None
    kind: str | None
    format: str | None
    period_no: str | None
    starts_on: date | None
    ends_on: date | None
    state: str | None
    registry_state: str | None
    county: str | None
    county_code: str | None
    venue: str | None
    total_hours: int | None
    enrolled: int | None
    filed_on: date | None
    noted_no: str | None
    noted_on: date | None
    uploaded_on: date | None
    institution_key: str | None
    provenance: Provenance
    registry: str = "osh"


@dataclass(slots=True, eq=False)
class Trainee:
    """A person on the roster of an OSH class; ``row`` is the record, for the rules."""

    id: str
    key: str
    batch: Batch
    seq: int | None
    person: str | None
    class_no: str
    profession: str | None
    provenance: Provenance
    row: Mapping[str, Any]
    registry: str = "osh"


@dataclass(frozen=True, slots=True)
class CourseDomain:
    """A part of a course: its category, field and hours."""

    index: int
    category: str | None
    field: str | None
    hours: int | None
    core_competency: str | None


@dataclass(slots=True, eq=False)
class Course:
    """A course of continuing education in VR or LTC."""

    id: str
    key: str
    batch: Batch
    registry: str
    number: str | None
    title: str
    state: str | None
    registry_state: str | None
    starts_on: date | None
    ends_on: date | None
    domains: Sequence[CourseDomain]
    hours: int | None
    points: int | None
    county: str | None
    targets: Sequence[str]
    institution_key: str | None
    provenance: Provenance


@dataclass(slots=True, eq=False)
class Submission:
    """A submission as its institution and the authority see it."""

    id: str
    key: str
    batch: Batch
    registry: str
    kind: str
    state: SubmissionState
    institution_id: str | None
    target: str | None
    business_day: date
    created_at: datetime
    changed_at: datetime
    summary: Mapping[str, Any]
    errors: Sequence[UserError]
    warnings: Sequence[UserError]
    agency_reference: str | None
    receipt_key: UUID | None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class RecognitionDecision:
    """A review of an application, or a decision by the target's authority.

    Attributes:
        stage: ``review`` or ``decision``.
    """

    id: str
    stage: str
    outcome: str
    amount: int | None
    attribute: str | None
    categories: Sequence[str]
    legal_basis: str | None
    authority: str
    decision_no: str | None
    decided_on: date
    note: str | None


@dataclass(slots=True, eq=False)
class CreditRecognition:
    """A recognition (採認) of a credit across registries.

    Attributes:
        credit: What was applied for, as the record stood then.
        delivery_key: Uuid of the submission that reports it to the target's agency.
    """

    id: str
    key: str
    batch: Batch
    activity_key: str
    certificate_key: str
    from_registry: str
    to_registry: str
    row: str | None
    state: str
    amount: int | None
    unit: str | None
    attribute: str | None
    categories: Sequence[str]
    filed_on: date
    created_at: datetime
    changed_at: datetime
    reason: str | None
    credit: Mapping[str, Any]
    delivery_key: UUID | None

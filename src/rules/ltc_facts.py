"""Facts that the LTC entry points share: certificates and the shared activity shape.

An activity carries every key of the shared shape (mapping.md 2.4); a rule reads what it needs and
leaves the rest, but a key outside the shape is refused.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from ..domain.errors import InvalidFacts
from .facts import Facts, Hundredths, Text, require_order
from .ltc_codes import (
    EXCLUDED_COURSES,
    Attribute,
    Category,
    CertificateKind,
    CertificateType,
    CourseKind,
    Evidence,
    Identity,
    Mode,
    Registry,
    Role,
    Track,
)

__all__ = [
    "Activity",
    "Certificate",
    "CountingCertificate",
    "RenewableCertificate",
    "calendar_days",
    "check_activities",
    "check_certificate",
    "check_track",
    "unique_ids",
]

_FIRST_DAY = date(1912, 1, 1)
_LAST_DAY = date(2910, 12, 31)
_LARGEST = Hundredths(10**11)


class Activity(Facts, frozen=True):
    """An activity (課程紀錄) in the shared shape; ``date`` is the day of completion.

    Attributes:
        points: Hundredths; ``hours`` stand for them where a VR or OSH row is shown to LTC.
        course_kind: 訓練課程; three kinds are no continuing education (LTC-R16).
    """

    id: Text
    date: date
    points: Hundredths | None = None
    hours: Hundredths | None = None
    registry: Registry = "ltc"
    title: Text | None = None
    attribute: Attribute | None = None
    categories: tuple[Category, ...] = ()
    mode: Mode = "in_person"
    role: Role = "attendee"
    course_kind: CourseKind = "general"
    special_training: Text | None = None
    evidence: Evidence = "system"
    remark_codes: tuple[Text, ...] = ()
    identity: Identity | None = None
    weights: tuple[Text, ...] = ()
    qualifications: tuple[Text, ...] = ()
    training_kind: Text | None = None
    kind: Text | None = None
    review_state: Text | None = None
    provider: Text | Mapping[str, object] | None = None
    event: Text | None = None
    platform: Text | Mapping[str, object] | bool | None = None

    @property
    def amount(self) -> int:
        """Own amount in hundredths of a point; an activity without one is refused beforehand."""
        amount = self.points if self.points is not None else self.hours
        return 0 if amount is None else int(amount)

    @property
    def excluded(self) -> bool:
        """Whether the course is no continuing education (LTC-R16)."""
        return self.course_kind in EXCLUDED_COURSES


class Certificate(Facts, frozen=True):
    """A certificate (認證證明文件); ``valid_to`` is the original last day, without extension."""

    id: Text
    valid_from: date
    valid_to: date
    type: CertificateType | None = None
    track: Track | None = None


class RenewableCertificate(Certificate, frozen=True):
    """A certificate whose renewal is asked for; credit counts from ``credit_from`` if given."""

    credit_from: date | None = None


class CountingCertificate(RenewableCertificate, frozen=True):
    """A certificate with its counting window (LTC-R23)."""

    kind: CertificateKind = "formal"
    credit_to: date | None = None

    @property
    def window(self) -> tuple[date, date]:
        """First and last day whose credit counts; empty when the first lies after the last.

        Law: seed-004, 繼續教育積分共用條件 (LTC-R23).
        """
        last = self.valid_to if self.credit_to is None else min(self.valid_to, self.credit_to)
        return self.credit_from or self.valid_from, last


def calendar_days(days: Mapping[str, date | None]) -> None:
    """Refuse days outside the calendar of the registries, whose arithmetic would overflow.

    Raises:
        InvalidFacts: naming the fact.
    """
    for path, day in days.items():
        if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
            raise InvalidFacts.at(path, "a day of the registries' calendar")


def check_certificate(certificate: Certificate, path: str = "certificate") -> None:
    """Refuse a certificate that ends before it starts.

    Raises:
        InvalidFacts: naming the fact.
    """
    require_order(certificate.valid_from, certificate.valid_to, f"{path}.valid_to")
    days: dict[str, date | None] = {
        f"{path}.valid_from": certificate.valid_from,
        f"{path}.valid_to": certificate.valid_to,
    }
    if isinstance(certificate, RenewableCertificate):
        days[f"{path}.credit_from"] = certificate.credit_from
    if isinstance(certificate, CountingCertificate):
        days[f"{path}.credit_to"] = certificate.credit_to
    calendar_days(days)


def check_track(certificate: Certificate, track: Track) -> None:
    """Refuse a certificate of the other track (就業途徑), whose renewal has its own rule.

    Raises:
        InvalidFacts: track or type say the other.
    """
    foreign = track == "foreign_institution"
    if certificate.track not in {None, track}:
        raise InvalidFacts.at("certificate.track", f"{track}; the other track has its own rule")
    is_foreign_type = certificate.type == "foreign_institution_caregiver"
    if certificate.type is not None and is_foreign_type != foreign:
        raise InvalidFacts.at("certificate.type", f"a type of the track {track}")


def unique_ids(ids: Sequence[str], path: str) -> None:
    """Refuse an id that stands twice: each record is used or refused exactly once.

    Raises:
        InvalidFacts: naming the second.
    """
    if len(set(ids)) == len(ids):
        return
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in seen:
            raise InvalidFacts.at(f"{path}[{index}].id", "an id that stands once")
        seen.add(one)


def check_activities(activities: Sequence[Activity], path: str = "activities") -> None:
    """Refuse doubled ids, impossible days and missing points.

    Raises:
        InvalidFacts: naming the fact.
    """
    unique_ids([activity.id for activity in activities], path)
    for index, activity in enumerate(activities):
        if not _FIRST_DAY <= activity.date <= _LAST_DAY:
            raise InvalidFacts.at(f"{path}[{index}].date", "a day of the registries' calendar")
        if activity.points is None and activity.hours is None:
            raise InvalidFacts.at(f"{path}[{index}].points", "the points of the activity")
        if activity.amount > _LARGEST:
            raise InvalidFacts.at(f"{path}[{index}].points", "points that a course can have")

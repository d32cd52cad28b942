"""A class plan (訓練計畫, 附表二 to 附表五) as an institution files it, whole or piece by piece.

Kept with its submission, encrypted, and sent on as the contract's ``ClassPlan``. Terms are our codes
where they are known; what is not known stays as it was written, for the checks to name it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from ..domain.bundles import ClassRows, Row
from ..domain.counties import BY_CODE, county_code
from ..domain.text import printable
from ..domain.vocabulary import code_of
from ..store.crypto import number_place, open_number
from ..store.keys import KeyRing

__all__ = [
    "ClassPlan",
    "PlanLecturer",
    "PlanSession",
    "PlanTrainee",
    "Venue",
    "VenueProof",
    "county_of",
    "known_code",
    "minimised",
    "plan_on_file",
    "plan_target",
    "trainees_of",
]


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """Where the class is held; ``county`` is a five-digit code."""

    name: str | None = None
    address: str | None = None
    county: str | None = None


class VenueProof(msgspec.Struct, frozen=True, kw_only=True):
    """The proof under fire and building law (消防法及建築法令證明)."""

    document_no: str | None = None
    issued_on: date | None = None


class PlanSession(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the timetable (附表三); ``hours`` in hundredths, ``lecturer`` by name."""

    held_on: date | None = None
    time: str | None = None
    course: str | None = None
    hours: int | None = None
    lecturer: str | None = None
    category: str | None = None


class PlanLecturer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the lecturers' list (附表四)."""

    name: str | None = None
    education: str | None = None
    experience: str | None = None
    clause: str | None = None


class PlanTrainee(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the trainees' roster (附表五); it never shows itself but by its seat."""

    seq: str | None = None
    name: str | None = None
    birth_date: str | None = None
    national_id: str | None = None
    licence_no: str | None = None
    education: str | None = None
    employer: str | None = None
    job_title: str | None = None
    address: str | None = None
    email: str | None = None
    phone: str | None = None
    remarks: str | None = None
    profession: str | None = None
    licence_verified: bool | None = None
    waiver: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        """By seat alone: everything else is about a person."""
        return f"PlanTrainee(seq={self.seq!r})"

    def facts(self) -> dict[str, Any]:
        """As a row of ``osh.roster``."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in found.items() if value is not None}


class ClassPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The whole plan; every field may be missing until it is checked."""

    institution_code: str
    kind: str
    starts_on: date
    ends_on: date
    format: str = "lecture"
    period_no: str | None = None
    name: str | None = None
    venue: Venue = Venue()
    venue_proof: VenueProof = VenueProof()
    counsellor: str | None = None
    materials: str | None = None
    letter_no: str | None = None
    letter_on: date | None = None
    timetable: tuple[PlanSession, ...] = ()
    lecturers: tuple[PlanLecturer, ...] = ()
    trainees: tuple[PlanTrainee, ...] = ()


_MINIMAL = ("seq", "name", "birth_date", "national_id", "profession")


def minimised(trainees: Iterable[PlanTrainee], kind: str) -> tuple[PlanTrainee, ...]:
    """The rows that are kept: of in-service trainees only what the form asks for (OSH-R32)."""
    if kind != "in_service":
        return tuple(trainees)
    return tuple(PlanTrainee(**{name: getattr(row, name) for name in _MINIMAL}) for row in trainees)


def known_code(vocabulary: str, term: str | None) -> str | None:
    """Our code of a code or an agency's term; what is neither stays as it is."""
    return None if term is None else code_of(vocabulary, term) or term.strip()


def county_of(text: str | None) -> str | None:
    """The code of a county's code or name; what is neither stays as it is."""
    if text is None or text in BY_CODE:
        return text
    return county_code(text) or text


def plan_target(institution_code: str, kind: str, period_no: str | None, starts_on: date) -> str:
    """What a class is known by until the agency has given it a number."""
    period = printable(period_no or "").strip()
    return f"{institution_code} {printable(kind)} {period} {starts_on.isoformat()}"


def trainees_of(rows: Iterable[Mapping[str, Any]]) -> tuple[PlanTrainee, ...]:
    """Rows of ``osh.roster`` as trainees of a plan."""
    return tuple(
        PlanTrainee(**{**row, "seq": None if row.get("seq") is None else str(row["seq"])})
        for row in rows
    )


def plan_on_file(keys: KeyRing, rows: ClassRows) -> ClassPlan:
    """The plan of a class that was not filed through the hub, from the agency's drops.

    The proof of the venue and the letter are in no drop (mapping.md 5): whoever changes the class
    says them again.
    """
    row = rows.training_class
    names = {item["id"]: item["name"] for item in rows.lecturers}
    return ClassPlan(
        institution_code=row["institution_code"],
        kind=row["training_kind__code"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        format=row["format__code"] or "lecture",
        period_no=row["period_no"],
        name=row["training_name"],
        venue=Venue(name=row["venue"], address=row["address"], county=row["county__code"]),
        counsellor=row["counsellor"],
        materials=row["materials"],
        timetable=tuple(
            PlanSession(
                held_on=item["date"],
                time=item["time"],
                course=item["course"],
                hours=item["hours"],
                lecturer=names.get(item["lecturer_no"]),
                category=item["category__code"],
            )
            for item in rows.sessions
        ),
        lecturers=tuple(
            PlanLecturer(
                name=item["name"],
                education=item["education"],
                experience=item["experience"],
                clause=item["clause"],
            )
            for item in rows.lecturers
        ),
        trainees=tuple(_trainee_on_file(keys, item) for item in rows.trainees),
    )


def _trainee_on_file(keys: KeyRing, row: Row) -> PlanTrainee:
    place = number_place("osh.trainee", row["id"], "national_id")
    cipher = row["national_id_cipher"]
    return PlanTrainee(
        seq=row["seq"],
        name=row["name"],
        birth_date=row["birth_date"].isoformat() if row["birth_date"] else None,
        national_id=open_number(keys, cipher, place).reveal() if cipher else None,
        licence_no=row["licence_no"],
        education=row["education"],
        employer=row["employer"],
        job_title=row["job_title"],
        address=row["address"],
        email=row["email"],
        phone=row["phone"],
        remarks=row["remarks"],
        profession=row["profession__code"],
    )

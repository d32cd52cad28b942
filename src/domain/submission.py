"""What an institution files (送件): its state, its errors row by row, its history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from .text import printable
from .tw_id import without_numbers

__all__ = ["Submission", "SubmissionEvent", "SubmissionState", "UserError"]

_MOST_FOUND = 100


class SubmissionState(StrEnum):
    """Where a submission stands (送件狀態)."""

    REJECTED = "REJECTED"  # by the hub's own checks; kept, never sent
    QUEUED = "QUEUED"  # waits for delivery
    SENT = "SENT"  # handed to the agency; outcome not known yet
    ACCEPTED = "ACCEPTED"  # by the agency
    REFUSED = "REFUSED"  # by the agency
    SUPERSEDED = "SUPERSEDED"  # replaced by a later submission before it was sent


@dataclass(frozen=True, slots=True)
class UserError:
    """One thing that is wrong with an input, told so that a person can mend it.

    Attributes:
        code: The rulebook's code; sentences come from the catalogue.
        field: Path of the input field, or the column.
        file: Name of the file.
        row: Line of the sheet, header 1; of rows sent as input the position from 1.
        expected: What should have stood there, as a code or figure.
        zh: The agency's own text, where the code is the agency's.
        en: The same in English, where there is one.
        expected_en: ``expected`` in English, where it is words.
        found: What stood there; only days, codes, figures and names of courses, never what is about
            a person.
    """

    code: str
    field: tuple[str, ...] | None = None
    file: str | None = None
    row: int | None = None
    expected: str | None = None
    zh: str | None = None
    en: str | None = None
    expected_en: str | None = None
    found: str | None = None

    def __post_init__(self) -> None:
        """A number of a person that stands in the wrong cell is not repeated either."""
        if self.found is not None:
            object.__setattr__(self, "found", printable(without_numbers(self.found))[:_MOST_FOUND])

    def as_json(self) -> dict[str, object]:
        """For the submission's row; of what was entered only ``found`` is repeated."""
        stored: dict[str, object] = {
            "code": self.code,
            "field": list(self.field) if self.field else None,
            "file": self.file,
            "row": self.row,
            "expected": self.expected,
            "zh": self.zh,
            "en": self.en,
        }
        if self.expected_en is not None:
            stored["expected_en"] = self.expected_en
        if self.found is not None:
            stored["found"] = self.found
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "UserError":
        """The inverse of :meth:`as_json`."""
        path = stored.get("field")
        row = stored.get("row")
        return cls(
            str(stored["code"]),
            tuple(str(part) for part in path) if isinstance(path, list) else None,
            _text(stored.get("file")),
            row if isinstance(row, int) else None,
            _text(stored.get("expected")),
            _text(stored.get("zh")),
            _text(stored.get("en")),
            _text(stored.get("expected_en")),
            _text(stored.get("found")),
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class SubmissionEvent:
    """A step in a submission's life."""

    at: datetime
    state: SubmissionState
    code: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission as its institution and the authority see it.

    Attributes:
        kind: The mutation (``submitVrRoster``).
        registry: ``vr``, ``ltc`` or ``osh``.
        institution: 統一編號 it was filed for.
        target: The course or class it is about.
        business_day: Day that counted when it was filed.
        summary: Figures without persons: rows, valid rows, files.
        errors: Why it was rejected or refused.
        warnings: What the agency or the hub noted beside it.
        agency_reference: What the agency calls it.
        receipt: Signed receipt (detached JWS) over the content.
    """

    id: UUID
    kind: str
    registry: str
    state: SubmissionState
    institution: str | None
    target: str | None
    business_day: date
    created_at: datetime
    changed_at: datetime
    summary: Mapping[str, object] = field(default_factory=dict)
    errors: tuple[UserError, ...] = ()
    warnings: tuple[UserError, ...] = ()
    agency_reference: str | None = None
    events: tuple[SubmissionEvent, ...] = ()
    receipt_id: UUID | None = None

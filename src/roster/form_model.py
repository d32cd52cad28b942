"""What the forms of a class (附表) are made of: data of the class, and blocks of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ..domain import roc_date

__all__ = [
    "Block",
    "ClassData",
    "FormLecturer",
    "FormSession",
    "FormTrainee",
    "Grid",
    "Line",
    "PageBreak",
    "day",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; ``size`` in points."""

    text: str
    centred: bool = False
    bold: bool = False
    size: int = 12


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with borders.

    Attributes:
        header: Rows of headings.
        rows: Cells as text.
        widths: Of the columns, in centimetres.
        spans: (row, column) of ``rows``, from 0 -> rows and columns that the cell covers.
    """

    header: Sequence[Sequence[str]]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    spans: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def covered(self) -> frozenset[tuple[int, int]]:
        """Places of ``rows`` that another cell covers."""
        return frozenset(
            (row + down, column + right)
            for (row, column), (rows, columns) in self.spans.items()
            for down in range(rows)
            for right in range(columns)
            if (down, right) != (0, 0)
        )


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a new page."""


Block = Line | Grid | PageBreak


@dataclass(frozen=True, slots=True)
class FormSession:
    """A row of the timetable; hours as printed."""

    id: str
    held_on: date | None
    time: str
    course: str
    hours: str
    lecturer: str
    category: str


@dataclass(frozen=True, slots=True)
class FormLecturer:
    """A row of the lecturers' list."""

    name: str
    education: str
    experience: str
    clause: str


@dataclass(frozen=True, slots=True)
class FormTrainee:
    """A trainee as the forms show one. It never shows itself but by its seat.

    Attributes:
        missed: Session -> hours missed, as printed.
        absent: Hours missed in all, in hundredths.
        over_fifth: More than one fifth of the class missed (附表九 counts over, 超過).
        without_report: Practicum not done, or no report.
    """

    seat: str
    name: str = ""
    number: str = ""
    born_on: date | None = None
    licence_no: str = ""
    education: str = ""
    employer: str = ""
    job_title: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    remarks: str = ""
    certificate_no: str = ""
    issued_on: date | None = None
    score: str = ""
    practicum_on: date | None = None
    practicum_place: str = ""
    report_score: str = ""
    result_remarks: str = ""
    missed: dict[str, str] = field(default_factory=dict)
    absent: int = 0
    over_fifth: bool = False
    without_report: bool = False

    def __repr__(self) -> str:
        """By seat alone: everything else is about a person."""
        return f"FormTrainee(seat={self.seat!r})"


@dataclass(frozen=True, slots=True)
class ClassData:
    """A class as its forms show it; what is not known is empty and stays blank on paper.

    Attributes:
        is_over: It has ended: who missed what can be counted.
    """

    number: str
    institution: str
    kind: str
    starts_on: date
    ends_on: date
    period_no: str = ""
    title: str = ""
    institution_address: str = ""
    representative: str = ""
    authority: str = ""
    venue: str = ""
    venue_address: str = ""
    venue_proof: str = ""
    counsellor: str = ""
    materials: str = ""
    letter_on: date | None = None
    noted_no: str = ""
    noted_on: date | None = None
    sessions: tuple[FormSession, ...] = ()
    lecturers: tuple[FormLecturer, ...] = ()
    trainees: tuple[FormTrainee, ...] = ()
    is_over: bool = False

    @property
    def in_service(self) -> bool:
        """在職教育訓練; else 專業訓練."""
        return self.kind == "in_service"

    @property
    def kind_text(self) -> str:
        """The kind as the forms say it."""
        return "在職教育訓練" if self.in_service else "專業訓練"

    @property
    def heading(self) -> str:
        """(訓練機構全銜) 第○○期 (類別)."""
        name = self.title or self.kind_text
        return f"{self.institution} {self.period_no or '第　　期'} {name}"

    @property
    def span(self) -> str:
        """訓練期間."""
        return f"{day(self.starts_on)}至{day(self.ends_on)}"


def day(value: date | None) -> str:
    """A day of the ROC calendar as the forms print it; blanks to fill in where it is not known."""
    return "　　年　　月　　日" if value is None else roc_date.format_chinese(value)

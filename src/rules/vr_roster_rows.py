"""Rows of a roster file (上課紀錄): what each cell must hold.

Rulebook: domain/vr.md, VR-R38 (table of row checks), VR-R39.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec

from ..domain.tw_id import IdentifierKind, check_person_number
from .vr_person_id import tidy_number
from .wording import words

__all__ = [
    "HEADER_WIDTH",
    "Cell",
    "CellError",
    "CheckedRow",
    "CourseDay",
    "Layout",
    "RowError",
    "cell_text",
    "check_row",
    "expected_text",
    "is_blank",
    "is_header",
    "is_sample",
]

Cell = str | Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)] | float | bool | None
"""A cell as YAML, JSON or a sheet gives it."""

HEADER_WIDTH = 7
"""Columns A-G; column H may hold a note, nothing may stand beyond it."""

_WIDTH = HEADER_WIDTH + 1
_ROC_OFFSET = 1911
_ROC_BELOW = 1000
_DATE = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,2})\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})\Z", re.ASCII)
_SPACE = re.compile(r"\s+")
_BRACKETS = str.maketrans({"（": "(", "）": ")"})
_FLAGS = ("offshore", "international", "instructor")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the template fixes: headings, the sample row, the words for yes and no."""

    header: tuple[str, ...]
    sample_name: str
    sample_number: str
    flags: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class CourseDay:
    """First and last day of the course, and the day asked about."""

    start: date
    end: date
    as_of: date


@dataclass(frozen=True, slots=True)
class CellError:
    """One error of a row: code, field of the template, values its sentences take."""

    code: str
    field: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowError:
    """A wrong row; ``line`` is the record number, header 1."""

    domain: int
    line: int
    errors: tuple[CellError, ...]

    def report(self) -> dict[str, object]:
        """JSON-ready, codes each once in the rulebook's order; no cell is repeated."""
        return {
            "domain": self.domain,
            "line": self.line,
            "codes": list(dict.fromkeys(item.code for item in self.errors)),
            "errors": [
                {"code": item.code, "field": item.field, "values": dict(item.values)}
                for item in self.errors
            ],
        }


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row after its checks: errors, or the flags that weight its hours."""

    errors: tuple[CellError, ...]
    flags: tuple[str, ...] = ()
    is_old_arc: bool = False


def cell_text(cell: Cell) -> str:
    """The cell as the text a CSV file would hold."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def is_blank(record: Sequence[str]) -> bool:
    """Whether every cell is empty."""
    return not any(cell.strip() for cell in record)


def _heading(text: str) -> str:
    return _SPACE.sub("", text.replace("\ufeff", "")).translate(_BRACKETS)


def is_header(record: Sequence[str], layout: Layout) -> bool:
    """Columns A-G as in the template; spaces, line breaks and full-width brackets aside."""
    found = [_heading(cell) for cell in record[:HEADER_WIDTH]]
    return found == [_heading(cell) for cell in layout.header]


def is_sample(record: Sequence[str], layout: Layout) -> bool:
    """Whether the record is the template's sample row, by name and number."""
    return (
        len(record) >= 3
        and record[1].strip() == layout.sample_name
        and tidy_number(record[2]) == layout.sample_number
    )


def _day(text: str) -> date | None:
    """``y/m/d`` with one separator; years below 1000 are ROC years. VR-R38."""
    match = _DATE.match(text.strip())
    if match is None:
        return None
    year = int(match[1])
    try:
        return date(year + _ROC_OFFSET if year < _ROC_BELOW else year, int(match[3]), int(match[4]))
    except ValueError:
        return None


def _hours_error(text: str, approved: int) -> str | None:
    """Law: seed-000 ch. 4(2)(2) (時數請填寫核定時數)."""
    text = text.strip()
    if not text:
        return "hours_missing"
    if not _NUMBER.match(text):
        return "hours_not_number"
    hours = Decimal(text)
    if hours <= 0:
        return "hours_not_positive"
    return None if hours * 10_000 == approved else "hours_mismatch"


def check_row(
    record: Sequence[str],
    approved: int,
    course: CourseDay,
    layout: Layout,
    seen: set[tuple[str, date]],
) -> CheckedRow:
    """Every check of one row, codes in the rulebook's order.

    Args:
        record: Cells as text.
        approved: Approved hours of the domain, in ten-thousandths.
        course: Days of the course and the day asked about.
        layout: Headings and words of the template.
        seen: Numbers and days of earlier rows of the same file; this row's is added.
    """
    if len(record) < HEADER_WIDTH or any(cell.strip() for cell in record[_WIDTH:]):
        return CheckedRow((CellError("wrong_column_count", "row", {}),))
    errors: list[CellError] = []
    if any("\n" in cell or "\r" in cell for cell in record):
        errors.append(CellError("line_break_in_cell", "row", {}))
    day = _day(record[0])
    if day is None:
        errors.append(CellError("date_invalid", "date", {}))
    elif not course.start <= day <= course.end:
        days = {"start": course.start.isoformat(), "end": course.end.isoformat()}
        errors.append(CellError("date_outside_course", "date", days))
    if not record[1].strip():
        errors.append(CellError("name_missing", "name", {}))
    number = tidy_number(record[2])
    kind: IdentifierKind | None = None
    if not number:
        errors.append(CellError("id_missing", "id", {}))
    else:
        kind, verdict = check_person_number(number, course.as_of)
        if verdict != "valid":
            errors.append(CellError(verdict, "id", {}))
    wrong_hours = _hours_error(record[3], approved)
    if wrong_hours is not None:
        hours = {"approved_hours": str(Decimal(approved) / 10_000)}
        errors.append(CellError(wrong_hours, "hours", hours))
    words = [cell.strip() for cell in record[4:HEADER_WIDTH]]
    errors += (
        CellError("flag_invalid", flag, {})
        for flag, word in zip(_FLAGS, words, strict=True)
        if word not in layout.flags
    )
    if day is not None and number:
        if (number, day) in seen:
            errors.append(CellError("duplicate_row", "row", {}))
        seen.add((number, day))
    if errors:
        return CheckedRow(tuple(errors))
    flags = tuple(flag for flag, word in zip(_FLAGS, words, strict=True) if layout.flags[word])
    return CheckedRow((), flags, kind is IdentifierKind.OLD_ARC)


def expected_text(code: str, values: Mapping[str, str], lang: str = "zh") -> str:
    """What a cell should have held, for a person: the catalogue's words with the row's values."""
    found = words(code, "vr.roster_csv") or {}
    text = found.get("expected_zh" if lang.lower().startswith("zh") else "expected_en", "")
    return text.format_map(values)

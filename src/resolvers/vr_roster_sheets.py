"""Sheets of a VR roster: read from files or rows, and written as the register wants them.

A sheet remembers where each of its records came from, so that an error found later, by the rule or
by the register, names the line that the institution sees.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from ..connectors.vr import RosterLine, roster_csv
from ..domain.amounts import parse_amount
from ..domain.tw_id import NationalId
from ..roster.reading import read_roster
from ..store.uploads import Upload
from .roster_verdicts import FIRST_VR_LINE
from .vr_course_form import hours_text

__all__ = [
    "RosterFile",
    "RosterRow",
    "Sheet",
    "in_input_order",
    "payload_of_roster",
    "read_sheet",
    "sheets_of_rows",
    "sign_in_format",
    "twice_enrolled",
]

_SIGN_IN = {b"%PDF-": ("pdf", "application/pdf"), b"\xff\xd8\xff": ("jpg", "image/jpeg")}
_SEPARATOR = re.compile(r"[/.-]")
_ROC_OFFSET, _ROC_BELOW = 1911, 1000


@dataclass(frozen=True, slots=True)
class RosterFile:
    """An uploaded file for one domain (課程領域) of the course."""

    domain: int
    upload: UUID


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One attendee sent as input instead of a file; cells as the template holds them."""

    held_on: date
    name: str
    identifier: str
    hours: str
    offshore: bool = False
    international: bool = False
    instructor: bool = False
    domain: int = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """The records of one domain, and the name its errors carry.

    Attributes:
        records: Header and sample row first; None where no encoding fits.
        filename: None for rows sent as input.
        sha256: Of the content, hexadecimal.
        places: Of rows sent as input: the position of each, from 1, in the order of the records.
    """

    domain: int
    records: Sequence[Sequence[Any]] | None
    filename: str | None
    sha256: str
    places: tuple[int, ...] = ()

    @property
    def people(self) -> Sequence[Sequence[Any]]:
        """The records after header and sample row."""
        return (self.records or ())[FIRST_VR_LINE - 1 :]

    def place(self, line: int) -> int:
        """The line a person sees for record ``line``: of a file the same, of rows the position."""
        return self.places[line - FIRST_VR_LINE] if self.places else line


def _flag(value: bool) -> str:
    return "是" if value else "否"


def sheets_of_rows(rows: Sequence[RosterRow], template: Sequence[Sequence[str]]) -> list[Sheet]:
    """One sheet per domain, with the template before the people.

    Args:
        rows: As they were sent.
        template: Header and sample row.
    """
    sheets = []
    for domain in sorted({row.domain for row in rows}):
        mine = [(place, row) for place, row in enumerate(rows, start=1) if row.domain == domain]
        records = [list(record) for record in template]
        records += [
            [
                f"{row.held_on.year}/{row.held_on.month}/{row.held_on.day}",
                row.name,
                row.identifier,
                row.hours,
                _flag(row.offshore),
                _flag(row.international),
                _flag(row.instructor),
            ]
            for _, row in mine
        ]
        digest = hashlib.sha256(repr(records).encode()).hexdigest()
        sheets.append(Sheet(domain, records, None, digest, tuple(place for place, _ in mine)))
    return sheets


def read_sheet(upload: Upload, domain: int) -> Sheet:
    """The sheet of an uploaded file.

    Raises:
        RosterFileError: the file cannot be read at all.
    """
    read = read_roster(upload.content, upload.filename)
    return Sheet(domain, read.rows, upload.filename, upload.sha256.hex())


def sign_in_format(content: bytes) -> tuple[str, str]:
    """Format and media type by content, never by name; another format is ``unknown``."""
    for magic, found in _SIGN_IN.items():
        if content.startswith(magic):
            return found
    return "unknown", ""


def in_input_order(report: Mapping[str, Any], sheets: Iterable[Sheet]) -> dict[str, Any]:
    """The rule's report with the lines of rows sent as input counted as they were sent."""
    by_domain = {sheet.domain: sheet for sheet in sheets if sheet.places}
    rows = [
        {**row, "line": by_domain[row["domain"]].place(row["line"]) + FIRST_VR_LINE - 1}
        if row["domain"] in by_domain
        else row
        for row in report.get("row_errors", ())
    ]
    return {**report, "row_errors": rows}


def _is_blank(record: Sequence[Any]) -> bool:
    return not any(str(cell or "").strip() for cell in record)


def _lines(sheet: Sheet) -> Iterable[tuple[int, Sequence[Any]]]:
    """Line a person sees and cells of every record that is not blank."""
    for line, record in enumerate(sheet.people, start=FIRST_VR_LINE):
        if not _is_blank(record):
            yield sheet.place(line), record


def twice_enrolled(sheet: Sheet) -> list[int]:
    """Lines whose person stands on an earlier one too, on another day: the register may refuse it."""
    seen: set[NationalId] = set()
    found = []
    for line, record in _lines(sheet):
        number = NationalId(str(record[2]))
        if number in seen:
            found.append(line)
        seen.add(number)
    return found


def _day(text: str) -> date:
    year, month, day = (int(part) for part in _SEPARATOR.split(text.strip()))
    return date(year + _ROC_OFFSET if year < _ROC_BELOW else year, month, day)


def _line(record: Sequence[Any], hours: str) -> RosterLine:
    """A checked record as the agency's file wants it; its hours are the approved ones (VR-R38)."""
    cells = ["" if cell is None else str(cell).strip() for cell in record]
    return RosterLine(
        _day(cells[0]),
        cells[1],
        NationalId(cells[2]),
        hours,
        cells[4] == "是",
        cells[5] == "是",
        cells[6] == "是",
    )


def payload_of_roster(
    course: Mapping[str, Any], sheets: Sequence[Sheet], sheet: Upload
) -> dict[str, Any]:
    """All that delivery needs of an accepted roster, and where each line that is sent came from.

    Args:
        course: ``vr.course``.
        sheets: One per domain of the course.
        sheet: The sign-in sheet.
    """
    ordered = sorted(sheets, key=lambda item: item.domain)
    records = []
    for item in ordered:
        hours = hours_text(parse_amount(course["categories"][item.domain - 1]["hours"]))
        content = roster_csv(_line(record, hours) for _, record in _lines(item))
        records.append(base64.b64encode(content).decode())
    return {
        "course_no": course["no"],
        "records": records,
        "files": [
            {"name": item.filename, "lines": [line for line, _ in _lines(item)]} for item in ordered
        ],
        "sheet": base64.b64encode(sheet.content).decode(),
        "sheet_name": sheet.filename,
        "sheet_type": sign_in_format(sheet.content)[1],
    }

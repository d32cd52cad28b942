"""The roster of trainees (受訓人員名冊, 附表五) as rows of facts, whatever file it came in.

The header stands in the first rows, under the form's title lines or at once; columns may come in
any order. Beside the form's twelve columns four of ours may stand: 人員類別, 資格證書查核,
抵免證明文件, 抵免課程 (the form holds the last two as text in 備註, which is read too).
A row ends the list when it begins with 附註.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..domain.text import compare_form
from ..domain.value_maps import VALUE_MAPS
from .reading import RosterSheet

__all__ = [
    "COLUMNS",
    "ERROR_HEADING",
    "OUR_COLUMNS",
    "TraineeSheet",
    "day_text",
    "header_line",
    "read_trainees",
    "trainee_rows",
]

COLUMNS: Mapping[str, str] = {
    "seq": "序號",
    "name": "姓名",
    "birth_date": "出生年月日",
    "national_id": "身分證字號",
    "licence_no": "資格證書字號",
    "education": "學歷",
    "employer": "服務單位",
    "job_title": "職稱",
    "address": "聯絡地址",
    "email": "電子郵件地址",
    "phone": "電話",
    "remarks": "備註",
}
"""Field and heading of the form, in its order."""

OUR_COLUMNS: Mapping[str, str] = {
    "profession": "人員類別",
    "licence_verified": "資格證書查核",
    "waiver_proof": "抵免證明文件",
    "waiver_courses": "抵免課程",
}
"""Working columns that the form does not have."""

ERROR_HEADING = "錯誤說明"
"""Heading of the column that a corrected-file download adds; it is never read back."""

_ALIASES = {
    "身分證字號(或居留證號)": "national_id",
    "身分證統一編號": "national_id",
    "身分證字號/統一證號": "national_id",
    "資格證書號": "licence_no",
    "電子郵件": "email",
    "聯絡電話": "phone",
    "出生日期": "birth_date",
    "訓練機構資格證書查核": "licence_verified",
}
_NEEDED = {
    "professional": tuple(COLUMNS),
    "in_service": ("seq", "name", "birth_date", "national_id"),
}
_OPTIONAL = frozenset({"remarks"})
_HEADER_WITHIN = 12
_MARKS = re.compile(r"^[*※]+|[*※]+$|\((?:必填|選填|民國年?|西元年?)\)$")
_DAY = re.compile(r"(\d{1,4})\s*([./年-])\s*(\d{1,2})\s*([./月-])\s*(\d{1,2})\s*日?\Z", re.ASCII)
_COMPACT = re.compile(r"(\d{2,4})(\d{2})(\d{2})\Z", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2}) 00:00:00\Z", re.ASCII)
_ROC_OFFSET = 1911
_ROC_BELOW = 1000
_WAIVER = re.compile(r"抵免[:：]\s*([^;；]*)[;；]?(.*)\Z", re.DOTALL)
_SEPARATORS = re.compile(r"[;；、\n]")
_YES = frozenset({"是", "Y", "YES", "TRUE", "V", "已查核", "✓"})
_NO = frozenset({"否", "N", "NO", "FALSE", "未查核"})
_PROFESSIONS = {
    compare_form(term): code
    for code, terms in VALUE_MAPS["osh.profession"].items()
    for term in terms
} | {
    "護理師": "nurse",
    "護士": "nurse",
    "心理師": "psychologist",
    "職能治療師": "occupational_therapist",
    "物理治療師": "physical_therapist",
}


@dataclass(frozen=True, slots=True)
class TraineeSheet:
    """What a file holds.

    Attributes:
        rows: Rows of ``osh.roster``, in order.
        lines: Line of the sheet of each row, header included, from 1.
        code: What is wrong with the file as a whole, or None: ``encoding_unknown``,
            ``empty_file`` or ``header_mismatch``.
        expected: With ``header_mismatch``: headings that are missing, stand twice or are unknown.
    """

    rows: tuple[dict[str, Any], ...] = ()
    lines: tuple[int, ...] = ()
    code: str | None = None
    expected: str | None = None


def day_text(cell: str) -> str:
    """A day as ISO text: ``1978-07-22``, ``1978/7/22``, ``67年7月22日``, ``67.7.22``, ``0670722``, ``19780722``.

    Years below 1000 are ROC years. What is no day comes back as it was, for the rule to refuse.
    """
    text = cell.strip()
    midnight = _MIDNIGHT.match(text)
    if midnight is not None:
        return midnight[1]
    match = _DAY.match(text)
    parts = (match[1], match[3], match[5]) if match is not None else None
    if parts is None:
        compact = _COMPACT.match(text)
        if compact is None:
            return text
        parts = (compact[1], compact[2], compact[3])
    year, month, day = (int(part) for part in parts)
    if year == 0:
        return text
    try:
        return date(year + _ROC_OFFSET if year < _ROC_BELOW else year, month, day).isoformat()
    except ValueError:
        return text


def _fields() -> dict[str, str]:
    named = {
        compare_form(heading): field for field, heading in (*COLUMNS.items(), *OUR_COLUMNS.items())
    }
    english = {field: field for field in (*COLUMNS, *OUR_COLUMNS)}
    aliases = {compare_form(heading): field for heading, field in _ALIASES.items()}
    return {**aliases, **english, **named}


_BY_HEADING = _fields()


def _bare(record: Sequence[str]) -> list[str]:
    """Headings without the marks that people put beside them: ``*姓名``, ``身分證字號(必填)``."""
    return [_MARKS.sub("", compare_form(cell)) for cell in record]


def _header(records: Sequence[Sequence[str]]) -> int | None:
    """Index of the first row that names a person's number and name."""
    for index, record in enumerate(records[:_HEADER_WITHIN]):
        found = {_BY_HEADING.get(cell) for cell in _bare(record)}
        if {"name", "national_id"} <= found:
            return index
    return None


def _positions(header: Sequence[str], kind: str) -> tuple[dict[str, int], list[str]]:
    """Field -> column, and the headings that stand in the way."""
    positions: dict[str, int] = {}
    faults: list[str] = []
    for index, cell in enumerate(_bare(header)):
        if not cell or cell.startswith(ERROR_HEADING):
            continue
        field = _BY_HEADING.get(cell)
        if field is None or field in positions:
            faults.append(header[index].strip()[:40])
        else:
            positions[field] = index
    faults += [
        COLUMNS[field]
        for field in _NEEDED.get(kind, _NEEDED["in_service"])
        if field not in positions and field not in _OPTIONAL
    ]
    return positions, faults


def _claim(text: str) -> bool | None:
    word = compare_form(text).upper()
    return True if word in _YES else False if word in _NO else None


def _list(text: str) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def _waiver(cells: Mapping[str, str]) -> dict[str, Any] | None:
    proof, courses = cells.get("waiver_proof", "").strip(), _list(cells.get("waiver_courses", ""))
    if not proof and not courses:
        noted = _WAIVER.search(cells.get("remarks", ""))
        if noted is None:
            return None
        proof, courses = noted[1].strip(), _list(noted[2])
    return {"proof": proof or None, "courses": courses}


def _row(cells: Mapping[str, str], *, licence_verified: bool | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        # As written: the rule neither trims nor changes the case of a number.
        field: cells[field] if field == "national_id" else cells[field].strip()
        for field in COLUMNS
        if field in cells
    }
    if "birth_date" in row:
        row["birth_date"] = day_text(row["birth_date"])
    profession = compare_form(cells.get("profession", ""))
    if profession:
        row["profession"] = _PROFESSIONS.get(profession, profession)
    said = _claim(cells["licence_verified"]) if "licence_verified" in cells else None
    verified = said if said is not None else licence_verified
    if verified is not None:
        row["licence_verified"] = verified
    waiver = _waiver(cells)
    if waiver is not None:
        row["waiver"] = waiver
    return row


def trainee_rows(
    rows: Iterable[Mapping[str, Any]], *, licence_verified: bool | None = None
) -> list[dict[str, Any]]:
    """Rows sent as input instead of a file: text by field, read by the same rules."""
    return [
        _row(
            {k: str(v) for k, v in row.items() if v is not None}, licence_verified=licence_verified
        )
        for row in rows
    ]


def header_line(sheet: RosterSheet) -> int | None:
    """Line of the header, from 1; None where no row names a person's number and name."""
    at = _header(sheet.rows or ())
    return None if at is None else at + 1


def read_trainees(
    sheet: RosterSheet, kind: str, *, licence_verified: bool | None = None
) -> TraineeSheet:
    """The rows of ``osh.roster`` in a file.

    Args:
        sheet: As :func:`~certhub.roster.reading.read_roster` gives it.
        kind: ``professional`` or ``in_service``: which headings must be there.
        licence_verified: What the institution declares for rows that say nothing themselves.
    """
    if sheet.rows is None:
        return TraineeSheet(code="encoding_unknown")
    if not any(any(cell.strip() for cell in record) for record in sheet.rows):
        return TraineeSheet(code="empty_file")
    at = _header(sheet.rows)
    if at is None:
        wanted = _NEEDED.get(kind, _NEEDED["in_service"])
        return TraineeSheet(
            code="header_mismatch", expected="、".join(COLUMNS[field] for field in wanted)
        )
    positions, faults = _positions(sheet.rows[at], kind)
    if faults:
        return TraineeSheet(code="header_mismatch", expected="、".join(faults))
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    seq = positions.get("seq")
    for line, record in enumerate(sheet.rows[at + 1 :], start=at + 2):
        first = next((cell.strip() for cell in record if cell.strip()), "")
        if first.startswith("附註"):
            break
        cells = {
            field: record[index] if index < len(record) else ""
            for field, index in positions.items()
        }
        # A form's own numbering down an empty page makes no trainee.
        if not any(
            cell.strip()
            for index, cell in enumerate(record)
            if index != seq and index in positions.values()
        ):
            continue
        rows.append(_row(cells, licence_verified=licence_verified))
        lines.append(line)
    return TraineeSheet(tuple(rows), tuple(lines))

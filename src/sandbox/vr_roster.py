"""Reading a roster file the way the VR register reads it (上課紀錄匯入), and saying what is wrong.

Written from the contract's description of ``POST /v1/courses/{no}/roster`` alone.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .numbers import number_fault
from .wire import row_error

__all__ = ["ReadFile", "RosterLine", "read_roster_file", "sign_in_sheet_fits"]

_HEADER = (
    "上課日期",
    "學員姓名",
    "學員身分證字號(或居留證號)",
    "時數",
    "離島地區",
    "國際性質",
    "授課者",
)
_SAMPLE = ("2015/1/1", "王小明", "A100000001", "2", "是", "是", "否")
_DATE = re.compile(r"(\d{2,4})/(\d{1,2})/(\d{1,2})")
_SHEET_LIMIT = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One accepted line."""

    row: int
    held_on: date
    name: str
    national_id: str
    outlying_island: str
    international: str
    lecturer: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file holds, and every fault in it."""

    lines: list[RosterLine]
    errors: list[dict[str, Any]]


def sign_in_sheet_fits(content: bytes) -> bool:
    """One PDF or JPG, at most 5 MB."""
    return len(content) <= _SHEET_LIMIT and content.startswith((b"%PDF-", b"\xff\xd8\xff"))


def _decode(content: bytes) -> str | None:
    """UTF-8 with BOM, or Big5 (cp950)."""
    try:
        if content.startswith(b"\xef\xbb\xbf"):
            return content.decode("utf-8-sig")
        return content.decode("cp950")
    except UnicodeDecodeError:
        return None


def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups())
    try:
        return date(year + 1911 if year < 1000 else year, month, day)
    except ValueError:
        return None


def _hours(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


class _Reader:
    """Checks one file line by line."""

    def __init__(self, file: str, first: date, last: date, hours: str) -> None:
        self._file = file
        self._first, self._last = first, last
        self._hours = hours
        self._seen: set[str] = set()
        self.lines: list[RosterLine] = []
        self.errors: list[dict[str, Any]] = []

    def fault(self, row: int | None, column: str | None, code: str, text: str) -> None:
        self.errors.append(row_error(code, text, file=self._file, row=row, column=column))

    def line(self, row: int, cells: Sequence[str]) -> None:
        broken = any("\n" in cell or "\r" in cell for cell in cells)
        if broken or len(cells) not in (7, 8):
            self.fault(row, None, "row_broken", "欄位數不符，或儲存格內有斷行")
            return
        before = len(self.errors)
        date_text, name, number_text, hours_text, *flags = (cell.strip() for cell in cells[:7])
        held_on = self._date(row, date_text)
        if not name:
            self.fault(row, _HEADER[1], "name_missing", "學員姓名未填")
        number = self._number(row, number_text)
        if _hours(hours_text) != Decimal(self._hours):
            self.fault(row, _HEADER[3], "hours_not_approved", f"時數應填核定時數 {self._hours}")
        for column, flag in zip(_HEADER[4:], flags, strict=True):
            if flag not in ("是", "否"):
                self.fault(row, column, "flag_invalid", "應填是或否")
        if len(self.errors) == before and held_on is not None:
            self.lines.append(RosterLine(row, held_on, name, number, *flags))

    def _date(self, row: int, text: str) -> date | None:
        held_on = _day(text)
        if held_on is None:
            self.fault(row, _HEADER[0], "date_invalid", "上課日期錯誤")
        elif not self._first <= held_on <= self._last:
            self.fault(row, _HEADER[0], "date_outside_course", "上課日期不在開課期間")
        return held_on

    def _number(self, row: int, text: str) -> str:
        number = text.upper()
        code = number_fault(number)
        if code is not None:
            wrong = "格式" if code == "id_format" else "檢查碼"
            self.fault(row, _HEADER[2], code, f"身分證字號(或居留證號){wrong}錯誤")
        elif number in self._seen:
            self.fault(row, _HEADER[2], "duplicate_person", "同一學員重複")
        self._seen.add(number)
        return number


def read_roster_file(content: bytes, file: str, *, first: date, last: date, hours: str) -> ReadFile:
    """Read one CSV of a roster.

    Args:
        content: The bytes as sent.
        file: ``records_1`` or ``records_2``, for the errors.
        first: First day of the course.
        last: Its last day.
        hours: Approved hours of the file's category, as text.
    """
    reader = _Reader(file, first, last, hours)
    text = _decode(content)
    try:
        records = [] if text is None else list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        records = []
    if not records or tuple(records[0][:7]) != _HEADER:
        reader.fault(1, None, "header_changed", "表頭與範本不符")
        return ReadFile([], reader.errors)
    if len(records) < 2 or tuple(records[1][:7]) != _SAMPLE:
        reader.fault(2, None, "sample_row_missing", "範例列不可刪除")
    body = [(row, cells) for row, cells in enumerate(records[2:], start=3) if cells]
    for row, cells in body:
        reader.line(row, cells)
    if not body:
        reader.fault(None, None, "empty", "名單沒有資料")
    return ReadFile(reader.lines, reader.errors)

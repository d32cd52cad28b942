"""Rosters at the VR register: taking one, what becomes of its rows, clearing it."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from ..domain import roc_date
from .clock import AgencyClock, iso_seconds
from .forms import Record, amount, slashed
from .vr_ledger import VrLedger
from .vr_records import credited
from .vr_roster import RosterLine, read_roster_file, sign_in_sheet_fits
from .wire import Refusal, json_response, problem, row_error

__all__ = ["Part", "Rosters"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str
    content: bytes


@dataclass(slots=True)
class _OnFile:
    """A roster that was imported."""

    at: datetime
    sheet: Record
    rows: list[Record]
    records: list[str] = field(default_factory=list)
    waiting: list[tuple[str, RosterLine]] = field(default_factory=list)


class Rosters:
    """Rosters on file, and the training records that came of them.

    Args:
        books: The register.
        clock: Its calendar.
        settle_after: How long the office takes to verify the hours.
    """

    def __init__(self, books: VrLedger, clock: AgencyClock, settle_after: timedelta) -> None:
        self._books = books
        self._clock = clock
        self._settle_after = settle_after
        self._filed: dict[str, _OnFile] = {}
        self._members: dict[str, str] = {}
        self._serial = 0

    def index_members(self) -> None:
        """Learn who is a member, by number."""
        self._members = {
            item["national_id"].strip().upper(): item["id"]
            for item in self._books.live("professionals")
        }

    def member_left(self, key: str) -> None:
        """A member's record was deleted: later rosters do not find the person."""
        self._members = {number: held for number, held in self._members.items() if held != key}

    def member_joined(self, record: Record) -> None:
        """A person joins: rows that waited for him or her give their records."""
        number = record["national_id"].strip().upper()
        self._members[number] = record["id"]
        for no, roster in self._filed.items():
            course = self._books.get("courses", no)
            for file, line in list(roster.waiting):
                if line.national_id == number and course is not None:
                    roster.waiting.remove((file, line))
                    self._enter(course, roster, file, line)

    async def parts(self, request: Request) -> tuple[list[Part], bytes]:
        """The parts of a body, and what makes two bodies the same: names, file names, bytes.

        Raises:
            Refusal: 400, not a multipart body.
        """
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            raise Refusal(problem(400, "malformed", "The body is not multipart/form-data."))
        form = await request.form(max_files=8, max_fields=8)
        parts = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                parts.append(Part(name, value.filename or "", await value.read()))
            else:
                parts.append(Part(name, "", value.encode()))
        await form.close()
        digest = sorted(
            (part.name, part.filename, hashlib.sha256(part.content).hexdigest()) for part in parts
        )
        return parts, orjson.dumps(digest)

    def take(self, course: Record, parts: list[Part]) -> Response:
        """Import a roster as a whole, or refuse it with every fault.

        Raises:
            Refusal: 409 in the wrong state, 422 ``roster_rejected``.
        """
        no = course["no"]
        ends_on = roc_date.parse(course["ends_on"])
        if course["roster_state"] == "時數已核":
            raise Refusal(problem(409, "hours_verified", "The hours are verified."))
        if course["roster_state"] != "未匯入":
            raise Refusal(problem(409, "roster_exists", "Clear the roster on file first."))
        if course["status"] != "通過" or self._clock.today() <= ends_on:
            raise Refusal(problem(409, "course_not_open", "Not approved, or not over yet."))
        found, errors = self._read(course, {part.name: part for part in parts}, ends_on)
        if errors:
            raise Refusal(
                problem(
                    422,
                    "roster_rejected",
                    "Nothing was imported.",
                    errors=errors,
                    detail_zh="名單未匯入。",
                )
            )
        sheet = next(part for part in parts if part.name == "sign_in_sheet")
        roster = _OnFile(
            at=self._clock.now(),
            sheet={
                "filename": sheet.filename,
                "size": len(sheet.content),
                "sha256": hashlib.sha256(sheet.content).hexdigest(),
            },
            rows=[self._row(course, file, line) for file, line in found],
        )
        self._filed[no] = roster
        unmatched = []
        for file, line in found:
            if line.national_id in self._members:
                self._enter(course, roster, file, line)
            else:
                roster.waiting.append((file, line))
                unmatched.append({"file": file, "row": line.row})
        self._books.put("courses", {**course, "roster_state": "已匯入"})
        answer = {
            "course_no": no,
            "state": "已匯入",
            "imported": len(found),
            "unmatched": unmatched,
        }
        return json_response(answer, 201)

    @staticmethod
    def _read(
        course: Record, parts: dict[str, Part], ends_on: date
    ) -> tuple[list[tuple[str, RosterLine]], list[dict[str, Any]]]:
        found: list[tuple[str, RosterLine]] = []
        errors: list[dict[str, Any]] = []
        for number, category in enumerate(course["categories"], start=1):
            file = f"records_{number}"
            part = parts.get(file)
            if part is None:
                errors.append(row_error("file_missing", "缺少上課紀錄檔", file=file))
                continue
            read = read_roster_file(
                part.content,
                file,
                first=roc_date.parse(course["starts_on"]),
                last=ends_on,
                hours=category["hours"],
            )
            errors.extend(read.errors)
            found.extend((file, line) for line in read.lines)
        sheet = parts.get("sign_in_sheet")
        if sheet is None or not sign_in_sheet_fits(sheet.content):
            text = "簽到表應為 5 MB 以內之 PDF 或 JPG"
            errors.append(row_error("sign_in_sheet_invalid", text, file="sign_in_sheet"))
        return found, errors

    @staticmethod
    def _category(course: Record, file: str) -> Record:
        category: Record = course["categories"][int(file[-1]) - 1]
        return category

    def _row(self, course: Record, file: str, line: RosterLine) -> Record:
        category = self._category(course, file)
        return {
            "file": file,
            "row": line.row,
            "held_on": slashed(line.held_on),
            "name": line.name,
            "national_id": line.national_id,
            "hours": category["hours"],
            "outlying_island": line.outlying_island,
            "international": line.international,
            "lecturer": line.lecturer,
            "category": category["category"],
        }

    def _enter(self, course: Record, roster: _OnFile, file: str, line: RosterLine) -> None:
        """The row's training record, 送審中."""
        self._serial += 1
        category = self._category(course, file)
        key = f"R8{self._serial:07d}"
        roster.records.append(key)
        self._books.put(
            "training-records",
            {
                "id": key,
                "professional_id": self._members[line.national_id],
                "course_no": course["no"],
                "course_name": course["name"],
                "provider": course["institution_name"],
                "class_name": None,
                "nature": course["nature"],
                "held_from": slashed(line.held_on),
                "held_to": slashed(line.held_on),
                "finish_month": f"{line.held_on.year - 1911}年{line.held_on.month:02d}月",
                "category": category["category"],
                "core_competency": category["core_competency"],
                "field": category["field"],
                "delivery": course["delivery"],
                "identity": "授課者" if line.lecturer == "是" else "學員",
                "hours": category["hours"],
                "outlying_island": line.outlying_island,
                "international": line.international,
                "lecturer": line.lecturer,
                "credited_hours": None,
                "status": "送審中",
                "reason": None,
                "qualification_titles": course["target_titles"],
            },
        )

    def on_file(self, course: Record) -> Record:
        """The roster as the site shows it (瀏覽匯入明細)."""
        roster = self._filed.get(course["no"])
        return {
            "course_no": course["no"],
            "state": course["roster_state"],
            "uploaded_at": None if roster is None else iso_seconds(roster.at),
            "sign_in_sheet": None if roster is None else roster.sheet,
            "rows": [] if roster is None else roster.rows,
        }

    def clear(self, course: Record) -> Response:
        """Take the roster off again, with its records (清除上課紀錄).

        Raises:
            Refusal: 409, the hours are verified.
        """
        if course["roster_state"] == "時數已核":
            raise Refusal(problem(409, "hours_verified", "The hours are verified."))
        roster = self._filed.pop(course["no"], None)
        if roster is not None:
            for key in roster.records:
                self._books.delete("training-records", key)
        if course["roster_state"] != "未匯入":
            self._books.put("courses", {**course, "roster_state": "未匯入"})
        return Response(status_code=204)

    def settle(self, *, everything: bool = False) -> None:
        """Verify the hours of rosters that have waited long enough: 確認, and final."""
        now = self._clock.now()
        for no, roster in self._filed.items():
            course = self._books.get("courses", no)
            if course is None or course["roster_state"] != "已匯入":
                continue
            if not everything and now - roster.at < self._settle_after:
                continue
            for key in roster.records:
                record = self._books.get("training-records", key)
                if record is not None and record["status"] == "送審中":
                    flags = (record["outlying_island"], record["international"], record["lecturer"])
                    hundredths = int(Decimal(record["hours"]) * 100)
                    hours = credited(hundredths, weighted="是" in flags)
                    done = {"status": "確認", "credited_hours": amount(hours)}
                    self._books.put("training-records", {**record, **done})
            self._books.put("courses", {**course, "roster_state": "時數已核"})

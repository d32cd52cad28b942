"""Class plans as they come in at the OSH system (附表二 to 附表五): checked, then entered."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..domain import roc_date
from .checks import Form
from .numbers import number_fault
from .osh_ledger import OshLedger
from .osh_rows import (
    IN_SERVICE,
    IN_SERVICE_CATEGORIES,
    PROFESSIONAL,
    ClassHeld,
    Row,
    class_row,
    lecturer_row,
    session_rows,
)
from .wire import row_error

__all__ = ["DAY_FORM", "Plan", "enter_plan", "read_plan"]

DAY_FORM = r"\d{2,3}年\d{1,2}月\d{1,2}日"
_FILE_DAYS, _LEAST, _DISCUSSION = 15, 15, 60
_SIZES = {PROFESSIONAL: 80, IN_SERVICE: 120}
_PROFESSIONS = ("醫師", "護理人員", "勞工健康服務相關人員")
_FULL_FIELDS = (
    "licence_no",
    "education",
    "employer",
    "job_title",
    "address",
    "email",
    "phone",
)

Errors = list[dict[str, Any]]


class Plan:
    """A plan that has been read: what it says, and every fault and remark about it.

    Attributes:
        content: As sent.
        errors: Any of them refuses the plan.
        warnings: Stored all the same.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.errors: Errors = []
        self.warnings: Errors = []
        form = self._form = Form(content, self.errors)
        self.institution = form.text("institution_code")
        self.kind = form.term("training_kind", (PROFESSIONAL, IN_SERVICE))
        self.format = form.term("format", ("講授", "分組討論"))
        self.starts_on = form.day("starts_on", DAY_FORM)
        self.ends_on = form.day("ends_on", DAY_FORM)
        self.letter_on = form.day("letter_on", DAY_FORM)
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            form.fault("ends_on", "date_invalid")
        for field in ("period_no", "training_name", "counsellor", "materials", "letter_no"):
            form.text(field)
        venue = Form(form.object("venue"), self.errors, "venue.")
        self.venue = tuple(venue.text(field) for field in ("name", "address", "county"))
        proof = Form(form.object("venue_proof"), self.errors, "venue_proof.")
        proof.text("document_no")
        proof.day("issued_on", DAY_FORM)
        self.lecturers = [dict(row) for row in form.rows("lecturers")]
        self.timetable = [dict(row) for row in form.rows("timetable")]
        self.trainees = [dict(row) for row in form.rows("trainees", required=False)]

    def check_rows(self) -> None:
        """Lecturers, timetable and trainees."""
        self._lecturers()
        self._timetable()
        self._trainees()

    def _row(self, table: str, number: int, row: Mapping[str, Any]) -> Form:
        return Form(row, self.errors, where={"table": table, "row": number})

    def _lecturers(self) -> None:
        for number, row in enumerate(self.lecturers, start=1):
            form = self._row("lecturers", number, row)
            form.text("name")
            if form.text("clause", required=False):
                continue
            found = row_error(
                "lecturer_clause_missing",
                "未填符合規定之資格條款",
                field="clause",
                table="lecturers",
                row=number,
            )
            (self.errors if self.kind == PROFESSIONAL else self.warnings).append(found)

    def _timetable(self) -> None:
        names = {row.get("name") for row in self.lecturers}
        for number, row in enumerate(self.timetable, start=1):
            form = self._row("timetable", number, row)
            day = form.day("date", DAY_FORM)
            if (day and self.starts_on and day < self.starts_on) or (
                day and self.ends_on and day > self.ends_on
            ):
                form.fault("date", "date_invalid")
            form.text("time")
            form.text("course")
            hours = form.decimal("hours", "hours_invalid")
            if hours and Decimal(hours) <= 0:
                form.fault("hours", "hours_invalid", "時數錯誤")
            lecturer = form.text("lecturer")
            if lecturer and lecturer not in names:
                form.fault("lecturer", "lecturer_not_in_roster", "講師不在講師名冊")
            if self.kind == IN_SERVICE:
                form.term("category", IN_SERVICE_CATEGORIES, required=False)

    def _trainees(self) -> None:
        count = len(self.trainees)
        if count < _LEAST:
            self._form.fault("trainees", "too_few_enrolled", "受訓人數未達15人")
        discussion = self.kind == IN_SERVICE and self.format == "分組討論"
        if discussion and count > _DISCUSSION:
            self._form.fault("trainees", "over_60_discussion", "分組討論以60人為限")
        elif count > _SIZES.get(self.kind, count):
            text = "受訓人數超過原則上限"
            self.warnings.append(row_error("over_size", text, field="trainees"))
        seen: set[str] = set()
        for number, row in enumerate(self.trainees, start=1):
            form = self._row("trainees", number, row)
            form.text("seq")
            form.text("name")
            self._birth(form)
            self._number(form, seen)
            if self.kind == PROFESSIONAL:
                for field in _FULL_FIELDS:
                    form.text(field)
            form.term("profession", _PROFESSIONS, required=False)

    def _birth(self, form: Form) -> None:
        value = form.text("birth_date")
        if not value:
            return
        try:
            born = roc_date.parse(value)
        except ValueError:
            born = None
        wrong_form = "年" not in value
        if born is None or wrong_form or (self.starts_on and born >= self.starts_on):
            form.fault("birth_date", "birth_date_invalid", "出生年月日錯誤")

    @staticmethod
    def _number(form: Form, seen: set[str]) -> None:
        value = form.text("national_id")
        if not value:
            return
        code = number_fault(value)
        if code is not None:
            form.fault("national_id", code, "身分證字號錯誤")
        elif value in seen:
            form.fault("national_id", "duplicate_person", "同一人員重複")
        seen.add(value)

    def check_filing(self, books: OshLedger, today: date) -> None:
        """Recognition on the first day, and both dates fifteen days before it."""
        self._recognised(books)
        if self.starts_on is None:
            return
        by = self.starts_on - timedelta(days=_FILE_DAYS)
        if today > by:
            self._form.fault("starts_on", "filed_late", "應於開訓15日前報備")
        if self.letter_on is not None and self.letter_on > by:
            self._form.fault("letter_on", "filed_late", "應於開訓15日前函報")

    def check_change(self, books: OshLedger, first_on_file: date, today: date) -> None:
        """Recognition, and the day before the class at the latest."""
        self._recognised(books)
        if today > first_on_file - timedelta(days=1):
            self._form.fault("starts_on", "changed_late", "應於開訓前1日變更")

    def _recognised(self, books: OshLedger) -> None:
        if self.starts_on is None or not self.kind:
            return
        for row in books.rows("recognitions"):
            if row["機構代碼"] != self.institution or self.kind not in row["訓練類別"].split("、"):
                continue
            first, last = roc_date.parse(row["有效期間起"]), roc_date.parse(row["有效期間迄"])
            ended = row["終止生效日"] and roc_date.parse(row["終止生效日"]) <= self.starts_on
            if first <= self.starts_on <= last and not ended:
                return
        text = "開訓日未在認可期間或類別內"
        self._form.fault("institution_code", "institution_not_recognised", text)


def read_plan(content: Mapping[str, Any]) -> Plan:
    """Read a plan and check all that can be checked without the books.

    Raises:
        Refusal: 400, a field has another type.
    """
    plan = Plan(content)
    plan.check_rows()
    return plan


def _trainee(held: ClassHeld, row: Mapping[str, Any]) -> Row:
    """A roster row as stored; in-service rows keep only what the form asks for."""
    full = held.kind == PROFESSIONAL
    seat = str(row["seq"]).strip()

    def kept(field: str) -> str:
        return str(row.get(field) or "") if full else ""

    return {
        "受訓人員編號": f"{held.no}-{seat.zfill(3)}",
        "班別編號": held.no,
        "序號": seat,
        "姓名": row["name"],
        "出生年月日": row["birth_date"],
        "身分證字號": row["national_id"],
        "資格證書字號": kept("licence_no"),
        "學歷": kept("education"),
        "服務單位": kept("employer"),
        "職稱": kept("job_title"),
        "聯絡地址": kept("address"),
        "電子郵件地址": kept("email"),
        "電話": kept("phone"),
        "人員類別": str(row.get("profession") or ""),
        "備註": str(row.get("remarks") or ""),
    }


def enter_plan(books: OshLedger, plan: Plan, no: str, filed_on: date, before: Row | None) -> None:
    """Store a plan without faults: the class and its three lists, replacing what was there.

    Args:
        books: The tables.
        plan: A plan whose ``errors`` are empty.
        no: Class number.
        filed_on: Day of the first filing.
        before: The class on file, when this is a change.
    """
    assert plan.starts_on is not None
    assert plan.ends_on is not None
    content = plan.content
    hours = sum((Decimal(row["hours"]) for row in plan.timetable), Decimal(0))
    held = ClassHeld(
        no=no,
        institution=plan.institution,
        kind=plan.kind,
        first=plan.starts_on,
        last=plan.ends_on,
        county=plan.venue[2],
        hours=int(hours * 100),
        noted_no=before["備查文號"] if before else "",
        format=plan.format,
    )
    row = class_row(
        held,
        period_no=content["period_no"],
        name=content["training_name"],
        trainees=len(plan.trainees),
        filed_on=filed_on,
        noted_on=None,
        uploaded_on=None,
        state=before["狀態"] if before else "報備",
        counsellor=content["counsellor"],
        materials=content["materials"],
        venue=(plan.venue[0], plan.venue[1]),
    )
    if before is not None:
        row["備查日期"] = before["備查日期"]
    numbers = {item["name"]: f"{no}-T{n}" for n, item in enumerate(plan.lecturers, start=1)}
    lessons = [
        (
            roc_date.parse(item["date"]),
            item["time"],
            item["course"],
            int(Decimal(item["hours"]) * 100),
            numbers[item["lecturer"]],
            str(item.get("category") or "") if plan.kind == IN_SERVICE else "",
        )
        for item in plan.timetable
    ]
    lists: dict[str, list[Row]] = {
        "sessions": session_rows(held, lessons),
        "lecturers": [
            lecturer_row(
                held,
                number,
                name=item["name"],
                education=str(item.get("education") or ""),
                experience=str(item.get("experience") or ""),
                clause=str(item.get("clause") or ""),
            )
            for number, item in enumerate(plan.lecturers, start=1)
        ],
        "trainees": [_trainee(held, item) for item in plan.trainees],
    }
    with books.lock:
        books.put("classes", row)
        for table, rows in lists.items():
            keys = {next(iter(item.values())) for item in rows}
            for old in books.of_class(table, no):
                key = next(iter(old.values()))
                if key not in keys:
                    books.delete(table, key)
            for item in rows:
                books.put(table, item)


def plan_state(row: Row) -> dict[str, Any]:
    """State of a plan, with the 備查 number once there is one."""
    return {
        "no": row["班別編號"],
        "state": row["狀態"],
        "noted_no": row["備查文號"] or None,
        "noted_on": row["備查日期"] or None,
        "filed_on": row["報備日期"],
    }

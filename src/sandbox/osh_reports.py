"""What an institution reports after a class (附表八 to 附表十二): checked, then entered."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from ..domain import roc_date
from .checks import Form
from .forms import chinese
from .osh_ledger import OshLedger
from .osh_plans import DAY_FORM
from .osh_rows import PROFESSIONAL, Row
from .wire import Refusal, problem, row_error

__all__ = ["REPORTS", "Reporter"]

_UPLOAD_DAYS, _ROLL_DAYS = 15, 20

Errors = list[dict[str, Any]]


class _Report:
    """One report on one class, being read."""

    def __init__(self, books: OshLedger, row: Row, content: Mapping[str, Any], today: date) -> None:
        self.books = books
        self.no = row["班別編號"]
        self.row = row
        self.today = today
        self.ends_on = roc_date.parse(row["結訓日"])
        self.errors: Errors = []
        self.warnings: Errors = []
        self.form = Form(content, self.errors)
        self.made: list[tuple[str, Row]] = []
        self.trainees = {item["序號"]: item for item in books.of_class("trainees", self.no)}
        self.lines = [
            Form(line, self.errors, where={"table": "rows", "row": number})
            for number, line in enumerate(self.form.rows("rows"), start=1)
        ]

    def due(self, days: int) -> None:
        """Late reports are taken with a remark."""
        if self.today > self.ends_on + timedelta(days=days):
            self.warnings.append(row_error("reported_late", "逾期登錄"))

    def ended(self) -> None:
        """Nothing to report before the class's last day."""
        if self.today < self.ends_on:
            self.form.fault(None, "class_not_ended", "訓練尚未結束")

    def trainee(self, line: Form) -> Row | None:
        """The trainee a line is about."""
        seat = line.text("trainee_seq")
        found = self.trainees.get(seat)
        if seat and found is None:
            line.fault("trainee_seq", "trainee_unknown", "查無此序號之受訓人員")
        return found


def _attendance(report: _Report) -> None:
    report.due(_UPLOAD_DAYS)
    sessions = {item["課程序號"]: item for item in report.books.of_class("sessions", report.no)}
    for line in report.lines:
        trainee = report.trainee(line)
        number = line.text("session_no")
        session = sessions.get(number)
        if number and session is None:
            line.fault("session_no", "session_unknown", "查無此課程序號")
        elif session is not None and roc_date.parse(session["日期"]) > report.today:
            line.fault("session_no", "session_not_held", "課程尚未舉行")
        line.day("made_up_on", DAY_FORM, required=False)
        row = {
            "班別編號": report.no,
            "課程序號": number,
            "簽到時間": line.text("sign_in", required=False),
            "簽退時間": line.text("sign_out", required=False),
            "遲到分鐘": str(line.whole("late_minutes")),
            "請假時數": line.decimal("leave_hours", "hours_invalid", required=False) or "0",
            "缺課時數": line.decimal("absent_hours", "hours_invalid", required=False) or "0",
            "簽名有效": "是" if line.flag("signature_valid", missing=True) else "否",
            "補課日期": line.text("made_up_on", required=False),
            "補課時數": line.decimal("made_up_hours", "hours_invalid", required=False) or "0",
        }
        if trainee is not None:
            key = trainee["受訓人員編號"]
            place = number.rpartition("-S")[2]
            row |= {"紀錄編號": f"{key}-{place}", "受訓人員編號": key}
            report.made.append(("attendance", row))
    if report.row["訓練類別"] != PROFESSIONAL and report.today >= report.ends_on:
        _uploaded(report)


def _uploaded(report: _Report) -> None:
    """The class's data are in the system from this day on."""
    report.row["登錄日期"] = report.row["登錄日期"] or chinese(report.today)
    if report.row["狀態"] != "結案":
        report.row["狀態"] = "已登錄"


def _results(report: _Report) -> None:
    report.due(_UPLOAD_DAYS)
    report.ended()
    for line in report.lines:
        trainee = report.trainee(line)
        line.day("exam_on", DAY_FORM)
        attempt = line.term("attempt", ("初測", "補考"))
        line.day("practicum_on", DAY_FORM, required=False)
        row = {
            "班別編號": report.no,
            "測驗日期": line.text("exam_on", required=False),
            "測驗次別": attempt,
            "測驗成績": line.text("score", required=False),
            "測驗結果": line.term("outcome", ("及格", "不及格")),
            "實習日期": line.text("practicum_on", required=False),
            "實習場所名稱": line.text("practicum_place", required=False),
            "實習或實作報告成績": line.text("report_score", required=False),
            "備註": line.text("remarks", required=False),
        }
        if trainee is not None:
            key = trainee["受訓人員編號"]
            number = 1 if attempt == "初測" else 2
            row |= {"成績編號": f"{key}-E{number}", "受訓人員編號": key}
            report.made.append(("results", row))
    _uploaded(report)


def _certificates(report: _Report) -> None:
    report.due(_ROLL_DAYS)
    report.ended()
    noted = report.form.text("noted_no")
    if noted and noted != report.row["備查文號"]:
        report.form.fault("noted_no", "noted_no_wrong", "備查文號與紀錄不符")
    full = report.row["訓練類別"] == PROFESSIONAL
    results = report.books.of_class("results", report.no)
    passed = {row["受訓人員編號"] for row in results if row["測驗結果"] == "及格"}
    seen: set[str] = set()
    for line in report.lines:
        trainee = report.trainee(line)
        number = line.text("certificate_no")
        if number and (number in seen or report.books.get("certificates", number)):
            line.fault("certificate_no", "certificate_no_invalid", "證書字號重複")
        seen.add(number)
        line.day("issued_on", DAY_FORM)
        if trainee is None:
            continue
        if full and trainee["受訓人員編號"] not in passed:
            line.fault("trainee_seq", "not_passed", "測驗未及格")
        report.made.append(
            (
                "certificates",
                {
                    "證書字號": number,
                    "班別編號": report.no,
                    "受訓人員編號": trainee["受訓人員編號"],
                    "種類": "結業證書" if full else "在職教育訓練證明",
                    "姓名": trainee["姓名"],
                    "出生年月日": trainee["出生年月日"],
                    "身分證字號": trainee["身分證字號"],
                    "開訓日": report.row["開訓日"],
                    "結訓日": report.row["結訓日"],
                    "核發日期": line.text("issued_on", required=False),
                    "備查文號": noted,
                    "訓練時數": report.row["總時數"],
                    "課程類別時數": line.text("category_hours", required=False),
                    "受訓人員確認日期": "",
                    "備註": line.text("remarks", required=False),
                },
            )
        )
    report.row["狀態"] = "結案"


REPORTS: dict[str, Callable[[_Report], None]] = {
    "attendance": _attendance,
    "results": _results,
    "certificates": _certificates,
}
"""Reports by the last part of their path."""


class Reporter:
    """Takes reports: all rows or none.

    Args:
        books: The tables.
    """

    def __init__(self, books: OshLedger) -> None:
        self._books = books

    def take(self, kind: str, row: Row, content: Mapping[str, Any], today: date) -> dict[str, Any]:
        """Check and store a report on a class.

        Args:
            kind: Key of ``REPORTS``.
            row: The class.
            content: The body.
            today: The agency's day.

        Raises:
            Refusal: 422 with every fault; nothing is stored.
        """
        report = _Report(self._books, dict(row), content, today)
        REPORTS[kind](report)
        if report.errors:
            refused = problem(422, "validation_failed", "Nothing was stored.", errors=report.errors)
            raise Refusal(refused)
        with self._books.lock:
            for table, made in report.made:
                self._books.put(table, made)
            self._books.put("classes", report.row)
        return {
            "no": report.no,
            "stored": len(report.made),
            "state": report.row["狀態"],
            "warnings": report.warnings,
        }

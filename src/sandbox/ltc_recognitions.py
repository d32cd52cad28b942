"""Credits recognised from another registry, as the LTC system takes them (性質相近採認)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ..domain import roc_date
from .checks import Form, decimal_fits
from .clock import AgencyClock
from .forms import Record
from .ltc_ledger import LtcLedger
from .wire import Refusal, problem

__all__ = ["Recognitions"]

_ROC = r"\d{2,3}/\d{2}/\d{2}"
_SOURCES = ("vr", "osh", "medical")
_KINDS = ("身分證字號", "新式統一證號", "舊式居留證號", "護照號")
_ATTRIBUTES = ("專業課程", "專業品質", "專業倫理", "專業法規")
_CATEGORIES = (
    "消防安全",
    "緊急應變",
    "感染管制",
    "傳染病防治",
    "性別敏感度",
    "原住民族文化敏感度及能力",
    "多元族群文化敏感度及能力",
    "原住民族與多元族群文化敏感度及能力",
    "多元族群文化",
    "多元文化族群",
)
_METHODS = {"實體": "一、參加實體繼續教育。", "網路": "二、參加網路繼續教育。"}


@dataclass(slots=True)
class _Taken:
    record: Record
    at: datetime


def _stamp(form: Form, field: str) -> date | None:
    value = form.text(field)
    if not value:
        return None
    try:
        return roc_date.parse_stamp(value).date()
    except ValueError:
        form.fault(field, "date_invalid")
        return None


class Recognitions:
    """Recognitions on file: all credits of a request or none.

    Args:
        books: Persons, certificates and credits.
        clock: The agency's calendar.
        settle_after: How long the office takes to decide.
    """

    def __init__(self, books: LtcLedger, clock: AgencyClock, settle_after: timedelta) -> None:
        self._books = books
        self._clock = clock
        self._settle_after = settle_after
        self._taken: dict[str, _Taken] = {}

    def get(self, key: str) -> Record | None:
        """State of a recognition."""
        taken = self._taken.get(key)
        return None if taken is None else taken.record

    def take(self, content: Mapping[str, Any]) -> Record:
        """Enter the credits as 審核中.

        Raises:
            Refusal: 422 with every fault; nothing is stored.
        """
        errors: list[dict[str, Any]] = []
        form = Form(content, errors)
        for field in ("legal_basis", "decision_no", "decided_by"):
            form.text(field)
        form.day("decided_on", _ROC)
        certificate = self._certificate(form)
        seen: set[tuple[str, str]] = set()
        rows = form.rows("credits")
        for position, row in enumerate(rows):
            one = Form(row, errors, f"credits[{position}].")
            self._check(one, certificate, seen)
        if errors or certificate is None:
            raise Refusal(problem(422, "validation_failed", "Nothing was stored.", errors=errors))
        return self._store(certificate, rows)

    def _certificate(self, form: Form) -> Record | None:
        """The certificate asked for, if it is one of the person's."""
        inner = Form(form.object("person"), form.errors, "person.")
        kind, value = inner.term("type", _KINDS), inner.text("value")
        key = form.text("certificate_id")
        if not (kind and value and key):
            return None
        persons = {
            person["id"]
            for person in self._books.lines_with("person", value.encode())
            if any(n["type"] == kind and n["value"] == value for n in person["identifiers"])
        }
        if not persons:
            form.fault("person", "person_unknown", "查無此人")
            return None
        certificate = self._books.get("certificate", key)
        if certificate is None or certificate["person_id"] not in persons:
            form.fault("certificate_id", "certificate_unknown", "查無此人之認證")
            return None
        return certificate

    def _check(self, form: Form, certificate: Record | None, seen: set[tuple[str, str]]) -> None:
        source = form.term("source", _SOURCES)
        record = form.text("source_record")
        form.text("course_name")
        form.text("provider")
        form.term("attribute", _ATTRIBUTES)
        form.term("mode", tuple(_METHODS))
        for category in form.texts("categories", required=False):
            if category not in _CATEGORIES:
                form.fault("categories", "enum_invalid")
        points = form.text("points")
        if points and not (decimal_fits(points) and Decimal(points) > 0):
            form.fault("points", "points_invalid", "積分應為正數，至多兩位小數")
        first, last = _stamp(form, "starts_at"), _stamp(form, "ends_at")
        if first and last and last < first:
            form.fault("ends_at", "date_invalid")
        elif certificate is not None and first and last:
            valid_from = roc_date.parse(certificate["valid_from"])
            if first < valid_from or last > roc_date.parse(certificate["valid_to"]):
                form.fault("ends_at", "outside_validity", "課程日期不在認證效期內")
        if source and record:
            if (source, record) in seen or self._known(certificate, source, record):
                form.fault("source_record", "already_recognised", "該紀錄已採認")
            seen.add((source, record))

    def _known(self, certificate: Record | None, source: str, record: str) -> bool:
        if certificate is None:
            return False
        person = certificate["person_id"]
        held = self._books.lines_with("credit", f'"source_record":"{record}"'.encode())
        return any(
            credit["person_id"] == person
            and credit["source"] == source
            and credit["status"] != "不符合"
            for credit in held
        )

    def _store(self, certificate: Record, rows: list[Mapping[str, Any]]) -> Record:
        number = len(self._taken) + 1
        key = f"H9{number:07d}"
        credit_ids = []
        for position, row in enumerate(rows, start=1):
            credit_id = f"D8{number:04d}{position:03d}"
            credit_ids.append(credit_id)
            self._books.put(
                "credit",
                {
                    "id": credit_id,
                    "person_id": certificate["person_id"],
                    "course_id": None,
                    "course_name": row["course_name"],
                    "starts_at": row["starts_at"],
                    "ends_at": row["ends_at"],
                    "unit_name": row["provider"],
                    "approver": None,
                    "attribute": row["attribute"],
                    "categories": list(row.get("categories") or []),
                    "method": _METHODS[row["mode"]],
                    "mode": row["mode"],
                    "live_sync": False,
                    "training_course": None,
                    "points": row["points"],
                    "status": "審核中",
                    "reason": None,
                    "role": "學員",
                    "source": row["source"],
                    "source_record": row["source_record"],
                    "recognition_id": key,
                },
            )
        record = {
            "id": key,
            "person_id": certificate["person_id"],
            "status": "審核中",
            "credit_ids": credit_ids,
        }
        self._taken[key] = _Taken(record, self._clock.now())
        return record

    def decide(self, key: str, status: str) -> None:
        """Decide a recognition: 符合, 不符合, or 已撤銷 (whose credits become 不符合)."""
        taken = self._taken[key]
        taken.record = {**taken.record, "status": status}
        for credit_id in taken.record["credit_ids"]:
            credit = self._books.get("credit", credit_id)
            if credit is not None:
                shown = "符合" if status == "符合" else "不符合"
                self._books.put("credit", {**credit, "status": shown})

    def settle(self, *, everything: bool = False) -> None:
        """Accept what has waited long enough."""
        now = self._clock.now()
        for key, taken in list(self._taken.items()):
            waited = everything or now - taken.at >= self._settle_after
            if waited and taken.record["status"] == "審核中":
                self.decide(key, "符合")

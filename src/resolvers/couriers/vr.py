"""Takes what was filed to the VR register, under one idempotency key per submission."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...connectors.outcome import Outcome
from ...connectors.vr import VrFiling
from ...domain.submission import UserError
from ...store.outbox import Delivery
from ..delivery import Courier

__all__ = ["CODES", "VrCourier", "course_place", "extension_place", "roster_place"]

CODES: Mapping[str, str] = {
    "header_changed": "header_mismatch",
    "row_broken": "wrong_column_count",
    "duplicate_person": "duplicate_row",
    "hours_not_approved": "hours_mismatch",
    "empty": "csv_missing_for_domain",
    "file_missing": "csv_missing_for_domain",
    "sign_in_sheet_invalid": "sign_in_sheet_format",
    "roster_exists": "clear_before_reupload",
    "course_not_open": "course_not_finished",
    "hours_verified": "hours_already_verified",
}

_RECORDS = re.compile(r"records_([12])\Z")
_FIRST_LINE = 3
_COLUMNS: Mapping[str, str] = {
    "上課日期": "date",
    "學員姓名": "name",
    "學員身分證字號(或居留證號)": "id",
    "時數": "hours",
    "離島地區": "offshore",
    "國際性質": "international",
    "授課者": "instructor",
}
_EXTENSION_FIELDS: Mapping[str, tuple[str, ...]] = {
    "professional_id": ("identifier",),
    "qualification_id": ("qualification",),
    "applied_on": ("appliedOn",),
    "leave_from": ("leaveFrom",),
    "leave_to": ("leaveTo",),
    "reason": ("reason",),
    "local_authority": ("localLetter", "county"),
    "local_document_no": ("localLetter", "documentNo"),
    "local_document_on": ("localLetter", "documentOn"),
}
_STEP = re.compile(r"[^.\[\]]+")


def roster_place(delivery: Delivery, error: UserError) -> UserError:
    """The register's part, line and column as file, line and column of what was submitted."""
    if error.file == "sign_in_sheet":
        return replace(error, field=("signInSheet",), file=delivery.payload.get("sheet_name"))
    found = _RECORDS.match(error.file or "")
    files: Sequence[Mapping[str, Any]] = delivery.payload.get("files") or ()
    if found is None or int(found[1]) > len(files):
        return error
    sent = files[int(found[1]) - 1]
    row = error.row
    if row is not None and _FIRST_LINE <= row < _FIRST_LINE + len(sent["lines"]):
        row = sent["lines"][row - _FIRST_LINE]
    column = error.field[0] if error.field else ""
    field = (_COLUMNS[column],) if column in _COLUMNS else error.field
    return replace(error, field=field, file=sent["name"], row=row)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def course_place(_delivery: Delivery, error: UserError) -> UserError:
    """``categories[0].hours`` as the path of the mutation's input."""
    if not error.field:
        return error
    steps = [_camel(step) for step in _STEP.findall(error.field[0])]
    return replace(
        error, field=("course", *("identifier" if s == "nationalId" else s for s in steps))
    )


def extension_place(_delivery: Delivery, error: UserError) -> UserError:
    """A field of the register's form as the path of the mutation's input."""
    if not error.field:
        return error
    return replace(error, field=_EXTENSION_FIELDS.get(error.field[0], error.field))


class VrCourier:
    """Takes submissions to the VR register."""

    def __init__(self, filing: VrFiling) -> None:
        self._filing = filing

    def courier(self) -> Courier:
        """Every call of the register's contract that a mutation becomes."""
        return Courier(
            "vr",
            {
                "vr.post_course": self._post_course,
                "vr.post_roster": self._post_roster,
                "vr.clear_roster": self._clear_roster,
                "vr.post_extension": self._post_extension,
            },
            CODES,
            references={"vr.post_course": "no", "vr.post_extension": "id"},
            figures={"vr.post_roster": ("imported",)},
            places={
                "vr.post_course": course_place,
                "vr.post_roster": roster_place,
                "vr.post_extension": extension_place,
            },
        )

    async def _post_course(self, delivery: Delivery) -> Outcome:
        return await self._filing.post_course(
            delivery.payload["course"],
            idempotency_key=delivery.idempotency_key,
            on_behalf_of=delivery.submission.institution or "",
        )

    async def _post_roster(self, delivery: Delivery) -> Outcome:
        payload = delivery.payload
        return await self._filing.post_roster(
            payload["course_no"],
            [base64.b64decode(content) for content in payload["records"]],
            base64.b64decode(payload["sheet"]),
            idempotency_key=delivery.idempotency_key,
            on_behalf_of=delivery.submission.institution or "",
            sign_in_type=payload["sheet_type"],
        )

    async def _clear_roster(self, delivery: Delivery) -> Outcome:
        return await self._filing.clear_roster(
            delivery.payload["course_no"],
            idempotency_key=delivery.idempotency_key,
            on_behalf_of=delivery.submission.institution or "",
        )

    async def _post_extension(self, delivery: Delivery) -> Outcome:
        return await self._filing.post_extension(
            delivery.payload["extension"], idempotency_key=delivery.idempotency_key
        )

"""Takes what was filed to the OSH system, in the contract's words (mapping.md section 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from ...connectors.osh.filing import OshFiling
from ...connectors.outcome import Outcome
from ...domain import roc_date
from ...domain.amounts import to_number
from ...domain.counties import county_name
from ...domain.submission import UserError
from ...domain.vocabulary import terms_of
from ...store.outbox import Delivery
from ..delivery import Courier
from ..osh_plan import ClassPlan, PlanSession, PlanTrainee

__all__ = ["CODES", "OshCourier", "plan_body"]

CODES: Mapping[str, str] = {
    "filed_late": "osh.class.filed_late",
    "changed_late": "osh.class.changed_late",
    "required": "osh.roster.field_missing",
    "too_few_enrolled": "osh.class.too_few_enrolled",
    "over_60_discussion": "osh.class.over_60_discussion",
    "lecturer_not_in_roster": "osh.class.lecturer_not_in_roster",
    "lecturer_clause_missing": "osh.class.lecturer_clause_missing",
    "id_format": "osh.roster.id_format",
    "id_checksum": "osh.roster.id_checksum",
    "duplicate_person": "osh.roster.duplicate_person",
    "birth_date_invalid": "osh.roster.birth_date_invalid",
    "institution_not_recognised": "osh.class.institution_not_recognised",
    "not_owner": "osh.roster.not_owner",
    "not_passed": "osh.exam.not_passed",
}

_OVER = {"professional": "osh.class.over_80", "in_service": "osh.class.over_120"}
_WEEKDAYS = "一二三四五六日"
_FULL = ("licence_no", "education", "employer", "job_title", "address", "email", "phone")


class OshCourier:
    """Takes submissions to the OSH system."""

    def __init__(self, filing: OshFiling) -> None:
        self._filing = filing

    def courier(self) -> Courier:
        """The five calls; a plan's answer names its class (班別編號)."""
        return Courier(
            "osh",
            {
                "osh.post_plan": self._post_plan,
                "osh.put_plan": self._put_plan,
                "osh.post_attendance": self._post_attendance,
                "osh.post_results": self._post_results,
                "osh.post_certificates": self._post_certificates,
            },
            CODES,
            references={"osh.post_plan": "no"},
            figures=dict.fromkeys(
                ("osh.post_attendance", "osh.post_results", "osh.post_certificates"), ("stored",)
            ),
            places={
                "osh.post_plan": _plan_place,
                "osh.put_plan": _plan_place,
                "osh.post_attendance": _report_place,
                "osh.post_results": _report_place,
                "osh.post_certificates": _report_place,
            },
        )

    async def _post_plan(self, delivery: Delivery) -> Outcome:
        body = plan_body(_plan(delivery))
        return await self._filing.post_class_plan(body, idempotency_key=delivery.idempotency_key)

    async def _put_plan(self, delivery: Delivery) -> Outcome:
        return await self._filing.put_class_plan(
            delivery.payload["class_no"],
            plan_body(_plan(delivery)),
            idempotency_key=delivery.idempotency_key,
        )

    async def _post_attendance(self, delivery: Delivery) -> Outcome:
        return await self._filing.post_attendance(
            delivery.payload["class_no"],
            _report_body(delivery, map(_attendance, delivery.payload["rows"])),
            idempotency_key=delivery.idempotency_key,
        )

    async def _post_results(self, delivery: Delivery) -> Outcome:
        return await self._filing.post_results(
            delivery.payload["class_no"],
            _report_body(delivery, map(_result, delivery.payload["rows"])),
            idempotency_key=delivery.idempotency_key,
        )

    async def _post_certificates(self, delivery: Delivery) -> Outcome:
        body = _report_body(delivery, map(_certificate, delivery.payload["rows"]))
        body["noted_no"] = delivery.payload["noted_no"]
        return await self._filing.post_certificates(
            delivery.payload["class_no"], body, idempotency_key=delivery.idempotency_key
        )


# Our plan as the contract's


def _plan(delivery: Delivery) -> ClassPlan:
    return msgspec.convert(delivery.payload["plan"], ClassPlan)


def _term(vocabulary: str, code: str | None) -> str | None:
    """The agency's term of a code; what has none goes as it is, for the agency to refuse."""
    if code is None:
        return None
    terms = terms_of(vocabulary, code)
    return terms[0] if terms else code


def _chinese(day: date | str | None) -> str | None:
    if day is None or day == "":
        return None
    return roc_date.format_chinese(date.fromisoformat(day) if isinstance(day, str) else day)


def plan_body(plan: ClassPlan) -> dict[str, Any]:
    """The contract's ``ClassPlan``."""
    return {
        "institution_code": plan.institution_code,
        "period_no": plan.period_no,
        "training_kind": _term("osh.training_kind", plan.kind),
        "training_name": plan.name,
        "format": _term("osh.format", plan.format),
        "starts_on": _chinese(plan.starts_on),
        "ends_on": _chinese(plan.ends_on),
        "venue": {
            "name": plan.venue.name,
            "address": plan.venue.address,
            "county": county_name(plan.venue.county or "") or plan.venue.county,
        },
        "venue_proof": {
            "document_no": plan.venue_proof.document_no,
            "issued_on": _chinese(plan.venue_proof.issued_on),
        },
        "counsellor": plan.counsellor,
        "materials": plan.materials,
        "letter_no": plan.letter_no,
        "letter_on": _chinese(plan.letter_on),
        "timetable": [_session(item, plan.kind) for item in plan.timetable],
        "lecturers": [
            {
                "name": (item.name or "").strip(),
                "education": item.education,
                "experience": item.experience,
                "clause": item.clause,
            }
            for item in plan.lecturers
        ],
        "trainees": [_trainee(item, plan.kind) for item in plan.trainees],
    }


def _session(item: PlanSession, kind: str) -> dict[str, Any]:
    weekday = _WEEKDAYS[item.held_on.weekday()] if item.held_on is not None else None
    return {
        "date": _chinese(item.held_on),
        "weekday": weekday,
        "time": item.time,
        "course": item.course,
        "hours": _hours(item.hours or 0),
        "lecturer": (item.lecturer or "").strip(),
        "category": _term("osh.category", item.category) if kind == "in_service" else None,
    }


def _trainee(item: PlanTrainee, kind: str) -> dict[str, Any]:
    profession = item.profession
    if profession and not terms_of("osh.profession", profession):
        # The agency knows the three related professions as one (M11).
        profession = "related"
    body: dict[str, Any] = {
        "seq": item.seq,
        "name": item.name,
        "birth_date": _chinese(item.birth_date),
        "national_id": item.national_id,
        "profession": _term("osh.profession", profession),
    }
    if kind == "professional":
        body |= {name: getattr(item, name) for name in _FULL}
        body["remarks"] = _remarks(item)
    return body


def _remarks(item: PlanTrainee) -> str | None:
    """備註; what is waived stands in it with its proof (附表五 附註二)."""
    said = (item.remarks or "").strip()
    if not item.waiver:
        return said or None
    courses = "、".join(item.waiver.get("courses") or ())
    waived = f"抵免：{item.waiver.get('proof') or ''}；{courses}"
    if said.startswith("抵免") or not said:
        return waived
    return f"{said} {waived}"


# Reports


def _report_body(delivery: Delivery, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"institution_code": delivery.payload["institution_code"], "rows": list(rows)}


def _hours(value: int | None) -> str | None:
    return None if value is None else str(to_number(value))


def _attendance(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trainee_seq": line["trainee_seq"],
        "session_no": line["session_no"],
        "sign_in": line["sign_in"],
        "sign_out": line["sign_out"],
        "late_minutes": line["late_minutes"],
        "leave_hours": _hours(line["leave_hours"]),
        "absent_hours": _hours(line["absent_hours"]),
        "signature_valid": line["signature_valid"],
        "made_up_on": _chinese(line["made_up_on"]),
        "made_up_hours": _hours(line["made_up_hours"]),
    }


def _result(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trainee_seq": line["trainee_seq"],
        "exam_on": _chinese(line["exam_on"]),
        "attempt": _term("osh.attempt", line["attempt"]),
        "score": line["score"],
        "outcome": _term("osh.outcome", "passed" if line["passed"] else "not_passed"),
        "practicum_on": _chinese(line["practicum_on"]),
        "practicum_place": line["practicum_place"],
        "report_score": line["report_score"],
        "remarks": line["remarks"],
    }


def _certificate(line: Mapping[str, Any]) -> dict[str, Any]:
    hours = [
        f"{_term('osh.category', category)}={_hours(value)}"
        for category, value in line["category_hours"]
    ]
    return {
        "trainee_seq": line["trainee_seq"],
        "certificate_no": line["certificate_no"],
        "issued_on": _chinese(line["issued_on"]),
        "category_hours": ";".join(hours) or None,
        "remarks": line["remarks"],
    }


# Where the agency says something is wrong, in the words of what was sent


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


_FIELDS = {"training_kind": "kind", "training_name": "name"}


def _path(error: UserError) -> tuple[str, ...] | None:
    if error.field is None:
        return None
    parts = [part for name in error.field for part in name.split(".") if part]
    return tuple(_camel(_FIELDS.get(part, part)) for part in parts) or None


def _plan_place(delivery: Delivery, error: UserError) -> UserError:
    """The trainee's line in the file, the table before the column, the size by the kind."""
    kind = delivery.payload["plan"]["kind"]
    code = _OVER[kind] if error.code == "over_size" else error.code
    table, path = error.file, _path(error)
    if table is None:
        return replace(error, code=code, field=path)
    if table != "trainees":
        return replace(error, code=code, field=(table, *(path or ())), file=None)
    row = error.row
    lines = delivery.payload.get("lines") or []
    name = delivery.payload.get("file")
    if name and row is not None and row <= len(lines) and lines[row - 1]:
        return replace(error, code=code, field=path, file=name, row=lines[row - 1])
    return replace(error, code=code, field=path, file=None, row=row)


def _report_place(_: Delivery, error: UserError) -> UserError:
    return replace(error, field=_path(error), file=None)

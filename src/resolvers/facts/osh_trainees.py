"""A trainee of an OSH class to the facts of ``osh.attendance`` and ``osh.completion``: mapping.md 3."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ...domain.amounts import parse_amount, to_number
from ...domain.bundles import ClassRows, Row
from ...domain.errors import InvalidFacts
from .built import Built, Findings, earliest_after
from .declared import Declared
from .osh_common import OSH, Given, is_determined, rest_days, undetermined

__all__ = ["attendance", "completion"]


def attendance(
    rows: ClassRows,
    trainee: Row,
    as_of: date,
    *,
    declared: Mapping[str, object] | None = None,
    holidays: Iterable[date] = (),
) -> Built:
    """Facts of ``osh.attendance`` for one trainee of a class.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.attendance", declared)
    findings = Findings()
    row = rows.training_class
    if not is_determined(row, "ends_on", "total_hours"):
        return undetermined("osh.attendance", findings, row, said)
    sessions = {item["id"]: item for item in rows.sessions if item["hours"] is not None}
    records: list[Given] = []
    make_up: list[Given] = []
    for item in rows.attendance:
        if item["trainee_no"] != trainee["id"]:
            continue
        if item["made_up_on"] is not None and item["made_up_hours"]:
            make_up.append(
                {"date": item["made_up_on"].isoformat(), "hours": to_number(item["made_up_hours"])}
            )
        if item["session_no"] not in sessions:
            findings.add("record_undetermined", item["id"])
            continue
        if item["signature_valid"] is not None and item["signature_valid__code"] is None:
            # Left out it would count as signed: neither in anybody's favour, nor in silence.
            findings.add("record_undetermined", item["id"])
        records.append(
            {
                "session": item["session_no"],
                "sign_in": bool(item["sign_in"]),
                "sign_out": bool(item["sign_out"]),
                "late_minutes": item["late_minutes"] or 0,
                "leave_hours": to_number(item["leave_hours"] or 0),
                "signature_valid": _is_signed(item),
            }
        )
    given: Given = {
        "class": {
            "kind": row["training_kind__code"],
            "total_hours": to_number(row["total_hours"]),
            "ends_on": row["ends_on"].isoformat(),
        },
        "sessions": [
            {"id": key, "hours": to_number(item["hours"])} for key, item in sessions.items()
        ],
        "records": records,
        "make_up": make_up,
        "holidays": rest_days(holidays, row["ends_on"]),
    }
    said.fill(given, "waived_hours")
    said.note_unused(findings)
    return Built(
        "osh.attendance",
        given,
        findings.sealed(),
        sources=OSH,
        subject=trainee["id"],
        declared=said.used,
        changes_on=earliest_after(as_of, [item["made_up_on"] for item in rows.attendance]),
    )


def completion(
    rows: ClassRows,
    trainee: Row,
    as_of: date,
    attended: Mapping[str, Any],
    *,
    declared: Mapping[str, object] | None = None,
    holidays: Iterable[date] = (),
) -> Built:
    """Facts of ``osh.completion`` for one trainee of a class.

    Args:
        rows: The class.
        trainee: ``osh.trainee``.
        as_of: Day asked about.
        attended: What ``osh.attendance`` reports of the trainee (``absent_hours`` ...).
        declared: ``trainee.identity_ok``, and the attendance's ``waived_hours``.
        holidays: Rest days of the public calendar.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.completion", declared)
    findings = Findings()
    row = rows.training_class
    if not is_determined(row, "ends_on"):
        return undetermined("osh.completion", findings, row, said)
    in_service = row["training_kind__code"] == "in_service"
    results = [item for item in rows.results if item["trainee_no"] == trainee["id"]]
    exams: list[Given] = []
    for item in results:
        if item["exam_on"] is None:
            continue
        if item["outcome__code"] is None:
            findings.add("record_undetermined", item["id"])
            continue
        exams.append(
            {"date": item["exam_on"].isoformat(), "passed": item["outcome__code"] == "passed"}
        )
    facts: Given = {
        "qualified": in_service or bool(trainee["licence_no"]),
        "identity_ok": said.take("trainee.identity_ok", True),
        "absent_hours": attended.get("absent_hours", 0),
        "make_up_hours": attended.get("make_up_hours", 0),
        "practicum_done": any(item["practicum_on"] or item["practicum_place"] for item in results),
        "report_approved": any(item["report_score"] for item in results),
    }
    if row["total_hours"] is not None:
        waived = said.take("waived_hours")
        facts["hours_due"] = _less(row["total_hours"], waived)
    held: Given = {"kind": row["training_kind__code"], "ends_on": row["ends_on"].isoformat()}
    if row["noted_no"]:
        held["noted_number"] = row["noted_no"]
    said.note_unused(findings)
    return Built(
        "osh.completion",
        {
            "class": held,
            "trainee": facts,
            "exams": exams,
            "holidays": rest_days(holidays, row["ends_on"]),
        },
        findings.sealed(),
        sources=OSH,
        subject=trainee["id"],
        declared=said.used,
        changes_on=earliest_after(as_of, [item["exam_on"] for item in results]),
    )


def _is_signed(item: Row) -> bool:
    """An empty cell says nothing against the signature (mapping.md 1)."""
    return item["signature_valid"] is None or item["signature_valid__code"] == "true"


def _less(total: int, waived: object) -> int | float:
    """Hours due: what is waived is not attended and not missed."""
    try:
        return to_number(max(0, total - (0 if waived is None else parse_amount(waived))))
    except ValueError as error:
        raise InvalidFacts.at("waived_hours", "hours of at most two decimals", "時數") from error

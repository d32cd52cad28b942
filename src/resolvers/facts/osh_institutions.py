"""OSH institutions to the facts of ``osh.recognition_status`` and its neighbours: mapping.md 2.5, 3."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ...domain.bundles import Row
from .built import Built, Findings, earliest_after
from .declared import Declared
from .osh_common import OSH, Given, rest_days
from .osh_providers import for_class, kinds_of, recognition_facts

__all__ = ["inspection", "recognition", "recognition_status"]


def recognition_status(
    row: Row,
    as_of: date,
    *,
    declared: Mapping[str, object] | None = None,
    holidays: Iterable[date] = (),
) -> Built:
    """Facts of ``osh.recognition_status`` for one recognition (認可).

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.recognition_status", declared)
    findings = Findings()
    term = recognition_facts(row, findings)
    given: Given | None = None
    if term is not None:
        began = row["recognised_on"] or row["valid_from"]
        facts = {"recognised_on": began.isoformat(), **term}
        if row["recognised_on"] is None:
            findings.add("record_undetermined", row["id"])
        said.fill(facts, "documents_uploaded_on", into="recognition")
        given = {"recognition": facts, "holidays": rest_days(holidays, began)}
        said.fill(given, "renewal_applied_on")
    said.note_unused(findings)
    return Built(
        "osh.recognition_status",
        given,
        findings.sealed(),
        sources=OSH,
        subject=row["id"],
        declared=said.used,
        changes_on=earliest_after(as_of, [row["terminated_on"]]),
    )


def recognition(
    institution: Row,
    recognitions: Sequence[Row],
    as_of: date,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``osh.recognition``: an application of an institution, papers declared.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.recognition", declared)
    findings = Findings()
    applicant: Given = {"id": institution["id"], "category": institution["category__code"]}
    if institution["category__code"] is None:
        findings.add("unknown_value", institution["id"])
    ended = [row["terminated_on"] for row in recognitions if row["terminated_on"] is not None]
    if ended:
        applicant["terminated_on"] = max(ended).isoformat()
    given: Given = {"institution": applicant}
    latest = for_class(recognitions, None, None)
    if latest is not None:
        given["training_kinds"] = kinds_of(latest, findings)
        given["term"] = {
            "valid_from": latest["valid_from"].isoformat(),
            "valid_to": latest["valid_to"].isoformat(),
        }
    applied = said.has("applied_on")
    given["applied_on"] = said.take("applied_on", as_of.isoformat())
    said.fill(given, "documents", "plan_items", "plan_hours", "course_last_offered_on")
    known = institution["category__code"] is not None
    said.note_unused(findings)
    return Built(
        "osh.recognition",
        given if known else None,
        findings.sealed(),
        not_applicable=None if known else "unknown_value",
        sources=OSH,
        subject=institution["id"],
        declared=said.used if applied else tuple(key for key in said.used if key != "applied_on"),
        changes_on=earliest_after(as_of, ended),
    )


def inspection(
    order: Row | None,
    recognition_row: Row | None,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``osh.inspection``: an improvement order and the grounds of a termination.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.inspection", declared)
    findings = Findings()
    given: Given = {}
    if order is not None and None not in (order["issued_on"], order["improve_by"]):
        facts: Given = {
            "by": order["issued_by__code"] or "other",
            "issued_on": order["issued_on"].isoformat(),
            "improve_by": order["improve_by"].isoformat(),
        }
        for key in ("improved_on", "report_on"):
            if order[key] is not None:
                facts[key] = order[key].isoformat()
        given["order"] = facts
    elif order is not None:
        findings.add("record_undetermined", order["id"])
    ground = recognition_row["ground__code"] if recognition_row is not None else None
    if ground is not None:
        given["grounds"] = [ground]
    else:
        given["grounds"] = list(said.take("grounds", ()))
        if recognition_row is not None and recognition_row["ground"]:
            findings.add("unknown_value", recognition_row["id"])
    said.note_unused(findings)
    return Built(
        "osh.inspection",
        given,
        findings.sealed(),
        sources=OSH,
        subject=None if order is None else order["id"],
        declared=said.used,
    )

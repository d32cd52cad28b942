"""OSH classes to the facts of ``osh.class_filing``, ``osh.roster`` and ``osh.closing``: mapping.md 3."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from ...domain.amounts import to_number
from ...domain.bundles import ClassRows, Row
from .built import Built, Findings, Lacking, earliest_after, iso
from .declared import Declared
from .osh_common import OSH, Given, is_determined, rest_days, undetermined
from .osh_providers import for_class, kinds_of, recognition_facts

__all__ = ["class_filing", "closing", "roster_class"]


def class_filing(
    rows: ClassRows, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``osh.class_filing``: what is on file of a class and its plan.

    Args:
        rows: The class; ``filing`` holds what only the hub's submission knows.
        as_of: Day asked about.
        declared: ``class.letter_on`` and ``class.documents`` (``venue_proof`` only).

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.class_filing", declared)
    findings = Findings()
    row = rows.training_class
    if not is_determined(row, "starts_on", "ends_on"):
        return undetermined("osh.class_filing", findings, row, said)
    hours: dict[str, int] = {}
    timetable: list[Given] = []
    for session in rows.sessions:
        lesson: Given = {
            "lecturer": session["lecturer_no"] or "",
            "hours": to_number(session["hours"] or 0),
        }
        category = session["category__code"]
        if category is not None:
            lesson["category"] = category
            hours[category] = hours.get(category, 0) + (session["hours"] or 0)
        elif session["category"]:
            findings.add("unknown_value", session["id"])
        timetable.append(lesson)
    filed: Given = {
        "kind": row["training_kind__code"],
        "starts_on": row["starts_on"].isoformat(),
        "ends_on": row["ends_on"].isoformat(),
        "enrolled": len(rows.trainees),
        "counsellor": bool(row["counsellor"]),
        "category_hours": {key: to_number(value) for key, value in hours.items()},
    }
    declared_documents = said.take("class.documents")
    documents = _documents(rows, declared_documents or ())
    filed["documents"] = documents
    if row["format__code"] is not None:
        filed["format"] = row["format__code"]
    elif row["format"]:
        findings.add("unknown_value", row["id"])
    if row["filed_on"] is not None:
        filed["filed_on"] = row["filed_on"].isoformat()
    letter = iso(rows.filing.get("letter_on")) or said.take("class.letter_on")
    # No registry holds the letter or the proof of the venue (mapping.md 3): unsaid, they are unknown.
    lacking = []
    if letter is not None:
        filed["letter_on"] = letter
    else:
        lacking.append(Lacking("class.letter_on"))
    if declared_documents is None and "venue_proof" not in documents:
        lacking.append(Lacking("class.documents"))
    changed = iso(rows.filing.get("changed_on"))
    if changed is not None:
        filed["changed_on"] = changed
    given: Given = {
        "class": filed,
        "lecturers": [
            {"id": item["id"], "clause": item["clause"]} if item["clause"] else {"id": item["id"]}
            for item in rows.lecturers
        ],
        "timetable": timetable,
    }
    held_under = for_class(rows.recognitions, row["starts_on"], row["training_kind__code"])
    if held_under is None:
        findings.add("osh.provider_not_listed", row["id"])
    else:
        term = recognition_facts(held_under, findings)
        if term is not None:
            given["recognition"] = {**term, "training_kinds": kinds_of(held_under, findings)}
    said.note_unused(findings)
    return Built(
        "osh.class_filing",
        given,
        findings.sealed(),
        sources=OSH,
        subject=row["id"],
        declared=said.used,
        lacking=tuple(lacking),
        changes_on=earliest_after(as_of, [item["terminated_on"] for item in rows.recognitions]),
    )


def _documents(rows: ClassRows, declared: Collection[str]) -> list[str]:
    """What of the four documents and the proof of the venue is on file."""
    present = {
        "plan_notice": rows.training_class["filed_on"] is not None,
        "timetable": bool(rows.sessions),
        "lecturer_roster": bool(rows.lecturers),
        "trainee_roster": bool(rows.trainees),
        "venue_proof": bool(rows.filing.get("venue_proof")) or "venue_proof" in declared,
    }
    return [name for name, there in present.items() if there]


def roster_class(rows: ClassRows, findings: Findings, already: Iterable[Row] = ()) -> Given:
    """``class`` and, where its institution has one, ``recognition`` of ``osh.roster``.

    Args:
        rows: The class.
        findings: Takes what is left out.
        already: Trainees on file that the new roster does not name.
    """
    row = rows.training_class
    facts: Given = {
        "institution": row["institution_code"],
        "kind": row["training_kind__code"],
        "starts_on": iso(row["starts_on"]),
        "courses": [item["course"] for item in rows.sessions if item["course"]],
        "already": len(list(already)),
    }
    if row["format__code"] is not None:
        facts["format"] = row["format__code"]
    given: Given = {"class": facts}
    held_under = for_class(rows.recognitions, row["starts_on"], row["training_kind__code"])
    if held_under is not None:
        term = recognition_facts(held_under, findings)
        if term is not None:
            given["recognition"] = term
    return given


def closing(
    rows: ClassRows,
    as_of: date,
    *,
    declared: Mapping[str, object] | None = None,
    holidays: Iterable[date] = (),
) -> Built:
    """Facts of ``osh.closing``: upload, issue, roll and the trainees' confirmation.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.closing", declared)
    findings = Findings()
    row = rows.training_class
    if not is_determined(row, "ends_on"):
        return undetermined("osh.closing", findings, row, said)
    given: Given = {
        "class": {"kind": row["training_kind__code"], "ends_on": row["ends_on"].isoformat()},
        "holidays": rest_days(holidays, row["ends_on"]),
    }
    issued = max(
        (item["issued_on"] for item in rows.certificates if item["issued_on"]), default=None
    )
    proofs = [item for item in rows.certificates if item["kind__code"] == "proof"]
    confirmed = [item["confirmed_on"] for item in proofs]
    dates: dict[str, date | None] = {
        "uploaded_on": row["uploaded_on"],
        "issued_on": issued,
        "confirmed_on": max(confirmed) if confirmed and None not in confirmed else None,
        "issue_roll_on": rows.filing.get("issue_roll_on"),
    }
    given.update({key: day.isoformat() for key, day in dates.items() if day is not None})
    if "issue_roll_on" not in given:
        said.fill(given, "issue_roll_on")
    said.note_unused(findings)
    return Built(
        "osh.closing",
        given,
        findings.sealed(),
        sources=OSH,
        subject=row["id"],
        declared=said.used,
        changes_on=earliest_after(as_of, dates.values()),
    )

"""OSH rosters and certificates to the facts of ``osh.eligibility`` and ``osh.in_service``."""

from collections.abc import Iterable, Mapping
from datetime import date

from ...domain.amounts import parse_amount, to_number
from ...domain.bundles import OshRows, Row
from ...domain.vocabulary import code_of, osh_attribute
from .built import Built, Findings, Lacking, earliest_after
from .declared import Declared
from .osh_providers import provider_of, recognition_facts, termination_days

__all__ = [
    "RELATED_PROFESSIONS",
    "activities",
    "category_hours",
    "eligibility",
    "held_on",
    "in_service",
    "profession_of",
    "training_passed_on",
]

_OSH = frozenset({"osh"})
RELATED_PROFESSIONS = ("psychologist", "occupational_therapist", "physical_therapist")
"""Professions that the register knows only as one group, 勞工健康服務相關人員."""

_RELATED = frozenset({"related", *RELATED_PROFESSIONS})
_KINDS = {"certificate": "professional", "proof": "in_service"}
_NO_PRACTICE, _LONG_PRACTICE = 0, 99
Given = dict[str, object]


def _same_profession(recorded: str, role: str) -> bool:
    """The register knows the three related professions only as one group."""
    return recorded == role or (recorded in _RELATED and role in _RELATED)


def _class_day(row: Row, osh: OshRows) -> date:
    held = osh.classes.get(row["class_no"] or "")
    return (held["starts_on"] if held is not None else None) or date.min


def profession_of(osh: OshRows, findings: Findings) -> str | None:
    """人員類別 of the newest trainees row that has one; rows of an unknown term are left out.

    In-service rosters carry only name, date of birth and number.
    """
    newest: tuple[date, str] = (date.min, "")
    found: str | None = None
    for row in osh.trainees:
        if not row["profession"]:
            continue
        if row["profession__code"] is None:
            findings.add("record_undetermined", row["id"])
            continue
        order = (_class_day(row, osh), row["id"])
        if found is None or order > newest:
            newest, found = order, row["profession__code"]
    return found


def held_on(row: Row, osh: OshRows) -> date | None:
    """Day of a certificates row: 結訓日, the class's where the row has none."""
    day: date | None = row["ends_on"]
    if day is None:
        held = osh.classes.get(row["class_no"] or "")
        day = held["ends_on"] if held is not None else None
    return day


def category_hours(text: str | None) -> list[tuple[str | None, int | None]]:
    """課程類別時數 (``term=hours;term=hours``) as category code and hundredths; None: unknown."""
    parts: list[tuple[str | None, int | None]] = []
    for piece in (text or "").replace("；", ";").split(";"):
        term, equals, amount = piece.partition("=")
        if not equals and not term.strip():
            continue
        try:
            hours: int | None = parse_amount(amount.strip())
        except ValueError:
            hours = None
        parts.append((code_of("osh.category", term), hours))
    return parts


def activities(
    osh: OshRows, findings: Findings, *, providers: bool = True
) -> Iterable[tuple[Given, Row, Row | None]]:
    """Certificates rows as activities, with their row and the recognition of who held the class.

    A proof is one activity per category; hours above the categories' sum are one more without any.

    Args:
        osh: All that the registry holds on the person.
        findings: Takes what is left out or doubtful.
        providers: With ``provider`` as ``osh.in_service`` reads it.
    """
    for row in osh.certificates:
        kind = _KINDS.get(row["kind__code"] or "")
        day = held_on(row, osh)
        if kind is None or day is None:
            findings.add("record_undetermined", row["id"])
            continue
        held = osh.classes.get(row["class_no"] or "")
        recognition = provider_of(held, osh, findings)
        shared: Given = {
            "registry": "osh",
            "kind": kind,
            "date": day.isoformat(),
            "mode": "in_person",
            "role": "attendee",
        }
        if held is not None and held["training_name"]:
            shared["title"] = held["training_name"]
        if providers and recognition is not None:
            term = recognition_facts(recognition, findings)
            if term is not None:
                shared["provider"] = {"kind": "institution", **term}
        for key, category, hours in _parts(row, kind, findings):
            yield (
                {
                    "id": key,
                    **shared,
                    "attribute": osh_attribute(category),
                    "categories": [] if category is None else [category],
                    "hours": to_number(hours),
                },
                row,
                recognition,
            )


def _parts(row: Row, kind: str, findings: Findings) -> Iterable[tuple[str, str | None, int]]:
    """Id, category and hundredths of each activity of a certificates row."""
    key: str = row["id"]
    whole: int | None = row["hours"]
    if kind == "professional":
        if whole is None:
            findings.add("record_undetermined", key)
        else:
            yield key, None, whole
        return
    told = 0
    by_category: dict[str, int] = {}
    for category, hours in category_hours(row["category_hours"]):
        told += hours or 0
        if category is None or hours is None:
            # Left out with its hours: they must not come back as hours without a category.
            findings.add("unknown_value", key)
            continue
        by_category[category] = by_category.get(category, 0) + hours
    for category, hours in by_category.items():
        yield f"{key}#{category}", category, hours
    if whole is not None and whole > told:
        yield key, None, whole - told
    elif whole is None and not by_category:
        findings.add("record_undetermined", key)


def in_service(
    osh: OshRows,
    as_of: date,
    *,
    declared: Mapping[str, object] | None = None,
    subject: str | None = None,
) -> Built:
    """Facts of ``osh.in_service`` for the holder of certificates.

    Args:
        osh: All that the registry holds on the person.
        as_of: Day asked about.
        declared: Facts that no registry holds.
        subject: 證書字號 asked about, if one was.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.in_service", declared)
    findings = Findings()
    profession = profession_of(osh, findings)
    platforms = (
        {item.get("id"): item.get("platform") for item in said.items("activities")}
        if said.has("activities")
        else {}
    )
    done: list[Given] = []
    days: list[date | None] = [*termination_days(osh.recognitions)]
    for facts, row, _ in activities(osh, findings):
        days.append(held_on(row, osh))
        if facts["id"] in platforms:
            facts["platform"] = platforms[facts["id"]]
        done.append(facts)
    changes = earliest_after(as_of, days)
    if profession is None:
        unknown = any(row["profession"] for row in osh.trainees)
        findings.add("unknown_value" if unknown else "osh.profession_not_recorded")
        return Built(
            "osh.in_service",
            None,
            findings.sealed(),
            not_applicable="unknown_value" if unknown else None,
            sources=_OSH,
            subject=subject,
            lacking=() if unknown else (Lacking("person.profession"),),
            changes_on=changes,
        )
    person: Given = {"profession": profession}
    if said.has("person.specialist"):
        said.fill(person, "specialist", into="person")
    elif profession == "physician":
        findings.add("osh.specialist_not_held")
    given: Given = {"person": person, "activities": done}
    said.fill(given, "period_start")
    said.note_unused(findings)
    return Built(
        "osh.in_service",
        given,
        findings.sealed(),
        sources=_OSH,
        subject=subject,
        declared=said.used,
        changes_on=changes,
    )


def training_passed_on(osh: OshRows, trainees: Iterable[Row]) -> date | None:
    """Day on which professional training was passed: first passed exam, else day of the certificate.

    Only trainee rows that have a 結業證書 count.
    """
    wanted = {row["id"] for row in trainees}
    passed: dict[str, date] = {}
    for result in osh.results:
        if result["outcome__code"] == "passed" and result["exam_on"] is not None:
            key = result["trainee_no"]
            passed[key] = min(passed.get(key, date.max), result["exam_on"])
    days = [
        passed.get(row["trainee_no"]) or row["issued_on"]
        for row in osh.certificates
        if row["kind__code"] == "certificate" and (row["trainee_no"] in wanted)
    ]
    return min((day for day in days if day is not None), default=None)


def eligibility(
    osh: OshRows, role: str, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``osh.eligibility`` for a role (profession) on a day.

    Rows of another profession say nothing about this one. Where no row names a profession, the one
    asked about stands, and nothing on record supports it.

    Args:
        osh: All that the registry holds on the person; empty rows: nothing.
        role: A profession of the OSH rulebook.
        as_of: Day asked about.
        declared: ``person.licence``, ``person.specialist``, ``person.practice_years``.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("osh.eligibility", declared)
    findings = Findings()
    recorded = profession_of(osh, findings)
    rows = [
        row
        for row in osh.trainees
        if row["profession__code"] is not None and _same_profession(row["profession__code"], role)
    ]
    if not rows and (vague := _trained_without_profession(osh)):
        # Neither for nor against: whose training it was, is not known.
        for row in vague:
            findings.add("unknown_value" if row["profession"] else "record_undetermined", row["id"])
        unknown = any(row["profession"] for row in vague)
        return Built(
            "osh.eligibility",
            None,
            findings.sealed(),
            not_applicable="unknown_value" if unknown else None,
            sources=_OSH,
            lacking=() if unknown else (Lacking("person.profession"),),
        )
    if recorded is None:
        findings.add("osh.profession_not_recorded")
    elif not _same_profession(recorded, role):
        findings.add("osh.profession_differs")
    person: Given = {"profession": rows[0]["profession__code"] if rows else role}
    passed = training_passed_on(osh, rows)
    if passed is not None:
        person["training_passed_on"] = passed.isoformat()
    lacking: list[Lacking] = []
    if person["profession"] == "physician":
        lacking += _declare(person, said, "specialist", ("none", "other", "occupational_medicine"))
    else:
        if any(row["licence_no"] and _is_professional(row, osh) for row in rows):
            person["licence"] = True
        else:
            lacking += _declare(person, said, "licence", (False, True))
        lacking += _declare(person, said, "practice_years", (_NO_PRACTICE, _LONG_PRACTICE))
    said.note_unused(findings)
    return Built(
        "osh.eligibility",
        {"person": person},
        findings.sealed(),
        sources=_OSH,
        lacking=tuple(lacking),
        declared=said.used,
        changes_on=earliest_after(as_of, [passed]),
    )


def _trained_without_profession(osh: OshRows) -> list[Row]:
    """Trainee rows with a 結業證書 that name no profession we know."""
    certified = {
        row["trainee_no"] for row in osh.certificates if row["kind__code"] == "certificate"
    }
    return [
        row for row in osh.trainees if row["profession__code"] is None and row["id"] in certified
    ]


def _declare(
    person: Given, said: Declared, key: str, values: tuple[object, ...]
) -> tuple[Lacking, ...]:
    if said.has(f"person.{key}"):
        said.fill(person, key, into="person")
        return ()
    return (Lacking(f"person.{key}", values),)


def _is_professional(row: Row, osh: OshRows) -> bool:
    held = osh.classes.get(row["class_no"] or "")
    return held is None or held["training_kind__code"] == "professional"

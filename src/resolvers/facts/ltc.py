"""LTC certificates and credits to the facts of the LTC entry points: mapping.md section 3."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.bundles import LtcRows, Row
from ...domain.errors import InvalidFacts
from ...rules.ltc_calendar import Term, term_of
from ...rules.params import Ruleset
from . import ltc_certificates as ltc_of
from .built import Built, Findings, Lacking, earliest_after
from .declared import Declared

__all__ = [
    "Recognised",
    "cross_check",
    "evidence",
    "id_merge",
    "points",
    "reentry",
    "renewal",
    "sharing",
    "term",
    "validity",
]

_LTC = frozenset({"ltc"})
Given = dict[str, object]


@dataclass(frozen=True, slots=True)
class Recognised:
    """Credit of other registries that counts for one certificate by a recorded approval (S-R8).

    Attributes:
        activities: In the shape of ``ltc.renewal``.
        decided_on: Days of all decisions about it.
        findings: (code, record) to be told beside.
        sources: Registries that hold the records.
    """

    activities: Sequence[Given]
    decided_on: Sequence[date] = ()
    findings: Sequence[tuple[str, str]] = ()
    sources: frozenset[str] = frozenset()


def term(row: Row, ruleset: Ruleset) -> Term:
    """Validity, extension and window of a certificate by its registered dates."""
    return term_of(ruleset, row["valid_from"], row["original_valid_to"])


def cross_check(row: Row, ruleset: Ruleset, findings: Findings) -> None:
    """The system's own end and extension mark against the pandemic extension by law (LTC-R4)."""
    by_law = term(row, ruleset)
    if row["valid_to"] != by_law.closes:
        findings.add("stored_valid_to_differs", row["id"])
    if bool(row["pandemic_extended"]) != (by_law.extended_to is not None):
        findings.add("ltc.extension_differs", row["id"])


def _not_merged(ltc: LtcRows, findings: Findings) -> None:
    if len(ltc.persons) > 1:
        for person in ltc.persons:
            findings.add("ltc.identities_not_merged", person["id"])


def validity(row: Row, ruleset: Ruleset, declared: Mapping[str, object] | None = None) -> Built:
    """Facts of ``ltc.validity`` for one certificate.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("ltc.validity", declared)
    findings = Findings()
    cross_check(row, ruleset, findings)
    said.note_unused(findings)
    return Built(
        "ltc.validity",
        {
            "effective_date": row["valid_from"].isoformat(),
            "stored_valid_to": row["original_valid_to"].isoformat(),
        },
        findings.sealed(),
        sources=_LTC,
        subject=row["id"],
        declared=said.used,
    )


def points(row: Row, declared: Mapping[str, object] | None = None) -> Built:
    """Facts of ``ltc.points`` for one credit: its net minutes are on no record.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("ltc.points", declared)
    findings = Findings()
    known = ltc_of.is_counted(row, findings)
    facts = ltc_of.activity(row, findings) if known else {}
    given: Given = {key: facts[key] for key in ("mode", "date") if key in facts}
    said.fill(given, "minutes", "participants", "assistants")
    return Built(
        "ltc.points",
        given if known and "minutes" in given else None,
        findings.sealed(),
        not_applicable=None if known else "record_undetermined",
        sources=_LTC,
        subject=row["id"],
        lacking=() if "minutes" in given else (Lacking("minutes"),),
        declared=said.used,
    )


def renewal(
    row: Row,
    ltc: LtcRows,
    as_of: date,
    ruleset: Ruleset,
    *,
    application_date: date | None = None,
    declared: Mapping[str, object] | None = None,
    recognised: Recognised | None = None,
) -> Built:
    """Facts of ``ltc.renewal`` or, by the track, ``ltc.foreign_renewal`` for one certificate.

    Args:
        row: ``ltc.certificate``.
        ltc: All that the system holds on the person.
        as_of: Day asked about.
        ruleset: Figures, for the pandemic extension.
        application_date: Day of the (planned) application; None: ``as_of``.
        declared: Facts that no registry holds.
        recognised: Credit of other registries that an authority has approved for the certificate.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    foreign = ltc_of.track_of(row) == "foreign_institution"
    rule = "ltc.foreign_renewal" if foreign else "ltc.renewal"
    said = Declared(rule, declared)
    findings = Findings()
    _not_merged(ltc, findings)
    reason = ltc_of.refusal(row, findings)
    if reason is not None:
        return Built(
            rule,
            None,
            findings.sealed(),
            not_applicable=reason,
            sources=_LTC,
            subject=row["id"],
        )
    cross_check(row, ruleset, findings)
    applied = application_date or _day(said.take("application_date"))
    activities, refused, coming = ltc_of.accepted(
        ltc_of.credits_of(ltc, ltc.person_of(row)), as_of, findings, until=applied
    )
    if recognised is not None:
        activities += [dict(item) for item in recognised.activities]
        coming += recognised.decided_on
        for code, record in recognised.findings:
            findings.add(code, record)
    given: Given = {"certificate": ltc_of.certificate_facts(row), "activities": activities}
    if applied is not None:
        given["application_date"] = applied.isoformat()
    if foreign:
        for item in activities:
            item.pop("attribute")
            item.pop("special_training", None)
        said.fill(given, "substitutions")
    else:
        closes = term(row, ruleset).closes
        given["service"], starts = ltc_of.service(row, ltc, as_of, closes, findings)
        coming += starts
        if said.has("service") and given["service"] == "none":
            given["service"] = said.take("service")
    used = said.used
    if application_date is not None and "application_date" not in used:
        used = (*used, "application_date")
    said.note_unused(findings)
    return Built(
        rule,
        given,
        findings.sealed(),
        sources=_LTC if recognised is None else _LTC | recognised.sources,
        subject=row["id"],
        declared=used,
        refused=tuple(refused),
        changes_on=earliest_after(as_of, coming),
    )


def _day(value: object) -> date | None:
    """A declared day; anything else is left to the rule's own check."""
    if value is None or (isinstance(value, date)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidFacts.at("application_date", "an ISO day", "ISO 日期") from error


def reentry(
    row: Row,
    ltc: LtcRows,
    as_of: date,
    ruleset: Ruleset,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``ltc.reentry``: departure, return and the conditions are on paper.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("ltc.reentry", declared)
    findings = Findings()
    reason = ltc_of.undetermined(row, findings)
    if reason is not None:
        return Built(
            "ltc.reentry",
            None,
            findings.sealed(),
            not_applicable=reason,
            sources=_LTC,
            subject=row["id"],
        )
    cross_check(row, ruleset, findings)
    activities, refused, coming = ltc_of.accepted(
        ltc_of.credits_of(ltc, ltc.person_of(row)),
        as_of,
        findings,
        until=_day(said.take("application_date")),
    )
    certificate = ltc_of.certificate_facts(row, full=False)
    if row["credit_from"] is not None:
        certificate["credit_from"] = row["credit_from"].isoformat()
    given: Given = {
        "certificate": certificate,
        "activities": [
            {key: item[key] for key in ("id", "date", "mode", "points", "course_kind")}
            for item in activities
        ],
    }
    # The journey is on no record: without it nothing can be said of a re-entry.
    lacking = tuple(
        Lacking(key, ()) for key in ("departed_on", "reentered_on") if not said.has(key)
    )
    said.fill(
        given, "application_date", "departed_on", "reentered_on", "use_exemption", "conditions"
    )
    said.note_unused(findings)
    return Built(
        "ltc.reentry",
        given,
        findings.sealed(),
        sources=_LTC,
        subject=row["id"],
        declared=said.used,
        lacking=lacking,
        refused=tuple(refused),
        changes_on=earliest_after(as_of, coming),
    )


def counting_certificates(
    ltc: LtcRows, findings: Findings, persons: Iterable[str] | None = None
) -> list[tuple[Row, Given]]:
    """Certificates with their counting windows (LTC-R23), unknown types left out."""
    found: list[tuple[Row, Given]] = []
    chosen = list(dict.fromkeys(ltc.person_of(row) for row in ltc.certificates))
    for person in chosen if persons is None else persons:
        rows = ltc_of.certificates_of(ltc, person)
        ends = ltc_of.credit_ends(rows)
        for row in rows:
            if ltc_of.undetermined(row, findings) is not None:
                continue
            facts = ltc_of.certificate_facts(row)
            facts.pop("track")
            facts["kind"] = ltc_of.kind_of(row)
            end = ends.get(row["id"])
            if end is not None and end < row["original_valid_to"]:
                facts["credit_to"] = end.isoformat()
            found.append((row, facts))
    return found


def sharing(ltc: LtcRows, as_of: date, declared: Mapping[str, object] | None = None) -> Built:
    """Facts of ``ltc.sharing``: every certificate and every accepted credit of a person.

    Raises:
        InvalidInput: anything was declared: a registry decides it all.
    """
    Declared("ltc.sharing", declared)
    findings = Findings()
    _not_merged(ltc, findings)
    certificates = [facts for _, facts in counting_certificates(ltc, findings)]
    activities, refused, coming = ltc_of.accepted(ltc.credits, as_of, findings)
    for item in activities:
        item.pop("mode")
    return Built(
        "ltc.sharing",
        {"certificates": certificates, "activities": activities} if certificates else None,
        findings.sealed(),
        not_applicable=None if certificates else "no_certificate",
        sources=_LTC,
        refused=tuple(refused),
        changes_on=earliest_after(as_of, coming),
    )


_IDENTITIES = (
    ("national_id", "national_id"),
    ("arc_new", "new_arc"),
    ("arc_old", "old_arc"),
    ("passport", "passport"),
)


def _identity(ltc: LtcRows, person: str, findings: Findings) -> str | None:
    """The first kind of number, in the rulebook's order, that an LTC person has."""
    for row in ltc.persons:
        if row["id"] == person:
            kinds = {item.get("type__code") for item in row["identifiers"] or ()}
            if None in kinds:
                findings.add("unknown_value", person)
            return next((word for code, word in _IDENTITIES if code in kinds), None)
    return None


def id_merge(
    row: Row, ltc: LtcRows, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``ltc.id_merge`` for the certificate asked for.

    Raises:
        InvalidInput: anything was declared: a registry decides it all.
    """
    Declared("ltc.id_merge", declared)
    findings = Findings()
    _not_merged(ltc, findings)
    identities = {person["id"]: _identity(ltc, person["id"], findings) for person in ltc.persons}

    def with_identity(item: Row, facts: Given) -> Given | None:
        identity = identities.get(ltc.person_of(item))
        if identity is None:
            findings.add("record_undetermined", item["id"])
            return None
        return {**facts, "identity": identity}

    certificates = [
        facts
        for item in ltc.certificates
        if (facts := with_identity(item, ltc_of.certificate_facts(item, full=False)))
    ]
    kept = {"id", "date", "points"}
    activities: list[Given] = []
    coming: list[date] = []
    for item in ltc.credits:
        accepted, _, later = ltc_of.accepted([item], as_of, findings)
        coming += later
        for facts in accepted:
            named = with_identity(item, {key: facts[key] for key in kept})
            if named is not None:
                activities.append(named)
    asked = any(item["id"] == row["id"] for item in certificates)
    return Built(
        "ltc.id_merge",
        {
            "current_certificate": row["id"],
            "merged": len(ltc.persons) == 1,
            "certificates": certificates,
            "activities": activities,
        }
        if asked
        else None,
        findings.sealed(),
        not_applicable=None if asked else "record_undetermined",
        sources=_LTC,
        subject=row["id"],
        changes_on=earliest_after(as_of, coming),
    )


def evidence(row: Row, ltc: LtcRows, declared: Mapping[str, Any] | None) -> Built:
    """Facts of ``ltc.evidence``: the papers are declared, the certificate is on record.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("ltc.evidence", declared)
    findings = Findings()
    _not_merged(ltc, findings)
    given: Given = {
        "certificate": ltc_of.certificate_facts(row, full=False),
        "items": [dict(item) for item in said.items("items")] if said.has("items") else [],
    }
    said.note_unused(findings)
    return Built(
        "ltc.evidence",
        given,
        findings.sealed(),
        sources=_LTC,
        subject=row["id"],
        declared=said.used,
    )

"""VR qualifications and records to the facts of ``vr.renewal`` and its neighbours: mapping.md 2.3, 3."""

from collections.abc import Mapping
from datetime import date

from ...domain.bundles import Row, VrRows
from ...domain.decision import ActivityRefusal
from ...rules.params import Ruleset
from . import vr_activities as records_of
from .built import Built, Findings, Lacking, earliest_after, iso
from .declared import Declared
from .vr_periods import VrPeriod, VrTerm, is_confirmed, term_of

__all__ = [
    "ce_credit",
    "certificate_facts",
    "extension",
    "individual_claim",
    "lapse_return",
    "refusal",
    "renewal",
    "term",
]

_VR = frozenset({"vr"})
Given = dict[str, object]


def refusal(row: Row, findings: Findings) -> str | None:
    """Why a qualification is not asked about at all (mapping.md 2.1), noted; None: it is."""
    key = row["id"]
    if row["title__code"] is None:
        findings.add("unknown_value", key)
        return "unknown_value"
    if row["status__code"] is None:
        findings.add("record_undetermined", key)
        return "record_undetermined"
    if not is_confirmed(row):
        findings.add("qualification_not_confirmed", key)
        return "qualification_not_confirmed"
    return None


def term(row: Row, vr: VrRows, as_of: date, findings: Findings | None = None) -> VrTerm:
    """The periods of a confirmed qualification with the extensions that belong to it."""
    mine = [item for item in vr.extensions if item["qualification_id"] == row["id"]]
    return term_of(row, mine, as_of, findings)


def certificate_facts(key: str, period: VrPeriod) -> Given:
    """``certificate`` of the VR entry points."""
    facts: Given = {
        "id": key,
        "valid_from": period.valid_from.isoformat(),
        "valid_to": period.valid_to.isoformat(),
    }
    if period.deductions:
        facts["deductions"] = [
            {"from": start.isoformat(), "to": end.isoformat()} for start, end in period.deductions
        ]
    return facts


def renewal(
    row: Row,
    vr: VrRows,
    as_of: date,
    ruleset: Ruleset,
    *,
    application_date: date | None = None,
    declared: Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``vr.renewal`` for one qualification.

    Args:
        row: ``vr.qualification``.
        vr: All that the register holds on the member.
        as_of: Day asked about.
        ruleset: Figures, for the cross-check of weighted hours.
        application_date: Day of the (planned) application; None: ``as_of``.
        declared: Facts that no registry holds.
        params: Weighting factors of this hub's settings.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.renewal", declared)
    findings = Findings()
    reason = refusal(row, findings)
    if reason is not None:
        return _none("vr.renewal", row, findings, reason)
    known = term(row, vr, as_of, findings)
    records_of.hours_differ(vr.records, as_of, ruleset, params, findings)
    changes = _changes(known, vr, as_of)
    if known.held_from is not None and as_of < known.held_from:
        findings.add("vr.history_not_held", row["id"])
        return _none("vr.renewal", row, findings, "vr.history_not_held", changes)
    refused: list[ActivityRefusal] = []
    given: Given = {
        "qualification": row["title__code"],
        "certificate": certificate_facts(row["id"], known.on(as_of)),
        "activities": records_of.renewal_activities(vr.records, findings, refused),
    }
    if application_date is not None:
        given["application_date"] = application_date.isoformat()
    else:
        said.fill(given, "application_date")
    if params:
        given["params"] = dict(params)
    said.note_unused(findings)
    return Built(
        "vr.renewal",
        given,
        findings.sealed(),
        sources=_VR,
        subject=row["id"],
        declared=_declared(said, application_date),
        refused=tuple(refused),
        changes_on=changes,
    )


def _declared(said: Declared, application_date: date | None) -> tuple[str, ...]:
    return said.used if application_date is None else (*said.used, "application_date")


def _none(
    rule: str, row: Row, findings: Findings, reason: str, changes: date | None = None
) -> Built:
    return Built(
        rule,
        None,
        findings.sealed(),
        not_applicable=reason,
        sources=_VR,
        subject=row["id"],
        changes_on=changes,
    )


def _changes(known: VrTerm, vr: VrRows, as_of: date) -> date | None:
    """Next day on which the rows give another period, another deduction or one record more."""
    days: list[date | None] = [period.valid_from for period in known.periods]
    days += [item["decided_on"] for item in vr.extensions]
    days += [item["held_to"] for item in vr.records]
    return earliest_after(as_of, days)


def ce_credit(
    row: Row, as_of: date, ruleset: Ruleset, *, params: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``vr.ce_credit`` for one stored record: hours and flags as they were entered.

    A record of another nature than 繼續教育 is not asked about.
    """
    findings = Findings()
    records_of.hours_differ([row], as_of, ruleset, params, findings)
    if row["nature__code"] != "continuing_education":
        return _none("vr.ce_credit", row, findings, "not_ce_training")
    activities = records_of.renewal_activities([row], findings, weighted=True)
    if not activities:
        return _none("vr.ce_credit", row, findings, "record_undetermined")
    activity = activities[0]
    mode = records_of.delivery(row)
    if mode is not None:
        activity["mode"] = mode
    given: Given = {"activity": activity}
    if params:
        given["params"] = dict(params)
    return Built("vr.ce_credit", given, findings.sealed(), sources=_VR, subject=row["id"])


def extension(
    rows: list[Row],
    qualification: Row,
    vr: VrRows,
    as_of: date,
    *,
    application_date: date | None = None,
    declared: Mapping[str, object] | None = None,
) -> Built:
    """Facts of ``vr.extension`` for extensions on file, or a filing given in their shape.

    Args:
        rows: ``vr.extension`` rows, or a filing with the same columns (``id``, ``leave_from`` ...).
        qualification: The qualification whose end they move.
        vr: All that the register holds on the member.
        as_of: Day asked about.
        application_date: None: the rows' own ``applied_on``.
        declared: ``leaves`` by id with ``proof`` and ``local_letter``.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.extension", declared)
    findings = Findings()
    reason = refusal(qualification, findings)
    if reason is not None:
        return _none("vr.extension", qualification, findings, reason)
    proofs = {item.get("id"): item for item in said.items("leaves")}
    leaves: list[Given] = []
    applied: date | None = application_date
    for row in rows:
        told = proofs.get(row["id"], {})
        leave: Given = {
            "id": row["id"],
            "from": row["leave_from"].isoformat(),
            "to": row["leave_to"].isoformat(),
            "reason": row["reason__code"] or "other",
        }
        if row["status__code"] == "approved":
            leave["proof"] = True
        elif "proof" in told:
            leave["proof"] = told["proof"]
        if "local_letter" in told:
            leave["local_letter"] = told["local_letter"]
        elif row["local_document_no"] and row["local_document_on"]:
            leave["local_letter"] = {"from": leave["from"], "to": leave["to"]}
        leaves.append(leave)
        applied = applied or row["applied_on"]
    period = _undeducted(term(qualification, vr, as_of, findings).on(as_of))
    given: Given = {"certificate": certificate_facts(qualification["id"], period), "leaves": leaves}
    if applied is not None:
        given["application_date"] = applied.isoformat()
    else:
        said.fill(given, "application_date")
    said.note_unused(findings)
    return Built(
        "vr.extension",
        given,
        findings.sealed(),
        sources=_VR,
        subject=qualification["id"],
        declared=said.used,
    )


def _undeducted(period: VrPeriod) -> VrPeriod:
    return VrPeriod(period.valid_from, period.valid_to)


def lapse_return(
    qualification: Row, vr: VrRows, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``vr.lapse_return``: absence and consent are on paper only.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.lapse_return", declared)
    findings = Findings()
    reason = refusal(qualification, findings)
    if reason is not None:
        return _none("vr.lapse_return", qualification, findings, reason)
    known = term(qualification, vr, as_of, findings)
    period = known.on(as_of)
    refused: list[ActivityRefusal] = []
    given: Given = {
        "qualification": qualification["title__code"],
        # Without deductions among its keys, the entry point takes the end that they moved.
        "certificate": {
            "id": qualification["id"],
            "valid_from": period.valid_from.isoformat(),
            "valid_to": period.expires_on.isoformat(),
        },
        "activities": records_of.renewal_activities(vr.records, findings, refused),
    }
    lacking = tuple(Lacking(key, ()) for key in ("absence", "consent_on") if not said.has(key))
    said.fill(given, "absence", "consent_on")
    said.note_unused(findings)
    return Built(
        "vr.lapse_return",
        given,
        findings.sealed(),
        sources=_VR,
        subject=qualification["id"],
        declared=said.used,
        refused=tuple(refused),
        changes_on=_changes(known, vr, as_of),
        lacking=lacking,
    )


def individual_claim(row: Row | None, declared: Mapping[str, object] | None = None) -> Built:
    """Facts of ``vr.individual_claim``: all but the course's last day is on paper.

    Args:
        row: A training record of a course that no institution filed (``course_no`` null).
        declared: What the papers say.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("vr.individual_claim", declared)
    given: Given = {}
    if row is not None and row["course_no"] is None:
        given["course_end"] = iso(row["held_to"])
    else:
        said.fill(given, "course_end")
    said.fill(given, "posted_on", "documents", "letter_on", "online_submitted_on")
    return Built(
        "vr.individual_claim",
        given if "course_end" in given else None,
        sources=_VR,
        subject=None if row is None else row["id"],
        declared=said.used,
    )

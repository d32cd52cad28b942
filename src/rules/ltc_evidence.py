"""``ltc.evidence``: which paper proofs add credit that the system does not show yet."""

from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Decision,
    Figure,
    Finding,
    Severity,
    Step,
)
from ..domain.periods import DAY, add_months
from .facts import Facts
from .ltc_calendar import figures_change, law_day, term_of
from .ltc_common import (
    EXCLUDED_LAW,
    SHARING_LAW,
    citations_of,
    findings_of,
    json_ready,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import (
    Activity,
    CountingCertificate,
    calendar_days,
    check_activities,
    check_certificate,
)
from .ltc_recognition import medical_recognition
from .params import Params, Ruleset

__all__ = ["EvidenceFacts", "EvidenceItem", "evidence"]


class EvidenceItem(Activity, frozen=True):
    """A paper proof.

    Attributes:
        passed: The platform says 通過; missing is read as not passed.
        confirmed: The recognising body confirmed the approval; missing is read as pending.
    """

    passed: bool | None = None
    confirmed: bool | None = None


class EvidenceFacts(Facts, frozen=True):
    """Facts of ``ltc.evidence``."""

    certificate: CountingCertificate
    items: tuple[EvidenceItem, ...] = ()


class _Proof(msgspec.Struct, frozen=True):
    """What a proof is worth."""

    accepted: bool
    reason: str
    law: str


def _transcript(item: EvidenceItem, as_of: date, params: Params) -> _Proof:
    """Platform transcript 數位學習平臺: passed, within the last month.

    Law: seed-004 紙本證明 1 (近1個月內通過課程); LTC-R17, Q15.
    """
    months = params.figure("ltc.elearning", "months")
    if not item.passed:
        return _Proof(False, "not_passed", months.law)
    if as_of > add_months(item.date, months.value):
        return _Proof(False, "contact_helpdesk", months.law)
    return _Proof(True, "elearning_not_yet_imported", months.law)


def _confirmation(item: EvidenceItem, _as_of: date, _params: Params) -> _Proof:
    """The county phones the recognising body, which confirms the approval or does not.

    Law: seed-004 紙本證明 2; LTC-R17.
    """
    reason = "recognizer_confirmed" if item.confirmed else "recognizer_pending"
    return _Proof(bool(item.confirmed), reason, "seed-004#紙本證明 2")


def _medical(item: EvidenceItem, _as_of: date, params: Params) -> _Proof:
    """Proof of medical credit: what LTC takes over automatically.

    Law: L0070045@2023-10-11:9-4; letter-1131961568; LTC-R13, R17.
    """
    found = medical_recognition(item, params)
    if found.status == "automatic":
        return _Proof(True, "medical_ce_close_in_nature", found.law)
    return _Proof(False, found.reason or found.status, found.law)


_PROOFS: Mapping[str, Callable[[EvidenceItem, date, Params], _Proof]] = {
    "elearning_transcript": _transcript,
    "recognizer_confirmation": _confirmation,
    "medical_ce_proof": _medical,
}


def _proof(item: EvidenceItem, first: date, last: date, as_of: date, params: Params) -> _Proof:
    """First whether the course counts at all, then the window, then the proof.

    Law: seed-004 (登載系統始視為有效積分，目前僅存3種紙本證明); LTC-R16, R17.
    """
    if item.excluded:
        return _Proof(False, "excluded_course", EXCLUDED_LAW)
    if not first <= item.date <= last:
        return _Proof(False, "out_of_window", SHARING_LAW)
    test = _PROOFS.get(item.evidence)
    if test is None:
        return _Proof(False, "no_valid_proof", "seed-004#目前僅存3種紙本證明")
    return test(item, as_of, params)


def _window(facts: EvidenceFacts, as_of: date, ruleset: Ruleset) -> tuple[date, date]:
    """The counting window, open until the renewal window closes where no last day is set.

    What is dated after the day asked about cannot be proven yet.
    """
    certificate = facts.certificate
    first, last = certificate.window
    if certificate.credit_to is None:
        last = term_of(ruleset, certificate.valid_from, certificate.valid_to).closes
    return first, min(last, as_of)


def _changes(facts: EvidenceFacts, as_of: date, ruleset: Ruleset, params: Params) -> date | None:
    """First later day on which a proof turns up or grows too old."""
    months = params.value("ltc.elearning", "months")
    days: list[date | None] = [
        *figures_change(ruleset, ("ltc.recognition", "ltc.elearning")),
        outdated_day(ruleset),
    ]
    days.extend(item.date for item in facts.items)
    days.extend(
        add_months(item.date, months) + DAY
        for item in facts.items
        if item.evidence == "elearning_transcript"
    )
    return next_day(as_of, days)


def evidence(facts: EvidenceFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Paper proofs 紙本證明 of credit that the system does not show.

    Args:
        facts: A certificate and the proofs shown.
        as_of: Day on which they are shown.
        ruleset: Figures.

    Raises:
        InvalidFacts: doubled ids, contradictory days.

    Law: seed-004 (長照人員繼續教育積分取得管道); LTC-R13, R16, R17.
    """
    check_certificate(facts.certificate)
    calendar_days({"as_of": as_of})
    check_activities(facts.items, "items")
    params = ruleset.on(law_day(ruleset, as_of))
    first, last = _window(facts, as_of, ruleset)
    results: list[dict[str, object]] = []
    used: list[ActivityUse] = []
    refused: list[ActivityRefusal] = []
    steps: list[Step] = []
    findings = ruleset_findings(ruleset, as_of)
    total = 0
    for item in facts.items:
        proof = _proof(item, first, last, as_of, params)
        counted = item.amount if proof.accepted else 0
        total += counted
        if proof.accepted:
            used.append(ActivityUse(item.id, counted, "points", ("ltc.evidence",)))
        else:
            refused.append(ActivityRefusal(item.id, proof.reason, proof.law))
            findings.append(Finding(proof.reason, Severity.INFO, proof.law, (item.id,)))
        results.append({"id": item.id, "accepted": proof.accepted, "reason": proof.reason})
        steps.append(
            Step(
                "ltc.evidence_item",
                proof.law,
                (
                    Figure("item", item.id),
                    Figure("evidence", item.evidence),
                    Figure("date", item.date),
                    Figure("reason", proof.reason),
                ),
                counted,
                "points",
                proof.accepted,
            )
        )
    explanation = Step(
        "ltc.evidence",
        "seed-004#長照人員繼續教育積分取得管道",
        (Figure("as_of", as_of), Figure("from", first), Figure("to", last)),
        total,
        "points",
        children=tuple(steps),
    )
    found = findings_of(findings)
    return Decision(
        rule="ltc.evidence",
        as_of=as_of,
        status="accepted" if used else "not_accepted",
        eligible=None,
        explanation=explanation,
        findings=found,
        report=json_ready({"results": results, "points_added": to_number(total)}),
        used=tuple(used),
        refused=tuple(refused),
        citations=citations_of(explanation, findings=found),
        next_change_on=_changes(facts, as_of, ruleset, params),
    )

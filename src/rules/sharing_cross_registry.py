"""What reaches a certificate: sharing of credit between certificates and registries (採認).

Rulebook: domain/sharing.md, S-R1..S-R12. Minima and caps of the renewal rules come afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from ..domain.amounts import to_number
from ..domain.decision import Deadline, Decision, Figure, Finding, Requirement, Severity, Step
from ..domain.periods import DAY, last_day_within
from .params import Params, Ruleset
from .provider import is_recognised
from .sharing_facts import (
    AuthorityDecision,
    SharedActivity,
    SharingFacts,
    TargetCertificate,
    check_facts,
)

__all__ = ["cross_registry"]

RULE = "sharing.cross_registry"

_NOT_CONTINUING = frozenset({"caregiver_qualification", "level_1", "high_burden_family_caregiver"})
_PREFERENCE = {"native": 0, "automatic": 1, "needs_approval": 2}


class Outcome(NamedTuple):
    """What becomes of one record for one certificate."""

    state: Literal["recognised", "pending", "refused"]
    reason: str = ""
    amount: int = 0
    row: str | None = None
    law: str | None = None
    preference: int = 0
    attribute: str | None = None
    categories: tuple[str, ...] = ()
    decision: str | None = None
    due: date | None = None


class _Question:
    """The facts of one evaluation, indexed; figures of the day; findings as they arise."""

    def __init__(self, facts: SharingFacts, as_of: date, figures: Params) -> None:
        self.as_of = as_of
        self.facts = facts
        self.findings: set[str] = set()
        self.records = self._records(facts.activities)
        matrix = figures.group("sharing.recognition_matrix")
        self.rows = {name: figure.value for name, figure in matrix.items()}
        self.row_law = {name: figure.law for name, figure in matrix.items()}
        self.claim = figures.get("sharing.claim", "months")
        remarks = figures.get("sharing.medical_remarks", "category_of")
        self.remark_category: Mapping[str, str] = remarks.value if remarks else {}
        invalid = figures.get("sharing.medical_remarks", "not_valid")
        review = figures.get("sharing.medical_remarks", "under_review")
        self.remark_invalid = frozenset(invalid.value if invalid else ())
        self.remark_review = frozenset(review.value if review else ())
        self.used = {(item.activity, item.certificate) for item in facts.used}
        self.decisions: dict[tuple[str, str], list[AuthorityDecision]] = {}
        for decision in facts.decisions:
            if decision.decided_on <= as_of:
                key = (decision.activity, decision.certificate)
                self.decisions.setdefault(key, []).append(decision)
        self.filed: dict[tuple[str, str], date] = {}
        for application in facts.applications:
            if application.filed_on <= as_of:
                key = (application.activity, application.certificate)
                earliest = self.filed.get(key, application.filed_on)
                self.filed[key] = min(earliest, application.filed_on)

    def _records(self, activities: Sequence[SharedActivity]) -> tuple[SharedActivity, ...]:
        """S-R1: two entries with one id are one record, the first counts."""
        records: dict[str, SharedActivity] = {}
        for activity in activities:
            if activity.id in records:
                self.findings.add("sharing.duplicate_record")
            else:
                records[activity.id] = activity
        return tuple(records.values())


def _window(certificate: TargetCertificate) -> tuple[date, date]:
    """As LTC-R23 cuts it: no credit counts after the validity."""
    last = certificate.credit_to or certificate.valid_to
    return certificate.credit_from or certificate.valid_from, min(last, certificate.valid_to)


def _own_amount(record: SharedActivity) -> int:
    return int((record.hours if record.registry in {"vr", "osh"} else record.points) or 0)


def _is_continuing_education(record: SharedActivity) -> bool:
    """S-R4: what qualifies somebody is no continuing education.

    Law: N0080029@2014-05-27:10; seed-004 (care-worker qualification, Level I, family training).
    """
    if record.registry == "vr":
        return record.training_kind == "continuing_education"
    if record.registry == "ltc":
        return record.course_kind not in _NOT_CONTINUING
    if record.registry == "osh":
        return record.kind != "professional"
    return True


def _categories(question: _Question, record: SharedActivity) -> tuple[str, ...]:
    if record.registry != "medical_ce":
        return record.categories
    added = (question.remark_category.get(code) for code in record.remark_codes)
    return tuple(dict.fromkeys((*record.categories, *(item for item in added if item))))


def _matching_row(
    question: _Question,
    certificate: TargetCertificate,
    record: SharedActivity,
    categories: tuple[str, ...],
) -> tuple[str, Mapping[str, object]] | None:
    """S-R7: the first row in force for the pair, attribute, category and role."""
    for name, row in question.rows.items():
        if row["from"] != record.registry or row["to"] != certificate.registry:
            continue
        if row["attribute"] not in {"any", record.attribute}:
            continue
        if row["category"] != "any" and row["category"] not in categories:
            continue
        if "attendee" in row["conditions"] and record.role != "attendee":
            continue
        return name, row
    return None


def _approval(
    question: _Question,
    certificate: TargetCertificate,
    record: SharedActivity,
    name: str,
    row: Mapping[str, object],
) -> Outcome:
    """S-R8: the latest decision of the row's authority decides; the hub never overrules it."""
    key = (record.id, certificate.id)
    known = question.decisions.get(key, [])
    own = [item for item in known if item.authority == row["authority"]]
    if len(own) != len(known):
        question.findings.add("sharing.decision_wrong_authority")
    law = question.row_law[name]
    if own:
        decision = max(own, key=lambda item: (item.decided_on, item.id))
        if decision.outcome == "rejected":
            return Outcome("refused", "rejected_by_authority", law=law, decision=decision.id)
        amount = _own_amount(record)
        if decision.amount is not None:
            if decision.amount > amount:
                question.findings.add("sharing.decision_amount_capped")
            amount = min(amount, decision.amount)
        return Outcome(
            "recognised",
            amount=_rated(amount, row),
            row=name,
            law=law,
            preference=_PREFERENCE["needs_approval"],
            attribute=decision.attribute or record.attribute,
            categories=decision.categories,
            decision=decision.id,
        )
    filed = question.filed.get(key)
    due = None
    if "claim_within_6_months" in _texts(row["conditions"]) and question.claim is not None:
        due = last_day_within(record.date, question.claim.value)
        if (filed or question.as_of) > due:
            return Outcome("refused", "application_too_late", law=question.claim.law, due=due)
    if filed is not None:
        return Outcome("pending", "awaiting_decision", row=name, law=law, due=due)
    return Outcome("pending", "needs_application", row=name, law=law, due=due)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _rated(amount: int, row: Mapping[str, object]) -> int:
    """Hundredths times the row's rate, cut where a rate would give a finer amount."""
    return int(amount * Decimal(str(row["rate"])))


def _decide(question: _Question, certificate: TargetCertificate, record: SharedActivity) -> Outcome:
    """The first of the tests of section 4 that settles the record, in the rulebook's order."""
    opens, closes = _window(certificate)
    if not opens <= record.date <= closes:
        return Outcome("refused", "out_of_window", law="seed-004#shared-credit")
    if (record.id, certificate.id) in question.used:
        return Outcome("refused", "already_used", law="seed-004#note-2")
    if not _is_continuing_education(record):
        return Outcome("refused", "not_continuing_education", law="N0080029@2014-05-27:10")
    medical = record.registry == "medical_ce"
    remarks = frozenset(record.remark_codes) if medical else frozenset()
    if record.review_state == "rejected" or remarks & question.remark_invalid:
        return Outcome("refused", "source_not_valid", law="seed-004#proof-3")
    if record.review_state != "confirmed" or remarks & question.remark_review:
        return Outcome("pending", "source_under_review", law="seed-004#proof-3")
    provider = question.facts.providers.get(record.provider or "")
    if provider is not None and not is_recognised(provider, record.date, question.as_of):
        return Outcome("refused", "provider_not_recognised", law="A0030055:118")
    categories = _categories(question, record)
    found = _matching_row(question, certificate, record, categories)
    if found is None:
        return Outcome("refused", "no_matrix_row", law="hub")
    name, row = found
    if row["status"] == "not_recognised":
        return Outcome("refused", "not_recognised", law=question.row_law[name])
    if row["status"] == "needs_approval":
        return _approval(question, certificate, record, name, row)
    if (
        "named_qualification" in _texts(row["conditions"])
        and certificate.type not in record.qualifications
    ):
        return Outcome("refused", "qualification_not_named", law=question.row_law[name])
    native = record.registry == certificate.registry
    return Outcome(
        "recognised",
        amount=_rated(_own_amount(record), row),
        row=name,
        law=question.row_law[name],
        preference=_PREFERENCE["native" if native else "automatic"],
        attribute=record.attribute if "attribute" in _texts(row["keeps"]) else None,
        categories=categories if "categories" in _texts(row["keeps"]) else (),
    )


def _one_per_event(
    records: Sequence[SharedActivity], outcomes: Mapping[str, Outcome]
) -> dict[str, Outcome]:
    """S-R9: of one event one record counts - native, then automatic, then approved."""
    best: dict[str, str] = {}
    for record in records:
        if record.event is None or outcomes[record.id].state != "recognised":
            continue
        outcome = outcomes[record.id]
        rank = (outcome.preference, -outcome.amount, record.id)
        holder = best.get(record.event)
        if holder is None or rank < (
            outcomes[holder].preference,
            -outcomes[holder].amount,
            holder,
        ):
            best[record.event] = record.id
    settled = dict(outcomes)
    for record in records:
        keeper = best.get(record.event or "")
        loses = keeper is not None and keeper != record.id
        if record.event is not None and loses and outcomes[record.id].state != "refused":
            settled[record.id] = Outcome("refused", "duplicate_event", law="hub#S-R9")
    return settled


def _sums(outcomes: Iterable[Outcome]) -> tuple[int, dict[str, int], dict[str, int]]:
    total, attributes, categories = 0, dict[str, int](), dict[str, int]()
    for outcome in outcomes:
        if outcome.state != "recognised" or outcome.amount == 0:
            continue
        total += outcome.amount
        if outcome.attribute:
            attributes[outcome.attribute] = attributes.get(outcome.attribute, 0) + outcome.amount
        for category in dict.fromkeys(outcome.categories):
            categories[category] = categories.get(category, 0) + outcome.amount
    return total, attributes, categories


def _numbers(amounts: Mapping[str, int]) -> dict[str, int | float]:
    return {key: to_number(amounts[key]) for key in sorted(amounts)}


def _report(outcomes: Mapping[str, Outcome]) -> dict[str, object]:
    total, attributes, categories = _sums(outcomes.values())
    by_state: dict[str, dict[str, object]] = {"recognised": {}, "pending": {}, "refused": {}}
    rows: dict[str, str] = {}
    bases: dict[str, str] = {}
    decisions: dict[str, str] = {}
    for key, outcome in outcomes.items():
        recognised = outcome.state == "recognised"
        by_state[outcome.state][key] = to_number(outcome.amount) if recognised else outcome.reason
        if outcome.row is not None:
            rows[key] = outcome.row
        if outcome.law is not None:
            bases[key] = outcome.law
        if outcome.decision is not None:
            decisions[key] = outcome.decision
    return {
        "total": to_number(total),
        **by_state,
        "rows": rows,
        "attributes": _numbers(attributes),
        "categories": _numbers(categories),
        "counts": {state: len(items) for state, items in by_state.items()},
        "bases": bases,
        "decisions": decisions,
    }


def _step(
    certificate: TargetCertificate,
    records: Sequence[SharedActivity],
    outcomes: Mapping[str, Outcome],
    unit: str,
) -> Step:
    opens, closes = _window(certificate)
    children = []
    for record in records:
        outcome = outcomes[record.id]
        inputs = [
            Figure("activity", record.id),
            Figure("date", record.date),
            Figure("own_amount", _own_amount(record), unit),
        ]
        if outcome.row:
            inputs.append(Figure("row", outcome.row, law=outcome.law))
        if outcome.decision:
            inputs.append(Figure("decision", outcome.decision))
        code = outcome.reason or "recognised"
        children.append(
            Step(
                f"sharing.{code}",
                outcome.law,
                tuple(inputs),
                outcome.amount if outcome.state == "recognised" else None,
                unit,
                outcome.state == "recognised",
            )
        )
    total, _, _ = _sums(outcomes.values())
    return Step(
        "sharing.certificate",
        None,
        (Figure("certificate", certificate.id), Figure("from", opens), Figure("to", closes)),
        total,
        unit,
        None,
        tuple(children),
    )


def _next_change(
    facts: SharingFacts, question: _Question, due: Iterable[date], ruleset: Ruleset
) -> date | None:
    as_of = question.as_of
    days = [day + DAY for day in due]
    days += [item.decided_on for item in facts.decisions]
    days += [item.filed_on for item in facts.applications]
    days += [p.terminated.decided_on for p in facts.providers.values() if p.terminated]
    days += [
        figure.since
        for name in ("sharing.recognition_matrix", "sharing.claim", "sharing.medical_remarks")
        for dated in ruleset.groups[name].values.values()
        for figure in dated
        if figure.enabled
    ]
    return min((day for day in days if day > as_of), default=None)


def cross_registry(facts: SharingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Every record for every certificate: recognised, pending or refused, with row and basis.

    Args:
        facts: Certificates, records, providers, applications, decisions and what was used.
        as_of: Day of the decision; nothing dated later is seen.
        ruleset: Holds the recognition matrix.

    Returns:
        ``settled`` or ``open``; amounts in the target registry's unit, never above the record's own.

    Raises:
        InvalidFacts: a certificate ends before it starts, or a record has the wrong amount.

    Law: L0070045:9 (4), letter-1131961568, N0080029:10, N0080029:13, N0060022:8; sharing.md.
    """
    check_facts(facts)
    question = _Question(facts, as_of, ruleset.on(as_of))
    results: dict[str, object] = {}
    steps: list[Step] = []
    due: dict[tuple[str, str], date] = {}
    settled = pairs = 0
    laws: dict[str, None] = {}
    for certificate in facts.certificates:
        first = {record.id: _decide(question, certificate, record) for record in question.records}
        outcomes = _one_per_event(question.records, first)
        results[certificate.id] = _report(outcomes)
        unit = "points" if certificate.registry == "ltc" else "hours"
        steps.append(_step(certificate, question.records, outcomes, unit))
        pairs += len(outcomes)
        settled += sum(outcome.state != "pending" for outcome in outcomes.values())
        for key, outcome in outcomes.items():
            laws.update({outcome.law: None} if outcome.law else {})
            if outcome.due is not None and outcome.state == "pending":
                due[key, certificate.id] = outcome.due
    requirement = Requirement(
        "sharing.settled", settled == pairs, 100 * settled, 100 * pairs, "count", "hub#S-R11"
    )
    return Decision(
        rule=RULE,
        as_of=as_of,
        status="settled" if settled == pairs else "open",
        eligible=None,
        explanation=Step(
            RULE, "L0070045@2023-10-11:9-4", met=settled == pairs, children=tuple(steps)
        ),
        requirements=(requirement,),
        findings=tuple(
            Finding(code, Severity.WARNING, "hub#S-R8") for code in sorted(question.findings)
        ),
        report={"results": results},
        deadlines=tuple(
            Deadline(f"sharing.claim:{activity}:{target}", day, "seed-000#ch5")
            for (activity, target), day in sorted(due.items(), key=lambda item: (item[1], item[0]))
        ),
        citations=tuple(laws),
        next_change_on=_next_change(facts, question, due.values(), ruleset),
    )

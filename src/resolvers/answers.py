"""An answer (回覆): what a rule decided, what was noticed beside it, and where the facts come from.

The rule's decision stays as it is, so that it can be replayed; the findings of the mapping and of
the sources stand beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import product
from typing import Any

from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Deadline,
    Decision,
    Finding,
    Requirement,
    Severity,
    Step,
    Window,
    details,
)
from ..domain.errors import InvalidFacts, NoFigureInForce
from ..domain.provenance import Freshness, Provenance
from ..rules.engine import evaluate, facts_hash
from ..rules.params import Ruleset
from .facts.built import Built, earliest_after, merge_findings

__all__ = ["Answer", "RegistryState", "Verdict", "answer", "undecided"]

NOT_DECIDABLE = "not_decidable"
NOT_APPLICABLE = "not_applicable"


class Verdict(StrEnum):
    """The rulebook's ``eligible`` in four values (結論)."""

    ELIGIBLE = "ELIGIBLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_DECIDABLE = "NOT_DECIDABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @classmethod
    def of(cls, eligible: bool | None) -> "Verdict":
        """The verdict of what a rule reports; NOT_APPLICABLE where it reports none."""
        if eligible is None:
            return cls.NOT_APPLICABLE
        return cls.ELIGIBLE if eligible else cls.NOT_ELIGIBLE


RegistryState = Provenance
"""A registry as a whole: its freshness, and when its last complete sync ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided about one certificate, person, class or institution.

    Attributes:
        rule: Entry point.
        as_of: Day asked about.
        verdict: The rulebook's ``eligible``, NOT_DECIDABLE where a needed fact is not to be had.
        status: The rulebook's status, ``not_decidable`` or ``not_applicable``.
        ruleset_version: Version of rules and figures.
        facts_hash: SHA-256 of the question (``rules.engine.facts_hash``).
        decision: The rule's own decision, for replay; None when the rule was not asked.
        findings: The rule's and the mapping's, sorted by code, each once.
        refused: Records left out before the rule and by it, each with one reason.
        sources: Where the facts come from, DECLARED among them.
        given: The facts used, without identifiers.
        valid_to: Last day of what was asked about, extensions included.
        next_change_on: First later day on which the answer can change without new facts.
        minimal: Whether figures, activities, tree, details and facts are left out (design.md 6).
        subject: The agency's key of the record asked about.
        lacking: Declared facts without which nothing is decided.
    """

    rule: str
    as_of: date
    verdict: Verdict
    status: str
    ruleset_version: str
    facts_hash: str
    decision: Decision | None = None
    findings: tuple[Finding, ...] = ()
    refused: tuple[ActivityRefusal, ...] = ()
    sources: tuple[Provenance, ...] = ()
    given: Mapping[str, object] | None = None
    valid_to: date | None = None
    next_change_on: date | None = None
    deadlines: tuple[Deadline, ...] = ()
    minimal: bool = False
    subject: str | None = None
    lacking: tuple[str, ...] = ()

    @property
    def eligible(self) -> bool | None:
        """True or False with a verdict of that meaning, else None."""
        if self.verdict is Verdict.ELIGIBLE:
            return True
        return False if self.verdict is Verdict.NOT_ELIGIBLE else None

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Requirements in the rulebook's order; without what was counted in a minimal answer."""
        if self.decision is None:
            return ()
        if not self.minimal:
            return self.decision.requirements
        return tuple(
            Requirement(item.code, item.met, None, item.required, item.unit, item.law)
            for item in self.decision.requirements
        )

    @property
    def window(self) -> Window | None:
        """Application window."""
        return None if self.decision is None or self.minimal else self.decision.window

    @property
    def used(self) -> tuple[ActivityUse, ...] | None:
        """Activities that counted; None in a minimal answer."""
        if self.minimal:
            return None
        return () if self.decision is None else self.decision.used

    @property
    def explanation(self) -> Step | None:
        """The tree of steps; None in a minimal answer or where no rule was asked."""
        return None if self.decision is None or self.minimal else self.decision.explanation

    @property
    def citations(self) -> tuple[str, ...]:
        """Every text the decision rests on."""
        return () if self.decision is None else self.decision.citations

    @property
    def details(self) -> dict[str, object] | None:
        """All that the entry point reports: equal to what the rule answers to ``given``."""
        return None if self.decision is None or self.minimal else details(self.decision)

    def minimised(self) -> "Answer":
        """Verdict, codes met or not, findings and valid until: nothing that tells more (design.md 6)."""
        return replace(
            self,
            minimal=True,
            findings=tuple(Finding(item.code, item.severity, item.law) for item in self.findings),
            refused=(),
            given=None,
            next_change_on=None,
            deadlines=(),
            subject=None,
        )


def _sources(
    built: Built, states: Mapping[str, RegistryState]
) -> tuple[tuple[Provenance, ...], tuple[str, ...], tuple[Finding, ...]]:
    """Sources of the facts, the registries that cannot be relied on, and what to say about both."""
    sources: list[Provenance] = []
    missing: list[str] = []
    stale: list[str] = []
    for registry in sorted(built.sources):
        state = states.get(registry) or Provenance(registry, Freshness.NEVER_SYNCED)
        sources.append(state)
        if not state.freshness.usable:
            missing.append(registry)
        elif state.freshness is Freshness.STALE:
            stale.append(registry)
    if built.declared:
        sources.append(Provenance(None, Freshness.DECLARED))
    findings = []
    if missing:
        findings.append(Finding("registry_unavailable", Severity.ERROR, about=tuple(missing)))
    if stale:
        findings.append(Finding("registry_stale", Severity.WARNING, about=tuple(stale)))
    return tuple(sources), tuple(missing), tuple(findings)


def undecided(
    built: Built,
    as_of: date,
    ruleset: Ruleset,
    verdict: Verdict,
    status: str,
    *,
    sources: tuple[Provenance, ...] = (),
    findings: Iterable[Finding] = (),
    lacking: tuple[str, ...] = (),
) -> Answer:
    """An answer for which the rule was not asked."""
    return Answer(
        built.rule,
        as_of,
        verdict,
        status,
        ruleset.version,
        facts_hash(built.rule, as_of, built.given or {}),
        findings=merge_findings(built.findings, findings),
        refused=built.refused,
        sources=sources,
        next_change_on=built.changes_on,
        subject=built.subject,
        lacking=lacking,
    )


def _with(given: Mapping[str, object], path: str, value: object) -> dict[str, object]:
    """``given`` with ``value`` at ``path``; nothing is changed in place."""
    key, _, rest = path.partition(".")
    copy = dict(given)
    if rest:
        inner: Any = copy.get(key, {})
        copy[key] = _with(inner, rest, value)
    else:
        copy[key] = value
    return copy


def _settle(built: Built, as_of: date, ruleset: Ruleset) -> tuple[Built, tuple[str, ...]]:
    """Whether the answer rests on facts that nobody declared; if not, the facts with the worst case.

    A fact rests on nothing when every value it could take gives the same ``eligible``.
    """
    assert built.given is not None
    blind = tuple(item.key for item in built.lacking if not item.values)
    if blind:
        return built, tuple(item.key for item in built.lacking)
    worst: dict[str, object] | None = None
    seen: set[bool | None] = set()
    for values in product(*(item.values for item in built.lacking)):
        given = dict(built.given)
        for item, value in zip(built.lacking, values, strict=True):
            given = _with(given, item.key, value)
        worst = worst or given
        seen.add(evaluate(built.rule, given, as_of, ruleset).decision.eligible)
        if len(seen) > 1:
            return built, tuple(item.key for item in built.lacking)
    note = Finding("fact_not_declared", about=tuple(item.key for item in built.lacking))
    return replace(built, given=worst).noting(note), ()


def answer(
    built: Built,
    as_of: date,
    states: Mapping[str, RegistryState],
    ruleset: Ruleset,
) -> Answer:
    """Ask the rule for what was built, as far as the sources and declarations allow it.

    Args:
        built: Facts of one entry point.
        as_of: Day asked about.
        states: Registry -> its freshness; a registry that is missing was never synced.
        ruleset: Rules and figures.

    Raises:
        InvalidFacts: a declared fact is not of the rulebook's shape.
    """
    sources, missing, notes = _sources(built, states)
    if missing:
        return undecided(
            built,
            as_of,
            ruleset,
            Verdict.NOT_DECIDABLE,
            NOT_DECIDABLE,
            sources=sources,
            findings=notes,
        )
    if built.given is None:
        # Nothing to ask: either the mapping says so, or a registry lacks what the question needs.
        undecidable = built.not_applicable is None
        return undecided(
            built,
            as_of,
            ruleset,
            Verdict.NOT_DECIDABLE if undecidable else Verdict.NOT_APPLICABLE,
            NOT_DECIDABLE if undecidable else NOT_APPLICABLE,
            sources=sources,
            findings=notes,
            lacking=tuple(item.key for item in built.lacking),
        )
    try:
        return _asked(built, as_of, ruleset, sources, notes)
    except (InvalidFacts, NoFigureInForce) as error:
        if built.declared:
            raise
        # Nobody declared anything: the registry's own rows contradict each other.
        about = (built.subject or "", str(error.details.get("path", "")))
        note = Finding("record_undetermined", Severity.WARNING, about=about)
        return undecided(
            built,
            as_of,
            ruleset,
            Verdict.NOT_DECIDABLE,
            NOT_DECIDABLE,
            sources=sources,
            findings=(*notes, note),
        )


def _asked(
    built: Built,
    as_of: date,
    ruleset: Ruleset,
    sources: tuple[Provenance, ...],
    notes: tuple[Finding, ...],
) -> Answer:
    if built.lacking:
        built, lacking = _settle(built, as_of, ruleset)
        if lacking:
            note = Finding("fact_not_declared", Severity.WARNING, about=lacking)
            return undecided(
                built,
                as_of,
                ruleset,
                Verdict.NOT_DECIDABLE,
                NOT_DECIDABLE,
                sources=sources,
                findings=(*notes, note),
                lacking=lacking,
            )
    assert built.given is not None
    # What a caller declared may hold days; what the builders made is JSON already.
    asked = evaluate(built.rule, built.given, as_of, ruleset, ready=not built.declared)
    decision = asked.decision
    return Answer(
        built.rule,
        as_of,
        Verdict.of(decision.eligible),
        decision.status,
        asked.ruleset_version,
        asked.facts_hash,
        decision,
        merge_findings(decision.findings, decision.notices, built.findings, notes),
        (*decision.refused, *built.refused),
        sources,
        built.given,
        decision.valid_to,
        earliest_after(as_of, (decision.next_change_on, built.changes_on)),
        decision.deadlines,
        subject=built.subject,
    )

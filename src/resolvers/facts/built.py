"""What a fact builder hands back: the facts of one entry point and all that was noticed on the way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ...domain.decision import ActivityRefusal, Finding, Severity

__all__ = ["Built", "Findings", "Lacking", "earliest_after", "iso", "merge_findings"]

_WEIGHTS: Mapping[str, Severity] = {
    "sharing.refused_by_registry": Severity.WARNING,
    "sharing.revoked_but_held": Severity.WARNING,
    "record_undetermined": Severity.WARNING,
    "unknown_value": Severity.WARNING,
    "qualification_not_confirmed": Severity.WARNING,
    "certificate_cancelled": Severity.WARNING,
    "certificate_revoked": Severity.WARNING,
    "certificate_withdrawn": Severity.WARNING,
    "stored_valid_to_differs": Severity.WARNING,
    "county_differs": Severity.WARNING,
    "birth_date_differs": Severity.WARNING,
    "ltc.extension_differs": Severity.WARNING,
    "ltc.identities_not_merged": Severity.WARNING,
    "ltc.mode_contradiction": Severity.WARNING,
    "ltc.not_registered": Severity.WARNING,
    "ltc.state_not_active": Severity.ERROR,
    "osh.profession_differs": Severity.WARNING,
    "osh.profession_not_recorded": Severity.WARNING,
    "osh.provider_not_listed": Severity.WARNING,
    "osh.termination_incomplete": Severity.WARNING,
    "osh.truancy_differs": Severity.WARNING,
    "sharing.possible_duplicate_event": Severity.WARNING,
    "vr.application_date_missing": Severity.WARNING,
    "vr.credited_hours_differ": Severity.WARNING,
    "vr.credited_hours_missing": Severity.WARNING,
    "vr.dates_contradict": Severity.WARNING,
    "vr.due_date_differs": Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A declared fact that nobody declared.

    Attributes:
        key: Path in ``given`` (``person.practice_years``).
        values: Values it could take, least favourable first. Where all give the same answer, the
            answer does not rest on the fact; empty: it always does.
    """

    key: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """Facts for one entry point, built from mirrored rows.

    Attributes:
        rule: Entry point.
        given: In the rulebook's keys, JSON-ready, without identifiers; None when there is nothing
            to ask the rule.
        findings: The mapping's own, beside the rule's.
        not_applicable: Why the rule is not asked (``qualification_not_confirmed``), or None.
        sources: Registries whose facts the answer rests on.
        subject: The agency's key of the record asked about.
        lacking: Declared facts that are missing.
        declared: Keys that the caller's declaration filled.
        refused: Records that never reach the rule, each with one reason.
        changes_on: First later day on which the same rows give other facts.
    """

    rule: str
    given: Mapping[str, object] | None
    findings: tuple[Finding, ...] = ()
    not_applicable: str | None = None
    sources: frozenset[str] = frozenset()
    subject: str | None = None
    lacking: tuple[Lacking, ...] = ()
    declared: tuple[str, ...] = ()
    refused: tuple[ActivityRefusal, ...] = ()
    changes_on: date | None = None

    def noting(self, *extra: Finding) -> "Built":
        """The same with more findings."""
        return replace(self, findings=merge_findings(self.findings, extra))


@dataclass(slots=True)
class Findings:
    """Collects findings: each code once, with the ids of all records it is about."""

    about: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, code: str, record: str | None = None) -> None:
        """Note ``code``, about the record with that id."""
        ids = self.about.setdefault(code, {})
        if record is not None:
            ids[record] = None

    def sealed(self) -> tuple[Finding, ...]:
        """The findings, sorted by code."""
        return tuple(
            Finding(code, _WEIGHTS.get(code, Severity.INFO), about=tuple(self.about[code]))
            for code in sorted(self.about)
        )


def merge_findings(*groups: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings sorted by code, each code once: the first one said keeps its severity and law."""
    merged: dict[str, Finding] = {}
    for finding in (item for group in groups for item in group):
        known = merged.get(finding.code)
        merged[finding.code] = (
            finding
            if known is None
            else Finding(
                known.code,
                known.severity,
                known.law or finding.law,
                tuple(dict.fromkeys((*known.about, *finding.about))),
            )
        )
    return tuple(merged[code] for code in sorted(merged))


def iso(day: date | None) -> str | None:
    """ISO text of a day."""
    return None if day is None else day.isoformat()


def earliest_after(day: date, days: Iterable[date | None] | Sequence[date | None]) -> date | None:
    """The first of ``days`` later than ``day``."""
    return min((item for item in days if item is not None and item > day), default=None)

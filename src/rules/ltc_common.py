"""Small things that every LTC decision needs: findings, citations of a tree, the days to come."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from ..domain.amounts import to_number
from ..domain.decision import Figure, Finding, Requirement, Severity, Step, plain
from .params import FigureValue, Ruleset

__all__ = [
    "EXCLUDED_LAW",
    "INFO",
    "SHARING_LAW",
    "WARNING",
    "WINDOW_LAW",
    "YEAR7_LAW",
    "citations_of",
    "covered_from",
    "figure_input",
    "findings_of",
    "json_ready",
    "next_day",
    "outdated_day",
    "ruleset_findings",
    "shown_number",
]

# Looked up once: in a batch the look-up in the enum would cost more than the finding itself.
INFO = Severity.INFO
WARNING = Severity.WARNING

EXCLUDED_LAW = "seed-004#未列入長照人員繼續教育積分"
SHARING_LAW = "seed-004#繼續教育積分共用條件"
WINDOW_LAW = "letter-1131961312"
YEAR7_LAW = "seed-004#問答集4.9"


def figure_input(name: str, figure: FigureValue, unit: str) -> Figure:
    """A figure of the law as an input of a step, in hundredths."""
    whole = unit not in {"points", "hours"}
    return Figure(name, figure.value * 100 if whole else figure.value, unit, figure.law)


def _laws(step: Step) -> Iterator[str]:
    if step.law is not None:
        yield step.law
    for figure in step.inputs:
        if figure.law is not None:
            yield figure.law
    for child in step.children:
        yield from _laws(child)


def citations_of(
    explanation: Step,
    requirements: Iterable[Requirement] = (),
    findings: Iterable[Finding] = (),
) -> tuple[str, ...]:
    """Every text that a decision rests on, each once, in the order of the tree."""
    laws = dict.fromkeys(_laws(explanation))
    laws.update(dict.fromkeys(requirement.law for requirement in requirements))
    laws.update(dict.fromkeys(finding.law for finding in findings if finding.law is not None))
    return tuple(laws)


@lru_cache(maxsize=64)
def outdated_day(ruleset: Ruleset) -> date | None:
    """First day on which a decision says that the ruleset may be outdated."""
    dated = ruleset.groups["ltc.ruleset"].values["may_be_outdated"]
    return next((figure.since for figure in dated if figure.enabled and figure.value), None)


@lru_cache(maxsize=64)
def covered_from(ruleset: Ruleset) -> date:
    """First day whose applications the rules were built for."""
    covered = ruleset.groups["ltc.ruleset"].values["covered"]
    return next(figure.since for figure in covered if figure.enabled and figure.value)


def ruleset_findings(
    ruleset: Ruleset, as_of: date, application: date | None = None
) -> list[Finding]:
    """Whether the question lies outside the days that the rules cover.

    Law: L0070045@2023-10-11:21.1 (修正施行後申請更新); ltc.md, Later law.
    """
    findings: list[Finding] = []
    outdated = outdated_day(ruleset)
    if outdated is not None and max(as_of, application or as_of) >= outdated:
        findings.append(Finding("ruleset_may_be_outdated", Severity.WARNING, "web"))
    if application is not None and application < covered_from(ruleset):
        findings.append(
            Finding("ruleset_not_in_force", Severity.WARNING, "L0070045@2023-10-11:21.1-1")
        )
    return findings


def findings_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by code, each code once; the records that findings of one code are about join up."""
    joined: dict[str, Finding] = {}
    for finding in findings:
        if finding.code in joined:
            first = joined[finding.code]
            finding = Finding(  # noqa: PLW2901 - the joined finding takes its place
                first.code, first.severity, first.law, (*first.about, *finding.about)
            )
        joined[finding.code] = finding
    return tuple(joined[code] for code in sorted(joined))


@lru_cache(maxsize=65536)
def shown_number(hundredths: int) -> int | float:
    """``to_number``, remembered: a batch shows the same amounts again and again."""
    return to_number(hundredths)


def json_ready(report: Mapping[str, object]) -> dict[str, object]:
    """The report of a decision with days as ISO text."""
    return {key: plain(value) for key, value in report.items()}


def next_day(as_of: date, days: Iterable[date | None]) -> date | None:
    """The earliest of ``days`` after ``as_of``."""
    return min((day for day in days if day is not None and day > as_of), default=None)

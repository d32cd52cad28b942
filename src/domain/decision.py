"""What a rule answers: a decision with requirements, findings, used and refused activities and why.

Amounts are hundredths (``domain.amounts``) everywhere, also where the unit is a count: three
attributes are 300. Days are ISO, both ends included. No prose: sentences come from the catalogues
by code (``rules/wording``).
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

from .amounts import to_number

__all__ = [
    "ActivityRefusal",
    "ActivityUse",
    "Deadline",
    "Decision",
    "Figure",
    "Finding",
    "Requirement",
    "Severity",
    "Step",
    "Window",
    "details",
    "plain",
]


class Severity(StrEnum):
    """How much a finding (發現) weighs."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Figure(msgspec.Struct, frozen=True, gc=False):
    """One number, day or word that a step used.

    Attributes:
        name: What it is (``minimum``, ``earned``).
        value: Hundredths where ``unit`` is given; else a day, a code or a claim.
        unit: points | hours | days | years | persons | courses | count ... or None.
        law: Citation of a figure of the law, None for a fact.
    """

    name: str
    value: int | date | str | bool | None
    unit: str | None = None
    law: str | None = None


class Step(msgspec.Struct, frozen=True, gc=False):
    """A node of the explanation (說明): what was looked at, by which text, with which result."""

    code: str
    law: str | None = None
    inputs: tuple[Figure, ...] = ()
    value: int | date | str | bool | None = None
    unit: str | None = None
    met: bool | None = None
    children: tuple["Step", ...] = ()


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """A requirement (要件): counted against required, in hundredths of ``unit``."""

    code: str
    met: bool
    counted: int | None
    required: int
    unit: str
    law: str
    by: date | None = None

    @property
    def short(self) -> int | None:
        """What is missing, in hundredths; 0 when enough was counted."""
        if self.counted is None:
            return None
        return max(0, self.required - self.counted)


class Finding(msgspec.Struct, frozen=True, gc=False):
    """Something a clerk should know; ``about`` names records by id, never people."""

    code: str
    severity: Severity = Severity.INFO
    law: str | None = None
    about: tuple[str, ...] = ()


class Deadline(msgspec.Struct, frozen=True, gc=False):
    """A day by which something is due (期限)."""

    code: str
    due: date
    law: str | None = None


class Window(msgspec.Struct, frozen=True, gc=False):
    """A window in which an application is open, both days included."""

    opens: date
    closes: date


class ActivityUse(msgspec.Struct, frozen=True, gc=False):
    """An activity that counted, with the amount that was counted."""

    activity: str
    amount: int
    unit: str
    requirements: tuple[str, ...] = ()


class ActivityRefusal(msgspec.Struct, frozen=True, gc=False):
    """An activity that did not count, for exactly one reason."""

    activity: str
    reason: str
    law: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """The answer of one entry point (判定).

    Attributes:
        rule: Entry point (``ltc.renewal``).
        as_of: Day the question was asked about.
        status: The rulebook's status code.
        eligible: The rulebook's ``eligible``; None where the rule reports none.
        requirements: In the rulebook's order.
        findings: Sorted by code, each once.
        notices: What to know of the texts themselves (a figure that no text at hand confirms); apart
            from the findings, which are the rulebook's answer.
        report: What the entry point reports besides status, eligible, requirements and findings,
            under the rulebook's keys, JSON-ready (days as ISO text, amounts as numbers).
        explanation: The tree of steps.
        used: Activities that counted, in input order.
        refused: Activities that did not, each with one reason, in input order.
        deadlines: Nearest first.
        window: Application window, if the rule has one.
        valid_to: Last day of what was asked about, extensions included.
        citations: Every text the decision rests on, each once.
        next_change_on: First later day on which the answer can change without new facts.
    """

    rule: str
    as_of: date
    status: str
    eligible: bool | None
    explanation: Step
    requirements: tuple[Requirement, ...] = ()
    findings: tuple[Finding, ...] = ()
    report: Mapping[str, object] = {}
    used: tuple[ActivityUse, ...] = ()
    refused: tuple[ActivityRefusal, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    window: Window | None = None
    valid_to: date | None = None
    citations: tuple[str, ...] = ()
    next_change_on: date | None = None
    notices: tuple[Finding, ...] = ()


def plain(value: object) -> object:
    """``value`` as JSON types: days become ISO text, mappings and sequences are walked."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    return value


def details(decision: Decision) -> dict[str, object]:
    """All that the entry point reports, under the rulebook's keys, JSON-ready."""
    result: dict[str, object] = {"status": decision.status}
    if decision.eligible is not None:
        result["eligible"] = decision.eligible
    result["requirements"] = {
        requirement.code: {
            "met": requirement.met,
            "counted": None if requirement.counted is None else to_number(requirement.counted),
            "required": to_number(requirement.required),
        }
        for requirement in decision.requirements
    }
    result.update({key: plain(value) for key, value in decision.report.items()})
    result["findings"] = sorted({finding.code for finding in decision.findings})
    if decision.notices:
        result["notices"] = sorted({notice.code for notice in decision.notices})
    return result

"""Deadlines of a case (個案服務時限) under the case-management plan.

Rulebook: domain/vr.md, VR-R52.
"""

from dataclasses import dataclass
from datetime import date

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY
from .params import Ruleset
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable
from .vr_facts import VrFacts
from .vr_figures import Figures, plan_notices
from .vr_staffing import deadline_status

__all__ = ["ServiceFacts", "service_deadlines"]

RULE = "vr.service_deadlines"


class ServiceFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.service_deadlines``."""

    intake_assessed_on: date | None = None
    replied_on: date | None = None
    service_provided_on: date | None = None
    entered_on: date | None = None
    referred_on: date | None = None
    discussed_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """One deadline: what starts it, until when, what ends it."""

    code: str
    start: date
    due: date
    done: date | None
    law: str


def _items(facts: ServiceFacts, figures: Figures) -> list[_Item]:
    """Reply and data entry by days, case discussion by a month; the first day never counts.

    Law: seed-001 annex 1 points 3(1), 3(5), 5. VR-R52.
    """
    items: list[_Item] = []
    by_days = (
        ("reply", "reply_days", facts.intake_assessed_on, facts.replied_on),
        ("data_entry", "data_entry_days", facts.service_provided_on, facts.entered_on),
    )
    for code, parameter, start, done in by_days:
        if start is not None:
            figure = figures.figure("days", parameter)
            due = start + int(figure.value) * DAY
            items.append(_Item(code, start, due, done, figure.law))
    if facts.referred_on is not None:
        figure = figures.figure("months", "case_discussion_months")
        due = figures.within(facts.referred_on, int(figure.value))
        items.append(
            _Item("case_discussion", facts.referred_on, due, facts.discussed_on, figure.law)
        )
    return items


def service_deadlines(facts: ServiceFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Reply, data entry and case discussion: last day and whether it was kept.

    Args:
        facts: Days on which each began and was done.
        as_of: Day asked about; what is done later is not seen.
        ruleset: Days and months of the plan.

    Returns:
        ``compliant``, or ``non_compliant`` with any finding; each item ``on_time``, ``late``,
        ``due`` or ``overdue``.

    Law: seed-001 annex 1 points 3(1), 3(5), 5. VR-R52.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    told: dict[str, object] = {}
    findings: list[Finding] = []
    deadlines: list[Deadline] = []
    steps: list[Step] = []
    days: list[date | None] = list(figures.changes_after(as_of, "days", "months", "switches"))
    for item in _items(facts, figures):
        status = deadline_status(item.due, item.done, as_of)
        told[item.code] = {"due": item.due, "status": status}
        if status in {"late", "overdue"}:
            findings.append(finding(f"{item.code}_{status}", Severity.WARNING, item.law))
        if status in {"due", "overdue"}:
            deadlines.append(Deadline(f"{item.code}_due", item.due, item.law))
            days += (item.due + DAY, item.done)
        inputs = (Figure("from", item.start), Figure("due", item.due, law=item.law))
        code = f"vr.why.{item.code}_{status}"
        steps.append(Step(code, item.law, inputs, item.done, met=status in {"on_time", "due"}))
    notices = plan_notices(figures)
    compliant = not findings
    step = Step(
        "vr.why.service_deadlines",
        figures.figure("switches", "plan_verified").law,
        (Figure("day", as_of),),
        met=compliant,
        children=tuple(steps),
    )
    return decided(
        Outcome(
            RULE,
            as_of,
            "compliant" if compliant else "non_compliant",
            compliant,
            step,
            findings=findings,
            report={
                "deadlines": told,
                "notices": [item.code for item in notices],
            },
            deadlines=deadlines,
            next_change_on=earliest_after(as_of, days),
            notices=notices,
        )
    )

"""Individual claim of continuing-education hours (個人申請).

Rulebook: domain/vr.md, VR-R34.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY
from .params import Ruleset
from .vr_common import Outcome, decided, earliest_after, finding, law_unavailable
from .vr_facts import VrFacts
from .vr_figures import Figures

__all__ = ["ClaimFacts", "individual_claim"]

RULE = "vr.individual_claim"
_GOING_ON = frozenset({"awaiting_letter", "awaiting_online_entry", "submitted"})


class ClaimFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.individual_claim``."""

    course_end: date
    posted_on: date | None = None
    documents: tuple[Literal["application_form", "course_evidence", "affidavit"], ...] = ()
    letter_on: date | None = None
    online_submitted_on: date | None = None


def _status(
    facts: ClaimFacts, as_of: date, due: date, required: Sequence[str]
) -> tuple[str, list[str]]:
    """Papers, letter, online entry, in this order; later facts than ``as_of`` are not seen."""
    posted = facts.posted_on
    if posted is None or posted > as_of:
        return ("not_filed" if as_of <= due else "overdue"), []
    if posted > due:
        return "rejected", ["claim_after_six_months"]
    if posted < facts.course_end:
        return "rejected", ["course_not_finished"]
    missing = [f"missing_{code}" for code in required if code not in facts.documents]
    if missing:
        return "incomplete", missing
    letter, online = facts.letter_on, facts.online_submitted_on
    if letter is None or letter > as_of:
        return "awaiting_letter", []
    if online is None or online > as_of:
        return "awaiting_online_entry", []
    if online < letter:
        return "awaiting_online_entry", ["online_before_letter"]
    return "submitted", []


def individual_claim(facts: ClaimFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Where a claim of hours stands: papers within six months, letter, online entry.

    Args:
        facts: Last day of the course, what was sent and received, and when.
        as_of: Day asked about; nothing dated later is seen.
        ruleset: Months and papers.

    Returns:
        ``rejected``, ``incomplete``, ``awaiting_letter``, ``awaiting_online_entry``,
        ``submitted``, ``not_filed`` or ``overdue``; the last day is still in time.

    Law: seed-000 ch. 5; Civil Code arts. 120-121. VR-R34.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    months = figures.figure("months", "claim_months")
    required = figures.figure("course_filing", "claim_documents")
    due = figures.within(facts.course_end, int(months.value))
    status, codes = _status(facts, as_of, due, required.value)
    findings: list[Finding] = [
        finding(code, Severity.ERROR if status == "rejected" else Severity.WARNING, required.law)
        for code in codes
    ]
    eligible = status in _GOING_ON
    step = Step(
        f"vr.why.claim_{status}",
        months.law,
        (
            Figure("course_end", facts.course_end),
            Figure("due", due, law=months.law),
            Figure("posted_on", facts.posted_on),
            Figure("letter_on", facts.letter_on),
        ),
        status,
        met=eligible,
        children=tuple(
            Step(
                f"vr.document.{code}",
                required.law,
                met=code in facts.documents,
            )
            for code in required.value
        ),
    )
    days = (facts.posted_on, facts.letter_on, facts.online_submitted_on)
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            eligible,
            step,
            findings=findings,
            report={"deadline": due},
            deadlines=[Deadline("claim_due", due, months.law)] if status == "not_filed" else [],
            next_change_on=earliest_after(
                as_of,
                (*days, due + DAY, *figures.changes_after(as_of, "months", "course_filing")),
            ),
        )
    )

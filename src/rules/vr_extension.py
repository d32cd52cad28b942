"""Deduction of absence (扣除期間、展延): which leaves count, by how many days the end moves.

Rulebook: domain/vr.md, VR-R44.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ..domain.decision import Deadline, Decision, Figure, Finding, Severity, Step
from ..domain.periods import DAY, add_months
from .facts import Facts, contradiction
from .params import Ruleset
from .vr_common import Outcome, count, decided, earliest_after, finding, law_unavailable
from .vr_facts import Certificate, VrFacts, union_days
from .vr_figures import Figures

__all__ = ["ExtensionFacts", "extension"]

RULE = "vr.extension"
DEDUCTED = "deducted"
_GROUPS = ("months", "extension", "switches")
_PAPERS = frozenset({"proof_missing", "local_letter_missing", "local_letter_without_dates"})


class Letter(Facts, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The local government's letter (同意文件) with the days it names, if it names any."""

    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise contradiction("to", "a last day not before the first")


class Leave(Facts, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """An absence (離開職場、因故未執行職務), both days included."""

    id: str
    start: date
    end: date
    reason: str
    proof: bool = False
    local_letter: Letter | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise contradiction("to", "a last day not before the first")


class ExtensionFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.extension``."""

    certificate: Certificate
    leaves: tuple[Leave, ...]
    application_date: date | None = None

    def __post_init__(self) -> None:
        if len({leave.id for leave in self.leaves}) != len(self.leaves):
            raise contradiction("leaves", "leaves with an id given once")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A leave with the first check it fails, or the days it deducts."""

    leave: Leave
    reason: str
    spell: tuple[date, date] | None


def _judge(leave: Leave, certificate: Certificate, figures: Figures) -> _Judged:
    """The checks of art. 11 in order; the first that fails is the reason.

    Law: N0080029:11 (三個月以上；提具證明); seed-000 ch. 7 (the letter states both days).
    """
    months = figures.number("months", "extension_absence_months")
    if leave.end < add_months(leave.start, months) - DAY:
        return _Judged(leave, "shorter_than_three_months", None)
    reasons = figures.figure("extension", "extension_reasons").value
    if isinstance(reasons, list) and leave.reason not in reasons:
        return _Judged(leave, "reason_not_accepted", None)
    if not leave.proof:
        return _Judged(leave, "proof_missing", None)
    letter, first, last = leave.local_letter, leave.start, leave.end
    if figures.is_on("require_local_letter"):
        if letter is None:
            return _Judged(leave, "local_letter_missing", None)
        if letter.start is None or letter.end is None:
            return _Judged(leave, "local_letter_without_dates", None)
    if letter is not None and letter.start is not None and letter.end is not None:
        first, last = max(first, letter.start), min(last, letter.end)
    first, last = max(first, certificate.valid_from), min(last, certificate.expires_on)
    return _Judged(leave, DEDUCTED, (first, last) if first <= last else None)


def _step(judged: _Judged, figures: Figures) -> Step:
    days = union_days([judged.spell]) if judged.spell else 0
    accepted = judged.reason == DEDUCTED
    return Step(
        "vr.why.leave_deducted" if accepted else f"vr.why.{judged.reason}",
        figures.law("extension"),
        (
            Figure("leave", judged.leave.id),
            Figure("from", judged.leave.start),
            Figure("to", judged.leave.end),
            Figure("reason", judged.leave.reason),
        ),
        count(days),
        "days",
        accepted,
    )


def _findings(reasons: Mapping[str, str], late: bool, figures: Figures) -> list[Finding]:
    law, papers = figures.law("extension"), figures.law("extension_papers")
    found = [
        finding(
            reason,
            Severity.WARNING if reason in _PAPERS else Severity.ERROR,
            papers if reason in _PAPERS else law,
            (leave,),
        )
        for leave, reason in reasons.items()
        if reason != DEDUCTED
    ]
    if late:
        found.append(finding("filed_after_expiry", Severity.ERROR, papers))
    return found


def extension(facts: ExtensionFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """How many days of absence are deducted, and until when the certificate then runs.

    Args:
        facts: Certificate with earlier deductions, leaves, day of filing.
        as_of: Day asked about; stands for the day of filing where none is given.
        ruleset: Figures; the text of the day of filing decides.

    Returns:
        ``granted``, ``needs_documents``, ``rejected``, ``not_in_force`` or
        ``law_version_unavailable``; days counted with both ends, overlapping days once.

    Law: N0080029:11. VR-R44; days rather than months: Q2.
    """
    filed = facts.application_date or as_of
    moves = facts.application_date is None
    figures = Figures(ruleset, filed, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures, moves=moves)
    if unavailable is not None:
        return unavailable
    changes = figures.changes_after(as_of, *_GROUPS) if moves else ()
    if figures.law("extension") is None:
        step = Step("vr.why.not_in_force", None, (Figure("day", filed),), met=False)
        return decided(
            Outcome(
                RULE,
                as_of,
                "not_in_force",
                False,
                step,
                next_change_on=earliest_after(as_of, changes),
            )
        )
    certificate = facts.certificate
    judged = [_judge(leave, certificate, figures) for leave in facts.leaves]
    reasons = {item.leave.id: item.reason for item in judged}
    expires_on = certificate.expires_on
    before_expiry = figures.figure("extension", "extension_before_expiry")
    late = bool(before_expiry.value) and filed > expires_on
    days = union_days(item.spell for item in judged if item.spell)
    if late:
        status = "rejected"
    elif _PAPERS & set(reasons.values()):
        status = "needs_documents"
    else:
        status = "granted" if days > 0 else "rejected"
    granted = days if status == "granted" else 0
    end = expires_on + granted * DAY
    step = Step(
        "vr.why.extension",
        figures.law("extension"),
        (
            Figure("filed_on", filed),
            Figure("valid_from", certificate.valid_from),
            Figure("expires_on", expires_on),
            Figure("new_expires_on", end),
        ),
        count(granted),
        "days",
        status == "granted",
        tuple(_step(item, figures) for item in judged),
    )
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            status == "granted",
            step,
            (),
            _findings(reasons, late, figures),
            {"deduction_days": granted, "expires_on": end, "leaves": reasons},
            deadlines=()
            if status == "granted" or filed > expires_on
            else (Deadline("certificate_expires", expires_on, figures.law("lapse")),),
            valid_to=end,
            next_change_on=earliest_after(
                as_of, (*changes, expires_on + DAY if moves and before_expiry.value else None)
            ),
        )
    )

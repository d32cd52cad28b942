"""Renewal of a VR certificate (資格認證證明更新): hours, window, new validity.

Rulebook: domain/vr.md, VR-R28..VR-R33, VR-R40..VR-R43.
"""

from dataclasses import dataclass
from datetime import date

from ..domain.decision import (
    ActivityRefusal,
    Deadline,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..domain.decision import Window as ApplicationWindow
from ..domain.periods import DAY, add_months, period_end, window_open
from .params import FigureValue, Ruleset
from .vr_activities import Activity, Credit, read_activities
from .vr_common import (
    Outcome,
    count,
    decided,
    earliest_after,
    exact,
    finding,
    law_unavailable,
    scaled,
    whole,
)
from .vr_facts import Certificate, Title, VrFacts, box_of
from .vr_figures import Figures

__all__ = ["RenewalFacts", "renewal"]

RULE = "vr.renewal"
_GROUPS = ("continuing_education", "years", "months", "switches", "weights")
_ADDS_TO = {
    "professional_law": ("vr.ce.total", "vr.ce.professional_law"),
    "ethics_quality": ("vr.ce.total", "vr.ce.ethics_quality"),
}


class RenewalFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.renewal``."""

    qualification: Title
    certificate: Certificate
    activities: tuple[Activity, ...] = ()
    application_date: date | None = None


@dataclass(frozen=True, slots=True)
class _Windows:
    """Days of VR-R40; ``place`` is where the application falls."""

    applied: date
    system_opens: date
    statutory_opens: date
    expires_on: date
    place: str


def _windows(certificate: Certificate, applied: date, figures: Figures) -> _Windows:
    """Where the application falls: too early, early for the law, in time, late.

    Law: N0080029:10 (2) (三年期間屆滿前三個月內); seed-000 ch. 6(2) (six months). VR-R40.
    """
    expires_on = certificate.expires_on
    system = window_open(expires_on, figures.number("months", "system_window_months"))
    statutory = window_open(expires_on, figures.number("months", "statutory_window_months"))
    if applied > expires_on:
        place = "late"
    elif applied >= statutory:
        place = "statutory"
    elif applied >= system:
        place = "system_early"
    else:
        place = "too_early"
    return _Windows(applied, system, statutory, expires_on, place)


def _counting_window(
    certificate: Certificate, applied: date, figures: Figures
) -> tuple[date, date]:
    """The evidence of three years, not before the certificate began.

    Law: N0080029:15 (2) (以資格認證更新申請日前三年內有效). VR-R31; stretch and floor: Q3, Q4.
    """
    months = 12 * figures.number("years", "ce_evidence_years")
    opens = add_months(applied, -months)
    if figures.is_on("ce_window_stretches"):
        opens -= certificate.deducted_days * DAY
    if figures.option("ce_window_floor", "valid_from", "none") == "valid_from":
        opens = max(opens, certificate.valid_from)
    return opens, applied


@dataclass(frozen=True, slots=True)
class _Amounts:
    """VR-R30 in parts of an hour: P, E, E cut at the cap, their total, T and the cap."""

    professional_law: int
    ethics_quality: int
    ethics_counted: int
    total: int
    required: int
    cap: int

    @property
    def is_met(self) -> bool:
        return (
            self.total >= self.required
            and self.professional_law >= self.required - self.cap
            and self.ethics_counted >= self.cap
        )


def _amounts(credit: Credit, total: FigureValue, cap: FigureValue) -> _Amounts:
    """Professional and law hours uncut, ethics and quality up to the cap.

    Law: N0080029:10 (2)-(3) (合計應達六小時；逾六小時者，以六小時計). VR-R30.
    """
    limit = scaled(cap.value)
    counted = min(credit.ethics_quality, limit)
    return _Amounts(
        credit.professional_law,
        credit.ethics_quality,
        counted,
        credit.professional_law + counted,
        scaled(total.value),
        limit,
    )


def _requirements(
    amounts: _Amounts, total: FigureValue, cap: FigureValue, by: date | None
) -> tuple[Requirement, ...]:
    rest = amounts.required - amounts.cap
    rows = (
        ("vr.ce.total", amounts.total, amounts.required, total.law),
        ("vr.ce.professional_law", amounts.professional_law, rest, total.law),
        ("vr.ce.ethics_quality", amounts.ethics_counted, amounts.cap, cap.law),
    )
    return tuple(
        Requirement(code, counted >= required, whole(counted), whole(required), "hours", law, by)
        for code, counted, required, law in rows
    )


def _explained(
    facts: RenewalFacts,
    windows: _Windows,
    opened: tuple[date, date],
    amounts: _Amounts,
    rows: tuple[Requirement, ...],
    figures: Figures,
    granted: tuple[date, date] | None,
) -> Step:
    certificate = facts.certificate
    months = figures.figure("months", "statutory_window_months")
    system = figures.figure("months", "system_window_months")
    total, professional_law, ethics_quality = rows
    children = [
        Step(
            f"vr.why.window_{windows.place}",
            months.law,
            (
                Figure("system_window_opens", windows.system_opens, law=system.law),
                Figure("statutory_window_opens", windows.statutory_opens, law=months.law),
                Figure("expires_on", windows.expires_on),
            ),
            windows.place,
            met=windows.place != "too_early",
        ),
        Step(
            "vr.why.ce_window",
            figures.law("evidence"),
            (
                Figure("from", opened[0]),
                Figure("to", opened[1]),
                Figure("records", count(len(facts.activities)), "count"),
            ),
        ),
        Step(
            "vr.why.ce_professional_law",
            professional_law.law,
            (Figure("required", professional_law.required, "hours", professional_law.law),),
            professional_law.counted,
            "hours",
            professional_law.met,
        ),
        Step(
            "vr.why.ce_ethics_quality",
            ethics_quality.law,
            (
                Figure("taken", whole(amounts.ethics_quality), "hours"),
                Figure("required", ethics_quality.required, "hours", ethics_quality.law),
            ),
            ethics_quality.counted,
            "hours",
            ethics_quality.met,
        ),
        Step(
            "vr.why.ce_total",
            total.law,
            (Figure("required", total.required, "hours", total.law),),
            total.counted,
            "hours",
            total.met,
        ),
    ]
    if granted is not None:
        years = figures.figure("years", "certificate_years")
        children.append(
            Step(
                "vr.why.new_certificate",
                figures.law("new_validity"),
                (
                    Figure("from", granted[0]),
                    Figure("to", granted[1]),
                    Figure("years", count(int(years.value)), "years", years.law),
                ),
            )
        )
    inputs = (
        Figure("application_date", windows.applied),
        Figure("valid_from", certificate.valid_from),
        Figure("valid_to", certificate.valid_to),
        Figure("deducted_days", count(certificate.deducted_days), "days"),
    )
    return Step(
        "vr.why.renewal",
        figures.law("renewal"),
        inputs,
        met=granted is not None,
        children=tuple(children),
    )


def _next_change(
    facts: RenewalFacts, as_of: date, windows: _Windows, credit: Credit, figures: Figures
) -> date | None:
    """The next day the what-if moves to something else; a fixed application date never moves."""
    if facts.application_date is not None:
        return None
    days = [windows.system_opens, windows.statutory_opens, windows.expires_on + DAY]
    days += credit.later_days
    days += figures.changes_after(as_of, *_GROUPS)
    if credit.counted_days:
        days.append(_drops_out(min(credit.counted_days), facts.certificate, figures))
    return earliest_after(as_of, days)


def _drops_out(day: date, certificate: Certificate, figures: Figures) -> date:
    """First application day on which a record of ``day`` is too old."""
    months = 12 * figures.number("years", "ce_evidence_years")
    stretch = certificate.deducted_days if figures.is_on("ce_window_stretches") else 0
    first_kept = day + (stretch + 1) * DAY
    applied = add_months(first_kept, months)
    while add_months(applied, -months) < first_kept:
        applied += DAY
    return applied


def renewal(facts: RenewalFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a certificate can be renewed on the application day, and what is missing.

    Args:
        facts: Certificate with deductions, all continuing-education records, the application day.
        as_of: Day asked about; stands for the application day where none is given.
        ruleset: Figures; those of the application day decide.

    Returns:
        ``renewable``, ``hours_short``, ``too_early``, ``not_in_force`` or
        ``law_version_unavailable``; hours in hundredths, windows with both ends included.

    Raises:
        InvalidFacts: two records share an id, or a parameter is not of the rulebook.

    Law: N0080029:10, N0080029:15 (2014: 10, 14). VR-R30..VR-R33, VR-R40..VR-R43.
    """
    applied = facts.application_date or as_of
    figures = Figures(ruleset, applied, facts.params)
    moves = facts.application_date is None
    ids = [item.id for item in facts.activities]
    unavailable = law_unavailable(RULE, as_of, figures, moves=moves, activities=ids)
    if unavailable is not None:
        return unavailable
    total = figures.get("continuing_education", "ce_total_hours")
    cap = figures.get("continuing_education", "ce_ethics_quality_hours")
    if total is None or cap is None:
        changes = figures.changes_after(as_of, *_GROUPS) if moves else ()
        return decided(
            Outcome(
                RULE,
                as_of,
                "not_in_force",
                False,
                Step("vr.why.not_in_force", None, (Figure("day", applied),), met=False),
                refused=[ActivityRefusal(item, "not_in_force") for item in ids],
                next_change_on=changes[0] if changes else None,
            )
        )
    windows = _windows(facts.certificate, applied, figures)
    opened = _counting_window(facts.certificate, applied, figures)
    credit = read_activities(
        facts.activities, box_of(facts.qualification), opened, figures, _ADDS_TO
    )
    amounts = _amounts(credit, total, cap)
    on_time = windows.place != "late"
    rows = _requirements(amounts, total, cap, windows.expires_on if on_time else None)
    if windows.place == "too_early":
        status = "too_early"
    else:
        status = "renewable" if amounts.is_met else "hours_short"
    granted: tuple[date, date] | None = None
    if status == "renewable":
        # N0080029:15-3: from the day after the old end; applied for late, from the application.
        start = windows.expires_on + DAY if on_time else applied
        granted = start, period_end(start, figures.number("years", "certificate_years"))
    findings: list[Finding] = []
    if amounts.ethics_quality > amounts.cap:
        findings.append(finding("ethics_quality_over_cap", Severity.INFO, cap.law))
    if windows.place == "system_early":
        law = figures.law("continuing_education")
        findings.append(finding("filed_before_statutory_window", Severity.INFO, law))
    if not on_time:
        findings.append(finding("certificate_lapsed", Severity.WARNING, figures.law("lapse")))
    deadlines = []
    if on_time:
        deadlines.append(Deadline("certificate_expires", windows.expires_on, figures.law("lapse")))
    if granted is not None and not moves:
        mailing = figures.figure("days", "renewal_papers_days")
        deadlines.append(
            Deadline("renewal_papers_due", applied + int(mailing.value) * DAY, mailing.law)
        )
    report: dict[str, object] = {
        "window": windows.place,
        "system_window_opens": windows.system_opens,
        "statutory_window_opens": windows.statutory_opens,
        "expires_on": windows.expires_on,
        "ce_window": {"from": opened[0], "to": opened[1]},
        "shortfall": {
            "professional_law": exact(
                max(0, amounts.required - amounts.cap - amounts.professional_law)
            ),
            "ethics_quality": exact(max(0, amounts.cap - amounts.ethics_counted)),
        },
        "activities": credit.outcomes,
    }
    if granted is not None:
        report["new_certificate"] = {"valid_from": granted[0], "valid_to": granted[1]}
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            status == "renewable",
            _explained(facts, windows, opened, amounts, rows, figures, granted),
            rows,
            findings,
            report,
            credit.used,
            credit.refused,
            deadlines,
            ApplicationWindow(windows.system_opens, windows.expires_on),
            windows.expires_on,
            _next_change(facts, as_of, windows, credit, figures),
            {
                "vr.ce.total": amounts.total,
                "vr.ce.professional_law": amounts.professional_law,
                "vr.ce.ethics_quality": amounts.ethics_counted,
            },
            credit.notices,
        )
    )

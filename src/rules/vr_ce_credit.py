"""What one continuing-education record is worth (繼續教育時數採計).

Rulebook: domain/vr.md, VR-R28, VR-R29, VR-R33.
"""

from datetime import date

from ..domain.decision import ActivityRefusal, ActivityUse, Decision, Figure, Severity, Step
from .params import Ruleset
from .vr_activities import GROUPS, Activity, Weighting, exclusion
from .vr_common import (
    HOUR,
    Outcome,
    decided,
    earliest_after,
    exact,
    finding,
    law_unavailable,
    whole,
)
from .vr_facts import VrFacts
from .vr_figures import Figures

__all__ = ["CreditFacts", "ce_credit"]

RULE = "vr.ce_credit"
_NO_BOX = ""


class CreditFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.ce_credit``."""

    activity: Activity


def ce_credit(facts: CreditFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """For which certificates one record counts, and with how many weighted hours.

    The window is not looked at: that is the question of a certificate (``vr.renewal``). Hours are
    counted in full for every ticked type, never divided.

    Args:
        facts: The record.
        as_of: Day asked about; picks the weights.
        ruleset: Figures.

    Returns:
        ``counted`` or ``not_counted`` with the one reason as finding; hours in hundredths.

    Law: N0080029:10 (2), (4), (5); seed-000 ch. 4(2), 5(2).
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures, activities=[facts.activity.id])
    if unavailable is not None:
        return unavailable
    activity = facts.activity
    boxes = tuple(dict.fromkeys(activity.qualifications))
    reason = exclusion(activity, boxes[0] if boxes else _NO_BOX, None)
    law = figures.law("continuing_education")
    weighting = Weighting(figures)
    weighted = weighting.weighted(activity)
    own = (activity.hours or 0) * (HOUR // 10_000)
    hours = None if activity.hours is None else exact(own)
    flags = ", ".join(sorted(set(activity.weights)))
    step = Step(
        "vr.why.ce_credit" if reason is None else f"vr.why.{reason}",
        law,
        (
            Figure("activity", activity.id),
            Figure("date", activity.date),
            Figure("hours", whole(own), "hours"),
            Figure("weights", flags or None),
            Figure("boxes", ", ".join(boxes) or None),
        ),
        whole(weighted) if reason is None else None,
        "hours",
        reason is None,
    )
    use = ActivityUse(activity.id, whole(weighted), "hours")
    return decided(
        Outcome(
            RULE,
            as_of,
            "counted" if reason is None else "not_counted",
            reason is None,
            step,
            findings=() if reason is None else (finding(reason, Severity.ERROR, law),),
            report={
                "hours": hours,
                "weighted_hours": None if hours is None else exact(weighted),
                "counted_for": list(boxes) if reason is None else [],
                "attribute_group": GROUPS.get(activity.attribute or ""),
            },
            used=() if reason is not None else (use,),
            refused=() if reason is None else (ActivityRefusal(activity.id, reason, law),),
            next_change_on=earliest_after(
                as_of, figures.changes_after(as_of, "weights", "switches")
            ),
            notices=weighting.notices(activity.weights) if reason is None else (),
        )
    )

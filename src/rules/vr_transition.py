"""States of an application (審核狀態) and what moves them.

Rulebook: domain/vr.md, VR-R53.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from ..domain.decision import Decision, Figure, Step
from .params import Ruleset
from .vr_common import Outcome, decided, law_unavailable
from .vr_facts import ReviewState, VrFacts
from .vr_figures import Figures

__all__ = ["TransitionFacts", "case_transition"]

RULE = "vr.case_transition"


class TransitionFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.case_transition``."""

    flow: Literal[
        "qualification",
        "hours_exemption",
        "renewal",
        "extension",
        "course_institution",
        "individual_ce",
    ]
    state: ReviewState
    events: tuple[
        Literal[
            "submit",
            "post_documents",
            "documents_complete",
            "documents_missing",
            "no_doubt",
            "doubt",
            "pass",
            "fail",
            "import_roster",
            "clear_roster",
            "online_submit",
            "verify_hours",
        ],
        ...,
    ] = ()


def case_transition(facts: TransitionFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """The state after the events; the first event without an arrow stops the reading.

    Args:
        facts: Flow, state, events in order.
        as_of: Day asked about.
        ruleset: The arrows.

    Returns:
        ``ok``, or ``invalid_transition`` with ``rejected_event`` and the state before it.

    Law: seed-000 ch. 2-7. VR-R53; closing dates are published each month, none is computed.
    """
    figures = Figures(ruleset, as_of, facts.params)
    unavailable = law_unavailable(RULE, as_of, figures)
    if unavailable is not None:
        return unavailable
    flow = figures.figure("transitions", facts.flow)
    arrows: Mapping[str, Mapping[str, str]] = flow.value
    state: str = facts.state
    steps: list[Step] = []
    rejected: str | None = None
    for event in facts.events:
        after = arrows.get(state, {}).get(event)
        code = "vr.why.event" if after is not None else "vr.why.event_rejected"
        inputs = (Figure("state", state), Figure("event", event))
        steps.append(Step(code, flow.law, inputs, after, met=after is not None))
        if after is None:
            rejected = event
            break
        state = after
    status = "ok" if rejected is None else "invalid_transition"
    report: dict[str, object] = {"state": state}
    if rejected is not None:
        report["rejected_event"] = rejected
    return decided(
        Outcome(
            RULE,
            as_of,
            status,
            rejected is None,
            Step(
                "vr.why.transition",
                flow.law,
                (Figure("flow", facts.flow), Figure("state", facts.state)),
                state,
                met=rejected is None,
                children=tuple(steps),
            ),
            report=report,
        )
    )

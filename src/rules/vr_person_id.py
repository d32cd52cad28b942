"""Numbers of people (身分證字號、統一證號): kind and check digit. VR-R39."""

from datetime import date

from ..domain.decision import Decision, Figure, Severity, Step
from ..domain.tw_id import ARC_OLD_RETIRED_FROM, IdentifierKind, check_person_number
from .params import Ruleset
from .vr_common import Outcome, decided, earliest_after, finding
from .vr_facts import VrFacts

__all__ = ["PersonIdFacts", "person_id", "tidy_number"]

RULE = "vr.person_id"
SOURCE = "web#person-numbers"


class PersonIdFacts(VrFacts, frozen=True, kw_only=True):
    """Facts of ``vr.person_id``."""

    id: str


def tidy_number(text: str) -> str:
    """Outer spaces off, upper case; nothing else, since files are passed on as they are."""
    return text.strip().upper()


def person_id(facts: PersonIdFacts, as_of: date, ruleset: Ruleset) -> Decision:  # noqa: ARG001 - no dated figures
    """Kind of a number by its shape, and whether its check digit fits.

    Args:
        facts: The number; it is repeated nowhere in the decision.
        as_of: Day asked about; old resident numbers end with 2030-12-31.
        ruleset: Not read: the algorithm has no dated figures.

    Returns:
        ``valid`` or ``invalid`` with one finding; ``kind`` is null where no shape fits.

    Law: VR-R39 (third-party pages, not confirmed).
    """
    kind, verdict = check_person_number(tidy_number(facts.id), as_of)
    valid = verdict == "valid"
    step = Step(
        f"vr.why.person_id_{'valid' if valid else verdict}",
        SOURCE,
        (Figure("kind", kind.value if kind else None),),
        verdict,
        met=valid,
    )
    ends = ARC_OLD_RETIRED_FROM if kind is IdentifierKind.OLD_ARC and valid else None
    return decided(
        Outcome(
            RULE,
            as_of,
            "valid" if valid else "invalid",
            valid,
            step,
            findings=() if valid else (finding(verdict, Severity.ERROR, SOURCE),),
            report={"kind": kind.value if kind else None},
            next_change_on=earliest_after(as_of, (ends,)),
        )
    )

"""The trainees' rows of a filing (受訓人員名冊, 附表五) against ``osh.roster``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..domain.submission import UserError
from ..rules.engine import evaluate
from ..rules.params import Ruleset
from .osh_checks import RosterPlace, Verdict, roster_verdict
from .osh_files import GivenTrainees

__all__ = ["RosterOf", "check_trainees"]


@dataclass(frozen=True, slots=True)
class RosterOf:
    """The class that a roster is for.

    Attributes:
        already: Trainees that stay beside those of the roster.
        phase: ``filing`` before the class is on file, then ``change``.
        recognition: On the day of submission; None: the institution never had one.
    """

    institution_code: str
    kind: str
    format: str
    starts_on: date
    courses: tuple[str, ...]
    phase: str
    recognition: Mapping[str, Any] | None
    already: int = 0

    def facts(self, day: date) -> dict[str, Any]:
        """``osh.roster`` without its rows; who is not the owner never comes this far."""
        facts: dict[str, Any] = {
            "class": {
                "institution": self.institution_code,
                "kind": self.kind,
                "format": self.format,
                "starts_on": self.starts_on.isoformat(),
                "courses": list(self.courses),
                "already": self.already,
            },
            "submitter": self.institution_code,
            "phase": self.phase,
            "submitted_on": day.isoformat(),
        }
        if self.recognition is not None:
            facts["recognition"] = dict(self.recognition)
        return facts


def check_trainees(
    about: RosterOf, trainees: GivenTrainees, day: date, ruleset: Ruleset
) -> tuple[Verdict, Sequence[Mapping[str, Any]]]:
    """Every error of a roster, and its rows as facts.

    Args:
        about: The class.
        trainees: File or rows.
        day: Business day: the day of submission.
        ruleset: Figures.
    """
    name = trainees.filename
    sheet = trainees.sheet(about.kind)
    if sheet.code is not None:
        wrong = UserError(sheet.code, trainees.path, name, None, sheet.expected)
        return Verdict((wrong,)), ()
    given = {**about.facts(day), "rows": list(sheet.rows)}
    decision = evaluate("osh.roster", given, day, ruleset).decision
    place = RosterPlace(name, sheet.lines)
    found = roster_verdict(given, decision, place, ruleset)
    never = UserError("osh.roster.institution_not_recognised", ("institutionCode",), name)
    errors = (*(() if about.recognition is not None else (never,)), *found.errors)
    return Verdict(errors, found.warnings), sheet.rows

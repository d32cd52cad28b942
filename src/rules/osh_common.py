"""What several OSH rules share: vocabulary, findings with a level, days that roll."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

from ..domain.decision import Finding, Severity
from ..domain.periods import end_of_period, roll_forward
from .params import Params

__all__ = [
    "CATEGORIES",
    "RELATED",
    "Category",
    "ClassDocument",
    "Format",
    "Kind",
    "after",
    "before",
    "errors",
    "text_notices",
    "warnings",
    "year_after",
]

Kind = Literal["professional", "in_service"]
Format = Literal["lecture", "group_discussion"]
ClassDocument = Literal[
    "plan_notice",
    "timetable",
    "lecturer_roster",
    "trainee_roster",
    "venue_proof",
    "sign_in",
    "roll_call",
    "score_book",
    "certificate_roll",
    "proof_roll",
]
Category = Literal["osh.regulations", "osh.risk_assessment", "osh.health_management"]

CATEGORIES: tuple[Category, ...] = (
    "osh.regulations",
    "osh.risk_assessment",
    "osh.health_management",
)
"""The three in-service categories (N0060022 art. 8(1)), in the order of the text."""

RELATED = frozenset({"related", "psychologist", "occupational_therapist", "physical_therapist"})
"""勞工健康服務相關人員: the group and its three professions."""


def _rolled(day: date, holidays: Collection[date], figures: Params) -> date:
    return roll_forward(day, holidays) if figures.value("osh.period", "roll") else day


def after(event: date, days: int, holidays: Collection[date], figures: Params) -> date:
    """A forward period in days, rolled off rest days (OSH-R1)."""
    return _rolled(event + timedelta(days=days), holidays, figures)


def before(event: date, days: int) -> date:
    """A backward period in days, never moved (OSH-R2)."""
    return event - timedelta(days=days)


def year_after(event: date, years: int, holidays: Collection[date], figures: Params) -> date:
    """A period in years from an event, rolled off rest days (OSH-R3)."""
    return _rolled(end_of_period(event, years=years), holidays, figures)


def text_notices(figures: Params) -> tuple[Finding, ...]:
    """What to say where it is not certain which text of the directions applied (U1)."""
    text = figures.get("osh.directions", "text")
    if text is None or text.confirmed:
        return ()
    return (Finding("osh.effective_day_unconfirmed", Severity.INFO, text.law),)


def errors(codes: Iterable[str], laws: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Findings that refuse, each once, sorted."""
    return _findings(codes, Severity.ERROR, laws or {})


def warnings(codes: Iterable[str], laws: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """Findings that a clerk should see, each once, sorted."""
    return _findings(codes, Severity.WARNING, laws or {})


def _findings(
    codes: Iterable[str], severity: Severity, laws: Mapping[str, str]
) -> tuple[Finding, ...]:
    return tuple(Finding(code, severity, laws.get(code)) for code in sorted(set(codes)))

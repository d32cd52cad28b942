"""What the builders of OSH facts share: rest days, and classes of which too little is on record."""

from collections.abc import Iterable
from datetime import date, timedelta

from ...domain.bundles import Row
from .built import Built, Findings
from .declared import Declared

__all__ = ["OSH", "Given", "is_determined", "rest_days", "undetermined"]

OSH = frozenset({"osh"})
Given = dict[str, object]
_REACH = timedelta(days=450)


def rest_days(holidays: Iterable[date], since: date) -> list[str]:
    """The public calendar as a fact, as far as a period that begins on ``since`` can reach.

    The longest are a year and the days after it (OSH-R44, R51, R52).
    """
    until = since + _REACH
    return [day.isoformat() for day in sorted(holidays) if since <= day <= until]


def undetermined(rule: str, findings: Findings, row: Row, said: Declared | None = None) -> Built:
    """A class whose kind is unknown, or whose days are not on record."""
    unknown = bool(row["training_kind"]) and row["training_kind__code"] is None
    findings.add("unknown_value" if unknown else "record_undetermined", row["id"])
    return Built(
        rule,
        None,
        findings.sealed(),
        not_applicable="unknown_value" if unknown else None,
        sources=OSH,
        subject=row["id"],
        declared=said.used if said else (),
    )


def is_determined(row: Row, *days: str) -> bool:
    """Whether the kind of a class is known and the named fields are on record."""
    return row["training_kind__code"] is not None and all(row[day] is not None for day in days)

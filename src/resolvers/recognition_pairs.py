"""A record and a certificate of one person, with what the rulebook says of the two (sharing.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.bundles import PersonRows
from ..domain.submission import UserError
from .context import Hub, Request
from .recognition_credit import fact_key, sharing_results

__all__ = ["Found", "Unfit", "check_open", "pairs_of"]


@dataclass(frozen=True, slots=True)
class Found:
    """A pair.

    Attributes:
        person: Who holds both.
        activity: The record as it stands among the facts.
        certificate: ``registry:key``.
        outcome: ``recognised``, or the code why it is pending or refused.
        row: Row of the recognition matrix, where one was reached.
        institution: 統一編號 of the organiser that applies.
    """

    person: PersonRows
    activity: Mapping[str, Any]
    certificate: str
    outcome: str
    row: str | None
    institution: str | None = None


class Unfit(Exception):
    """The input leads to nothing that can be done; the caller is told why as data."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__()
        self.errors = errors


def pairs_of(
    hub: Hub,
    request: Request,
    person: PersonRows,
    declared: Mapping[str, object] | None = None,
) -> list[Found]:
    """Every record of a person with every certificate."""
    given, results = sharing_results(person, request.business_day, hub.ruleset, declared)
    found = []
    for certificate in given["certificates"]:
        result = results[certificate["id"]]
        for item in given["activities"]:
            outcome = next(
                (
                    "recognised" if state == "recognised" else result[state][item["id"]]
                    for state in ("recognised", "pending", "refused")
                    if item["id"] in result[state]
                ),
                "no_matrix_row",
            )
            row = result["rows"].get(item["id"])
            found.append(Found(person, item, fact_key(certificate), outcome, row))
    return found


def check_open(found: Found) -> None:
    """Only what needs an application may be applied for; anything else says what it is.

    Raises:
        Unfit: with the rulebook's own code where it refuses or waits for something else.
    """
    if found.outcome == "awaiting_decision":
        raise Unfit(UserError("application_pending", ("activity",)))
    if found.outcome == "recognised":
        raise Unfit(UserError("already_recognised", ("activity",)))
    if found.outcome != "needs_application":
        raise Unfit(UserError(found.outcome, ("activity",)))

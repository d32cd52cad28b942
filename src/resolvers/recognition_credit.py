"""Credit of another registry in the renewal of an LTC certificate, by an authority's approval.

What counts is what ``sharing.cross_registry`` says, so that the two can never differ: once the LTC
system holds the credit itself, its own record stands for the event (S-R9) and this one is silent.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..domain.bundles import PersonRows
from ..rules.engine import evaluate
from ..rules.params import Ruleset
from .facts.ltc import Recognised
from .facts.sharing import cross_registry, held_though_revoked

__all__ = ["fact_key", "recognised_credit", "sharing_results"]

RULE = "sharing.cross_registry"
_REGISTRIES = frozenset({"vr", "osh"})


def fact_key(facts: Mapping[str, Any]) -> str:
    """``registry:id`` of an activity or certificate among the facts, whatever name it has there."""
    registry = facts["registry"]
    return f"{registry}:{str(facts['id']).removeprefix(registry + ':')}"


def sharing_results(
    person: PersonRows,
    as_of: date,
    ruleset: Ruleset,
    declared: Mapping[str, object] | None = None,
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The facts of ``sharing.cross_registry`` and its results by certificate.

    Args:
        person: With what sharing needs.
        as_of: Day asked about.
        ruleset: Figures.
        declared: ``activities`` that no registry holds.

    Raises:
        InvalidInput: something was declared that a registry decides.
        InvalidFacts: a declared activity is not of the rulebook's shape.
    """
    given: Any = cross_registry(person, as_of, declared).given
    results: Any = evaluate(RULE, given, as_of, ruleset).decision.report["results"]
    return given, results


def recognised_credit(
    person: PersonRows, certificate: str, as_of: date, ruleset: Ruleset
) -> Recognised | None:
    """What approvals add to the renewal of one LTC certificate; None where there are none.

    Args:
        person: Its holder; ``shared`` is filled where an approval is on record.
        certificate: The agency's key.
        as_of: Day asked about; later decisions are not seen.
        ruleset: Figures, the recognition matrix among them.
    """
    if person.shared is None:
        return None
    target = f"ltc:{certificate}"
    decided = {
        str(row["id"]): row for row in person.shared.hub.decisions if row["certificate"] == target
    }
    if not decided:
        return None
    given, results = sharing_results(person.shared, as_of, ruleset)
    name = next((item["id"] for item in given["certificates"] if fact_key(item) == target), "")
    found = results.get(name, {"recognised": {}, "decisions": {}})
    refused = {row["activity"] for row in person.shared.hub.refused if row["certificate"] == target}
    activities: list[dict[str, object]] = []
    findings: list[tuple[str, str]] = []
    sources: set[str] = set()
    for item in given["activities"]:
        key = item["id"]
        decision = decided.get(found["decisions"].get(key, ""))
        if decision is None or key not in found["recognised"]:
            continue
        activities.append(
            {
                "id": key,
                "date": item["date"],
                "attribute": decision["attribute"] or item.get("attribute"),
                "categories": list(decision["categories"] or ()),
                "mode": item.get("mode") or "in_person",
                "points": found["recognised"][key],
                "course_kind": "general",
            }
        )
        sources |= {item["registry"]} & _REGISTRIES
        findings.append(("ltc.recognised_credit", key))
        if fact_key(item) in refused:
            findings.append(("sharing.refused_by_registry", key))
    findings += [
        ("sharing.revoked_but_held", record)
        for record in held_though_revoked(person.shared.hub, given["activities"], target)
    ]
    days = [row["decided_on"] for row in decided.values()]
    return Recognised(activities, days, findings, frozenset(sources))

"""Every kind of decision on everything stored: its facts, asked again, give the same details."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import details
from certhub.resolvers.further_decisions import OF_ACTIVITIES, OF_CERTIFICATES, OF_PERSONS
from certhub.rules.engine import evaluate

from ..country import Country, codes

DECISION = "{ rule asOf verdict status details given }"
ASK_AGAIN = (
    "query($r: String!, $d: Date!, $g: JSON!) { evaluateRule(rule: $r, asOf: $d, given: $g) }"
)
JOURNEY = (
    '{departed_on: "2022-01-10", reentered_on: "2023-05-20", use_exemption: true, '
    "conditions: {deregistered_in_time: true, revocation_letter: true}}"
)
RETURN = '{absence: {from: "2023-01-01", to: "2023-06-30"}, consent_on: "2024-08-01"}'
PAPERS = '{items: [{id: "P1", evidence: "elearning_transcript", date: "2024-08-20", passed: true, attribute: "law", points: 2}]}'
MEDICAL = '{activities: [{id: "M1", registry: "medical_ce", date: "2024-03-01", attribute: "ethics", points: 1.5}]}'
SCHOOL = (
    '{person: {education: [{level: "college", field: "social_work"}], licences: ["social_worker"]}}'
)
FILING = '{class: {letter_on: "2024-01-02", documents: ["venue_proof"]}}'
DECLARED = {
    "ltc.points": "{minutes: 150, participants: 60, assistants: 1}",
    "vr.individual_claim": '{posted_on: "2024-06-01", documents: ["application_form"]}',
    "ltc.reentry": JOURNEY,
    "ltc.evidence": PAPERS,
    "ltc.recognition": MEDICAL,
    "vr.lapse_return": RETURN,
    "vr.qualification": SCHOOL,
}


def _asked(rule: str, name: str, role: str | None = None) -> str:
    said = f", declared: {DECLARED[rule]}" if rule in DECLARED else ""
    named = f', role: "{role}"' if role else ""
    return f'{name}: decision(rule: "{rule}"{named}{said}) {DECISION}'


def _decisions(found: Any) -> Iterator[dict[str, Any]]:
    """Every decision anywhere in an answer."""
    if isinstance(found, dict):
        if "given" in found and "rule" in found:
            yield found
        for item in found.values():
            yield from _decisions(item)
    elif isinstance(found, list):
        for item in found:
            yield from _decisions(item)


def _replayed(found: Any) -> dict[str, dict[str, Any]]:
    """Rules of the decisions in an answer, each with one that was asked again."""
    rules: dict[str, dict[str, Any]] = {}
    for decision in _decisions(found):
        if decision["given"] is None:
            continue
        again = evaluate(decision["rule"], decision["given"], date.fromisoformat(decision["asOf"]))
        assert details(again.decision) == decision["details"], decision["rule"]
        rules[decision["rule"]] = decision
    return rules


async def _pages(country: Country, fields: str) -> list[dict[str, Any]]:
    """Every person with these fields."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        found = await country.data(
            "query($a: String) { people(filter: {}, first: 10, after: $a) {"
            f" nodes {{ id {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}",
            {"a": after},
        )
        nodes += found["people"]["nodes"]
        after = found["people"]["pageInfo"]["endCursor"]
        if not found["people"]["pageInfo"]["hasNextPage"]:
            return nodes


async def test_renewals_and_other_rules_of_every_certificate(country: Country) -> None:
    by_registry = {
        name: " ".join(
            _asked(rule, f"d{index}")
            for index, rule in enumerate(OF_CERTIFICATES)
            if rule.startswith(f"{name.lower()}.")
        )
        for name in ("LTC", "VR")
    }
    everybody = [
        *await _pages(country, f"certificates {{ renewal {DECISION} }}"),
        *await _pages(country, f"certificates(registries: [LTC]) {{ {by_registry['LTC']} }}"),
        *await _pages(country, f"certificates(registries: [VR]) {{ {by_registry['VR']} }}"),
    ]

    rules = _replayed(everybody)

    assert set(rules) == {
        "ltc.renewal",
        "ltc.foreign_renewal",
        "vr.renewal",
        "osh.in_service",
        *OF_CERTIFICATES,
    }


async def test_eligibility_and_other_rules_of_every_person(country: Country) -> None:
    role = "vr.case_manager"
    everybody = await _pages(
        country,
        f'e1: eligibility(role: "{role}") {DECISION} '
        f'e2: eligibility(role: "ltc.care_worker") {DECISION} '
        'e3: eligibility(role: "osh.nurse", declared: {person: {licence: true, practice_years: 3}})'
        f" {DECISION} "
        + " ".join(_asked(rule, f"d{i}", role) for i, rule in enumerate(OF_PERSONS))
        + f" sharing {{ decision {DECISION} }}",
    )

    rules = _replayed(everybody)

    assert set(rules) == {
        "vr.eligibility",
        "ltc.validity",
        "osh.eligibility",
        "sharing.cross_registry",
        *OF_PERSONS,
    }


async def test_rules_of_every_activity(country: Country) -> None:
    everybody: list[dict[str, Any]] = []
    for registry in ("LTC", "VR"):
        fields = " ".join(
            _asked(rule, f"d{index}")
            for index, rule in enumerate(OF_ACTIVITIES)
            if rule.startswith(f"{registry.lower()}.")
        )
        everybody += await _pages(
            country, f"activities(registries: [{registry}], first: 10) {{ nodes {{ {fields} }} }}"
        )

    assert set(_replayed(everybody)) == set(OF_ACTIVITIES)


async def test_classes_trainees_institutions_and_counties(country: Country) -> None:
    found = await country.data(
        f"""{{ trainingClasses(first: 20) {{ nodes {{ filing(declared: {FILING}) {DECISION}
            closing {DECISION}
            trainees(first: 20) {{ nodes {{ attendance {DECISION} completion {DECISION} }} }} }} }}
          institutions(filter: {{registries: [OSH]}}, first: 20) {{ nodes {{
            recognitions {{ status {DECISION} }} }} }}
          staffing(county: "63000", year: 2024, declared: {{population_15_64: 30000,
            this_year: {{case_managers: 4, new_cases: 100, carried_over: 90, closed: 60}}}})
            {DECISION} }}"""
    )

    rules = _replayed(found)

    assert set(rules) == {
        "osh.class_filing",
        "osh.closing",
        "osh.attendance",
        "osh.completion",
        "osh.recognition_status",
        "vr.staffing",
    }


async def test_the_same_is_so_over_http(country: Country) -> None:
    everybody = await _pages(
        country,
        f"certificates {{ renewal {DECISION} }} sharing {{ decision {DECISION} }} "
        f'eligibility(role: "vr.case_manager") {DECISION}',
    )

    for rule, decision in _replayed(everybody).items():
        again = await country.data(
            ASK_AGAIN, {"r": rule, "d": decision["asOf"], "g": decision["given"]}
        )
        assert again["evaluateRule"] == decision["details"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('decision(rule: "vr.nothing") { status }', "UNKNOWN_RULE"),
        ('decision(rule: "ltc.reentry") { status }', "UNKNOWN_RULE"),
        ('decision(rule: "vr.qualification") { status }', "UNKNOWN_ROLE"),
    ],
)
async def test_a_rule_about_something_else_is_an_error(
    country: Country, field: str, code: str
) -> None:
    answer = await country.ask(f"{{ people(filter: {{}}, first: 1) {{ nodes {{ {field} }} }} }}")

    assert codes(answer) == [("people.nodes.0.decision", code)]


async def test_what_was_not_declared_is_named(country: Country) -> None:
    asked = 'decision(rule: "ltc.reentry") { verdict status lacking findings { code } }'

    found = await _pages(country, f"certificates(registries: [LTC]) {{ {asked} }}")

    certificates = [item["decision"] for person in found for item in person["certificates"]]
    assert {item["verdict"] for item in certificates} <= {"NOT_DECIDABLE", "NOT_APPLICABLE"}
    assert ["departed_on", "reentered_on"] in [item["lacking"] for item in certificates]


async def test_another_registrys_rule_is_refused(country: Country) -> None:
    answer = await country.ask(
        '{ people(filter: {}, first: 1) { nodes { decision(rule: "vr.case_manager_training") '
        "{ status } } } }",
        role="central-mohw",
    )

    assert [code for _, code in codes(answer)] == ["FORBIDDEN"]

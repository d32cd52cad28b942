"""Every decision can be replayed from its own facts, on any day, in any process."""

import json
from collections import Counter
from typing import Any

from .books import Somebody
from .conftest import Asker, Country, asker_of, serving

DECISIONS = """
query($n: String!, $d: Date, $r: String!) { person(identifier: {value: $n}) {
  certificates { renewal(asOf: $d) { ...D } }
  sharing(asOf: $d) { decision { ...D } }
  eligibility(role: $r, asOf: $d) { ...D } } }
fragment D on Decision { rule asOf status verdict eligible details given factsHash rulesetVersion
  nextChangeOn requirements { code label short } findings { code message } deadlines { label }
  refusedActivities { reason message } explanation { message } citations { label url } }
"""
REPLAY = "query($r: String!, $d: Date!, $g: JSON!) { evaluateRule(rule: $r, asOf: $d, given: $g) }"
ROLES = (
    "vr.employment_specialist", "vr.case_manager", "vr.vocational_assessor", "ltc.care_worker",
    "ltc.social_worker", "ltc.foreign_institution_caregiver", "osh.nurse", "osh.physician",
    "osh.psychologist",
)  # fmt: skip
DAYS = (
    None, "1990-01-01", "2016-02-14", "2017-06-03", "2019-11-12", "2022-09-04", "2023-10-13",
    "2024-02-29", "2024-06-03", "2025-03-02", "2026-07-01", "2030-01-01", "2100-12-31",
)  # fmt: skip


def decisions_of(person: dict[str, Any]) -> list[dict[str, Any]]:
    found = [item["renewal"] for item in person["certificates"]]
    return [*found, person["eligibility"], person["sharing"]["decision"]]


def chosen(country: Country, count: int) -> list[tuple[Somebody, str]]:
    """People spread over the world, each with a number that leads to nobody else."""
    people = [
        (one, min(number for number in one.numbers if not number.startswith("passport")))
        for one in country.books.people
        if any(not number.startswith("passport") for number in one.numbers)
    ]
    alone = [(one, number) for one, number in people if country.books.holders(number) == 1]
    return alone[:: max(1, len(alone) // count)]


async def test_the_rule_answers_the_given_facts_as_the_hub_did(
    hub: Asker, country: Country
) -> None:
    numbers = {number for one in country.books.people for number in one.numbers}
    names = {one.name for one in country.books.people if one.name}
    statuses = Counter[tuple[str, str]]()
    for position, (_, number) in enumerate(chosen(country, 50)):
        day = DAYS[position % len(DAYS)]
        role = ROLES[position % len(ROLES)]
        person = (await hub.data(DECISIONS, {"n": number, "d": day, "r": role}))["person"]

        for decision in decisions_of(person):
            statuses[decision["rule"], decision["status"]] += 1
            assert decision["asOf"] == (day or "2024-09-02")
            text = json.dumps(decision, ensure_ascii=False)
            assert [item for item in numbers | names if item in text] == []
            if decision["given"] is None:
                assert decision["details"] is None
                assert decision["eligible"] is None or decision["status"] == "no_certificate"
                continue
            question = {
                key: decision[name]
                for key, name in zip("rdg", ("rule", "asOf", "given"), strict=True)
            }
            again = await hub.data(REPLAY, question, purpose=None, case=None)
            assert again["evaluateRule"] == decision["details"]
            for part in (*decision["requirements"], *decision["deadlines"], *decision["citations"]):
                assert part["label"]
            for part in (*decision["findings"], *decision["refusedActivities"]):
                assert part["message"] != part.get("code", part.get("reason"))
    assert len({rule for rule, _ in statuses}) == 8
    assert len(statuses) > 20


async def test_another_process_gives_the_same_decisions(hub: Asker, country: Country) -> None:
    asked = [
        {"n": number, "d": DAYS[position % 3], "r": ROLES[position % 9]}
        for position, (_, number) in enumerate(chosen(country, 9))
    ]
    here = [await hub.data(DECISIONS, one) for one in asked]
    twice = [await hub.data(DECISIONS, one) for one in asked]

    with serving(country, PYTHONHASHSEED="7") as server:
        async with asker_of(country, server) as other:
            there = [await other.data(DECISIONS, one) for one in asked]

    assert here == twice == there


async def test_the_answer_changes_on_no_day_before_the_one_it_names(
    hub: Asker, country: Country
) -> None:
    """``nextChangeOn``: the day before gives the same verdict and status."""
    query = """query($n: String!, $d: Date) { person(identifier: {value: $n}) { certificates {
      id renewal(asOf: $d) { verdict status nextChangeOn } } } }"""
    checked = 0
    for _, number in chosen(country, 25):
        found = (await hub.data(query, {"n": number}))["person"]["certificates"]
        for item in found:
            before = item["renewal"]
            if before["nextChangeOn"] is None:
                continue
            day = country.books.day_before(before["nextChangeOn"])
            later = (await hub.data(query, {"n": number, "d": day}))["person"]["certificates"]
            after = next(one["renewal"] for one in later if one["id"] == item["id"])
            assert after == before
            checked += 1
    assert checked > 20

"""The eleven invariants of sharing.md section 5, on random histories."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

RULE = "sharing.cross_registry"
AS_OF = date(2024, 8, 23)
REGISTRIES = ("ltc", "vr", "osh")
SOURCES = (*REGISTRIES, "medical_ce", "social_worker_ce")
DAYS = st.integers(-1500, 200).map(lambda days: (AS_OF + timedelta(days=days)).isoformat())
AMOUNTS = st.integers(0, 900).map(lambda hundredths: hundredths / 100)

Given = dict[str, Any]


@st.composite
def certificates(draw: st.DrawFn, name: str) -> Given:
    start = draw(st.dates(date(2019, 1, 1), date(2024, 1, 1)))
    return {
        "id": name,
        "registry": draw(st.sampled_from(REGISTRIES)),
        "type": draw(st.sampled_from(["care_worker", "case_manager", "supervisor", "in_service"])),
        "valid_from": start.isoformat(),
        "valid_to": (start + timedelta(days=draw(st.integers(30, 2200)))).isoformat(),
    }


@st.composite
def records(draw: st.DrawFn, name: str) -> Given:
    registry = draw(st.sampled_from(SOURCES))
    record: Given = {
        "id": name,
        "registry": registry,
        "date": draw(DAYS),
        "attribute": draw(st.sampled_from(["professional", "law", "ethics", "quality"])),
        "hours" if registry in {"vr", "osh"} else "points": draw(AMOUNTS),
        "role": draw(st.sampled_from(["attendee", "instructor"])),
        "review_state": draw(st.sampled_from(["confirmed", "confirmed", "submitted", "rejected"])),
        "provider": draw(st.sampled_from([None, "p1", "p2"])),
        "event": draw(st.sampled_from([None, "e1", "e2", "e3"])),
        "categories": draw(
            st.lists(st.sampled_from(["fire_safety", "infection_control"]), max_size=2)
        ),
    }
    if registry == "medical_ce":
        record["remark_codes"] = draw(
            st.lists(st.sampled_from(["A", "D1", "D2", "E2", "F"]), max_size=2)
        )
    if registry == "vr":
        record["qualifications"] = draw(
            st.lists(st.sampled_from(["case_manager", "supervisor"]), max_size=2)
        )
        record["training_kind"] = draw(st.sampled_from(["continuing_education", "post_hire"]))
    if registry == "osh":
        record["kind"] = draw(st.sampled_from(["in_service", "professional"]))
    return record


@st.composite
def histories(draw: st.DrawFn) -> Given:
    certs = [draw(certificates(f"c{i}")) for i in range(draw(st.integers(1, 3)))]
    acts = [draw(records(f"a{i}")) for i in range(draw(st.integers(0, 6)))]
    pairs = [(a["id"], c["id"]) for a in acts for c in certs]
    chosen = st.sampled_from(pairs) if pairs else st.nothing()
    count = st.integers(0, 4 if pairs else 0)
    return {
        "certificates": certs,
        "activities": acts,
        "providers": {
            "p1": {"valid_from": "2020-01-01", "valid_to": "2023-12-31"},
            "p2": {
                "valid_from": "2019-01-01",
                "valid_to": "2026-12-31",
                "terminated": {
                    "kind": draw(st.sampled_from(["revoked", "withdrawn"])),
                    "date": draw(DAYS),
                },
            },
        },
        "applications": [
            {"activity": a, "certificate": c, "filed_on": draw(DAYS)}
            for a, c in (draw(chosen) for _ in range(draw(count)))
        ],
        "decisions": [
            {
                "id": f"d{index}",
                "activity": a,
                "certificate": c,
                "outcome": draw(st.sampled_from(["approved", "rejected"])),
                "authority": draw(st.sampled_from(["wda", "ltc_recognising_body", "osha"])),
                "decided_on": draw(DAYS),
                "amount": draw(AMOUNTS),
            }
            for index, (a, c) in enumerate(draw(chosen) for _ in range(draw(count)))
        ],
        "used": [
            {"activity": a, "certificate": c} for a, c in (draw(chosen) for _ in range(draw(count)))
        ],
    }


def _results(facts: Mapping[str, object], as_of: date = AS_OF) -> dict[str, Any]:
    results = details(evaluate(RULE, facts, as_of).decision)["results"]
    assert isinstance(results, dict)
    return results


def _own(record: Mapping[str, Any]) -> Decimal:
    return Decimal(str(record.get("points", record.get("hours"))))


@settings(max_examples=150, deadline=None)
@given(histories())
def test_every_record_has_exactly_one_outcome_and_is_named(facts: Given) -> None:
    ids = {record["id"] for record in facts["activities"]}

    for result in _results(facts).values():
        parts = [set(result[state]) for state in ("recognised", "pending", "refused")]
        assert set.union(*parts) == ids
        assert sum(map(len, parts)) == len(ids)
        assert all(isinstance(reason, str) and reason for reason in result["refused"].values())
        assert set(result["recognised"]) <= set(result["rows"])


@settings(max_examples=150, deadline=None)
@given(histories())
def test_an_event_counts_once_and_nothing_gains(facts: Given) -> None:
    records = {record["id"]: record for record in facts["activities"]}

    for result in _results(facts).values():
        events = [records[key]["event"] for key in result["recognised"] if records[key]["event"]]
        assert len(events) == len(set(events))
        for key, amount in result["recognised"].items():
            assert Decimal(str(amount)) <= _own(records[key])
        total = sum((Decimal(str(item)) for item in result["recognised"].values()), Decimal(0))
        assert Decimal(str(result["total"])) == total


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_removing_an_event_never_raises_a_sum(facts: Given, data: st.DataObject) -> None:
    if not facts["activities"]:
        return
    gone = data.draw(st.sampled_from(facts["activities"]))
    left = [
        record
        for record in facts["activities"]
        if record is not gone and not (gone["event"] and record["event"] == gone["event"])
    ]

    before, after = _results(facts), _results({**facts, "activities": left})

    for name, result in after.items():
        assert Decimal(str(result["total"])) <= Decimal(str(before[name]["total"]))
        for sums in ("attributes", "categories"):
            for key, amount in result[sums].items():
                assert Decimal(str(amount)) <= Decimal(str(before[name][sums][key]))


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_input_does_not_matter(facts: Given, random: Any) -> None:
    mixed = {
        key: random.sample(value, len(value)) if isinstance(value, list) else value
        for key, value in facts.items()
    }

    assert _results(mixed) == _results(facts)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_another_certificate_changes_nothing_for_this_one(facts: Given) -> None:
    alone = {**facts, "certificates": facts["certificates"][:1]}

    assert _results(alone)["c0"] == _results(facts)["c0"]


@settings(max_examples=150, deadline=None)
@given(histories())
def test_nothing_crosses_registries_without_law_or_decision(facts: Given) -> None:
    records = {record["id"]: record for record in facts["activities"]}
    automatic = {"M01", "M02", "M03", "M10", "M11", "M12"}

    for name, result in _results(facts).items():
        target = next(c for c in facts["certificates"] if c["id"] == name)
        for key in result["recognised"]:
            if (
                records[key]["registry"] != target["registry"]
                and result["rows"][key] not in automatic
            ):
                assert result["decisions"][key]


@settings(max_examples=100, deadline=None)
@given(histories())
def test_no_credit_from_a_provider_without_recognition(facts: Given) -> None:
    records = {record["id"]: record for record in facts["activities"]}
    ended = facts["providers"]["p2"]["terminated"]

    for result in _results(facts).values():
        for key in result["recognised"]:
            record = records[key]
            if record["provider"] == "p1":
                assert "2020-01-01" <= record["date"] <= "2023-12-31"
            if record["provider"] == "p2" and ended["date"] <= AS_OF.isoformat():
                assert ended["kind"] == "revoked"
                assert record["date"] < ended["date"]


@settings(max_examples=100, deadline=None)
@given(histories())
def test_what_is_dated_later_is_not_seen(facts: Given) -> None:
    day = AS_OF.isoformat()
    known = {
        **facts,
        "decisions": [item for item in facts["decisions"] if item["decided_on"] <= day],
        "applications": [item for item in facts["applications"] if item["filed_on"] <= day],
    }

    assert _results(known) == _results(facts)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_the_same_facts_give_the_same_bytes(facts: Given) -> None:
    first, second = (evaluate(RULE, facts, AS_OF) for _ in range(2))

    assert orjson.dumps(details(first.decision)) == orjson.dumps(details(second.decision))
    assert first.facts_hash == second.facts_hash


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"certificates": [{"id": "c", "registry": "ltc", "type": "x", "valid_from": "2024-01-02",
                            "valid_to": "2024-01-01"}]}, "certificates[0].valid_to"),
        ({"activities": [{"id": "a", "registry": "ltc", "date": "2024-01-01", "hours": 1}]},
         "activities[0].points"),
        ({"activities": [{"id": "a", "registry": "ltc", "date": "2024-01-01", "points": -1}]},
         "activities[0].points"),
        ({"activities": [{"id": "a", "registry": "mars", "date": "2024-01-01", "points": 1}]},
         "activities[0].registry"),
    ],
    ids=["ends before it starts", "wrong amount", "negative", "unknown registry"],
)  # fmt: skip
def test_contradicting_facts_name_the_fact(change: Given, path: str) -> None:
    facts = {"certificates": [], "activities": [], **change}

    with pytest.raises(InvalidFacts) as caught:
        evaluate(RULE, facts, AS_OF)

    assert caught.value.details["path"] == path

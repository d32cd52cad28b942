"""Whatever is sent as facts: an answer or a problem that names the fact, never a stack trace."""

import random
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from certhub.domain.decision import details, plain
from certhub.domain.errors import CertHubError, InvalidFacts, InvalidInput, NoFigureInForce
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import Case, read_cases
from certhub.rules.engine import evaluate
from certhub.rules.entry_points import ENTRY_POINTS

CASES = Path(__file__).parents[1] / "cases"
AS_OF = date(2024, 8, 23)
ROUNDS = 40
SPOILT: tuple[Any, ...] = (
    None,
    "",
    "no_such_code",
    -1,
    -0.01,
    0,
    0.001,
    float("nan"),
    float("inf"),
    1e30,
    10**20,
    10**400,
    True,
    [],
    {},
    {"a": 1},
    "0001-01-01",
    "9999-12-31",
    "2024-02-30",
    "2024-01-01T00:00:00",
    "NaN",
)
DAYS = ("0001-01-01", "9999-12-31", "1900-01-01", "2999-12-31", "2017-06-02", "2024-02-29")


def _by_rule() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for path in sorted(CASES.glob("*.yaml")):
        for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent)):
            found[case.rule].append(case)
    return found


BY_RULE = _by_rule()


def _nested(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    if isinstance(value, (dict, list)) and len(place) < 10:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*place, key))


def _spoil(rng: random.Random, given: dict[str, Any]) -> dict[str, Any]:
    """``given`` with one to three facts spoilt, in ways that depend on ``rng`` alone."""
    spoilt = deepcopy(given)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places(spoilt))
        if not places:
            return spoilt
        *above, key = rng.choice(places)
        holder: Any = spoilt
        for step in above:
            holder = holder[step]
        value = holder[key]
        turn = rng.random()
        if isinstance(value, dict) and value and turn < 0.3:
            del value[rng.choice(list(value))]
        elif isinstance(value, dict) and turn < 0.45:
            value["no_such_key"] = 1
        elif isinstance(value, list) and value and turn < 0.4:
            value.append(deepcopy(rng.choice(value)))
        elif isinstance(value, str) and value[4:5] == "-" and turn < 0.5:
            holder[key] = rng.choice(DAYS)
        elif turn > 0.98:
            holder[key] = _nested(200)
        else:
            holder[key] = deepcopy(rng.choice(SPOILT))
    return spoilt


@pytest.mark.parametrize("rule", sorted(ENTRY_POINTS))
def test_spoilt_facts_are_answered_or_refused_by_name(rule: str) -> None:
    rng = random.Random(f"bad input of {rule}")
    for _ in range(ROUNDS):
        case = rng.choice(BY_RULE[rule])
        given: Any = plain(resolve_case_files(case.given, case.folder))
        spoilt = _spoil(rng, given)
        day = rng.choice((case.as_of, case.as_of, date.min, date.max, date(1900, 1, 1)))

        problem = _asked(rule, spoilt, day)

        if isinstance(problem, InvalidFacts):
            # The whole is meant where a key of the whole is unknown or missing.
            whole = "keys of the rulebook" in problem.en or "missing" in problem.en
            assert problem.details["path"] or whole
        elif problem is not None:
            assert problem.details


def _asked(rule: str, given: dict[str, Any], day: date) -> CertHubError | None:
    """The problem with ``given``; None where there is an answer, which has to be JSON."""
    try:
        decision = evaluate(rule, given, day).decision
    except (InvalidInput, NoFigureInForce) as problem:
        return problem
    orjson.dumps(details(decision))
    assert decision.next_change_on is None or decision.next_change_on > day
    return None


CERTIFICATE = {"id": "c", "valid_from": "2022-01-01", "valid_to": "2021-12-31"}
RECORD = {"id": "a", "date": "2024-01-01", "attribute": "law"}
CLASS = {"kind": "professional", "starts_on": "2024-05-10", "ends_on": "2024-05-09"}
SESSIONS = [{"id": "s1", "hours": 3}]
CONTRADICTIONS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("ltc.renewal", {"certificate": CERTIFICATE}, "certificate.valid_to"),
    ("ltc.foreign_renewal", {"certificate": CERTIFICATE}, "certificate.valid_to"),
    ("ltc.recognition", {"certificate": CERTIFICATE}, "certificate.valid_to"),
    ("ltc.evidence", {"certificate": CERTIFICATE, "items": []}, "certificate.valid_to"),
    ("ltc.sharing", {"certificates": [CERTIFICATE]}, "certificates[0].valid_to"),
    (
        "ltc.reentry",
        {
            "certificate": {**CERTIFICATE, "valid_to": "2027-12-31"},
            "departed_on": "2023-02-01",
            "reentered_on": "2023-01-31",
        },
        "reentered_on",
    ),
    ("ltc.points", {"mode": "in_person", "date": "2024-01-01", "minutes": -1}, "minutes"),
    (
        "vr.renewal",
        {"qualification": "case_manager", "certificate": CERTIFICATE},
        "certificate.valid_to",
    ),
    ("vr.extension", {"certificate": CERTIFICATE, "leaves": []}, "certificate.valid_to"),
    (
        "vr.lapse_return",
        {
            "qualification": "case_manager",
            "certificate": {**CERTIFICATE, "valid_to": "2024-12-31"},
            "absence": {"from": "2024-02-01", "to": "2024-01-31"},
        },
        "absence.to",
    ),
    ("vr.ce_credit", {"activity": {**RECORD, "hours": -1}}, "activity.hours"),
    (
        "vr.staffing",
        {"county": "taipei", "year": 2024, "population_15_64": -1},
        "population_15_64",
    ),
    ("osh.class_filing", {"class": CLASS}, "class.ends_on"),
    (
        "osh.recognition",
        {
            "institution": {"category": "university"},
            "applied_on": "2024-01-01",
            "term": {"valid_from": "2024-01-01", "valid_to": "2023-12-31"},
        },
        "term.valid_to",
    ),
    (
        "osh.recognition",
        {
            "institution": {"category": "university"},
            "applied_on": "2024-01-01",
            "documents": ["permit"],
        },
        "documents[0]",
    ),
    (
        "osh.inspection",
        {
            "order": {
                "by": "mol",
                "issued_on": "2025-02-02",
                "improve_by": "2025-02-01",
            }
        },
        "order.improve_by",
    ),
    (
        "osh.attendance",
        {
            "class": {"kind": "professional", "total_hours": 0, "ends_on": "2024-05-10"},
            "sessions": SESSIONS,
        },
        "class.total_hours",
    ),
    (
        "osh.attendance",
        {
            "class": {"kind": "professional", "total_hours": 50, "ends_on": "2024-05-10"},
            "sessions": SESSIONS * 2,
        },
        "sessions[1].id",
    ),
    (
        "osh.in_service",
        {
            "person": {"profession": "nurse"},
            "activities": [
                {
                    "id": "a",
                    "date": "2024-01-01",
                    "hours": 3,
                    "provider": {
                        "kind": "institution",
                        "valid_from": "2024-01-01",
                        "valid_to": "2023-01-01",
                    },
                }
            ],
        },
        "activities[0].provider.valid_to",
    ),
    (
        "sharing.cross_registry",
        {"certificates": [{**CERTIFICATE, "registry": "ltc", "type": "care_worker"}]},
        "certificates[0].valid_to",
    ),
    ("osh.closing", {"class": {"kind": "in_service", "ends_on": "0113-01-01"}}, "class.ends_on"),
    ("vr.service_deadlines", {"replied_on": "9999-12-31"}, "replied_on"),
)


@pytest.mark.parametrize(
    ("rule", "given", "path"), CONTRADICTIONS, ids=[f"{r}:{p}" for r, _, p in CONTRADICTIONS]
)
def test_facts_that_contradict_each_other_are_refused_by_name(
    rule: str, given: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidFacts) as refused:
        evaluate(rule, given, AS_OF)

    assert refused.value.details["path"] == path
    assert refused.value.en.startswith(f"given.{path}: expected ")


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(3000, 1, 1), date.max])
def test_a_day_outside_the_calendar_is_refused(day: date) -> None:
    with pytest.raises(InvalidInput) as refused:
        evaluate("vr.person_id", {"id": "A123456789"}, day)

    assert refused.value.details["path"] == "as_of"


def test_facts_nested_without_end_are_refused_where_they_begin() -> None:
    given = {"certificate": {"id": "c"}, "activities": _nested(5000)}

    with pytest.raises(InvalidFacts) as refused:
        evaluate("ltc.renewal", given, AS_OF)

    assert str(refused.value.details["path"]).startswith("activities[0][0]")


def test_a_day_that_yaml_read_moves_its_own_calendar() -> None:
    later = AS_OF + timedelta(days=1)
    given: dict[str, Any] = {"effective_date": later}

    assert evaluate("ltc.validity", given, AS_OF).decision.status == "not_started"

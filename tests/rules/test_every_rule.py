"""What holds of every entry point, tried on the rulebooks' worked cases."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from certhub.domain.decision import Decision, details, plain
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import Case, read_cases
from certhub.rules.engine import evaluate
from certhub.rules.entry_points import ENTRY_POINTS

CASES = Path(__file__).parents[1] / "cases"
ORDERED = {"vr.roster_csv", "osh.roster", "vr.case_transition"}  # lines of a file, steps of a path

# Where the rulebook gives no day by which what is missing could still come.
NO_DAY = {
    "ltc.renewal": "a late renewal has no end; before it every requirement has its day",
    "ltc.foreign_renewal": "likewise",
    "ltc.reentry": "likewise after expiry",
    "osh.attendance": "hours missed cannot be made good once withdrawn",
    "osh.eligibility": "a qualification has no deadline",
    "osh.recognition": "an application may be completed any time",
    "sharing.cross_registry": "only claims have a last day; it stands among the deadlines",
    "vr.qualification": "a qualification has no deadline",
    "vr.renewal": "a lapsed certificate has no end; before it every requirement has its day",
}

# Events by rule: what is dated after the day asked about has not happened yet.
EVENTS = {
    "ltc.renewal": ("activities[].date",),
    "ltc.foreign_renewal": ("activities[].date",),
    "ltc.reentry": ("activities[].date",),
    "ltc.evidence": ("items[].date",),
    "osh.attendance": ("make_up[].date",),
    "osh.completion": ("exams[].date",),
    "osh.closing": ("uploaded_on", "issue_roll_on", "issued_on", "confirmed_on"),
    "osh.recognition_status": ("recognition.documents_uploaded_on", "renewal_applied_on"),
    "osh.class_filing": ("class.filed_on", "class.letter_on", "class.changed_on"),
    "osh.in_service": ("activities[].date",),
    "osh.inspection": ("order.improved_on", "order.report_on"),
    "osh.eligibility": ("person.training_passed_on",),
    "osh.recognition": ("institution.terminated_on",),
    "vr.renewal": ("activities[].date",),
    "vr.lapse_return": ("activities[].date", "consent_on"),
    "vr.eligibility": (
        "person.post_hire.trainings[].completed_on",
        "person.provisional.activities[].date",
        "person.provisional.trainings[].completed_on",
        "person.provisional.consent_on",
    ),
    "vr.qualification": ("central_consent_on", "person.trainings[].completed_on"),
    "vr.post_hire_training": ("central_consent_on", "trainings[].completed_on"),
    "vr.case_manager_training": ("courses[].completed_on",),
    "vr.individual_claim": ("posted_on", "letter_on", "online_submitted_on"),
    "vr.service_deadlines": ("replied_on", "entered_on", "discussed_on"),
    "sharing.cross_registry": ("decisions[].decided_on", "applications[].filed_on"),
}


def _cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        yield from read_cases(path.read_text(encoding="utf-8"), str(path.parent))


EVERY_CASE = list(_cases())
BY_RULE = {rule: [case for case in EVERY_CASE if case.rule == rule] for rule in ENTRY_POINTS}
EACH_RULE = pytest.mark.parametrize("rule", sorted(ENTRY_POINTS))


def _given(case: Case) -> dict[str, Any]:
    given: Any = plain(resolve_case_files(case.given, case.folder))
    return dict(given)


def _activities(rule: str, given: Mapping[str, Any]) -> set[str]:
    if rule == "vr.ce_credit":
        return {given["activity"]["id"]}
    if rule == "sharing.cross_registry":  # its report names each record for each certificate
        return set()
    return {item["id"] for item in given.get("items", given.get("activities")) or ()}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=str)
    return value


def _shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, Mapping):
        return {key: _shuffled(item, rng) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [_shuffled(item, rng) for item in value]
    if all(isinstance(item, Mapping) for item in items):
        rng.shuffle(items)
    return items


def _judged(decision: Decision) -> tuple[object, ...]:
    """The answer without what merely grows day by day."""
    met = [(item.code, item.met) for item in decision.requirements]
    return decision.status, decision.eligible, met, [item.code for item in decision.findings]


def test_every_entry_point_has_a_worked_case() -> None:
    assert {case.rule for case in EVERY_CASE} == set(ENTRY_POINTS)


@EACH_RULE
def test_every_activity_is_used_or_refused_for_one_reason(rule: str) -> None:
    for case in BY_RULE[rule]:
        given = _given(case)

        decision = evaluate(case.rule, given, case.as_of).decision

        used = [item.activity for item in decision.used]
        refused = [item.activity for item in decision.refused]
        assert len(set(used + refused)) == len(used) + len(refused), case.id
        assert set(used + refused) == _activities(case.rule, given), case.id


@EACH_RULE
def test_what_is_missing_has_its_day_where_the_rulebook_gives_one(rule: str) -> None:
    for case in BY_RULE[rule]:
        decision = evaluate(case.rule, _given(case), case.as_of).decision

        unmet = [item for item in decision.requirements if not item.met]
        open_still = _is_open(decision)
        if case.rule not in NO_DAY or open_still:
            assert [item.code for item in unmet if item.by is None] == [], case.id


def _is_open(decision: Decision) -> bool:
    """Whether a renewal is asked for while its window, or the extension, is still ahead."""
    if decision.rule in {"ltc.renewal", "ltc.foreign_renewal"}:
        return "late" not in {decision.report.get("route"), decision.report.get("path")}
    return decision.rule == "vr.renewal" and decision.report.get("window") in {
        "system_early",
        "statutory",
        "too_early",
    }


@EACH_RULE
def test_the_order_of_facts_does_not_matter(rule: str) -> None:
    for case in BY_RULE[rule] if rule not in ORDERED else ():
        given = _given(case)
        shuffled = _shuffled(given, random.Random(case.id))

        first = evaluate(rule, given, case.as_of).decision
        second = evaluate(rule, shuffled, case.as_of).decision

        assert _sorted(details(first)) == _sorted(details(second)), case.id


@EACH_RULE
def test_nothing_is_judged_otherwise_before_the_next_change(rule: str) -> None:
    for case in BY_RULE[rule]:
        given, rng = _given(case), random.Random(case.id)

        decision = evaluate(rule, given, case.as_of).decision

        until = decision.next_change_on or case.as_of + timedelta(days=900)
        between = case.as_of + timedelta(days=rng.randrange((until - case.as_of).days))
        assert _judged(evaluate(rule, given, between).decision) == _judged(decision), case.id


def _holders(given: Any, steps: list[str]) -> Iterator[tuple[dict[str, Any], list[Any] | None]]:
    """The maps that hold the last key of a path, each with the list it is an item of, if any."""
    head, *rest = steps
    if not isinstance(given, dict):
        return
    if not rest:
        if given.get(head) is not None:
            yield given, None
        return
    items = given.get(head.removesuffix("[]"))
    if not head.endswith("[]"):
        yield from _holders(items, rest)
        return
    for item in items or ():
        for holder, around in _holders(item, rest):
            yield holder, items if holder is item else around


@EACH_RULE
def test_what_is_dated_later_is_as_if_it_were_not_there(rule: str) -> None:
    for case, path in product(BY_RULE[rule], EVENTS.get(rule, ())):
        steps, rng = path.split("."), random.Random(f"{case.id} {path}")
        later, without = _given(case), _given(case)
        for given in (later, without):
            if given.get("application_date"):
                given["application_date"] = case.as_of.isoformat()
        places = len(list(_holders(later, steps)))
        if not places:
            continue
        chosen = rng.randrange(places)
        day = case.as_of + timedelta(days=rng.choice((1, 2, 40, 400)))
        list(_holders(later, steps))[chosen][0][steps[-1]] = day.isoformat()
        holder, around = list(_holders(without, steps))[chosen]
        if around is None:
            del holder[steps[-1]]
        else:
            around[:] = [item for item in around if item is not holder]

        seen, gone = (evaluate(rule, given, case.as_of).decision for given in (later, without))

        # A record that is left out is named with its reason; nothing else may differ.
        left_out = {item.reason for item in seen.refused}
        assert _judged(seen)[:3] == _judged(gone)[:3], (case.id, path)
        assert [item for item in seen.findings if item.code not in left_out] == [
            item for item in gone.findings if item.code not in left_out
        ], (case.id, path)
        assert seen.used == gone.used, (case.id, path)
        assert seen.deadlines == gone.deadlines, (case.id, path)


def test_the_days_of_the_cases_are_not_all_alike() -> None:
    assert len({case.as_of for case in EVERY_CASE}) > 60
    assert min(case.as_of for case in EVERY_CASE) < date(2019, 11, 12)

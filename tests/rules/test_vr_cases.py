"""The rulebook's cases, and what must hold of every answer they get."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from certhub.domain.decision import Decision, Step
from certhub.roster import resolve_case_files
from certhub.rules.cases import Case, read_cases, run_case
from certhub.rules.engine import evaluate
from certhub.rules.law import citation
from certhub.rules.params import current_ruleset, load_ruleset
from certhub.rules.vr import ENTRY_POINTS
from certhub.rules.wording import catalogue, render

CASES = Path(__file__).parents[1] / "cases"
FILES = [CASES / "vr.yaml", *sorted((CASES / "boundary").glob("vr.*.yaml"))]


def _all() -> Iterator[Case]:
    for file in FILES:
        yield from read_cases(file.read_text(encoding="utf-8"), str(file.parent))


EVERY_CASE = list(_all())
LOADED_AGAIN = load_ruleset()
EACH_CASE = pytest.mark.parametrize("case", EVERY_CASE, ids=lambda case: case.id)


def _given(case: Case) -> dict[str, object]:
    return resolve_case_files(case.given, case.folder)


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for child in step.children:
        yield from _steps(child)


def _codes(decision: Decision) -> set[str]:
    report = decision.report
    found = {decision.status}
    found |= {item.code for item in decision.requirements}
    found |= {item.code for item in decision.findings}
    found |= {item.code for item in decision.deadlines}
    found |= {item.reason for item in decision.refused}
    found |= {step.code for step in _steps(decision.explanation)}
    for key in ("reasons", "notices", "clauses"):
        found |= set(msgspec.convert(report.get(key, []), list[str]))
    missing = report.get("missing", {})
    assert isinstance(missing, Mapping)
    for clause, conditions in missing.items():
        found |= {clause, *conditions}
    for key in ("activities", "leaves"):
        outcomes = report.get(key, {})
        if isinstance(outcomes, Mapping):
            found |= {item for item in outcomes.values() if isinstance(item, str)}
    found |= {str(report[key]) for key in ("window", "exemption") if report.get(key)}
    rows = msgspec.convert(report.get("row_errors", []), list[dict[str, object]])
    for row in rows:
        found |= set(msgspec.convert(row["codes"], list[str]))
    return found


def test_every_entry_point_of_the_rulebook_is_there() -> None:
    assert [entry.code for entry in ENTRY_POINTS] == [
        "vr.qualification",
        "vr.post_hire_training",
        "vr.case_manager_training",
        "vr.ce_credit",
        "vr.renewal",
        "vr.extension",
        "vr.lapse_return",
        "vr.individual_claim",
        "vr.course_filing",
        "vr.roster_csv",
        "vr.staffing",
        "vr.service_deadlines",
        "vr.eligibility",
        "vr.person_id",
        "vr.case_transition",
    ]
    assert {case.rule for case in EVERY_CASE} == {entry.code for entry in ENTRY_POINTS}


@EACH_CASE
def test_the_case_passes(case: Case) -> None:
    assert run_case(case, _given(case)).failures == ()


@EACH_CASE
def test_every_code_has_a_sentence_in_both_languages(case: Case) -> None:
    decision = evaluate(case.rule, _given(case), case.as_of).decision

    unworded = {code for code in _codes(decision) if code not in catalogue()}

    assert unworded == set()


@EACH_CASE
def test_every_step_fills_its_sentence(case: Case) -> None:
    decision = evaluate(case.rule, _given(case), case.as_of).decision

    for lang in ("zh", "en"):
        sentences = [render(step, lang) for step in _steps(decision.explanation)]
        assert [text for text in sentences if "…" in text or "{" in text] == []


@EACH_CASE
def test_every_citation_resolves(case: Case) -> None:
    decision = evaluate(case.rule, _given(case), case.as_of).decision

    assert [citation(text).code for text in decision.citations] == list(decision.citations)
    assert len(set(decision.citations)) == len(decision.citations)


@pytest.mark.parametrize(
    "case",
    [case for case in EVERY_CASE if "activities" in case.given],
    ids=lambda case: case.id,
)
def test_every_activity_is_used_or_refused_once(case: Case) -> None:
    activities = msgspec.convert(case.given["activities"], list[dict[str, object]])
    decision = evaluate(case.rule, case.given, case.as_of).decision

    told = [item.activity for item in decision.used] + [item.activity for item in decision.refused]

    assert sorted(told) == sorted(str(item["id"]) for item in activities)


@EACH_CASE
def test_the_same_question_gets_the_same_bytes(case: Case) -> None:
    first = evaluate(case.rule, _given(case), case.as_of, LOADED_AGAIN)
    second = evaluate(case.rule, _given(case), case.as_of, current_ruleset())

    assert msgspec.json.encode(first, order="deterministic") == msgspec.json.encode(
        second, order="deterministic"
    )


def _answer(decision: Decision) -> tuple[object, ...]:
    return (
        decision.status,
        decision.eligible,
        [item.code for item in decision.findings],
        [(item.code, item.met) for item in decision.requirements],
        [decision.report.get(key) for key in ("reasons", "deadlines", "clause", "notices")],
    )


@EACH_CASE
def test_nothing_changes_before_the_day_that_is_named(case: Case) -> None:
    given = _given(case)
    decision = evaluate(case.rule, given, case.as_of).decision
    far = case.as_of + timedelta(days=1500)
    last = min((decision.next_change_on or date.max) - timedelta(days=1), far)

    days = {last} | {case.as_of + timedelta(days=131 * step) for step in range(1, 12)}
    for day in sorted(day for day in days if case.as_of < day <= last):
        assert _answer(evaluate(case.rule, given, day).decision) == _answer(decision), day


NUMERALS = "零一二三四五六七八九十"


def test_clause_labels_are_the_code_read_out() -> None:
    clauses = [code for code in catalogue() if re.fullmatch(r"a\d+(-\d+)*", code)]

    for code in clauses:
        parts = [NUMERALS[int(part)] for part in code[1:].split("-")]
        read = zip(parts, ("條", "項", "款", "目"), strict=False)
        assert catalogue()[code]["zh"] == "".join(f"第{number}{unit}" for number, unit in read)
    assert len(clauses) == 31

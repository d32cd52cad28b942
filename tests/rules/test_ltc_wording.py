"""Every code that an LTC decision emits has a sentence in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from certhub.domain.decision import Decision, Step
from certhub.rules.cases import Case, read_cases
from certhub.rules.engine import evaluate
from certhub.rules.wording import catalogue, read_catalogue, render

ROOT = Path(__file__).parents[2]
SENTENCES = catalogue("ltc")
CASES = [
    case
    for path in sorted((ROOT / "tests/cases").rglob("ltc*.yaml"))
    for case in read_cases(path.read_text(encoding="utf-8"))
]
REPORTED = frozenset({"route", "path", "choice", "reason", "status"})


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for child in step.children:
        yield from _steps(child)


def _reported(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _reported(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _reported(item, key)
    elif key in REPORTED and isinstance(value, str):
        yield value


def _codes(decision: Decision) -> set[str]:
    codes = {decision.status, *_reported(decision.report)}
    codes.update(one.code for one in decision.requirements)
    codes.update(one.code for one in decision.findings)
    codes.update(one.code for one in decision.deadlines)
    codes.update(one.reason for one in decision.refused)
    codes.update(step.code for step in _steps(decision.explanation))
    return codes


def _decide(case: Case) -> Decision:
    return evaluate(case.rule, case.given, case.as_of).decision


def test_every_code_of_every_case_has_a_sentence() -> None:
    emitted: set[str] = set()
    for case in CASES:
        emitted |= _codes(_decide(case))

    assert emitted - set(SENTENCES) == set()


def test_every_step_of_every_case_can_be_said_with_its_inputs() -> None:
    unsaid: set[str] = set()
    for case in CASES:
        for step in _steps(_decide(case).explanation):
            if "…" in render(step, "zh") + render(step, "en"):
                unsaid.add(step.code)

    assert unsaid == {"ltc.validity_year"}  # a day outside the validity has no year


@pytest.mark.parametrize("code", sorted(read_catalogue("ltc")))
def test_a_sentence_names_the_same_inputs_in_both_languages(code: str) -> None:
    sentence = SENTENCES[code]

    assert set(sentence) == {"zh", "en"}
    names = {lang: set(re.findall(r"\{(\w+)\}", text)) for lang, text in sentence.items()}
    assert names["zh"] == names["en"]
    assert not re.search(r"[\u4e00-\u9fff]", sentence["en"])


def test_requirements_findings_and_deadlines_are_labels_without_inputs() -> None:
    labels: set[str] = set()
    for case in CASES:
        decision = _decide(case)
        labels.update(one.code for one in decision.requirements)
        labels.update(one.code for one in decision.findings)
        labels.update(one.code for one in decision.deadlines)

    assert [code for code in sorted(labels) if "{" in SENTENCES[code]["zh"]] == []

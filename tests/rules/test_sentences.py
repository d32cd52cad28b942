"""Every code that any rulebook's cases bring out has a sentence in both languages, and every text is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certhub.domain.decision import Decision, Step
from certhub.domain.errors import CertHubError
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import read_cases
from certhub.rules.engine import evaluate
from certhub.rules.law import citation
from certhub.rules.wording import catalogue

CASES = Path(__file__).parent.parent / "cases"
FILES = sorted(CASES.rglob("*.yaml"))


def _decisions(path: Path) -> Iterator[Decision]:
    for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent)):
        try:
            given = resolve_case_files(case.given, case.folder)
            yield evaluate(case.rule, given, case.as_of).decision
        except CertHubError:
            continue


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for child in step.children:
        yield from _steps(child)


def _codes(decision: Decision) -> Iterator[str]:
    yield from (item.code for item in decision.requirements)
    yield from (item.code for item in decision.findings)
    yield from (item.code.partition(":")[0] for item in decision.deadlines)
    yield from (step.code for step in _steps(decision.explanation))


def _texts(decision: Decision) -> Iterator[str]:
    yield from decision.citations
    yield from (item.law for item in decision.requirements)
    yield from (item.law for item in decision.findings if item.law)
    for step in _steps(decision.explanation):
        if step.law:
            yield step.law
        yield from (figure.law for figure in step.inputs if figure.law)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_code_has_a_sentence_and_every_citation_resolves(path: Path) -> None:
    sentences = catalogue()
    codes: set[str] = set()
    texts: set[str] = set()
    for decision in _decisions(path):
        codes.update(_codes(decision))
        texts.update(_texts(decision))

    assert {code for code in codes if code not in sentences} == set()
    assert {text for text in texts if not citation(text).zh} == set()


def test_every_sentence_is_there_in_both_languages() -> None:
    assert {
        code for code, words in catalogue().items() if not (words["zh"] and words["en"])
    } == set()

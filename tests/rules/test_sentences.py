"""Every code has a sentence in both languages, in the words of the rulebook that said it."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from certhub.domain.decision import Decision, Step
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import read_cases
from certhub.rules.engine import evaluate
from certhub.rules.law import citation
from certhub.rules.wording import (
    REGISTRIES,
    catalogue,
    label,
    read_catalogue,
)

CASES = Path(__file__).parent.parent / "cases"
FILES = sorted(CASES.rglob("*.yaml"))

# Words that mean another thing in each rulebook; none is a requirement, a deadline or a step, which
# are shown without the rule that said them.
SAID_BY_SEVERAL = {
    "accepted",
    "certificate_revoked",
    "eligible",
    "expired",
    "incomplete",
    "late",
    "no_certificate",
    "on_time",
    "open",
    "out_of_window",
    "rejected",
    "valid",
}


def _decisions(path: Path) -> Iterator[Decision]:
    for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent)):
        given = resolve_case_files(case.given, case.folder)
        yield evaluate(case.rule, given, case.as_of).decision


def _steps(step: Step) -> Iterator[Step]:
    yield step
    for child in step.children:
        yield from _steps(child)


def _shown_without_rule(decision: Decision) -> Iterator[str]:
    yield from (item.code for item in decision.requirements)
    yield from (item.code.partition(":")[0] for item in decision.deadlines)
    yield from (step.code for step in _steps(decision.explanation))


def _codes(decision: Decision) -> Iterator[str]:
    yield decision.status
    yield from _shown_without_rule(decision)
    yield from (item.code for item in decision.findings)
    yield from (item.reason for item in decision.refused)


def _texts(decision: Decision) -> Iterator[str]:
    yield from decision.citations
    yield from (item.law for item in decision.requirements)
    yield from (item.law for item in decision.findings if item.law)
    for step in _steps(decision.explanation):
        if step.law:
            yield step.law
        yield from (figure.law for figure in step.inputs if figure.law)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_code_has_a_sentence_of_its_rule_and_every_citation_resolves(path: Path) -> None:
    codes: dict[str, set[str]] = defaultdict(set)
    alone: set[str] = set()
    texts: set[str] = set()
    for decision in _decisions(path):
        codes[decision.rule].update(_codes(decision))
        alone.update(_shown_without_rule(decision))
        texts.update(_texts(decision))

    own = {rule: {**catalogue(rule.partition(".")[0])} for rule in codes}
    assert {
        (rule, code) for rule, found in codes.items() for code in found if code not in own[rule]
    } == set()
    assert alone & SAID_BY_SEVERAL == set()
    assert {text for text in texts if not citation(text).zh} == set()


@pytest.mark.parametrize("name", ["", "roles", *REGISTRIES])
def test_every_sentence_is_there_in_both_languages(name: str) -> None:
    for code, found in catalogue(name).items():
        assert found["zh"], code
        assert found["en"], code


def test_a_code_that_several_rulebooks_word_is_known_to_be_one() -> None:
    wordings: dict[str, list[object]] = defaultdict(list)
    for name in REGISTRIES:
        for code, found in read_catalogue(name).items():
            if found not in wordings[code]:
                wordings[code].append(found)
    for code in catalogue("").keys() & wordings.keys():
        if catalogue("")[code] not in wordings[code]:
            wordings[code].append(catalogue("")[code])

    assert {code for code, found in wordings.items() if len(found) > 1} == SAID_BY_SEVERAL


@pytest.mark.parametrize(
    ("code", "rule", "zh"),
    [
        ("eligible", "osh.eligibility", "具備資格"),
        ("eligible", "vr.eligibility", "可提供服務"),
        ("eligible", "ltc.renewal", "符合"),
        ("expired", "ltc.validity", "已逾效期"),
        ("expired", "osh.recognition_status", "認可期間已屆滿"),
        ("expired", "vr.lapse_return", "一年期間已屆滿"),
        ("expired", "", "已逾期限"),
        ("withdrawn", "osh.attendance", "退訓"),
        ("withdrawn", "osh.recognition_status", "認可已撤銷"),
        ("out_of_window", "vr.renewal", "不在計算期間內"),
        ("out_of_window", "ltc.renewal", "完成日不在採計期間"),
        ("sharing.claim:a1:c1", "sharing.cross_registry", "個人申請期限"),
        ("no_such_code", "ltc.renewal", "no_such_code"),
    ],
)
def test_a_word_reads_as_the_rule_means_it(code: str, rule: str, zh: str) -> None:
    assert label(code, "zh", rule) == zh


def test_a_sentence_for_one_rule_names_a_rule_and_a_word_of_its_catalogue() -> None:
    for name in REGISTRIES:
        for code in read_catalogue(name):
            plain, _, rule = code.partition("@")
            if rule:
                assert rule.startswith(f"{name}."), code
                assert plain in catalogue(name), code

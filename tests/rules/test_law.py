"""Citations: each points at a text that is known, at an article that exists."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import ConfigurationError
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import Case, read_cases
from certhub.rules.coverage import coverage
from certhub.rules.engine import evaluate
from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.law import citation
from certhub.rules.params import current_ruleset

CASES = Path(__file__).parent.parent / "cases"


def _cases() -> list[Case]:
    return [
        case
        for path in sorted(CASES.rglob("*.yaml"))
        for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent))
    ]


def _laws(found: object) -> Iterator[str]:
    """Every citation in an answer: of steps, figures, requirements, findings and the rest."""
    if isinstance(found, Decision):
        yield from found.citations
    if isinstance(found, msgspec.Struct):
        law = getattr(found, "law", None)
        if law is not None:
            yield law
        for name in found.__struct_fields__:
            yield from _laws(getattr(found, name))
    elif isinstance(found, tuple):
        for item in found:
            yield from _laws(item)


@pytest.fixture(scope="module")
def of_answers() -> set[str]:
    """What the decisions of all worked cases cite."""
    seen: set[str] = set()
    for case in _cases():
        given = resolve_case_files(case.given, case.folder)
        seen.update(_laws(evaluate(case.rule, given, case.as_of).decision))
    return seen


@pytest.fixture(scope="module")
def of_figures() -> set[str]:
    """What the figures and entry points cite."""
    figures = {
        figure.law
        for group in current_ruleset().groups.values()
        for dated in group.values.values()
        for figure in dated
    }
    return figures | {law for entry in ENTRY_POINTS.values() for law in entry.law}


def test_every_citation_of_a_worked_case_resolves(of_answers: set[str]) -> None:
    assert len(of_answers) > 100
    assert all(citation(law).zh for law in of_answers)


def test_every_citation_of_a_figure_and_an_entry_point_resolves(of_figures: set[str]) -> None:
    assert len(of_figures) > 100
    assert all(citation(law).zh for law in of_figures)


def test_every_place_of_a_seed_that_is_cited_stands_in_the_coverage(
    of_answers: set[str], of_figures: set[str]
) -> None:
    listed = {text.text: {one.at for one in text.provisions} for text in coverage()}
    places = [law.partition("#") for law in of_answers | of_figures if law.startswith("seed-")]

    # `old-point-6` is the column of the former wording; `ch4-roster` a part of chapter 4.
    strange = {
        f"{seed}#{place}"
        for seed, _, place in places
        if place
        and not any(
            f"{place.removeprefix('old-')}-".startswith(f"{known}-") for known in listed[seed]
        )
    }

    assert strange == set()


def test_every_citation_of_the_coverage_resolves() -> None:
    cited = [provision.cited for text in coverage() for provision in text.provisions]

    assert len(cited) > 250
    assert all(one.zh and one.en for one in cited)


def test_a_citation_names_version_article_paragraph_and_item() -> None:
    found = citation("L0070045@2022-09-02:9-1-4")

    assert found.zh == "長期照顧服務人員訓練認證繼續教育及登錄辦法第9條第1項第4款（111.9.2）"
    assert found.en == "L0070045 art. 9(1)[4], version of 2022-09-02"
    assert found.article == "9-1-4"
    assert found.version == date(2022, 9, 2)
    assert found.url is not None
    assert found.url.endswith("LawOldVer.aspx?pcode=L0070045&lnndate=20220902")


def test_an_inserted_article_is_written_with_a_dot() -> None:
    found = citation("L0070045@2023-10-11:21.1-1-2")

    assert "第21條之1第1項第2款" in found.zh
    assert found.url is not None
    assert found.url.endswith("flno=21-1")


def test_a_document_is_cited_by_key_and_place() -> None:
    found = citation("seed-002#point-7")

    assert found.zh == "從事勞工健康服務醫師及護理人員之訓練機構認可及管理作業要點 point-7"
    assert (found.version, found.url, found.held) == (None, None, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("X9999999:1", "no law X9999999"),
        ("L0070045@2020-01-01:1", "version 2020-01-01 is not held"),
        ("L0070045:99", "no article 99"),
        ("L0070045:9-9", "no paragraph 9"),
        ("L0070045:9-1-9", "no item 9"),
        ("seed-999#1", "not a known law or document"),
        ("第9條", "not a known law or document"),
    ],
)
def test_a_citation_that_points_at_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        citation(text)

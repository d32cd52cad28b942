"""Article by article: what the rules cover, and that the list names only what exists."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from certhub.domain.errors import ConfigurationError
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import read_cases
from certhub.rules.coverage import State, TextCoverage, coverage, missing, read_coverage
from certhub.rules.engine import evaluate
from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.law import held_laws

CASES = Path(__file__).parent.parent / "cases"
BY_TEXT = {text.text: text for text in coverage()}
WHOLE = ("L0070045", "N0080029", "N0060022")


@pytest.mark.parametrize("law", WHOLE)
def test_every_article_of_the_newest_version_is_listed_by_itself(law: str) -> None:
    newest = max(held_laws()[0][law]["versions"])

    text = BY_TEXT[law]

    assert text.version == date.fromisoformat(newest)
    assert missing(text) == ()
    articles = {provision.at.partition("-")[0] for provision in text.provisions}
    assert articles == set(held_laws()[0][law]["versions"][newest])


def test_every_law_and_seed_held_is_listed_in_its_newest_version() -> None:
    laws, documents = held_laws()
    held = {code for code, document in documents.items() if document["held"]} - {"hub"}

    assert set(laws) | held <= set(BY_TEXT)
    for code, law in laws.items():
        assert BY_TEXT[code].version == date.fromisoformat(max(law["versions"]))
        assert missing(BY_TEXT[code]) == ()


@pytest.mark.parametrize(
    ("seed", "places"),
    [
        ("seed-000", {f"ch{number}" for number in range(1, 9)}),
        (
            "seed-002",
            {f"point-{number}" for number in range(1, 15)}
            | {f"annex-{number}" for number in range(1, 13)},
        ),
    ],
)
def test_every_chapter_of_a_seed_is_listed(seed: str, places: set[str]) -> None:
    assert {provision.at for provision in BY_TEXT[seed].provisions} == places


def test_every_point_and_annex_of_the_plan_is_listed() -> None:
    listed = {provision.at for provision in BY_TEXT["seed-001"].provisions}

    points = {place.partition("-")[0] for place in listed if not place.startswith("annex")}
    annexes = {"-".join(place.split("-")[:2]) for place in listed if place.startswith("annex")}
    assert points == {str(number) for number in range(1, 9)}
    assert annexes == {f"annex-{number}" for number in range(1, 5)}
    assert {f"annex-1-{number}" for number in (1, 2, 4, 5, 6, 7, 8)} <= listed
    assert {f"annex-1-3-{number}" for number in range(1, 8)} <= listed
    assert {f"annex-3-{number}" for number in range(1, 9)} <= listed
    assert {f"5-3-{number}" for number in range(1, 14)} <= listed


def _reported() -> dict[str, set[str]]:
    """Requirement code -> the entry points that report it in some worked case."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(CASES.rglob("*.yaml")):
        for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent)):
            given = resolve_case_files(case.given, case.folder)
            decision = evaluate(case.rule, given, case.as_of).decision
            for requirement in decision.requirements:
                found[requirement.code].add(case.rule)
    return found


def test_requirements_and_provisions_name_each_other() -> None:
    reported = _reported()

    named: dict[str, set[str]] = defaultdict(set)
    for text in coverage():
        for provision in text.provisions:
            for code in provision.codes:
                named[code].update(provision.by)
                assert not provision.by or code not in reported or reported[code] & {*provision.by}
    # A clause's experience and training hours are reported as `a7-1-5.experience`.
    clauses = {code: code.partition(".")[0] for code in reported if code[0] == "a"}
    assert {clauses.get(code, code) for code in reported} <= set(named)


def test_every_entry_point_stands_with_some_provision() -> None:
    named = {name for text in coverage() for provision in text.provisions for name in provision.by}

    # A person's number follows a formula that no text held here tells.
    assert set(ENTRY_POINTS) - named == {"vr.person_id"}


def test_every_reason_is_told_in_both_languages() -> None:
    reasons = [provision.why for text in coverage() for provision in text.provisions]

    assert all(set(why) == {"zh", "en"} for why in reasons)
    assert all(why["zh"].endswith("。") and why["en"].endswith(".") for why in reasons)


def test_what_was_not_obtained_is_unknown() -> None:
    unknown = {
        provision.citation
        for text in coverage()
        for provision in text.provisions
        if provision.state is State.UNKNOWN
    }

    assert {
        "L0070045@2023-10-11:2-2",
        "L0070045@2023-10-11:11-3",
        "N0080029@2023-09-23:13-1",
        "L0020181@2022-08-26:14",
        "seed-002#annex-11",
    } <= unknown


def _entry(**changes: str) -> str:
    lines = {
        "at": '["1"]',
        "state": "covered",
        "by": "[ltc.renewal]",
        "codes": "[ltc.total]",
        "why": "{zh: 甲。, en: A.}",
        **changes,
    }
    return "    - {" + ", ".join(f"{key}: {value}" for key, value in lines.items()) + "}\n"


def _text(*entries: str) -> str:
    return "- text: L0070045\n  version: 2023-10-11\n  entries:\n" + "".join(entries)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(_text(_entry(by="[ltc.unheard_of]")), "ltc.unheard_of", id="entry point"),
        pytest.param(_text(_entry(codes="[ltc.unheard_of]")), "ltc.unheard_of", id="code"),
        pytest.param(_text(_entry(by="[]")), "names an entry point", id="covered by nothing"),
        pytest.param(_text(_entry(state="maybe")), "state must be one of", id="state"),
        pytest.param(_text(_entry(at='["99"]')), "no article 99", id="article"),
        pytest.param(_text(_entry(at='["9-7"]')), "no paragraph 7", id="paragraph"),
        pytest.param(_text(_entry(at="[9]")), "each as text", id="place as a number"),
        pytest.param(_text(_entry(why="{zh: 甲。}")), "zh and en", id="one language"),
        pytest.param(_text(_entry(because="x")), "keys must be", id="unknown key"),
        pytest.param(_text(_entry(), _entry()), "stands there twice", id="twice"),
        pytest.param(
            _text(_entry(at='["9"]'), _entry(at='["9-1"]')), "9-1 stands there twice", id="and part"
        ),
        pytest.param(
            _text(_entry(), _entry(at="[all]")), "all stands there twice", id="all and part"
        ),
        pytest.param("- {text: L0070045}", "keys must be", id="no entries"),
    ],
)
def test_a_list_that_names_what_there_is_not_is_refused(content: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_coverage(content)


def _missing(*places: str) -> tuple[str, ...]:
    listed = ", ".join(f'"{place}"' for place in places)
    text: TextCoverage = read_coverage(_text(_entry(at=f"[{listed}]")))[0]
    return missing(text)


def test_an_article_without_entry_is_missing_paragraph_by_paragraph() -> None:
    assert [place for place in _missing("1") if place.startswith("9")] == [
        "9-1",
        "9-2",
        "9-3",
        "9-4",
    ]


def test_a_paragraph_of_which_some_items_are_listed_lacks_the_others() -> None:
    left = _missing("9-1-1", "9-1-3", "9-2", "9-3", "9-4")

    assert [place for place in left if place.startswith("9")] == ["9-1-2", "9-1-4"]

"""Figures of the LTC rules stand in data files with their law, not in Python."""

import ast
from datetime import date
from pathlib import Path

import pytest

from certhub.rules.law import citation
from certhub.rules.ltc import ENTRY_POINTS
from certhub.rules.params import current_ruleset

RULES = Path(__file__).parents[2] / "src/rules"
GROUPS = sorted(code for code in current_ruleset().groups if code.startswith("ltc."))
# Powers of two and bit positions of the tallies are layout; the calendar's ends are technical.
LAYOUT = {"ltc_tally.py", "ltc_facts.py"}
# 100 is the hundredths of one; 2 are the two cultures; 3 masks an attribute; the rest bound caches.
PLAIN = {0, 1, 2, 3, 100, 10, 6, 64, 256, 4096, 8192, 65536}


@pytest.mark.parametrize("path", sorted(RULES.glob("ltc*.py")), ids=lambda path: path.name)
def test_no_figure_of_the_law_stands_in_python(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    numbers = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in {int, float}
    }

    assert path.name in LAYOUT or numbers <= PLAIN


@pytest.mark.parametrize("code", GROUPS)
def test_every_figure_cites_a_text_that_is_known(code: str) -> None:
    group = current_ruleset().groups[code]

    laws = {figure.law for dated in group.values.values() for figure in dated}
    assert laws
    assert all(citation(law).zh for law in laws)
    assert {"zh", "en"} == set(group.title)
    assert group.notes


@pytest.mark.parametrize("entry", ENTRY_POINTS, ids=lambda entry: entry.code)
def test_every_entry_point_cites_texts_that_are_known(entry: object) -> None:
    laws = getattr(entry, "law", ())

    assert laws
    assert all(citation(law).zh for law in laws)


def test_all_nine_entry_points_are_there() -> None:
    assert [entry.code for entry in ENTRY_POINTS] == [
        "ltc.validity",
        "ltc.points",
        "ltc.renewal",
        "ltc.foreign_renewal",
        "ltc.reentry",
        "ltc.sharing",
        "ltc.id_merge",
        "ltc.recognition",
        "ltc.evidence",
    ]


def test_the_professional_minimum_is_what_the_ceiling_leaves_of_the_total() -> None:
    params = current_ruleset().on(date(2024, 8, 23))

    total = params.value("ltc.total", "minimum")
    ceiling = params.value("ltc.quality_ethics_law", "counted_at_most")
    assert params.value("ltc.professional", "minimum") == total - ceiling


def test_the_unconfirmed_ceiling_is_kept_and_not_applied() -> None:
    dated = current_ruleset().groups["ltc.online_cap"].values["counted_at_most"]

    last = dated[-1]
    assert (last.value, last.since) == (8000, date(2026, 7, 1))
    assert (last.confirmed, last.enabled) == (False, False)
    assert current_ruleset().on(date(2026, 7, 1)).value("ltc.online_cap", "counted_at_most") == 4000


@pytest.mark.parametrize(
    ("day", "minimum", "ceiling"),
    [
        (date(2017, 6, 3), 1200, 2400),
        (date(2022, 9, 3), 1200, 2400),
        (date(2022, 9, 4), 2400, 3600),
        (date(2023, 10, 13), 2400, 3600),
    ],
)
def test_the_older_figures_are_kept_with_their_days(day: date, minimum: int, ceiling: int) -> None:
    params = current_ruleset().on(day)

    assert params.value("ltc.quality_ethics_law", "minimum") == minimum
    assert params.value("ltc.quality_ethics_law", "counted_at_most") == ceiling

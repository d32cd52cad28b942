"""Every worked case of the rulebooks, and how a case is compared with an answer."""

from datetime import date
from pathlib import Path

import pytest

from certhub.domain.errors import InvalidInput
from certhub.roster.case_files import resolve_case_files
from certhub.rules.cases import Case, read_cases, run_case
from certhub.rules.entry_points import ENTRY_POINTS

CASES = Path(__file__).parent.parent / "cases"
RULEBOOKS = frozenset({"ltc", "vr", "osh", "sharing"})
READY = frozenset(code.partition(".")[0] for code in ENTRY_POINTS)


def _every_case() -> list[Case]:
    found: list[Case] = []
    for path in sorted(CASES.rglob("*.yaml")):
        found.extend(read_cases(path.read_text(encoding="utf-8"), str(path.parent)))
    return found


# A rulebook without any entry point is still being written; once all have some, nothing is skipped.
EVERY_CASE = [
    case for case in _every_case() if READY == RULEBOOKS or case.rule.partition(".")[0] in READY
]


@pytest.mark.parametrize("case", EVERY_CASE, ids=[case.id for case in EVERY_CASE])
def test_a_worked_case_is_answered_as_the_rulebook_says(case: Case) -> None:
    given = resolve_case_files(case.given, case.folder)

    outcome = run_case(case, given)

    assert outcome.failures == ()


def test_case_ids_are_unique() -> None:
    ids = [case.id for case in EVERY_CASE]

    assert len(set(ids)) == len(ids)


def test_every_rulebook_has_entry_points() -> None:
    assert READY == RULEBOOKS


def _case(expect: dict[str, object], **given: object) -> Case:
    facts = {"effective_date": date(2018, 9, 21), **given}
    return Case("own-001", "ltc.validity", date(2024, 8, 23), facts, expect)


def test_only_the_named_keys_are_compared() -> None:
    case = _case({"status": "window_open"})

    outcome = run_case(case, case.given)

    assert outcome.failures == ()


def test_null_fits_a_key_that_is_not_reported() -> None:
    case = _case({"extended_to": None, "no_such_key": None})

    outcome = run_case(case, case.given)

    assert outcome.failures == ()


def test_a_failure_names_case_key_and_both_values() -> None:
    case = _case({"valid_to": date(2024, 9, 21)})

    outcome = run_case(case, case.given)

    assert outcome.failures == ("own-001: valid_to: expected '2024-09-21', got '2024-09-20'",)


def test_numbers_are_compared_by_value_and_not_with_claims() -> None:
    case = Case(
        "own-002",
        "ltc.points",
        date(2024, 8, 20),
        {"mode": "in_person", "date": date(2020, 7, 31), "minutes": 180},
        {"points": "3.60"},
    )

    outcome = run_case(case, case.given)

    assert outcome.failures == ()


def test_findings_are_a_set() -> None:
    given = {"stored_valid_to": date(2027, 9, 22)}
    case = _case({"findings": ["stored_valid_to_differs"]}, **given)
    other = _case({"findings": []}, **given)

    assert run_case(case, case.given).failures == ()
    assert run_case(other, other.given).failures == (
        "own-001: findings: expected [], got ['stored_valid_to_differs']",
    )


def test_a_list_of_another_length_fails() -> None:
    case = _case({"years": []})

    outcome = run_case(case, case.given)

    assert len(outcome.failures) == 1
    assert outcome.failures[0].startswith("own-001: years: expected [], got [")


def test_a_rule_that_is_not_there_fails() -> None:
    case = Case("own-003", "ltc.unheard_of", date(2024, 8, 20), {}, {})

    outcome = run_case(case, case.given)

    assert outcome.failures == (
        "own-003: ltc.unheard_of: UNKNOWN_RULE: no rule 'ltc.unheard_of'; see `certhub rules list`",
    )


@pytest.mark.parametrize("text", ["{}", "- {id: x}", "just text", "- 1"])
def test_a_file_that_is_no_list_of_cases_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="expected a YAML list of cases"):
        read_cases(text)

"""Files named in rule cases are found beside the cases or above them."""

from pathlib import Path

import pytest

from certhub.domain.errors import InvalidInput
from certhub.roster import resolve_case_files


@pytest.mark.parametrize("below", ["", "cases", "cases/boundary"])
def test_a_file_is_found_in_the_folder_or_two_above(tmp_path: Path, below: str) -> None:
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "a.csv").write_text("x,y\n", encoding="utf-8")

    given = resolve_case_files({"files": [{"domain": 2, "file": "samples/a.csv"}], "n": 1}, folder)

    assert given == {"files": [{"domain": 2, "rows": [["x", "y"]]}], "n": 1}


def test_rows_given_and_other_facts_stay_as_they_are() -> None:
    facts: dict[str, object] = {"files": [{"domain": 1, "rows": [["x"]]}], "role": "case_manager"}

    assert resolve_case_files(facts, ".") == facts
    assert resolve_case_files({"role": "case_manager"}, ".") == {"role": "case_manager"}


def test_a_file_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve_case_files({"files": [{"domain": 1, "file": "samples/b.csv"}]}, tmp_path)

    assert refused.value.details == {"file": "samples/b.csv"}

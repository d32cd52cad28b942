"""Tables out, and in again."""

import json

import pytest

from certhub.roster.errors import FileTypeUnknown
from certhub.roster.reading import read_roster
from certhub.roster.writing import write_table

HEADER = ("ref", "姓名")
ROWS = [("1", "王小明"), ("-2", "李,華"), ("=1+1", "")]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.ods"])
def test_a_table_comes_back_as_it_was_without_formulas(name: str) -> None:
    sheet = read_roster(write_table(name, HEADER, ROWS), name)

    assert sheet.rows is not None
    assert [tuple(row) for row in sheet.rows] == [
        HEADER,
        ("1", "王小明"),
        ("-2", "李,華"),
        ("'=1+1", ""),
    ]


def test_json_names_every_cell() -> None:
    assert json.loads(write_table("a.json", HEADER, ROWS[:1])) == [{"ref": "1", "姓名": "王小明"}]


def test_another_ending_is_refused() -> None:
    with pytest.raises(FileTypeUnknown):
        write_table("a.txt", HEADER, ROWS)

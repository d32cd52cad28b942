"""Tables out, and in again."""

import io
import json

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certhub.roster.cells import bare_cell, plain_cell
from certhub.roster.errors import FileTypeUnknown
from certhub.roster.reading import read_roster
from certhub.roster.writing import write_table

HEADER = ("ref", "姓名")
ROWS = [("1", "王小明"), ("-2", "李,華"), ("=1+1", "")]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.ods"])
def test_a_table_comes_back_as_it_was(name: str) -> None:
    sheet = read_roster(write_table(name, HEADER, ROWS), name)

    assert sheet.rows is not None
    assert [tuple(row) for row in sheet.rows] == [HEADER, *ROWS]


NASTY = ["=1+1", "+1+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "＝1", "--5", "\n=1"]


@pytest.mark.parametrize("cell", NASTY)
def test_nothing_that_begins_like_a_formula_is_written_bare_in_any_place(cell: str) -> None:
    assert plain_cell(cell) == f"'{cell}"
    assert bare_cell(plain_cell(cell)) == cell

    text = write_table("a.csv", [cell], [[cell]]).decode("utf-8-sig")
    assert text.count(f"'{cell}") == 2


def test_in_a_workbook_they_are_text_and_not_formulas() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_table("a.xlsx", ["=1"], [[c] for c in NASTY])))
    [sheet] = book.worksheets

    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


@pytest.mark.parametrize("cell", ["", "甲", "-2", "+3.5", "'", "'甲", "A-1", "12="])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert plain_cell(cell) == cell
    assert bare_cell(cell) == cell


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12))
@example("a\x00b\ufffe\ud800")
def test_any_text_can_be_written_in_every_form(cell: str) -> None:
    for name in ("a.csv", "a.xlsx", "a.ods"):
        assert write_table(name, [cell], [[cell]])


def test_json_names_every_cell() -> None:
    assert json.loads(write_table("a.json", HEADER, ROWS[:1])) == [{"ref": "1", "姓名": "王小明"}]


def test_another_ending_is_refused() -> None:
    with pytest.raises(FileTypeUnknown):
        write_table("a.txt", HEADER, ROWS)

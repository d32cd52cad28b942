"""A rejected file comes back as it was, with one column more."""

import pytest

from certhub.roster.corrections import corrected, corrected_name
from certhub.roster.errors import FileUnreadable
from certhub.roster.reading import read_roster
from certhub.roster.trainees import read_trainees
from certhub.roster.writing import write_table

ROWS = [
    ["附表五", ""],
    ["序號", "姓名", "出生年月日", "身分證字號"],
    ["1", "=甲", "", "A1"],
    ["2", "乙"],
]


def _file(name: str) -> bytes:
    return write_table(name, ROWS[0], [row + [""] * (4 - len(row)) for row in ROWS[1:]])


@pytest.mark.parametrize("name", ["名冊.csv", "名冊.ods", "名冊.xlsx"])
def test_errors_stand_behind_their_rows_in_the_same_kind_of_file(name: str) -> None:
    content = corrected(_file(name), name, {3: ["甲錯", "乙錯"], 4: ["丙錯"]}, ["人數不足"])

    rows = read_roster(content, name).rows
    assert rows is not None
    assert [row[4] for row in rows] == ["", "錯誤說明：人數不足", "甲錯；乙錯", "丙錯"]
    assert rows[2][:4] == ("1", "=甲", "", "A1")
    assert corrected_name(name) == f"名冊-更正.{name[-3:] if name[-4] == '.' else 'xlsx'}"


@pytest.mark.parametrize("name", ["名冊.csv", "名冊.ods", "名冊.xlsx"])
def test_it_is_read_again_with_the_column_and_without(name: str) -> None:
    marked = read_roster(corrected(_file(name), name, {3: ["甲錯"]}), name)
    before = read_roster(_file(name), name)

    assert read_trainees(marked, "in_service") == read_trainees(before, "in_service")


def test_a_file_corrected_twice_has_one_column() -> None:
    once = corrected(_file("a.csv"), "a.csv", {3: ["甲錯"]})
    twice = corrected(once, "a.csv", {4: ["乙錯"]})

    rows = read_roster(twice, "a.csv").rows
    assert rows is not None
    assert [row[4:] for row in rows] == [("",), ("錯誤說明",), ("",), ("乙錯",)]


def test_a_csv_comes_back_in_utf_8_whatever_it_was() -> None:
    content = corrected("序號,姓名\r\n1,甲\r\n".encode("cp950"), "a.csv", {2: ["錯"]})

    assert content.startswith(b"\xef\xbb\xbf")
    assert read_roster(content, "a.csv").encoding == "utf-8"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_a_file_without_rows_cannot_be_marked(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        corrected(content, "a.csv", {})

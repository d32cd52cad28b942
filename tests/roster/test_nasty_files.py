"""Files as people and attackers send them: read as shown, or refused with one sentence."""

import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest

from certhub.roster import FileTooLarge, FileUnreadable, TooManyRows, guard, read_roster


def _saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _book(*rows: tuple[Any, ...]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    return book


def _with(data: bytes, **parts: bytes) -> bytes:
    """A packed file with parts replaced or added; ``__`` stands for a dot, ``___`` for a slash."""
    named = {
        name.replace("___", "/").replace("__", "."): content for name, content in parts.items()
    }
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            if item.filename not in named:
                new.writestr(item, old.read(item))
        for name, content in named.items():
            new.writestr(name, content)
    return out.getvalue()


def test_the_first_sheet_that_is_shown_counts() -> None:
    book = _book(("隱藏",))
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("名冊").append(("姓名",))

    assert read_roster(_saved(book), "a.xlsx").rows == (("姓名",),)


def test_a_formula_comes_as_its_last_value_and_runs_nowhere() -> None:
    data = _saved(_book(("x",)))
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="str"><f>cmd|\'/c calc\'!A0</f><v>7</v></c>'
        b'<c r="B1"><f>[1]x!$A$1</f></c></row></sheetData></worksheet>'
    )

    found = read_roster(_with(data, xl___worksheets___sheet1__xml=sheet), "a.xlsx")

    assert found.rows is not None
    assert found.rows[0][0] == "7"
    assert not any(found.rows[0][1:])


def test_a_workbook_with_macros_is_refused() -> None:
    rels = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" Type="http://schemas.microsoft.com/office/2006/relationships/'
        b'vbaProject" Target="vbaProject.bin"/></Relationships>'
    )
    data = _with(
        _saved(_book(("x",))), xl____rels___workbook__xml__rels=rels, xl___vbaProject__bin=b"x"
    )

    with pytest.raises(FileUnreadable):
        read_roster(data, "a.xlsx")


def test_entities_that_multiply_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 999 + b'">]><l>&b;</l>'

    with pytest.raises(FileUnreadable):
        read_roster(_with(_saved(_book(("x",))), xl___sharedStrings__xml=bomb), "a.xlsx")


def test_a_part_that_unpacks_to_far_more_than_was_sent_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b" " * (8 * 1024 * 1024))

    with pytest.raises(FileTooLarge) as refused:
        read_roster(stream.getvalue(), "a.ods")

    assert refused.value.details["max_ratio"] == 250


def test_a_part_of_nothing_but_tags_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_MAX_ELEMENTS", 1000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b"<a>" + b"<b/>" * 1000 + b"</a>")

    with pytest.raises(TooManyRows):
        read_roster(stream.getvalue(), "a.ods")


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,\0\n",
        "姓名,證號\n".encode("utf-16-le"),
        "a,b\n".encode("utf-16-le"),
        "姓名\n".encode("cp950") + b"\xfa\x40\n",  # a character made by users
        "姓名\n".encode() + "測試".encode("cp950"),  # two encodings in one file
        b"\x1b$B4A;z\x1b(B\n",  # ISO-2022-JP
    ],
    ids=["nul", "utf-16", "utf-16-ascii", "made-characters", "two-encodings", "iso-2022"],
)  # fmt: skip
def test_text_of_no_certain_encoding_is_never_guessed(data: bytes) -> None:
    assert read_roster(data, "a.csv").rows is None


def test_characters_made_by_users_come_through_in_utf_8() -> None:
    assert read_roster("王\ue000明\n".encode(), "a.csv").rows == (("王\ue000明",),)


def test_line_ends_may_be_mixed() -> None:
    assert read_roster(b"a\r\nb\nc\rd", "a.csv").rows == (("a",), ("b",), ("c",), ("d",))


def test_a_quote_that_never_ends_is_no_row() -> None:
    with pytest.raises(FileUnreadable):
        read_roster(b'a,"b\nc,d\ne,f\n', "a.csv")

    assert read_roster('5" 管,b\n'.encode(), "a.csv").rows == (('5" 管', "b"),)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"a" * 200_000 + b"\n", FileUnreadable),
        (b"," * 1_000_000, TooManyRows),
        (b"\n" * 20_001, TooManyRows),
    ],
    ids=["one long cell", "a million columns", "too many blank lines"],
)
def test_lines_have_limits(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_roster(data, "a.csv")


def test_numbers_dates_and_merged_cells_come_as_a_person_reads_them() -> None:
    book = _book(
        (20240315.0, date(2024, 3, 15), 45366, 0.1, True, "A123456789"), ("甲", None), ("", "乙")
    )
    book.worksheets[0].merge_cells("A2:A3")

    assert read_roster(_saved(book), "a.xlsx").rows == (
        ("20240315", "2024-03-15", "45366", "0.1", "TRUE", "A123456789"),
        ("甲", "", "", "", "", ""),
        ("", "乙", "", "", "", ""),
    )

"""Files become records of text, or one error that says what is wrong."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_write_ods import stream_write_ods

from certhub.roster import (
    FileTooLarge,
    FileTypeUnknown,
    FileUnreadable,
    TooManyRows,
    read_roster,
)

TEXT = "上課日期,學員姓名\r\n2024/3/15,測試甲\r\n"
ROWS = (("上課日期", "學員姓名"), ("2024/3/15", "測試甲"))


def _xlsx(*rows: tuple[Any, ...], corner: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if corner is not None:
        sheet[corner] = "x"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _ods(*rows: tuple[str, ...]) -> bytes:
    sheets = [("名冊", rows[0], iter(rows[1:]))]
    return b"".join(stream_write_ods(iter(sheets)))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (TEXT.encode("cp950"), "cp950"),
    ],
)
def test_the_ladder_of_encodings_gives_the_same_records(data: bytes, encoding: str) -> None:
    sheet = read_roster(data, "名冊.CSV")

    assert (sheet.rows, sheet.encoding) == (ROWS, encoding)
    assert sheet.as_fact(2) == {"domain": 2, "rows": [list(row) for row in ROWS]}


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", TEXT.encode("utf-16"), b"\xff"])
def test_other_encodings_are_unknown_and_never_guessed(data: bytes) -> None:
    sheet = read_roster(data, "a.csv")

    assert (sheet.rows, sheet.encoding) == (None, "unknown")
    assert sheet.as_fact(1) == {"domain": 1, "encoding": "unknown"}


def test_a_cell_may_hold_commas_quotes_and_line_breaks() -> None:
    sheet = read_roster(b'a,"b ""c"", d\ne"\r\nf\r\n', "a.csv")

    assert sheet.rows == (("a", 'b "c", d\ne'), ("f",))


def test_blank_lines_keep_their_place() -> None:
    assert read_roster(b"a\n\nb\n", "a.csv").rows == (("a",), (), ("b",))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_type(data: bytes) -> None:
    for name in ("a.csv", "a.ods", "a.xlsx"):
        try:
            sheet = read_roster(data, name)
        except FileUnreadable:
            continue
        assert sheet.encoding in {"utf-8", "cp950", "unknown"}


def test_cells_of_a_sheet_come_as_csv_text() -> None:
    row = ("學員", 3, 3.5, 4.0, date(2024, 3, 15), datetime(2024, 3, 15, 9, 30), True, None, "x")  # noqa: DTZ001 - sheets know no zone

    sheet = read_roster(_xlsx(row), "a.xlsx")

    assert sheet.encoding == "sheet"
    assert sheet.rows == (
        ("學員", "3", "3.5", "4", "2024-03-15", "2024-03-15 09:30:00", "TRUE", "", "x"),
    )


def test_empty_rows_above_and_between_keep_their_place() -> None:
    sheet = read_roster(_xlsx((), ("a",), (), ("b",)), "a.xlsx")

    assert sheet.rows == (("",), ("a",), ("",), ("b",))


def test_ods_and_csv_of_one_roster_give_the_same_records() -> None:
    assert read_roster(_ods(*ROWS), "a.ods").rows == read_roster(TEXT.encode(), "a.csv").rows


def test_a_name_without_a_known_ending_is_refused() -> None:
    with pytest.raises(FileTypeUnknown) as refused:
        read_roster(b"x", "a.pdf")

    assert refused.value.code == "file_type_unknown"


def test_size_and_rows_have_limits() -> None:
    with pytest.raises(FileTooLarge) as large:
        read_roster(b"x" * 101, "a.csv", max_bytes=100)
    with pytest.raises(TooManyRows) as rows:
        read_roster(b"x\n" * 11, "a.csv", max_rows=10)
    with pytest.raises(TooManyRows):
        read_roster(b"," * 64, "a.csv")

    assert (large.value.code, large.value.details["bytes"]) == ("file_too_large", 101)
    assert rows.value.code == "too_many_rows"
    assert len(read_roster(b"x\n" * 10, "a.csv", max_rows=10).rows or ()) == 10


@pytest.mark.parametrize("corner", ["A20001", "BM1", "XFD1048576"])
def test_a_cell_far_out_is_refused_before_the_sheet_is_opened(corner: str) -> None:
    with pytest.raises(TooManyRows):
        read_roster(_xlsx(("a",), corner=corner), "a.xlsx")


def _packed(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def test_repeated_cells_of_an_ods_count_as_often_as_they_say() -> None:
    content = (
        b'<c xmlns:table="t" xmlns:office="o"><table:table><table:table-row '
        b'table:number-rows-repeated="1048576"><table:table-cell office:value-type="string"/>'
        b"</table:table-row></table:table></c>"
    )

    with pytest.raises(TooManyRows):
        read_roster(_packed(content__xml=content), "a.ods")


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(FileTooLarge):
        read_roster(_packed(content__xml=b" " * (65 * 1024 * 1024)), "a.ods")


@pytest.mark.parametrize(
    "content",
    [b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b""],
    ids=["broken", "entities", "empty"],
)
def test_broken_or_forbidden_xml_is_unreadable(content: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read_roster(_packed(content__xml=content), "a.ods")

    assert refused.value.code == "file_unreadable"


def test_a_workbook_that_lists_a_sheet_under_another_name_is_unreadable() -> None:
    rels = b'<Relationships><Relationship Id="r1" Target="sheet.dat"/></Relationships>'
    parts = {"xl/workbook__xml": b"<workbook/>", "xl/_rels/workbook__xml__rels": rels}

    with pytest.raises(FileUnreadable):
        read_roster(_packed(**parts), "a.xlsx")


def test_a_packed_file_behind_other_bytes_is_unreadable() -> None:
    with pytest.raises(FileUnreadable):
        read_roster(b"\xd0\xcf\x11\xe0" + _xlsx(("a",)), "a.xlsx")


def test_a_file_of_another_type_than_its_name_is_unreadable() -> None:
    with pytest.raises(FileUnreadable):
        read_roster(_ods(*ROWS), "a.xlsx")

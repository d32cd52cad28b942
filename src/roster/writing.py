"""Tables out: .csv (UTF-8 with BOM, as spreadsheets expect), .xlsx, .ods and .json."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import PurePath

import orjson

from .cells import plain_cell
from .errors import FileTypeUnknown

__all__ = ["SUFFIXES", "plain_cell", "write_table"]

SUFFIXES = (".csv", ".xlsx", ".ods", ".json")


def write_table(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[str]], title: str = "certhub"
) -> bytes:
    """The table as a file; the ending of ``filename`` picks the form.

    Args:
        filename: Its name.
        header: Names of the columns.
        rows: Cells as text, as many as ``header``.
        title: Name of the sheet.

    Raises:
        FileTypeUnknown: the name ends in something else.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix == ".json":
        return orjson.dumps(
            [dict(zip(header, row, strict=True)) for row in rows], option=orjson.OPT_INDENT_2
        )
    header = [plain_cell(cell) for cell in header]
    cells = [[plain_cell(cell) for cell in row] for row in rows]
    if suffix == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows([header, *cells])
        return b"\xef\xbb\xbf" + text.getvalue().encode()
    if suffix == ".xlsx":
        return _xlsx(header, cells, title)
    if suffix == ".ods":
        return _ods(header, cells, title)
    raise FileTypeUnknown(
        f"expected a file name ending in {', '.join(SUFFIXES)}",
        f"檔名應以 {'、'.join(SUFFIXES)} 結尾",
        details={"suffix": suffix[:16]},
    )


def _xlsx(header: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _ods(header: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> bytes:
    from stream_write_ods import stream_write_ods

    sheets = ((title, list(header), (tuple(row) for row in rows)),)
    return b"".join(stream_write_ods(sheets))

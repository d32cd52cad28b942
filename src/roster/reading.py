"""Reading a roster file into records of text: .csv by a ladder of encodings, .ods and .xlsx.

The first sheet that is shown counts; formulas come as the value that was last computed, macros and
links are never opened. Cells come as the text a CSV file would hold, days as ``2024-03-15``.
Rows keep their place: the record number is the line a person sees (header 1).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from .cells import bare_cell
from .errors import FileTooLarge, FileTypeUnknown, FileUnreadable, TooManyRows
from .guard import check_sheets

__all__ = ["MAX_BYTES", "MAX_COLUMNS", "MAX_ROWS", "RosterSheet", "read_roster"]

MAX_BYTES = 5 * 1024 * 1024
"""Default limit of a file as sent."""

MAX_ROWS = 20_000
"""Default limit of records, header and blank ones included."""

MAX_COLUMNS = 64
"""Default limit of columns."""

_BOM = b"\xef\xbb\xbf"
_CELL = 32_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """What a file holds.

    Attributes:
        rows: Records in order, header first; None where no encoding fits.
        encoding: ``utf-8``, ``cp950``, ``sheet`` for .ods and .xlsx, or ``unknown``.
    """

    rows: tuple[tuple[str, ...], ...] | None
    encoding: str

    def as_fact(self, domain: int) -> dict[str, object]:
        """The entry of ``files`` in the facts of ``vr.roster_csv``."""
        if self.rows is None:
            return {"domain": domain, "encoding": "unknown"}
        return {"domain": domain, "rows": [list(row) for row in self.rows]}


def _decode(data: bytes) -> tuple[str, str] | None:
    """Text and encoding: BOM off, UTF-8, then CP950 (Big5). VR-R38.

    Strict: characters made by users (造字) fit no encoding, and text with control characters is
    UTF-16 or no text at all. Neither is guessed.
    """
    data = data.removeprefix(_BOM)
    for encoding in ("utf-8", "cp950"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else (text, encoding)
    return None


def _too_many(max_rows: int, max_columns: int) -> TooManyRows:
    return TooManyRows(
        f"more than {max_rows} rows or {max_columns} columns; split the file",
        f"超過 {max_rows} 列或 {max_columns} 欄，請分檔",
        details={"max_rows": max_rows, "max_columns": max_columns},
    )


def _records(
    rows: Iterable[Sequence[str]], max_rows: int, max_columns: int, *, marked: bool = True
) -> tuple[tuple[str, ...], ...]:
    """The rows within the limits; ``marked``: some cell may hold a mark against formulas."""
    records: list[tuple[str, ...]] = []
    for row in rows:
        if len(records) >= max_rows or len(row) > max_columns:
            raise _too_many(max_rows, max_columns)
        records.append(tuple(map(bare_cell, row)) if marked else tuple(row))
    return tuple(records)


def _read_csv(data: bytes, max_rows: int, max_columns: int) -> RosterSheet:
    decoded = _decode(data)
    if decoded is None:
        return RosterSheet(None, "unknown")
    text, encoding = decoded
    broken = FileUnreadable(
        "the file is no CSV: a quoted cell does not end, or one is far too long",
        "檔案不是有效的 CSV：引號未結束，或儲存格過長",
    )
    try:
        reader = csv.reader(io.StringIO(text, newline=""))
        rows = _records(reader, max_rows, max_columns, marked="'" in text)
    except csv.Error as error:
        raise broken from error
    # A quote that never ends swallows every row after it; the reader itself does not mind.
    if text.count('"') % 2 and rows and any("\n" in cell for cell in rows[-1]):
        raise broken
    return RosterSheet(rows, encoding)


def _text(cell: object) -> str:
    """A cell of a sheet as CSV text."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)[:_CELL]


def _read_sheet(data: bytes, suffix: str, max_rows: int, max_columns: int) -> RosterSheet:
    check_sheets(data, suffix, max_rows, max_columns)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [
            index
            for index, sheet in enumerate(workbook.sheets_metadata)
            if sheet.visible is SheetVisibleEnum.Visible
        ]
        sheet = workbook.get_sheet_by_index(shown[0] if shown else 0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise FileUnreadable(
            f"the file cannot be read as {suffix}: broken, or protected by a password",
            f"無法讀取 {suffix} 檔：檔案損毀或有密碼",
        ) from error
    records = _records(([_text(cell) for cell in row] for row in rows), max_rows, max_columns)
    return RosterSheet(records, "sheet")


def read_roster(
    data: bytes,
    filename: str,
    *,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    max_columns: int = MAX_COLUMNS,
) -> RosterSheet:
    """The records of a roster file, header first, cells as text.

    Args:
        data: The file as sent.
        filename: Its name; the ending picks the reader.
        max_bytes: Limit of ``data``.
        max_rows: Limit of records, header and blank ones included.
        max_columns: Limit of columns.

    Returns:
        ``rows`` is None where neither UTF-8 nor CP950 fits a CSV file (``encoding_unknown``).

    Raises:
        FileTypeUnknown: the name ends in something else.
        FileTooLarge: more bytes than ``max_bytes``, or a packed file that unpacks to far more.
        TooManyRows: more rows or columns than allowed.
        FileUnreadable: broken or protected.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix not in {".csv", ".ods", ".xlsx"}:
        raise FileTypeUnknown(
            "expected a .csv, .ods or .xlsx file",
            "僅接受 .csv、.ods、.xlsx 檔",
            details={"suffix": suffix[:16]},
        )
    if len(data) > max_bytes:
        raise FileTooLarge(
            f"the file has {len(data)} bytes, at most {max_bytes} are allowed",
            f"檔案大小 {len(data)} 位元組，上限 {max_bytes} 位元組",
            details={"max_bytes": max_bytes, "bytes": len(data)},
        )
    if suffix == ".csv":
        return _read_csv(data, max_rows, max_columns)
    return _read_sheet(data, suffix, max_rows, max_columns)

"""Sheets that would exhaust memory, refused before a reader opens them.

A packed file of a few kilobytes may unpack to gigabytes, and one cell at the far corner of a sheet
makes a dense reader allocate everything before it. Both are measured on the stream first.
"""

import io
import re
import zipfile
import zlib
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.sax import parse

from .errors import FileTooLarge, FileUnreadable, TooManyRows

__all__ = ["MAX_RATIO", "MAX_UNPACKED", "check_sheets"]

MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes all parts of a packed file may have together."""

MAX_RATIO = 250
"""Times the size as sent that a packed file may unpack to, once it is no small one."""

_SMALL = 4 * 1024 * 1024
_MAX_ELEMENTS = 3_000_000

_MAX_PARTS = 512
_ZIP = b"PK\x03\x04"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else otherwise


class _Measure(ContentHandler):
    """Stops as soon as a cell that holds something lies beyond the limits."""

    def __init__(self, max_rows: int, max_columns: int) -> None:
        super().__init__()
        self.limits = max_rows, max_columns
        self.row = self.column = self.elements = 0

    def reach(self, row: int, column: int) -> None:
        """Note a used cell at ``row`` and ``column``, counted from 1."""
        max_rows, max_columns = self.limits
        if row > max_rows or column > max_columns:
            raise self.too_many()

    def step(self) -> None:
        """Note an element: a part may be all tags and no cells, and reading it takes time too."""
        self.elements += 1
        if self.elements > _MAX_ELEMENTS:
            raise self.too_many()

    def too_many(self) -> TooManyRows:
        """The refusal."""
        max_rows, max_columns = self.limits
        return TooManyRows(
            f"more than {max_rows} rows or {max_columns} columns; split the file",
            f"超過 {max_rows} 列或 {max_columns} 欄，請分檔",
            details={"max_rows": max_rows, "max_columns": max_columns},
        )


class _Xlsx(_Measure):
    """Rows and cells of a worksheet, with or without their references."""

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """A row or cell begins."""
        self.step()
        tag = _local(name)
        if tag == "row":
            self.row = _number(attrs.get("r"), self.row + 1)
            self.column = 0
        elif tag == "c":
            match = _REFERENCE.match(attrs.get("r", ""))
            self.column += 1
            if match:
                self.row = int(match[2])
                self.column = 0
                for letter in match[1]:
                    self.column = self.column * 26 + ord(letter) - ord("A") + 1
            self.reach(self.row, self.column)


class _Ods(_Measure):
    """Rows and cells of the tables; what is repeated counts as often as it says."""

    def __init__(self, max_rows: int, max_columns: int) -> None:
        super().__init__(max_rows, max_columns)
        self.repeated = 1
        self.in_cell = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """A table, row, cell or its content begins."""
        self.step()
        tag = _local(name)
        given = {_local(key): value for key, value in attrs.items()}
        if tag == "table":
            self.row = 0
        elif tag == "table-row":
            self.repeated = _number(given.get("number-rows-repeated"), 1)
            self.column = 0
        elif tag in {"table-cell", "covered-table-cell"}:
            self.column += _number(given.get("number-columns-repeated"), 1)
            self.in_cell = True
            if "value-type" in given:
                self.reach(self.row + self.repeated, self.column)
        elif self.in_cell:
            self.reach(self.row + self.repeated, self.column)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """A row or cell ends."""
        tag = _local(name)
        if tag == "table-row":
            self.row += self.repeated
        elif tag in {"table-cell", "covered-table-cell"}:
            self.in_cell = False


class _Targets(ContentHandler):
    """Where the parts of a workbook lie."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """A relationship begins."""
        if _local(name) == "Relationship":
            self.targets.append(attrs.get("Target", ""))


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise zipfile.BadZipFile(what)


def _check_parts(archive: zipfile.ZipFile, suffix: str) -> None:
    """The file is what its name says, and every part a reader may open can be measured.

    Readers tell the type by content and follow the workbook's own list of parts, so that a sheet
    under another name, or another type inside, would pass unmeasured.
    """
    names = [name.lower() for name in archive.namelist()]
    _require(len(set(names)) == len(names), "a part is there twice")
    has_ods = "content.xml" in names
    has_excel = any(name.startswith("xl/") for name in names)
    _require((has_ods, has_excel) == (suffix == ".ods", suffix == ".xlsx"), "another type of file")
    # Reads every part to its end: one that unpacks to more than it says is caught here.
    _require(archive.testzip() is None, "a part does not match its checksum")
    if suffix == ".xlsx":
        _require("xl/workbook.bin" not in names, "a binary workbook")
        listed = _Targets()
        with archive.open("xl/_rels/workbook.xml.rels") as stream:
            parse(stream, listed, forbid_dtd=True)
        _require(all(item.lower().endswith(".xml") for item in listed.targets), "a foreign part")


def _measure(archive: zipfile.ZipFile, suffix: str, max_rows: int, max_columns: int) -> None:
    for part in archive.namelist():
        if suffix == ".ods" and part.lower() == "content.xml":
            handler: _Measure = _Ods(max_rows, max_columns)
        elif suffix == ".xlsx" and part.lower().endswith(".xml"):
            handler = _Xlsx(max_rows, max_columns)
        else:
            continue
        with archive.open(part) as stream:
            parse(stream, handler, forbid_dtd=True)


def check_sheets(data: bytes, suffix: str, max_rows: int, max_columns: int) -> None:
    """Refuse a packed sheet that is too large to open.

    Args:
        data: The file as sent.
        suffix: ``.ods`` or ``.xlsx``.
        max_rows: Limit of rows up to the last cell.
        max_columns: Limit of columns up to the last cell.

    Raises:
        FileTooLarge: it unpacks to more than ``MAX_UNPACKED``, or has too many parts.
        TooManyRows: more rows or columns than allowed.
        FileUnreadable: no packed file, broken parts, or forbidden XML.
    """
    try:
        # A zip may follow anything; readers look at the first bytes.
        _require(data.startswith(_ZIP), "no packed file")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            bomb = unpacked > _SMALL and unpacked > MAX_RATIO * len(data)
            if bomb or unpacked > MAX_UNPACKED or len(parts) > _MAX_PARTS:
                raise FileTooLarge(
                    f"the file unpacks to {unpacked} bytes in {len(parts)} parts, too many to open",
                    "檔案解壓縮後過大，無法開啟",
                    details={
                        "max_unpacked": MAX_UNPACKED,
                        "max_ratio": MAX_RATIO,
                        "max_parts": _MAX_PARTS,
                    },
                )
            _check_parts(archive, suffix)
            _measure(archive, suffix, max_rows, max_columns)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        SAXException,
        DefusedXmlException,
        NotImplementedError,
        RuntimeError,
        EOFError,
        KeyError,
        OSError,
        zlib.error,
    ) as error:
        raise FileUnreadable(
            f"the file cannot be read as {suffix}: broken, or protected by a password",
            f"無法讀取 {suffix} 檔：檔案損毀或有密碼",
        ) from error

"""Staff lists for batch verification: .csv, .ods, .xlsx with English or Chinese headings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..domain import roc_date
from ..domain.errors import InvalidInput
from ..domain.text import compare_form
from ..domain.tw_id import IdentifierKind
from .reading import read_roster

__all__ = ["COLUMNS", "MAX_STAFF", "StaffRow", "read_staff"]

MAX_STAFF = 10_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ref": ("編號", "參考編號", "序號"),
    "kind": ("證號類別", "證件類別"),
    "identifier": ("證號", "身分證字號", "統一證號", "身分證統一編號", "身分證字號/統一證號"),
    "nationality": ("國籍",),
    "name": ("姓名",),
    "birth_date": ("出生日期", "出生年月日", "生日"),
}
"""Column and its Chinese headings; ``identifier`` must be there."""

_KINDS: Mapping[str, IdentifierKind] = {
    compare_form(term): kind
    for kind, terms in {
        IdentifierKind.NATIONAL_ID: ("NATIONAL_ID", "身分證字號", "身分證", "國民身分證統一編號"),
        IdentifierKind.NEW_ARC: ("NEW_ARC", "arc_new", "新式統一證號", "統一證號", "居留證"),
        IdentifierKind.OLD_ARC: ("OLD_ARC", "arc_old", "舊式統一證號", "舊式居留證號"),
        IdentifierKind.PASSPORT: ("PASSPORT", "護照號", "護照號碼", "護照"),
    }.items()
    for term in (*terms, kind.value)
}


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A line of the list.

    Attributes:
        row: Line of the sheet, header 1.
        kind: None: by the number's shape.
        fault: Column whose value cannot be read, or None.
    """

    row: int
    ref: str
    identifier: str
    kind: IdentifierKind | None = None
    nationality: str | None = None
    name: str | None = None
    birth_date: date | None = None
    fault: str | None = None


def _day(text: str) -> date:
    try:
        return (
            date.fromisoformat(text.replace("/", "-"))
            if text[:4].isdigit()
            else roc_date.parse(text)
        )
    except ValueError:
        return roc_date.parse(text)


def _positions(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    names = {
        compare_form(heading): column
        for column, headings in COLUMNS.items()
        for heading in (column, column.replace("_", " "), *headings)
    }
    for index, cell in enumerate(header):
        column = names.get(compare_form(cell)) or names.get(compare_form(cell).lower())
        if column is not None:
            found.setdefault(column, index)
    if "identifier" not in found:
        raise InvalidInput(
            "the first line must name the columns; `identifier` (證號) is missing",
            "首列應為欄名,缺少「證號」(identifier)",
            code="header_mismatch",
            details={"expected": ", ".join(COLUMNS)},
        )
    return found


def _staff(number: int, cells: Mapping[str, str]) -> StaffRow:
    kind = birth = None
    fault = None
    if cells.get("kind"):
        kind = _KINDS.get(compare_form(cells["kind"])) or _KINDS.get(
            compare_form(cells["kind"]).upper()
        )
        fault = None if kind is not None else "kind"
    if cells.get("birth_date"):
        try:
            birth = _day(cells["birth_date"])
        except ValueError:
            fault = fault or "birth_date"
    return StaffRow(
        number,
        cells.get("ref") or str(number),
        cells.get("identifier", ""),
        kind,
        cells.get("nationality") or None,
        cells.get("name") or None,
        birth,
        fault,
    )


def read_staff(data: bytes, filename: str) -> list[StaffRow]:
    """The people of a staff list in order; blank lines are left out.

    Args:
        data: The file as it is.
        filename: Its name; the ending picks the reader.

    Raises:
        InvalidInput: not readable, without the column of numbers, or with too many people.
    """
    sheet = read_roster(data, filename, max_rows=MAX_STAFF * 2, max_columns=50)
    if sheet.rows is None:
        raise InvalidInput(
            "expected a CSV file in UTF-8 or Big5",
            "CSV 檔應為 UTF-8 或 Big5 編碼",
            code="encoding_unknown",
        )
    if not sheet.rows:
        raise InvalidInput("the file is empty", "檔案無內容", code="empty_file")
    columns = _positions(sheet.rows[0])
    staff = [
        _staff(
            number,
            {name: record[index].strip() for name, index in columns.items() if index < len(record)},
        )
        for number, record in enumerate(sheet.rows[1:], start=2)
        if any(cell.strip() for cell in record)
    ]
    if len(staff) > MAX_STAFF:
        raise InvalidInput(
            f"the list holds {len(staff)} people, at most {MAX_STAFF} are checked at once",
            f"名單共 {len(staff)} 人,一次至多查核 {MAX_STAFF} 人",
            code="too_many_rows",
            details={"max_rows": MAX_STAFF},
        )
    return staff

"""The published list (ODS) against the CSV of the same drop: a difference is a finding, no more."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from python_calamine import CalamineError, CalamineWorkbook

from ...domain.text import compare_form

__all__ = ["cross_check"]

_HEADER = ("序號", "機構名稱", "縣市", "訓練類別", "認可期間", "認可文號")
_UNPACKED = 64 << 20
_NOTES = 20

_Cells = Mapping[str, str]


def cross_check(
    content: bytes, rows: int, institutions: Iterable[_Cells], recognitions: Sequence[_Cells]
) -> tuple[str, ...]:
    """Notes on where the list differs from the recognitions of a full drop.

    Args:
        content: Bytes of the ODS.
        rows: Data rows that the manifest announces.
        institutions: Rows of institutions.csv.
        recognitions: Rows of recognitions.csv.

    Returns:
        ``osh.ods_unreadable``, ``osh.ods_rows_differ`` or ``osh.ods_differs:<認可文號>``, the first of
        many; empty when all agree.
    """
    printed = _read(content)
    if printed is None:
        return ("osh.ods_unreadable",)
    notes = [] if len(printed) == rows else ["osh.ods_rows_differ"]
    names = {row.get("機構代碼"): row for row in institutions}
    expected = {}
    for row in recognitions:
        institution = names.get(row.get("機構代碼"), {})
        period = f"{row.get('有效期間起', '')}至{row.get('有效期間迄', '')}"
        expected[_key(row.get("認可文號", ""))] = tuple(
            compare_form(text)
            for text in (
                institution.get("機構名稱", ""),
                institution.get("縣市", ""),
                row.get("訓練類別", ""),
                period,
            )
        )
    found = {_key(row[5]): tuple(map(compare_form, row[1:5])) for row in printed}
    notes += [
        f"osh.ods_differs:{number}"
        for number in sorted(expected.keys() | found.keys())
        if expected.get(number) != found.get(number)
    ]
    return tuple(notes[:_NOTES])


def _key(text: str) -> str:
    return compare_form(text)


def _read(content: bytes) -> list[list[str]] | None:
    """The data rows below the header, as text; ``None`` when it is no such list."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > _UNPACKED:
                return None
        table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        lines = [[str(cell).strip() for cell in line] for line in table.to_python()]
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError):
        return None
    for at, line in enumerate(lines):
        if tuple(map(compare_form, line[: len(_HEADER)])) == _HEADER:
            return [row for row in lines[at + 1 :] if any(row)]
    return None

"""Cells on their way into a file and back: no spreadsheet runs them, nothing breaks the file."""

import re

__all__ = ["bare_cell", "plain_cell", "writable"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that some spreadsheet takes for the beginning of a formula."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _is_number(cell: str) -> bool:
    digits = cell[1:] if cell[:1] in "+-" else cell
    return digits.isascii() and digits.replace(".", "", 1).isdigit()


def plain_cell(cell: str) -> str:
    """A cell that no spreadsheet reads as a formula, and no file format refuses.

    What would begin a formula gets an apostrophe before it, which spreadsheets take for "text".
    """
    shown = writable(cell)
    return f"'{shown}" if shown.startswith(_FORMULA) and not _is_number(shown) else shown


def writable(text: str) -> str:
    """Text that every file format can hold."""
    return _UNWRITABLE.sub("\ufffd", text)


def bare_cell(cell: str) -> str:
    """The cell without the apostrophe that ``plain_cell`` put before it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell

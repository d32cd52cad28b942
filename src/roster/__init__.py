"""Reading and checking .csv, .ods and .xlsx files; writing them."""

from .case_files import resolve_case_files
from .errors import FileTooLarge, FileTypeUnknown, FileUnreadable, RosterFileError, TooManyRows
from .reading import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, RosterSheet, read_roster

__all__ = [
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "FileTooLarge",
    "FileTypeUnknown",
    "FileUnreadable",
    "RosterFileError",
    "RosterSheet",
    "TooManyRows",
    "read_roster",
    "resolve_case_files",
]

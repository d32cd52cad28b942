"""What can be wrong with a file as a whole, before its rows are looked at."""

from ..domain.errors import InvalidInput

__all__ = [
    "FileTooLarge",
    "FileTypeUnknown",
    "FileUnreadable",
    "RosterFileError",
    "TooManyRows",
]


class RosterFileError(InvalidInput):
    """A file that cannot be read as a roster; nothing was stored."""

    code = "file_unreadable"


class FileUnreadable(RosterFileError):
    """Broken, protected by a password, or not of the type its name says."""


class FileTooLarge(RosterFileError):
    """More bytes than allowed, as sent or once unpacked; ``details`` holds limit and size."""

    code = "file_too_large"


class TooManyRows(RosterFileError):
    """More rows or columns than allowed; ``details`` holds the limits."""

    code = "too_many_rows"


class FileTypeUnknown(RosterFileError):
    """Not a .csv, .ods or .xlsx file by its name."""

    code = "file_type_unknown"

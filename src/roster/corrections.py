"""A rejected roster file given back with a column that says what is wrong with each row.

Same kind of file, same rows in the same places, one column more behind the last. Once its cells are
mended the file can be sent again; whoever forgets to delete the column is not refused for it.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from .errors import FileUnreadable
from .reading import read_roster
from .trainees import ERROR_HEADING, header_line
from .writing import write_table

__all__ = ["corrected", "corrected_name"]


def corrected_name(filename: str) -> str:
    """``名冊.csv`` -> ``名冊-更正.csv``."""
    path = PurePath(filename)
    return f"{path.stem}-更正{path.suffix.lower()}"


def _column(rows: list[list[str]]) -> int:
    """Index of the column: an earlier one of ours again, else the first behind all others."""
    for record in rows[:12]:
        for index, cell in enumerate(record):
            if cell.strip().startswith(ERROR_HEADING):
                return index
    return max((len(record) for record in rows), default=0)


def corrected(
    content: bytes, filename: str, about: Mapping[int, Iterable[str]], whole: Iterable[str] = ()
) -> bytes:
    """The file with its errors beside the rows.

    Args:
        content: The file as it was sent.
        filename: Its name; the ending picks reader and writer. A CSV file comes back in UTF-8 with
            a byte order mark, whatever it was sent in.
        about: Line of the sheet (header 1) -> what is wrong there, one sentence each.
        whole: What is wrong with the file as a whole; stands beside the heading.

    Raises:
        RosterFileError: the file cannot be read, so that there are no rows to mark.
    """
    sheet = read_roster(content, filename)
    if not sheet.rows:
        raise FileUnreadable(
            "the file has no rows that can be read; see the submission's errors",
            "檔案沒有可讀取之列,請見送件之錯誤",
        )
    rows: list[list[str]] = [list(record) for record in sheet.rows]
    at = _column(rows)
    heading = header_line(sheet) or 1
    said = {line: list(sentences) for line, sentences in about.items()}
    width = max(at + 1, *(len(record) for record in rows))
    for line, record in enumerate(rows, start=1):
        record.extend([""] * (width - len(record)))
        record[at] = "；".join(said.get(line, ()))
    first = rows[heading - 1]
    first[at] = "：".join([ERROR_HEADING, "；".join(whole)] if whole else [ERROR_HEADING])
    suffix = PurePath(filename).suffix.lower()
    return write_table(f"a{suffix}", rows[0], rows[1:], title="名冊")

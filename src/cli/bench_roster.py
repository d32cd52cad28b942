"""``certhub bench roster``: rosters read and checked, beside the plainest reading of the same file.

Process CPU time in one run on one machine. The plainest reading is what a script would do: the
``csv`` module for .csv, openpyxl's read-only mode for .xlsx. It decodes cells and checks nothing:
neither what a packed file unpacks to, nor a single row.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from time import process_time
from typing import Any

__all__ = ["bench_roster", "lines"]

Progress = Callable[[int], None]

SIZES = (120, 2_000, 20_000)
_DAY = date(2024, 3, 18)
_OSH_DAY = date(2024, 9, 2)
_REPEAT = 0.4
"""Seconds of CPU time for which a small file is read again and again."""


def _numbers(count: int) -> list[str]:
    """Numbers of fictional people with right check digits."""
    from ..domain.tw_id import check_person_number

    found = []
    for serial in range(count):
        base = f"A1{serial:07d}"
        found += [
            number
            for number in (f"{base}{digit}" for digit in range(10))
            if check_person_number(number)[1] == "valid"
        ][:1]
    return found


def _vr_rows(count: int) -> list[list[str]]:
    from ..rules.params import current_ruleset

    figures = current_ruleset().on(_DAY)
    header = list(figures.value("vr.roster", "roster_header"))
    sample = figures.value("vr.roster", "roster_sample")
    rows = [header, ["2015/1/1", sample["name"], sample["number"], "2", "是", "是", "否"]]
    # The limit of a file counts header and sample row too.
    return rows + [
        ["2024/3/15", f"測試{index}", number, "3", "否", "否", "否"]
        for index, number in enumerate(_numbers(count - len(rows)))
    ]


def _osh_rows(count: int) -> list[list[str]]:
    from ..roster.trainees import COLUMNS, OUR_COLUMNS

    header = [*COLUMNS.values(), OUR_COLUMNS["profession"]]
    return [header] + [
        [
            str(index), f"測試{index}", "67年7月22日", number, "護字第1號", "大學", "測試公司",
            "護理師", "臺北市測試路1號", "a@example.org", "0900000000", "", "護理人員",
        ]
        for index, number in enumerate(_numbers(count - 1), start=1)
    ]  # fmt: skip


def _file(rows: list[list[str]], suffix: str) -> bytes:
    from ..roster.writing import write_table

    return write_table(f"a{suffix}", rows[0], rows[1:])


def _plain(data: bytes, suffix: str) -> int:
    """Rows as a script would read them."""
    if suffix == ".csv":
        text = data.decode("utf-8-sig")
        return sum(1 for _ in csv.reader(io.StringIO(text, newline="")))
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))


def _vr_check(rows: Iterable[Any]) -> str:
    from ..rules.engine import evaluate

    given = {
        "course": {
            "start": "2024-03-15",
            "end": "2024-03-15",
            "review_state": "approved",
            "domains": [{"index": 1, "approved_hours": 3}],
        },
        "files": [{"domain": 1, "rows": [list(row) for row in rows]}],
        "sign_in_sheet": {"format": "pdf"},
    }
    return evaluate("vr.roster_csv", given, _DAY).decision.status


def _osh_check(sheet: Any) -> str:
    from ..roster.trainees import read_trainees
    from ..rules.engine import evaluate

    found = read_trainees(sheet, "professional", licence_verified=True)
    given = {
        "class": {"institution": "OH1", "kind": "professional", "starts_on": "2024-10-01"},
        "submitter": "OH1",
        "phase": "filing",
        "submitted_on": _OSH_DAY.isoformat(),
        "rows": list(found.rows),
    }
    return evaluate("osh.roster", given, _OSH_DAY).decision.status


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call, the mean of as many as fit into a moment."""
    runs, started = 0, process_time()
    while True:
        work()
        runs += 1
        spent = process_time() - started
        if spent >= _REPEAT:
            return spent / runs


def _measure(kind: str, suffix: str, count: int) -> dict[str, object]:
    from ..roster.reading import read_roster

    rows = _vr_rows(count) if kind == "vr" else _osh_rows(count)
    data = _file(rows, suffix)
    name = f"a{suffix}"
    sheet = read_roster(data, name)
    if sheet.rows is None or len(sheet.rows) != count or _plain(data, suffix) != count:
        raise AssertionError(f"{kind} {suffix} {count}: not read as written")

    def check() -> str:
        return _vr_check(sheet.rows or ()) if kind == "vr" else _osh_check(sheet)

    status = check()
    if not status.startswith("accepted"):
        raise AssertionError(f"{kind} {suffix} {count}: {status}")
    reading = _seconds(lambda: read_roster(data, name))
    plain = _seconds(lambda: _plain(data, suffix))
    checking = _seconds(check)
    return {
        "kind": kind,
        "format": suffix.lstrip("."),
        "rows": count,
        "bytes": len(data),
        "seconds": reading + checking,
        "rows_per_second": count / (reading + checking),
        "read_rows_per_second": count / reading,
        "check_rows_per_second": count / checking,
        "plain_rows_per_second": count / plain,
        "reading_to_plain": reading / plain,
        "all_to_plain": (reading + checking) / plain,
    }


def bench_roster(progress: Progress | None = None) -> dict[str, object]:
    """Rates and ratios of every kind, format and size.

    Args:
        progress: Told how many rows were done.
    """
    found = []
    for kind, suffix in (("vr", ".csv"), ("vr", ".xlsx"), ("osh", ".csv"), ("osh", ".xlsx")):
        for count in SIZES:
            found.append(_measure(kind, suffix, count))
            if progress is not None:
                progress(count)
    return {"measure": "process CPU seconds", "results": found}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A table for people."""
    names = (
        "roster", "rows", "read and checked, s", "rows/s", "read, rows/s", "check, rows/s",
        "plain reading, rows/s", "reading : plain", "all : plain",
    )  # fmt: skip
    shown = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    shown += [
        f"| {row['kind']} .{row['format']} | {row['rows']:,} | {row['seconds']:.3f} | "
        f"{row['rows_per_second']:,.0f} | {row['read_rows_per_second']:,.0f} | "
        f"{row['check_rows_per_second']:,.0f} | {row['plain_rows_per_second']:,.0f} | "
        f"{row['reading_to_plain']:.2f} | {row['all_to_plain']:.2f} |"
        for row in found["results"]
    ]
    yield from shown

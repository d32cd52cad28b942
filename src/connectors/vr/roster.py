"""The roster CSV of the VR register: its form's header and sample row kept byte for byte."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ...domain.tw_id import NationalId

__all__ = ["TEMPLATE", "RosterLine", "roster_csv"]

TEMPLATE = (
    "\ufeff上課日期,學員姓名,學員身分證字號(或居留證號),時數,離島地區,國際性質,授課者,"
    "※表頭以及範例部分請勿刪除，資料內容請勿斷行\r\n"
    "2015/1/1,王小明,A100000001,2,是,是,否,第一筆不能刪、不能刪、不能刪\r\n"
).encode()
"""Header and sample row of the form (表頭以及範例部分請勿刪除), UTF-8 with BOM."""

_WORDS = {True: "是", False: "否"}


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One attendee of a course on one day.

    Attributes:
        hours: Approved hours (核定時數) of the category, plain decimal, not weighted.
        offshore: 離島地區.
        international: 國際性質.
        instructor: 授課者.
    """

    held_on: date
    name: str
    number: NationalId
    hours: str
    offshore: bool = False
    international: bool = False
    instructor: bool = False


def roster_csv(lines: Iterable[RosterLine]) -> bytes:
    """The file of one category: template, then a row per line; days as 2024/8/12.

    Raises:
        ValueError: a name holds a line break (資料內容請勿斷行).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for line in lines:
        if len(line.name.splitlines()) > 1:
            raise ValueError("a name of the roster holds a line break")
        day = line.held_on
        writer.writerow(
            [
                f"{day.year}/{day.month}/{day.day}",
                line.name,
                line.number.reveal(),
                line.hours,
                _WORDS[line.offshore],
                _WORDS[line.international],
                _WORDS[line.instructor],
            ]
        )
    return TEMPLATE + out.getvalue().encode()

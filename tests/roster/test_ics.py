"""Deadlines as a calendar file: read back by another reader, and by eye."""

from datetime import UTC, date, datetime

from icalendar import Calendar

from certhub.roster.ics import CalendarEntry, write_calendar

STAMP = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)
LATE = CalendarEntry(
    "osh.C1.osh.closing.roll", date(2024, 9, 1), "核發清冊；甲,乙", "第一行\n第二行", overdue=True
)
SOON = CalendarEntry("osh.C1.osh.closing.upload", date(2024, 9, 9), "資料登錄" * 30, "法源")


def test_events_last_a_day_and_come_in_order() -> None:
    read = Calendar.from_ical(write_calendar([SOON, LATE], "測試醫院", STAMP, "hub.example"))

    events = list(read.walk("VEVENT"))
    assert [(str(e["uid"]), e.decoded("dtstart"), e.decoded("dtend")) for e in events] == [
        ("osh.C1.osh.closing.roll@hub.example", date(2024, 9, 1), date(2024, 9, 2)),
        ("osh.C1.osh.closing.upload@hub.example", date(2024, 9, 9), date(2024, 9, 10)),
    ]
    assert [str(e["summary"]) for e in events] == [LATE.summary, SOON.summary]
    assert str(events[0]["description"]) == "第一行\n第二行"
    assert events[0].decoded("dtstamp") == STAMP


def test_the_bytes_are_as_the_standard_asks() -> None:
    content = write_calendar([SOON, LATE], "測試醫院", STAMP)

    lines = content.split(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75
    assert b"VERSION:2.0" in lines
    assert rb"SUMMARY:" + "核發清冊；甲".encode() + rb"\," + "乙".encode() in lines
    content.decode()  # no character is cut in two by a fold
    assert content == write_calendar([LATE, SOON], "測試醫院", STAMP)


def test_a_name_cannot_add_lines_of_its_own() -> None:
    nasty = CalendarEntry("k\r\nBEGIN:VALARM", date(2024, 9, 9), "x\r\nATTACH:file:///", "y\x00z")

    content = write_calendar([nasty], "n", STAMP)

    assert b"\r\nBEGIN:VALARM" not in content
    assert b"\r\nATTACH" not in content
    assert b"\x00" not in content

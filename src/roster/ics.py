"""Deadlines as a calendar file (RFC 5545): all-day events that any calendar program can take in.

Nobody's data is in it: a class or recognition by number and title, the duty, the text it rests on.
An event keeps its UID for as long as the duty is the same, so that a calendar read again moves the
event instead of adding one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

__all__ = ["CalendarEntry", "write_calendar"]

_PRODUCT = "-//certhub//deadlines//ZH-TW"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An all-day event.

    Attributes:
        key: The same for the same duty, in ASCII where the agency's numbers are.
        day: Last day on which it can be done.
        summary: One line.
        description: What it rests on and where it stands.
        overdue: The day has passed and it was not done.
    """

    key: str
    day: date
    summary: str
    description: str
    overdue: bool = False


def _plain(text: str) -> str:
    """Without control characters: a name on record may hold anything."""
    return "".join(c if c == "\n" or c.isprintable() else " " for c in text)


def write_calendar(
    entries: Iterable[CalendarEntry], name: str, stamp: datetime, authority: str = "certhub"
) -> bytes:
    """The calendar file.

    Args:
        entries: In any order; the file is sorted.
        name: What calendar programs show.
        stamp: Instant of the answer, aware.
        authority: Right side of the UIDs: the hub's host name.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _plain(name))
    for entry in sorted(entries, key=lambda item: (item.day, item.key)):
        event = Event()
        event.add("uid", f"{_plain(entry.key)}@{authority}")
        event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("summary", _plain(entry.summary))
        event.add("description", _plain(entry.description))
        event.add("transp", "TRANSPARENT")
        event.add("class", "CONFIDENTIAL")
        event.add("categories", ["逾期" if entry.overdue else "期限"])
        calendar.add_component(event)
    return bytes(calendar.to_ical())

"""The days on which offices rest, and the years for which that is known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

__all__ = ["RestDays"]


@dataclass(frozen=True, slots=True)
class RestDays:
    """Rest days (休息日) of the public calendar, Saturdays and Sundays aside.

    Attributes:
        days: Days from Monday to Friday on which offices rest.
        years: Years whose days are known, whole. Outside them only Saturdays and Sundays are.
        source: Where the days were announced.
    """

    days: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    source: str = ""

    def __contains__(self, day: object) -> bool:
        """Whether ``day`` is a listed rest day."""
        return day in self.days

    def __iter__(self) -> Iterator[date]:
        """The listed days, in order."""
        return iter(sorted(self.days))

    def __len__(self) -> int:
        """How many days are listed."""
        return len(self.days)

    def covers(self, day: date) -> bool:
        """Whether the rest days of that year are known."""
        return day.year in self.years

    def between(self, first: date, last: date) -> list[date]:
        """Listed days from ``first`` to ``last``, both included."""
        return sorted(day for day in self.days if first <= day <= last)

    def with_days(self, days: Iterable[date], source: str) -> "RestDays":
        """The same with more days; a year that occurs in ``days`` counts as known."""
        given = frozenset(days)
        named = "; ".join(part for part in (self.source, source) if part)
        years = frozenset(day.year for day in given)
        return RestDays(self.days | given, self.years | years, named)

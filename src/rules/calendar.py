"""The calendar of rest days shipped with this version (``calendar.yaml``), loaded once."""

from datetime import date
from functools import lru_cache
from importlib import resources

from ..domain.errors import ConfigurationError
from ..domain.rest_days import RestDays
from .params import read_yaml

__all__ = ["shipped_rest_days"]

_FILE = "calendar.yaml"
_WEEKEND = 5


def _day(year: int, text: object) -> date:
    try:
        day = date.fromisoformat(f"{year}-{text}")
    except ValueError as error:
        raise ConfigurationError(f"{_FILE}: {year}: {text}: expected MM-DD") from error
    if day.weekday() >= _WEEKEND:
        raise ConfigurationError(f"{_FILE}: {day} is no working day anyhow")
    return day


@lru_cache(maxsize=1)
def shipped_rest_days() -> RestDays:
    """Rest days of the years that the file holds.

    Raises:
        ConfigurationError: the file is not of its shape.

    Law: A0030055:48-4 (期間之末日為星期日、國定假日或其他休息日者，以該日之次日為期間之末日).
    """
    text = (resources.files(__package__) / _FILE).read_text(encoding="utf-8")
    found = read_yaml(text)
    years: dict[int, list[object]] = found["years"]
    days = frozenset(_day(year, item) for year, items in years.items() for item in items)
    return RestDays(days, frozenset(years), str(found["source"]))

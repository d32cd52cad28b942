"""How the agencies print days and amounts, cached: a world has few days and many records."""

from datetime import date
from functools import lru_cache
from typing import Any

from ..domain import roc_date

__all__ = ["Record", "amount", "chinese", "slashed", "stamp"]

Record = dict[str, Any]
"""A record as its agency hands it out, ready for JSON."""


@lru_cache(maxsize=65536)
def slashed(day: date) -> str:
    """``112/11/08`` (VR, LTC)."""
    return roc_date.format_slashed(day)


@lru_cache(maxsize=65536)
def chinese(day: date) -> str:
    """``113年5月6日`` (OSH)."""
    return roc_date.format_chinese(day)


def stamp(day: date, clock: str) -> str:
    """``113/01/31 23:59:00`` (LTC): the day and a time of day."""
    return f"{slashed(day)} {clock}"


@lru_cache(maxsize=4096)
def amount(hundredths: int) -> str:
    """Plain decimal without idle zeros: 360 is ``3.6``, 1200 is ``12``."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)

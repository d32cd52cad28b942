"""Chance that repeats itself: the same key gives the same throws on every machine.

A splitmix64 generator. The standard library's generator would do, but promises its sequences for
some methods only, and costs more to seed once per person.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

__all__ = ["Dice"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15

T = TypeVar("T")


class Dice:
    """A stream of throws, decided by its key alone."""

    __slots__ = ("_state",)

    def __init__(self, *key: int) -> None:
        state = 0x51A7B0C5
        for part in key:
            state = ((state ^ (part & _MASK)) * 0xBF58476D1CE4E5B9 + _GOLDEN) & _MASK
            state ^= state >> 29
        self._state = state

    def below(self, limit: int) -> int:
        """A whole number from 0 to ``limit`` - 1."""
        self._state = z = (self._state + _GOLDEN) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) * limit) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, per_mille: int) -> bool:
        """True in ``per_mille`` of a thousand throws."""
        return self.below(1000) < per_mille

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """One of the items by its weight."""
        throw = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            throw -= weight
            if throw < 0:
                return item
        raise AssertionError("weights are positive")

    def day(self, first: date, last: date) -> date:
        """A day from ``first`` to ``last``, both included."""
        return first + timedelta(days=self.below((last - first).days + 1))

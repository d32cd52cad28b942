"""Values that follow from a small key alone, made once and shared by every decision of a batch.

What a course of some kind counts for, or the step of an article for one amount, is the same for
everybody; what is immutable need not be made again. Nothing depends on what is remembered:
forgetting only costs time.
"""

from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

__all__ = ["AT_MOST", "Remembered"]

AT_MOST = 65536
"""Values kept in one table; beyond them all are forgotten: odd amounts must not fill memory."""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Remembered(Generic[_K, _V]):
    """A value for each key, made when first asked for.

    Args:
        make: The value of a key; pure.

    Attributes:
        made: What is there already, for look-ups that must not cost a call.
    """

    __slots__ = ("_make", "made")

    def __init__(self, make: Callable[[_K], _V]) -> None:
        self._make = make
        self.made: dict[_K, _V] = {}

    def __getitem__(self, key: _K) -> _V:
        try:
            return self.made[key]
        except KeyError:
            if len(self.made) >= AT_MOST:
                self.made.clear()
            value = self.made[key] = self._make(key)
            return value

    def each(self, keys: Sequence[_K]) -> Sequence[_V]:
        """The values of ``keys``, in their order."""
        # One look-up of all is faster than one for each; of a single key it would give no tuple.
        if len(keys) > 1:
            try:
                found: tuple[_V, ...] = itemgetter(*keys)(self.made)
            except KeyError:
                pass
            else:
                return found
        return [self[key] for key in keys]

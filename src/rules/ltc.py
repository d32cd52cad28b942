"""Entry points of the rulebook ``ltc``."""

from .engine import EntryPoint

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = ()

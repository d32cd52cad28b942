"""The ceiling of online points (網路積分採認上限), shared by renewal, foreign track and re-entry."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

import msgspec

from ..domain.decision import Figure, Step
from .params import Ruleset

__all__ = ["OnlineCeiling", "online_ceiling", "online_step"]


class OnlineCeiling(msgspec.Struct, frozen=True, eq=False):
    """The ceilings that an application meets.

    Attributes:
        at_most: The latest ceiling, of all online points; hundredths.
        law: Its text.
        older: Earlier ceilings, each with the first day (ordinal) on which it no longer held.
        split: First day (ordinal) of the points reported as earned after the first change.
        shown: The ceilings, for the explanation.
    """

    at_most: int
    law: str
    older: tuple[tuple[int, int], ...]
    split: int
    shown: tuple[Figure, ...]

    def of(self, online_before: Callable[[int], int]) -> int:
        """Hundredths of online points that may count.

        Args:
            online_before: Online points dated before a day (ordinal).

        Law: letter-1131960168 (修法前已取得者採計至舊上限); L0070045:11, annex 2; LTC-R10, Q4.
        """
        ceiling = self.at_most
        for first_day_after, older in self.older:
            ceiling = max(ceiling, min(online_before(first_day_after), older))
        return ceiling

    def choice(self, ceiling: int) -> str:
        """``baseline`` 基本標準 or ``flexible`` 彈性措施."""
        return "baseline" if ceiling == self.at_most else "flexible"


@lru_cache(maxsize=64)
def online_ceiling(ruleset: Ruleset, day: date) -> OnlineCeiling:
    """The ceilings in force by ``day``, the latest and those before it.

    Law: seed-004 (網路課程上限40點~60點); letter-1131960168; LTC-R10.
    """
    dated = [
        figure
        for figure in ruleset.groups["ltc.online_cap"].values["counted_at_most"]
        if figure.enabled and figure.since <= day
    ]
    changes = [figure.since.toordinal() for figure in dated[1:]]
    older = tuple((change, figure.value) for change, figure in zip(changes, dated, strict=False))
    shown = (
        Figure("latest", dated[-1].value, "points", dated[-1].law),
        *(Figure("older", figure.value, "points", figure.law) for figure in dated[:-1]),
    )
    latest = dated[-1]
    split = changes[0] if changes else day.toordinal() + 1
    return OnlineCeiling(latest.value, latest.law, older, split, shown)


def online_step(
    ceiling: OnlineCeiling, before: int, after: int, at_most: int, counted: int
) -> Step:
    """How much of the online points counts; all in hundredths."""
    inputs = (
        Figure("before", before, "points"),
        Figure("after", after, "points"),
        Figure("cap", at_most, "points"),
        *ceiling.shown,
    )
    met = before + after <= at_most
    return Step("ltc.online_cap", ceiling.law, inputs, counted, "points", met)

"""Whether a training provider was recognised on a day (認可效力), for OSH and for sharing alike.

Law: Administrative Procedure Act arts. 118, 125 (withdrawal works back, revocation forward); OSH-R17.
"""

from datetime import date
from typing import Literal

from .facts import Facts, require_order

__all__ = ["Provider", "Termination", "check_provider", "effective_on", "is_recognised"]


class Termination(Facts, frozen=True, rename={"decided_on": "date"}):
    """End of a recognition by decision (廢止 or 撤銷).

    Attributes:
        kind: ``revoked`` works from its date on, ``withdrawn`` back to the first day.
        decided_on: Day of the decision (key ``date``); unknown before that day.
        effective_on: Day named by the decision, if it names one.
    """

    kind: Literal["revoked", "withdrawn"]
    decided_on: date
    effective_on: date | None = None


class Provider(Facts, frozen=True):
    """A recognition (認可): its term, both days included, and how it ended early."""

    valid_from: date | None = None
    valid_to: date | None = None
    terminated: Termination | None = None


def check_provider(provider: Provider, path: str) -> None:
    """Refuse a term that ends before it starts.

    Raises:
        InvalidFacts: naming ``path``.
    """
    require_order(provider.valid_from, provider.valid_to, f"{path}.valid_to")


def effective_on(provider: Provider, as_of: date) -> date | None:
    """First day without recognition by a termination known on ``as_of``; None without one.

    Law: A0030055:118, A0030055:125; OSH-R17.
    """
    ended = provider.terminated
    if ended is None or ended.decided_on > as_of:
        return None
    if ended.effective_on is not None:
        return ended.effective_on
    if ended.kind == "revoked" or provider.valid_from is None:
        return ended.decided_on
    return provider.valid_from


def is_recognised(provider: Provider, day: date, as_of: date) -> bool:
    """Whether the recognition covers ``day``, as far as is known on ``as_of``.

    Law: A0030055:118, A0030055:125; OSH-R17.
    """
    if provider.valid_from is not None and day < provider.valid_from:
        return False
    if provider.valid_to is not None and day > provider.valid_to:
        return False
    ends = effective_on(provider, as_of)
    return ends is None or day < ends

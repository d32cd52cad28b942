"""The VR register's books: every record's latest version, in the order of its changes."""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from .clock import SANDBOX_START, AgencyClock, iso_seconds
from .dice import Dice
from .forms import Record
from .vr_records import VR_COLLECTIONS

__all__ = ["Position", "VrLedger", "parse_since"]

Position = tuple[str, str]
"""Where a reader stands: ``updated_at`` and id of the last record seen."""


class _Stored(NamedTuple):
    version: int
    updated_at: str
    deleted: bool
    raw: bytes


class _Collection:
    __slots__ = ("order", "records")

    def __init__(self) -> None:
        self.records: dict[str, _Stored] = {}
        self.order: list[Position] = []


class VrLedger:
    """Records of the eight collections, as finished JSON.

    Every change takes the next version and the clock's second; a record that changes while
    somebody pages through moves to the end and is met again.
    """

    def __init__(self, clock: AgencyClock) -> None:
        self._clock = clock
        self._collections = {name: _Collection() for name in VR_COLLECTIONS}
        self.lock = threading.RLock()

    def load(
        self, collection: str, record: Record | None, dice: Dice, *, key: str | None = None
    ) -> None:
        """Enter a record of the past: some version, at some full hour of the last two years.

        Args:
            collection: Where it belongs.
            record: The record; ``None`` is the tombstone of ``key``.
            dice: Throws version and hour.
            key: Id of a tombstone.
        """
        identity = str(key if record is None else record["id"])
        hours = 20 + dice.below(2 * 365 * 24)
        at = SANDBOX_START.replace(minute=0) - timedelta(hours=hours)
        self._enter(collection, identity, record, 1 + dice.below(3), iso_seconds(at))

    def settle_order(self) -> None:
        """Bring the books in order after loading."""
        for place in self._collections.values():
            place.order.sort()

    def _enter(
        self, collection: str, key: str, record: Record | None, version: int, at: str
    ) -> None:
        envelope: Record = {"id": key, "version": version, "updated_at": at}
        envelope["deleted"] = record is None
        # A copy: orjson hands out its buffer, several times as long as the text in it.
        raw = b"%b" % orjson.dumps({**envelope, **record, **envelope} if record else envelope)
        place = self._collections[collection]
        place.records[key] = _Stored(version, at, record is None, raw)
        place.order.append((at, key))

    def _change(self, collection: str, key: str, record: Record | None) -> None:
        with self.lock:
            place = self._collections[collection]
            before = place.records.get(key)
            if before is not None:
                del place.order[bisect_left(place.order, (before.updated_at, key))]
            at = iso_seconds(self._clock.now())
            self._enter(collection, key, record, before.version + 1 if before else 1, at)
            insort(place.order, place.order.pop())

    def put(self, collection: str, record: Record) -> None:
        """Store a record, new or changed; an envelope on it is ignored."""
        envelope = ("version", "updated_at", "deleted")
        body = {name: value for name, value in record.items() if name not in envelope}
        self._change(collection, str(record["id"]), body)

    def delete(self, collection: str, key: str) -> None:
        """Leave a tombstone."""
        self._change(collection, key, None)

    def get(self, collection: str, key: str) -> Record | None:
        """The live record, envelope included, or nothing."""
        stored = self._collections[collection].records.get(key)
        if stored is None or stored.deleted:
            return None
        record: Record = orjson.loads(stored.raw)
        return record

    def raw(self, collection: str, key: str) -> bytes | None:
        """The live record's JSON."""
        stored = self._collections[collection].records.get(key)
        return None if stored is None or stored.deleted else stored.raw

    def live(self, collection: str) -> Iterator[Record]:
        """Every live record."""
        for stored in list(self._collections[collection].records.values()):
            if not stored.deleted:
                yield orjson.loads(stored.raw)

    def truth(self) -> dict[str, dict[str, Record]]:
        """Everything, tombstones included, by collection and id."""
        return {
            name: {key: orjson.loads(stored.raw) for key, stored in place.records.items()}
            for name, place in self._collections.items()
        }

    def page(
        self, collection: str, since: str | None, after: Position | None, limit: int
    ) -> tuple[list[bytes], Position | None]:
        """Up to ``limit`` records from a position on, and where the next page begins.

        Returns:
            The records as JSON, not in the order of their changes (the contract promises none),
            and the position of the last of them; ``None`` when nothing follows.
        """
        with self.lock:
            place = self._collections[collection]
            order = place.order
            if after is not None:
                start = bisect_right(order, after)
            else:
                start = 0 if since is None else bisect_left(order, (since, ""))
            chosen = order[start : start + limit]
            more = start + limit < len(order)
            keys = sorted((key for _, key in chosen), key=lambda key: key[::-1])
            return [place.records[key].raw for key in keys], chosen[-1] if more else None


def parse_since(text: str) -> str | None:
    """``updated_since`` as the contract writes it, or nothing."""
    try:
        instant = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    return text if text.endswith("+08:00") and iso_seconds(instant) == text else None

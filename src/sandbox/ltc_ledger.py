"""The LTC system's books: the present records, and the feed of their changes."""

import secrets
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson

from .clock import AgencyClock, iso_seconds
from .forms import Record
from .ltc_records import LTC_ENTITIES

__all__ = ["Feed", "LtcLedger"]

_FIRST_SEQ = 2000


class Feed(NamedTuple):
    """An answer of the feed.

    Attributes:
        lines: Changes, each ending in a line feed.
        newest: Newest sequence number.
        following: ``after`` of the next request.
    """

    lines: list[bytes]
    newest: int
    following: int


class LtcLedger:
    """Records of the six entities as finished JSON lines, and an append-only feed with gaps.

    Attributes:
        epoch: Opaque; another one begins when the system is restored from a backup.
        oldest_after: The smallest ``after`` still served.
    """

    def __init__(self, clock: AgencyClock) -> None:
        self._clock = clock
        self._records: dict[str, dict[str, bytes]] = {name: {} for name in LTC_ENTITIES}
        self._seqs: list[int] = []
        self._lines: list[bytes] = []
        self._seq = _FIRST_SEQ
        self._steps = 0
        self.epoch = f"e{secrets.token_hex(4)}"
        self.oldest_after = _FIRST_SEQ
        self.lock = threading.RLock()

    @property
    def newest(self) -> int:
        """Newest sequence number."""
        return self._seq

    # Writing

    def load(self, entity: str, record: Record) -> None:
        """Enter a record of the past, without a change in the feed."""
        self._records[entity][record["id"]] = orjson.dumps(record) + b"\n"

    def append(self, op: str, entity: str, data: Record) -> None:
        """A change: into the feed, and into the present records."""
        with self.lock:
            # Numbers ascend with gaps, because other tables share the counter.
            self._steps += 1
            self._seq += 1 + (self._steps * 7 % 5 == 0) + 20 * (self._steps % 13 == 0)
            line = {
                "seq": self._seq,
                "op": op,
                "entity": entity,
                "at": iso_seconds(self._clock.now()),
                "data": data,
            }
            self._seqs.append(self._seq)
            self._lines.append(orjson.dumps(line) + b"\n")
            if op == "delete":
                self._records[entity].pop(data["id"], None)
            else:
                self.load(entity, data)

    def put(self, entity: str, record: Record) -> None:
        """Store a record, new or changed."""
        self.append("upsert", entity, record)

    def delete(self, entity: str, key: str) -> None:
        """Delete a record; what refers to it stays."""
        self.append("delete", entity, {"id": key})

    def merge(self, survivor: str, merged: str) -> None:
        """Join two person records as the contract says: survivor, deletion, what moves.

        Raises:
            KeyError: one of them is not on file.
        """
        with self.lock:
            kept = orjson.loads(self._records["person"][survivor])
            gone = orjson.loads(self._records["person"][merged])
            numbers = {(item["type"], item["value"]) for item in kept["identifiers"]}
            kept["identifiers"] += [
                {**item, "current": False}
                for item in gone["identifiers"]
                if (item["type"], item["value"]) not in numbers
            ]
            kept["merged_ids"] += [*gone["merged_ids"], merged]
            self.put("person", kept)
            day = self._clock.today().isoformat()
            deleted = {"id": merged, "merged_into": survivor, "merged_on": day}
            self.append("delete", "person", deleted)
            mark = f'"person_id":"{merged}"'.encode()
            for entity in ("certificate", "credit", "registration"):
                moving = [line for line in self._records[entity].values() if mark in line]
                for line in moving:
                    self.put(entity, {**orjson.loads(line), "person_id": survivor})

    def new_epoch(self, seq: int = 500) -> None:
        """Restore from a backup: another epoch, the numbers start elsewhere, the feed is empty."""
        with self.lock:
            self.epoch = f"e{secrets.token_hex(4)}"
            self._seq = self.oldest_after = seq
            self._seqs.clear()
            self._lines.clear()

    def forget_before(self, after: int) -> None:
        """End the retention of changes up to ``after``."""
        with self.lock:
            cut = bisect_right(self._seqs, after)
            del self._seqs[:cut], self._lines[:cut]
            self.oldest_after = max(self.oldest_after, after)

    # Reading

    def get(self, entity: str, key: str) -> Record | None:
        """One present record, or nothing."""
        line = self._records[entity].get(key)
        if line is None:
            return None
        record: Record = orjson.loads(line)
        return record

    def all(self, entity: str) -> Iterator[Record]:
        """Every present record of an entity."""
        for line in list(self._records[entity].values()):
            yield orjson.loads(line)

    def lines_with(self, entity: str, fragment: bytes) -> list[Record]:
        """Present records whose JSON holds a fragment; quicker than parsing them all."""
        return [
            orjson.loads(line) for line in list(self._records[entity].values()) if fragment in line
        ]

    def truth(self) -> dict[str, dict[str, Record]]:
        """Every present record by entity and id."""
        return {
            entity: {key: orjson.loads(line) for key, line in records.items()}
            for entity, records in self._records.items()
        }

    def snapshot(self, entity: str) -> tuple[Sequence[bytes], int]:
        """All lines of an entity at one moment, in no particular order, and the newest number."""
        with self.lock:
            return list(self._records[entity].values()), self._seq

    def changes(self, after: int, limit: int) -> Feed:
        """Changes after a number."""
        with self.lock:
            start = bisect_right(self._seqs, after)
            lines = self._lines[start : start + limit]
            more = start + limit < len(self._seqs)
            following = self._seqs[start + len(lines) - 1] if more else self._seq
            return Feed(lines, self._seq, following)

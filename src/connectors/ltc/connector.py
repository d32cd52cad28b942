"""The LTC system's change feed, begun and resumed by snapshots."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import ExitStack, aclosing
from functools import partial
from typing import Any

from ...domain.blocks import Block
from ...domain.records.base import Entity
from ...domain.records.ltc import ENTITIES
from ...domain.sync import Batch, Problem, Tombstone
from ..base import Collected, DriftLog
from ..errors import AgencyGarbled, PositionLost
from ..fields import storable
from ..http import AgencyClient, Auth
from ..messages import Call
from ..reading import Faulty, Reader
from .feed import Change, read_changes
from .filing import LtcFiling
from .spool import Spool, read_object

__all__ = ["LtcConnector"]

_NDJSON = frozenset({"application/x-ndjson"})
_BATCH_ROWS = 20_000
_BREATH_ROWS = 500
"""Rows of the feed read between two chances for other tasks of the process."""
_BLOCK_ROWS = 200
"""Rows of a snapshot read at once, between two such chances: so few stay in the processor's cache."""
_FEED_BYTES = 64 << 20
_ROUNDS = 3
"""How often in a run the feed may be lost, or its epoch change between two snapshots."""
_GENERATION = 40
"""Bits of a version below the generation: sequence numbers start lower after a change of epoch."""


class LtcConnector:
    """Reads the feed (``batches``) and reports recognised credits (``filing``).

    The position holds ``generation`` (counts the snapshots begun, so that versions only ever grow:
    a record's version is the generation above, the sequence number below) and, once all snapshots
    are stored, ``epoch`` and ``after``: the last sequence number applied.

    Args:
        client: Of the agency.
        auth: Adds the token.
        page_size: Lines per answer, up to 5000.
    """

    registry = "ltc"

    def __init__(self, client: AgencyClient, auth: Auth, *, page_size: int = 2000) -> None:
        self._client = client
        self._auth = auth
        self._page_size = min(max(page_size, 1), 5000)
        self.filing = LtcFiling(client, auth)

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """Snapshots where needed, then every change since; see ``base.Connector``."""
        run = _Run(position or {}, full=full)
        while True:
            if run.following:
                try:
                    async with aclosing(self._follow(run)) as changes:
                        async for batch in changes:
                            yield batch
                except PositionLost as lost:
                    run.lose(lost)
                else:
                    return
            async with aclosing(self._snapshots(run)) as listings:
                async for batch in listings:
                    yield batch

    async def ping(self) -> None:
        """One line of the feed; that its beginning is no longer served is an answer too."""
        call = self._call("/api/changes", {"after": 0, "limit": 1})
        try:
            await self._client.call(call, lambda answer: answer.whole_number("X-Feed-Seq"))
        except PositionLost:
            return

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _call(self, path: str, params: Mapping[str, str | int]) -> Call:
        return Call(
            "GET",
            path,
            params=params,
            auth=self._auth,
            types=_NDJSON,
            partial=path == "/api/changes",
            limit=_FEED_BYTES,
        )

    async def _follow(self, run: "_Run") -> AsyncGenerator[Batch, None]:
        doubted = False
        while True:
            after, epoch = run.after, run.epoch
            call = self._call(
                "/api/changes", {"after": after, "epoch": epoch, "limit": self._page_size}
            )
            changes = await self._client.call(call, partial(read_changes, after=after, epoch=epoch))
            if changes.doubtful and not doubted:
                doubted = True
                continue
            doubted = False
            if changes.doubtful and changes.up_to_date:
                # Whoever is right, the position stays: what was announced is asked for next time.
                return
            collected = Collected()
            for number, change in enumerate(changes.lines):
                run.apply(change, collected)
                if number % _BREATH_ROWS == 0:
                    await asyncio.sleep(0)
            run.after = changes.following
            if changes.following != after:
                yield collected.batch("ltc", run.position(), run.drift)
            if changes.up_to_date:
                return

    async def _snapshots(self, run: "_Run") -> AsyncGenerator[Batch, None]:
        run.generation += 1
        with ExitStack() as stack:
            spools = await self._fetch_all(stack)
            run.expected = {entity.name: spool.rows for entity, spool in spools.items()}
            for entity, spool in spools.items():
                last = entity is ENTITIES[-1]
                if last:
                    run.follow(spool.epoch, min(each.seq for each in spools.values()))
                async for batch in self._listing(run, entity, spool):
                    yield batch

    async def _fetch_all(self, stack: ExitStack) -> dict[Entity, Spool]:
        """All snapshots, of one epoch: none is applied before the last is proved complete."""
        for _ in range(_ROUNDS):
            spools: dict[Entity, Spool] = {}
            for entity in ENTITIES:
                call = self._call(f"/api/snapshot/{entity.collection}", {})
                spool = await self._client.stream(call, Spool)
                stack.callback(spool.close)
                spools[entity] = spool
                if len({each.epoch for each in spools.values()}) > 1:
                    break
            else:
                return spools
            stack.close()
        raise AgencyGarbled(
            "ltc: the epoch changes between two snapshots, again and again",
            "ltc:快照之間世代一再變更",
            details={"registry": "ltc"},
        )

    async def _listing(self, run: "_Run", entity: Entity, spool: Spool) -> AsyncIterator[Batch]:
        """One entity's rows as batches; the last one ends the listing."""
        this = frozenset({entity.name})
        begins, nameless = this, False
        collected = Collected()
        reader = run.readers[entity.collection]
        version = run.version(spool.seq)
        number = 0
        for lines in spool.lines(min(_BLOCK_ROWS, _BATCH_ROWS)):
            block, problems = _read(reader, lines, version, number)
            collected.add_block(block)
            for problem in problems:
                collected.set_aside(problem)
                nameless = nameless or not problem.id
            number += len(lines)
            await asyncio.sleep(0)
            if collected.fetched >= _BATCH_ROWS and number < spool.rows:
                yield collected.batch(
                    "ltc", run.unfinished(), run.drift, begins=begins, expected=run.expected
                )
                begins = frozenset()
        # A row without its key could be any of those held: nothing is deleted this time.
        notes = run.take_notes()
        if nameless:
            notes = (*notes, f"ltc.key_missing:{entity.collection}")
        finished = entity is ENTITIES[-1]
        yield collected.batch(
            "ltc",
            run.position() if finished else run.unfinished(),
            run.drift,
            begins=begins,
            complete=frozenset() if nameless else this,
            notes=notes,
            expected=run.expected,
        )


def _read(
    reader: Reader, lines: list[bytes], version: int, before: int
) -> tuple[Block, list[Problem]]:
    """Rows of a snapshot behind ``before`` others."""
    block = reader.read_lines(lines, version)
    if block is not None:
        return block, []
    raws = [read_object(line) for line in lines]
    size = len(raws)
    block, faulty = reader.read_block(raws, (version,) * size, (None,) * size)
    return block, [
        reader.problem(
            raws[place],
            fault,
            f"snapshot {reader.entity.collection} line {before + place + 1}",
            version,
        )
        for place, fault in faulty
    ]


class _Run:
    """Where in the feed a run stands."""

    def __init__(self, position: Mapping[str, Any], *, full: bool) -> None:
        self.generation: int = position.get("generation", 0)
        self.epoch: str = position.get("epoch", "")
        self.after: int = position.get("after", 0)
        self.following = not full and "epoch" in position and "after" in position
        self.expected: dict[str, int] = {}
        self.drift = DriftLog()
        self.readers = {entity.collection: Reader(entity, self.drift) for entity in ENTITIES}
        self._lost = 0
        self._notes: tuple[str, ...] = ()

    def version(self, seq: int) -> int:
        """Version of what the feed shows at a sequence number."""
        return self.generation << _GENERATION | seq

    def position(self) -> dict[str, object]:
        """To be stored once everything up to ``after`` is."""
        return {"generation": self.generation, "epoch": self.epoch, "after": self.after}

    def unfinished(self) -> dict[str, object]:
        """To be stored while snapshots are being applied: another run begins them again."""
        return {"generation": self.generation}

    def follow(self, epoch: str, after: int) -> None:
        """Go on with the changes behind the oldest of the snapshots."""
        self.epoch, self.after, self.following = epoch, after, True

    def lose(self, lost: PositionLost) -> None:
        """Go back to snapshots, a few times in a run."""
        self._lost += 1
        if self._lost > _ROUNDS:
            raise lost
        self.following = False
        self._notes = (f"ltc.position_lost:{lost.details.get('reason', '')}",)

    def take_notes(self) -> tuple[str, ...]:
        """Notes not yet told."""
        notes, self._notes = self._notes, ()
        return notes

    def apply(self, change: Change, collected: Collected) -> None:
        """Put one change into the batch being collected."""
        reader = self.readers.get(change.entity)
        if reader is None:
            self.drift.add(f"ltc.{change.entity}", "", "unknown_entity")
            collected.fetched += 1
            return
        version = self.version(change.seq)
        try:
            data = _record(change)
            if change.operation == "upsert":
                collected.add(reader.read(data, version, change.at))
            else:
                collected.add(_tombstone(reader.entity.name, data, version))
        except Faulty as fault:
            where = f"changes seq {change.seq}"
            collected.set_aside(reader.problem(change.data, fault, where, version))


def _record(change: Change) -> Mapping[str, Any]:
    if not isinstance(change.data, dict):
        raise Faulty("data", "wrong_type")
    return change.data


def _tombstone(entity: str, data: Mapping[str, Any], version: int) -> Tombstone:
    key, survivor = data.get("id"), data.get("merged_into")
    if not isinstance(key, str) or not key or not storable(key):
        raise Faulty("id", "missing_required")
    if survivor is not None and (not isinstance(survivor, str) or not storable(survivor)):
        raise Faulty("merged_into", "wrong_type")
    return Tombstone(entity, key, version, survivor or None)

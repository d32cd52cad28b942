"""Applies batches to the mirrors of one registry, inside the caller's transaction.

Rows travel by text COPY: straight into a mirror that was empty when the run came to it, else those that
change anything into a temporary table per entity, merged from there in one or two statements. What a batch changed is left in the temporary table ``touched`` for the identity links,
the counties and the queue of evaluations.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any, TypeVar

import asyncpg

from ..domain.blocks import Block, Blocks
from ..domain.collector import collector_paused
from ..domain.records import BY_NAME
from ..domain.sync import Batch, Problem, Record, Tombstone
from .failpoints import reach
from .keys import KeyRing
from .mirror_sql import PERSON_ENTITIES, entity_sql
from .quarantine import open_entities, resolve, resolve_vanished, set_aside
from .staging import array_of_numbers, array_of_texts, copy_lines

__all__ = ["Counts", "Figures", "MassDeletion", "MirrorWriter"]

_CHUNK = 20_000
_LINES = 200
"""Records written at once, between two chances for other tasks of the process."""

_T = TypeVar("_T")


@dataclass(slots=True)
class Counts:
    """What a run did with the rows of one entity.

    ``fetched = inserted + updated + unchanged + stale + quarantined + duplicate + deleted -
    vanished``: a vanished row was never fetched, a full listing lacked it.

    Attributes:
        stale: Older than what is stored.
        deleted: Tombstones that closed a row (or are remembered for one to come), and vanished rows.
        duplicate: The same key again in one batch.
    """

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    deleted: int = 0
    vanished: int = 0
    quarantined: int = 0
    duplicate: int = 0

    def as_dict(self) -> dict[str, int]:
        """By name, JSON-ready."""
        return asdict(self)


@dataclass(slots=True)
class Figures:
    """What a run knows beside the database.

    Attributes:
        counts: By entity.
        floors: By entity, version of its last full listing.
        notes: For the report.
        listed: By entity whose full listing is under way: its highest version so far.
        unnamed: Entities whose listing held a row without a readable key.
        fresh: By entity, whether its mirror was empty when the run came to it.
        bare: Entities whose mirror was empty when their listing began and that were only filled since:
            the mirror itself tells what was listed.
    """

    counts: dict[str, Counts] = field(default_factory=dict)
    floors: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    listed: dict[str, int] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    fresh: dict[str, bool] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class MassDeletion:
    """A full listing that lacks more rows than may vanish at once: nothing was deleted."""

    entity: str
    gone: int
    live: int


class MirrorWriter:
    """Writes one registry's mirrors on one connection, batch after batch of one run.

    Args:
        connection: asyncpg's own connection, after ``identity.prepare``; the caller commits.
        keys: For people's numbers.
        registry: ``vr``, ``ltc`` or ``osh``.
        run: Number of the run, written beside what is set aside.
        floors: By entity, version of its last full listing.
        mass_delete_limit: Share of an entity's live rows that a full listing may delete. One row may
            always go, all rows never; None: no limit, a person has decided.
        rewrite: Write rows of the same content too, because records are read in another way now.
    """

    def __init__(
        self,
        connection: "asyncpg.Connection[Any]",
        keys: KeyRing,
        registry: str,
        run: int,
        floors: Mapping[str, int],
        mass_delete_limit: float | None,
        *,
        rewrite: bool = False,
    ) -> None:
        self._rewrite = rewrite
        self.figures = Figures(floors=dict(floors))
        self._connection = connection
        self._keys = keys
        self._registry = registry
        self._run = run
        self._limit = mass_delete_limit
        self._open: set[str] | None = None
        self._staged: set[str] = set()

    def snapshot(self) -> "Figures":
        """The figures as they stand before a batch, for ``restore``."""
        return deepcopy(self.figures)

    def restore(self, before: "Figures") -> None:
        """Take the figures back to ``before``, because the batch was rolled back."""
        self.figures = deepcopy(before)
        self._open = None
        self._staged.clear()

    async def apply(self, batch: Batch, now: datetime) -> MassDeletion | None:
        """Apply one batch; the caller commits, or rolls back on a mass deletion.

        Args:
            batch: Of this registry.
            now: Written as the time of taking over.

        Returns:
            What a full listing would have deleted beyond the limit; None when all went well.
        """
        for entity in sorted(batch.begins):
            await self._begin_listing(entity)
            reach("sync.listing_begun")
        for blocks in _together(batch.records):
            await self._merge(blocks, now)
            reach("sync.merged")
        for dead in _chunks(batch.tombstones, _CHUNK):
            for entity, tombstones in _by_entity(dead).items():
                await self._close(entity, tombstones, now)
                reach("sync.closed")
        for entity, problems in _by_entity(batch.problems).items():
            await self._set_aside(entity, problems, now)
            reach("sync.set_aside")
        return await self._end_listings(batch.complete, now)

    def changed_rows(self) -> int:
        """Rows that the run has inserted, updated or deleted so far."""
        return sum(
            counts.inserted + counts.updated + counts.deleted
            for counts in self.figures.counts.values()
        )

    async def analyze(self) -> None:
        """Renew the planner's figures of what this run has filled."""
        filled = {
            entity
            for entity, counts in self.figures.counts.items()
            if counts.inserted + counts.updated > _CHUNK
        }
        tables = [entity_sql(entity).analyzed for entity in sorted(filled)]
        if not filled.isdisjoint((*PERSON_ENTITIES, "vr.appointment", "ltc.registration")):
            tables += ("hub.person", "hub.person_record", "hub.identifier", "hub.person_county")
        for table in tables:
            await self._connection.execute(f"analyze {table}")

    def _count(self, entity: str) -> Counts:
        return self.figures.counts.setdefault(entity, Counts())

    def _floor(self, entity: str) -> int:
        # Versions are positive, so this lets everything pass.
        return self.figures.floors.get(entity, -1)

    async def _begin_listing(self, entity: str) -> None:
        sql = entity_sql(entity)
        await self._connection.execute(sql.create_seen)
        await self._connection.execute(f"truncate {sql.seen}")
        self.figures.listed[entity] = -1
        self.figures.unnamed.discard(entity)
        self.figures.bare.discard(entity)
        if await self._is_fresh(entity) and not await self._connection.fetchval(sql.any):
            self.figures.bare.add(entity)

    async def _merge(self, blocks: Sequence[Block], now: datetime) -> None:
        entity, counts = blocks[0].entity, self._count(blocks[0].entity)
        fetched = sum(map(len, blocks))
        ids = list(chain.from_iterable(block.ids for block in blocks))
        if len(set(ids)) < fetched:
            blocks = [_newest(Block.joined(blocks))]
            ids = list(blocks[0].ids)
        counts.fetched += fetched
        counts.duplicate += fetched - len(ids)
        if entity in self.figures.listed:
            version = max(max(block.versions) for block in blocks)
            self.figures.listed[entity] = max(self.figures.listed[entity], version)
        # A mirror that was empty when the run began is filled without asking for each row.
        filled = await self._is_fresh(entity) and await self._fill(blocks, now)
        if entity in self.figures.listed and entity not in self.figures.bare:
            await self._connection.execute(
                f"insert into {entity_sql(entity).seen} select unnest($1::text::text[])",
                array_of_texts(ids),
            )
        if filled:
            return
        rest = await self._to_write(blocks, ids, now)
        if rest is not None:
            await self._write(rest, now)

    async def _is_fresh(self, entity: str) -> bool:
        if entity not in self.figures.fresh:
            filled = await self._connection.fetchval(entity_sql(entity).any)
            self.figures.fresh[entity] = not filled and entity not in self.figures.floors
        return self.figures.fresh[entity]

    async def _fill(self, blocks: Sequence[Block], now: datetime) -> bool:
        """Straight into the mirror; whether none of the keys was there (if one was, none is now)."""
        entity = blocks[0].entity
        sql, (registry, _, table) = entity_sql(entity), entity.partition(".")
        try:
            async with self._connection.transaction():
                await self._connection.copy_to_table(
                    table,
                    schema_name=registry,
                    columns=(*sql.columns, "synced_at"),
                    source=self._lines(blocks, now.isoformat()),
                )
        except asyncpg.UniqueViolationError:
            self.figures.fresh[entity] = False
            if entity in self.figures.bare:
                self.figures.bare.remove(entity)
                await self._connection.execute(sql.all_seen)
            return False
        for touched, column, own in sql.touched:
            keys: set[Any] = set()
            for block in blocks:
                keys.update(block.ids if column == "id" else block.columns.get(column, ()))
            await self._connection.execute(
                "insert into touched (entity, id, own) select $1, unnest($2::text::text[]), $3",
                touched,
                array_of_texts([key for key in keys if key is not None]),
                own,
            )
        self._count(entity).inserted += sum(map(len, blocks))
        for block in blocks:
            await self._answer_quarantine(block, now)
        return True

    async def _lines(self, blocks: Sequence[Block], *constants: str) -> AsyncIterator[bytes]:
        for block in blocks:
            for start in range(0, len(block), _LINES):
                part = block[start : start + _LINES] if len(block) > _LINES else block
                with collector_paused():
                    lines = copy_lines(self._keys, part, *constants)
                yield lines

    async def _to_write(
        self, blocks: Sequence[Block], ids: Sequence[str], now: datetime
    ) -> Block | None:
        """Those that change anything; the others are counted."""
        entity = blocks[0].entity
        sql, counts = entity_sql(entity), self._count(entity)
        listed = entity in self.figures.listed
        write, newer, stale = await self._connection.fetchrow(
            sql.probe,
            array_of_texts(ids),
            array_of_numbers(list(chain.from_iterable(block.versions for block in blocks))),
            b"".join(chain.from_iterable(block.hashes for block in blocks)),
            self._floor(entity),
            self._rewrite,
            # In a listing nearly all rows are newer, and only a quarantine asks which.
            not listed or await self._is_quarantined(entity),
        )
        counts.stale += stale
        counts.unchanged += len(ids) - len(write or ()) - stale
        renewed = _picked(blocks, newer or ())
        if renewed is not None:
            await self._answer_quarantine(renewed, now)
            if not listed:
                await self._connection.execute(
                    sql.renew, array_of_texts(renewed.ids), array_of_numbers(renewed.versions)
                )
        return _picked(blocks, write or ())

    async def _write(self, block: Block, now: datetime) -> None:
        """Insert what is new and update the rest."""
        sql, counts = entity_sql(block.entity), self._count(block.entity)
        if block.entity not in self._staged:
            await self._connection.execute(sql.create_stage)
            self._staged.add(block.entity)
        await self._connection.execute(f"truncate {sql.stage}")
        await self._connection.copy_to_table(
            sql.stage, columns=sql.columns, source=self._lines([block])
        )
        reach("sync.staged")
        inserted = await self._connection.fetchval(sql.insert, now)
        counts.inserted += inserted
        if inserted < len(block):
            written = await self._connection.fetchval(sql.update, now, self._rewrite)
            # Where all is rewritten, the rows just inserted are written once more.
            counts.updated += min(written, len(block) - inserted)
        await self._answer_quarantine(block, now)

    async def _is_quarantined(self, entity: str) -> bool:
        """Whether faulty records of an entity are waiting for a good version."""
        if self._open is None:
            self._open = await open_entities(self._connection, self._registry)
        return entity in self._open

    async def _answer_quarantine(self, block: Block, now: datetime) -> None:
        """A good version of a record ends the quarantine of its faulty one."""
        if await self._is_quarantined(block.entity):
            await resolve(self._connection, block.entity, block.ids, block.versions, now)

    async def _close(self, entity: str, tombstones: Sequence[Tombstone], now: datetime) -> None:
        deleted, distinct, stale = await self._connection.fetchrow(
            entity_sql(entity).close,
            [tombstone.id for tombstone in tombstones],
            [tombstone.version for tombstone in tombstones],
            [tombstone.merged_into for tombstone in tombstones],
            self._floor(entity),
            now,
        )
        counts = self._count(entity)
        counts.fetched += len(tombstones)
        counts.duplicate += len(tombstones) - distinct
        counts.deleted += deleted
        counts.stale += stale
        counts.unchanged += distinct - deleted - stale

    async def _set_aside(self, entity: str, problems: Sequence[Problem], now: datetime) -> None:
        """Keep what is faulty, unless a good record that is newer is here already."""
        sql, counts = entity_sql(entity), self._count(entity)
        rows = await self._connection.fetch(
            sql.current,
            [problem.id for problem in problems],
            [problem.version for problem in problems],
            self._floor(entity),
        )
        current = [problems[row["place"] - 1] for row in rows]
        counts.fetched += len(problems)
        counts.quarantined += len(current)
        counts.stale += len(problems) - len(current)
        if current:
            await set_aside(self._connection, self._keys, entity, current, self._run, now)
            self._open = None
        if entity in self.figures.listed:
            named = [(problem.id,) for problem in problems if problem.id]
            if len(named) < len(problems):
                self.figures.unnamed.add(entity)
            await self._connection.copy_records_to_table(sql.seen, records=named)

    async def _end_listings(self, complete: frozenset[str], now: datetime) -> MassDeletion | None:
        judged: list[tuple[str, int, int]] = []
        for entity in sorted(complete):
            if entity not in self.figures.listed:
                self.figures.notes.append(f"listing_not_begun:{entity}")
            elif entity in self.figures.unnamed:
                # A row whose key cannot be read might be any of those that seem to be gone.
                self.figures.notes.append(f"listing_with_unreadable_keys:{entity}")
                del self.figures.listed[entity]
            elif entity in self.figures.bare:
                judged.append((entity, 0, self._count(entity).inserted))
            else:
                gone, live = await self._connection.fetchrow(
                    entity_sql(entity).vanished, self.figures.listed[entity]
                )
                judged.append((entity, gone, live))
        refused = self._refused(judged)
        if refused is not None:
            return refused
        for entity, gone, _ in judged:
            sql = entity_sql(entity)
            seen = sql.mirror if entity in self.figures.bare else sql.seen
            await resolve_vanished(self._connection, entity, seen, self._run, now)
            version = self.figures.listed.pop(entity)
            self.figures.floors[entity] = max(self._floor(entity), version)
            # What follows may be older than the listing, so each row is asked for from now on.
            self.figures.fresh[entity] = False
            if gone:
                deleted = await self._connection.fetchval(sql.vanish, version, now)
                self._count(entity).deleted += deleted
                self._count(entity).vanished += deleted
                reach("sync.compared")
        return None

    def _refused(self, judged: Sequence[tuple[str, int, int]]) -> MassDeletion | None:
        if self._limit is None or not judged:
            return None
        for entity, gone, live in judged:
            if gone > max(1, int(self._limit * live)):
                return MassDeletion(entity, gone, live)
        gone, live = sum(part[1] for part in judged), sum(part[2] for part in judged)
        return MassDeletion(judged[0][0], gone, live) if live and gone == live else None


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _together(records: Sequence[Record]) -> Iterator[Sequence[Block]]:
    """Blocks of one entity, together at most ``_CHUNK`` records."""
    if not isinstance(records, Blocks):
        for chunk in _chunks(records, _CHUNK):
            for entity, found in _by_entity(chunk).items():
                yield [Block.of(entity, found)]
        return
    held: list[Block] = []
    size = 0
    for block in records.parts:
        if held and (held[0].entity != block.entity or size + len(block) > _CHUNK):
            yield held
            held, size = [], 0
        held.append(block)
        size += len(block)
    if held:
        yield held


def _picked(blocks: Sequence[Block], places: Sequence[int]) -> Block | None:
    """The records at places counted from 1 through all blocks; None: there are none."""
    if not places:
        return None
    wanted = sorted(places, reverse=True)
    found: list[Block] = []
    before = 0
    for block in blocks:
        mine: list[int] = []
        while wanted and wanted[-1] <= before + len(block):
            mine.append(wanted.pop() - before - 1)
        if mine:
            found.append(block.picked(mine))
        before += len(block)
    return Block.joined(found)


def _newest(block: Block) -> Block:
    """One record per key, of its highest version the last."""
    if len(set(block.ids)) == len(block):
        return block
    kept: dict[str, int] = {}
    for place, key in enumerate(block.ids):
        held = kept.get(key)
        if held is None or block.versions[place] >= block.versions[held]:
            kept[key] = place
    return block.picked(list(kept.values()))


def _by_entity(items: Iterable[Any]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for item in items:
        grouped.setdefault(item.entity, []).append(item)
    for entity in grouped:
        BY_NAME[entity]  # an entity outside the catalogue is a bug of its connector
    return grouped

"""Records of one entity column by column: how many records travel from a connector to the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeVar, overload

from .sync import Record

__all__ = ["Block", "Blocks"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Block(Sequence[Record]):
    """Records of one entity; as a sequence, the records themselves, made as they are asked for.

    Attributes:
        entity: ``ltc.credit``.
        ids: The agency's keys.
        versions: See ``Record.version``.
        updated_at: See ``Record.updated_at``.
        hashes: See ``Record.raw_hash``.
        columns: By the names of ``Record.values``, each as long as ``ids``. A missing name is null.
    """

    entity: str
    ids: Sequence[str]
    versions: Sequence[int]
    updated_at: Sequence[datetime | None]
    hashes: list[bytes]
    columns: Mapping[str, Sequence[object]]

    @classmethod
    def of(cls, entity: str, records: Sequence[Record]) -> "Block":
        """From records of ``entity``."""
        names = dict.fromkeys(chain.from_iterable(record.values for record in records))
        return cls(
            entity,
            [record.id for record in records],
            [record.version for record in records],
            [record.updated_at for record in records],
            [record.raw_hash for record in records],
            {name: [record.values.get(name) for record in records] for name in names},
        )

    @classmethod
    def joined(cls, blocks: Sequence["Block"]) -> "Block":
        """Several blocks of one entity as one."""
        if len(blocks) == 1:
            return blocks[0]
        names = dict.fromkeys(chain.from_iterable(block.columns for block in blocks))
        return cls(
            blocks[0].entity,
            _chained(block.ids for block in blocks),
            _chained(block.versions for block in blocks),
            _chained(block.updated_at for block in blocks),
            _chained(block.hashes for block in blocks),
            {
                name: _chained(block.columns.get(name) or (None,) * len(block) for block in blocks)
                for name in names
            },
        )

    def picked(self, places: Sequence[int]) -> "Block":
        """The records at some places, from 0."""
        return Block(
            self.entity,
            [self.ids[place] for place in places],
            [self.versions[place] for place in places],
            [self.updated_at[place] for place in places],
            [self.hashes[place] for place in places],
            {name: [column[place] for place in places] for name, column in self.columns.items()},
        )

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> "Block": ...

    def __getitem__(self, place: int | slice) -> "Record | Block":
        if isinstance(place, slice):
            return Block(
                self.entity,
                self.ids[place],
                self.versions[place],
                self.updated_at[place],
                self.hashes[place],
                {name: column[place] for name, column in self.columns.items()},
            )
        return Record(
            self.entity,
            self.ids[place],
            self.versions[place],
            {name: column[place] for name, column in self.columns.items()},
            self.hashes[place],
            self.updated_at[place],
        )


class Blocks(Sequence[Record]):
    """Blocks one after the other, as the sequence of their records.

    Attributes:
        parts: The blocks, of any entities.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Block]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Record]: ...

    def __getitem__(self, place: int | slice) -> Record | Sequence[Record]:
        return list(chain.from_iterable(self.parts))[place]


def _chained(parts: Iterable[Sequence[_T]]) -> list[_T]:
    return list(chain.from_iterable(parts))

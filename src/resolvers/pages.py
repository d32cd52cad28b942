"""Pages in a stable order, cut by keyset: a cursor holds the order values of its row.

A cursor is opaque to callers; it opens nothing, because every filter is applied anew.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson

from ..domain.errors import InvalidInput
from ..domain.provenance import Provenance

__all__ = ["DEFAULT_ROWS", "MAX_ROWS", "Keyset", "Page", "PageRow", "page_size", "read_cursor"]

DEFAULT_ROWS = 20
MAX_ROWS = 100
_BIGGEST = 2**62

Keyset: TypeAlias = tuple[str | int | date | datetime | UUID | None, ...]
"""Order values of a row; the last one is its unique id."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PageRow(Generic[_T]):
    """A row with its cursor."""

    node: _T
    cursor: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Page(Generic[_T]):
    """A page of a list.

    Attributes:
        edges: Rows with their cursors.
        total_count: None unless it was asked for.
        sources: The registries that the list rests on.
        as_of: The business day of the answer.
    """

    edges: Sequence[PageRow[_T]]
    page_info: PageInfo
    as_of: date
    sources: Sequence[Provenance] = ()
    total_count: int | None = None
    nodes: list[_T] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = [edge.node for edge in self.edges]

    @classmethod
    def cut(
        cls,
        rows: Sequence[tuple[_T | None, Keyset]],
        first: int,
        order: str,
        as_of: date,
        *,
        after: str | None = None,
        sources: Sequence[Provenance] = (),
        total_count: int | None = None,
    ) -> "Page[_T]":
        """The first ``first`` of ``rows``, which hold one more where the list goes on.

        A row whose object is gone by now is left out, but moves the cursor on.
        """
        marks = [write_cursor(order, keys) for _, keys in rows[:first]]
        edges = [
            PageRow(node, mark)
            for (node, _), mark in zip(rows[:first], marks, strict=True)
            if node is not None
        ]
        info = PageInfo(
            len(rows) > first,
            after is not None,
            marks[0] if marks else None,
            marks[-1] if marks else None,
        )
        return cls(edges, info, as_of, sources, total_count)

    @classmethod
    def none(cls, order: str, as_of: date, *, total: bool = False) -> "Page[_T]":
        """A page of a list that cannot hold anything."""
        return cls.cut([], 0, order, as_of, total_count=0 if total else None)


def page_size(first: int | None) -> int:
    """How many rows to show.

    Raises:
        InvalidInput: ``PAGE_SIZE`` below 0 or above 100.
    """
    if first is None:
        return DEFAULT_ROWS
    if not 0 <= first <= MAX_ROWS:
        raise InvalidInput(
            f"first: expected 0 to {MAX_ROWS}",
            f"first:應為 0 至 {MAX_ROWS}",
            code="PAGE_SIZE",
            details={"path": "first", "expected": f"0..{MAX_ROWS}"},
        )
    return first


def write_cursor(order: str, keys: Keyset) -> str:
    """The cursor of a row with these order values."""
    # orjson writes days and instants as ISO text, uuids as text.
    return base64.urlsafe_b64encode(orjson.dumps([order, *keys], default=str)).decode().rstrip("=")


def read_cursor(after: str | None, order: str, shape: Sequence[type]) -> tuple[Any, ...] | None:
    """The order values that ``after`` holds; None when the list starts at the front.

    Args:
        after: As :func:`write_cursor` wrote it.
        order: The order asked for; a cursor of another order is refused.
        shape: Types of the order values (str, int, date, datetime, UUID); each may also be null,
            except the last, the id.

    Raises:
        InvalidInput: ``INVALID_CURSOR``.
    """
    if after is None:
        return None
    try:
        text = after.encode("ascii")
        found = orjson.loads(base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True))
        if not isinstance(found, list) or len(found) != len(shape) + 1 or found[0] != order:
            raise _invalid()
        values = tuple(_value(value, kind) for value, kind in zip(found[1:], shape, strict=True))
    except (binascii.Error, UnicodeEncodeError, orjson.JSONDecodeError, ValueError) as error:
        raise _invalid() from error
    if values[-1] is None:
        raise _invalid()
    return values


def _value(value: object, kind: type) -> object:
    if value is None:
        return None
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _BIGGEST:
            raise ValueError("an integer")
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("text")
    if kind is date:
        return date.fromisoformat(value)
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant with its offset")
        return instant
    return UUID(value) if kind is UUID else value


def _invalid() -> InvalidInput:
    return InvalidInput(
        "after: expected a cursor of this list in this order",
        "after:應為此清單、此排序之游標",
        code="INVALID_CURSOR",
        details={"path": "after", "expected": "cursor"},
    )

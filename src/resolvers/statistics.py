"""Counts of certificates by dimensions, small numbers suppressed.

A cell of 1 to 4 is suppressed. Where a row or column of the table then has exactly one suppressed
cell, its total would give it away, so the next smallest is suppressed, too, until none is alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from ..domain.errors import InvalidInput
from ..domain.provenance import Provenance
from ..store import read_statistics
from .certificates import CertificateFilter, certificate_query
from .context import Hub, Request
from .registries import usable

__all__ = ["DIMENSIONS", "StatisticsRow", "StatisticsTable", "statistics", "suppress"]

DIMENSIONS = ("registry", "county", "type", "renewal_status", "expiry_month")
THRESHOLD = 5
"""Counts below it are not told."""

_MOST_ROWS = 5000
Keys: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """A cell: its keys in the order of the dimensions; ``count`` is None when suppressed."""

    keys: Sequence[str | None]
    count: int | None


@dataclass(frozen=True, slots=True)
class StatisticsTable:
    """A table of counts on the business day; cells that would be 0 are left out."""

    dimensions: Sequence[str]
    rows: Sequence[StatisticsRow]
    as_of: date
    threshold: int
    sources: Sequence[Provenance]


def _lines(cells: Mapping[Keys, int]) -> list[list[Keys]]:
    """Cells that share all keys but one: what a table with one dimension less adds up."""
    lines: dict[tuple[int, Keys], list[Keys]] = {}
    for keys in cells:
        for index in range(len(keys)):
            rest = (*keys[:index], *keys[index + 1 :])
            lines.setdefault((index, rest), []).append(keys)
    return list(lines.values())


def suppress(cells: Mapping[Keys, int], threshold: int = THRESHOLD) -> dict[Keys, int | None]:
    """The cells with small ones, and those that would give them away, as None."""
    hidden = {keys for keys, count in cells.items() if 0 < count < threshold}
    lines = _lines(cells)
    alone = bool(hidden)
    while alone:
        alone = False
        for line in lines:
            inside = [keys for keys in line if keys in hidden]
            if len(inside) != 1:
                continue
            others = [keys for keys in line if keys not in hidden]
            if others:
                hidden.add(min(others, key=lambda keys: (cells[keys], str(keys))))
                alone = True
    return {keys: None if keys in hidden else count for keys, count in cells.items()}


async def statistics(
    hub: Hub, request: Request, dimensions: Sequence[str], asked: CertificateFilter
) -> StatisticsTable:
    """A table of the certificates that fit ``asked``, within the reader's rows.

    Args:
        hub: The hub.
        request: Who asks.
        dimensions: One to five of :data:`DIMENSIONS`, each once.
        asked: Which certificates.

    Raises:
        InvalidInput: no dimension, or one twice; or the table would be too large.
        Refused: a registry of the filter is not the token's.
        RegistryUnavailable: one cannot be relied on.
    """
    if not dimensions or len(set(dimensions)) != len(dimensions):
        raise InvalidInput(
            "dimensions: expected one to five, each once",
            "dimensions:應為一至五個,不得重複",
            code="STATISTICS_DIMENSIONS",
            details={"path": "input.dimensions", "expected": "one to five, each once"},
        )
    query = certificate_query(request, asked)
    sources = await usable(hub, request, {*query.rows, *query.others})
    async with hub.reader.connect() as connection:
        counted = await read_statistics.counts(connection, query, dimensions, _MOST_ROWS + 1)
    if len(counted) > _MOST_ROWS:
        raise InvalidInput(
            f"the table has more than {_MOST_ROWS} cells; ask for fewer dimensions",
            f"統計表超過 {_MOST_ROWS} 格;請減少維度",
            code="STATISTICS_TOO_LARGE",
        )
    request.trace.registries.update(query.rows)
    request.trace.count("cells", len(counted))
    cells = suppress(counted)
    return StatisticsTable(
        tuple(dimensions),
        [StatisticsRow(keys, cells[keys]) for keys in sorted(cells, key=_order)],
        request.business_day,
        THRESHOLD,
        sources,
    )


def _order(keys: Keys) -> tuple[tuple[bool, str], ...]:
    return tuple((key is None, key or "") for key in keys)

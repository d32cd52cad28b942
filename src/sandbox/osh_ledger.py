"""The OSH system's books: ten tables, and what changed in them since the last drop."""

import threading
from collections.abc import Iterator

from .osh_rows import OSH_TABLES, Row

__all__ = ["Changes", "OshLedger"]

Changes = dict[str, dict[str, str]]
"""Table, key, 異動別: what a delta holds."""


class OshLedger:
    """Rows by table and key; every cell is text.

    Attributes:
        lock: Held while a drop is made or a filing stored.
    """

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in OSH_TABLES}
        self._published: dict[str, set[str]] = {name: set() for name in OSH_TABLES}
        self._dirty: dict[str, set[str]] = {name: set() for name in OSH_TABLES}
        self.lock = threading.RLock()

    def put(self, table: str, row: Row) -> None:
        """Store a row, new or changed.

        Raises:
            KeyError: a heading is missing.
        """
        shape = OSH_TABLES[table]
        cells = tuple(row[heading] for heading in shape.headings)
        with self.lock:
            key = cells[0]
            if self._tables[table].get(key) != cells:
                self._tables[table][key] = cells
                self._dirty[table].add(key)

    def delete(self, table: str, key: str) -> None:
        """Strike a row out; one that isn't there is no fault."""
        with self.lock:
            if self._tables[table].pop(key, None) is not None:
                self._dirty[table].add(key)

    def get(self, table: str, key: str) -> Row | None:
        """One row, or nothing."""
        cells = self._tables[table].get(key)
        if cells is None:
            return None
        return dict(zip(OSH_TABLES[table].headings, cells, strict=True))

    def rows(self, table: str) -> Iterator[Row]:
        """Every row of a table."""
        headings = OSH_TABLES[table].headings
        for cells in list(self._tables[table].values()):
            yield dict(zip(headings, cells, strict=True))

    def of_class(self, table: str, class_no: str) -> list[Row]:
        """The rows of one class."""
        headings = OSH_TABLES[table].headings
        place = headings.index("班別編號")
        return [
            dict(zip(headings, cells, strict=True))
            for cells in list(self._tables[table].values())
            if cells[place] == class_no
        ]

    def cells(self, table: str) -> dict[str, tuple[str, ...]]:
        """The table itself, in the order of its headings; not to be changed."""
        return self._tables[table]

    def truth(self) -> dict[str, dict[str, Row]]:
        """Everything by table and key."""
        return {
            table: {row[OSH_TABLES[table].key]: row for row in self.rows(table)}
            for table in OSH_TABLES
        }

    def changes(self) -> Changes:
        """What changed since the last drop."""
        found: Changes = {}
        for table, dirty in self._dirty.items():
            before, now = self._published[table], self._tables[table]
            found[table] = {}
            for key in sorted(dirty):
                if key in now:
                    found[table][key] = "修改" if key in before else "新增"
                elif key in before:
                    found[table][key] = "刪除"
        return found

    def published(self) -> None:
        """A drop went out: the present rows are what readers hold."""
        for table, rows in self._tables.items():
            self._published[table] = set(rows)
            self._dirty[table].clear()

"""Reading the pages of a VR collection: checked as a whole, then record by record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...domain.roc_date import TAIPEI
from ...domain.sync import Record, Tombstone
from ..base import Collected
from ..errors import AgencyGarbled
from ..fields import storable
from ..messages import Answer
from ..reading import Faulty, Reader

__all__ = ["ENVELOPE", "OVERLAP", "Page", "add_items", "overlapped", "read_page"]

OVERLAP = timedelta(minutes=5)
"""Taken off the first page's ``server_time``: the contract's figure."""

ENVELOPE = frozenset({"id", "version", "updated_at", "deleted"})

_BIGINT = 1 << 63


@dataclass(frozen=True, slots=True)
class Page:
    """A page that parses and has what a page must have.

    Attributes:
        server_time: The agency's clock, only to be compared with itself.
    """

    items: list[Any]
    next_cursor: str | None
    server_time: datetime


def read_page(answer: Answer) -> Page:
    """The page of an answer.

    Raises:
        AgencyGarbled: it isn't one; nothing of it may be used.
    """
    document = answer.json()
    if not isinstance(document, dict):
        raise AgencyGarbled("the page is not an object")
    items = document.get("items")
    if not isinstance(items, list) or "next_cursor" not in document:
        raise AgencyGarbled("the page lacks items or next_cursor")
    cursor = document["next_cursor"]
    if cursor is not None and not (isinstance(cursor, str) and cursor):
        raise AgencyGarbled("next_cursor is neither text nor null")
    server_time = _instant(document.get("server_time"))
    if server_time is None:
        raise AgencyGarbled("the page lacks a server_time with its offset")
    return Page(items, cursor, server_time)


def overlapped(server_time: datetime) -> str:
    """The next ``updated_since``, in the one spelling the contract accepts."""
    return (server_time.astimezone(TAIPEI) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S+08:00")


def add_items(reader: Reader, page: Page, number: int, collected: Collected) -> None:
    """Put a page's records, tombstones and faulty records into the batch being collected."""
    for index, item in enumerate(page.items):
        try:
            collected.add(_read_item(reader, item))
        except Faulty as fault:
            where = f"{reader.entity.collection} page {number} item {index + 1}"
            version = item.get("version") if isinstance(item, dict) else None
            known = version if isinstance(version, int) and -_BIGINT <= version < _BIGINT else 0
            collected.set_aside(reader.problem(item, fault, where, known))


def _read_item(reader: Reader, item: object) -> Record | Tombstone:
    if not isinstance(item, dict):
        raise Faulty("", "wrong_type")
    missing = sorted(name for name in ENVELOPE if item.get(name) is None)
    if missing:
        raise Faulty(missing[0], "missing_required")
    key, version, deleted = item["id"], item["version"], item["deleted"]
    if not isinstance(key, str) or not key or not storable(key):
        raise Faulty("id", "wrong_type")
    if isinstance(version, bool) or not isinstance(version, int):
        raise Faulty("version", "wrong_type")
    if not -_BIGINT <= version < _BIGINT:
        raise Faulty("version", "not_a_number")
    if not isinstance(deleted, bool):
        raise Faulty("deleted", "wrong_type")
    updated_at = _instant(item["updated_at"])
    if updated_at is None:
        raise Faulty("updated_at", "not_a_date")
    if deleted:
        return Tombstone(reader.entity.name, key, version)
    return reader.read(item, version, updated_at)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None

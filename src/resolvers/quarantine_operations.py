"""What operators see of the records that were set aside, and reading them again (``retryQuarantined``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import ConfigurationError, Conflict
from ..domain.submission import UserError
from ..store.quarantine import quarantine_page, quarantine_rows
from .context import Hub, Request
from .once import Done, once
from .pages import Page, page_size, read_cursor
from .quarantine import retry_quarantined
from .sync import SyncHub
from .sync_operations import own_registries

__all__ = ["MAX_RETRIES", "QuarantineFilter", "QuarantinedRecord", "quarantined", "retry"]

MAX_RETRIES = 500
_ORDER = "oldest"


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A record that was set aside, without its content: that may name people.

    Attributes:
        field: Contract name of the faulty field.
        place: Page, line or file and row.
        seen: How often it came.
    """

    id: str
    registry: str
    entity: str
    source_id: str | None
    field: str
    reason: str
    place: str
    raw_hash: str
    state: str
    seen: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which records; empty: all that are open.

    Attributes:
        states: open, resolved.
    """

    registries: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    states: tuple[str, ...] = ("open",)


def _record(row: RowMapping) -> QuarantinedRecord:
    return QuarantinedRecord(
        str(row["id"]),
        row["registry"],
        row["entity"],
        row["source_id"] or None,
        row["field"],
        row["reason"],
        row["found_in"],
        row["raw_hash"].hex(),
        row["state"],
        row["seen"],
        row["first_seen_at"],
        row["last_seen_at"],
        row["resolved_at"],
    )


async def quarantined(
    hub: Hub, request: Request, asked: QuarantineFilter, first: int | None, after: str | None
) -> Page[QuarantinedRecord]:
    """Records set aside, oldest first.

    Raises:
        Refused: a registry asked for is not the token's.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (int,))
    names = own_registries(request, asked.registries)
    async with hub.reader.connect() as connection:
        rows = await quarantine_page(
            connection,
            names,
            asked.entities,
            asked.reasons,
            asked.states,
            last[0] if last else 0,
            size + 1,
        )
    request.trace.count("quarantined", len(rows[:size]))
    return Page.cut(
        [(_record(row), (row["id"],)) for row in rows],
        size,
        _ORDER,
        request.business_day,
        after=after,
    )


async def retry(
    hub: Hub,
    request: Request,
    key: str,
    ids: Sequence[str] | None,
    asked: QuarantineFilter | None,
) -> Done:
    """Read records again that were set aside; one outcome per record, no agency is asked.

    Args:
        hub: Engine, keys, clock.
        request: Who asks.
        key: Idempotency key.
        ids: Of ``quarantined``; those unknown, or of a registry that is not the token's, are told as
            ``not_found``.
        asked: Instead of ``ids``: the oldest open ones that fit, at most ``MAX_RETRIES``.

    Returns:
        ``items``: id, entity, source_id, outcome (``resolved``, ``still_faulty``, ``unreadable``,
        ``already_resolved``, ``not_found``), field, reason.

    Raises:
        InvalidInput: the key.
        Refused: a registry asked for is not the token's.
        Conflict: the key was used with other content.
    """
    if (ids is None) == (asked is None) or (ids is not None and not 0 < len(ids) <= MAX_RETRIES):
        return Done(errors=(UserError("retry_selection", ("ids",), expected=str(MAX_RETRIES)),))
    names = own_registries(request, () if asked is None else asked.registries)
    content = {
        "ids": None if ids is None else list(ids),
        "filter": None
        if asked is None
        else [list(asked.registries), list(asked.entities), list(asked.reasons)],
    }

    async def act(connection: AsyncConnection) -> Done:
        if asked is not None:
            rows = await quarantine_page(
                connection, names, asked.entities, asked.reasons, ("open",), 0, MAX_RETRIES
            )
            wanted = [str(row["id"]) for row in rows]
        else:
            wanted = list(dict.fromkeys(ids or ()))
        numbers = [int(text) for text in wanted if _is_number(text)]
        before = {
            str(row["id"]): row
            for row in await quarantine_rows(connection, numbers)
            if row["registry"] in names
        }
        left = await _read_again(hub, [row for row in before.values() if row["state"] == "open"])
        request.trace.registries.update({row["registry"] for row in before.values()})
        request.trace.count("retried", len(before))
        return Done("retried", items=tuple(_item(one, before.get(one), left) for one in wanted))

    try:
        return await once(hub, request, "retryQuarantined", key, content, act)
    except (Conflict, ConfigurationError) as error:
        if error.code not in {"SYNC_RUNNING", "KEYS_OUTDATED"}:
            raise
        return Done(errors=(UserError(error.code, ("ids",), zh=error.zh, en=error.en),))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


async def _read_again(hub: Hub, rows: Sequence[RowMapping]) -> frozenset[int]:
    """Numbers of those that stay set aside.

    Raises:
        Conflict: ``SYNC_RUNNING``.
    """
    work = SyncHub(hub.engine, hub.keys, hub.clock)
    left: set[int] = set()
    for registry in sorted({row["registry"] for row in rows}):
        numbers = [row["id"] for row in rows if row["registry"] == registry]
        left.update((await retry_quarantined(work, registry, numbers)).still)
    return frozenset(left)


def _item(number: str, row: RowMapping | None, left: frozenset[int]) -> dict[str, Any]:
    if row is None:
        outcome = "not_found"
    elif row["state"] != "open":
        outcome = "already_resolved"
    elif row["id"] not in left:
        outcome = "resolved"
    else:
        outcome = "still_faulty" if row["kept"] else "unreadable"
    faulty = row if outcome in {"still_faulty", "unreadable"} else None
    return {
        "id": number,
        "entity": None if row is None else row["entity"],
        "source_id": None if row is None else row["source_id"] or None,
        "outcome": outcome,
        "field": None if faulty is None else faulty["field"],
        "reason": None if faulty is None else faulty["reason"],
    }

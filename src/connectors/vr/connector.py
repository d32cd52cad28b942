"""The VR register's eight collections, page by page, from one watermark per collection."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from ...domain.records.base import Entity
from ...domain.records.vr import ENTITIES
from ...domain.sync import Batch
from ..base import Collected, DriftLog
from ..errors import AgencyGarbled, AgencyRefused, PositionLost
from ..http import AgencyClient, Auth
from ..messages import Call
from ..reading import Reader
from .filing import VrFiling
from .pages import ENVELOPE, Page, add_items, overlapped, read_page

__all__ = ["VrConnector"]

_SERVED_AGAIN = 5
"""A page may come again so often before the run gives up: the contract's figure."""
_RESTARTS = 5
"""A cursor may die so often in one collection and run."""
_BATCH_ROWS = 10_000


class VrConnector:
    """Reads the register (``batches``) and files with it (``filing``).

    The position holds for each collection ``updated_since`` (the watermark, an inclusive time of the
    agency's clock) and, while it is being paged, ``cursor`` with ``next_since``: the watermark that
    counts once the last page is stored. Losing any of it only means reading more again.

    Args:
        client: Of the agency.
        auth: Adds the token.
        page_size: Records per page, 10 to 500.
    """

    registry = "vr"

    def __init__(self, client: AgencyClient, auth: Auth, *, page_size: int = 500) -> None:
        self._client = client
        self._auth = auth
        self._page_size = min(max(page_size, 10), 500)
        self.filing = VrFiling(client, auth)

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """What changed in each collection; see ``base.Connector``.

        A full reading takes everything again, but absence from it deletes nothing: this agency
        announces deletions.
        """
        state: dict[str, object] = dict(position or {})
        drift = DriftLog()
        for entity in ENTITIES:
            async for batch in self._collection(entity, state, drift, full=full):
                yield batch

    async def ping(self) -> None:
        """One small page."""
        call = self._call("institutions", {"limit": 10})
        await self._client.call(call, read_page)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _collection(
        self, entity: Entity, state: dict[str, object], drift: DriftLog, *, full: bool
    ) -> AsyncIterator[Batch]:
        name = entity.collection
        held = state.get(name)
        paging = _Paging.of(held if isinstance(held, Mapping) else {}, full=full)
        reader = Reader(entity, drift, envelope=ENVELOPE)
        collected = Collected()
        notes: list[str] = []
        while True:
            page = await self._page(name, paging)
            if page is None:
                continue
            if not paging.accept(page):
                notes.append(f"vr.clock_went_back:{name}")
                continue
            add_items(reader, page, paging.number, collected)
            done = page.next_cursor is None
            if done or collected.fetched >= _BATCH_ROWS:
                state[name] = paging.position(done=done)
                yield collected.batch("vr", dict(state), drift, notes=tuple(notes))
                notes.clear()
            if done:
                return

    async def _page(self, name: str, paging: "_Paging") -> Page | None:
        """The next page; ``None`` after the cursor died: start again from the same time."""
        try:
            call = self._call(name, paging.params(self._page_size))
            return await self._client.call(call, read_page)
        except (PositionLost, AgencyRefused):
            if paging.cursor is None or paging.restarts >= _RESTARTS:
                raise
            paging.restart()
            return None

    def _call(self, name: str, params: Mapping[str, str | int]) -> Call:
        return Call("GET", f"/v1/{name}", params=params, auth=self._auth)


class _Paging:
    """Where in a collection the reading stands."""

    def __init__(self, watermark: str | None, since: str | None) -> None:
        self.cursor: str | None = None
        self.restarts = 0
        self.number = 0
        self._watermark = watermark
        self._since = since
        self._next_since: str | None = None
        self._seen: set[str] = set()
        self._again = 0

    @classmethod
    def of(cls, held: Mapping[str, Any], *, full: bool) -> "_Paging":
        """From a stored position; a cursor without its watermark-to-be is of no use."""
        watermark = held.get("updated_since")
        paging = cls(watermark, None if full else watermark)
        if not full and held.get("cursor") and held.get("next_since"):
            paging.cursor, paging._next_since = held["cursor"], held["next_since"]
        return paging

    def params(self, page_size: int) -> dict[str, str | int]:
        """Of the next request: the cursor carries the time itself."""
        if self.cursor is not None:
            return {"cursor": self.cursor, "limit": page_size}
        since = {} if self._since is None else {"updated_since": self._since}
        return {**since, "limit": page_size}

    def restart(self) -> None:
        """From the first page of the same time."""
        self.restarts += 1
        self.number = 0
        self.cursor = self._next_since = None
        self._seen.clear()
        self._again = 0

    def accept(self, page: Page) -> bool:
        """Take a page's cursor; ``False``: the agency's clock went back, everything is read again.

        Raises:
            AgencyGarbled: the cursors run in a circle.
        """
        self.number += 1
        if self.cursor is None:
            if self._since is not None and page.server_time < datetime.fromisoformat(self._since):
                # What changed since then may bear times before the watermark.
                self._since = self._watermark = None
                self.number = 0
                return False
            self._next_since = overlapped(page.server_time)
        following = page.next_cursor
        if following is not None and following == self.cursor:
            self._again += 1
        elif following in self._seen:
            self._again = _SERVED_AGAIN + 1
        else:
            self._again = 0
        if self._again > _SERVED_AGAIN:
            raise AgencyGarbled(
                "vr: the pages of a collection do not come to an end",
                "vr:分頁游標循環,無法讀完",
                details={"registry": "vr"},
            )
        if following is not None:
            self._seen.add(following)
            self.cursor = following
        return True

    def position(self, *, done: bool) -> dict[str, object]:
        """What to store with the batch."""
        if done:
            return {"updated_since": self._next_since}
        return {
            "updated_since": self._watermark,
            "cursor": self.cursor,
            "next_since": self._next_since,
        }

"""An LTC system of many credits for ``certhub bench ingest``, answered from files of its wire bytes."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import httpx  # noqa: TID251 - the agency's side of the wire, not ours
import orjson

from ..connectors.http import AgencyClient
from ..connectors.ltc import LIMITS, LtcConnector
from ..domain.sync import Batch
from ..sandbox.numbers import national_id

__all__ = ["CREDITS_EACH", "Agency", "FirstPeople", "credit_lines", "people_lines", "write_lines"]

CREDITS_EACH = 40
"""Credits of a person, as in the country: 12 million of 300,000."""

_COURSES = 5_000
_UNITS = 300
_PIECE = 1 << 16
_CHANGED_EACH = 100
_SUBJECTS = (
    ("專業課程", ()),
    ("專業課程", ("消防安全",)),
    ("專業課程", ("緊急應變",)),
    ("專業課程", ("感染管制",)),
    ("專業課程", ("性別敏感度",)),
    ("專業課程", ("原住民族文化敏感度及能力",)),
    ("專業品質", ()),
    ("專業倫理", ()),
    ("專業法規", ()),
)


def people_lines(count: int) -> Iterator[bytes]:
    """Lines of so many people."""
    for number in range(count):
        yield _line(
            {
                "id": f"L{number:07d}",
                "name": "王測試",
                "birth_date": f"{60 + number % 40:03d}/{number % 12 + 1:02d}/{number % 28 + 1:02d}",
                "nationality": "本國籍人員",
                "merged_ids": [],
                "identifiers": [
                    {
                        "type": "身分證字號",
                        "value": national_id("A", 1 + number % 2, number),
                        "current": True,
                    }
                ],
            }
        )


def credit_lines(count: int, *, later: bool = False) -> Iterator[bytes]:
    """Lines of so many credits, as they were entered in time; ``later``: one in a hundred has changed."""
    holders = max(count // CREDITS_EACH, 1)
    for number in range(count):
        course = number * _COURSES // count
        attribute, categories = _SUBJECTS[course % len(_SUBJECTS)]
        online = course % 3 == 0
        day = f"{107 + course * 6 // _COURSES:03d}/{course % 12 + 1:02d}/{course % 28 + 1:02d}"
        points = 25 * (4 + course % 40)
        yield _line(
            {
                "id": f"D{number:08d}",
                "person_id": f"L{number * 104_729 % holders:07d}",
                "course_id": f"K{course:07d}",
                "course_name": f"長期照顧服務人員繼續教育課程第{course:04d}場",
                "starts_at": f"{day} 09:00:00",
                "ends_at": f"{day} {9 + points // 200:02d}:50:00",
                "unit_name": f"測試長照機構{course % _UNITS:03d}",
                "approver": "社團法人測試長照認可學會",
                "attribute": attribute,
                "categories": categories,
                "method": "二、參加網路繼續教育。" if online else "一、參加實體繼續教育。",
                "mode": "網路" if online else "實體",
                "live_sync": False,
                "training_course": "9.其他",
                "points": f"{points // 100}.{points % 100:02d}",
                "status": "審核中" if later and number % _CHANGED_EACH == 0 else "符合",
                "reason": None,
                "role": "學員",
                "source": "系統登錄",
                "recognition_id": None,
                "source_record": None,
            }
        )


def _line(record: Mapping[str, object]) -> bytes:
    return orjson.dumps(record) + b"\n"


class Agency(httpx.AsyncBaseTransport):
    """Serves snapshots from files, and a feed in which nothing happened since.

    Attributes:
        snapshots: By the contract's entity: file and number of lines. Others are empty.
    """

    def __init__(self) -> None:
        self.snapshots: dict[str, tuple[Path, int]] = {}

    def connector(self) -> LtcConnector:
        """The hub's own connector, on this agency instead of the network."""
        # Its seven requests would wait for more than a second on each other: nothing to measure.
        limits = replace(LIMITS, rate=1000)
        client = AgencyClient("ltc", "http://agency.invalid", limits, transport=self)
        return LtcConnector(client, _NoToken())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """An answer as the contract has it."""
        path, rows = self.snapshots.get(request.url.path.rpartition("/")[2], (None, 0))
        seq = {"x-feed-epoch": "e1", "x-feed-seq": "1"}
        count = (
            {"x-feed-next": "1"}
            if request.url.path == "/api/changes"
            else {"x-row-count": str(rows)}
        )
        headers = {"content-type": "application/x-ndjson", **seq, **count}
        return httpx.Response(200, headers=headers, stream=_Pieces(path))


class _NoToken(httpx.Auth):
    """The token's exchange is not what is measured."""


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._path is None:
            return
        with self._path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece


class FirstPeople:
    """The agency's connector, cut behind the people: their credits are still to come."""

    registry = "ltc"

    def __init__(self, connector: LtcConnector) -> None:
        self._connector = connector

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncGenerator[Batch, None]:
        """Batches up to the end of the people's listing."""
        whole = self._connector.batches(position, full=full)
        try:
            async for batch in whole:
                yield batch
                if "ltc.person" in batch.complete:
                    return
        finally:
            if isinstance(whole, AsyncGenerator):
                await whole.aclose()

    async def ping(self) -> None:
        """As the connector does."""
        await self._connector.ping()

    async def aclose(self) -> None:
        """As the connector does."""
        await self._connector.aclose()


def write_lines(path: Path, lines: Iterator[bytes]) -> None:
    """Write lines to a file, a thousand at a time."""
    with path.open("wb") as stream:
        while some := list(islice(lines, 1000)):
            stream.write(b"".join(some))

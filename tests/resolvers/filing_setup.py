"""A hub with one VR course of one institution, for tests of filing and delivery."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.auth.viewer import AgencyType, Viewer
from certhub.resolvers.context import Hub, Request
from certhub.resolvers.vr_roster import RosterFile, VrRosterInput
from certhub.store.keys import KeyRing
from certhub.store.tables import MIRRORS
from certhub.store.tables_sync import sync_state
from certhub.store.uploads import save_upload

COURSE = "20240115000011"
INSTITUTION = "05536740"
STRANGER = "31028952"
DAY = date(2024, 9, 2)
NOW = datetime(2024, 9, 2, 1, tzinfo=UTC)
PDF = b"%PDF-1.4\nsign-in sheet\n"


def sample(name: str) -> bytes:
    """A sample roster that the sandbox ships."""
    return (resources.files("certhub.sandbox") / "samples" / name).read_bytes()


def make_hub(engine: AsyncEngine, now: Callable[[], datetime] = lambda: NOW) -> Hub:
    """A hub on ``engine`` whose business day is fixed."""
    limit = {registry: timedelta(days=1) for registry in ("vr", "ltc", "osh")}
    return Hub(engine, engine, KeyRing.generate(DAY), now, limit, limit, business_date=DAY)


def asked_by(hub: Hub, institution: str = INSTITUTION, client: str = "client") -> Request:
    """A request of an institution."""
    viewer = Viewer(
        "someone",
        client,
        "test",
        frozenset({"roster.submit", "roster.read"}),
        AgencyType.INSTITUTION,
        institution,
        registries=frozenset({"vr", "osh"}),
        institution_ids=frozenset({institution}),
        purposes=frozenset({"training"}),
    )
    return hub.request(viewer, "request-1")


async def add_course(engine: AsyncEngine, **changes: Any) -> None:
    """The course that takes the sample rosters: 2024-03-15, one domain, three hours."""
    values: dict[str, Any] = {
        "id": COURSE,
        "no": COURSE,
        "name": "測試課程",
        "nature": "繼續教育",
        "delivery": "實體",
        "session": "上午",
        "starts_on": date(2024, 3, 15),
        "ends_on": date(2024, 3, 15),
        "place": "測試地點",
        "county": "臺北市",
        "categories": [{"category": "專業倫理", "hours": "3"}],
        "method": "教育課程",
        "target_titles": ["就業服務員"],
        "lecturers": [],
        "contact": {},
        "requirements": "無",
        "institution_tax_id": INSTITUTION,
        "institution_name": "測試機構",
        "hours": 300,
        "status": "通過",
        "status__code": "approved",
        "roster_state": "未匯入",
        "roster_state__code": None,
        "source_version": 1,
        "raw_hash": b"0" * 32,
        "synced_at": NOW,
    }
    async with engine.begin() as connection:
        await connection.execute(insert(MIRRORS["vr.course"]).values(values | changes))
        await connection.execute(
            upsert(sync_state).values(registry="vr", complete_at=NOW).on_conflict_do_nothing()
        )


async def uploaded(hub: Hub, filename: str, content: bytes, client: str = "client") -> UUID:
    """An upload of the client."""
    async with hub.engine.begin() as connection:
        return await save_upload(
            connection,
            hub.keys,
            issuer="test",
            client_id=client,
            subject="someone",
            filename=filename,
            content_type=None,
            content=content,
            now=NOW,
        )


async def roster_input(hub: Hub, name: str, key: str = "key-0001", **more: Any) -> VrRosterInput:
    """The input that submits one of the sample files."""
    return VrRosterInput(
        key,
        COURSE,
        await uploaded(hub, "sheet.pdf", PDF),
        (RosterFile(1, await uploaded(hub, name, sample(name))),),
        **more,
    )

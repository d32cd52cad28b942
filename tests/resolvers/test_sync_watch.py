"""Syncs followed: one registry or all, to the end of what runs."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.auth.viewer import AgencyType
from certhub.domain.errors import Refused
from certhub.resolvers.context import Hub, Request
from certhub.resolvers.sync import SyncReport
from certhub.resolvers.sync_watch import watch_syncs

from ..conftest import Made
from .filing_setup import asked_by, make_hub


def _operator(hub: Hub, *registries: str) -> Request:
    request = asked_by(hub)
    viewer = replace(
        request.viewer, agency_type=AgencyType.OPERATOR, registries=frozenset(registries)
    )
    return hub.request(viewer, "request-1")


async def _follow(hub: Hub, request: Request, registry: str | None) -> list[tuple[str, str]]:
    return [
        (found.registry, found.state)
        async for found in watch_syncs(hub, request, registry, seconds=0.01)
    ]


async def test_what_has_ended_is_told_once_for_every_registry_of_the_token(
    engine: AsyncEngine, sync: Callable[..., Awaitable[SyncReport]], made: Made
) -> None:
    hub = make_hub(engine)
    for registry in ("vr", "ltc"):
        await sync(registry, made.batch(registry))

    both = await _follow(hub, _operator(hub, "vr", "ltc", "osh"), None)
    one = await _follow(hub, _operator(hub, "vr"), "vr")

    assert sorted(both) == [("ltc", "complete"), ("vr", "complete")]
    assert one == [("vr", "complete")]


async def test_a_registry_of_another_token_is_refused(engine: AsyncEngine) -> None:
    hub = make_hub(engine)

    with pytest.raises(Refused):
        await _follow(hub, _operator(hub, "vr"), "ltc")


async def test_a_hub_that_never_synced_has_nothing_to_tell(engine: AsyncEngine) -> None:
    hub = make_hub(engine)

    assert await _follow(hub, _operator(hub, "vr"), None) == []

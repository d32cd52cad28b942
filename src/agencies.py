"""The hub's side of the three agencies, wired from the settings: reading, delivering, at intervals."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from .app import build_connectors
from .settings import Settings

if TYPE_CHECKING:
    from .connectors.base import Connector
    from .resolvers.context import Hub
    from .resolvers.delivery import Courier
    from .resolvers.sync import SyncHub

__all__ = ["build_couriers", "sync_hub", "working"]


def sync_hub(settings: Settings, hub: "Hub") -> "SyncHub":
    """What a sync needs of ``hub``, with the limits of the settings."""
    from .resolvers.sync import SyncHub, SyncLimits

    limits = SyncLimits(settings.quarantine_limit, settings.mass_delete_limit)
    return SyncHub(hub.engine, hub.keys, hub.clock, limits)


def build_couriers(connectors: Mapping[str, "Connector"]) -> dict[str, "Courier"]:
    """What can be delivered to the agencies that are configured."""
    from .connectors.vr import VrConnector
    from .resolvers.delivery import VrCourier

    vr = connectors.get("vr")
    return {"vr": VrCourier(vr.filing).courier()} if isinstance(vr, VrConnector) else {}


@contextlib.asynccontextmanager
async def working(settings: Settings, hub: "Hub") -> AsyncIterator[None]:
    """While it is open, submissions are delivered and, with an interval, registries are synced."""
    from .resolvers.background import delivery_loop, sync_loop
    from .resolvers.evaluations import evaluate_changed

    connectors = build_connectors(settings)
    tasks: list[asyncio.Task[None]] = []
    couriers = build_couriers(connectors)
    if couriers:
        tasks.append(asyncio.create_task(delivery_loop(hub, couriers)))
    if settings.sync_interval is not None:
        for connector in connectors.values():
            loop = sync_loop(
                sync_hub(settings, hub),
                connector,
                settings.sync_interval,
                lambda: evaluate_changed(hub),
            )
            tasks.append(asyncio.create_task(loop))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connector in connectors.values():
            await connector.aclose()

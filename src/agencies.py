"""The hub's side of the three agencies, wired from the settings: reading, delivering, at intervals."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from .domain.errors import ConfigurationError
from .settings import AgencySettings, Settings

if TYPE_CHECKING:
    from .connectors.base import Connector
    from .resolvers.context import Hub
    from .resolvers.delivery import Courier
    from .resolvers.sync import SyncHub

__all__ = ["build_connectors", "build_couriers", "sync_hub", "sync_loops", "working"]


def _adjusted(agency: AgencySettings, *names: str) -> dict[str, Any]:
    """What the settings say themselves; elsewhere the contract's own figure holds."""
    return {name: getattr(agency, name) for name in names if name in agency.model_fields_set}


def _given(registry: str, agency: AgencySettings, name: str) -> Any:
    value = getattr(agency, name)
    if value is None:
        setting = f"CERTHUB_{registry.upper()}__{name.upper()}"
        raise ConfigurationError(
            f"{setting} is missing: CERTHUB_{registry.upper()}__URL is set and needs it",
            f"缺少 {setting}:已設定 CERTHUB_{registry.upper()}__URL",
        )
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def build_connectors(settings: Settings) -> dict[str, "Connector"]:
    """The connectors of every registry that has a URL, by registry; to be closed by the caller.

    Raises:
        ConfigurationError: A credential is missing.
    """
    from .connectors import ltc, osh, vr

    found: dict[str, Connector] = {}
    times = ("timeout_seconds", "deadline_seconds", "attempts")
    if (one := settings.vr).url is not None:
        found["vr"] = vr.build(
            one.url,
            _given("vr", one, "client_id"),
            _given("vr", one, "client_secret"),
            **_adjusted(one, *times, "page_size"),
        )
    if (one := settings.ltc).url is not None:
        found["ltc"] = ltc.build(
            one.url,
            _given("ltc", one, "client_id"),
            _given("ltc", one, "private_key_file"),
            one.key_id,
            **_adjusted(one, *times, "page_size"),
        )
    if (one := settings.osh).url is not None:
        found["osh"] = osh.build(
            one.url,
            _given("osh", one, "api_key"),
            _given("osh", one, "client_id"),
            _given("osh", one, "client_secret"),
            **_adjusted(one, *times),
        )
    return found


def sync_hub(settings: Settings, hub: "Hub") -> "SyncHub":
    """What a sync needs of ``hub``, with the limits of the settings."""
    from .resolvers.sync import SyncHub, SyncLimits

    limits = SyncLimits(settings.quarantine_limit, settings.mass_delete_limit)
    return SyncHub(hub.engine, hub.keys, hub.clock, limits)


def build_couriers(connectors: Mapping[str, "Connector"]) -> dict[str, "Courier"]:
    """What can be delivered to the agencies that are configured."""
    from .connectors.ltc import LtcConnector
    from .connectors.osh import OshConnector
    from .connectors.vr import VrConnector
    from .resolvers.couriers.ltc import LtcCourier
    from .resolvers.couriers.osh import OshCourier
    from .resolvers.couriers.vr import VrCourier

    found: dict[str, Courier] = {}
    if isinstance(vr := connectors.get("vr"), VrConnector):
        found["vr"] = VrCourier(vr.filing).courier()
    if isinstance(ltc := connectors.get("ltc"), LtcConnector):
        found["ltc"] = LtcCourier(ltc.filing).courier()
    if isinstance(osh := connectors.get("osh"), OshConnector):
        found["osh"] = OshCourier(osh.filing).courier()
    return found


def sync_loops(
    settings: Settings,
    hub: "Hub",
    connectors: Mapping[str, "Connector"],
    otherwise: timedelta | None,
) -> list[Coroutine[Any, Any, None]]:
    """The endless syncs of every registry that has an interval, each on its own.

    Args:
        settings: The registry's own interval, else the common one.
        hub: The hub.
        connectors: By registry.
        otherwise: For registries without any; None: they are not synced.
    """
    from .resolvers.background import sync_loop
    from .resolvers.evaluations import evaluate_changed

    work = sync_hub(settings, hub)
    loops = []
    for registry, connector in connectors.items():
        own: AgencySettings = getattr(settings, registry)
        interval = own.sync_interval or settings.sync_interval or otherwise
        if interval is not None:
            loops.append(sync_loop(work, connector, interval, lambda: evaluate_changed(hub)))
    return loops


@contextlib.asynccontextmanager
async def working(settings: Settings, hub: "Hub") -> AsyncIterator[None]:
    """While it is open, submissions are delivered, evaluations kept up to date, and registries synced."""
    from .resolvers.background import delivery_loop, evaluation_loop
    from .resolvers.sync_jobs import SyncJobs

    connectors = build_connectors(settings)
    jobs = hub.jobs.syncs = SyncJobs(sync_hub(settings, hub), connectors)
    tasks = [asyncio.create_task(evaluation_loop(hub))]
    for registry, courier in build_couriers(connectors).items():
        # One relay per agency: one that hangs keeps nobody else waiting.
        tasks.append(asyncio.create_task(delivery_loop(hub, {registry: courier})))
    tasks += [asyncio.create_task(loop) for loop in sync_loops(settings, hub, connectors, None)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await jobs.aclose()
        for connector in connectors.values():
            await connector.aclose()

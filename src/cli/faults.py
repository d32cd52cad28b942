"""``certhub faults``: every fault an agency can have, laid in the sandbox's way, and what the hub made of it."""

import asyncio
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import ConfigurationError
from ..settings import Environment, Settings

if TYPE_CHECKING:
    from ..connectors.base import Connector
    from ..resolvers.sync import SyncHub, SyncReport
    from ..sandbox.faults import Fault
    from ..sandbox.run import Agencies

__all__ = ["Outcome", "faults", "run_faults"]

_PERSONS = 20
_WIDTHS = (32, 9, 38, 6, 22, 10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one fault did.

    Attributes:
        fired: How often it struck.
        ended: State of the run, or the code of its error.
        mirror: ``as before``, or ``moved on``.
        recovered: Whether the next run, without the fault, made mirror and books agree, and the one
            after it changed nothing.
        good: Whether all of it is as promised.
    """

    fault: str
    registry: str
    behaviour: str
    fired: int
    ended: str
    mirror: str
    recovered: bool
    good: bool


def faults(
    only: Annotated[str | None, typer.Option(help="名稱含此文字者。 Names that hold this.")] = None,
    registry: Annotated[str | None, typer.Option(help="登錄系統。 Only of this registry.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """故障演練。 Lay every fault in the way of a sync; exit 1 unless all end as promised."""
    if Settings().environment is Environment.PRODUCTION:
        raise ConfigurationError("certhub faults is refused in production", "正式環境不得執行")
    # What uvicorn says of answers that break off on purpose, and what repeats are told.
    logging.disable(logging.CRITICAL)
    found: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        found.append(outcome)
        if not as_json:
            _print(outcome)

    if not as_json:
        print(_line("fault", "registry", "promised", "fired", "run", "mirror", "recovered"))
    with tempfile.TemporaryDirectory(prefix="certhub-faults-") as folder:
        asyncio.run(_run(Path(folder), only, registry, tell))
    if as_json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        bad = [one for one in found if not one.good]
        print(f"{len(found)} faults, {len(bad)} not as promised")
    raise typer.Exit(code=0 if found and all(one.good for one in found) else 1)


def _line(*cells: str) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)) + (
        f" {cells[-1]}"
    )


def _print(one: Outcome) -> None:
    recovered = ("yes" if one.recovered else "NO") + ("" if one.good else "  NOT AS PROMISED")
    cells = (one.fault, one.registry, one.behaviour, str(one.fired), one.ended, one.mirror)
    print(_line(*cells, recovered), flush=True)


async def _run(
    folder: Path, only: str | None, registry: str | None, tell: Callable[[Outcome], None]
) -> None:
    from ..app import open_hub
    from ..resolvers.sync import SyncHub
    from ..sandbox.run import NO_RATES, start_agencies

    with start_agencies(_PERSONS, rates=NO_RATES) as agencies:
        async with open_hub(Settings(home=folder)) as hub:
            work = SyncHub(hub.engine, hub.keys, hub.clock)
            await run_faults(work, agencies, folder, tell, only=only, registry=registry)


async def run_faults(
    hub: "SyncHub",
    agencies: "Agencies",
    folder: Path,
    tell: Callable[[Outcome], None],
    *,
    only: str | None = None,
    registry: str | None = None,
) -> None:
    """Walk the faults.

    Args:
        hub: An empty one.
        agencies: Running, without limits of pace.
        folder: For the LTC key.
        tell: Gets each outcome.
        only: Part of a name.
        registry: ``vr``, ``ltc`` or ``osh``.
    """
    from ..sandbox.faults import wire_faults
    from ..sandbox.faults_of_data import data_faults, style_faults

    environment = agencies.environment(folder)

    def fresh(name: str) -> "AbstractAsyncContextManager[Connector]":
        return _connector(name, environment)

    wanted = [registry] if registry else ["vr", "ltc", "osh"]
    for name in wanted:
        async with fresh(name) as connector:
            await _sync(hub, connector)
    for fault in [*wire_faults(), *style_faults(), *data_faults()]:
        for name in fault.registries:
            if name in wanted and (only is None or only in fault.name):
                async with fresh(name) as connector:
                    tell(await _try(hub, agencies, connector, fault, fresh))
    for own in _HUB_FAULTS:
        for name in wanted:
            if only is None or only in own.name:
                async with fresh(name) as connector:
                    tell(await _try_here(hub, agencies, connector, own, fresh))


@asynccontextmanager
async def _connector(registry: str, environment: Mapping[str, str]) -> AsyncIterator["Connector"]:
    """Impatient, so that the walk ends soon; otherwise as the hub's own."""
    from ..connectors import ltc, osh, vr

    quick: dict[str, Any] = {"timeout_seconds": 0.5, "deadline_seconds": 3.0, "attempts": 4}
    given = {
        key.removeprefix(f"CERTHUB_{registry.upper()}__").lower(): value
        for key, value in environment.items()
        if key.startswith(f"CERTHUB_{registry.upper()}__")
    }
    connector: Connector
    if registry == "vr":
        limits = _impatient(vr.LIMITS)
        connector = vr.build(
            given["url"], given["client_id"], given["client_secret"],
            page_size=10, limits=limits, **quick,
        )  # fmt: skip
    elif registry == "ltc":
        limits = _impatient(ltc.LIMITS)
        key_file = Path(given["private_key_file"])
        connector = ltc.build(given["url"], given["client_id"], key_file, limits=limits, **quick)
    else:
        limits = _impatient(osh.LIMITS)
        connector = osh.build(
            given["url"], given["api_key"], given["client_id"], given["client_secret"],
            limits=limits, **quick,
        )  # fmt: skip
    try:
        yield connector
    finally:
        await connector.aclose()


def _impatient(limits: Any) -> Any:
    return replace(limits, rate=1000, backoff=0.02, backoff_most=0.1, longest_wait=3.0)


async def _sync(hub: "SyncHub", connector: "Connector") -> "SyncReport":
    from ..resolvers.sync import run_sync

    return await run_sync(hub, connector)


async def _try(
    hub: "SyncHub",
    agencies: "Agencies",
    connector: "Connector",
    fault: "Fault",
    open_fresh: "_Open",
) -> Outcome:
    _change(agencies, connector.registry, fault.name, publish=not fault.own_drop)
    before = await _digest(hub, connector.registry)
    laid = fault.lay(agencies, connector.registry)
    ended = await _ended(hub, connector)
    mirror = "as before" if await _digest(hub, connector.registry) == before else "moved on"
    laid.lift()
    return await _judged(hub, agencies, connector, fault, open_fresh, (laid.fired, ended, mirror))


async def _try_here(
    hub: "SyncHub",
    agencies: "Agencies",
    connector: "Connector",
    fault: "_HubFault",
    open_fresh: "_Open",
) -> Outcome:
    """The same for a fault of the hub's own side."""
    _change(agencies, connector.registry, fault.name)
    before = await _digest(hub, connector.registry)
    async with fault.lay(hub, connector.registry) as fired:
        ended = await _ended(hub, connector)
        struck = await fired()
    mirror = "as before" if await _digest(hub, connector.registry) == before else "moved on"
    return await _judged(hub, agencies, connector, fault, open_fresh, (struck, ended, mirror))


async def _ended(hub: "SyncHub", connector: "Connector") -> str:
    from ..domain.errors import CertHubError

    try:
        report = await _sync(hub, connector)
    except CertHubError as error:
        return error.code
    return report.error.code if report.error else report.state


async def _judged(
    hub: "SyncHub",
    agencies: "Agencies",
    connector: "Connector",
    fault: "Fault | _HubFault",
    open_fresh: "_Open",
    seen: tuple[int, str, str],
) -> Outcome:
    fired, ended, mirror = seen
    # As another process would: what this one was told about waiting is not known there.
    async with open_fresh(connector.registry) as fresh:
        recovered = await _recovered(hub, agencies, fresh)
    kept = (mirror == "as before") == fault.as_before
    good = fired > 0 and ended == fault.ends and kept and recovered
    return Outcome(
        fault.name, connector.registry, fault.behaviour, fired, ended, mirror, recovered, good
    )


def _change(agencies: "Agencies", registry: str, mark: str, *, publish: bool = True) -> None:
    """Something new at the agency, so that a sync has work to do."""
    entity, name = {
        "vr": ("professionals", "employer"),
        "ltc": ("unit", "address"),
        "osh": ("classes", "訓練場所"),
    }[registry]
    agency: Any = getattr(agencies, registry)
    rows = agency.ledger()[entity]
    key = max(key for key, row in rows.items() if not row.get("deleted"))
    held = dict(agency.get(entity, key))
    agency.upsert(entity, {**held, name: f"測試 {mark}"})
    if registry == "osh" and publish:
        agencies.osh.publish_drop("delta")


async def _recovered(hub: "SyncHub", agencies: "Agencies", connector: "Connector") -> bool:
    """Two undisturbed runs: the first makes everything good, the second changes nothing."""
    from ..domain.records import ENTITIES

    registry = connector.registry
    first = await _sync(hub, connector)
    digest = await _digest(hub, registry)
    second = await _sync(hub, connector)
    ledger: Any = getattr(agencies, registry).ledger()
    books = {
        entity.name: sum(not row.get("deleted") for row in ledger[entity.collection].values())
        for entity in ENTITIES
        if entity.registry == registry
    }
    held = {name: live for name, live, _ in digest}
    same = digest == await _digest(hub, registry)
    return first.succeeded and second.succeeded and same and held == books


async def _digest(hub: "SyncHub", registry: str) -> list[tuple[str, int, str]]:
    """By entity: live rows and a hash over all of them."""
    from sqlalchemy import text

    from ..domain.records import ENTITIES

    found = []
    async with hub.engine.connect() as connection:
        for entity in ENTITIES:
            if entity.registry == registry:
                row = await connection.execute(
                    text(
                        "select count(*), coalesce(md5(string_agg(id || encode(raw_hash, 'hex'), "  # noqa: S608
                        f"',' order by id)), '') from {registry}.\"{entity.table}\" "
                        "where deleted_at is null"
                    )
                )
                live, digest = row.one()
                found.append((entity.name, live, digest))
    return found


_Fired = Callable[[], Awaitable[int]]
_Open = Callable[[str], "AbstractAsyncContextManager[Connector]"]


@dataclass(frozen=True, slots=True)
class _HubFault:
    """As ``sandbox.faults.Fault``, on the hub's side; while it lies it can say how often it struck."""

    name: str
    behaviour: str
    ends: str
    lay: "Callable[[SyncHub, str], AbstractAsyncContextManager[_Fired]]"
    as_before: bool = True


@asynccontextmanager
async def _elsewhere(hub: "SyncHub", registry: str) -> AsyncIterator[_Fired]:
    """Another process holds the registry's lock."""
    from ..store.sync_runs import try_lock

    async def fired() -> int:
        return 1

    async with hub.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        await try_lock(driver, registry)
        yield fired
        await connection.invalidate()


def _at_the_position(statement: str) -> "Callable[[SyncHub, str], Any]":
    """The database itself does something when a batch's position is written."""

    @asynccontextmanager
    async def lay(hub: "SyncHub", _registry: str) -> AsyncIterator[_Fired]:
        from sqlalchemy import text

        async def run(*statements: str) -> None:
            async with hub.engine.begin() as connection:
                for one in statements:
                    await connection.execute(text(one))

        async def fired() -> int:
            async with hub.engine.connect() as connection:
                query = "select case when is_called then last_value else 0 end from fault_fired"
                return int(await connection.scalar(text(query)) or 0)

        # A sequence counts what is rolled back, too.
        await run(
            "create sequence fault_fired",
            "create function fault() returns trigger language plpgsql as "
            f"$$ begin perform nextval('fault_fired'); {statement}; return new; end $$",
            "create trigger fault before insert or update on hub.sync_state "
            "for each row execute function fault()",
        )
        yield fired
        await run(
            "drop trigger fault on hub.sync_state",
            "drop function fault",
            "drop sequence fault_fired",
        )

    return lay


_HUB_FAULTS = (
    _HubFault("another process syncs", "politely: not now", "SYNC_RUNNING", _elsewhere),
    _HubFault(
        "database connection lost",
        "batch rolled back, no lock left",
        "DATABASE_UNAVAILABLE",
        _at_the_position("perform pg_terminate_backend(pg_backend_pid())"),
    ),
    _HubFault(
        "disk full",
        "batch rolled back, hub readable",
        "DATABASE_FULL",
        _at_the_position("raise exception 'no space' using errcode = '53100'"),
    ),
)

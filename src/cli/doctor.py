"""``certhub doctor``: settings with their source, database, keys' age, each agency reachable."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import SecretStr

from ..domain.errors import CertHubError
from ..domain.roc_date import TAIPEI
from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.context import Hub

__all__ = ["doctor"]

_OLD_KEYS = timedelta(days=365)
_OLD_FIGURES = timedelta(days=365)
_DRIFT = timedelta(seconds=60)
_MARKS = {True: "ok  ", False: "BAD ", None: "look"}

Check = tuple[str, bool | None, str]
"""What was looked at, whether it is well (None: a person should look, nothing is broken), and why."""


def _settings(settings: Settings) -> Iterator[Check]:
    for name, value in settings.model_dump().items():
        prefix = f"CERTHUB_{name.upper()}"
        source = "environment" if any(key.startswith(prefix) for key in os.environ) else "default"
        yield f"setting {prefix}", True, f"{_masked(value)} ({source})"


def _masked(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "set, not shown"
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items() if item is not None}
    return value


def _keys(hub: "Hub", today: date) -> Iterator[Check]:
    from ..store.keys import KINDS

    for kind in KINDS:
        newest = getattr(hub.keys, kind)[-1]
        young = today - newest.created_on <= _OLD_KEYS
        yield f"key {kind}", young, f"version {newest.version} of {newest.created_on}"


def _figures(hub: "Hub", today: date) -> Iterator[Check]:
    for group in hub.ruleset.groups.values():
        if today - group.checked_on > _OLD_FIGURES:
            yield (
                f"figures {group.id}",
                None,
                f"compared with the text on {group.checked_on}, more than a year ago",
            )


def _rest_days(hub: "Hub", today: date) -> Check:
    """Deadlines reach more than a year ahead: next year's calendar is needed as well."""
    years = sorted(hub.holidays.years)
    ahead = today.year + 1
    if ahead in hub.holidays.years:
        return "rest days", True, f"{years[0]} to {years[-1]}, {len(hub.holidays)} days"
    says = (
        f"the calendar of {ahead} is not held: deadlines then avoid Saturdays and Sundays alone; "
        "CERTHUB_HOLIDAYS_FILE takes more days"
    )
    return "rest days", None, says


async def _database(hub: "Hub") -> Check:
    from sqlalchemy import text

    async with hub.engine.connect() as connection:
        row = (await connection.execute(text("select version(), now()"))).one()
    drift = abs(row[1] - hub.clock())
    version = str(row[0]).split(" on ")[0]
    return "database", drift <= _DRIFT, f"{version}; clocks differ by {drift.total_seconds():.1f} s"


async def _agencies(settings: Settings) -> list[Check]:
    from ..agencies import build_connectors

    found: list[Check] = []
    for registry, connector in build_connectors(settings).items():
        try:
            await connector.ping()
            found.append((f"agency {registry}", True, "reachable, credentials accepted"))
        except CertHubError as error:
            found.append((f"agency {registry}", False, f"{error.code}: {error.en}"))
        finally:
            await connector.aclose()
    return found


async def _run() -> list[Check]:
    from ..app import open_hub

    settings = Settings()
    checks = list(_settings(settings))
    async with open_hub(settings) as hub:
        today = hub.clock().astimezone(TAIPEI).date()
        checks.append(await _database(hub))
        checks += _keys(hub, today)
        checks += _figures(hub, today)
        checks.append(_rest_days(hub, today))
        checks += await _agencies(settings)
    return checks


def doctor(as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False) -> None:
    """健檢。 Settings with their source, database, keys, figures, agencies; exit 1 when one is bad."""
    checks = asyncio.run(_run())
    if as_json:
        print(json.dumps([{"check": c, "ok": ok, "says": says} for c, ok, says in checks]))
    else:
        for name, good, says in checks:
            print(f"{_MARKS[good]} {name}: {says}")
    raise typer.Exit(code=1 if any(good is False for _, good, _ in checks) else 0)

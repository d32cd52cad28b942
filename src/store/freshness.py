"""How fresh each registry's facts are: from its last complete sync and two limits."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.provenance import Freshness, Provenance, freshness_of
from ..domain.records import REGISTRIES
from .tables_sync import sync_state

__all__ = ["registry_freshness"]


async def registry_freshness(
    connection: AsyncConnection,
    now: datetime,
    stale_after: Mapping[str, timedelta],
    unavailable_after: Mapping[str, timedelta],
) -> dict[str, Provenance]:
    """Freshness of each registry as a whole, by its code.

    Args:
        connection: Any; one small statement.
        now: The hub's clock.
        stale_after: By registry, age from which facts are STALE.
        unavailable_after: By registry, age from which nothing is decided on them.
    """
    rows = await connection.execute(select(sync_state.c.registry, sync_state.c.complete_at))
    complete = {row.registry: row.complete_at for row in rows}
    return {
        registry: Provenance(
            registry=registry,
            freshness=freshness_of(
                complete.get(registry), now, stale_after[registry], unavailable_after[registry]
            )
            if registry in complete
            else Freshness.NEVER_SYNCED,
            as_of=complete.get(registry),
            synced_at=complete.get(registry),
        )
        for registry in REGISTRIES
    }

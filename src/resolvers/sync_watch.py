"""Syncs followed by an operator: one registry, or all that the token names side by side."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from .context import Hub, Request
from .sync_operations import own_registries
from .sync_progress import SyncProgress, progress

__all__ = ["watch_syncs"]

_SECONDS = 0.5


async def watch_syncs(
    hub: Hub, request: Request, registry: str | None, *, seconds: float = _SECONDS
) -> AsyncIterator[SyncProgress]:
    """Where the newest run of a registry stands, again whenever it has come further, to its end.

    Args:
        hub: Its store is asked.
        request: By whom.
        registry: None: every registry of the token, side by side.
        seconds: Between two looks.

    Raises:
        Refused: the registry is not the token's.
    """
    names = own_registries(request, None if registry is None else [registry])
    request.trace.registries.update(names)
    sources = {name: progress(hub, name, seconds=seconds) for name in names}
    async for step in _side_by_side(list(sources.values())):
        yield step


async def _side_by_side(
    sources: Sequence[AsyncIterator[SyncProgress]],
) -> AsyncIterator[SyncProgress]:
    """What any of the sources says, as it comes; ends with the last of them."""
    asked = {asyncio.ensure_future(anext(source, None)): source for source in sources}
    try:
        while asked:
            done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = asked.pop(task)
                step = task.result()
                if step is not None:
                    asked[asyncio.ensure_future(anext(source, None))] = source
                    yield step
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

"""Siblings of one page: what is asked of one of them is loaded for all, in one statement.

A field first looks whether the look-ahead has loaded its answer; then it answers at once, without
an await per row. Otherwise the first sibling that asks starts the load and the others wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar

from ..domain.errors import CertHubError
from .context import Hub, Request

__all__ = ["Batch"]

_T = TypeVar("_T")


class Batch:
    """The objects of one kind that one answer holds at one level.

    Attributes:
        hub: The hub.
        request: The request.
        members: By key, in the order of the page.
    """

    __slots__ = ("_done", "_failed", "_tasks", "hub", "members", "request")

    def __init__(self, hub: Hub, request: Request) -> None:
        self.hub = hub
        self.request = request
        self.members: dict[str, Any] = {}
        self._done: dict[Hashable, Mapping[str, Any]] = {}
        self._failed: dict[Hashable, CertHubError] = {}
        self._tasks: dict[Hashable, asyncio.Task[Mapping[str, Any]]] = {}

    async def load(
        self, key: Hashable, loader: Callable[["Batch"], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """What ``loader`` found for all members under ``key``, loaded at most once.

        Raises:
            CertHubError: as the loader.
        """
        if key in self._done:
            return self._done[key]
        if key in self._failed:
            raise self._failed[key]
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._run(key, loader))
        return await task

    async def _run(
        self, key: Hashable, loader: Callable[["Batch"], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        try:
            self._done[key] = found = await loader(self)
        except CertHubError as error:
            self._failed[key] = error
            raise
        else:
            return found
        finally:
            self._tasks.pop(key, None)

    def ask(
        self,
        key: Hashable,
        member: str,
        loader: Callable[["Batch"], Awaitable[Mapping[str, _T]]],
        default: _T,
    ) -> _T | Awaitable[_T]:
        """The answer for ``member``: at once where it is loaded, else to be awaited.

        Raises:
            CertHubError: the load failed.
        """
        done = self._done.get(key)
        if done is not None:
            found: _T = done.get(member, default)
            return found
        if key in self._failed:
            raise self._failed[key]
        return self._later(key, member, loader, default)

    async def _later(
        self,
        key: Hashable,
        member: str,
        loader: Callable[["Batch"], Awaitable[Mapping[str, _T]]],
        default: _T,
    ) -> _T:
        found: _T = (await self.load(key, loader)).get(member, default)
        return found

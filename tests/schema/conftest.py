"""Hubs that several modules of this folder ask."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ..conftest import _copy
from ..osh_hub import OshHub, osh_hub


@pytest.fixture(scope="session")
async def osh(
    _admin: tuple[asyncpg.Connection, str],
    _template: str,
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[OshHub]:
    """A hub beside the OSH agency; every test files classes of its own."""
    home = tmp_path_factory.mktemp("osh")
    async for url in _copy(_admin, _template, worker):
        async with osh_hub(url, home) as made:
            yield made

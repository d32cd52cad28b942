"""A hub in process for tests of the HTTP side: real tokens, real database, a fixed clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from certhub.app import create_app
from certhub.sandbox.issuer import DevIssuer
from certhub.settings import Settings

NOW = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)


@dataclass
class HubClient:
    """Calls of one hub."""

    app: Starlette
    http: httpx.AsyncClient
    issuer: DevIssuer

    def token(self, role: str = "local-taipei", **claims: Any) -> str:
        return self.issuer.mint(role, claims, now=NOW)

    def headers(self, role: str = "local-taipei", **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role, **claims)}"}

    async def graphql(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        role: str = "local-taipei",
        headers: dict[str, str] | None = None,
        **claims: Any,
    ) -> httpx.Response:
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={**self.headers(role, **claims), **(headers or {})},
        )


@asynccontextmanager
async def running_hub(database_url: str, home: Path, **settings: Any) -> AsyncIterator[HubClient]:
    """A hub on ``database_url``, started and stopped."""
    given = {
        "home": home,
        "database_url": database_url,
        "public_url": "http://hub.test",
        "business_date": "2024-09-02",
        **settings,
    }
    app = create_app(Settings(**given), clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            yield HubClient(app, http, DevIssuer(home))

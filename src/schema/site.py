"""What the HTTP endpoints share: built once by the composition root, read-only afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import strawberry
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request

from ..auth.tokens import TokenVerifier
from ..resolvers.context import Hub
from ..store.audit import AuditLog
from .guard import Guard

__all__ = ["HttpLimits", "Metrics", "OpenStreams", "Site", "site_of"]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of one HTTP request, all of them with an end.

    Attributes:
        body_bytes: Of a GraphQL request.
        upload_bytes: Of one uploaded file.
        receive_seconds: Until a whole body has come.
        upload_seconds: The same for an upload.
        execute_seconds: Until an operation has answered.
        json_depth: Nesting of a JSON body.
        subscriptions: Subscriptions open at once, in one process.
        client_subscriptions: Those of one client.
        subscription_seconds: Until a subscription ends; the client opens it again.
    """

    body_bytes: int = 4 * 1024 * 1024
    upload_bytes: int = 10 * 1024 * 1024
    receive_seconds: float = 8.0
    upload_seconds: float = 60.0
    execute_seconds: float = 120.0
    json_depth: int = 64
    subscriptions: int = 200
    client_subscriptions: int = 10
    subscription_seconds: float = 900.0


class OpenStreams:
    """Counts the subscriptions that are open in this process, by client."""

    def __init__(self) -> None:
        self._by_client: dict[tuple[str, str], int] = {}

    def open(self, client: tuple[str, str], limits: HttpLimits) -> bool:
        """Take a place; False where the client, or everybody together, has too many."""
        mine = self._by_client.get(client, 0)
        if mine >= limits.client_subscriptions:
            return False
        if sum(self._by_client.values()) >= limits.subscriptions:
            return False
        self._by_client[client] = mine + 1
        return True

    def close(self, client: tuple[str, str]) -> None:
        """Give a place back."""
        left = self._by_client.get(client, 0) - 1
        if left > 0:
            self._by_client[client] = left
        else:
            self._by_client.pop(client, None)


class Metrics:
    """Figures for Prometheus; labels are routes, statuses and codes, never people or clients."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "certhub_http_requests", "HTTP requests", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "certhub_http_seconds", "Time to answer", ["route"], registry=self.registry
        )
        self.errors = Counter(
            "certhub_graphql_errors", "Errors of answers", ["code"], registry=self.registry
        )
        self.cost = Histogram(
            "certhub_graphql_cost",
            "Cost of documents",
            buckets=(1, 10, 100, 1_000, 10_000, 60_000),
            registry=self.registry,
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A running hub as its endpoints see it.

    Attributes:
        public_url: Under which clients reach the hub, without a trailing slash; from the settings,
            never from a request's ``Host``.
        issuers: Names of the trusted issuers.
        expected_revision: Migration that the code was written for.
    """

    hub: Hub
    schema: strawberry.Schema
    guard: Guard
    verifier: TokenVerifier
    audit: AuditLog
    public_url: str
    issuers: tuple[str, ...]
    clock: Callable[[], datetime]
    development: bool = False
    expected_revision: str | None = None
    limits: HttpLimits = field(default_factory=HttpLimits)
    streams: OpenStreams = field(default_factory=OpenStreams)
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def resource_metadata(self) -> str:
        """Where RFC 9728 metadata stand."""
        return f"{self.public_url}/.well-known/oauth-protected-resource"


def site_of(request: Request) -> Site:
    """The site that serves ``request``."""
    site: Site = request.app.state.site
    return site

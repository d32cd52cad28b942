"""The small endpoints: health, readiness, metrics, metadata, the schema, and a page about it all."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape

import strawberry
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from ..auth.scopes import SCOPES
from ..resolvers.sync_metrics import Sample, sync_metrics
from ..store.signing import public_keys
from .http_access import viewer_of
from .site import Site, site_of

__all__ = ["health", "index", "metrics", "ready", "resource_metadata", "sdl", "signing_keys"]

_READY_SECONDS = 2.0

_log = structlog.get_logger("certhub.http")


async def health(_request: Request) -> Response:
    """Whether the process answers; no dependency is asked."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """Whether the hub can work: database reachable, its tables there, migrated as the code expects."""
    site = site_of(request)
    checks = {"database": "unreachable", "migrations": "unknown"}
    try:
        async with asyncio.timeout(_READY_SECONDS), site.hub.engine.connect() as connection:
            checks = {"database": "ok", "migrations": await _migrations(connection, site)}
    except (SQLAlchemyError, OSError) as error:
        _log.warning("not_ready", error=type(error).__name__)
    good = set(checks.values()) == {"ok"}
    return JSONResponse(
        {"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503
    )


async def _exists(connection: AsyncConnection, table: str) -> bool:
    found = await connection.scalar(select(func.to_regclass(table).is_not(None)))
    return bool(found)


async def _migrations(connection: AsyncConnection, site: Site) -> str:
    if not await _exists(connection, "hub.audit"):
        return "missing"
    if site.expected_revision is None:
        return "ok"
    if not await _exists(connection, "hub.alembic_version"):
        return "missing"
    stored = await connection.scalar(text("select version_num from hub.alembic_version"))
    return "ok" if stored == site.expected_revision else "other revision"


_SYNC_FIGURES: Mapping[str, tuple[type[CounterMetricFamily | GaugeMetricFamily], str]] = {
    "sync_runs": (CounterMetricFamily, "Sync runs by the state they ended in"),
    "sync_faults": (CounterMetricFamily, "Sync runs ended by a fault, by its code"),
    "sync_last_rows": (GaugeMetricFamily, "Rows of the newest run by what became of them"),
    "sync_lag_seconds": (GaugeMetricFamily, "Age of the last complete sync"),
    "sync_quarantined": (GaugeMetricFamily, "Records set aside"),
}


class _Syncs(Collector):
    """What the store knows of the syncs, as Prometheus writes it."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        """One family per figure."""
        for name, (kind, text_of) in _SYNC_FIGURES.items():
            found = [sample for sample in self._samples if sample.name == name]
            if found:
                family = kind(
                    f"certhub_{name}", text_of, labels=[label for label, _ in found[0].labels]
                )
                for sample in found:
                    family.add_metric([value for _, value in sample.labels], sample.value)
                yield family


async def metrics(request: Request) -> Response:
    """Figures for Prometheus: of this process, and of the syncs whichever process made them."""
    site = site_of(request)
    body = generate_latest(site.metrics.registry)
    try:
        async with asyncio.timeout(_READY_SECONDS):
            samples = await sync_metrics(site.hub)
    except (SQLAlchemyError, OSError) as error:
        _log.warning("no_sync_figures", error=type(error).__name__)
    else:
        stored = CollectorRegistry()
        stored.register(_Syncs(samples))
        body += generate_latest(stored)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


async def resource_metadata(request: Request) -> Response:
    """RFC 9728: which issuers and scopes this resource knows."""
    site = site_of(request)
    return JSONResponse(
        {
            "resource": site.public_url,
            "authorization_servers": list(site.issuers),
            "scopes_supported": sorted(SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "certhub",
        }
    )


async def signing_keys(request: Request) -> Response:
    """Public keys of receipts and audit heads, as a JWK set."""
    return JSONResponse(public_keys(site_of(request).hub.keys))


@lru_cache(maxsize=4)
def _printed(schema: strawberry.Schema) -> str:
    return schema.as_str() + "\n"


async def sdl(request: Request) -> Response:
    """The schema as SDL; needs a token unless this is a development hub."""
    site = site_of(request)
    if not site.development:
        await viewer_of(request, site)
    return PlainTextResponse(_printed(site.schema))


_PAGE = """<!doctype html>
<html lang="zh-Hant-TW"><head><meta charset="utf-8"><title>certhub 認證樞紐</title></head><body>
<main>
<h1>certhub 認證樞紐</h1>
<p>職業重建、長期照顧、勞工健康服務三制度專業人員證照之單一查詢與報送介面。</p>
<p lang="en">One typed GraphQL schema over three professional registries.</p>
<ul>
<li><a href="/schema.graphql">schema.graphql</a></li>
<li><a href="/.well-known/oauth-protected-resource">oauth-protected-resource</a></li>
<li><a href="/.well-known/certhub-keys.json">certhub-keys.json</a></li>
<li><a href="/readyz">readyz</a></li>
</ul>
<pre>TOKEN=$(certhub token local-taipei)
curl -s {url}/graphql \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -H "X-Purpose-Of-Use: registration" \\
  -H "X-Case-Reference: 範例1" \\
  -d '{{"query": "{{ viewer {{ clientId scopes purposes businessDay }} }}"}}'</pre>
</main>
</body></html>
"""


async def index(request: Request) -> Response:
    """A plain page without scripts, styles or anything from elsewhere."""
    return HTMLResponse(_PAGE.format(url=escape(site_of(request).public_url)))

"""The composition root: settings become a hub, a hub becomes an ASGI application.

The only place (with ``cli``) where settings are read and parts are wired. Heavy imports stand inside
the functions, so that a command that only needs a hub does not load the web side.
"""

import asyncio
import contextlib
import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from .domain.errors import ConfigurationError
from .domain.rest_days import RestDays
from .domain.roc_date import TAIPEI
from .rules.calendar import shipped_rest_days
from .settings import Environment, Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from .auth.tokens import TrustedIssuer
    from .resolvers.context import Hub
    from .schema.site import Site

__all__ = [
    "configure_logging",
    "create_app",
    "from_environment",
    "open_hub",
    "trusted_issuers",
]

DEV_ISSUER = "urn:certhub:dev-issuer"
DEV_AUDIENCE = "urn:certhub:hub"
DEV_JWKS_FILE = "dev-issuer.jwks.json"
"""What the sandbox's dev issuer calls itself; a test compares them, ``app`` imports no sandbox."""

_DEV_LIFETIME = timedelta(hours=12)
_SIGN_HEADS_EVERY = timedelta(minutes=5)
_CLEAN_EVERY = timedelta(hours=1)

_log = structlog.get_logger("certhub.app")


def configure_logging(level: str = "INFO") -> None:
    """JSON lines on stderr for our own and the libraries' messages.

    Strawberry's own logger is silenced: it prints documents and variables.
    """
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("strawberry.execution", "strawberry.ws"):
        logging.getLogger(name).disabled = True
    for name in ("httpx", "httpcore", "asyncio"):
        # Their messages hold addresses, with whatever a query says.
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _holidays(settings: Settings) -> RestDays:
    """The calendar shipped, with the days of the operator's own file added."""
    shipped = shipped_rest_days()
    if settings.holidays_file is None:
        return shipped
    try:
        lines = settings.holidays_file.read_text(encoding="utf-8").split()
        days = [date.fromisoformat(line) for line in lines]
        return shipped.with_days(days, "CERTHUB_HOLIDAYS_FILE")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"CERTHUB_HOLIDAYS_FILE: {settings.holidays_file}: expected one ISO day per line",
            f"CERTHUB_HOLIDAYS_FILE:{settings.holidays_file} 應每行一個 ISO 日期",
        ) from error


@contextlib.asynccontextmanager
async def open_hub(
    settings: Settings, *, clock: Callable[[], datetime] | None = None, pool_size: int = 10
) -> AsyncIterator["Hub"]:
    """A hub as the settings say, closed at the end: for the server and for every command.

    The embedded database is the hub's own and is migrated here; another one by ``certhub db upgrade``.

    Args:
        settings: Unset ``DATABASE_URL`` starts (or joins) the embedded server.
        clock: The hub's only clock; the machine's unless given.
        pool_size: Connections kept open.
    """
    from .resolvers.context import Hub
    from .store import clock as machine
    from .store import embedded, failpoints, migrate
    from .store.engine import make_engine
    from .store.keys import load_keys

    failpoints.arm(settings.fail_point)
    now = clock or machine.now
    cluster = None
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
    else:
        cluster = await asyncio.to_thread(embedded.start, settings.home)
        dsn = cluster.dsn
    engine = make_engine(dsn, pool_size=pool_size)
    try:
        if cluster is not None and await migrate.revision(engine) != migrate.head():
            await migrate.upgrade(engine)
        yield Hub(
            engine=engine,
            reader=engine,
            keys=load_keys(settings.home, settings.id_keys_file, now().astimezone(TAIPEI).date()),
            clock=now,
            stale_after=settings.stale_after.model_dump(),
            unavailable_after=settings.unavailable_after.model_dump(),
            business_date=settings.business_date,
            holidays=_holidays(settings),
            verify_daily_budget=settings.verify_daily_budget,
            production=settings.environment is Environment.PRODUCTION,
        )
    finally:
        await engine.dispose()
        if cluster is not None:
            await asyncio.to_thread(cluster.stop)


def trusted_issuers(settings: Settings, clock: Callable[[], datetime]) -> list["TrustedIssuer"]:
    """The issuers of the settings; a development hub also trusts the dev issuer of its ``HOME``.

    Raises:
        ConfigurationError: A production hub without an issuer, or one that names the dev issuer.
    """
    from .auth.jwks import from_file
    from .auth.tokens import TrustedIssuer
    from .auth.trust import trusted_issuer
    from .connectors.documents import fetch_document

    found = [
        trusted_issuer(**given.model_dump(), clock=clock, fetch=fetch_document)
        for given in settings.issuers
    ]
    if settings.environment is Environment.PRODUCTION:
        if not found or any(issuer.issuer == DEV_ISSUER for issuer in found):
            raise ConfigurationError(
                "CERTHUB_ISSUERS: production needs an issuer, and never the dev issuer",
                "CERTHUB_ISSUERS:正式環境須設定發行者,且不得為開發用發行者",
            )
        return found
    keys = from_file(settings.home / DEV_JWKS_FILE, clock)
    dev = TrustedIssuer(DEV_ISSUER, DEV_AUDIENCE, keys, max_lifetime=_DEV_LIFETIME)
    return [*found, dev]


async def _regularly(every: timedelta, what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do ``work`` now and then for ever; a database that is away is waited out."""
    from sqlalchemy.exc import SQLAlchemyError

    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            await work()
        except (SQLAlchemyError, OSError) as error:
            _log.warning("background_failed", work=what, error=type(error).__name__)


async def _sign_heads(site: "Site") -> None:
    from .store.audit_heads import sign_heads

    await _regularly(
        _SIGN_HEADS_EVERY,
        "audit heads",
        lambda: sign_heads(site.hub.engine, site.hub.keys, site.clock()),
    )


async def _clean(site: "Site") -> None:
    from .store.uploads import delete_expired_uploads

    async def work() -> None:
        async with site.hub.engine.begin() as connection:
            await delete_expired_uploads(connection, site.clock())

    await _regularly(_CLEAN_EVERY, "expired uploads", work)


def _public_url(settings: Settings) -> str:
    given = settings.public_url or f"http://{settings.host}:{settings.port}"
    return given.rstrip("/")


def create_app(settings: Settings, *, clock: Callable[[], datetime] | None = None) -> "Starlette":
    """The hub as an ASGI application.

    Args:
        settings: See ``settings``.
        clock: The hub's only clock, aware; the machine's unless given.

    Raises:
        ConfigurationError: On start, when a setting is missing or contradicts another.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Route

    from .agencies import working
    from .auth.tokens import TokenVerifier
    from .schema import http_downloads as downloads
    from .schema import http_pages as pages
    from .schema.build import build_schema
    from .schema.guard import Guard
    from .schema.http import graphql_endpoint
    from .schema.http_shell import HttpError, Shell, http_error_handler
    from .schema.http_uploads import upload_endpoint
    from .schema.site import Metrics, Site
    from .store import clock as machine
    from .store import migrate
    from .store.audit import AuditLog

    now = clock or machine.now
    schema = build_schema()
    guard = Guard(schema._schema)  # noqa: SLF001 - Strawberry has no public name for it
    metrics = Metrics()
    public_url = _public_url(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_hub(settings, clock=now) as hub:
            issuers = trusted_issuers(settings, now)
            audit = AuditLog(hub.engine)
            site = app.state.site = Site(
                hub=hub,
                schema=schema,
                guard=guard,
                verifier=TokenVerifier(issuers, now),
                audit=audit,
                public_url=public_url,
                issuers=tuple(issuer.issuer for issuer in issuers),
                clock=now,
                development=settings.environment is Environment.DEVELOPMENT,
                metrics=metrics,
                expected_revision=migrate.head(),
            )
            tasks = [asyncio.create_task(loop) for loop in (_sign_heads(site), _clean(site))]
            try:
                async with working(settings, hub):
                    yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await audit.aclose()

    return Starlette(
        routes=[
            Route("/graphql", graphql_endpoint, methods=["POST"]),
            Route("/uploads", upload_endpoint, methods=["POST"]),
            Route("/corrections", downloads.corrections_endpoint, methods=["GET"]),
            Route("/forms", downloads.forms_endpoint, methods=["GET"]),
            Route("/deadlines.ics", downloads.deadlines_endpoint, methods=["GET"]),
            Route("/healthz", pages.health),
            Route("/readyz", pages.ready),
            Route("/metrics", pages.metrics),
            Route("/.well-known/oauth-protected-resource", pages.resource_metadata),
            Route("/.well-known/certhub-keys.json", pages.signing_keys),
            Route("/schema.graphql", pages.sdl),
            Route("/graphiql", pages.index),
            Route("/", pages.index),
        ],
        middleware=[Middleware(Shell, metrics=metrics, secure=public_url.startswith("https://"))],
        exception_handlers={HttpError: http_error_handler, HTTPException: http_error_handler},
        lifespan=lifespan,
    )


def from_environment() -> "Starlette":
    """The application of this process's environment: what each server process starts."""
    settings = Settings()
    configure_logging(settings.log_level)
    app = create_app(settings)
    # What lives as long as the process need not be looked at by every collection.
    gc.collect()
    gc.freeze()
    return app

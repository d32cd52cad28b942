"""Connections to PostgreSQL: one asyncpg pool per engine, JSON by orjson, instants in UTC."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from ..domain.errors import ConfigurationError

__all__ = ["make_engine", "sqlalchemy_url"]

_SSL = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def sqlalchemy_url(dsn: str) -> str:
    """The URL for SQLAlchemy of a libpq URL (``postgresql://user:word@host/db?sslmode=require``).

    Raises:
        ConfigurationError: not a PostgreSQL URL; the URL itself is not repeated, it holds a password.
    """
    parts = urlsplit(dsn)
    if parts.scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigurationError(
            f"CERTHUB_DATABASE_URL: expected postgresql://..., found {parts.scheme or 'no scheme'}",
            f"CERTHUB_DATABASE_URL:應為 postgresql://…,實為 {parts.scheme or '無協定'}",
        )
    options = dict(parse_qsl(parts.query))
    mode = options.pop("sslmode", None)
    if mode is not None:
        if mode not in _SSL:
            raise ConfigurationError(
                f"CERTHUB_DATABASE_URL: sslmode expected one of {sorted(_SSL)}",
                f"CERTHUB_DATABASE_URL:sslmode 應為 {sorted(_SSL)} 之一",
            )
        options["ssl"] = mode
    query = urlencode(options, quote_via=quote)
    return parts._replace(scheme="postgresql+asyncpg", query=query).geturl()


def make_engine(
    dsn: str, *, name: str = "certhub", pool_size: int = 10, pooled: bool = True
) -> AsyncEngine:
    """An engine for ``dsn``.

    Args:
        dsn: libpq URL.
        name: Shown in ``pg_stat_activity``.
        pool_size: Connections kept open; as many again may be opened for a while.
        pooled: False opens a connection per use (tools that run once).
    """
    arguments = {
        "server_settings": {"application_name": name, "timezone": "UTC", "jit": "off"},
        "timeout": 15,
        "command_timeout": None,
    }
    if not pooled:
        return create_async_engine(
            sqlalchemy_url(dsn),
            connect_args=arguments,
            hide_parameters=True,
            json_serializer=_json,
            json_deserializer=orjson.loads,
            poolclass=NullPool,
        )
    return create_async_engine(
        sqlalchemy_url(dsn),
        connect_args=arguments,
        hide_parameters=True,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
    )

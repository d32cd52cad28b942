"""The only place that reads the machine's clock; everything else is told the time."""

from datetime import UTC, datetime

__all__ = ["now"]


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place

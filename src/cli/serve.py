"""``certhub serve``: the hub itself."""

from ..settings import Settings

__all__ = ["run_server", "serve"]

_KEEP_ALIVE_SECONDS = 5
_SHUTDOWN_SECONDS = 20


def run_server(settings: Settings) -> None:
    """Serve until told to stop.

    The access log is our own: uvicorn's prints whole addresses.
    """
    import uvicorn

    from ..app import configure_logging
    from .protocol import PatientNoLonger

    configure_logging(settings.log_level)
    uvicorn.run(
        "certhub.app:from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http=PatientNoLonger,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


def serve() -> None:
    """啟動服務。 Serve the hub; host, port and workers by settings."""
    run_server(Settings())

"""``certhub sandbox``: the three simulated agencies alone, for composing and for trying connectors."""

import json
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from ..domain.errors import ConfigurationError
from ..settings import Environment, Settings

__all__ = ["sandbox"]


def sandbox(
    host: Annotated[str, typer.Option(help="位址。 Address.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="埠。 Port of VR; LTC and OSH on the next two; 0: free ones.", min=0)
    ] = 0,
    advertise: Annotated[
        str | None, typer.Option(help="對外主機名。 Host name in the written settings.")
    ] = None,
    persons: Annotated[int, typer.Option(help="人數。 Size of the world.", min=20)] = 2000,
    credentials: Annotated[
        Path, typer.Option(help="憑證輸出資料夾。 Folder for the settings and the key file.")
    ] = Path(".certhub/sandbox"),
) -> None:
    """模擬機關。 Serve the three sandbox agencies; writes the hub's settings as certhub.env."""
    from ..sandbox.run import start_agencies

    if Settings().environment is Environment.PRODUCTION:
        raise ConfigurationError(
            "certhub sandbox is refused in production", "正式環境不得執行模擬機關"
        )
    with start_agencies(persons, host=host, port=port) as agencies:
        environment = agencies.environment(credentials)
        if advertise is not None:
            environment = {k: v.replace(host, advertise) for k, v in environment.items()}
        lines = [f"{key}={value}" for key, value in sorted(environment.items())]
        (credentials / "certhub.env").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(json.dumps(agencies.urls, indent=1), flush=True)
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()

"""Public keys for offline checks: a JWK set file, or the hub's own keys."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.errors import ConfigurationError
from ..settings import Settings

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

__all__ = ["verification_keys"]


def verification_keys(file: Path | None) -> "dict[str, OKPKey]":
    """Keys by key id.

    Args:
        file: As ``/.well-known/certhub-keys.json`` serves it; None takes the hub's keys file.

    Raises:
        ConfigurationError: No such file, or no JWK set.
    """
    from ..store.keys import FILE_NAME, load_keys
    from ..store.signing import public_keys, public_keys_of

    if file is None:
        settings = Settings()
        path = settings.id_keys_file or settings.home / FILE_NAME
        if not path.exists():
            raise ConfigurationError(
                f"no keys: {path} is not there; give --keys with the hub's public keys",
                f"無金鑰:{path} 不存在;請以 --keys 指定公鑰檔",
            )
        from ..store import clock

        return public_keys_of(
            public_keys(load_keys(settings.home, path, clock.now().date()))["keys"]
        )
    try:
        return public_keys_of(json.loads(file.read_text(encoding="utf-8"))["keys"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"--keys: {file} is no JWK set", f"--keys:{file} 不是 JWK 集"
        ) from error

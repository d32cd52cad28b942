"""``certhub token``: a token of the dev issuer, for trying things out."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from ..domain.errors import ConfigurationError, InvalidInput
from ..settings import Environment, Settings

__all__ = ["token"]


def token(
    role: Annotated[str, typer.Argument(help="角色。 central-mol, local-taipei, operator ...")],
    claims: Annotated[
        str | None, typer.Option(help="取代之宣告(JSON 物件;null 移除)。 Claims to replace.")
    ] = None,
    minutes: Annotated[int, typer.Option(help="效期(分鐘)。 Lifetime.", min=1, max=720)] = 60,
) -> None:
    """開發用權杖。 A token of the dev issuer, printed alone on one line; refused in production."""
    from ..sandbox.issuer import DevIssuer
    from ..store import clock

    settings = Settings()
    if settings.environment is Environment.PRODUCTION:
        raise ConfigurationError(
            "certhub token: the dev issuer does not exist in production; ask your issuer",
            "certhub token:正式環境無開發用發行者,請洽貴機關之權杖發行者",
        )
    try:
        changes = {} if claims is None else json.loads(claims)
    except ValueError as error:
        raise InvalidInput("--claims: expected JSON", "--claims 應為 JSON") from error
    if not isinstance(changes, dict):
        raise InvalidInput("--claims: expected a JSON object", "--claims 應為 JSON 物件")
    issuer = DevIssuer(settings.home)
    print(issuer.mint(role, changes, now=clock.now(), lifetime=timedelta(minutes=minutes)))

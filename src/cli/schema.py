"""``certhub schema``: the API's schema as SDL."""

import typer

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="結構描述。 The GraphQL schema.")


@app.callback()
def _root() -> None:
    """結構描述。 The GraphQL schema."""


@app.command(name="print")
def print_sdl() -> None:
    """輸出 SDL。 Print the merged schema as SDL."""
    from ..schema.build import sdl

    print(sdl(), end="")

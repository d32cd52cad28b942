"""``certhub``: one command, a module per noun."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from ..app import configure_logging
from ..domain.errors import CertHubError
from ..settings import Settings
from . import audit, db, keys, policy, quarantine, receipt, roster, rules, schema
from .bench import bench
from .deadlines import deadlines
from .demo import demo
from .doctor import doctor
from .evaluate import evaluate
from .export import export
from .faults import faults
from .rules_coverage import coverage
from .rules_preview import preview
from .sandbox import sandbox
from .serve import serve
from .sync import sync
from .token import token
from .verify import verify

__all__ = ["app", "main"]

app = typer.Typer(
    name="certhub",
    help="認證樞紐。 One typed GraphQL schema over the registries vr, ltc and osh.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    bench,
    deadlines,
    demo,
    doctor,
    evaluate,
    export,
    faults,
    sandbox,
    serve,
    sync,
    token,
    verify,
):
    app.command()(command)
for name, group in {
    "audit": audit.app,
    "db": db.app,
    "keys": keys.app,
    "policy": policy.app,
    "receipt": receipt.app,
    "roster": roster.app,
    "quarantine": quarantine.app,
    "rules": rules.app,
    "schema": schema.app,
}.items():
    app.add_typer(group, name=name)
for addition in (coverage, preview):
    rules.app.command()(addition)


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="顯示追蹤。 Show the trace.")] = False,  # noqa: ARG001 - read in main
) -> None:
    """認證樞紐。 One typed GraphQL schema over the registries vr, ltc and osh."""
    # Log lines go to stderr: stdout belongs to what was asked for.
    configure_logging("WARNING")


def _settings_at_fault(error: Exception) -> list[str]:
    """The settings that cannot be read, a line each; their values may be secrets and are not told."""
    if isinstance(error, SettingsError):
        return [str(error)]
    if not isinstance(error, ValidationError) or error.title != Settings.__name__:
        return []
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"CERTHUB_{'__'.join(map(str, item['loc'])).upper()}: {item['msg']}"
        if item["loc"]
        else item["msg"].removeprefix("Value error, ")
        for item in found
    ]


def main() -> None:
    """Run the command line; an error is one line of what is wrong, exit code 1 (2: usage).

    What is no error of ours is named by its type alone: its text may hold a value. ``--debug`` as the
    first word shows the trace.
    """
    debug = sys.argv[1:2] == ["--debug"]
    try:
        app()
    except CertHubError as error:
        print(f"{error.code}: {error.en}", file=sys.stderr)
        if error.zh != error.en:
            print(error.zh, file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        lines = _settings_at_fault(error)
        for line in lines:
            print(f"CONFIGURATION: {line}", file=sys.stderr)
        if not lines:
            name = type(error).__name__
            print(f"INTERNAL: {name}; `certhub --debug ...` shows where", file=sys.stderr)
        sys.exit(1)

"""``certhub policy``: who may see which field, and what a token lacks."""

import asyncio
import json
from typing import Annotated

import typer

from ..settings import Settings

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="存取政策。 The access policy.")


@app.callback()
def _root() -> None:
    """存取政策。 The access policy."""


@app.command()
def explain(
    token: Annotated[str, typer.Option(help="存取權杖。 Access token.")],
    field: Annotated[list[str], typer.Option(help="TYPE.FIELD,可重複。 Repeatable.")],
    registry: Annotated[str | None, typer.Option(help="vr、ltc 或 osh。 Of the object.")] = None,
    purpose: Annotated[str | None, typer.Option(help="利用目的。 Purpose of use.")] = None,
    case: Annotated[str | None, typer.Option(help="案號。 Case reference.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """得否存取與理由。 Who may see a field, and why not; exit code 1 if one is refused."""
    from ..app import trusted_issuers
    from ..auth.policy import Denied, policy
    from ..auth.purposes import read_purpose
    from ..auth.tokens import TokenVerifier
    from ..store import clock

    verifier = TokenVerifier(trusted_issuers(Settings(), clock.now), clock.now)
    viewer = asyncio.run(verifier.verify(token.strip())).for_purpose(*read_purpose(purpose, case))
    found = []
    for name in field:
        type_name, _, field_name = name.partition(".")
        verdict = policy().decide(viewer, type_name, field_name, registry)
        rule = policy().scopes(type_name, field_name)
        refused = verdict if isinstance(verdict, Denied) else None
        found.append(
            {
                "field": name,
                "allowed": refused is None,
                "code": None if refused is None else refused.code,
                "needed": [] if refused is None else list(refused.needed),
                "rule": None if rule is None else [" ".join(words) for words in rule],
            }
        )
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        print(f"client {viewer.client_id}, agency_type {viewer.agency_type or '-'}")
        for line in found:
            why = "allowed" if line["allowed"] else f"{line['code']}: needs {line['needed'] or '-'}"
            print(f"{line['field']}: {why}")
    if not all(line["allowed"] for line in found):
        raise typer.Exit(1)

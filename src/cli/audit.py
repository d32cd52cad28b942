"""``certhub audit``: export of the trail, and its verification with or without the database."""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.errors import InvalidInput
from ..settings import Settings

if TYPE_CHECKING:
    from ..store.audit_heads import Verifier

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="稽核軌跡。 The audit trail.")
_SHOWN = 50


@app.callback()
def _root() -> None:
    """稽核軌跡。 The audit trail."""


def _seal(digest: str, rows: int, heads: int) -> bytes:
    from ..store.signing import canonical_json

    return canonical_json(
        {"format": "certhub-audit/1", "sha256": digest, "rows": rows, "heads": heads}
    )


def _seal_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.jws")


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="輸出檔(ndjson);簽章另存 .jws。 File to write.")],
) -> None:
    """匯出稽核軌跡並簽章。 Write the whole trail and, beside it, its detached signature."""
    asyncio.run(_export(out))


async def _export(out: Path) -> None:
    from ..app import open_hub
    from ..store.audit_heads import records, sign_heads
    from ..store.signing import canonical_json, sign_detached

    digest, counts = hashlib.sha256(), {"row": 0, "head": 0}
    async with open_hub(Settings()) as hub:
        # So that every row exported stands under a signature.
        await sign_heads(hub.engine, hub.keys, hub.clock())
        with out.open("wb") as file:
            async for record in records(hub.engine):
                line = canonical_json(record) + b"\n"
                digest.update(line)
                counts[str(record["kind"])] += 1
                file.write(line)
        seal = sign_detached(hub.keys, _seal(digest.hexdigest(), counts["row"], counts["head"]))
    _seal_file(out).write_text(seal + "\n", encoding="ascii")
    print(f"{counts['row']} rows, {counts['head']} signed heads -> {out}, {_seal_file(out)}")


def _lines(file: Path, digest: "hashlib._Hash") -> Iterator[Mapping[str, object]]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            digest.update(line)
            try:
                found = json.loads(line)
            except ValueError:
                found = None
            yield found if isinstance(found, dict) else {"line": number}


def _check_file(file: Path, verifier: "Verifier") -> None:
    from ..store.audit_heads import Problem
    from ..store.signing import verify_detached

    digest = hashlib.sha256()
    try:
        verifier.check_all(_lines(file, digest))
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read", f"{file}:無法讀取") from error
    try:
        seal = _seal_file(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        verifier.problems.append(Problem("export_unsigned", f"{_seal_file(file).name} is missing"))
        return
    signed = _seal(digest.hexdigest(), verifier.rows, verifier.heads)
    if not verify_detached(seal, signed, verifier.keys):
        verifier.problems.append(Problem("export_changed", file.name))


async def _check_database(verifier: "Verifier") -> None:
    from ..app import open_hub
    from ..store.audit_heads import records

    async with open_hub(Settings()) as hub:
        async for record in records(hub.engine):
            verifier.check(record)
    verifier.finish()


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help="匯出檔;未指定則查驗資料庫。 An export; else the database."),
    ] = None,
    keys: Annotated[Path | None, typer.Option(help="公鑰檔(JWK 集)。 Public keys.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """查驗稽核軌跡。 Check every hash, link and signature; exit code 1 if anything is wrong."""
    from ..store.audit_heads import Verifier
    from .keysets import verification_keys

    verifier = Verifier(verification_keys(keys))
    if file is None:
        asyncio.run(_check_database(verifier))
    else:
        _check_file(file, verifier)
    wrong = verifier.problems
    if as_json:
        listed = [{"code": problem.code, "where": problem.where} for problem in wrong]
        print(json.dumps({"rows": verifier.rows, "heads": verifier.heads, "problems": listed}))
    else:
        for problem in wrong[:_SHOWN]:
            print(f"{problem.code}: {problem.where}")
        print(f"{verifier.rows} rows, {verifier.heads} signed heads, {len(wrong)} problems")
    if wrong:
        raise typer.Exit(1)

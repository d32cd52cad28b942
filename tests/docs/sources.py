"""What the documents are compared with: tracked files, codes in the source, examples of the pages."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["DOCS", "ROOT", "SRC", "Example", "error_codes", "examples", "page", "tracked"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SRC = ROOT / "src"

_CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*|[a-z]+(?:_[a-z]+)+")


def page(name: str) -> str:
    """The text of a page of docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git keeps or would keep: tracked ones and new ones that nothing ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return tuple(found for name in names if (found := ROOT / name).is_file())


def _literal(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if _CODE.fullmatch(node.value) else None
    return None


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            # `code = "..."` of a class, in the style of domain/errors.py.
            yield from (
                found
                for item in node.body
                if isinstance(item, ast.Assign)
                and [target.id for target in item.targets if isinstance(target, ast.Name)]
                == ["code"]
                and (found := _literal(item.value))
            )
        elif isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            given = [item.value for item in node.keywords if item.arg == "code"]
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in {"Denied", "UserError", "told"} or method == "_fault":
                given += node.args[:1]
            elif name == "HttpError":
                given += node.args[1:2]
            yield from (found for item in given if (found := _literal(item)))


@cache
def error_codes() -> Mapping[str, str]:
    """Every code an error of certhub can carry, with the file that raises it.

    The simulated agencies speak their contracts' codes, the rules those of the rulebooks.
    """
    found: dict[str, str] = {}
    for file in sorted(SRC.rglob("*.py")):
        where = file.relative_to(SRC).as_posix()
        if where.startswith(("sandbox/", "rules/")) and where != "rules/params.py":
            continue
        for code in _codes(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(code, where)
    return found


_EXAMPLE = re.compile(
    r"As `(?P<role>[a-z-]+)`(?:, purpose `(?P<purpose>[a-z-]+)`)?[^\n]*:\n\n"
    r"```graphql\n(?P<query>.*?)```\n"
    r"(?:\n```json\n(?P<variables>.*?)```\n)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A request that a page shows."""

    role: str
    purpose: str | None
    query: str
    variables: Mapping[str, Any]


def examples(text: str) -> list[Example]:
    """The requests of a page, in order."""
    return [
        Example(
            match["role"],
            match["purpose"],
            match["query"],
            json.loads(match["variables"]) if match["variables"] else {},
        )
        for match in _EXAMPLE.finditer(text)
    ]

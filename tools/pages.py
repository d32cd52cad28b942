"""Writes the lists in docs/ that repeat what the code holds, between the marks of their pages.

A block begins with ``<!-- list: NAME, written by tools/pages.py -->`` and ends with ``<!-- end -->``;
everything else on the page is written by people.

Usage: python tools/pages.py [--check]   (--check: write nothing, exit 1 when a page is out of date)
"""

import re
import sys
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path

from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from certhub.auth.policy import policy
from certhub.auth.scopes import SCOPES
from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.law import citation
from certhub.rules.params import current_ruleset
from certhub.sandbox.roles import ROLES

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(
    r"(<!-- list: (\w+), written by tools/pages\.py -->\n).*?(?=<!-- end -->)", re.DOTALL
)


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table under ``head`` (names joined by ``|``)."""
    names = head.split("|")
    lines = [names, ["---"] * len(names), *rows]
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def code_list(words: Iterable[str]) -> str:
    """Words as code, in order."""
    return " ".join(f"`{word}`" for word in words)


def cited(texts: Iterable[str]) -> str:
    """Citations as readable links."""
    found = (citation(text) for text in texts)
    return "；".join(f"[{one.zh}]({one.url})" if one.url else one.zh for one in found)


def entry_points() -> str:
    """Every question that the rules answer."""
    return table(
        "code|判定項目|question|source 依據",
        (
            [f"`{code}`", entry.title["zh"], entry.title["en"], cited(entry.law)]
            for code, entry in sorted(ENTRY_POINTS.items())
        ),
    )


def figure_groups() -> str:
    """Every group of figures."""
    return table(
        "group|名稱|title|compared on",
        (
            [f"`{key}`", group.title["zh"], group.title["en"], group.checked_on.isoformat()]
            for key, group in sorted(current_ruleset().groups.items())
        ),
    )


def error_pages() -> str:
    """Every error page with its first sentence in both languages."""
    rows = []
    for page in sorted(DOCS.glob("errors/*.md")):
        if page.stem == "README":
            continue
        _title, zh, en, *_rest = page.read_text(encoding="utf-8").split("\n\n")
        first_zh = re.split("[。;；]", zh)[0].strip()
        first_en = re.split(r"\. |; ", en)[0].strip().rstrip(".")
        rows.append([f"[{page.stem}]({page.name})", first_zh, first_en])
    return table("code|說明|meaning", rows)


def _fields(types: Iterable[str]) -> list[tuple[str, str]]:
    text = (resources.files("certhub.schema") / "schema.graphql").read_text(encoding="utf-8")
    schema = build_schema(text)
    found = []
    for name in types:
        root = schema.type_map.get(name)
        if isinstance(root, GraphQLObjectType | GraphQLInterfaceType):
            found += [(name, field) for field in root.fields]
    return found


def scopes() -> str:
    """Every scope with the root fields that it opens, alone or with others."""
    rows = []
    roots = _fields(("Query", "Mutation", "Subscription"))
    for scope, meaning in SCOPES.items():
        zh, _, en = meaning.partition("。 ")
        opened = [
            field
            for name, field in roots
            if any(scope in words for words in policy().scopes(name, field) or ())
        ]
        rows.append([f"`{scope}`", zh, en, code_list(opened) or "-"])
    return table("scope|說明|meaning|root fields", rows)


def personal_fields() -> str:
    """Fields that need more than their registry's scope."""
    rows = []
    for name, field in _fields(policy().types()):
        rule = policy().rule(name, field)
        alternatives = [" ".join(sorted(words)) for words in rule.scopes] if rule else []
        if rule and any("pii." in words for words in alternatives):
            agencies = ", ".join(sorted(rule.agencies or ())) or "any"
            rows.append([f"`{name}.{field}`", code_list(alternatives), agencies])
    return table("field|one of|agency types", rows)


def roles() -> str:
    """The dev issuer's roles, whole."""
    return table(
        "role|agency|jurisdiction|registries|scopes|purposes",
        (
            [
                f"`{name}`",
                str(role["agency_type"]),
                code_list(_words(role.get("jurisdiction"))) or "-",
                code_list(_words(role.get("registries"))) or "-",
                code_list(str(role["scope"]).split()),
                code_list(_words(role.get("purposes"))) or "-",
            ]
            for name, role in ROLES.items()
        ),
    )


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []


LISTS: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (entry_points, figure_groups, error_pages, scopes, personal_fields, roles)
}


def pages() -> dict[Path, str]:
    """Every page with a block, with the text that it should have."""
    found = {}
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if BLOCK.search(text):
            found[page] = BLOCK.sub(lambda match: f"{match[1]}\n{LISTS[match[2]]()}\n\n", text)
    return found


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are out of date."""
    wanted = pages()
    stale = [page for page, text in wanted.items() if page.read_text(encoding="utf-8") != text]
    for page in stale:
        if "--check" not in arguments:
            page.write_text(wanted[page], encoding="utf-8")
        print(f"{'out of date' if '--check' in arguments else 'written'}: {page.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

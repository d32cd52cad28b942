"""Writes the pages of docs/ that are lists of what the code holds: rules.md and errors/README.md.

Usage: python tools/pages.py [--check]   (--check: write nothing, exit 1 when a page is out of date)
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from certhub.rules.entry_points import ENTRY_POINTS
from certhub.rules.law import citation
from certhub.rules.params import current_ruleset

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- Written by tools/pages.py; change the source, then run it again. -->"


def cell(text: str) -> str:
    """``text`` inside a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def sources(texts: tuple[str, ...]) -> str:
    """Citations as readable links."""
    found = []
    for text in texts:
        cited = citation(text)
        found.append(f"[{cited.zh}]({cited.url})" if cited.url else cited.zh)
    return "；".join(found)


def rules() -> Iterator[str]:
    """Every question that the rules answer, then every group of figures."""
    yield "# Rules 判定項目"
    yield MADE
    yield (
        f"{len(ENTRY_POINTS)} questions can be asked, each with facts and a day: through the fields of the API, "
        "`evaluateRule`, `certhub rules test`.\n`certhub rules show CODE --on DATE` lists the figures in force; "
        "`certhub rules coverage` says what of each text is covered."
    )
    rows = ["| code | 判定項目 | question | source 依據 |", "|---|---|---|---|"]
    rows += [
        f"| `{code}` | {cell(entry.title['zh'])} | {cell(entry.title['en'])} | {cell(sources(entry.law))} |"
        for code, entry in sorted(ENTRY_POINTS.items())
    ]
    yield "\n".join(rows)
    yield "## Groups of figures 參數群組"
    yield "One file each under `src/rules/params/`; [figures.md](figures.md) explains their shape."
    rows = ["| group | 名稱 | title | unit | compared on |", "|---|---|---|---|---|"]
    rows += [
        f"| `{key}` | {cell(group.title['zh'])} | {cell(group.title['en'])} | {group.unit} | {group.checked_on} |"
        for key, group in sorted(current_ruleset().groups.items())
    ]
    yield "\n".join(rows)


def errors() -> Iterator[str]:
    """Every error page with its first sentence in both languages."""
    yield "# Error codes 錯誤代碼"
    yield MADE
    yield (
        "Where they stand: `errors[].extensions.code` of a GraphQL answer, `errors[].code` of a mutation's payload or a "
        "verified person's `error.code`,\nthe first word of what a command prints. Codes in capitals concern the request, "
        "the hub or an agency's system; those in small letters concern a file\nor a person. Every other code in small "
        "letters (`id_checksum`, `hours_mismatch`) is a rulebook's and comes with its sentence and what was expected."
    )
    rows = ["| code | 說明 | meaning |", "|---|---|---|"]
    for page in sorted(DOCS.glob("errors/*.md")):
        if page.stem == "README":
            continue
        _title, zh, en, *_rest = page.read_text(encoding="utf-8").split("\n\n")
        first_zh = zh.split("。")[0].split(";")[0].strip()
        first_en = en.split(". ")[0].split("; ")[0].strip().rstrip(".")
        rows.append(f"| [{page.stem}]({page.name}) | {cell(first_zh)} | {cell(first_en)} |")
    yield "\n".join(rows)


def pages() -> dict[Path, str]:
    """Every page with the text that it should have."""
    return {
        DOCS / "rules.md": "\n\n".join(rules()) + "\n",
        DOCS / "errors" / "README.md": "\n\n".join(errors()) + "\n",
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are out of date."""
    stale = [
        page
        for page, text in pages().items()
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    for page in stale:
        if "--check" not in arguments:
            page.write_text(pages()[page], encoding="utf-8")
        print(f"{'out of date' if '--check' in arguments else 'written'}: {page.name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

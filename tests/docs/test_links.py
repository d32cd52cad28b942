"""Relative links of every document lead somewhere; decisions and guides are all listed."""

import re
from collections.abc import Iterator
from pathlib import Path

from .sources import DOCS, ROOT, page, tracked

_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")


def _documents() -> list[Path]:
    return [file for file in tracked() if file.suffix == ".md"]


def _slug(heading: str) -> str:
    """As GitHub makes anchors: small letters, spaces to hyphens, punctuation away."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


def _broken(file: Path) -> Iterator[str]:
    for target in _LINK.findall(file.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        goal = (file.parent / path).resolve() if path else file
        if not goal.exists():
            yield target
        elif anchor and goal.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            if anchor not in {_slug(heading) for heading in headings}:
                yield target


def test_every_relative_link_resolves() -> None:
    broken = {
        file.relative_to(ROOT).as_posix(): found
        for file in _documents()
        if (found := list(_broken(file)))
    }

    assert broken == {}


def test_every_decision_is_in_the_index_under_its_title() -> None:
    files = sorted(file for file in (DOCS / "adr").glob("*.md") if file.stem != "README")
    listed = re.findall(r"^- \[(\d{4}) ([^\]]+)\]\(([^)]+)\)$", page("adr/README.md"), re.MULTILINE)

    assert [name for _number, _title, name in listed] == [file.name for file in files]
    for (number, title, _name), file in zip(listed, files, strict=True):
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith(f"# {int(number)}. ")
        assert first.removeprefix(f"# {int(number)}. ") == title
        assert file.name.startswith(f"{number}-")


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(file.name[:4]) for file in (DOCS / "adr").glob("0*.md"))

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "README.zh-TW.md"]
    while waiting:
        file = waiting.pop()
        if file in seen or not file.is_file() or file.suffix != ".md":
            continue
        seen.add(file)
        waiting += [
            (file.parent / target.partition("#")[0]).resolve()
            for target in _LINK.findall(file.read_text(encoding="utf-8"))
            if "://" not in target
        ]

    pages = {file for file in tracked() if file.suffix == ".md" and DOCS in file.parents}
    assert sorted(file.relative_to(DOCS).as_posix() for file in pages - seen) == [], "link them"


def test_fragments_of_the_changelog_are_of_a_known_kind() -> None:
    kinds = {"law", "added", "changed", "fixed", "removed", "security"}
    fragments = [file for file in (ROOT / "changelog.d").iterdir() if file.is_file()]

    assert [
        file.name
        for file in fragments
        if not re.fullmatch(rf"[a-z0-9-]+\.(?:{'|'.join(kinds)})\.md", file.name)
    ] == []
    assert [file.name for file in fragments if not file.read_text(encoding="utf-8").strip()] == []

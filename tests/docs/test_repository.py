"""What the repository says about itself: packages, two readmes, no machine paths, hosts or secrets."""

import re
import tomllib
from pathlib import Path

import pytest

from .sources import ROOT, SRC, tracked

_BINARY = {".pdf", ".zip", ".ods", ".xlsx", ".png", ".jpg", ".woff2", ".ico"}


def _texts() -> list[tuple[str, str]]:
    return [
        (file.relative_to(ROOT).as_posix(), file.read_bytes().decode("utf-8", "replace"))
        for file in tracked()
        if file.suffix not in _BINARY
    ]


def test_packages_are_the_folders_of_the_source() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {file.parent.relative_to(SRC) for file in SRC.rglob("__init__.py")}

    assert project["tool"]["setuptools"]["packages"] == sorted(
        ".".join(("certhub", *folder.parts)) for folder in folders
    )


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {
        file.parent for file in tracked() if file.suffix == ".py" and SRC in file.parents
    } | {SRC}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_package_data_reaches_every_data_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["certhub"]
    data = {
        file for file in tracked() if SRC in file.parents and file.suffix not in {".py", ".pyc"}
    }

    reached = {file for pattern in patterns for file in SRC.glob(pattern)}

    assert sorted(file.relative_to(SRC).as_posix() for file in data - reached) == []


_FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+|tmp/(?!\{)[\w.]+|private/var)(?=[/\s\"'`)]|$)",
        re.MULTILINE,
    ),
    "a package index": re.compile(
        r"(?:--(?:extra-)?index-url|pypi\.org/simple|files\.pythonhosted\.org|/pypi/simple|"
        r"registry\.npmjs\.org|artifactory|devpi)"
    ),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    "a cloud or forge key": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[baprs]-[\w-]{10,}|"
        r"sk-[A-Za-z0-9]{32,})\b"
    ),
    "an address with a password": re.compile(
        r"[a-z]+://[\w.-]+:(?![$<*.{])[^@\s/\"'`]{6,}@(?!host)"
    ),
}
"""What no tracked file may hold."""

_HERE = "tests/docs/test_repository.py"
"""This file names what it looks for."""

_ALLOWED = {
    # Tests of refusals need the shape of what is refused.
    ("tests/connectors/test_oauth.py", "a private key"),
    ("tests/store/test_engine.py", "an address with a password"),
}


@pytest.mark.parametrize("what", sorted(_FORBIDDEN))
def test_no_tracked_file_holds(what: str) -> None:
    found = {
        name: match[0]
        for name, text in _texts()
        if name != _HERE
        and (name, what) not in _ALLOWED
        and (match := _FORBIDDEN[what].search(text))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of somebody's machine", "see /" + "root/x"),
        ("a path of somebody's machine", "cd /home/alice"),
        ("a package index", "--index-url x"),
        ("a private key", "-----BEGIN EC PRIVATE KEY-----"),
        ("a cloud or forge key", "AKIA" + "A" * 16),
        ("an address with a password", "postgresql://u:secretword@db/x"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert _FORBIDDEN[what].search(text) is not None


def _blocks(name: str) -> list[list[str]]:
    """Commands of a readme, comments off."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [
        [line.partition("#")[0].rstrip() for line in block.strip().splitlines()]
        for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
        if "make" in block
    ]


def test_both_readmes_show_the_same_commands() -> None:
    assert _blocks("README.zh-TW.md") == _blocks("README.md")
    assert len(_blocks("README.md")) == 2


def test_both_readmes_lead_to_the_same_pages() -> None:
    def links(name: str) -> list[str]:
        return re.findall(r"\]\((?!README)([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))

    assert links("README.zh-TW.md") == links("README.md")


def test_make_has_the_targets_that_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        target
        for name in ("README.md", "docs/operations.md", "docs/cli.md", "docs/api.md")
        for target in re.findall(
            r"(?:^|`)make ([a-z]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE
        )
    }

    assert sorted(named - targets) == []
    assert {"demo", "test"} <= named


def test_files_that_the_readmes_promise_exist() -> None:
    for name in ("README.md", "README.zh-TW.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        paths = re.findall(r"`((?:src|docs|tests)/[\w./-]+)`", text)
        assert [path for path in paths if not Path(ROOT, path).exists()] == []

"""docs/cli.md has a row for every command with every option, and no row for another."""

import re
from collections.abc import Iterator

import typer.main
from typer import _click as click

from certhub.cli.main import app

from .sources import DOCS, page

_ROW = re.compile(r"^\| `(certhub [^`]*)` \|([^|]*)\|", re.MULTILINE)


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with its options."""
    inner = getattr(command, "commands", None)
    if inner is None:
        options = {
            option
            for parameter in command.params
            if parameter.param_type_name == "option"
            for option in parameter.opts
        }
        yield name, options - {"--help"}
        return
    for word, found in inner.items():
        yield from _commands(found, f"{name} {word}")


COMMANDS = dict(_commands(typer.main.get_command(app), "certhub"))


def _rows() -> dict[str, set[str]]:
    found = {}
    for usage, options in _ROW.findall(page("cli.md").replace(r"\|", "/")):
        # What follows the command's words are its arguments: in capitals or in brackets.
        name = re.split(r" (?=[A-Z\[])", usage)[0]
        found[name] = set(re.findall(r"`(--[a-z-]+)`", options))
    return found


def test_every_command_has_a_row_with_its_options() -> None:
    assert _rows() == COMMANDS


def test_commands_that_documents_show_exist() -> None:
    words = {tuple(name.split()[1:]) for name in COMMANDS}
    groups = {name[:1] for name in words if len(name) > 1}
    shown = {
        (file.relative_to(DOCS.parent).as_posix(), match[1])
        for file in [
            *DOCS.rglob("*.md"),
            DOCS.parent / "README.md",
            DOCS.parent / "README.zh-TW.md",
            DOCS.parent / "docker-compose.yml",
        ]
        for match in re.finditer(
            r"(?:`|bin/|\n|exec |python -m )certhub ([a-z]+(?: [a-z]+)?)", file.read_text("utf-8")
        )
    }

    wrong = sorted(
        (file, text)
        for file, text in shown
        if tuple(text.split()[:2]) not in words
        and (tuple(text.split()[:1]) not in words or tuple(text.split()[:1]) in groups)
    )

    assert wrong == []

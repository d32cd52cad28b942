"""``file:`` in a rule case becomes the rows that the pure rule sees."""

from collections.abc import Mapping
from pathlib import Path

from ..domain.errors import InvalidInput
from .reading import read_roster

__all__ = ["resolve_case_files"]


def _find(name: str, folder: Path) -> Path:
    """The file below the case's folder, its parent or that one's parent."""
    for base in (folder, folder.parent, folder.parent.parent):
        path = base / name
        if path.is_file():
            return path
    raise InvalidInput(
        f"no file {name} in {folder}, its parent or the folder above",
        f"於 {folder} 及其上二層資料夾均找不到 {name}",
        details={"file": name},
    )


def resolve_case_files(given: Mapping[str, object], folder: str | Path) -> dict[str, object]:
    """``given`` with every ``files: [{domain, file}]`` entry read in.

    Args:
        given: The facts of a rule case; without such entries they come back as they are.
        folder: Where the case file lies.

    Raises:
        InvalidInput: a file is not found, or not readable as a roster.
    """
    files = given.get("files")
    if not isinstance(files, list):
        return dict(given)
    resolved: list[object] = []
    for entry in files:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("file"), str):
            resolved.append(entry)
            continue
        path = _find(entry["file"], Path(folder).absolute())
        sheet = read_roster(path.read_bytes(), path.name)
        rest = {key: value for key, value in entry.items() if key not in {"file", "domain"}}
        resolved.append({**sheet.as_fact(entry.get("domain", 0)), **rest})
    return {**given, "files": resolved}

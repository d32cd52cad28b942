"""The quick part of what CI runs: lint, format, types, import contracts, dependencies, spelling, locks.

Usage: python tools/check.py [NAME ...]   (all checks unless named; exit 1 if one fails)
"""

import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

COMMANDS: dict[str, list[str]] = {
    "lint": ["ruff", "check", "src", "tests", "tools"],
    "format": ["ruff", "format", "--check", "src", "tests", "tools"],
    "types": ["mypy", "-p", "certhub"],
    "types of tests": ["mypy", "tests"],
    "imports": ["lint-imports"],
    "dependencies": ["deptry", "."],
    "spelling": ["codespell", "src", "tests", "tools", "docs", "README.md", "CHANGELOG.md"],
}


def locks() -> str | None:
    """Every direct requirement is pinned, every pin has a hash, no line holds an address."""
    for source, lock in (
        ("requirements.in", "requirements.lock"),
        ("requirements-dev.in", "requirements-dev.lock"),
        ("requirements-bench.in", "requirements-bench.lock"),
    ):
        text = (ROOT / lock).read_text(encoding="utf-8")
        if "://" in text or "--index" in text:
            return f"{lock} holds an address"
        # One name may be pinned twice, for two versions of Python.
        pins = re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)
        pinned = set(pins)
        if len(pins) != text.count("==") - text.count(" == "):
            return f"{lock}: a line is not a pin"
        hashed = re.findall(r"^([A-Za-z0-9_.-]+)==[^\n]*\\\n    --hash=", text, re.MULTILINE)
        if pinned - set(hashed):
            return f"{lock}: no hash for {sorted(pinned - set(hashed))}"
        for line in (ROOT / source).read_text(encoding="utf-8").splitlines():
            name = re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]*", line)
            if name and name[0].lower() not in pinned:
                return f"{lock}: {name[0]} is not pinned; run `make lock`"
    return None


def main(names: list[str]) -> int:
    """Run the checks in order; the output of a failing one is shown whole."""
    failed = []
    for name in names or [*COMMANDS, "locks"]:
        start = time.monotonic()
        if name == "locks":
            output = locks()
            good = output is None
        else:
            program, *rest = COMMANDS[name]
            done = subprocess.run(
                [BIN / program, *rest], cwd=ROOT, capture_output=True, text=True, check=False
            )
            good, output = done.returncode == 0, done.stdout + done.stderr
        print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        if not good:
            failed.append(name)
            print(output)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

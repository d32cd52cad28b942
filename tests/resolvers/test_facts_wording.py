"""Every code that the mapping says beside a rule has its sentence in both languages."""

import re
from importlib import resources

import pytest

from certhub.rules.wording import catalogue

_SAID = re.compile(
    r'(?:findings\.add|Finding|ActivityRefusal)\(\s*(?:[a-z]+\["id"\],\s*)?"([a-z_.]+)"'
    r'|return "([a-z_.]+)"\n|not_applicable="([a-z_.]+)"'
)


def _codes() -> list[str]:
    package = resources.files("certhub") / "resolvers"
    files = [*(package / "facts").iterdir(), package / "answers.py", package / "decisions.py"]
    found = set()
    for file in files:
        if file.name.endswith(".py"):
            text = file.read_text(encoding="utf-8")
            found |= {code for match in _SAID.findall(text) for code in match if code}
    return sorted(found - {"general", "temporary", "formal"})


@pytest.mark.parametrize("code", _codes())
def test_a_code_has_its_sentence(code: str) -> None:
    assert {"zh", "en"} <= set(catalogue()[code])


def test_the_codes_were_found() -> None:
    assert {"record_undetermined", "vr.due_date_differs", "registry_stale"} <= set(_codes())

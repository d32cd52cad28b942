"""Sentences for codes, zh-TW and English side by side: the only prose of the rules.

One catalogue per registry in ``wording/<registry>.yaml``: ``code: {zh: ..., en: ...}``. A sentence may
name inputs of its step as ``{minimum}``; amounts print without trailing zeros.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

from ..domain.amounts import to_number
from ..domain.decision import Step
from .params import read_yaml

__all__ = ["catalogue", "label", "render"]


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by code."""
    sentences: dict[str, Mapping[str, str]] = {}
    for file in sorted((resources.files(__package__) / "wording").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            sentences.update(read_yaml(file.read_text(encoding="utf-8")) or {})
    return sentences


def label(code: str, lang: str = "zh") -> str:
    """The sentence of ``code`` without values; the code itself where no catalogue has it."""
    found = catalogue().get(code)
    return found["zh" if lang.startswith("zh") else "en"] if found else code


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _show(value: object, unit: str | None) -> str:
    if unit is not None and isinstance(value, int) and not isinstance(value, bool):
        return str(to_number(value))
    if isinstance(value, date):
        return value.isoformat()
    return "—" if value is None else str(value)


def render(step: Step, lang: str = "zh") -> str:
    """One step as a sentence, its inputs filled in."""
    words = _Words({figure.name: _show(figure.value, figure.unit) for figure in step.inputs})
    words["value"] = _show(step.value, step.unit)
    return label(step.code, lang).format_map(words)

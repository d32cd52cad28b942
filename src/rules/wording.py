"""Sentences for codes, zh-TW and English side by side: the only prose of the rules.

One catalogue per rulebook in ``wording/<registry>.yaml``: ``code: {zh: ..., en: ...}``. A status word
such as ``expired`` means another thing in each rulebook, so a sentence is looked up for the rule that
said the code: first ``code@rule`` (where one rulebook uses a word twice), then its registry's
catalogue, then the shared ones (every other file). Names of roles are a catalogue of their own. A
sentence may name inputs of its step as ``{minimum}``; amounts print without trailing zeros.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

from ..domain.amounts import to_number
from ..domain.decision import Step
from ..domain.errors import ConfigurationError
from .params import read_yaml

__all__ = ["REGISTRIES", "catalogue", "known_codes", "label", "read_catalogue", "render", "words"]

REGISTRIES = ("ltc", "osh", "sharing", "vr")
"""Catalogues that belong to one rulebook; every other file but that of the roles is shared."""

_ROLES = "roles"

Words = Mapping[str, str]


def read_catalogue(name: str) -> Mapping[str, Words]:
    """The sentences of one file, ``wording/<name>.yaml``."""
    file = resources.files(__package__) / "wording" / f"{name}.yaml"
    read: Mapping[str, Words] = read_yaml(file.read_text(encoding="utf-8")) or {}
    return read


def _names() -> list[str]:
    files = (resources.files(__package__) / "wording").iterdir()
    return sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml"))


@lru_cache(maxsize=1)
def _shared() -> Mapping[str, Words]:
    """What every rule may say.

    Raises:
        ConfigurationError: two shared files word one code.
    """
    sentences: dict[str, Words] = {}
    for name in _names():
        if name in REGISTRIES or name == _ROLES:
            continue
        found = read_catalogue(name)
        twice = sorted(sentences.keys() & found.keys())
        if twice:
            raise ConfigurationError(f"wording/{name}.yaml: worded before: {', '.join(twice)}")
        sentences.update(found)
    return sentences


@lru_cache(maxsize=8)
def catalogue(registry: str = "") -> Mapping[str, Words]:
    """Every sentence that a rule of ``registry`` can say, by code.

    Args:
        registry: ``ltc``, ``osh``, ``sharing``, ``vr``; ``roles`` for the names of roles. Empty:
            the shared sentences, and of every rulebook those that no other words differently.

    Raises:
        ConfigurationError: as the shared catalogues; or, for no registry, two rulebooks word a code
            differently and no shared file has it.
    """
    if registry == _ROLES:
        return read_catalogue(_ROLES)
    if registry:
        return {**_shared(), **read_catalogue(registry)}
    sentences: dict[str, Words] = {}
    for name in REGISTRIES:
        for code, found in read_catalogue(name).items():
            if code not in _shared() and sentences.setdefault(code, found) != found:
                raise ConfigurationError(
                    f"wording/{name}.yaml: {code}: another rulebook words it differently; "
                    "say in a shared file how it reads where no rule is known"
                )
    return {**sentences, **_shared()}


@lru_cache(maxsize=1)
def known_codes() -> frozenset[str]:
    """Every code that some catalogue words."""
    return frozenset(
        code.partition("@")[0] for name in (*REGISTRIES, "", _ROLES) for code in catalogue(name)
    )


def words(code: str, rule: str = "") -> Words | None:
    """The sentence of ``code`` as ``rule`` means it, in both languages; None: no catalogue has it.

    Args:
        code: Status, requirement, finding, reason, deadline or step; of ``sharing.claim:a1:c1``
            the part before the colon.
        rule: Entry point that said it (``ltc.renewal``), or only its registry; empty: not known.
    """
    registry = rule.partition(".")[0]
    sentences = catalogue(registry if registry in REGISTRIES else "")
    name = code.partition(":")[0]
    return sentences.get(f"{name}@{rule}") or sentences.get(name)


def label(code: str, lang: str = "zh", rule: str = "") -> str:
    """The sentence of ``code`` without values; the code itself where no catalogue has it."""
    found = words(code, rule)
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


def render(step: Step, lang: str = "zh", rule: str = "") -> str:
    """One step of a decision of ``rule`` as a sentence, its inputs filled in."""
    places = _Words({figure.name: _show(figure.value, figure.unit) for figure in step.inputs})
    places["value"] = _show(step.value, step.unit)
    return label(step.code, lang, rule).format_map(places)

"""What the rules cover of each text, provision by provision, with the reason (涵蓋範圍).

``coverage.yaml`` is written by people; loading it proves that every entry names entry points, codes
and places that exist. Whether every article stands there is told by :func:`missing`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

from ..domain.errors import ConfigurationError
from .entry_points import ENTRY_POINTS
from .law import Citation, citation, held_laws
from .params import read_yaml
from .wording import known_codes

__all__ = [
    "ALL",
    "REST",
    "Provision",
    "State",
    "TextCoverage",
    "coverage",
    "missing",
    "read_coverage",
]

ALL = "all"
"""Place that stands for a whole text."""

REST = "rest"
"""Place that stands for what no other entry of the text names."""

_TEXT_KEYS = frozenset({"text", "version", "entries"})
_ENTRY_KEYS = frozenset({"at", "state", "by", "codes", "why"})


class State(StrEnum):
    """What becomes of a provision (涵蓋狀態)."""

    COVERED = "covered"
    BY_HAND = "by_hand"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Provision:
    """One place of a text and what becomes of it (條文).

    Attributes:
        at: ``9-2``, an anchor of a document, :data:`ALL` or :data:`REST`.
        citation: ``L0070045@2023-10-11:9-2``; of the whole text where the place is no article.
        by: Entry points that decide it or show it.
        codes: Codes under which it appears in an answer.
        why: The reason, ``{"zh": ..., "en": ...}``.
    """

    at: str
    citation: str
    state: State
    by: tuple[str, ...]
    codes: tuple[str, ...]
    why: Mapping[str, str]

    @property
    def cited(self) -> Citation:
        """The resolved citation."""
        return citation(self.citation)


@dataclass(frozen=True, slots=True)
class TextCoverage:
    """A law or document with its provisions, in the order of the text.

    Attributes:
        text: ``L0070045`` or ``seed-002``.
        version: Day of promulgation of a law, None for other documents.
    """

    text: str
    version: date | None
    provisions: tuple[Provision, ...]

    @property
    def title(self) -> str:
        """Official Chinese title."""
        return citation(self.text).law

    @property
    def counts(self) -> dict[State, int]:
        """Places by state, the states without one included."""
        found = Counter(provision.state for provision in self.provisions)
        return {state: found[state] for state in State}


def _cited(text: str, version: date | None, at: str) -> str:
    whole = text if version is None else f"{text}@{version.isoformat()}"
    if at in {ALL, REST}:
        return whole
    return f"{whole}#{at}" if version is None else f"{whole}:{at}"


def _provisions(
    text: str, version: date | None, raw: Mapping[str, Any], where: str
) -> Iterator[Provision]:
    if set(raw) - _ENTRY_KEYS or not {"at", "state", "why"} <= set(raw):
        raise ConfigurationError(f"{where}: keys must be among {sorted(_ENTRY_KEYS)}")
    why = raw["why"]
    if not isinstance(why, Mapping) or set(why) != {"zh", "en"} or not all(why.values()):
        raise ConfigurationError(f"{where}: why must hold zh and en, and nothing else")
    if raw["state"] not in set(State):
        raise ConfigurationError(f"{where}: state must be one of {[str(state) for state in State]}")
    state, by, codes = State(raw["state"]), tuple(raw.get("by", ())), tuple(raw.get("codes", ()))
    if state is State.COVERED and not by:
        raise ConfigurationError(f"{where}: what is covered names an entry point")
    for known, names in ((ENTRY_POINTS, by), (known_codes(), codes)):
        strange = [name for name in names if name not in known]
        if strange:
            raise ConfigurationError(f"{where}: {', '.join(strange)}: no such code")
    if not raw["at"] or not all(isinstance(at, str) for at in raw["at"]):
        raise ConfigurationError(f"{where}: at is a list of places, each as text")
    for at in raw["at"]:
        cited = _cited(text, version, at)
        citation(cited)
        yield Provision(at, cited, state, by, codes, why)


def _once(text: str, provisions: tuple[Provision, ...]) -> None:
    """Refuse a place that stands twice, or once whole and once in parts."""
    seen: set[str] = set()
    places = {provision.at for provision in provisions}
    for provision in provisions:
        parts = provision.at.split("-")
        above = {"-".join(parts[:length]) for length in range(1, len(parts))}
        doubled = provision.at in seen or bool(above & places)
        if doubled or (provision.at == ALL and len(provisions) > 1):
            raise ConfigurationError(f"coverage of {text}: {provision.at} stands there twice")
        seen.add(provision.at)


def read_coverage(content: str) -> tuple[TextCoverage, ...]:
    """The coverage written in ``content`` (YAML of the shape told at the head of the file).

    Raises:
        ConfigurationError: a key, state, place, entry point or code that there is not.
    """
    found: list[TextCoverage] = []
    for raw in read_yaml(content):
        if set(raw) - _TEXT_KEYS or not {"text", "entries"} <= set(raw):
            raise ConfigurationError(f"coverage: keys must be among {sorted(_TEXT_KEYS)}")
        text, version = raw["text"], raw.get("version")
        provisions = tuple(
            provision
            for number, entry in enumerate(raw["entries"], 1)
            for provision in _provisions(
                text, version, entry, f"coverage of {text}, entry {number}"
            )
        )
        _once(text, provisions)
        found.append(TextCoverage(text, version, provisions))
    return tuple(found)


@lru_cache(maxsize=1)
def coverage() -> tuple[TextCoverage, ...]:
    """What this version covers, text by text.

    Raises:
        ConfigurationError: as :func:`read_coverage`.
    """
    file = resources.files(__package__) / "coverage.yaml"
    return read_coverage(file.read_text(encoding="utf-8"))


def missing(text: TextCoverage) -> tuple[str, ...]:
    """Articles, paragraphs and items of the law's version that no entry names.

    Nothing is missing where :data:`ALL` or :data:`REST` stands, or in a document that is no law.
    """
    places = {provision.at for provision in text.provisions}
    if text.version is None or places & {ALL, REST}:
        return ()
    structure = held_laws()[0][text.text]["versions"][text.version.isoformat()]
    return tuple(
        place
        for article, items in structure.items()
        if article not in places
        for place in _left(article, [int(count) for count in str(items).split()], places)
    )


def _left(article: str, paragraphs: list[int], places: set[str]) -> Iterator[str]:
    for number, items in enumerate(paragraphs, 1):
        paragraph = f"{article}-{number}"
        if paragraph in places:
            continue
        single = [f"{paragraph}-{item}" for item in range(1, items + 1)]
        if not places.intersection(single):
            yield paragraph
        yield from (item for item in single if item not in places and places & set(single))

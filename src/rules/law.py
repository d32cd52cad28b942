"""Citations (法源): ``L0070045@2023-10-11:9-1-4`` is law, version, article, paragraph, item.

The version is the day of promulgation; an article with 之 is written with a dot (``21.1`` = 第21條之1).
Other sources are cited by key and anchor: ``seed-004#STEP-1``, ``letter-1131961568``. The package
holds the structure of the laws, not their text: enough to prove that every citation exists.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from ..domain.errors import ConfigurationError
from .params import read_yaml

__all__ = ["Citation", "citation", "held_laws"]

_LAW = re.compile(
    r"(?P<code>[A-Z]\d{7})(?:@(?P<version>\d{4}-\d{2}-\d{2}))?"
    r"(?::(?P<article>\d+(?:\.\d+)?)(?:-(?P<paragraph>\d+))?(?:-(?P<item>\d+))?)?\Z"
)
_DOCUMENT = re.compile(r"(?P<code>[a-z]+(?:-\d+)?)(?:#(?P<anchor>.+))?\Z")


@dataclass(frozen=True, slots=True)
class Citation:
    """A resolved citation.

    Attributes:
        code: As cited.
        law: Official Chinese title.
        article: ``9-1-4``, an anchor, or empty for the whole text.
        version: Day of promulgation, None for other sources.
        url: Public law database, None where there is none.
        zh: ``長期照顧服務人員訓練認證繼續教育及登錄辦法第9條第1項第4款（112.10.11）``.
        en: The same in English.
        held: Whether the text was read here.
    """

    code: str
    law: str
    article: str
    version: date | None
    url: str | None
    zh: str
    en: str
    held: bool


@lru_cache(maxsize=1)
def held_laws() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(laws by code with their versions and structure, other documents by key)."""
    laws: dict[str, Any] = {}
    documents: dict[str, Any] = {}
    for file in (resources.files(__package__) / "law_index").iterdir():
        if not file.name.endswith(".yaml"):
            continue
        content = read_yaml(file.read_text(encoding="utf-8"))
        if file.name == "documents.yaml":
            documents = content
        else:
            laws[content["code"]] = content
    return laws, documents


def _roc(day: date) -> str:
    return f"{day.year - 1911}.{day.month}.{day.day}"


def _url(code: str, article: str | None, version: str | None, newest: bool) -> str:
    base = "https://law.moj.gov.tw/LawClass/"
    if version and not newest:
        return f"{base}LawOldVer.aspx?pcode={code}&lnndate={version.replace('-', '')}"
    if article:
        return f"{base}LawSingle.aspx?pcode={code}&flno={article.replace('.', '-')}"
    return f"{base}LawAll.aspx?pcode={code}"


def _law_citation(text: str, match: re.Match[str]) -> Citation:
    laws, documents = held_laws()
    code, version, article = match["code"], match["version"], match["article"]
    if code not in laws:
        if code not in documents:
            raise ConfigurationError(f"citation {text}: no law {code} is known")
        title, held, newest = documents[code]["title"], documents[code]["held"], True
    else:
        title, held = laws[code]["title"], True
        versions = laws[code]["versions"]
        newest = version is None or version == max(versions)
        structure = versions.get(version or max(versions))
        if structure is None:
            raise ConfigurationError(f"citation {text}: version {version} is not held")
        if article is not None:
            _check_structure(text, structure, match)
    where_zh = where_en = ""
    if article:
        main, _, sub = article.partition(".")
        where_zh = f"第{main}條" + (f"之{sub}" if sub else "")
        where_en = f" art. {main}" + (f"-{sub}" if sub else "")
        if match["paragraph"]:
            where_zh += f"第{match['paragraph']}項"
            where_en += f"({match['paragraph']})"
        if match["item"]:
            where_zh += f"第{match['item']}款"
            where_en += f"[{match['item']}]"
    day = date.fromisoformat(version) if version else None
    stamp_zh = f"（{_roc(day)}）" if day else ""
    return Citation(
        text,
        title,
        "-".join(part for part in (article, match["paragraph"], match["item"]) if part),
        day,
        _url(code, article, version, newest),
        f"{title}{where_zh}{stamp_zh}",
        f"{code}{where_en}" + (f", version of {day}" if day else ""),
        held,
    )


def _check_structure(text: str, structure: Mapping[str, str], match: re.Match[str]) -> None:
    paragraphs = structure.get(match["article"])
    if paragraphs is None:
        raise ConfigurationError(f"citation {text}: no article {match['article']}")
    items = [int(count) for count in str(paragraphs).split()]
    number = int(match["paragraph"] or 1)
    if number > len(items):
        raise ConfigurationError(f"citation {text}: no paragraph {number}")
    if match["item"] and int(match["item"]) > items[number - 1]:
        raise ConfigurationError(f"citation {text}: no item {match['item']}")


@lru_cache(maxsize=4096)
def citation(text: str) -> Citation:
    """The citation written as ``text``.

    Raises:
        ConfigurationError: it points at nothing that is known.
    """
    match = _LAW.match(text)
    if match:
        return _law_citation(text, match)
    match = _DOCUMENT.match(text)
    _, documents = held_laws()
    if match is None or match["code"] not in documents:
        raise ConfigurationError(f"citation {text}: not a known law or document")
    document = documents[match["code"]]
    anchor = match["anchor"] or ""
    mark = f" {anchor}" if anchor else ""
    return Citation(
        text,
        document["title"],
        anchor,
        None,
        None,
        f"{document['title']}{mark}",
        f"{document['en']}{mark}",
        document["held"],
    )

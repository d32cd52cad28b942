"""``certhub rules coverage``: what the rules decide of each text, what they leave, and why."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import InvalidInput

if TYPE_CHECKING:
    from ..rules.coverage import Provision, TextCoverage

__all__ = ["coverage"]


def _place(provision: "Provision", lang: str) -> str:
    from ..rules.coverage import ALL, REST

    if provision.at == ALL:
        return "全文" if lang == "zh" else "all"
    if provision.at == REST:
        return "其餘" if lang == "zh" else "the rest"
    cited = provision.cited
    if cited.version is None or lang == "en":
        return f"art. {provision.at}" if cited.version else provision.at
    return cited.zh.removeprefix(cited.law).partition("（")[0]


def _as_data(text: "TextCoverage") -> dict[str, Any]:
    return {
        "text": text.text,
        "title": text.title,
        "version": text.version.isoformat() if text.version else None,
        "counts": {str(state): count for state, count in text.counts.items()},
        "provisions": [
            {
                "at": provision.at,
                "citation": provision.citation,
                "url": provision.cited.url,
                "state": str(provision.state),
                "by": list(provision.by),
                "codes": list(provision.codes),
                "why": dict(provision.why),
            }
            for provision in text.provisions
        ],
    }


def _print(texts: Sequence["TextCoverage"], lang: str) -> None:
    for text in texts:
        version = f" ({text.version})" if text.version else ""
        counts = ", ".join(f"{state} {count}" for state, count in text.counts.items() if count)
        print(f"{text.text} {text.title}{version}: {counts}")
        for provision in text.provisions:
            by = f" [{', '.join(provision.by)}]" if provision.by else ""
            print(f"  {provision.state:<12} {_place(provision, lang)}{by} {provision.why[lang]}")


def coverage(
    law: Annotated[
        str | None,
        typer.Option(help="僅此法規或文件,例如 L0070045、seed-002。 Only this text."),
    ] = None,
    lang: Annotated[str, typer.Option(help="zh 或 en。 Language of the reasons.")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """規則涵蓋範圍。 What the rules cover of each law and document, and why the rest is left."""
    from ..rules import coverage as rules

    if lang not in {"zh", "en"}:
        raise typer.BadParameter("--lang: expected zh or en")
    texts = [text for text in rules.coverage() if law in {None, text.text}]
    if not texts:
        known = ", ".join(text.text for text in rules.coverage())
        raise InvalidInput(
            f"--law {law}: expected one of {known}", f"--law {law}:應為下列之一:{known}"
        )
    if as_json:
        print(json.dumps([_as_data(text) for text in texts], ensure_ascii=False, indent=1))
    else:
        _print(texts, lang)

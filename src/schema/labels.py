"""Words for codes, where the catalogue has them."""

from ..rules.wording import catalogue
from .enums import Lang

__all__ = ["role_label", "sentence"]


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(code: str, lang: Lang, *prefixes: str, **values: str) -> str:
    """The sentence of ``code``, else of the code under one of ``prefixes``, else the code.

    Places that are not filled by ``values`` show as an ellipsis.
    """
    sentences = catalogue()
    for name in (code, *(f"{prefix}.{code}" for prefix in prefixes)):
        found = sentences.get(name)
        if found is not None:
            return found[lang.value].format_map(_Blank(values))
    return code


def role_label(registry: str, kind: str, title: str, lang: Lang) -> str:
    """The name of a type of certificate; the agency's own word where the type is unknown."""
    found = catalogue().get(f"{registry}.{kind}")
    return found[lang.value] if found is not None else title or kind

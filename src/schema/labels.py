"""Words for codes, where the catalogue has them."""

from ..rules.wording import catalogue, words
from .enums import Lang

__all__ = ["role_label", "sentence"]


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def sentence(code: str, lang: Lang, rule: str = "", **values: str) -> str:
    """The sentence of ``code`` as ``rule`` means it, else the code.

    Places that are not filled by ``values`` show as an ellipsis.
    """
    found = words(code, rule)
    return code if found is None else found[lang.value].format_map(_Blank(values))


def role_label(registry: str, kind: str, title: str, lang: Lang) -> str:
    """The name of a type of certificate; the agency's own word where the type is unknown."""
    found = catalogue("roles").get(f"{registry}.{kind}")
    return found[lang.value] if found is not None else title or kind

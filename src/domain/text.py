"""How names and terms are compared: the original is kept and shown, this form decides equality.

And what of a text can be stored and shown at all.

Source: domain/mapping.md section 0, item 1.
"""

import unicodedata

__all__ = ["compare_form", "printable"]

_UNIFIED = str.maketrans({"台": "臺", "‧": "·", "・": "·", "•": "·", "∙": "·"})


def compare_form(text: str) -> str:
    """NFKC, every space off, 台 as 臺, the dots ‧ ・ • as ·."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_UNIFIED)


def printable(text: str) -> str:
    """``text`` without control characters and lone surrogates, which no record can hold."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cs"})

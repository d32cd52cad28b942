"""How a table is handed out (匯出)."""

from enum import StrEnum

__all__ = ["Form", "Identifiers"]


class Form(StrEnum):
    """Whose names and terms: our codes, or the agency's own record."""

    CODES = "codes"
    SOURCE = "source"


class Identifiers(StrEnum):
    """How people's numbers are written; ``full`` needs the operator's keys."""

    MASKED = "masked"
    INDEX = "index"
    FULL = "full"

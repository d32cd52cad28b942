"""Texts of a filing that no record can hold: control characters, pages where a line belongs."""

import unicodedata
from collections.abc import Iterator

import msgspec

from ..domain.submission import UserError
from .osh_plan import ClassPlan

__all__ = ["plan_texts", "row_texts"]

_MOST = 2000
_SPACES = "\n\r\t"


def _faults(value: object, path: tuple[str, ...], row: int | None = None) -> Iterator[UserError]:
    if not isinstance(value, str):
        return
    if len(value) > _MOST:
        yield UserError("text_too_long", path, None, row, f"<= {_MOST}")
    elif any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _SPACES for sign in value):
        yield UserError("text_not_printable", path, None, row)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def row_texts(line: msgspec.Struct, row: int | None, *above: str) -> Iterator[UserError]:
    """Of one row: every text of it."""
    for name in line.__struct_fields__:
        yield from _faults(getattr(line, name), (*above, _camel(name)), row)


def plan_texts(plan: ClassPlan) -> Iterator[UserError]:
    """Of a whole plan but its trainees."""
    yield from row_texts(plan, None)
    yield from row_texts(plan.venue, None, "venue")
    yield from row_texts(plan.venue_proof, None, "venueProof")
    for row, session in enumerate(plan.timetable, start=1):
        yield from row_texts(session, row, "timetable")
    for row, lecturer in enumerate(plan.lecturers, start=1):
        yield from row_texts(lecturer, row, "lecturers")

"""How far a reader's token reaches: which registries, and which of their rows."""

from collections.abc import Collection, Mapping

from ..auth.rows import RowFilter, RowKind, row_filter
from ..domain.errors import Refused
from ..domain.records import REGISTRIES
from .context import Request

__all__ = ["all_of", "allowed_registries", "rows_of"]

_SCOPES: Mapping[RowKind, Mapping[str, tuple[str, ...]]] = {
    RowKind.PERSON: {
        "vr": ("vr.person.read",),
        "ltc": ("ltc.person.read",),
        "osh": ("osh.person.read",),
    },
    RowKind.INSTITUTION: {
        "vr": ("vr.person.read", "roster.read"),
        "ltc": ("ltc.person.read", "roster.read"),
        "osh": ("osh.institution.read", "osh.person.read", "roster.read"),
    },
    RowKind.COURSE: {
        "vr": ("vr.person.read", "roster.read"),
        "ltc": ("ltc.person.read", "roster.read"),
    },
    RowKind.CLASS: {"osh": ("osh.institution.read", "osh.person.read", "roster.read")},
    RowKind.SUBMISSION: dict.fromkeys(REGISTRIES, ("roster.read", "roster.submit")),
}
"""Scopes of which one opens a registry's rows of a kind; the field policy stands beside it."""


def allowed_registries(request: Request, kind: RowKind) -> tuple[str, ...]:
    """Registries whose rows of ``kind`` the token may read at all, in the usual order."""
    viewer = request.viewer
    opens = _SCOPES[kind]
    return tuple(
        name
        for name in REGISTRIES
        if name in viewer.registries
        and name in opens
        and any(scope in viewer.scopes for scope in opens[name])
    )


def rows_of(
    request: Request, kind: RowKind, asked: Collection[str] | None = None
) -> dict[str, RowFilter]:
    """The reader's rows of ``kind`` by registry.

    Args:
        request: With the viewer and the business day.
        kind: What the rows are about.
        asked: Registries the caller named; None: all that the token may read.

    Raises:
        Refused: a named registry is not the token's, or none is.
    """
    allowed = allowed_registries(request, kind)
    missing = [name for name in asked or () if name not in allowed]
    if missing or not allowed:
        needed = missing or list(_SCOPES[kind])
        raise Refused(
            f"the token may not read {', '.join(needed)}",
            f"權杖無權讀取 {', '.join(needed)}",
            details={"registries": needed},
        )
    return {
        name: row_filter(request.viewer, name, kind, request.business_day)
        for name in allowed
        if asked is None or name in asked
    }


def all_of(request: Request, registries: Collection[str], what: str) -> None:
    """A question across registries needs every one of them.

    Raises:
        Refused: one is not the token's.
    """
    missing = [
        name
        for name in REGISTRIES
        if name in registries and name not in allowed_registries(request, RowKind.PERSON)
    ]
    if missing:
        raise Refused(
            f"{what}: a question across registries needs all of them; missing: {', '.join(missing)}",
            f"{what}:跨系統查詢須具全部系統之權限;缺少:{', '.join(missing)}",
            details={"registries": missing},
        )

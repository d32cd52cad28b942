"""The deadlines of an institution as a calendar file, for whoever may see them in the API."""

from collections.abc import Iterable
from datetime import datetime

from ..domain.deadlines import DeadlineState, Due
from ..domain.errors import NotFound
from ..roster.ics import CalendarEntry, write_calendar
from ..rules.law import citation
from ..rules.wording import label
from .context import Hub, Request
from .deadlines import dues_of_institutions
from .institutions import InstitutionFilter, institutions
from .registries import usable

__all__ = ["calendar_file", "deadline_calendar", "open_dues"]

_STATES = {DeadlineState.DUE: "待辦", DeadlineState.OVERDUE: "逾期未辦"}
_SITES = 100


async def open_dues(hub: Hub, request: Request, number: str | None = None) -> tuple[str, list[Due]]:
    """Name of the organisation and what is due or overdue at its OSH sites, nearest first.

    Args:
        hub: The hub.
        request: With the viewer: an institution sees itself, an authority whom it asks for.
        number: 統一編號; None: the caller's own.

    Raises:
        NotFound: no OSH institution with that number that the caller may see.
        Refused: the token may not read OSH institutions.
        RegistryUnavailable: OSH cannot be relied on.
    """
    own = request.viewer.institution_ids
    numbers = tuple(sorted(own)) if number is None else (number,)
    await usable(hub, request, ["osh"])
    found = []
    if numbers:
        asked = InstitutionFilter(("osh",), unified_business_numbers=numbers)
        found = (await institutions(hub, request, asked, _SITES, None, total=False)).nodes
    if not found:
        raise NotFound(
            "no OSH training institution with that 統一編號 that this token may see",
            "查無此權杖可見之該統一編號訓練機構",
            details={"path": "institution"},
        )
    return found[0].name, [
        item for item in await dues_of_institutions(found) if item.state in _STATES
    ]


def _entry(due: Due) -> CalendarEntry:
    assert due.state is not None
    overdue = due.state is DeadlineState.OVERDUE
    what = label(due.code, "zh")
    many = "" if due.trainees is None else f"（{due.trainees} 人）"
    lines = [
        f"{due.title or due.subject}（{due.subject}）",
        f"狀態：{_STATES[due.state]}",
        *([f"法源：{citation(due.law).zh}"] if due.law else []),
        *([label("calendar_not_held", "zh")] if due.weekends_only else []),
    ]
    mark = "【逾期】" if overdue else ""
    return CalendarEntry(
        due.key,
        due.due,
        f"{mark}{what}{many}：{due.title or due.subject}",
        "\n".join(lines),
        overdue,
    )


async def deadline_calendar(
    hub: Hub, request: Request, number: str | None = None, authority: str = "certhub"
) -> bytes:
    """The file; arguments and errors as :func:`open_dues`, ``authority`` of the UIDs."""
    name, dues = await open_dues(hub, request, number)
    return calendar_file(name, dues, request.instant, authority)


def calendar_file(
    name: str, dues: Iterable[Due], stamp: datetime, authority: str = "certhub"
) -> bytes:
    """Deadlines of the organisation ``name`` as a file, made at ``stamp``."""
    return write_calendar((_entry(item) for item in dues), f"{name} 訓練期限", stamp, authority)

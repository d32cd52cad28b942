"""``certhub deadlines``: what is due at a training institution, as lines, JSON or a calendar."""

import asyncio
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..settings import Settings

if TYPE_CHECKING:
    from ..domain.deadlines import Due

__all__ = ["deadlines"]

_CLIENT = "certhub-cli"


async def _ask(number: str, on: date | None) -> tuple[str, list["Due"], bytes]:
    """As the operator of this machine, who holds the database anyhow."""
    from ..app import open_hub
    from ..auth.viewer import EVERYWHERE, AgencyType, Viewer
    from ..resolvers.deadline_calendar import calendar_file, open_dues
    from ..store.migrate import require_current

    viewer = Viewer(
        subject=_CLIENT,
        client_id=_CLIENT,
        issuer="urn:certhub:cli",
        scopes=frozenset({"osh.institution.read"}),
        agency_type=AgencyType.CENTRAL,
        jurisdiction=frozenset({EVERYWHERE}),
        registries=frozenset({"osh"}),
    )
    settings = Settings()
    async with open_hub(
        settings if on is None else settings.model_copy(update={"business_date": on})
    ) as hub:
        await require_current(hub.engine)
        request = hub.request(viewer, "cli")
        name, dues = await open_dues(hub, request, number)
        return name, dues, calendar_file(name, dues, request.instant)


def _line(item: "Due") -> str:
    from ..rules.wording import label

    many = "" if item.trainees is None else f"({item.trainees} 人)"
    held = f" *{label('calendar_not_held', 'zh')}" if item.weekends_only else ""
    what = f"{label(item.code, 'zh')}{many}"
    return f"{item.due}  {item.state:<8} {what}  {item.subject}  {item.title or ''}{held}".rstrip()


def _as_json(item: "Due") -> dict[str, object]:
    from ..rules.wording import label

    return {
        "code": item.code,
        "due": item.due.isoformat(),
        "state": item.state,
        "subject": item.subject,
        "title": item.title,
        "trainees": item.trainees,
        "law": item.law,
        "weekends_only": item.weekends_only,
        "label_zh": label(item.code, "zh"),
        "label_en": label(item.code, "en"),
    }


def deadlines(
    institution: Annotated[str, typer.Argument(help="統一編號。 Unified business number.")],
    ics: Annotated[
        Path | None, typer.Option("--ics", help="輸出行事曆檔。 Write a calendar file (RFC 5545).")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="業務日。 Business day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """訓練機構之期限:待辦與逾期。 What is due and overdue at an OSH training institution."""
    name, found, content = asyncio.run(_ask(institution, on.date() if on else None))
    if ics is not None:
        ics.write_bytes(content)
    if as_json:
        print(json.dumps([_as_json(item) for item in found], ensure_ascii=False, indent=1))
        return
    print(f"{name} {institution}: {len(found)}")
    for item in found:
        print(_line(item))

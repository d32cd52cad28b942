"""``certhub quarantine``: the faulty records that were set aside."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.errors import NotFound
from ..domain.records import BY_NAME, Entity, Kind
from ..domain.tw_id import mask_number
from ..settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["app"]

app = typer.Typer(help="隔離紀錄。 Faulty records that were set aside.", no_args_is_help=True)

_SHOWN = ("id", "registry", "entity", "source_id", "field", "reason", "found_in", "state", "seen")


@app.command("list")
def list_(
    registry: Annotated[str | None, typer.Option(help="登錄系統。 Only of this registry.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="含已解決者。 Resolved ones too.")
    ] = False,
    limit: Annotated[int, typer.Option(help="筆數。 At most so many.", min=1, max=10_000)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """列出。 The records set aside, oldest first, without their content."""
    rows = asyncio.run(_list(registry, None if everything else "open", limit))
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        where = f"{row['entity']} {row['source_id'] or '(no readable key)'}"
        print(f"{row['id']} {where}: {row['field']} {row['reason']} ({row['found_in']})")
    print(f"{len(rows)} records")


@app.command()
def show(
    number: Annotated[int, typer.Argument(help="編號。 Number from the list.")],
    full: Annotated[
        bool, typer.Option("--full", help="證號不遮罩。 People's numbers in clear.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """檢視。 One record as the agency sent it; people's numbers masked unless asked for."""
    row, record = asyncio.run(_show(number))
    if record is not None and not full:
        record = _masked(BY_NAME[row["entity"]], record)
    if as_json:
        print(json.dumps({**row, "record": record}, ensure_ascii=False))
        return
    for name, value in row.items():
        print(f"{name}: {value}")
    if record is None:
        print("the record is resolved, or could not be read at all")
    else:
        print(json.dumps(record, ensure_ascii=False, indent=1))


@app.command()
def retry(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="編號;未指定則全部。 Ids; none: all of them.")
    ] = None,
    registry: Annotated[str | None, typer.Option(help="登錄系統。 Only of this registry.")] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="向機關全部重讀。 Read their registries again in full instead."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """重試。 Read the kept records again, without their agency; what parses now is resolved."""
    waiting = [
        row
        for row in asyncio.run(_list(registry, "open", 1_000_000))
        if not numbers or row["id"] in numbers
    ]
    if not waiting:
        print("[]" if as_json else "nothing is set aside")
        return
    code = 0
    if full:
        from .sync import read_again, show_reports

        registries = sorted({row["registry"] for row in waiting})
        reports = asyncio.run(read_again(registries, full=True))
        show_reports(reports, as_json=as_json)
        code = 0 if all(report.succeeded for report in reports) else 1
        left = {row["id"] for row in asyncio.run(_list(registry, "open", 1_000_000))}
        resolved = sum(row["id"] not in left for row in waiting)
    else:
        found = asyncio.run(_retry(waiting))
        resolved = sum(one["resolved"] for one in found)
        if as_json:
            print(json.dumps(found))
    if not as_json:
        print(f"{resolved} resolved, {len(waiting) - resolved} still set aside")
    raise typer.Exit(code=code)


async def _retry(waiting: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from ..agencies import sync_hub
    from ..app import open_hub
    from ..resolvers.quarantine import retry_quarantined

    settings = Settings()
    resolved: set[int] = set()
    async with open_hub(settings) as hub:
        work = sync_hub(settings, hub)
        for registry in sorted({row["registry"] for row in waiting}):
            numbers = [row["id"] for row in waiting if row["registry"] == registry]
            resolved.update((await retry_quarantined(work, registry, numbers)).resolved)
    return [{"id": row["id"], "resolved": row["id"] in resolved} for row in waiting]


async def _list(registry: str | None, state: str | None, limit: int) -> list[dict[str, Any]]:
    from ..app import open_hub
    from ..store.quarantine import list_quarantined

    async with open_hub(Settings()) as hub, hub.reader.connect() as connection:
        rows = await list_quarantined(connection, registry=registry, state=state, limit=limit)
    return [_plain(row) for row in rows]


async def _show(number: int) -> tuple[dict[str, Any], dict[str, object] | None]:
    from ..app import open_hub
    from ..store.quarantine import quarantined_record

    async with open_hub(Settings()) as hub, hub.reader.connect() as connection:
        found = await quarantined_record(connection, hub.keys, number)
    if found is None:
        raise NotFound(f"no quarantine row {number}", f"無隔離紀錄 {number}")
    return _plain(found[0]), found[1]


def _plain(row: "Mapping[Any, Any]") -> dict[str, Any]:
    shown: dict[str, Any] = {name: row[name] for name in _SHOWN}
    for name in ("first_seen_at", "last_seen_at", "resolved_at"):
        shown[name] = row[name].isoformat() if row[name] else None
    return shown


def _masked(entity: Entity, record: dict[str, object]) -> dict[str, object]:
    """The record with people's numbers starred, nested ones too, whatever they look like."""
    out = dict(record)
    for field in entity.fields:
        value = out.get(field.contract_name)
        if field.kind is Kind.NUMBER and value is not None:
            out[field.contract_name] = mask_number(str(value))
        elif field.kind is Kind.PEOPLE and value is not None:
            out[field.contract_name] = _masked_people(field.parts, value)
    return out


def _masked_people(parts: tuple[Any, ...], value: object) -> object:
    numbers = {part.contract_name for part in parts if part.kind is Kind.NUMBER}
    if not isinstance(value, list):
        return "***"
    return [
        {
            name: mask_number(str(item)) if name in numbers and item is not None else item
            for name, item in person.items()
        }
        if isinstance(person, dict)
        else "***"
        for person in value
    ]

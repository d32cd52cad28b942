"""``certhub export``: what the hub holds of a table, in our terms or in the agency's."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import orjson
import typer

from ..domain.errors import InvalidInput
from ..domain.exports import Form, Identifiers
from ..settings import Settings

if TYPE_CHECKING:
    from ..resolvers.export import Export

__all__ = ["export"]

_SHEET_ROWS = 1_048_575
_ODS_CHUNK = 1 << 16


class Registry(StrEnum):
    """Whose table."""

    VR = "vr"
    LTC = "ltc"
    OSH = "osh"


class Format(StrEnum):
    """Kind of file."""

    NDJSON = "ndjson"
    CSV = "csv"
    ODS = "ods"
    XLSX = "xlsx"


def export(
    table: Annotated[
        str, typer.Argument(help="契約之集合、實體或表名。 Collection, entity or CSV table.")
    ],
    registry: Annotated[Registry, typer.Option(help="登錄系統。 Registry.")],
    form: Annotated[
        Form, typer.Option("--as", help="欄名與用語。 Our codes, or the agency's own record.")
    ] = Form.CODES,
    format_: Annotated[Format, typer.Option("--format", help="格式。 Kind of file.")] = (
        Format.NDJSON
    ),
    out: Annotated[
        Path | None, typer.Option(help="輸出檔,預設標準輸出。 File; standard output unless given.")
    ] = None,
    identifiers: Annotated[
        Identifiers, typer.Option(help="證號。 People's numbers; full needs the operator's keys.")
    ] = Identifiers.MASKED,
) -> None:
    """匯出。 What the hub holds of a table, row by row, deleted rows left out."""
    asyncio.run(_run(table, registry, form, format_, out, identifiers))


async def _run(
    table: str,
    registry: Registry,
    form: Form,
    format_: Format,
    out: Path | None,
    identifiers: Identifiers,
) -> None:
    from ..app import open_hub
    from ..resolvers import export as use_case
    from ..store.migrate import require_current

    settings = Settings()
    entity = use_case.entity_of(registry, table)
    async with open_hub(settings) as hub:
        await require_current(hub.engine)
        async with use_case.export_table(
            hub.reader,
            hub.keys,
            entity,
            form,
            identifiers,
            hub.clock(),
        ) as found:
            if format_ in (Format.XLSX, Format.ODS) and found.total > _SHEET_ROWS:
                raise InvalidInput(
                    f"{found.total} rows: a sheet holds {_SHEET_ROWS}; use ndjson or csv",
                    f"共 {found.total} 列,工作表上限 {_SHEET_ROWS} 列,請改用 ndjson 或 csv",
                    code="TOO_MANY_ROWS",
                )
            with _target(out) as target:
                await _WRITERS[format_](found, target)


@contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    """The file appears under its name when it is complete."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with unfinished.open("wb") as target:
            yield target
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


async def _ndjson(found: "Export", target: IO[bytes]) -> None:
    async for row in found.rows:
        target.write(orjson.dumps(row) + b"\n")


async def _cells(found: "Export") -> AsyncIterator[list[str]]:
    """Rows as text that no spreadsheet reads as a formula."""
    from ..roster.writing import plain_cell

    async for row in found.rows:
        yield [plain_cell(_cell(value)) for value in row.values()]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


async def _csv(found: "Export", target: IO[bytes]) -> None:
    import csv
    import io

    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n")
    target.write(b"\xef\xbb\xbf")
    writer.writerow(found.columns)
    async for cells in _cells(found):
        writer.writerow(cells)
        target.write(line.getvalue().encode())
        line.seek(0)
        line.truncate()
    target.write(line.getvalue().encode())


async def _xlsx(found: "Export", target: IO[bytes]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(found.entity.table)
    sheet.append(list(found.columns))
    async for cells in _cells(found):
        sheet.append(cells)
    book.save(target)


async def _ods(found: "Export", target: IO[bytes]) -> None:
    from stream_write_ods import stream_write_ods

    rows = [tuple(cells) async for cells in _cells(found)]
    sheets = ((found.entity.table, list(found.columns), rows),)
    for chunk in stream_write_ods(sheets, chunk_size=_ODS_CHUNK):
        target.write(chunk)


_WRITERS = {
    Format.NDJSON: _ndjson,
    Format.CSV: _csv,
    Format.XLSX: _xlsx,
    Format.ODS: _ods,
}

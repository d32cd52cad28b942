"""``submitVrRoster``: an institution's roster (上課紀錄) checked row by row and put on its way.

Rulebook: domain/vr.md, VR-R38; what becomes of it: domain/mapping.md section 5.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.rows import RowKind, row_filter
from ..connectors.vr import RosterLine, roster_csv
from ..domain.errors import InvalidInput
from ..domain.submission import UserError
from ..domain.tw_id import NationalId
from ..roster.reading import read_roster
from ..rules.engine import evaluate
from ..store.uploads import Upload, load_upload
from ..store.vr_courses import course_of, has_roster_on_its_way
from .context import Hub, Request
from .facts.vr_offices import roster_course
from .filing import Checked, Filed, content_hash, file
from .roster_verdicts import FIRST_VR_LINE, vr_errors

__all__ = ["RosterFile", "RosterRow", "VrRosterInput", "submit_vr_roster"]

KIND = "submitVrRoster"
_SIGN_IN = {b"%PDF-": ("pdf", "application/pdf"), b"\xff\xd8\xff": ("jpg", "image/jpeg")}
_SEPARATOR = re.compile(r"[/.-]")


@dataclass(frozen=True, slots=True)
class RosterFile:
    """An uploaded file for one domain (課程領域) of the course."""

    domain: int
    upload: UUID


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One attendee sent as input instead of a file; cells as the template holds them."""

    held_on: date
    name: str
    identifier: str
    hours: str
    offshore: bool = False
    international: bool = False
    instructor: bool = False
    domain: int = 1


@dataclass(frozen=True, slots=True)
class VrRosterInput:
    """The mutation's input: files or rows, and the sign-in sheet."""

    idempotency_key: str
    course_no: str
    sign_in_sheet: UUID | None
    files: tuple[RosterFile, ...] = ()
    rows: tuple[RosterRow, ...] = ()
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The records of one domain, and the name its errors carry."""

    domain: int
    records: Sequence[Sequence[Any]] | None
    filename: str | None
    sha256: str


def _flag(value: bool) -> str:
    return "是" if value else "否"


def _rows_as_records(rows: Sequence[RosterRow], template: Sequence[Sequence[str]]) -> list[_Sheet]:
    sheets = []
    for domain in sorted({row.domain for row in rows}):
        records = [list(record) for record in template]
        records += [
            [
                f"{row.held_on.year}/{row.held_on.month}/{row.held_on.day}",
                row.name,
                row.identifier,
                row.hours,
                _flag(row.offshore),
                _flag(row.international),
                _flag(row.instructor),
            ]
            for row in rows
            if row.domain == domain
        ]
        digest = hashlib.sha256(repr(records).encode()).hexdigest()
        sheets.append(_Sheet(domain, records, None, digest))
    return sheets


def _read(upload: Upload, domain: int) -> _Sheet:
    read = read_roster(upload.content, upload.filename)
    return _Sheet(domain, read.rows, upload.filename, upload.sha256.hex())


def _sign_in_format(content: bytes) -> tuple[str, str]:
    """Format by content, never by name; another one is shown by what it is not."""
    for magic, found in _SIGN_IN.items():
        if content.startswith(magic):
            return found
    return "unknown", ""


def _given(
    course: Mapping[str, Any], sheets: Sequence[_Sheet], sheet: Upload | None, on_its_way: bool
) -> dict[str, object]:
    given: dict[str, object] = dict(roster_course(course))
    given["already_imported"] = bool(given["already_imported"]) or on_its_way
    given["files"] = [
        {"domain": item.domain, "rows": item.records}
        if item.records is not None
        else {"domain": item.domain, "encoding": "unknown"}
        for item in sheets
    ]
    if sheet is not None:
        given["sign_in_sheet"] = {"format": _sign_in_format(sheet.content)[0]}
    return given


def _day(text: str) -> date:
    year, month, day = (int(part) for part in _SEPARATOR.split(text.strip()))
    return date(year + 1911 if year < 1000 else year, month, day)


def _line(record: Sequence[Any]) -> RosterLine:
    """A checked record as the agency's file wants it."""
    cells = ["" if cell is None else str(cell).strip() for cell in record]
    return RosterLine(
        _day(cells[0]),
        cells[1],
        NationalId(cells[2]),
        cells[3],
        cells[4] == "是",
        cells[5] == "是",
        cells[6] == "是",
    )


def _payload(course_no: str, sheets: Sequence[_Sheet], sheet: Upload) -> dict[str, Any]:
    records = [
        roster_csv(
            _line(record)
            for record in (item.records or ())[FIRST_VR_LINE - 1 :]
            if any(str(cell or "").strip() for cell in record)
        )
        for item in sorted(sheets, key=lambda item: item.domain)
    ]
    return {
        "course_no": course_no,
        "records": [base64.b64encode(content).decode() for content in records],
        "sheet": base64.b64encode(sheet.content).decode(),
        "sheet_type": _sign_in_format(sheet.content)[1],
    }


async def submit_vr_roster(hub: Hub, request: Request, given: VrRosterInput) -> Filed:
    """Check a roster as a whole, keep it with every row's errors, and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key, or neither files nor rows.
        Conflict: the key was used with other content.
    """
    loaded = await _load(hub, request, given)
    digest = content_hash(
        {
            "course": given.course_no,
            "files": [[sheet.domain, sheet.sha256] for sheet in loaded.sheets],
            "sheet": loaded.sheet.sha256.hex() if loaded.sheet else None,
        }
    )

    async def check(connection: AsyncConnection) -> Checked:
        return await _check(connection, hub, request, given, loaded)

    return await file(
        hub, request, KIND, "vr", given.idempotency_key, digest, check,
        validate_only=given.validate_only,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Loaded:
    sheets: tuple[_Sheet, ...]
    sheet: Upload | None
    uploads: tuple[UUID, ...]
    missing: tuple[UserError, ...]


async def _load(hub: Hub, request: Request, given: VrRosterInput) -> _Loaded:
    viewer = request.viewer
    uploads: dict[UUID, Upload] = {}
    missing: list[UserError] = []
    wanted: list[tuple[tuple[str, ...], UUID]] = [
        (("files", str(index), "upload"), item.upload) for index, item in enumerate(given.files)
    ]
    if given.sign_in_sheet is not None:
        wanted.append((("signInSheet",), given.sign_in_sheet))
    async with hub.engine.connect() as connection:
        for path, identity in wanted:
            found = await load_upload(
                connection,
                hub.keys,
                identity,
                issuer=viewer.issuer,
                client_id=viewer.client_id,
                now=request.instant,
            )
            if found is None:
                missing.append(UserError("upload_not_found", path))
            else:
                uploads[identity] = found
    sheets: list[_Sheet] = []
    for index, item in enumerate(given.files):
        if item.upload not in uploads:
            continue
        try:
            sheets.append(_read(uploads[item.upload], item.domain))
        except InvalidInput as error:
            name = uploads[item.upload].filename
            missing.append(
                UserError(error.code, ("files", str(index)), name, zh=error.zh, en=error.en)
            )
    if given.rows:
        sheets += _rows_as_records(given.rows, template_rows(hub, request.business_day))
    sheet = uploads.get(given.sign_in_sheet) if given.sign_in_sheet is not None else None
    return _Loaded(tuple(sheets), sheet, tuple(uploads), tuple(missing))


def template_rows(hub: Hub, day: date) -> list[list[str]]:
    """Header and sample row that must stand before the people."""
    figures = hub.ruleset.on(day)
    header = list(figures.value("vr.roster", "roster_header"))
    sample = figures.value("vr.roster", "roster_sample")
    return [header, ["2015/1/1", sample["name"], sample["number"], "2", "是", "是", "否"]]


async def _check(
    connection: AsyncConnection, hub: Hub, request: Request, given: VrRosterInput, loaded: _Loaded
) -> Checked:
    course = await course_of(connection, given.course_no)
    rows = row_filter(request.viewer, "vr", RowKind.SUBMISSION, request.business_day)
    rows_given = sum(
        max(0, len(sheet.records or ()) - FIRST_VR_LINE + 1) for sheet in loaded.sheets
    )
    owner = course["institution_tax_id"] if course is not None else None
    errors = list(loaded.missing)
    if course is None or owner not in rows.institutions:
        # Another institution's course looks exactly like one that is not there.
        errors.append(UserError("course_not_found", ("courseNo",)))
    if errors or course is None:
        return Checked(
            None, given.course_no, tuple(errors), {}, {"rows": rows_given}, None, request.instant,
            uploads=loaded.uploads,
        )  # fmt: skip
    on_its_way = await has_roster_on_its_way(connection, given.course_no, course["starts_on"])
    facts = _given(dict(course), loaded.sheets, loaded.sheet, on_its_way)
    facts |= {"params": dict(params)} if (params := hub.rule_params.get("vr")) else {}
    decision = evaluate("vr.roster_csv", facts, request.business_day, hub.ruleset).decision
    request.trace.rules.add("vr.roster_csv")
    names = {sheet.domain: sheet.filename for sheet in loaded.sheets}
    found = vr_errors(decision.report, decision.findings, names)
    summary = {
        "rows": rows_given,
        "valid_rows": decision.report.get("valid_rows", 0),
        "error_rows": decision.report.get("error_rows", 0),
        "files": len(loaded.sheets),
        # The agency takes a roster from the day after the course (mapping.md M8).
        "deliver_after": course["ends_on"].isoformat(),
    }
    if found or loaded.sheet is None:
        return Checked(
            owner, given.course_no, found, {}, summary, None, request.instant,
            uploads=loaded.uploads,
        )  # fmt: skip
    payload = _payload(given.course_no, loaded.sheets, loaded.sheet)
    return Checked(
        owner, given.course_no, (), payload, summary, "vr.post_roster", request.instant,
        uploads=loaded.uploads,
    )  # fmt: skip

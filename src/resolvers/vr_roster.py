"""``submitVrRoster``: an institution's roster (上課紀錄) checked row by row and put on its way.

Rulebook: domain/vr.md, VR-R38; what becomes of it: domain/mapping.md section 5.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..auth.viewer import Viewer
from ..domain.errors import InvalidInput
from ..domain.submission import UserError
from ..rules.engine import evaluate
from ..rules.params import Ruleset
from ..store.submissions import hold_target
from ..store.uploads import Upload, load_upload
from ..store.vr_courses import course_of
from .context import Hub, Request
from .facts.vr_offices import roster_course
from .filing import Checked, Filed, content_hash, file, filed_before
from .roster_verdicts import vr_errors
from .vr_clear import roster_on_file
from .vr_filings import filed_by, mirror_warnings, own_rows, told
from .vr_roster_sheets import (
    RosterFile,
    RosterRow,
    Sheet,
    in_input_order,
    payload_of_roster,
    read_sheet,
    sheets_of_rows,
    sign_in_format,
    twice_enrolled,
)

__all__ = ["RosterFile", "RosterRow", "VrRosterInput", "submit_vr_roster", "template_rows"]

_KIND = "submitVrRoster"
_RULE = "vr.roster_csv"
_MOST_SHEET_BYTES = 5 * 1024 * 1024
_MOST_DOMAIN = 99


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
class _Loaded:
    """What was sent, read; ``wrong`` is what could not be."""

    sheets: tuple[Sheet, ...]
    sheet: Upload | None
    uploads: tuple[UUID, ...]
    wrong: tuple[UserError, ...]

    @property
    def has_gone(self) -> bool:
        """Whether an upload is not there, or not any more."""
        return any(error.code == "upload_not_found" for error in self.wrong)

    @property
    def rows(self) -> int:
        """Records after header and sample row."""
        return sum(len(sheet.people) for sheet in self.sheets)


async def submit_vr_roster(hub: Hub, request: Request, given: VrRosterInput) -> Filed:
    """Check a roster as a whole, keep it with every row's errors, and queue it when it is right.

    Raises:
        InvalidInput: the idempotency key.
        Conflict: the key was used with other content.
    """
    loaded = await _load(hub, request, given)
    if loaded.has_gone and not given.validate_only:
        wanted = [item.upload for item in given.files]
        wanted += [] if given.sign_in_sheet is None else [given.sign_in_sheet]
        earlier = await filed_before(
            hub, request, _KIND, given.idempotency_key, given.course_no, wanted
        )
        if earlier is not None:
            return earlier
    warnings = await mirror_warnings(hub, request)
    digest = content_hash(
        {
            "course": given.course_no,
            "files": [[sheet.domain, sheet.sha256] for sheet in loaded.sheets],
            "sheet": loaded.sheet.sha256.hex() if loaded.sheet else None,
        }
    )

    async def check(connection: AsyncConnection) -> Checked:
        found = await _check(connection, hub, request, given, loaded)
        return replace(found, warnings=(*warnings, *found.warnings))

    return await file(
        hub, request, _KIND, "vr", given.idempotency_key, digest, check,
        validate_only=given.validate_only,
    )  # fmt: skip


async def _uploads(
    hub: Hub, viewer: Viewer, wanted: Sequence[UUID], request: Request
) -> dict[UUID, Upload]:
    found = {}
    async with hub.engine.connect() as connection:
        for identity in wanted:
            upload = await load_upload(
                connection,
                hub.keys,
                identity,
                issuer=viewer.issuer,
                client_id=viewer.client_id,
                now=request.instant,
            )
            if upload is not None:
                found[identity] = upload
    return found


async def _load(hub: Hub, request: Request, given: VrRosterInput) -> _Loaded:
    sheet_ids = [] if given.sign_in_sheet is None else [given.sign_in_sheet]
    wanted = [*(item.upload for item in given.files), *sheet_ids]
    uploads = await _uploads(hub, request.viewer, wanted, request)
    wrong: list[UserError] = []
    if bool(given.files) == bool(given.rows):
        wrong.append(told("files_or_rows", ("files",)))
    sheets: list[Sheet] = []
    domains: set[int] = set()
    for index, item in enumerate(given.files):
        at = ("files", str(index))
        upload = uploads.get(item.upload)
        if item.domain in domains:
            wrong.append(told("domain_given_twice", (*at, "domain")))
        elif not 1 <= item.domain <= _MOST_DOMAIN:
            wrong.append(told("unknown_domain", (*at, "domain")))
        elif upload is None:
            wrong.append(told("upload_not_found", (*at, "upload")))
        else:
            # Reading a workbook takes a while; the others go on meanwhile.
            try:
                sheets.append(await asyncio.to_thread(read_sheet, upload, item.domain))
            except InvalidInput as error:
                wrong.append(
                    replace(told(error.code, at, file=upload.filename), zh=error.zh, en=error.en)
                )
        domains.add(item.domain)
    if given.rows and not given.files:
        wrong += [
            told("unknown_domain", ("rows", str(index), "domain"), row=index + 1)
            for index, row in enumerate(given.rows)
            if not 1 <= row.domain <= _MOST_DOMAIN
        ]
        sheets += sheets_of_rows(given.rows, template_rows(hub, request.business_day))
    sheet = None if given.sign_in_sheet is None else uploads.get(given.sign_in_sheet)
    if given.sign_in_sheet is not None and sheet is None:
        wrong.append(told("upload_not_found", ("signInSheet",)))
    elif sheet is not None and len(sheet.content) > _MOST_SHEET_BYTES:
        wrong.append(told("sign_in_sheet_too_large", ("signInSheet",), file=sheet.filename))
    wrong += _too_many_rows(hub, request.business_day, sheets)
    return _Loaded(tuple(sheets), sheet, tuple(uploads), tuple(wrong))


def _too_many_rows(hub: Hub, day: date, sheets: Sequence[Sheet]) -> list[UserError]:
    most = hub.ruleset.on(day).value("vr.limits", "roster_max_rows")
    return [
        told("roster_too_long", ("files",), file=sheet.filename, most=str(most))
        for sheet in sheets
        if len(sheet.records or ()) > most
    ]


def template_rows(hub: Hub, day: date) -> list[list[str]]:
    """Header and sample row that must stand before the people."""
    figures = hub.ruleset.on(day)
    header = list(figures.value("vr.roster", "roster_header"))
    sample = figures.value("vr.roster", "roster_sample")
    return [header, ["2015/1/1", sample["name"], sample["number"], "2", "是", "是", "否"]]


def _facts(
    hub: Hub, course: Mapping[str, Any], loaded: _Loaded, *, imported: bool
) -> dict[str, object]:
    facts: dict[str, object] = dict(roster_course(course))
    facts["already_imported"] = imported
    facts["files"] = [
        {"domain": item.domain, "rows": item.records}
        if item.records is not None
        else {"domain": item.domain, "encoding": "unknown"}
        for item in loaded.sheets
    ]
    if loaded.sheet is not None:
        facts["sign_in_sheet"] = {"format": sign_in_format(loaded.sheet.content)[0]}
    if params := hub.rule_params.get("vr"):
        facts["params"] = dict(params)
    return facts


def _may_be_refused(
    loaded: _Loaded, course: Mapping[str, Any], today: date
) -> tuple[UserError, ...]:
    """Where the register is stricter than the rulebook (mapping.md M8): told, not refused."""
    found = []
    if today == course["ends_on"]:
        found.append(told("sent_after_last_day", ("courseNo",), last=course["ends_on"].isoformat()))
    for sheet in loaded.sheets:
        if not any(any(str(cell or "").strip() for cell in record) for record in sheet.people):
            found.append(told("agency_may_refuse_empty", ("files",), file=sheet.filename))
        found += [
            told("agency_may_refuse_person_twice", ("id",), file=sheet.filename, row=line)
            for line in twice_enrolled(sheet)
        ]
    return tuple(found)


async def _check(
    connection: AsyncConnection, hub: Hub, request: Request, given: VrRosterInput, loaded: _Loaded
) -> Checked:
    await hold_target(connection, "vr", given.course_no)
    course = await course_of(connection, given.course_no)
    errors = list(loaded.wrong)
    if course is None or course["institution_tax_id"] not in own_rows(request).institutions:
        # Another institution's course looks exactly like one that is not there.
        errors.append(told("course_not_found", ("courseNo",)))
        return Checked(
            filed_by(request), None, tuple(errors), {}, {"rows": loaded.rows}, None,
            request.instant, uploads=loaded.uploads,
        )  # fmt: skip
    checked = Checked(
        course["institution_tax_id"], given.course_no, tuple(errors), {}, {"rows": loaded.rows},
        None, request.instant, uploads=loaded.uploads, county=course["county__code"],
    )  # fmt: skip
    if errors:
        return checked
    on_file = await roster_on_file(connection, course)
    facts = _facts(hub, dict(course), loaded, imported=on_file.imported)
    request.trace.rules.add(_RULE)
    # Twenty thousand rows take a while; the others go on meanwhile.
    return await asyncio.to_thread(
        _judge, checked, facts, dict(course), loaded, request.business_day, hub.ruleset
    )


def _judge(
    checked: Checked,
    facts: Mapping[str, object],
    course: Mapping[str, Any],
    loaded: _Loaded,
    today: date,
    ruleset: Ruleset,
) -> Checked:
    """What the rule says of the rows, as errors or as what is sent; pure."""
    decision = evaluate(_RULE, facts, today, ruleset).decision
    names = {sheet.domain: sheet.filename for sheet in loaded.sheets}
    found = vr_errors(in_input_order(decision.report, loaded.sheets), decision.findings, names)
    if any(sheet.places for sheet in loaded.sheets):
        found = tuple(
            replace(error, field=("rows",)) if error.field == ("files",) else error
            for error in found
        )
    summary = {
        "rows": loaded.rows,
        "valid_rows": decision.report.get("valid_rows", 0),
        "error_rows": decision.report.get("error_rows", 0),
        "files": len(loaded.sheets),
        # The agency takes a roster from the day after the course (mapping.md M8).
        "deliver_after": course["ends_on"].isoformat(),
    }
    if found or loaded.sheet is None:
        return replace(checked, errors=found, summary=summary)
    return replace(
        checked,
        payload=payload_of_roster(course, loaded.sheets, loaded.sheet),
        summary=summary,
        operation="vr.post_roster",
        warnings=_may_be_refused(loaded, course, today),
    )

"""Files to take home: deadlines as a calendar, a rejected roster with its errors, the forms of a class.

Authorised like the fields of the API they come from.

The token stands in the header, never in the address: addresses are kept in logs and histories.
Every file is audited before it leaves.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import PurePath
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from ..auth.policy import Denied, decide
from ..auth.viewer import AgencyType
from ..domain.errors import (
    CertHubError,
    InvalidInput,
    NotFound,
    Refused,
    RegistryUnavailable,
    Transient,
)
from ..resolvers.auditing import audit_entry
from ..resolvers.context import Request as Asked
from ..resolvers.corrections import corrected_file
from ..resolvers.deadline_calendar import deadline_calendar
from ..resolvers.osh_forms import FormKind, class_form, form_kind
from ..store.audit import AuditUnavailable
from .http_access import viewer_of
from .http_shell import HttpError, request_id_of
from .site import Site, site_of

__all__ = ["corrections_endpoint", "deadlines_endpoint", "forms_endpoint"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
"""Left out of the name for clients that read no other."""

_STATUS: tuple[tuple[type[CertHubError], int], ...] = (
    (Refused, 403),
    (NotFound, 404),
    (InvalidInput, 400),
    (RegistryUnavailable, 503),
)


def _http(error: CertHubError) -> HttpError:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 503)
    headers = {"retry-after": "5"} if isinstance(error, Transient) else {}
    return HttpError(status, error.code, error.en, error.zh, headers=headers, details=error.details)


def _parameter(request: Request, name: str, *, needed: bool = False) -> str | None:
    """The one value of a query parameter.

    Raises:
        HttpError: 400 where it stands twice, or is missing though needed.
    """
    values = request.query_params.getlist(name)
    if len(values) > 1 or (needed and not (values and values[0].strip())):
        raise HttpError(400, "BAD_REQUEST", f"{name}: expected once", f"{name}:應出現一次")
    return values[0].strip() if values and values[0].strip() else None


def _require(asked: Asked, fields: Iterable[tuple[str, str]]) -> None:
    """Refuse a caller who may not see one of these fields of the API."""
    for type_name, field in fields:
        asked.trace.fields.add(f"{type_name}.{field}")
        verdict = decide(asked.viewer, type_name, field, "osh")
        if isinstance(verdict, Denied):
            raise verdict.error


async def _download(
    request: Request,
    operation: str,
    fields: tuple[tuple[str, str], ...],
    make: Callable[[Site, Asked], Awaitable[tuple[bytes, str, str]]],
) -> Response:
    """A file for the caller, if the policy lets the caller see all of ``fields``.

    Args:
        request: With the token.
        operation: For the audit.
        fields: (type, field) of the API that the file shows.
        make: Content, media type and name of the file.
    """
    site = site_of(request)
    asked = site.hub.request(await viewer_of(request, site), request_id_of(request.scope))
    outcome: tuple[str, str | None] = "failed", "INTERNAL"
    try:
        _require(asked, fields)
        async with asyncio.timeout(site.limits.execute_seconds):
            content, media, filename = await make(site, asked)
        outcome = "allowed", None
    except CertHubError as error:
        outcome = ("refused" if isinstance(error, Refused) else "failed"), error.code
        raise _http(error) from error
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        outcome = "failed", "UNAVAILABLE"
        raise HttpError(
            503,
            "UNAVAILABLE",
            "the file could not be made; try again",
            "檔案未能產生,請稍後再試",
            headers={"retry-after": "5"},
        ) from error
    finally:
        await _audit(site, asked, operation, *outcome)
    plain = _UNSAFE.sub("", filename) or "certhub"
    return Response(
        content,
        media_type=media,
        headers={
            "content-disposition": f'attachment; filename="{plain}"; '
            f"filename*=UTF-8''{quote(filename)}",
        },
    )


async def _audit(site: Site, asked: Asked, operation: str, outcome: str, code: str | None) -> None:
    try:
        await site.audit.record(
            audit_entry(site.hub, asked, operation, outcome=outcome, denial_code=code)
        )
    except AuditUnavailable as error:
        raise _http(error) from error


async def deadlines_endpoint(request: Request) -> Response:
    """``GET /deadlines.ics``: what is due and overdue at an institution, as a calendar (RFC 5545)."""
    number = _parameter(request, "institution")

    async def make(site: Site, asked: Asked) -> tuple[bytes, str, str]:
        host = site.public_url.partition("://")[2].partition("/")[0].partition(":")[0]
        content = await deadline_calendar(site.hub, asked, number, host or "certhub")
        return content, "text/calendar", "deadlines.ics"

    return await _download(request, "Download.deadlines", (("Institution", "deadlines"),), make)


_MEDIA = {
    ".csv": "text/csv",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _media(filename: str) -> str:
    return _MEDIA[PurePath(filename).suffix]


async def corrections_endpoint(request: Request) -> Response:
    """``GET /corrections``: the client's own rejected roster file, with a column of errors."""
    submission = _parameter(request, "submission", needed=True) or ""
    name = _parameter(request, "file")

    async def make(site: Site, asked: Asked) -> tuple[bytes, str, str]:
        content, filename = await corrected_file(site.hub, asked, submission, name)
        return content, _media(filename), filename

    fields = (("Mutation", "submitVrRoster"), ("Submission", "errors"))
    return await _download(request, "Download.corrections", fields, make)


def _fields_of(form: FormKind, asked: Asked) -> Iterable[tuple[str, str]]:
    """What of the API a form shows: an institution's own, or what an authority may see of people."""
    if asked.viewer.agency_type is AgencyType.INSTITUTION:
        yield "Mutation", "submitOshRoster"
    if form.people:
        yield "Trainee", "person"
    if form.people and asked.viewer.agency_type is not AgencyType.INSTITUTION:
        yield ("Identifier", "value") if form.numbers else ("Person", "name")


async def forms_endpoint(request: Request) -> Response:
    """``GET /forms``: a form (附表) of an OSH class, by ``class`` or by the ``submission`` of a plan."""
    number, submission = _parameter(request, "class"), _parameter(request, "submission")
    annex = _parameter(request, "annex", needed=True) or ""
    wanted = _parameter(request, "format")
    if (number is None) == (submission is None):
        raise HttpError(
            400, "BAD_REQUEST", "expected class or submission", "應給 class 或 submission"
        )
    if wanted not in {None, "ods", "odt"}:
        raise HttpError(400, "BAD_REQUEST", "format: expected ods or odt", "format:應為 ods 或 odt")

    async def make(site: Site, asked: Asked) -> tuple[bytes, str, str]:
        _require(asked, _fields_of(form_kind(annex)[1], asked))
        content, filename = await class_form(
            site.hub,
            asked,
            annex,
            number=number,
            submission=submission,
            as_text=None if wanted is None else wanted == "odt",
        )
        return content, _media(filename), filename

    return await _download(request, "Download.form", (("TrainingClass", "number"),), make)

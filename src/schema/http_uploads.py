"""``POST /uploads``: one file, bounded in size, type and time; answers with an id for mutations.

The type is told by the content, the name only says which one is meant. Packed sheets are measured
before they are kept: what unpacks to far more, or hides another type, does not get in.
"""

import asyncio
from pathlib import PurePosixPath

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..auth.policy import policy
from ..auth.purposes import without_numbers
from ..auth.viewer import Viewer
from ..resolvers.auditing import audit_entry
from ..roster.errors import FileTooLarge, RosterFileError, TooManyRows
from ..roster.guard import check_sheets
from ..roster.reading import MAX_COLUMNS, MAX_ROWS
from ..store.audit import append
from ..store.uploads import save_upload
from .http_access import insufficient_scope, viewer_of
from .http_body import bounded
from .http_shell import HttpError, request_id_of
from .site import Site, site_of

__all__ = ["upload_endpoint"]

_SCOPES = ("roster.submit", "eligibility.verify")
_FILINGS = ("submitVrRoster", "applyVrExtension", "submitOshRoster", "fileOshClass")
_ENVELOPE = 16 * 1024
_ZIP = b"PK\x03\x04"
_JPG = b"\xff\xd8\xff"
_STARTS = {
    ".pdf": b"%PDF-",
    ".jpg": _JPG,
    ".jpeg": _JPG,
    ".ods": _ZIP,
    ".xlsx": _ZIP,
    ".csv": b"",
}


class _InMemory(MultiPartParser):
    # Rosters hold people's numbers: they do not touch the disk on their way in.
    spool_max_size = 64 * 1024 * 1024


def _unsupported(en: str, zh: str) -> HttpError:
    return HttpError(415, "UNSUPPORTED_MEDIA_TYPE", en, zh)


def _filename(given: str) -> str:
    """Last part of the name, printable, without anybody's number."""
    name = PurePosixPath(given.replace("\\", "/")).name
    shown = "".join(c for c in without_numbers(name) if c.isprintable())
    return shown[-120:] or "upload"


def _check(filename: str, content: bytes) -> None:
    suffix = PurePosixPath(filename).suffix.lower()
    start = _STARTS.get(suffix)
    if start is None:
        raise _unsupported(
            f"file: expected one of {', '.join(sorted(_STARTS))}",
            f"檔案類型應為 {'、'.join(sorted(_STARTS))}",
        )
    if not content:
        raise HttpError(400, "BAD_REQUEST", "file: it is empty", "檔案為空")
    if not content.startswith(start) or (suffix == ".csv" and b"\0" in content):
        raise _unsupported(f"file: its content is not {suffix}", f"檔案內容不是 {suffix}")
    if start == _ZIP:
        try:
            check_sheets(content, suffix, MAX_ROWS, MAX_COLUMNS)
        except RosterFileError as error:
            status = 413 if isinstance(error, (FileTooLarge, TooManyRows)) else 415
            raise HttpError(
                status, error.code, f"file: {error.en}", error.zh, details=error.details
            ) from error


async def _file(request: Request, site: Site) -> tuple[str, str | None, bytes]:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _unsupported(
            "Content-Type: expected multipart/form-data", "Content-Type 應為 multipart/form-data"
        )
    limits = site.limits
    stream = bounded(request, limits.upload_bytes + _ENVELOPE, limits.upload_seconds)
    try:
        form = await _InMemory(request.headers, stream, max_files=1, max_fields=5).parse()  # type: ignore[arg-type]
    except (MultiPartException, UnicodeDecodeError, ValueError) as error:
        raise HttpError(
            400, "BAD_REQUEST", "the multipart body cannot be read", "無法讀取 multipart 內容"
        ) from error
    found = form.get("file")
    if not isinstance(found, UploadFile):
        raise HttpError(400, "BAD_REQUEST", "expected a part `file`", "缺少欄位 `file`")
    content = await found.read()
    await found.close()
    if len(content) > limits.upload_bytes:
        raise HttpError(
            413,
            "TOO_LARGE",
            f"file: at most {limits.upload_bytes} bytes",
            f"檔案上限 {limits.upload_bytes} 位元組",
        )
    filename = _filename(found.filename or "")
    # Measuring a sheet is work of the processor: others are served meanwhile.
    await asyncio.to_thread(_check, filename, content)
    return filename, found.content_type, content


def _may_upload(viewer: Viewer) -> bool:
    table = policy()
    return (
        any(not table.decide(viewer, "Mutation", field).error for field in _FILINGS)
        or not table.decide(viewer, "Query", "verifyEligibility").error
    )


async def upload_endpoint(request: Request) -> Response:
    """Keep one file for the calling client."""
    site, request_id = site_of(request), request_id_of(request.scope)
    viewer = await viewer_of(request, site)
    if not _may_upload(viewer):
        raise insufficient_scope(site, " ".join(_SCOPES))
    filename, content_type, content = await _file(request, site)
    asked = site.hub.request(viewer, request_id)
    asked.trace.count("uploads", 1)
    try:
        async with site.hub.engine.begin() as connection:
            number = await save_upload(
                connection,
                site.hub.keys,
                issuer=viewer.issuer,
                client_id=viewer.client_id,
                subject=viewer.subject,
                filename=filename,
                content_type=content_type,
                content=content,
                now=asked.instant,
            )
            await append(connection, audit_entry(site.hub, asked, "upload"))
    except (SQLAlchemyError, OSError) as error:
        raise HttpError(
            503,
            "UNAVAILABLE",
            "the file could not be stored; try again",
            "檔案未能存入,請稍後再試",
            headers={"retry-after": "5"},
        ) from error
    return JSONResponse(
        {"id": str(number), "filename": filename, "size": len(content)}, status_code=201
    )

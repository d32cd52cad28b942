"""An institution's own rejected roster file, given back with what is wrong in each row.

Nobody but the client that filed it gets it, and only as long as the upload is kept. What the file
says is what the submission's errors say; nothing is checked anew.
"""

import asyncio
from collections.abc import Sequence
from pathlib import PurePath
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.errors import InvalidInput, NotFound
from ..domain.submission import SubmissionState, UserError
from ..roster.corrections import corrected, corrected_name
from ..rules.wording import label
from ..store.read_corrections import OwnSubmission, own_submission
from ..store.uploads import Upload, load_upload
from .context import Hub, Request
from .ids import NodeKind, decode_id

__all__ = ["corrected_file"]

_SHEETS = frozenset({".csv", ".ods", ".xlsx"})
_WRONG = frozenset({SubmissionState.REJECTED, SubmissionState.REFUSED})


def _absent() -> NotFound:
    return NotFound(
        "no rejected submission of this client with that id",
        "查無此用戶端遭退回之送件",
        details={"path": "submission"},
    )


def _key(submission: str) -> UUID:
    kind, key = decode_id(submission)
    if kind is not NodeKind.SUBMISSION:
        raise _absent()
    try:
        return UUID(key)
    except ValueError as error:
        raise _absent() from error


async def _own(connection: AsyncConnection, request: Request, number: UUID) -> OwnSubmission:
    viewer = request.viewer
    found = await own_submission(
        connection, number, issuer=viewer.issuer, client_id=viewer.client_id
    )
    if found is None or found.state not in _WRONG:
        raise _absent()
    if found.institution is not None and found.institution not in viewer.institution_ids:
        raise _absent()
    return found


async def _sheets(
    connection: AsyncConnection, hub: Hub, request: Request, numbers: Sequence[UUID]
) -> list[Upload]:
    found = []
    for number in numbers:
        upload = await load_upload(
            connection,
            hub.keys,
            number,
            issuer=request.viewer.issuer,
            client_id=request.viewer.client_id,
            now=request.instant,
        )
        if upload is not None and PurePath(upload.filename).suffix.lower() in _SHEETS:
            found.append(upload)
    return found


def _chosen(uploads: Sequence[Upload], name: str | None) -> Upload:
    if not uploads:
        raise NotFound(
            "the submission has no roster file that is still kept: files are kept for seven days, "
            "rows sent as input not at all",
            "此送件無保存中之名冊檔:檔案保存七日,以資料列送交者不保存",
            details={"path": "submission"},
        )
    if name is None and len(uploads) == 1:
        return uploads[0]
    fitting = [upload for upload in uploads if upload.filename == name]
    if len(fitting) == 1:
        return fitting[0]
    names = sorted({upload.filename for upload in uploads})
    raise InvalidInput(
        f"file: expected one of {', '.join(names)}",
        f"file:應為 {'、'.join(names)} 之一",
        details={"path": "file", "expected": names},
    )


def _sentence(error: UserError) -> str:
    found = label(error.code, "zh")
    words = error.zh or found if found == error.code else found
    field = f"［{'.'.join(error.field)}］" if error.field and error.row is not None else ""
    expected = f"（應為：{error.expected}）" if error.expected else ""
    return f"{error.code}{field} {words}{expected}"


async def corrected_file(
    hub: Hub, request: Request, submission: str, name: str | None = None
) -> tuple[bytes, str]:
    """Content and name of the file with its errors.

    Args:
        hub: The hub.
        request: Of the client that filed it.
        submission: Id of the submission.
        name: Of the file, where it had several.

    Raises:
        InvalidInput: no such id, or the name must be given.
        NotFound: another's submission, one that was not rejected, or its file is gone.
    """
    number = _key(submission)
    async with hub.engine.connect() as connection:
        own = await _own(connection, request, number)
        uploads = await _sheets(connection, hub, request, own.uploads)
    upload = _chosen(uploads, name)
    request.trace.registries.add(own.registry)
    # Twenty thousand rows may hold six errors each: the others go on meanwhile.
    content, marked = await asyncio.to_thread(_marked, upload, own.errors)
    request.trace.count("corrected_rows", marked)
    return content, corrected_name(upload.filename)


def _marked(upload: Upload, errors: Sequence[UserError]) -> tuple[bytes, int]:
    """The file with its errors, and how many rows have one."""
    about: dict[int, list[str]] = {}
    whole: list[str] = []
    known: dict[object, str] = {}
    for error in errors:
        if error.file not in {None, upload.filename}:
            continue
        # One sentence serves every row that it is said of.
        key = (error.code, error.field, error.expected, error.zh, error.row is None)
        sentence = known.get(key) or known.setdefault(key, _sentence(error))
        if error.row is None or error.file is None:
            whole.append(sentence)
        else:
            about.setdefault(error.row, []).append(sentence)
    return corrected(upload.content, upload.filename, about, whole), len(about)

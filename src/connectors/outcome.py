"""What an agency made of a filing: accepted or refused; anything else is an unknown outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from .errors import AgencyGarbled
from .http import AgencyClient, Auth
from .messages import Answer, Call

__all__ = ["Accepted", "Outcome", "Refused", "RowError", "deliver", "fetch"]

_FINAL = frozenset({400, 403, 404, 405, 409, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault that the agency found, by place; codes and texts are the agency's.

    Attributes:
        file: VR: ``records_1``, ``records_2`` or ``sign_in_sheet``.
        table: OSH: ``trainees``, ``lecturers`` or ``timetable``.
        row: VR: line of the sheet, the header being 1. OSH: position from 1.
    """

    code: str
    message_zh: str
    field: str | None = None
    file: str | None = None
    table: str | None = None
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """2xx: what the agency answered.

    Attributes:
        body: The JSON object; empty for 204.
        replayed: The same key had been accepted before; this is that first outcome.
    """

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[RowError, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """4xx with a problem document: nothing was stored; a corrected filing needs a new key."""

    status: int
    code: str
    detail: str = ""
    detail_zh: str = ""
    errors: tuple[RowError, ...] = ()
    warnings: tuple[RowError, ...] = ()
    replayed: bool = False


Outcome = Accepted | Refused


async def deliver(
    client: AgencyClient,
    method: str,
    path: str,
    *,
    auth: Auth,
    idempotency_key: str,
    success: int,
    body: Mapping[str, object] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
    on_behalf_of: str | None = None,
) -> Outcome:
    """Send a write, repeated under its key until its outcome is known or the tries are used up.

    Args:
        client: Of the agency.
        method: POST, PUT or DELETE.
        path: From the base URL on.
        auth: Adds the token.
        idempotency_key: 8 to 255 characters, the same for every repetition.
        success: Status that the contract promises.
        body: JSON object.
        files: Multipart parts: file name, bytes, media type. Names belong to the content.
        on_behalf_of: 統一編號 of the institution that acts (VR).

    Raises:
        AgencyFault: the outcome is unknown (``Transient``: deliver again under the same key), or the
            hub itself may not write (``AgencyUnauthorised``).
    """
    headers = {"idempotency-key": idempotency_key}
    if on_behalf_of is not None:
        headers["x-on-behalf-of"] = on_behalf_of
    content = None
    if body is not None:
        content = orjson.dumps(body)
        headers["content-type"] = "application/json"
    call = Call(
        method,
        path,
        headers=headers,
        content=content,
        files=files,
        auth=auth,
        types=frozenset() if success == 204 else frozenset({"application/json"}),
        success=frozenset({success}),
        final=_FINAL,
    )
    return await client.call(call, _read)


async def fetch(client: AgencyClient, path: str, *, auth: Auth) -> Outcome:
    """Ask for the state of something filed; ``Refused`` with 404 when the agency doesn't know it.

    Raises:
        AgencyFault: no usable answer.
    """
    return await client.call(Call("GET", path, auth=auth, final=_FINAL), _read)


def _read(answer: Answer) -> Outcome:
    replayed = answer.headers.get("idempotency-replayed", "").lower() == "true"
    if answer.status == 204:
        return Accepted(204, replayed=replayed)
    document = answer.json()
    if not isinstance(document, dict):
        raise AgencyGarbled("the body is not an object")
    warnings = _rows(document.get("warnings"))
    if answer.status < 300:
        return Accepted(answer.status, document, warnings, replayed)
    return Refused(
        answer.status,
        str(document["code"]),
        _text(document.get("detail")) or "",
        _text(document.get("detail_zh")) or "",
        _rows(document.get("errors")),
        warnings,
        replayed,
    )


def _rows(value: object) -> tuple[RowError, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(
        RowError(
            code=_text(item.get("code")) or "",
            message_zh=_text(item.get("message_zh")) or "",
            field=_text(item.get("field")),
            file=_text(item.get("file")),
            table=_text(item.get("table")),
            row=_row(item.get("row")),
            column=_text(item.get("column")),
        )
        for item in value
        if isinstance(item, dict)
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _row(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

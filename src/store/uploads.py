"""Uploaded files: encrypted, kept for days, readable only by the client that sent them."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .crypto import open_bytes, seal_bytes
from .keys import KeyRing
from .tables_work import upload

__all__ = [
    "KEPT_FOR",
    "Upload",
    "delete_expired_uploads",
    "load_upload",
    "save_upload",
    "upload_place",
]

KEPT_FOR = timedelta(days=7)
"""An upload that no submission has used by then is gone."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came.

    Attributes:
        filename: Last part of the name that the client gave.
        sha256: Of ``content``.
    """

    id: uuid.UUID
    filename: str
    content_type: str | None
    sha256: bytes
    content: bytes


def upload_place(number: uuid.UUID) -> str:
    """Where an upload's ciphertext belongs."""
    return f"upload|{number}"


async def save_upload(
    connection: AsyncConnection,
    keys: KeyRing,
    *,
    issuer: str,
    client_id: str,
    subject: str,
    filename: str,
    content_type: str | None,
    content: bytes,
    now: datetime,
) -> uuid.UUID:
    """Store a file for the client; its id."""
    number = uuid.uuid4()
    await connection.execute(
        insert(upload).values(
            id=number,
            issuer=issuer,
            client_id=client_id,
            subject=subject,
            filename=filename,
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).digest(),
            content=seal_bytes(keys, content, upload_place(number)),
            created_at=now,
            expires_at=now + KEPT_FOR,
        )
    )
    return number


async def load_upload(
    connection: AsyncConnection,
    keys: KeyRing,
    number: uuid.UUID,
    *,
    issuer: str,
    client_id: str,
    now: datetime,
) -> Upload | None:
    """The client's own file; None where there is none, it has expired or it is another client's."""
    found = (
        await connection.execute(
            select(upload).where(
                upload.c.id == number,
                upload.c.issuer == issuer,
                upload.c.client_id == client_id,
                upload.c.expires_at > now,
            )
        )
    ).one_or_none()
    if found is None:
        return None
    return Upload(
        id=number,
        filename=found.filename,
        content_type=found.content_type,
        sha256=found.sha256,
        content=open_bytes(keys, found.content, upload_place(number)),
    )


async def delete_expired_uploads(connection: AsyncConnection, now: datetime) -> int:
    """Delete what has expired; how many."""
    return (await connection.execute(delete(upload).where(upload.c.expires_at <= now))).rowcount

"""Staff lists as files: from an upload or from disk to people to be checked."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from ..domain.errors import NotFound
from ..roster.staff import StaffRow, read_staff
from ..store.uploads import load_upload
from .context import Hub, Request
from .verify import StaffMember

__all__ = ["members", "uploaded"]


def members(rows: Sequence[StaffRow]) -> list[StaffMember]:
    """The people of a list that was read."""
    return [
        StaffMember(
            row.ref,
            row.identifier,
            row.kind,
            row.nationality,
            row.name,
            row.birth_date,
            row=row.row,
            fault=row.fault,
        )
        for row in rows
    ]


async def uploaded(hub: Hub, request: Request, number: UUID) -> list[StaffMember]:
    """The people of the client's own upload.

    Raises:
        NotFound: no such upload of this client, or it has expired.
        InvalidInput: the file is not readable as a staff list.
    """
    viewer = request.viewer
    async with hub.engine.connect() as connection:
        found = await load_upload(
            connection,
            hub.keys,
            number,
            issuer=viewer.issuer,
            client_id=viewer.client_id,
            now=request.instant,
        )
    if found is None:
        raise NotFound(
            "input.upload: no such upload of this client; it may have expired",
            "input.upload:查無此用戶端之上傳檔案,或已逾期",
            details={"path": "input.upload"},
        )
    # Reading a sheet is work of the processor.
    return members(await asyncio.to_thread(read_staff, found.content, found.filename))

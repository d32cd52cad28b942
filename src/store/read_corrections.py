"""A client's own submission with the files it came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState, UserError
from .tables_work import submission

__all__ = ["OwnSubmission", "own_submission"]


@dataclass(frozen=True, slots=True)
class OwnSubmission:
    """What of a submission a corrected file is made from."""

    kind: str
    registry: str
    state: SubmissionState
    institution: str | None
    uploads: Sequence[UUID]
    errors: tuple[UserError, ...]


async def own_submission(
    connection: AsyncConnection, number: UUID, *, issuer: str, client_id: str
) -> OwnSubmission | None:
    """The submission, if this client filed it."""
    found = (
        await connection.execute(
            select(submission).where(
                submission.c.id == number,
                submission.c.issuer == issuer,
                submission.c.client_id == client_id,
            )
        )
    ).one_or_none()
    if found is None:
        return None
    return OwnSubmission(
        found.kind,
        found.registry,
        SubmissionState(found.state),
        found.institution,
        tuple(found.uploads),
        tuple(UserError.from_json(item) for item in found.errors),
    )

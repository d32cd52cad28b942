"""What a filing about a VR course needs to know of it."""

from datetime import date

from sqlalchemy import RowMapping, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState
from .tables import MIRRORS
from .tables_work import submission

__all__ = ["course_of", "has_roster_on_its_way"]

_ON_ITS_WAY = (SubmissionState.SENT.value, SubmissionState.ACCEPTED.value)


async def course_of(connection: AsyncConnection, course_no: str) -> RowMapping | None:
    """The mirrored course with that number (課程編號), None where there is none."""
    course = MIRRORS["vr.course"]
    found = await connection.execute(
        select(course).where(course.c.no == course_no, course.c.deleted_at.is_(None))
    )
    return found.mappings().first()


async def has_roster_on_its_way(connection: AsyncConnection, course_no: str, since: date) -> bool:
    """Whether a roster went to the agency, or was taken by it, that the mirror may not show yet.

    Args:
        connection: Any transaction.
        course_no: 課程編號.
        since: First day of the course; older submissions are about another one.
    """
    waiting = exists().where(
        submission.c.kind == "submitVrRoster",
        submission.c.target == course_no,
        submission.c.state.in_(_ON_ITS_WAY),
        submission.c.business_day >= since,
    )
    return bool(await connection.scalar(select(waiting)))

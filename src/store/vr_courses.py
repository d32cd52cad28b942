"""What a filing about a VR course needs to know of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState
from .crypto import blind_indexes
from .keys import KeyRing
from .tables import MIRRORS
from .tables_sync import sync_state
from .tables_work import outbox, submission

__all__ = [
    "RosterFiling",
    "course_of",
    "institution_of",
    "instructors_by_number",
    "last_roster_filing",
    "last_sync",
]

_SENT, _ACCEPTED = SubmissionState.SENT.value, SubmissionState.ACCEPTED.value


@dataclass(frozen=True, slots=True)
class RosterFiling:
    """The newest filing that puts a roster on file or takes it off.

    Attributes:
        kind: ``submitVrRoster`` or ``clearVrRoster``.
        changed_at: When it came to its state.
    """

    kind: str
    state: SubmissionState
    changed_at: datetime


async def course_of(connection: AsyncConnection, course_no: str) -> RowMapping | None:
    """The mirrored course with that number (課程編號), None where there is none."""
    course = MIRRORS["vr.course"]
    found = await connection.execute(
        select(course).where(course.c.no == course_no, course.c.deleted_at.is_(None))
    )
    return found.mappings().first()


async def institution_of(connection: AsyncConnection, tax_id: str) -> RowMapping | None:
    """The mirrored member institution (機構單位) with that 統一編號."""
    institution = MIRRORS["vr.institution"]
    found = await connection.execute(
        select(institution).where(
            institution.c.tax_id == tax_id, institution.c.deleted_at.is_(None)
        )
    )
    return found.mappings().first()


async def instructors_by_number(
    connection: AsyncConnection, keys: KeyRing, numbers: Collection[str]
) -> Mapping[str, RowMapping]:
    """The mirrored instructors (講師) with these numbers; of several the approved one, then the newest.

    Args:
        connection: Any transaction.
        keys: Make the blind indexes.
        numbers: Normalised numbers.
    """
    number_of = {index: number for number in numbers for index in blind_indexes(keys, number)}
    if not number_of:
        return {}
    instructor = MIRRORS["vr.instructor"]
    rows: Sequence[RowMapping] = (
        (
            await connection.execute(
                select(instructor).where(
                    instructor.c.national_id_index.in_(list(number_of)),
                    instructor.c.deleted_at.is_(None),
                )
            )
        )
        .mappings()
        .all()
    )
    ordered = sorted(
        rows, key=lambda row: (row["status__code"] == "approved", row["source_version"], row["id"])
    )
    return {number_of[bytes(row["national_id_index"])]: row for row in ordered}


async def last_roster_filing(
    connection: AsyncConnection, course_no: str, since: date
) -> RosterFiling | None:
    """The newest roster that was sent, or clearing that was sent or waits, that may still matter.

    A clearing that waits counts: it goes first. A roster that waits does not: a later one replaces it.

    Args:
        connection: Any transaction.
        course_no: 課程編號.
        since: First day of the course; older submissions are about another one.
    """
    found = (
        await connection.execute(
            select(submission.c.kind, submission.c.state, submission.c.changed_at)
            .join(outbox, outbox.c.submission_id == submission.c.id)
            .where(
                submission.c.registry == "vr",
                submission.c.target == course_no,
                submission.c.business_day >= since,
                or_(
                    and_(
                        submission.c.kind == "submitVrRoster",
                        submission.c.state.in_((_SENT, _ACCEPTED)),
                    ),
                    and_(
                        submission.c.kind == "clearVrRoster",
                        submission.c.state.in_((SubmissionState.QUEUED.value, _SENT, _ACCEPTED)),
                    ),
                ),
            )
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        return None
    return RosterFiling(found.kind, SubmissionState(found.state), found.changed_at)


async def last_sync(connection: AsyncConnection) -> datetime | None:
    """When the last complete sync of the VR register began."""
    found: datetime | None = await connection.scalar(
        select(sync_state.c.complete_at).where(sync_state.c.registry == "vr")
    )
    return found

"""Qualifications of an employer's staff, for filings about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..domain.submission import SubmissionState
from .crypto import blind_indexes
from .keys import KeyRing
from .read_rows import in_texts, live
from .submissions import payload_of
from .tables import MIRRORS
from .tables_people import person_record
from .tables_work import submission

__all__ = ["FiledLeave", "Staff", "filed_leaves", "staff_qualifications"]


class Staff(Protocol):
    """Whose staff: everybody's, that of counties, or that of institutions, on a day."""

    @property
    def everything(self) -> bool: ...  # noqa: D102
    @property
    def counties(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def institutions(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def on(self) -> date: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class FiledLeave:
    """An extension that was filed through the hub and that the mirror does not show yet.

    Attributes:
        id: The submission.
        start: First day of the leave.
        end: Last day, included.
        waits: Not sent yet: it can be replaced.
    """

    id: UUID
    start: date
    end: date
    waits: bool


async def staff_qualifications(
    connection: AsyncConnection,
    keys: KeyRing,
    staff: Staff,
    *,
    qualification: str | None = None,
    number: str | None = None,
    title: str | None = None,
) -> Sequence[RowMapping]:
    """Qualifications of people appointed (任用) on the day where ``staff`` says.

    Args:
        connection: Any transaction.
        keys: Make the blind indexes.
        staff: Whose staff.
        qualification: The register's key of one qualification; or
        number: A person's normalised number, with
        title: the code of a title.

    Returns:
        Each with ``person_id``, ``employer`` and ``work_county`` of an appointment that opened it.
    """
    held, member, post = (
        MIRRORS[f"vr.{name}"] for name in ("qualification", "professional", "appointment")
    )
    allowed: list[ColumnElement[bool]] = [false()]
    if staff.institutions:
        allowed.append(in_texts(post.c.institution_tax_id, staff.institutions))
    if staff.counties:
        allowed.append(in_texts(post.c.county__code, staff.counties))
    serving = (
        select(
            post.c.professional_id,
            post.c.institution_tax_id.label("employer"),
            post.c.county__code.label("work_county"),
        )
        .where(
            live(post),
            post.c.appointed_on <= staff.on,
            or_(post.c.left_on.is_(None), post.c.left_on >= staff.on),
            *([] if staff.everything else [or_(*allowed)]),
        )
        .subquery()
    )
    statement = (
        select(
            held.c.id,
            held.c.professional_id,
            person_record.c.person_id,
            serving.c.employer,
            serving.c.work_county,
        )
        .join(member, member.c.id == held.c.professional_id)
        .join(
            serving, serving.c.professional_id == held.c.professional_id, isouter=staff.everything
        )
        .join(
            person_record,
            (person_record.c.entity == "vr.professional")
            & (person_record.c.source_id == held.c.professional_id),
        )
        .where(live(held), live(member))
        .order_by(held.c.id, serving.c.employer, serving.c.work_county)
    )
    if qualification is not None:
        statement = statement.where(held.c.id == qualification)
    else:
        statement = statement.where(
            member.c.national_id_index.in_(blind_indexes(keys, number or "")),
            held.c.title__code == title,
        )
    return (await connection.execute(statement)).mappings().all()


async def filed_leaves(
    connection: AsyncConnection, keys: KeyRing, qualification: str
) -> list[FiledLeave]:
    """Leaves of a qualification that wait, are on their way, or were taken but not seen again yet."""
    on_file = MIRRORS["vr.extension"]
    rows = (
        (
            await connection.execute(
                select(submission.c.id, submission.c.state, submission.c.payload_cipher).where(
                    submission.c.kind == "applyVrExtension",
                    submission.c.target == qualification,
                    submission.c.state.in_(
                        (
                            SubmissionState.QUEUED.value,
                            SubmissionState.SENT.value,
                            SubmissionState.ACCEPTED.value,
                        )
                    ),
                    ~select(on_file.c.id)
                    .where(on_file.c.id == submission.c.agency_reference)
                    .exists(),
                )
            )
        )
        .mappings()
        .all()
    )
    found = []
    for row in rows:
        leave = payload_of(keys, row)["leave"]
        found.append(
            FiledLeave(
                row["id"],
                date.fromisoformat(leave["from"]),
                date.fromisoformat(leave["to"]),
                row["state"] == SubmissionState.QUEUED.value,
            )
        )
    return found

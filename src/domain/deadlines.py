"""What is due, for whom and whether it has been done (期限): deadlines with their state on a day."""

from datetime import date
from enum import StrEnum

import msgspec

__all__ = ["DeadlineState", "Due"]


class DeadlineState(StrEnum):
    """Where a deadline stands on the day asked about."""

    DUE = "DUE"  # still to be done, in time
    DONE = "DONE"  # done; ``done_on`` says when, and whether too late
    OVERDUE = "OVERDUE"  # not done, and the day has passed
    PASSED = "PASSED"  # nothing was owed: a possibility that has ended


class Due(msgspec.Struct, frozen=True, gc=False):
    """A deadline of an institution, without anybody's data.

    Attributes:
        code: Of the deadline; its words are in the catalogue.
        due: Last day, included.
        law: Citation.
        state: None where no registry and no filing says whether it was done.
        done_on: Day it was done, where that is known.
        registry: ``vr`` or ``osh``.
        subject: Class, recognition or order it is about, by the agency's number.
        title: What people call that subject.
        trainees: How many trainees it concerns; None where it is about the whole.
        weekends_only: The year's calendar is not held: only Saturdays and Sundays were avoided.
    """

    code: str
    due: date
    law: str | None = None
    state: DeadlineState | None = None
    done_on: date | None = None
    registry: str = "osh"
    subject: str = ""
    title: str | None = None
    trainees: int | None = None
    weekends_only: bool = False

    @property
    def key(self) -> str:
        """The same for the same duty whatever day it falls on: identity of a calendar entry."""
        base = f"{self.registry}.{self.subject}.{self.code}"
        return base if self.trainees is None else f"{base}.{self.due.isoformat()}"

"""What institutions filed, for those who filed it and the offices that oversee it."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping

from ..auth.rows import RowKind
from ..domain.submission import SubmissionEvent, SubmissionState, UserError
from ..store import read_submissions
from ..store.read_submissions import SubmissionQuery
from .batch import Batch
from .context import Hub, Request
from .ids import NodeKind, encode_id
from .objects import Course, Submission
from .pages import Page, page_size, read_cursor
from .reach import allowed_registries, rows_of

__all__ = [
    "SubmissionFilter",
    "application_of",
    "events",
    "receipt",
    "roster_of",
    "submissions",
    "submissions_by_key",
]

_ORDER = "newest"


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """What a list of submissions is asked for; empty: all.

    Attributes:
        registries: None: all that the token may read.
        states: States.
        kinds: Names of mutations.
        targets: Course or class numbers.
    """

    registries: tuple[str, ...] | None = None
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


async def submissions(
    hub: Hub,
    request: Request,
    asked: SubmissionFilter,
    first: int | None,
    after: str | None,
    *,
    total: bool,
) -> Page[Submission]:
    """A page of submissions, newest first.

    Raises:
        Refused: a named registry is not the token's.
        InvalidInput: a cursor or size that is none.
    """
    size = page_size(first)
    last = read_cursor(after, _ORDER, (datetime, UUID))
    rows = rows_of(request, RowKind.SUBMISSION, asked.registries)
    query = SubmissionQuery(rows, asked.states, asked.kinds, asked.targets)
    async with hub.reader.connect() as connection:
        found = await read_submissions.submission_page(connection, query, last, size + 1)
        count = await read_submissions.submission_count(connection, query) if total else None
    made = load_submissions(hub, request, found[:size])
    return Page.cut(
        [(made.get(str(row["id"])), (row["created_at"], row["id"])) for row in found],
        size,
        _ORDER,
        request.business_day,
        after=after,
        total_count=count,
    )


def load_submissions(
    hub: Hub, request: Request, rows: Sequence[RowMapping]
) -> dict[str, Submission]:
    """Submissions of rows, in one batch, by uuid."""
    batch = Batch(hub, request)
    for row in rows:
        key = str(row["id"])
        batch.members[key] = Submission(
            id=encode_id(NodeKind.SUBMISSION, key),
            key=key,
            batch=batch,
            registry=row["registry"],
            kind=row["kind"],
            state=SubmissionState(row["state"]),
            institution_id=row["institution"],
            target=row["target"],
            business_day=row["business_day"],
            created_at=row["created_at"],
            changed_at=row["changed_at"],
            summary=row["summary"],
            errors=[UserError.from_json(item) for item in row["errors"]],
            warnings=[UserError.from_json(item) for item in row["warnings"]],
            agency_reference=row["agency_reference"],
            receipt_key=row["receipt_id"],
            supersedes=None
            if row["supersedes"] is None
            else encode_id(NodeKind.SUBMISSION, str(row["supersedes"])),
        )
    request.trace.count("submissions", len(batch.members))
    return batch.members


async def submissions_by_key(
    hub: Hub, request: Request, keys: Collection[str]
) -> dict[str, Submission]:
    """The submissions with these uuids that the reader may see."""
    try:
        ids = [UUID(key) for key in keys]
    except ValueError:
        return {}
    query = SubmissionQuery(rows_of(request, RowKind.SUBMISSION))
    async with hub.reader.connect() as connection:
        rows = await read_submissions.submissions_by_id(connection, ids, query)
    return load_submissions(hub, request, rows)


def events(
    submission: Submission,
) -> Sequence[SubmissionEvent] | Awaitable[Sequence[SubmissionEvent]]:
    """The steps in a submission's life, in order."""
    return submission.batch.ask("events", submission.key, _events, ())


async def _events(batch: Batch) -> Mapping[str, Sequence[SubmissionEvent]]:
    async with batch.hub.reader.connect() as connection:
        rows = await read_submissions.submission_events(
            connection, [UUID(key) for key in batch.members]
        )
    found: dict[str, list[SubmissionEvent]] = {}
    for row in rows:
        found.setdefault(str(row["submission_id"]), []).append(
            SubmissionEvent(row["at"], SubmissionState(row["state"]), row["code"], row["detail"])
        )
    return found


def receipt(
    submission: Submission,
) -> Mapping[str, object] | Awaitable[Mapping[str, object] | None] | None:
    """The signed receipt: ``content`` and ``jws``, as ``certhub receipt verify`` reads it."""
    if submission.receipt_key is None:
        return None
    return submission.batch.ask("receipt", submission.key, _receipts, None)


async def _receipts(batch: Batch) -> Mapping[str, Mapping[str, object] | None]:
    keys = {
        item.receipt_key: key for key, item in batch.members.items() if item.receipt_key is not None
    }
    async with batch.hub.reader.connect() as connection:
        rows = await read_submissions.receipts_by_id(connection, list(keys))
    return {keys[row["id"]]: {"content": row["content"], "jws": row["jws"]} for row in rows}


def roster_of(course: Course) -> Submission | Awaitable[Submission | None] | None:
    """The newest roster that was filed for a VR course through the hub."""
    return _newest_of(course, ("submitVrRoster",))


def application_of(course: Course) -> Submission | Awaitable[Submission | None] | None:
    """The filing that a VR course came of, where it was filed through the hub."""
    return _newest_of(course, ("fileVrCourse", "amendVrCourse"))


def _newest_of(
    course: Course, kinds: tuple[str, ...]
) -> Submission | Awaitable[Submission | None] | None:
    if course.registry != "vr":
        return None

    async def load(batch: Batch) -> Mapping[str, Submission | None]:
        return await _newest(batch, kinds)

    return course.batch.ask(("submissions", kinds), course.key, load, None)


async def _newest(batch: Batch, kinds: tuple[str, ...]) -> Mapping[str, Submission | None]:
    hub, request = batch.hub, batch.request
    if "vr" not in allowed_registries(request, RowKind.SUBMISSION):
        return {}
    numbers = {
        item.number: key
        for key, item in batch.members.items()
        if item.registry == "vr" and item.number
    }
    rows = rows_of(request, RowKind.SUBMISSION, ["vr"])
    query = SubmissionQuery(rows, kinds=kinds, targets=tuple(numbers))
    async with hub.reader.connect() as connection:
        found = await read_submissions.newest_by_target(connection, query)
    made = load_submissions(hub, request, found)
    return {numbers[item.target]: item for item in made.values() if item.target in numbers}

"""A submission followed until the agency has accepted or refused it, whichever process delivers it.

The store is asked again at short intervals: it is the one thing that all processes share.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from ..domain.errors import NotFound
from ..domain.submission import SubmissionState
from ..store import read_submissions
from .context import Hub, Request
from .ids import NodeKind, decode_id
from .objects import Submission
from .submissions import submissions_by_key

__all__ = ["FINAL", "watch_submission"]

FINAL = frozenset(
    {
        SubmissionState.REJECTED,
        SubmissionState.ACCEPTED,
        SubmissionState.REFUSED,
        SubmissionState.SUPERSEDED,
    }
)
"""States that nothing follows."""

_EVERY_SECONDS = 1.0


async def watch_submission(
    hub: Hub, request: Request, node_id: str, *, every: float = _EVERY_SECONDS
) -> AsyncIterator[Submission]:
    """The submission as it is, then once per state it comes to; ends with a final one.

    Args:
        hub: Its store is asked.
        request: By whom; only the reader's rows.
        node_id: Id of the submission.
        every: Seconds between two questions.

    Raises:
        InvalidInput: ``INVALID_ID``.
        NotFound: there is none that this reader may see.
    """
    kind, key = decode_id(node_id)
    found = await _load(hub, request, key) if kind is NodeKind.SUBMISSION else None
    if found is None:
        raise NotFound("no such submission of yours", "查無此送件,或非貴機構之送件")
    seen = await _last_step(hub, key)
    # Read after its steps: what happened in between is shown now and not again.
    found = await _load(hub, request, key) or found
    state = found.state
    yield found
    while state not in FINAL:
        await asyncio.sleep(every)
        async with hub.reader.connect() as connection:
            steps = await read_submissions.steps_after(connection, UUID(key), seen)
        for step in steps:
            seen = step["id"]
            reached = SubmissionState(step["state"])
            if reached is state:
                continue
            state = reached
            latest = await _load(hub, request, key)
            if latest is None:
                return
            yield latest if latest.state is state else _as_it_was(latest, state)


def _as_it_was(latest: Submission, state: SubmissionState) -> Submission:
    """A state that was passed through: what came of it is not told before it came."""
    return replace(latest, state=state, errors=[], agency_reference=None)


async def _load(hub: Hub, request: Request, key: str) -> Submission | None:
    return (await submissions_by_key(hub, request, [key])).get(key)


async def _last_step(hub: Hub, key: str) -> int:
    async with hub.reader.connect() as connection:
        steps = await read_submissions.steps_after(connection, UUID(key), 0)
    last: int = steps[-1]["id"] if steps else 0
    return last

"""A submission followed: each state once, whoever brings it there, until a final one."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import InvalidInput, NotFound
from certhub.domain.submission import SubmissionState, UserError
from certhub.resolvers.context import Hub
from certhub.resolvers.ids import NodeKind, encode_id
from certhub.resolvers.submission_watch import watch_submission
from certhub.resolvers.vr_roster import submit_vr_roster
from certhub.store.submissions import move, note

from .filing_setup import NOW, STRANGER, add_course, asked_by, make_hub, roster_input

CLEAN = "roster-clean-utf8bom.csv"


async def _filed(engine: AsyncEngine) -> tuple[Hub, UUID]:
    await add_course(engine)
    hub = make_hub(engine)
    filed = await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN))
    assert filed.submission is not None
    return hub, filed.submission


async def _follow(hub: Hub, identity: UUID, who: str | None = None) -> list[tuple[str, int]]:
    request = asked_by(hub) if who is None else asked_by(hub, who)
    key = encode_id(NodeKind.SUBMISSION, str(identity))
    return [
        (found.state.value, len(found.errors))
        async for found in watch_submission(hub, request, key, every=0.01)
    ]


async def test_every_state_is_told_once_and_the_final_one_is_the_last(engine: AsyncEngine) -> None:
    hub, identity = await _filed(engine)
    key = encode_id(NodeKind.SUBMISSION, str(identity))
    watching = watch_submission(hub, asked_by(hub), key, every=0.01)
    seen = [await anext(watching)]

    async with engine.begin() as connection:
        # In one go: what happens between two questions is told as well.
        await move(connection, identity, SubmissionState.SENT, NOW)
        await note(connection, identity, SubmissionState.SENT, NOW, "AGENCY_UNAVAILABLE")
        await move(
            connection,
            identity,
            SubmissionState.REFUSED,
            NOW + timedelta(seconds=1),
            errors=[UserError("id_format")],
        )
    seen += [found async for found in watching]

    assert [(found.state.value, len(found.errors)) for found in seen] == [
        ("QUEUED", 0),
        ("SENT", 0),
        ("REFUSED", 1),
    ]


async def test_a_final_submission_is_told_and_the_stream_ends(engine: AsyncEngine) -> None:
    hub, identity = await _filed(engine)
    async with engine.begin() as connection:
        await move(connection, identity, SubmissionState.ACCEPTED, NOW)

    assert await _follow(hub, identity) == [("ACCEPTED", 0)]


async def test_a_foreign_submission_looks_like_an_absent_one(engine: AsyncEngine) -> None:
    hub, identity = await _filed(engine)

    with pytest.raises(NotFound) as foreign:
        await _follow(hub, identity, STRANGER)
    with pytest.raises(NotFound) as absent:
        await _follow(hub, UUID(int=1))

    assert str(foreign.value) == str(absent.value)


async def test_what_is_no_id_is_refused(engine: AsyncEngine) -> None:
    hub, _ = await _filed(engine)

    with pytest.raises(InvalidInput):
        await anext(aiter(watch_submission(hub, asked_by(hub), "x")))

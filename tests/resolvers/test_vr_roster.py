"""``submitVrRoster``: what is stored, what is refused, what a repeat gets."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from certhub.domain.errors import Conflict, InvalidInput
from certhub.domain.submission import SubmissionState
from certhub.resolvers.vr_roster import RosterRow, submit_vr_roster
from certhub.store.tables_work import outbox, receipt, submission, upload

from .filing_setup import (
    COURSE,
    DAY,
    INSTITUTION,
    STRANGER,
    add_course,
    asked_by,
    make_hub,
    roster_input,
    uploaded,
)

CLEAN, BAD = "roster-clean-utf8bom.csv", "roster-bad-rows.csv"


async def _counts(engine: AsyncEngine) -> tuple[int, int]:
    async with engine.connect() as connection:
        filed = await connection.scalar(select(func.count()).select_from(submission))
        waiting = await connection.scalar(select(func.count()).select_from(outbox))
    return int(filed or 0), int(waiting or 0)


async def test_a_clean_roster_is_queued_with_a_receipt(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)

    filed = await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN))

    assert (filed.state, filed.errors) == (SubmissionState.QUEUED, ())
    assert await _counts(engine) == (1, 1)
    async with engine.connect() as connection:
        stored = (await connection.execute(select(receipt))).one()
    assert stored.content["rows"] == 6
    assert stored.content["target"] == COURSE
    assert stored.jws == filed.receipt


async def test_every_bad_row_gets_its_own_errors_and_nothing_is_sent(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)

    filed = await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, BAD))

    assert filed.state is SubmissionState.REJECTED
    assert [(error.row, error.code) for error in filed.errors] == [
        (4, "date_invalid"),
        (5, "date_outside_course"),
        (6, "name_missing"),
        (7, "id_format"),
        (8, "id_checksum"),
        (9, "id_missing"),
        (10, "hours_not_number"),
        (11, "hours_not_positive"),
        (12, "hours_mismatch"),
        (13, "flag_invalid"),
        (14, "duplicate_row"),
        (15, "line_break_in_cell"),
        (16, "wrong_column_count"),
        (18, "date_invalid"),
        (18, "id_checksum"),
        (18, "hours_mismatch"),
        (18, "flag_invalid"),
    ]
    assert {error.file for error in filed.errors} == {BAD}
    assert await _counts(engine) == (1, 0)


async def test_a_dry_run_has_the_same_verdict_and_stores_nothing(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, BAD)

    dry = await submit_vr_roster(hub, asked_by(hub), replace(given, validate_only=True))
    counts = await _counts(engine)
    filed = await submit_vr_roster(hub, asked_by(hub), given)

    assert (dry.submission, counts) == (None, (0, 0))
    assert dry.errors == filed.errors


async def test_a_double_click_files_once(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)

    first, second = await asyncio.gather(
        submit_vr_roster(hub, asked_by(hub), given), submit_vr_roster(hub, asked_by(hub), given)
    )

    assert first == second
    assert await _counts(engine) == (1, 1)


async def test_the_same_key_with_another_file_is_a_conflict(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN))

    with pytest.raises(Conflict):
        await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, BAD))

    assert await _counts(engine) == (1, 1)


async def test_a_repeat_after_the_uploads_are_gone_gets_the_first_answer(
    engine: AsyncEngine,
) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)
    first = await submit_vr_roster(hub, asked_by(hub), given)
    async with engine.begin() as connection:
        await connection.execute(delete(upload))

    again = await submit_vr_roster(hub, asked_by(hub), given)
    other = replace(given, course_no="99999999999999")

    assert (again, again.replayed) == (first, True)
    with pytest.raises(Conflict):
        await submit_vr_roster(hub, asked_by(hub), other)


async def test_a_corrected_roster_replaces_the_one_that_waits(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN, "key-0001"))

    await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN, "key-0002"))

    async with engine.connect() as connection:
        states = [
            row.state
            for row in await connection.execute(
                select(submission.c.state).order_by(submission.c.state)
            )
        ]
        waiting = [row.state for row in await connection.execute(select(outbox.c.state))]
    assert states == ["QUEUED", "SUPERSEDED"]
    assert sorted(waiting) == ["given_up", "waiting"]


async def test_a_foreign_course_looks_like_an_absent_one(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)

    foreign = await submit_vr_roster(hub, asked_by(hub, STRANGER), given)
    absent = await submit_vr_roster(
        hub, asked_by(hub), replace(given, course_no="99999999999999", idempotency_key="key-0003")
    )

    assert [error.code for error in foreign.errors] == ["course_not_found"]
    assert foreign.errors == absent.errors
    assert (await _counts(engine))[1] == 0


async def test_another_clients_upload_is_not_found(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)

    filed = await submit_vr_roster(hub, asked_by(hub, client="other"), given)

    assert {error.code for error in filed.errors} == {"upload_not_found"}


async def test_rows_sent_as_input_are_counted_from_one(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)
    rows = (
        RosterRow(DAY.replace(month=3, day=15), "測試甲", "A100000109", "3"),
        RosterRow(DAY.replace(month=3, day=15), "測試乙", "B200000110", "3"),
    )

    filed = await submit_vr_roster(hub, asked_by(hub), replace(given, files=(), rows=rows))

    assert [(error.row, error.code) for error in filed.errors] == [(2, "id_checksum")]


async def test_a_file_of_another_type_is_an_error_of_that_file(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)
    given = await roster_input(hub, CLEAN)
    wrong = await uploaded(hub, "roster.docx", b"PK")

    filed = await submit_vr_roster(
        hub, asked_by(hub), replace(given, files=(replace(given.files[0], upload=wrong),))
    )

    assert [(error.code, error.file) for error in filed.errors] == [
        ("file_type_unknown", "roster.docx")
    ]


async def test_a_short_idempotency_key_is_refused(engine: AsyncEngine) -> None:
    await add_course(engine)
    hub = make_hub(engine)

    with pytest.raises(InvalidInput):
        await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN, "short"))

    assert await _counts(engine) == (0, 0)


async def test_a_roster_on_its_way_must_be_cleared_first(engine: AsyncEngine) -> None:
    await add_course(engine, roster_state="已匯入", roster_state__code="roster_imported")
    hub = make_hub(engine)

    filed = await submit_vr_roster(hub, asked_by(hub), await roster_input(hub, CLEAN))

    assert [error.code for error in filed.errors] == ["clear_before_reupload"]
    assert INSTITUTION not in str(filed.errors)

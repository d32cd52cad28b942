"""Deadlines of a class from its rows: what was done, what is owed, whom it concerns, never by name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from certhub.domain.bundles import ClassRows
from certhub.domain.deadlines import DeadlineState, Due
from certhub.domain.provenance import Freshness, Provenance
from certhub.resolvers.deadlines import dues_of_class
from certhub.resolvers.decisions import Question
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]
ENDS = date(2024, 7, 5)


@pytest.fixture
def asked() -> Question:
    """OSH is fresh."""
    states = {"osh": Provenance("osh", Freshness.FRESH)}
    return Question(date(2024, 7, 10), current_ruleset(), states)


@pytest.fixture
def held(row: MakeRow) -> ClassRows:
    """A professional class of ten hours that ended on a Friday, two trainees."""
    return ClassRows(
        row("osh.training_class", "K1", training_kind="專業訓練", starts_on=date(2024, 7, 4),
            ends_on=ENDS, filed_on=date(2024, 6, 1), total_hours=1000, state="結訓",
            uploaded_on=None, noted_no="府勞字第1號"),
        sessions=[row("osh.session", "S1", hours=1000, course="法規")],
        trainees=[row("osh.trainee", "T1", seq="1"), row("osh.trainee", "T2", seq="2")],
    )  # fmt: skip


def _shown(dues: list[Due]) -> list[tuple[str, str, str | None]]:
    return [(item.code, item.due.isoformat(), item.state) for item in dues]


def _of(dues: list[Due], code: str) -> list[tuple[str, str | None, int | None]]:
    return [(item.due.isoformat(), item.state, item.trainees) for item in dues if item.code == code]


def test_days_count_from_the_end_of_the_class_and_move_off_rest_days(
    asked: Question, held: ClassRows
) -> None:
    dues = dues_of_class(held, asked)

    # 2024-07-20 is a Saturday; the filing was noted, so only the day of the letter is unknown.
    assert _shown(dues) == [
        ("osh.class.file", "2024-06-19", DeadlineState.DONE),
        ("osh.class.change", "2024-07-03", DeadlineState.PASSED),
        ("osh.closing.upload", "2024-07-22", DeadlineState.DUE),
        ("osh.closing.issue", "2024-07-25", DeadlineState.DUE),
        ("osh.closing.roll", "2024-07-25", DeadlineState.DUE),
    ]
    assert {item.weekends_only for item in dues} == {False}


def test_the_day_after_the_last_day_is_overdue_and_a_late_deed_is_done(
    asked: Question, held: ClassRows
) -> None:
    on_time = dues_of_class(held, replace(asked, as_of=date(2024, 7, 22)))
    over = dues_of_class(held, replace(asked, as_of=date(2024, 7, 23)))
    held.training_class = {**held.training_class, "uploaded_on": date(2024, 7, 23)}
    late = dues_of_class(held, replace(asked, as_of=date(2024, 7, 23)))

    states = [
        next(item for item in dues if item.code == "osh.closing.upload")
        for dues in (on_time, over, late)
    ]
    assert [(item.state, item.done_on) for item in states] == [
        (DeadlineState.DUE, None),
        (DeadlineState.OVERDUE, None),
        (DeadlineState.DONE, date(2024, 7, 23)),
    ]


def test_the_roll_is_not_called_overdue_where_only_its_day_is_unknown(
    row: MakeRow, asked: Question, held: ClassRows
) -> None:
    held.certificates = [row("osh.certificate", "C1", trainee_no="T1", issued_on=date(2024, 7, 9))]
    later = replace(asked, as_of=date(2024, 9, 1))

    unknown = _of(dues_of_class(held, later), "osh.closing.roll")
    held.training_class = {**held.training_class, "state__code": "closed"}
    closed = _of(dues_of_class(held, later), "osh.closing.roll")

    assert unknown == [("2024-07-25", None, None)]
    assert closed == [("2024-07-25", DeadlineState.DONE, None)]


def test_a_filing_whose_letter_nobody_knows_is_neither_done_nor_overdue(
    asked: Question, held: ClassRows
) -> None:
    held.training_class = {**held.training_class, "state__code": "filed"}
    unknown = _of(dues_of_class(held, asked), "osh.class.file")
    held.filing = {"letter_on": date(2024, 6, 20)}
    known = dues_of_class(held, asked)

    assert unknown == [("2024-06-19", None, None)]
    assert [(item.state, item.done_on) for item in known if item.code == "osh.class.file"] == [
        (DeadlineState.DONE, date(2024, 6, 20))
    ]


def test_who_has_to_make_up_or_sit_again_is_counted_and_not_named(
    row: MakeRow, asked: Question, held: ClassRows
) -> None:
    held.sessions = [
        row("osh.session", "S1", hours=100, course="法規"),
        row("osh.session", "S2", hours=900, course="實務"),
    ]
    held.attendance = [
        row("osh.attendance", f"A{trainee}", trainee_no=f"T{trainee}", session_no="S1",
            sign_in=None, sign_out=None)
        for trainee in (1, 2)
    ]  # fmt: skip
    dues = dues_of_class(held, asked)
    held.attendance = []
    held.results = [
        row("osh.result", "R1", trainee_no="T1", exam_on=date(2024, 7, 6), outcome="不及格")
    ]
    failed = dues_of_class(held, asked)

    # one year after 2024-07-05 is a Saturday
    assert _of(dues, "osh.attendance.make_up") == [("2025-07-07", DeadlineState.DUE, 2)]
    assert _of(failed, "osh.exam.resit") == [("2025-07-07", DeadlineState.DUE, 1)]
    assert "測試" not in repr(dues + failed)


def test_a_late_pass_has_a_day_of_its_own(row: MakeRow, asked: Question, held: ClassRows) -> None:
    held.results = [
        row("osh.result", "R1", trainee_no="T1", exam_on=date(2024, 8, 30), outcome="及格",
            practicum_on=date(2024, 7, 5), report_score="85")
    ]  # fmt: skip

    dues = dues_of_class(held, replace(asked, as_of=date(2024, 9, 1)))

    # 20 days after 2024-08-30 is a Thursday
    assert _of(dues, "osh.certificate.issue") == [("2024-09-19", DeadlineState.DUE, 1)]


@pytest.mark.parametrize("state", ["cancelled", "halted"])
def test_of_a_class_that_is_not_held_nothing_is_due(
    asked: Question, held: ClassRows, state: str
) -> None:
    held.training_class = {**held.training_class, "state__code": state}

    assert dues_of_class(held, asked) == []


def test_without_the_registry_nothing_is_said(asked: Question, held: ClassRows) -> None:
    gone = {"osh": Provenance("osh", Freshness.UNAVAILABLE)}

    assert dues_of_class(held, replace(asked, states=gone)) == []


def test_the_key_of_a_duty_outlives_a_change_of_its_day() -> None:
    first = Due("osh.closing.upload", date(2024, 7, 22), subject="K1")
    moved = Due("osh.closing.upload", date(2024, 7, 23), subject="K1")
    trainee = Due("osh.certificate.issue", date(2024, 9, 19), subject="K1", trainees=1)

    assert first.key == moved.key == "osh.K1.osh.closing.upload"
    assert trainee.key == "osh.K1.osh.certificate.issue.2024-09-19"

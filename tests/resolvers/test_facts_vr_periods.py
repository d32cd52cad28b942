"""mapping.md section 2.3: the period of a VR qualification."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from certhub.resolvers.facts.built import Findings
from certhub.resolvers.facts.vr_periods import VrPeriod, deductions, term_of

MakeRow = Callable[..., dict[str, Any]]
AS_OF = date(2024, 10, 1)


def _days(period: VrPeriod | None) -> tuple[date, date] | None:
    return None if period is None else (period.valid_from, period.valid_to)


def test_the_seeds_row_reads_as_the_period_that_the_renewal_opened(row: MakeRow) -> None:
    seed = row(
        "vr.qualification",
        issued_on=date(2016, 2, 14),
        renewed_on=date(2018, 10, 16),
        ce_completed_on=date(2019, 2, 14),
        ce_due_on=date(2022, 2, 13),
    )
    findings = Findings()

    term = term_of(seed, [], AS_OF, findings)

    assert _days(term.current) == (date(2019, 2, 14), date(2022, 2, 13))
    assert _days(term.earlier) == (date(2016, 2, 14), date(2019, 2, 13))
    assert findings.sealed() == ()


def test_a_row_without_renewal_runs_three_years_from_its_issue(row: MakeRow) -> None:
    issued = row("vr.qualification", issued_on=date(2022, 3, 1), ce_completed_on=date(2024, 1, 1))

    term = term_of(issued, [], AS_OF)

    assert _days(term.current) == (date(2022, 3, 1), date(2025, 2, 28))
    assert term.earlier is None
    assert term.held_from is None


def test_no_period_begins_before_the_articles_on_renewal_took_effect(row: MakeRow) -> None:
    old = row("vr.qualification", issued_on=date(2014, 8, 1))

    assert _days(term_of(old, [], AS_OF).current) == (date(2016, 2, 14), date(2019, 2, 13))


def test_a_renewal_in_time_opens_the_day_after_the_old_end(row: MakeRow) -> None:
    renewed = row("vr.qualification", issued_on=date(2021, 3, 1), renewed_on=date(2024, 1, 15))

    term = term_of(renewed, [], AS_OF)

    assert _days(term.current) == (date(2024, 3, 1), date(2027, 2, 28))
    assert _days(term.earlier) == (date(2021, 3, 1), date(2024, 2, 29))


def test_a_late_renewal_opens_on_its_own_day(row: MakeRow) -> None:
    late = row("vr.qualification", issued_on=date(2021, 3, 1), renewed_on=date(2024, 5, 2))

    assert _days(term_of(late, [], AS_OF).current) == (date(2024, 5, 2), date(2027, 5, 1))


def test_deducted_days_decide_whether_a_renewal_was_in_time(row: MakeRow) -> None:
    renewed = row("vr.qualification", "Q1", issued_on=date(2021, 3, 1), renewed_on=date(2024, 5, 2))
    leave = row("vr.extension", leave_from=date(2023, 2, 1), leave_to=date(2023, 7, 31))

    term = term_of(renewed, [leave], AS_OF)

    # 181 days from 2024-02-29 on end on 2024-08-28.
    assert _days(term.current) == (date(2024, 8, 29), date(2027, 8, 28))


def test_a_pending_application_keeps_the_running_period(row: MakeRow) -> None:
    pending = row(
        "vr.qualification",
        status="案件申請中",
        issued_on=date(2021, 11, 1),
        renewed_on=date(2024, 9, 20),
    )

    term = term_of(pending, [], AS_OF)

    assert _days(term.current) == (date(2021, 11, 1), date(2024, 10, 31))
    assert term.application_on == date(2024, 9, 20)
    assert term.earlier is None


def test_a_pending_application_before_the_completed_day_counts_back_one_period(
    row: MakeRow,
) -> None:
    pending = row(
        "vr.qualification",
        status="案件申請中",
        issued_on=date(2018, 11, 1),
        renewed_on=date(2024, 9, 20),
        ce_completed_on=date(2024, 11, 1),
    )

    assert _days(term_of(pending, [], AS_OF).current) == (date(2021, 11, 1), date(2024, 10, 31))


def test_an_application_dated_later_is_not_known_yet(row: MakeRow) -> None:
    pending = row("vr.qualification", status="案件申請中", renewed_on=date(2024, 12, 1))

    assert term_of(pending, [], AS_OF).application_on is None


@pytest.mark.parametrize(
    ("due", "codes"),
    [(date(2025, 2, 28), []), (date(2025, 3, 1), ["vr.due_date_differs"])],
    ids=["same", "a day later"],
)
def test_the_registers_due_day_is_compared_and_ours_decides(
    row: MakeRow, due: date, codes: list[str]
) -> None:
    findings = Findings()

    term = term_of(row("vr.qualification", ce_due_on=due), [], AS_OF, findings)

    assert term.current.valid_to == date(2025, 2, 28)
    assert [finding.code for finding in findings.sealed()] == codes


def test_a_renewal_dated_before_the_issue_contradicts_itself(row: MakeRow) -> None:
    findings = Findings()

    term_of(row("vr.qualification", renewed_on=date(2022, 2, 1)), [], AS_OF, findings)

    assert [finding.code for finding in findings.sealed()] == ["vr.dates_contradict"]


def test_overlapping_leaves_deduct_each_day_once() -> None:
    spans = [
        (date(2023, 1, 1), date(2023, 6, 30)),
        (date(2023, 4, 1), date(2023, 9, 30)),
    ]

    taken = deductions(date(2022, 1, 1), date(2024, 12, 31), spans)

    assert taken == (
        (date(2023, 1, 1), date(2023, 6, 30)),
        (date(2023, 7, 1), date(2023, 9, 30)),
    )


def test_a_leave_is_cut_to_the_period_as_extended_so_far() -> None:
    spans = [
        (date(2021, 12, 1), date(2022, 3, 31)),
        (date(2024, 12, 1), date(2025, 12, 31)),
    ]

    taken = deductions(date(2022, 1, 1), date(2024, 12, 31), spans)

    # The first leave gives 90 days, so the second is cut at 2025-03-31.
    assert taken == (
        (date(2022, 1, 1), date(2022, 3, 31)),
        (date(2024, 12, 1), date(2025, 3, 31)),
    )


def test_an_extension_decided_later_is_not_known_yet(row: MakeRow) -> None:
    known = row("vr.qualification", "Q1")
    leave = row("vr.extension", decided_on=date(2024, 10, 2))

    assert term_of(known, [leave], date(2024, 10, 1)).current.deductions == ()
    assert term_of(known, [leave], date(2024, 10, 2)).current.deducted_days == 181


def test_the_qualifications_own_dates_count_only_without_an_approved_row(row: MakeRow) -> None:
    known = row(
        "vr.qualification",
        "Q1",
        extension_from=date(2023, 1, 1),
        extension_to=date(2023, 12, 31),
    )
    refused = row("vr.extension", status="不通過")
    granted = row("vr.extension")

    assert term_of(known, [refused], AS_OF).current.deducted_days == 365
    assert term_of(known, [granted], AS_OF).current.deducted_days == 181


def test_an_extension_in_an_unknown_state_deducts_nothing_and_is_named(row: MakeRow) -> None:
    findings = Findings()

    term = term_of(
        row("vr.qualification"), [row("vr.extension", "E9", status="新狀態")], AS_OF, findings
    )

    assert term.current.deductions == ()
    assert [(item.code, item.about) for item in findings.sealed()] == [
        ("record_undetermined", ("E9",))
    ]

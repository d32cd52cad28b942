"""Rows and files of a roster: every check, and what a person is told."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision, details
from certhub.domain.errors import InvalidFacts
from certhub.roster import read_roster
from certhub.rules.engine import evaluate
from certhub.rules.params import read_yaml
from certhub.rules.vr_roster_rows import expected_text
from certhub.rules.wording import catalogue

SAMPLES = Path(__file__).parents[1] / "samples"
HEADER = [
    "上課日期",
    "學員姓名",
    "學員身分證字號(或居留證號)",
    "時數",
    "離島地區",
    "國際性質",
    "授課者",
]
SAMPLE = ["2015/1/1", "王小明", "A100000001", "2", "是", "是", "否"]
ROW = ["2024/3/15", "測試甲", "A100000109", "3", "否", "否", "否"]

Given = dict[str, Any]
Rows = list[list[object]]


def _ask(rows: Rows | None, as_of: str = "2024-03-18", **more: object) -> Decision:
    file: Given = {"domain": 1, "rows": rows} if rows is not None else {}
    facts: Given = {
        "course": {
            "course_no": "20240201000001",
            "start": "2024-03-15",
            "end": "2024-03-16",
            "review_state": "approved",
            "domains": [{"index": 1, "approved_hours": 3}],
        },
        "files": [file] if file else [{"domain": 1, "encoding": "unknown"}],
        "sign_in_sheet": {"format": "pdf"},
        **more,
    }
    return evaluate("vr.roster_csv", facts, date.fromisoformat(as_of)).decision


def _codes(*changed: tuple[int, object]) -> list[str]:
    row: list[object] = list(ROW)
    for index, value in changed:
        row[index] = value
    report = details(_ask([[*HEADER], [*SAMPLE], row]))
    errors = report["row_errors"]
    assert isinstance(errors, list)
    return [code for item in errors for code in item["codes"]]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ((0, "2024-03-16"), []),
        ((0, "2024.3.15"), []),
        ((0, "113/03/15"), []),
        ((0, "2024/3-15"), ["date_invalid"]),
        ((0, "20240315"), ["date_invalid"]),
        ((0, "０113/3/15"), ["date_invalid"]),
        ((0, "2024/3/17"), ["date_outside_course"]),
        ((0, ""), ["date_invalid"]),
        ((1, "  "), ["name_missing"]),
        ((2, " a100000109 "), []),
        ((2, ""), ["id_missing"]),
        ((2, "A10000010"), ["id_format"]),
        ((2, "A100000108"), ["id_checksum"]),
        ((3, "3.0"), []),
        ((3, 3.0), []),
        ((3, ""), ["hours_missing"]),
        ((3, "３"), ["hours_not_number"]),
        ((3, "1e0"), ["hours_not_number"]),
        ((3, "-3"), ["hours_not_positive"]),
        ((3, "3.001"), ["hours_mismatch"]),
        ((4, ""), ["flag_invalid"]),
        ((6, "Y"), ["flag_invalid"]),
        ((1, "測試\n甲"), ["line_break_in_cell"]),
    ],
)
def test_each_cell_is_checked(changed: tuple[int, object], codes: list[str]) -> None:
    assert _codes(changed) == codes


def test_codes_of_a_row_come_in_the_rulebooks_order() -> None:
    changed = ((0, "x"), (1, ""), (2, "x"), (3, "x"), (4, "x"), (5, "\r"))

    assert _codes(*changed) == [
        "line_break_in_cell",
        "date_invalid",
        "name_missing",
        "id_format",
        "hours_not_number",
        "flag_invalid",
    ]


def test_an_old_resident_number_ends_with_2030() -> None:
    rows: Rows = [[*HEADER], [*SAMPLE], ["2024/3/15", "測試乙", "AC00000236", 3, "否", "否", "否"]]

    before = _ask(rows, "2030-12-31")
    after = _ask(rows, "2031-01-01")

    assert (before.status, before.next_change_on) == ("accepted", date(2031, 1, 1))
    assert details(after)["row_errors"] == [
        {
            "domain": 1,
            "line": 3,
            "codes": ["arc_old_retired"],
            "errors": [{"code": "arc_old_retired", "field": "id", "values": {}}],
        }
    ]


def test_lines_are_record_numbers_and_blank_rows_keep_their_place() -> None:
    short: list[object] = ["2024/3/15", "測試乙"]
    rows: Rows = [[*HEADER], [*SAMPLE], [], ["", "", "", "", "", "", ""], [*ROW], short]

    report = details(_ask(rows))

    errors = report["row_errors"]
    assert isinstance(errors, list)
    assert [(item["line"], item["codes"]) for item in errors] == [(6, ["wrong_column_count"])]
    assert report["valid_rows"] == 1


def test_text_beyond_column_h_is_refused_and_a_note_in_it_is_not() -> None:
    rows: Rows = [[*HEADER, "備註"], [*SAMPLE, "備註"], [*ROW, "備註"], [*ROW, "", "x"]]

    report = details(_ask(rows))

    errors = report["row_errors"]
    assert isinstance(errors, list)
    assert [(item["line"], item["codes"]) for item in errors] == [(4, ["wrong_column_count"])]


def test_the_same_person_twice_a_day_is_a_duplicate_and_on_two_days_is_not() -> None:
    other = ["2024/3/16", *ROW[1:]]
    rows: Rows = [[*HEADER], [*SAMPLE], [*ROW], [*other], ["113/3/15", *ROW[1:]]]

    report = details(_ask(rows))

    errors = report["row_errors"]
    assert isinstance(errors, list)
    assert [(item["line"], item["codes"]) for item in errors] == [(5, ["duplicate_row"])]


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (["上課日期 ", "學員\n姓名", "學員身分證字號（或居留證號）", *HEADER[3:]], True),
        (["日期", *HEADER[1:]], False),
        (HEADER[:6], False),
    ],
)
def test_the_header_is_compared_without_spaces_breaks_and_wide_brackets(
    header: list[object], accepted: bool
) -> None:
    decision = _ask([header, [*SAMPLE], [*ROW]])

    assert decision.status == ("accepted" if accepted else "rejected")
    if not accepted:
        assert [item.code for item in decision.findings] == ["header_mismatch"]
        assert decision.report["valid_rows"] == 0


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"sign_in_sheet": None}, ["sign_in_sheet_missing"]),
        ({"sign_in_sheet": {"format": "odt"}}, ["sign_in_sheet_format"]),
        ({"sign_in_sheet": {"format": "JPG"}}, []),
        ({"already_imported": True}, ["clear_before_reupload"]),
        ({"hours_verified": True}, ["hours_already_verified"]),
        ({"as_of": "2024-03-15"}, ["course_not_finished"]),
        ({"as_of": "2024-03-16"}, []),
        ({"rows": None}, ["encoding_unknown"]),
        ({"rows": []}, ["header_mismatch"]),
        ({"rows": [HEADER]}, ["sample_row_missing"]),
    ],
)
def test_the_file_is_refused_as_a_whole(change: Given, codes: list[str]) -> None:
    rows = change.pop("rows", [HEADER, SAMPLE, ROW])

    decision = _ask(rows, **change)

    assert [item.code for item in decision.findings] == codes
    assert decision.eligible is (not codes)


def test_a_file_for_a_domain_the_course_lacks_is_not_read() -> None:
    decision = _ask(None, files=[{"domain": 2, "rows": [HEADER, SAMPLE, ROW]}])

    assert [(item.code, item.about) for item in decision.findings] == [
        ("csv_missing_for_domain", ("1",)),
        ("unknown_domain", ("2",)),
    ]
    assert decision.report["valid_rows"] == 0


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"files": [{"domain": 1, "file": "roster.csv"}]}, "files[0].rows"),
        ({"files": [{"domain": 1, "rows": []}, {"domain": 1, "rows": []}]}, "files"),
        ({"params": {"roster_max_rows": 2}}, "files[0].rows"),
    ],
)
def test_files_that_were_not_read_or_are_too_long_are_refused(change: Given, path: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        _ask([[*HEADER], [*SAMPLE], [*ROW]], **change)

    assert refused.value.details["path"] == path


def test_every_row_error_names_field_and_expectation_in_both_languages() -> None:
    values = {"start": "2024-03-15", "end": "2024-03-16", "approved_hours": "3"}
    fields = {"row", "date", "name", "id", "hours", "offshore", "international", "instructor"}

    codes = [code for code, words in catalogue("vr").items() if words.get("field") in fields]

    assert len(codes) == 15
    assert expected_text("hours_mismatch", values) == "核定時數 3"
    assert expected_text("date_outside_course", values, "en") == "2024-03-15 to 2024-03-16"
    for code in codes:
        assert expected_text(code, values, "zh")
        assert expected_text(code, values, "en")


def test_no_number_or_name_of_a_row_is_repeated() -> None:
    told = str(
        _ask(
            [
                [*HEADER],
                [*SAMPLE],
                [*ROW],
                ["2024/3/15", "測試乙", "A100000108", 3, "否", "否", "否"],
            ]
        )
    )

    assert "A1000001" not in told
    assert "測試" not in told


@pytest.mark.parametrize("name", ["roster-clean-utf8bom", "roster-big5", "roster-bad-rows"])
def test_samples_give_what_is_written_beside_them(name: str) -> None:
    expected = read_yaml((SAMPLES / f"{name}.expected.yaml").read_text(encoding="utf-8"))
    big5 = name == "roster-big5"
    sheet = read_roster((SAMPLES / f"{name}.csv").read_bytes(), f"{name}.csv")
    course = {
        "start": "2024-05-20" if big5 else "2024-03-15",
        "end": "2024-05-21" if big5 else "2024-03-15",
        "review_state": "approved",
        "domains": [{"index": 1, "approved_hours": 6 if big5 else 3}],
    }

    decision = _ask(None, "2024-05-27", course=course, files=[sheet.as_fact(1)])

    report = details(decision)
    errors = report["row_errors"]
    assert isinstance(errors, list)
    assert sheet.encoding == ("cp950" if big5 else "utf-8")
    assert [{key: item[key] for key in ("domain", "line", "codes")} for item in errors] == expected[
        "row_errors"
    ]
    for key in ("status", "valid_rows", "error_rows", "findings"):
        assert report[key] == expected[key]
    if big5:
        assert report["credits"] == expected["credits"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.integers(-999, 999) | st.none(), max_size=10), max_size=8
    )
)
def test_every_row_is_valid_wrong_or_blank_whatever_it_holds(rows: Rows) -> None:
    report = details(_ask([[*HEADER], [*SAMPLE], *rows]))

    blank = sum(not any(str("" if cell is None else cell).strip() for cell in row) for row in rows)
    errors = report["row_errors"]
    assert isinstance(errors, list)
    assert report["valid_rows"] == len(rows) - blank - len(errors)
    assert report["error_rows"] == len(errors)

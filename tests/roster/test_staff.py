"""Staff lists for batch verification."""

from datetime import date

import pytest

from certhub.domain.errors import InvalidInput
from certhub.domain.tw_id import IdentifierKind
from certhub.roster.staff import StaffRow, read_staff


def test_english_and_chinese_headings_say_the_same() -> None:
    english = "ref,kind,identifier,nationality,name,birth_date\n7,NATIONAL_ID,A123456789,,王小明,1990-01-02\n"
    chinese = "編號,證號類別,證號,國籍,姓名,出生日期\n7,身分證字號,A123456789,,王小明,79/01/02\n"

    expected = [
        StaffRow(
            2,
            "7",
            "A123456789",
            IdentifierKind.NATIONAL_ID,
            None,
            "王小明",
            date(1990, 1, 2),
        )
    ]
    assert read_staff(english.encode(), "a.csv") == expected
    assert read_staff(chinese.encode("cp950"), "a.csv") == expected


def test_columns_may_stand_anywhere_and_only_the_number_is_needed() -> None:
    rows = read_staff(
        "姓名,身分證字號\n王小明, A123456789 \n\n李小華,B123456780\n".encode(), "a.csv"
    )

    assert [(row.row, row.ref, row.identifier, row.name) for row in rows] == [
        (2, "2", "A123456789", "王小明"),
        (4, "4", "B123456780", "李小華"),
    ]


def test_a_value_that_cannot_be_read_names_its_column() -> None:
    rows = read_staff(
        "identifier,kind,birth_date\nA1,會員卡,1990-01-01\nA2,,110/02/29\n".encode(), "a.csv"
    )

    assert [row.fault for row in rows] == ["kind", "birth_date"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"name\nx\n", "header_mismatch"),
        (b"\xff\xfe\xfd\xff\n", "encoding_unknown"),
    ],
)
def test_a_file_that_is_no_staff_list_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_staff(content, "a.csv")

    assert caught.value.code == code


def test_more_than_ten_thousand_people_are_refused() -> None:
    lines = "identifier\n" + "A123456789\n" * 10_001

    with pytest.raises(InvalidInput) as caught:
        read_staff(lines.encode(), "a.csv")

    assert caught.value.code == "too_many_rows"

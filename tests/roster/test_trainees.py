"""The roster of trainees (附表五) becomes rows of facts, or one thing that is wrong with the file."""

import pytest

from certhub.roster.reading import RosterSheet, read_roster
from certhub.roster.trainees import COLUMNS, day_text, read_trainees

HEADER = ",".join(COLUMNS.values())
ROW = "1,測試甲,67年7月22日,A123456789,護字第1號,大學,測試公司,護理師,臺北市測試路1號,a@example.org,0912345678,"


def _sheet(text: str) -> RosterSheet:
    return read_roster(text.encode(), "名冊.csv")


def test_the_form_itself_is_read_title_lines_notes_and_empty_numbers_aside() -> None:
    text = f"附表五、受訓人員名冊\n(測試醫院)第1期\n\n{HEADER}\n{ROW}\n2{',' * 11}\n附註：一、資格應查核\n3,不讀\n"

    found = read_trainees(_sheet(text), "professional", licence_verified=True)

    assert (found.code, found.lines) == (None, (5,))
    assert found.rows[0] == {
        "seq": "1",
        "name": "測試甲",
        "birth_date": "1978-07-22",
        "national_id": "A123456789",
        "licence_no": "護字第1號",
        "education": "大學",
        "employer": "測試公司",
        "job_title": "護理師",
        "address": "臺北市測試路1號",
        "email": "a@example.org",
        "phone": "0912345678",
        "remarks": "",
        "licence_verified": True,
    }


def test_columns_may_stand_anywhere_and_our_own_beside_the_form() -> None:
    text = (
        "身分證字號,姓名,序號,出生年月日,人員類別,資格證書查核,抵免證明文件,抵免課程,錯誤說明\n"
        " a123456789,測試甲,1,1978/7/22,護理師,是,訓練證明,法規、實務,id_format\n"
    )

    found = read_trainees(_sheet(text), "in_service")

    assert found.rows == (
        {
            "seq": "1",
            "name": "測試甲",
            "birth_date": "1978-07-22",
            "national_id": " a123456789",
            "profession": "nurse",
            "licence_verified": True,
            "waiver": {"proof": "訓練證明", "courses": ["法規", "實務"]},
        },
    )


def test_marks_beside_a_heading_do_not_matter() -> None:
    text = "＊序號,※姓名,出生年月日（民國）,身分證字號(必填)\n1,測試甲,67/7/22,A123456789\n"

    found = read_trainees(_sheet(text), "in_service")

    assert (found.code, len(found.rows)) == (None, 1)


def test_a_waiver_may_stand_in_the_remarks_as_the_form_asks() -> None:
    text = f"{HEADER},人員類別\n{ROW}抵免：訓練合格證明；法規、實務,醫師\n"

    found = read_trainees(_sheet(text), "professional")

    assert found.rows[0]["waiver"] == {"proof": "訓練合格證明", "courses": ["法規", "實務"]}
    assert "licence_verified" not in found.rows[0]


@pytest.mark.parametrize(
    ("text", "kind", "code", "expected"),
    [
        ("\n \n", "in_service", "empty_file", None),
        ("甲,乙\n1,2\n", "in_service", "header_mismatch", "序號、姓名、出生年月日、身分證字號"),
        ("序號,姓名,身分證字號\n", "in_service", "header_mismatch", "出生年月日"),
        (f"{HEADER},血型\n{ROW}\n", "professional", "header_mismatch", "血型"),
        ("序號,姓名,姓名,出生年月日,身分證字號\n", "in_service", "header_mismatch", "姓名"),
        ("序號,姓名,出生年月日,身分證字號\n", "professional", "header_mismatch",
         "資格證書字號、學歷、服務單位、職稱、聯絡地址、電子郵件地址、電話"),
    ],
)  # fmt: skip
def test_a_file_without_the_right_headings_is_wrong_as_a_whole(
    text: str, kind: str, code: str, expected: str | None
) -> None:
    found = read_trainees(_sheet(text), kind)

    assert (found.code, found.expected, found.rows) == (code, expected, ())


def test_a_file_of_no_known_encoding_has_no_rows() -> None:
    found = read_trainees(RosterSheet(None, "unknown"), "in_service")

    assert found.code == "encoding_unknown"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("67年7月22日", "1978-07-22"),
        ("67/7/22", "1978-07-22"),
        ("0670722", "1978-07-22"),
        ("19780722", "1978-07-22"),
        ("1978-07-22", "1978-07-22"),
        ("1978-07-22 00:00:00", "1978-07-22"),
        (" 1978/7/22 ", "1978-07-22"),
        ("110/02/29", "110/02/29"),
        ("28693", "28693"),
        ("0000101", "0000101"),
        ("七月", "七月"),
        ("", ""),
    ],
)
def test_a_day_is_read_in_every_form_in_use_and_left_alone_otherwise(cell: str, text: str) -> None:
    assert day_text(cell) == text

"""Forms as files: read back, and looked at as XML."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from defusedxml import ElementTree

from certhub.roster.form_model import ClassData, FormSession, FormTrainee, Grid, Line, PageBreak
from certhub.roster.forms_after import roll_call_form, sign_in_form
from certhub.roster.forms_before import notice_form, roster_form
from certhub.roster.odf import write_ods, write_odt
from certhub.roster.reading import read_roster

STAMP = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
BLOCKS = (
    Line("標題", centred=True, bold=True),
    Grid((("甲", "乙"),), (("=1+1", "一\n二"), ("&<>\"'", "\x00")), (3.0, 4.0), {(1, 0): (1, 2)}),
    PageBreak(),
    Line("=下一頁"),
)


def _part(data: bytes, name: str = "content.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.read(name).decode()


def _class(kind: str = "professional", **more: object) -> ClassData:
    return ClassData("C1", "測試醫院", kind, date(2024, 9, 12), date(2024, 9, 14), **more)  # type: ignore[arg-type]


def test_every_cell_of_a_sheet_is_text_and_none_a_formula() -> None:
    root = ElementTree.fromstring(_part(write_ods(BLOCKS, "表", STAMP)))

    cells = list(root.iter(f"{TABLE}table-cell"))
    assert {cell.get(f"{OFFICE}value-type") for cell in cells} == {"string"}
    assert not any(cell.get(f"{TABLE}formula") for cell in cells)
    shown = ["".join(cell.itertext()) for cell in cells]
    assert shown == ["標題", "甲", "乙", "'=1+1", "一二", "&<>\"'", "'=下一頁"]


def test_a_sheet_is_read_back_as_it_was() -> None:
    rows = read_roster(write_ods(BLOCKS, "表", STAMP), "a.ods").rows

    assert rows == (("標題", ""), ("甲", "乙"), ("=1+1", "一\n二"), ("&<>\"'", ""), ("=下一頁", ""))


def test_a_text_breaks_pages_and_spans_cells() -> None:
    content = _part(write_odt(BLOCKS, "表", STAMP))

    root = ElementTree.fromstring(content)
    assert 'fo:break-before="page"' in content
    [spanning] = [
        c for c in root.iter(f"{TABLE}table-cell") if c.get(f"{TABLE}number-columns-spanned")
    ]
    assert spanning.get(f"{TABLE}number-columns-spanned") == "2"
    assert len(list(root.iter(f"{TABLE}covered-table-cell"))) == 1
    assert [p.text for p in root.iter(f"{TEXT}p")][-1] == "=下一頁"


@pytest.mark.parametrize("write", [write_ods, write_odt])
def test_metadata_name_neither_a_machine_nor_a_person(write: object) -> None:
    meta = _part(write(BLOCKS, "附表五", STAMP), "meta.xml")  # type: ignore[operator]

    assert "<meta:generator>certhub</meta:generator>" in meta
    assert "<dc:language>zh-TW</dc:language>" in meta
    assert "2024-09-02T01:00:00" in meta
    assert "user-defined" not in meta
    assert "creator" not in meta


def test_the_row_of_the_decision_stays_blank_over_two_columns() -> None:
    [grid] = [block for block in notice_form(_class()) if isinstance(block, Grid)]

    assert [row[0] for row in grid.rows] == [
        "一、訓練期間", "二、訓練場所", "三、受訓人數", "四、輔導員", "五、教材", "核定結果",
    ]  # fmt: skip
    assert grid.rows[-1] == ("核定結果", "", "")
    assert grid.covered() == {(1, 2), (2, 2), (3, 2), (4, 2), (5, 2)}


@pytest.mark.parametrize(
    ("materials", "ticked"),
    [
        ("分組討論教材", ["■分組討論教材。", "□其他(　　)。"]),
        ("自編講義", ["□分組討論教材。", "■其他(自編講義)。"]),
        ("分組討論教材、自編講義", ["■分組討論教材。", "■其他(自編講義)。"]),
        ("", ["□分組討論教材。", "□其他(　　)。"]),
    ],
)
def test_the_materials_are_ticked_as_they_were_filed(materials: str, ticked: list[str]) -> None:
    [grid] = [b for b in notice_form(_class(materials=materials)) if isinstance(b, Grid)]

    assert grid.rows[4][1].split("\n")[1:] == ticked


def test_the_sign_in_sheet_has_seventy_seats_and_more_where_needed() -> None:
    def seats(*numbers: int) -> int:
        people = tuple(FormTrainee(str(number), "測試") for number in numbers)
        [grid] = [b for b in sign_in_form(_class(trainees=people)) if isinstance(b, Grid)]
        return sum(len(row) - 1 for row in grid.rows if row[0] == "座號")

    assert (seats(1), seats(70), seats(1, 71)) == (70, 70, 80)


def test_over_a_fifth_is_counted_apart_from_exactly_a_fifth() -> None:
    session = FormSession("S1", date(2024, 9, 12), "09:00~12:00", "法規", "3", "甲", "")
    people = (
        FormTrainee("1", "測試甲", absent=300, missed={"S1": "3"}, over_fifth=True),
        FormTrainee("2", "測試乙", absent=100, missed={"S1": "1"}, without_report=True),
        FormTrainee("3", "測試丙"),
    )

    blocks = roll_call_form(_class(sessions=(session,), trainees=people, is_over=True))

    lines = [block.text for block in blocks if isinstance(block, Line)]
    assert lines[-1] == (
        "全程未缺課：1 人；缺課超過上課總時數五分之一：1 人；未參加實習或實作並完成報告者：1 人"
    )
    [grid] = [block for block in blocks if isinstance(block, Grid)]
    assert [row[2:] for row in grid.rows] == [("3", "3"), ("1", "1"), ("", "")]


def test_a_trainee_does_not_show_itself() -> None:
    shown = repr(_class(trainees=(FormTrainee("1", "測試甲", "A123456789"),)))

    assert "測試甲" not in shown
    assert "A123456789" not in shown


def test_in_service_rows_hold_three_fields_whatever_is_known() -> None:
    person = FormTrainee("1", "測試甲", "A123456789", date(1978, 7, 22), "護字1", phone="0900")

    [grid] = [
        b for b in roster_form(_class("in_service", trainees=(person,))) if isinstance(b, Grid)
    ]

    assert grid.rows == [("1", "測試甲", "67年7月22日", "A123456789", *[""] * 8)]

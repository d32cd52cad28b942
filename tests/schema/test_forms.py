"""The forms of an OSH class: made from what is on file, for who may see it."""

import io
from typing import Any

import pytest
from odfdo import Document
from sqlalchemy import select

from certhub.roster.reading import read_roster
from certhub.roster.trainees import read_trainees
from certhub.store.tables_work import audit

from ..country import Country

OWNER = "00000201"
PROFESSIONAL, IN_SERVICE = "OH0002-112-000004", "OH0002-113-000003"
PURPOSE = {"X-Purpose-Of-Use": "training", "X-Case-Reference": "TEST-1130902"}


async def _form(
    country: Country,
    number: str,
    annex: int | str,
    form: str | None = None,
    *,
    role: str = "institution-osh",
    purpose: str | None = "training",
    **claims: Any,
) -> Any:
    client = country.client
    given = claims or ({"institution_id": [OWNER]} if role == "institution-osh" else {})
    stated = {**PURPOSE, "X-Purpose-Of-Use": purpose} if purpose else {}
    return await client.http.get(
        "/forms",
        params={"class": number, "annex": annex, **({"format": form} if form else {})},
        headers={**client.headers(role, **given), **stated},
    )


async def _rows(country: Country, number: str, annex: int) -> list[list[str]]:
    answer = await _form(country, number, annex, "ods")
    assert answer.status_code == 200, answer.text
    rows = read_roster(answer.content, "a.ods").rows
    assert rows is not None
    return [[cell for cell in row if cell] for row in rows]


HEADERS = {
    3: ["日期", "星期", "時間", "課程名稱\n(含實習或實作)", "時數", "講師姓名",
        "備註\n(在職教育者，請註明各課程為本規則第5條之1之課程類別)"],
    4: ["編號", "講師姓名", "學歷", "經歷", "符合規定之\n資格條款"],
    5: ["序號", "姓名", "出生年月日", "身分證字號", "資格證書字號", "學歷", "服務單位", "職稱",
        "聯絡地址", "電子郵件地址", "電話", "備註"],
    10: ["序號", "照片", "姓名", "出生年月日", "身分證字號", "資格證書號", "學歷", "服務單位",
         "聯絡地址", "電子郵件", "電話", "測驗成績", "實習日期", "實習場所名稱",
         "實習或實作報告成績", "備註"],
}  # fmt: skip


@pytest.mark.parametrize("annex", HEADERS)
async def test_a_form_has_the_columns_of_the_source(country: Country, annex: int) -> None:
    rows = await _rows(country, PROFESSIONAL, annex)

    assert HEADERS[annex] in rows


async def test_the_notice_says_what_is_filed_and_leaves_the_result_blank(country: Country) -> None:
    rows = await _rows(country, PROFESSIONAL, 2)

    labels = {row[0]: row[1:] for row in rows if row}
    assert labels["三、受訓人數"] == ["預計15人(附受訓人員名冊)。"]
    assert labels["核定結果"] == []
    assert ["臺北市政府"] in rows


async def test_a_roster_of_in_service_training_asks_for_three_things_alone(
    country: Country,
) -> None:
    answer = await _form(country, IN_SERVICE, 5)

    sheet = read_roster(answer.content, "a.ods")
    found = read_trainees(sheet, "in_service")
    assert (found.code, len(found.rows)) == (None, 15)
    assert {key for row in found.rows for key, value in row.items() if value} == {
        "seq",
        "name",
        "birth_date",
        "national_id",
    }


async def test_a_certificate_is_a_page_with_number_note_and_days(country: Country) -> None:
    answer = await _form(country, PROFESSIONAL, 6)

    assert answer.headers["content-type"] == "application/vnd.oasis.opendocument.text"
    assert f'filename="{PROFESSIONAL}-.odt"' in answer.headers["content-disposition"]
    body = Document(io.BytesIO(answer.content)).body
    text = "\n".join(item.text_recursive for item in body.paragraphs)
    assert text.count("結　業　證　書") == 15
    assert "本訓練依據臺北市政府府勞檢字第112000004號函辦理" in text
    assert f"{PROFESSIONAL}-001-C" in text
    assert "期滿經測驗合格特發給結業證書以資證明" in text


@pytest.mark.parametrize(("annex", "lost"), [(7, True), (8, True), (9, False), (12, False)])
async def test_what_the_source_lost_is_left_out_and_said(
    country: Country, annex: int, lost: bool
) -> None:
    rows = await _rows(country, IN_SERVICE, annex)

    said = [row for row in rows if row and "未予重建" in row[0]]
    assert bool(said) is lost


async def test_the_form_that_the_source_lost_whole_is_not_made(country: Country) -> None:
    answer = await _form(country, PROFESSIONAL, 11)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORM_NOT_HELD"


async def test_the_roll_counts_who_missed_what_only_once_the_class_is_over(
    country: Country,
) -> None:
    held = await _rows(country, IN_SERVICE, 9)
    ahead = await _form(country, "OH0003-113-000101", 9, "ods", institution_id=["04000002"])

    assert held[3][0].startswith("全程未缺課：15 人")
    before = read_roster(ahead.content, "a.ods").rows
    assert before is not None
    assert before[3][0].startswith("全程未缺課：　　 人")


@pytest.mark.parametrize(
    ("number", "annex", "status"),
    [
        (PROFESSIONAL, 7, 400),
        (IN_SERVICE, 6, 400),
        (IN_SERVICE, 10, 400),
        (PROFESSIONAL, 1, 400),
        (PROFESSIONAL, "x", 400),
        (PROFESSIONAL, 99, 400),
        ("OH0002-113-000001", 6, 404),
        ("OH0009-999-000009", 2, 404),
        ("OH0003-113-000101", 2, 404),
    ],
)
async def test_what_a_class_has_no_form_for_is_refused(
    country: Country, number: str, annex: int | str, status: int
) -> None:
    answer = await _form(country, number, annex)

    assert answer.status_code == status


async def test_people_are_shown_for_a_purpose_and_to_who_may_see_them(country: Country) -> None:
    answers = {
        "no purpose": await _form(country, IN_SERVICE, 5, purpose=None),
        "no purpose needed": await _form(country, IN_SERVICE, 3, purpose=None),
        "another institution": await _form(country, IN_SERVICE, 5, institution_id=["04000002"]),
        "operator": await _form(country, IN_SERVICE, 5, role="operator"),
        "other county": await _form(
            country, IN_SERVICE, 3, role="local-kaohsiung", purpose="supervision"
        ),
        "own county": await _form(
            country, IN_SERVICE, 3, role="local-taipei", purpose="supervision"
        ),
        "own county, names": await _form(
            country, IN_SERVICE, 8, role="local-taipei", purpose="supervision"
        ),
        "own county, numbers": await _form(
            country, IN_SERVICE, 5, role="local-taipei", purpose="supervision"
        ),
        "ministry, numbers": await _form(
            country, IN_SERVICE, 5, role="central-mol", purpose="supervision"
        ),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "no purpose": 403,
        "no purpose needed": 200,
        "another institution": 404,
        "operator": 403,
        "other county": 404,
        "own county": 200,
        "own county, names": 200,
        "own county, numbers": 403,
        "ministry, numbers": 200,
    }


async def test_a_form_with_people_is_audited_with_whom_it_tells_of(country: Country) -> None:
    await _form(country, IN_SERVICE, 5)

    async with country.hub.engine.connect() as connection:
        statement = select(audit).where(audit.c.operation == "Download.form")
        rows = [r for r in await connection.execute(statement) if r.counts == {"trainees": 15}]
    assert rows
    assert {len(row.subject_refs) for row in rows} == {15}

"""Rows of the OSH tables, under the Chinese headings that ``osh.openapi.yaml`` prints."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from .forms import amount, chinese
from .places import labour_bureau

__all__ = [
    "IN_SERVICE",
    "IN_SERVICE_CATEGORIES",
    "OSH_TABLES",
    "PROFESSIONAL",
    "ClassHeld",
    "Institution",
    "Row",
    "Table",
    "attendance_row",
    "certificate_row",
    "class_row",
    "institution_row",
    "lecturer_row",
    "order_row",
    "recognition_row",
    "result_row",
    "session_rows",
    "trainee_row",
]

Row = dict[str, str]

PROFESSIONAL, IN_SERVICE = "專業訓練", "在職教育訓練"
IN_SERVICE_CATEGORIES = ("職業安全衛生相關法規", "職場健康風險評估", "職場健康管理實務")


class Table(NamedTuple):
    """A CSV table of the drops: its headings in the contract's order, the key first.

    Attributes:
        headings: Without 異動別, which stands before them.
        encoding: As the manifest names it.
    """

    headings: tuple[str, ...]
    encoding: str = "utf-8-sig"

    @property
    def key(self) -> str:
        """Heading of the key."""
        return self.headings[0]


def _table(headings: str, encoding: str = "utf-8-sig") -> Table:
    return Table(tuple(headings.split()), encoding)


OSH_TABLES = {
    "institutions": _table("機構代碼 機構名稱 統一編號 機構類別 縣市 地址 負責人姓名 電話"),
    "recognitions": _table(
        "認可編號 機構代碼 訓練類別 訓練對象 認可文號 認可日期 有效期間起 有效期間迄 狀態 "
        "終止種類 終止日期 終止生效日 終止事由"
    ),
    "classes": _table(
        "班別編號 機構代碼 期別 訓練類別 訓練名稱 授課形式 開訓日 結訓日 訓練場所 地址 縣市 "
        "受訓人數 輔導員 教材 總時數 報備日期 備查文號 備查日期 登錄日期 狀態"
    ),
    "sessions": _table("課程序號 班別編號 日期 星期 時間 課程名稱 時數 講師編號 課程類別"),
    "lecturers": _table("講師編號 班別編號 編號 講師姓名 學歷 經歷 符合規定之資格條款", "cp950"),
    "trainees": _table(
        "受訓人員編號 班別編號 序號 姓名 出生年月日 身分證字號 資格證書字號 學歷 服務單位 職稱 "
        "聯絡地址 電子郵件地址 電話 人員類別 備註",
        "cp950",
    ),
    "attendance": _table(
        "紀錄編號 班別編號 課程序號 受訓人員編號 簽到時間 簽退時間 遲到分鐘 請假時數 缺課時數 "
        "簽名有效 補課日期 補課時數"
    ),
    "results": _table(
        "成績編號 班別編號 受訓人員編號 測驗日期 測驗次別 測驗成績 測驗結果 實習日期 "
        "實習場所名稱 實習或實作報告成績 備註",
        "cp950",
    ),
    "certificates": _table(
        "證書字號 班別編號 受訓人員編號 種類 姓名 出生年月日 身分證字號 開訓日 結訓日 核發日期 "
        "備查文號 訓練時數 課程類別時數 受訓人員確認日期 備註"
    ),
    "improvement_orders": _table(
        "編號 機構代碼 班別編號 發文機關 發文日期 文號 違反事項 改善期限 改善完成日 書面報告日 狀態"
    ),
}
"""Tables of a drop, in the order of its members."""


def _day(day: date | None) -> str:
    return "" if day is None else chinese(day)


class Institution(NamedTuple):
    """A training institution (訓練機構)."""

    code: str
    name: str
    tax_id: str
    category: str
    county: str


class ClassHeld(NamedTuple):
    """A class (訓練班) as its other rows repeat it.

    Attributes:
        no: 班別編號.
        institution: 機構代碼.
        kind: 訓練類別.
        first: 開訓日.
        last: 結訓日.
        county: Place of training.
        hours: 總時數, hundredths.
        noted_no: 備查文號, empty until noted.
        format: 授課形式.
    """

    no: str
    institution: str
    kind: str
    first: date
    last: date
    county: str
    hours: int
    noted_no: str
    format: str = "講授"


def institution_row(what: Institution) -> Row:
    """A row of institutions."""
    return {
        "機構代碼": what.code,
        "機構名稱": what.name,
        "統一編號": what.tax_id,
        "機構類別": what.category,
        "縣市": what.county,
        "地址": f"{what.county}健康路{int(what.code[2:])}號",
        "負責人姓名": "測試負責人",
        "電話": "02-00000000",
    }


def recognition_row(
    institution: str,
    number: int,
    *,
    kinds: Sequence[str],
    valid_from: date,
    valid_to: date,
    today: date,
    ended: tuple[str, date, date, str] | None = None,
) -> Row:
    """A row of recognitions; ``ended`` is kind, decision day, effective day and ground."""
    state = ended[0] if ended else ("有效" if valid_to >= today else "屆期")
    kind, decided, effective, ground = ended or ("", None, None, "")
    return {
        "認可編號": f"{institution}-{number}",
        "機構代碼": institution,
        "訓練類別": "、".join(kinds),
        "訓練對象": "醫師、護理人員",
        "認可文號": f"勞職衛3字第{valid_from.year - 1911}1{int(institution[2:]):06d}號",
        "認可日期": chinese(valid_from),
        "有效期間起": chinese(valid_from),
        "有效期間迄": chinese(valid_to),
        "狀態": state,
        "終止種類": kind,
        "終止日期": _day(decided),
        "終止生效日": _day(effective),
        "終止事由": ground,
    }


def class_row(
    what: ClassHeld,
    *,
    period_no: str,
    name: str,
    trainees: int,
    filed_on: date,
    noted_on: date | None,
    uploaded_on: date | None,
    state: str,
    counsellor: str = "測試輔導員",
    materials: str = "分組討論教材",
    venue: tuple[str, str] | None = None,
) -> Row:
    """A row of classes; ``venue`` is name and address."""
    place, address = venue or ("第1教室", f"{what.county}健康路1號")
    return {
        "班別編號": what.no,
        "機構代碼": what.institution,
        "期別": period_no,
        "訓練類別": what.kind,
        "訓練名稱": name,
        "授課形式": what.format,
        "開訓日": chinese(what.first),
        "結訓日": chinese(what.last),
        "訓練場所": place,
        "地址": address,
        "縣市": what.county,
        "受訓人數": str(trainees),
        "輔導員": counsellor,
        "教材": materials,
        "總時數": amount(what.hours),
        "報備日期": chinese(filed_on),
        "備查文號": what.noted_no,
        "備查日期": _day(noted_on),
        "登錄日期": _day(uploaded_on),
        "狀態": state,
    }


def session_rows(
    what: ClassHeld, lessons: Sequence[tuple[date, str, str, int, str, str]]
) -> list[Row]:
    """Rows of sessions; a lesson is day, time, course, hours, lecturer's number and category."""
    return [
        {
            "課程序號": f"{what.no}-S{number:02d}",
            "班別編號": what.no,
            "日期": chinese(day),
            "星期": "一二三四五六日"[day.weekday()],
            "時間": time,
            "課程名稱": name,
            "時數": amount(hours),
            "講師編號": lecturer,
            "課程類別": category,
        }
        for number, (day, time, name, hours, lecturer, category) in enumerate(lessons, start=1)
    ]


def lecturer_row(
    what: ClassHeld,
    number: int,
    *,
    name: str = "測試講師",
    education: str = "測試大學博士",
    experience: str = "職業醫學科專科醫師",
    clause: str = "",
) -> Row:
    """A row of lecturers."""
    return {
        "講師編號": f"{what.no}-T{number}",
        "班別編號": what.no,
        "編號": str(number),
        "講師姓名": name,
        "學歷": education,
        "經歷": experience,
        "符合規定之資格條款": clause,
    }


def trainee_row(
    what: ClassHeld,
    seat: int,
    *,
    name: str,
    birth_date: date,
    number: str,
    profession: str,
    remarks: str = "",
) -> Row:
    """A row of trainees; in-service rows carry only name, birth and number."""
    full = what.kind == PROFESSIONAL
    word = {"醫師": "醫", "護理人員": "護"}.get(profession, "心")
    return {
        "受訓人員編號": f"{what.no}-{seat:03d}",
        "班別編號": what.no,
        "序號": str(seat),
        "姓名": name,
        "出生年月日": chinese(birth_date),
        "身分證字號": number,
        "資格證書字號": f"{word}字第{number[-6:]}號" if full else "",
        "學歷": "大學" if full else "",
        "服務單位": f"{what.county}測試長照中心" if full else "",
        "職稱": "護理師" if full else "",
        "聯絡地址": f"{what.county}測試路{seat}號" if full else "",
        "電子郵件地址": f"t{number[-6:]}@test.invalid" if full else "",
        "電話": "0900000000" if full else "",
        "人員類別": profession,
        "備註": remarks,
    }


def attendance_row(
    what: ClassHeld,
    seat: int,
    session: int,
    *,
    signed: tuple[str, str] = ("08:50", "12:00"),
    late_minutes: int = 0,
    leave: int = 0,
    absent: int = 0,
    valid: bool = True,
    made_up_on: date | None = None,
    made_up: int = 0,
) -> Row:
    """A row of attendance; hours in hundredths."""
    return {
        "紀錄編號": f"{what.no}-{seat:03d}-{session:02d}",
        "班別編號": what.no,
        "課程序號": f"{what.no}-S{session:02d}",
        "受訓人員編號": f"{what.no}-{seat:03d}",
        "簽到時間": signed[0],
        "簽退時間": signed[1],
        "遲到分鐘": str(late_minutes),
        "請假時數": amount(leave),
        "缺課時數": amount(absent),
        "簽名有效": "是" if valid else "否",
        "補課日期": _day(made_up_on),
        "補課時數": amount(made_up),
    }


def result_row(
    what: ClassHeld,
    seat: int,
    attempt: int,
    *,
    exam_on: date,
    score: int,
    passed: bool,
    practicum: bool = True,
) -> Row:
    """A row of results (成績冊); ``attempt`` 1 or 2."""
    return {
        "成績編號": f"{what.no}-{seat:03d}-E{attempt}",
        "班別編號": what.no,
        "受訓人員編號": f"{what.no}-{seat:03d}",
        "測驗日期": chinese(exam_on),
        "測驗次別": "初測" if attempt == 1 else "補考",
        "測驗成績": str(score),
        "測驗結果": "及格" if passed else "不及格",
        "實習日期": chinese(what.last) if practicum else "",
        "實習場所名稱": "測試事業單位" if practicum else "",
        "實習或實作報告成績": "85" if practicum else "",
        "備註": "",
    }


def certificate_row(
    what: ClassHeld,
    trainee: Row,
    *,
    issued_on: date,
    confirmed_on: date | None = None,
    certificate_no: str | None = None,
    category_hours: str | None = None,
    remarks: str = "",
) -> Row:
    """A row of certificates: 結業證書 of professional training, 證明 of in-service training."""
    full = what.kind == PROFESSIONAL
    if category_hours is None:
        each = amount(what.hours // 3)
        category_hours = (
            "" if full else ";".join(f"{name}={each}" for name in IN_SERVICE_CATEGORIES)
        )
    return {
        "證書字號": certificate_no or f"{trainee['受訓人員編號']}-C",
        "班別編號": what.no,
        "受訓人員編號": trainee["受訓人員編號"],
        "種類": "結業證書" if full else "在職教育訓練證明",
        "姓名": trainee["姓名"],
        "出生年月日": trainee["出生年月日"],
        "身分證字號": trainee["身分證字號"],
        "開訓日": chinese(what.first),
        "結訓日": chinese(what.last),
        "核發日期": chinese(issued_on),
        "備查文號": what.noted_no,
        "訓練時數": amount(what.hours),
        "課程類別時數": category_hours,
        "受訓人員確認日期": _day(confirmed_on),
        "備註": remarks,
    }


def order_row(
    number: int,
    institution: str,
    county: str,
    *,
    issued_on: date,
    improve_by: date,
    class_no: str = "",
    improved_on: date | None = None,
    report_on: date | None = None,
    state: str = "限期改善中",
) -> Row:
    """A row of improvement orders (限期改善)."""
    return {
        "編號": f"IO{number:04d}",
        "機構代碼": institution,
        "班別編號": class_no,
        "發文機關": labour_bureau(county),
        "發文日期": chinese(issued_on),
        "文號": f"府勞檢字第{issued_on.year - 1911}{number:07d}號",
        "違反事項": "未依規定課程內容及時數辦理",
        "改善期限": chinese(improve_by),
        "改善完成日": _day(improved_on),
        "書面報告日": _day(report_on),
        "狀態": state,
    }

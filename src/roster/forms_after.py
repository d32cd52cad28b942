"""Forms of a class that has been held: 附表六 to 附表十二. Titles and columns as in seed 002.

The source lost 附表十一 and the heads of 附表七 and 附表八: the one is not made, the others are made
without their heads, and each says so.
"""

from collections.abc import Sequence

from .form_model import Block, ClassData, FormTrainee, Grid, Line, PageBreak, day

__all__ = [
    "certificates_form",
    "proof_roll_form",
    "proofs_form",
    "roll_call_form",
    "score_book_form",
    "sign_in_form",
]

_SEATS = 70
_PER_ROW = 10
_LOST_HEAD = "（本表表首未存於所據之公告文字，未予重建；請依主管機關公告格式補填。）"


def _title(data: ClassData, annex: str, what: str) -> list[Block]:
    return [
        Line(annex, centred=True),
        Line(f"{data.heading}（{data.kind_text}）{what}", centred=True, bold=True, size=14),
    ]


def certificates_form(data: ClassData) -> Sequence[Block]:
    """附表六、專業訓練受訓人員結業證書, a page for each certificate that was issued."""
    blocks: list[Block] = []
    for trainee in (item for item in data.trainees if item.certificate_no):
        if blocks:
            blocks.append(PageBreak())
        period = f"{data.period_no}{data.title or data.kind_text}"
        blocks += [
            Line("附表六、專業訓練受訓人員結業證書格式", size=9),
            Line("（相片黏貼處）"),
            Line("結　業　證　書", centred=True, bold=True, size=24),
            Line(trainee.certificate_no, centred=True),
            Line(
                f"{trainee.name}君(身分證字號：{trainee.number})中華民國{day(trainee.born_on)}出生，"
                f"於{data.span}參加{data.institution}舉辦之{period}，期滿經測驗合格特發給結業證書以資證明。",
                size=14,
            ),
            Line("此　證", centred=True, size=14),
            Line(data.institution, centred=True, bold=True, size=16),
            Line(
                f"本訓練依據{data.authority or '　　　主管機關'}{data.noted_no}函辦理", centred=True
            ),
            Line(f"中華民國{day(trainee.issued_on)}", centred=True, size=14),
        ]
    return blocks


def proofs_form(data: ClassData) -> Sequence[Block]:
    """附表七、在職教育訓練證明, without the head that the source lost; a page for each proof."""
    header = (
        "姓名",
        "身分證字號",
        "出生年月日",
        "訓練名稱",
        "課程名稱",
        "課程時數",
        "課程類別",
        "辦理日期",
        "訓練單位",
    )
    blocks: list[Block] = []
    for trainee in (item for item in data.trainees if item.certificate_no):
        if blocks:
            blocks.append(PageBreak())
        rows = [
            (
                trainee.name,
                trainee.number,
                day(trainee.born_on),
                data.title,
                session.course,
                session.hours,
                session.category,
                day(session.held_on),
                data.institution,
            )
            for session in data.sessions
        ]
        blocks += [
            Line("附表七、在職教育訓練證明"),
            Line(_LOST_HEAD, size=9),
            Grid((header,), rows, (2.2, 2.6, 2.8, 4.5, 5.0, 1.5, 4.0, 2.8, 4.0)),
            Line(
                "附註：請受訓人員於參訓後 30 日內，至教育訓練系統確認訓練單位所登錄之在職教育訓練時數。",
                size=10,
            ),
        ]
    return blocks


def sign_in_form(data: ClassData) -> Sequence[Block]:
    """附表八 (signing in and out), without the head that the source lost: seats, names, room to sign."""
    seats = {item.seat.lstrip("0"): item for item in data.trainees}
    numbers = [int(seat) for seat in seats if seat.isascii() and seat.isdigit()]
    last = max([_SEATS, *numbers])
    rows: list[tuple[str, ...]] = []
    for first in range(1, last + 1, _PER_ROW):
        places = [str(number) for number in range(first, first + _PER_ROW)]
        rows += [
            ("座號", *places),
            ("受訓人員姓名", *(seats[place].name if place in seats else "" for place in places)),
            ("簽名", *("" for _ in places)),
        ]
    rows.append(("出席人數", "人", "缺課人數", "人", "輔導員簽名", "", "", "講師簽名", "", "", ""))
    notes = (
        "附註：一、每日簽到時，輔導員應在場，有代簽者應糾正，遲到 15 分鐘者視為曠課。",
        "二、簽名筆不得使用紅筆或鉛筆，不得任意塗改，否則，視為無效。",
        "三、專業訓練請假者，應事前填寫請假單，如為病假須補相關證明。",
        "四、輔導員於每日第 1 節過 20 分鐘後，應確實點名。",
    )
    return [
        Line("附表八"),
        Line(_LOST_HEAD, size=9),
        Grid((), rows, (3.0, *(2.2 for _ in range(_PER_ROW)))),
        *(Line(note, size=10) for note in notes),
    ]


def roll_call_form(data: ClassData) -> Sequence[Block]:
    """附表九、受訓人員點名紀錄: hours missed by session, and the three counts of its head.

    The head counts absence over one fifth (超過), as printed; points 7 and 13 say one fifth or more.
    """

    def people(count: int, *, counted: bool) -> str:
        return f"{count if counted else '　　'} 人"

    over = people(sum(item.over_fifth for item in data.trainees), counted=data.is_over)
    complete = people(sum(item.absent == 0 for item in data.trainees), counted=data.is_over)
    without = people(
        sum(item.without_report for item in data.trainees),
        counted=data.is_over and not data.in_service,
    )
    header = (
        ("座號", "課程名稱", *(item.course for item in data.sessions), "缺課時數合計"),
        ("", "上課日期", *(day(item.held_on) for item in data.sessions), ""),
        ("", "受訓人員姓名＼時數", *(item.hours for item in data.sessions), ""),
    )
    rows = [
        (
            item.seat.zfill(2),
            item.name,
            *(item.missed.get(session.id, "") for session in data.sessions),
            f"{item.absent / 100:g}" if item.absent else "",
        )
        for item in data.trainees
    ]
    return [
        Line("附表九、受訓人員點名紀錄"),
        Line(f"{data.heading}（{data.kind_text}）", centred=True, bold=True, size=14),
        Line(f"訓練{data.span}", centred=True),
        Line(
            f"全程未缺課：{complete}；缺課超過上課總時數五分之一：{over}；"
            f"未參加實習或實作並完成報告者：{without}"
        ),
        Grid(header, rows, (1.5, 3.0, *(2.2 for _ in data.sessions), 2.2)),
    ]


_SCORES = (
    "序號",
    "照片",
    "姓名",
    "出生年月日",
    "身分證字號",
    "資格證書號",
    "學歷",
    "服務單位",
    "聯絡地址",
    "電子郵件",
    "電話",
    "測驗成績",
    "實習日期",
    "實習場所名稱",
    "實習或實作報告成績",
    "備註",
)


def _scores(item: FormTrainee) -> tuple[str, ...]:
    return (
        item.seat.zfill(2),
        "",
        item.name,
        day(item.born_on),
        item.number,
        item.licence_no,
        item.education,
        item.employer,
        item.address,
        item.email,
        item.phone,
        item.score,
        "" if item.practicum_on is None else day(item.practicum_on),
        item.practicum_place,
        item.report_score,
        item.result_remarks,
    )


def score_book_form(data: ClassData) -> Sequence[Block]:
    """附表十、專業訓練受訓人員成績冊: cover and pages."""
    noted = f"{day(data.noted_on)}{data.noted_no}" if data.noted_no else ""
    widths = (1.2, 2.0, 2.0, 2.6, 2.6, 2.6, 1.8, 2.8, 3.6, 3.4, 2.4, 1.6, 2.6, 2.8, 2.0, 2.0)
    return [
        *_title(data, "附表十、專業訓練受訓人員成績冊", "訓練受訓人員成績冊"),
        Line(f"同意開班文號：{noted}"),
        Line(f"訓練期間：{data.span}止"),
        Line(f"訓練地點：{data.venue_address or data.venue}"),
        Line(f"輔導員：{data.counsellor}"),
        Line("監考人員："),
        PageBreak(),
        Line(f"{data.heading}（{data.kind_text}）訓練受訓人員成績冊", centred=True, bold=True),
        Grid((_SCORES,), [_scores(item) for item in data.trainees], widths),
    ]


def proof_roll_form(data: ClassData) -> Sequence[Block]:
    """附表十二、在職教育訓練受訓人員證明核發名冊; under both titles that the source prints."""
    header = ("序號", "姓名", "出生年月日", "身分證字號", "開訓日", "結訓日", "備註")
    rows = [
        (
            str(number),
            item.name,
            day(item.born_on),
            item.number,
            day(data.starts_on),
            day(data.ends_on),
            item.certificate_no,
        )
        for number, item in enumerate((t for t in data.trainees if t.certificate_no), start=1)
    ]
    noted = f"{day(data.noted_on)}{data.noted_no}" if data.noted_no else ""
    return [
        *_title(data, "附表十二、在職教育訓練受訓人員證明核發名冊", "訓練"),
        Line("受訓人員結業證書核發清冊", centred=True),
        Line(f"備查文號：{noted}"),
        Grid((header,), rows, (1.5, 3.0, 3.2, 3.2, 3.2, 3.2, 5.0)),
    ]

"""Forms that go with the filing of a class: 附表二 to 附表五. Titles and columns as in seed 002."""

from collections.abc import Sequence

from .form_model import Block, ClassData, FormTrainee, Grid, Line, day

__all__ = ["lecturers_form", "notice_form", "roster_form", "timetable_form"]

_WEEKDAYS = "一二三四五六日"
_DISCUSSION = "分組討論教材"


def _title(data: ClassData, annex: str, what: str) -> list[Block]:
    return [
        Line(annex),
        Line(f"{data.heading}（{data.kind_text}）{what}", centred=True, bold=True, size=14),
    ]


def _materials(data: ClassData) -> str:
    text = data.materials.strip()
    discussion = _DISCUSSION in text
    other = text.replace(_DISCUSSION, "").strip("、，;； ")
    return "\n".join(
        [
            "□使用　　　　　編印之「　　　　」教材(　年版)。",
            f"{'■' if discussion else '□'}{_DISCUSSION}。",
            f"■其他({other})。" if other else "□其他(　　)。",
        ]
    )


def notice_form(data: ClassData) -> Sequence[Block]:
    """附表二、訓練計畫報備書; the row 核定結果 stays blank: the class is filed for reference."""
    proof = f"（證明文件：{data.venue_proof}）" if data.venue_proof else ""
    notes = (
        "附註：\n1、報名人數須達15人以上始得報訓練計畫，並附受訓人員名冊。\n"
        "2、專業訓練每期受訓人數以不超過80人；在職教育訓練每期受訓人數以不超過120人為原則。"
        "但在職教育訓練若以分組討論方式進行，以不超過60人為限。"
    )
    rows = [
        ("一、訓練期間", f"{data.span}。", notes),
        ("二、訓練場所", f"{data.venue}\n{data.venue_address}{proof}", ""),
        ("三、受訓人數", f"預計{len(data.trainees)}人(附受訓人員名冊)。", ""),
        ("四、輔導員", f"{data.counsellor or '　　　'} 先生(小姐)", ""),
        ("五、教材", _materials(data), ""),
        ("核定結果", "", ""),
    ]
    return [
        *_title(data, "附表二、訓練計畫報備書", "訓練計畫報備書"),
        Grid((), rows, (3.0, 9.0, 5.5), {(0, 2): (5, 1), (5, 1): (1, 2)}),
        Line("依本要點第六點規定，已將訓練課程等內容登錄至教育訓練系統，陳請備查。"),
        Line("此致"),
        Line(data.authority or "(地方主管機關)", bold=True),
        Line(f"訓練機構名稱：{data.institution}"),
        Line(f"地址：{data.institution_address}"),
        Line(f"負責人姓名：{data.representative}　　　　　(簽章)"),
        Line(f"中華民國 {day(data.letter_on)}", centred=True),
    ]


def timetable_form(data: ClassData) -> Sequence[Block]:
    """附表三、訓練課程表."""
    header = (
        "日期",
        "星期",
        "時間",
        "課程名稱\n(含實習或實作)",
        "時數",
        "講師姓名",
        "備註\n(在職教育者，請註明各課程為本規則第5條之1之課程類別)",
    )
    rows = [
        (
            day(item.held_on),
            "" if item.held_on is None else _WEEKDAYS[item.held_on.weekday()],
            item.time,
            item.course,
            item.hours,
            item.lecturer,
            item.category if data.in_service else "",
        )
        for item in data.sessions
    ]
    return [
        *_title(data, "附表三、訓練課程表", "訓練課程表"),
        Grid((header,), rows, (3.0, 1.2, 3.0, 7.0, 1.5, 3.0, 5.0)),
        Line(f"訓練場所地址：{data.venue_address}"),
        Line(f"教室名稱：{data.venue}"),
        Line(f"輔導員姓名：{data.counsellor}　　電話：　　　　　傳真："),
    ]


def lecturers_form(data: ClassData) -> Sequence[Block]:
    """附表四、講師名冊."""
    header = ("編號", "講師姓名", "學歷", "經歷", "符合規定之\n資格條款")
    rows = [
        (str(number), item.name, item.education, item.experience, item.clause)
        for number, item in enumerate(data.lecturers, start=1)
    ]
    return [
        *_title(data, "附表四、講師名冊", "訓練講師名冊"),
        Grid((header,), rows, (1.5, 3.0, 5.0, 7.0, 5.0)),
    ]


_ROSTER = (
    "序號",
    "姓名",
    "出生年月日",
    "身分證字號",
    "資格證書字號",
    "學歷",
    "服務單位",
    "職稱",
    "聯絡地址",
    "電子郵件地址",
    "電話",
    "備註",
)


def _of_trainee(item: FormTrainee, *, in_service: bool) -> tuple[str, ...]:
    least = (item.seat, item.name, day(item.born_on) if item.born_on else "", item.number)
    if in_service:  # 附註三: no more is asked of them
        return (*least, *("" for _ in _ROSTER[4:]))
    return (
        *least,
        item.licence_no,
        item.education,
        item.employer,
        item.job_title,
        item.address,
        item.email,
        item.phone,
        item.remarks,
    )


def roster_form(data: ClassData) -> Sequence[Block]:
    """附表五、受訓人員名冊; of in-service trainees only what note three asks for."""
    rows = [_of_trainee(item, in_service=data.in_service) for item in data.trainees]
    return [
        *_title(data, "附表五、受訓人員名冊", "訓練受訓人員名冊"),
        Grid((_ROSTER,), rows, (1.2, 2.2, 2.8, 2.6, 3.0, 2.0, 3.0, 2.0, 4.0, 4.0, 2.6, 3.0)),
        Line("附註：一、受訓人員資格應查核其資格證書。", size=10),
        Line(
            "附註：二、受訓人員得依本規則第五條附表四之規定，申請抵免相關之學分課程，認可訓練機構應查核其"
            "訓練合格證明或證照，並於備註欄註記繳驗之證明文件名稱及其得抵免之課程名稱。",
            size=10,
        ),
        Line("附註：三、在職教育訓練者，僅需填寫姓名、出生年月日及身分證字號。", size=10),
    ]

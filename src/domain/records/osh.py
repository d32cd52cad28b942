"""Rows of the OSH drops, as ``osh.openapi.yaml`` names them (勞工健康服務訓練管理系統)."""

from .base import Entity, Field, Kind

__all__ = ["ENTITIES"]

ENTITIES: tuple[Entity, ...] = (
    Entity(
        registry="osh",
        collection="institutions",
        table="institution",
        title="訓練機構",
        key="機構代碼",
        fields=(
            Field("name", Kind.TEXT, "機構名稱", source="機構名稱", required=False, nullable=True),
            Field(
                "tax_id", Kind.TEXT, "統一編號", source="統一編號", required=False, nullable=True
            ),
            Field(
                "category",
                Kind.TEXT,
                "機構類別",
                source="機構類別",
                required=False,
                nullable=True,
                known=(
                    "全國性醫學專業團體",
                    "全國性護理專業團體",
                    "經中央衛生福利主管機關教學醫院評鑑合格之醫療機構",
                    "設有醫、護科系所且於三年內曾開授職業醫學或職業衛生護理課程之大專院校",
                ),
            ),
            Field("county", Kind.TEXT, "縣市", source="縣市", required=False, nullable=True),
            Field("address", Kind.TEXT, "地址", source="地址", required=False, nullable=True),
            Field(
                "representative",
                Kind.TEXT,
                "負責人姓名",
                source="負責人姓名",
                required=False,
                nullable=True,
            ),
            Field("phone", Kind.TEXT, "電話", source="電話", required=False, nullable=True),
        ),
    ),
    Entity(
        registry="osh",
        collection="recognitions",
        table="recognition",
        title="認可",
        key="認可編號",
        fields=(
            Field(
                "institution_code",
                Kind.TEXT,
                "機構代碼",
                source="機構代碼",
                required=False,
                nullable=True,
            ),
            Field(
                "training_kinds",
                Kind.TEXT,
                "訓練類別",
                source="訓練類別",
                required=False,
                nullable=True,
                known=(
                    "專業訓練",
                    "在職教育訓練",
                ),
            ),
            Field(
                "trainees", Kind.TEXT, "訓練對象", source="訓練對象", required=False, nullable=True
            ),
            Field(
                "document_no",
                Kind.TEXT,
                "認可文號",
                source="認可文號",
                required=False,
                nullable=True,
            ),
            Field(
                "recognised_on",
                Kind.DAY,
                "認可日期",
                source="認可日期",
                required=False,
                nullable=True,
            ),
            Field(
                "valid_from",
                Kind.DAY,
                "有效期間起",
                source="有效期間起",
                required=False,
                nullable=True,
            ),
            Field(
                "valid_to",
                Kind.DAY,
                "有效期間迄",
                source="有效期間迄",
                required=False,
                nullable=True,
            ),
            Field(
                "state",
                Kind.TEXT,
                "狀態",
                source="狀態",
                required=False,
                nullable=True,
                known=(
                    "有效",
                    "屆期",
                    "廢止",
                    "撤銷",
                ),
            ),
            Field(
                "termination_kind",
                Kind.TEXT,
                "終止種類",
                source="終止種類",
                required=False,
                nullable=True,
                known=(
                    "廢止",
                    "撤銷",
                ),
            ),
            Field(
                "terminated_on",
                Kind.DAY,
                "終止日期",
                source="終止日期",
                required=False,
                nullable=True,
            ),
            Field(
                "effective_on",
                Kind.DAY,
                "終止生效日",
                source="終止生效日",
                required=False,
                nullable=True,
            ),
            Field(
                "ground", Kind.TEXT, "終止事由", source="終止事由", required=False, nullable=True
            ),
        ),
    ),
    Entity(
        registry="osh",
        collection="classes",
        table="training_class",
        title="訓練班",
        key="班別編號",
        fields=(
            Field(
                "institution_code",
                Kind.TEXT,
                "機構代碼",
                source="機構代碼",
                required=False,
                nullable=True,
            ),
            Field("period_no", Kind.TEXT, "期別", source="期別", required=False, nullable=True),
            Field(
                "training_kind",
                Kind.TEXT,
                "訓練類別",
                source="訓練類別",
                required=False,
                nullable=True,
                known=(
                    "專業訓練",
                    "在職教育訓練",
                ),
            ),
            Field(
                "training_name",
                Kind.TEXT,
                "訓練名稱",
                source="訓練名稱",
                required=False,
                nullable=True,
            ),
            Field(
                "format",
                Kind.TEXT,
                "授課形式",
                source="授課形式",
                required=False,
                nullable=True,
                known=(
                    "講授",
                    "分組討論",
                ),
            ),
            Field("starts_on", Kind.DAY, "開訓日", source="開訓日", required=False, nullable=True),
            Field("ends_on", Kind.DAY, "結訓日", source="結訓日", required=False, nullable=True),
            Field("venue", Kind.TEXT, "訓練場所", source="訓練場所", required=False, nullable=True),
            Field("address", Kind.TEXT, "地址", source="地址", required=False, nullable=True),
            Field("county", Kind.TEXT, "縣市", source="縣市", required=False, nullable=True),
            Field(
                "trainees", Kind.WHOLE, "受訓人數", source="受訓人數", required=False, nullable=True
            ),
            Field(
                "counsellor", Kind.TEXT, "輔導員", source="輔導員", required=False, nullable=True
            ),
            Field("materials", Kind.TEXT, "教材", source="教材", required=False, nullable=True),
            Field(
                "total_hours", Kind.AMOUNT, "總時數", source="總時數", required=False, nullable=True
            ),
            Field(
                "filed_on", Kind.DAY, "報備日期", source="報備日期", required=False, nullable=True
            ),
            Field(
                "noted_no", Kind.TEXT, "備查文號", source="備查文號", required=False, nullable=True
            ),
            Field(
                "noted_on", Kind.DAY, "備查日期", source="備查日期", required=False, nullable=True
            ),
            Field(
                "uploaded_on",
                Kind.DAY,
                "登錄日期",
                source="登錄日期",
                required=False,
                nullable=True,
            ),
            Field(
                "state",
                Kind.TEXT,
                "狀態",
                source="狀態",
                required=False,
                nullable=True,
                known=(
                    "報備",
                    "已備查",
                    "訓練中",
                    "結訓",
                    "已登錄",
                    "結案",
                    "取消",
                    "停訓",
                ),
            ),
        ),
    ),
    Entity(
        registry="osh",
        collection="sessions",
        table="session",
        title="訓練課程表",
        key="課程序號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field("date", Kind.DAY, "日期", source="日期", required=False, nullable=True),
            Field("weekday", Kind.TEXT, "星期", source="星期", required=False, nullable=True),
            Field("time", Kind.TEXT, "時間", source="時間", required=False, nullable=True),
            Field(
                "course", Kind.TEXT, "課程名稱", source="課程名稱", required=False, nullable=True
            ),
            Field("hours", Kind.AMOUNT, "時數", source="時數", required=False, nullable=True),
            Field(
                "lecturer_no",
                Kind.TEXT,
                "講師編號",
                source="講師編號",
                required=False,
                nullable=True,
            ),
            Field(
                "category",
                Kind.TEXT,
                "課程類別",
                source="課程類別",
                required=False,
                nullable=True,
                known=(
                    "職業安全衛生相關法規",
                    "職場健康風險評估",
                    "職場健康管理實務",
                ),
            ),
        ),
    ),
    Entity(
        registry="osh",
        collection="lecturers",
        table="lecturer",
        title="講師名冊",
        key="講師編號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field("seq", Kind.TEXT, "編號", source="編號", required=False, nullable=True),
            Field("name", Kind.TEXT, "講師姓名", source="講師姓名", required=False, nullable=True),
            Field("education", Kind.TEXT, "學歷", source="學歷", required=False, nullable=True),
            Field("experience", Kind.TEXT, "經歷", source="經歷", required=False, nullable=True),
            Field(
                "clause",
                Kind.TEXT,
                "符合規定之資格條款",
                source="符合規定之資格條款",
                required=False,
                nullable=True,
            ),
        ),
    ),
    Entity(
        registry="osh",
        collection="trainees",
        table="trainee",
        title="受訓人員名冊",
        key="受訓人員編號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field("seq", Kind.TEXT, "序號", source="序號", required=False, nullable=True),
            Field("name", Kind.TEXT, "姓名", source="姓名", required=False, nullable=True),
            Field(
                "birth_date",
                Kind.DAY,
                "出生年月日",
                source="出生年月日",
                required=False,
                nullable=True,
            ),
            Field(
                "national_id",
                Kind.NUMBER,
                "身分證字號",
                source="身分證字號",
                required=False,
                nullable=True,
            ),
            Field(
                "licence_no",
                Kind.TEXT,
                "資格證書字號",
                source="資格證書字號",
                required=False,
                nullable=True,
            ),
            Field("education", Kind.TEXT, "學歷", source="學歷", required=False, nullable=True),
            Field(
                "employer", Kind.TEXT, "服務單位", source="服務單位", required=False, nullable=True
            ),
            Field("job_title", Kind.TEXT, "職稱", source="職稱", required=False, nullable=True),
            Field(
                "address", Kind.TEXT, "聯絡地址", source="聯絡地址", required=False, nullable=True
            ),
            Field(
                "email",
                Kind.TEXT,
                "電子郵件地址",
                source="電子郵件地址",
                required=False,
                nullable=True,
            ),
            Field("phone", Kind.TEXT, "電話", source="電話", required=False, nullable=True),
            Field(
                "profession",
                Kind.TEXT,
                "人員類別",
                source="人員類別",
                required=False,
                nullable=True,
                known=(
                    "醫師",
                    "護理人員",
                    "勞工健康服務相關人員",
                ),
            ),
            Field("remarks", Kind.TEXT, "備註", source="備註", required=False, nullable=True),
        ),
    ),
    Entity(
        registry="osh",
        collection="attendance",
        table="attendance",
        title="簽到退與點名紀錄",
        key="紀錄編號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field(
                "session_no",
                Kind.TEXT,
                "課程序號",
                source="課程序號",
                required=False,
                nullable=True,
            ),
            Field(
                "trainee_no",
                Kind.TEXT,
                "受訓人員編號",
                source="受訓人員編號",
                required=False,
                nullable=True,
            ),
            Field(
                "sign_in", Kind.TEXT, "簽到時間", source="簽到時間", required=False, nullable=True
            ),
            Field(
                "sign_out", Kind.TEXT, "簽退時間", source="簽退時間", required=False, nullable=True
            ),
            Field(
                "late_minutes",
                Kind.WHOLE,
                "遲到分鐘",
                source="遲到分鐘",
                required=False,
                nullable=True,
            ),
            Field(
                "leave_hours",
                Kind.AMOUNT,
                "請假時數",
                source="請假時數",
                required=False,
                nullable=True,
            ),
            Field(
                "absent_hours",
                Kind.AMOUNT,
                "缺課時數",
                source="缺課時數",
                required=False,
                nullable=True,
            ),
            Field(
                "signature_valid",
                Kind.FLAG,
                "簽名有效",
                source="簽名有效",
                required=False,
                nullable=True,
            ),
            Field(
                "made_up_on", Kind.DAY, "補課日期", source="補課日期", required=False, nullable=True
            ),
            Field(
                "made_up_hours",
                Kind.AMOUNT,
                "補課時數",
                source="補課時數",
                required=False,
                nullable=True,
            ),
        ),
    ),
    Entity(
        registry="osh",
        collection="results",
        table="result",
        title="成績冊",
        key="成績編號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field(
                "trainee_no",
                Kind.TEXT,
                "受訓人員編號",
                source="受訓人員編號",
                required=False,
                nullable=True,
            ),
            Field(
                "exam_on", Kind.DAY, "測驗日期", source="測驗日期", required=False, nullable=True
            ),
            Field(
                "attempt",
                Kind.TEXT,
                "測驗次別",
                source="測驗次別",
                required=False,
                nullable=True,
                known=(
                    "初測",
                    "補考",
                ),
            ),
            Field("score", Kind.TEXT, "測驗成績", source="測驗成績", required=False, nullable=True),
            Field(
                "outcome",
                Kind.TEXT,
                "測驗結果",
                source="測驗結果",
                required=False,
                nullable=True,
                known=(
                    "及格",
                    "不及格",
                ),
            ),
            Field(
                "practicum_on",
                Kind.DAY,
                "實習日期",
                source="實習日期",
                required=False,
                nullable=True,
            ),
            Field(
                "practicum_place",
                Kind.TEXT,
                "實習場所名稱",
                source="實習場所名稱",
                required=False,
                nullable=True,
            ),
            Field(
                "report_score",
                Kind.TEXT,
                "實習或實作報告成績",
                source="實習或實作報告成績",
                required=False,
                nullable=True,
            ),
            Field("remarks", Kind.TEXT, "備註", source="備註", required=False, nullable=True),
        ),
    ),
    Entity(
        registry="osh",
        collection="certificates",
        table="certificate",
        title="核發清冊",
        key="證書字號",
        fields=(
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field(
                "trainee_no",
                Kind.TEXT,
                "受訓人員編號",
                source="受訓人員編號",
                required=False,
                nullable=True,
            ),
            Field(
                "kind",
                Kind.TEXT,
                "種類",
                source="種類",
                required=False,
                nullable=True,
                known=(
                    "結業證書",
                    "在職教育訓練證明",
                ),
            ),
            Field("name", Kind.TEXT, "姓名", source="姓名", required=False, nullable=True),
            Field(
                "birth_date",
                Kind.DAY,
                "出生年月日",
                source="出生年月日",
                required=False,
                nullable=True,
            ),
            Field(
                "national_id",
                Kind.NUMBER,
                "身分證字號",
                source="身分證字號",
                required=False,
                nullable=True,
            ),
            Field("starts_on", Kind.DAY, "開訓日", source="開訓日", required=False, nullable=True),
            Field("ends_on", Kind.DAY, "結訓日", source="結訓日", required=False, nullable=True),
            Field(
                "issued_on", Kind.DAY, "核發日期", source="核發日期", required=False, nullable=True
            ),
            Field(
                "noted_no", Kind.TEXT, "備查文號", source="備查文號", required=False, nullable=True
            ),
            Field(
                "hours", Kind.AMOUNT, "訓練時數", source="訓練時數", required=False, nullable=True
            ),
            Field(
                "category_hours",
                Kind.TEXT,
                "課程類別時數",
                source="課程類別時數",
                required=False,
                nullable=True,
            ),
            Field(
                "confirmed_on",
                Kind.DAY,
                "受訓人員確認日期",
                source="受訓人員確認日期",
                required=False,
                nullable=True,
            ),
            Field("remarks", Kind.TEXT, "備註", source="備註", required=False, nullable=True),
        ),
    ),
    Entity(
        registry="osh",
        collection="improvement_orders",
        table="improvement_order",
        title="限期改善",
        key="編號",
        fields=(
            Field(
                "institution_code",
                Kind.TEXT,
                "機構代碼",
                source="機構代碼",
                required=False,
                nullable=True,
            ),
            Field(
                "class_no", Kind.TEXT, "班別編號", source="班別編號", required=False, nullable=True
            ),
            Field(
                "issued_by", Kind.TEXT, "發文機關", source="發文機關", required=False, nullable=True
            ),
            Field(
                "issued_on", Kind.DAY, "發文日期", source="發文日期", required=False, nullable=True
            ),
            Field("document_no", Kind.TEXT, "文號", source="文號", required=False, nullable=True),
            Field(
                "breach", Kind.TEXT, "違反事項", source="違反事項", required=False, nullable=True
            ),
            Field(
                "improve_by", Kind.DAY, "改善期限", source="改善期限", required=False, nullable=True
            ),
            Field(
                "improved_on",
                Kind.DAY,
                "改善完成日",
                source="改善完成日",
                required=False,
                nullable=True,
            ),
            Field(
                "report_on",
                Kind.DAY,
                "書面報告日",
                source="書面報告日",
                required=False,
                nullable=True,
            ),
            Field(
                "state",
                Kind.TEXT,
                "狀態",
                source="狀態",
                required=False,
                nullable=True,
                known=(
                    "限期改善中",
                    "已改善",
                    "屆期未改善",
                ),
            ),
        ),
    ),
)

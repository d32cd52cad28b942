"""What institutions send about OSH classes: plans, trainees, attendance, results, certificates.

Only what a check cannot do without is required by the schema; everything else that is missing comes
back as an error of the filing, beside all the others.
"""

from datetime import date
from typing import TypeVar

import msgspec
import strawberry

from ...resolvers.osh_plan import (
    PlanLecturer,
    PlanSession,
    PlanTrainee,
    Venue,
    VenueProof,
    county_of,
    known_code,
)
from ..scalars import Amount, Day

__all__ = [
    "OshAttendanceRowInput",
    "OshCategoryHoursInput",
    "OshCertificateRowInput",
    "OshLecturerInput",
    "OshPlannedClassInput",
    "OshResultRowInput",
    "OshSessionInput",
    "OshTraineeInput",
    "OshVenueInput",
    "OshVenueProofInput",
    "OshWaiverInput",
    "many",
]


@strawberry.input(description="訓練場所。 Where the class is held.")
class OshVenueInput:
    """A venue."""

    name: str | None = strawberry.field(default=None, description="訓練場所名稱。 Name.")
    address: str | None = strawberry.field(default=None, description="地址。 Address.")
    county: str | None = strawberry.field(
        default=None, description="縣市(代碼或名稱)。 County: its code (63000) or name."
    )

    def plain(self) -> Venue:
        """For the use case."""
        return Venue(name=self.name, address=self.address, county=county_of(self.county))


@strawberry.input(
    description="消防法及建築法令證明。 Proof of the venue under fire and building law."
)
class OshVenueProofInput:
    """A proof."""

    document_no: str | None = strawberry.field(default=None, description="文號。 Number.")
    issued_on: Day | None = strawberry.field(default=None, description="核發日期。 Issued.")

    def plain(self) -> VenueProof:
        """For the use case."""
        return VenueProof(document_no=self.document_no, issued_on=self.issued_on)


@strawberry.input(description="訓練課程表之一列(附表三)。 A row of the timetable.")
class OshSessionInput:
    """A session."""

    date: Day | None = strawberry.field(default=None, description="日期。 Day.")
    time: str | None = strawberry.field(
        default=None, description="時間,如 09:00~12:00。 From~to, such as 09:00~12:00."
    )
    course: str | None = strawberry.field(default=None, description="課程名稱。 Course.")
    hours: Amount | None = strawberry.field(default=None, description="時數。 Hours.")
    lecturer: str | None = strawberry.field(
        default=None, description="講師姓名,須在講師名冊。 A lecturer of the list, by name."
    )
    category: str | None = strawberry.field(
        default=None,
        description="在職教育訓練課程類別:osh.regulations、osh.risk_assessment、osh.health_management。 "
        "Category of in-service training.",
    )

    def plain(self) -> PlanSession:
        """For the use case."""
        return PlanSession(
            held_on=self.date,
            time=self.time,
            course=self.course,
            hours=self.hours,
            lecturer=self.lecturer,
            category=known_code("osh.category", self.category),
        )


@strawberry.input(description="講師名冊之一列(附表四)。 A row of the lecturers' list.")
class OshLecturerInput:
    """A lecturer."""

    name: str | None = strawberry.field(default=None, description="講師姓名。 Name, unique.")
    education: str | None = strawberry.field(default=None, description="學歷。 Education.")
    experience: str | None = strawberry.field(default=None, description="經歷。 Experience.")
    clause: str | None = strawberry.field(
        default=None, description="符合規定之資格條款。 Clause of the rule on lecturers."
    )

    def plain(self) -> PlanLecturer:
        """For the use case."""
        return PlanLecturer(
            name=self.name,
            education=self.education,
            experience=self.experience,
            clause=self.clause,
        )


@strawberry.input(description="抵免:證明文件與課程。 A waiver: its proof and the courses.")
class OshWaiverInput:
    """A waiver."""

    proof: str | None = strawberry.field(default=None, description="證明文件名稱。 Proof.")
    courses: list[str] | None = strawberry.field(
        default=None, description="抵免之課程名稱。 Courses of this class."
    )


@strawberry.input(
    description="受訓人員名冊之一列(附表五);在職教育訓練僅需序號、姓名、出生年月日、身分證字號。 A row of the "
    "trainees' roster; in-service training needs only seq, name, birthDate and nationalId."
)
class OshTraineeInput:
    """A trainee."""

    seq: strawberry.ID | None = strawberry.field(default=None, description="序號。 Seat number.")
    name: str | None = strawberry.field(default=None, description="姓名。 Name.")
    birth_date: str | None = strawberry.field(
        default=None, description="出生年月日,如 1978-07-22。 Date of birth, ISO."
    )
    national_id: str | None = strawberry.field(
        default=None, description="身分證字號。 National ID, as written."
    )
    licence_no: str | None = strawberry.field(
        default=None, description="資格證書字號。 Qualification certificate."
    )
    education: str | None = strawberry.field(default=None, description="學歷。 Education.")
    employer: str | None = strawberry.field(default=None, description="服務單位。 Employer.")
    job_title: str | None = strawberry.field(default=None, description="職稱。 Title.")
    address: str | None = strawberry.field(default=None, description="聯絡地址。 Address.")
    email: str | None = strawberry.field(default=None, description="電子郵件地址。 E-mail.")
    phone: str | None = strawberry.field(default=None, description="電話。 Telephone.")
    remarks: str | None = strawberry.field(default=None, description="備註。 Remarks.")
    profession: str | None = strawberry.field(
        default=None,
        description="人員類別:physician、nurse、psychologist、occupational_therapist、"
        "physical_therapist、related。 Profession.",
    )
    licence_verified: bool | None = strawberry.field(
        default=None,
        description="資格證書已查核;未填者依全名冊之聲明。 The qualification certificate was checked; "
        "default what is declared of the whole roster.",
    )
    waiver: OshWaiverInput | None = strawberry.field(default=None, description="抵免。 Waiver.")

    def plain(self) -> PlanTrainee:
        """For the use case."""
        waiver = self.waiver
        return PlanTrainee(
            seq=None if self.seq is None else str(self.seq),
            name=self.name,
            birth_date=self.birth_date,
            national_id=self.national_id,
            licence_no=self.licence_no,
            education=self.education,
            employer=self.employer,
            job_title=self.job_title,
            address=self.address,
            email=self.email,
            phone=self.phone,
            remarks=self.remarks,
            profession=known_code("osh.profession", self.profession),
            licence_verified=self.licence_verified,
            waiver=None
            if waiver is None
            else {"proof": waiver.proof, "courses": list(waiver.courses or ())},
        )


@strawberry.input(
    description="尚未報備之訓練班;名冊先予保存,報備時一併送出。 A class that is not filed yet: the roster is kept and "
    "goes with its plan."
)
class OshPlannedClassInput:
    """A class that is not filed yet."""

    institution_code: str | None = strawberry.field(
        default=None, description="機構代碼;僅有一個者可省略。 Institution code; may be left out."
    )
    period_no: str | None = strawberry.field(
        default=None, description="期別,須與報備相同。 Period, as the plan will say."
    )
    kind: str = strawberry.field(
        description="訓練類別:professional、in_service。 Kind of training."
    )
    format: str = strawberry.field(
        default="lecture", description="授課形式:lecture、group_discussion。 Form of teaching."
    )
    starts_on: date = strawberry.field(description="開訓日。 First day.")
    courses: list[str] | None = strawberry.field(
        default=None, description="課程名稱(供抵免檢核)。 Courses, for waivers."
    )


@strawberry.input(description="簽到退與點名之一列(附表八、附表九)。 One trainee in one session.")
class OshAttendanceRowInput:
    """A row of attendance."""

    trainee_seq: strawberry.ID = strawberry.field(description="受訓人員序號。 Seat number.")
    session_no: str = strawberry.field(
        description="課程序號,見 TrainingClass.sessions.number。 Number of the session."
    )
    sign_in: str | None = strawberry.field(default=None, description="簽到 HH:MM。 Signed in.")
    sign_out: str | None = strawberry.field(default=None, description="簽退 HH:MM。 Signed out.")
    late_minutes: int | None = strawberry.field(
        default=None, description="遲到分鐘。 Minutes late."
    )
    leave_hours: Amount | None = strawberry.field(
        default=None, description="事前請假時數。 Hours of leave asked for beforehand."
    )
    signature_valid: bool = strawberry.field(
        default=True, description="簽名有效。 Whether the signatures are valid."
    )
    made_up_on: Day | None = strawberry.field(default=None, description="補課日期。 Made up on.")
    made_up_hours: Amount | None = strawberry.field(
        default=None, description="補課時數。 Hours made up."
    )


@strawberry.input(description="成績冊之一列(附表十)。 One sitting of one trainee.")
class OshResultRowInput:
    """A row of results."""

    trainee_seq: strawberry.ID = strawberry.field(description="受訓人員序號。 Seat number.")
    exam_on: Day = strawberry.field(description="測驗日期。 Day of the examination.")
    attempt: strawberry.ID = strawberry.field(
        default=strawberry.ID("1"),
        description="測驗次別:1 初測、2 補考。 1 first sitting, 2 resit.",
    )
    passed: bool = strawberry.field(description="及格。 Passed.")
    score: str | None = strawberry.field(default=None, description="測驗成績。 Score.")
    practicum_on: Day | None = strawberry.field(
        default=None, description="實習日期。 Day of the practicum."
    )
    practicum_place: str | None = strawberry.field(
        default=None, description="實習場所名稱。 Place of the practicum."
    )
    report_score: str | None = strawberry.field(
        default=None, description="實習或實作報告成績。 Score of the report."
    )
    remarks: str | None = strawberry.field(default=None, description="備註。 Remarks.")


@strawberry.input(description="課程類別時數。 Hours of a category.")
class OshCategoryHoursInput:
    """Hours of a category."""

    category: str = strawberry.field(description="課程類別。 Category.")
    hours: Amount = strawberry.field(description="時數。 Hours.")


@strawberry.input(description="核發清冊之一列(附表十一、附表十二)。 One certificate or proof.")
class OshCertificateRowInput:
    """A row of the issue roll."""

    trainee_seq: strawberry.ID = strawberry.field(description="受訓人員序號。 Seat number.")
    certificate_no: str = strawberry.field(description="證書字號,不得重複。 Number, a new one.")
    issued_on: Day = strawberry.field(description="核發日期。 Issued on.")
    category_hours: list[OshCategoryHoursInput] | None = strawberry.field(
        default=None,
        description="課程類別時數;在職教育訓練未填者依課程表。 Hours by category; of in-service training the "
        "timetable's where nothing is said.",
    )
    waived_hours: Amount | None = strawberry.field(
        default=None,
        description="抵免時數;未填者依名冊之抵免。 Hours waived; default those of the roster's waivers.",
    )
    remarks: str | None = strawberry.field(default=None, description="備註。 Remarks.")


R = TypeVar("R", bound=msgspec.Struct)


def many(kind: type[R], rows: list[object]) -> tuple[R, ...]:
    """Rows of the schema as rows of the use case: fields of one name, ids as text."""
    names = kind.__struct_fields__
    return tuple(
        kind(**{name: _plain(getattr(row, name)) for name in names if hasattr(row, name)})
        for row in rows
    )


def _plain(value: object) -> object:
    if isinstance(value, list):
        return tuple((item.category, item.hours) for item in value)
    return value

"""Inputs of what is filed with the VR register, and the use cases' plain forms of them."""

from datetime import date

import strawberry

from ...resolvers.vr_clear import ClearVrRoster
from ...resolvers.vr_course import AmendVrCourse, FileVrCourse
from ...resolvers.vr_course_form import (
    Category,
    Contact,
    CourseForm,
    CoursePapers,
    Lecturer,
    hours_text,
)
from ...resolvers.vr_extension import ApplyVrExtension, LocalLetter
from ...resolvers.vr_roster import RosterFile, RosterRow, VrRosterInput
from ..scalars import Amount
from .common import upload_or_none

__all__ = [
    "AmendVrCourseInput",
    "ApplyVrExtensionInput",
    "ClearVrRosterInput",
    "FileVrCourseInput",
    "SubmitVrRosterInput",
]

_KEY = "冪等鍵,8 至 255 字元。 A new one per filing; a repeat gets the first answer."
_DRY = "僅檢核,不儲存。 Dry run: the same verdict, nothing stored."


@strawberry.input(description="課程類別及領域。 A part of a course with its hours.")
class VrCourseCategoryInput:
    """A part of a course."""

    category: str = strawberry.field(
        description="課程類別:professional、law、ethics、quality 或機關用語。 Category: code or term."
    )
    core_competency: str | None = strawberry.field(
        default=None, description="核心能力。 Core competency."
    )
    field: str | None = strawberry.field(default=None, description="課程領域。 Field (課程領域).")
    hours: Amount = strawberry.field(description="課程時數。 Hours of this part.")


@strawberry.input(
    description="講師;已核可之講師僅需姓名與證號。 A lecturer; of one approved already name and number do."
)
class VrLecturerInput:
    """A lecturer."""

    name: str = strawberry.field(description="講師姓名。 Name.")
    identifier: str | None = strawberry.field(
        default=None, description="身分證字號(或居留證號)。 National ID or resident number."
    )
    clause: int | None = strawberry.field(
        default=None, description="附表七條款 1 至 4。 Clause 1 to 4 of annex 7."
    )
    lecturer_certificate: str | None = strawberry.field(
        default=None, description="教育部審定講師證書字號。 Number of the lecturer certificate."
    )
    expertise: str | None = strawberry.field(
        default=None, description="專長及年資。 Field of expertise and years of practice."
    )
    evidence: bool = strawberry.field(
        default=False, description="佐證資料隨件寄送。 Whether the evidence is enclosed."
    )


@strawberry.input(description="課程聯絡人。 Who answers for the course.")
class VrContactInput:
    """A contact."""

    name: str = strawberry.field(description="姓名。 Name.")
    phone: str = strawberry.field(description="電話。 Telephone.")
    fax: str | None = strawberry.field(default=None, description="傳真。 Fax.")
    email: str = strawberry.field(description="電子郵件。 E-mail.")


@strawberry.input(description="課程資料。 A course, as the register's form has it.")
class VrCourseInput:
    """A course."""

    name: str = strawberry.field(description="課程名稱。 Name.")
    nature: str = strawberry.field(
        description="訓練性質:pre_appointment、post_hire、continuing_education 或機關用語。 "
        "Nature: code or term."
    )
    public: bool | None = strawberry.field(
        default=None, description="是否公開。 Whether it is shown to the public."
    )
    delivery: list[str] = strawberry.field(
        description="授課方式:in_person、live_online、online 或機關用語。 Ways of teaching: codes or "
        "terms."
    )
    delivery_reason: str | None = strawberry.field(
        default=None, description="多種方式並用之原因。 Why more than one way is used."
    )
    session: str = strawberry.field(
        description="上課時段:morning、afternoon、all_day 或機關用語。 Part of the day: code or term."
    )
    starts_on: date = strawberry.field(description="開課期間起。 First day.")
    ends_on: date = strawberry.field(description="開課期間迄。 Last day.")
    fee: int | None = strawberry.field(default=None, description="訓練費用(元)。 Fee in TWD.")
    place: str = strawberry.field(description="受訓地點。 Place.")
    county: str = strawberry.field(description="縣市代碼或全銜。 County: code or official name.")
    categories: list[VrCourseCategoryInput] = strawberry.field(
        description="課程類別,至多二項。 Its parts, at most two."
    )
    method: str = strawberry.field(description="辦理方式。 Form.")
    target_titles: list[str] = strawberry.field(
        description="辦理對象:資格代碼或機關用語。 Titles it is meant for: codes or terms."
    )
    lecturers: list[VrLecturerInput] = strawberry.field(description="講師。 Lecturers.")
    contact: VrContactInput = strawberry.field(description="聯絡人。 Contact.")
    requirements: str = strawberry.field(
        description="參訓資格,至多 255 字。 Admission, up to 255 characters."
    )

    def plain(self) -> CourseForm:
        """The form of the use case."""
        contact = self.contact
        return CourseForm(
            self.name,
            self.nature,
            tuple(self.delivery),
            self.session,
            self.starts_on,
            self.ends_on,
            self.place,
            self.county,
            tuple(
                Category(item.category, item.hours, item.core_competency, item.field)
                for item in self.categories
            ),
            self.method,
            tuple(self.target_titles),
            tuple(
                Lecturer(
                    item.name,
                    item.identifier,
                    item.clause,
                    item.lecturer_certificate,
                    item.expertise,
                    item.evidence,
                )
                for item in self.lecturers
            ),
            Contact(contact.name, contact.phone, contact.email, contact.fax),
            self.requirements,
            self.public,
            self.delivery_reason,
            self.fee,
        )


@strawberry.input(
    description="隨件寄送機關之文件。 What goes to the office by mail, as the institution declares it."
)
class VrCoursePapersInput:
    """The papers of a course."""

    stage: str | None = strawberry.field(
        default=None,
        description="課前 pre 或課後 post,預設依報送日。 pre or post; default by the day of filing.",
    )
    documents: list[str] = strawberry.field(
        default_factory=list,
        description="文件:course_summary、instructor_cv、brochure、sign_in_sheet、handouts。 "
        "Documents enclosed.",
    )
    stamped: bool = strawberry.field(default=False, description="已用印。 Stamped.")
    official_letter: bool = strawberry.field(
        default=False, description="附公文。 With an official letter."
    )

    def plain(self) -> CoursePapers:
        """The papers of the use case."""
        return CoursePapers(
            self.stage,
            tuple(self.documents),
            self.stamped,
            self.official_letter,
        )


@strawberry.input(description="申請課程。 A course filed for review.")
class FileVrCourseInput:
    """Input of fileVrCourse."""

    idempotency_key: str = strawberry.field(description=_KEY)
    institution: str | None = strawberry.field(
        default=None,
        description="報送機構統一編號,權杖僅有一家時可省略。 Unified business number that files; may "
        "be left out where the token has only one.",
    )
    course: VrCourseInput = strawberry.field(description="課程資料。 The course.")
    papers: VrCoursePapersInput = strawberry.field(
        default_factory=VrCoursePapersInput, description="隨件文件。 The papers."
    )
    validate_only: bool = strawberry.field(default=False, description=_DRY)

    def plain(self) -> FileVrCourse:
        """The input of the use case."""
        return FileVrCourse(
            self.idempotency_key,
            self.course.plain(),
            self.papers.plain(),
            self.institution,
            self.validate_only,
        )


@strawberry.input(description="變更尚未送出之課程申請。 Another content for a filing not sent yet.")
class AmendVrCourseInput:
    """Input of amendVrCourse."""

    idempotency_key: str = strawberry.field(description=_KEY)
    submission: strawberry.ID = strawberry.field(
        description="原送件之識別碼。 Id of the submission to be changed."
    )
    course: VrCourseInput = strawberry.field(description="課程資料全文。 The whole course anew.")
    papers: VrCoursePapersInput = strawberry.field(
        default_factory=VrCoursePapersInput, description="隨件文件。 The papers."
    )
    validate_only: bool = strawberry.field(default=False, description=_DRY)

    def plain(self) -> AmendVrCourse:
        """The input of the use case."""
        return AmendVrCourse(
            self.idempotency_key,
            self.submission,
            self.course.plain(),
            self.papers.plain(),
            self.validate_only,
        )


@strawberry.input(description="名冊檔案。 A roster file for one domain of the course.")
class RosterFileInput:
    """A roster file."""

    domain: int = strawberry.field(
        description="課程領域序號,自 1 起。 Domain of the course (課程領域), from 1."
    )
    upload: strawberry.ID = strawberry.field(
        description="上傳代碼(POST /uploads)。 Id of the upload: .csv, .ods or .xlsx."
    )


@strawberry.input(description="名冊之一列。 One attendee, instead of a file.")
class VrRosterRowInput:
    """A roster row."""

    domain: int = strawberry.field(default=1, description="課程領域序號。 Domain, from 1.")
    held_on: date = strawberry.field(description="上課日期。 Day of the class.")
    name: str = strawberry.field(description="學員姓名。 Name.")
    identifier: str = strawberry.field(
        description="學員身分證字號(或居留證號)。 National ID or resident number."
    )
    hours: Amount = strawberry.field(description="核定時數。 Approved hours, not weighted.")
    outlying_island: bool = strawberry.field(default=False, description="離島地區。 Offshore.")
    international: bool = strawberry.field(default=False, description="國際性質。 International.")
    lecturer: bool = strawberry.field(default=False, description="授課者。 Taught the class.")


@strawberry.input(description="送交上課紀錄。 A roster of a VR course, as files or as rows.")
class SubmitVrRosterInput:
    """Input of submitVrRoster."""

    idempotency_key: str = strawberry.field(description=_KEY)
    course_no: str = strawberry.field(description="課程編號。 Number of the course.")
    files: list[RosterFileInput] | None = strawberry.field(
        default=None, description="每一課程領域一檔。 One file per domain."
    )
    rows: list[VrRosterRowInput] | None = strawberry.field(
        default=None, description="以資料列代替檔案。 Rows instead of files."
    )
    sign_in_sheet: strawberry.ID | None = strawberry.field(
        default=None, description="簽到表上傳代碼(PDF 或 JPG)。 Upload of the sign-in sheet."
    )
    validate_only: bool = strawberry.field(default=False, description=_DRY)

    def plain(self) -> VrRosterInput:
        """The input of the use case."""
        return VrRosterInput(
            self.idempotency_key,
            self.course_no,
            None if self.sign_in_sheet is None else upload_or_none(self.sign_in_sheet),
            tuple(
                RosterFile(item.domain, upload_or_none(item.upload)) for item in self.files or ()
            ),
            tuple(
                RosterRow(
                    row.held_on,
                    row.name,
                    row.identifier,
                    hours_text(row.hours),
                    row.outlying_island,
                    row.international,
                    row.lecturer,
                    row.domain,
                )
                for row in self.rows or ()
            ),
            self.validate_only,
        )


@strawberry.input(description="清除上課紀錄。 Takes a course's roster off again.")
class ClearVrRosterInput:
    """Input of clearVrRoster."""

    idempotency_key: str = strawberry.field(description=_KEY)
    course_no: str = strawberry.field(description="課程編號。 Number of the course.")
    validate_only: bool = strawberry.field(default=False, description=_DRY)

    def plain(self) -> ClearVrRoster:
        """The input of the use case."""
        return ClearVrRoster(self.idempotency_key, self.course_no, self.validate_only)


@strawberry.input(description="地方主管機關同意文件。 The local authority's letter of consent.")
class VrLocalLetterInput:
    """A letter of consent."""

    county: str = strawberry.field(description="同意之縣市:代碼或全銜。 County: code or name.")
    document_no: str = strawberry.field(description="同意文號。 Number of the letter.")
    document_on: date = strawberry.field(description="同意文件日期。 Day of the letter.")
    start: date | None = strawberry.field(
        default=None, name="from", description="文件所載起日。 First day it names."
    )
    end: date | None = strawberry.field(
        default=None, name="to", description="文件所載迄日。 Last day it names, included."
    )

    def plain(self) -> LocalLetter:
        """The letter of the use case."""
        return LocalLetter(self.county, self.document_no, self.document_on, self.start, self.end)


@strawberry.input(
    description="申請資格展延(扣除離職或留職停薪期間)。 An absence of somebody in one's service, to be "
    "deducted; the certificate by its id, or by the person's number and the title."
)
class ApplyVrExtensionInput:
    """Input of applyVrExtension."""

    idempotency_key: str = strawberry.field(description=_KEY)
    certificate: strawberry.ID | None = strawberry.field(
        default=None, description="資格之識別碼。 Id of the certificate."
    )
    identifier: str | None = strawberry.field(
        default=None, description="專業人員證號。 The person's number."
    )
    qualification: str | None = strawberry.field(
        default=None, description="資格代碼或機關用語。 Title: code or term."
    )
    leave_from: date = strawberry.field(description="起日。 First day of the leave.")
    leave_to: date = strawberry.field(description="迄日,含當日。 Last day, included.")
    reason: str = strawberry.field(description="事由。 Reason.")
    applied_on: date | None = strawberry.field(
        default=None, description="申請日期,預設業務日。 Day of the application; default today."
    )
    proof: bool = strawberry.field(
        default=False, description="證明文件隨件寄送。 Whether the proof is enclosed."
    )
    local_letter: VrLocalLetterInput | None = strawberry.field(
        default=None, description="地方主管機關同意文件。 The local authority's letter."
    )
    validate_only: bool = strawberry.field(default=False, description=_DRY)

    def plain(self) -> ApplyVrExtension:
        """The input of the use case."""
        return ApplyVrExtension(
            self.idempotency_key,
            self.leave_from,
            self.leave_to,
            self.reason,
            self.certificate,
            self.identifier,
            self.qualification,
            self.applied_on,
            self.proof,
            None if self.local_letter is None else self.local_letter.plain(),
            self.validate_only,
        )

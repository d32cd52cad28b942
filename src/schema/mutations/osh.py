"""What institutions file with the OSH system. Every answer: the submission, or every error at once."""

from datetime import date
from typing import Annotated

import strawberry

from ...domain.vocabulary import code_of
from ...resolvers.osh_attendance import (
    AttendanceRow,
    submit_osh_attendance,
)
from ...resolvers.osh_attendance import (
    SubmitOshAttendanceInput as AttendanceInput,
)
from ...resolvers.osh_filing import AmendOshClassInput as AmendInput
from ...resolvers.osh_filing import FileOshClassInput as FileInput
from ...resolvers.osh_filing import PlanParts, amend_osh_class, file_osh_class
from ...resolvers.osh_plan import known_code
from ...resolvers.osh_results import (
    CertificateRow,
    ResultRow,
    issue_osh_certificates,
    submit_osh_results,
)
from ...resolvers.osh_results import IssueOshCertificatesInput as CertificatesInput
from ...resolvers.osh_results import SubmitOshResultsInput as ResultsInput
from ...resolvers.osh_roster import PlannedClass, submit_osh_roster
from ...resolvers.osh_roster import SubmitOshRosterInput as RosterInput
from ..context import Info
from ..fields import computed
from .common import FilingPayload, optional_upload, payload
from .osh_inputs import (
    OshAttendanceRowInput,
    OshCertificateRowInput,
    OshLecturerInput,
    OshPlannedClassInput,
    OshResultRowInput,
    OshSessionInput,
    OshTraineeInput,
    OshVenueInput,
    OshVenueProofInput,
    many,
)

__all__ = ["OshMutations"]

_KEY = "冪等鍵,8 至 255 字元。 A new one per filing; a repeat gets the first answer."
_DRY = "僅檢核,不儲存。 Dry run: the same verdict, nothing stored."
_CLASS_NO = "班別編號。 Number of the class."
_KIND = "訓練類別:professional、in_service。 Kind of training."
_FORMAT = "授課形式:lecture、group_discussion。 Form of teaching."
_FILE = "受訓人員名冊檔上傳代碼(.csv、.ods、.xlsx)。 Upload of the roster, instead of rows."
_VERIFIED = (
    "聲明全名冊資格證書已查核。 Declares for rows that do not say it that the qualification certificate "
    "was checked."
)


@strawberry.input(description="訓練班報備(附表二至附表五)。 A class plan with its lists.")
class FileOshClassInput:
    """Input of fileOshClass."""

    idempotency_key: str = strawberry.field(description=_KEY)
    institution_code: str | None = strawberry.field(
        default=None, description="機構代碼;僅有一個者可省略。 Institution code; may be left out."
    )
    period_no: str | None = strawberry.field(default=None, description="期別。 Period.")
    kind: str = strawberry.field(description=_KIND)
    name: str | None = strawberry.field(default=None, description="訓練名稱。 Name.")
    format: str = strawberry.field(default="lecture", description=_FORMAT)
    starts_on: date = strawberry.field(description="開訓日。 First day.")
    ends_on: date = strawberry.field(description="結訓日。 Last day.")
    venue: OshVenueInput | None = strawberry.field(default=None, description="訓練場所。 Venue.")
    venue_proof: OshVenueProofInput | None = strawberry.field(
        default=None, description="消防、建築證明。 Proof of the venue."
    )
    counsellor: str | None = strawberry.field(default=None, description="輔導員。 Counsellor.")
    materials: str | None = strawberry.field(default=None, description="教材。 Materials.")
    letter_no: str | None = strawberry.field(
        default=None, description="函報地方主管機關文號。 Letter to the local labour authority."
    )
    letter_on: date | None = strawberry.field(
        default=None, description="函報日期。 Day of that letter."
    )
    timetable: list[OshSessionInput] = strawberry.field(
        default_factory=list, description="訓練課程表(附表三)。 Timetable."
    )
    lecturers: list[OshLecturerInput] = strawberry.field(
        default_factory=list, description="講師名冊(附表四)。 Lecturers."
    )
    trainees: list[OshTraineeInput] | None = strawberry.field(
        default=None,
        description="受訓人員名冊(附表五);未填者取已送之名冊。 Trainees; default the roster that was "
        "submitted for the planned class.",
    )
    trainees_file: strawberry.ID | None = strawberry.field(default=None, description=_FILE)
    licence_verified: bool | None = strawberry.field(default=None, description=_VERIFIED)
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.input(
    description="變更訓練班(至開訓前一日);未填者不變。 A change of a class plan; what is left out stays."
)
class AmendOshClassInput:
    """Input of amendOshClass."""

    idempotency_key: str = strawberry.field(description=_KEY)
    class_no: str = strawberry.field(description=_CLASS_NO)
    period_no: str | None = strawberry.field(default=None, description="期別。 Period.")
    kind: str | None = strawberry.field(default=None, description=_KIND)
    name: str | None = strawberry.field(default=None, description="訓練名稱。 Name.")
    format: str | None = strawberry.field(default=None, description=_FORMAT)
    starts_on: date | None = strawberry.field(default=None, description="開訓日。 First day.")
    ends_on: date | None = strawberry.field(default=None, description="結訓日。 Last day.")
    venue: OshVenueInput | None = strawberry.field(default=None, description="訓練場所。 Venue.")
    venue_proof: OshVenueProofInput | None = strawberry.field(
        default=None,
        description="消防、建築證明;非經樞紐報備者必填。 Proof of the venue; needed for a class that was "
        "not filed through the hub.",
    )
    counsellor: str | None = strawberry.field(default=None, description="輔導員。 Counsellor.")
    materials: str | None = strawberry.field(default=None, description="教材。 Materials.")
    letter_no: str | None = strawberry.field(
        default=None,
        description="函報文號;非經樞紐報備者必填。 Letter; needed for a class that was not filed "
        "through the hub.",
    )
    letter_on: date | None = strawberry.field(
        default=None, description="函報日期。 Day of that letter."
    )
    timetable: list[OshSessionInput] | None = strawberry.field(
        default=None, description="訓練課程表,整份。 The whole timetable."
    )
    lecturers: list[OshLecturerInput] | None = strawberry.field(
        default=None, description="講師名冊,整份。 All lecturers."
    )
    trainees: list[OshTraineeInput] | None = strawberry.field(
        default=None, description="受訓人員名冊,整份。 All trainees."
    )
    trainees_file: strawberry.ID | None = strawberry.field(default=None, description=_FILE)
    licence_verified: bool | None = strawberry.field(default=None, description=_VERIFIED)
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.input(
    description="送交受訓人員名冊(附表五):檔案或資料列。 A roster of trainees, as a file or as rows."
)
class SubmitOshRosterInput:
    """Input of submitOshRoster."""

    idempotency_key: str = strawberry.field(description=_KEY)
    class_no: str | None = strawberry.field(
        default=None, description="班別編號;已報備者。 Number of a class that is filed."
    )
    planned: OshPlannedClassInput | None = strawberry.field(
        default=None, description="尚未報備之訓練班。 A class that is not filed yet."
    )
    upload: strawberry.ID | None = strawberry.field(default=None, description=_FILE)
    rows: list[OshTraineeInput] | None = strawberry.field(
        default=None, description="以資料列代替檔案。 Rows instead of a file."
    )
    licence_verified: bool | None = strawberry.field(default=None, description=_VERIFIED)
    keep_others: bool = strawberry.field(
        default=False,
        description="保留名冊未列之已報備人員;否則全部取代。 Trainees on file that the roster does not name "
        "stay; else it replaces all.",
    )
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.input(
    description="送交簽到退與點名紀錄;無紀錄之課程視為出席。 Signing and roll call; a session without a row "
    "was attended."
)
class SubmitOshAttendanceInput:
    """Input of submitOshAttendance."""

    idempotency_key: str = strawberry.field(description=_KEY)
    class_no: str = strawberry.field(description=_CLASS_NO)
    rows: list[OshAttendanceRowInput] = strawberry.field(description="各列。 Rows.")
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.input(description="送交成績冊(專業訓練)。 Results of a professional class.")
class SubmitOshResultsInput:
    """Input of submitOshResults."""

    idempotency_key: str = strawberry.field(description=_KEY)
    class_no: str = strawberry.field(description=_CLASS_NO)
    rows: list[OshResultRowInput] = strawberry.field(description="各列。 Rows.")
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.input(
    description="登錄結業證書或在職教育訓練證明核發清冊。 The issue roll of certificates or proofs."
)
class IssueOshCertificatesInput:
    """Input of issueOshCertificates."""

    idempotency_key: str = strawberry.field(description=_KEY)
    class_no: str = strawberry.field(description=_CLASS_NO)
    noted_no: str | None = strawberry.field(
        default=None,
        description="備查文號;填寫時須與登錄者相同。 Number of the note; must be the one on file.",
    )
    rows: list[OshCertificateRowInput] = strawberry.field(description="各列。 Rows.")
    validate_only: bool = strawberry.field(default=False, description=_DRY)


@strawberry.type(description="訓練班報備之結果。 What became of a class plan.")
class FileOshClassPayload(FilingPayload):
    """Payload of fileOshClass."""


@strawberry.type(description="變更訓練班之結果。 What became of a change.")
class AmendOshClassPayload(FilingPayload):
    """Payload of amendOshClass."""


@strawberry.type(description="送交名冊之結果。 What became of a roster.")
class SubmitOshRosterPayload(FilingPayload):
    """Payload of submitOshRoster."""


@strawberry.type(description="送交出席紀錄之結果。 What became of a report of attendance.")
class SubmitOshAttendancePayload(FilingPayload):
    """Payload of submitOshAttendance."""


@strawberry.type(description="送交成績冊之結果。 What became of a report of results.")
class SubmitOshResultsPayload(FilingPayload):
    """Payload of submitOshResults."""


@strawberry.type(description="登錄核發清冊之結果。 What became of an issue roll.")
class IssueOshCertificatesPayload(FilingPayload):
    """Payload of issueOshCertificates."""


def _parts(given: FileOshClassInput | AmendOshClassInput) -> PlanParts:
    return PlanParts(
        period_no=given.period_no,
        kind=known_code("osh.training_kind", given.kind),
        name=given.name,
        format=known_code("osh.format", given.format),
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        venue=given.venue.plain() if given.venue else None,
        venue_proof=given.venue_proof.plain() if given.venue_proof else None,
        counsellor=given.counsellor,
        materials=given.materials,
        letter_no=given.letter_no,
        letter_on=given.letter_on,
        timetable=None
        if given.timetable is None
        else tuple(item.plain() for item in given.timetable),
        lecturers=None
        if given.lecturers is None
        else tuple(item.plain() for item in given.lecturers),
        trainees=None if given.trainees is None else tuple(item.plain() for item in given.trainees),
        trainees_file=optional_upload(given.trainees_file, "traineesFile"),
        licence_verified=given.licence_verified,
    )


def _roster(given: SubmitOshRosterInput) -> RosterInput:
    planned = given.planned
    return RosterInput(
        idempotency_key=given.idempotency_key,
        class_no=given.class_no,
        planned=None
        if planned is None
        else PlannedClass(
            kind=code_of("osh.training_kind", planned.kind) or planned.kind,
            format=code_of("osh.format", planned.format) or planned.format,
            starts_on=planned.starts_on,
            period_no=planned.period_no,
            courses=tuple(planned.courses or ()),
            institution_code=planned.institution_code,
        ),
        upload=optional_upload(given.upload, "upload"),
        rows=None if given.rows is None else tuple(item.plain() for item in given.rows),
        licence_verified=given.licence_verified,
        keep_others=given.keep_others,
        validate_only=given.validate_only,
    )


_INPUT = strawberry.argument(name="input", description="輸入。 The input.")


@strawberry.type
class OshMutations:
    """Filing with the OSH system."""

    @computed(
        "訓練班報備:訓練計畫、課程表、講師與受訓人員。 File a class: plan, timetable, lecturers and trainees, "
        "by fifteen days before it starts."
    )
    async def file_osh_class(
        self, info: Info, given: Annotated[FileOshClassInput, _INPUT]
    ) -> FileOshClassPayload | None:
        """File a class."""
        asked = FileInput(
            idempotency_key=given.idempotency_key,
            institution_code=given.institution_code,
            plan=_parts(given),
            validate_only=given.validate_only,
        )
        filed = await file_osh_class(info.context.hub, info.context.request, asked)
        return await payload(info, filed, FileOshClassPayload)

    @computed(
        "變更訓練班:整份計畫重新檢核並送出,至開訓前一日。 Change a class: the whole plan is checked and sent "
        "again, until the day before it starts."
    )
    async def amend_osh_class(
        self, info: Info, given: Annotated[AmendOshClassInput, _INPUT]
    ) -> AmendOshClassPayload | None:
        """Change a class."""
        asked = AmendInput(
            idempotency_key=given.idempotency_key,
            class_no=given.class_no,
            changes=_parts(given),
            validate_only=given.validate_only,
        )
        filed = await amend_osh_class(info.context.hub, info.context.request, asked)
        return await payload(info, filed, AmendOshClassPayload)

    @computed(
        "送交受訓人員名冊:全部接受或全部退回,每列各有錯誤。 Submit a roster of trainees: all or nothing, "
        "every bad row with its own errors."
    )
    async def submit_osh_roster(
        self, info: Info, given: Annotated[SubmitOshRosterInput, _INPUT]
    ) -> SubmitOshRosterPayload | None:
        """Submit a roster."""
        filed = await submit_osh_roster(info.context.hub, info.context.request, _roster(given))
        return await payload(info, filed, SubmitOshRosterPayload)

    @computed(
        "送交簽到退、遲到、請假與補課。 Report signing, lateness, leave and making up; a repeated row "
        "replaces the one on file."
    )
    async def submit_osh_attendance(
        self, info: Info, given: Annotated[SubmitOshAttendanceInput, _INPUT]
    ) -> SubmitOshAttendancePayload | None:
        """Report attendance."""
        asked = AttendanceInput(
            idempotency_key=given.idempotency_key,
            class_no=given.class_no,
            rows=many(AttendanceRow, list(given.rows)),
            validate_only=given.validate_only,
        )
        filed = await submit_osh_attendance(info.context.hub, info.context.request, asked)
        return await payload(info, filed, SubmitOshAttendancePayload)

    @computed(
        "送交測驗、補考與實習成績。 Report examination, resit and practicum of a professional class."
    )
    async def submit_osh_results(
        self, info: Info, given: Annotated[SubmitOshResultsInput, _INPUT]
    ) -> SubmitOshResultsPayload | None:
        """Report results."""
        asked = ResultsInput(
            idempotency_key=given.idempotency_key,
            class_no=given.class_no,
            rows=many(ResultRow, list(given.rows)),
            validate_only=given.validate_only,
        )
        filed = await submit_osh_results(info.context.hub, info.context.request, asked)
        return await payload(info, filed, SubmitOshResultsPayload)

    @computed(
        "登錄核發清冊:僅符合資格者得核發。 Report the certificates or proofs issued; only who may get one "
        "passes, and only under the number of the note."
    )
    async def issue_osh_certificates(
        self, info: Info, given: Annotated[IssueOshCertificatesInput, _INPUT]
    ) -> IssueOshCertificatesPayload | None:
        """Report the issue roll."""
        asked = CertificatesInput(
            idempotency_key=given.idempotency_key,
            class_no=given.class_no,
            noted_no=given.noted_no,
            rows=many(CertificateRow, list(given.rows)),
            validate_only=given.validate_only,
        )
        filed = await issue_osh_certificates(info.context.hub, info.context.request, asked)
        return await payload(info, filed, IssueOshCertificatesPayload)

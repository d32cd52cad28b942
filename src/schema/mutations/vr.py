"""What institutions file with the VR register. Every answer: the submission, or every error at once."""

from datetime import date
from typing import Annotated

import strawberry

from ...domain.errors import InvalidInput
from ...resolvers.vr_roster import RosterFile, RosterRow, VrRosterInput, submit_vr_roster
from ..context import Info
from ..fields import computed
from ..scalars import Amount
from .common import FilingPayload, optional_upload, payload, upload

__all__ = ["VrMutations"]


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

    idempotency_key: str = strawberry.field(
        description="冪等鍵,8 至 255 字元。 A new one per filing; a repeat gets the first answer."
    )
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
    validate_only: bool = strawberry.field(
        default=False, description="僅檢核,不儲存。 Dry run: the same verdict, nothing stored."
    )


@strawberry.type(description="送交上課紀錄之結果。 What became of a roster.")
class SubmitVrRosterPayload(FilingPayload):
    """Payload of submitVrRoster."""


def _plain(given: SubmitVrRosterInput) -> VrRosterInput:
    if bool(given.files) == bool(given.rows):
        raise InvalidInput(
            "input: expected files or rows, and not both",
            "input:應提供 files 或 rows 其中之一",
            details={"path": "files", "expected": "files or rows"},
        )
    return VrRosterInput(
        given.idempotency_key,
        given.course_no,
        optional_upload(given.sign_in_sheet, "signInSheet"),
        tuple(
            RosterFile(item.domain, upload(item.upload, f"files.{index}.upload"))
            for index, item in enumerate(given.files or ())
        ),
        tuple(
            RosterRow(
                row.held_on,
                row.name,
                row.identifier,
                f"{row.hours / 100:g}",
                row.outlying_island,
                row.international,
                row.lecturer,
                row.domain,
            )
            for row in given.rows or ()
        ),
        given.validate_only,
    )


@strawberry.type
class VrMutations:
    """Filing with the VR register."""

    @computed(
        "送交上課紀錄:全部接受或全部退回,每列各有錯誤。 Submit the roster of a VR course: all or "
        "nothing, every bad row with its own errors."
    )
    async def submit_vr_roster(
        self,
        info: Info,
        given: Annotated[
            SubmitVrRosterInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> SubmitVrRosterPayload | None:
        """File a roster."""
        filed = await submit_vr_roster(info.context.hub, info.context.request, _plain(given))
        return await payload(info, filed, SubmitVrRosterPayload)

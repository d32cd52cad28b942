"""What institutions file with the VR register. Every answer: the submission, or every error at once."""

from typing import Annotated

import strawberry

from ...resolvers.vr_clear import clear_vr_roster
from ...resolvers.vr_course import amend_vr_course, file_vr_course
from ...resolvers.vr_extension import apply_vr_extension
from ...resolvers.vr_roster import submit_vr_roster
from ..context import Info
from ..fields import computed
from .common import FilingPayload, payload
from .vr_inputs import (
    AmendVrCourseInput,
    ApplyVrExtensionInput,
    ClearVrRosterInput,
    FileVrCourseInput,
    SubmitVrRosterInput,
)

__all__ = ["VrMutations"]

_INPUT = strawberry.argument(name="input", description="輸入。 The input.")


@strawberry.type(description="申請課程之結果。 What became of a course.")
class FileVrCoursePayload(FilingPayload):
    """Payload of fileVrCourse."""


@strawberry.type(description="變更課程申請之結果。 What became of an amendment.")
class AmendVrCoursePayload(FilingPayload):
    """Payload of amendVrCourse."""


@strawberry.type(description="送交上課紀錄之結果。 What became of a roster.")
class SubmitVrRosterPayload(FilingPayload):
    """Payload of submitVrRoster."""


@strawberry.type(description="清除上課紀錄之結果。 What became of a clearing.")
class ClearVrRosterPayload(FilingPayload):
    """Payload of clearVrRoster."""


@strawberry.type(description="申請展延之結果。 What became of an extension.")
class ApplyVrExtensionPayload(FilingPayload):
    """Payload of applyVrExtension."""


@strawberry.type
class VrMutations:
    """Filing with the VR register."""

    @computed(
        "申請課程(課前或課後):資料齊全始送審。 File a course, before or after it was held; it is sent "
        "for review when nothing is missing."
    )
    async def file_vr_course(
        self, info: Info, given: Annotated[FileVrCourseInput, _INPUT]
    ) -> FileVrCoursePayload | None:
        """File a course."""
        filed = await file_vr_course(info.context.hub, info.context.request, given.plain())
        return await payload(info, filed, FileVrCoursePayload)

    @computed(
        "變更尚未送出之課程申請;機關受理後須以公文辦理。 Amend a course that was not sent yet; once the "
        "register has taken it, amendments go by mail."
    )
    async def amend_vr_course(
        self, info: Info, given: Annotated[AmendVrCourseInput, _INPUT]
    ) -> AmendVrCoursePayload | None:
        """Amend a course."""
        filed = await amend_vr_course(info.context.hub, info.context.request, given.plain())
        return await payload(info, filed, AmendVrCoursePayload)

    @computed(
        "送交上課紀錄:全部接受或全部退回,每列各有錯誤。 Submit the roster of a VR course: all or "
        "nothing, every bad row with its own errors."
    )
    async def submit_vr_roster(
        self, info: Info, given: Annotated[SubmitVrRosterInput, _INPUT]
    ) -> SubmitVrRosterPayload | None:
        """File a roster."""
        filed = await submit_vr_roster(info.context.hub, info.context.request, given.plain())
        return await payload(info, filed, SubmitVrRosterPayload)

    @computed(
        "清除上課紀錄,至時數核定前;之後可重新送交。 Clear a course's roster until its hours are "
        "verified; another one may follow at once."
    )
    async def clear_vr_roster(
        self, info: Info, given: Annotated[ClearVrRosterInput, _INPUT]
    ) -> ClearVrRosterPayload | None:
        """Clear a roster."""
        filed = await clear_vr_roster(info.context.hub, info.context.request, given.plain())
        return await payload(info, filed, ClearVrRosterPayload)

    @computed(
        "由雇主申請所屬人員之資格展延。 Apply for the deduction of an absence of somebody in one's "
        "service."
    )
    async def apply_vr_extension(
        self, info: Info, given: Annotated[ApplyVrExtensionInput, _INPUT]
    ) -> ApplyVrExtensionPayload | None:
        """Apply for an extension."""
        filed = await apply_vr_extension(info.context.hub, info.context.request, given.plain())
        return await payload(info, filed, ApplyVrExtensionPayload)

"""Verification of eligibility: one role, one day, up to ten thousand people."""

from datetime import date
from typing import Annotated, cast
from uuid import UUID

import strawberry

from ..domain.errors import InvalidInput
from ..resolvers import staff_lists, verify
from .context import Info
from .decisions import Decision
from .fields import computed
from .nodes import UserError
from .scalars import JSON
from .sharing import IdentifierInput

__all__ = ["EligibilityItem", "EligibilityReport", "VerificationQuery", "VerifyEligibilityInput"]


@strawberry.input(description="待查核之人員。 A person to be checked.")
class StaffInput:
    """A person to be checked."""

    ref: str = strawberry.field(description="查詢者自訂之編號,原樣回傳。 The caller's own mark.")
    identifier: IdentifierInput = strawberry.field(description="證號。 The number.")
    name: str | None = strawberry.field(
        default=None, description="姓名,僅供比對。 Name; compared only."
    )
    birth_date: date | None = strawberry.field(
        default=None,
        description="出生日期,僅供比對;護照必填。 Birth date; compared only, needed with a passport.",
    )
    declared: JSON | None = strawberry.field(
        default=None, description="無系統登載之事實。 Facts that no registry holds."
    )


@strawberry.input(description="資格查驗之輸入。 What to verify, why and for whom.")
class VerifyEligibilityInput:
    """Input of ``verifyEligibility``."""

    role: str = strawberry.field(
        description="角色,如 vr.case_manager。 Role: registry and type, such as vr.case_manager."
    )
    as_of: date | None = strawberry.field(
        default=None, description="判定日,預設業務日。 Day asked about; default the business day."
    )
    purpose: str | None = strawberry.field(
        default=None,
        description="利用目的;未填則用標頭 X-Purpose-Of-Use。 Purpose of use; else the header's.",
    )
    case_reference: str | None = strawberry.field(
        default=None, description="案號;未填則用標頭 X-Case-Reference。 Case; else the header's."
    )
    staff: list[StaffInput] | None = strawberry.field(
        default=None, description="人員,至多 10,000 人。 The people, at most 10,000."
    )
    upload: strawberry.ID | None = strawberry.field(
        default=None, description="名單檔案之上傳代碼(替代 staff)。 Upload of a list, instead."
    )


@strawberry.type(description="一人之查驗結果。 What came of one person.")
class EligibilityItem:
    """An item; wraps ``resolvers.verify.EligibilityItem``."""

    ref: str = strawberry.field(description="查詢者自訂之編號。 The caller's own mark.")
    decision: Decision | None = strawberry.field(
        description="資格判定;未登錄於轄區者為精簡判定。 The decision; minimal where the person is not "
        "registered with the reader."
    )
    renewal: Decision | None = strawberry.field(
        description="該證書之更新判定。 The renewal of that certificate."
    )
    error: UserError | None = strawberry.field(
        description="identifier_invalid、no_record、ambiguous_identity、budget_exceeded。 Why there is no "
        "decision."
    )
    name_matches: bool | None = strawberry.field(
        description="所送姓名是否相符。 Whether the name sent is the one on record."
    )
    birth_date_matches: bool | None = strawberry.field(
        description="所送出生日期是否相符。 Whether the birth date sent is the one on record."
    )


@strawberry.type(description="資格查驗報告,依送出順序。 The answers, in the order sent.")
class EligibilityReport:
    """The report; wraps ``resolvers.verify.EligibilityReport``."""

    role: str = strawberry.field(description="角色。 Role.")
    as_of: date = strawberry.field(description="判定日。 Day asked about.")
    items: list[EligibilityItem] = strawberry.field(description="逐人之結果。 By person.")
    receipt: JSON = strawberry.field(
        description="簽章收據:content 與 jws,可由 certhub receipt verify 查驗。 Signed receipt: content and "
        "jws, as certhub receipt verify reads it."
    )


def _members(given: list[StaffInput]) -> list[verify.StaffMember]:
    return [
        verify.StaffMember(
            item.ref,
            item.identifier.value,
            item.identifier.kind,
            item.identifier.nationality,
            item.name,
            item.birth_date,
            item.declared,
        )
        for item in given
    ]


def _upload(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(
            "input.upload: expected the id of an upload",
            "input.upload:應為上傳代碼",
            details={"path": "input.upload", "expected": "the id of an upload"},
        ) from error


@strawberry.type
class VerificationQuery:
    """Root field ``verifyEligibility``."""

    @computed(
        "查驗多人任用資格,附簽章收據。 Whether people may serve in a role, with a signed receipt."
    )
    async def verify_eligibility(
        self,
        info: Info,
        given: Annotated[
            VerifyEligibilityInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> EligibilityReport | None:
        """The report."""
        hub, request = info.context.hub, info.context.request
        if (given.staff is None) == (given.upload is None):
            raise InvalidInput(
                "input: expected staff or upload, and not both",
                "input:應提供 staff 或 upload 其中之一",
                details={"path": "input.staff", "expected": "staff or upload"},
            )
        if given.upload is None:
            staff = _members(given.staff or [])
        else:
            staff = await staff_lists.uploaded(hub, request, _upload(given.upload))
        report = await verify.verify(
            hub,
            request,
            given.role,
            staff,
            as_of=given.as_of,
            purpose=given.purpose,
            case_reference=given.case_reference,
        )
        return cast("EligibilityReport", report)

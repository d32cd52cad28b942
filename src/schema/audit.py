"""The audit trail: who asked what and why, never what was answered."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from ..resolvers import audit_trail
from .context import Info
from .fields import computed, shown
from .nodes import After, Connection, First
from .scalars import JSON
from .selection import selects

__all__ = ["AuditEntry", "AuditFilter", "AuditQuery"]


@strawberry.type(
    name="AuditEntry", description="稽核紀錄之一列。 One operation in the audit trail."
)
class AuditEntry:
    """An entry; wraps ``resolvers.audit_trail.AuditRecord``."""

    at: datetime = strawberry.field(description="時間。 When.")
    chain: str = strawberry.field(description="鏈。 Chain, one per writing process.")
    seq: int = strawberry.field(description="鏈內序號。 Number within the chain.")
    request_id: str = strawberry.field(description="請求代碼。 Request.")
    issuer: str | None = strawberry.field(description="發行者。 Issuer of the token.")
    client_id: str | None = strawberry.field(description="用戶端。 Client.")
    subject: str | None = strawberry.field(description="主體。 Subject of the token.")
    agency_type: str | None = strawberry.field(description="機關類型。 Type of agency.")
    agency_code: str | None = strawberry.field(description="機關代碼。 Agency.")
    purpose: str | None = strawberry.field(description="利用目的。 Purpose.")
    case_reference: str | None = strawberry.field(description="案號。 Case.")
    operation: str = strawberry.field(description="操作。 Operation.")
    fields: list[str] = strawberry.field(description="所讀欄位。 Fields asked for.")
    registries: list[str] = strawberry.field(description="所讀登錄系統。 Registries read.")
    outcome: str = strawberry.field(description="結果:allowed、partial、refused、failed。 Outcome.")
    denial_code: str | None = strawberry.field(description="拒絕代碼。 First code of a refusal.")
    ruleset_version: str | None = strawberry.field(description="規則版本。 Version of the rules.")
    subject_count: int = strawberry.field(description="涉及人數。 Persons whose records were read.")
    hash: str = strawberry.field(description="雜湊(鏈結)。 Hash, chained.")

    @computed("筆數。 Rows by what they are.")
    def counts(self) -> JSON:
        """Counts."""
        return JSON(dict(shown(self, audit_trail.AuditRecord).counts))


@strawberry.type(
    name="AuditConnection", description="稽核紀錄分頁,近者在前。 A page of the trail, newest first."
)
class AuditConnection(Connection[AuditEntry]):
    """A page of the trail."""


@strawberry.input(description="稽核之篩選條件。 Which part of the trail.")
class AuditFilter:
    """Filter of ``auditTrail``."""

    at_from: datetime | None = strawberry.field(
        name="from", default=None, description="起(含)。 From this instant on."
    )
    at_to: datetime | None = strawberry.field(
        name="to", default=None, description="迄(不含)。 Before this instant."
    )
    clients: list[str] | None = strawberry.field(default=None, description="用戶端。 Clients.")
    operations: list[str] | None = strawberry.field(default=None, description="操作。 Operations.")
    outcomes: list[str] | None = strawberry.field(default=None, description="結果。 Outcomes.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="被讀取之人員。 The person whose records were read."
    )

    def plain(self) -> audit_trail.AuditFilter:
        """The filter of the use case."""
        return audit_trail.AuditFilter(
            self.at_from,
            self.at_to,
            tuple(self.clients or ()),
            tuple(self.operations or ()),
            tuple(self.outcomes or ()),
            self.person,
        )


@strawberry.type
class AuditQuery:
    """Root field ``auditTrail``."""

    @computed("稽核軌跡,近者在前。 The audit trail, newest first.")
    async def audit_trail(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            AuditFilter, strawberry.argument(description="篩選條件。 Which part of the trail.")
        ],
        first: First = None,
        after: After = None,
    ) -> AuditConnection | None:
        """A page of the trail."""
        page = await audit_trail.audit_trail(
            info.context.hub,
            info.context.request,
            filter.plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("AuditConnection", page)

"""What operators see: the runs of syncs and the records that were set aside."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from ..resolvers import quarantine_operations, sync_operations
from .context import Info
from .enums import Registry
from .fields import computed, shown
from .nodes import After, Connection, First
from .scalars import JSON

__all__ = ["OperationQuery", "QuarantineFilter", "SyncRun"]


@strawberry.type(description="一次同步及其結果。 A sync and what it did.")
class SyncRun:
    """A run; wraps ``resolvers.sync_operations.SyncRun``."""

    id: strawberry.ID = strawberry.field(description="編號。 Its number.")
    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    mode: str = strawberry.field(description="方式:incremental、full。 Mode.")
    state: str = strawberry.field(
        description="狀態:running、complete、failed、halted、interrupted。 State."
    )
    started_at: datetime = strawberry.field(description="開始時間。 When it began.")
    finished_at: datetime | None = strawberry.field(description="結束時間。 When it ended.")
    notes: list[str] = strawberry.field(description="所見事項之代碼。 What it noticed, as codes.")
    error_code: str | None = strawberry.field(description="錯誤代碼。 Code of what ended it.")
    error_message: str | None = strawberry.field(description="錯誤說明。 The same in words.")

    @computed("各類紀錄之筆數。 Fetched, inserted, updated and so on, by entity.")
    def counts(self) -> JSON:
        """Counts by entity."""
        return JSON(dict(shown(self, sync_operations.SyncRun).counts))


@strawberry.type(
    description="隔離之紀錄,不含內容。 A faulty record that was set aside, without its content."
)
class QuarantinedRecord:
    """A record; wraps ``resolvers.quarantine_operations.QuarantinedRecord``."""

    id: strawberry.ID = strawberry.field(description="編號。 Its number.")
    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    entity: str = strawberry.field(description="紀錄種類,如 ltc.credit。 Kind of record.")
    source_id: str | None = strawberry.field(
        description="機關之鍵值;無法讀取者為空。 The agency's key; null where it could not be read."
    )
    field: str = strawberry.field(description="有誤之欄位。 The faulty field.")
    reason: str = strawberry.field(description="原因代碼。 What is wrong, as a code.")
    place: str = strawberry.field(description="所在頁、行或檔案列。 Page, line or file and row.")
    raw_hash: str = strawberry.field(
        description="原始紀錄之 SHA-256。 SHA-256 of the record as it came."
    )
    state: str = strawberry.field(description="狀態:open、resolved。 State.")
    seen: int = strawberry.field(description="出現次數。 How often it came.")
    first_seen_at: datetime = strawberry.field(description="首次發現。 When it came first.")
    last_seen_at: datetime = strawberry.field(description="最近發現。 When it came last.")
    resolved_at: datetime | None = strawberry.field(description="解決時間。 When it was resolved.")


@strawberry.input(description="隔離紀錄之篩選條件。 Which quarantined records.")
class QuarantineFilter:
    """Filter of ``quarantine`` and ``retryQuarantined``."""

    registries: list[Registry] | None = strawberry.field(
        default=None, description="登錄系統。 Registries."
    )
    entities: list[str] | None = strawberry.field(
        default=None, description="紀錄種類。 Kinds of record."
    )
    reasons: list[str] | None = strawberry.field(default=None, description="原因代碼。 Reasons.")
    states: list[str] | None = strawberry.field(
        default=None, description="狀態,預設 open。 States; default open."
    )

    def plain(self) -> quarantine_operations.QuarantineFilter:
        """The filter of the use case."""
        return quarantine_operations.QuarantineFilter(
            tuple(self.registries or ()),
            tuple(self.entities or ()),
            tuple(self.reasons or ()),
            ("open",) if self.states is None else tuple(self.states),
        )


@strawberry.type
class OperationQuery:
    """Root fields of operators."""

    @computed("同步紀錄,近者在前。 Runs of syncs, newest first.")
    async def sync_runs(
        self,
        info: Info,
        registries: Annotated[
            list[Registry] | None,
            strawberry.argument(
                description="登錄系統,預設權杖所列者。 Registries; default the token's."
            ),
        ] = None,
        states: Annotated[
            list[str] | None, strawberry.argument(description="狀態。 States.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[SyncRun] | None:
        """A page of runs."""
        page = await sync_operations.sync_runs(
            info.context.hub, info.context.request, registries, states or (), first, after
        )
        return cast("Connection[SyncRun]", page)

    @computed("隔離之紀錄,久者在前。 Records that were set aside, oldest first.")
    async def quarantine(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            QuarantineFilter | None,
            strawberry.argument(description="篩選條件。 Which records; default all that are open."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[QuarantinedRecord] | None:
        """A page of quarantined records."""
        page = await quarantine_operations.quarantined(
            info.context.hub,
            info.context.request,
            (filter or QuarantineFilter()).plain(),
            first,
            after,
        )
        return cast("Connection[QuarantinedRecord]", page)

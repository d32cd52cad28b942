"""What operators run: syncs, and quarantined records read again."""

from typing import Annotated, cast

import strawberry

from ...resolvers.quarantine_operations import retry
from ...resolvers.sync_operations import run_by_number, start_sync
from ..context import Info
from ..enums import Registry
from ..fields import computed
from ..operations import QuarantineFilter, SyncRun
from .effects import KEY, EffectPayload, outcome

__all__ = ["OperationMutations"]


@strawberry.input(description="啟動同步。 Which registry to sync, and how.")
class StartSyncInput:
    """Input of startSync."""

    idempotency_key: str = strawberry.field(description=KEY)
    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    full: bool = strawberry.field(
        default=False, description="全部重讀。 Read everything again, whatever the position."
    )


@strawberry.type(description="啟動同步之結果。 What came of starting a sync.")
class StartSyncPayload(EffectPayload):
    """Payload of startSync."""

    run: SyncRun | None = strawberry.field(
        description="該次同步,已開始;以 syncRuns 查詢其進度。 The run, which has begun; syncRuns tells how it goes."
    )


@strawberry.input(
    description="重讀隔離紀錄:ids 或 filter。 Records to read again: ids, or a filter."
)
class RetryQuarantinedInput:
    """Input of retryQuarantined."""

    idempotency_key: str = strawberry.field(description=KEY)
    ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="編號,至多 500 筆。 Numbers, at most 500."
    )
    filter: QuarantineFilter | None = strawberry.field(
        default=None,
        description="篩選條件;取最久之 500 筆未解決者。 Instead of ids: the oldest 500 open ones that fit.",
    )


@strawberry.type(description="一筆隔離紀錄重讀之結果。 What came of one record.")
class RetriedRecord:
    """An outcome."""

    id: strawberry.ID = strawberry.field(description="編號。 Its number.")
    entity: str | None = strawberry.field(description="紀錄種類。 Kind of record.")
    source_id: str | None = strawberry.field(description="機關之鍵值。 The agency's key.")
    outcome: str = strawberry.field(
        description="結果:resolved、still_faulty、already_resolved、unreadable、not_found。 Outcome."
    )
    field: str | None = strawberry.field(description="仍有誤之欄位。 The field still faulty.")
    reason: str | None = strawberry.field(description="原因代碼。 What is wrong with it.")


@strawberry.type(description="重讀隔離紀錄之結果。 What came of reading records again.")
class RetryQuarantinedPayload(EffectPayload):
    """Payload of retryQuarantined."""

    items: list[RetriedRecord] = strawberry.field(
        description="逐筆結果。 By record, in the order of the ids."
    )


@strawberry.type
class OperationMutations:
    """Operations of the hub."""

    @computed(
        "啟動一個登錄系統之同步,於背景執行;同時僅一個。 Start a sync of a registry in the background; one at a time."
    )
    async def start_sync(
        self,
        info: Info,
        given: Annotated[
            StartSyncInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> StartSyncPayload | None:
        """Start a sync."""
        hub = info.context.hub
        done = await start_sync(
            hub, info.context.request, given.idempotency_key, given.registry, full=given.full
        )
        run = None if done.about is None else await run_by_number(hub, done.about)
        return StartSyncPayload(run=cast("SyncRun | None", run), **outcome(done))

    @computed(
        "以所存之原始紀錄重新讀取隔離者,不需連線機關。 Read quarantined records again as they are kept: no agency is "
        "asked."
    )
    async def retry_quarantined(
        self,
        info: Info,
        given: Annotated[
            RetryQuarantinedInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> RetryQuarantinedPayload | None:
        """Retry."""
        done = await retry(
            info.context.hub,
            info.context.request,
            given.idempotency_key,
            given.ids,
            None if given.filter is None else given.filter.plain(),
        )
        items = [RetriedRecord(**item) for item in done.items]
        return RetryQuarantinedPayload(items=items, **outcome(done))

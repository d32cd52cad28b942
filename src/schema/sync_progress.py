"""How far a sync is, as subscriptions tell it."""

from datetime import datetime

import strawberry

from ..resolvers import sync_progress
from .enums import Registry
from .fields import computed, shown
from .scalars import JSON

__all__ = ["SyncProgress"]


@strawberry.type(description="同步進度。 A sync at one moment.")
class SyncProgress:
    """Progress of a run; wraps ``resolvers.sync_progress.SyncProgress``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    mode: str = strawberry.field(description="方式:incremental、full。 Mode.")
    state: str = strawberry.field(
        description="狀態:running、complete、failed、halted、interrupted。 State."
    )
    started_at: datetime = strawberry.field(description="開始時間。 When it began.")
    finished_at: datetime | None = strawberry.field(description="結束時間。 When it ended.")
    entity: str | None = strawberry.field(
        description="最近處理之紀錄種類。 The kind of record it came to last."
    )
    fetched: int = strawberry.field(description="已讀取筆數。 Rows read so far.")
    expected: int | None = strawberry.field(
        description="機關預告之筆數。 Rows that the agency announced."
    )
    quarantined: int = strawberry.field(description="隔離筆數。 Records set aside.")
    error_code: str | None = strawberry.field(description="錯誤代碼。 Code of what ended it.")
    error_message: str | None = strawberry.field(description="錯誤說明。 The same in words.")

    @computed("同步之編號,同 syncRuns。 Number of the run, as in syncRuns.")
    def run(self) -> strawberry.ID:
        """The run's number."""
        return strawberry.ID(str(shown(self, sync_progress.SyncProgress).run))

    @computed("各類紀錄之筆數。 Fetched, inserted, updated and so on, by entity.")
    def counts(self) -> JSON:
        """Counts by entity."""
        return JSON(dict(shown(self, sync_progress.SyncProgress).counts))

"""The state of each registry, and any node by its id."""

from datetime import datetime
from typing import Annotated, cast

import strawberry

from ..resolvers import nodes, registries
from .context import Info
from .enums import Freshness, Registry
from .fields import computed, shown
from .nodes import Node
from .scalars import JSON

__all__ = ["DriftNote", "RegistryQuery", "RegistryStatus"]


@strawberry.type(
    description="契約未載之欄位或值。 A field or value that the contract does not name."
)
class DriftNote:
    """A note; wraps ``resolvers.registries.DriftNote``."""

    entity: str = strawberry.field(description="紀錄種類。 Entity.")
    field: str = strawberry.field(description="欄位。 Field.")
    kind: str = strawberry.field(description="種類。 What differs.")
    sample: str = strawberry.field(description="樣本。 A sample.")
    count: int = strawberry.field(description="次數。 How often.")


@strawberry.type(description="登錄系統於本樞紐之狀態。 A registry as the hub holds it.")
class RegistryStatus:
    """A registry; wraps ``resolvers.registries.RegistryStatus``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    freshness: Freshness = strawberry.field(description="新鮮度。 Freshness.")
    complete_at: datetime | None = strawberry.field(
        description="最近一次完整同步之起始時間。 Start of the last complete sync."
    )
    last_run: str | None = strawberry.field(
        description="最近一次同步:running、complete、failed、halted、interrupted。 State of the newest run."
    )
    last_run_mode: str | None = strawberry.field(description="同步方式。 Mode of the newest run.")
    last_run_started_at: datetime | None = strawberry.field(description="開始時間。 When it began.")
    last_run_finished_at: datetime | None = strawberry.field(
        description="結束時間。 When it ended."
    )
    last_run_error: str | None = strawberry.field(description="錯誤代碼。 Code of its failure.")
    quarantined: int = strawberry.field(description="隔離筆數。 Records set aside.")
    drift: list[DriftNote] = strawberry.field(
        description="最近一次同步之契約差異。 What the newest run met beside the contract."
    )

    @computed("各類紀錄筆數。 Live records by entity.")
    def counts(self) -> JSON:
        """Counts."""
        return JSON(dict(shown(self, registries.RegistryStatus).counts))

    @computed("最近一次同步之筆數。 What the newest run did, by entity.")
    def last_run_counts(self) -> JSON | None:
        """Counts of the newest run."""
        found = shown(self, registries.RegistryStatus).last_run_counts
        return None if found is None else JSON(dict(found))


@strawberry.type
class RegistryQuery:
    """Root fields ``registries`` and ``node``."""

    @computed(
        "各登錄系統之狀態。 Freshness, last run, counts, quarantine and drift of each registry."
    )
    async def registries(self, info: Info) -> list[RegistryStatus] | None:
        """The registries."""
        found = await registries.registries(info.context.hub, info.context.request)
        return cast("list[RegistryStatus]", found)

    @computed("以識別碼取得物件;不得讀取者與不存在者同為空。 Any object by its id; what may not be seen looks "
              "absent.")  # fmt: skip
    async def node(
        self,
        info: Info,
        id: Annotated[  # noqa: A002 - the API's name
            strawberry.ID, strawberry.argument(description="樞紐識別碼。 The hub's own id.")
        ],
    ) -> Node | None:
        """A node."""
        found = await nodes.node(info.context.hub, info.context.request, id)
        return cast("Node", found)

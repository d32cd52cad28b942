"""The root of subscriptions: what changes while one looks at it."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from ..resolvers.submission_watch import watch_submission
from ..resolvers.sync_watch import watch_syncs
from .context import Info
from .enums import Registry
from .fields import shown, subscribed
from .submissions import Submission
from .sync_progress import SyncProgress

__all__ = ["Subscription"]


@strawberry.type(description="訂閱。 What changes while one looks at it.")
class Subscription:
    """The root of subscriptions; each ends by itself."""

    @subscribed(
        "送件之進度:現況,其後每次狀態改變一則,至機關接受或退回為止。 A submission as it is, then "
        "once per state it comes to, until the agency has accepted or refused it."
    )
    async def submission(
        self,
        info: Info,
        id: Annotated[  # noqa: A002 - the API's name
            strawberry.ID, strawberry.argument(description="送件識別碼。 Id of the submission.")
        ],
    ) -> AsyncIterator[Submission]:
        """Follow a submission."""
        async for found in watch_submission(info.context.hub, info.context.request, id):
            yield shown(found, Submission)

    @subscribed(
        "同步進度:最近一次同步之現況,其後每有進展一則,至結束為止;未指定登錄系統時並列全部。 The newest run of a registry, "
        "again whenever it has come further, to its end; without a registry all of the token side by side."
    )
    async def sync_progress(
        self,
        info: Info,
        registry: Annotated[
            Registry | None, strawberry.argument(description="登錄系統,預設全部。 Default: all.")
        ] = None,
    ) -> AsyncIterator[SyncProgress]:
        """Follow syncs."""
        watched = watch_syncs(
            info.context.hub, info.context.request, None if registry is None else registry.value
        )
        async for found in watched:
            yield shown(found, SyncProgress)

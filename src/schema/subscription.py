"""The root of subscriptions: what changes while one looks at it."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from ..resolvers.submission_watch import watch_submission
from .context import Info
from .fields import shown, subscribed
from .submissions import Submission

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

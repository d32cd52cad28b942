"""Submissions: what institutions filed, and where it stands."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

from ..domain.submission import SubmissionEvent as SubmissionEventValue
from ..resolvers import objects, submissions
from .context import Info
from .enums import Registry, SubmissionState
from .fields import computed, shown
from .nodes import After, Connection, First, Node, UserError
from .scalars import JSON
from .selection import selects

__all__ = ["Submission", "SubmissionEvent", "SubmissionFilter", "SubmissionQuery"]


@strawberry.type(description="報送歷程之一步。 A step in a submission's life.")
class SubmissionEvent:
    """A step; wraps ``domain.submission.SubmissionEvent``."""

    at: datetime = strawberry.field(description="時間。 When.")
    state: SubmissionState = strawberry.field(description="狀態。 State from then on.")
    code: str | None = strawberry.field(description="代碼。 Why, as a code.")

    @computed("細節。 Details, without personal data.")
    def detail(self) -> JSON | None:
        """Details."""
        found = shown(self, SubmissionEventValue).detail
        return JSON(dict(found)) if found else None


@strawberry.type(description="報送:機構送交之課程、班別或名冊。 What an institution filed.")
class Submission(Node):
    """A submission; wraps ``resolvers.objects.Submission``."""

    registry: Registry = strawberry.field(description="登錄系統。 Whose agency gets it.")
    kind: str = strawberry.field(description="種類(mutation 名稱)。 The mutation.")
    state: SubmissionState = strawberry.field(description="狀態。 State.")
    institution_id: str | None = strawberry.field(
        description="報送機構統一編號。 Unified business number it was filed for."
    )
    target: str | None = strawberry.field(
        description="課程或班別編號。 Number of the course or class."
    )
    business_day: date = strawberry.field(description="報送日。 The day that counts.")
    created_at: datetime = strawberry.field(description="建立時間。 When it was filed.")
    changed_at: datetime = strawberry.field(description="異動時間。 When it changed last.")
    errors: list[UserError] = strawberry.field(
        description="錯誤,逐列列出。 Why it was rejected or refused, row by row."
    )
    warnings: list[UserError] = strawberry.field(
        description="警示。 What the hub or the agency noted beside it."
    )
    agency_reference: str | None = strawberry.field(
        description="機關之編號。 What the agency calls it."
    )

    supersedes: strawberry.ID | None = strawberry.field(
        description="所取代之送件。 Id of the submission it took the place of, before that was sent."
    )

    @computed("摘要數字。 Figures without persons.")
    def summary(self) -> JSON:
        """Figures."""
        return JSON(dict(shown(self, objects.Submission).summary))

    @computed("歷程。 Its history, in order.")
    def events(self) -> list[SubmissionEvent]:
        """The history."""
        found = submissions.events(shown(self, objects.Submission))
        return cast("list[SubmissionEvent]", found)

    @computed(
        "簽章收據:content 與 jws,可由 certhub receipt verify 查驗。 Signed receipt: content and jws."
    )
    def receipt(self) -> JSON | None:
        """The receipt."""
        return cast("JSON", submissions.receipt(shown(self, objects.Submission)))


@strawberry.input(description="報送之篩選條件。 Which submissions.")
class SubmissionFilter:
    """Filter of ``submissions``."""

    registries: list[Registry] | None = strawberry.field(
        default=None, description="登錄系統。 Registries; default all that the token may read."
    )
    states: list[SubmissionState] | None = strawberry.field(
        default=None, description="狀態。 States."
    )
    kinds: list[str] | None = strawberry.field(
        default=None, description="種類(mutation 名稱)。 Names of mutations."
    )
    targets: list[str] | None = strawberry.field(
        default=None, description="課程或班別編號。 Numbers of courses or classes."
    )

    def plain(self) -> submissions.SubmissionFilter:
        """The filter of the use case."""
        return submissions.SubmissionFilter(
            None if self.registries is None else tuple(self.registries),
            tuple(state.value for state in self.states or ()),
            tuple(self.kinds or ()),
            tuple(self.targets or ()),
        )


@strawberry.type
class SubmissionQuery:
    """Root field ``submissions``."""

    @computed("報送,近者在前。 Submissions, newest first.")
    async def submissions(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            SubmissionFilter | None,
            strawberry.argument(description="篩選條件。 Which submissions."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Submission] | None:
        """A page of submissions."""
        page = await submissions.submissions(
            info.context.hub,
            info.context.request,
            (filter or SubmissionFilter()).plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Submission]", page)

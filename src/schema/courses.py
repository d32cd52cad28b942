"""Courses of continuing education in VR and LTC."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..resolvers import courses, institutions, objects, submissions
from .context import Info
from .enums import Registry
from .fields import computed, shown
from .nodes import After, Connection, First, Node, Provenance
from .scalars import Amount
from .selection import selects

if TYPE_CHECKING:
    from .institutions import Institution
    from .submissions import Submission

__all__ = ["Course", "CourseDomain", "CourseFilter", "CourseQuery"]


@strawberry.type(description="課程領域。 A part of a course: category, field and hours.")
class CourseDomain:
    """A part of a course; wraps ``resolvers.objects.CourseDomain``."""

    index: int = strawberry.field(description="序號,自 1 起。 Position from 1.")
    category: str | None = strawberry.field(description="課程類別代碼。 Category.")
    field: str | None = strawberry.field(description="課程領域。 Field.")
    hours: Amount | None = strawberry.field(description="核定時數。 Approved hours.")
    core_competency: str | None = strawberry.field(description="核心能力。 Core competency.")


@strawberry.type(description="繼續教育課程。 A course of continuing education.")
class Course(Node):
    """A course; wraps ``resolvers.objects.Course``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    number: str | None = strawberry.field(description="課程編號。 Number.")
    title: str = strawberry.field(description="課程名稱。 Name.")
    state: str | None = strawberry.field(
        description="狀態:submitted、approved、rejected、roster_imported、hours_verified 等。 State."
    )
    registry_state: str | None = strawberry.field(
        description="機關所載狀態或文號。 State or approval number as recorded."
    )
    starts_on: date | None = strawberry.field(description="開課首日。 First day.")
    ends_on: date | None = strawberry.field(description="開課末日。 Last day.")
    domains: list[CourseDomain] = strawberry.field(description="課程領域。 Its parts.")
    hours: Amount | None = strawberry.field(description="時數(職業重建)。 Hours, in VR.")
    points: Amount | None = strawberry.field(description="積分(長照)。 Points, in LTC.")
    county: str | None = strawberry.field(description="辦訓縣市。 County of the place, in VR.")
    targets: list[str] = strawberry.field(
        description="辦理對象代碼。 Titles it is meant for, in VR."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("辦理機構。 The institution that holds it.")
    def institution(self) -> Annotated["Institution", strawberry.lazy(".institutions")] | None:
        """The institution."""
        return cast("Institution", institutions.provider_of(shown(self, objects.Course)))

    @computed("經本樞紐最近一次送交之名冊。 The newest roster that was filed through the hub.")
    def roster(self) -> Annotated["Submission", strawberry.lazy(".submissions")] | None:
        """The newest roster."""
        return cast("Submission", submissions.roster_of(shown(self, objects.Course)))

    @computed("經本樞紐送交之課程申請。 The filing through the hub that this course came of.")
    def application(self) -> Annotated["Submission", strawberry.lazy(".submissions")] | None:
        """The filing of the course."""
        return cast("Submission", submissions.application_of(shown(self, objects.Course)))


@strawberry.input(description="課程之篩選條件。 Which courses.")
class CourseFilter:
    """Filter of ``courses``."""

    registries: list[Registry] | None = strawberry.field(
        default=None, description="登錄系統(VR、LTC)。 Registries; default all that may be read."
    )
    numbers: list[str] | None = strawberry.field(default=None, description="課程編號。 Numbers.")
    institutions: list[str] | None = strawberry.field(
        default=None, description="辦理機構統一編號。 Unified business numbers."
    )
    states: list[str] | None = strawberry.field(default=None, description="狀態。 States.")
    starts_from: date | None = strawberry.field(
        default=None, description="首日起。 First first day, included."
    )
    starts_to: date | None = strawberry.field(
        default=None, description="首日迄。 Last first day, included."
    )

    def plain(self) -> courses.CourseFilter:
        """The filter of the use case."""
        return courses.CourseFilter(
            None if self.registries is None else tuple(self.registries),
            tuple(self.numbers or ()),
            tuple(self.institutions or ()),
            tuple(self.states or ()),
            self.starts_from,
            self.starts_to,
        )


@strawberry.type
class CourseQuery:
    """Root field ``courses``."""

    @computed("課程,首日近者在前。 Courses, latest first day first.")
    async def courses(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            CourseFilter | None, strawberry.argument(description="篩選條件。 Which courses.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Course] | None:
        """A page of courses."""
        page = await courses.courses(
            info.context.hub,
            info.context.request,
            (filter or CourseFilter()).plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Course]", page)

"""Institutions of the three registries."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..resolvers import institutions, objects
from .context import Info
from .enums import DeadlineState, Registry
from .fields import computed, shown
from .nodes import After, Connection, First, Node, Provenance
from .selection import selects

if TYPE_CHECKING:
    from .courses import Course, CourseFilter
    from .decisions import Deadline
    from .osh import InstitutionRecognition, TrainingClass, TrainingClassFilter

__all__ = ["Institution", "InstitutionFilter", "InstitutionQuery"]

_COURSES = Annotated[
    Annotated["CourseFilter", strawberry.lazy(".courses")] | None,
    strawberry.argument(description="篩選條件。 Which courses."),
]


@strawberry.type(
    description="機構:職業重建機構、長照服務單位或勞工健康服務訓練機構,各系統各一筆。 An institution of one registry; LTC "
    "units too."
)
class Institution(Node):
    """An institution; wraps ``resolvers.objects.Institution``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    name: str = strawberry.field(description="名稱。 Name.")
    county: str | None = strawberry.field(description="縣市。 County.")
    county_code: str | None = strawberry.field(description="縣市代碼。 Code of the county.")
    unified_business_number: str | None = strawberry.field(
        description="統一編號。 Unified business number."
    )
    categories: list[str] = strawberry.field(description="類別代碼。 Categories.")
    state: str | None = strawberry.field(description="狀態代碼。 State.")
    address: str | None = strawberry.field(description="地址。 Address.")
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed(
        "同一統一編號之其他紀錄。 Records of other registries, or other sites, under the same number."
    )
    def same_organisation(self) -> list["Institution"]:
        """Sister records."""
        found = institutions.same_organisation(shown(self, objects.Institution))
        return cast("list[Institution]", found)

    @computed("認可(勞工健康服務)。 Recognitions, in OSH, newest first.")
    def recognitions(
        self,
    ) -> list[Annotated["InstitutionRecognition", strawberry.lazy(".osh")]]:
        """Recognitions."""
        found = institutions.recognitions(shown(self, objects.Institution))
        return cast("list[InstitutionRecognition]", found)

    @computed("訓練班(勞工健康服務)。 OSH classes, latest first day first.")
    async def classes(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            Annotated["TrainingClassFilter", strawberry.lazy(".osh")] | None,
            strawberry.argument(description="篩選條件。 Which classes."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Annotated["TrainingClass", strawberry.lazy(".osh")]] | None:
        """A page of classes."""
        from ..resolvers import classes

        page = await classes.classes_of(
            shown(self, objects.Institution),
            classes.ClassFilter() if filter is None else filter.plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[TrainingClass]", page)

    @computed(
        "期限,近者在前;預設僅列待辦與逾期者。 Deadlines of an OSH institution, nearest first: of its "
        "classes, trainees (counted, not named), recognitions and orders to improve."
    )
    async def deadlines(
        self,
        info: Info,
        states: Annotated[
            list[DeadlineState] | None,
            strawberry.argument(description="狀態,預設 DUE 與 OVERDUE。 States."),
        ] = None,
        until: Annotated[
            date | None, strawberry.argument(description="至此日止(含)。 Last day, included.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Annotated["Deadline", strawberry.lazy(".decisions")]] | None:
        """A page of deadlines."""
        from ..resolvers import deadlines

        page = await deadlines.deadlines_of(
            shown(self, objects.Institution),
            deadlines.DeadlineFilter(tuple(states or ()), until),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Deadline]", page)

    @computed("課程(職業重建、長照)。 Courses, in VR and LTC, latest first day first.")
    async def courses(
        self,
        info: Info,
        filter: _COURSES = None,  # noqa: A002 - the API's name
        first: First = None,
        after: After = None,
    ) -> Connection[Annotated["Course", strawberry.lazy(".courses")]] | None:
        """A page of courses."""
        from ..resolvers import courses

        page = await courses.courses_of(
            shown(self, objects.Institution),
            courses.CourseFilter() if filter is None else filter.plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Course]", page)


@strawberry.input(description="機構之篩選條件。 Which institutions.")
class InstitutionFilter:
    """Filter of ``institutions``."""

    registries: list[Registry] | None = strawberry.field(
        default=None, description="登錄系統。 Registries; default all that the token may read."
    )
    counties: list[str] | None = strawberry.field(
        default=None, description="所在縣市代碼。 County codes of the seat."
    )
    unified_business_numbers: list[str] | None = strawberry.field(
        default=None, description="統一編號。 Unified business numbers."
    )
    name: str | None = strawberry.field(
        default=None, description="名稱含此文字。 Part of the name."
    )

    def plain(self) -> institutions.InstitutionFilter:
        """The filter of the use case."""
        return institutions.InstitutionFilter(
            None if self.registries is None else tuple(self.registries),
            tuple(self.counties or ()),
            tuple(self.unified_business_numbers or ()),
            self.name,
        )


@strawberry.type
class InstitutionQuery:
    """Root field ``institutions``."""

    @computed("機構,依名稱排序。 Institutions by name.")
    async def institutions(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            InstitutionFilter | None,
            strawberry.argument(description="篩選條件。 Which institutions."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Institution] | None:
        """A page of institutions."""
        page = await institutions.institutions(
            info.context.hub,
            info.context.request,
            (filter or InstitutionFilter()).plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Institution]", page)

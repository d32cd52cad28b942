"""Learning activities as their registries hold them."""

from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..resolvers import further_decisions, institutions, objects
from .certificates import Declared, RuleCode
from .decisions import Decision
from .enums import Registry
from .fields import computed, shown
from .nodes import AsOf, Node, Provenance
from .scalars import Amount, Day

if TYPE_CHECKING:
    from .institutions import Institution

__all__ = ["Activity"]


@strawberry.type(
    description="學習活動:職業重建上課紀錄、長照積分、勞工健康服務訓練。 A learning activity as its registry holds "
    "it."
)
class Activity(Node):
    """An activity; wraps ``resolvers.objects.Activity``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    date: Day = strawberry.field(description="日期(結束日)。 Its last day.")
    title: str = strawberry.field(description="名稱。 Title.")
    attribute: str | None = strawberry.field(
        description="屬性:professional、quality、ethics、law。 Attribute; null where the term is unknown."
    )
    categories: list[str] = strawberry.field(description="類別代碼。 Categories.")
    mode: str | None = strawberry.field(
        description="方式:in_person、live_online、online。 How it was held."
    )
    role: str | None = strawberry.field(description="身分:attendee、instructor。 Role.")
    points: Amount | None = strawberry.field(description="積分(長照)。 Points, in LTC.")
    hours: Amount | None = strawberry.field(
        description="時數(職業重建為加成後、勞工健康服務)。 Hours, in VR (as credited) and OSH."
    )
    review_state: str | None = strawberry.field(
        description="審核狀態:confirmed、rejected、submitted 等。 State of review."
    )
    kind: str | None = strawberry.field(
        description="訓練性質或課程種類代碼。 Nature of the training, or kind of the course."
    )
    provider_name: str | None = strawberry.field(
        description="辦理單位(文字)。 Who held it, as text."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("辦理機構;紀錄未指明者為空。 The institution; null where no record names it.")
    def institution(self) -> Annotated["Institution", strawberry.lazy(".institutions")] | None:
        """The institution."""
        return cast("Institution", institutions.provider_of(shown(self, objects.Activity)))

    @computed(
        "以判定項目判定此活動(ltc.points、vr.ce_credit、vr.individual_claim)。 What a rule says of this activity: "
        "ltc.points, vr.ce_credit or vr.individual_claim."
    )
    def decision(
        self, rule: RuleCode, as_of: AsOf = None, declared: Declared = None
    ) -> Decision | None:
        """A decision about the activity."""
        asked = shown(self, objects.Activity)
        found = further_decisions.activity_decision(asked, rule, as_of, declared)
        return shown(found, Decision)

"""Recognitions of credits across registries."""

from datetime import date, datetime
from typing import Annotated, cast

import strawberry

from ..resolvers import objects, recognitions
from .activities import Activity
from .certificates import Certificate
from .context import Info
from .enums import Registry
from .fields import computed, shown
from .nodes import After, Connection, First, Node
from .scalars import Amount
from .selection import selects
from .sharing import SharedActivity
from .submissions import Submission

__all__ = ["CreditRecognition", "RecognitionDecision", "RecognitionFilter", "RecognitionQuery"]


@strawberry.type(
    description="採認之初審意見或決定。 A review of an application, or a decision on it."
)
class RecognitionDecision:
    """A review or decision; wraps ``resolvers.objects.RecognitionDecision``."""

    id: strawberry.ID = strawberry.field(
        description="決定之代碼;Person.sharing 以此指明。 Its id, as Person.sharing names it."
    )
    stage: str = strawberry.field(
        description="階段:review(初審)、decision(核定)。 Review or decision."
    )
    outcome: str = strawberry.field(
        description="結果:approved、rejected;初審為 recommended、not_recommended。 Outcome; of a review "
        "recommended or not_recommended."
    )
    amount: Amount | None = strawberry.field(description="核定數。 Amount.")
    attribute: str | None = strawberry.field(description="屬性。 Attribute.")
    categories: list[str] = strawberry.field(description="類別。 Categories.")
    legal_basis: str | None = strawberry.field(description="法律依據。 Legal basis.")
    authority: str = strawberry.field(description="決定機關。 Authority.")
    decision_no: str | None = strawberry.field(description="文號。 Number of the decision.")
    decided_on: date = strawberry.field(description="決定日。 Day of the decision.")
    note: str | None = strawberry.field(description="附註。 Note.")


@strawberry.type(description="跨登錄系統之積分採認。 Recognition of a credit across registries.")
class CreditRecognition(Node):
    """A recognition; wraps ``resolvers.objects.CreditRecognition``."""

    from_registry: str = strawberry.field(description="來源。 Where the credit comes from.")
    to_registry: Registry = strawberry.field(description="目標登錄系統。 Where it shall count.")
    row: str | None = strawberry.field(description="對照表之列。 Row of the recognition matrix.")
    state: str = strawberry.field(description="狀態:pending、approved、rejected、revoked。 State.")
    amount: Amount | None = strawberry.field(
        description="數額:核定前為原數。 Amount; the record's own until it is decided."
    )
    unit: str | None = strawberry.field(description="原紀錄之單位。 Unit of the record.")
    attribute: str | None = strawberry.field(description="屬性。 Attribute.")
    categories: list[str] = strawberry.field(description="類別。 Categories.")
    filed_on: date = strawberry.field(description="申請日。 Day filed.")
    created_at: datetime = strawberry.field(description="建立時間。 When it was entered.")
    changed_at: datetime = strawberry.field(description="異動時間。 When it changed last.")
    reason: str | None = strawberry.field(description="申請理由。 Why it was applied for.")

    @computed(
        "所申請之紀錄:決定所需者。 The record as applied for: what a decision needs, whoever reads it."
    )
    def credit(self) -> SharedActivity:
        """What was applied for."""
        found = recognitions.credit_of(shown(self, objects.CreditRecognition))
        return shown(found, SharedActivity)

    @computed("初審意見,依日期。 The reviews, oldest first.")
    def reviews(self) -> list[RecognitionDecision]:
        """The reviews."""
        found = recognitions.reviews(shown(self, objects.CreditRecognition))
        return cast("list[RecognitionDecision]", found)

    @computed(
        "向目標登錄系統之報送;退回之理由列於其 errors。 The report to the target's agency; why it was refused "
        "stands in its errors."
    )
    def delivery(self) -> Submission | None:
        """The delivery."""
        found = recognitions.delivery(shown(self, objects.CreditRecognition))
        return shown(found, Submission)

    @computed(
        "目標登錄系統對該積分之狀態(如 審核中、符合)。 The target registry's own word for the credit."
    )
    def registry_state(self) -> str | None:
        """The registry's word."""
        found = recognitions.registry_state(shown(self, objects.CreditRecognition))
        return cast("str | None", found)

    @computed("活動;不得讀取者為空。 The activity, where it may be seen.")
    def activity(self) -> Activity | None:
        """The activity."""
        found = recognitions.activity_of(shown(self, objects.CreditRecognition))
        return shown(found, Activity)

    @computed("證書;不得讀取者為空。 The certificate, where it may be seen.")
    def certificate(self) -> Certificate | None:
        """The certificate."""
        found = recognitions.certificate_of(shown(self, objects.CreditRecognition))
        return shown(found, Certificate)

    @computed("決定,依日期。 The decisions, oldest first.")
    def decisions(self) -> list[RecognitionDecision]:
        """The decisions."""
        found = recognitions.decisions(shown(self, objects.CreditRecognition))
        return cast("list[RecognitionDecision]", found)


@strawberry.input(description="採認之篩選條件。 Which recognitions.")
class RecognitionFilter:
    """Filter of ``recognitions``."""

    states: list[str] | None = strawberry.field(default=None, description="狀態。 States.")
    from_registries: list[str] | None = strawberry.field(
        default=None, description="來源。 Where the credit comes from."
    )
    to_registries: list[Registry] | None = strawberry.field(
        default=None, description="目標登錄系統。 Where it shall count."
    )

    def plain(self) -> recognitions.RecognitionFilter:
        """The filter of the use case."""
        return recognitions.RecognitionFilter(
            tuple(self.states or ()),
            tuple(self.from_registries or ()),
            tuple(self.to_registries or ()),
        )


@strawberry.type
class RecognitionQuery:
    """Root field ``recognitions``."""

    @computed("跨類採認,近者在前。 Recognitions, newest first.")
    async def recognitions(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            RecognitionFilter | None,
            strawberry.argument(description="篩選條件。 Which recognitions."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[CreditRecognition] | None:
        """A page of recognitions."""
        page = await recognitions.recognitions(
            info.context.hub,
            info.context.request,
            (filter or RecognitionFilter()).plain(),
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[CreditRecognition]", page)

"""Credit across registries: applied for by one, reviewed and decided by others."""

from typing import Annotated

import strawberry

from ...resolvers.once import Done
from ...resolvers.recognition_apply import ApplyInput, Trainee, apply_recognition
from ...resolvers.recognition_decide import DecideInput, decide_recognition
from ...resolvers.recognitions import recognitions_by_key
from ..context import Info
from ..fields import computed, shown
from ..recognitions import CreditRecognition
from ..scalars import JSON, Amount
from ..sharing import IdentifierInput
from .effects import KEY, VALIDATE_ONLY, EffectPayload, outcome

__all__ = ["RecognitionMutations"]


@strawberry.input(
    description="機構自辦課程之學員。 A trainee of the institution's own course or class."
)
class RecognitionTraineeInput:
    """An organiser's trainee."""

    identifier: IdentifierInput = strawberry.field(description="證號。 The trainee's number.")
    course: str = strawberry.field(
        description="課程編號或班別編號。 Number of the course or class, of this institution."
    )
    certificate_role: str = strawberry.field(
        description="目標證書之角色,如 ltc.care_worker。 Registry and type of the certificate it shall count "
        "for."
    )
    attribute: str | None = strawberry.field(
        default=None,
        description="課程屬性;同一課程有多筆紀錄時指明。 Which record, where the course gave several.",
    )
    record: str | None = strawberry.field(
        default=None,
        description="紀錄代碼;同一屬性仍有多筆時,填錯誤訊息 expected 所列者。 The record's id, where several have "
        "one attribute: as `expected` of the error lists them, before the colon.",
    )


@strawberry.input(
    description="申請採認:certificate 加上 activity 或 declaredActivity;機構則用 trainee。 A record for a "
    "certificate; an institution names its trainee instead."
)
class ApplyRecognitionInput:
    """Input of applyRecognition."""

    idempotency_key: str = strawberry.field(description=KEY)
    certificate: strawberry.ID | None = strawberry.field(
        default=None, description="目標證書。 The certificate that it shall count for."
    )
    activity: strawberry.ID | None = strawberry.field(
        default=None,
        description="活動之識別碼,或採認報告中之活動代碼。 Id of an activity, or the record's id in "
        "`Person.sharing`.",
    )
    declared_activity: JSON | None = strawberry.field(
        default=None,
        description="無系統登載之活動(medical_ce、social_worker_ce),鍵同規則手冊,另可附 organiser。 A record that "
        "no registry holds, in the rulebook's keys (registry, id, date, title, points, attribute, remark_codes, "
        "mode, role), with `organiser`.",
    )
    trainee: RecognitionTraineeInput | None = strawberry.field(
        default=None, description="機構之學員。 An institution's own trainee."
    )
    reason: str | None = strawberry.field(default=None, description="申請理由。 Why.")
    validate_only: bool = strawberry.field(default=False, description=VALIDATE_ONLY)

    def plain(self) -> ApplyInput:
        """The input of the use case."""
        who = self.trainee
        trainee = None
        if who is not None:
            trainee = Trainee(
                who.identifier.value,
                who.identifier.kind,
                who.course,
                who.certificate_role,
                who.attribute,
                who.record,
            )
        return ApplyInput(
            self.idempotency_key,
            self.certificate,
            self.activity,
            self.declared_activity,
            trainee,
            self.reason,
            self.validate_only,
        )


@strawberry.input(
    description="初審或決定採認。 A review of an application, a decision on it, or the revocation of an approval."
)
class DecideRecognitionInput:
    """Input of decideRecognition."""

    idempotency_key: str = strawberry.field(description=KEY)
    recognition: strawberry.ID = strawberry.field(description="採認案。 The recognition.")
    outcome: str = strawberry.field(
        description="初審:recommended、not_recommended;核定:approved、rejected、revoked(廢止核定)。 Review: "
        "recommended, not_recommended; decision: approved, rejected, revoked (of an approval)."
    )
    amount: Amount | None = strawberry.field(
        default=None,
        description="核定數,預設原數,高於原數者以原數計。 Amount; default, and at most, the record's own.",
    )
    attribute: str | None = strawberry.field(
        default=None, description="屬性代碼,預設原紀錄者。 Attribute; default the record's."
    )
    categories: list[str] | None = strawberry.field(
        default=None, description="類別代碼;僅計所列者。 Categories; only those named count."
    )
    legal_basis: str | None = strawberry.field(
        default=None,
        description="法源依據,預設對照表所據者。 Legal basis; default that of the matrix row.",
    )
    decision_no: str | None = strawberry.field(
        default=None,
        description="採認文號;目標為長照證書之核定必填。 Number of the decision; needed to approve for an LTC "
        "certificate.",
    )
    deciding_body: str | None = strawberry.field(
        default=None, description="採認機關名稱。 Name of the deciding body."
    )
    note: str | None = strawberry.field(
        default=None,
        description="理由;不予採認或廢止時必填。 Reason; needed to reject or revoke.",
    )
    replaces: strawberry.ID | None = strawberry.field(
        default=None,
        description="所取代之決定;於不予採認或廢止後改為核定時必填。 The decision that an approval replaces, after a "
        "rejection or revocation.",
    )

    def plain(self) -> DecideInput:
        """The input of the use case."""
        return DecideInput(
            self.idempotency_key,
            self.recognition,
            self.outcome,
            self.amount,
            self.attribute,
            tuple(self.categories or ()),
            self.legal_basis,
            self.decision_no,
            self.deciding_body,
            self.note,
            self.replaces,
        )


@strawberry.type(description="採認申請之結果。 What came of an application.")
class ApplyRecognitionPayload(EffectPayload):
    """Payload of applyRecognition."""

    recognition: CreditRecognition | None = strawberry.field(
        description="採認案;有錯誤或僅檢核時為空。 The recognition; null with errors and for a dry run."
    )


@strawberry.type(description="採認決定之結果。 What came of a review or decision.")
class DecideRecognitionPayload(EffectPayload):
    """Payload of decideRecognition."""

    recognition: CreditRecognition | None = strawberry.field(
        description="採認案;有錯誤時為空。 The recognition; null with errors."
    )


async def _recognition(info: Info, done: Done) -> CreditRecognition | None:
    if done.about is None:
        return None
    found = await recognitions_by_key(info.context.hub, info.context.request, [done.about])
    return shown(found[done.about], CreditRecognition) if done.about in found else None


@strawberry.type
class RecognitionMutations:
    """Recognition of credit across registries."""

    @computed(
        "申請跨類採認:由本人登錄地之機關或開課機構提出。 Apply for the recognition of a record: an office for a "
        "person registered with it, an organiser for its own trainee."
    )
    async def apply_recognition(
        self,
        info: Info,
        given: Annotated[
            ApplyRecognitionInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> ApplyRecognitionPayload | None:
        """Apply."""
        done = await apply_recognition(info.context.hub, info.context.request, given.plain())
        return ApplyRecognitionPayload(recognition=await _recognition(info, done), **outcome(done))

    @computed(
        "初審、核定、不予採認或廢止;決定者須為對照表所列主管機關,且非申請者或初審者。 Review, approve, reject or revoke: "
        "by the authority of the matrix row, never by who applied or reviewed."
    )
    async def decide_recognition(
        self,
        info: Info,
        given: Annotated[
            DecideRecognitionInput,
            strawberry.argument(name="input", description="輸入。 The input."),
        ],
    ) -> DecideRecognitionPayload | None:
        """Decide."""
        done = await decide_recognition(info.context.hub, info.context.request, given.plain())
        return DecideRecognitionPayload(recognition=await _recognition(info, done), **outcome(done))

"""The interface that the three kinds of certificate share, and pages of them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..resolvers import further_decisions, objects, people, renewals
from .decisions import Decision
from .enums import Lang, Registry
from .fields import computed, shown
from .labels import role_label
from .nodes import AsOf, LangArg, Node, Provenance
from .scalars import JSON

if TYPE_CHECKING:
    from .people import Person

__all__ = ["ApplicationDate", "Certificate", "Declared", "RuleCode"]

Declared = Annotated[
    JSON | None,
    strawberry.argument(
        description="無系統登載而由查詢者提供之事實,鍵名依規則手冊。 Facts that no registry holds, under the "
        "rulebook's keys."
    ),
]
RuleCode = Annotated[
    str, strawberry.argument(description="判定項目代碼。 Code of the entry point.")
]
ApplicationDate = Annotated[
    date | None,
    strawberry.argument(
        description="(預定)申請日,預設判定日。 Day of the (planned) application; default the day asked about."
    ),
]


@strawberry.interface(
    description="證書、資格或認證證明文件。 A certificate of one of the three registries."
)
class Certificate(Node):
    """What all certificates have; wraps ``resolvers.objects.Certificate``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    type: str = strawberry.field(
        description="類別代碼(如 case_manager);名詞不明時為 unknown。 The rulebook's type; unknown where the "
        "agency's term is unknown."
    )
    title: str = strawberry.field(description="機關所載名稱。 The agency's own word for it.")
    number: str | None = strawberry.field(description="證號或文號。 Its number.")
    valid_from: date | None = strawberry.field(description="效期起日。 First day.")
    valid_to: date | None = strawberry.field(
        description="效期迄日,含展延。 Last day, extensions included; null without an end."
    )
    status: str = strawberry.field(
        description="業務日之狀態:not_started、valid、window_open、extended、expired、ended。 Status on the "
        "business day."
    )
    registry_state: str | None = strawberry.field(
        description="機關所載狀態。 The agency's own word for its state."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")

    @computed("類別名稱。 The type in words.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The type in words."""
        return role_label(self.registry, self.type, self.title, lang)

    @computed("持有人。 The holder; null where the number on record leads to nobody.")
    def holder(self) -> Annotated["Person", strawberry.lazy(".people")] | None:
        """The holder."""
        return cast("Person", people.holder(shown(self, objects.Certificate)))

    @computed(
        "更新判定(OSH 為在職教育訓練義務)。 Whether it can be renewed; in OSH, whether the in-service duty is met."
    )
    def renewal(
        self,
        as_of: AsOf = None,
        application_date: ApplicationDate = None,
        declared: Declared = None,
    ) -> Decision | None:
        """The renewal decision."""
        asked = shown(self, objects.Certificate)
        return shown(renewals.renewal(asked, as_of, application_date, declared), Decision)

    @computed(
        "以其他判定項目判定此證書(如 ltc.reentry、ltc.id_merge、vr.lapse_return)。 What another rule says of this "
        "certificate: ltc.reentry, ltc.id_merge, vr.lapse_return and so on."
    )
    def decision(
        self, rule: RuleCode, as_of: AsOf = None, declared: Declared = None
    ) -> Decision | None:
        """A decision of another rule."""
        asked = shown(self, objects.Certificate)
        found = further_decisions.certificate_decision(asked, rule, as_of, declared)
        return shown(found, Decision)

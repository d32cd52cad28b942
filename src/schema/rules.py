"""The rules one can ask, with dated figures; and what-if questions without stored data."""

from datetime import date
from typing import Annotated, cast

import strawberry

from ..resolvers import rules
from .context import Info
from .enums import Lang, Registry
from .fields import computed, shown
from .nodes import Citation, LangArg, cite
from .scalars import JSON

__all__ = ["Rule", "RuleFigure", "RuleQuery"]


@strawberry.type(description="法定數值。 A dated figure of the law, as in force on the day.")
class RuleFigure:
    """A figure; wraps ``resolvers.rules.RuleFigure``."""

    group: str = strawberry.field(description="數值群組代碼。 Group of figures.")
    name: str = strawberry.field(description="名稱。 Name within the group.")
    unit: str = strawberry.field(description="單位。 Unit.")
    since: date = strawberry.field(description="施行首日。 First day in force.")
    confirmed: bool = strawberry.field(
        description="是否已由法規原文確認。 Whether a text at hand confirms it."
    )
    law: strawberry.Private[str]

    @computed("數值。 The value.")
    def value(self) -> JSON | None:
        """The value."""
        return JSON(shown(self, rules.RuleFigure).value)

    @computed("群組名稱。 The group in words.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The group in words."""
        return shown(self, rules.RuleFigure).title[lang.value]

    @computed("法源。 The text that sets it.")
    def citation(self) -> Citation:
        """The citation."""
        return cast("Citation", cite(self.law))


@strawberry.type(description="判定項目。 A rule one can ask.")
class Rule:
    """A rule; wraps ``resolvers.rules.Rule``."""

    code: str = strawberry.field(description="判定項目代碼。 Code of the entry point.")
    registry: Registry | None = strawberry.field(
        description="登錄系統;跨系統者為空。 Registry; null across registries."
    )
    on: date = strawberry.field(description="查詢日。 Day of the figures.")
    ruleset_version: str = strawberry.field(description="規則版本。 Version of rules and figures.")
    figures: list[RuleFigure] = strawberry.field(
        description="該日施行之數值(該登錄系統全部)。 Figures of its registry in force on the day."
    )

    @computed("名稱。 Its title.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The title in words."""
        return shown(self, rules.Rule).title[lang.value]

    @computed("所適用之法規。 The texts it applies.")
    def citations(self) -> list[Citation]:
        """The citations."""
        return [cast("Citation", cite(code)) for code in shown(self, rules.Rule).law]


@strawberry.type
class RuleQuery:
    """Root fields ``rules`` and ``evaluateRule``."""

    @computed("判定項目與施行中之數值。 The rules, with the figures in force on a day.")
    def rules(
        self,
        info: Info,
        registry: Annotated[
            Registry | None, strawberry.argument(description="登錄系統,預設全部。 Default: all.")
        ] = None,
        on: Annotated[
            date | None,
            strawberry.argument(description="查詢日,預設業務日。 Default: the business day."),
        ] = None,
    ) -> list[Rule] | None:
        """The rules."""
        found = rules.rules(info.context.hub, info.context.request, registry, on)
        return cast("list[Rule]", found)

    @computed(
        "以自備事實試算,不讀取任何登錄資料。 What if: the same keys as the rule cases; nothing stored is read."
    )
    def evaluate_rule(
        self,
        info: Info,
        rule: Annotated[
            str, strawberry.argument(description="判定項目代碼。 Code of the entry point.")
        ],
        as_of: Annotated[date, strawberry.argument(description="判定日。 Day asked about.")],
        given: Annotated[
            JSON,
            strawberry.argument(
                description="事實,鍵名依規則手冊。 Facts, under the rulebook's keys."
            ),
        ],
    ) -> JSON | None:
        """The report of the entry point."""
        found = rules.evaluate_rule(info.context.hub, info.context.request, rule, as_of, given)
        return JSON(found)

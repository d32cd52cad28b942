"""A decision as the API shows it: verdict, requirements, findings, reasons, sources."""

from collections.abc import Sequence
from datetime import date

import strawberry

from ..domain.amounts import to_number
from ..domain.decision import Figure as FigureValue
from ..domain.decision import Step, plain
from ..resolvers.answers import Answer
from ..rules.law import citation
from ..rules.wording import render
from .enums import DeadlineState, Lang, Severity, Verdict
from .fields import computed, shown
from .labels import sentence
from .nodes import Citation, LangArg, Provenance, cite
from .scalars import JSON, Amount

__all__ = [
    "ActivityRefusal",
    "ActivityUse",
    "Deadline",
    "Decision",
    "ExplanationStep",
    "Figure",
    "Finding",
    "Requirement",
    "Window",
]


@strawberry.type(description="要件:採計數與應有數。 A requirement: counted against required.")
class Requirement:
    """A requirement; wraps ``domain.decision.Requirement``."""

    code: str = strawberry.field(description="要件代碼。 Code of the requirement.")
    met: bool = strawberry.field(description="是否符合。 Whether it is met.")
    counted: Amount | None = strawberry.field(
        description="採計數;精簡判定為空。 What counted; null in a minimal decision."
    )
    required: Amount = strawberry.field(description="應有數。 What is required.")
    short: Amount | None = strawberry.field(description="不足數。 What is missing; 0 when enough.")
    unit: str = strawberry.field(description="單位(points、hours 等)。 Unit: points, hours ...")
    by: date | None = strawberry.field(description="應完成之日。 Day by which it is due.")
    law: strawberry.Private[str]

    @computed("要件名稱。 What is required, in words.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The requirement in words."""
        return sentence(self.code, lang)

    @computed("法源。 The text it rests on.")
    def citation(self) -> Citation:
        """The citation."""
        return shown(citation(self.law), Citation)


@strawberry.type(description="發現:承辦人應知之事。 Something that a clerk should know.")
class Finding:
    """A finding: ``domain.decision.Finding`` with the rule that found it, for its words."""

    code: str = strawberry.field(description="發現代碼。 Code of the finding.")
    severity: Severity = strawberry.field(description="輕重。 How much it weighs.")
    law: strawberry.Private[str | None]
    rule: strawberry.Private[str]

    @computed("說明。 The finding in words.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The finding in words."""
        return sentence(self.code, lang, self.rule)

    @computed("法源。 The text it rests on, if any.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.law)


@strawberry.type(description="期限。 A day by which something is due.")
class Deadline:
    """A deadline; wraps ``domain.decision.Deadline``."""

    code: str = strawberry.field(description="期限代碼。 Code of the deadline.")
    due: date = strawberry.field(description="期限日(含)。 Last day, included.")
    law: strawberry.Private[str | None]

    @computed(
        "狀態;無從得知是否已辦者為空。 Where it stands; null where nothing says whether it was done."
    )
    def state(self) -> DeadlineState | None:
        """DUE, DONE, OVERDUE or PASSED, on the day asked about."""
        return getattr(self, "state", None)

    @computed("完成日。 Day it was done, where that is known.")
    def done_on(self) -> date | None:
        """The day it was done."""
        return getattr(self, "done_on", None)

    @computed("所涉班別、認可或通知之編號。 Number of the class, recognition or order it is about.")
    def subject(self) -> str | None:
        """What it is about."""
        return getattr(self, "subject", None) or None

    @computed("所涉事項名稱。 What people call that.")
    def title(self) -> str | None:
        """What people call it."""
        return getattr(self, "title", None)

    @computed("所涉受訓人數;屬全班者為空。 Trainees it concerns; null where it is about the whole.")
    def trainees(self) -> int | None:
        """How many trainees."""
        return getattr(self, "trainees", None)

    @computed(
        "該年度辦公日曆表未載入,僅避開星期六、日。 The year's calendar is not held: only Saturdays and "
        "Sundays were avoided."
    )
    def weekends_only(self) -> bool:
        """Whether the calendar of the year is not held."""
        return bool(getattr(self, "weekends_only", False))

    @computed("說明。 The deadline in words.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The deadline in words."""
        return sentence(self.code, lang)

    @computed("法源。 The text it rests on, if any.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.law)


@strawberry.type(
    description="得申請之期間,首尾均含。 When an application is open, both days included."
)
class Window:
    """An application window."""

    opens: date = strawberry.field(description="首日。 First day.")
    closes: date = strawberry.field(description="末日。 Last day.")


@strawberry.type(description="已採計之活動。 An activity that counted.")
class ActivityUse:
    """An activity that counted; wraps ``domain.decision.ActivityUse``."""

    activity: strawberry.ID = strawberry.field(
        description="判定事實中之活動代碼。 The activity's id among the facts."
    )
    amount: Amount = strawberry.field(description="採計數。 The amount that counted.")
    unit: str = strawberry.field(description="單位。 Unit.")
    requirements: list[str] = strawberry.field(
        description="計入之要件。 Requirements it counted for."
    )


@strawberry.type(
    description="未採計之活動及其唯一理由。 An activity that did not count, with one reason."
)
class ActivityRefusal:
    """An activity that did not count: ``domain.decision.ActivityRefusal`` with its rule."""

    activity: strawberry.ID = strawberry.field(
        description="判定事實中之活動代碼。 The activity's id among the facts."
    )
    reason: str = strawberry.field(description="理由代碼。 Code of the reason.")
    law: strawberry.Private[str | None]
    rule: strawberry.Private[str]

    @computed("理由。 The reason in words.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The reason in words."""
        return sentence(self.reason, lang, self.rule, activity=self.activity)

    @computed("法源。 The text it rests on, if any.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.law)


def _shown(value: object, unit: str | None) -> object:
    if unit is not None and isinstance(value, int) and not isinstance(value, bool):
        return to_number(value)
    return plain(value)


@strawberry.type(description="步驟所用之數值。 A number, day or word that a step used.")
class Figure:
    """A figure of a step; wraps ``domain.decision.Figure``."""

    name: str = strawberry.field(description="名稱。 What it is.")
    unit: str | None = strawberry.field(description="單位。 Unit.")
    law: strawberry.Private[str | None]
    raw: strawberry.Private[FigureValue]

    @computed("值。 The value.")
    def value(self) -> JSON | None:
        """The value as JSON."""
        return JSON(_shown(self.raw.value, self.raw.unit))

    @computed("法定數值之法源。 The text that sets it; null for a fact.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.law)


def _tree(step: Step) -> dict[str, object]:
    return {
        "code": step.code,
        "law": step.law,
        "met": step.met,
        "value": _shown(step.value, step.unit),
        "unit": step.unit,
        "inputs": [
            {
                "name": figure.name,
                "value": _shown(figure.value, figure.unit),
                "unit": figure.unit,
                "law": figure.law,
            }
            for figure in step.inputs
        ],
        "children": [_tree(child) for child in step.children],
    }


@strawberry.type(
    description="判定之步驟樹:看了什麼、依何規定、結果為何。 A node of the explanation: what was looked at, by "
    "which text, with which result."
)
class ExplanationStep:
    """A step; wraps ``domain.decision.Step``."""

    raw: strawberry.Private[Step]
    rule: strawberry.Private[str]

    @computed("步驟代碼。 Code of the step.")
    def code(self) -> str:
        """The step's code."""
        return self.raw.code

    @computed("說明。 The step as a sentence.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The step in words."""
        return render(self.raw, lang.value, self.rule)

    @computed("結果值。 What came out.")
    def value(self) -> JSON | None:
        """The step's value as JSON."""
        return JSON(_shown(self.raw.value, self.raw.unit))

    @computed("單位。 Unit of the value.")
    def unit(self) -> str | None:
        """The value's unit."""
        return self.raw.unit

    @computed("是否符合。 Whether the step is met; null where it decides nothing.")
    def met(self) -> bool | None:
        """Whether the step is met."""
        return self.raw.met

    @computed("法源。 The text it rests on, if any.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.raw.law)

    @computed("所用數值。 The figures used.")
    def inputs(self) -> list[Figure]:
        """The figures used."""
        return [
            Figure(name=item.name, unit=item.unit, law=item.law, raw=item)
            for item in self.raw.inputs
        ]

    @computed("下層步驟。 The steps below.")
    def children(self) -> list["ExplanationStep"]:
        """The steps below."""
        return [ExplanationStep(raw=child, rule=self.rule) for child in self.raw.children]

    @computed("本步驟以下全樹之 JSON。 The whole tree below, as JSON.")
    def tree(self) -> JSON:
        """This step and all below it as JSON."""
        return JSON(_tree(self.raw))


@strawberry.type(
    description="判定:結論、要件、發現、理由與來源;以相同事實可重現。 A decision with its verdict, requirements, "
    "findings, reasons and sources; replayable from the same facts."
)
class Decision:
    """A decision; wraps ``resolvers.answers.Answer``, whose attributes these are."""

    rule: str = strawberry.field(description="判定項目代碼。 Code of the entry point.")
    verdict: Verdict = strawberry.field(description="結論。 The verdict.")
    eligible: bool | None = strawberry.field(
        description="是否符合;無結論時為空。 Null unless ELIGIBLE or NOT_ELIGIBLE."
    )
    status: str = strawberry.field(
        description="規則手冊之狀態代碼,或 not_decidable、not_applicable。 The rulebook's status, or "
        "not_decidable or not_applicable."
    )
    minimal: bool = strawberry.field(
        description="是否為精簡判定(不含數值、活動、理由)。 Whether figures, activities and reasons are left "
        "out."
    )
    valid_to: date | None = strawberry.field(
        description="所問事項之末日,含展延。 Last day of what was asked about, extensions included."
    )
    as_of: date = strawberry.field(description="判定日。 Day asked about.")
    ruleset_version: str = strawberry.field(
        description="規則版本。 Version of the rules and figures."
    )
    facts_hash: str = strawberry.field(description="事實雜湊。 SHA-256 of the question.")
    requirements: list[Requirement] = strawberry.field(description="要件。 Requirements, in order.")
    deadlines: list[Deadline] = strawberry.field(
        description="期限,近者在前。 Deadlines, nearest first."
    )
    window: Window | None = strawberry.field(description="得申請之期間。 Application window.")
    sources: list[Provenance] = strawberry.field(
        description="資料來源。 Where the facts come from."
    )
    next_change_on: date | None = strawberry.field(
        description="事實不變時,結論可能改變之首日。 First later day on which the answer can change without new "
        "facts."
    )
    lacking: list[str] = strawberry.field(
        description="缺少而無法判定之應提供事實。 Declared facts without which nothing is decided."
    )
    used: strawberry.Private[Sequence[ActivityUse] | None]

    @computed("狀態說明。 The status in words.")
    def status_label(self, lang: LangArg = Lang.ZH) -> str:
        """The status in words."""
        return sentence(self.status, lang, self.rule)

    @computed("發現。 Findings, each once.")
    def findings(self) -> list[Finding]:
        """Findings of the rule, the mapping and the sources."""
        return [
            Finding(code=item.code, severity=item.severity, law=item.law, rule=self.rule)
            for item in shown(self, Answer).findings
        ]

    @computed("已採計之活動。 Activities that counted.")
    def used_activities(self) -> list[ActivityUse] | None:
        """Activities that counted."""
        return None if self.used is None else list(self.used)

    @computed("未採計之活動,各一理由。 Activities that did not count, one reason each.")
    def refused_activities(self) -> list[ActivityRefusal] | None:
        """Activities that did not count."""
        if self.minimal:
            return None
        return [
            ActivityRefusal(
                activity=strawberry.ID(item.activity),
                reason=item.reason,
                law=item.law,
                rule=self.rule,
            )
            for item in shown(self, Answer).refused
        ]

    @computed("理由樹。 Why, as a tree of steps.")
    def explanation(self) -> ExplanationStep | None:
        """The tree of steps."""
        step = shown(self, Answer).explanation
        return None if step is None else ExplanationStep(raw=step, rule=self.rule)

    @computed("所據法規。 Every text that the decision rests on.")
    def citations(self) -> list[Citation]:
        """The citations."""
        return [shown(citation(code), Citation) for code in shown(self, Answer).citations]

    @computed(
        "判定項目之全部結果,鍵名依規則手冊。 All that the entry point reports, under the rulebook's "
        "keys."
    )
    def details(self) -> JSON | None:
        """The report of the entry point."""
        found = shown(self, Answer).details
        return None if found is None else JSON(found)

    @computed(
        "所用事實(不含證號),可供 evaluateRule 重現。 The facts used, without identifiers: "
        "evaluateRule gives the same details."
    )
    def given(self) -> JSON | None:
        """The facts used."""
        found = shown(self, Answer).given
        return None if found is None or self.minimal else JSON(plain(found))

"""The people: eligibility for health services and the three-yearly in-service duty.

Rulebook: domain/osh.md, OSH-R80..R86.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Decision,
    Figure,
    Finding,
    Requirement,
    Severity,
    Step,
)
from ..domain.periods import DAY, add_years, period_end
from .facts import Facts, Hundredths, contradiction, require_order
from .osh_common import CATEGORIES, RELATED, Category
from .params import Params, Ruleset
from .provider import Provider, Termination, is_recognised

__all__ = ["EligibilityFacts", "InServiceFacts", "eligibility", "in_service"]

_GROUP = "osh.people"
_YEARS_BEFORE_THE_DUTY = 3  # only shown: before 2017-01-01 nothing is owed
Profession = Literal[
    "physician", "nurse", "related", "psychologist", "occupational_therapist", "physical_therapist"
]
Specialist = Literal["occupational_medicine", "other", "none"]


def _check_specialist(profession: str, specialist: str) -> None:
    if profession != "physician" and specialist != "none":
        raise contradiction("specialist", "none, unless the person is a physician")


class Applicant(Facts, frozen=True):
    """A person; ``practice_years``: years of practice, at most two decimals."""

    profession: Profession
    licence: bool = False
    specialist: Specialist = "none"
    practice_years: Hundredths = Hundredths(0)
    training_passed_on: date | None = None

    def __post_init__(self) -> None:
        _check_specialist(self.profession, self.specialist)


class EligibilityFacts(Facts, frozen=True):
    """Facts of ``osh.eligibility``."""

    person: Applicant


def _requirements(person: Applicant, figures: Params, as_of: date) -> tuple[Requirement, ...]:
    """What the text of the day asks of this profession (OSH-R80), in the order of the text."""
    law = figures.figure(_GROUP, "rule_version").law

    def claim(code: str, true: bool) -> Requirement:
        return Requirement(code, true, 100 * true, 100, "count", law)

    trained = person.training_passed_on is not None and person.training_passed_on <= as_of
    if person.profession == "physician":
        if person.specialist == "occupational_medicine":
            return (claim("osh.specialist", true=True),)
        needed = figures.figure(_GROUP, "specialist_needed")
        own = (claim("osh.specialist", true=person.specialist == "other"),) if needed.value else ()
        return (*own, claim("osh.training", trained))
    asked = [claim("osh.licence", person.licence), claim("osh.training", trained)]
    practice = figures.get(_GROUP, "practice_years")
    if practice is not None:
        required = 100 * practice.value
        asked.append(
            Requirement(
                "osh.practice",
                person.practice_years >= required,
                person.practice_years,
                required,
                "years",
                practice.law,
            )
        )
    return tuple(asked)


def eligibility(facts: EligibilityFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Whether a person may give occupational-health services under the text of the day.

    Law: N0060022:7 (until 2017-11-12 art. 5) (OSH-R80).
    """
    figures = ruleset.on(as_of)
    person = facts.person
    version = figures.get(_GROUP, "rule_version")
    allowed = figures.get(_GROUP, "related_allowed")
    codes = []
    if version is None or allowed is None or (person.profession in RELATED and not allowed.value):
        requirements: tuple[Requirement, ...] = ()
        status, eligible = "not_applicable", False
    else:
        requirements = _requirements(person, figures, as_of)
        eligible = all(item.met for item in requirements)
        status = "eligible" if eligible else "not_eligible"
        former = figures.get(_GROUP, "former_rule_on")
        if not eligible and former is not None:
            before = _requirements(person, ruleset.on(former.value), as_of)
            if all(item.met for item in before):
                codes.append("osh.former_rule_only")
    step = Step(
        "osh.eligibility",
        version.law if version else "N0060022@2014-06-30:5",
        (Figure("profession", person.profession), Figure("specialist", person.specialist)),
        status,
        None,
        eligible,
        tuple(
            Step(
                item.code,
                item.law,
                (
                    Figure("counted", item.counted, item.unit),
                    Figure("required", item.required, item.unit, item.law),
                ),
                met=item.met,
            )
            for item in requirements
        ),
    )
    days = [*ruleset.changes_after(as_of)]
    if person.training_passed_on is not None and person.training_passed_on > as_of:
        days.append(person.training_passed_on)
    return Decision(
        rule="osh.eligibility",
        as_of=as_of,
        status=status,
        eligible=eligible,
        explanation=step,
        requirements=requirements,
        findings=tuple(Finding(code, Severity.WARNING) for code in codes),
        report={"rule_version": version.value if version else None},
        citations=tuple(dict.fromkeys(item.law for item in requirements)),
        next_change_on=min(days, default=None),
    )


class ActivityProvider(Facts, frozen=True):
    """Who held the class: an authority, or an institution with its recognition."""

    kind: Literal["government", "institution"]
    valid_from: date | None = None
    valid_to: date | None = None
    terminated: Termination | None = None


class InServiceActivity(Facts, frozen=True, rename={"held_on": "date"}):
    """A class attended; all keys of the shared activity shape."""

    id: str
    held_on: date
    hours: Hundredths
    registry: Literal["osh"] = "osh"
    kind: Literal["in_service", "professional"] = "in_service"
    title: str | None = None
    attribute: str | None = None
    categories: tuple[Category, ...] = ()
    mode: Literal["in_person", "live_online", "online"] = "in_person"
    role: Literal["attendee", "instructor"] = "attendee"
    platform: str | None = None
    provider: ActivityProvider | None = None
    review_state: str = "confirmed"
    event: str | None = None


class Personnel(Facts, frozen=True):
    """The person on whom the duty lies."""

    profession: Profession
    specialist: Specialist = "none"

    def __post_init__(self) -> None:
        _check_specialist(self.profession, self.specialist)


class InServiceFacts(Facts, frozen=True):
    """Facts of ``osh.in_service``; ``period_start``: the day service began."""

    person: Personnel
    period_start: date | None = None
    activities: tuple[InServiceActivity, ...] = ()


def _refusal(
    activity: InServiceActivity, start: date, end: date, as_of: date, platform: str
) -> str | None:
    """The first test that fails, in the order of osh.md section 10."""
    if activity.kind != "in_service":
        return "osh.not_in_service"
    if activity.role != "attendee":
        return "osh.role_not_attendee"
    if not start <= activity.held_on <= min(end, as_of):
        return "osh.out_of_period"
    if activity.mode == "live_online":
        return "osh.live_online_not_foreseen"
    if activity.mode == "online" and activity.platform != platform:
        return "osh.online_not_central"
    provider = activity.provider
    if provider is not None and provider.kind == "institution":
        term = Provider(
            valid_from=provider.valid_from,
            valid_to=provider.valid_to,
            terminated=provider.terminated,
        )
        if not is_recognised(term, activity.held_on, as_of):
            return "osh.provider_not_recognised"
    return None


def _capped(amounts: Mapping[str, int], cap: int) -> int:
    return amounts["in_person"] + min(cap, amounts["online"])


def _duty_figures(person: Personnel, figures: Params) -> tuple[bool, bool]:
    """(the duty applies, only the specialist's two hours)."""
    if figures.get(_GROUP, "duty_total") is None:
        return False, False
    if person.profession in RELATED:
        return bool(figures.value(_GROUP, "duty_related")), False
    if person.profession == "physician" and person.specialist == "occupational_medicine":
        return figures.get(_GROUP, "duty_specialist") is not None, True
    return True, False


def _period(facts: InServiceFacts, as_of: date, figures: Params) -> tuple[date, date]:
    """OSH-R86: three years from the day service began, else the last three up to ``as_of``."""
    known = figures.get(_GROUP, "duty_years")
    years = known.value if known else _YEARS_BEFORE_THE_DUTY
    if facts.period_start is not None:
        return facts.period_start, period_end(facts.period_start, years)
    return add_years(as_of, -years) + DAY, as_of


def in_service(facts: InServiceFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """The in-service hours of three years: in all and in each category.

    Law: N0060022:8 (2017-01-01..2017-11-12 art. 5-1) (OSH-R81..R86).
    """
    figures = ruleset.on(as_of)
    start, end = _period(facts, as_of, figures)
    applies, specialist = _duty_figures(facts.person, figures)
    if not applies:
        law = "N0060022@2016-03-23:5.1"
        return Decision(
            rule="osh.in_service",
            as_of=as_of,
            status="not_applicable",
            eligible=True,
            explanation=Step("osh.in_service.not_applicable", law, met=True),
            report={"period": {"from": start, "to": end}, "refused": {}},
            refused=tuple(
                ActivityRefusal(key, "osh.in_service.not_applicable", law)
                for key in dict.fromkeys(activity.id for activity in facts.activities)
            ),
            citations=(law,),
            next_change_on=min(ruleset.changes_after(as_of), default=None),
        )
    platform = figures.value(_GROUP, "platform")
    cap = 100 * figures.value(_GROUP, "online_cap")
    total = {"in_person": 0, "online": 0}
    by_category: dict[str, dict[str, int]] = {
        category: {"in_person": 0, "online": 0} for category in CATEGORIES
    }
    used: list[ActivityUse] = []
    refused: dict[str, str] = {}
    seen: set[str] = set()
    for index, activity in enumerate(facts.activities):
        if activity.id in seen:
            continue  # OSH-R85: each id once
        seen.add(activity.id)
        if activity.provider is not None:
            require_order(
                activity.provider.valid_from,
                activity.provider.valid_to,
                f"activities[{index}].provider.valid_to",
            )
        reason = _refusal(activity, start, end, as_of, platform)
        if reason is not None:
            refused[activity.id] = reason
            continue
        total[activity.mode] += activity.hours
        for category in activity.categories:
            by_category[category][activity.mode] += activity.hours
        used.append(
            ActivityUse(activity.id, activity.hours, "hours", ("osh.total", *activity.categories))
        )
    each = figures.figure(_GROUP, "duty_specialist" if specialist else "duty_category")
    asked = [] if specialist else [("osh.total", total, figures.figure(_GROUP, "duty_total"))]
    asked += [
        (category, by_category[category], each)
        for category in (CATEGORIES[:1] if specialist else CATEGORIES)
    ]
    requirements = tuple(
        Requirement(
            code,
            _capped(amounts, cap) >= 100 * figure.value,
            _capped(amounts, cap),
            100 * figure.value,
            "hours",
            figure.law,
            end,
        )
        for code, amounts, figure in asked
    )
    met = all(item.met for item in requirements)
    law = each.law
    step = Step(
        "osh.in_service",
        law,
        (Figure("from", start), Figure("to", end), Figure("online_cap", cap, "hours", law)),
        total["in_person"] + min(cap, total["online"]),
        "hours",
        met,
        tuple(
            Step(
                item.code,
                item.law,
                (
                    Figure("counted", item.counted, "hours"),
                    Figure("required", item.required, "hours", item.law),
                ),
                item.counted,
                "hours",
                item.met,
            )
            for item in requirements
        ),
    )
    return Decision(
        rule="osh.in_service",
        as_of=as_of,
        status="fulfilled" if met else "short",
        eligible=met,
        explanation=step,
        requirements=requirements,
        findings=tuple(Finding(code, Severity.INFO) for code in sorted(set(refused.values()))),
        report={"period": {"from": start, "to": end}, "refused": refused},
        used=tuple(used),
        refused=tuple(ActivityRefusal(key, reason, law) for key, reason in refused.items()),
        valid_to=end,
        citations=tuple(dict.fromkeys(item.law for item in requirements)),
        next_change_on=_next_change(facts, start, as_of, ruleset),
    )


def _next_change(facts: InServiceFacts, start: date, as_of: date, ruleset: Ruleset) -> date | None:
    days = [*ruleset.changes_after(as_of)]
    for activity in facts.activities:
        days.append(activity.held_on)
        if facts.period_start is None and activity.held_on >= start:
            days.append(period_end(activity.held_on, 3) + DAY)
        ended = activity.provider.terminated if activity.provider else None
        if ended is not None:
            days.append(ended.decided_on)
    return min((day for day in days if day > as_of), default=None)

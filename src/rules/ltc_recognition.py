"""``ltc.recognition``: which credit of other registries LTC takes over (相近積分採認)."""

from datetime import date

import msgspec

from ..domain.amounts import to_number
from ..domain.decision import (
    ActivityRefusal,
    ActivityUse,
    Decision,
    Figure,
    Finding,
    Severity,
    Step,
)
from ..domain.errors import InvalidFacts
from .facts import Facts
from .ltc_calendar import figures_change, law_day
from .ltc_common import (
    EXCLUDED_LAW,
    SHARING_LAW,
    citations_of,
    findings_of,
    json_ready,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import (
    Activity,
    CountingCertificate,
    calendar_days,
    check_activities,
    check_certificate,
)
from .params import Params, Ruleset

__all__ = ["Recognition", "RecognitionFacts", "medical_recognition", "recognition"]

_GROUP = "ltc.recognition"


class RecognitionFacts(Facts, frozen=True):
    """Facts of ``ltc.recognition``."""

    certificate: CountingCertificate
    activities: tuple[Activity, ...] = ()


class Recognition(msgspec.Struct, frozen=True):
    """What becomes of one activity.

    Attributes:
        status: ``automatic``, ``needs_approval`` or ``not_recognised``.
        reason: Why, None for a row of LTC itself.
        categories: Categories it brings along when automatic.
    """

    status: str
    reason: str | None
    law: str
    categories: tuple[str, ...] = ()


def medical_recognition(activity: Activity, params: Params) -> Recognition:
    """Medical credit 醫事人員積分: taken over where the courses are close in nature.

    Args:
        activity: A row of the medical registry; its remarks decide, attendees only.
        params: Figures of the day of the decision.

    Law: L0070045@2023-10-11:9-4; letter-1131961568; seed-004 紙本證明 3; LTC-R13, R24.
    """
    not_valid = params.figure(_GROUP, "medical_remark_not_valid")
    if any(code in not_valid.value for code in activity.remark_codes):
        return Recognition("not_recognised", "not_valid_medical_point", not_valid.law)
    themes = params.get(_GROUP, "medical_remark_categories")
    attributes = params.get(_GROUP, "medical_attributes")
    if activity.role == "attendee" and themes is not None and attributes is not None:
        categories = tuple(
            category for code, category in themes.value.items() if code in activity.remark_codes
        )
        if categories or activity.attribute in attributes.value:
            return Recognition("automatic", "close_in_nature", themes.law, categories)
    law = params.figure(_GROUP, "medical_other").law
    return Recognition("needs_approval", "individual_or_joint_application", law)


def _recognise(certificate: CountingCertificate, activity: Activity, params: Params) -> Recognition:
    """First the window, then the remarks, then the row of the table.

    Law: L0070045@2023-10-11:9-4, 11-2; LTC-R13, R16, R23, R24.
    """
    first, last = certificate.window
    if not first <= activity.date <= last:
        return Recognition("not_recognised", "out_of_window", SHARING_LAW)
    if activity.registry == "medical_ce":
        return medical_recognition(activity, params)
    row = params.figure(_GROUP, activity.registry)
    if activity.registry == "ltc":
        if activity.excluded:
            return Recognition("not_recognised", "excluded_course", EXCLUDED_LAW)
        return Recognition(row.value, None, row.law, activity.categories)
    return Recognition(row.value, "individual_or_joint_application", row.law)


def _step(activity: Activity, found: Recognition, counted: int) -> Step:
    return Step(
        "ltc.recognition_row",
        found.law,
        (
            Figure("activity", activity.id),
            Figure("registry", activity.registry),
            Figure("date", activity.date),
            Figure("attribute", activity.attribute),
            Figure("remarks", " ".join(activity.remark_codes) or None),
            Figure("status", found.status),
            Figure("reason", found.reason),
        ),
        counted,
        "points",
        found.status == "automatic",
    )


def recognition(facts: RecognitionFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Mutual recognition 相互採認: automatic, to be approved, or not at all; and the points.

    Args:
        facts: A certificate and activities of any registry.
        as_of: Day of the decision; it picks the rows in force, also for older courses.
        ruleset: Figures.

    Raises:
        InvalidFacts: doubled ids, an activity without attribute.

    Law: L0070045@2023-10-11:9-4, 11-2, 12; letter-1131961568; LTC-R13, R24.
    """
    check_certificate(facts.certificate)
    calendar_days({"as_of": as_of})
    check_activities(facts.activities)
    params = ruleset.on(law_day(ruleset, as_of))
    results: list[dict[str, object]] = []
    used: list[ActivityUse] = []
    refused: list[ActivityRefusal] = []
    steps: list[Step] = []
    findings = ruleset_findings(ruleset, as_of)
    statuses: set[str] = set()
    total = 0
    for index, activity in enumerate(facts.activities):
        if activity.attribute is None:
            raise InvalidFacts.at(f"activities[{index}].attribute", "the attribute of the course")
        found = _recognise(facts.certificate, activity, params)
        counted = activity.amount if found.status == "automatic" else 0
        total += counted
        statuses.add(found.status)
        if found.status == "automatic":
            used.append(ActivityUse(activity.id, counted, "points", ("ltc.recognition",)))
        else:
            reason = found.reason or found.status
            refused.append(ActivityRefusal(activity.id, reason, found.law))
            findings.append(Finding(reason, Severity.INFO, found.law, (activity.id,)))
        results.append(
            {
                "id": activity.id,
                "status": found.status,
                "reason": found.reason,
                "attribute": activity.attribute,
                "categories": list(found.categories),
                "points": to_number(counted),
            }
        )
        steps.append(_step(activity, found, counted))
    status = "open" if "needs_approval" in statuses else "settled"
    first, last = facts.certificate.window
    explanation = Step(
        "ltc.recognition",
        "L0070045@2023-10-11:9-4",
        (Figure("as_of", as_of), Figure("from", first), Figure("to", last)),
        total,
        "points",
        children=tuple(steps),
    )
    found_all = findings_of(findings)
    return Decision(
        rule="ltc.recognition",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=explanation,
        findings=found_all,
        report=json_ready({"results": results, "points_recognised": to_number(total)}),
        used=tuple(used),
        refused=tuple(refused),
        citations=citations_of(explanation, findings=found_all),
        next_change_on=next_day(
            as_of, (*figures_change(ruleset, (_GROUP,)), outdated_day(ruleset))
        ),
    )

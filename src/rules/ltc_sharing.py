"""``ltc.sharing``: one activity counts for every certificate whose window holds its day."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations

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
from .facts import Facts
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
    unique_ids,
)
from .params import Ruleset

__all__ = ["SharingFacts", "sharing"]

_SPECIAL_TRAINING_LAW = "L0070045@2023-10-11:10"


class SharingFacts(Facts, frozen=True):
    """Facts of ``ltc.sharing``: certificates of one person and all activities."""

    certificates: tuple[CountingCertificate, ...]
    activities: tuple[Activity, ...] = ()


def _counts_for(certificate: CountingCertificate, activity: Activity) -> bool:
    """Whether the day of an activity lies in the window of a certificate, both ends included.

    Law: seed-004 繼續教育積分共用條件 (落在每張認證證明文件的有效期間之內); LTC-R23.
    """
    first, last = certificate.window
    return first <= activity.date <= last


def _overlaps(certificates: Sequence[CountingCertificate]) -> list[dict[str, object]]:
    """Days that two windows have in common.

    Law: seed-004 繼續教育積分共用條件 (認證效期重疊); LTC-R23.
    """
    found: list[dict[str, object]] = []
    for one, other in combinations(certificates, 2):
        first = max(one.window[0], other.window[0])
        last = min(one.window[1], other.window[1])
        if first <= last:
            found.append({"certificates": [one.id, other.id], "from": first, "to": last})
    return found


def _special_training(activities: Sequence[Activity]) -> dict[str, dict[str, bool]]:
    """The qualification of a special training carries over to other certificates, no repeating.

    Law: L0070045@2023-10-11:10; seed-004 繼續教育積分共用條件 (免重訓); LTC-R15.
    """
    return {
        activity.special_training: {"needs_retraining": False}
        for activity in activities
        if activity.course_kind == "special_training" and activity.special_training is not None
    }


def _certificate_step(
    certificate: CountingCertificate, counted: Sequence[Activity], earned: int
) -> Step:
    first, last = certificate.window
    return Step(
        "ltc.sharing_certificate",
        SHARING_LAW,
        (
            Figure("certificate", certificate.id),
            Figure("from", first),
            Figure("to", last),
            Figure("activities", len(counted) * 100, "courses"),
        ),
        earned,
        "points",
    )


def _check(facts: SharingFacts, as_of: date) -> None:
    unique_ids([certificate.id for certificate in facts.certificates], "certificates")
    for index, certificate in enumerate(facts.certificates):
        check_certificate(certificate, f"certificates[{index}]")
    check_activities(facts.activities)
    calendar_days({"as_of": as_of})


def sharing(facts: SharingFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Sharing 積分共用 between the certificates of one person.

    Points are neither divided nor used up. The answer is of the windows alone; the day asked about
    does not cut it.

    Args:
        facts: Certificates and activities.
        as_of: Day asked about.
        ruleset: Figures.

    Raises:
        InvalidFacts: a certificate that ends before it starts, doubled ids.

    Law: seed-004 (繼續教育積分共用條件); LTC-R15, R16, R23.
    """
    _check(facts, as_of)
    counting = [activity for activity in facts.activities if not activity.excluded]
    counted = {
        certificate.id: [one for one in counting if _counts_for(certificate, one)]
        for certificate in facts.certificates
    }
    earned = {key: sum(one.amount for one in rows) for key, rows in counted.items()}
    times = dict.fromkeys((activity.id for activity in facts.activities), 0)
    for rows in counted.values():
        for one in rows:
            times[one.id] += 1
    used = tuple(
        ActivityUse(activity.id, activity.amount, "points", ("ltc.sharing",))
        for activity in facts.activities
        if times[activity.id]
    )
    refused = tuple(
        ActivityRefusal(activity.id, "excluded_course", EXCLUDED_LAW)
        if activity.excluded and any(_counts_for(one, activity) for one in facts.certificates)
        else ActivityRefusal(activity.id, "out_of_window", SHARING_LAW)
        for activity in facts.activities
        if not times[activity.id]
    )
    findings = ruleset_findings(ruleset, as_of)
    findings.extend(Finding(one.reason, Severity.INFO, one.law, (one.activity,)) for one in refused)
    overlaps = _overlaps(facts.certificates)
    shared = [activity.id for activity in facts.activities if times[activity.id] > 1]
    special = _special_training(facts.activities)
    steps = [
        _certificate_step(certificate, counted[certificate.id], earned[certificate.id])
        for certificate in facts.certificates
    ]
    steps.append(
        Step(
            "ltc.sharing_overlap",
            SHARING_LAW,
            (Figure("overlaps", len(overlaps) * 100, "count"),),
            len(shared) * 100,
            "courses",
        )
    )
    steps.extend(
        Step("ltc.special_training", _SPECIAL_TRAINING_LAW, (Figure("training", code),), False)
        for code in special
    )
    explanation = Step(
        "ltc.sharing", SHARING_LAW, (Figure("as_of", as_of),), "computed", children=tuple(steps)
    )
    found = findings_of(findings)
    return Decision(
        rule="ltc.sharing",
        as_of=as_of,
        status="computed",
        eligible=None,
        explanation=explanation,
        findings=found,
        report=json_ready(
            {
                "certificates": {
                    key: {"counted": [one.id for one in rows], "points": to_number(earned[key])}
                    for key, rows in counted.items()
                },
                "shared": shared,
                "uncounted": [one.activity for one in refused],
                "overlaps": overlaps,
                "special_training": special,
            }
        ),
        used=used,
        refused=refused,
        citations=citations_of(explanation, findings=found),
        next_change_on=next_day(as_of, (outdated_day(ruleset),)),
    )

"""``ltc.id_merge``: credit under several numbers of one person, before and after the merge."""

from collections.abc import Sequence
from datetime import date

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
from .facts import Facts, Text
from .ltc_codes import Identity
from .ltc_common import (
    EXCLUDED_LAW,
    citations_of,
    findings_of,
    json_ready,
    next_day,
    outdated_day,
    ruleset_findings,
)
from .ltc_facts import (
    Activity,
    Certificate,
    calendar_days,
    check_activities,
    check_certificate,
    unique_ids,
)
from .params import Ruleset

__all__ = ["IdMergeFacts", "IdentifiedCertificate", "id_merge"]

_LAW = "letter-1121961490"
_WINDOW_LAW = "seed-004#整併後積分將歸戶在現行持有單一認證"


class IdentifiedCertificate(Certificate, frozen=True, kw_only=True):
    """A certificate with the kind of number it was issued under."""

    identity: Identity


class IdMergeFacts(Facts, frozen=True):
    """Facts of ``ltc.id_merge``.

    Attributes:
        current_certificate: Id of the certificate now held.
        merged: The agency has merged the numbers.
    """

    current_certificate: Text
    merged: bool
    certificates: tuple[IdentifiedCertificate, ...]
    activities: tuple[Activity, ...] = ()


def _check(facts: IdMergeFacts, as_of: date) -> IdentifiedCertificate:
    calendar_days({"as_of": as_of})
    unique_ids([certificate.id for certificate in facts.certificates], "certificates")
    for index, certificate in enumerate(facts.certificates):
        check_certificate(certificate, f"certificates[{index}]")
    check_activities(facts.activities)
    for index, activity in enumerate(facts.activities):
        if activity.identity is None:
            raise InvalidFacts.at(f"activities[{index}].identity", "the kind of number")
    for certificate in facts.certificates:
        if certificate.id == facts.current_certificate:
            return certificate
    raise InvalidFacts.at("current_certificate", "the id of one of the certificates")


def _points(activities: Sequence[Activity]) -> int:
    return sum(one.amount for one in activities)


def id_merge(facts: IdMergeFacts, as_of: date, ruleset: Ruleset) -> Decision:
    """Merge of numbers 整併: what is seen now and what the certificate has after the merge.

    Args:
        facts: Certificates and activities, each under a kind of number of the same person.
        as_of: Day asked about.
        ruleset: Figures.

    Raises:
        InvalidFacts: the current certificate is not among them, doubled ids.

    Law: letter-1121961490 (新舊居留證號、護照號多證號整併積分歸戶); LTC-R16, R20.
    """
    current = _check(facts, as_of)
    refused: list[ActivityRefusal] = []
    counting: list[Activity] = []
    for activity in facts.activities:
        if not current.valid_from <= activity.date <= current.valid_to:
            refused.append(ActivityRefusal(activity.id, "out_of_window", _WINDOW_LAW))
        elif activity.excluded:
            refused.append(ActivityRefusal(activity.id, "excluded_course", EXCLUDED_LAW))
        else:
            counting.append(activity)
    visible = [one for one in counting if facts.merged or one.identity == current.identity]
    seen = {one.id for one in visible}
    refused.extend(
        ActivityRefusal(one.id, "identities_not_merged", _LAW)
        for one in counting
        if one.id not in seen
    )
    identities = {one.identity for one in facts.certificates}
    identities.update(one.identity for one in facts.activities if one.identity is not None)
    required = not facts.merged and len(identities) > 1
    first_issued = min(facts.certificates, key=lambda one: (one.valid_from, one.id))
    lookup = first_issued if required else current
    status = "merge_required" if required else "merged" if facts.merged else "single_identity"

    findings = ruleset_findings(ruleset, as_of)
    findings.extend(Finding(one.reason, Severity.INFO, one.law, (one.activity,)) for one in refused)
    steps = (
        Step(
            "ltc.id_merge_window",
            _WINDOW_LAW,
            (
                Figure("certificate", current.id),
                Figure("from", current.valid_from),
                Figure("to", current.valid_to),
            ),
        ),
        Step(
            "ltc.id_merge_visible",
            _LAW,
            (Figure("identity", current.identity), Figure("merged", facts.merged)),
            _points(visible),
            "points",
        ),
        Step(
            "ltc.id_merge_after",
            _LAW,
            (Figure("identities", len(identities) * 100, "count"),),
            _points(counting),
            "points",
        ),
        Step("ltc.id_merge_lookup", "seed-004#未完成整併歸戶", (), lookup.id),
    )
    explanation = Step("ltc.id_merge", _LAW, (Figure("as_of", as_of),), status, children=steps)
    position = {activity.id: index for index, activity in enumerate(facts.activities)}
    found = findings_of(findings)
    return Decision(
        rule="ltc.id_merge",
        as_of=as_of,
        status=status,
        eligible=None,
        explanation=explanation,
        findings=found,
        report=json_ready(
            {
                "merge_required": required,
                "credited_to": current.id,
                "points_visible": to_number(_points(visible)),
                "points_after_merge": to_number(_points(counting)),
                "lookup_certificate": lookup.id,
            }
        ),
        used=tuple(ActivityUse(one.id, one.amount, "points", ("ltc.id_merge",)) for one in visible),
        refused=tuple(sorted(refused, key=lambda one: position[one.activity])),
        valid_to=current.valid_to,
        citations=citations_of(explanation, findings=found),
        next_change_on=next_day(as_of, (outdated_day(ruleset),)),
    )

"""All credits and certificates of a person for ``sharing.cross_registry`` and ``ltc.recognition``."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ...domain.amounts import to_number
from ...domain.bundles import HubRows, PersonRows, Row, VrRows
from ...domain.decision import ActivityRefusal
from ...domain.periods import DAY, add_years
from ...domain.vocabulary import title_box
from . import ltc_certificates as ltc_of
from . import vr_activities as vr_of
from .built import Built, Findings, earliest_after
from .declared import Declared
from .ltc import counting_certificates
from .osh_people import activities as osh_activities
from .osh_people import held_on
from .osh_providers import recognition_facts, termination_days
from .vr import refusal, term

__all__ = ["OSH_DUTY", "cross_registry", "held_though_revoked", "recognition"]

OSH_DUTY = "in_service"
"""Id and type of the in-service duty, which stands for an OSH certificate (sharing.md section 1)."""

_ALL = frozenset({"vr", "ltc", "osh"})
_DUTY_YEARS = 3
Given = dict[str, object]


class _Ids:
    """Ids of several registries in one list: the registry's name is put before a doubled one."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self.names: dict[tuple[str, str], str] = {}

    def of(self, registry: str, key: str) -> str:
        known = self.names.get((registry, key))
        if known is None:
            known = (
                key if self._owner.setdefault(key, registry) == registry else f"{registry}:{key}"
            )
            self.names[registry, key] = known
        return known


def _vr_certificates(person: PersonRows, as_of: date, ids: _Ids, findings: Findings) -> list[Given]:
    found: list[Given] = []
    for row in person.vr.qualifications:
        if refusal(row, findings) is not None:
            continue
        period = term(row, person.vr, as_of, findings).on(as_of)
        found.append(
            {
                "id": ids.of("vr", row["id"]),
                "registry": "vr",
                "type": title_box(row["title__code"]),
                "valid_from": period.valid_from.isoformat(),
                "valid_to": period.expires_on.isoformat(),
            }
        )
    return found


def _ltc_certificates(person: PersonRows, ids: _Ids, findings: Findings) -> list[Given]:
    found: list[Given] = []
    for row, facts in counting_certificates(person.ltc, findings):
        facts.pop("kind")
        found.append({**facts, "id": ids.of("ltc", row["id"]), "registry": "ltc"})
        if row["renewal_count"] and not person.hub.used:
            findings.add("sharing.used_not_known", row["id"])
    return found


def _vr_activities(vr: VrRows, ids: _Ids, findings: Findings) -> list[Given]:
    """VR records with their own, unweighted hours (sharing.md section 6)."""
    found: list[Given] = []
    rows = {row["id"]: row for row in vr.records}
    for facts in vr_of.renewal_activities(vr.records, findings, weighted=True):
        row = rows[str(facts["id"])]
        facts.pop("weights")
        facts.update(id=ids.of("vr", row["id"]), title=row["course_name"])
        mode = vr_of.delivery(row)
        if mode is not None:
            facts["mode"] = mode
        found.append(facts)
    return found


def _ltc_activities(
    person: PersonRows, ids: _Ids, findings: Findings
) -> tuple[list[Given], list[ActivityRefusal], dict[str, str]]:
    """LTC credits in every state; events of the records that recognised credits came from."""
    found: list[Given] = []
    refused: list[ActivityRefusal] = []
    events: dict[str, str] = {}
    for row in person.ltc.credits:
        if not ltc_of.is_counted(row, findings):
            refused.append(ActivityRefusal(row["id"], "record_undetermined"))
            continue
        facts = ltc_of.activity(row, findings)
        facts.update(
            id=ids.of("ltc", row["id"]),
            registry="ltc",
            title=row["course_name"],
            role=row["role__code"],
            review_state=row["status__code"],
        )
        source = row["source__code"] or row["source"]
        if source and source != "system" and row["source_record"]:
            event = f"{source}:{row['source_record']}"
            facts["event"] = events[event] = event
        found.append(facts)
    return found, refused, events


def _osh_activities(
    person: PersonRows, ids: _Ids, findings: Findings
) -> tuple[list[Given], dict[str, Given]]:
    """OSH certificates rows, and the recognitions under which their classes were held."""
    found: list[Given] = []
    providers: dict[str, Given] = {}
    for facts, _, recognition_row in osh_activities(person.osh, findings, providers=False):
        facts["id"] = ids.of("osh", str(facts["id"]))
        if recognition_row is not None:
            term_facts = recognition_facts(recognition_row, findings)
            if term_facts is not None:
                providers[recognition_row["id"]] = term_facts
                facts["provider"] = recognition_row["id"]
        found.append(facts)
    return found, providers


def _course_of(person: PersonRows) -> Iterable[tuple[str, str, str | None]]:
    """(registry, record, course) of every record, in a stable order."""
    for row in sorted(person.vr.records, key=lambda item: str(item["id"])):
        yield "vr", row["id"], row["course_no"]
    for row in sorted(person.ltc.credits, key=lambda item: str(item["id"])):
        yield "ltc", row["id"], row["course_id"]
    for row in sorted(person.osh.certificates, key=lambda item: str(item["id"])):
        yield "osh", row["id"], row["class_no"]


def _set_events(
    activities: list[Given], sent: Mapping[str, str], person: PersonRows, ids: _Ids
) -> None:
    """One event for a recognised credit and its origin, and for joint accreditations (mapping 2.4).

    A joint accreditation has one key per person, course and part: a part is what the registries
    enter apart, so records of one registry never share a key.
    """
    own = {name: pair for pair, name in ids.names.items()}
    joint = person.hub.joint_courses
    courses = {(registry, key): course for registry, key, course in _course_of(person)}
    parts: dict[tuple[str, str, object], int] = {}
    for facts in sorted(activities, key=lambda item: str(item["id"])):
        registry, key = own[str(facts["id"])]
        event = sent.get(f"{registry}:{key}")
        if event is None:
            course = courses.get((registry, key.partition("#")[0]))
            shared = joint.get((registry, course)) if course else None
            if shared is None:
                continue
            part = registry, shared, facts.get("attribute")
            parts[part] = parts.get(part, 0) + 1
            event = f"{shared}:{facts.get('attribute')}:{parts[part]}"
        facts.setdefault("event", event)


def _tax_ids(person: PersonRows) -> dict[tuple[str, str], tuple[date, str]]:
    """(registry, record) -> last day and 統一編號 of who held it, where both are known."""
    found: dict[tuple[str, str], tuple[date, str]] = {}
    for row in person.vr.records:
        tax_id = person.vr.providers.get(row["course_no"] or "")
        if tax_id:
            found["vr", row["id"]] = row["held_to"], tax_id
    for row in person.ltc.credits:
        tax_id = person.ltc.providers.get(row["course_id"] or "")
        if tax_id:
            found["ltc", row["id"]] = ltc_of.ended_on(row), tax_id
    for row in person.osh.certificates:
        held = person.osh.classes.get(row["class_no"] or "")
        institution = person.osh.institutions.get((held or {}).get("institution_code") or "")
        day = held_on(row, person.osh)
        if institution is not None and institution["tax_id"] and day is not None:
            found["osh", row["id"]] = day, institution["tax_id"]
    return found


def _possible_duplicates(
    person: PersonRows, activities: Iterable[Given], ids: _Ids, findings: Findings
) -> None:
    """Same person, day and institution in two registries: for a person to decide, nothing drops."""
    own = {name: pair for pair, name in ids.names.items()}
    event_of: dict[tuple[str, str], object] = {}
    for facts in activities:
        registry, key = own.get(str(facts["id"]), ("", ""))
        event_of[registry, key.partition("#")[0]] = facts.get("event")
    by_day: dict[tuple[date, str], list[tuple[str, str]]] = {}
    for record, held in _tax_ids(person).items():
        by_day.setdefault(held, []).append(record)
    for records in by_day.values():
        if len({registry for registry, _ in records}) < 2:
            continue
        events = {event_of.get(record) for record in records}
        if len(events) == 1 and None not in events:
            continue
        for _, key in records:
            findings.add("sharing.possible_duplicate_event", key)


def cross_registry(
    person: PersonRows, as_of: date, declared: Mapping[str, object] | None = None
) -> Built:
    """Facts of ``sharing.cross_registry``: every activity and every certificate of a person.

    Args:
        person: All rows of all registries, with providers' numbers and the hub's own records.
        as_of: Day asked about.
        declared: ``activities`` of ``medical_ce`` and ``social_worker_ce``.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("sharing.cross_registry", declared)
    findings = Findings()
    cert_ids, ids = _Ids(), _Ids()
    certificates = _ltc_certificates(person, cert_ids, findings)
    certificates += _vr_certificates(person, as_of, cert_ids, findings)
    if person.osh.trainees or person.osh.certificates:
        certificates.append(
            {
                "id": cert_ids.of("osh", OSH_DUTY),
                "registry": "osh",
                "type": OSH_DUTY,
                "valid_from": (add_years(as_of, -_DUTY_YEARS) + DAY).isoformat(),
                "valid_to": as_of.isoformat(),
            }
        )
    activities, refused, sent = _ltc_activities(person, ids, findings)
    activities += _vr_activities(person.vr, ids, findings)
    held, providers = _osh_activities(person, ids, findings)
    activities += held
    told = [dict(item) for item in said.items("activities")] if said.has("activities") else []
    for facts in _once([*map(dict, person.hub.declared), *told]):
        facts["id"] = ids.of(str(facts.get("registry")), str(facts.get("id")))
        activities.append(facts)
    _set_events(activities, sent, person, ids)
    _possible_duplicates(person, activities, ids, findings)
    given: Given = {
        "certificates": certificates,
        "activities": activities,
        "providers": providers,
        "applications": [_hub_row(row, ids, cert_ids) for row in person.hub.applications],
        "decisions": [_hub_row(row, ids, cert_ids) for row in person.hub.decisions],
        "used": [_hub_row(row, ids, cert_ids) for row in person.hub.used],
    }
    for record in held_though_revoked(person.hub, activities):
        findings.add("sharing.revoked_but_held", record)
    for row in person.hub.refused:
        findings.add("sharing.refused_by_registry", str(row["activity"]).partition(":")[2])
    said.note_unused(findings)
    return Built(
        "sharing.cross_registry",
        given,
        findings.sealed(),
        sources=_ALL,
        declared=said.used,
        refused=tuple(refused),
        changes_on=earliest_after(
            as_of,
            [
                *(date.fromisoformat(str(facts["date"])) for facts in activities),
                *termination_days(person.osh.recognitions),
            ],
        ),
    )


def held_though_revoked(
    hub: HubRows, activities: Iterable[Mapping[str, Any]], certificate: str | None = None
) -> list[str]:
    """LTC records that stand although the approval they were made from was taken back since.

    The agency's own record counts as long as it stands: its office has to withdraw it.

    Args:
        hub: The person's decisions.
        activities: Of the facts, with their events.
        certificate: Only decisions for this one; None: for any.
    """
    last: dict[tuple[str, str], Row] = {}
    approved: set[tuple[str, str]] = set()
    for row in hub.decisions:
        pair = row["activity"], row["certificate"]
        if row["outcome"] == "approved":
            approved.add(pair)
        known = last.get(pair)
        order = row["decided_on"], row["id"]
        if known is None or order > (known["decided_on"], known["id"]):
            last[pair] = row
    revoked = {
        pair[0]
        for pair, row in last.items()
        if pair in approved and row["outcome"] == "rejected" and certificate in (None, pair[1])
    }
    return [
        str(item["id"])
        for item in activities
        if item["registry"] == "ltc"
        and item.get("event") in revoked
        and item.get("review_state") == "confirmed"
    ]


def _once(declared: Iterable[Given]) -> Iterable[Given]:
    """Declared records, each once: what an authority was shown stands before what a caller says."""
    seen: set[tuple[object, object]] = set()
    for facts in declared:
        name = facts.get("registry"), facts.get("id")
        if name not in seen:
            seen.add(name)
            yield facts


def _hub_row(row: Row, ids: _Ids, cert_ids: _Ids) -> Given:
    """A record of the hub, its activity and certificate under the names used in the facts."""
    facts: Given = {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in row.items()
        if value is not None
    }
    for key, names in (("activity", ids), ("certificate", cert_ids)):
        registry, _, name = str(row[key]).partition(":")
        # What is not this person's (any more) names nothing here, whatever else bears that key.
        facts[key] = names.names.get((registry, name), f"{registry}:{name}")
    if "amount" in row and row["amount"] is not None:
        facts["amount"] = to_number(row["amount"])
    return facts


def recognition(row: Row, person: PersonRows, declared: Mapping[str, Any] | None = None) -> Built:
    """Facts of ``ltc.recognition``: what VR, OSH and professional-law credit gives to a certificate.

    Args:
        row: ``ltc.certificate``.
        person: All rows of all registries.
        declared: ``activities`` of ``medical_ce`` and ``social_worker_ce``.

    Raises:
        InvalidInput: something was declared that a registry decides.
    """
    said = Declared("ltc.recognition", declared)
    findings = Findings()
    reason = ltc_of.undetermined(row, findings)
    ids = _Ids()
    activities: list[Given] = []
    refused: list[ActivityRefusal] = []
    for facts in _vr_activities(person.vr, ids, findings):
        if facts["review_state"] != "confirmed":
            refused.append(ActivityRefusal(str(facts["id"]), "not_confirmed"))
        elif facts["training_kind"] != "continuing_education":
            refused.append(ActivityRefusal(str(facts["id"]), "not_continuing_education"))
        else:
            activities.append(_as_points(facts))
    for facts, _, _ in osh_activities(person.osh, findings, providers=False):
        facts["id"] = ids.of("osh", str(facts["id"]))
        if facts["kind"] != "in_service":
            refused.append(ActivityRefusal(str(facts["id"]), "not_continuing_education"))
        else:
            activities.append(_as_points(facts))
    if said.has("activities"):
        activities += [dict(item) for item in said.items("activities")]
    certificate = ltc_of.certificate_facts(row)
    certificate.pop("credit_from", None)
    said.note_unused(findings)
    return Built(
        "ltc.recognition",
        None if reason else {"certificate": certificate, "activities": activities},
        findings.sealed(),
        not_applicable=reason,
        sources=_ALL,
        subject=row["id"],
        declared=said.used,
        refused=tuple(refused),
    )


def _as_points(facts: Given) -> Given:
    """A VR or OSH record as LTC is shown it: its own hours 1:1 as points (mapping.md 3)."""
    kept: Given = {
        key: facts[key] for key in ("id", "registry", "date", "attribute", "role") if key in facts
    }
    return {**kept, "points": facts["hours"]}

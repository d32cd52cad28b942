"""LTC certificates and credits as the facts that all LTC entry points share: mapping.md 1.2, 2.1, 2.4."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

from ...domain.amounts import HUNDRED
from ...domain.bundles import LtcRows, Row
from ...domain.counties import BY_CODE
from ...domain.decision import ActivityRefusal
from ...domain.periods import DAY
from ...domain.roc_date import TAIPEI
from ...domain.text import compare_form
from ...domain.vocabulary import ltc_mode, ltc_mode_contradicts, personnel_code
from .built import Findings

__all__ = [
    "accepted",
    "activity",
    "certificate_facts",
    "certificates_of",
    "counties_differ",
    "credit_ends",
    "credits_of",
    "ended_on",
    "is_counted",
    "kind_of",
    "refusal",
    "service",
    "track_of",
    "type_of",
]

Given = dict[str, object]

_ENDED = {
    "cancelled": "certificate_cancelled",
    "revoked": "certificate_revoked",
    "withdrawn": "certificate_withdrawn",
}
_EXCLUDED_NAMES = tuple(
    compare_form(name)
    for name in ("照顧服務員資格訓練", "長照共同訓練課程", "高負荷家庭照顧者教育訓練")
)
_KINDS = frozenset(
    {"general", "caregiver_qualification", "level_1", "high_burden_family_caregiver"}
)


def type_of(row: Row) -> str | None:
    """The rulebook's type; None when the term is unknown."""
    return personnel_code(row["personnel_type__code"], row["employment_path__code"])


def track_of(row: Row) -> str | None:
    """``general`` or ``foreign_institution``; None when the path is unknown."""
    track: str | None = row["employment_path__code"]
    return track


def kind_of(row: Row) -> str:
    """``formal`` or ``temporary`` (臨時證)."""
    return row["suffix__code"] or "formal"


def refusal(row: Row, findings: Findings) -> str | None:
    """Why a certificate's renewal is not asked about (mapping.md 2.1), noted; None: it is."""
    key = row["id"]
    ended = _ENDED.get(row["state__code"] or "")
    if ended is not None:
        findings.add(ended, key)
        return ended
    if kind_of(row) == "temporary":
        findings.add("temporary_certificate", key)
        return "temporary_certificate"
    return undetermined(row, findings)


def undetermined(row: Row, findings: Findings) -> str | None:
    """Notes a certificate whose type or path is unknown; None: both are known."""
    if type_of(row) is None or track_of(row) is None:
        findings.add("unknown_value", row["id"])
        return "unknown_value"
    return None


def certificate_facts(row: Row, *, full: bool = True) -> Given:
    """``certificate`` of the LTC entry points; ``valid_to`` is the original one, without extension.

    Args:
        row: ``ltc.certificate``.
        full: With ``type``, ``track`` and ``credit_from``.
    """
    facts: Given = {
        "id": row["id"],
        "valid_from": row["valid_from"].isoformat(),
        "valid_to": row["original_valid_to"].isoformat(),
    }
    if full:
        facts["type"] = type_of(row)
        facts["track"] = track_of(row)
        if row["credit_from"] is not None:
            facts["credit_from"] = row["credit_from"].isoformat()
    return facts


def certificates_of(ltc: LtcRows, person: str) -> list[Row]:
    """Certificates of one live LTC person, merges followed."""
    return [row for row in ltc.certificates if ltc.person_of(row) == person]


def credits_of(ltc: LtcRows, person: str) -> Sequence[Row]:
    """Credits of one live LTC person, merges followed: what the system shows under it (LTC-R20)."""
    if len(ltc.persons) < 2 and len(set(ltc.survivors.values())) == 1:
        return ltc.credits  # one person: nothing to tell apart
    return [row for row in ltc.credits if ltc.person_of(row) == person]


def credit_ends(rows: Iterable[Row]) -> dict[str, date]:
    """``credit_to`` by certificate id, for the certificates of one LTC person.

    The contract does not hold it: of two records of one type the older one's credit ends on the day
    before the newer one's begins.
    """
    by_type: dict[str, list[Row]] = {}
    for row in rows:
        kind = type_of(row)
        if kind is not None:
            by_type.setdefault(kind, []).append(row)
    ends: dict[str, date] = {}
    for same in by_type.values():
        same.sort(key=lambda row: (_counts_from(row), row["valid_from"], row["id"]))
        for older, newer in pairwise(same):
            starts = _counts_from(newer)
            if starts > _counts_from(older):
                ends[older["id"]] = starts - DAY
    return ends


def _counts_from(row: Row) -> date:
    start: date = row["credit_from"] or row["valid_from"]
    return start


def ended_on(row: Row) -> date:
    """The Taiwan calendar day on which a credit's course ended."""
    day: date = row["ends_at"].astimezone(TAIPEI).date()
    return day


def is_counted(row: Row, findings: Findings) -> bool:
    """Whether the terms of a credit are all known that a rule needs (attribute, mode, state, role)."""
    known = (
        row["attribute__code"] is not None
        and row["mode__code"] is not None
        and row["status__code"] is not None
        and row["role__code"] is not None
    )
    if not known:
        findings.add("record_undetermined", row["id"])
    return known


@lru_cache(maxsize=65536)
def _names_excluded(course_name: str) -> bool:
    """Whether a course's name contains that of a training which is no continuing education."""
    name = compare_form(course_name)
    return any(excluded in name for excluded in _EXCLUDED_NAMES)


def activity(row: Row, findings: Findings, day: date | None = None) -> Given:
    """A credit (積分) in the shared shape; its terms are known (:func:`is_counted`).

    ``date`` is the day on which the course ended: the day on which it was passed is not held.

    Args:
        row: ``ltc.credit``.
        findings: Takes what is doubtful.
        day: :func:`ended_on`, where it is at hand.
    """
    mode, live = row["mode__code"], row["live_sync"]
    if live:
        if ltc_mode_contradicts(mode, live_sync=True):
            findings.add("ltc.mode_contradiction", row["id"])
        mode = ltc_mode(mode, live_sync=True)
    codes, terms = row["categories__codes"] or [], row["categories"]
    if terms and len(codes) < len(terms):
        findings.add("unknown_value", row["id"])
    kind = row["training_course__code"] or "general"
    if kind == "general" and _names_excluded(row["course_name"]):
        findings.add("ltc.possible_excluded_course", row["id"])
    points: int = row["points"]
    whole, rest = divmod(points, HUNDRED)
    facts: Given = {
        "id": row["id"],
        "date": (day or ended_on(row)).isoformat(),
        "attribute": row["attribute__code"],
        "categories": codes,
        "mode": mode,
        "points": whole if rest == 0 else points / HUNDRED,
        "course_kind": kind if kind in _KINDS else "special_training",
    }
    if kind not in _KINDS:
        facts["special_training"] = kind
    return facts


def accepted(
    rows: Iterable[Row], as_of: date, findings: Findings, *, until: date | None = None
) -> tuple[list[Given], list[ActivityRefusal], list[date]]:
    """The credits that a renewal is given: accepted ones (符合) only.

    Args:
        rows: ``ltc.credit`` of one LTC person.
        as_of: Day asked about.
        findings: Takes what is left out or doubtful.
        until: A planned application later than ``as_of``: what ends after ``as_of`` is then left
            out here, because the rule would count it as if it were earned already.

    Returns:
        Activities, records refused before the rule, and days later than ``as_of`` on which an
        accepted course ends.
    """
    activities: list[Given] = []
    refused: list[ActivityRefusal] = []
    coming: list[date] = []
    for row in rows:
        if not is_counted(row, findings):
            refused.append(ActivityRefusal(row["id"], "record_undetermined"))
            continue
        if row["status__code"] != "confirmed":
            refused.append(ActivityRefusal(row["id"], "not_confirmed"))
            continue
        day = ended_on(row)
        if day > as_of:
            coming.append(day)
            if row["starts_at"].astimezone(TAIPEI).date() <= as_of:
                findings.add("ltc.credit_still_running", row["id"])
            if until is not None and until > as_of:
                refused.append(ActivityRefusal(row["id"], "out_of_window"))
                continue
        activities.append(activity(row, findings, day))
    return activities, refused, coming


def service(
    certificate: Row, ltc: LtcRows, as_of: date, closes: date, findings: Findings
) -> tuple[str, list[date]]:
    """Registration or service within the validity (LTC-R7), and the days on which it can change.

    Args:
        certificate: ``ltc.certificate``.
        ltc: All that the system holds on the person.
        as_of: Day asked about.
        closes: Last day to apply, extension included.
        findings: Takes registrations of an unknown kind.
    """
    person = ltc.person_of(certificate)
    first, last = certificate["valid_from"], min(as_of, closes)
    found = "none"
    starts: list[date] = []
    for row in ltc.registrations:
        if ltc.person_of(row) != person:
            continue
        starts.append(row["starts_on"])
        ends = registration_end(row)
        if row["starts_on"] > last or (ends is not None and ends < first):
            continue
        kind = row["kind__code"]
        if kind is None:
            findings.add("record_undetermined", row["id"])
            continue
        if row["certificate_id"] != certificate["id"]:
            said = "proof_other_certificate"
        else:
            said = "registered" if kind == "registration" else "proof"
        if _SERVICE.index(said) < _SERVICE.index(found):
            found = said
    return found, starts


_SERVICE = ("registered", "proof", "proof_other_certificate", "none")


def counties_differ(row: Row) -> bool:
    """Whether the unit of a registration stands in another county than the registration.

    Args:
        row: ``ltc.registration``, with its unit's county where the unit is known.
    """
    code = row.get("unit_county_code")
    unit = code if code in BY_CODE else row.get("unit_county__code")
    return unit is not None and row["county__code"] is not None and unit != row["county__code"]


def registration_end(row: Mapping[str, date | None]) -> date | None:
    """Last day of a registration; None while it runs on.

    已註銷 (and an unknown state) without its day counts for the first day only.
    """
    if row["ends_on"] is not None:
        return row["ends_on"]
    return None if row["state__code"] == "active" else row["starts_on"]

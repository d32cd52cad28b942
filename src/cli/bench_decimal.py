"""The renewal as one would first write it: objects, ``Decimal``, a sum for every requirement.

A peer to measure the rule against, and an independent second opinion on its answers: written from
the rulebook (LTC-R3 to R12) with the figures of October 2023, without tallies, frames or a tree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ..domain.periods import add_months, add_years, period_end
from .bench_renewals import Renewal

__all__ = [
    "PlainActivity",
    "PlainCertificate",
    "PlainDecision",
    "plain_certificate",
    "plain_renewal",
    "sum_of",
    "themes_of",
]

_DAY = timedelta(days=1)
_QEL = frozenset({"quality", "ethics", "law"})
_THEMES = ("fire_safety", "emergency_response", "infection_control", "gender_sensitivity")
_RENAMED = {"infectious_disease_prevention": "infection_control"}
_TWO_CULTURES = frozenset({"indigenous_culture", "multicultural_culture"})
_CULTURES = _TWO_CULTURES | {"multicultural_legacy", "indigenous_multicultural"}
_EXCLUDED = frozenset({"caregiver_qualification", "level_1", "high_burden_family_caregiver"})
_TABLE = {2024: Decimal(4), 2025: Decimal(6), 2026: Decimal(8), 2027: Decimal(10)}
_OLD_ONLINE = date(2023, 10, 12)
_OLD_CULTURE = date(2024, 6, 2)
_EXTENDED = (date(2023, 6, 2), date(2024, 6, 1))


@dataclass(frozen=True, slots=True)
class PlainActivity:
    """A course, in points."""

    id: str
    date: date
    attribute: str
    mode: str
    categories: frozenset[str]
    course_kind: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class PlainCertificate:
    """A certificate with its courses."""

    valid_from: date
    valid_to: date
    activities: Sequence[PlainActivity]


@dataclass(frozen=True, slots=True)
class PlainDecision:
    """What ``ltc.renewal`` decides and reports, without the tree.

    Attributes:
        requirements: Code -> (met, counted, required).
        following: Last day of the next certificate, first day of its credit.
        six_years: Total without the extension year; equal to the total on other routes.
        used: (activity, points, requirements it counted for).
        refused: (activity, reason).
    """

    status: str
    route: str
    requirements: Mapping[str, tuple[bool, Decimal, Decimal]]
    online: tuple[Decimal, Decimal, Decimal, Decimal, str]
    window: tuple[date, date]
    credit_window: tuple[date, date]
    following: tuple[date, date]
    six_years: Decimal
    year7: Decimal
    culture_years: Sequence[tuple[int, Decimal, Decimal, bool]]
    findings: frozenset[str]
    used: Sequence[tuple[str, Decimal, tuple[str, ...]]]
    refused: Sequence[tuple[str, str]]


def plain_certificate(renewal: Renewal) -> PlainCertificate:
    """The objects of one made-up renewal."""
    return PlainCertificate(
        renewal.valid_from,
        renewal.valid_to,
        [
            PlainActivity(
                row.id,
                row.day,
                row.attribute,
                row.mode,
                frozenset(_RENAMED.get(name, name) for name in row.categories),
                row.course_kind,
                Decimal(row.points) / 100,
            )
            for row in renewal.credits
        ],
    )


def sum_of(rows: Iterable[PlainActivity]) -> Decimal:
    """Points of these courses."""
    return sum((row.points for row in rows), Decimal(0))


def _counted_total(
    rows: Sequence[PlainActivity],
) -> tuple[Decimal, tuple[Decimal, Decimal, Decimal, Decimal, str]]:
    """Total after the ceilings, and the online points before and after the change (LTC-R9, R10)."""
    online = [row for row in rows if row.mode == "online"]
    physical = [row for row in rows if row.mode != "online"]
    qel_physical = min(sum_of(row for row in physical if row.attribute in _QEL), Decimal(36))
    qel_online = min(sum_of(row for row in online if row.attribute in _QEL), 36 - qel_physical)
    before = sum_of(row for row in online if row.date <= _OLD_ONLINE)
    after = sum_of(row for row in online if row.date > _OLD_ONLINE)
    cap = max(Decimal(40), min(before, Decimal(60)))
    counted = min(cap, sum_of(row for row in online if row.attribute not in _QEL) + qel_online)
    total = sum_of(row for row in physical if row.attribute not in _QEL) + qel_physical + counted
    return total, (before, after, cap, counted, "baseline" if cap == 40 else "flexible")


def themes_of(row: PlainActivity) -> frozenset[str]:
    """Safety themes of a course."""
    return row.categories.intersection(_THEMES)


@dataclass(frozen=True, slots=True)
class _Culture:
    """What the culture rule asks of a certificate (LTC-R12)."""

    table: Decimal
    legacy: bool
    years: Sequence[tuple[int, date, date]]


def _culture(certificate: PlainCertificate, route: str, application: date) -> _Culture:
    decided = application if route == "late" else certificate.valid_to
    table = Decimal(2) if decided <= _OLD_CULTURE else _TABLE.get(decided.year, Decimal(12))
    if route == "late" or certificate.valid_to <= _OLD_CULTURE:
        return _Culture(table, False, ())
    years = []
    start = certificate.valid_from
    for number in range(1, 7):
        end = certificate.valid_to if number == 6 else period_end(certificate.valid_from, number)
        if end > _OLD_CULTURE:
            years.append((number, max(start, _OLD_CULTURE + _DAY), end))
        start = end + _DAY
    legacy = certificate.valid_from <= _OLD_CULTURE and 2024 <= certificate.valid_to.year <= 2028
    return _Culture(table, legacy, years)


def _uses(row: PlainActivity, culture: _Culture) -> tuple[str, ...]:
    """Requirements that a counted course counts for."""
    codes = ["ltc.total"]
    if row.attribute in _QEL:
        codes += ["ltc.quality_ethics_law", "ltc.attributes_present"]
        if themes_of(row):
            codes += ["ltc.safety_categories", "ltc.safety_present"]
    else:
        codes.append("ltc.professional")
    if row.mode != "online":
        codes.append("ltc.physical")
    if row.categories & _CULTURES:
        codes.append("ltc.culture_total")
        if culture.legacy and row.date <= _OLD_CULTURE:
            codes.append("ltc.culture_legacy")
    if culture.years and row.date >= culture.years[0][1] and row.categories & _TWO_CULTURES:
        codes.append("ltc.culture_yearly")
    return tuple(codes)


def _culture_years(
    rows: Sequence[PlainActivity], culture: _Culture
) -> list[tuple[int, Decimal, Decimal, bool]]:
    found = []
    for number, start, end in culture.years:
        inside = [row for row in rows if start <= row.date <= end]
        one = sum_of(row for row in inside if "indigenous_culture" in row.categories)
        other = sum_of(row for row in inside if "multicultural_culture" in row.categories)
        found.append((number, one, other, one >= 1 and other >= 1))
    return found


def _needs(
    rows: Sequence[PlainActivity],
    total: Decimal,
    cap: Decimal,
    culture: _Culture,
    years: Sequence[tuple[int, Decimal, Decimal, bool]],
) -> dict[str, tuple[Decimal, Decimal]]:
    """Requirement -> (counted, required), in the rulebook's order."""
    qel = [row for row in rows if row.attribute in _QEL]
    safety = [row for row in qel if themes_of(row)]
    cultural = [row for row in rows if row.categories & _CULTURES]
    present = sum(
        sum_of(row for row in qel if row.attribute == name) > 0
        for name in ("quality", "ethics", "law")
    )
    themes = sum(sum_of(row for row in safety if name in row.categories) > 0 for name in _THEMES)
    needs = {
        "ltc.total": (total, Decimal(120)),
        "ltc.professional": (sum_of(row for row in rows if row.attribute not in _QEL), Decimal(84)),
        "ltc.quality_ethics_law": (sum_of(qel), Decimal(24)),
        "ltc.attributes_present": (Decimal(present), Decimal(3)),
        "ltc.physical": (sum_of(row for row in rows if row.mode != "online"), 120 - cap),
        "ltc.safety_categories": (sum_of(safety), Decimal(10)),
        "ltc.safety_present": (Decimal(themes), Decimal(4)),
        "ltc.culture_total": (sum_of(cultural), culture.table),
    }
    if culture.legacy:
        old = sum_of(row for row in cultural if row.date <= _OLD_CULTURE)
        needs["ltc.culture_legacy"] = (old, Decimal(2))
    if culture.years:
        met = sum(year[3] for year in years)
        needs["ltc.culture_yearly"] = (Decimal(met), Decimal(len(years)))
    needs["ltc.service"] = (Decimal(1), Decimal(1))
    return needs


def plain_renewal(certificate: PlainCertificate, application: date) -> PlainDecision:
    """Decide one renewal of somebody who is registered.

    Args:
        certificate: Its days and courses.
        application: Day of the application, from 2023-10-13 to 2026-06-30.
    """
    valid_from, valid_to = certificate.valid_from, certificate.valid_to
    closes = add_years(valid_to, 1) if _EXTENDED[0] <= valid_to <= _EXTENDED[1] else valid_to
    opens = add_months(valid_to, -6)
    if application > closes:
        route, first, last = "late", add_years(application, -6), application
        following = (period_end(application, 6), application)
    elif application > valid_to:
        route, first, last = "extended", valid_from, min(application, closes)
        following = (add_years(valid_to, 6), valid_to + _DAY)
    else:
        route, first, last = "on_time", valid_from, min(application, closes)
        following = (add_years(valid_to, 6), application)

    culture = _culture(certificate, route, application)
    rows: list[PlainActivity] = []
    refused: list[tuple[str, str]] = []
    findings: set[str] = set()
    for row in certificate.activities:
        if not first <= row.date <= last:
            refused.append((row.id, "out_of_window"))
            findings.add("out_of_window")
        elif row.course_kind in _EXCLUDED:
            refused.append((row.id, "excluded_course"))
            findings.add("excluded_course")
        else:
            rows.append(row)
            if row.attribute not in _QEL and themes_of(row):
                findings.add("category_attribute_mismatch")

    total, online = _counted_total(rows)
    years = _culture_years(rows, culture)
    needs = _needs(rows, total, online[2], culture, years)
    six_years, year7 = total, Decimal(0)
    if route == "extended":
        six_years = _counted_total([row for row in rows if row.date <= valid_to])[0]
        year7 = max(Decimal(0), min(Decimal(120), total) - six_years)

    if any(
        not met and end < application
        for (*_, met), (_, _, end) in zip(years, culture.years, strict=True)
    ):
        findings.add("culture_year_missed")
    if culture.years and culture.table != (2 if culture.legacy else 0) + 2 * len(culture.years):
        findings.add("culture_table_divergence")
    if needs["ltc.quality_ethics_law"][0] > 36:
        findings.add("qel_capped")
    if online[0] + online[1] > online[2]:
        findings.add("online_capped")
    if year7:
        findings.add("year7_points_consumed")
    requirements = {code: (have >= want, have, want) for code, (have, want) in needs.items()}
    complete = all(met for met, _, _ in requirements.values())
    status = "short" if not complete else "eligible" if application >= opens else "not_open"
    return PlainDecision(
        status,
        route,
        requirements,
        online,
        (opens, closes),
        (first, last),
        following,
        six_years,
        year7,
        years,
        frozenset(findings),
        [(row.id, row.points, _uses(row, culture)) for row in rows],
        refused,
    )

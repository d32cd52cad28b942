"""Properties of ``ltc.renewal``, and the rule once more, as the rulebook writes it: objects, Decimal, one loop per sum.

Slow and plain on purpose: the rule on tallies must answer as it does, on random questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.amounts import to_decimal
from certhub.domain.decision import Decision, details
from certhub.domain.periods import add_months, add_years, period_end
from certhub.rules.engine import evaluate
from certhub.rules.ltc_renewal import CompactRenewal, compact_renewal
from certhub.rules.ltc_tally import code_of
from certhub.rules.params import current_ruleset

THEMES = ("fire_safety", "emergency_response", "infection_control", "gender_sensitivity")
CULTURES = {
    "multicultural_legacy",
    "indigenous_multicultural",
    "indigenous_culture",
    "multicultural_culture",
}
NOT_COUNTED = {"caregiver_qualification", "level_1", "high_burden_family_caregiver"}
TABLE = {2024: 4, 2025: 6, 2026: 8, 2027: 10, 2028: 12}


@dataclass(frozen=True)
class PlainActivity:
    id: str
    date: date
    attribute: str
    points: Decimal
    mode: str = "in_person"
    categories: tuple[str, ...] = ()
    course_kind: str = "general"


def _sum(rows: Sequence[PlainActivity]) -> Decimal:
    return sum((row.points for row in rows), Decimal(0))


def _total(rows: Sequence[PlainActivity]) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
    online = [row for row in rows if row.mode == "online"]
    physical = [row for row in rows if row.mode != "online"]
    pp = _sum([row for row in physical if row.attribute == "professional"])
    po = _sum([row for row in online if row.attribute == "professional"])
    qp_raw = _sum([row for row in physical if row.attribute != "professional"])
    qo_raw = _sum([row for row in online if row.attribute != "professional"])
    before = _sum([row for row in online if row.date <= date(2023, 10, 12)])
    after = _sum([row for row in online if row.date >= date(2023, 10, 13)])
    cap = max(Decimal(40), min(before, Decimal(60)))
    qp = min(qp_raw, Decimal(36))
    qo = min(qo_raw, 36 - qp)
    counted = min(cap, po + qo)
    return pp + qp + counted, before, after, cap, counted


def _themes(row: PlainActivity) -> set[str]:
    renamed = {"infectious_disease_prevention": "infection_control"}
    return {renamed.get(one, one) for one in row.categories} & set(THEMES)


def plain_renewal(
    valid_from: date,
    valid_to: date,
    activities: Sequence[PlainActivity],
    application: date,
    credit_from: date | None = None,
    service: str = "registered",
) -> dict[str, Any]:
    """Status, route, counted and required figures, by the words of LTC-R3 to R12."""
    extended = date(2023, 6, 2) <= valid_to <= date(2024, 6, 1)
    closes = add_years(valid_to, 1) if extended else valid_to
    opens = add_months(valid_to, -6)
    if application > closes:
        route, first, last = "late", add_years(application, -6), application
    else:
        route = "on_time" if application <= valid_to else "extended"
        first, last = credit_from or valid_from, min(application, closes)
    window = [row for row in activities if first <= row.date <= last]
    rows = [row for row in window if row.course_kind not in NOT_COUNTED]
    total, before, after, cap, counted = _total(rows)
    qel = [row for row in rows if row.attribute != "professional"]
    safety = [row for row in qel if _themes(row)]
    culture = [row for row in rows if set(row.categories) & CULTURES]
    findings: set[str] = set()
    need: dict[str, tuple[Decimal, Decimal]] = {
        "ltc.total": (total, Decimal(120)),
        "ltc.professional": (
            _sum([row for row in rows if row.attribute == "professional"]),
            Decimal(84),
        ),
        "ltc.quality_ethics_law": (_sum(qel), Decimal(24)),
        "ltc.attributes_present": (
            Decimal(
                sum(
                    _sum([row for row in rows if row.attribute == one]) > 0
                    for one in ("quality", "ethics", "law")
                )
            ),
            Decimal(3),
        ),
        "ltc.physical": (_sum([row for row in rows if row.mode != "online"]), 120 - cap),
        "ltc.safety_categories": (_sum(safety), Decimal(10)),
        "ltc.safety_present": (
            Decimal(
                sum(_sum([row for row in safety if one in _themes(row)]) > 0 for one in THEMES)
            ),
            Decimal(4),
        ),
    }
    decided_by = application if route == "late" else valid_to
    table = (
        Decimal(2) if decided_by <= date(2024, 6, 2) else Decimal(TABLE.get(decided_by.year, 12))
    )
    need["ltc.culture_total"] = (_sum(culture), table)
    years: list[dict[str, object]] = []
    if route != "late" and valid_to >= date(2024, 6, 3):
        legacy = valid_from <= date(2024, 6, 2) and 2024 <= valid_to.year <= 2028
        if legacy:
            old = _sum([row for row in culture if row.date <= date(2024, 6, 2)])
            need["ltc.culture_legacy"] = (old, Decimal(2))
        met_years = 0
        start = valid_from
        for number in range(1, 7):
            end = valid_to if number == 6 else period_end(valid_from, number)
            if end >= date(2024, 6, 3):
                inside = [row for row in culture if max(start, date(2024, 6, 3)) <= row.date <= end]
                one = _sum([row for row in inside if "indigenous_culture" in row.categories])
                other = _sum([row for row in inside if "multicultural_culture" in row.categories])
                met = one >= 1 and other >= 1
                met_years += met
                years.append(
                    {"year": number, "indigenous": one, "multicultural": other, "met": met}
                )
                if not met and end < application:
                    findings.add("culture_year_missed")
            start = end + timedelta(days=1)
        need["ltc.culture_yearly"] = (Decimal(met_years), Decimal(len(years)))
        if table != (2 if legacy else 0) + 2 * len(years):
            findings.add("culture_table_divergence")
    need["ltc.service"] = (Decimal(0 if service == "none" else 1), Decimal(1))
    used = Decimal(0)
    if route == "extended":
        six_years = _total([row for row in rows if row.date <= valid_to])[0]
        used = max(Decimal(0), min(Decimal(120), total) - six_years)
    if len(window) < len(activities):
        findings.add("out_of_window")
    if len(rows) < len(window):
        findings.add("excluded_course")
    if any(row.attribute == "professional" and _themes(row) for row in rows):
        findings.add("category_attribute_mismatch")
    if need["ltc.quality_ethics_law"][0] > 36:
        findings.add("qel_capped")
    if before + after > cap:
        findings.add("online_capped")
    if used:
        findings.add("year7_points_consumed")
    complete = all(have >= want for have, want in need.values())
    status = "short" if not complete else "eligible" if application >= opens else "not_open"
    return {
        "status": status,
        "route": route,
        "requirements": need,
        "online": (before, after, cap, counted),
        "year7": used,
        "years": years,
        "findings": findings,
    }


CATEGORIES = (
    *THEMES,
    "infectious_disease_prevention",
    "multicultural_legacy",
    "indigenous_multicultural",
    "indigenous_culture",
    "multicultural_culture",
)
# Days on which something of the law changes, and their neighbours, are drawn more often.
TURNING_DAYS = [
    day + timedelta(days=shift)
    for day in (
        date(2022, 9, 4),
        date(2023, 6, 2),
        date(2023, 10, 13),
        date(2024, 6, 2),
        date(2024, 12, 31),
        date(2025, 6, 2),
    )
    for shift in (-1, 0, 1)
]
DAYS = st.one_of(st.dates(date(2017, 6, 3), date(2026, 6, 30)), st.sampled_from(TURNING_DAYS))
POINTS = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.99"), Decimal(1), Decimal(2), Decimal(36)]),
    st.decimals(Decimal(0), Decimal(80), places=2),
)


@st.composite
def activities(draw: st.DrawFn) -> list[PlainActivity]:
    return [
        PlainActivity(
            f"a{index}",
            draw(DAYS),
            draw(st.sampled_from(["professional", "quality", "ethics", "law"])),
            draw(POINTS),
            draw(st.sampled_from(["in_person", "live_online", "online"])),
            tuple(draw(st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True))),
            draw(st.sampled_from(["general"] * 8 + ["special_training", "level_1"])),
        )
        for index in range(draw(st.integers(0, 14)))
    ]


@st.composite
def certificates(draw: st.DrawFn) -> tuple[date, date]:
    valid_to = draw(
        st.one_of(st.dates(date(2023, 6, 2), date(2030, 6, 30)), st.sampled_from(TURNING_DAYS))
    )
    valid_from = add_years(valid_to, -6) + timedelta(days=1)
    return valid_from, period_end(valid_from, 6)


def _given(
    certificate: tuple[date, date],
    rows: Sequence[PlainActivity],
    service: str,
    application: date | None = None,
    credit_from: date | None = None,
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "certificate": {
            "id": "c1",
            "valid_from": certificate[0],
            "valid_to": certificate[1],
            "credit_from": credit_from,
        },
        "service": service,
        "activities": [
            {
                "id": row.id,
                "date": row.date,
                "attribute": row.attribute,
                "points": str(row.points),
                "mode": row.mode,
                "categories": list(row.categories),
                "course_kind": row.course_kind,
            }
            for row in rows
        ],
    }
    if application is not None:
        facts["application_date"] = application
    return facts


def _figures(decision: Decision) -> Mapping[str, tuple[Decimal, Decimal]]:
    return {
        one.code: (to_decimal(one.counted or 0), to_decimal(one.required))
        for one in decision.requirements
    }


@settings(max_examples=300, deadline=None)
@given(
    certificates(),
    activities(),
    st.dates(date(2023, 10, 13), date(2026, 6, 30)),
    st.sampled_from(["registered", "proof", "proof_other_certificate", "none"]),
    st.none() | st.integers(-200, 200),
)
def test_the_rule_on_tallies_answers_as_the_plain_one(
    certificate: tuple[date, date],
    rows: list[PlainActivity],
    application: date,
    service: str,
    credit_days: int | None,
) -> None:
    credit_from = None if credit_days is None else certificate[0] + timedelta(days=credit_days)
    plain = plain_renewal(*certificate, rows, application, credit_from, service)

    given = _given(certificate, rows, service, application, credit_from)
    decision = evaluate("ltc.renewal", given, date(2026, 6, 30)).decision

    assert _figures(decision) == plain["requirements"]
    assert decision.status == plain["status"]
    assert decision.report["route"] == plain["route"]
    assert {one.code for one in decision.findings} == plain["findings"]
    online: Any = decision.report["online"]
    assert [Decimal(str(online[key])) for key in ("before", "after", "cap", "counted")] == list(
        plain["online"]
    )
    assert Decimal(str(decision.report["year7_points_used"])) == plain["year7"]
    years: Any = decision.report["culture_years"]
    assert [
        {
            key: value if key in {"year", "met"} else Decimal(str(value))
            for key, value in row.items()
        }
        for row in years
    ] == plain["years"]


AS_OF = st.dates(date(2023, 10, 13), date(2030, 12, 31))


def _decide(certificate: tuple[date, date], rows: Sequence[PlainActivity], as_of: date) -> Decision:
    return evaluate("ltc.renewal", _given(certificate, rows, "registered"), as_of).decision


def _answer(decision: Decision) -> tuple[object, ...]:
    requirements = [(one.code, one.met, one.counted, one.required) for one in decision.requirements]
    return decision.status, requirements, [one.code for one in decision.findings]


@settings(max_examples=150, deadline=None)
@given(certificates(), activities(), AS_OF)
def test_every_activity_is_used_or_refused_exactly_once(
    certificate: tuple[date, date], rows: list[PlainActivity], as_of: date
) -> None:
    decision = _decide(certificate, rows, as_of)

    used = [one.activity for one in decision.used]
    refused = [one.activity for one in decision.refused]
    assert sorted(used + refused) == sorted(row.id for row in rows)
    codes = {one.code for one in decision.requirements}
    assert all(set(one.requirements) <= codes for one in decision.used)


@settings(max_examples=150, deadline=None)
@given(certificates(), activities(), AS_OF, st.randoms(use_true_random=False))
def test_the_order_of_the_activities_does_not_matter(
    certificate: tuple[date, date], rows: list[PlainActivity], as_of: date, random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    first = _decide(certificate, rows, as_of)
    second = _decide(certificate, shuffled, as_of)

    assert details(first) == details(second)
    assert first.explanation == second.explanation
    assert first.findings == second.findings
    order = {row.id: index for index, row in enumerate(shuffled)}
    assert [one.activity for one in second.used] == sorted(
        (one.activity for one in first.used), key=order.__getitem__
    )


@settings(max_examples=200, deadline=None)
@given(certificates(), activities(), activities(), AS_OF)
def test_adding_continuing_education_never_lowers_what_was_counted(
    certificate: tuple[date, date],
    rows: list[PlainActivity],
    more: list[PlainActivity],
    as_of: date,
) -> None:
    added = [
        PlainActivity(f"b{row.id}", row.date, row.attribute, row.points, row.mode, row.categories)
        for row in more
    ]

    before = _decide(certificate, rows, as_of)
    after = _decide(certificate, [*rows, *added], as_of)

    for one, other in zip(before.requirements, after.requirements, strict=True):
        assert one.code == other.code
        assert (one.counted or 0) <= (other.counted or 0)
        assert one.required >= other.required
    assert not (before.eligible and not after.eligible)


@settings(max_examples=150, deadline=None)
@given(certificates(), activities(), activities(), AS_OF)
def test_what_is_dated_later_is_refused_and_changes_nothing_else(
    certificate: tuple[date, date],
    rows: list[PlainActivity],
    more: list[PlainActivity],
    as_of: date,
) -> None:
    later = [
        PlainActivity(
            f"b{row.id}", as_of + timedelta(days=1 + index), row.attribute, row.points, row.mode
        )
        for index, row in enumerate(more)
    ]

    before = _decide(certificate, rows, as_of)
    after = _decide(certificate, [*rows, *later], as_of)

    assert after.requirements == before.requirements
    assert after.status == before.status
    assert after.report == before.report
    assert after.used == before.used
    refused = [one.activity for one in after.refused]
    assert [one for one in refused if one.startswith("b")] == [row.id for row in later]
    assert {one.code for one in after.findings} - {"out_of_window"} == {
        one.code for one in before.findings
    } - {"out_of_window"}


@settings(max_examples=50, deadline=None)
@given(certificates(), activities(), AS_OF)
def test_a_replay_is_equal_to_the_byte(
    certificate: tuple[date, date], rows: list[PlainActivity], as_of: date
) -> None:
    first = msgspec.json.encode(_decide(certificate, rows, as_of))

    second = msgspec.json.encode(_decide(certificate, rows, as_of))

    assert first == second


@settings(max_examples=200, deadline=None)
@given(certificates(), activities(), AS_OF, st.floats(0, 1, exclude_max=True))
def test_nothing_changes_before_the_next_change(
    certificate: tuple[date, date], rows: list[PlainActivity], as_of: date, share: float
) -> None:
    decision = _decide(certificate, rows, as_of)

    until = decision.next_change_on or as_of + timedelta(days=800)
    between = as_of + timedelta(days=int((until - as_of).days * share))

    assert _answer(_decide(certificate, rows, between)) == _answer(decision)


@settings(max_examples=100, deadline=None)
@given(certificates(), activities(), AS_OF)
def test_compact_facts_give_the_same_decision(
    certificate: tuple[date, date], rows: list[PlainActivity], as_of: date
) -> None:
    ordered = sorted(rows, key=lambda row: row.date)
    compact = CompactRenewal(
        *certificate,
        None,
        None,
        "registered",
        [row.id for row in ordered],
        [row.date.toordinal() for row in ordered],
        [int(row.points * 100) for row in ordered],
        [
            code_of(int(row.points * 100), row.attribute, row.mode, row.categories, row.course_kind)
            for row in ordered
        ],
    )

    decision = compact_renewal(compact, as_of, current_ruleset())

    assert decision.explanation == _decide(certificate, rows, as_of).explanation
    assert details(decision) == details(_decide(certificate, rows, as_of))

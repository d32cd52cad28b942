"""The cast's figures, added up here from the records by hand-written sums."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from certhub.domain import roc_date
from certhub.sandbox.cast import (
    CAST,
    CLASSMATES,
    INSTITUTION_OSH_CODE,
    INSTITUTION_VR_TAX_ID,
    STORY_CLASS_NO,
    STORY_COURSE_NO,
)
from certhub.sandbox.world import generate

SIZES = pytest.mark.parametrize("persons", [50, 2000])


def vr_of(persons: int) -> dict[tuple[str, str], dict[str, Any]]:
    return {(c, r["id"]): r for c, r in generate(persons, 1).vr()}


def ltc_of(persons: int) -> dict[tuple[str, str], dict[str, Any]]:
    return {(e, r["id"]): r for e, r in generate(persons, 1).ltc()}


@SIZES
def test_the_cast_is_in_every_world(persons: int) -> None:
    vr, ltc = vr_of(persons), ltc_of(persons)

    for member in CAST.values():
        if member.vr_id:
            assert vr["professionals", member.vr_id]["national_id"] == member.number
        if member.ltc_id:
            numbers = [n["value"] for n in ltc["person", member.ltc_id]["identifiers"]]
            assert member.number in numbers
    trainees = {r["身分證字號"] for t, r in generate(persons, 1).osh() if t == "trainees"}
    assert {CAST["C10"].number, *(mate.number for mate in CLASSMATES)} <= trainees


def sums(code: str) -> dict[str, Decimal]:
    """Points of a member of the cast by attribute group and mode, and by category."""
    found: dict[str, Decimal] = {}
    for (entity, _), record in ltc_of(0).items():
        if entity != "credit" or record["person_id"] != CAST[code].ltc_id:
            continue
        assert record["status"] == "符合"
        group = "professional" if record["attribute"] == "專業課程" else "qel"
        mode = "online" if record["mode"] == "網路" else "physical"
        points = Decimal(record["points"])
        for key in (f"{group}.{mode}", "total", *record["categories"]):
            found[key] = found.get(key, Decimal(0)) + points
    return found


@pytest.mark.parametrize(
    ("code", "professional", "qel", "online"),
    [
        ("C1", "66", "26.4", "20"),
        ("C2", "96", "25.2", "0"),
        ("C3", "36", "7.2", "0"),
        ("C4", "60", "9.6", "0"),
        ("C7", "48", "4.8", "0"),
        ("C9", "72", "14.4", "0"),
        ("C10", "48", "7.2", "0"),
    ],
)
def test_points_add_up_to_the_documented_figures(
    code: str, professional: str, qel: str, online: str
) -> None:
    found = sums(code)

    assert found["professional.physical"] == Decimal(professional)
    assert found["qel.physical"] == Decimal(qel)
    assert found.get("professional.online", Decimal(0)) == Decimal(online)
    assert "qel.online" not in found


def test_the_foreign_caregiver_lacks_gender_sensitivity_alone() -> None:
    found = sums("C11")

    assert found["total"] == Decimal("122.4")
    assert {name: found[name] for name in ("消防安全", "緊急應變", "傳染病防治", "性別敏感度")} == {
        "消防安全": Decimal("7.2"),
        "緊急應變": Decimal(6),
        "傳染病防治": Decimal(6),
        "性別敏感度": Decimal("4.8"),
    }


def hours(code: str, since: date) -> tuple[Decimal, Decimal]:
    """Continuing education in hours since a day: professional and law, ethics and quality."""
    groups = [Decimal(0), Decimal(0)]
    for (collection, _), record in vr_of(0).items():
        mine = collection == "training-records" and record["professional_id"] == CAST[code].vr_id
        if mine and record["nature"] == "繼續教育":
            assert record["status"] == "確認"
            if roc_date.parse(record["held_to"]) >= since:
                ethical = record["category"] in ("專業倫理", "專業品質")
                groups[ethical] += Decimal(record["credited_hours"])
    return groups[0], groups[1]


@pytest.mark.parametrize(
    ("code", "since", "professional", "ethics"),
    [
        ("C1", date(2021, 11, 20), 54, 6),
        ("C2", date(2023, 3, 1), 18, 3),
        ("C3", date(2023, 6, 1), 9, 3),
        ("C5", date(2021, 9, 2), 27, 3),
        ("C6", date(2021, 10, 1), 45, 3),
        ("C7", date(2022, 12, 1), 9, 0),
        ("C8", date(2023, 1, 10), 18, 3),
    ],
)
def test_hours_add_up_to_the_documented_figures(
    code: str, since: date, professional: int, ethics: int
) -> None:
    assert hours(code, since) == (Decimal(professional), Decimal(ethics))


def test_the_story_course_waits_for_its_roster() -> None:
    course = vr_of(0)["courses", STORY_COURSE_NO]

    assert course["institution_tax_id"] == INSTITUTION_VR_TAX_ID
    assert (course["starts_on"], course["ends_on"]) == ("113/03/15", "113/03/15")
    assert [(c["category"], c["hours"]) for c in course["categories"]] == [("專業倫理", "3")]
    assert (course["status"], course["roster_state"]) == ("通過", "未匯入")


def test_the_story_class_has_ended_and_reported_nothing() -> None:
    rows = list(generate(0, 1).osh())
    held = next(row for table, row in rows if row.get("班別編號") == STORY_CLASS_NO)
    reported = [
        table
        for table, row in rows
        if row.get("班別編號") == STORY_CLASS_NO
        and table in ("attendance", "results", "certificates")
    ]

    assert (held["機構代碼"], held["狀態"], held["受訓人數"]) == (
        INSTITUTION_OSH_CODE,
        "結訓",
        "15",
    )
    assert held["備查文號"] != ""
    assert reported == []

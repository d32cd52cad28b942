from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.rules.ltc_tally import (
    CATEGORY_BITS,
    EXCLUDED,
    LARGEST_POINTS,
    MISMATCH,
    ONLINE,
    Courses,
    Sums,
    any_two_cultures,
    code_of,
    courses_of,
    culture_of,
    kind_in,
    kind_of,
    online_of,
    sums_of,
    two_cultures_of,
)

SHAPES = st.tuples(
    st.sampled_from(["professional", "quality", "ethics", "law"]),
    st.sampled_from(["in_person", "online"]),
    st.lists(st.sampled_from(sorted(CATEGORY_BITS)), max_size=3, unique=True).map(tuple),
)
ROWS = st.lists(st.tuples(st.integers(0, 10**8), SHAPES), max_size=30)

Shape = tuple[str, str, tuple[str, ...]]


def _courses(rows: list[tuple[int, Shape]]) -> Courses:
    return courses_of(
        [f"a{index}" for index in range(len(rows))],
        list(range(len(rows))),
        [points for points, _ in rows],
        [code_of(points, *shape) for points, shape in rows],
    )


def _one_by_one(rows: list[tuple[int, Shape]]) -> Sums:
    added = [0] * len(Sums.__struct_fields__)
    for points, shape in rows:
        one, *others = msgspec.structs.astuple(_courses([(1, shape)]).sums)
        for index, share in enumerate((one, *(points * other for other in others))):
            added[index] += share
    return Sums(*added)


@settings(deadline=None)
@given(ROWS)
def test_a_tally_holds_the_sums_of_its_courses(rows: list[tuple[int, Shape]]) -> None:
    courses = _courses(rows)

    assert len(courses.tallies) == len(rows) + 1
    assert courses.sums == sums_of(courses.tallies[-1]) == _one_by_one(rows)


@settings(deadline=None)
@given(ROWS, st.integers(0, 30), st.integers(0, 30))
def test_the_difference_of_two_tallies_holds_what_lies_between(
    rows: list[tuple[int, Shape]], one: int, other: int
) -> None:
    low, high = sorted((min(one, len(rows)), min(other, len(rows))))

    tallies = _courses(rows).tallies
    between = tallies[high] - tallies[low]

    sums = _one_by_one(rows[low:high])
    assert sums_of(between) == sums
    assert online_of(between) == sums.professional_online + sums.qel_online
    assert culture_of(between) == sums.culture
    assert two_cultures_of(between) == (sums.indigenous_culture, sums.multicultural_culture)
    assert any_two_cultures(between) == (sums.indigenous_culture + sums.multicultural_culture > 0)


def test_the_fullest_lane_does_not_overflow_into_the_next() -> None:
    shape = ("professional", "in_person", ("indigenous_culture", "multicultural_culture"))

    sums = _courses([(LARGEST_POINTS - 2, shape), (1, shape)]).sums

    full = LARGEST_POINTS - 1
    assert (sums.professional_physical, sums.culture) == (full, full)
    assert (sums.indigenous_culture, sums.multicultural_culture) == (full, full)
    assert sum(msgspec.structs.astuple(sums)) == 4 * full


def test_a_code_holds_points_and_kind() -> None:
    code = code_of(720, "law", "online", ("fire_safety",))

    assert kind_in(code) == kind_of("law", "online", ("fire_safety",))
    assert code - kind_in(code) == code_of(720, "professional")


def test_a_professional_course_feeds_no_safety_theme() -> None:
    sums = _courses([(250, ("professional", "in_person", ("fire_safety",)))]).sums

    assert kind_of("professional", "in_person", ("fire_safety",)) & MISMATCH
    assert (sums.professional_physical, sums.fire_safety, sums.safety) == (250, 0, 0)
    assert sums.marked == 1


def test_the_old_name_of_infection_control_is_the_same_theme() -> None:
    shape = ("law", "online", ("infectious_disease_prevention",))

    sums = _courses([(200, shape)]).sums

    assert kind_of(*shape) & ONLINE
    assert (sums.infection_control, sums.safety, sums.qel_online) == (200, 200, 200)
    assert (sums.qel_physical, sums.marked) == (0, 0)


def test_a_course_that_is_no_continuing_education_is_marked_even_without_points() -> None:
    code = code_of(0, "professional", "in_person", (), "level_1")

    assert kind_in(code) & EXCLUDED
    assert courses_of(["a"], [1], [0], [code]).sums.marked == 1


def test_courses_before_a_day_leave_that_day_out() -> None:
    codes = [code_of(points, "quality") for points in (100, 200, 400)]
    courses = courses_of(["a", "b", "c"], [10, 20, 30], [100, 200, 400], codes)

    assert sums_of(courses.before(20)).quality == 100
    assert sums_of(courses.before(21)).quality == 300


def test_courses_until_a_day_hold_that_day() -> None:
    codes = [code_of(points, "quality", "online") for points in (100, 200, 400)]
    courses = courses_of(["a", "b", "c"], [10, 20, 30], [100, 200, 400], codes)

    first = courses.until(20)

    assert first == courses_of(["a", "b"], [10, 20], [100, 200], codes[:2])
    assert (first.online_before(20), first.online_before(21)) == (100, 300)


@pytest.mark.parametrize("bad", [("art",), ("law", "by_post"), ("law", "online", ("music",))])
def test_an_unknown_code_has_no_kind(bad: tuple[Any, ...]) -> None:
    with pytest.raises((KeyError, ValueError)):
        kind_of(*bad)

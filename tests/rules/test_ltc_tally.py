from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.rules.ltc_tally import (
    CATEGORY_BITS,
    EXCLUDED,
    MISMATCH,
    ONLINE,
    Courses,
    Sums,
    culture_of,
    kind_of,
    online_of,
    running_tallies,
    sums_of,
    two_cultures_of,
)

KINDS = st.builds(
    lambda attribute, online, categories: kind_of(
        attribute, "online" if online else "in_person", tuple(categories)
    ),
    st.sampled_from(["professional", "quality", "ethics", "law"]),
    st.booleans(),
    st.lists(st.sampled_from(sorted(CATEGORY_BITS)), max_size=3, unique=True),
)
ROWS = st.lists(st.tuples(st.integers(0, 10**9), KINDS), max_size=30)


def _one_by_one(rows: list[tuple[int, int]]) -> Sums:
    added = [0] * len(Sums._fields)
    for points, kind in rows:
        for index, share in enumerate(sums_of(running_tallies([1], [kind])[-1])):
            added[index] += points * share
    return Sums._make(added)


@settings(deadline=None)
@given(ROWS)
def test_a_tally_holds_the_sums_of_its_courses(rows: list[tuple[int, int]]) -> None:
    tallies = running_tallies([row[0] for row in rows], [row[1] for row in rows])

    assert len(tallies) == len(rows) + 1
    assert sums_of(tallies[-1]) == _one_by_one(rows)


@settings(deadline=None)
@given(ROWS, st.integers(0, 30), st.integers(0, 30))
def test_the_difference_of_two_tallies_holds_what_lies_between(
    rows: list[tuple[int, int]], one: int, other: int
) -> None:
    low, high = sorted((min(one, len(rows)), min(other, len(rows))))

    tallies = running_tallies([row[0] for row in rows], [row[1] for row in rows])
    between = tallies[high] - tallies[low]

    sums = _one_by_one(rows[low:high])
    assert sums_of(between) == sums
    assert online_of(between) == sums.online
    assert culture_of(between) == sums.culture
    assert two_cultures_of(between) == (sums.indigenous_culture, sums.multicultural_culture)


def test_a_professional_course_feeds_no_safety_theme() -> None:
    kind = kind_of("professional", "in_person", ("fire_safety",))

    sums = Courses(["a"], [1], [250], [kind]).sums

    assert kind & MISMATCH
    assert (sums.professional, sums.fire_safety, sums.safety) == (250, 0, 0)


def test_the_old_name_of_infection_control_is_the_same_theme() -> None:
    kind = kind_of("law", "online", ("infectious_disease_prevention",))

    sums = Courses(["a"], [1], [200], [kind]).sums

    assert kind & ONLINE
    assert (sums.infection_control, sums.safety, sums.online, sums.physical) == (200, 200, 200, 0)


def test_the_marks_stand_above_everything_else() -> None:
    highest = kind_of("law", "online", tuple(CATEGORY_BITS))
    excluded = kind_of("professional", course_kind="level_1")

    assert highest < MISMATCH < EXCLUDED <= excluded


def test_courses_before_a_day_leave_that_day_out() -> None:
    kind = kind_of("quality")
    courses = Courses(["a", "b", "c"], [10, 20, 30], [100, 200, 400], [kind] * 3)

    assert sums_of(courses.before(20)).quality == 100
    assert sums_of(courses.before(21)).quality == 300


@pytest.mark.parametrize("bad", [("art",), ("law", "by_post"), ("law", "online", ("music",))])
def test_an_unknown_code_has_no_kind(bad: tuple[Any, ...]) -> None:
    with pytest.raises((KeyError, ValueError)):
        kind_of(*bad)

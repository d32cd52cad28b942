"""Small counts are suppressed, and none can be worked out from the others."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from certhub.resolvers.statistics import suppress

Keys = tuple[str | None, ...]


def test_a_small_count_takes_the_next_smallest_of_its_line_with_it() -> None:
    cells: dict[Keys, int] = {("a",): 3, ("b",): 40, ("c",): 7, ("d",): 90}

    assert suppress(cells) == {("a",): None, ("b",): 40, ("c",): None, ("d",): 90}


def test_two_small_counts_hide_each_other() -> None:
    cells: dict[Keys, int] = {("a",): 3, ("b",): 4, ("c",): 7}

    assert suppress(cells) == {("a",): None, ("b",): None, ("c",): 7}


def test_counts_from_five_on_are_told() -> None:
    cells: dict[Keys, int] = {("a",): 5, ("b",): 6}

    assert suppress(cells) == cells


def test_in_a_table_of_two_dimensions_rows_and_columns_are_looked_at() -> None:
    cells: dict[Keys, int] = {
        ("x", "1"): 2,
        ("x", "2"): 20,
        ("x", "3"): 30,
        ("y", "1"): 10,
        ("y", "2"): 40,
        ("y", "3"): 50,
    }

    told = suppress(cells)

    assert {keys for keys, count in told.items() if count is None} == {
        ("x", "1"),
        ("x", "2"),
        ("y", "1"),
        ("y", "2"),
    }


@given(
    st.dictionaries(
        st.sampled_from(list(product(["a", "b", "c"], ["1", "2", "3"]))),
        st.integers(1, 30),
        min_size=1,
    )
)
def test_no_line_holds_a_single_suppressed_cell_beside_told_ones(
    cells: dict[Keys, int],
) -> None:
    told = suppress(cells)

    assert all(told[keys] is None for keys, count in cells.items() if count < 5)
    for index in (0, 1):
        for value in {keys[index] for keys in cells}:
            line = [told[keys] for keys in told if keys[index] == value]
            assert line.count(None) != 1 or len(line) == 1

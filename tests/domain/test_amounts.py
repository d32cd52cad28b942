"""Exact amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certhub.domain.amounts import parse_amount, to_decimal, to_number, to_text


@pytest.mark.parametrize(
    ("value", "hundredths"),
    [
        ("3", 300),
        ("2.34", 234),
        ("7.2", 720),
        ("0", 0),
        ("118.40", 11840),
        (3, 300),
        (0.1, 10),
        (2.34, 234),
        (Decimal("120.01"), 12001),
        ("-1.5", -150),
    ],
)
def test_amounts_become_hundredths(value: object, hundredths: int) -> None:
    assert parse_amount(value) == hundredths


@pytest.mark.parametrize(
    "value", ["", "x", "1.234", 0.001, True, None, [], "NaN", "Infinity", float("inf")]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_amount(value)


def test_edges_show_two_decimals_or_the_shortest_number() -> None:
    assert to_text(11840) == "118.40"
    assert to_decimal(5) == Decimal("0.05")
    assert to_number(12000) == 120
    assert isinstance(to_number(12000), int)
    assert to_number(12001) == 120.01


@given(st.integers(min_value=0, max_value=10**12))
def test_amounts_survive_both_ways(hundredths: int) -> None:
    assert parse_amount(to_text(hundredths)) == hundredths
    assert parse_amount(to_number(hundredths)) == hundredths

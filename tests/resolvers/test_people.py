"""Names as readers without the scope see them."""

import pytest

from certhub.resolvers.people import mask_name


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王○明"),
        ("王明", "王○"),
        ("王", "王○"),
        ("歐陽小明", "歐○○明"),
        ("Nguyen Thi Lan", "N. T. L."),
        (" ", "○"),
        (None, "○"),
    ],
)
def test_a_name_is_masked(name: str | None, masked: str) -> None:
    assert mask_name(name) == masked

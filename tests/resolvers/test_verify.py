"""Which numbers are looked up at all."""

from datetime import date

import pytest

from certhub.domain.tw_id import IdentifierKind
from certhub.resolvers.verify import check_number
from certhub.sandbox.numbers import old_arc

DAY = date(2024, 9, 2)


@pytest.mark.parametrize(
    ("number", "kind", "found"),
    [
        ("A123456789", None, IdentifierKind.NATIONAL_ID),
        (" ａ123456789", None, IdentifierKind.NATIONAL_ID),
        ("A123456788", None, None),
        ("A123456789", IdentifierKind.NEW_ARC, None),
        ("AB1234567", None, None),
        ("AB1234567", IdentifierKind.PASSPORT, IdentifierKind.PASSPORT),
        ("A-1", IdentifierKind.PASSPORT, None),
        ("", None, None),
    ],
)
def test_a_number_must_fit_its_kind(
    number: str, kind: IdentifierKind | None, found: IdentifierKind | None
) -> None:
    assert check_number(number, kind, DAY)[1] is found


def test_an_old_resident_number_ends_in_2031() -> None:
    number = old_arc("A", 1, 1234567)

    assert check_number(number, None, date(2030, 12, 31))[1] is IdentifierKind.OLD_ARC
    assert check_number(number, None, date(2031, 1, 1))[1] is None

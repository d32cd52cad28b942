from hypothesis import given
from hypothesis import strategies as st

from certhub.domain.tw_id import check_person_number, is_valid_business_number
from certhub.sandbox.numbers import (
    business_number,
    national_id,
    new_arc,
    number_fault,
    old_arc,
    with_wrong_check_digit,
)

LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SERIALS = st.integers(0, 9_999_999)
SEXES = st.sampled_from([1, 2])


@given(LETTERS, SEXES, SERIALS)
def test_made_numbers_pass_the_hubs_own_check(letter: str, sex: int, serial: int) -> None:
    made = [make(letter, sex, serial) for make in (national_id, new_arc, old_arc)]

    kinds = [check_person_number(number) for number in made]

    assert [(str(kind), verdict) for kind, verdict in kinds] == [
        ("national_id", "valid"),
        ("arc_new", "valid"),
        ("arc_old", "valid"),
    ]
    assert [number_fault(number) for number in made] == [None, None, None]


@given(LETTERS, SEXES, SERIALS)
def test_a_slip_in_the_last_digit_is_found_by_both_checks(
    letter: str, sex: int, serial: int
) -> None:
    wrong = with_wrong_check_digit(national_id(letter, sex, serial))

    assert number_fault(wrong) == "id_checksum"
    assert check_person_number(wrong)[1] == "id_checksum"


def test_other_shapes_are_faults_of_form() -> None:
    assert [number_fault(text) for text in ("", "A12345678", "A300000000", "王100000001")] == [
        "id_format"
    ] * 4


@given(st.integers(0, 99_999))
def test_tax_ids_begin_with_a_zero_and_pass_the_check(serial: int) -> None:
    number = business_number(serial)

    assert number[0] == "0"
    assert is_valid_business_number(number)

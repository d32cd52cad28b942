"""Check digits of persons' and organisations' numbers."""

from datetime import date

import pytest

from certhub.domain.tw_id import (
    IdentifierKind,
    NationalId,
    check_person_number,
    is_valid_business_number,
    kind_of_number,
    mask_number,
    normalise_number,
    without_numbers,
)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("A123456789", IdentifierKind.NATIONAL_ID),
        ("A100000001", IdentifierKind.NATIONAL_ID),
        ("H161627323", IdentifierKind.NATIONAL_ID),
        ("A800000014", IdentifierKind.NEW_ARC),
        ("Q888401627", IdentifierKind.NEW_ARC),
        ("AC00000236", IdentifierKind.OLD_ARC),
        ("FC19743516", IdentifierKind.OLD_ARC),
    ],
)
def test_valid_numbers_and_their_kinds(number: str, kind: IdentifierKind) -> None:
    assert check_person_number(number) == (kind, "valid")
    assert kind_of_number(number) is kind


@pytest.mark.parametrize("last", "0234567")
def test_another_last_digit_fails_the_check(last: str) -> None:
    kind, verdict = check_person_number(f"A10000000{last}")

    assert (kind, verdict) == (IdentifierKind.NATIONAL_ID, "id_checksum")


@pytest.mark.parametrize(
    "number", ["", "A12345678", "A1234567890", "A323456789", "1123456789", "A12345678９"]
)
def test_no_shape_no_kind(number: str) -> None:
    assert check_person_number(number) == (None, "id_format")


def test_old_resident_numbers_count_through_2030() -> None:
    assert check_person_number("AC00000236", date(2030, 12, 31))[1] == "valid"
    assert check_person_number("AC00000236", date(2031, 1, 1))[1] == "arc_old_retired"


@pytest.mark.parametrize("number", ["04595257", "05536740", "31028952", "04595252"])
def test_business_numbers_divisible_by_five(number: str) -> None:
    assert is_valid_business_number(number)


def test_a_seven_in_the_seventh_place_counts_as_either() -> None:
    assert is_valid_business_number("10458575")


@pytest.mark.parametrize("number", ["04595253", "0459525", "045952570", "0459525x", ""])
def test_other_business_numbers_are_refused(number: str) -> None:
    assert not is_valid_business_number(number)


def test_width_case_and_outer_spaces_do_not_matter() -> None:
    assert normalise_number(" ａ１２３４５６７８９ ") == "A123456789"
    assert NationalId("a123456789") == NationalId(" A123456789")
    assert hash(NationalId("a123456789")) == hash(NationalId("A123456789"))


def test_a_number_does_not_show_itself() -> None:
    number = NationalId("A123456789")

    assert str(number) == "A*****6789"
    assert repr(number) == "NationalId(A*****6789)"
    assert f"{number}" == "A*****6789"
    assert number.reveal() == "A123456789"
    assert NationalId(" a123456789").as_given() == " a123456789"


def test_short_numbers_are_masked_whole() -> None:
    assert mask_number("B9342") == "*****"
    assert mask_number("B93429") == "B*3429"


def test_others_words_are_kept_without_the_numbers_of_people_in_them() -> None:
    text = "第 3 列 A123456789 與 a800000014 重複,文號 測字第1130001號"

    assert without_numbers(text) == "第 3 列 *** 與 *** 重複,文號 測字第1130001號"

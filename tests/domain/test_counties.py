"""Names of counties as people and agencies write them."""

import pytest

from certhub.domain.counties import (
    BY_CODE,
    COUNTIES,
    authority_county,
    county_code,
    county_name,
    staffing_word,
)


def test_there_are_twenty_two_with_codes_of_five_digits() -> None:
    assert len(COUNTIES) == 22
    assert len(BY_CODE) == 22
    assert {len(county.code) for county in COUNTIES} == {5}
    assert all(county.code.isdigit() for county in COUNTIES)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("臺北市", "63000"),
        ("台北市", "63000"),
        (" 台 北 市 ", "63000"),
        ("連江縣", "09007"),
        ("金門縣", "09020"),
        ("臺北縣", "65000"),
        ("台中縣", "66000"),
        ("台南縣", "67000"),
        ("高雄縣", "64000"),
        ("桃園縣", "68000"),
        ("新竹縣", "10004"),
        ("新竹市", "10018"),
    ],
)
def test_a_name_gives_its_code(name: str, code: str) -> None:
    assert county_code(name) == code


@pytest.mark.parametrize("name", ["馬祖", "臺北", "臺北市政府", "", "Taipei"])
def test_anything_else_is_no_county(name: str) -> None:
    assert county_code(name) is None


@pytest.mark.parametrize(
    ("authority", "code"),
    [
        ("臺北市政府勞動局", "63000"),
        ("台東縣政府", "10014"),
        ("新竹市衛生局", "10018"),
        ("桃園縣政府", "68000"),
        ("勞動部", None),
    ],
)
def test_an_authority_begins_with_its_county(authority: str, code: str | None) -> None:
    assert authority_county(authority) == code


def test_codes_give_names_and_words() -> None:
    assert county_name("10010") == "嘉義縣"
    assert staffing_word("10010") == "chiayi_county"
    assert county_name("99999") is None
    assert staffing_word("99999") is None

"""Purpose of use and case reference, as a request states them."""

import pytest

from certhub.auth.purposes import check_purpose, read_purpose, without_numbers
from certhub.auth.viewer import Viewer
from certhub.domain.errors import InvalidInput, Refused

CLERK = Viewer(
    subject="s", client_id="c", issuer="i", purposes=frozenset({"registration", "renewal"})
)


def test_empty_headers_state_nothing() -> None:
    assert read_purpose("  ", "") == (None, None)
    assert read_purpose(None, None) == (None, None)


def test_a_persons_number_in_a_case_reference_is_hidden() -> None:
    assert read_purpose("registration", "北市社障字第1130001號 A123456789") == (
        "registration",
        "北市社障字第1130001號 [證號]",
    )
    assert without_numbers("A123456780 B1234567890") == "A123456780 B1234567890"


@pytest.mark.parametrize(
    ("purpose", "case", "code"),
    [
        ("a b", "1", "PURPOSE_INVALID"),
        ("x" * 65, "1", "PURPOSE_INVALID"),
        ("renewal", "1" * 201, "CASE_REFERENCE_INVALID"),
        ("renewal", "1\n2", "CASE_REFERENCE_INVALID"),
    ],
)
def test_odd_values_are_refused(purpose: str, case: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_purpose(purpose, case)

    assert caught.value.code == code


def test_the_purpose_must_be_one_of_the_tokens() -> None:
    check_purpose(CLERK.for_purpose("renewal", "1"))
    for purpose, case, code in [
        (None, "1", "PURPOSE_REQUIRED"),
        ("renewal", None, "PURPOSE_REQUIRED"),
        ("curiosity", "1", "PURPOSE_NOT_ALLOWED"),
    ]:
        with pytest.raises(Refused) as caught:
            check_purpose(CLERK.for_purpose(purpose, case))
        assert caught.value.code == code

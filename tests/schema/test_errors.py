"""Errors as they leave: a code, and no value that a caller sent."""

import pytest
from graphql import GraphQLError

from certhub.domain.errors import InvalidInput, RegistryUnavailable
from certhub.schema.errors import coded


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Variable '$x' got invalid value 'A1'; Int cannot represent non-integer value: 'A1'",
            "Variable '$x' got invalid value; Int cannot represent non-integer value",
        ),
        (
            "Variable '$x' got invalid value {'a': 'A1; 2'} at 'x.y'; Field 'b' is required.",
            "Variable '$x' got invalid value; Field 'b' is required.",
        ),
        ("Expected value of type 'Int', found \"A123456789\".", "Expected value of type 'Int'"),
        (
            "Expected value of type 'Date', found \"1\"; Date: expected an ISO day",
            "Expected value of type 'Date'; Date: expected an ISO day",
        ),
        (
            "Enum 'Registry' cannot represent non-enum value: \"A123456789\".",
            "Enum 'Registry' cannot represent non-enum value",
        ),
        (
            "Value 'A123456789' does not exist in 'Registry' enum.",
            "Value does not exist in 'Registry' enum.",
        ),
        ("Variable '$a' is never used.", "Variable '$a' is never used."),
    ],
)
def test_no_value_is_repeated(said: str, shown: str) -> None:
    error = coded(GraphQLError(said), "r1")

    assert (error.message, error.extensions) == (shown, {"code": "BAD_REQUEST"})


def test_an_error_of_ours_brings_its_code_and_details() -> None:
    cause = InvalidInput("en", "zh", code="PAGE_SIZE", details={"path": "first"})

    error = coded(GraphQLError("x", original_error=cause, path=["people"]), "r1")

    assert (error.message, error.path) == ("en", ["people"])
    assert error.extensions == {
        "path": "first",
        "code": "PAGE_SIZE",
        "zh": "zh",
        "requestId": "r1",
    }


def test_what_may_succeed_later_says_so() -> None:
    error = coded(GraphQLError("x", original_error=RegistryUnavailable("en")), "r1")

    assert (error.extensions or {})["retryable"] is True


def test_a_bug_tells_nothing() -> None:
    error = coded(GraphQLError("boom A123456789", original_error=KeyError("A123456789")), "r1")

    assert error.message == "internal error"
    assert error.extensions == {"code": "INTERNAL", "zh": "系統內部錯誤", "requestId": "r1"}

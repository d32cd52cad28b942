"""The address of the database."""

import pytest

from certhub.domain.errors import ConfigurationError
from certhub.store.engine import sqlalchemy_url


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://u:p@h:5/d", "postgresql+asyncpg://u:p@h:5/d"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
        (
            "postgresql://u:p@/d?host=/run/pg&port=5432",
            "postgresql+asyncpg://u:p@/d?host=%2Frun%2Fpg&port=5432",
        ),
    ],
)
def test_a_libpq_address_becomes_sqlalchemys(given: str, expected: str) -> None:
    assert sqlalchemy_url(given) == expected


@pytest.mark.parametrize(
    "given", ["mysql://u:secret@h/d", "u:secret@h", "postgresql://u:secret@h/d?sslmode=maybe"]
)
def test_another_address_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sqlalchemy_url(given)

    assert "secret" not in caught.value.en

"""Pages and their cursors."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from certhub.domain.errors import InvalidInput
from certhub.resolvers.pages import Page, page_size, read_cursor

DAY = date(2024, 9, 2)


def test_a_cursor_brings_its_order_values_back() -> None:
    at = datetime(2024, 9, 2, 1, 0, 0, 5, tzinfo=UTC)
    page = Page.cut([("x", (DAY, None, at, UUID(int=7)))], 1, "o", DAY)

    found = read_cursor(page.edges[0].cursor, "o", (date, str, datetime, UUID))

    assert found == (DAY, None, at, UUID(int=7))


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("é", id="not ASCII"),
        pytest.param("!!!!", id="not base64"),
        pytest.param("eA", id="not JSON"),
        pytest.param("W10", id="an empty list"),
        pytest.param("WyJvIiwiMjAyNC0wOS0wMiIsbnVsbF0", id="no id"),
        pytest.param("WyJvIiwiMjAyNC0wOS0zMSIsImEiXQ", id="no such day"),
        pytest.param("WyJvdGhlciIsIjIwMjQtMDktMDIiLCJhIl0", id="another order"),
        pytest.param("WyJvIix0cnVlLCJhIl0", id="a wrong type"),
        pytest.param("WyJvIixudWxsLCJcdTAwMDAiXQ", id="a null character"),
    ],
)
def test_a_malformed_cursor_is_told_as_such(cursor: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_cursor(cursor, "o", (date, str))

    assert caught.value.code == "INVALID_CURSOR"


def test_no_cursor_starts_at_the_front() -> None:
    assert read_cursor(None, "o", (date, str)) is None


@pytest.mark.parametrize(("first", "size"), [(None, 20), (0, 0), (1, 1), (100, 100)])
def test_a_page_holds_twenty_rows_unless_said_otherwise(first: int | None, size: int) -> None:
    assert page_size(first) == size


@pytest.mark.parametrize("first", [-1, 101])
def test_a_page_of_another_size_is_refused(first: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        page_size(first)

    assert caught.value.code == "PAGE_SIZE"


def test_one_row_more_than_the_page_says_that_the_list_goes_on() -> None:
    rows = [("a", ("a",)), ("b", ("b",)), ("c", ("c",))]

    page = Page.cut(rows, 2, "o", DAY, after="x", total_count=9)

    assert page.nodes == ["a", "b"]
    assert (page.page_info.has_next_page, page.page_info.has_previous_page) == (True, True)
    assert page.page_info.end_cursor == page.edges[1].cursor
    assert page.total_count == 9


def test_a_row_whose_object_is_gone_moves_the_cursor_on() -> None:
    page = Page.cut([("a", ("a",)), (None, ("b",))], 2, "o", DAY)

    assert page.nodes == ["a"]
    assert read_cursor(page.page_info.end_cursor, "o", (str,)) == ("b",)

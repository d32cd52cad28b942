"""A level costs one statement per registry and table, however many rows the page holds."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import event

from certhub.auth.scopes import REGISTRIES
from certhub.store import people

from ..country import Country

_asking = ContextVar("asking", default=False)
"""Set while a test asks: what the hub does by itself at the same time is not counted."""

PAGE = """query($n: Int) { people(filter: {}, first: $n) { nodes { name
  records { registry state } identifiers { masked }
  certificates { type status holder { maskedName } renewal { status }
    ... on LtcCertificate { registrations { county } } ... on VrQualification {
      deductions { from } } ... on OshCertificate { trainingClass { title } } }
  activities(first: 5) { nodes { title institution { name } } } } } }"""


@contextmanager
def counted(country: Country, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Statements sent meanwhile, those past SQLAlchemy included."""
    sent: list[str] = []
    fetch = people.fetch

    async def counting(connection: Any, statement: str, *values: object) -> Any:
        sent.append(statement)
        return await fetch(connection, statement, *values)

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        audit = statement.startswith("INSERT INTO hub.audit")
        if _asking.get() and not audit and statement != "select 1":
            sent.append(statement)

    engine = country.hub.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    token = _asking.set(True)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(people, "fetch", counting)
            yield sent
    finally:
        _asking.reset(token)
        event.remove(engine, "before_cursor_execute", note)


async def test_a_page_of_fifty_asks_no_table_more_than_once_per_registry(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(country, monkeypatch) as sent:
        await country.data(PAGE, {"n": 50})

    assert max(Counter(sent).values()) <= len(REGISTRIES)


async def test_what_is_not_selected_is_not_read(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "{ people(filter: {}, first: 50) { nodes { name maskedName birthDate } } }"

    with counted(country, monkeypatch) as sent:
        await country.data(query)

    # The registries' freshness, and the page.
    assert len(sent) == 2

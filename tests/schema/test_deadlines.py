"""What is due at an institution: in the API, as a calendar file, and for whom."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from icalendar import Calendar
from sqlalchemy import select
from typer.testing import CliRunner, Result

from certhub.cli.deadlines import deadlines
from certhub.domain.rest_days import RestDays
from certhub.store.tables_work import audit

from ..country import Country, changed, codes

LIST = """query($states: [DeadlineState!], $first: Int, $after: String) {
  institutions(filter: {registries: [OSH], unifiedBusinessNumbers: ["04000002"]}) { nodes { name
    deadlines(states: $states, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
      nodes { code due state doneOn subject title trainees weekendsOnly
              label en: label(lang: EN) citation { code } } } } } }"""
OWN: dict[str, Any] = {"institution_id": ["04000002"]}


async def _deadlines(country: Country, **variables: Any) -> dict[str, Any]:
    found = await country.data(LIST, variables, role="institution-osh", purpose=None, **OWN)
    [institution] = found["institutions"]["nodes"]
    page: dict[str, Any] = institution["deadlines"]
    return page


async def test_an_institution_sees_what_is_due_nearest_first(country: Country) -> None:
    page = await _deadlines(country)

    assert [(item["code"], item["due"], item["state"]) for item in page["nodes"]] == [
        ("osh.class.change", "2024-09-11", "DUE"),
        ("osh.closing.upload", "2024-09-30", "DUE"),
        ("osh.closing.issue", "2024-10-04", "DUE"),
        ("osh.closing.roll", "2024-10-04", "DUE"),
        ("osh.recognition.reapply", "2025-11-23", "DUE"),
    ]
    first = page["nodes"][1]
    assert (first["label"], first["en"], first["citation"]) == (
        "資料登錄期限",
        "Upload of records",
        {"code": "seed-002#point-9-3"},
    )
    assert (first["subject"], first["trainees"], first["weekendsOnly"]) == (
        "OH0003-113-000101",
        None,
        False,
    )


async def test_what_was_done_and_what_has_passed_is_there_for_who_asks(country: Country) -> None:
    page = await _deadlines(country, states=["DONE", "PASSED"])

    assert [(item["code"], item["state"], item["doneOn"]) for item in page["nodes"]][:4] == [
        ("osh.class.file", "DONE", "2024-01-28"),
        ("osh.class.change", "PASSED", None),
        ("osh.closing.issue", "DONE", "2024-02-17"),
        ("osh.closing.upload", "DONE", "2024-02-28"),
    ]


async def test_the_list_goes_on_after_its_cursor(country: Country) -> None:
    first = await _deadlines(country, first=2)
    second = await _deadlines(country, first=9, after=first["pageInfo"]["endCursor"])

    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (5, True)
    assert len(first["nodes"] + second["nodes"]) == 5
    assert second["nodes"][0]["code"] == "osh.closing.issue"


async def test_a_year_without_a_calendar_is_said_and_not_guessed(country: Country) -> None:
    with changed(country, holidays=RestDays()):
        page = await _deadlines(country)
        decision = await country.data(
            '{trainingClasses(filter:{institutions:["04000002"]},first:1){nodes{'
            "closing{findings{code message}} deadlines{code weekendsOnly}}}}"
        )

    assert {item["code"]: item["weekendsOnly"] for item in page["nodes"]} == {
        "osh.class.change": False,
        "osh.closing.upload": True,
        "osh.closing.issue": True,
        "osh.closing.roll": True,
        "osh.recognition.reapply": False,
    }
    [shown] = decision["trainingClasses"]["nodes"]
    assert "calendar_not_held" in [item["code"] for item in shown["closing"]["findings"]]


async def test_a_holiday_moves_a_deadline(country: Country) -> None:
    days = frozenset({date(2024, 9, 30), date(2024, 10, 1)})
    with changed(country, holidays=RestDays(days, frozenset({2024}))):
        page = await _deadlines(country)

    assert page["nodes"][1]["due"] == "2024-10-02"


async def _ics(country: Country, role: str, query: str = "", **claims: Any) -> Any:
    client = country.client
    return await client.http.get(f"/deadlines.ics{query}", headers=client.headers(role, **claims))


async def test_the_calendar_holds_the_same_and_nobodys_name(country: Country) -> None:
    answer = await _ics(country, "institution-osh", **OWN)

    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "text/calendar; charset=utf-8",
    )
    events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
    assert [(str(e["uid"]), e.decoded("dtstart").isoformat()) for e in events] == [
        ("osh.OH0003-113-000101.osh.class.change@hub.test", "2024-09-11"),
        ("osh.OH0003-113-000101.osh.closing.upload@hub.test", "2024-09-30"),
        ("osh.OH0003-113-000101.osh.closing.issue@hub.test", "2024-10-04"),
        ("osh.OH0003-113-000101.osh.closing.roll@hub.test", "2024-10-04"),
        ("osh.OH0003-2.osh.recognition.reapply@hub.test", "2025-11-23"),
    ]
    assert "測試甲" not in answer.text


async def test_an_authority_sees_the_same_for_whom_it_asks(country: Country) -> None:
    own = await _ics(country, "institution-osh", **OWN)
    ministry = await _ics(country, "central-mol", "?institution=04000002")

    assert ministry.content == own.content


async def test_who_may_not_see_an_institution_gets_no_calendar(country: Country) -> None:
    foreign = await _ics(country, "institution-osh", "?institution=04000100", **OWN)
    absent = await _ics(country, "institution-osh", "?institution=99999999", **OWN)
    unscoped = await _ics(country, "operator", "?institution=04000002")
    nameless = await _ics(country, "central-mol")
    twice = await _ics(country, "central-mol", "?institution=1&institution=2")
    without = await country.client.http.get("/deadlines.ics")

    assert [a.status_code for a in (foreign, absent, unscoped, nameless, twice, without)] == [
        404, 404, 403, 404, 400, 401,
    ]  # fmt: skip
    assert foreign.json()["errors"][0]["message"] == absent.json()["errors"][0]["message"]


async def test_every_calendar_is_audited_refusals_too(country: Country) -> None:
    await _ics(country, "institution-osh", **OWN)
    await _ics(country, "operator", "?institution=04000002")

    async with country.hub.engine.connect() as connection:
        statement = select(audit.c.outcome, audit.c.denial_code).where(
            audit.c.operation == "Download.deadlines"
        )
        rows = {tuple(row) for row in await connection.execute(statement)}
    assert {("allowed", None), ("refused", "FORBIDDEN")} <= rows


async def test_a_class_shows_its_deadlines_with_their_state(country: Country) -> None:
    answer = await country.ask(
        '{trainingClasses(filter:{institutions:["04000002"]},first:1){nodes{deadlines{code state}}}}'
    )

    assert codes(answer) == []
    [shown] = answer["data"]["trainingClasses"]["nodes"]
    assert shown["deadlines"] == [
        {"code": "osh.class.file", "state": "DONE"},
        {"code": "osh.class.change", "state": "DUE"},
        {"code": "osh.closing.upload", "state": "DUE"},
        {"code": "osh.closing.issue", "state": "DUE"},
        {"code": "osh.closing.roll", "state": "DUE"},
    ]


def _command() -> typer.Typer:
    # Alone: the whole command line sets up logging for the process.
    alone = typer.Typer()
    alone.command()(deadlines)
    return alone


async def test_the_command_prints_the_same_and_writes_the_same_calendar(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTHUB_DATABASE_URL", country.url)
    monkeypatch.setenv("CERTHUB_HOME", str(country.home))
    monkeypatch.setenv("CERTHUB_UNAVAILABLE_AFTER__OSH", "P30000D")
    file = tmp_path / "a.ics"

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(_command(), ["04000002", "--on", "2024-09-02", *arguments])

    told = await asyncio.to_thread(run, "--ics", str(file))
    machine = await asyncio.to_thread(run, "--json")
    page = await _deadlines(country)

    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[0] == "中華民國測試醫學會3 04000002: 5"
    assert [(item["code"], item["due"], item["state"]) for item in json.loads(machine.stdout)] == [
        (item["code"], item["due"], item["state"]) for item in page["nodes"]
    ]
    events = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    assert next(str(event["uid"]).partition("@")[0] for event in events) == (
        "osh.OH0003-113-000101.osh.class.change"
    )


async def test_the_command_knows_no_other_institution(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTHUB_DATABASE_URL", country.url)
    monkeypatch.setenv("CERTHUB_HOME", str(country.home))
    monkeypatch.setenv("CERTHUB_UNAVAILABLE_AFTER__OSH", "P30000D")

    told = await asyncio.to_thread(CliRunner().invoke, _command(), ["99999999"])

    assert told.exit_code == 1
    assert "no OSH training institution" in str(told.exception)

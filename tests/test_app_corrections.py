"""``GET /corrections``: the submitter's own file back, with its errors; nobody else's, not for ever."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from certhub.roster.reading import read_roster
from certhub.store.tables_work import audit, upload

from .hub_app import NOW, HubClient, running_hub
from .resolvers.filing_setup import COURSE, INSTITUTION, PDF, add_course, sample

FILE = """mutation($input: SubmitVrRosterInput!) { submitVrRoster(input: $input) {
  submission { id state } errors { code row file message } } }"""
OWN: dict[str, Any] = {"institution_id": [INSTITUTION]}
BAD = "roster-bad-rows.csv"


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[HubClient]:
    async with running_hub(database_url, tmp_path) as client:
        await add_course(client.app.state.site.hub.engine)
        yield client


async def _uploaded(hub: HubClient, name: str, content: bytes) -> str:
    answer = await hub.http.post(
        "/uploads",
        files={"file": (name, content)},
        headers=hub.headers("institution-vr", **OWN),
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _filed(hub: HubClient, name: str, content: bytes) -> dict[str, Any]:
    given = {
        "idempotencyKey": uuid.uuid4().hex,
        "courseNo": COURSE,
        "files": [{"domain": 1, "upload": await _uploaded(hub, name, content)}],
        "signInSheet": await _uploaded(hub, "sheet.pdf", PDF),
    }
    answer = await hub.graphql(FILE, {"input": given}, role="institution-vr", **OWN)
    filed: dict[str, Any] = answer.json()["data"]["submitVrRoster"]
    return filed


async def _corrected(
    hub: HubClient, submission: str, role: str = "institution-vr", **more: Any
) -> Any:
    claims = {**OWN, **more}
    return await hub.http.get(
        "/corrections", params={"submission": submission}, headers=hub.headers(role, **claims)
    )


async def test_the_file_comes_back_marked_and_can_be_sent_again(hub: HubClient) -> None:
    filed = await _filed(hub, BAD, sample(BAD))
    answer = await _corrected(hub, filed["submission"]["id"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        "filename*=UTF-8''roster-bad-rows-%E6%9B%B4%E6%AD%A3.csv"
        in answer.headers["content-disposition"]
    )
    rows = read_roster(answer.content, "a.csv").rows
    assert rows is not None
    marked = {line: row[-1] for line, row in enumerate(rows, start=1) if row[-1]}
    assert sorted(marked) == [1, *sorted({error["row"] for error in filed["errors"]})]
    assert marked[1] == "錯誤說明"
    assert marked[6].startswith("name_missing")

    mended = [row[:7] for line, row in enumerate(rows, start=1) if line < 3 or line not in marked]
    text = "\r\n".join(",".join(row) for row in mended)
    again = await _filed(hub, "mended.csv", b"\xef\xbb\xbf" + text.encode())
    assert (again["errors"], again["submission"]["state"]) == ([], "QUEUED")


async def test_only_the_submitter_gets_it(hub: HubClient) -> None:
    filed = await _filed(hub, BAD, sample(BAD))
    number = filed["submission"]["id"]

    other_client = await _corrected(hub, number, "institution-osh")
    other_claims = await _corrected(hub, number, institution_id=["31028952"])
    authority = await _corrected(hub, number, "central-mol")
    unknown = await _corrected(hub, "x")
    without = await hub.http.get("/corrections", params={"submission": number})

    assert [a.status_code for a in (other_client, other_claims, authority, unknown, without)] == [
        404, 404, 403, 400, 401,
    ]  # fmt: skip
    assert (
        other_client.json()["errors"][0]["message"] == other_claims.json()["errors"][0]["message"]
    )


async def test_what_was_accepted_or_has_expired_is_not_given_back(hub: HubClient) -> None:
    right = await _filed(hub, "a.csv", sample("roster-clean-utf8bom.csv"))
    accepted = await _corrected(hub, right["submission"]["id"])
    filed = await _filed(hub, BAD, sample(BAD))
    async with hub.app.state.site.hub.engine.begin() as connection:
        await connection.execute(update(upload).values(expires_at=NOW - timedelta(seconds=1)))
    expired = await _corrected(hub, filed["submission"]["id"])

    assert (accepted.status_code, expired.status_code) == (404, 404)
    assert "seven days" in expired.json()["errors"][0]["message"]


async def test_every_download_is_audited_without_a_number(hub: HubClient) -> None:
    filed = await _filed(hub, BAD, sample(BAD))
    await _corrected(hub, filed["submission"]["id"])

    async with hub.app.state.site.hub.engine.connect() as connection:
        statement = select(audit).where(audit.c.operation == "Download.corrections")
        [row] = await connection.execute(statement)
    assert (row.outcome, row.client_id, row.counts) == (
        "allowed",
        "institution-vr",
        {"corrected_rows": 14},
    )

"""An approved recognition reaches the LTC system once, though the hub is killed on the way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
from starlette.requests import Request
from starlette.responses import Response

from certhub.sandbox.cast import CAST
from certhub.sandbox.run import NO_RATES, Agencies, start_agencies

from .conftest import Asker, Country, asker_of, serving, synced

PURPOSE = "credit-recognition"
RECORD = "R00000010"
HELD = """query($n: String!) { person(identifier: {value: $n}) { certificates(registries: [LTC]) {
  id renewal { requirements { code counted } } } } }"""
APPLY = """mutation($i: ApplyRecognitionInput!) { applyRecognition(input: $i) {
  recognition { id } errors { code } } }"""
DECIDE = """mutation($i: DecideRecognitionInput!) { decideRecognition(input: $i) {
  recognition { delivery { id state } } errors { code } } }"""
LIST = """{ recognitions(filter: {}) { nodes { state registryState
  delivery { state events { state } agencyReference } } } }"""


@pytest.fixture(scope="module")
def few() -> Iterator[Agencies]:
    """Agencies of their own, without rate limits."""
    with start_agencies(40, rates=NO_RATES) as running:
        yield running


@pytest.fixture(scope="module")
async def small(
    few: Agencies,
    _admin: tuple[asyncpg.Connection, str],
    worker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Country]:
    """A hub of its own that has synced them."""
    async for made in synced(few, _admin, worker, tmp_path_factory.mktemp("recognitions")):
        yield made


async def _certificate(hub: Asker) -> tuple[str, float]:
    """The LTC certificate and the points of its renewal."""
    answer = await hub.data(HELD, {"n": CAST["C2"].number}, purpose=PURPOSE)
    [held] = answer["person"]["certificates"]
    [total] = [
        item["counted"] for item in held["renewal"]["requirements"] if item["code"] == "ltc.total"
    ]
    return held["id"], float(total)


async def _stands(hub: Asker, *states: str) -> dict[str, Any]:
    for _ in range(150):
        answer = await hub.data(LIST, purpose=PURPOSE)
        [one] = answer["recognitions"]["nodes"]
        if one["delivery"]["state"] in states:
            return dict(one)
        await asyncio.sleep(0.1)
    raise AssertionError(one)


async def test_killed_between_approval_and_answer_the_credit_is_reported_once(
    small: Country, few: Agencies
) -> None:
    asked: list[str] = []

    async def hold(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.url.path == "/api/recognitions":
            asked.append(request.headers["idempotency-key"])
            if len(asked) == 1:
                await asyncio.sleep(2)
        return response

    few.ltc.tampers.append(hold)
    try:
        with serving(small) as server:
            async with asker_of(small, server) as hub:
                certificate, before = await _certificate(hub)
                applied = await hub.data(
                    APPLY,
                    {"i": {"idempotencyKey": "e2e-apply-0001", "certificate": certificate,
                           "activity": RECORD}},
                    role="local-taipei", purpose=PURPOSE,
                )  # fmt: skip
                key = applied["applyRecognition"]["recognition"]["id"]
                decided = await hub.data(
                    DECIDE,
                    {"i": {"idempotencyKey": "e2e-decide-0001", "recognition": key,
                           "outcome": "approved", "decisionNo": "採認字第1號"}},
                    role="central-mohw", purpose=PURPOSE,
                )  # fmt: skip
                assert decided["decideRecognition"]["errors"] == []
                _, counted = await _certificate(hub)
                for _ in range(100):
                    if asked:
                        break
                    await asyncio.sleep(0.1)
                server.kill()
        connection = await asyncpg.connect(small.url)
        # As if the lease of the dead process had run out.
        await connection.execute("update hub.outbox set not_before = now()")
        await connection.close()
        with serving(small) as server:
            async with asker_of(small, server) as hub:
                done = await _stands(hub, "ACCEPTED", "REFUSED")
                _, after = await _certificate(hub)
    finally:
        few.ltc.tampers.remove(hold)

    assert (counted, after) == (before + 9, before + 9)
    assert [event["state"] for event in done["delivery"]["events"]] == [
        "QUEUED",
        "SENT",
        "ACCEPTED",
    ]
    assert len(asked) == 2
    assert len(set(asked)) == 1
    reported = [
        credit
        for credit in few.ltc.ledger()["credit"].values()
        if credit["source_record"] == RECORD
    ]
    assert [(credit["source"], credit["points"], credit["status"]) for credit in reported] == [
        ("vr", "9.00", "審核中")
    ]

"""Subscriptions as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import strawberry
from sqlalchemy import select

from certhub.app import DEV_ISSUER
from certhub.schema.guard import Guard
from certhub.store.tables_work import audit

from .hub_app import NOW, HubClient, running_hub


@strawberry.type
class Query:
    one: int = 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def never(self) -> AsyncIterator[int]:
        while True:
            await asyncio.sleep(3600)
            yield 1


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[HubClient]:
    async with running_hub(database_url, tmp_path) as client:
        schema = strawberry.Schema(Query, subscription=Subscription)
        client.app.state.site = replace(
            client.app.state.site, schema=schema, guard=Guard(schema._schema)
        )
        yield client


SSE = {"Accept": "text/event-stream"}


async def test_events_come_one_by_one_and_end(hub: HubClient) -> None:
    answer = await hub.graphql("subscription { count(to: 2) }", headers=SSE)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = answer.text.split("\n\n")
    assert [event.split("\n")[0] for event in events if event] == [
        "event: next",
        "event: next",
        "event: complete",
    ]
    assert '"data":{"count":1}' in events[1]
    async with hub.app.state.site.hub.engine.connect() as connection:
        [row] = await connection.execute(select(audit))
    assert (row.operation, row.outcome) == ("Subscription.count", "allowed")


async def test_a_subscription_ends_with_its_token(hub: HubClient) -> None:
    site = hub.app.state.site
    hub.app.state.site = replace(site, clock=lambda: NOW + timedelta(hours=2))

    answer = await hub.graphql("subscription { never }", headers=SSE)

    assert answer.text == "event: complete\ndata:\n\n"


async def test_queries_are_not_answered_as_events(hub: HubClient) -> None:
    answer = await hub.graphql("{ one }", headers=SSE)

    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_wrong_subscription_tells_its_error(hub: HubClient) -> None:
    answer = await hub.graphql('subscription { count(to: "x") }', headers=SSE)

    assert "event: next" in answer.text
    assert '"errors":' in answer.text


async def test_a_stream_ends_after_the_longest_time(hub: HubClient) -> None:
    site = hub.app.state.site
    hub.app.state.site = replace(site, limits=replace(site.limits, subscription_seconds=0.05))

    answer = await hub.graphql("subscription { never }", headers=SSE)

    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_a_client_has_a_few_streams_and_each_gives_its_place_back(hub: HubClient) -> None:
    site = hub.app.state.site
    limits = replace(site.limits, client_subscriptions=1)
    hub.app.state.site = replace(site, limits=limits)
    client = (DEV_ISSUER, "local-taipei")
    assert site.streams.open(client, limits)

    full = await hub.graphql("subscription { count(to: 1) }", headers=SSE)
    other = await hub.graphql("subscription { count(to: 1) }", headers=SSE, role="local-kaohsiung")
    site.streams.close(client)
    free = await hub.graphql("subscription { count(to: 1) }", headers=SSE)

    assert [answer.status_code for answer in (full, other, free)] == [429, 200, 200]
    assert site.streams.open(client, limits)


async def test_too_many_streams_are_refused_with_a_code_and_a_time(hub: HubClient) -> None:
    site = hub.app.state.site
    hub.app.state.site = replace(site, limits=replace(site.limits, subscriptions=0))

    answer = await hub.graphql("subscription { never }", headers=SSE)

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"

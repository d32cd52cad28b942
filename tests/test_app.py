"""The ASGI application: what it serves, what it refuses, and what it never tells."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select

from certhub.app import DEV_AUDIENCE, DEV_ISSUER, DEV_JWKS_FILE, trusted_issuers
from certhub.domain.errors import ConfigurationError
from certhub.sandbox import issuer as dev
from certhub.settings import IssuerSettings, Settings
from certhub.store import clock
from certhub.store.signing import public_keys_of
from certhub.store.tables_work import audit

from .hub_app import NOW, HubClient, running_hub

GRAPHQL = "application/graphql-response+json"


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[HubClient]:
    async with running_hub(database_url, tmp_path) as client:
        yield client


async def audited(hub: HubClient) -> list[Any]:
    async with hub.app.state.site.hub.engine.connect() as connection:
        return list(await connection.execute(select(audit).order_by(audit.c.chain, audit.c.seq)))


async def test_a_token_gets_an_answer_and_leaves_a_row(hub: HubClient) -> None:
    answer = await hub.graphql("{ viewer { clientId agencyType businessDay } }")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["data"] == {
        "viewer": {"clientId": "local-taipei", "agencyType": "local", "businessDay": "2024-09-02"}
    }
    [row] = await audited(hub)
    assert (row.operation, row.outcome, row.client_id) == (
        "Query.viewer",
        "allowed",
        "local-taipei",
    )
    assert row.request_id == answer.headers["x-request-id"]
    assert answer.json()["extensions"] == {"requestId": row.request_id, "cost": 1}


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, None),
        ({"Authorization": "Basic YTpi"}, "malformed"),
        ({"Authorization": "Bearer"}, "malformed"),
        ({"Authorization": "Bearer a.b.c"}, "malformed"),
    ],
)
async def test_without_a_token_nothing_is_parsed(
    hub: HubClient, headers: dict[str, str], challenge: str | None
) -> None:
    answer = await hub.http.post("/graphql", content=b"\xff not json", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    expected = 'Bearer resource_metadata="http://hub.test/.well-known/oauth-protected-resource"'
    if challenge is not None:
        expected += f', error="invalid_token", error_description="{challenge}"'
    assert answer.headers["www-authenticate"] == expected
    assert await audited(hub) == []


async def test_a_token_in_the_address_is_no_token(hub: HubClient) -> None:
    answer = await hub.http.post(
        "/graphql", params={"access_token": hub.token()}, json={"query": "{ __typename }"}
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"42", {}, 400),
        (b'"x"', {}, 400),
        (b"null", {}, 400),
        (b"[]", {}, 400),
        (b'[{"query": "{ __typename }"}]', {}, 400),
        (b"{}", {}, 400),
        (b"", {}, 400),
        (b'{"query": 7}', {}, 400),
        (b'{"query": ""}', {}, 400),
        (b'{"query": "{ __typename }", "variables": "x"}', {}, 400),
        (b'{"query": "{ __typename }", "variables": [1]}', {}, 400),
        (b'{"query": "{ __typename }", "operationName": {}}', {}, 400),
        (b'{"query": "{ __typename }", "extensions": "x"}', {}, 400),
        (b'{"query": "{ __typename }", "operationName": "\\ud800"}', {}, 400),
        (b'{"query": "\xff\xfe"}', {}, 400),
        (b'{"query": "{ __typename }"', {}, 400),
        (
            b'{"query": "{ __typename }", "variables": {"a":' + b"[" * 900 + b"]" * 900 + b"}}",
            {},
            400,
        ),
        (b"[" * 100_000, {}, 400),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', {}, 400),
        (gzip.compress(b'{"query": "{ __typename }"}', mtime=0), {"Content-Encoding": "gzip"}, 415),
        (gzip.compress(b'{"query": "{ __typename }"}', mtime=0), {}, 400),
        (b'{"query": "{ __typename }"}', {"Content-Type": "text/plain"}, 415),
        (b'{"query": "{ __typename }"}', {"Content-Type": "application/jsonp"}, 415),
        (b'{"query": "{ __typename }"}', {"Content-Type": "text/plain+application/json"}, 415),
        (b'{"query": "{ __typename }"}', {"Content-Type": "application/json; charset=big5"}, 415),
        (b"query=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b'{"query": "{ __typename }"}', {"Accept": "text/html"}, 406),
        (b'{"query": "{ __typename }"}', {"Accept": "application/json;q=0"}, 406),
        (b'{"query": "{ __typename }"}', {"X-Purpose-Of-Use": "a b"}, 400),
        (b" " * (4 * 1024 * 1024 + 1), {}, 413),
    ],
)
async def test_broken_requests_are_the_callers_fault(
    hub: HubClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await hub.http.post(
        "/graphql",
        content=body,
        headers={**hub.headers(), "Content-Type": "application/json", **headers},
    )

    assert answer.status_code == status
    assert set(answer.json()) == {"errors"}
    assert await audited(hub) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_post_is_offered(hub: HubClient, method: str) -> None:
    answer = await hub.http.request(
        method, "/graphql", params={"query": "{ __typename }"}, headers=hub.headers()
    )

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_a_body_without_announced_length_is_counted(hub: HubClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    answer = await hub.http.post(
        "/graphql",
        content=pieces(),
        headers={**hub.headers(), "Content-Type": "application/json"},
    )

    assert answer.status_code == 413


async def test_a_body_that_never_ends_is_given_up(database_url: str, tmp_path: Path) -> None:
    from dataclasses import replace

    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    async with running_hub(database_url, tmp_path) as hub:
        site = hub.app.state.site
        hub.app.state.site = replace(site, limits=replace(site.limits, receive_seconds=0.1))
        answer = await hub.http.post(
            "/graphql",
            content=drip(),
            headers={**hub.headers(), "Content-Type": "application/json"},
        )

    assert answer.status_code == 408
    assert answer.headers["connection"] == "close"


REQUEST_ERRORS = [
    ("{ viewer", "BAD_REQUEST"),
    ("{ nothing }", "BAD_REQUEST"),
    ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
    ("subscription { syncProgress { registry } }", "BAD_REQUEST"),
    ("{" + "a{" * 16 + "b" + "}" * 17, "QUERY_TOO_COMPLEX"),
    ("{" + "a{" * 1200, "BAD_REQUEST"),
    ("{ a" + "[" * 2400, "BAD_REQUEST"),
    ("{ __typename }" + " " * 20_000, "QUERY_TOO_COMPLEX"),
    ("{" + "a " * 2600 + "}", "BAD_REQUEST"),
    ("{ __schema { types { name } } }", "FORBIDDEN"),
]


@pytest.mark.parametrize(("query", "code"), REQUEST_ERRORS)
async def test_request_errors_are_400_for_graphql_and_200_for_json(
    hub: HubClient, query: str, code: str
) -> None:
    modern = await hub.graphql(query, headers={"Accept": GRAPHQL}, scope="stats.read")
    plain = await hub.graphql(query, headers={"Accept": "application/json"}, scope="stats.read")

    assert (modern.status_code, plain.status_code) == (400, 200)
    assert modern.headers["content-type"].startswith(GRAPHQL)
    for answer in (modern, plain):
        assert "data" not in answer.json()
        assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert await audited(hub) == []


async def test_names_are_not_suggested(hub: HubClient) -> None:
    for query in (
        "{ viewr { clientId } }",
        "{ viewer { clientID } }",
        "{ viewer(a: 1) { clientId } }",
    ):
        answer = await hub.graphql(query)
        assert "did you mean" not in answer.text.lower()


async def test_values_are_not_repeated(hub: HubClient) -> None:
    query = "query($identifier: IdentifierInput!) { person(identifier: $identifier) { id } }"
    wrong = {"identifier": {"value": ["A123456789"], "kind": "A123456789"}}

    answers = [
        await hub.graphql(query, wrong),
        await hub.graphql('{ person(identifier: {value: "A123456789", kind: A123456789}) { id } }'),
        await hub.graphql('{ people(first: "A123456789") { totalCount } }'),
    ]

    for answer in answers:
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert "A123456789" not in answer.text


async def test_a_case_reference_may_be_chinese(hub: HubClient) -> None:
    headers: Any = {
        **hub.headers(),
        "X-Purpose-Of-Use": "renewal",
        "X-Case-Reference": "北市社障字第1號 A100000109".encode(),
    }
    answer = await hub.http.post(
        "/graphql", json={"query": "{ viewer { purpose caseReference } }"}, headers=headers
    )

    stated = {"purpose": "renewal", "caseReference": "北市社障字第1號 [證號]"}
    assert answer.json()["data"]["viewer"] == stated
    [row] = await audited(hub)
    assert (row.purpose, row.case_reference) == ("renewal", "北市社障字第1號 [證號]")


async def test_refusals_are_answered_and_audited(hub: HubClient) -> None:
    query = '{ viewer { clientId } person(identifier: {value: "A100000109"}) { id } }'

    bare = await hub.graphql(query)
    operator = await hub.graphql(query, role="operator")

    for answer, code in ((bare, "PURPOSE_REQUIRED"), (operator, "FORBIDDEN")):
        assert answer.status_code == 200
        assert answer.json()["data"]["person"] is None
        [error] = answer.json()["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["person"], code)
    rows = await audited(hub)
    assert [(row.outcome, row.denial_code) for row in rows] == [
        ("partial", "PURPOSE_REQUIRED"),
        ("partial", "FORBIDDEN"),
    ]
    assert rows[0].fields == ["Query.person"]
    assert "A100000109" not in repr(rows)


async def test_the_schema_may_be_asked_for_with_its_scope(hub: HubClient) -> None:
    answer = await hub.graphql("{ __schema { queryType { name } } }", scope="schema.read")

    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_no_audit_row_no_answer(hub: HubClient) -> None:
    from sqlalchemy import text

    async with hub.app.state.site.hub.engine.begin() as connection:
        await connection.execute(text("alter table hub.audit rename to audit_away"))

    answer = await hub.graphql("{ viewer { clientId } }")

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "AUDIT_UNAVAILABLE"
    assert "data" not in answer.json()


async def test_bugs_show_nothing_but_the_request(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("A123456789")

    monkeypatch.setattr(hub.app.state.site.schema, "execute", broken)
    with structlog.testing.capture_logs() as logs:
        answer = await hub.graphql("{ viewer { clientId } }")

    assert answer.status_code == 500
    error = answer.json()["errors"][0]
    assert error["message"] == "internal error"
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "A123456789" not in answer.text + repr(logs)


async def test_the_log_names_routes_not_addresses(hub: HubClient) -> None:
    with structlog.testing.capture_logs() as logs:
        await hub.http.get("/people/A123456789", params={"q": "A123456789"})
        await hub.http.get("/healthz", params={"q": "A123456789"})

    requests = [line for line in logs if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in requests] == [
        ("other", 404),
        ("/healthz", 200),
    ]
    assert "A123456789" not in repr(logs)


async def test_every_answer_carries_the_security_headers(hub: HubClient) -> None:
    for path in ("/", "/graphiql", "/healthz", "/graphql", "/nowhere"):
        headers = (await hub.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


async def test_a_clients_request_id_is_kept_when_it_is_harmless(hub: HubClient) -> None:
    good = await hub.http.get("/healthz", headers={"X-Request-Id": "case-20240902-1"})
    odd = await hub.http.get("/healthz", headers={"X-Request-Id": "a b<script>"})

    assert good.headers["x-request-id"] == "case-20240902-1"
    assert len(odd.headers["x-request-id"]) == 32


async def test_the_small_endpoints_answer(hub: HubClient) -> None:
    assert (await hub.http.get("/healthz")).json() == {"status": "ok"}
    metadata = (await hub.http.get("/.well-known/oauth-protected-resource")).json()
    assert metadata["resource"] == "http://hub.test"
    assert metadata["authorization_servers"] == [DEV_ISSUER]
    keys = (await hub.http.get("/.well-known/certhub-keys.json")).json()["keys"]
    assert list(public_keys_of(keys)) == [hub.app.state.site.hub.keys.signing[-1].kid]
    page = await hub.http.get("/graphiql")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "http://hub.test/graphql" in page.text


async def test_metrics_name_no_client(hub: HubClient) -> None:
    await hub.graphql("{ viewer { clientId } }")

    text = (await hub.http.get("/metrics")).text

    assert 'certhub_http_requests_total{route="/graphql",status="200"} 1.0' in text
    assert "local-taipei" not in text


async def test_metrics_hold_the_syncs_of_every_process(
    hub: HubClient, sync: Callable[..., Awaitable[Any]], made: Any
) -> None:
    await sync("vr", made.batch("vr", made.professional("P1", "A123456789")))

    text = (await hub.http.get("/metrics")).text

    assert 'certhub_sync_runs_total{registry="vr",state="complete"} 1.0' in text
    assert 'certhub_sync_last_rows{outcome="inserted",registry="vr"} 1.0' in text
    assert 'certhub_sync_quarantined{registry="ltc"} 0.0' in text
    assert 'certhub_sync_lag_seconds{registry="vr"} ' in text


async def test_the_sdl_needs_a_token_outside_development(database_url: str, tmp_path: Path) -> None:
    from dataclasses import replace

    async with running_hub(database_url, tmp_path) as hub:
        assert "type Query" in (await hub.http.get("/schema.graphql")).text
        hub.app.state.site = replace(hub.app.state.site, development=False)
        assert (await hub.http.get("/schema.graphql")).status_code == 401
        with_token = await hub.http.get("/schema.graphql", headers=hub.headers())
        assert with_token.status_code == 200


async def test_a_hub_with_its_database_is_ready(hub: HubClient) -> None:
    answer = await hub.http.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_a_hub_without_tables_is_not_ready(empty_database_url: str, tmp_path: Path) -> None:
    async with running_hub(empty_database_url, tmp_path) as hub:
        answer = await hub.http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "migrations": "missing"}


async def test_a_hub_without_its_database_is_not_ready(database_url: str, tmp_path: Path) -> None:
    async with running_hub(database_url, tmp_path) as hub:
        await hub.app.state.site.hub.engine.dispose()
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
        from dataclasses import replace

        from certhub.store.engine import make_engine

        engine = make_engine(nowhere, pooled=False)
        site = hub.app.state.site
        hub.app.state.site = replace(site, hub=replace(site.hub, engine=engine))
        answer = await hub.http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "unreachable"


async def test_concurrent_questions_share_one_chain(hub: HubClient) -> None:
    answers = await asyncio.gather(*(hub.graphql("{ viewer { clientId } }") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    rows = await audited(hub)
    assert [row.seq for row in rows] == list(range(1, 21))


def test_the_names_of_the_dev_issuer_agree() -> None:
    assert (DEV_ISSUER, DEV_AUDIENCE, DEV_JWKS_FILE) == (
        dev.DEV_ISSUER,
        dev.DEV_AUDIENCE,
        dev.JWKS_FILE,
    )


def test_production_trusts_no_dev_issuer(tmp_path: Path) -> None:
    given: dict[str, Any] = {"environment": "production", "id_keys_file": tmp_path / "k.json"}
    file = tmp_path / "j.json"
    named = IssuerSettings(issuer=DEV_ISSUER, audience="x", jwks_file=file)
    good = IssuerSettings(issuer="https://i.example", audience="x", jwks_file=file)

    nobody: list[IssuerSettings] = []
    for issuers in (nobody, [named]):
        with pytest.raises(ConfigurationError):
            trusted_issuers(Settings(issuers=issuers, **given), clock.now)
    found = trusted_issuers(Settings(issuers=[good], **given), clock.now)
    assert [issuer.issuer for issuer in found] == ["https://i.example"]


async def test_the_count_of_rows_is_the_count_of_operations(hub: HubClient) -> None:
    for _ in range(3):
        await hub.graphql("{ viewer { clientId } }")

    async with hub.app.state.site.hub.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(audit)) == 3
    assert json.loads('{"now": "2024-09-02T01:00:00+00:00"}')["now"] == NOW.isoformat()

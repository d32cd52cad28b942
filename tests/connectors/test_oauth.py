"""Tokens: the three ways to ask, one refresh for many, nothing told to anybody."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey

from certhub.connectors import ltc, osh, vr
from certhub.connectors.base import Connector
from certhub.connectors.errors import AgencyGarbled, AgencyUnauthorised
from certhub.connectors.messages import Call
from certhub.connectors.oauth import BearerAuth, SecretBasic, load_ec_key
from certhub.domain.errors import ConfigurationError

from .conftest import BASE, Clock, LtcAgency, OshAgency, VrAgency, Wire, problem, read_all

THING = "/v1/institutions"


def _auth(agency: VrAgency, **client: Any) -> tuple[BearerAuth, Any]:
    made = agency.client("vr", vr.LIMITS)
    for name, value in client.items():
        setattr(made, name, value)
    auth = BearerAuth(made, "/oauth/token", SecretBasic("hub", "s/cret"), lifetime=300)
    return auth, made


async def _get(client: Any, auth: BearerAuth) -> int:
    answer = await client.send(Call("GET", THING, auth=auth))
    return int(answer.status)


async def test_vr_sends_the_secret_in_the_header_alone(vr_agency: VrAgency) -> None:
    auth, client = _auth(vr_agency)

    assert await _get(client, auth) == 200

    request = vr_agency.asked("/oauth/token")[0]
    assert request.content == b"grant_type=client_credentials"
    assert request.headers["authorization"].startswith("Basic ")
    assert vr_agency.asked(THING)[0].headers["authorization"] == "Bearer token-1"


async def test_osh_sends_the_secret_in_the_form_alone(osh_agency: OshAgency) -> None:
    osh_agency.plan("/api/class-plans/K1", problem(404, "not_found"))

    await osh_agency.connector().filing.get_class_plan("K1")

    request = osh_agency.asked("/oauth/token")[0]
    assert "authorization" not in request.headers
    assert request.content == (b"grant_type=client_credentials&client_id=hub&client_secret=s3cret")


async def test_ltc_signs_an_assertion_that_is_short_and_used_once(ltc_agency: LtcAgency) -> None:
    ltc_agency.dead_tokens.add("token-1")

    await ltc_agency.connector().ping()

    first, second = ltc_agency.assertions
    assert (first["alg"], first["kid"]) == ("ES256", "k1")
    assert first["iss"] == first["sub"] == "hub"
    assert first["aud"] == f"{BASE}/oauth2/token"
    assert 0 < first["exp"] - first["iat"] <= 300
    assert abs(first["iat"] - time.time()) < 60
    assert first["jti"] != second["jti"]


async def test_an_agency_whose_clock_is_off_gets_an_assertion_in_its_own_time(
    ltc_agency: LtcAgency,
) -> None:
    two_days_ahead = time.time() + 2 * 86400
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(two_days_ahead))
    ltc_agency.plan(
        "/oauth2/token",
        httpx.Response(401, json={"error": "invalid_client"}, headers={"date": date}),
    )

    await ltc_agency.connector().ping()

    assert abs(ltc_agency.assertions[0]["iat"] - two_days_ahead) < 60


async def test_a_client_that_is_refused_is_not_tried_again(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan("/oauth2/token", httpx.Response(401, json={"error": "invalid_client"}))

    with pytest.raises(AgencyUnauthorised, match="invalid_client"):
        await ltc_agency.connector().ping()

    assert len(ltc_agency.asked("/oauth2/token")) == 1


async def test_many_requests_share_one_token(vr_agency: VrAgency) -> None:
    auth, client = _auth(vr_agency)

    statuses = await asyncio.gather(*(_get(client, auth) for _ in range(20)))

    assert set(statuses) == {200}
    assert vr_agency.tokens == 1


async def test_many_requests_with_a_dead_token_fetch_one_new_one(vr_agency: VrAgency) -> None:
    auth, client = _auth(vr_agency)
    await _get(client, auth)
    vr_agency.dead_tokens.add("token-1")

    statuses = await asyncio.gather(*(_get(client, auth) for _ in range(20)))

    assert set(statuses) == {200}
    assert vr_agency.tokens == 2


@pytest.mark.parametrize(("lifetime", "used_for"), [(300, 269.0), (600, 569.0), (20, 15.0)])
async def test_a_token_is_given_up_before_its_time(
    vr_agency: VrAgency, clock: Clock, lifetime: int, used_for: float
) -> None:
    vr_agency.lifetime = lifetime
    auth, client = _auth(vr_agency, clock=clock)
    await _get(client, auth)

    clock.now += used_for
    await _get(client, auth)
    kept = vr_agency.tokens
    clock.now += 2
    await _get(client, auth)

    assert (kept, vr_agency.tokens) == (1, 2)


@pytest.mark.parametrize(
    ("expires_in", "tokens"),
    [("300", 1), (None, 1), (-5, 1), (True, 1), ("soon", 1), (0, 2)],
)
async def test_a_lifetime_that_is_none_is_read_as_the_contract_s(
    vr_agency: VrAgency, clock: Clock, expires_in: object, tokens: int
) -> None:
    def token(_: httpx.Request) -> httpx.Response:
        vr_agency.tokens += 1
        return httpx.Response(
            200, json={"access_token": "token-9", "token_type": "bearer", "expires_in": expires_in}
        )

    vr_agency.plan("/oauth/token", token, token)
    auth, client = _auth(vr_agency, clock=clock)

    await _get(client, auth)
    await _get(client, auth)

    assert vr_agency.tokens == tokens


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "a b"},
        {"access_token": "a\r\nx-evil: 1"},
        {"access_token": "t", "token_type": "MAC"},
    ],
    ids=str,
)
async def test_an_answer_without_a_usable_token_is_a_fault(
    vr_agency: VrAgency, body: object
) -> None:
    vr_agency.plan("/oauth/token", httpx.Response(200, json=body))
    auth, client = _auth(vr_agency)

    with pytest.raises(AgencyGarbled):
        await _get(client, auth)

    assert vr_agency.asked(THING) == []


async def test_a_token_endpoint_that_is_down_is_asked_again(vr_agency: VrAgency) -> None:
    vr_agency.plan("/oauth/token", httpx.Response(503), httpx.Response(200, html="<html></html>"))

    await vr_agency.connector().ping()

    assert len(vr_agency.asked("/oauth/token")) == 3


async def test_the_body_of_a_401_is_not_read(vr_agency: VrAgency) -> None:
    auth, client = _auth(vr_agency)
    vr_agency.plan(
        THING,
        httpx.Response(
            401,
            stream=httpx.ByteStream(b"x" * 1000),
            headers={"content-encoding": "gzip", "content-type": "application/problem+json"},
        ),
    )

    assert await _get(client, auth) == 200


def test_nothing_secret_shows_in_a_repr(ltc_agency: LtcAgency) -> None:
    credentials = SecretBasic("hub", "s/cret")
    auth = BearerAuth(
        ltc_agency.client("ltc", ltc.LIMITS), "/oauth2/token", credentials, lifetime=600
    )

    assert "s/cret" not in repr(credentials) + repr(auth) + repr(vars(auth))


# --- keys of the LTC client


def test_a_jwk_brings_its_own_id(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", private=True)
    file = tmp_path / "key.json"
    file.write_bytes(orjson.dumps(key.as_dict(private=True) | {"kid": "in-the-file"}))

    loaded, kid = load_ec_key(file, None)

    assert (loaded.thumbprint(), kid) == (key.thumbprint(), "in-the-file")
    assert load_ec_key(file, "given")[1] == "given"


def test_a_pem_gets_its_id_from_the_setting(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", private=True)
    file = tmp_path / "key.pem"
    file.write_bytes(key.as_pem(private=True))

    loaded, kid = load_ec_key(file, "k7")

    assert (loaded.thumbprint(), kid) == (key.thumbprint(), "k7")
    assert load_ec_key(file, None)[1] is None


def _bad_keys() -> list[bytes]:
    key = ECKey.generate_key("P-256", private=True)
    return [
        b"",
        b"{}",
        b"{broken",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        orjson.dumps(key.as_dict(private=False)),
        key.as_pem(private=False),
        orjson.dumps(ECKey.generate_key("P-384", private=True).as_dict(private=True)),
        RSAKey.generate_key(2048, private=True).as_pem(private=True),
    ]


@pytest.mark.parametrize("content", _bad_keys(), ids=range(8))
def test_a_file_without_a_private_p256_key_is_a_configuration_error(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match="CERTHUB_LTC__PRIVATE_KEY_FILE"):
        load_ec_key(file, None)


def test_a_missing_key_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CERTHUB_LTC__PRIVATE_KEY_FILE"):
        load_ec_key(tmp_path / "none", None)


# --- built from plain values


async def test_connectors_are_built_from_plain_values(
    vr_agency: VrAgency, ltc_agency: LtcAgency, osh_agency: OshAgency, tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(ltc_agency.key.as_pem(private=True))

    built: list[Connector] = [
        vr.build(BASE, "hub", "s/cret", timeout_seconds=5, page_size=50, transport=Wire(vr_agency)),
        ltc.build(BASE, "hub", file, "k1", attempts=2, transport=Wire(ltc_agency)),
        osh.build(BASE, "key-1", "hub", "s3cret", deadline_seconds=9, transport=Wire(osh_agency)),
    ]
    for connector in built:
        await connector.ping()
        await connector.aclose()

    assert [connector.registry for connector in built] == ["vr", "ltc", "osh"]


async def test_the_page_size_is_kept_within_the_contract(vr_agency: VrAgency) -> None:
    connector = vr.build(BASE, "hub", "s/cret", page_size=5000, transport=Wire(vr_agency))

    await read_all(connector)

    assert {query["limit"] for query in vr_agency.queries(THING)} == {"500"}
    await connector.aclose()


def test_limits_of_the_contracts_bend_to_settings() -> None:
    adjusted = vr.LIMITS.adjusted(timeout_seconds=7, deadline_seconds=70, attempts=2)

    assert (adjusted.timeout, adjusted.attempt_seconds, adjusted.deadline) == (7, 7, 70)
    assert (adjusted.attempts, adjusted.rate) == (2, 10)
    assert vr.LIMITS.adjusted() == vr.LIMITS
    assert ltc.LIMITS.adjusted(timeout_seconds=7).attempt_seconds is None
    assert (vr.LIMITS.rate, ltc.LIMITS.rate, osh.LIMITS.rate) == (10, 5, 2)

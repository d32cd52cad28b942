"""The simulated agencies in process, and a judge that holds answers against the contracts."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from joserfc import jwt
from joserfc.jwk import ECKey
from jsonschema import Draft202012Validator

from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.ltc_agency import LtcAgency
from certhub.sandbox.osh_agency import OshAgency
from certhub.sandbox.vr_agency import VrAgency
from certhub.sandbox.wire import Agency
from certhub.sandbox.world import World, generate

CONTRACTS = Path(__file__).parent.parent / "contracts"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def _document(code: str) -> dict[str, Any]:
    text = (CONTRACTS / f"{code}.openapi.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return document


class Contract:
    """One agency's OpenAPI file as a judge of requests and answers."""

    def __init__(self, code: str) -> None:
        self.document = _document(code)
        self._validators: dict[str, Draft202012Validator] = {}

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        """A validator that knows the document's components."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            checker = Draft202012Validator.FORMAT_CHECKER
            self._validators[key] = Draft202012Validator(whole, format_checker=checker)
        return self._validators[key]

    def component(self, name: str) -> Draft202012Validator:
        """A validator of a named schema."""
        return self.validator({"$ref": f"#/components/schemas/{name}"})

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for template, item in self.document["paths"].items():
            parts, given = template.split("/"), path.split("/")
            if len(parts) == len(given) and method.lower() in item:
                pairs = zip(parts, given, strict=True)
                if all(part == what or part.startswith("{") for part, what in pairs):
                    operation: dict[str, Any] = item[method.lower()]
                    return operation
        raise AssertionError(f"{method} {path} is not in the contract")

    def _resolved(self, item: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in item:
            return item
        target: Any = self.document
        for part in item["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        resolved: dict[str, Any] = target
        return resolved

    def check(self, response: httpx.Response) -> httpx.Response:
        """The answer's status, type, headers and body are the contract's; returns it."""
        request = response.request
        operation = self._operation(request.method, request.url.path)
        answers = operation["responses"]
        status = str(response.status_code)
        declared = self._resolved(answers.get(status) or answers["5XX"])
        if status not in answers:
            assert response.status_code >= 500, f"{status} is not declared"
        for name in declared.get("headers", {}):
            if not (name == "Retry-After" and response.status_code != 429):
                assert name in response.headers, f"{name} is missing"
        content = declared.get("content", {})
        if not content:
            assert response.content == b""
            return response
        kind = response.headers["content-type"].split(";")[0]
        assert kind in content, f"{kind} is not declared"
        self._check_body(content[kind].get("schema"), kind, response)
        return response

    def _check_body(self, schema: Any, kind: str, response: httpx.Response) -> None:
        if schema is None:
            return
        validator = self.validator(schema)
        if kind == "application/x-ndjson":
            lines = response.text.split("\n")
            assert lines.pop() == "", "the last line does not end in a line feed"
            for line in lines:
                validator.validate(json.loads(line))
        else:
            validator.validate(response.json())

    def check_request(self, method: str, path: str, body: Any) -> None:
        """The body is one that the contract allows."""
        content = self._operation(method, path)["requestBody"]["content"]
        self.validator(content["application/json"]["schema"]).validate(body)


class Caller:
    """A client of one agency: a token, idempotency keys, every answer held against the contract."""

    def __init__(self, agency: Agency, contract: Contract, http: httpx.AsyncClient) -> None:
        self.agency, self.contract, self.http = agency, contract, http
        self.headers: dict[str, str] = {}

    async def get(self, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.contract.check(await self.http.get(path, headers=headers, **options))

    async def write(
        self, method: str, path: str, body: Any = None, *, valid: bool = True, **options: Any
    ) -> httpx.Response:
        key = options.pop("key", None) or f"test-{uuid.uuid4()}"
        headers = {**self.headers, "Idempotency-Key": key, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
            if valid:
                self.contract.check_request(method, path, body)
        answer = await self.http.request(method, path, headers=headers, **options)
        return self.contract.check(answer)


def _http(agency: Agency) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=agency, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://agency.test")


@pytest.fixture(scope="session")
def world() -> World:
    """Seventy people: the cast and every oddity."""
    return generate(70, 1)


@pytest.fixture
def clock() -> AgencyClock:
    """A calendar that moves only when told."""
    return AgencyClock(ticks=lambda: 0.0)


@pytest.fixture
def judge() -> Callable[[str], Contract]:
    """Contracts by registry code."""
    return Contract


@pytest.fixture
async def vr(world: World, clock: AgencyClock) -> AsyncIterator[Caller]:
    """VR with a token of both scopes."""
    agency = VrAgency(world, clock=clock, per_second=None)
    async with _http(agency) as http:
        caller = Caller(agency, Contract("vr"), http)
        await _vr_token(caller)
        yield caller


async def _vr_token(caller: Caller, **form: str) -> httpx.Response:
    agency = caller.agency
    assert isinstance(agency, VrAgency)
    answer = await caller.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **form},
        auth=(agency.client_id, agency.client_secret),
    )
    caller.contract.check(answer)
    caller.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return answer


@pytest.fixture
def vr_token() -> Callable[..., Awaitable[httpx.Response]]:
    """Takes a new VR token for a caller."""
    return _vr_token


def _assertion(agency: LtcAgency, **claims: Any) -> str:
    now = int(time.time())
    given = {
        "iss": agency.client_id,
        "sub": agency.client_id,
        "aud": "http://agency.test/oauth2/token",
        "iat": now,
        "exp": now + 240,
        "jti": uuid.uuid4().hex,
        **claims,
    }
    key = ECKey.import_key(agency.private_jwk)
    return jwt.encode({"alg": "ES256"}, given, key, algorithms=["ES256"])


async def _ltc_token(caller: Caller, assertion: str | None = None, **form: str) -> httpx.Response:
    agency = caller.agency
    assert isinstance(agency, LtcAgency)
    answer = await caller.http.post(
        "/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion or _assertion(agency),
            **form,
        },
    )
    caller.contract.check(answer)
    if answer.status_code == 200:
        caller.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return answer


@pytest.fixture
def ltc_token() -> Callable[..., Awaitable[httpx.Response]]:
    """Takes a new LTC token for a caller."""
    return _ltc_token


@pytest.fixture
def ltc_assertion() -> Callable[..., str]:
    """Signs a client assertion, with other claims where given."""
    return _assertion


@pytest.fixture
async def ltc(world: World, clock: AgencyClock) -> AsyncIterator[Caller]:
    """LTC with a token of both scopes."""
    agency = LtcAgency(world, clock=clock, per_second=None)
    async with _http(agency) as http:
        caller = Caller(agency, Contract("ltc"), http)
        await _ltc_token(caller)
        yield caller


async def _osh_token(caller: Caller, **form: str) -> httpx.Response:
    agency = caller.agency
    assert isinstance(agency, OshAgency)
    answer = await caller.http.post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": agency.client_id,
            "client_secret": agency.client_secret,
            **form,
        },
    )
    caller.contract.check(answer)
    if answer.status_code == 200:
        token = answer.json()["access_token"]
        caller.headers = {"Authorization": f"Bearer {token}", "X-API-Key": agency.api_key}
    return answer


@pytest.fixture
def osh_token() -> Callable[..., Awaitable[httpx.Response]]:
    """Takes a new OSH token for a caller."""
    return _osh_token


@pytest.fixture
async def osh(world: World, clock: AgencyClock) -> AsyncIterator[Caller]:
    """OSH with a token and the key of the drops."""
    agency = OshAgency(world, clock=clock, per_second=None)
    async with _http(agency) as http:
        caller = Caller(agency, Contract("osh"), http)
        await _osh_token(caller)
        yield caller

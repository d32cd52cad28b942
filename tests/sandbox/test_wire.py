import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.vr_agency import VrAgency
from certhub.sandbox.wire import RateLimit
from certhub.sandbox.world import World

from .conftest import Caller, Contract

LEAVE = {
    "professional_id": "P0000001",
    "qualification_id": "Q00000010",
    "leave_from": "113/01/01",
    "leave_to": "113/06/30",
    "reason": "育嬰留職停薪",
    "local_authority": "臺北市",
    "local_document_no": "府勞障字第1130000001號",
    "local_document_on": "113/07/05",
}
PATH = "/v1/extensions"


def agency_of(vr: Caller) -> VrAgency:
    assert isinstance(vr.agency, VrAgency)
    return vr.agency


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic x"}]
)
async def test_without_a_token_nothing_is_shown(vr: Caller, header: dict[str, str]) -> None:
    vr.headers = header

    answer = await vr.get("/v1/professionals")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_may_die_early(vr: Caller) -> None:
    agency_of(vr).revoke_tokens()

    assert (await vr.get("/v1/professionals")).status_code == 401


async def test_a_token_lives_as_long_as_it_says(world: World) -> None:
    seconds = [0.0]
    agency = VrAgency(world, per_second=None, ticks=lambda: seconds[0])
    transport = httpx.ASGITransport(app=agency)
    async with httpx.AsyncClient(transport=transport, base_url="http://agency.test") as http:
        token = (
            await http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(agency.client_id, agency.client_secret),
            )
        ).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}

        seconds[0] = token["expires_in"] - 1
        before = await http.get("/v1/institutions", headers=headers)
        seconds[0] = token["expires_in"]
        after = await http.get("/v1/institutions", headers=headers)

    assert (token["expires_in"], before.status_code, after.status_code) == (300, 200, 401)


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"grant_type": "password"}, None, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "vr.admin"}, None, 400, "invalid_scope"),
        ({"grant_type": "client_credentials"}, ("certhub-vr", "guess"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("other", "guess"), 401, "invalid_client"),
    ],
)
async def test_the_token_endpoint_answers_as_the_rfc_says(
    vr: Caller, form: dict[str, str], auth: tuple[str, str] | None, status: int, error: str
) -> None:
    agency = agency_of(vr)

    answer = await vr.http.post(
        "/oauth/token", data=form, auth=auth or (agency.client_id, agency.client_secret)
    )

    vr.contract.check(answer)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_secrets_in_the_form_are_not_taken_where_basic_is_agreed(vr: Caller) -> None:
    agency = agency_of(vr)
    form = {
        "grant_type": "client_credentials",
        "client_id": agency.client_id,
        "client_secret": agency.client_secret,
    }

    assert (await vr.http.post("/oauth/token", data=form)).status_code == 401


async def test_basic_is_not_taken_where_the_form_is_agreed(osh: Caller) -> None:
    secret = osh.agency.client_secret  # type: ignore[attr-defined]

    answer = await osh.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("certhub-osh", secret)
    )

    assert answer.status_code == 401


def test_a_sliding_second_holds_so_many_requests_per_caller() -> None:
    seconds = [0.0]
    limit = RateLimit(2, lambda: seconds[0])

    first = [limit.wait("a") for _ in range(3)]
    other = limit.wait("b")
    seconds[0] = 0.99
    early = limit.wait("a")
    seconds[0] = 1.0
    later = limit.wait("a")

    assert (first, other, early, later) == ([0, 0, 1], 0, 1, 0)


async def test_a_caller_that_is_too_fast_is_told_to_wait(world: World) -> None:
    agency = VrAgency(world, ticks=lambda: 0.0)
    contract = Contract("vr")
    transport = httpx.ASGITransport(app=agency)
    async with httpx.AsyncClient(transport=transport, base_url="http://agency.test") as http:
        token = await http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(agency.client_id, agency.client_secret),
        )
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}

        answers = [await http.get("/v1/institutions", headers=headers) for _ in range(10)]

    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert contract.check(answers[-1]).headers["Retry-After"] == "1"


async def test_the_same_key_replays_the_first_outcome(vr: Caller) -> None:
    first = await vr.write("POST", PATH, LEAVE, key="leave-0001")
    reordered = dict(reversed(LEAVE.items()))
    second = await vr.write("POST", PATH, reordered, key="leave-0001")

    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.json()) == (201, first.json())
    assert len([k for k in agency_of(vr).ledger()["extensions"] if k == first.json()["id"]]) == 1


async def test_a_refusal_is_replayed_too(vr: Caller) -> None:
    wrong = {**LEAVE, "professional_id": "P7777777"}

    first = await vr.write("POST", PATH, wrong, key="leave-0002")
    second = await vr.write("POST", PATH, wrong, key="leave-0002")

    assert second.headers["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.json()) == (422, first.json())


async def test_a_key_serves_one_content_only(vr: Caller) -> None:
    await vr.write("POST", PATH, LEAVE, key="leave-0003")

    answer = await vr.write("POST", PATH, {**LEAVE, "reason": "其他"}, key="leave-0003")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_write_in_progress_is_to_be_repeated(vr: Caller) -> None:
    agency_of(vr).idempotency.write_seconds = 0.05

    first, second = await asyncio.gather(
        vr.write("POST", PATH, LEAVE, key="leave-0004"),
        vr.write("POST", PATH, LEAVE, key="leave-0004"),
    )
    third = await vr.write("POST", PATH, LEAVE, key="leave-0004")

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "idempotency_in_progress"
    assert second.headers["Retry-After"] == "1"
    assert third.json() == first.json()


async def test_refused_callers_leave_the_key_free(
    vr: Caller, vr_token: Callable[..., Awaitable[httpx.Response]]
) -> None:
    await vr_token(vr, scope="vr.read")
    refused = await vr.write("POST", PATH, LEAVE, key="leave-0005")
    await vr_token(vr)

    answer = await vr.write("POST", PATH, LEAVE, key="leave-0005")

    assert (refused.status_code, answer.status_code) == (403, 201)
    assert "Idempotency-Replayed" not in answer.headers


@pytest.mark.parametrize("key", ["", "short", "x" * 256])
async def test_a_usable_key_is_required(vr: Caller, key: str) -> None:
    headers = {**vr.headers, "Idempotency-Key": key}

    answer = await vr.http.post(PATH, json=LEAVE, headers=headers)

    vr.contract.check(answer)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_keys_are_kept_longer_than_a_day(vr: Caller, clock: AgencyClock) -> None:
    await vr.write("POST", PATH, LEAVE, key="leave-0006")
    clock.advance(timedelta(hours=30))

    answer = await vr.write("POST", PATH, LEAVE, key="leave-0006")

    assert answer.headers["Idempotency-Replayed"] == "true"


async def test_a_fault_answers_instead_of_the_agency(vr: Caller) -> None:
    agency = agency_of(vr)
    left = [HTMLResponse("<h1>維護中</h1>"), Response(status_code=503)]

    def fault(request: Request) -> Response | None:
        return left.pop(0) if left and request.url.path == "/v1/courses" else None

    agency.faults.append(fault)
    answers = [await vr.http.get("/v1/courses", headers=vr.headers) for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 503, 200]
    assert answers[0].headers["content-type"].startswith("text/html")
    assert answers[2].json()["items"] != []


async def test_an_answer_may_be_lost_after_the_write_was_done(vr: Caller) -> None:
    agency = agency_of(vr)

    async def lose(request: Request, response: Response) -> Response:
        return Response(status_code=502)

    agency.tampers.append(lose)
    lost = await vr.http.post(
        PATH, json=LEAVE, headers={**vr.headers, "Idempotency-Key": "leave-0007"}
    )
    agency.tampers.clear()
    answer = await vr.write("POST", PATH, LEAVE, key="leave-0007")

    assert lost.status_code == 502
    assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (201, "true")


async def test_a_replaced_answer_of_the_feed_leaves_the_seat_free(ltc: Caller) -> None:
    def replace(request: Request, response: Response) -> Response:
        return Response(status_code=500)

    ltc.agency.tampers.append(replace)
    await ltc.http.get("/api/snapshot/unit", headers=ltc.headers)
    ltc.agency.tampers.clear()

    assert (await ltc.get("/api/snapshot/unit")).status_code == 200


async def test_unknown_paths_are_problem_documents(vr: Caller) -> None:
    answer = await vr.http.get("/v2/professionals", headers=vr.headers)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_request_is_on_the_log_without_its_content(vr: Caller) -> None:
    await vr.get("/v1/courses", params={"limit": 10})

    last = agency_of(vr).requests[-1]

    assert (last.method, last.path, last.query) == ("GET", "/v1/courses", "limit=10")
    assert (last.client_id, last.status) == ("certhub-vr", 200)

"""Filing with the three agencies: accepted, refused, or unknown; never twice."""

from collections.abc import Awaitable, Callable
from datetime import date
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from typing import Any

import httpx
import orjson
import pytest

from certhub.connectors.errors import AgencyForbidden, AgencyGarbled, AgencyUnavailable
from certhub.connectors.outcome import Accepted, Outcome, Refused, RowError
from certhub.connectors.vr import TEMPLATE, RosterLine, roster_csv
from certhub.domain.errors import Transient
from certhub.domain.tw_id import NationalId

from .conftest import CONTRACTS, LtcAgency, OshAgency, VrAgency, html, problem

EXAMPLES = CONTRACTS / "examples"
KEY = "submission-0001"
ROSTER = "/v1/courses/20221205000004/roster"
TAX_ID = "04595257"


def _created(body: dict[str, Any], status: int = 201, *, replayed: bool = False) -> httpx.Response:
    headers = {"idempotency-replayed": "true"} if replayed else {}
    return httpx.Response(status, json=body, headers=headers)


def _parts(request: httpx.Request) -> dict[str, Message]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=default).parsebytes(head + request.content)
    return {
        str(part.get_param("name", header="content-disposition")): part
        for part in message.iter_parts()
    }


async def _file_roster(agency: VrAgency) -> Outcome:
    return await agency.connector().filing.post_roster(
        "20221205000004",
        [TEMPLATE, TEMPLATE],
        b"%PDF-1.7",
        idempotency_key=KEY,
        on_behalf_of=TAX_ID,
    )


async def test_a_course_is_filed_for_its_institution(vr_agency: VrAgency) -> None:
    vr_agency.plan("/v1/courses", _created({"no": "20221205000004", "status": "送審中"}))

    outcome = await vr_agency.connector().filing.post_course(
        {"name": "職業重建概論"}, idempotency_key=KEY, on_behalf_of=TAX_ID
    )

    assert outcome == Accepted(201, {"no": "20221205000004", "status": "送審中"})
    request = vr_agency.asked("/v1/courses")[0]
    assert request.headers["idempotency-key"] == KEY
    assert request.headers["x-on-behalf-of"] == TAX_ID
    assert request.headers["content-type"] == "application/json"
    assert orjson.loads(request.content) == {"name": "職業重建概論"}


async def test_a_roster_travels_in_named_parts(vr_agency: VrAgency) -> None:
    body = {"course_no": "20221205000004", "state": "已匯入", "imported": 3, "unmatched": []}
    vr_agency.plan(ROSTER, _created(body))

    outcome = await _file_roster(vr_agency)

    parts = _parts(vr_agency.asked(ROSTER)[0])
    assert isinstance(outcome, Accepted)
    assert {name: part.get_filename() for name, part in parts.items()} == {
        "records_1": "records_1.csv",
        "records_2": "records_2.csv",
        "sign_in_sheet": "sign_in_sheet.pdf",
    }
    assert parts["sign_in_sheet"].get_content_type() == "application/pdf"
    assert parts["records_1"].get_payload(decode=True) == TEMPLATE


async def test_a_roster_repeated_is_the_same_content(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, httpx.Response(502), _lost, _created({"imported": 3}))

    await _file_roster(vr_agency)

    sent = [_parts(request) for request in vr_agency.asked(ROSTER)]
    contents = [
        {name: (part.get_filename(), part.get_payload(decode=True)) for name, part in each.items()}
        for each in sent
    ]
    assert len(contents) == 3
    assert contents[0] == contents[1] == contents[2]
    assert {request.headers["idempotency-key"] for request in vr_agency.asked(ROSTER)} == {KEY}


def _lost(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("the answer got lost")


async def test_a_refused_roster_names_file_row_and_column(vr_agency: VrAgency) -> None:
    content = (EXAMPLES / "vr-roster-422.json").read_bytes()
    headers = {"content-type": "application/problem+json"}
    vr_agency.plan(ROSTER, httpx.Response(422, content=content, headers=headers))

    outcome = await _file_roster(vr_agency)

    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.code, outcome.detail_zh) == (
        422,
        "roster_rejected",
        "名單未匯入。",
    )
    assert outcome.errors[0] == RowError(
        code="id_checksum",
        message_zh="身分證字號(或居留證號)檢查碼錯誤",
        file="records_1",
        row=4,
        column="學員身分證字號(或居留證號)",
    )
    assert [error.code for error in outcome.errors] == [
        "id_checksum",
        "hours_not_approved",
        "flag_invalid",
    ]
    assert len(vr_agency.asked(ROSTER)) == 1


async def test_a_roster_is_cleared(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, httpx.Response(204, headers={"idempotency-replayed": "true"}))

    outcome = await vr_agency.connector().filing.clear_roster(
        "20221205000004", idempotency_key=KEY, on_behalf_of=TAX_ID
    )

    assert outcome == Accepted(204, replayed=True)
    assert vr_agency.asked(ROSTER)[0].method == "DELETE"


async def test_an_extension_names_no_acting_institution(vr_agency: VrAgency) -> None:
    vr_agency.plan("/v1/extensions", _created({"id": "X1"}))

    await vr_agency.connector().filing.post_extension(
        {"reason": "育嬰留職停薪"}, idempotency_key=KEY
    )

    assert "x-on-behalf-of" not in vr_agency.asked("/v1/extensions")[0].headers


async def test_recognised_credits_are_reported_and_looked_up(ltc_agency: LtcAgency) -> None:
    body = {"id": "N1", "person_id": "L1", "status": "審核中", "credit_ids": ["D1"]}
    ltc_agency.plan("/api/recognitions", _created(body))
    ltc_agency.plan("/api/recognitions/N1", _created(body, 200))
    filing = ltc_agency.connector().filing

    sent = await filing.post_recognition({"decision_no": "x"}, idempotency_key=KEY)
    found = await filing.get_recognition("N1")

    assert sent == Accepted(201, body)
    assert found == Accepted(200, body)


async def test_a_recognition_that_the_agency_does_not_know(ltc_agency: LtcAgency) -> None:
    ltc_agency.plan("/api/recognitions/N%2F1", problem(404, "not_found"))
    ltc_agency.plan("/api/recognitions/N/1", problem(404, "not_found"))

    outcome = await ltc_agency.connector().filing.get_recognition("N/1")

    assert isinstance(outcome, Refused)
    assert outcome.status == 404
    assert ltc_agency.requests[-1].url.raw_path == b"/api/recognitions/N%2F1"


OshCall = Callable[[OshAgency], Awaitable[Outcome]]

_BODY: dict[str, object] = {"institution_code": "OH0001"}

OSH_WRITES: list[tuple[str, str, int, OshCall]] = [
    (
        "POST",
        "/api/class-plans",
        201,
        lambda a: a.connector().filing.post_class_plan(_BODY, idempotency_key=KEY),
    ),
    (
        "PUT",
        "/api/class-plans/K1",
        200,
        lambda a: a.connector().filing.put_class_plan("K1", _BODY, idempotency_key=KEY),
    ),
    (
        "POST",
        "/api/classes/K1/attendance",
        201,
        lambda a: a.connector().filing.post_attendance("K1", _BODY, idempotency_key=KEY),
    ),
    (
        "POST",
        "/api/classes/K1/results",
        201,
        lambda a: a.connector().filing.post_results("K1", _BODY, idempotency_key=KEY),
    ),
    (
        "POST",
        "/api/classes/K1/certificates",
        201,
        lambda a: a.connector().filing.post_certificates("K1", _BODY, idempotency_key=KEY),
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "call"),
    OSH_WRITES,
    ids=["file", "change", "attendance", "results", "certificates"],
)
async def test_osh_filings_go_to_their_paths_with_their_key(
    osh_agency: OshAgency, method: str, path: str, status: int, call: OshCall
) -> None:
    warning = {
        "table": "trainees",
        "row": 2,
        "field": None,
        "code": "over_size",
        "message_zh": "超過",
    }
    osh_agency.plan(path, _created({"no": "K1", "state": "報備", "warnings": [warning]}, status))

    outcome = await call(osh_agency)

    assert isinstance(outcome, Accepted)
    assert outcome.status == status
    assert outcome.warnings == (RowError("over_size", "超過", table="trainees", row=2),)
    request = osh_agency.asked(path)[0]
    assert (request.method, request.headers["idempotency-key"]) == (method, KEY)
    assert request.headers["authorization"] == "Bearer token-1"
    assert "x-api-key" not in request.headers


async def test_the_state_of_a_plan_is_asked_for(osh_agency: OshAgency) -> None:
    state = {
        "no": "K1",
        "state": "已備查",
        "noted_no": "府勞檢字第1號",
        "noted_on": None,
        "filed_on": "x",
    }
    osh_agency.plan("/api/class-plans/K1", _created(state, 200))

    assert await osh_agency.connector().filing.get_class_plan("K1") == Accepted(200, state)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (problem(400, "key_missing"), "key_missing"),
        (problem(403, "not_owner"), "not_owner"),
        (problem(404, "not_found"), "not_found"),
        (problem(409, "idempotency_key_reused"), "idempotency_key_reused"),
        (problem(409, "roster_exists"), "roster_exists"),
        (problem(422, "roster_rejected", errors="none", warnings=[5]), "roster_rejected"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_refusal_is_an_outcome_and_not_repeated(
    vr_agency: VrAgency, answer: httpx.Response, code: str
) -> None:
    vr_agency.plan(ROSTER, answer)

    outcome = await _file_roster(vr_agency)

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.errors, outcome.warnings) == (code, (), ())
    assert len(vr_agency.asked(ROSTER)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(500),
        problem(503, "maintenance"),
        problem(429, "busy"),
        problem(409, "idempotency_in_progress"),
        html(),
        httpx.Response(201, html="<html></html>"),
        httpx.Response(201, content=b"{", headers={"content-type": "application/json"}),
        httpx.Response(201, json=[]),
        httpx.Response(422, html="<html></html>"),
        httpx.Response(400),
        _lost,
    ],
    ids=range(11),
)
async def test_an_unknown_outcome_is_asked_for_again_under_the_same_key(
    vr_agency: VrAgency, fault: Any
) -> None:
    vr_agency.plan(ROSTER, fault, _created({"imported": 3}, replayed=True))

    outcome = await _file_roster(vr_agency)

    assert outcome == Accepted(201, {"imported": 3}, replayed=True)
    assert [r.headers["idempotency-key"] for r in vr_agency.asked(ROSTER)] == [KEY, KEY]


async def test_an_outcome_that_stays_unknown_is_transient(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, *[_lost] * 4)

    with pytest.raises(AgencyUnavailable) as caught:
        await _file_roster(vr_agency)

    assert isinstance(caught.value, Transient)


async def test_answers_that_stay_garbled_are_an_unknown_outcome(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, *[html() for _ in range(4)])

    with pytest.raises(AgencyGarbled) as caught:
        await _file_roster(vr_agency)

    assert isinstance(caught.value, Transient)


async def test_a_403_without_a_document_is_the_hub_s_own_trouble(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, httpx.Response(403))

    with pytest.raises(AgencyForbidden):
        await _file_roster(vr_agency)


async def test_a_dead_token_is_renewed_within_a_filing(vr_agency: VrAgency) -> None:
    vr_agency.plan(ROSTER, problem(401, "token_invalid"), _created({"imported": 3}))

    outcome = await _file_roster(vr_agency)

    assert isinstance(outcome, Accepted)
    assert vr_agency.tokens == 2
    first, second = vr_agency.asked(ROSTER)
    assert first.content == second.content


# --- the roster file


def test_the_template_is_the_agency_s_byte_for_byte() -> None:
    assert (EXAMPLES / "vr-roster-template.csv").read_bytes() == TEMPLATE


def test_a_filled_roster_is_the_agency_s_example() -> None:
    lines = [
        RosterLine(date(2024, 8, 12), "DEWI BINTANG LAUT", NationalId("Q888401627"), "3"),
        RosterLine(date(2024, 8, 12), "蕭玉辰", NationalId("H161627323"), "3"),
        RosterLine(date(2024, 8, 12), "郭騰調", NationalId("F263945913"), "3"),
    ]

    assert roster_csv(lines) == (EXAMPLES / "vr-roster-filled.csv").read_bytes()


def test_flags_are_words_and_days_have_no_leading_zero() -> None:
    line = RosterLine(
        date(2024, 1, 2), "測試,甲", NationalId("A100000001"), "1.5", True, True, True
    )

    assert roster_csv([line]).removeprefix(TEMPLATE).decode() == (
        '2024/1/2,"測試,甲",A100000001,1.5,是,是,是\r\n'
    )


def test_a_line_break_in_a_name_is_refused() -> None:
    line = RosterLine(date(2024, 1, 2), "測試\n甲", NationalId("A100000001"), "1")

    with pytest.raises(ValueError, match="line break"):
        roster_csv([line])

from datetime import timedelta
from typing import Any

import pytest

from certhub.sandbox.cast import CAST
from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.ltc_agency import LtcAgency

from .conftest import Caller

PATH = "/api/recognitions"


def agency_of(ltc: Caller) -> LtcAgency:
    assert isinstance(ltc.agency, LtcAgency)
    return ltc.agency


def one(**changes: Any) -> dict[str, Any]:
    return {
        "source": "vr",
        "source_record": "R00000007",
        "course_name": "感染管制實務",
        "provider": "財團法人測試示範醫院",
        "starts_at": "113/03/22 00:00:00",
        "ends_at": "113/03/22 23:59:00",
        "attribute": "專業倫理",
        "categories": ["感染管制"],
        "mode": "實體",
        "points": "2.4",
        **changes,
    }


def body(*given: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "person": {"type": "身分證字號", "value": CAST["C1"].number},
        "certificate_id": "C00000001",
        "credits": list(given) or [one()],
        "legal_basis": "長期照顧服務人員訓練認證繼續教育及登錄辦法第九條第四項",
        "decision_no": "測字第1130000001號",
        "decided_on": "113/08/30",
        "decided_by": "臺北市政府",
        **changes,
    }


async def test_credits_appear_in_the_feed_under_review_and_are_accepted_later(
    ltc: Caller, clock: AgencyClock
) -> None:
    start = agency_of(ltc).books.newest

    answer = await ltc.write("POST", PATH, body(one(), one(source_record="R00000008")))

    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["person_id"]) == ("審核中", "L0000001")
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    fed = await ltc.get("/api/changes", params={"after": start})
    assert fed.text.count('"status":"審核中"') == 2
    credit = agency_of(ltc).get("credit", made["credit_ids"][1])
    assert credit is not None
    assert (credit["source"], credit["source_record"], credit["recognition_id"]) == (
        "vr",
        "R00000008",
        made["id"],
    )
    clock.advance(timedelta(days=3))
    later = await ltc.get(f"{PATH}/{made['id']}")
    assert later.json()["status"] == "符合"
    settled = agency_of(ltc).get("credit", made["credit_ids"][0])
    assert settled is not None
    assert settled["status"] == "符合"


async def test_a_recognition_may_be_refused_and_tried_again(ltc: Caller) -> None:
    first = (await ltc.write("POST", PATH, body())).json()
    known = await ltc.write("POST", PATH, body())

    agency_of(ltc).recognitions.decide(first["id"], "不符合")
    again = await ltc.write("POST", PATH, body())

    assert [e["code"] for e in known.json()["errors"]] == ["already_recognised"]
    assert again.status_code == 201


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        (
            body(person={"type": "身分證字號", "value": "Z199999999"}),
            "person",
            "person_unknown",
        ),
        (body(certificate_id="C00000002"), "certificate_id", "certificate_unknown"),
        (body(one(ends_at="114/03/22 23:59:00")), "credits[0].ends_at", "outside_validity"),
        (body(one(starts_at="107/11/30 00:00:00")), "credits[0].ends_at", "outside_validity"),
        (body(one(points="0")), "credits[0].points", "points_invalid"),
        (body(one(points="2.345")), "credits[0].points", "points_invalid"),
        (body(one(attribute="其他")), "credits[0].attribute", "enum_invalid"),
        (body(one(source="social_worker")), "credits[0].source", "enum_invalid"),
        (body(one(categories=["其他"])), "credits[0].categories", "enum_invalid"),
        (body(one(starts_at="113/02/30 00:00:00")), "credits[0].starts_at", "date_invalid"),
        (body(decided_on="113/13/01"), "decided_on", "date_invalid"),
        (body(one(provider="")), "credits[0].provider", "required"),
        (body(legal_basis=""), "legal_basis", "required"),
        (body(one(), one()), "credits[1].source_record", "already_recognised"),
    ],
)
async def test_all_credits_or_none(
    ltc: Caller, given: dict[str, Any], field: str, code: str
) -> None:
    before = agency_of(ltc).ledger()

    answer = await ltc.write("POST", PATH, given, valid=False)

    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert agency_of(ltc).ledger() == before


async def test_the_refused_number_is_not_repeated_in_the_answer(ltc: Caller) -> None:
    given = body(person={"type": "身分證字號", "value": "Z199999999"})

    answer = await ltc.write("POST", PATH, given)

    assert "Z199999999" not in answer.text


async def test_an_unknown_recognition_is_not_found(ltc: Caller) -> None:
    assert (await ltc.get(f"{PATH}/H1")).status_code == 404

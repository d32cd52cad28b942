"""What the OSH agency gets, held against its contract; where its errors point to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from certhub.connectors.osh.filing import OshFiling
from certhub.connectors.outcome import Accepted, Outcome
from certhub.domain.submission import Submission, SubmissionState, UserError
from certhub.resolvers.couriers.osh import OshCourier, plan_body
from certhub.resolvers.osh_plan import (
    ClassPlan,
    PlanLecturer,
    PlanSession,
    PlanTrainee,
    Venue,
    VenueProof,
)
from certhub.store.outbox import Delivery

_CONTRACT = Path(__file__).parents[1] / "contracts" / "osh.openapi.yaml"
NUMBER = "OH0002-113-000001"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(_CONTRACT.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return found


def faults(document: Mapping[str, Any], name: str, body: object) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(body)]


def plan(**changes: Any) -> ClassPlan:
    made = ClassPlan(
        institution_code="OH0002",
        kind="professional",
        starts_on=date(2024, 10, 1),
        ends_on=date(2024, 10, 2),
        format="group_discussion",
        period_no="第36期",
        name="專業訓練",
        venue=Venue(name="第1教室", address="健康路1號", county="63000"),
        venue_proof=VenueProof(document_no="消字第1號", issued_on=date(2024, 1, 5)),
        counsellor="輔導員",
        materials="講義",
        letter_no="測字第1號",
        letter_on=date(2024, 9, 2),
        timetable=(
            PlanSession(
                held_on=date(2024, 10, 1),
                time="09:00~12:00",
                course="職業衛生",
                hours=250,
                lecturer="講師",
                category="osh.regulations",
            ),
        ),
        lecturers=(PlanLecturer(name="講師", clause="第一款"),),
        trainees=(
            PlanTrainee(
                seq="1",
                name="測試甲",
                birth_date="1978-07-22",
                national_id="A123456789",
                licence_no="護字第1號",
                profession="psychologist",
                remarks="素食",
                licence_verified=True,
                waiver={"proof": "結業證書", "courses": ["職業衛生", "實習"]},
            ),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def test_a_plan_is_the_contracts(document: dict[str, Any]) -> None:
    body = plan_body(plan())

    assert faults(document, "ClassPlan", body) == []
    assert (body["training_kind"], body["format"]) == ("專業訓練", "分組討論")
    assert (body["starts_on"], body["venue"]["county"]) == ("113年10月1日", "臺北市")
    [session] = body["timetable"]
    assert (session["weekday"], session["hours"], session["category"]) == ("二", "2.5", None)
    [trainee] = body["trainees"]
    assert (trainee["birth_date"], trainee["profession"]) == (
        "67年7月22日",
        "勞工健康服務相關人員",
    )
    assert trainee["remarks"] == "素食 抵免：結業證書；職業衛生、實習"
    assert "licence_verified" not in trainee


def test_of_in_service_trainees_only_what_the_form_asks_for_is_sent(
    document: dict[str, Any],
) -> None:
    body = plan_body(plan(kind="in_service"))

    assert faults(document, "ClassPlan", body) == []
    assert set(body["trainees"][0]) == {"seq", "name", "birth_date", "national_id", "profession"}
    assert body["timetable"][0]["category"] == "職業安全衛生相關法規"


@dataclass
class Taken:
    """In place of the agency: keeps what it is given."""

    calls: list[tuple[str, str, Mapping[str, object], str]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        async def take(number: str, body: Mapping[str, object], *, idempotency_key: str) -> Outcome:
            self.calls.append((name, number, body, idempotency_key))
            return Accepted(201)

        return take


def delivery(operation: str, payload: Mapping[str, Any]) -> Delivery:
    now = datetime(2024, 9, 2, tzinfo=UTC)
    filed = Submission(
        UUID(int=1), "kind", "osh", SubmissionState.SENT, "05536740", NUMBER, now.date(), now, now
    )
    return Delivery(1, filed, operation, "certhub-key", 1, None, payload)


REPORTS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "osh.post_attendance",
        "AttendanceReport",
        {"trainee_seq": "1", "session_no": f"{NUMBER}-S01", "sign_in": "08:50", "sign_out": None,
         "late_minutes": 20, "leave_hours": 50, "absent_hours": 250, "signature_valid": True,
         "made_up_on": "2024-10-09", "made_up_hours": 300},
        {"leave_hours": "0.5", "absent_hours": "2.5", "made_up_on": "113年10月9日",
         "made_up_hours": "3"},
    ),
    (
        "osh.post_results",
        "ResultsReport",
        {"trainee_seq": "1", "exam_on": "2024-10-03", "attempt": "2", "passed": False,
         "score": "55", "practicum_on": None, "practicum_place": None, "report_score": None,
         "remarks": None},
        {"attempt": "補考", "outcome": "不及格", "exam_on": "113年10月3日"},
    ),
    (
        "osh.post_certificates",
        "CertificatesReport",
        {"trainee_seq": "1", "certificate_no": "測證字第1號", "issued_on": "2024-10-20",
         "category_hours": [["osh.regulations", 200], ["osh.risk_assessment", 250]],
         "remarks": None, "kind": "proof"},
        {"category_hours": "職業安全衛生相關法規=2;職場健康風險評估=2.5"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "schema", "line", "told"), REPORTS)
async def test_a_report_is_the_contracts(
    document: dict[str, Any],
    operation: str,
    schema: str,
    line: dict[str, Any],
    told: dict[str, Any],
) -> None:
    taken = Taken()
    courier = OshCourier(cast("OshFiling", taken)).courier()
    payload = {
        "class_no": NUMBER,
        "institution_code": "OH0002",
        "rows": [line],
        "noted_no": "府勞檢字第1號",
    }

    await courier.calls[operation](delivery(operation, payload))

    [(_, number, body, key)] = taken.calls
    assert (number, key) == (NUMBER, "certhub-key")
    assert faults(document, schema, body) == []
    [row] = cast("list[dict[str, Any]]", body["rows"])
    assert {name: row[name] for name in told} == told


PLACES: list[tuple[UserError, UserError]] = [
    (
        UserError("over_size", ("trainees",)),
        UserError("osh.class.over_80", ("trainees",)),
    ),
    (
        UserError("osh.roster.id_checksum", ("national_id",), "trainees", 2),
        UserError("osh.roster.id_checksum", ("nationalId",), "roster.csv", 7),
    ),
    (
        UserError("hours_invalid", ("hours",), "timetable", 3),
        UserError("hours_invalid", ("timetable", "hours"), None, 3),
    ),
    (
        UserError("osh.roster.field_missing", ("venue_proof.document_no",)),
        UserError("osh.roster.field_missing", ("venueProof", "documentNo")),
    ),
    (
        UserError("osh.roster.field_missing", ("training_name",)),
        UserError("osh.roster.field_missing", ("name",)),
    ),
]


@pytest.mark.parametrize(("told", "expected"), PLACES)
def test_the_agencys_places_are_told_in_the_terms_of_what_was_sent(
    told: UserError, expected: UserError
) -> None:
    courier = OshCourier(cast("OshFiling", Taken())).courier()
    payload = {"plan": {"kind": "professional"}, "file": "roster.csv", "lines": [3, 7]}

    found = courier.places["osh.post_plan"](delivery("osh.post_plan", payload), told)

    assert found == expected

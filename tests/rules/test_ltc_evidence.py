from datetime import date
from typing import Any

import pytest

from certhub.domain.decision import Decision
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

CERTIFICATE = {"id": "c1", "valid_from": date(2018, 9, 3), "valid_to": date(2024, 9, 2)}


def _decide(
    items: list[dict[str, Any]],
    as_of: date = date(2024, 8, 23),
    certificate: dict[str, Any] | None = None,
) -> Decision:
    facts = {"certificate": certificate or CERTIFICATE, "items": items}
    return evaluate("ltc.evidence", facts, as_of).decision


def _transcript(day: date, **more: object) -> dict[str, Any]:
    return {
        "id": "e1",
        "evidence": "elearning_transcript",
        "date": day,
        "passed": True,
        "points": 0.5,
        **more,
    }


def _reason(decision: Decision) -> object:
    report: Any = decision.report
    return report["results"][0]["reason"]


@pytest.mark.parametrize(
    ("passed_on", "as_of", "reason"),
    [
        (date(2024, 7, 23), date(2024, 8, 23), "elearning_not_yet_imported"),
        (date(2024, 7, 22), date(2024, 8, 23), "contact_helpdesk"),
        (date(2024, 1, 31), date(2024, 2, 29), "elearning_not_yet_imported"),
        (date(2024, 1, 31), date(2024, 3, 1), "contact_helpdesk"),
    ],
)
def test_a_transcript_proves_credit_for_a_month_to_the_day(
    passed_on: date, as_of: date, reason: str
) -> None:
    decision = _decide([_transcript(passed_on)], as_of)

    assert _reason(decision) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"passed": None}, "not_passed"),
        ({"passed": False, "date": date(2024, 1, 1)}, "not_passed"),
        ({"course_kind": "level_1", "date": date(2017, 1, 1)}, "excluded_course"),
        ({"date": date(2018, 9, 2)}, "out_of_window"),
        ({"date": date(2024, 8, 24)}, "out_of_window"),
        ({"evidence": "recognizer_confirmation"}, "recognizer_pending"),
        ({"evidence": "recognizer_confirmation", "confirmed": True}, "recognizer_confirmed"),
        ({"evidence": "system"}, "no_valid_proof"),
        (
            {"evidence": "medical_ce_proof", "attribute": "law", "role": "instructor"},
            "individual_or_joint_application",
        ),
        (
            {"evidence": "medical_ce_proof", "attribute": "law", "remark_codes": ["D2"]},
            "medical_ce_close_in_nature",
        ),
    ],
)
def test_course_window_and_proof_are_tested_in_this_order(
    change: dict[str, Any], reason: str
) -> None:
    decision = _decide([_transcript(date(2024, 8, 10), **change)])

    assert _reason(decision) == reason


@pytest.mark.parametrize(("credit_to", "accepted"), [(None, True), (date(2023, 12, 31), False)])
def test_an_extended_certificate_takes_proofs_until_its_window_closes(
    credit_to: date | None, accepted: bool
) -> None:
    certificate = {
        "id": "c1",
        "valid_from": date(2018, 1, 1),
        "valid_to": date(2023, 12, 31),
        "credit_to": credit_to,
    }

    decision = _decide([_transcript(date(2024, 8, 10))], certificate=certificate)

    assert bool(decision.used) is accepted


def test_a_transcript_grows_too_old() -> None:
    decision = _decide([_transcript(date(2024, 8, 10))])

    assert decision.next_change_on == date(2024, 9, 11)
    assert (decision.status, decision.report["points_added"]) == ("accepted", 0.5)


def test_bad_facts_are_refused_with_their_path() -> None:
    with pytest.raises(InvalidFacts) as caught:
        _decide([_transcript(date(2024, 8, 10), evidence="hearsay")])

    assert caught.value.details["path"] == "items[0].evidence"

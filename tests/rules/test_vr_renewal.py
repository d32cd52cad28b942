"""Renewal of a VR certificate: borders of the law, properties, refused facts."""

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certhub.domain.decision import Decision, details
from certhub.domain.errors import InvalidFacts
from certhub.rules.engine import evaluate

RULE = "vr.renewal"
AS_OF = date(2024, 4, 10)
CERTIFICATE = {"id": "c1", "valid_from": "2021-06-01", "valid_to": "2024-05-31"}

Given = dict[str, Any]


def _record(name: str, attribute: str, hours: float, **more: object) -> Given:
    return {
        "id": name,
        "date": "2022-05-10",
        "attribute": attribute,
        "hours": hours,
        "qualifications": ["employment_specialist"],
        **more,
    }


def _question(*activities: Given, **more: object) -> Given:
    return {
        "qualification": "employment_specialist",
        "certificate": CERTIFICATE,
        "activities": list(activities),
        **more,
    }


def _ask(question: Given, as_of: date = AS_OF) -> Decision:
    return evaluate(RULE, question, as_of).decision


FULL = (_record("a1", "professional", 54), _record("a2", "ethics", 6))


def test_one_hundredth_of_an_hour_decides() -> None:
    short = _ask(_question(_record("a1", "professional", 53.99), _record("a2", "ethics", 6)))
    enough = _ask(_question(*FULL))

    assert short.status == "hours_short"
    assert short.report["shortfall"] == {"professional_law": 0.01, "ethics_quality": 0}
    assert [row.short for row in short.requirements] == [1, 1, 0]
    assert enough.status == "renewable"


def test_hours_finer_than_hundredths_are_never_rounded() -> None:
    records = (_record("a1", "professional", 54), _record("a2", "ethics", 5.995))

    decision = _ask(_question(*records))

    assert decision.status == "hours_short"
    assert details(decision)["requirements"] == {
        "vr.ce.total": {"met": False, "counted": 59.995, "required": 60},
        "vr.ce.professional_law": {"met": True, "counted": 54, "required": 54},
        "vr.ce.ethics_quality": {"met": False, "counted": 5.995, "required": 6},
    }


@pytest.mark.parametrize(
    ("applied", "window"),
    [
        ("2023-11-30", "too_early"),
        ("2023-12-01", "system_early"),
        ("2024-02-29", "system_early"),
        ("2024-03-01", "statutory"),
        ("2024-05-31", "statutory"),
        ("2024-06-01", "late"),
    ],
)
def test_the_windows_open_and_close_on_their_days(applied: str, window: str) -> None:
    decision = _ask(_question(*FULL, application_date=applied))

    assert decision.report["window"] == window
    assert decision.window is not None
    assert (decision.window.opens, decision.window.closes) == (
        date(2023, 12, 1),
        date(2024, 5, 31),
    )


def test_a_late_application_loses_the_first_days_of_the_cycle() -> None:
    records = (_record("a1", "professional", 60, date="2021-06-01"), FULL[1])

    last = _ask(_question(*records, application_date="2024-06-01"))
    after = _ask(_question(*records, application_date="2024-06-02"))

    assert last.report["activities"] == {"a1": "counted", "a2": "counted"}
    assert after.report["activities"] == {"a1": "out_of_window", "a2": "counted"}


@pytest.mark.parametrize(
    ("applied", "required"),
    [("2019-11-11", (9000, 8100, 900)), ("2019-11-12", (6000, 5400, 600))],
)
def test_the_amounts_follow_the_text_of_the_application_day(
    applied: str, required: tuple[int, ...]
) -> None:
    certificate = {"id": "c1", "valid_from": "2016-12-01", "valid_to": "2019-11-30"}

    decision = _ask(_question(certificate=certificate, application_date=applied))

    assert tuple(row.required for row in decision.requirements) == required


def test_deducted_days_move_the_end_and_stretch_the_evidence() -> None:
    certificate = {**CERTIFICATE, "deductions": [{"from": "2022-01-01", "to": "2022-03-31"}]}

    decision = _ask(_question(certificate=certificate, application_date="2024-08-29"))

    assert decision.valid_to == date(2024, 8, 29)
    assert decision.report["window"] == "statutory"
    assert decision.report["ce_window"] == {"from": date(2021, 6, 1), "to": date(2024, 8, 29)}


def test_overlapping_deductions_count_once() -> None:
    spells = [
        {"from": "2022-01-01", "to": "2022-03-31"},
        {"from": "2022-03-01", "to": "2022-04-30"},
    ]
    certificate = {**CERTIFICATE, "deductions": spells}

    assert _ask(_question(certificate=certificate)).valid_to == date(2024, 5, 31) + timedelta(120)


def test_parameters_override_figures_by_name() -> None:
    question = _question(
        _record("a1", "professional", 40, weights=["offshore", "instructor"]),
        FULL[1],
        params={"weight_offshore": 1.25, "weight_combination": "sum", "ce_total_hours": 100},
    )

    decision = _ask(question)

    assert [(row.counted, row.required) for row in decision.requirements] == [
        (9600, 10000),
        (9000, 9400),
        (600, 600),
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"certificate": {**CERTIFICATE, "valid_to": "2021-05-31"}}, "certificate.valid_to"),
        ({"certificate": {**CERTIFICATE, "valid_to": "9999-12-31"}}, "certificate.valid_to"),
        ({"qualification": "assistant"}, "qualification"),
        ({"colour": "blue"}, ""),
        ({"params": {"weight_of_feathers": 2}}, "params.weight_of_feathers"),
        ({"params": {"ce_total_hours": "many"}}, "params.ce_total_hours"),
        ({"params": {"certificate_years": 8000}}, "params.certificate_years"),
        ({"params": {"weight_combination": "mean"}}, "params.weight_combination"),
        ({"activities": [_record("a1", "law", -1)]}, "activities[0].hours"),
        ({"activities": [_record("a1", "cooking", 1)]}, "activities[0].attribute"),
        ({"activities": [_record("a1", "law", 1, colour="blue")]}, "activities[0]"),
        ({"activities": [_record("a1", "law", 1, points=1)]}, "activities[0].hours"),
        ({"activities": [FULL[0], FULL[0]]}, "activities[1].id"),
    ],
)
def test_facts_that_contradict_themselves_are_refused_by_path(change: Given, path: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        _ask({**_question(*FULL), **change})

    assert refused.value.details["path"] == path


def test_records_of_the_shared_shape_are_accepted_whole() -> None:
    foreign = {
        "id": "a9",
        "registry": "ltc",
        "date": "2022-05-10",
        "attribute": "professional",
        "points": 3.6,
        "title": "失智症照顧",
        "categories": ["fire_safety"],
        "mode": "online",
        "role": "attendee",
        "course_kind": "general",
        "event": "e1",
        "provider": {"kind": "institution"},
    }

    decision = _ask(_question(*FULL, foreign))

    assert decision.status == "renewable"
    assert [(item.activity, item.reason) for item in decision.refused] == [("a9", "other_registry")]


def test_the_next_change_is_the_day_the_oldest_record_drops_out() -> None:
    records = (_record("a1", "professional", 54, date="2021-06-10"), FULL[1])

    decision = _ask(_question(*records), date(2024, 6, 5))

    assert decision.status == "renewable"
    assert decision.next_change_on == date(2024, 6, 11)
    assert _ask(_question(*records), date(2024, 6, 11)).status == "hours_short"


_DAYS = st.integers(0, 1300).map(lambda days: (date(2020, 12, 1) + timedelta(days)).isoformat())
_RECORDS: st.SearchStrategy[Given] = st.builds(
    dict,
    date=_DAYS,
    attribute=st.sampled_from(["professional", "law", "ethics", "quality"]),
    hours=st.integers(0, 3000).map(lambda hundredths: hundredths / 100),
    qualifications=st.lists(
        st.sampled_from(["employment_specialist", "case_manager"]), max_size=2, unique=True
    ),
    weights=st.lists(st.sampled_from(["offshore", "international", "instructor"]), max_size=3),
    registry=st.sampled_from(["vr", "vr", "vr", "ltc"]),
    review_state=st.sampled_from(["confirmed", "confirmed", "confirmed", "submitted"]),
)
_LISTS = st.lists(_RECORDS, max_size=8).map(
    lambda rows: [{"id": f"a{index}", **row} for index, row in enumerate(rows)]
)
_RANK = {"hours_short": 0, "renewable": 1}


@settings(max_examples=150, deadline=None)
@given(_LISTS, _RECORDS)
def test_another_record_never_lowers_a_renewal(records: list[Given], extra: Given) -> None:
    before = _ask(_question(*records))
    after = _ask(_question(*records, {"id": "extra", **extra}))

    assert _RANK[after.status] >= _RANK[before.status]
    for old, new in zip(before.requirements, after.requirements, strict=True):
        assert (new.counted or 0) >= (old.counted or 0)


@settings(max_examples=150, deadline=None)
@given(_LISTS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_records_does_not_matter(pair: tuple[list[Given], list[Given]]) -> None:
    first, second = (_ask(_question(*rows)) for rows in pair)

    assert details(first) == details(second)
    assert sorted(first.used, key=lambda item: item.activity) == sorted(
        second.used, key=lambda item: item.activity
    )


@settings(max_examples=60, deadline=None)
@given(_LISTS, st.integers(-400, 400))
def test_a_question_asked_again_gets_equal_bytes(records: list[Given], days: int) -> None:
    question = _question(*records)
    day = AS_OF + timedelta(days)

    assert orjson.dumps(details(_ask(question, day))) == orjson.dumps(details(_ask(question, day)))


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2016, 3, 1), date(2030, 1, 1)), st.integers(0, 400), st.booleans())
def test_windows_follow_each_other_without_a_gap(start: date, deducted: int, stretch: bool) -> None:
    certificate: Given = {
        "id": "c1",
        "valid_from": start.isoformat(),
        "valid_to": (start + timedelta(1094)).isoformat(),
    }
    if stretch and deducted:
        certificate["deductions"] = [
            {"from": start.isoformat(), "to": (start + timedelta(deducted - 1)).isoformat()}
        ]
    end = start + timedelta(1094 + (deducted if stretch else 0))
    order = ["too_early", "system_early", "statutory", "late"]
    places = []
    for day in (end - timedelta(300), end - timedelta(1), end, end + timedelta(1)):
        decision = _ask(_question(certificate=certificate, application_date=day.isoformat()))
        places.append(order.index(str(decision.report["window"])))
        assert decision.window is not None
        assert decision.window.closes == end
    system, statutory = (
        date.fromisoformat(str(details(decision)[key]))
        for key in ("system_window_opens", "statutory_window_opens")
    )
    for opens, before, at in ((system, 0, 1), (statutory, 1, 2)):
        for day, place in ((opens - timedelta(1), before), (opens, at)):
            asked = _ask(_question(certificate=certificate, application_date=day.isoformat()))
            assert asked.report["window"] == order[place]
    assert places == [0, 2, 2, 3]

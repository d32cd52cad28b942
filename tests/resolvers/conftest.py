"""Mirror rows made by hand: terms as the agencies write them, codes as the connectors add them."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from certhub.domain.bundles import PersonRows
from certhub.domain.provenance import Freshness, Provenance
from certhub.domain.records import BY_NAME, Kind
from certhub.domain.vocabulary import code_of
from certhub.resolvers.decisions import Question
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]

_numbers = count(1)

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "vr.qualification": {
        "professional_id": "P1",
        "title": "就業服務員",
        "clause": "第七條第一項第一款",
        "status": "確認",
        "issued_on": date(2022, 3, 1),
    },
    "vr.training_record": {
        "professional_id": "P1",
        "course_name": "測試課程",
        "nature": "繼續教育",
        "held_from": date(2023, 5, 1),
        "held_to": date(2023, 5, 1),
        "category": "專業課程",
        "delivery": "實體",
        "identity": "學員",
        "hours": 600,
        "credited_hours": 600,
        "outlying_island": "否",
        "international": "否",
        "lecturer": "否",
        "status": "確認",
        "qualification_titles": ["就業服務員"],
    },
    "vr.extension": {
        "professional_id": "P1",
        "qualification_id": "Q1",
        "applied_on": date(2023, 1, 5),
        "leave_from": date(2023, 2, 1),
        "leave_to": date(2023, 7, 31),
        "reason": "育嬰留職停薪",
        "local_authority": "臺北市",
        "local_document_no": "測字第1號",
        "local_document_on": date(2023, 1, 20),
        "status": "通過",
        "decided_on": date(2023, 1, 31),
    },
    "vr.appointment": {
        "professional_id": "P1",
        "institution_tax_id": "12345675",
        "title": "就業服務員",
        "first_hired_on": date(2022, 4, 1),
        "appointed_on": date(2022, 4, 1),
        "county": "臺北市",
        "full_time": True,
    },
    "ltc.person": {
        "nationality": "本國籍人員",
        "name": "測試甲",
        "birth_date": date(1990, 1, 1),
        "identifiers": [{"type": "身分證字號", "type__code": "national_id", "current": True}],
        "merged_ids": [],
    },
    "ltc.certificate": {
        "person_id": "L1",
        "no": "照服字第1號",
        "suffix": "",
        "personnel_type": "照顧服務人員",
        "employment_path": "長照人員（一般）",
        "valid_from": date(2019, 7, 1),
        "valid_to": date(2025, 6, 30),
        "original_valid_to": date(2025, 6, 30),
        "pandemic_extended": False,
        "credit_from": date(2019, 7, 1),
        "renewal_count": 0,
        "issued_by": "臺北市政府",
        "state": "有效",
    },
    "ltc.credit": {
        "person_id": "L1",
        "course_name": "測試課程",
        "attribute": "專業課程",
        "categories": [],
        "method": "一、參加實體繼續教育。",
        "mode": "實體",
        "live_sync": False,
        "training_course": "9.其他",
        "points": 360,
        "status": "符合",
        "role": "學員",
        "source": "系統登錄",
    },
    "ltc.registration": {
        "person_id": "L1",
        "certificate_id": "C1",
        "unit_id": "U1",
        "kind": "登錄",
        "main": True,
        "starts_on": date(2020, 1, 1),
        "county": "臺北市",
        "state": "登錄中",
    },
    "osh.training_class": {
        "institution_code": "OH1",
        "training_kind": "在職教育訓練",
        "training_name": "勞工健康服務護理人員在職教育訓練",
        "format": "講授",
        "starts_on": date(2023, 5, 6),
        "ends_on": date(2023, 5, 6),
        "county": "臺北市",
        "counsellor": "測試輔導員",
        "total_hours": 600,
        "filed_on": date(2023, 4, 1),
        "noted_no": "府勞檢字第1號",
        "state": "結案",
    },
    "osh.recognition": {
        "institution_code": "OH1",
        "training_kinds": "專業訓練、在職教育訓練",
        "recognised_on": date(2021, 7, 1),
        "valid_from": date(2021, 7, 1),
        "valid_to": date(2024, 6, 30),
        "state": "有效",
    },
    "osh.trainee": {
        "class_no": "K1",
        "seq": "1",
        "name": "測試乙",
        "birth_date": date(1985, 5, 5),
        "licence_no": "護字第000001號",
        "profession": "護理人員",
    },
    "osh.certificate": {
        "class_no": "K1",
        "trainee_no": "T1",
        "kind": "在職教育訓練證明",
        "ends_on": date(2023, 5, 6),
        "issued_on": date(2023, 5, 6),
        "hours": 600,
        "category_hours": "職業安全衛生相關法規=2;職場健康風險評估=2;職場健康管理實務=2",
    },
    "osh.result": {
        "class_no": "K1",
        "trainee_no": "T1",
        "exam_on": date(2022, 3, 5),
        "attempt": "初測",
        "outcome": "及格",
    },
}


def make_row(entity: str, id: str | None = None, **values: Any) -> dict[str, Any]:  # noqa: A002
    """A live row of ``entity`` with every column; codes follow from the terms."""
    catalogue = BY_NAME[entity]
    row: dict[str, Any] = {"id": id or f"X{next(_numbers)}", "deleted_at": None}
    given = {**_DEFAULTS.get(entity, {}), **values}
    if entity == "ltc.credit":
        day = given.pop("on", date(2022, 10, 1))
        noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        given.setdefault("starts_at", noon)
        given.setdefault("ends_at", noon + timedelta(hours=6))
    for field in catalogue.fields:
        value = given.pop(field.name, None)
        if field.kind is Kind.NUMBER:
            continue
        row[field.name] = value
        if not field.vocabulary:
            continue
        if field.kind is Kind.TEXTS:
            codes = (code_of(field.vocabulary, term) for term in value or ())
            row[f"{field.name}__codes"] = [code for code in codes if code is not None]
        else:
            row[f"{field.name}__code"] = code_of(field.vocabulary, value)
    assert not given, f"no such columns: {sorted(given)}"
    return row


@pytest.fixture
def row() -> MakeRow:
    """Makes a row: ``row("vr.qualification", "Q1", issued_on=...)``."""
    return make_row


@pytest.fixture
def person() -> Callable[..., PersonRows]:
    """Makes a person: ``person(vr={"qualifications": [...]})``."""

    def make(**registries: Mapping[str, Any]) -> PersonRows:
        made = PersonRows("00000000-0000-0000-0000-000000000001")
        for registry, rows in registries.items():
            for name, value in rows.items():
                assert hasattr(getattr(made, registry), name)
                setattr(getattr(made, registry), name, value)
        return made

    return make


def _states(**given: Freshness) -> dict[str, Provenance]:
    return {
        registry: Provenance(registry, given.get(registry, Freshness.FRESH))
        for registry in ("vr", "ltc", "osh")
    }


@pytest.fixture
def ask() -> Callable[..., Question]:
    """Makes a question: ``ask(date(2024, 5, 1), osh=Freshness.STALE)``."""

    def make(as_of: date, **states: Freshness) -> Question:
        return Question(as_of, current_ruleset(), _states(**states))

    return make

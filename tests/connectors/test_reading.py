"""Records of the contracts' examples, whole and broken."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from certhub.connectors.base import DriftLog
from certhub.connectors.reading import Faulty, Reader, reread
from certhub.domain.records import BY_COLLECTION, BY_NAME
from certhub.domain.roc_date import TAIPEI
from certhub.domain.sync import Drift, Problem, Record
from certhub.domain.tw_id import NationalId

from .conftest import CONTRACTS

EXAMPLES = CONTRACTS / "examples"

COURSE: dict[str, Any] = {
    "id": "20221205000004",
    "no": "20221205000004",
    "name": "職業重建概論",
    "nature": "繼續教育",
    "public": True,
    "delivery": "實體、視訊",
    "session": "全日",
    "starts_on": "111/03/07",
    "ends_on": "111/03/07",
    "fee": 0,
    "place": "臺北市測試路1號",
    "county": "臺北市",
    "categories": [{"category": "專業課程", "field": "個案評估與計畫", "hours": "3.5"}],
    "method": "教育課程",
    "target_titles": ["就業服務員", "督導_就業督導"],
    "lecturers": [{"name": "王小明", "national_id": "A100000001"}, {"name": "測試講師"}],
    "contact": {"name": "承辦人", "phone": "02-00000000", "email": "office@test.invalid"},
    "requirements": "現職人員",
    "institution_tax_id": "04595257",
    "institution_name": "測試協會",
    "hours": "6",
    "status": "通過",
    "roster_state": "已匯入",
}


def _credit(**changes: Any) -> dict[str, Any]:
    lines = (EXAMPLES / "ltc-snapshot-credit.ndjson").read_text("utf-8").splitlines()
    credit: dict[str, Any] = json.loads(lines[0]) | changes
    return {name: value for name, value in credit.items() if value != "absent"}


def _read(entity: str, raw: dict[str, Any], **options: Any) -> tuple[Record, tuple[Drift, ...]]:
    drift = DriftLog()
    record = Reader(BY_NAME[entity], drift, **options).read(raw, 7)
    return record, drift.take()


def test_a_credit_becomes_days_hundredths_and_codes() -> None:
    record, drift = _read("ltc.credit", _credit())

    assert (record.entity, record.id, record.version) == ("ltc.credit", "D00000882", 7)
    assert record.values["starts_at"] == datetime(2023, 6, 19, 9, 0, tzinfo=TAIPEI)
    assert record.values["points"] == 360
    assert record.values["live_sync"] is False
    assert record.values["course_name"] == "消防安全課程881"
    assert record.values["categories"] == ["消防安全"]
    assert record.values["categories__codes"] == ["fire_safety"]
    assert record.values["attribute__code"] == "law"
    assert record.values["mode__code"] == "in_person"
    assert record.values["status__code"] == "confirmed"
    assert record.values["source__code"] == "system"
    assert record.values["training_course__code"] == "general"
    assert record.values["reason"] is None
    assert drift == ()


def test_every_field_and_code_of_the_catalogue_is_in_the_values() -> None:
    record, _ = _read("ltc.credit", _credit())

    entity = BY_NAME["ltc.credit"]
    names = {field.name for field in entity.fields}
    assert {name for name in record.values if "__code" not in name} == names


@pytest.mark.parametrize("name", ["vr-qualifications-page.json", "vr-training-records-page.json"])
def test_the_vr_examples_read_without_fault_or_drift(name: str) -> None:
    entity = BY_COLLECTION["vr", name.removeprefix("vr-").removesuffix("-page.json")]
    drift = DriftLog()
    reader = Reader(entity, drift, envelope=frozenset({"version", "updated_at", "deleted"}))

    items = json.loads((EXAMPLES / name).read_text("utf-8"))["items"]
    read = [reader.read(item, item["version"]) for item in items if not item["deleted"]]

    assert [record.id for record in read] == [i["id"] for i in items if not i["deleted"]]
    assert drift.take() == ()


def test_the_ltc_examples_read_without_fault_or_drift() -> None:
    lines = (EXAMPLES / "ltc-changes.ndjson").read_text("utf-8").splitlines()
    drift = DriftLog()

    read = []
    for line in map(json.loads, lines):
        if line["op"] == "upsert":
            reader = Reader(BY_COLLECTION["ltc", line["entity"]], drift)
            read.append(reader.read(line["data"], line["seq"]).id)

    assert read == ["L0000031", "D00001140", "G00000271", "L0000027", "D00001650", "D00001654"]
    assert drift.take() == ()


@pytest.mark.parametrize(("kind", "rows"), [("full", 160), ("delta", 9)])
def test_the_osh_examples_read_without_fault_or_drift(kind: str, rows: int) -> None:
    drift = DriftLog()
    read = 0

    with zipfile.ZipFile(EXAMPLES / f"osh-drop-{kind}.zip") as packed:
        manifest = json.loads(packed.read("manifest.json"))
        for file in manifest["files"]:
            if file["table"] is None:
                continue
            reader = Reader(BY_COLLECTION["osh", file["table"]], drift, text_cells=True)
            text = packed.read(file["name"]).decode(file["encoding"])
            for row in csv.DictReader(io.StringIO(text)):
                del row["異動別"]
                reader.read({name: cell for name, cell in row.items() if cell}, 1)
                read += 1

    assert read == rows
    assert drift.take() == ()


def test_the_headings_of_the_osh_tables_are_those_of_the_catalogue() -> None:
    text = (EXAMPLES / "osh-csv-headers.csv").read_text("utf-8-sig")

    for table, operation, *headings in csv.reader(io.StringIO(text)):
        entity = BY_COLLECTION["osh", table]
        assert operation == "異動別"
        assert set(headings) == {entity.key, *(field.contract_name for field in entity.fields)}


def test_numbers_of_people_travel_masked() -> None:
    raw = json.loads((EXAMPLES / "ltc-changes.ndjson").read_text("utf-8").splitlines()[4])["data"]

    record, _ = _read("ltc.person", raw)

    assert record.values["identifiers"] == [
        {
            "type": "新式統一證號",
            "type__code": "arc_new",
            "number": NationalId("F861235658"),
            "current": True,
        },
        {
            "type": "護照號",
            "type__code": "passport",
            "number": NationalId("B9342933"),
            "current": False,
        },
        {
            "type": "舊式居留證號",
            "type__code": "arc_old",
            "number": NationalId("FC19743516"),
            "current": False,
        },
    ]
    assert "F861235658" not in repr(record)


def test_nested_records_keep_the_contract_s_words_beside_their_codes() -> None:
    record, drift = _read("vr.course", COURSE)

    assert record.values["categories"] == [
        {
            "category": "專業課程",
            "category__code": "professional",
            "core_competency": None,
            "field": "個案評估與計畫",
            "hours": "3.5",
        }
    ]
    assert record.values["lecturers"] == [
        {"name": "王小明", "number": NationalId("A100000001")},
        {"name": "測試講師", "number": None},
    ]
    assert record.values["contact"] == {
        "name": "承辦人",
        "phone": "02-00000000",
        "fax": None,
        "email": "office@test.invalid",
    }
    assert record.values["target_titles__codes"] == [
        "employment_specialist",
        "supervisor_employment_service",
    ]
    assert record.values["delivery__code"] == "in_person"
    assert record.values["county__code"] == "63000"
    assert record.values["hours"] == 600
    assert drift == ()


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"points": "absent"}, "points", "missing_required"),
        ({"points": None}, "points", "missing_required"),
        ({"points": 3.6}, "points", "wrong_type"),
        ({"points": ["3.6"]}, "points", "wrong_type"),
        ({"points": "3.600"}, "points", "not_an_amount"),
        ({"points": "1e2"}, "points", "not_an_amount"),
        ({"points": "-1"}, "points", "not_an_amount"),
        ({"points": "３"}, "points", "not_an_amount"),
        ({"ends_at": "113/02/30 09:00:00"}, "ends_at", "impossible_date"),
        ({"ends_at": "2024-02-28T09:00:00"}, "ends_at", "not_a_date"),
        ({"ends_at": ""}, "ends_at", "not_a_date"),
        ({"live_sync": "false"}, "live_sync", "wrong_type"),
        ({"live_sync": 1}, "live_sync", "wrong_type"),
        ({"course_name": 5}, "course_name", "wrong_type"),
        ({"course_name": ["名稱"]}, "course_name", "wrong_type"),
        ({"course_name": "absent"}, "course_name", "missing_required"),
        ({"unit_name": 5}, "unit_name", "wrong_type"),
        ({"categories": "消防安全"}, "categories", "wrong_type"),
        ({"categories": [1]}, "categories", "wrong_type"),
        ({"course_name": "a\x00b"}, "", "bad_text"),
        ({"id": 5}, "id", "wrong_type"),
        ({"id": ""}, "id", "missing_required"),
        ({"id": "absent"}, "id", "missing_required"),
    ],
)
def test_a_faulty_record_names_its_field_and_reason(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    reader = Reader(BY_NAME["ltc.credit"], DriftLog())

    with pytest.raises(Faulty) as caught:
        reader.read(_credit(**changes), 1)

    assert (caught.value.field, caught.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"categories": [{"category": "專業課程"}]}, "categories[0].hours", "missing_required"),
        (
            {"categories": [{"category": "專業課程", "hours": 3}]},
            "categories[0].hours",
            "wrong_type",
        ),
        ({"categories": ["專業課程"]}, "categories[0]", "wrong_type"),
        ({"lecturers": [{"name": "甲"}, {}]}, "lecturers[1].name", "missing_required"),
        ({"contact": []}, "contact", "wrong_type"),
        ({"contact": {"name": "甲", "phone": "1"}}, "contact.email", "missing_required"),
        ({"fee": "0"}, "fee", "wrong_type"),
        ({"fee": True}, "fee", "wrong_type"),
        ({"fee": 1 << 63}, "fee", "not_a_number"),
        ({"starts_on": "111年3月7日"}, "starts_on", "not_a_date"),
        ({"starts_on": "110/02/29"}, "starts_on", "impossible_date"),
    ],
)
def test_a_fault_in_a_nested_record_names_its_place(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    reader = Reader(BY_NAME["vr.course"], DriftLog())

    with pytest.raises(Faulty) as caught:
        reader.read(COURSE | changes, 1)

    assert (caught.value.field, caught.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"開訓日": "112/11/24"}, "開訓日", "not_a_date"),
        ({"開訓日": "112年2月30日"}, "開訓日", "impossible_date"),
        ({"受訓人數": "三十"}, "受訓人數", "not_a_number"),
        ({"總時數": "18小時"}, "總時數", "not_an_amount"),
    ],
)
def test_a_faulty_cell_names_its_heading(cells: dict[str, str], field: str, reason: str) -> None:
    reader = Reader(BY_NAME["osh.training_class"], DriftLog(), text_cells=True)

    with pytest.raises(Faulty) as caught:
        reader.read({"班別編號": "OH0001-113-000123", **cells}, 1)

    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_a_missing_optional_field_is_null() -> None:
    record, drift = _read("ltc.credit", _credit(course_id="absent", source="absent"))

    assert record.values["course_id"] is None
    assert record.values["source"] is None
    assert record.values["source__code"] is None
    assert drift == ()


def test_absent_and_null_are_the_same_record() -> None:
    absent, _ = _read("ltc.credit", _credit(course_id="absent"))
    null, _ = _read("ltc.credit", _credit(course_id=None))

    assert absent.raw_hash == null.raw_hash


def test_the_order_of_keys_does_not_change_the_hash() -> None:
    one, _ = _read("ltc.credit", _credit())
    other, _ = _read("ltc.credit", dict(reversed(_credit().items())))

    assert one.raw_hash == other.raw_hash
    assert len(one.raw_hash) == hashlib.sha256().digest_size


def test_another_value_changes_the_hash() -> None:
    one, _ = _read("ltc.credit", _credit())
    other, _ = _read("ltc.credit", _credit(points="3.60"))

    assert one.raw_hash != other.raw_hash


def test_an_unknown_field_is_counted_and_not_kept() -> None:
    record, drift = _read("ltc.credit", _credit(diagnosis="機密"))

    assert "diagnosis" not in record.values
    assert "機密" not in str(record.values)
    assert drift == (Drift("ltc.credit", "diagnosis", "unknown_field"),)


def test_an_unknown_field_of_a_nested_record_is_counted_and_not_kept() -> None:
    contact = COURSE["contact"] | {"fax2": "1"}

    record, drift = _read("vr.course", COURSE | {"contact": contact})

    assert "fax2" not in str(record.values)
    assert drift == (Drift("vr.course", "contact.fax2", "unknown_field"),)


def test_an_unknown_value_is_kept_without_a_code_and_counted() -> None:
    drift = DriftLog()
    reader = Reader(BY_NAME["ltc.credit"], drift)
    raw = _credit(status="待確認", categories=["消防安全", "新類別"])

    first = reader.read(raw, 1)
    reader.read(raw, 2)

    assert first.values["status"] == "待確認"
    assert first.values["status__code"] is None
    assert first.values["categories"] == ["消防安全", "新類別"]
    assert first.values["categories__codes"] == ["fire_safety"]
    assert drift.take() == (
        Drift("ltc.credit", "status", "unknown_value", "待確認", 2),
        Drift("ltc.credit", "categories", "unknown_value", "新類別", 2),
    )
    assert drift.take() == ()


def test_an_unknown_county_is_reported_though_the_contract_lists_none() -> None:
    record, drift = _read("vr.course", COURSE | {"county": "馬祖"})

    assert record.values["county__code"] is None
    assert drift == (Drift("vr.course", "county", "unknown_value", "馬祖"),)


def test_an_unknown_element_of_a_joined_list_is_reported_by_itself() -> None:
    record, drift = _read(
        "osh.recognition",
        {"認可編號": "OH0001-1", "訓練類別": "專業訓練、新類訓練"},
        text_cells=True,
    )

    assert record.values["training_kinds__code"] == "professional"
    assert drift == (Drift("osh.recognition", "訓練類別", "unknown_value", "新類訓練"),)


def test_a_sample_that_looks_like_a_number_is_not_shown() -> None:
    _, drift = _read("ltc.credit", _credit(status="A123456789"))

    assert drift == (Drift("ltc.credit", "status", "unknown_value", "***"),)


def test_drift_of_endless_variety_is_bounded() -> None:
    drift = DriftLog()

    for number in range(3000):
        drift.add("ltc.credit", "status", "unknown_value", f"值{number}")

    taken = drift.take()
    assert len(taken) == 1001
    assert sum(each.count for each in taken) == 3000


def test_what_is_set_aside_shows_no_number_in_its_reason() -> None:
    raw = {"id": "P1", "national_id": ["A123456789"], "name": "王小明", "birth_date": "85/11/20"}
    reader = Reader(BY_NAME["vr.professional"], DriftLog())

    with pytest.raises(Faulty) as caught:
        reader.read(raw, 3)
    problem = reader.problem(raw, caught.value, "professionals page 1 item 1", 3)

    assert (problem.id, problem.field, problem.reason) == ("P1", "national_id", "wrong_type")
    assert problem.version == 3
    assert json.loads(problem.raw) == raw
    assert "A123456789" not in str(caught.value)


def test_a_record_set_aside_can_be_read_again() -> None:
    good = reread("osh.training_class", {"班別編號": "K1", "總時數": "18"}, 5)
    bad = reread("osh.training_class", {"班別編號": "K1", "總時數": "?"}, 5)

    assert isinstance(good, Record)
    assert good.values["total_hours"] == 1800
    assert isinstance(bad, Problem)
    assert (bad.field, bad.reason, bad.version) == ("總時數", "not_an_amount", 5)


def test_days_are_read_once_and_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certhub.connectors.fields._REMEMBERED", 2)
    reader = Reader(BY_NAME["vr.appointment"], DriftLog())
    raw: dict[str, Any] = {
        "id": "A1",
        "professional_id": "P1",
        "institution_tax_id": "04595257",
        "title": "就業服務員",
        "first_hired_on": "110/01/04",
        "county": "臺北市",
        "full_time": True,
    }

    days = [
        reader.read(raw | {"appointed_on": f"110/01/0{day}", "left_on": None}, 1).values
        for day in (4, 5, 6, 7)
    ]

    assert [values["appointed_on"] for values in days] == [
        date(2021, 1, day) for day in range(4, 8)
    ]
    assert [values["left_on"] for values in days] == [None] * 4


ODD: list[dict[str, Any]] = [
    {},
    {"points": "3.60"},
    {"course_id": "absent", "source": "absent"},
    {"reason": '字\\n"\t引號'},
    {"categories": []},
    {"categories": ["消防安全", "沒聽過"]},
    {"role": "沒聽過"},
    {"diagnosis": "機密"},
    {"points": "1,5"},
    {"points": 3.6},
    {"starts_at": "112/02/30 09:00:00"},
    {"live_sync": "否"},
    {"status": None},
    {"id": ""},
    {"id": "absent"},
    {"reason": "a\x00b"},
    {"categories": None},
    {"categories": ["消防安全", 1]},
    {"course_name": 7},
]


def _one_by_one(raws: list[dict[str, Any]]) -> tuple[list[Record], list[tuple[int, str, str]], Any]:
    drift = DriftLog()
    reader = Reader(BY_NAME["ltc.credit"], drift)
    records, faulty = [], []
    for place, raw in enumerate(raws):
        try:
            records.append(reader.read(raw, 7))
        except Faulty as fault:
            faulty.append((place, fault.field, fault.reason))
    return records, faulty, sorted(drift.take(), key=repr)


@pytest.mark.parametrize("places", [[0, 1], [2, 3, 4], [5, 5, 6, 7], [0, 8, 7, 9], range(len(ODD))])
def test_records_read_together_are_those_read_one_by_one(places: list[int]) -> None:
    raws = [_credit(**ODD[place]) for place in places]
    drift = DriftLog()
    reader = Reader(BY_NAME["ltc.credit"], drift)
    size = len(raws)

    block, faulty = reader.read_block(raws, (7,) * size, (None,) * size)

    found = [(place, fault.field, fault.reason) for place, fault in faulty]
    assert (list(block), found, sorted(drift.take(), key=repr)) == _one_by_one(raws)


@pytest.mark.parametrize("change", ODD, ids=repr)
def test_a_line_is_read_as_its_record_or_left_to_be_looked_at(change: dict[str, Any]) -> None:
    raws = [_credit(), _credit(**change)]
    drift = DriftLog()
    reader = Reader(BY_NAME["ltc.credit"], drift)

    block = reader.read_lines([json.dumps(raw).encode() for raw in raws], 7)

    records, faulty, drifted = _one_by_one(raws)
    if block is None:
        assert faulty or "diagnosis" in change
        assert drift.take() == ()
    else:
        assert (list(block), sorted(drift.take(), key=repr)) == (records, drifted)
        assert not faulty


def test_lines_that_hold_another_number_of_records_are_looked_at_one_by_one() -> None:
    reader = Reader(BY_NAME["ltc.credit"], DriftLog())
    line = json.dumps(_credit()).encode()

    assert reader.read_lines([line, b""], 7) is None
    assert reader.read_lines([line + b"\n" + line, line], 7) is None
    assert reader.read_lines([line[:-1], b"}"], 7) is None


def test_texts_that_recur_are_held_once() -> None:
    reader = Reader(BY_NAME["ltc.credit"], DriftLog())
    line = json.dumps(_credit()).encode()

    first, second = reader.read_lines([line], 7), reader.read_lines([line], 7)

    assert first is not None
    assert second is not None
    assert first.columns["unit_name"][0] is second.columns["unit_name"][0]

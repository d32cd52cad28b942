"""Signed drops of the OSH system, with the faults that its contract names."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certhub.connectors.errors import (
    AgencyRefused,
    AgencyTooLarge,
    AgencyUnauthorised,
    AgencyUnavailable,
    DropMissing,
    DropRejected,
)
from certhub.connectors.osh.rows import TABLES
from certhub.domain.sync import Batch

from .conftest import CONTRACTS, Cut, DropFile, OshAgency, html, pack, read_all, table

EXAMPLES = CONTRACTS / "examples"
INDEX, JWKS = "/drops/index.json", "/.well-known/jwks.json"

CLASS = ["異動別", "班別編號", "機構代碼", "訓練類別", "狀態"]
TRAINEE = ["異動別", "受訓人員編號", "班別編號", "姓名", "身分證字號"]


def _class(number: int, operation: str = "新增", state: str = "結案") -> list[str]:
    return [operation, f"K{number}", "OH0001", "專業訓練", state]


def _classes(*rows: list[str], header: list[str] | None = None) -> DropFile:
    return table("classes", header or CLASS, list(rows))


def _full(*rows: list[str]) -> list[DropFile]:
    """Every table of a drop, all empty but the classes."""
    files = [
        table(name, ["異動別", entity.key], [])
        for name, entity in TABLES.items()
        if name != "classes"
    ]
    return [*files, _classes(*rows)]


def _ids(batch: Batch) -> list[str]:
    return [record.id for record in batch.records]


def _at(sequence: int, generation: int = 0) -> dict[str, object]:
    return {"generation": generation, "sequence": sequence}


def _downloads(agency: OshAgency) -> list[str]:
    return [
        request.url.path.removeprefix("/drops/")
        for request in agency.requests
        if request.url.path.startswith("/drops/osh-")
    ]


# --- the contract's own drops


@pytest.fixture
def example(osh_agency: OshAgency) -> OshAgency:
    """An agency that serves the two drops of the contract."""
    index = json.loads((EXAMPLES / "osh-index.json").read_text("utf-8"))
    osh_agency.drops = index["drops"]
    for entry, kind in zip(index["drops"], ("full", "delta"), strict=True):
        osh_agency.content[entry["name"]] = (EXAMPLES / f"osh-drop-{kind}.zip").read_bytes()
    keys = json.loads((EXAMPLES / "osh-jwks.json").read_text("utf-8"))
    for _ in range(5):
        osh_agency.plan(JWKS, httpx.Response(200, json=keys))
    return osh_agency


async def test_the_example_s_full_drop_and_its_delta_are_applied(example: OshAgency) -> None:
    full, delta = await read_all(example.connector())

    everything = frozenset(entity.name for entity in TABLES.values())
    assert full.position == _at(101)
    assert (full.fetched, len(full.records), len(list(full.records))) == (160, 160, 160)
    assert full.begins == full.complete == everything
    assert (full.notes, list(full.problems), full.drift) == ((), [], ())
    assert delta.position == _at(102)
    assert (delta.fetched, len(list(delta.records))) == (9, 9)
    assert delta.begins == delta.complete == frozenset()
    assert len(example.asked(JWKS)) == 1


async def test_names_of_the_example_come_decoded_from_cp950(example: OshAgency) -> None:
    full, _ = await read_all(example.connector())

    trainee = next(r for r in full.records if r.id == "OH0005-113-002226-004")
    assert trainee.values["name"] == "伊布‧水雨"
    assert trainee.values["profession__code"] == "nurse"
    assert str(trainee.values["birth_date"]) == "1974-10-03"
    assert repr(trainee.values["national_id"]) == "NationalId(F*****8191)"


async def test_a_drop_can_be_gone_through_again_and_again(example: OshAgency) -> None:
    full, _ = await read_all(example.connector())

    first, second = list(full.records), list(full.records)

    assert first == second
    assert full.records[0] == first[0]
    assert full.records[-1] == first[-1]
    assert list(full.records[2:4]) == first[2:4]
    with pytest.raises(IndexError):
        full.records[160]


async def test_manifest_and_signature_of_the_example_stand_alone(example: OshAgency) -> None:
    with zipfile.ZipFile(EXAMPLES / "osh-drop-full.zip") as packed:
        manifest = packed.read("manifest.json")

    assert json.loads(manifest) == json.loads((EXAMPLES / "osh-manifest.json").read_bytes())
    assert len(await read_all(example.connector(), _at(101))) == 1


# --- order


async def test_the_newest_full_drop_comes_first_then_its_deltas(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(101, "delta", [_classes(_class(2))], base=100)
    osh_agency.publish(107, "full", _full(_class(3)))
    osh_agency.publish(108, "delta", [_classes(_class(4))], base=107)
    osh_agency.publish(109, "delta", [_classes(_class(5))], base=108)

    batches = await read_all(osh_agency.connector())

    assert [batch.position["sequence"] for batch in batches] == [107, 108, 109]
    assert [_ids(batch) for batch in batches] == [["K3"], ["K4"], ["K5"]]
    assert [record.version for batch in batches for record in batch.records] == [107, 108, 109]


async def test_entries_listed_twice_count_once(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.drops += [dict(osh_agency.drops[0]), {"name": "../x", "sequence": 200}, "text"]  # type: ignore[list-item]

    batches = await read_all(osh_agency.connector())

    assert [batch.position["sequence"] for batch in batches] == [107]


async def test_deltas_go_on_from_the_position(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(101, "delta", [_classes(_class(2))], base=100)
    osh_agency.publish(102, "delta", [_classes(_class(3))], base=101)

    batches = await read_all(osh_agency.connector(), _at(101))

    assert [_ids(batch) for batch in batches] == [["K3"]]


async def test_nothing_new_downloads_nothing(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))

    assert await read_all(osh_agency.connector(), _at(100)) == []
    assert [request.url.path for request in osh_agency.requests] == [INDEX]


async def test_a_gap_waits_for_the_next_full_drop(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(103, "delta", [_classes(_class(2))], base=102)

    with pytest.raises(DropMissing):
        await read_all(osh_agency.connector(), _at(101))

    assert _downloads(osh_agency) == []


async def test_a_gap_with_a_newer_full_drop_begins_there(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.publish(108, "delta", [_classes(_class(2))], base=107)

    batches = await read_all(osh_agency.connector(), _at(90))

    assert [batch.position["sequence"] for batch in batches] == [107, 108]


async def test_a_delta_on_another_base_is_refused(osh_agency: OshAgency) -> None:
    osh_agency.publish(102, "delta", [_classes(_class(2))], base=100)

    with pytest.raises(DropRejected, match="base_differs"):
        await read_all(osh_agency.connector(), _at(101))


@pytest.mark.parametrize("position", [None, _at(5)])
async def test_an_empty_index_is_not_up_to_date(
    osh_agency: OshAgency, position: dict[str, object] | None
) -> None:
    with pytest.raises(DropMissing):
        await read_all(osh_agency.connector(), position)


async def test_deltas_alone_cannot_begin(osh_agency: OshAgency) -> None:
    osh_agency.publish(102, "delta", [_classes(_class(2))], base=101)

    with pytest.raises(DropMissing):
        await read_all(osh_agency.connector())


async def test_numbers_that_went_back_are_not_up_to_date(osh_agency: OshAgency) -> None:
    osh_agency.publish(3, "full", _full(_class(1)))

    with pytest.raises(DropMissing):
        await read_all(osh_agency.connector(), _at(900))


async def test_a_full_run_reads_the_newest_of_each_row_in_one_batch(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1), _class(2), _class(3), _class(4)))
    osh_agency.publish(101, "delta", [_classes(_class(2, state="停訓"))], base=100)
    deleted = ["刪除", "K3", "", "", ""]
    osh_agency.publish(102, "delta", [_classes(_class(2, state="取消"), deleted)], base=101)

    [batch] = await read_all(osh_agency.connector(), _at(102, generation=2), full=True)

    assert batch.position == _at(102, 3)
    states = {record.id: record.values["state"] for record in batch.records}
    assert states == {"K1": "結案", "K2": "取消", "K4": "結案"}
    assert len(batch.records) == 3
    assert {record.version for record in batch.records} == {3 << 40 | 102}
    assert [(item.id, item.version) for item in batch.tombstones] == [("K3", 3 << 40 | 102)]
    assert batch.begins == batch.complete == frozenset(e.name for e in TABLES.values())


async def test_a_full_run_never_goes_back_behind_what_is_stored(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(101, "delta", [_classes(_class(2))], base=99)
    osh_agency.publish(102, "delta", [_classes(_class(3))], base=101)

    with pytest.raises(DropRejected):
        await read_all(osh_agency.connector(), _at(102, generation=2), full=True)


async def test_a_faulty_row_of_a_later_drop_leaves_the_good_one_before_it(
    osh_agency: OshAgency,
) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    bad = [*_class(1), "113/05/06"]
    header = [*CLASS, "開訓日"]
    osh_agency.publish(101, "delta", [_classes(bad, header=header)], base=100)

    [batch] = await read_all(osh_agency.connector(), _at(101), full=True)

    assert [record.id for record in batch.records] == ["K1"]
    assert [problem.id for problem in batch.problems] == ["K1"]


# --- content


async def test_rows_are_inserted_changed_and_deleted(osh_agency: OshAgency) -> None:
    rows = [
        _class(1, "新增"),
        _class(2, "修改", state="停訓"),
        ["刪除", "K3", "", "", ""],
    ]
    osh_agency.publish(101, "delta", [_classes(*rows)], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert [(r.id, r.values["state__code"]) for r in batch.records] == [
        ("K1", "closed"),
        ("K2", "halted"),
    ]
    assert [(t.entity, t.id, t.version) for t in batch.tombstones] == [
        ("osh.training_class", "K3", 101)
    ]
    assert batch.fetched == 3


async def test_the_last_row_of_a_key_counts(osh_agency: OshAgency) -> None:
    rows = [
        _class(1, state="報備"),
        _class(1, "修改", state="結案"),
        _class(2),
        ["刪除", "K2", "", "", ""],
        ["刪除", "K3", "", "", ""],
        _class(3),
    ]
    osh_agency.publish(101, "delta", [_classes(*rows)], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert [(r.id, r.values["state"]) for r in batch.records] == [("K1", "結案"), ("K3", "結案")]
    assert [t.id for t in batch.tombstones] == ["K2"]
    assert len(batch.records) == 2


async def test_the_operation_does_not_change_a_row_s_hash(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(101, "delta", [_classes(_class(1, "修改"))], base=100)

    full, delta = await read_all(osh_agency.connector())

    assert full.records[0].raw_hash == delta.records[0].raw_hash


async def test_columns_may_change_places_and_new_ones_come(osh_agency: OshAgency) -> None:
    header = ["狀態", "班別編號", "新欄位", "異動別", "訓練類別"]
    file = _classes(["結案", "K1", "x", "新增", "專業訓練"], header=header)
    osh_agency.publish(101, "delta", [file], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert [(r.id, r.values["state"], r.values["county"]) for r in batch.records] == [
        ("K1", "結案", None)
    ]
    drift = {(d.field, d.kind) for d in batch.drift}
    assert ("新欄位", "unknown_field") in drift
    assert ("機構代碼", "missing_column") in drift


async def test_cells_hold_commas_quotes_and_line_breaks(osh_agency: OshAgency) -> None:
    name = '測試,"講師"\r\n乙'
    file = table("lecturers", ["異動別", "講師編號", "講師姓名"], [["新增", "T1", name]], "cp950")
    osh_agency.publish(101, "delta", [file], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert batch.records[0].values["name"] == name


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("王堃", "王堃"),
        ("陳&#x5803;", "陳堃"),
        ("&#0;甲&#55296;&#1114112;", "&#0;甲&#55296;&#1114112;"),
        ("&amp;乙", "&amp;乙"),
        ("丙&#44;丁", "丙,丁"),
    ],
)
async def test_numeric_references_of_cp950_files_are_decoded(
    osh_agency: OshAgency, cell: str, name: str
) -> None:
    file = table("trainees", TRAINEE, [["新增", "S1", "K1", cell, "A100000001"]], "cp950")
    osh_agency.publish(101, "delta", [file], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert batch.records[0].values["name"] == name


async def test_references_in_utf8_files_are_text(osh_agency: OshAgency) -> None:
    file = table("trainees", TRAINEE, [["新增", "S1", "K1", "王&#22531;", ""]])
    osh_agency.publish(101, "delta", [file], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert batch.records[0].values["name"] == "王&#22531;"
    assert batch.records[0].values["national_id"] is None


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (["新增", "K1", "OH0001", "專業訓練", "結案", "多"], "", "wrong_column_count"),
        (["新增", "K1"], "", "wrong_column_count"),
        (["合併", "K1", "OH0001", "專業訓練", "結案"], "異動別", "operation_unknown"),
        (["", "K1", "OH0001", "專業訓練", "結案"], "異動別", "operation_unknown"),
        (["新增", "", "OH0001", "專業訓練", "結案"], "班別編號", "missing_required"),
        (["刪除", "", "", "", ""], "班別編號", "missing_required"),
    ],
)
async def test_a_bad_row_is_set_aside_by_its_line(
    osh_agency: OshAgency, row: list[str], field: str, reason: str
) -> None:
    osh_agency.publish(101, "delta", [_classes(_class(2), row)], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert [(p.field, p.reason, p.where, p.version) for p in batch.problems] == [
        (field, reason, "classes.csv row 3", 101)
    ]
    assert _ids(batch) == ["K2"]


async def test_bytes_that_the_encoding_does_not_know_set_the_row_aside(
    osh_agency: OshAgency,
) -> None:
    file = table(
        "trainees",
        TRAINEE,
        [["新增", "S1", "K1", "王@", ""], ["新增", "S2", "K1", "李", ""]],
        "cp950",
    )
    file.content = file.content.replace(b"@", b"\xfa\x40")
    osh_agency.publish(101, "delta", [file], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert [(p.id, p.reason) for p in batch.problems] == [("S1", "bad_text")]
    assert _ids(batch) == ["S2"]


async def test_a_later_good_row_answers_a_bad_one(osh_agency: OshAgency) -> None:
    rows = [["合併", "K1", "", "", ""], _class(1)]
    osh_agency.publish(101, "delta", [_classes(*rows)], base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert list(batch.problems) == []
    assert _ids(batch) == ["K1"]


async def test_every_row_of_a_full_drop_is_new_but_none_is_a_deletion(
    osh_agency: OshAgency,
) -> None:
    osh_agency.publish(100, "full", _full(_class(1, ""), _class(2, "修改"), _class(3, "刪除")))

    (batch,) = await read_all(osh_agency.connector())

    assert _ids(batch) == ["K1", "K2"]
    assert [(p.id, p.reason) for p in batch.problems] == [("K3", "operation_unknown")]
    assert list(batch.tombstones) == []


async def test_a_full_drop_s_row_without_its_key_keeps_its_table(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(["新增", "", "OH0001", "專業訓練", "結案"]))

    (batch,) = await read_all(osh_agency.connector())

    assert "osh.training_class" in batch.begins
    assert "osh.training_class" not in batch.complete
    assert len(batch.complete) == 9


async def test_a_table_that_a_full_drop_lacks_is_not_emptied(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", [f for f in _full(_class(1)) if f.table != "trainees"])

    (batch,) = await read_all(osh_agency.connector())

    assert "osh.trainee" not in batch.begins | batch.complete
    assert "osh.table_missing:trainees" in batch.notes


async def test_unknown_tables_and_files_are_reported(osh_agency: OshAgency) -> None:
    files = [
        _classes(_class(1)),
        DropFile("vehicles.csv", "vehicles", b"x", 5),
        DropFile("readme.txt", None, b"hello", 0, "binary"),
    ]
    osh_agency.publish(101, "delta", files, base=100)

    (batch,) = await read_all(osh_agency.connector(), _at(100))

    assert _ids(batch) == ["K1"]
    assert {(d.field, d.kind) for d in batch.drift if d.kind == "unknown_entity"} == {
        ("vehicles", "unknown_entity"),
        ("readme.txt", "unknown_entity"),
    }


# --- checks


async def _refused(agency: OshAgency, position: dict[str, object] | None = None) -> str:
    with pytest.raises(DropRejected) as caught:
        await read_all(agency.connector(), position)
    return str(caught.value.details["check"])


@pytest.mark.parametrize(
    ("said", "check"),
    [
        ({"sha256": "0" * 64}, "sha256_differs"),
        ({"bytes": 5}, "size_differs"),
        ({"bytes": 5000}, "size_differs"),
        ({"rows": 3}, "rows_differ"),
        ({"rows": 1}, "rows_differ"),
        ({"encoding": "big5"}, "manifest_invalid"),
        ({"encoding": "binary"}, "encoding_unknown"),
        ({"rows": "2"}, "manifest_invalid"),
        ({"name": "../classes.csv"}, "manifest_invalid"),
        ({"name": "other.csv"}, "member_unlisted"),
        ({"sha256": "ab"}, "manifest_invalid"),
    ],
    ids=str,
)
async def test_a_member_that_differs_refuses_the_whole_drop(
    osh_agency: OshAgency, said: dict[str, object], check: str
) -> None:
    file = _classes(_class(1), _class(2))
    file.said = said
    osh_agency.publish(101, "delta", [file], base=100)

    assert await _refused(osh_agency, _at(100)) == check


@pytest.mark.parametrize(
    ("manifest", "check"),
    [
        ({"sequence": 102}, "sequence_differs"),
        ({"contract": "osh-drop/2"}, "contract_unknown"),
        ({"kind": "partial"}, "manifest_invalid"),
        ({"base_sequence": None}, "manifest_invalid"),
        ({"files": {}}, "manifest_invalid"),
        ({"sequence": "101"}, "manifest_invalid"),
    ],
    ids=str,
)
async def test_a_manifest_outside_the_contract_refuses_the_drop(
    osh_agency: OshAgency, manifest: dict[str, Any], check: str
) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100, manifest=manifest)

    assert await _refused(osh_agency, _at(100)) == check


async def test_a_member_that_is_not_listed_refuses_the_drop(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100, extra={"setup.exe": b"x"})

    assert await _refused(osh_agency, _at(100)) == "member_unlisted"


async def test_a_listed_member_that_is_missing_refuses_the_drop(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100)
    _repack(osh_agency, without="classes.csv")

    assert await _refused(osh_agency, _at(100)) == "member_missing"


def _repack(
    agency: OshAgency, *, without: str = "", change: dict[str, bytes] | None = None
) -> None:
    """Put the newest drop together again; the index tells its new hash."""
    entry = agency.drops[0]
    with zipfile.ZipFile(io.BytesIO(agency.content[entry["name"]])) as packed:
        members = {name: packed.read(name) for name in packed.namelist() if name != without}
    agency.put(entry["sequence"], entry["kind"], pack(members | (change or {})))


async def test_a_manifest_changed_after_signing_refuses_the_drop(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100)
    name = osh_agency.drops[0]["name"]
    with zipfile.ZipFile(io.BytesIO(osh_agency.content[name])) as packed:
        manifest = packed.read("manifest.json")
    _repack(osh_agency, change={"manifest.json": manifest + b" "})

    assert await _refused(osh_agency, _at(100)) == "signature_invalid"


@pytest.mark.parametrize(
    ("header", "check"),
    [
        ({"alg": "none", "kid": "osh-test"}, "algorithm_not_allowed"),
        ({"alg": "HS256", "kid": "osh-test"}, "algorithm_not_allowed"),
        ({"alg": "EdDSA", "kid": "unheard-of"}, "unknown_key"),
        ({"alg": "EdDSA", "kid": 5}, "signature_unreadable"),
        (
            {"alg": "EdDSA", "kid": "osh-test", "crit": ["b64"], "b64": False},
            "signature_unreadable",
        ),
    ],
    ids=str,
)
async def test_a_header_outside_the_contract_refuses_the_drop(
    osh_agency: OshAgency, header: dict[str, Any], check: str
) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100, header=header)

    assert await _refused(osh_agency, _at(100)) == check


async def test_a_key_in_the_header_is_never_trusted(osh_agency: OshAgency) -> None:
    stranger = Ed25519PrivateKey.generate()
    osh_agency.published["stranger"] = stranger
    jwk = osh_agency._jwk("stranger")
    del osh_agency.published["stranger"]
    header = {"alg": "EdDSA", "kid": "osh-test", "jwk": jwk}
    osh_agency.publish(101, "delta", [_classes()], base=100, key=stranger, header=header)

    assert await _refused(osh_agency, _at(100)) == "signature_invalid"


@pytest.mark.parametrize(
    ("jws", "check"),
    [
        (b"", "signature_not_detached"),
        (b"a.b.c", "signature_not_detached"),
        (b"e30..AA", "algorithm_not_allowed"),
        (b"!!..AA", "signature_unreadable"),
        (b"AA..AA", "signature_unreadable"),
        (b"W10..AA", "algorithm_not_allowed"),
    ],
)
async def test_a_signature_that_is_none_refuses_the_drop(
    osh_agency: OshAgency, jws: bytes, check: str
) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100)
    _repack(osh_agency, change={"manifest.jws": jws})

    assert await _refused(osh_agency, _at(100)) == check


async def test_a_line_feed_behind_the_signature_is_no_harm(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes(_class(1))], base=100)
    with zipfile.ZipFile(io.BytesIO(osh_agency.content[osh_agency.drops[0]["name"]])) as packed:
        jws = packed.read("manifest.jws")
    _repack(osh_agency, change={"manifest.jws": jws + b"\n"})

    assert len(await read_all(osh_agency.connector(), _at(100))) == 1


async def test_a_new_key_is_fetched_once_when_its_id_is_unknown(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full())
    fresh = Ed25519PrivateKey.generate()
    osh_agency.publish(
        108, "delta", [_classes(_class(1))], base=107, key=fresh,
        header={"alg": "EdDSA", "kid": "osh-next"},
    )  # fmt: skip

    def rotated(request: httpx.Request) -> httpx.Response:
        osh_agency.published["osh-next"] = fresh
        return osh_agency.answer(request)

    osh_agency.plan(JWKS, None, rotated)

    batches = await read_all(osh_agency.connector())

    assert [batch.position["sequence"] for batch in batches] == [107, 108]
    assert len(osh_agency.asked(JWKS)) == 2


async def test_keys_of_another_kind_are_left_out(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes()], base=100)
    good = osh_agency._jwk("osh-test")
    keys = [
        good | {"kty": "EC"},
        good | {"crv": "X25519"},
        good | {"use": "enc"},
        good | {"alg": "ES256"},
        good | {"x": "short"},
        good | {"kid": None},
        "text",
    ]
    osh_agency.plan(JWKS, httpx.Response(200, json={"keys": keys}))

    assert await _refused(osh_agency, _at(100)) == "unknown_key"


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"PK\x03\x04 broken", pack({"a": b"b"})], ids=range(4)
)
async def test_what_is_no_drop_is_refused(osh_agency: OshAgency, content: bytes) -> None:
    osh_agency.put(101, "full", content)

    assert await _refused(osh_agency) in {"zip_unreadable", "member_missing"}


async def test_members_of_one_name_twice_are_refused(osh_agency: OshAgency) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("manifest.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr("manifest.json", b"{}")
    osh_agency.put(101, "full", out.getvalue())

    assert await _refused(osh_agency) == "members_repeated"


async def test_a_bomb_is_refused_at_its_announced_size(osh_agency: OshAgency) -> None:
    bomb = _classes()
    bomb.content = b"0" * (50 << 20)
    bomb.said = {"bytes": 1000}
    osh_agency.publish(101, "delta", [bomb], base=100)

    assert await _refused(osh_agency, _at(100)) == "size_differs"


async def test_a_bomb_in_place_of_the_manifest_is_refused(osh_agency: OshAgency) -> None:
    osh_agency.put(101, "full", pack({"manifest.json": b"0" * (50 << 20), "manifest.jws": b""}))

    assert await _refused(osh_agency) == "size_differs"


async def test_the_same_table_twice_is_refused(osh_agency: OshAgency) -> None:
    twice = _classes(_class(2))
    twice.name = "more.csv"
    osh_agency.publish(101, "delta", [_classes(_class(1)), twice], base=100)

    assert await _refused(osh_agency, _at(100)) == "table_repeated"


@pytest.mark.parametrize(
    ("header", "check"),
    [
        (["異動別", "編號"], "header_invalid"),
        (["異動別", "班別編號", "班別編號"], "header_invalid"),
    ],
)
async def test_a_header_without_its_key_refuses_the_drop(
    osh_agency: OshAgency, header: list[str], check: str
) -> None:
    osh_agency.publish(101, "delta", [_classes(header=header)], base=100)

    assert await _refused(osh_agency, _at(100)) == check


async def test_a_broken_csv_refuses_the_drop(osh_agency: OshAgency) -> None:
    file = _classes(_class(1))
    file.content += '新增,"K2'.encode()
    osh_agency.publish(101, "delta", [file], base=100)

    assert await _refused(osh_agency, _at(100)) == "csv_invalid"


# --- afterwards


async def test_a_refused_drop_is_applied_once_it_is_published_again(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    broken = _classes(_class(2))
    broken.said = {"rows": 9}
    osh_agency.publish(108, "delta", [broken], base=107)
    connector = osh_agency.connector()
    batches = []
    with pytest.raises(DropRejected):
        batches = [batch async for batch in connector.batches(_at(107))]
    osh_agency.publish(108, "delta", [_classes(_class(2))], base=107)

    repaired = await read_all(connector, _at(107))

    assert batches == []
    assert [_ids(batch) for batch in repaired] == [["K2"]]


async def test_drops_before_a_refused_one_stay_applied(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.publish(108, "delta", [_classes()], base=107, extra={"x": b""})
    osh_agency.publish(109, "delta", [_classes(_class(3))], base=108)
    applied: list[Batch] = []

    async def run() -> None:
        async for batch in osh_agency.connector().batches(None):
            applied.append(batch)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(DropRejected, match="108"):
        await run()

    assert [batch.position["sequence"] for batch in applied] == [107]


async def test_a_refused_full_drop_is_gone_round_by_its_deltas(osh_agency: OshAgency) -> None:
    osh_agency.publish(101, "delta", [_classes(_class(1))], base=100)
    osh_agency.publish(102, "full", _full(_class(2)), extra={"x": b""})
    applied: list[Batch] = []

    async def run() -> None:
        async for batch in osh_agency.connector().batches(_at(100)):
            applied.append(batch)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(DropRejected, match="102"):
        await run()

    assert [batch.position["sequence"] for batch in applied] == [101]
    assert applied[0].notes[0] == "osh.drop_rejected:102:member_unlisted"


async def test_an_older_full_drop_stands_in_for_a_refused_one(osh_agency: OshAgency) -> None:
    osh_agency.publish(100, "full", _full(_class(1)))
    osh_agency.publish(107, "full", _full(_class(2)), extra={"x": b""})
    applied: list[Batch] = []

    async def run() -> None:
        async for batch in osh_agency.connector().batches(None):
            applied.append(batch)  # noqa: PERF401 - what came before the fault counts

    with pytest.raises(DropRejected, match="107"):
        await run()

    assert [batch.position["sequence"] for batch in applied] == [100]


async def test_a_damaged_download_is_repeated(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    name = osh_agency.drops[0]["name"]
    cut = osh_agency.content[name][:-40]
    headers = {"content-type": "application/zip"}
    osh_agency.plan(f"/drops/{name}", httpx.Response(200, content=cut, headers=headers))

    batches = await read_all(osh_agency.connector())

    assert [_ids(batch) for batch in batches] == [["K1"]]
    assert _downloads(osh_agency) == [name, name]


async def test_a_drop_listed_twice_counts_as_the_one_that_passes(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(2)))
    repaired = osh_agency.drops[0] | {"name": "osh-repaired-107.zip"}
    osh_agency.content["osh-repaired-107.zip"] = osh_agency.content[osh_agency.drops[0]["name"]]
    osh_agency.publish(107, "full", _full(_class(1)), extra={"x": b""})

    for drops in ([*osh_agency.drops, repaired], [repaired, *osh_agency.drops]):
        osh_agency.drops = drops
        assert [_ids(batch) for batch in await read_all(osh_agency.connector())] == [["K2"]]


async def test_a_wrong_hash_in_the_index_alone_is_no_reason_to_refuse(
    osh_agency: OshAgency,
) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.drops[0] |= {"sha256": "0" * 64, "size": 1, "kind": "delta"}

    batches = await read_all(osh_agency.connector(), _at(106))

    assert [_ids(batch) for batch in batches] == [["K1"]]
    assert batches[0].begins == frozenset(entity.name for entity in TABLES.values())


async def test_a_drop_that_was_taken_away_is_missing(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.content.clear()

    with pytest.raises(AgencyRefused):
        await read_all(osh_agency.connector())


@pytest.mark.parametrize(
    "fault",
    [html(), httpx.Response(503), httpx.Response(200, json={}), httpx.Response(200, json=[])],
    ids=range(4),
)
async def test_an_index_that_is_none_is_asked_for_again(
    osh_agency: OshAgency, fault: httpx.Response
) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.plan(INDEX, fault)

    assert len(await read_all(osh_agency.connector())) == 1


async def test_a_download_that_breaks_off_is_repeated(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    name = osh_agency.drops[0]["name"]
    headers = {"content-type": "application/zip"}
    osh_agency.plan(f"/drops/{name}", httpx.Response(200, stream=Cut(b"PK"), headers=headers))

    assert len(await read_all(osh_agency.connector())) == 1


async def test_keys_that_cannot_be_fetched_end_the_run(osh_agency: OshAgency) -> None:
    osh_agency.publish(107, "full", _full(_class(1)))
    osh_agency.plan(JWKS, *[httpx.Response(500) for _ in range(4)])

    with pytest.raises(AgencyUnavailable):
        await read_all(osh_agency.connector())


async def test_a_wrong_key_for_the_drops_is_not_tried_again(osh_agency: OshAgency) -> None:
    connector = osh_agency.connector()
    connector._api_key = "wrong"

    with pytest.raises(AgencyUnauthorised):
        await connector.ping()

    assert len(osh_agency.requests) == 1


async def test_a_drop_beyond_the_limit_is_not_read(
    osh_agency: OshAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certhub.connectors.osh.connector._DROP_BYTES", 100)
    osh_agency.publish(107, "full", _full(_class(1)))

    with pytest.raises(AgencyTooLarge):
        await read_all(osh_agency.connector())


# --- the published list


def _with_list(content: bytes, rows: int) -> list[DropFile]:
    files = {file.name: file for file in _full()}
    institutions = table(
        "institutions",
        ["異動別", "機構代碼", "機構名稱", "縣市"],
        [["新增", "OH0001", "測試醫學會", "臺北市"]],
    )
    recognitions = table(
        "recognitions",
        ["異動別", "認可編號", "機構代碼", "訓練類別", "認可文號", "有效期間起", "有效期間迄"],
        [["新增", "OH0001-1", "OH0001", "專業訓練", "測字第1號", "112年8月21日", "115年8月20日"]],
    )
    listing = DropFile("recognised-institutions.ods", None, content, rows, "binary")
    replaced = {file.name: file for file in (institutions, recognitions, listing)}
    return list((files | replaced).values())


def _ods(*rows: tuple[str, ...]) -> bytes:
    def line(cells: tuple[str, ...]) -> str:
        cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        return f"<table:table-row>{''.join(map(cell.format, cells))}</table:table-row>"

    header = ("序號", "機構名稱", "縣市", "訓練類別", "認可期間", "認可文號", "備註")
    body = "".join(map(line, [("名單",), ("更新日期：113年8月29日",), header, *rows]))
    uri = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        f'xmlns:office="{uri}:office:1.0" xmlns:table="{uri}:table:1.0" '
        f'xmlns:text="{uri}:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="名單">{body}</table:table>'
        f"</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        f'<manifest:manifest xmlns:manifest="{uri}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        f"</manifest:manifest>"
    )
    return pack(
        {
            "mimetype": kind.encode(),
            "META-INF/manifest.xml": listed.encode(),
            "content.xml": content.encode(),
        }
    )


_PRINTED = ("1", "測試醫學會", "台北市", "專業訓練", "112年8月21日至115年8月20日", "測字第1號", "")


@pytest.mark.parametrize(
    ("content", "rows", "notes"),
    [
        (_ods(_PRINTED), 1, ()),
        (_ods(_PRINTED), 2, ("osh.ods_rows_differ",)),
        (_ods((*_PRINTED[:2], "新北市", *_PRINTED[3:])), 1, ("osh.ods_differs:測字第1號",)),
        (_ods(), 0, ("osh.ods_differs:測字第1號",)),
        (b"no list", 1, ("osh.ods_unreadable",)),
        (pack({"mimetype": b"x"}), 1, ("osh.ods_unreadable",)),
    ],
    ids=range(6),
)
async def test_where_the_list_differs_the_csv_prevails_and_a_note_is_made(
    osh_agency: OshAgency, content: bytes, rows: int, notes: tuple[str, ...]
) -> None:
    osh_agency.publish(107, "full", _with_list(content, rows))

    (batch,) = await read_all(osh_agency.connector())

    assert batch.notes == notes
    assert len(batch.records) == 2


def test_the_hash_of_the_examples_is_that_of_their_index() -> None:
    index = json.loads((EXAMPLES / "osh-index.json").read_text("utf-8"))
    files = [Path(EXAMPLES / f"osh-drop-{kind}.zip") for kind in ("full", "delta")]

    assert [entry["sha256"] for entry in index["drops"]] == [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    ]

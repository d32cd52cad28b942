import base64
import csv
import hashlib
import html
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from python_calamine import CalamineWorkbook

from certhub.sandbox.clock import AgencyClock
from certhub.sandbox.osh_agency import OshAgency
from certhub.sandbox.osh_rows import OSH_TABLES

from .conftest import Caller

Tables = dict[str, dict[str, dict[str, str]]]


def agency_of(osh: Caller) -> OshAgency:
    assert isinstance(osh.agency, OshAgency)
    return osh.agency


async def index(osh: Caller) -> list[dict[str, Any]]:
    drops: list[dict[str, Any]] = (await osh.get("/drops/index.json")).json()["drops"]
    return sorted(drops, key=lambda drop: drop["sequence"])


async def members(osh: Caller, name: str) -> dict[str, bytes]:
    answer = await osh.get(f"/drops/{name}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {item: archive.read(item) for item in archive.namelist()}


def b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(jws: bytes, payload: bytes, jwks: dict[str, Any]) -> dict[str, str]:
    """Checks a detached JWS the long way; returns its header."""
    first, between, last = jws.decode().split(".")
    assert between == ""
    header: dict[str, str] = json.loads(b64(first))
    key = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    signed = f"{first}.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}".encode()
    Ed25519PublicKey.from_public_bytes(b64(key["x"])).verify(b64(last), signed)
    return header


def read_rows(files: dict[str, bytes], listed: dict[str, Any]) -> list[dict[str, str]]:
    text = files[listed["name"]].decode(listed["encoding"])
    assert text.replace("\r\n", "").count("\n") <= text.count('"')
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    if listed["encoding"] == "cp950":
        rows = [{name: html.unescape(cell) for name, cell in row.items()} for row in rows]
    return rows


def apply(tables: Tables, files: dict[str, bytes]) -> dict[str, Any]:
    """What a reader does with a drop; returns its manifest."""
    manifest: dict[str, Any] = json.loads(files["manifest.json"])
    for listed in manifest["files"]:
        table = listed["table"]
        if table is None:
            continue
        if manifest["kind"] == "full":
            tables[table] = {}
        for row in read_rows(files, listed):
            op = row.pop("異動別")
            key = row[OSH_TABLES[table].key]
            if op == "刪除":
                assert not any(cell for name, cell in row.items() if cell != key and name)
                tables[table].pop(key, None)
            else:
                tables[table][key] = row
    return manifest


async def test_signature_hashes_sizes_and_counts_hold(osh: Caller) -> None:
    jwks = (await osh.get("/.well-known/jwks.json")).json()
    drops = await index(osh)

    for entry in drops:
        files = await members(osh, entry["name"])
        header = verify(files["manifest.jws"], files["manifest.json"], jwks)
        manifest = json.loads(files["manifest.json"])

        osh.contract.component("Manifest").validate(manifest)
        assert header["alg"] == "EdDSA"
        assert manifest["sequence"] == entry["sequence"]
        names = [listed["name"] for listed in manifest["files"]]
        assert list(files) == ["manifest.json", "manifest.jws", *names]
        assert len(names) == 11
        for listed in manifest["files"]:
            content = files[listed["name"]]
            assert listed["bytes"] == len(content)
            assert listed["sha256"] == hashlib.sha256(content).hexdigest()
            if listed["table"]:
                assert listed["rows"] == len(read_rows(files, listed))

    assert [(d["sequence"], d["kind"]) for d in drops] == [(101, "full"), (102, "delta")]


async def test_full_and_delta_together_give_the_books(osh: Caller) -> None:
    tables: Tables = {}

    for entry in await index(osh):
        files = await members(osh, entry["name"])
        manifest = apply(tables, files)
        for table, rows in tables.items():
            validator = osh.contract.component(f"csv_{table}")
            assert all(validator.is_valid(row) for row in rows.values())
        if manifest["kind"] == "full":
            assert "IO9999" in tables["improvement_orders"]
            assert tables["institutions"]["OH0003"]["電話"] == "02-99999999"

    assert tables == agency_of(osh).ledger()
    assert "IO9999" not in tables["improvement_orders"]


async def test_operations_of_a_delta_say_what_happened(osh: Caller) -> None:
    agency = agency_of(osh)
    old = agency.get("institutions", "OH0001")
    assert old is not None
    agency.upsert("institutions", {**old, "電話": "02-1"})
    agency.upsert("institutions", {**old, "機構代碼": "OH9999"})
    agency.upsert("institutions", {**old, "機構代碼": "OH9998"})
    agency.delete("institutions", "OH9998")
    agency.delete("institutions", "OH0002")

    drop = agency.publish_drop()

    files = await members(osh, drop.name)
    listed = json.loads(files["manifest.json"])["files"][0]
    ops = [(row["異動別"], row["機構代碼"]) for row in read_rows(files, listed)]
    assert ops == [("修改", "OH0001"), ("刪除", "OH0002"), ("新增", "OH9999")]


async def test_characters_outside_cp950_are_numeric_references(osh: Caller) -> None:
    files = await members(osh, (await index(osh))[0]["name"])

    assert b"&#" in files["trainees.csv"]
    assert files["trainees.csv"].decode("cp950")
    assert files["classes.csv"].startswith(b"\xef\xbb\xbf")


async def test_the_list_for_people_names_every_recognition(osh: Caller) -> None:
    files = await members(osh, (await index(osh))[-1]["name"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(files["recognised-institutions.ods"]))

    rows = book.get_sheet_by_index(0).to_python()

    ledger = agency_of(osh).ledger()
    assert rows[0][0] == "從事勞工健康服務醫師及護理人員之認可訓練機構名單"
    assert rows[1][0] == "更新日期：113年9月2日"
    assert rows[2] == ["序號", "機構名稱", "縣市", "訓練類別", "認可期間", "認可文號", "備註"]
    assert len(rows) - 3 == len(ledger["recognitions"])
    assert rows[3][1] == "財團法人測試示範醫院"
    assert rows[3][4] == "111年7月1日至114年6月30日"


async def test_every_seventh_drop_is_full_and_fourteen_are_kept(
    osh: Caller, clock: AgencyClock
) -> None:
    for _ in range(15):
        clock.advance(timedelta(days=1))
        await osh.get("/drops/index.json")

    drops = await index(osh)

    assert [drop["sequence"] for drop in drops] == list(range(104, 118))
    assert [d["sequence"] for d in drops if d["kind"] == "full"] == [108, 115]
    bases = [
        json.loads((await members(osh, d["name"]))["manifest.json"])["base_sequence"]
        for d in drops[3:6]
    ]
    assert bases == [106, None, 108]


async def test_several_nights_give_one_drop(osh: Caller, clock: AgencyClock) -> None:
    clock.advance(timedelta(days=4))

    drops = await index(osh)

    assert [(d["sequence"], d["created_at"][:16]) for d in drops][-1] == (103, "2024-09-06T03:00")
    assert drops[-1]["name"] == "osh-20240906-000103-delta.zip"


async def test_an_unknown_drop_is_not_found(osh: Caller) -> None:
    assert (await osh.get("/drops/osh-20200101-000001-full.zip")).status_code == 404


async def test_without_the_key_nothing_is_shown(osh: Caller) -> None:
    osh.headers = {"X-API-Key": "guess"}

    answer = await osh.get("/drops/index.json")

    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")


async def test_a_retired_key_stays_listed_for_thirty_days(osh: Caller, clock: AgencyClock) -> None:
    agency = agency_of(osh)
    old = (await index(osh))[0]["name"]

    agency.signer.rotate()
    new = agency.publish_drop()
    jwks = (await osh.get("/.well-known/jwks.json")).json()
    clock.advance(timedelta(days=31))
    later = (await osh.get("/.well-known/jwks.json")).json()

    for name in (old, new.name):
        files = await members(osh, name)
        verify(files["manifest.jws"], files["manifest.json"], jwks)
    assert [key["kid"] for key in jwks["keys"]] == ["osh-1", "osh-2"]
    assert [key["kid"] for key in later["keys"]] == ["osh-2"]


async def test_a_test_may_spoil_a_drop_before_or_after_it_is_signed(osh: Caller) -> None:
    agency = agency_of(osh)
    jwks = agency.signer.jwks()

    def add(files: dict[str, bytes]) -> None:
        files["extra.csv"] = b"a"

    def spoil(files: dict[str, bytes]) -> None:
        files["manifest.json"] += b" "

    signed = await members(osh, agency.publish_drop(before_signing=add).name)
    broken = await members(osh, agency.publish_drop(after_signing=spoil).name)
    gap = agency.publish_drop(skip_numbers=2)

    assert verify(signed["manifest.jws"], signed["manifest.json"], jwks)["kid"] == "osh-1"
    assert "extra.csv" in signed
    with pytest.raises(InvalidSignature):
        verify(broken["manifest.jws"], broken["manifest.json"], jwks)
    assert gap.entry["sequence"] == 107

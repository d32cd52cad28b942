"""Uploads: bounded, typed, encrypted, and readable by the client that sent them alone."""

import io
import uuid
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from certhub.store.tables_work import audit, upload
from certhub.store.uploads import delete_expired_uploads, load_upload

from .hub_app import NOW, HubClient, running_hub


def _xlsx(cell: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet[cell] = "x"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b" " * (8 * 1024 * 1024))
    return stream.getvalue()


CSV = "姓名,身分證字號\n測試甲,A100000109\n".encode()


@pytest.fixture
async def hub(database_url: str, tmp_path: Path) -> AsyncIterator[HubClient]:
    async with running_hub(database_url, tmp_path) as client:
        yield client


async def stored(hub: HubClient) -> int:
    async with hub.app.state.site.hub.engine.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(upload)) or 0)


async def test_a_file_is_kept_encrypted_for_its_client(hub: HubClient) -> None:
    answer = await hub.http.post(
        "/uploads",
        files={"file": ("C:\\x\\名冊 A100000109.csv", CSV, "text/csv")},
        headers=hub.headers("institution-vr"),
    )

    assert answer.status_code == 201
    assert answer.json()["filename"] == "名冊 [證號].csv"
    assert answer.json()["size"] == len(CSV)
    kept = hub.app.state.site.hub
    number = uuid.UUID(answer.json()["id"])
    async with kept.engine.connect() as connection:
        row = (await connection.execute(select(upload))).one()
        assert b"A100000109" not in row.content
        asked = {"issuer": row.issuer, "client_id": "institution-vr", "now": NOW}
        found = await load_upload(connection, kept.keys, number, **asked)
        assert found is not None
        assert found.content == CSV
        other = {**asked, "client_id": "institution-osh"}
        assert await load_upload(connection, kept.keys, number, **other) is None
        late = {**asked, "now": NOW + timedelta(days=8)}
        assert await load_upload(connection, kept.keys, number, **late) is None
        [row] = await connection.execute(select(audit))
    assert (row.operation, row.client_id, row.counts) == (
        "upload",
        "institution-vr",
        {"uploads": 1},
    )


async def test_expired_files_go(hub: HubClient) -> None:
    await hub.http.post(
        "/uploads", files={"file": ("a.csv", CSV)}, headers=hub.headers("institution-vr")
    )

    async with hub.app.state.site.hub.engine.begin() as connection:
        assert await delete_expired_uploads(connection, NOW + timedelta(days=6)) == 0
        assert await delete_expired_uploads(connection, NOW + timedelta(days=8)) == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [("operator", 403), ("auditor", 403), ("local-taipei", 201), ("institution-osh", 201)],
)
async def test_who_files_or_verifies_may_upload(hub: HubClient, role: str, status: int) -> None:
    answer = await hub.http.post(
        "/uploads", files={"file": ("a.csv", CSV)}, headers=hub.headers(role)
    )

    assert answer.status_code == status
    if status == 403:
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        assert await stored(hub) == 0


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.exe", b"MZ", 415),
        ("a", b"x", 415),
        ("a.pdf", b"no pdf", 415),
        ("a.ods", CSV, 415),
        ("a.csv", b"a\0b", 415),
        ("a.csv", b"", 400),
        ("a.pdf", b"%PDF-1.7", 201),
        ("a.JPG", b"\xff\xd8\xff\xe0", 201),
        ("a.jpeg", b"%PDF-1.7", 415),
        ("a.XLSX", b"PK\x03\x04x", 415),
        ("a.XLSX", _xlsx("A1"), 201),
        ("a.ods", _xlsx("A1"), 415),
        ("a.xlsx", _xlsx("A20001"), 413),
        ("a.ods", _bomb(), 413),
    ],
)
async def test_only_rosters_and_documents_are_taken(
    hub: HubClient, name: str, content: bytes, status: int
) -> None:
    answer = await hub.http.post(
        "/uploads", files={"file": (name, content)}, headers=hub.headers("institution-vr")
    )

    assert answer.status_code == status
    assert await stored(hub) == (1 if status == 201 else 0)


async def test_large_files_are_refused(database_url: str, tmp_path: Path) -> None:
    async with running_hub(database_url, tmp_path) as hub:
        site = hub.app.state.site
        hub.app.state.site = replace(site, limits=replace(site.limits, upload_bytes=1000))
        headers = hub.headers("institution-vr")
        over = await hub.http.post(
            "/uploads", files={"file": ("a.csv", b"x" * 1001)}, headers=headers
        )
        far = await hub.http.post(
            "/uploads", files={"file": ("a.csv", b"x" * 100_000)}, headers=headers
        )
        exact = await hub.http.post(
            "/uploads", files={"file": ("a.csv", b"x" * 1000)}, headers=headers
        )

    assert [answer.status_code for answer in (over, far, exact)] == [413, 413, 201]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
        (b"\xff" * 50, "multipart/form-data; boundary=b"),
    ],
)
async def test_broken_multipart_is_the_callers_fault(
    hub: HubClient, body: bytes, content_type: str
) -> None:
    answer = await hub.http.post(
        "/uploads",
        content=body,
        headers={**hub.headers("institution-vr"), "Content-Type": content_type},
    )

    assert answer.status_code == 400


async def test_another_content_type_is_not_taken(hub: HubClient) -> None:
    answer = await hub.http.post(
        "/uploads", json={"file": "x"}, headers=hub.headers("institution-vr")
    )

    assert answer.status_code == 415


async def test_without_a_token_nothing_is_taken(hub: HubClient) -> None:
    answer = await hub.http.post("/uploads", files={"file": ("a.csv", CSV)})

    assert answer.status_code == 401
    assert await stored(hub) == 0

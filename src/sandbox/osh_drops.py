"""Nightly drops of the OSH system: CSV tables and one ODS in a ZIP, with a signed manifest."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stream_write_ods import stream_write_ods

from .clock import iso_seconds
from .forms import chinese
from .osh_ledger import OshLedger
from .osh_rows import OSH_TABLES

__all__ = ["Drop", "Drops", "Signer"]

_FIRST_SEQUENCE = 101
_FULL_EVERY = 7
_KEPT = 14
_RETIRED_KEYS_STAY = timedelta(days=30)
_TITLE = "從事勞工健康服務醫師及護理人員之認可訓練機構名單"
_LIST_HEADER = ("序號", "機構名稱", "縣市", "訓練類別", "認可期間", "認可文號", "備註")
LIST_NAME = "recognised-institutions.ods"

Doctor = Callable[[dict[str, bytes]], None]


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Signer:
    """Ed25519 keys that sign manifests; retired ones stay listed for 30 days."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._retired: list[tuple[dict[str, str], datetime]] = []
        self._number = 0
        self._new()

    def _new(self) -> None:
        self._number += 1
        self._key = Ed25519PrivateKey.generate()
        self.kid = f"osh-{self._number}"

    def _jwk(self) -> dict[str, str]:
        public = _base64url(self._key.public_key().public_bytes_raw())
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": self.kid,
            "alg": "EdDSA",
            "use": "sig",
            "x": public,
        }

    def rotate(self) -> None:
        """Take a new key; the old one stays listed for a while."""
        self._retired.append((self._jwk(), self._now() + _RETIRED_KEYS_STAY))
        self._new()

    def jwks(self) -> dict[str, Any]:
        """The keys as published."""
        now = self._now()
        self._retired = [item for item in self._retired if item[1] > now]
        return {"keys": [*(jwk for jwk, _ in self._retired), self._jwk()]}

    def sign(self, payload: bytes) -> bytes:
        """Detached JWS over the exact bytes (RFC 7515 appendix F): ``header..signature``."""
        header = _base64url(orjson.dumps({"alg": "EdDSA", "kid": self.kid, "typ": "JOSE"}))
        signature = self._key.sign(f"{header}.{_base64url(payload)}".encode())
        return f"{header}..{_base64url(signature)}".encode()


@dataclass(frozen=True, slots=True)
class Drop:
    """A published drop.

    Attributes:
        entry: Its line in the index.
        content: The ZIP.
    """

    entry: dict[str, Any]
    content: bytes

    @property
    def name(self) -> str:
        """File name."""
        return str(self.entry["name"])


class Drops:
    """Makes drops and keeps the last 14.

    Args:
        books: The tables.
        signer: Signs manifests.
    """

    def __init__(self, books: OshLedger, signer: Signer) -> None:
        self._books = books
        self._signer = signer
        self._sequence = _FIRST_SEQUENCE - 1
        self.kept: list[Drop] = []

    def index(self) -> dict[str, Any]:
        """The list of what is kept, newest neither first nor last."""
        entries = [drop.entry for drop in self.kept]
        return {"drops": entries[1::2] + entries[::2]}

    def find(self, name: str) -> bytes | None:
        """A drop's bytes by its name."""
        return next((drop.content for drop in self.kept if drop.name == name), None)

    def publish(
        self,
        created: datetime,
        kind: str | None = None,
        *,
        before_signing: Doctor | None = None,
        after_signing: Doctor | None = None,
        skip_numbers: int = 0,
    ) -> Drop:
        """Make the next drop from the present books.

        Args:
            created: Its moment.
            kind: ``full`` or ``delta``; by default every seventh is full.
            before_signing: May change the tables' files; the manifest describes the result.
            after_signing: May change any member of the ZIP, so that a check fails.
            skip_numbers: Leaves a gap of so many numbers before this one.
        """
        with self._books.lock:
            self._sequence += 1 + skip_numbers
            sequence = self._sequence
            if kind is None:
                full = (sequence - _FIRST_SEQUENCE) % _FULL_EVERY == 0 or not self.kept
                kind = "full" if full else "delta"
            files, rows = self._files(kind, sequence, created)
            self._books.published()
        if before_signing is not None:
            before_signing(files)
        manifest = self._manifest(kind, sequence, created, files, rows)
        members = {"manifest.json": manifest, "manifest.jws": self._signer.sign(manifest), **files}
        if after_signing is not None:
            after_signing(members)
        content = _zipped(members, created)
        name = f"osh-{created:%Y%m%d}-{sequence:06d}-{kind}.zip"
        entry = {
            "name": name,
            "sequence": sequence,
            "kind": kind,
            "created_at": iso_seconds(created),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        drop = Drop(entry, content)
        self.kept = [*self.kept, drop][-_KEPT:]
        return drop

    def _files(
        self, kind: str, sequence: int, created: datetime
    ) -> tuple[dict[str, bytes], dict[str, int]]:
        changes = None if kind == "full" else self._books.changes()
        files: dict[str, bytes] = {}
        rows: dict[str, int] = {}
        for table in OSH_TABLES:
            lines = list(self._lines(table, None if changes is None else changes[table]))
            files[f"{table}.csv"] = _csv(table, lines, sequence)
            rows[f"{table}.csv"] = len(lines)
        listed = list(self._listed())
        files[LIST_NAME] = _ods(listed, created)
        rows[LIST_NAME] = len(listed)
        return files, rows

    def _lines(self, table: str, changed: dict[str, str] | None) -> Iterator[tuple[str, ...]]:
        cells = self._books.cells(table)
        if changed is None:
            for row in cells.values():
                yield ("新增", *row)
            return
        blank = ("",) * (len(OSH_TABLES[table].headings) - 1)
        for key, op in changed.items():
            yield (op, *cells.get(key, (key, *blank)))

    def _listed(self) -> Iterator[tuple[str, ...]]:
        """The published list: one line per recognition."""
        names = {row["機構代碼"]: row for row in self._books.rows("institutions")}
        for number, row in enumerate(self._books.rows("recognitions"), start=1):
            who = names.get(row["機構代碼"], {})
            yield (
                str(number),
                who.get("機構名稱", ""),
                who.get("縣市", ""),
                row["訓練類別"],
                f"{row['有效期間起']}至{row['有效期間迄']}",
                row["認可文號"],
                "" if row["狀態"] == "有效" else row["狀態"],
            )

    @staticmethod
    def _manifest(
        kind: str,
        sequence: int,
        created: datetime,
        files: dict[str, bytes],
        rows: dict[str, int],
    ) -> bytes:
        listed = []
        for name, content in files.items():
            table = name.removesuffix(".csv") if name.endswith(".csv") else None
            shape = OSH_TABLES.get(table) if table else None
            listed.append(
                {
                    "name": name,
                    "table": table,
                    "encoding": shape.encoding if shape else "binary",
                    "rows": rows.get(name, 0),
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        manifest = {
            "contract": "osh-drop/1",
            "sequence": sequence,
            "kind": kind,
            "base_sequence": None if kind == "full" else sequence - 1,
            "created_at": iso_seconds(created),
            "files": listed,
        }
        return orjson.dumps(manifest, option=orjson.OPT_INDENT_2)


def _csv(table: str, lines: list[tuple[str, ...]], sequence: int) -> bytes:
    """RFC 4180 in the table's encoding; the order of columns goes round with the sequence."""
    shape = OSH_TABLES[table]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    turn = sequence % 3
    header = ("異動別", *shape.headings)
    writer.writerow(header[turn:] + header[:turn])
    writer.writerows(line[turn:] + line[:turn] for line in lines)
    # Characters outside cp950 become numeric references.
    return text.getvalue().encode(shape.encoding, "xmlcharrefreplace")


def _ods(listed: list[tuple[str, ...]], created: datetime) -> bytes:
    """The list as published for people: title, day, header, then one line per recognition."""
    blank = ("",) * (len(_LIST_HEADER) - 1)
    rows = [(f"更新日期：{chinese(created.date())}", *blank), _LIST_HEADER, *listed]
    sheets = [("名單", (_TITLE, *blank), rows)]
    moment = created.replace(tzinfo=None)
    return b"".join(stream_write_ods(sheets, get_modified_at=lambda: moment))


def _zipped(members: dict[str, bytes], created: datetime) -> bytes:
    packed = io.BytesIO()
    moment = created.timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()

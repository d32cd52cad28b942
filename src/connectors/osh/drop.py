"""A drop: a ZIP of signed content, nothing of it believed before its checks have passed."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Any, TypeGuard

import orjson

from .rejection import rejected

__all__ = ["Drop", "Manifest", "ManifestFile"]

_MANIFEST, _SIGNATURE = "manifest.json", "manifest.jws"
_MANIFEST_BYTES = 1 << 20
_MEMBERS = 100
_MEMBER_BYTES = 2 << 30
"""Uncompressed members stay under 2 GB: the contract's figure."""
_STEP = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z", re.ASCII)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z", re.ASCII)
_ENCODINGS = frozenset({"utf-8-sig", "cp950", "binary"})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A member as the manifest describes it; ``table`` is ``None`` for the ODS."""

    name: str
    table: str | None
    encoding: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the agency signed."""

    sequence: int
    kind: str
    base_sequence: int | None
    files: tuple[ManifestFile, ...]


class Drop:
    """The ZIP of one drop.

    Args:
        data: Its bytes.
        sequence: As the index says; the manifest must say the same.

    Raises:
        DropRejected: it is no ZIP, or of the wrong shape.
    """

    def __init__(self, data: bytes, sequence: int) -> None:
        self.sequence = sequence
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_UNREADABLE, ValueError) as error:
            raise rejected(sequence, "zip_unreadable") from error
        members = self._zip.infolist()
        self._members = {member.filename: member for member in members}
        if len(members) > _MEMBERS or len(self._members) != len(members):
            raise rejected(sequence, "members_repeated")
        for member in members:
            if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
                raise rejected(sequence, "zip_unreadable", member.filename[:80])
        self.manifest_bytes = self._small(_MANIFEST)
        self.signature = self._small(_SIGNATURE)

    def manifest(self) -> Manifest:
        """The manifest; to be called once its signature is verified.

        Raises:
            DropRejected: it is not of the contract, or of another sequence.
        """
        try:
            document = orjson.loads(self.manifest_bytes)
        except orjson.JSONDecodeError as error:
            raise rejected(self.sequence, "manifest_invalid") from error
        if not isinstance(document, dict) or document.get("contract") != "osh-drop/1":
            raise rejected(self.sequence, "contract_unknown")
        manifest = _manifest(document)
        if manifest is None:
            raise rejected(self.sequence, "manifest_invalid")
        if manifest.sequence != self.sequence:
            raise rejected(self.sequence, "sequence_differs")
        return manifest

    def check_members(self, manifest: Manifest) -> None:
        """Names, sizes and hashes of all members, before one row is read.

        Raises:
            DropRejected: one differs.
        """
        listed = {file.name for file in manifest.files}
        if len(listed) != len(manifest.files) or listed & {_MANIFEST, _SIGNATURE}:
            raise rejected(self.sequence, "manifest_invalid")
        unlisted = sorted(self._members.keys() - listed - {_MANIFEST, _SIGNATURE})
        if unlisted:
            raise rejected(self.sequence, "member_unlisted", unlisted[0][:80])
        for file in manifest.files:
            if file.name not in self._members:
                raise rejected(self.sequence, "member_missing", file.name)
            digest, size = sha256(), 0
            for block in self._blocks(file.name):
                digest.update(block)
                size += len(block)
                if size > min(file.bytes, _MEMBER_BYTES - 1):
                    raise rejected(self.sequence, "size_differs", file.name)
            if size != file.bytes:
                raise rejected(self.sequence, "size_differs", file.name)
            if digest.hexdigest() != file.sha256.lower():
                raise rejected(self.sequence, "sha256_differs", file.name)

    def open(self, name: str) -> IO[bytes]:
        """A checked member's bytes."""
        return self._zip.open(name)

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as stream:
                while block := stream.read(_STEP):
                    yield block
        except _UNREADABLE as error:
            raise rejected(self.sequence, "zip_unreadable", name) from error

    def _small(self, name: str) -> bytes:
        if name not in self._members:
            raise rejected(self.sequence, "member_missing", name)
        data = b""
        for block in self._blocks(name):
            data += block
            if len(data) > _MANIFEST_BYTES:
                raise rejected(self.sequence, "size_differs", name)
        return data


def _manifest(document: dict[str, Any]) -> Manifest | None:
    sequence, kind = document.get("sequence"), document.get("kind")
    base, entries = document.get("base_sequence"), document.get("files")
    if not _is_count(sequence) or kind not in {"full", "delta"} or not isinstance(entries, list):
        return None
    if not (base is None or _is_count(base)) or (base is None) != (kind == "full"):
        return None
    files = [_file(entry) for entry in entries]
    known = tuple(file for file in files if file is not None)
    return Manifest(sequence, kind, base, known) if len(known) == len(files) else None


def _file(entry: object) -> ManifestFile | None:
    if not isinstance(entry, dict):
        return None
    name, table, encoding = entry.get("name"), entry.get("table"), entry.get("encoding")
    rows, size, digest = entry.get("rows"), entry.get("bytes"), entry.get("sha256")
    if not isinstance(name, str) or not _NAME.match(name) or encoding not in _ENCODINGS:
        return None
    if not isinstance(digest, str) or not _SHA256.match(digest):
        return None
    if not _is_count(rows) or not _is_count(size) or not (table is None or isinstance(table, str)):
        return None
    return ManifestFile(name, table, encoding, rows, size, digest)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40

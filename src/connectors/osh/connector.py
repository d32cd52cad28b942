"""The OSH drops: index, newest full, then the deltas on it, each wholly or not at all."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from ...domain.errors import AgencyFault
from ...domain.sync import Batch
from ..base import DriftLog
from ..errors import AgencyGarbled, AgencyRefused, DropMissing, DropRejected
from ..http import AgencyClient, Auth
from ..messages import Answer, Call
from .drop import Drop, Manifest, ManifestFile
from .filing import OshFiling
from .listing import cross_check
from .rejection import rejected
from .rows import TABLES, DropRecords, Examined, examine
from .signature import TrustedKeys

__all__ = ["OshConnector"]

_ZIP = frozenset({"application/zip", "application/x-zip-compressed", "application/octet-stream"})
_DROP_BYTES = 256 << 20
"""Above the 200 MB that the contract lets a drop reach."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z", re.ASCII)
_GENERATION = 40
_CHECKED_TABLES = frozenset({"institutions", "recognitions"})


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry of the index: where to look, nothing to be believed."""

    name: str
    sequence: int
    full: bool
    sha256: str


_Index = dict[int, list[_Listed]]
"""By sequence, every place where a drop is listed: it may be published again under another name."""


class OshConnector:
    """Reads the drops (``batches``) and files classes (``filing``).

    The position holds ``sequence``, the last drop applied, and ``generation``, which counts the times
    everything was read again from an older full drop, so that versions only ever grow.

    Args:
        client: Of the agency.
        auth: Adds the token of the filing interface.
        api_key: ``X-API-Key`` of the drops.
    """

    registry = "osh"

    def __init__(self, client: AgencyClient, auth: Auth, api_key: str) -> None:
        self._client = client
        self._api_key = api_key
        self.filing = OshFiling(client, auth)

    async def batches(
        self, position: Mapping[str, object] | None, *, full: bool = False
    ) -> AsyncIterator[Batch]:
        """One batch per drop; see ``base.Connector``.

        Raises:
            DropRejected: the next drop failed a check and no newer full one replaces it.
            DropMissing: there is a gap, and no newer full one.
        """
        held: Mapping[str, Any] = position or {}
        generation: int = held.get("generation", 0)
        sequence: int | None = held.get("sequence")
        if full and sequence is not None:
            generation, sequence = generation + 1, None
        listed = await self._index()
        keys = TrustedKeys(self._client)
        refused: dict[int, AgencyFault] = {}
        told = 0
        while (number := _next(listed, sequence, refused)) is not None:
            try:
                batch = await self._apply(listed[number], sequence, generation, keys)
            except (DropRejected, AgencyRefused) as fault:
                refused[number] = fault
                continue
            notes = [_told(each, fault) for each, fault in refused.items()][told:]
            told = len(refused)
            sequence = number
            yield _noted(batch, notes)
        _complete(listed, sequence, refused)

    async def ping(self) -> None:
        """The index."""
        await self._index()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _index(self) -> _Index:
        call = Call("GET", "/drops/index.json", headers={"x-api-key": self._api_key})
        return await self._client.call(call, _read_index)

    async def _apply(
        self, entries: list[_Listed], sequence: int | None, generation: int, keys: TrustedKeys
    ) -> Batch:
        """Download, check and read one drop; each place where it is listed, once more if need be.

        What came as listed is not downloaded again: it was not damaged on the way.
        """
        faults: list[AgencyFault] = []
        for entry in reversed(entries):
            for _ in range(2):
                try:
                    data = await self._download(entry)
                    return await self._read(entry, data, sequence, generation, keys)
                except AgencyRefused as fault:
                    faults.append(fault)
                    break
                except DropRejected as fault:
                    faults.append(fault)
                    if sha256(data).hexdigest() == entry.sha256:
                        break
        raise faults[0]

    async def _read(
        self,
        entry: _Listed,
        data: bytes,
        sequence: int | None,
        generation: int,
        keys: TrustedKeys,
    ) -> Batch:
        drop = Drop(data, entry.sequence)
        await keys.verify(drop.manifest_bytes, drop.signature, entry.sequence)
        return await asyncio.to_thread(_prepare, drop, sequence, generation)

    async def _download(self, entry: _Listed) -> bytes:
        call = Call(
            "GET",
            f"/drops/{entry.name}",
            headers={"x-api-key": self._api_key},
            types=_ZIP,
            limit=_DROP_BYTES,
            compressed=False,
        )
        return await self._client.call(call, lambda answer: answer.body)


def _read_index(answer: Answer) -> _Index:
    """The drops by sequence; an entry that cannot be read is left out, as it may be repaired."""
    document = answer.json()
    entries = document.get("drops") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise AgencyGarbled("the index holds no list of drops")
    listed: _Index = {}
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        name, sequence = entry.get("name"), entry.get("sequence")
        if not isinstance(name, str) or not _NAME.match(name):
            continue
        if isinstance(sequence, bool) or not isinstance(sequence, int) or sequence < 0:
            continue
        digest = str(entry.get("sha256", "")).lower()
        found = _Listed(name, sequence, entry.get("kind") == "full", digest)
        places = listed.setdefault(sequence, [])
        if name not in {place.name for place in places}:
            places.append(found)
    return listed


def _next(listed: _Index, sequence: int | None, refused: Mapping[int, AgencyFault]) -> int | None:
    """The newest full drop beyond the position, else the delta right behind it."""
    fulls = [
        number
        for number, places in listed.items()
        if any(place.full for place in places)
        and number not in refused
        and (sequence is None or number > sequence)
    ]
    if fulls:
        return max(fulls)
    if sequence is None or sequence + 1 in refused or sequence + 1 not in listed:
        return None
    return sequence + 1


def _complete(listed: _Index, sequence: int | None, refused: Mapping[int, AgencyFault]) -> None:
    """Refuse to call the run complete unless the newest drop is applied."""
    newest = max(listed, default=None)
    if newest is not None and newest == sequence:
        return
    following = min((n for n in refused if sequence is None or n > sequence), default=None)
    if following is not None:
        raise refused[following]
    raise DropMissing(
        f"osh: stored up to drop {sequence}, the newest is {newest}, and no way leads there;"
        " wait for the next full drop",
        f"osh:已套用至第 {sequence} 號,最新為第 {newest} 號,無法銜接,等待下一個完整批次",
        details={"registry": "osh", "sequence": sequence, "newest": newest},
    )


def _prepare(drop: Drop, sequence: int | None, generation: int) -> Batch:
    """Check and read a drop whose signature is verified; the batch that applies it."""
    manifest = drop.manifest()
    full = manifest.kind == "full"
    if not full and manifest.base_sequence != sequence:
        raise rejected(drop.sequence, "base_differs")
    drop.check_members(manifest)
    version = generation << _GENERATION | drop.sequence
    drift = DriftLog()
    parts = _examine(drop, manifest, drift, version)
    notes = [f"osh.table_missing:{name}" for name in TABLES if name not in parts]
    if full:
        notes += _cross_check(drop, manifest, parts)
    listings = frozenset(TABLES[name].name for name in parts) if full else frozenset[str]()
    # A row without its key could be any of those held: nothing of its table is deleted this time.
    nameless = frozenset(TABLES[name].name for name, (_, found) in parts.items() if found.nameless)
    return Batch(
        registry="osh",
        position={"generation": generation, "sequence": drop.sequence},
        records=DropRecords(drop, list(parts.values()), version, full=full),
        tombstones=[item for _, found in parts.values() for item in found.tombstones],
        problems=[item for _, found in parts.values() for item in found.problems],
        drift=drift.take(),
        begins=listings,
        complete=listings - nameless,
        fetched=sum(found.fetched for _, found in parts.values()),
        notes=tuple(notes),
    )


def _examine(
    drop: Drop, manifest: Manifest, drift: DriftLog, version: int
) -> dict[str, tuple[ManifestFile, Examined]]:
    full = manifest.kind == "full"
    parts: dict[str, tuple[ManifestFile, Examined]] = {}
    for file in manifest.files:
        table = file.table
        if table is None or table not in TABLES:
            if not _is_list(file):
                drift.add("osh", table or file.name, "unknown_entity")
            continue
        if table in parts:
            raise rejected(drop.sequence, "table_repeated", file.name)
        keep = full and table in _CHECKED_TABLES
        parts[table] = (file, examine(drop, file, drift, version, full=full, keep=keep))
    return parts


def _cross_check(
    drop: Drop, manifest: Manifest, parts: Mapping[str, tuple[ManifestFile, Examined]]
) -> tuple[str, ...]:
    lists = [file for file in manifest.files if _is_list(file)]
    if not lists or not parts.keys() >= _CHECKED_TABLES:
        return ()
    with drop.open(lists[0].name) as stream:
        content = stream.read()
    institutions, recognitions = (parts[name][1].kept for name in sorted(_CHECKED_TABLES))
    return cross_check(content, lists[0].rows, institutions, recognitions)


def _is_list(file: ManifestFile) -> bool:
    return file.table is None and file.name.endswith(".ods")


def _told(number: int, fault: AgencyFault) -> str:
    check = fault.details.get("check") or fault.details.get("reason") or ""
    return f"osh.drop_rejected:{number}:{check}"


def _noted(batch: Batch, notes: list[str]) -> Batch:
    return replace(batch, notes=(*notes, *batch.notes)) if notes else batch

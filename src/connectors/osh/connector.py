"""The OSH drops: index, newest full, then the deltas on it, each wholly or not at all."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from ...domain.errors import AgencyFault
from ...domain.sync import Batch
from ..errors import AgencyGarbled, AgencyRefused, DropMissing, DropRejected
from ..http import AgencyClient, Auth
from ..messages import Answer, Call
from .drop import Drop
from .filing import OshFiling
from .prepare import CheckedDrop, batch_of, batch_of_all, check
from .signature import TrustedKeys

__all__ = ["OshConnector"]

_ZIP = frozenset({"application/zip", "application/x-zip-compressed", "application/octet-stream"})
_DROP_BYTES = 256 << 20
"""Above the 200 MB that the contract lets a drop reach."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z", re.ASCII)


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
        listed = await self._index()
        keys = TrustedKeys(self._client)
        if full and sequence is not None:
            batch = await self._everything(listed, sequence, generation + 1, keys)
            yield batch
            generation, sequence = generation + 1, int(str(batch.position["sequence"]))
        refused: dict[int, AgencyFault] = {}
        told = 0
        while (number := _next(listed, sequence, refused)) is not None:
            try:
                checked = await self._checked(listed[number], sequence, generation, keys)
            except (DropRejected, AgencyRefused) as fault:
                refused[number] = fault
                continue
            notes = [_told(each, fault) for each, fault in refused.items()][told:]
            told = len(refused)
            sequence = number
            yield _noted(batch_of(checked, generation), notes)
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

    async def _everything(
        self, listed: _Index, sequence: int, generation: int, keys: TrustedKeys
    ) -> Batch:
        """A full drop and the deltas on it as one batch, as new as what is stored.

        Only where the agency offers nothing so new any more, the newest that it has.

        Raises:
            DropRejected: none of the full drops leads so far.
            DropMissing: there is none.
        """
        wanted = min(sequence, max(listed, default=sequence))
        refused: dict[int, AgencyFault] = {}
        for number in _fulls(listed):
            chain: list[CheckedDrop] = []
            following: int | None = number
            while following in listed:
                before = chain[-1].drop.sequence if chain else None
                try:
                    checked = await self._checked(
                        listed[following], before, generation, keys, remember=True
                    )
                except (DropRejected, AgencyRefused) as fault:
                    refused[following] = fault
                    break
                if chain and checked.full:
                    break
                chain.append(checked)
                following += 1
            if chain and chain[-1].drop.sequence >= wanted:
                return batch_of_all(chain, generation)
        if refused:
            raise next(iter(refused.values()))
        raise _missing(listed, sequence)

    async def _checked(
        self,
        entries: list[_Listed],
        sequence: int | None,
        generation: int,
        keys: TrustedKeys,
        *,
        remember: bool = False,
    ) -> CheckedDrop:
        """Download, check and read one drop; each place where it is listed, once more if need be.

        What came as listed is not downloaded again: it was not damaged on the way.
        """
        faults: list[AgencyFault] = []
        for entry in reversed(entries):
            for _ in range(2):
                try:
                    data = await self._download(entry)
                    drop = Drop(data, entry.sequence)
                    await keys.verify(drop.manifest_bytes, drop.signature, entry.sequence)
                    return await asyncio.to_thread(
                        check, drop, sequence, generation, remember=remember
                    )
                except AgencyRefused as fault:
                    faults.append(fault)
                    break
                except DropRejected as fault:
                    faults.append(fault)
                    if sha256(data).hexdigest() == entry.sha256:
                        break
        raise faults[0]

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


def _fulls(listed: _Index) -> list[int]:
    """Sequences of the full drops, newest first."""
    found = [number for number, places in listed.items() if any(place.full for place in places)]
    return sorted(found, reverse=True)


def _next(listed: _Index, sequence: int | None, refused: Mapping[int, AgencyFault]) -> int | None:
    """The newest full drop beyond the position, else the delta right behind it."""
    for number in _fulls(listed):
        if number not in refused and (sequence is None or number > sequence):
            return number
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
    raise _missing(listed, sequence)


def _missing(listed: _Index, sequence: int | None) -> DropMissing:
    newest = max(listed, default=None)
    return DropMissing(
        f"osh: stored up to drop {sequence}, the newest is {newest}, and no way leads there;"
        " wait for the next full drop",
        f"osh:已套用至第 {sequence} 號,最新為第 {newest} 號,無法銜接,等待下一個完整批次",
        details={"registry": "osh", "sequence": sequence, "newest": newest},
    )


def _told(number: int, fault: AgencyFault) -> str:
    check = fault.details.get("check") or fault.details.get("reason") or ""
    return f"osh.drop_rejected:{number}:{check}"


def _noted(batch: Batch, notes: list[str]) -> Batch:
    return replace(batch, notes=(*notes, *batch.notes)) if notes else batch

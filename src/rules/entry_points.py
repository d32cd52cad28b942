"""Every entry point of the four rulebooks, by code."""

from collections.abc import Mapping
from types import MappingProxyType

from .engine import EntryPoint

__all__ = ["ENTRY_POINTS"]


def _collect() -> Mapping[str, EntryPoint]:
    from . import ltc, osh, sharing, vr

    entries = [*ltc.ENTRY_POINTS, *vr.ENTRY_POINTS, *osh.ENTRY_POINTS, *sharing.ENTRY_POINTS]
    return MappingProxyType({entry.code: entry for entry in entries})


ENTRY_POINTS: Mapping[str, EntryPoint] = _collect()

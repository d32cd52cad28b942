"""Entry point of the rulebook ``sharing``."""

from .engine import EntryPoint
from .sharing_cross_registry import cross_registry
from .sharing_facts import SharingFacts

__all__ = ["ENTRY_POINTS"]

ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint(
        "sharing.cross_registry",
        {"zh": "跨登錄系統積分採認", "en": "Sharing of credit between certificates and registries"},
        SharingFacts,
        cross_registry,
        ("L0070045@2023-10-11:9-4", "letter-1131961568", "N0080029@2023-09-23:10"),
    ),
)

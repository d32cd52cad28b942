"""The records of the three registries, by agency."""

from types import MappingProxyType

from . import ltc, osh, vr
from .base import Entity, Field, Kind

__all__ = ["BY_COLLECTION", "BY_NAME", "ENTITIES", "REGISTRIES", "Entity", "Field", "Kind"]

REGISTRIES = ("vr", "ltc", "osh")

ENTITIES: tuple[Entity, ...] = (*vr.ENTITIES, *ltc.ENTITIES, *osh.ENTITIES)

BY_NAME = MappingProxyType({entity.name: entity for entity in ENTITIES})
"""``vr.professional`` -> entity."""

BY_COLLECTION = MappingProxyType(
    {(entity.registry, entity.collection): entity for entity in ENTITIES}
)
"""``("vr", "professionals")`` -> entity."""

"""What each field of the schema costs, read once: ``@cost``, ``@listSize``, pages and lists."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)

__all__ = ["CostTable", "FieldCost"]

_SLICING = frozenset({"first", "last"})
_PAGE_FIELDS = frozenset({"edges", "nodes"})


@dataclass(frozen=True, slots=True)
class FieldCost:
    """One field.

    Attributes:
        type_name: Its named type; None where the schema has no such field.
        weight: Of one object that it gives; 0 for a plain value.
        is_list: Whether it gives a list.
        assumed: ``@listSize(assumedSize:)``.
        slicing: Arguments that say how many are wanted.
        carries_page: A connection: its page's size counts at ``in_page`` fields below.
        in_page: ``edges`` or ``nodes`` of a connection.
    """

    type_name: str | None = None
    weight: int = 1
    is_list: bool = False
    assumed: int | None = None
    slicing: frozenset[str] = _SLICING
    carries_page: bool = False
    in_page: bool = False


_UNKNOWN = FieldCost()


def _is_list(kind: Any) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(inner, GraphQLList)


def _directives(field: GraphQLField) -> dict[str, Any]:
    definition = (field.extensions or {}).get("strawberry-definition")
    return {type(found).__name__: found for found in getattr(definition, "directives", ())}


def _field(name: str, field: GraphQLField, owner: str) -> FieldCost:
    named = get_named_type(field.type)
    directives = _directives(field)
    cost, size = directives.get("Cost"), directives.get("ListSize")
    composite = is_composite_type(named)
    weight = cost.weight if cost is not None else int(composite)
    sliced = getattr(size, "slicing_arguments", None) or ()
    assumed = getattr(size, "assumed_size", None)
    return FieldCost(
        type_name=named.name if composite else None,
        weight=weight,
        # A list of plain values is one value.
        is_list=_is_list(field.type) and composite,
        assumed=assumed if isinstance(assumed, int) else None,
        slicing=frozenset(sliced) or _SLICING,
        carries_page=named.name.endswith("Connection"),
        in_page=owner.endswith("Connection") and name in _PAGE_FIELDS,
    )


class CostTable:
    """Costs by type and field."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._fields = {
            (kind.name, name): _field(name, field, kind.name)
            for kind in schema.type_map.values()
            if not kind.name.startswith("__")
            for name, field in getattr(kind, "fields", {}).items()
            if isinstance(field, GraphQLField)
        }

    def of(self, type_name: str | None, field: str) -> FieldCost:
        """The cost of a field; an unknown one costs 1, validation refuses it afterwards."""
        return _UNKNOWN if type_name is None else self._fields.get((type_name, field), _UNKNOWN)

"""What an operation selected below a field, through fragments, without building objects."""

from typing import Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from graphql.type import GraphQLResolveInfo

from .context import Info

__all__ = ["selects"]


def _names(selections: SelectionSetNode, info: GraphQLResolveInfo[Any], seen: set[str]) -> set[str]:
    found: set[str] = set()
    for node in selections.selections:
        if isinstance(node, FieldNode):
            found.add(node.name.value)
        elif isinstance(node, InlineFragmentNode):
            found |= _names(node.selection_set, info, seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            fragment = info.fragments.get(node.name.value)
            if fragment is not None:
                found |= _names(fragment.selection_set, info, seen)
    return found


def selects(info: Info, field: str) -> bool:
    """Whether ``field`` is selected directly below the field being resolved."""
    raw: GraphQLResolveInfo[Any] = info._raw_info  # noqa: SLF001 - Strawberry has no public name for it
    return any(
        node.selection_set is not None and field in _names(node.selection_set, raw, set())
        for node in raw.field_nodes
    )

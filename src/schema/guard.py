"""What a document may ask for, counted before it is validated.

One linear walk, every fragment counted once (Strawberry's own limiters expand each spread anew and
hang a worker on a document of 700 bytes): depth, aliases, directives and fields in expanded form,
and a cost from ``@cost``, ``@listSize`` and the arguments ``first``/``last``. Then the fields that
share a response name are paired as the validation would pair them, within a bound.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from ..domain.errors import InvalidInput
from .costs import CostTable, FieldCost

__all__ = ["GUARD", "Guard", "Limits", "QueryTooComplex", "Weight"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one document; all in expanded form, fragments where they are spread.

    Attributes:
        document_bytes: UTF-8 length.
        tokens: Lexical tokens; the parser stops there.
        depth: Levels of fields.
        aliases: Fields with another response name.
        directives: Uses of directives.
        fields: Fields.
        pairs: Pairs of fields with one response name in one place.
        cost: Objects that the answer may hold, weighted.
        list_size: Assumed where nothing says how long a list is.
        page_size: Assumed for a connection without ``first`` and ``last``.
    """

    document_bytes: int = 20_000
    tokens: int = 2_500
    depth: int = 15
    aliases: int = 15
    directives: int = 20
    fields: int = 1_500
    pairs: int = 4_000
    operations: int = 5
    fragments: int = 50
    cost: int = 60_000
    list_size: int = 5
    page_size: int = 25


GUARD = Limits()


class QueryTooComplex(InvalidInput):
    """A document above a limit; ``details`` names it, with the figure and the bound."""

    code = "QUERY_TOO_COMPLEX"

    @classmethod
    def over(cls, what: str, found: int, limit: int) -> "QueryTooComplex":
        """The error for ``what``."""
        code = "COST_EXCEEDED" if what == "cost" else cls.code
        return cls(
            f"the query's {what} is {found}, at most {limit} is allowed; ask for less at once",
            f"查詢之 {what} 為 {found},上限 {limit};請減少一次查詢之內容",
            code=code,
            details={"limit": what, "found": found, "allowed": limit},
        )


class Weight(NamedTuple):
    """What a selection weighs, in expanded form; ``sized`` is multiplied by the page's size."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: int = 0
    sized: int = 0
    introspects: bool = False


class _Count:
    """One count of one document under one set of variables."""

    def __init__(
        self,
        costs: CostTable,
        limits: Limits,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, object],
    ) -> None:
        self._costs = costs
        self._limits = limits
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, Weight] = {}
        self._open: set[str] = set()

    def selection(self, node: SelectionSetNode | None, parent: str | None, level: int) -> Weight:
        if node is None:
            return Weight()
        # Deeper than allowed already: stop before Python's own stack is the limit.
        if level > self._limits.depth + 1:
            raise QueryTooComplex.over("depth", level, self._limits.depth)
        depth = aliases = directives = fields = cost = sized = 0
        introspects = False
        for part in node.selections:
            if isinstance(part, FieldNode):
                found = self.field(part, parent, level)
                depth = max(depth, found.depth)
            elif isinstance(part, InlineFragmentNode):
                on = part.type_condition.name.value if part.type_condition else parent
                found = self.selection(part.selection_set, on, level)
                depth = max(depth, found.depth)
            elif isinstance(part, FragmentSpreadNode):
                found = self.spread(part.name.value, level)
                depth = max(depth, found.depth)
            else:
                continue
            aliases += found.aliases
            directives += found.directives + len(part.directives or ())
            fields += found.fields
            cost += found.cost
            sized += found.sized
            introspects = introspects or found.introspects
            if fields > self._limits.fields:
                raise QueryTooComplex.over("fields", fields, self._limits.fields)
        return Weight(depth, aliases, directives, fields, cost, sized, introspects)

    def spread(self, name: str, level: int) -> Weight:
        known = self._known.get(name)
        if known is not None:
            return known
        fragment = self._fragments.get(name)
        if fragment is None:
            return Weight()
        if name in self._open:
            raise QueryTooComplex(
                "a fragment spreads itself", "片段自我引用", details={"limit": "fragments"}
            )
        self._open.add(name)
        found = self.selection(fragment.selection_set, fragment.type_condition.name.value, level)
        found = found._replace(directives=found.directives + len(fragment.directives or ()))
        self._open.discard(name)
        self._known[name] = found
        return found

    def field(self, node: FieldNode, parent: str | None, level: int) -> Weight:
        name = node.name.value
        rule = self._costs.of(parent, name)
        inner = self.selection(node.selection_set, rule.type_name, level + 1)
        size = self.size(node, rule)
        within = inner.cost + inner.sized * (size if rule.carries_page else 1)
        repeated = size if rule.is_list else 1
        own = rule.weight if not rule.is_list else rule.weight * repeated
        total = own + within * (1 if rule.in_page else repeated)
        return Weight(
            depth=inner.depth + 1,
            aliases=inner.aliases + (node.alias is not None),
            directives=inner.directives,
            fields=inner.fields + 1,
            cost=0 if rule.in_page else total,
            sized=rule.weight + within if rule.in_page else 0,
            introspects=inner.introspects or name in ("__schema", "__type"),
        )

    def size(self, node: FieldNode, rule: FieldCost) -> int:
        """How many elements the field may give."""
        asked = [
            number
            for argument in node.arguments or ()
            if argument.name.value in rule.slicing
            and (number := self.number(argument.value)) is not None
        ]
        if asked:
            return max(0, *asked)
        if rule.assumed is not None:
            return rule.assumed
        return self._limits.page_size if rule.carries_page else self._limits.list_size

    def number(self, value: object) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 10 else 10**9
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            if isinstance(given, int) and not isinstance(given, bool):
                return given
        return None


class _Pairs:
    """Counts the pairs of fields that the rule on overlapping fields would compare."""

    def __init__(self, limit: int, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._limit = limit
        self._fragments = fragments
        self._found = 0

    def count(self, sets: Iterable[SelectionSetNode]) -> None:
        named: dict[str, list[FieldNode]] = defaultdict(list)
        seen: set[str] = set()
        waiting = list(sets)
        while waiting:
            for part in waiting.pop().selections:
                if isinstance(part, FieldNode):
                    named[(part.alias or part.name).value].append(part)
                elif isinstance(part, InlineFragmentNode):
                    waiting.append(part.selection_set)
                elif isinstance(part, FragmentSpreadNode) and part.name.value not in seen:
                    seen.add(part.name.value)
                    if (fragment := self._fragments.get(part.name.value)) is not None:
                        waiting.append(fragment.selection_set)
        for nodes in named.values():
            self._found += len(nodes) * (len(nodes) - 1) // 2
            if self._found > self._limit:
                raise QueryTooComplex.over("pairs", self._found, self._limit)
            inner = [node.selection_set for node in nodes if node.selection_set is not None]
            if inner:
                self.count(inner)


class Guard:
    """The guard of one schema.

    Args:
        schema: Types, arguments and cost directives are read from it once.
        limits: Bounds.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits = GUARD) -> None:
        self.limits = limits
        self._costs = CostTable(schema)
        self._roots = {
            kind: root.name
            for kind, root in (
                ("query", schema.query_type),
                ("mutation", schema.mutation_type),
                ("subscription", schema.subscription_type),
            )
            if root is not None
        }

    def check(self, document: DocumentNode, variables: Mapping[str, object]) -> Weight:
        """What the document weighs: the sum of its operations.

        Raises:
            QueryTooComplex: Above a limit.
        """
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        self._within("fragments", len(fragments))
        self._within("operations", len(operations))
        count = _Count(self._costs, self.limits, fragments, variables)
        found = [
            count.selection(node.selection_set, self._roots.get(node.operation.value), 1)
            for node in operations
        ]
        # A fragment that nothing spreads is validated all the same.
        unused = [count.spread(name, 1) for name in fragments]
        total = Weight(
            depth=max((weight.depth for weight in found + unused), default=0),
            aliases=sum(weight.aliases for weight in found),
            directives=sum(weight.directives for weight in found)
            + sum(_own_directives(node) for node in operations),
            fields=sum(weight.fields for weight in found),
            cost=sum(weight.cost + weight.sized for weight in found),
            introspects=any(weight.introspects for weight in found),
        )
        for what in ("depth", "aliases", "directives", "fields", "cost"):
            self._within(what, getattr(total, what))
        pairs = _Pairs(self.limits.pairs, fragments)
        for node in (*operations, *fragments.values()):
            pairs.count([node.selection_set])
        return total

    def _within(self, what: str, found: int) -> None:
        limit = getattr(self.limits, what)
        if found > limit:
            raise QueryTooComplex.over(what, found, limit)


def _own_directives(node: OperationDefinitionNode) -> int:
    return len(node.directives or ()) + sum(
        len(variable.directives or ()) for variable in node.variable_definitions or ()
    )

"""One mechanism checks every field: the policy table, at schema build.

The built schema is walked once. A field that the policy opens to whoever got there stays as it is;
every other one is wrapped in a synchronous check whose verdict is remembered per request; a field
that the policy does not know is refused. So `_entities`, `node` and fragments pass the same check.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from ..auth.policy import FieldRule, Policy, policy
from ..domain.errors import CertHubError
from .context import GraphQLContext

__all__ = ["police", "unruled"]


def _fields(schema: GraphQLSchema) -> list[tuple[str, str, GraphQLField]]:
    return [
        (kind.name, name, field)
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
    ]


def unruled(schema: GraphQLSchema, table: Policy | None = None) -> list[str]:
    """``Type.field`` for which the policy has no rule; a test keeps this empty."""
    rules = table or policy()
    return [f"{kind}.{name}" for kind, name, _ in _fields(schema) if rules.rule(kind, name) is None]


def _verdict(
    context: GraphQLContext, table: Policy, kind: str, name: str, registry: str | None
) -> CertHubError | None:
    where = f"{kind}.{name}"
    error = table.decide(context.request.viewer, kind, name, registry).error
    if error is None:
        context.request.trace.fields.add(where)
    else:
        context.request.trace.refused[where] = error.code
    return error


def _checked(
    resolve: Callable[..., Any], table: Policy, kind: str, name: str
) -> Callable[..., Any]:
    def checked(source: Any, info: Any, **arguments: Any) -> Any:
        context: GraphQLContext = info.context
        registry = getattr(source, "registry", None)
        key = (kind, name, registry)
        try:
            error = context.verdicts[key]
        except KeyError:
            error = context.verdicts[key] = _verdict(context, table, kind, name, registry)
        if error is not None:
            raise error
        return resolve(source, info, **arguments)

    return checked


def police(schema: GraphQLSchema, table: Policy | None = None) -> None:
    """Put the policy's check before every resolver of ``schema`` that needs one."""
    rules = table or policy()
    for kind, name, field in _fields(schema):
        rule: FieldRule | None = rules.rule(kind, name)
        if rule is not None and rule.open_to_all:
            continue
        for attribute in ("resolve", "subscribe"):
            resolve = getattr(field, attribute)
            if resolve is not None:
                setattr(field, attribute, _checked(resolve, rules, kind, name))

"""Assembles the schema from what each module contributes."""

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.extensions.base_extension import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from .errors import coded
from .ltc import LtcCertificate
from .mutations import Mutation
from .osh import OshCertificate
from .policing import police
from .query import Query
from .scalars import SCALARS
from .subscription import Subscription
from .vr import VrQualification

__all__ = ["HubSchema", "build_schema", "sdl"]

CACHED_DOCUMENTS = 256
"""Documents whose parsing and validation are remembered; clients choose them, so it is bounded."""


TYPES = (VrQualification, LtcCertificate, OshCertificate)
"""Each registry's own certificate: reached through the interface alone."""


class HubSchema(strawberry.Schema):
    """Strawberry's schema, with our errors and without its logger, which prints values."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Rewrite every error of an operation, of whatever phase, in place."""
        context = None if execution_context is None else execution_context.context
        request_id = getattr(getattr(context, "request", None), "request_id", "")
        errors[:] = [coded(error, request_id) for error in errors]


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """An optional argument has no default; Strawberry writes ``= null`` for Python's None."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            arguments: Iterable[Any] = (
                argument for field in kind.fields.values() for argument in field.args.values()
            )
        elif isinstance(kind, GraphQLInputObjectType):
            arguments = kind.fields.values()
        else:
            continue
        for argument in arguments:
            if argument.default_value is None and not isinstance(argument.type, GraphQLNonNull):
                argument.default_value = Undefined


def build_schema(
    *, extensions: Iterable[type[SchemaExtension] | Any] = (), with_policy: bool = True
) -> strawberry.Schema:
    """The merged schema of all registries.

    Args:
        extensions: More extensions (the query guard), outermost first.
        with_policy: False only for printing: the same fields without their checks.
    """
    schema = HubSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=TYPES,
        config=StrawberryConfig(
            scalar_map=SCALARS, relay_max_results=100, disable_field_suggestions=True
        ),
        extensions=[
            *extensions,
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        ],
    )
    core: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    _drop_null_defaults(core)
    if with_policy:
        police(core)
    return schema


def sdl() -> str:
    """The merged schema as text, as ``schema.graphql`` holds it under review."""
    return f"{build_schema(with_policy=False).as_str()}\n"

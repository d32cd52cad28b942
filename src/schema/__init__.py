"""The GraphQL schema: types that wrap what the resolvers answer."""

from .build import build_schema

__all__ = ["build_schema"]
